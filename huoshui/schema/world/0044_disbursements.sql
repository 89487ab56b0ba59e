-- Disbursements: where the money of a drawdown went, and what became of it on its way.

CREATE TABLE disbursement (
    book       integer NOT NULL,
    id         uuid NOT NULL,
    loan_id    uuid NOT NULL,
    event_id   uuid NOT NULL,                -- the drawdown, or the credit that is paid out
    product    text NOT NULL,
    party      text NOT NULL,
    currency   text NOT NULL,
    amount     bigint NOT NULL CHECK (amount > 0),
    way        text NOT NULL CHECK (way IN ('balance', 'bank')),
    state      text NOT NULL CHECK (state IN ('disbursing', 'disbursed', 'failed', 'returned')),
    made_at    timestamptz NOT NULL,
    made_by    text NOT NULL,
    txn_id     uuid NOT NULL,                -- what took it from clearing
    back_txn   uuid,                         -- what brought it back
    call_id    uuid,                         -- what the rail was asked
    undone_id  uuid,                         -- the event that undid the drawdown
    reason     text NOT NULL DEFAULT '',
    ended_at   timestamptz,
    PRIMARY KEY (book, id),
    UNIQUE (book, event_id),
    FOREIGN KEY (book, loan_id) REFERENCES loan,
    CONSTRAINT disbursement_moved_back CHECK ((back_txn IS NOT NULL) = (state IN ('failed', 'returned')))
);
CREATE INDEX disbursement_loan ON disbursement (book, loan_id, id);
CREATE INDEX disbursement_open ON disbursement (book, id) WHERE state = 'disbursing';
CREATE INDEX disbursement_txn ON disbursement (book, txn_id);

CREATE FUNCTION guard_disbursement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IS DISTINCT FROM NEW.state AND OLD.state || '>' || NEW.state NOT IN (
        'disbursing>disbursed',
        'disbursed>disbursing',
        'disbursing>failed',
        'disbursing>returned',
        'disbursed>returned') THEN
        RAISE EXCEPTION 'disbursement: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.loan_id, OLD.event_id, OLD.party, OLD.currency, OLD.amount, OLD.way, OLD.txn_id)
        IS DISTINCT FROM
       (NEW.loan_id, NEW.event_id, NEW.party, NEW.currency, NEW.amount, NEW.way, NEW.txn_id) THEN
        RAISE EXCEPTION 'disbursement: what was paid out does not change'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disbursement_moves BEFORE UPDATE ON disbursement
    FOR EACH ROW EXECUTE FUNCTION guard_disbursement();
CREATE TRIGGER disbursement_stays BEFORE DELETE OR TRUNCATE ON disbursement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE disbursement ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON disbursement FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR loan_id IN (SELECT reader_loans())));

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('disbursement_moves', 'disbursement_stays')
