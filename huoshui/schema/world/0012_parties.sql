-- Who may do what: organisations and their members, keys that belong to one, how people sign in,
-- what was called; and the roles that read the tables themselves, with the rows they may see.

-- The marketplace itself has no row: where organisation_id is NULL, it is meant.
CREATE TABLE organisation (
    book       integer NOT NULL REFERENCES book,
    id         uuid NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('seller', 'buyer', 'partner')),
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    role       text NOT NULL,           -- what it may do at most: a name of access.ROLES
    object_id  uuid,                    -- the seller or the buyer that it is
    created_at timestamptz NOT NULL,
    ended_at   timestamptz,
    PRIMARY KEY (book, id),
    CHECK ((kind = 'partner') = (object_id IS NULL))
);
CREATE UNIQUE INDEX organisation_of ON organisation (book, object_id) WHERE ended_at IS NULL;

-- What a partner was granted: the rows of one seller, or of the whole book where it is NULL.
CREATE TABLE row_grant (
    book            integer NOT NULL,
    id              uuid NOT NULL,
    organisation_id uuid NOT NULL,
    seller_id       uuid,
    granted_at      timestamptz NOT NULL,
    revoked_at      timestamptz,
    PRIMARY KEY (book, id),
    FOREIGN KEY (book, organisation_id) REFERENCES organisation
);
CREATE INDEX row_grant_of ON row_grant (book, organisation_id) WHERE revoked_at IS NULL;

ALTER TABLE api_key ADD COLUMN organisation_id uuid,
    ADD FOREIGN KEY (book, organisation_id) REFERENCES organisation (book, id);
-- A kept reply belongs to whoever asked: an organisation's key is kept under its name.
ALTER TABLE idempotency DROP CONSTRAINT idempotency_key_check,
    ADD CONSTRAINT idempotency_key_check CHECK (length(key) BETWEEN 1 AND 300);

CREATE TABLE member (
    book            integer NOT NULL REFERENCES book,
    id              uuid NOT NULL,
    organisation_id uuid,
    email           text NOT NULL CHECK (length(email) BETWEEN 3 AND 254 AND email = lower(email)),
    name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    language        text NOT NULL CHECK (language IN ('en', 'zh')),
    role            text NOT NULL,
    password        text,               -- argon2id, NULL until it is chosen
    totp_secret     bytea,              -- sealed with the installation's key
    totp_step       bigint NOT NULL DEFAULT 0,  -- the last 30 s of which a code was used
    created_at      timestamptz NOT NULL,
    removed_at      timestamptz,
    PRIMARY KEY (book, id),
    FOREIGN KEY (book, organisation_id) REFERENCES organisation
);
CREATE UNIQUE INDEX member_email ON member (book, email) WHERE removed_at IS NULL;
CREATE INDEX member_organisation ON member (book, organisation_id, id);

-- Links that work once: to join, or to choose a new password. Only a digest is kept.
CREATE TABLE invitation (
    book       integer NOT NULL,
    digest     bytea NOT NULL,
    member_id  uuid NOT NULL,
    until      timestamptz NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (book, digest),
    FOREIGN KEY (book, member_id) REFERENCES member
);
CREATE TABLE recovery_code (
    book      integer NOT NULL,
    member_id uuid NOT NULL,
    digest    bytea NOT NULL,
    used_at   timestamptz,
    PRIMARY KEY (book, member_id, digest),
    FOREIGN KEY (book, member_id) REFERENCES member
);
CREATE TABLE console_session (
    book      integer NOT NULL,
    id        uuid NOT NULL,
    member_id uuid NOT NULL,
    means     text NOT NULL CHECK (means IN ('password', 'totp', 'recovery', 'passkey', 'invitation')),
    agent     text NOT NULL,
    begun_at  timestamptz NOT NULL,
    until     timestamptz NOT NULL,
    ended_at  timestamptz,
    PRIMARY KEY (book, id),
    FOREIGN KEY (book, member_id) REFERENCES member
);
CREATE INDEX console_session_of ON console_session (book, member_id, id);
-- Failures to sign in, of a member or from an address, each named by a digest.
CREATE TABLE sign_in_failure (
    book     integer NOT NULL,
    subject  bytea NOT NULL,
    failures integer NOT NULL,
    last_at  timestamptz NOT NULL,
    free_at  timestamptz NOT NULL,      -- until then nobody is let in, whatever they bring
    PRIMARY KEY (book, subject)
);

-- Passkeys of anybody: `owner` is the public id of a member, or of a buyer who confirms a payment.
CREATE TABLE passkey (
    book          integer NOT NULL,
    id            uuid NOT NULL,
    owner         text NOT NULL,
    credential_id bytea NOT NULL,
    public_key    bytea NOT NULL,
    sign_count    bigint NOT NULL,
    rp_id         text NOT NULL,
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    backed_up     boolean NOT NULL,
    made_at       timestamptz NOT NULL,
    used_at       timestamptz,
    removed_at    timestamptz,
    PRIMARY KEY (book, id)
);
CREATE UNIQUE INDEX passkey_credential ON passkey (book, credential_id);
CREATE INDEX passkey_owner ON passkey (book, owner) WHERE removed_at IS NULL;
CREATE TABLE passkey_challenge (
    book      integer NOT NULL,
    id        uuid NOT NULL,
    owner     text NOT NULL,            -- empty where it is not known yet who signs in
    purpose   text NOT NULL,
    challenge bytea NOT NULL,
    until     timestamptz NOT NULL,
    PRIMARY KEY (book, id)
);
CREATE INDEX passkey_challenge_until ON passkey_challenge (book, until);

-- Who called what. Never a body, a query or a secret. Written in batches beside the requests.
CREATE TABLE request_log (
    book       integer NOT NULL,
    id         uuid NOT NULL,
    at         timestamptz NOT NULL,
    key_id     uuid,
    caller     text NOT NULL,
    method     text NOT NULL,
    path       text NOT NULL,
    status     smallint NOT NULL,
    took_us    integer NOT NULL,
    request_id text NOT NULL,
    PRIMARY KEY (book, id)
);
CREATE INDEX request_log_key ON request_log (key_id, book, id);

-- Readers: roles without login that a session of ours takes on (core/access/readers.py). Where our
-- own role may make none, they are left to the operator: docs/en/access.md.
DO $$
DECLARE
    reader text;
BEGIN
    FOREACH reader IN ARRAY ARRAY['partner', 'regulator', 'analyst'] LOOP
        reader := 'huoshui_reader_' || reader;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = reader) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', reader);
            EXCEPTION
                WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
            END;
        END IF;
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = reader)
           AND NOT pg_has_role(current_user, reader, 'MEMBER') THEN
            BEGIN
                EXECUTE format('GRANT %I TO CURRENT_USER', reader);
            EXCEPTION WHEN insufficient_privilege THEN NULL;
            END;
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION reader_book() RETURNS integer STABLE LANGUAGE sql AS $$
    SELECT nullif(current_setting('huoshui.book', true), '')::integer
$$;
-- Whether the organisation of the session was granted the whole book.
CREATE FUNCTION reader_whole() RETURNS boolean STABLE SECURITY DEFINER
SET search_path = public, pg_temp LANGUAGE sql AS $$
    SELECT EXISTS (
        SELECT FROM row_grant g JOIN organisation o ON o.book = g.book AND o.id = g.organisation_id
        WHERE g.book = reader_book() AND g.seller_id IS NULL
          AND g.organisation_id = nullif(current_setting('huoshui.organisation', true), '')::uuid
          AND g.revoked_at IS NULL AND o.ended_at IS NULL)
$$;
-- The sellers that it was granted, one by one.
CREATE FUNCTION reader_sellers() RETURNS SETOF uuid STABLE SECURITY DEFINER
SET search_path = public, pg_temp LANGUAGE sql AS $$
    SELECT g.seller_id
    FROM row_grant g JOIN organisation o ON o.book = g.book AND o.id = g.organisation_id
    WHERE g.book = reader_book() AND g.seller_id IS NOT NULL
      AND g.organisation_id = nullif(current_setting('huoshui.organisation', true), '')::uuid
      AND g.revoked_at IS NULL AND o.ended_at IS NULL
$$;
-- Their lines and orders, by the marketplace's keys.
CREATE FUNCTION reader_seller_keys() RETURNS SETOF text STABLE SECURITY DEFINER
SET search_path = public, pg_temp LANGUAGE sql AS $$
    SELECT key FROM seller
    WHERE book = reader_book() AND id IN (SELECT reader_sellers())
      AND superseded_at = 'infinity'
$$;
CREATE FUNCTION reader_orders() RETURNS SETOF text STABLE SECURITY DEFINER
SET search_path = public, pg_temp LANGUAGE sql AS $$
    SELECT order_key FROM item
    WHERE book = reader_book() AND seller_key IN (SELECT reader_seller_keys())
$$;
-- The marketplace's own analysts see every row of the book, without what names a person.
CREATE FUNCTION reader_all() RETURNS boolean STABLE LANGUAGE sql AS $$
    SELECT current_user = 'huoshui_reader_analyst' OR reader_whole()
$$;

ALTER TABLE seller ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON seller FOR SELECT USING (
    book = (SELECT reader_book())
    AND ((SELECT reader_all()) OR id IN (SELECT reader_sellers())));
ALTER TABLE order_ ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON order_ FOR SELECT USING (
    book = (SELECT reader_book())
    AND ((SELECT reader_all()) OR key IN (SELECT reader_orders())));
ALTER TABLE item ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON item FOR SELECT USING (
    book = (SELECT reader_book())
    AND ((SELECT reader_all()) OR seller_key IN (SELECT reader_seller_keys())));
ALTER TABLE delivery ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON delivery FOR SELECT USING (
    book = (SELECT reader_book())
    AND ((SELECT reader_all()) OR order_key IN (SELECT reader_orders())));
ALTER TABLE payout ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON payout FOR SELECT USING (
    book = (SELECT reader_book())
    AND ((SELECT reader_all()) OR seller_id IN (SELECT reader_sellers())));
-- These belong to no seller: the whole book, or nothing.
ALTER TABLE buyer ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON buyer FOR SELECT USING (
    book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE tender ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON tender FOR SELECT USING (
    book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE escrow ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON escrow FOR SELECT USING (
    book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE refund ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON refund FOR SELECT USING (
    book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE account ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON account FOR SELECT USING (
    book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE period ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON period FOR SELECT USING (
    book = (SELECT reader_book()) AND (SELECT reader_all()));

-- Which columns: what names or places a person, and what people wrote, is not among them. It is a
-- function, so that an operator who makes the roles later can call it.
CREATE FUNCTION grant_readers() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    wanted CONSTANT text[][] := ARRAY[
        ['partner', 'seller', 'book, id, key, name, region, occurred_at, superseded_at'],
        ['partner', 'order_', 'book, id, key, currency, estimated_at, occurred_at, superseded_at'],
        ['partner', 'item', 'book, id, key, order_key, product_key, seller_key, price_minor, freight_minor, currency, quantity, occurred_at, superseded_at'],
        ['partner', 'delivery', 'book, id, order_key, occurred_at, superseded_at'],
        ['partner', 'payout', 'book, id, seller_id, amount, currency, at'],
        ['regulator', 'seller', 'book, id, key, name, city, region, postcode, occurred_at, recorded_at, superseded_at'],
        ['regulator', 'order_', 'book, id, key, currency, estimated_at, occurred_at, recorded_at, superseded_at'],
        ['regulator', 'item', 'book, id, key, order_key, product_key, seller_key, price_minor, freight_minor, currency, quantity, occurred_at, recorded_at, superseded_at'],
        ['regulator', 'delivery', 'book, id, order_key, occurred_at, recorded_at, superseded_at'],
        ['regulator', 'tender', 'book, id, order_key, method, amount_minor, currency, instalments, occurred_at, recorded_at, superseded_at'],
        ['regulator', 'payout', 'book, id, seller_id, account_id, amount, currency, at, txn_id'],
        ['regulator', 'escrow', 'book, order_id, currency, state, taken, refunded, opened_at, taken_at, confirmed_at, released_at, closed_at'],
        ['regulator', 'refund', 'book, id, order_id, amount, currency, cause, at, txn_id'],
        ['regulator', 'account', 'book, id, path, currency, kind, class, held_out, out_, held_in, in_'],
        ['regulator', 'period', 'book, until, since, time_zone, closed_at, transfers, totals, hash'],
        ['analyst', 'seller', 'book, id, key, region, occurred_at, superseded_at'],
        ['analyst', 'buyer', 'book, id, region, occurred_at, superseded_at'],
        ['analyst', 'order_', 'book, id, key, currency, estimated_at, occurred_at, superseded_at'],
        ['analyst', 'item', 'book, id, key, order_key, product_key, seller_key, price_minor, freight_minor, currency, quantity, occurred_at, superseded_at'],
        ['analyst', 'delivery', 'book, id, order_key, occurred_at, superseded_at'],
        ['analyst', 'tender', 'book, id, order_key, method, amount_minor, currency, instalments, occurred_at, superseded_at'],
        ['analyst', 'payout', 'book, id, seller_id, amount, currency, at'],
        ['analyst', 'escrow', 'book, order_id, currency, state, taken, refunded, opened_at, taken_at, confirmed_at, released_at, closed_at'],
        ['analyst', 'refund', 'book, id, order_id, amount, currency, cause, at']];
    one text[];
    given integer := 0;
BEGIN
    FOREACH one SLICE 1 IN ARRAY wanted LOOP
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'huoshui_reader_' || one[1]) THEN
            EXECUTE format('GRANT SELECT (%s) ON %I TO %I', one[3], one[2], 'huoshui_reader_' || one[1]);
            given := given + 1;
        END IF;
    END LOOP;
    RETURN given;
END $$;
SELECT grant_readers();

-- check: SELECT count(*) = 11 FROM pg_policies WHERE schemaname = 'public' AND policyname = 'reader'
