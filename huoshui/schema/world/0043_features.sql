-- What features are read from: sums by hour and day, values that were seen, first and last. All of it follows from
-- activities and is kept in the commit that tells them.

CREATE TABLE feature_stream (
    book     integer NOT NULL REFERENCES book,
    stream   integer NOT NULL,             -- a number that follows from the declaration
    built_at timestamptz NOT NULL,
    PRIMARY KEY (book, stream)
);
CREATE TABLE feature_tile (
    book     integer NOT NULL,
    stream   integer NOT NULL,
    ref      text NOT NULL,                -- of whom
    size     bigint NOT NULL,              -- microseconds
    start    bigint NOT NULL,              -- microseconds since 1970
    currency text NOT NULL,                -- of the amounts; empty where none are added
    n        bigint NOT NULL,
    total    numeric NOT NULL,
    least    bigint,
    most     bigint,
    PRIMARY KEY (book, stream, ref, size, start, currency)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
CREATE TABLE feature_value (
    book     integer NOT NULL,
    stream   integer NOT NULL,
    ref      text NOT NULL,
    value    text NOT NULL,
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    PRIMARY KEY (book, stream, ref, value)
) WITH (fillfactor = 80);
CREATE INDEX feature_value_last ON feature_value (book, stream, ref, last_at);
CREATE TABLE feature_head (
    book     integer NOT NULL,
    stream   integer NOT NULL,
    ref      text NOT NULL,
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    seq      bigint NOT NULL,              -- of the last activity
    said     text,                         -- what the last activity said
    PRIMARY KEY (book, stream, ref)
) WITH (fillfactor = 70);

-- Readers: what is known of people for a decision is the marketplace's alone.
ALTER TABLE feature_tile ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON feature_tile FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE feature_value ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON feature_value FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE feature_head ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON feature_head FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));

-- check: SELECT count(*) = 3 FROM pg_policy WHERE polrelid::regclass::text LIKE 'feature_%'
