-- Payments: what a buyer is to pay and by which means, what of it was captured and given back, and
-- what each movement clears in which settlement window.

-- Every movement of a payment says at its commit in which window it clears. A window is closed by
-- opening the next one: nothing is counted then, and nobody waits longer than for a batch under way.
CREATE TABLE settlement_window (
    book      integer NOT NULL REFERENCES book,
    number    bigint NOT NULL CHECK (number > 0),
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by text NOT NULL DEFAULT '',
    PRIMARY KEY (book, number)
);
CREATE UNIQUE INDEX settlement_window_open ON settlement_window (book) WHERE closed_at IS NULL;
INSERT INTO settlement_window (book, number, opened_at) SELECT book, 1, now() FROM book;

CREATE TABLE payment (
    book       integer NOT NULL,
    id         uuid NOT NULL,
    state      text NOT NULL CHECK (state IN (
        'requires_payment_method', 'requires_confirmation', 'requires_action', 'processing',
        'requires_capture', 'partially_captured', 'succeeded', 'cancelled', 'failed')),
    currency   text NOT NULL,
    amount     bigint NOT NULL CHECK (amount > 0),      -- what the parts are to get in all
    captured   bigint NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
    refunded   bigint NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND captured),
    capture    text NOT NULL CHECK (capture IN ('automatic', 'manual')),
    buyer      text NOT NULL DEFAULT '',                -- a party of the marketplace, or nobody known
    order_key  text NOT NULL DEFAULT '',
    reference  text NOT NULL DEFAULT '',
    tenders    jsonb NOT NULL,                          -- means of payment, in order
    parts      jsonb NOT NULL,                          -- who gets it, in order
    trail      text[] NOT NULL,                         -- the states of the last write, in order
    version    integer NOT NULL DEFAULT 1,              -- how many commands have moved it
    final      boolean NOT NULL DEFAULT true,           -- whether the capture under way is the last
    charged    bigint NOT NULL DEFAULT 0 CHECK (charged >= 0),  -- taken back by chargebacks
    action     text NOT NULL DEFAULT '',                -- what the buyer is to do next
    error      text NOT NULL DEFAULT '',                -- why the last attempt failed
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz,
    secret     bytea,                                   -- digest of what opens its hosted page
    return_url text NOT NULL DEFAULT '',
    PRIMARY KEY (book, id)
) WITH (fillfactor = 70);
CREATE INDEX payment_order ON payment (book, order_key, id) WHERE order_key <> '';
CREATE INDEX payment_buyer ON payment (book, buyer, id) WHERE buyer <> '';
CREATE INDEX payment_open ON payment (book, expires_at, id)
    WHERE state NOT IN ('succeeded', 'cancelled', 'failed');

-- The moves of a payment's state, as lines/payments/payment/machine.py has them (held by a test):
-- what is no move there is impossible here, whoever asks. Several commands of one batch are one
-- write, so that a write brings the way that it took, and each step of it must be a move.
CREATE FUNCTION guard_payment_state() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    steps integer := cardinality(NEW.trail);
BEGIN
    IF NEW.trail[1] <> OLD.state OR NEW.trail[steps] <> NEW.state OR EXISTS (
        SELECT FROM generate_series(1, steps - 1) AS n
        WHERE NEW.trail[n] || '>' || NEW.trail[n + 1] NOT IN (
            'requires_payment_method>requires_confirmation',
            'requires_payment_method>cancelled',
            'requires_confirmation>requires_action',
            'requires_confirmation>processing',
            'requires_confirmation>requires_capture',
            'requires_confirmation>succeeded',
            'requires_confirmation>requires_payment_method',
            'requires_confirmation>cancelled',
            'requires_action>requires_confirmation',
            'requires_action>processing',
            'requires_action>requires_capture',
            'requires_action>succeeded',
            'requires_action>requires_payment_method',
            'requires_action>cancelled',
            'processing>requires_action',
            'processing>requires_capture',
            'processing>partially_captured',
            'processing>succeeded',
            'processing>requires_payment_method',
            'processing>cancelled',
            'processing>failed',
            'requires_capture>processing',
            'requires_capture>partially_captured',
            'requires_capture>succeeded',
            'requires_capture>cancelled',
            'partially_captured>processing',
            'partially_captured>succeeded')) THEN
        RAISE EXCEPTION 'payment: no move from % to % by %', OLD.state, NEW.state, NEW.trail
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_state_moves BEFORE UPDATE ON payment
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION guard_payment_state();

-- What cleared: each capture, refund and chargeback with its window. `id` is the transaction's.
CREATE TABLE clearing (
    book          integer NOT NULL,
    id            uuid NOT NULL,
    payment_id    uuid NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('capture', 'refund', 'chargeback', 'chargeback_won')),
    currency      text NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    window_number bigint NOT NULL,
    at            timestamptz NOT NULL,
    PRIMARY KEY (book, id)
);
CREATE INDEX clearing_window ON clearing (window_number, book);
CREATE INDEX clearing_payment ON clearing (payment_id, book);
CREATE TRIGGER clearing_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON clearing
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A refund of a payment: asked once by its key, done when every rail that it goes back by said so.
CREATE TABLE payment_refund (
    book       integer NOT NULL,
    id         uuid NOT NULL,
    key        text NOT NULL,
    payment_id uuid NOT NULL,
    amount     bigint NOT NULL CHECK (amount > 0),
    currency   text NOT NULL,
    state      text NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed')),
    reason     text NOT NULL DEFAULT '',
    back       jsonb NOT NULL,                          -- what goes back by each tender, in order
    waits      jsonb NOT NULL,                          -- tenders whose rail has not answered
    at         timestamptz NOT NULL,
    done_at    timestamptz,
    txn_id     uuid,
    PRIMARY KEY (book, id),
    UNIQUE (book, key)
);
CREATE INDEX payment_refund_payment ON payment_refund (payment_id, book);

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('payment_state_moves', 'clearing_append_only')
