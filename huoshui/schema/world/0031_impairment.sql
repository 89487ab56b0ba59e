-- The end of day, whole: buckets of days past due, IFRS 9 stages and what is held against losses that
-- are expected of each loan; what moved, as rows that only grow; sums by day for whoever reads many.

-- What stands of a loan after its last closed day, beside its accruals: one narrow row a loan.
ALTER TABLE loan_accrued
    ADD COLUMN bucket    smallint NOT NULL DEFAULT 0,      -- days past due: 0, 1-30, 31-60, 61-90, more; 5 lost, 6 closed
    ADD COLUMN stage     smallint NOT NULL DEFAULT 1 CHECK (stage BETWEEN 1 AND 3),
    ADD COLUMN staged_on date,                             -- since when it is in stage 2 or 3
    ADD COLUMN clean_2   date,                             -- since when nothing speaks for the stage
    ADD COLUMN clean_3   date,
    ADD COLUMN measured  boolean NOT NULL DEFAULT false,   -- whether a loss was ever expected of it
    ADD COLUMN held      bigint NOT NULL DEFAULT 0 CHECK (held >= 0),           -- against what is drawn
    ADD COLUMN provided  bigint NOT NULL DEFAULT 0 CHECK (provided >= 0),       -- against what may still be
    ADD COLUMN suspended bigint NOT NULL DEFAULT 0 CHECK (suspended >= 0);      -- interest of stage 3

-- Lines say what is at risk, too. They are a projection: they are told again from the events.
DELETE FROM loan_line;
ALTER TABLE loan_line
    ADD COLUMN owed     bigint NOT NULL,      -- principal
    ADD COLUMN taken    bigint NOT NULL,      -- interest and charges that were paid or waived
    ADD COLUMN undrawn  bigint NOT NULL,
    ADD COLUMN opens    text NOT NULL,        -- principal that each period from `at_` on repays
    ADD COLUMN rate     text NOT NULL,        -- the effective rate of a period: numerator/denominator
    ADD COLUMN a_year   text NOT NULL,        -- periods of a year, likewise
    ADD COLUMN reshaped date,                 -- when a change of its terms was learnt last
    ADD COLUMN ended    text NOT NULL CHECK (ended IN ('', 'closed', 'charged_off', 'written_off'));

ALTER TABLE loan_day
    ADD COLUMN falls_due integer NOT NULL DEFAULT 0,       -- loans of which something falls due tomorrow
    ADD COLUMN moved     integer NOT NULL DEFAULT 0,       -- loans that went to another bucket
    ADD COLUMN staged    integer NOT NULL DEFAULT 0,       -- loans that went to another stage
    ADD COLUMN fees      integer NOT NULL DEFAULT 0,       -- late fees that were charged
    ADD COLUMN held      bigint NOT NULL DEFAULT 0;        -- posted: what is held now less what was

-- What holds for losses that are expected, from a day on; '' is every product without its own.
CREATE TABLE loss_rules (
    book        integer NOT NULL REFERENCES book,
    product     text NOT NULL,
    number      integer NOT NULL CHECK (number > 0),
    since       date NOT NULL,
    rules       jsonb NOT NULL,
    cause       text NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor       text NOT NULL,
    PRIMARY KEY (book, product, number)
);
CREATE TRIGGER loss_rules_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loss_rules
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A loan that went to another bucket or stage, or came off the books, as a closed day found it.
CREATE TABLE loan_move (
    book          integer NOT NULL,
    loan_id       uuid NOT NULL,
    day           date NOT NULL,
    product       text NOT NULL,
    bucket_before smallint NOT NULL,
    bucket        smallint NOT NULL,
    stage_before  smallint NOT NULL,
    stage         smallint NOT NULL,
    reason        text NOT NULL,              -- why the stage is another; '' where it is not
    PRIMARY KEY (book, loan_id, day),
    FOREIGN KEY (book, loan_id) REFERENCES loan (book, id)
);
CREATE INDEX loan_move_day ON loan_move (book, day);
CREATE TRIGGER loan_move_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loan_move
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What the loans of a part of a closed day come to, by product and stage; in minor units.
CREATE TABLE loan_risk (
    book      integer NOT NULL REFERENCES book,
    day       date NOT NULL,
    part      smallint NOT NULL,
    product   text NOT NULL,
    currency  text NOT NULL,
    stage     smallint NOT NULL,
    loans     integer NOT NULL,
    gross     bigint NOT NULL,                -- carrying amount before what is held
    undrawn   bigint NOT NULL,
    held      bigint NOT NULL,
    provided  bigint NOT NULL,
    suspended bigint NOT NULL,
    PRIMARY KEY (book, day, part, product, currency, stage)
);
CREATE TRIGGER loan_risk_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loan_risk
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Why what is held is another than the day before: `amount` of what is drawn, `provided` of the rest.
CREATE TABLE loan_risk_flow (
    book         integer NOT NULL REFERENCES book,
    day          date NOT NULL,
    part         smallint NOT NULL,
    product      text NOT NULL,
    currency     text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('new', 'transfer', 'remeasured', 'repaid', 'used')),
    stage_before smallint NOT NULL,
    stage        smallint NOT NULL,
    loans        integer NOT NULL,
    amount       bigint NOT NULL,
    provided     bigint NOT NULL,
    PRIMARY KEY (book, day, part, product, currency, kind, stage_before, stage)
);
CREATE TRIGGER loan_risk_flow_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loan_risk_flow
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Readers: a move belongs to its loan; what is expected of a book is the book's.
ALTER TABLE loan_move ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan_move FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR loan_id IN (SELECT reader_loans())));
ALTER TABLE loss_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loss_rules FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE loan_risk ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan_risk FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE loan_risk_flow ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loan_risk_flow FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));

-- check: SELECT count(*) = 4 FROM pg_tables WHERE schemaname = 'public' AND tablename IN ('loss_rules', 'loan_move', 'loan_risk', 'loan_risk_flow')
