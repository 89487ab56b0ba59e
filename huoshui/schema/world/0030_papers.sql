-- What a loan contract said when the borrower consented: who the parties were by name, and the digest of
-- all that it says. Everything else of it stands in the loan and its product's version, which never change.

CREATE TABLE loan_paper (
    book          integer NOT NULL REFERENCES book,
    loan_id       uuid NOT NULL,
    lender        text NOT NULL,
    borrower      text NOT NULL,              -- slr_… or byr_…
    borrower_name text NOT NULL,
    digest        text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    at            timestamptz NOT NULL,
    PRIMARY KEY (book, loan_id),
    FOREIGN KEY (book, loan_id) REFERENCES loan (book, id)
);
CREATE FUNCTION guard_loan_paper() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'loan_paper: what was consented to does not change'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER loan_paper_stands BEFORE UPDATE OR DELETE ON loan_paper
    FOR EACH ROW EXECUTE FUNCTION guard_loan_paper();

ALTER TABLE loan_paper ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan_paper FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR loan_id IN (SELECT reader_loans())));

-- check: SELECT count(*) = 1 FROM pg_trigger WHERE tgname = 'loan_paper_stands'
