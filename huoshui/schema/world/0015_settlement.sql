-- Settlement: windows that stay as they were closed, what each party's position in them is, payouts
-- in batches; files of banks and acquirers, and what their lines were matched with.

-- Each book starts with an open window, by the world's own clock.
CREATE FUNCTION open_first_window() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO settlement_window (book, number, opened_at)
    SELECT NEW.book, 1, coalesce(w.clock_at, now() + make_interval(secs => w.clock_offset_s))
    FROM world w ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER book_opens_window AFTER INSERT ON book
    FOR EACH ROW EXECUTE FUNCTION open_first_window();

-- A closed window never changes, whoever asks.
CREATE FUNCTION guard_settlement_window() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'settlement_window %: it is closed, or more than its closing was changed', OLD.number
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER settlement_window_closed BEFORE UPDATE ON settlement_window FOR EACH ROW
    WHEN (OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL OR NEW.number <> OLD.number
          OR NEW.opened_at <> OLD.opened_at)
    EXECUTE FUNCTION guard_settlement_window();
CREATE TRIGGER settlement_window_kept BEFORE DELETE OR TRUNCATE ON settlement_window
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Nothing clears in a closed window: one look a statement, whatever the number of rows.
CREATE FUNCTION guard_clearing_window() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT book, window_number FROM added) a
        LEFT JOIN settlement_window w ON w.book = a.book AND w.number = a.window_number
        WHERE w.closed_at IS NOT NULL OR w.number IS NULL) THEN
        RAISE EXCEPTION 'clearing: the settlement window is closed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER clearing_in_open_window AFTER INSERT ON clearing REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION guard_clearing_window();

-- What moved in a closed window: once counted, kept.
CREATE TABLE window_report (
    book      integer NOT NULL,
    number    bigint NOT NULL,
    made_at   timestamptz NOT NULL,
    clearings bigint NOT NULL,
    transfers bigint NOT NULL,
    totals    jsonb NOT NULL,               -- [kind, currency, count, amount], minor units
    hash      text NOT NULL,                -- of the positions
    PRIMARY KEY (book, number),
    FOREIGN KEY (book, number) REFERENCES settlement_window
);
CREATE TABLE window_position (
    book       integer NOT NULL,
    number     bigint NOT NULL,
    account_id uuid NOT NULL,
    party_kind text NOT NULL CHECK (party_kind IN ('seller', 'rail', 'platform')),
    party      text NOT NULL,
    path       text NOT NULL,
    currency   text NOT NULL,
    gross_in   bigint NOT NULL CHECK (gross_in >= 0),
    gross_out  bigint NOT NULL CHECK (gross_out >= 0),
    transfers  bigint NOT NULL,
    PRIMARY KEY (book, number, account_id),
    FOREIGN KEY (book, number) REFERENCES window_report
);
CREATE TRIGGER window_report_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON window_report
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER window_position_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON window_position
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE settlement_terms (
    book       integer NOT NULL REFERENCES book,
    version    integer NOT NULL,
    body       jsonb NOT NULL,
    valid_from timestamptz NOT NULL,
    actor      text NOT NULL,
    PRIMARY KEY (book, version)
);

CREATE TABLE payout_batch (
    book        integer NOT NULL REFERENCES book,
    id          uuid NOT NULL,
    state       text NOT NULL CHECK (state IN (
        'draft', 'approved', 'sending', 'sent', 'partly', 'done', 'cancelled')),
    currency    text NOT NULL,
    rail        text NOT NULL DEFAULT '',   -- empty: by hand, outside of these books
    payouts     integer NOT NULL CHECK (payouts > 0),
    amount      bigint NOT NULL CHECK (amount > 0),
    left_out    jsonb NOT NULL DEFAULT '[]',-- [seller, amount, why]
    made_by     text NOT NULL,
    made_at     timestamptz NOT NULL,
    approved_by text NOT NULL DEFAULT '',
    approved_at timestamptz,
    send_at     timestamptz,                -- by the calendar and the cut-off hour
    sent_at     timestamptz,
    ended_at    timestamptz,
    PRIMARY KEY (book, id),
    CHECK (approved_by <> made_by OR approved_by = 'terms')     -- four eyes
);
CREATE INDEX payout_batch_open ON payout_batch (book, id)
    WHERE state NOT IN ('done', 'cancelled');
CREATE FUNCTION guard_payout_batch_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'draft>approved', 'draft>cancelled', 'approved>sending', 'approved>cancelled',
        'sending>sent', 'sending>partly', 'partly>sent', 'sent>partly',
        'sent>done', 'partly>done', 'done>partly', 'done>sent') THEN
        RAISE EXCEPTION 'payout_batch: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_batch_state_moves BEFORE UPDATE ON payout_batch
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION guard_payout_batch_state();

-- A payout is asked for before its money moves, and what became of it is known later.
ALTER TABLE payout ALTER COLUMN txn_id DROP NOT NULL,
    ADD COLUMN batch_id   uuid,
    ADD COLUMN state      text NOT NULL DEFAULT 'sent' CHECK (state IN (
        'due', 'sent', 'paid', 'returned', 'failed', 'cancelled')),
    ADD COLUMN attempt    integer NOT NULL DEFAULT 1,
    ADD COLUMN reserved   bigint NOT NULL DEFAULT 0,    -- kept back by the terms
    ADD COLUMN call_id    uuid,                         -- what the rail was asked
    ADD COLUMN reason     text NOT NULL DEFAULT '',
    ADD COLUMN back_txn   uuid,                         -- how it came back
    ADD COLUMN settled_at timestamptz,
    ADD CONSTRAINT payout_moved CHECK ((txn_id IS NULL) = (state IN ('due', 'cancelled')
        OR state = 'failed' AND back_txn IS NULL));
CREATE INDEX payout_batch_of ON payout (batch_id, id) WHERE batch_id IS NOT NULL;
CREATE INDEX payout_day ON payout (book, at) WHERE state IN ('sent', 'paid');
CREATE INDEX payout_due ON payout (account_id) WHERE state = 'due';
CREATE INDEX payout_call ON payout (call_id) WHERE call_id IS NOT NULL;
CREATE FUNCTION guard_payout_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'due>sent', 'due>failed', 'due>cancelled', 'sent>paid', 'sent>failed', 'sent>returned',
        'paid>returned', 'paid>sent', 'failed>due', 'returned>due') THEN
        RAISE EXCEPTION 'payout: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_state_moves BEFORE UPDATE ON payout
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION guard_payout_state();

-- Files of banks and acquirers: the same bytes once.
CREATE TABLE statement_file (
    book        integer NOT NULL REFERENCES book,
    id          uuid NOT NULL,
    digest      text NOT NULL,              -- SHA-256 of its bytes: its name here
    name        text NOT NULL,
    format      text NOT NULL,
    source      text NOT NULL CHECK (source IN ('bank', 'acquirer')),
    rail        text NOT NULL DEFAULT '',
    target      text NOT NULL,              -- the account that the money arrived on
    currency    text NOT NULL,
    lines       integer NOT NULL,
    gross       bigint NOT NULL,
    fee         bigint NOT NULL,
    net         bigint NOT NULL,
    opening     bigint,
    closing     bigint,
    imported_at timestamptz NOT NULL,
    actor       text NOT NULL,
    PRIMARY KEY (book, id),
    UNIQUE (book, digest),
    CHECK (gross = net + fee)
);
CREATE TRIGGER statement_file_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE statement_line (
    book       integer NOT NULL,
    id         uuid NOT NULL,
    file_id    uuid NOT NULL,
    number     integer NOT NULL,            -- of the line in the file, from 1
    parent_id  uuid,                        -- the line that it was split from
    kind       text NOT NULL,               -- capture, refund, payout ... as the file says
    rail       text NOT NULL DEFAULT '',
    gross      bigint NOT NULL,             -- signed: money that came to us is positive
    fee        bigint NOT NULL,
    net        bigint NOT NULL,
    currency   text NOT NULL,
    reference  text NOT NULL DEFAULT '',
    subject    text NOT NULL DEFAULT '',    -- what of ours it is about, where that is known
    batch      text NOT NULL DEFAULT '',    -- the acquirer's own number of its payment to us
    note       text NOT NULL DEFAULT '',
    at         timestamptz NOT NULL,        -- when it was captured or booked
    state      text NOT NULL CHECK (state IN (
        'new', 'suspense', 'matched', 'split', 'asked', 'written_off', 'booked')),
    cause      text NOT NULL,               -- which suspense account it arrived on
    match_id   uuid,
    arrival_id uuid,                        -- the transaction that booked it
    since      timestamptz NOT NULL,
    asked_by   text NOT NULL DEFAULT '',
    reason     text NOT NULL DEFAULT '',
    PRIMARY KEY (book, id),
    CHECK (gross = net + fee),
    CHECK ((match_id IS NOT NULL) = (state = 'matched')),
    CHECK ((arrival_id IS NULL) = (state = 'new' OR gross = 0 AND net = 0))
);
CREATE INDEX statement_line_file ON statement_line (file_id, number);
CREATE INDEX statement_line_new ON statement_line (file_id, subject, number) WHERE state = 'new';
CREATE INDEX statement_line_waits ON statement_line (book, since, id)
    WHERE state IN ('suspense', 'asked');
CREATE INDEX statement_line_match ON statement_line (match_id) WHERE match_id IS NOT NULL;
CREATE INDEX statement_line_reference ON statement_line (book, reference) WHERE reference <> '';

CREATE TABLE line_match (
    book       integer NOT NULL,
    id         uuid NOT NULL,
    rule       text NOT NULL,
    account_id uuid NOT NULL,               -- where the open items stood
    currency   text NOT NULL,
    gross      bigint NOT NULL,             -- of the lines
    difference bigint NOT NULL DEFAULT 0,   -- what the items had more, to a named account
    txn_id     uuid NOT NULL,
    made_at    timestamptz NOT NULL,
    actor      text NOT NULL,
    undone_at  timestamptz,
    undone_by  text NOT NULL DEFAULT '',
    undo_txn   uuid,
    PRIMARY KEY (book, id)
);
CREATE UNIQUE INDEX line_match_txn ON line_match (book, txn_id);

-- An open item is a transfer's leg on an account that files are held against.
CREATE TABLE line_match_item (
    book       integer NOT NULL,
    match_id   uuid NOT NULL,
    account_id uuid NOT NULL,
    txn_id     uuid NOT NULL,
    leg        smallint NOT NULL,
    amount     bigint NOT NULL,             -- signed: what we expected to come
    freed      boolean NOT NULL DEFAULT false,
    PRIMARY KEY (book, match_id, txn_id, leg)
);
CREATE UNIQUE INDEX line_match_item_once ON line_match_item (book, txn_id, leg, account_id)
    WHERE NOT freed;

-- check: SELECT count(*) = 3 FROM pg_trigger WHERE tgname IN ('settlement_window_closed', 'clearing_in_open_window', 'payout_state_moves')
