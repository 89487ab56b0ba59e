-- Loans that might have been on a history, with their dated flows. Derived: made again at will.

-- What the last preparation was made under.
CREATE TABLE whatif (
    book        integer PRIMARY KEY REFERENCES book,
    seed        bigint NOT NULL,
    assumptions jsonb NOT NULL,
    products    jsonb NOT NULL,       -- of each product of the checkout, its file
    made_at     timestamptz NOT NULL
);

CREATE TABLE whatif_line (
    book     integer NOT NULL REFERENCES book,
    product  text NOT NULL,
    number   integer NOT NULL,
    key      text NOT NULL,           -- the order's, or the order's and the seller's
    party    text NOT NULL,           -- the seller, where it decides for all its orders at once
    segment  text NOT NULL,           -- the region that losses may be assumed by
    amount   bigint NOT NULL CHECK (amount > 0),
    fee_base bigint NOT NULL CHECK (fee_base >= 0),
    short    bigint NOT NULL CHECK (short >= 0),   -- what no settlement covered
    steps    integer NOT NULL,
    take_at  integer NOT NULL,        -- draws, in millionths
    loss_at  integer NOT NULL,
    stop_at  integer NOT NULL,
    waited   integer,                 -- hours until the seller has the money, without it and with it
    waits    integer,
    PRIMARY KEY (book, product, number)
);

CREATE TABLE whatif_flow (
    book      integer NOT NULL REFERENCES book,
    product   text NOT NULL,
    number    integer NOT NULL,
    step      integer NOT NULL,       -- 0 is the loan
    on_       date NOT NULL,
    principal bigint NOT NULL,
    interest  bigint NOT NULL,
    certain   boolean NOT NULL,
    PRIMARY KEY (book, product, number, step)
);


-- The marketplace's own planning: a seller reads none of it.
ALTER TABLE whatif ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON whatif FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE whatif_line ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON whatif_line FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE whatif_flow ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON whatif_flow FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));

-- check: SELECT count(*) = 3 FROM pg_tables WHERE tablename IN ('whatif', 'whatif_line', 'whatif_flow') AND schemaname = 'public'
