-- Payment links: an address of a seller or of the marketplace that anybody opens to pay; each payment
-- that is begun by it names it as its reference.

CREATE TABLE payment_link (
    book       integer NOT NULL REFERENCES book,
    id         uuid NOT NULL,
    seller     text NOT NULL DEFAULT '',        -- a party's public id; empty: the marketplace itself
    currency   text NOT NULL,
    amount     bigint CHECK (amount > 0),       -- NULL: the payer says it, within the bounds
    amount_min bigint CHECK (amount_min > 0),
    amount_max bigint,
    title_en   text NOT NULL CHECK (length(title_en) BETWEEN 1 AND 200),
    title_zh   text NOT NULL CHECK (length(title_zh) BETWEEN 1 AND 200),
    return_url text NOT NULL DEFAULT '',
    made_by    text NOT NULL,
    made_at    timestamptz NOT NULL,
    expires_at timestamptz,
    ended_at   timestamptz,
    PRIMARY KEY (book, id),
    CHECK ((amount IS NULL) = (amount_min IS NOT NULL)),
    CHECK ((amount_min IS NULL) = (amount_max IS NULL)),
    CHECK (amount_min <= amount_max)
);
CREATE INDEX payment_link_seller ON payment_link (book, seller, id);
-- Only what was paid by a link is in it: other payments pay nothing for it.
CREATE INDEX payment_by_link ON payment (book, reference, id) WHERE starts_with(reference, 'plk_');

-- check: SELECT count(*) = 1 FROM pg_indexes WHERE indexname = 'payment_by_link'
