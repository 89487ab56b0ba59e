-- The money of an order: what was taken into escrow, how it was split, what went back, payouts.

CREATE TABLE terms (
    book       integer NOT NULL REFERENCES book,
    version    integer NOT NULL,
    body       jsonb NOT NULL,
    valid_from timestamptz NOT NULL,
    PRIMARY KEY (book, version)
);

CREATE TABLE escrow (
    book         integer NOT NULL,
    order_id     uuid NOT NULL,
    order_key    text NOT NULL,
    currency     char(3) NOT NULL,
    state        text NOT NULL CHECK (state IN ('awaiting', 'held', 'released', 'refunded', 'void')),
    sources      jsonb NOT NULL,    -- [account path, amount, given back], who paid in
    parts        jsonb NOT NULL,    -- [account path, amount, given back], who is paid
    taken        bigint NOT NULL DEFAULT 0 CHECK (taken >= 0),
    refunded     bigint NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND taken),
    opened_at    timestamptz NOT NULL,
    taken_at     timestamptz,
    confirmed_at timestamptz,
    released_at  timestamptz,
    closed_at    timestamptz,
    released_by  uuid,              -- the transaction of the split
    PRIMARY KEY (book, order_id)
);
CREATE INDEX escrow_state ON escrow (book, state, order_id);
CREATE INDEX escrow_release ON escrow (book, released_by);

CREATE TABLE refund (
    book       integer NOT NULL,
    id         uuid NOT NULL,
    key        text NOT NULL,       -- the caller's: a refund is made once
    order_id   uuid NOT NULL,
    amount     bigint NOT NULL CHECK (amount > 0),
    currency   char(3) NOT NULL,
    cause      text NOT NULL CHECK (cause IN ('cancellation', 'return', 'request')),
    reason     text NOT NULL,
    at         timestamptz NOT NULL,
    txn_id     uuid NOT NULL,
    PRIMARY KEY (book, id),
    UNIQUE (book, key)
);
CREATE INDEX refund_order ON refund (book, order_id);

CREATE TABLE payout (
    book         integer NOT NULL,
    id           uuid NOT NULL,
    seller_id    uuid NOT NULL,
    account_id   uuid NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),
    currency     char(3) NOT NULL,
    at           timestamptz NOT NULL,
    from_version bigint NOT NULL,   -- it pays the account's transfers in (from_version, to_version]
    to_version   bigint NOT NULL,
    txn_id       uuid NOT NULL,
    PRIMARY KEY (book, id)
);
CREATE INDEX payout_seller ON payout (book, seller_id, id);
CREATE INDEX payout_account ON payout (book, account_id, to_version);

-- check: SELECT count(*) = 4 FROM pg_tables WHERE tablename IN ('terms', 'escrow', 'refund', 'payout') AND schemaname = 'public'
