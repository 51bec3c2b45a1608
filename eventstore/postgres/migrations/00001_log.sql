-- +goose Up

-- The end of the log: one row. Every batch moves it by compare-and-set in its own transaction, so whoever took the
-- leadership (epoch) last is the only one that can write. Nobody may insert or delete here, so it stays one row; it has no
-- key, because looking for doubles would visit all its versions that a long transaction elsewhere (a backup) keeps from
-- going. For the same reason readers ask log.event where the log ends.
create table log.head (
	log_id      text    not null,
	position    bigint  not null,                               -- of the last event, -1 for none
	root        bytea   not null check (octet_length(root) = 32), -- of the RFC 6962 tree over log.event.leaf
	range       bytea   not null,                               -- compact range of that tree: its perfect subtrees, left to right
	recorded_at timestamptz,                                    -- largest so far
	epoch       bigint  not null,                               -- counts the leaders
	backend     integer                                         -- process id of the leader's session
);
insert into log.head (log_id, position, root, range, epoch) values (gen_random_uuid()::text, -1, sha256(''), '', 0);

-- The last revision of every stream: what keeps (stream, revision) unique, as PostgreSQL cannot across partitions.
create table log.stream (
	stream   text collate "C" primary key,
	revision bigint not null check (revision >= 0)
) with (fillfactor = 70);

-- The events. record holds everything; leaf, stream and revision are derived from it.
create table log.event (
	position bigint not null primary key,
	record   bytea  not null,
	leaf     bytea  not null check (octet_length(leaf) = 32),
	stream   text   collate "C" not null,
	revision bigint not null
) partition by range (position);
create index event_stream on log.event (stream, revision);

-- +goose StatementBegin
create function log.refuse() returns trigger language plpgsql as $$
begin
	raise exception 'the log is only appended to: % of %', tg_op, tg_table_name;
end $$;
-- +goose StatementEnd
create trigger only_appended before update or delete or truncate on log.event for each statement execute function log.refuse();

-- extend makes partitions until one holds the position, and gives the first position that none holds. It attaches them,
-- because creating them in place would wait for every reader.
-- +goose StatementBegin
create function log.extend(upto bigint) returns bigint language plpgsql
	security definer set search_path = pg_catalog, pg_temp as $$
declare
	size  constant bigint := 10000000;
	parts bigint;
	part  text;
begin
	if upto > (select position from log.head) + size then
		raise exception 'position % is too far ahead', upto;
	end if;
	perform pg_advisory_xact_lock(hashtext('andu log.extend'));
	select count(*) into parts from pg_inherits where inhparent = 'log.event'::regclass;
	while parts * size <= upto loop
		part := 'event_' || parts;
		execute format('create table log.%I (like log.event including all)', part);
		execute format('create trigger only_appended before update or delete or truncate on log.%I for each statement execute function log.refuse()', part);
		execute format('alter table log.event attach partition log.%I for values from (%s) to (%s)', part, parts * size, (parts + 1) * size);
		parts := parts + 1;
	end loop;
	return parts * size;
end $$;
-- +goose StatementEnd
select log.extend(0);

-- advance moves the head and the streams over the events that the same transaction wrote. It fails where another leader
-- wrote, and where the events do not follow what is there. The head is found where this session left it (andu.head),
-- not among its old versions.
-- +goose StatementBegin
create function log.advance(before bigint, last bigint, leader bigint, new_root bytea, new_range bytea, at timestamptz)
	returns void language plpgsql as $$
declare
	place   tid;
	written record;
begin
	update log.head h set position = last, root = new_root, range = new_range, recorded_at = at
		where h.ctid = current_setting('andu.head')::tid and h.position = before and h.epoch = leader
		returning h.ctid into place;
	if place is null then
		raise exception 'another process leads the log, or position % is not its end', before;
	end if;
	with moves as materialized (
		select e.stream, min(e.revision) - 1 as old, max(e.revision) as new, count(*) as events
			from log.event e where e.position > before and e.position <= last group by e.stream
	), moved as (
		update log.stream s set revision = m.new from moves m where s.stream = m.stream and s.revision = m.old returning 1
	), begun as (
		insert into log.stream select m.stream, m.new from moves m where m.old = -1 returning 1
	)
	select count(*) as streams, sum(events) as events, bool_and(new - old = events) as whole,
		(select count(*) from moved) + (select count(*) from begun) as moved into written from moves;
	if written.events is distinct from last - before or not written.whole or written.moved <> written.streams then
		raise exception 'the events behind position % do not follow their streams', before;
	end if;
	perform set_config('andu.head', place::text, false), pg_notify('andu_log', last::text);
end $$;
-- +goose StatementEnd

revoke all on function log.extend(bigint) from public;
