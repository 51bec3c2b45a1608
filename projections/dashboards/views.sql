-- What other programs read. {name} is the schema in which the version of that read model keeps its rows. There is no title,
-- no name and no number of a paper here. Of a classified paper nothing tells whose it is or which it is: it stands under no
-- unit, and without its id.

create view sheets as
select s.office, s.date, s.session, s.opens as opens_at, s.expected as expected_at, s.cutoff as cutoff_at, s.closed_at, cardinality(s.persons) as persons,
	coalesce(m.arrived, 0) as arrived, coalesce(m.refused, 0) as refused
from {timesheet}.sheet s
left join lateral (
	select count(distinct m.person) filter (where not m.refused)::int as arrived, count(*) filter (where m.refused)::int as refused
	from {timesheet}.mark m where m.office = s.office and m.date = s.date and m.session = s.session) m on true;

comment on view sheets is 'Sign-in sheets: one row for each office, day and session';
comment on column sheets.office is 'id of the office';
comment on column sheets.date is 'day';
comment on column sheets.session is 'session, as att.sessions names it';
comment on column sheets.opens_at is 'when it takes sign-ins from';
comment on column sheets.expected_at is 'when persons are expected';
comment on column sheets.cutoff_at is 'after when sign-ins are refused; null: nothing is refused';
comment on column sheets.closed_at is 'when it was collected; null: it is open';
comment on column sheets.persons is 'persons who are expected';
comment on column sheets.arrived is 'persons who signed in';
comment on column sheets.refused is 'attempts that were refused';

create view arrivals as
select office, date, session, date_trunc('minute', at) as minute, (count(*) filter (where first and not refused))::int as arrived, (count(*) filter (where refused))::int as refused
from (
	select office, date, session, at, refused, row_number() over (partition by office, date, session, person, refused order by at, stream, revision) = 1 as first
	from {timesheet}.mark) m
group by office, date, session, date_trunc('minute', at)
having count(*) filter (where first or refused) > 0;

comment on view arrivals is 'The sign-in curve: one row for each office, day, session and minute in which somebody came';
comment on column arrivals.office is 'id of the office';
comment on column arrivals.date is 'day';
comment on column arrivals.session is 'session, as att.sessions names it';
comment on column arrivals.minute is 'beginning of the minute';
comment on column arrivals.arrived is 'persons whose first sign-in of the session falls into it';
comment on column arrivals.refused is 'attempts in it that were refused';

create view backlog as
with spans as (
	select p.office, case when p.classified then '' else s.unit end as unit, s.due_on, s.began, s.from_on, s.until_on, s.ended
	from {workload}.span s join {workload}.paper p using (stream)
), moves as (
	select office, unit, from_on as date, (began = 'received')::int as received, (began = 'reopened')::int as reopened, 0 as closed, 1 as open, 0 as overdue from spans
	union all
	select office, unit, until_on, 0, 0, (ended <> 'moved')::int, -1, 0 from spans where until_on is not null
	union all
	select office, unit, greatest(from_on, due_on + 1), 0, 0, 0, 0, 1 from spans where due_on is not null and (until_on is null or until_on > greatest(from_on, due_on + 1))
	union all
	select office, unit, until_on, 0, 0, 0, 0, -1 from spans where due_on is not null and until_on > greatest(from_on, due_on + 1)
), offices as (
	select p.office, min(p.received_on) as first, greatest(max(p.last_on), (select max(d.date) from {workload}.day d where d.office = p.office)) as last
	from {workload}.paper p group by p.office
), every as ( -- with a row of each day and unit, whether or not something moved
	select * from moves
	union all
	select o.office, u.unit, o.first + n, 0, 0, 0, 0, 0
	from offices o join (select distinct office, unit from spans) u using (office) cross join lateral generate_series(0, o.last - o.first) n
)
select office, date, unit, sum(received)::int as received, sum(reopened)::int as reopened, sum(closed)::int as closed,
	(sum(sum(open)) over running)::int as open, (sum(sum(overdue)) over running)::int as overdue
from every join offices using (office)
where date <= last
group by office, unit, date
window running as (partition by office, unit order by date);

comment on view backlog is 'Incoming papers at the end of each day: one row for each office, day and unit, from the first paper to the last day on record. open = open of the day before + received + reopened - closed, over all units';
comment on column backlog.office is 'id of the office';
comment on column backlog.date is 'day, in the office''s zone';
comment on column backlog.unit is 'id of the unit or post that led; empty: none yet, or the paper is classified';
comment on column backlog.received is 'papers signed for on the day; they stand under no unit until one leads';
comment on column backlog.reopened is 'papers taken up again on the day';
comment on column backlog.closed is 'papers that the office was done with on the day: closed, returned, transferred, joined to another';
comment on column backlog.open is 'papers open when the day ended; of a day that is not over, now';
comment on column backlog.overdue is 'of these, papers whose last day was before this one';

create view ages as
select office, case when classified then '' else unit end as unit, received_on, count(*)::int as papers
from {workload}.paper where open group by 1, 2, 3;

comment on view ages is 'How old the open papers are: one row for each office, unit and day of receipt';
comment on column ages.office is 'id of the office';
comment on column ages.unit is 'id of the unit or post that leads; empty: none yet, or the paper is classified';
comment on column ages.received_on is 'day on which they were signed for';
comment on column ages.papers is 'papers that are open';

create view due as
select office, case when classified then '' else unit end as unit, due_on, count(*)::int as papers
from {workload}.paper where open and due_on is not null group by 1, 2, 3;

comment on view due is 'Time limits of the open papers: one row for each office, unit and last day. They are overdue from the day after';
comment on column due.office is 'id of the office';
comment on column due.unit is 'id of the unit or post that leads; empty: none yet, or the paper is classified';
comment on column due.due_on is 'last day';
comment on column due.papers is 'papers that are open';

create view stages as
select p.office, p.month, case when p.classified then '' else p.unit end as unit, case when not p.classified then p.stream end as paper, s.stage,
	greatest(0, s.to_on - s.from_on) as days, w.working_days
from (select *, closed_on - extract(day from closed_on)::int + 1 as month from {workload}.paper where closed_on is not null) p
cross join lateral (values
	('registration', p.received_on, p.registered_on),
	('instruction', coalesce(p.registered_on, p.received_on), p.instructed_on),
	('acceptance', coalesce(p.instructed_on, p.registered_on, p.received_on), p.accepted_on),
	('handling', coalesce(p.accepted_on, p.instructed_on, p.registered_on, p.received_on), p.closed_on),
	('whole', p.received_on, p.closed_on)) s (stage, from_on, to_on)
cross join lateral (
	select case when count(*) = greatest(0, s.to_on - s.from_on) then (count(*) filter (where d.works))::int end as working_days
	from {workload}.day d where d.office = p.office and d.date > s.from_on and d.date <= s.to_on) w
where s.to_on is not null;

comment on view stages is 'How long the stages of closed papers took: one row for each paper and stage that it passed';
comment on column stages.office is 'id of the office';
comment on column stages.month is 'first day of the month in which the paper was closed';
comment on column stages.unit is 'id of the unit or post that led; empty: none, or the paper is classified';
comment on column stages.paper is 'id of the paper; null: it is classified';
comment on column stages.stage is 'registration (from the receipt), instruction (from the registration), acceptance by the unit that leads (from the instruction), handling (from the acceptance to the closing), each from the stage before that the paper passed; whole (from the receipt to the closing)';
comment on column stages.days is 'calendar days; 0: within one day';
comment on column stages.working_days is 'days that the office worked, without the first; null where its sign-in book does not say so of every day';

create view cycle_times as
select office, month, null::text as unit, stage, count(*)::int as papers,
	percentile_disc(0.5) within group (order by days) as p50_days, percentile_disc(0.9) within group (order by days) as p90_days, count(working_days)::int as counted,
	percentile_disc(0.5) within group (order by working_days) as p50_working_days, percentile_disc(0.9) within group (order by working_days) as p90_working_days
from stages group by office, month, stage
union all
select office, month, unit, stage, count(*)::int,
	percentile_disc(0.5) within group (order by days), percentile_disc(0.9) within group (order by days), count(working_days)::int,
	percentile_disc(0.5) within group (order by working_days), percentile_disc(0.9) within group (order by working_days)
from stages group by office, month, unit, stage;

comment on view cycle_times is 'Cycle times by month: one row for each office, month of closing and stage, and one for each unit in them';
comment on column cycle_times.office is 'id of the office';
comment on column cycle_times.month is 'first day of the month in which the papers were closed';
comment on column cycle_times.unit is 'id of the unit or post that led; empty: none, or classified papers; null: the whole office';
comment on column cycle_times.stage is 'stage, as in stages';
comment on column cycle_times.papers is 'papers that passed it';
comment on column cycle_times.p50_days is 'half of them took no more calendar days';
comment on column cycle_times.p90_days is 'nine of ten took no more calendar days';
comment on column cycle_times.counted is 'papers of which working days are known';
comment on column cycle_times.p50_working_days is 'half of these took no more working days';
comment on column cycle_times.p90_working_days is 'nine of ten of these took no more working days';

create view duty_loads as
select p.office, p.line, s.day - extract(day from s.day)::int + 1 as month, s.person, count(*)::int as shifts, (count(*) filter (where s.night))::int as nights,
	(count(*) filter (where s.rest))::int as rest_days
from {dutyboard}.shift s join {dutyboard}.post p using (stream)
where s.source = 'rota' group by 1, 2, 3, 4;

comment on view duty_loads is 'How the watch is shared: one row for each office, line, month and person on the rota, after swaps';
comment on column duty_loads.office is 'id of the office';
comment on column duty_loads.line is 'line of the watch, such as duty-room';
comment on column duty_loads.month is 'first day of the month in which the shifts begin';
comment on column duty_loads.person is 'id of the person';
comment on column duty_loads.shifts is 'shifts';
comment on column duty_loads.nights is 'of these, shifts that reach past midnight';
comment on column duty_loads.rest_days is 'of these, shifts that begin on a day off';
