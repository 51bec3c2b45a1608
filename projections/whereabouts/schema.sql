-- Every event of a ledger of leave moves its row on by one revision, so an event that is left out or comes twice is
-- refused by the row itself.
create table ledger (
	stream   text primary key,
	office   text not null,
	prior    bigint not null,
	revision bigint not null,
	constraint one_event_after_another check (revision = prior + 1)
);

-- Every leave, outing and trip, with what the board, the approvers and the keeper of the register ask about it. Why
-- somebody is away is in his ledger alone.
create table absence (
	stream      text not null,
	request     text not null,
	office      text not null,
	person      text not null,
	kind        text not null,
	type        text not null, -- of a leave
	place       text not null, -- of an outing or a trip
	status      text not null,
	starts_at   timestamptz not null,
	back_at     timestamptz not null,
	days        int not null, -- tenths of a day, of a leave
	waiting     boolean not null, -- a decision is due: of the request, or of an extension
	extension   boolean not null,
	post        text not null, -- whose turn it is
	asked_at    timestamptz not null,
	report_due  timestamptz, -- of the return
	papers_due  timestamptz,
	returned_at timestamptz,
	from_on     date, -- the first half day, the last as it was granted, and the first one at work again; an outing has none
	from_half   text not null,
	to_on       date,
	to_half     text not null,
	back_on     date,
	back_half   text not null,
	overstayed  boolean not null,
	registered  boolean not null,
	reviewers   text[] not null, -- posts that have late papers to review
	primary key (stream, request)
);

create index absence_office on absence (office, starts_at);
create index absence_person on absence (office, person, starts_at);
