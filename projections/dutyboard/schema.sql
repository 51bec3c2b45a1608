-- The watch. Every event of a post or of a roster moves its row on by one revision, so an event that is left out or comes
-- twice is refused by the row itself.
create table post (
	stream      text primary key,
	office      text not null,
	line        text not null,
	responsible text not null,
	since       timestamptz not null,
	shift       timestamptz, -- start of the shift that the person keeps
	prior       bigint not null,
	revision    bigint not null,
	constraint one_event_after_another check (revision = prior + 1)
);

create index post_office on post (office, line);

-- Who was responsible from when to when: one row begins where the row before ends.
create table tenure (
	stream      text not null,
	revision    bigint not null, -- of the event that began it
	person      text not null,
	shift       timestamptz,
	from_at     timestamptz not null,
	until_at    timestamptz, -- null: still
	planned_end timestamptz, -- by the roster; what is later is overrun
	handover    text not null,
	entries     int not null, -- logged in it, when it was over
	primary key (stream, revision)
);

create table shift (
	stream   text not null,
	start_at timestamptz not null,
	day      date not null, -- of the start, in the office's zone
	end_at   timestamptz not null,
	posts    text[] not null,
	source   text not null,
	person   text not null,
	planned  text not null, -- whom the roster names
	rest     boolean not null,
	night    boolean not null,
	reminded timestamptz,
	primary key (stream, start_at)
);

create table swap (
	stream   text not null,
	swap     text not null,
	shift    timestamptz not null,
	return   timestamptz,
	asker    text not null,
	partner  text not null,
	state    text not null, -- requested, accepted, noted, in-force, declined
	at       timestamptz not null,
	primary key (stream, swap)
);

create table entry (
	stream  text not null,
	entry   text not null,
	shift   timestamptz,
	no      int not null,
	day     date not null,
	kind    text not null,
	urgency text not null,
	subject text not null,
	owner   text not null,
	state   text not null, -- open, actioned, escalated, carried-over, closed
	named   boolean not null,
	answer  text not null, -- remark of a handover that is not accepted yet
	reserved text not null, -- remark that is not settled
	relayed text[] not null, -- persons who have not acknowledged
	at      timestamptz not null,
	primary key (stream, entry)
);

create index entry_open on entry (stream, day, no) where state <> 'closed';

create table handover (
	stream   text not null,
	handover text not null,
	revision bigint not null,
	giver    text not null,
	taker    text not null,
	shift    timestamptz not null,
	items    int not null,
	reserved int not null,
	state    text not null, -- offered, accepted, refused, replaced
	offered  timestamptz not null,
	settled  timestamptz,
	primary key (stream, handover)
);

create table stand_in (
	stream   text not null,
	stand_in text not null,
	person   text not null,
	since    timestamptz not null,
	until    timestamptz not null,
	ended    timestamptz,
	primary key (stream, stand_in)
);

-- Findings and alerts.
create table finding (
	stream   text not null,
	revision bigint not null,
	office   text not null,
	kind     text not null,
	person   text not null,
	told     text not null, -- post that was alerted
	at       timestamptz not null,
	primary key (stream, revision)
);

create table emergency (
	stream      text not null,
	emergency   text not null,
	grade       text not null,
	known       timestamptz not null,
	phone_due   timestamptz not null,
	phone_at    timestamptz,
	written_due timestamptz not null,
	written_at  timestamptz,
	updates     int not null,
	closed      timestamptz,
	primary key (stream, emergency)
);

create table roster (
	stream    text primary key,
	office    text not null,
	post      text not null,
	first     date not null,
	last      date not null,
	state     text not null, -- drafted, approved, published
	published timestamptz,
	deadline  timestamptz,
	amended   int not null,
	prior     bigint not null,
	revision  bigint not null,
	constraint one_event_after_another check (revision = prior + 1)
);

create index roster_office on roster (office, first);

create table delivery (
	stream    text not null,
	person    text not null,
	way       text not null,
	delivered timestamptz, -- null: the person has not got the roster
	primary key (stream, person)
);
