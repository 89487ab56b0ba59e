-- What-if run in full: what it was run under, and who took what. The money stands on the ledger.

CREATE TABLE whatif_full (
    book      integer PRIMARY KEY REFERENCES book,
    settings  jsonb NOT NULL,         -- case, seed, assumptions, the products' files
    begun_at  timestamptz NOT NULL
);

CREATE TABLE whatif_taken (
    book      integer NOT NULL REFERENCES book,
    product   text NOT NULL,
    key       text NOT NULL,          -- of the order, and of its seller where it is a claim
    object_id uuid,                   -- the loan or the assignment; NULL where nothing came of it
    reason    text NOT NULL DEFAULT '',  -- why nothing came of it
    amount    bigint NOT NULL CHECK (amount >= 0),
    observed  integer NOT NULL DEFAULT 1,  -- instalments that the buyer really chose
    stops     integer,                -- the instalment from which nothing is paid
    CHECK ((object_id IS NULL) = (reason <> '')),
    PRIMARY KEY (book, product, key)
);
CREATE INDEX whatif_taken_object ON whatif_taken (book, object_id) WHERE object_id IS NOT NULL;

ALTER TABLE whatif_full ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON whatif_full FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE whatif_taken ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON whatif_taken FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));

-- check: SELECT count(*) = 1 FROM pg_indexes WHERE indexname = 'whatif_taken_object'
