-- Factoring: claims of sellers on buyers, what was bought of them, and what became of it.

CREATE TABLE receivable (
    book        integer NOT NULL REFERENCES book,
    id          uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('order', 'invoice')),
    document    text NOT NULL CHECK (length(document) BETWEEN 1 AND 128),
    order_id    uuid,
    seller_id   uuid NOT NULL,
    debtor      text NOT NULL CHECK (length(debtor) BETWEEN 1 AND 128),
    face        bigint NOT NULL CHECK (face > 0),
    currency    text NOT NULL,
    issued_on   date NOT NULL,
    due_on      date NOT NULL,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    evidence    text NOT NULL DEFAULT '',   -- the fact that shows it, e.g. a shipment
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (book, id),
    UNIQUE (book, fingerprint),             -- one claim, whatever its number is written like
    CHECK (due_on >= issued_on),
    CHECK ((kind = 'order') = (order_id IS NOT NULL))
);
CREATE INDEX receivable_seller ON receivable (book, seller_id, id);
CREATE TRIGGER receivable_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON receivable
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE assignment (
    book          integer NOT NULL,
    id            uuid NOT NULL,
    receivable_id uuid NOT NULL,
    fingerprint   bytea NOT NULL,
    product       text NOT NULL,
    version       integer NOT NULL,         -- of the catalog: pinned
    state         text NOT NULL CHECK (state IN ('offered', 'assigned', 'declined', 'advanced',
                      'confirmed', 'disputed', 'recourse', 'settled', 'written_off')),
    seller_id     uuid NOT NULL,
    debtor        text NOT NULL,
    order_id      uuid,
    currency      text NOT NULL,
    due_on        date NOT NULL,
    face          bigint NOT NULL CHECK (face > 0),
    advance       bigint NOT NULL CHECK (advance BETWEEN 1 AND face),
    fee_flat      bigint NOT NULL CHECK (fee_flat >= 0),
    rate_annual   numeric NOT NULL CHECK (rate_annual >= 0),
    fee_most      bigint NOT NULL CHECK (fee_most >= fee_flat),
    recourse      text NOT NULL CHECK (recourse IN ('full', 'dispute', 'none')),
    grace_days    integer NOT NULL,
    takings_share numeric NOT NULL CHECK (takings_share BETWEEN 0 AND 1),
    offered_at    timestamptz NOT NULL,
    advanced_at   timestamptz,
    confirmed_at  timestamptz,
    ended_at      timestamptz,
    receivable    bigint NOT NULL DEFAULT 0 CHECK (receivable >= 0),    -- the debtor still owes
    reserve       bigint NOT NULL DEFAULT 0 CHECK (reserve >= 0),       -- kept back for the seller
    claim         bigint NOT NULL DEFAULT 0 CHECK (claim >= 0),         -- the seller owes
    paid          bigint NOT NULL DEFAULT 0 CHECK (paid >= 0),
    collected     bigint NOT NULL DEFAULT 0 CHECK (collected >= 0),
    repaid        bigint NOT NULL DEFAULT 0 CHECK (repaid >= 0),
    diluted       bigint NOT NULL DEFAULT 0 CHECK (diluted >= 0),
    bought_back   bigint NOT NULL DEFAULT 0 CHECK (bought_back >= 0),
    written_off   bigint NOT NULL DEFAULT 0 CHECK (written_off >= 0),
    fee           bigint NOT NULL DEFAULT 0 CHECK (fee BETWEEN 0 AND fee_most),
    loss          bigint NOT NULL DEFAULT 0 CHECK (loss >= 0),
    recovered     bigint NOT NULL DEFAULT 0 CHECK (recovered BETWEEN 0 AND loss),
    PRIMARY KEY (book, id),
    FOREIGN KEY (book, receivable_id) REFERENCES receivable,
    FOREIGN KEY (book, product, version) REFERENCES catalog_version,
    -- What was bought went one way or is still owed; and so did what was paid for it.
    CHECK (advanced_at IS NULL OR face = receivable + collected + diluted + bought_back + written_off),
    CHECK (receivable - reserve + claim = paid + fee - collected - repaid - loss)
);
-- No claim is assigned twice, by its row or under another name: one that was declined is free again.
CREATE UNIQUE INDEX assignment_once ON assignment (book, receivable_id) WHERE state <> 'declined';
CREATE UNIQUE INDEX assignment_claim_once ON assignment (book, fingerprint) WHERE state <> 'declined';
CREATE INDEX assignment_order ON assignment (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX assignment_seller ON assignment (book, seller_id, id);
-- What counts against limits, and what is waited for.
CREATE INDEX assignment_running ON assignment (book, product, currency, debtor)
    WHERE state IN ('assigned', 'advanced', 'confirmed', 'disputed', 'recourse');

-- The moves of lines/lending/factoring/machine.py (held by a test), and those that one verb makes of
-- two: what nobody owes any more ends by way of the seller's debt. Nothing else is possible here.
CREATE FUNCTION guard_assignment_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'offered>assigned',
        'offered>declined',
        'assigned>declined',
        'assigned>advanced',
        'advanced>confirmed',
        'confirmed>settled',
        'recourse>settled',
        'advanced>disputed',
        'confirmed>disputed',
        'disputed>advanced',
        'disputed>confirmed',
        'advanced>recourse',
        'confirmed>recourse',
        'disputed>recourse',
        'advanced>written_off',
        'confirmed>written_off',
        'disputed>written_off',
        'recourse>written_off') THEN
        RAISE EXCEPTION 'assignment: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assignment_state_moves BEFORE UPDATE ON assignment
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION guard_assignment_state();

CREATE TABLE assignment_entry (
    book          integer NOT NULL,
    assignment_id uuid NOT NULL,
    number        integer NOT NULL,
    verb          text NOT NULL,
    state         text NOT NULL,            -- after it
    at            timestamptz NOT NULL,
    actor         text NOT NULL,
    txn_id        uuid,
    amounts       jsonb NOT NULL,
    note          text NOT NULL DEFAULT '',
    PRIMARY KEY (book, assignment_id, number),
    FOREIGN KEY (book, assignment_id) REFERENCES assignment
);
CREATE TRIGGER assignment_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON assignment_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Readers: a seller's own claims, and what became of them.
ALTER TABLE receivable ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON receivable FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR seller_id IN (SELECT reader_sellers())));
ALTER TABLE assignment ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON assignment FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR seller_id IN (SELECT reader_sellers())));
ALTER TABLE assignment_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON assignment_entry FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR assignment_id IN (
        SELECT a.id FROM assignment a WHERE a.book = assignment_entry.book AND a.seller_id IN (SELECT reader_sellers()))));

-- check: SELECT count(*) = 3 FROM pg_trigger WHERE tgname IN ('receivable_append_only', 'assignment_state_moves', 'assignment_entry_append_only')
