-- The tamper log: one RFC 9162 tree a book over events, accounts, keys and the root of each batch.
--
-- What is stored here is covered by the tree's root, or can be made again from what is. The forms
-- are the canonical bytes of the rows, the same as huoshui/ledger/proof/leaf.py makes.

CREATE TABLE log_key (
    book      integer NOT NULL,
    from_size bigint NOT NULL,      -- the size of the log from which on this key signs
    name      text NOT NULL,
    public    bytea NOT NULL CHECK (length(public) = 32),
    made_at   timestamptz NOT NULL,
    PRIMARY KEY (book, from_size)
);

CREATE TABLE batch_seal (
    book      integer NOT NULL,
    batch     bigint NOT NULL,
    transfers integer NOT NULL,
    balances  integer NOT NULL,
    root      bytea NOT NULL CHECK (length(root) = 32),
    marks     bytea NOT NULL,       -- the first 8 bytes of every leaf's hash: they name a bad row
    PRIMARY KEY (book, batch)
);
ALTER TABLE batch_seal ALTER COLUMN marks SET STORAGE EXTERNAL;

CREATE TABLE log_leaf (
    book       integer NOT NULL,
    leaf_index bigint NOT NULL,
    kind       text NOT NULL,
    ref        bytea NOT NULL,      -- the key of the row: 16 bytes of an id, 8 of a number
    digest     bytea NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (book, leaf_index)
);
CREATE INDEX log_leaf_ref ON log_leaf (book, kind, ref, leaf_index);

-- Complete subtrees of 2^level leaves, every fourth level: a proof reads a few dozen rows.
CREATE TABLE log_node (
    book       integer NOT NULL,
    level      smallint NOT NULL,
    node_index bigint NOT NULL,
    hash       bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (book, level, node_index)
);

CREATE TABLE checkpoint (
    book integer NOT NULL,
    size bigint NOT NULL,
    note text NOT NULL,             -- a signed note says size, root and time itself
    PRIMARY KEY (book, size)
);

ALTER TABLE unsealed ADD COLUMN queued_at timestamptz NOT NULL DEFAULT now();

-- Not IMMUTABLE: a text's bytes depend on the database's encoding, and only so are they inlined.
CREATE FUNCTION form_text(value text) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT int4send(octet_length(convert_to(value, 'UTF8'))) || convert_to(value, 'UTF8') $$;
CREATE FUNCTION form_long(value bigint) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce('\x01'::bytea || int8send(value), '\x00'::bytea) $$;
CREATE FUNCTION form_id(value uuid) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce('\x01'::bytea || uuid_send(value), '\x00'::bytea) $$;

CREATE FUNCTION transfer_form(t transfer) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT 'transfer/1\012'::bytea || int4send(t.book) || uuid_send(t.id) || int2send(t.leg)
        || int2send(t.kind) || int2send(t.flags) || uuid_send(t.from_id) || uuid_send(t.to_id)
        || int8send(t.amount) || int8send(t.from_after) || int8send(t.to_after)
        || int8send(t.from_version) || int8send(t.to_version)
        || timestamptz_send(t.effective_at) || timestamptz_send(t.recorded_at)
        || int8send(t.batch) || form_long(t.from_held) || form_long(t.to_held)
        || coalesce('\x01'::bytea || int4send(t.timeout_s), '\x00'::bytea)
        || form_id(t.hold_id) || form_id(t.reverses)
        || form_text(t.currency) || form_text(t.template) || form_text(t.reference)
        || form_text(t.actor) $$;
CREATE FUNCTION event_form(e event) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT 'event/1\012'::bytea || int4send(e.book) || uuid_send(e.id) || timestamptz_send(e.at)
        || form_text(e.type) || form_text(e.object) || form_text(e.actor)
        || form_text(e.data::text) $$;
CREATE FUNCTION account_form(a account) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT 'account/1\012'::bytea || int4send(a.book) || uuid_send(a.id)
        || timestamptz_send(a.opened_at) || boolsend(a.closed)
        || form_long(a.floor) || form_long(a.ceiling)
        || form_text(a.path) || form_text(a.currency) || form_text(a.kind)
        || form_text(a.class) $$;
CREATE FUNCTION batch_form(b batch_seal) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT 'batch/1\012'::bytea || int4send(b.book) || int8send(b.batch)
        || int4send(b.transfers) || int4send(b.balances) || b.root || sha256(b.marks) $$;
CREATE FUNCTION key_form(k log_key) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT 'key/1\012'::bytea || int4send(k.book) || int8send(k.from_size)
        || timestamptz_send(k.made_at) || k.public || form_text(k.name) $$;
CREATE FUNCTION leaf_form(l log_leaf) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT 'leaf/1\012'::bytea || l.digest || form_text(l.kind)
        || int4send(length(l.ref)) || l.ref $$;

CREATE TRIGGER log_key_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_key
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER batch_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON batch_seal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_leaf_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_node_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_node
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An account whose bounds or state change is sealed anew, whoever changed it.
CREATE FUNCTION queue_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM world WHERE kind = 'replay') THEN
        INSERT INTO unsealed (book, kind, ids) VALUES (NEW.book, 'account', ARRAY[NEW.id]);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER account_sealed_anew AFTER UPDATE ON account FOR EACH ROW WHEN (
    (OLD.closed, OLD.floor, OLD.ceiling, OLD.path, OLD.currency, OLD.kind, OLD.class, OLD.opened_at)
    IS DISTINCT FROM
    (NEW.closed, NEW.floor, NEW.ceiling, NEW.path, NEW.currency, NEW.kind, NEW.class, NEW.opened_at))
    EXECUTE FUNCTION queue_account();

-- What stood before there was a log waits for the sealer like everything after it.
INSERT INTO unsealed (book, kind, batch)
    SELECT book, 'batch', 1 FROM transfer GROUP BY book
    HAVING NOT EXISTS (SELECT FROM world WHERE kind = 'replay');
INSERT INTO unsealed (book, kind, ids)
    SELECT book, 'account', array_agg(id ORDER BY id) FROM account GROUP BY book
    HAVING NOT EXISTS (SELECT FROM world WHERE kind = 'replay');
INSERT INTO unsealed (book, kind, ids)
    SELECT book, 'event', array_agg(id ORDER BY id) FROM event GROUP BY book
    HAVING NOT EXISTS (SELECT FROM world WHERE kind = 'replay');

-- check: SELECT count(*) = 5 FROM pg_trigger WHERE tgname IN ('log_key_append_only', 'batch_seal_append_only', 'log_leaf_append_only', 'log_node_append_only', 'checkpoint_append_only')
