-- What must still happen. A task is named by its kind and key; opened again, it is the same task at another time.
create table task (
	kind      text not null,
	key       text not null,
	stream    text not null,
	office    text not null,
	due_at    timestamptz, -- null: at once
	data      jsonb not null,
	opened_by text not null,
	primary key (kind, key)
);

create index task_due on task (due_at nulls first, kind, key);
