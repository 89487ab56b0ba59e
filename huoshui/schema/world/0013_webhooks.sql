-- Webhooks out: endpoints, their secrets, and a delivery for each event that an endpoint listens to.

CREATE TABLE webhook_endpoint (
    book          integer NOT NULL REFERENCES book,
    id            uuid NOT NULL,
    url           text NOT NULL CHECK (length(url) BETWEEN 1 AND 2048),
    description   text NOT NULL CHECK (length(description) <= 500),
    events        text[] NOT NULL CHECK (cardinality(events) BETWEEN 1 AND 100),
    state         text NOT NULL DEFAULT 'enabled' CHECK (state IN ('enabled', 'disabled', 'deleted')),
    why           text NOT NULL DEFAULT '' CHECK (why IN ('', 'by_hand', 'gone', 'failing')),
    failing_since timestamptz,      -- nothing good has come back since
    listens_until timestamptz,      -- a terminal that listens, on the machine's time; it renews it
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (book, id),
    CHECK ((state = 'disabled') = (why <> ''))
);
-- What every transaction with events looks into: nearly always empty or a page.
CREATE INDEX webhook_endpoint_enabled ON webhook_endpoint (book) WHERE state = 'enabled';

CREATE TABLE webhook_secret (
    book        integer NOT NULL,
    endpoint_id uuid NOT NULL,
    number      integer NOT NULL,
    sealed      bytea NOT NULL,     -- encrypted with a key that is not in the database
    made_at     timestamptz NOT NULL,
    until       timestamptz,        -- signs until then; NULL in the newest
    PRIMARY KEY (book, endpoint_id, number),
    FOREIGN KEY (book, endpoint_id) REFERENCES webhook_endpoint ON DELETE CASCADE
);

-- Deliveries refer to their endpoint without a foreign key: every batch would lock its row.
CREATE TABLE webhook_delivery (
    book            integer NOT NULL,
    id              uuid NOT NULL,      -- follows from the event and the endpoint: queued once
    endpoint_id     uuid NOT NULL,
    event_id        uuid NOT NULL,
    type            text NOT NULL,
    state           text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'delivered', 'dead')),
    due_at          timestamptz NOT NULL,
    attempts        integer NOT NULL DEFAULT 0,
    attempts_before integer NOT NULL DEFAULT 0,     -- a resend begins the tries anew
    status          smallint,           -- of the last attempt, or its error
    error           text NOT NULL DEFAULT '',
    leased_until    timestamptz,        -- somebody sends it now, on the machine's time
    created_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    PRIMARY KEY (book, id),
    CHECK (attempts_before <= attempts)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (book, endpoint_id, due_at) WHERE state = 'due';
CREATE INDEX webhook_delivery_endpoint ON webhook_delivery (book, endpoint_id, id);
CREATE INDEX webhook_delivery_event ON webhook_delivery (book, event_id);
CREATE INDEX webhook_delivery_dead ON webhook_delivery (book, id) WHERE state = 'dead';
ALTER TABLE webhook_delivery SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE webhook_attempt (
    book        integer NOT NULL,
    delivery_id uuid NOT NULL,
    number      integer NOT NULL,
    at          timestamptz NOT NULL,
    status      smallint,               -- NULL where there was no answer
    error       text NOT NULL,
    ms          integer NOT NULL,
    body        text NOT NULL,          -- the start of the answer
    PRIMARY KEY (book, delivery_id, number),
    CHECK ((status IS NULL) = (error <> ''))
);

-- The id of the delivery of an event to an endpoint: a UUIDv7 of the event's millisecond.
CREATE FUNCTION webhook_delivery_id(event uuid, endpoint uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT overlay(overlay(
        left(encode(sha256(uuid_send(event) || uuid_send(endpoint)), 'hex'), 32)
        PLACING left(replace(event::text, '-', ''), 12) || '7' FROM 1 FOR 13)
        PLACING '8' FROM 17 FOR 1)::uuid
$$;

-- check: SELECT webhook_delivery_id('018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000002')::text LIKE '018f0000-0000-7___-8%'
