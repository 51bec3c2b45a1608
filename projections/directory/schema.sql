-- Lists of persons sort by the strokes of the name, as offices do.
create collation stroke (provider = icu, locale = 'zh-u-co-stroke');

-- Every event of an office's organisation moves its row on by one revision, so an event that is left out or comes twice is
-- refused by the row itself; the same holds for persons.
create table office (
	office   text primary key,
	name     text not null,
	kind     text not null,
	zone     text not null,
	prior    bigint not null,
	revision bigint not null,
	constraint one_event_after_another check (revision = prior + 1)
);

-- What has ended keeps its name, for the papers that mention it.
create table organ (
	office   text not null,
	id       text not null,
	name     text not null,
	relation text not null,
	into_id  text not null, -- the organ that it was merged into
	ended    boolean not null,
	primary key (office, id)
);

create table unit (
	office text not null,
	id     text not null,
	name   text not null,
	parent text not null, -- '': the office itself
	level  text not null,
	ended  boolean not null,
	primary key (office, id)
);

create table post (
	office    text not null,
	id        text not null,
	title     text not null,
	unit      text not null, -- '': the office itself
	organ     text not null, -- '': the office's own
	single    boolean not null,
	rank      int not null,
	superiors text[] not null,
	ended     boolean not null,
	primary key (office, id)
);

-- Who holds a post, or acts for it, from the first day on and until the day before until_on.
create table holding (
	office   text not null,
	revision bigint not null, -- of the event that appointed
	post     text not null,
	person   text not null,
	acting   boolean not null,
	from_on  date not null,
	until_on date,
	primary key (office, revision)
);

-- Who is in charge of a matter or of a unit (分管).
create table charge (
	office   text not null,
	id       text not null,
	post     text not null,
	matter   text not null,
	unit     text not null,
	from_on  date not null,
	until_on date,
	primary key (office, id)
);

-- A person's time in the office, in one unit.
create table stay (
	office   text not null,
	revision bigint not null, -- of the event that began it
	person   text not null,
	unit     text not null,   -- '': the office itself
	from_on  date not null,
	until_on date,
	primary key (office, revision)
);

create index stay_person on stay (office, person);

create table officer (
	office  text not null,
	person  text not null,
	officer text not null,
	primary key (office, person)
);

-- The name of a person and how it sorts; a corrected registration does not undo a later change.
create table person (
	stream   text primary key,
	office   text not null,
	id       text not null,
	name     text not null, -- '': erased
	sort_key text not null, -- pinyin
	employee text not null,
	phone    text not null,
	renamed  boolean not null,
	moved    boolean not null, -- the phone was changed since registration
	prior    bigint not null,
	revision bigint not null,
	constraint one_event_after_another check (revision = prior + 1)
);

create index person_office on person (office);
