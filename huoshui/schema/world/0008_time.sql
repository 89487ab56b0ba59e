-- Time and capacity: balances at the end of days, sealed periods, units, parts and their archive,
-- the background reconciliation, and how tables that change much are stored and vacuumed.

-- What moved on an account by the end of a day of the book. A cache: it may be emptied at will.
CREATE TABLE day_balance (
    book       integer NOT NULL,
    account_id uuid NOT NULL,
    until      timestamptz NOT NULL,    -- all that took effect before it, and nothing else
    out_       bigint NOT NULL,
    in_        bigint NOT NULL,
    PRIMARY KEY (book, account_id, until)
);
-- No end of a day later than this has been counted: only a posting in effect before it may make
-- counted days void.
ALTER TABLE ledger_state ADD COLUMN counted_until timestamptz;

CREATE TABLE period (
    book      integer NOT NULL REFERENCES book,
    until     timestamptz NOT NULL,
    since     timestamptz,              -- NULL in the first one: from the beginning
    time_zone text NOT NULL,            -- of the book, as the hash was made
    closed_at timestamptz NOT NULL,
    actor     text NOT NULL,
    transfers bigint NOT NULL,          -- in effect in the period
    totals    jsonb NOT NULL,
    hash      text NOT NULL,            -- of what moved where on which day of the period
    PRIMARY KEY (book, until)
);
CREATE TRIGGER period_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON period
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Units of account beside ISO 4217: points, miles, vouchers.
CREATE TABLE unit (
    book        integer NOT NULL REFERENCES book,
    code        text NOT NULL CHECK (code ~ '^[A-Z][A-Z0-9]{2,11}$'),
    digits      smallint NOT NULL CHECK (digits BETWEEN 0 AND 9),
    name_en     text NOT NULL,
    name_zh     text NOT NULL,
    declared_at timestamptz NOT NULL,
    PRIMARY KEY (book, code)
);

-- What archived parts left on an account: the last row of each side, and the sums of all.
CREATE TABLE carried (
    book         integer NOT NULL,
    account_id   uuid NOT NULL,
    out_         bigint NOT NULL,
    in_          bigint NOT NULL,
    transfers    bigint NOT NULL,
    version      bigint NOT NULL,       -- the highest that is archived, and the balance with it
    balance      bigint NOT NULL,
    out_version  bigint NOT NULL,       -- of the last row out of it, and what it left held
    held_out     bigint NOT NULL,
    in_version   bigint NOT NULL,
    held_in      bigint NOT NULL,
    effective_at timestamptz NOT NULL,  -- the latest that is archived: before it nothing is known
    recorded_at  timestamptz NOT NULL,
    PRIMARY KEY (book, account_id)
);
CREATE TABLE archive (
    book        integer NOT NULL,
    name        text NOT NULL,          -- of the part; the file's is NAME.parquet
    first_id    uuid NOT NULL,
    until_id    uuid NOT NULL,
    transfers   bigint NOT NULL,
    amount      numeric NOT NULL,
    sha256      text NOT NULL,
    archived_at timestamptz NOT NULL,
    actor       text NOT NULL,
    PRIMARY KEY (book, name)
);
CREATE TRIGGER archive_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON archive
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE reconciliation (
    book       integer NOT NULL,
    id         uuid NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz,
    accounts   bigint NOT NULL DEFAULT 0,
    transfers  bigint NOT NULL DEFAULT 0,
    faults     jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (book, id)
);

-- Rows that are updated in place leave room on their page, so that no index is touched; what is
-- dead is cleared by the next reader of the page. Vacuum then only has to come often enough.
ALTER TABLE account SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE hold SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
-- Queues: nearly empty, and all that passes through them dies.
ALTER TABLE unsealed SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 20000);
ALTER TABLE work SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
-- Only appended to: full pages, frozen on the first visit, never visited again.
ALTER TABLE transfer_rest SET (fillfactor = 100, autovacuum_freeze_min_age = 0,
    autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_insert_threshold = 100000);

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('period_append_only', 'archive_append_only')
