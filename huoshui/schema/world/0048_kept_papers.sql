-- Papers that can be made again byte for byte: what a contract said when it was consented to, and the way in
-- which contracts were drawn then. And what partners are called: a word of products' files, in both languages.

ALTER TABLE loan_paper ADD COLUMN facts text NOT NULL DEFAULT '';     -- canonical JSON; its SHA-256 is the digest
ALTER TABLE loan_paper ADD COLUMN drawing integer NOT NULL DEFAULT 1 CHECK (drawing > 0);
ALTER TABLE loan_paper ALTER COLUMN drawing DROP DEFAULT;
ALTER TABLE loan_paper ADD CONSTRAINT loan_paper_sealed
    CHECK (facts = '' OR encode(sha256(convert_to(facts, 'UTF8')), 'hex') = digest);

CREATE TABLE partner_name (
    book    integer NOT NULL REFERENCES book,
    party   text NOT NULL CHECK (party ~ '^[a-z][a-z0-9_]*$'),  -- the word in products' files
    number  integer NOT NULL CHECK (number > 0),                 -- the highest is what it is called now
    en      text NOT NULL CHECK (en <> ''),
    zh      text NOT NULL CHECK (zh <> ''),
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    PRIMARY KEY (book, party, number)
);
CREATE TRIGGER partner_name_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON partner_name
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Readers: who else funds a loan is told to each who may read it; names are no secret.
ALTER TABLE partner_name ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON partner_name FOR SELECT USING (book = (SELECT reader_book()));

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('loan_paper_stands', 'partner_name_append_only')
