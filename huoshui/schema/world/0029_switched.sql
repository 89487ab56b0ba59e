-- Products that are switched on for orders, with their settings; a row for each time.

CREATE TABLE switched (
    book         integer NOT NULL REFERENCES book,
    product      text NOT NULL,
    number       integer NOT NULL CHECK (number > 0),
    version      integer NOT NULL,          -- of the catalog, as it was offered then
    line         text NOT NULL,
    settings     jsonb NOT NULL,
    programme_id uuid,                      -- of a loan: the facility over all borrowers
    on_at        timestamptz NOT NULL,
    on_by        text NOT NULL,
    off_at       timestamptz CHECK (off_at >= on_at),
    off_by       text NOT NULL DEFAULT '',
    PRIMARY KEY (book, product, number),
    FOREIGN KEY (book, product, version) REFERENCES catalog_version,
    FOREIGN KEY (book, programme_id) REFERENCES facility
);
CREATE UNIQUE INDEX switched_on ON switched (book, product) WHERE off_at IS NULL;

ALTER TABLE switched ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON switched FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));

-- check: SELECT count(*) = 1 FROM pg_indexes WHERE indexname = 'switched_on'
