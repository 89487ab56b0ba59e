-- Rails: what was asked of the ways of money into and out of the marketplace, what they said, what
-- they told by themselves, and how well they are.

CREATE TABLE rail_call (
    book       integer NOT NULL,
    id         uuid NOT NULL,                       -- the key that the rail knows a repeat by
    rail       text NOT NULL,
    verb       text NOT NULL CHECK (verb IN ('authorise', 'capture', 'void', 'refund', 'pay_out')),
    subject    text NOT NULL,                       -- what it is for: a payment, a payout
    tender     integer NOT NULL,
    amount     bigint NOT NULL CHECK (amount >= 0), -- minor units
    currency   text NOT NULL,
    token      text NOT NULL DEFAULT '',
    about      text NOT NULL DEFAULT '',            -- the rail's reference of the earlier call
    refund     uuid,
    state      text NOT NULL DEFAULT 'due' CHECK (state IN (
        'due', 'sent', 'unknown', 'pending', 'succeeded', 'declined', 'dropped')),
    reference  text NOT NULL DEFAULT '',            -- the rail's own id of this call
    code       text NOT NULL DEFAULT '',            -- why it was refused
    action     text NOT NULL DEFAULT '',            -- what the buyer is to do
    answered   bigint,                              -- what the rail says it moved, minor units
    flag       text NOT NULL DEFAULT '' CHECK (flag IN ('', 'amount_differs', 'reference_reused')),
    attempts   integer NOT NULL DEFAULT 0,          -- how often the rail was asked about it
    created_at timestamptz NOT NULL,
    asked_at   timestamptz,                         -- when the request was about to leave
    settled_at timestamptz,                         -- when the state became final
    look_at    timestamptz,                         -- when it is to be looked at again
    PRIMARY KEY (book, id),
    CHECK ((look_at IS NULL) = (state IN ('succeeded', 'declined', 'dropped')))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX rail_call_reference ON rail_call (book, rail, reference) WHERE reference <> '';
CREATE INDEX rail_call_due ON rail_call (book, rail, look_at, id) WHERE look_at IS NOT NULL;
CREATE INDEX rail_call_subject ON rail_call (book, subject, id);
CREATE INDEX rail_call_rail ON rail_call (book, rail, id);

-- The moves of a call's state, as lines/payments/rails/model.py has them (held by a test): what was
-- sent is never due again, and a final word stays.
CREATE FUNCTION guard_rail_call_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'due>sent',
        'due>dropped',
        'sent>unknown',
        'sent>pending',
        'sent>succeeded',
        'sent>declined',
        'pending>unknown',
        'pending>succeeded',
        'pending>declined',
        'unknown>pending',
        'unknown>succeeded',
        'unknown>declined') THEN
        RAISE EXCEPTION 'rail_call: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rail_call_state_moves BEFORE UPDATE ON rail_call
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION guard_rail_call_state();

-- The circuit breaker of each rail: open from the time that it fell silent too often in a row.
CREATE TABLE rail_breaker (
    book      integer NOT NULL,
    rail      text NOT NULL,
    silences  integer NOT NULL DEFAULT 0,           -- in a row
    opened_at timestamptz,                          -- NULL: closed, all may pass
    probe_at  timestamptz,                          -- when one call may pass, to see
    PRIMARY KEY (book, rail)
) WITH (fillfactor = 50);

-- How often each rail said what, hour by hour, and how long it took, by classes of time.
CREATE TABLE rail_tally (
    book     integer NOT NULL,
    rail     text NOT NULL,
    hour     timestamptz NOT NULL,
    verb     text NOT NULL,
    verdict  text NOT NULL,
    code     text NOT NULL,
    class    smallint NOT NULL,                     -- of the time it took; 0: it was told later
    calls    bigint NOT NULL,
    PRIMARY KEY (book, rail, hour, verb, verdict, code, class)
) WITH (fillfactor = 50);

-- What rails tell by themselves, each event once, as it came.
CREATE TABLE rail_notice (
    book        integer NOT NULL,
    id          uuid NOT NULL,
    rail        text NOT NULL,
    event       text NOT NULL CHECK (length(event) BETWEEN 1 AND 200),
    kind        text NOT NULL CHECK (kind IN ('answer', 'dispute_opened', 'dispute_closed', 'returned')),
    call_id     uuid,                               -- the call that it is about, once it is known
    reference   text NOT NULL DEFAULT '',
    read        jsonb NOT NULL,                     -- what the plug-in read in it
    body        text NOT NULL,                      -- as it came: cut at a limit, secrets masked
    state       text NOT NULL DEFAULT 'new' CHECK (state IN (
        'new', 'waiting', 'applied', 'repeated', 'contradicted', 'unknown')),
    repeats     integer NOT NULL DEFAULT 0,         -- how often it came again
    attempts    integer NOT NULL DEFAULT 0,
    received_at timestamptz NOT NULL,
    done_at     timestamptz,
    look_at     timestamptz,
    PRIMARY KEY (book, id),
    UNIQUE (book, rail, event),
    CHECK ((look_at IS NULL) = (state NOT IN ('new', 'waiting')))
) WITH (fillfactor = 70);
CREATE INDEX rail_notice_due ON rail_notice (book, look_at, id) WHERE look_at IS NOT NULL;
CREATE INDEX rail_notice_call ON rail_notice (book, call_id, id) WHERE call_id IS NOT NULL;

-- Queues pass through both: what is dead is cleared soon.
ALTER TABLE rail_call SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0);

-- check: SELECT count(*) = 1 FROM pg_trigger WHERE tgname = 'rail_call_state_moves'
