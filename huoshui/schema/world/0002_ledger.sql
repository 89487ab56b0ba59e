-- The ledger. Amounts are integer minor units. A transfer takes from one account (a debit) and
-- gives to another (a credit); an account's balance is in_ - out_, shown by its normal side.

CREATE TABLE account (
    book     integer NOT NULL REFERENCES book,
    id       uuid NOT NULL,
    path     text NOT NULL CHECK (length(path) BETWEEN 1 AND 200),
    currency char(3) NOT NULL,
    kind     text NOT NULL,
    class    text NOT NULL CHECK (class IN ('asset', 'liability', 'equity', 'income', 'expense')),
    normal   text NOT NULL GENERATED ALWAYS AS (
                 CASE WHEN class IN ('asset', 'expense') THEN 'debit' ELSE 'credit' END) STORED,
    floor    bigint,    -- in_ - out_ - held_out may not fall below it
    ceiling  bigint,    -- in_ + held_in - out_ may not rise above it
    held_out bigint NOT NULL DEFAULT 0 CHECK (held_out >= 0),
    out_     bigint NOT NULL DEFAULT 0 CHECK (out_ >= 0),
    held_in  bigint NOT NULL DEFAULT 0 CHECK (held_in >= 0),
    in_      bigint NOT NULL DEFAULT 0 CHECK (in_ >= 0),
    version  bigint NOT NULL DEFAULT 0,     -- transfers that touched it
    opened_at timestamptz NOT NULL,
    PRIMARY KEY (book, id),
    UNIQUE (book, path, currency),
    CONSTRAINT account_floor CHECK (floor IS NULL OR in_ - out_ - held_out >= floor),
    CONSTRAINT account_ceiling CHECK (ceiling IS NULL OR in_ + held_in - out_ <= ceiling)
) WITH (fillfactor = 50);
CREATE INDEX account_kind ON account (book, kind, id);

CREATE TABLE txn (
    book         integer NOT NULL,
    id           uuid NOT NULL,
    template     text NOT NULL,
    reference    text NOT NULL,
    currency     char(3) NOT NULL,
    effective_at timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    reverses     uuid,
    actor        text NOT NULL,
    digest       bytea NOT NULL,
    PRIMARY KEY (book, id),
    FOREIGN KEY (book, reverses) REFERENCES txn (book, id)
);
CREATE UNIQUE INDEX txn_reversed_once ON txn (book, reverses) WHERE reverses IS NOT NULL;
CREATE INDEX txn_reference ON txn (book, reference, id);

CREATE TABLE transfer (
    book         integer NOT NULL,
    id           uuid NOT NULL,
    txn_id       uuid NOT NULL,
    leg          smallint NOT NULL,
    from_id      uuid NOT NULL,
    to_id        uuid NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),
    from_after   bigint NOT NULL,   -- the account's balance once this transfer stood
    to_after     bigint NOT NULL,
    from_version bigint NOT NULL,
    to_version   bigint NOT NULL,
    effective_at timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    PRIMARY KEY (book, id),
    CHECK (from_id <> to_id)
);
CREATE INDEX transfer_txn ON transfer (book, txn_id, leg);
CREATE UNIQUE INDEX transfer_from ON transfer (book, from_id, from_version);
CREATE UNIQUE INDEX transfer_to ON transfer (book, to_id, to_version);

-- A transfer as each of its two accounts sees it.
CREATE VIEW entry AS
    SELECT book, from_id AS account_id, txn_id, id AS transfer_id, -amount AS net, amount AS out_,
           0::bigint AS in_, from_version AS version, from_after AS balance, to_id AS other_id,
           effective_at, recorded_at
    FROM transfer
    UNION ALL
    SELECT book, to_id, txn_id, id, amount, 0::bigint, amount, to_version, to_after, from_id,
           effective_at, recorded_at
    FROM transfer;

CREATE TRIGGER txn_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON txn
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('txn_append_only', 'transfer_append_only')
