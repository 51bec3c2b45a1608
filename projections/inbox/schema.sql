-- A paper or an approval case. Every event of it moves its row on by one revision, so an event that is left out or comes
-- twice is refused by the row itself.
create table matter (
	stream    text primary key,
	office    text not null,
	kind      text not null default '', -- of a case: index of the authority table
	subject   text not null default '', -- of a case: what is decided about
	applicant text not null default '', -- of a case: person
	class     text not null default '',
	title     text not null default '', -- never of a state secret
	lead      text not null default '', -- of a paper: unit or post
	due       timestamptz,              -- of a paper
	suspended boolean not null default false,
	prior     bigint not null,
	revision  bigint not null,
	constraint one_event_after_another check (revision = prior + 1)
);

create index matter_subject on matter (subject) where subject <> '';

-- What somebody has to do, or to read. It is for whoever is named: a person, a post or unit, or whoever has a role by the
-- office's policy in force.
create table item (
	stream    text not null, -- what has to be acted on
	key       text not null,
	office    text not null,
	kind      text not null,
	reading   boolean not null default false,
	post      text not null default '', -- or unit
	person    text not null default '',
	entrusted text not null default '', -- a second person who may
	role      text not null default '', -- policy key
	step      int not null default 0,
	since     timestamptz not null,
	due       timestamptz,              -- null: when the matter is due
	urged     int not null default 0,   -- the highest level
	accepted  boolean not null default false,
	primary key (stream, key)
);

create index item_office on item (office, reading);
create index item_post on item (post) where post <> '';

-- What a person has done (已办), by the event that says so.
create table done (
	stream    text not null,
	revision  bigint not null,
	event     text not null,
	office    text not null,
	person    text not null,
	post      text not null,
	act       text not null, -- type of the event
	decision  text not null, -- of an opinion
	step      int not null,
	at        timestamptz not null,
	corrected bigint,        -- revision of the last correction
	primary key (stream, revision)
);

create index done_person on done (office, person, at desc);
