-- A seller's or buyer's own page, opened by a secret of which the digest alone is kept; and what borrowers
-- ask for when they cannot pay as agreed.

CREATE TABLE party_page (
    book     integer NOT NULL REFERENCES book,
    id       uuid NOT NULL,
    party    text NOT NULL,                   -- slr_… or byr_…
    digest   bytea NOT NULL CHECK (length(digest) = 32),
    made_at  timestamptz NOT NULL,
    made_by  text NOT NULL,
    ends_at  timestamptz NOT NULL CHECK (ends_at > made_at),
    ended_at timestamptz,
    PRIMARY KEY (book, id)
);
CREATE INDEX party_page_party ON party_page (book, party, id);

CREATE TABLE loan_request (
    book       integer NOT NULL,
    id         uuid NOT NULL,
    loan_id    uuid NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('pause', 'later', 'more', 'spread')),
    count      integer NOT NULL CHECK (count BETWEEN 0 AND 12),     -- months, or instalments
    words      text NOT NULL CHECK (length(words) BETWEEN 1 AND 1000),
    state      text NOT NULL CHECK (state IN ('open', 'granted', 'refused', 'taken_back')),
    made_at    timestamptz NOT NULL,
    made_by    text NOT NULL,
    decided_at timestamptz,
    decided_by text NOT NULL DEFAULT '',
    answer     text NOT NULL DEFAULT '',
    event_id   uuid,                          -- what was granted, as an event of the loan
    PRIMARY KEY (book, id),
    FOREIGN KEY (book, loan_id) REFERENCES loan (book, id),
    CHECK ((state = 'open') = (decided_at IS NULL)),
    CHECK ((state = 'granted') = (event_id IS NOT NULL)),
    CHECK (state <> 'refused' OR answer <> '')      -- who is refused is told why
);
CREATE UNIQUE INDEX loan_request_open ON loan_request (book, loan_id) WHERE state = 'open';
CREATE INDEX loan_request_state ON loan_request (book, state, id);
CREATE INDEX loan_request_loan ON loan_request (book, loan_id, id);

-- The moves of lines/lending/loan/relief.py (held by a test): nothing else is possible here.
CREATE FUNCTION guard_request_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN ('open>granted', 'open>refused', 'open>taken_back') THEN
        RAISE EXCEPTION 'loan_request: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER loan_request_moves BEFORE UPDATE ON loan_request
    FOR EACH ROW EXECUTE FUNCTION guard_request_state();

-- A digest is nobody's to read but the page's own; a request is its borrower's.
ALTER TABLE party_page ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON party_page FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR party IN (SELECT reader_seller_names())));
ALTER TABLE loan_request ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan_request FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR loan_id IN (SELECT reader_loans())));

-- check: SELECT count(*) = 1 FROM pg_trigger WHERE tgname = 'loan_request_moves'
