-- The main database: which worlds stand. Everything else is inside the worlds.

CREATE TABLE world (
    name       text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9-]{0,39}$'),
    kind       text NOT NULL CHECK (kind IN ('live', 'sandbox', 'replay')),
    seed       bigint,
    clock      text NOT NULL GENERATED ALWAYS AS (
                   CASE kind WHEN 'live' THEN 'real' WHEN 'sandbox' THEN 'offset'
                   ELSE 'simulated' END) STORED,
    database   text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 'replay') = (seed IS NOT NULL))
);

-- check: SELECT count(*) = 0 FROM world
