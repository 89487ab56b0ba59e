-- One table of transfers, in ranges of ids; holds; ids that failed; the queue of the tamper log.
--
-- A transaction is the rows of one id, its legs numbered from 0. What a line of a statement says
-- stands on the row itself, so that a row can be read, archived and proved alone. The table is
-- cut by (book, id): an id carries its time, and the primary key keeps it unique over all parts.

ALTER TABLE account
    ADD COLUMN closed   boolean NOT NULL DEFAULT false,
    ADD COLUMN moved_at timestamptz;    -- recorded time of the latest transfer; never runs back

-- Points and other units of account stand beside ISO 4217 codes.
DROP VIEW entry;
ALTER TABLE account ALTER COLUMN currency TYPE text,
    ADD CONSTRAINT account_currency CHECK (length(currency) BETWEEN 3 AND 12);

ALTER TABLE transfer RENAME TO transfer_before;
ALTER TABLE txn RENAME TO txn_before;
ALTER INDEX transfer_pkey RENAME TO transfer_before_pkey;
ALTER INDEX transfer_from RENAME TO transfer_before_from;
ALTER INDEX transfer_to RENAME TO transfer_before_to;

-- Taken while the batch's accounts are locked: on every account it rises with the version.
CREATE SEQUENCE batch_seq;

CREATE TABLE transfer (
    book         integer NOT NULL,
    leg          smallint NOT NULL,
    kind         smallint NOT NULL,     -- 0 post 1 hold 2 capture 3 release 4 expiry 5 extension
    amount       bigint NOT NULL,
    id           uuid NOT NULL,
    from_id      uuid NOT NULL,
    to_id        uuid NOT NULL,
    from_after   bigint NOT NULL,       -- in_ - out_ of the account once this transfer stood
    to_after     bigint NOT NULL,
    from_version bigint NOT NULL,
    to_version   bigint NOT NULL,
    effective_at timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    batch        bigint NOT NULL,
    flags        smallint NOT NULL,     -- 1 cap from 2 cap to 4 close from 8 close to 16 keep 32 all
    currency     text NOT NULL,
    template     text NOT NULL,
    reference    text NOT NULL,
    actor        text NOT NULL,
    from_held    bigint,                -- held_out once this stood; NULL is nothing
    to_held      bigint,                -- held_in once this stood; NULL is nothing
    timeout_s    integer,
    hold_id      uuid,
    reverses     uuid,
    PRIMARY KEY (book, id, leg),
    CONSTRAINT transfer_amount CHECK (amount >= 0),
    CONSTRAINT transfer_sides CHECK (from_id <> to_id),
    CONSTRAINT transfer_times CHECK (effective_at <= recorded_at)
) PARTITION BY RANGE (book, id);
CREATE TABLE transfer_rest PARTITION OF transfer DEFAULT;

-- A balance at a recorded time is one seek on each side.
CREATE INDEX transfer_from ON transfer (from_id, recorded_at, from_version);
CREATE INDEX transfer_to ON transfer (to_id, recorded_at, to_version);
CREATE INDEX transfer_reference ON transfer (book, reference, id) WHERE leg = 0 AND reference <> '';
-- What was recorded within a day of its effect is found by the indexes above; the rest by these.
CREATE INDEX transfer_from_odd ON transfer (from_id, effective_at)
    WHERE recorded_at - effective_at > interval '1 day';
CREATE INDEX transfer_to_odd ON transfer (to_id, effective_at)
    WHERE recorded_at - effective_at > interval '1 day';
CREATE INDEX transfer_batch ON transfer USING brin (batch) WITH (pages_per_range = 16, autosummarize);

-- Who was first on an account stays first: history kept its versions, each transaction a batch.
INSERT INTO transfer (book, leg, kind, amount, id, from_id, to_id, from_after, to_after,
        from_version, to_version, effective_at, recorded_at, batch, flags, currency, template,
        reference, actor, reverses)
    SELECT m.book, m.leg, 0, m.amount, m.txn_id, m.from_id, m.to_id, m.from_after, m.to_after,
           m.from_version, m.to_version, least(m.effective_at, m.recorded_at), m.recorded_at,
           1, 0, t.currency, t.template, t.reference, t.actor, t.reverses
    FROM transfer_before m JOIN txn_before t ON t.book = m.book AND t.id = m.txn_id;
SELECT setval('batch_seq', 2, false);
UPDATE account a SET moved_at = m.at FROM (
    SELECT book, id, max(at) AS at FROM (
        SELECT book, from_id AS id, recorded_at AS at FROM transfer
        UNION ALL SELECT book, to_id, recorded_at FROM transfer) sides GROUP BY book, id) m
WHERE m.book = a.book AND m.id = a.id;

CREATE TABLE reversal (
    book   integer NOT NULL,
    txn_id uuid NOT NULL,
    by_id  uuid NOT NULL,
    PRIMARY KEY (book, txn_id)
);
INSERT INTO reversal SELECT book, reverses, id FROM txn_before WHERE reverses IS NOT NULL;
DROP TABLE transfer_before;
DROP TABLE txn_before;

-- A transaction without its legs.
CREATE VIEW txn AS
    SELECT book, id, kind, template, reference, currency, effective_at, recorded_at, reverses,
           hold_id, actor
    FROM transfer WHERE leg = 0;

-- A transfer as each of its two accounts sees it. Holds, releases and extensions move nothing.
CREATE VIEW entry AS
    SELECT book, from_id AS account_id, id AS txn_id, leg, kind,
           CASE WHEN kind IN (0, 2) THEN -amount ELSE 0 END AS net,
           CASE WHEN kind IN (0, 2) THEN amount ELSE 0 END AS out_, 0::bigint AS in_,
           from_version AS version, from_after AS balance, coalesce(from_held, 0) AS held,
           to_id AS other_id, effective_at, recorded_at
    FROM transfer
    UNION ALL
    SELECT book, to_id, id, leg, kind,
           CASE WHEN kind IN (0, 2) THEN amount ELSE 0 END,
           0::bigint, CASE WHEN kind IN (0, 2) THEN amount ELSE 0 END,
           to_version, to_after, coalesce(to_held, 0), from_id, effective_at, recorded_at
    FROM transfer;

-- What is held and for how long: a fold of the transfers, kept for the next capture.
CREATE TABLE hold (
    book       integer NOT NULL,
    id         uuid NOT NULL,
    from_id    uuid NOT NULL,
    to_id      uuid NOT NULL,
    amount     bigint NOT NULL,
    remaining  bigint NOT NULL CHECK (remaining BETWEEN 0 AND amount),
    state      text NOT NULL CHECK (state IN ('open', 'captured', 'released', 'expired')),
    flags      smallint NOT NULL,
    currency   text NOT NULL,
    template   text NOT NULL,
    reference  text NOT NULL,
    held_at    timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (book, id)
) WITH (fillfactor = 70);
CREATE INDEX hold_due ON hold (book, expires_at) WHERE state = 'open' AND expires_at IS NOT NULL;
CREATE INDEX hold_from ON hold (from_id, id) WHERE state = 'open';
CREATE INDEX hold_to ON hold (to_id, id) WHERE state = 'open';

-- Ids that were refused for a passing reason: a repeat is told so and never slips through later.
CREATE TABLE burnt (
    book integer NOT NULL,
    id   uuid NOT NULL,
    code text NOT NULL,
    at   timestamptz NOT NULL,
    PRIMARY KEY (book, id)
);

-- Up to where periods are sealed, and below which ids are archived and therefore refused.
CREATE TABLE ledger_state (
    book         integer PRIMARY KEY REFERENCES book,
    sealed_until timestamptz,
    horizon      uuid
);

-- What committed and waits for the sealer of the tamper log.
CREATE TABLE unsealed (
    book  integer NOT NULL,
    seq   bigint GENERATED ALWAYS AS IDENTITY,
    kind  text NOT NULL,
    batch bigint,
    ids   uuid[],
    PRIMARY KEY (book, seq)
);

CREATE TRIGGER transfer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfer_rest_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer_rest
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reversal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reversal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- check: SELECT count(*) = 3 FROM pg_trigger WHERE tgname IN ('transfer_append_only', 'transfer_rest_append_only', 'reversal_append_only')
