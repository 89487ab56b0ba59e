-- Disputes: what buyers' banks took back, what was said to it, and how it ended; files of evidence.

CREATE TABLE dispute (
    book         integer NOT NULL,
    id           uuid NOT NULL,
    rail         text NOT NULL,
    reference    text NOT NULL,                 -- the rail's: a dispute is opened once
    payment_id   uuid NOT NULL,
    call_id      uuid NOT NULL,                 -- the capture that it is of
    tender       integer NOT NULL,              -- the place of the means
    currency     text NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),
    own          bigint NOT NULL CHECK (own BETWEEN 0 AND amount),  -- what the payment gave of it
    reason       text NOT NULL DEFAULT '',
    state        text NOT NULL CHECK (state IN ('needs_response', 'under_review', 'won', 'lost', 'accepted')),
    opened_at    timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,          -- who has said nothing by then has lost
    submitted_at timestamptz,
    closed_at    timestamptz,
    closed_by    text NOT NULL DEFAULT '' CHECK (closed_by IN ('', 'rail', 'deadline', 'marketplace')),
    paper        bytea,                         -- digest of the evidence file that was submitted
    sent_as      text NOT NULL DEFAULT '',      -- what the rail calls the submission
    PRIMARY KEY (book, id),
    UNIQUE (book, rail, reference)
);
CREATE INDEX dispute_payment ON dispute (payment_id, book);
CREATE INDEX dispute_state ON dispute (book, state, id);

-- The moves of lines/payments/disputes/machine.py (held by a test): nothing else is possible here.
CREATE FUNCTION guard_dispute_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'needs_response>under_review',
        'needs_response>won',
        'needs_response>lost',
        'needs_response>accepted',
        'under_review>won',
        'under_review>lost',
        'lost>won',
        'accepted>won') THEN
        RAISE EXCEPTION 'dispute: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispute_state_moves BEFORE UPDATE ON dispute
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION guard_dispute_state();

-- Files by their digest: the same content is kept once, and what a digest names never changes.
CREATE TABLE evidence_file (
    book       integer NOT NULL,
    hash       bytea NOT NULL CHECK (hash = sha256(body)),
    media_type text NOT NULL,
    body       bytea NOT NULL CHECK (octet_length(body) BETWEEN 1 AND 2097152),
    PRIMARY KEY (book, hash)
);
CREATE TRIGGER evidence_file_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE dispute_evidence (
    book       integer NOT NULL,
    dispute_id uuid NOT NULL,
    number     integer NOT NULL CHECK (number BETWEEN 1 AND 20),
    hash       bytea NOT NULL,
    name       text NOT NULL,
    media_type text NOT NULL,
    size       integer NOT NULL,
    note       text NOT NULL DEFAULT '',
    actor      text NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (book, dispute_id, number),
    UNIQUE (book, dispute_id, hash),
    FOREIGN KEY (book, dispute_id) REFERENCES dispute (book, id),
    FOREIGN KEY (book, hash) REFERENCES evidence_file (book, hash)
);
CREATE TRIGGER dispute_evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dispute_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A chargeback of an order's payment goes back through the order's split, as refunds do.
ALTER TABLE refund DROP CONSTRAINT refund_cause_check;
ALTER TABLE refund ADD CONSTRAINT refund_cause_check
    CHECK (cause IN ('cancellation', 'return', 'request', 'chargeback'));

-- check: SELECT count(*) = 3 FROM pg_trigger WHERE tgname IN ('dispute_state_moves', 'evidence_file_append_only', 'dispute_evidence_append_only')
