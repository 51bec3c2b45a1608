-- The office's books of numbers. Every event of a series moves its row on by one revision, so an event that is left out or
-- comes twice is refused by the row itself.
create table series (
	stream    text primary key,
	office    text not null,
	book      text not null,
	year      int not null,
	register  text not null, -- the book of reg.books whose keeper keeps it
	pattern   text not null,
	start     int not null,
	last      int not null,  -- highest number given; start - 1 before the first
	opened_at timestamptz not null,
	closed_at timestamptz,
	prior     bigint not null,
	revision  bigint not null,
	constraint one_event_after_another check (revision = prior + 1)
);

create index series_office on series (office, year, book);

-- What became of each number that was given.
create table number (
	stream text not null,
	n      int not null,
	text   text not null,
	state  text not null,
	item   text not null, -- stream of the item; '' was spoiled without one
	by     text not null, -- person who took or voided it
	at     timestamptz not null,
	reason text not null, -- of a void number
	primary key (stream, n)
);

create index number_item on number (item) where item <> '';

-- What a keeper certified, about the events of the series up to speaks_for.
create table certificate (
	stream     text not null,
	revision   bigint not null,
	first      int not null,
	last       int not null,
	registered int not null,
	void       int[] not null,
	unfinished int[] not null,
	missing    int[] not null,
	speaks_for bigint not null,
	by         text not null,
	at         timestamptz not null,
	primary key (stream, revision)
);
