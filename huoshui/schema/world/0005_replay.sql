-- How far a replay is: the cursor stands in the same commit as what it counts.

CREATE TABLE replay (
    book         integer PRIMARY KEY REFERENCES book,
    fingerprint  text NOT NULL,
    sections     jsonb NOT NULL,    -- marketplace.toml as it was used
    total        bigint NOT NULL,
    cursor       bigint NOT NULL DEFAULT 0,
    orders       bigint NOT NULL DEFAULT 0,
    state        text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'verified', 'failed')),
    until_at     timestamptz NOT NULL,
    started_at   timestamptz NOT NULL,  -- real time, for the rate
    touched_at   timestamptz NOT NULL,
    anomalies    jsonb NOT NULL DEFAULT '{}',
    verification jsonb NOT NULL DEFAULT '{}',
    report       jsonb NOT NULL DEFAULT '{}'
);

-- check: SELECT count(*) = 0 FROM replay
