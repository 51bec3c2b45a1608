-- +goose Up

-- One account per person. An account is never deleted, so that the history stays answerable; it is disabled.
CREATE TABLE accounts.account (
    person           text PRIMARY KEY,
    office           text NOT NULL,
    login            text NOT NULL,             -- as it is shown
    login_key        text COLLATE "C" NOT NULL, -- as it is compared: NFC, narrow, lower case
    password         text NOT NULL,             -- argon2id, PHC string format
    must_change      boolean NOT NULL,          -- somebody but the person knows the password
    default_password boolean NOT NULL,          -- everybody knows it: demonstration only
    created          timestamptz NOT NULL,
    password_set     timestamptz NOT NULL,
    signed_in        timestamptz,               -- the last time
    disabled         timestamptz,
    CONSTRAINT login_once UNIQUE (login_key),
    CONSTRAINT not_blank CHECK (person <> '' AND office <> '' AND login_key <> '')
);

CREATE INDEX account_by_office ON accounts.account (office, login_key);

CREATE TABLE accounts.session (
    digest     bytea PRIMARY KEY,               -- SHA-256 of the token
    person     text NOT NULL REFERENCES accounts.account,
    post       text NOT NULL DEFAULT '',        -- in which the person acts
    delegation text NOT NULL DEFAULT '',        -- by which, when the post is another's
    address    inet,
    agent      text NOT NULL,
    terminal   text NOT NULL,
    created    timestamptz NOT NULL,
    seen       timestamptz NOT NULL,            -- written at most once a minute
    expires    timestamptz NOT NULL             -- however much it is used
);

CREATE INDEX session_by_person ON accounts.session (person);

-- Failures since the first of a run, for each login (also of nobody) and each address.
CREATE TABLE accounts.throttle (
    kind         text NOT NULL CHECK (kind IN ('login', 'address')),
    key          bytea NOT NULL,                -- SHA-256 of the login as it is compared, or of the address
    failures     integer NOT NULL,
    since        timestamptz NOT NULL,
    locked_until timestamptz,
    PRIMARY KEY (kind, key)
);

-- What was done to accounts and sessions, and every attempt to sign in. The server can add and read, never change.
CREATE TABLE accounts.history (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL,
    act      text NOT NULL,
    result   text NOT NULL,
    office   text NOT NULL,                     -- of the account; empty when there is none
    person   text NOT NULL,                     -- whose account; empty when there is none
    by       text NOT NULL,                     -- who acted
    login    bytea,                             -- SHA-256 of a login that nobody has: it may be a password in the wrong field
    address  inet,
    agent    text NOT NULL,
    terminal text NOT NULL
);

CREATE INDEX history_by_office ON accounts.history (office, id);
