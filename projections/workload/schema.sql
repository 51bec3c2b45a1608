-- One row a paper, with the days on which it came to each stage. Every event of a paper moves its row on by one revision, so
-- an event that is left out or comes twice is refused by the row itself. Days are those of the office. There is no title, no
-- number and no person here.
create table paper (
	stream   text primary key,
	office   text not null,
	prior    bigint not null,
	revision bigint not null,
	constraint one_event_after_another check (revision = prior + 1),
	last_on       date not null, -- of its last event
	classified    boolean not null default false, -- a state secret: counted, and never told apart
	unit          text not null default '', -- that leads; '': none
	due_on        date, -- last day; null: no time limit
	open          boolean not null, -- the office still has to do something
	ended         text not null default '', -- how it was done with: closed, filed, returned, transferred-out, duplicate, withdrawn
	received_on   date not null,
	registered_on date,
	instructed_on date,
	accepted_on   date, -- by the unit that leads
	closed_on     date
);

create index paper_closed on paper (office, closed_on);
create index paper_open on paper (office) where open;

-- For how long a paper lay open, with which unit and time limit: a span ends where one of these changes, and none overlaps
-- another of the paper.
create table span (
	stream   text not null,
	revision bigint not null, -- of the event with which it began
	unit     text not null,
	due_on   date,
	began    text not null, -- received, moved, reopened
	from_on  date not null,
	until_on date, -- null: it goes on
	ended    text not null default '', -- '': it goes on; moved; or as the paper ended
	primary key (stream, revision)
);

-- Which days the office worked, as its sign-in book found when it turned to them.
create table day (
	office text not null,
	date   date not null,
	works  boolean not null,
	primary key (office, date)
);
