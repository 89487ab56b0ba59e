-- Suspects: rings and sellers of fake orders that a search found, and what a person said of them.

CREATE TABLE suspect (
    book       integer NOT NULL REFERENCES book,
    id         uuid NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('ring', 'fake_orders')),
    state      text NOT NULL CHECK (state IN ('found', 'confirmed', 'cleared')),
    members    text[] NOT NULL CHECK (members <> '{}'),  -- byr_… of a ring, the slr_… of fake orders
    centibits  integer NOT NULL CHECK (centibits >= 0),  -- hundredths of a bit: how surprising it is
    signs      jsonb NOT NULL,
    held       jsonb NOT NULL,                           -- what ties each member to the others
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    times      integer NOT NULL,                         -- searches that saw it
    decided_at timestamptz,
    decided_by text NOT NULL DEFAULT '',
    reason     text NOT NULL DEFAULT '',
    decisions  integer NOT NULL DEFAULT 0,
    PRIMARY KEY (book, id),
    CHECK ((state = 'found') OR (decided_at IS NOT NULL AND reason <> ''))
);
CREATE INDEX suspect_member ON suspect USING gin (members);
CREATE INDEX suspect_open ON suspect (book, state, id);

CREATE TABLE suspect_search (
    book     integer NOT NULL REFERENCES book,
    id       uuid NOT NULL,
    at       timestamptz NOT NULL,
    accounts integer NOT NULL,
    touches  integer NOT NULL,
    orders   integer NOT NULL,
    rings    integer NOT NULL,
    sellers  integer NOT NULL,
    PRIMARY KEY (book, id)
);
CREATE TRIGGER suspect_search_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON suspect_search
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Readers: whom the marketplace suspects is the marketplace's alone.
ALTER TABLE suspect ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON suspect FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE suspect_search ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON suspect_search FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));

-- check: SELECT count(*) = 1 FROM pg_trigger WHERE tgname = 'suspect_search_append_only'
