-- What a record other than the paper's own says about the paper: an event that names it, or was decided on it.
create table entry (
	document text not null,
	stream   text not null,
	revision bigint not null,
	office   text not null,
	named    boolean not null, -- the event names it; else its decision read it
	primary key (document, stream, revision)
);
