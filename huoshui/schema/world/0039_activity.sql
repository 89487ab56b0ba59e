-- What buyers, merchants and devices did: appended once, never changed, with the time when it happened, the time
-- when it was told, and the transaction that told it.

CREATE TABLE activity (
    book        integer NOT NULL REFERENCES book,
    id          uuid NOT NULL,
    seq         bigint GENERATED ALWAYS AS IDENTITY,  -- which of two of one moment was told first
    kind        text NOT NULL,
    key         text NOT NULL,                        -- the source's own, or a digest of what it says
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    -- A snapshot says of a transaction whether it was seen: of a time that cannot be said.
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    buyer       text,                                 -- byr_…
    merchant    text,                                 -- slr_…
    device      text,                                 -- a keyed hash, as the next four
    ip          text,
    card        text,
    address     text,
    phone       text,
    order_      text,                                 -- ord_…
    amount      bigint CHECK (abs(amount) <= 1000000000000000),
    currency    text,
    attributes  jsonb NOT NULL,
    actor       text NOT NULL,
    PRIMARY KEY (book, id),
    UNIQUE (book, kind, key),
    CHECK ((amount IS NULL) = (currency IS NULL))
) WITH (fillfactor = 100, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_freeze_min_age = 0);
CREATE INDEX activity_buyer ON activity (book, buyer, occurred_at) WHERE buyer IS NOT NULL;
CREATE INDEX activity_merchant ON activity (book, merchant, occurred_at) WHERE merchant IS NOT NULL;
CREATE INDEX activity_device ON activity (book, device, occurred_at) WHERE device IS NOT NULL;
CREATE INDEX activity_ip ON activity (book, ip, occurred_at) WHERE ip IS NOT NULL;
CREATE INDEX activity_card ON activity (book, card, occurred_at) WHERE card IS NOT NULL;
CREATE INDEX activity_address ON activity (book, address, occurred_at) WHERE address IS NOT NULL;
CREATE INDEX activity_phone ON activity (book, phone, occurred_at) WHERE phone IS NOT NULL;
CREATE INDEX activity_order ON activity (book, order_, occurred_at) WHERE order_ IS NOT NULL;
CREATE TRIGGER activity_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON activity
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a book's identifiers are hashed with. Nobody reads it, and without it a hash names nobody.
CREATE TABLE activity_key (
    book   integer NOT NULL REFERENCES book,
    secret bytea NOT NULL,
    PRIMARY KEY (book)
);
CREATE TRIGGER activity_key_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON activity_key
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Readers: what people did, and by what they are known again, is the marketplace's alone.
ALTER TABLE activity ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON activity FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE activity_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON activity_key FOR SELECT USING (false);

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('activity_append_only', 'activity_key_stays')
