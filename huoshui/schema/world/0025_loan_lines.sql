-- The end of day: running loans as lines between two events, the grids that they share, and which
-- part of which day is done. Lines and grids are a projection: they may be dropped and told again.

CREATE TABLE loan_grid (
    book     integer NOT NULL REFERENCES book,
    id       uuid NOT NULL,                   -- follows from what it holds
    rounding text NOT NULL,
    starts   integer[] NOT NULL,              -- of the periods in order; days as Python's ordinals
    dues     integer[] NOT NULL,
    factors  text[] NOT NULL,                 -- interest of 1 over each period: numerator/denominator
    PRIMARY KEY (book, id)
);

CREATE TABLE loan_line (
    book       integer NOT NULL,
    loan_id    uuid NOT NULL,
    part       smallint NOT NULL CHECK (part BETWEEN 0 AND 255),
    product    text NOT NULL,
    currency   text NOT NULL,
    day        date NOT NULL,                 -- its last event counts from here: what is said is of later days
    charges    bigint NOT NULL,               -- all that fell due
    late_since date,                          -- the due day of the first instalment that is not met
    grid_id    uuid,                          -- NULL: no line can say it, its fold does
    at_        integer NOT NULL,              -- the period that had begun
    since      integer NOT NULL,
    earned     bigint NOT NULL,               -- by the periods before
    own        text NOT NULL,                 -- of the period up to `since`: numerator/denominator
    base       bigint NOT NULL,
    rest       text NOT NULL,                 -- interest of 1 from `since` to its due day
    later      bigint NOT NULL,
    bases      text NOT NULL,                 -- what earns in each later period; empty where it is `later`
    PRIMARY KEY (book, loan_id),
    FOREIGN KEY (book, loan_id) REFERENCES loan (book, id),
    FOREIGN KEY (book, grid_id) REFERENCES loan_grid (book, id)
) WITH (fillfactor = 80);
CREATE INDEX loan_line_part ON loan_line (book, part, loan_id);

-- A part of a day that is closed. Who comes second finds it here and does nothing.
CREATE TABLE loan_day (
    book      integer NOT NULL REFERENCES book,
    day       date NOT NULL,
    part      smallint NOT NULL CHECK (part BETWEEN 0 AND 255),
    loans     integer NOT NULL,
    folded    integer NOT NULL,               -- of them told by their fold
    interest  bigint NOT NULL,                -- posted
    charges   bigint NOT NULL,
    late      integer[] NOT NULL,             -- loans by bucket of days past due: 0, 1-30, 31-60, 61-90, more
    digest    bytea NOT NULL,                 -- SHA-256 over loans and what each has earned
    closed_at timestamptz NOT NULL,
    PRIMARY KEY (book, day, part)
);
CREATE TRIGGER loan_day_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loan_day
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Readers: a line belongs to its loan; grids and days are the book's.
ALTER TABLE loan_line ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan_line FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR loan_id IN (SELECT reader_loans())));
ALTER TABLE loan_grid ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan_grid FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE loan_day ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan_day FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));

-- check: SELECT count(*) = 3 FROM pg_tables WHERE schemaname = 'public' AND tablename IN ('loan_grid', 'loan_line', 'loan_day')
