-- What is known of a borrower beside its payments: the watch list, grades, and its other loans in
-- default. Stages are told from it; what a closed day was told stands.

CREATE TABLE party_mark (
    book        integer NOT NULL REFERENCES book,
    id          uuid NOT NULL,
    party       text NOT NULL CHECK (party <> ''),
    kind        text NOT NULL CHECK (kind IN ('watched', 'unlikely_to_pay')),
    since       date NOT NULL,
    until       date,                             -- the last day; NULL without an end
    reason      text NOT NULL CHECK (reason <> ''),
    state       text NOT NULL CHECK (state IN ('standing', 'removed')),
    recorded_at timestamptz NOT NULL,
    actor       text NOT NULL,
    ended_on    date,                             -- removed: the first day on which it holds no more
    ended_by    text NOT NULL DEFAULT '',
    ended_why   text NOT NULL DEFAULT '',
    PRIMARY KEY (book, id)
);
CREATE INDEX party_mark_party ON party_mark (book, party, since);
-- A mark is what it was said to be; only its end is said later.
CREATE FUNCTION guard_party_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.party, OLD.kind, OLD.since, OLD.until, OLD.reason, OLD.recorded_at, OLD.actor)
        IS DISTINCT FROM (NEW.party, NEW.kind, NEW.since, NEW.until, NEW.reason, NEW.recorded_at, NEW.actor) THEN
        RAISE EXCEPTION 'party mark: only its end may change'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER party_mark_stands BEFORE UPDATE ON party_mark
    FOR EACH ROW EXECUTE FUNCTION guard_party_mark();
CREATE TRIGGER party_mark_stays BEFORE DELETE OR TRUNCATE ON party_mark
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Grades, as they were told; the last one told of a day holds from it on.
CREATE TABLE party_grade (
    book        integer NOT NULL REFERENCES book,
    party       text NOT NULL CHECK (party <> ''),
    number      integer NOT NULL CHECK (number > 0),
    on_         date NOT NULL,
    grade       text NOT NULL CHECK (grade <> ''),
    source      text NOT NULL,
    note        text NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor       text NOT NULL,
    PRIMARY KEY (book, party, number)
);
CREATE TRIGGER party_grade_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON party_grade
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What part of a borrower's debt is in default by itself, from a day on, as the day before left it.
CREATE TABLE party_default (
    book   integer NOT NULL REFERENCES book,
    party  text NOT NULL,
    since  date NOT NULL,
    share  numeric(9, 8) NOT NULL CHECK (share BETWEEN 0 AND 1),   -- 0: no more
    PRIMARY KEY (book, party, since)
);
CREATE TRIGGER party_default_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON party_default
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- On which days that was worked out.
CREATE TABLE party_default_day (
    book integer NOT NULL REFERENCES book,
    day  date NOT NULL,
    PRIMARY KEY (book, day)
);

-- Loans that are in stage 3 by another loan of their borrower alone: they pull none.
CREATE TABLE loan_pulled (
    book    integer NOT NULL,
    loan_id uuid NOT NULL,
    since   date NOT NULL,
    PRIMARY KEY (book, loan_id),
    FOREIGN KEY (book, loan_id) REFERENCES loan (book, id)
);

-- Covers that are integral to a loan's terms lower its LGD: by which version of its product, 0 none.
ALTER TABLE loan_line ADD COLUMN covered integer NOT NULL DEFAULT 0;
-- What would be held without them.
ALTER TABLE loan_risk ADD COLUMN uncovered bigint NOT NULL DEFAULT 0;

-- Readers: what is thought of a borrower is the marketplace's; that a loan is pulled belongs to the loan.
ALTER TABLE party_mark ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON party_mark FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE party_grade ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON party_grade FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE party_default ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON party_default FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE party_default_day ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON party_default_day FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE loan_pulled ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan_pulled FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR loan_id IN (SELECT reader_loans())));

-- check: SELECT count(*) = 3 FROM pg_trigger WHERE tgname IN ('party_mark_stands', 'party_grade_append_only', 'party_default_append_only')
