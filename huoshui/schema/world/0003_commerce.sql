-- Commerce facts, bitemporal: occurred_at is when it happened, [recorded_at, superseded_at) is
-- the time during which we believed this version. A correction closes one version and adds the
-- next; content is never overwritten. Keys are the marketplace's own.
--
-- Indexes on references lead with the reference, not with the book: before a table has statistics
-- the planner cannot tell two indexes apart that both start with the book, and may take the wrong one.

CREATE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'superseded_at' IS DISTINCT FROM to_jsonb(OLD) - 'superseded_at'
       OR OLD.superseded_at <> 'infinity' THEN
        RAISE EXCEPTION '% keeps every version', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TABLE seller (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    city text NOT NULL,
    region text NOT NULL,
    postcode text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT 'infinity',
    digest bytea NOT NULL,
    PRIMARY KEY (book, key, version)
);
CREATE UNIQUE INDEX seller_now ON seller (book, key) WHERE superseded_at = 'infinity';
CREATE TRIGGER seller_keeps_versions BEFORE UPDATE ON seller
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER seller_keeps_rows BEFORE DELETE OR TRUNCATE ON seller
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE UNIQUE INDEX seller_id ON seller (book, id) WHERE superseded_at = 'infinity';

CREATE TABLE buyer (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    city text NOT NULL,
    region text NOT NULL,
    postcode text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT 'infinity',
    digest bytea NOT NULL,
    PRIMARY KEY (book, key, version)
);
CREATE UNIQUE INDEX buyer_now ON buyer (book, key) WHERE superseded_at = 'infinity';
CREATE TRIGGER buyer_keeps_versions BEFORE UPDATE ON buyer
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER buyer_keeps_rows BEFORE DELETE OR TRUNCATE ON buyer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE UNIQUE INDEX buyer_id ON buyer (book, id) WHERE superseded_at = 'infinity';

CREATE TABLE product (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    category text NOT NULL,
    weight_g integer NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT 'infinity',
    digest bytea NOT NULL,
    PRIMARY KEY (book, key, version)
);
CREATE UNIQUE INDEX product_now ON product (book, key) WHERE superseded_at = 'infinity';
CREATE TRIGGER product_keeps_versions BEFORE UPDATE ON product
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER product_keeps_rows BEFORE DELETE OR TRUNCATE ON product
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE UNIQUE INDEX product_id ON product (book, id) WHERE superseded_at = 'infinity';

CREATE TABLE order_ (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    buyer_key text NOT NULL,
    currency char(3) NOT NULL,
    estimated_at timestamptz,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT 'infinity',
    digest bytea NOT NULL,
    PRIMARY KEY (book, key, version)
);
CREATE UNIQUE INDEX order_now ON order_ (book, key) WHERE superseded_at = 'infinity';
CREATE TRIGGER order_keeps_versions BEFORE UPDATE ON order_
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER order_keeps_rows BEFORE DELETE OR TRUNCATE ON order_
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE UNIQUE INDEX order_id ON order_ (book, id) WHERE superseded_at = 'infinity';
CREATE INDEX order_buyer ON order_ (buyer_key, book);

CREATE TABLE item (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    product_key text NOT NULL,
    seller_key text NOT NULL,
    price_minor bigint NOT NULL CHECK (price_minor >= 0),
    freight_minor bigint NOT NULL CHECK (freight_minor >= 0),
    currency char(3) NOT NULL,
    quantity integer NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT 'infinity',
    digest bytea NOT NULL,
    PRIMARY KEY (book, key, version)
);
CREATE UNIQUE INDEX item_now ON item (book, key) WHERE superseded_at = 'infinity';
CREATE TRIGGER item_keeps_versions BEFORE UPDATE ON item
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER item_keeps_rows BEFORE DELETE OR TRUNCATE ON item
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX item_order ON item (order_key, book);
CREATE INDEX item_seller ON item (seller_key, book);

CREATE TABLE tender (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    method text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    instalments smallint NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT 'infinity',
    digest bytea NOT NULL,
    PRIMARY KEY (book, key, version)
);
CREATE UNIQUE INDEX tender_now ON tender (book, key) WHERE superseded_at = 'infinity';
CREATE TRIGGER tender_keeps_versions BEFORE UPDATE ON tender
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER tender_keeps_rows BEFORE DELETE OR TRUNCATE ON tender
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX tender_order ON tender (order_key, book);

CREATE TABLE shipment (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    carrier text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT 'infinity',
    digest bytea NOT NULL,
    PRIMARY KEY (book, key, version)
);
CREATE UNIQUE INDEX shipment_now ON shipment (book, key) WHERE superseded_at = 'infinity';
CREATE TRIGGER shipment_keeps_versions BEFORE UPDATE ON shipment
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER shipment_keeps_rows BEFORE DELETE OR TRUNCATE ON shipment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX shipment_order ON shipment (order_key, book);

CREATE TABLE delivery (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT 'infinity',
    digest bytea NOT NULL,
    PRIMARY KEY (book, key, version)
);
CREATE UNIQUE INDEX delivery_now ON delivery (book, key) WHERE superseded_at = 'infinity';
CREATE TRIGGER delivery_keeps_versions BEFORE UPDATE ON delivery
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER delivery_keeps_rows BEFORE DELETE OR TRUNCATE ON delivery
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX delivery_order ON delivery (order_key, book);

CREATE TABLE confirmation (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT 'infinity',
    digest bytea NOT NULL,
    PRIMARY KEY (book, key, version)
);
CREATE UNIQUE INDEX confirmation_now ON confirmation (book, key) WHERE superseded_at = 'infinity';
CREATE TRIGGER confirmation_keeps_versions BEFORE UPDATE ON confirmation
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER confirmation_keeps_rows BEFORE DELETE OR TRUNCATE ON confirmation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX confirmation_order ON confirmation (order_key, book);

CREATE TABLE cancellation (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    reason text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT 'infinity',
    digest bytea NOT NULL,
    PRIMARY KEY (book, key, version)
);
CREATE UNIQUE INDEX cancellation_now ON cancellation (book, key) WHERE superseded_at = 'infinity';
CREATE TRIGGER cancellation_keeps_versions BEFORE UPDATE ON cancellation
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER cancellation_keeps_rows BEFORE DELETE OR TRUNCATE ON cancellation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX cancellation_order ON cancellation (order_key, book);

CREATE TABLE return_ (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    item_key text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    reason text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT 'infinity',
    digest bytea NOT NULL,
    PRIMARY KEY (book, key, version)
);
CREATE UNIQUE INDEX return_now ON return_ (book, key) WHERE superseded_at = 'infinity';
CREATE TRIGGER return_keeps_versions BEFORE UPDATE ON return_
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER return_keeps_rows BEFORE DELETE OR TRUNCATE ON return_
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX return_order ON return_ (order_key, book);

CREATE TABLE review (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    score smallint NOT NULL,
    comment text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT 'infinity',
    digest bytea NOT NULL,
    PRIMARY KEY (book, key, version)
);
CREATE UNIQUE INDEX review_now ON review (book, key) WHERE superseded_at = 'infinity';
CREATE TRIGGER review_keeps_versions BEFORE UPDATE ON review
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER review_keeps_rows BEFORE DELETE OR TRUNCATE ON review
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX review_order ON review (order_key, book);

-- check: SELECT count(*) = 12 FROM pg_trigger WHERE tgname LIKE '%_keeps_versions'
