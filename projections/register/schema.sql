-- The incoming register: one row a paper. Every event of a paper moves its row on by one revision, so an event that is left
-- out or comes twice is refused by the row itself. What is not stated is '' or null.
create table paper (
	stream   text primary key,
	office   text not null,
	prior    bigint not null,
	revision bigint not null,
	constraint one_event_after_another check (revision = prior + 1),

	-- 登记
	series        text not null default '',
	book          text not null default '',
	year          int not null default 0,
	number        int not null default 0, -- 0: not registered
	number_text   text not null default '',
	registered_at timestamptz,
	registered_by text not null default '',

	-- 签收
	received_at timestamptz not null,
	signed_by   text not null default '',
	served      text not null default '',
	channel     text not null default '',
	envelope    text not null default '',
	seal        text not null default '',
	signed      int not null default 0, -- copies
	remarks     text not null default '',
	duty_entry  text not null default '',

	-- 来文
	organs      text[] not null default '{}',
	doc_number  text not null default '',
	title       text not null default '',
	kind        text not null default '',
	issued_on   date,
	urgency     text not null default '',
	class       text not null default '',
	classified  boolean not null default false, -- a state secret: masked for whoever does not handle it
	term        text not null default '',
	level       text not null default '',
	line        text not null default '',
	addressee   text not null default '',
	attachments int not null default 0,
	pages       int not null default 0,
	answer_by   date,
	contact     text not null default '',
	not_stated  text[] not null default '{}',
	category    text not null default '',
	form        text not null default '',

	-- 拟办、批示
	pre_checked     boolean not null default false,
	presented_to    text not null default '',
	action          text not null default '', -- 办件, 阅件
	proposed        boolean not null default false,
	proposal        text not null default '',
	proposed_by     text not null default '',
	proposed_at     timestamptz,
	approval        text not null default '', -- stream of the case
	instructed      boolean not null default false,
	instruction     text not null default '',
	opinion         text not null default '', -- id of the opinion that is the instruction
	instructed_by   text not null default '',
	instructed_post text not null default '',
	instructed_at   timestamptz,

	-- 承办
	lead        text not null default '',
	co          text[] not null default '{}',
	accepted    text[] not null default '{}',
	assigned_at timestamptz,
	lead_due_on date,
	due_on      date,
	due_at      timestamptz, -- 24:00 of the last day
	due_basis   text not null default '',
	provisional boolean not null default false,
	urged       int not null default 0, -- times
	urged_level int not null default 0,
	urged_to    text not null default '',
	urged_at    timestamptz,
	reported    boolean not null default false, -- by the lead
	result      text not null default '',
	reported_at timestamptz,

	-- 答复、办结、归档
	replied      boolean not null default false,
	reply_to     text not null default '',
	reply_way    text not null default '',
	reply_number text not null default '',
	reply_on     date,
	suspended    boolean not null default false,
	recalled     boolean not null default false,
	closed       boolean not null default false,
	settlement   text not null default '',
	settled_as   text not null default '',
	settled_note text not null default '',
	closed_at    timestamptz,
	filed        boolean not null default false,
	file_code    text not null default '',
	volume       text not null default '',
	retention    text not null default '',
	filed_at     timestamptz,
	ended        text not null default '', -- returned, transferred-out, duplicate
	end_reason   text not null default '',
	end_to       text not null default '',
	ended_at     timestamptz,
	first        text not null default '', -- first receipt of the same paper

	-- The last state in the chain, in the words and the order of documents.Document.Status.
	state text not null generated always as (case
		when ended <> '' then ended
		when filed then 'filed'
		when closed then 'closed'
		when recalled then 'recalled'
		when suspended then 'suspended'
		when replied then 'replied'
		when reported or accepted <> '{}' then 'handling'
		when lead <> '' then 'assigned'
		when instructed then 'instructed'
		when proposed then 'proposed'
		when pre_checked then 'pre-checked'
		when number > 0 then 'registered'
		else 'signed' end) stored,

	-- Who handles the paper or handled it: such a person sees all of a classified paper's entry.
	persons text[] not null default '{}',
	posts   text[] not null default '{}',

	-- What a search looks in: letters and digits only, and every one and two of them that follow each other.
	search        text not null default '',
	grams         text[] not null default '{}',
	number_search text not null default '',
	number_grams  text[] not null default '{}'
);

create index paper_number on paper (office, year, book, number);
create index paper_received on paper (office, received_at);
create index paper_open on paper (office, due_at) where ended = '' and not closed and not filed;
create index paper_grams on paper using gin (grams);

-- Where each copy is.
create table copy (
	stream text not null,
	copy   text not null,
	state  text not null,
	holder text not null, -- of a copy handed out or sent back
	primary key (stream, copy)
);

-- Which series is which book of which year.
create table series (
	stream text primary key,
	book   text not null,
	year   int not null
);

-- The approval cases in which papers are instructed.
create table instruction (
	stream   text primary key,
	paper    text not null,
	prior    bigint not null,
	revision bigint not null,
	constraint one_event_after_another check (revision = prior + 1)
);
