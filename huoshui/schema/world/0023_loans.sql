-- Running loans: contracts with a pinned product version, their events, what of them is on the ledger,
-- and a projection for whoever reads many at once.

CREATE TABLE loan (
    book          integer NOT NULL REFERENCES book,
    id            uuid NOT NULL,
    party         text NOT NULL,              -- the borrower: slr_… or byr_…
    product       text NOT NULL,
    version       integer NOT NULL,
    currency      text NOT NULL,
    facility_id   uuid,                       -- under whose limit it is drawn, if under any
    state         text NOT NULL CHECK (state IN ('applied', 'offered', 'declined', 'lapsed', 'signed', 'withdrawn', 'running', 'closed')),
    amount        bigint NOT NULL CHECK (amount > 0),      -- at most so much is drawn
    instalments   integer NOT NULL CHECK (instalments > 0),
    rate_annual   text,                       -- a decimal, as a part of one; once it was offered
    facts         jsonb NOT NULL DEFAULT '{}',             -- what the decision read
    reasons       jsonb NOT NULL DEFAULT '[]',             -- why it was declined
    disclosure    jsonb,                      -- what was told before the consent
    applied_at    timestamptz NOT NULL,
    offer_ends_at timestamptz,
    consent_at    timestamptz,
    consent       text NOT NULL DEFAULT '',   -- how the borrower confirmed it
    drawable_on   date,                       -- the first day after the cooling-off
    start_on      date,                       -- the day of the first drawdown: the terms begin here
    closed_at     timestamptz,
    PRIMARY KEY (book, id),
    FOREIGN KEY (book, product, version) REFERENCES catalog_version (book, product, number),
    CHECK (state IN ('applied', 'declined') OR rate_annual IS NOT NULL),
    CHECK (state NOT IN ('running', 'closed') OR start_on IS NOT NULL)
);
CREATE INDEX loan_party ON loan (party, book, id);
CREATE INDEX loan_state ON loan (book, state, id);
CREATE INDEX loan_facility ON loan (facility_id, book) WHERE facility_id IS NOT NULL;

-- The moves of lines/lending/loan/model.py (held by a test): nothing else is possible here.
CREATE FUNCTION guard_loan_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'applied>offered',
        'applied>declined',
        'offered>signed',
        'offered>lapsed',
        'offered>withdrawn',
        'signed>withdrawn',
        'signed>running',
        'running>closed',
        'closed>running') THEN
        RAISE EXCEPTION 'loan: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER loan_state_moves BEFORE UPDATE ON loan
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION guard_loan_state();
-- What was signed stands: a change of terms is an event.
CREATE FUNCTION guard_loan_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'loan: what was signed does not change'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER loan_terms_stand BEFORE UPDATE ON loan
    FOR EACH ROW WHEN (
        (OLD.party, OLD.product, OLD.version, OLD.currency, OLD.amount, OLD.instalments, OLD.applied_at)
            IS DISTINCT FROM
        (NEW.party, NEW.product, NEW.version, NEW.currency, NEW.amount, NEW.instalments, NEW.applied_at)
        OR (OLD.rate_annual IS NOT NULL AND OLD.rate_annual IS DISTINCT FROM NEW.rate_annual)
        OR (OLD.start_on IS NOT NULL AND OLD.start_on IS DISTINCT FROM NEW.start_on))
    EXECUTE FUNCTION guard_loan_terms();

-- What happened, with both times: the day that it counts from, and when it was learnt.
CREATE TABLE loan_event (
    book        integer NOT NULL,
    loan_id     uuid NOT NULL,
    number      integer NOT NULL CHECK (number > 0),       -- in the order of learning
    id          uuid NOT NULL,
    key         text NOT NULL,                -- what the caller calls it: the same again is once
    kind        text NOT NULL CHECK (kind IN ('drawdown', 'payment', 'charge', 'waiver', 'reversal', 'rate_change', 'interest_pause', 'chargeback', 'credit_refund', 'charge_off', 'write_off', 'reschedule', 're_age', 're_amortise')),
    on_         date NOT NULL,
    recorded_on date NOT NULL,                -- the day of the book on which it was learnt
    recorded_at timestamptz NOT NULL,
    amount      bigint CHECK (amount > 0),
    payload     jsonb NOT NULL,               -- the rest of what it says
    reverses    uuid,                         -- the event that is undone
    actor       text NOT NULL,
    PRIMARY KEY (book, loan_id, number),
    UNIQUE (book, id),
    UNIQUE (book, loan_id, key),
    FOREIGN KEY (book, loan_id) REFERENCES loan (book, id),
    FOREIGN KEY (book, reverses) REFERENCES loan_event (book, id),
    CHECK ((kind = 'reversal') = (reverses IS NOT NULL)),
    CHECK (on_ <= recorded_on)
);
CREATE UNIQUE INDEX loan_event_undone_once ON loan_event (book, reverses) WHERE reverses IS NOT NULL;
CREATE TRIGGER loan_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loan_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Which entries were posted for a loan, and what caused each: an event, or (NULL) the end of a day.
CREATE TABLE loan_posting (
    book      integer NOT NULL,
    loan_id   uuid NOT NULL,
    txn_id    uuid NOT NULL,
    cause     uuid,
    of        text NOT NULL,                  -- the event whose entry it is or mends; '' for accruals
    on_       date NOT NULL,                  -- the day that it belongs to
    template  text NOT NULL,
    amounts   jsonb NOT NULL,                 -- minor units by the template's names; below 0 taken back
    posted_at timestamptz NOT NULL,
    PRIMARY KEY (book, loan_id, txn_id),
    FOREIGN KEY (book, loan_id) REFERENCES loan (book, id)
);
CREATE TRIGGER loan_posting_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loan_posting
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What of a loan's accruals stands on the ledger, up to which day. Narrow: an end of day moves many.
-- Whoever posts for a loan holds this row.
CREATE TABLE loan_accrued (
    book     integer NOT NULL,
    loan_id  uuid NOT NULL,
    through  date NOT NULL,                   -- all days up to this one are on the ledger
    interest bigint NOT NULL,
    charges  bigint NOT NULL,
    PRIMARY KEY (book, loan_id),
    FOREIGN KEY (book, loan_id) REFERENCES loan (book, id)
) WITH (fillfactor = 70);

-- A projection, never the truth: it is the fold of a loan's first `events` events as seen on `day`, is
-- written anew after each event, and may be dropped and rebuilt from loan_event at any time.
CREATE TABLE loan_position (
    book            integer NOT NULL,
    loan_id         uuid NOT NULL,
    product         text NOT NULL,
    currency        text NOT NULL,
    events          integer NOT NULL,
    day             date NOT NULL,
    standing        text NOT NULL CHECK (standing IN ('active', 'closed', 'overpaid', 'charged_off', 'written_off')),
    principal       bigint NOT NULL,          -- open, as are the next three
    interest        bigint NOT NULL,
    fees            bigint NOT NULL,
    penalties       bigint NOT NULL,
    credit          bigint NOT NULL,          -- the borrower's
    oldest_open_due date,                     -- days past due on a day: greatest(0, day - oldest_open_due)
    next_due        date,                     -- the first open instalment due on `day` or later
    next_amount     bigint,
    starts          date[] NOT NULL,          -- of the instalments, in order, as are the arrays below
    dues            date[] NOT NULL,
    principals      bigint[] NOT NULL,        -- asked
    interests       bigint[] NOT NULL,
    charges         bigint[] NOT NULL,
    opens           bigint[] NOT NULL,        -- of it neither paid nor waived
    PRIMARY KEY (book, loan_id),
    FOREIGN KEY (book, loan_id) REFERENCES loan (book, id)
) WITH (fillfactor = 70);
CREATE INDEX loan_position_due ON loan_position (book, oldest_open_due) WHERE oldest_open_due IS NOT NULL;

-- Readers: a loan is its borrower's; a partner that was granted a seller sees the seller's loans.
CREATE FUNCTION reader_loans() RETURNS SETOF uuid STABLE SECURITY DEFINER
SET search_path = public, pg_temp LANGUAGE sql AS $$
    SELECT id FROM loan WHERE book = reader_book() AND party IN (SELECT reader_seller_names())
$$;
ALTER TABLE loan ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR party IN (SELECT reader_seller_names())));
ALTER TABLE loan_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan_event FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR loan_id IN (SELECT reader_loans())));
ALTER TABLE loan_posting ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan_posting FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR loan_id IN (SELECT reader_loans())));
ALTER TABLE loan_accrued ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan_accrued FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR loan_id IN (SELECT reader_loans())));
ALTER TABLE loan_position ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan_position FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR loan_id IN (SELECT reader_loans())));

-- check: SELECT count(*) = 5 FROM pg_policies WHERE schemaname = 'public' AND policyname = 'reader' AND tablename LIKE 'loan%'
