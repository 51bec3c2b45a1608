-- The record of a paper's protection. Every event of it moves its row on by one revision, so an event that is left out or
-- comes twice is refused by the row itself.
create table paper (
	stream   text primary key, -- of the protection, or of a person whose trail was read
	office   text not null,
	document text not null default '',
	scoped   boolean not null default false,
	prior    bigint not null,
	revision bigint not null,
	constraint one_event_after_another check (revision = prior + 1)
);

-- One viewing.
create table view (
	stream        text not null,
	view          text not null,
	office        text not null,
	person        text not null,
	content       text not null, -- "": on paper
	class         text not null, -- of the paper then
	clearance     text not null, -- of the person, as known then
	why           text not null, -- scope, grant or office
	purpose       text not null,
	place         text not null,
	opened        timestamptz not null,
	until         timestamptz not null,
	closed        timestamptz,
	cause         text not null default '',
	pages         int not null default 0,
	windows       int not null default 1,
	after_removal boolean not null default false,
	primary key (stream, view)
);

create index view_person on view (office, person, opened desc);

-- One denial, by the event that says so.
create table denial (
	stream   text not null,
	revision bigint not null,
	office   text not null,
	person   text not null,
	asked    text not null, -- the command
	reason   text not null, -- code of the rule
	terminal text not null,
	at       timestamptz not null,
	primary key (stream, revision)
);

create index denial_person on denial (office, person, at desc);

-- Who may know, and until when: by the scope ("") or by a grant.
create table entitled (
	stream text not null,
	person text not null,
	grant_ text not null,
	until  timestamptz, -- null: no end
	primary key (stream, person, grant_)
);

-- What was decided about the clearance of a person, in the order in which it was.
create table clearance (
	stream   text not null,
	revision bigint not null,
	act      text not null, -- type of the event
	class    text not null,
	since    timestamptz,
	until    timestamptz,
	primary key (stream, revision)
);
