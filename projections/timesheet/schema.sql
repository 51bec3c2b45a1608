-- Every event of a person's day, of a sheet and of a sign-in book moves its row on by one revision, so an event that is
-- left out or comes twice is refused by the row itself.
create table stream (
	stream   text primary key,
	office   text not null,
	prior    bigint not null,
	revision bigint not null,
	constraint one_event_after_another check (revision = prior + 1)
);

create table sheet (
	stream    text primary key,
	office    text not null,
	date      date not null,
	session   text not null,
	opens     timestamptz not null,
	expected  timestamptz not null,
	cutoff    timestamptz, -- null: nothing is refused
	closes    timestamptz not null,
	closed_at timestamptz, -- null: it is open
	closed_by text not null,
	persons   text[] not null -- who is expected
);

create index sheet_day on sheet (office, date);

-- Who stands on a sheet that was collected.
create table entry (
	sheet      text not null,
	person     text not null,
	event      text not null, -- the sign-in
	supplement boolean not null,
	primary key (sheet, person, event)
);

-- Every sign-in, and every attempt that was refused.
create table mark (
	stream   text not null,
	revision bigint not null,
	office   text not null,
	person   text not null,
	date     date not null,
	session  text not null,
	method   text not null,
	at       timestamptz not null,
	late     boolean not null,
	refused  boolean not null,
	cutoff   timestamptz, -- of one that was refused
	terminal text not null,
	event    text not null,
	primary key (stream, revision)
);

create index mark_day on mark (office, date);
create index mark_person on mark (office, person, date);

-- A person's day.
create table day (
	stream    text primary key,
	office    text not null,
	person    text not null,
	date      date not null,
	awaits    timestamptz, -- until when an undecided cover holds up the determination
	objection boolean not null -- one waits for its decision
);

create index day_person on day (office, person, date);

-- Every determination of a day. The last one stands.
create table finding (
	stream      text not null,
	revision    bigint not null,
	result      text not null,
	days        int not null, -- tenths of a day of absence
	sessions    jsonb not null,
	policy      bigint not null,
	calendar    bigint not null,
	cause       text not null, -- why it was determined anew; '' for the first time
	before      text not null,
	before_days int not null,
	at          timestamptz not null,
	primary key (stream, revision)
);

-- Time that was lost and is to be worked.
create table owed (
	stream  text not null,
	session text not null,
	lost    int not null, -- minutes
	minutes int not null, -- to be worked
	remains int not null,
	due     date,
	excused boolean not null,
	primary key (stream, session)
);

-- A month that was compiled.
create table month (
	stream      text not null,
	month       text not null,
	office      text not null,
	compiled_at timestamptz not null,
	posts       text[] not null, -- to which it was reported
	persons     text[] not null,
	primary key (stream, month)
);

create table tally (
	stream    text not null,
	month     text not null,
	person    text not null,
	days      int not null,
	normal    int not null,
	late      int not null,
	early     int not null,
	covered   int not null,
	half      int not null,
	absent    int not null,
	other     int not null,
	absence   int not null, -- tenths of a day
	long_term boolean not null,
	primary key (stream, month, person)
);
