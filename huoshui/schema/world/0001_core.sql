-- One world: its clock, its books, keys, events, due work and kept replies.

CREATE TABLE world (
    name           text PRIMARY KEY,
    kind           text NOT NULL CHECK (kind IN ('live', 'sandbox', 'replay')),
    seed           bigint,
    clock_at       timestamptz,                 -- a replay's fixed clock
    clock_offset_s bigint NOT NULL DEFAULT 0,   -- a sandbox's distance from real time
    CHECK ((kind = 'replay') = (clock_at IS NOT NULL)),
    CHECK (kind <> 'live' OR clock_offset_s = 0)
);
CREATE UNIQUE INDEX world_is_one ON world ((true));

CREATE TABLE book (
    book      integer PRIMARY KEY CHECK (book > 0),
    slug      text NOT NULL UNIQUE CHECK (slug ~ '^[a-z][a-z0-9-]{0,39}$'),
    name      text NOT NULL,
    currency  char(3) NOT NULL,
    time_zone text NOT NULL,
    generated boolean NOT NULL DEFAULT false    -- its facts were generated, not observed
);

CREATE TABLE api_key (
    book       integer NOT NULL REFERENCES book,
    id         uuid NOT NULL,
    name       text NOT NULL,
    hint       text NOT NULL,
    digest     bytea NOT NULL UNIQUE,
    scopes     text[] NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (book, id)
);

CREATE TABLE event (
    book   integer NOT NULL,
    id     uuid NOT NULL,
    type   text NOT NULL,
    object text NOT NULL,
    at     timestamptz NOT NULL,
    actor  text NOT NULL,
    data   jsonb NOT NULL,
    PRIMARY KEY (book, id)
);
CREATE INDEX event_object ON event (book, object, id);
CREATE INDEX event_type ON event (book, type, id);

CREATE TABLE work (
    book       integer NOT NULL,
    id         uuid NOT NULL,
    kind       text NOT NULL,
    key        text NOT NULL,
    due_at     timestamptz NOT NULL,
    payload    jsonb NOT NULL,
    state      text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'dead')),
    attempts   integer NOT NULL DEFAULT 0,
    last_error text NOT NULL DEFAULT '',
    PRIMARY KEY (book, id),
    UNIQUE (book, kind, key)
);
CREATE INDEX work_due ON work (book, due_at, kind, key) WHERE state = 'due';

CREATE TABLE idempotency (
    book    integer NOT NULL,
    key     text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request bytea NOT NULL,
    status  smallint NOT NULL,
    body    bytea NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (book, key)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- check: SELECT count(*) = 0 FROM world
