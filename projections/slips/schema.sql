-- Every event of a slip moves its row on by one revision, so an event that is left out or comes twice is refused by the row
-- itself.
create table slip (
	stream   text primary key,
	office   text not null,
	document text not null, -- the paper
	copy     text not null, -- "": it is read electronically
	class    text not null,
	state    text not null, -- open, completed, stopped, returned, counted
	started  timestamptz not null,
	prior    bigint not null,
	revision bigint not null,
	constraint one_event_after_another check (revision = prior + 1)
);

create index slip_office on slip (office, started);

-- The readers in their order, with whom the paper is and since when.
create table reader (
	stream text not null,
	n      int not null,
	person text not null,
	state  text not null,
	since  timestamptz, -- of the state
	due    timestamptz, -- the end of the reader's time
	primary key (stream, person)
);

create index reader_person on reader (person, state);
