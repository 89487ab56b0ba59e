-- Partners of loans: what each has of every loan, and claims on those who bear losses.

-- What stands on the ledger of a loan's partners; role 'loan' holds the loan's own totals. Whoever
-- posts for a loan holds its loan_accrued row.
CREATE TABLE loan_part (
    book     integer NOT NULL,
    loan_id  uuid NOT NULL,
    product  text NOT NULL,
    currency text NOT NULL,
    role     text NOT NULL,
    party    text NOT NULL,
    kind     text NOT NULL,
    amount   bigint NOT NULL,                 -- minor units
    PRIMARY KEY (book, loan_id, role, party, kind),
    FOREIGN KEY (book, loan_id) REFERENCES loan (book, id)
);

CREATE TABLE cover_claim (
    book              integer NOT NULL,
    id                uuid NOT NULL,
    loan_id           uuid NOT NULL,
    product           text NOT NULL,
    party             text NOT NULL,          -- who bears it: an insurer, a fund
    role              text NOT NULL CHECK (role IN ('insurer', 'government', 'guarantor')),
    currency          text NOT NULL,
    state             text NOT NULL CHECK (state IN ('drafted', 'submitted', 'accepted', 'part_accepted',
                          'refused', 'paid', 'recovering', 'withdrawn')),
    due_principal     bigint NOT NULL CHECK (due_principal >= 0),      -- by the contract, as is known now
    due_interest      bigint NOT NULL CHECK (due_interest >= 0),
    due_charges       bigint NOT NULL CHECK (due_charges >= 0),
    claimed_principal bigint NOT NULL CHECK (claimed_principal >= 0),  -- as it was submitted
    claimed_interest  bigint NOT NULL CHECK (claimed_interest >= 0),
    claimed_charges   bigint NOT NULL CHECK (claimed_charges >= 0),
    granted           bigint NOT NULL,        -- accepted of what was claimed
    accepted          bigint NOT NULL,        -- what stands of it after recoveries
    paid              bigint NOT NULL CHECK (paid >= 0),               -- net of what was given back
    drafted_at        timestamptz NOT NULL,
    submitted_at      timestamptz,
    decided_at        timestamptz,
    paid_at           timestamptz,
    PRIMARY KEY (book, id),
    UNIQUE (book, loan_id, party),
    FOREIGN KEY (book, loan_id) REFERENCES loan (book, id),
    CHECK (granted BETWEEN 0 AND claimed_principal + claimed_interest + claimed_charges),
    CHECK (accepted BETWEEN 0 AND granted)
);
CREATE INDEX cover_claim_state ON cover_claim (book, state, id);

-- The moves of lines/lending/partners/claim.py (held by a test). Nothing else is possible here.
CREATE FUNCTION guard_cover_claim_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'drafted>submitted',
        'submitted>accepted',
        'submitted>part_accepted',
        'submitted>refused',
        'refused>submitted',
        'accepted>paid',
        'accepted>recovering',
        'part_accepted>paid',
        'paid>recovering',
        'recovering>paid',
        'paid>accepted',
        'recovering>accepted',
        'drafted>withdrawn',
        'submitted>withdrawn',
        'accepted>withdrawn',
        'part_accepted>withdrawn',
        'refused>withdrawn',
        'withdrawn>drafted') THEN
        RAISE EXCEPTION 'cover claim: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cover_claim_state_moves BEFORE UPDATE ON cover_claim
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION guard_cover_claim_state();

CREATE TABLE cover_claim_entry (
    book     integer NOT NULL,
    claim_id uuid NOT NULL,
    number   integer NOT NULL,
    verb     text NOT NULL,
    state    text NOT NULL,                   -- after it
    at       timestamptz NOT NULL,
    actor    text NOT NULL,
    amount   bigint NOT NULL,                 -- posted, minor units; below zero it went back
    note     text NOT NULL DEFAULT '',
    PRIMARY KEY (book, claim_id, number),
    FOREIGN KEY (book, claim_id) REFERENCES cover_claim
);
CREATE TRIGGER cover_claim_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cover_claim_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Between the marketplace and its partners: neither sellers nor buyers read it.
ALTER TABLE loan_part ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan_part FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE cover_claim ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON cover_claim FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE cover_claim_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON cover_claim_entry FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('cover_claim_state_moves', 'cover_claim_entry_append_only')
