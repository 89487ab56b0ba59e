-- What the migrations of this folder come to; `make schema` writes it, a test compares.

CREATE TABLE public.account (
    book integer NOT NULL,
    id uuid NOT NULL,
    path text NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL,
    class text NOT NULL,
    floor bigint,
    ceiling bigint,
    held_out bigint DEFAULT 0 NOT NULL,
    out_ bigint DEFAULT 0 NOT NULL,
    held_in bigint DEFAULT 0 NOT NULL,
    in_ bigint DEFAULT 0 NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    closed boolean DEFAULT false NOT NULL,
    moved_at timestamp with time zone,
    CONSTRAINT account_ceiling CHECK (((ceiling IS NULL) OR (((in_ + held_in) - out_) <= ceiling))),
    CONSTRAINT account_class_check CHECK ((class = ANY (ARRAY['asset'::text, 'liability'::text, 'equity'::text, 'income'::text, 'expense'::text]))),
    CONSTRAINT account_currency CHECK (((length(currency) >= 3) AND (length(currency) <= 12))),
    CONSTRAINT account_floor CHECK (((floor IS NULL) OR (((in_ - out_) - held_out) >= floor))),
    CONSTRAINT account_held_in_check CHECK ((held_in >= 0)),
    CONSTRAINT account_held_out_check CHECK ((held_out >= 0)),
    CONSTRAINT account_in__check CHECK ((in_ >= 0)),
    CONSTRAINT account_out__check CHECK ((out_ >= 0)),
    CONSTRAINT account_path_check CHECK (((length(path) >= 1) AND (length(path) <= 200)))
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE FUNCTION public.account_form(a public.account) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT 'account/1\012'::bytea || int4send(a.book) || uuid_send(a.id)
        || timestamptz_send(a.opened_at) || boolsend(a.closed)
        || form_long(a.floor) || form_long(a.ceiling)
        || form_text(a.path) || form_text(a.currency) || form_text(a.kind)
        || form_text(a.class) $$;

CREATE TABLE public.batch_seal (
    book integer NOT NULL,
    batch bigint NOT NULL,
    transfers integer NOT NULL,
    balances integer NOT NULL,
    root bytea NOT NULL,
    marks bytea NOT NULL,
    CONSTRAINT batch_seal_root_check CHECK ((length(root) = 32))
);
ALTER TABLE ONLY public.batch_seal ALTER COLUMN marks SET STORAGE EXTERNAL;

CREATE FUNCTION public.batch_form(b public.batch_seal) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT 'batch/1\012'::bytea || int4send(b.book) || int8send(b.batch)
        || int4send(b.transfers) || int4send(b.balances) || b.root || sha256(b.marks) $$;

CREATE TABLE public.event (
    book integer NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    object text NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    data jsonb NOT NULL
);

CREATE FUNCTION public.event_form(e public.event) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT 'event/1\012'::bytea || int4send(e.book) || uuid_send(e.id) || timestamptz_send(e.at)
        || form_text(e.type) || form_text(e.object) || form_text(e.actor)
        || form_text(e.data::text) $$;

CREATE FUNCTION public.form_id(value uuid) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT coalesce('\x01'::bytea || uuid_send(value), '\x00'::bytea) $$;

CREATE FUNCTION public.form_long(value bigint) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT coalesce('\x01'::bytea || int8send(value), '\x00'::bytea) $$;

CREATE FUNCTION public.form_text(value text) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT int4send(octet_length(convert_to(value, 'UTF8'))) || convert_to(value, 'UTF8') $$;

CREATE FUNCTION public.grant_readers() RETURNS integer
    LANGUAGE plpgsql
    AS $$
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
        ['analyst', 'refund', 'book, id, order_id, amount, currency, cause, at'],
        ['partner', 'payment', 'book, id, state, currency, amount, captured, refunded, charged, capture, created_at, updated_at'],
        ['partner', 'payment_refund', 'book, id, payment_id, amount, currency, state, at, done_at'],
        ['partner', 'clearing', 'book, id, payment_id, kind, currency, amount, window_number, at'],
        ['partner', 'dispute', 'book, id, rail, payment_id, currency, amount, own, state, opened_at, due_at, submitted_at, closed_at, closed_by'],
        ['partner', 'dispute_evidence', 'book, dispute_id, number, hash, media_type, size, at'],
        ['regulator', 'payment', 'book, id, state, currency, amount, captured, refunded, charged, capture, created_at, updated_at'],
        ['regulator', 'payment_refund', 'book, id, payment_id, amount, currency, state, at, done_at'],
        ['regulator', 'clearing', 'book, id, payment_id, kind, currency, amount, window_number, at'],
        ['regulator', 'dispute', 'book, id, rail, payment_id, currency, amount, own, state, opened_at, due_at, submitted_at, closed_at, closed_by'],
        ['regulator', 'dispute_evidence', 'book, dispute_id, number, hash, media_type, size, at'],
        ['analyst', 'payment', 'book, id, state, currency, amount, captured, refunded, charged, capture, created_at, updated_at'],
        ['analyst', 'payment_refund', 'book, id, payment_id, amount, currency, state, at, done_at'],
        ['analyst', 'clearing', 'book, id, payment_id, kind, currency, amount, window_number, at'],
        ['analyst', 'dispute', 'book, id, rail, payment_id, currency, amount, own, state, opened_at, due_at, submitted_at, closed_at, closed_by'],
        ['analyst', 'dispute_evidence', 'book, dispute_id, number, hash, media_type, size, at']];
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

CREATE FUNCTION public.guard_appeal_state() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN ('open>granted', 'open>rejected') THEN
        RAISE EXCEPTION 'appeal: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_assignment_state() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'offered>assigned',
        'offered>declined',
        'assigned>declined',
        'assigned>advanced',
        'advanced>confirmed',
        'confirmed>settled',
        'recourse>settled',
        'advanced>disputed',
        'confirmed>disputed',
        'disputed>advanced',
        'disputed>confirmed',
        'advanced>recourse',
        'confirmed>recourse',
        'disputed>recourse',
        'advanced>written_off',
        'confirmed>written_off',
        'disputed>written_off',
        'recourse>written_off') THEN
        RAISE EXCEPTION 'assignment: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_clearing_window() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT book, window_number FROM added) a
        LEFT JOIN settlement_window w ON w.book = a.book AND w.number = a.window_number
        WHERE w.closed_at IS NOT NULL OR w.number IS NULL) THEN
        RAISE EXCEPTION 'clearing: the settlement window is closed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.guard_cover_claim_state() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'drafted>submitted',
        'submitted>accepted',
        'submitted>part_accepted',
        'submitted>refused',
        'refused>submitted',
        'accepted>paid',
        'accepted>recovering',
        'part_accepted>paid',
        'paid>recovering',
        'recovering>paid',
        'paid>accepted',
        'recovering>accepted',
        'drafted>withdrawn',
        'submitted>withdrawn',
        'accepted>withdrawn',
        'part_accepted>withdrawn',
        'refused>withdrawn',
        'withdrawn>drafted') THEN
        RAISE EXCEPTION 'cover claim: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_disbursement() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.state IS DISTINCT FROM NEW.state AND OLD.state || '>' || NEW.state NOT IN (
        'disbursing>disbursed',
        'disbursed>disbursing',
        'disbursing>failed',
        'disbursing>returned',
        'disbursed>returned') THEN
        RAISE EXCEPTION 'disbursement: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.loan_id, OLD.event_id, OLD.party, OLD.currency, OLD.amount, OLD.way, OLD.txn_id)
        IS DISTINCT FROM
       (NEW.loan_id, NEW.event_id, NEW.party, NEW.currency, NEW.amount, NEW.way, NEW.txn_id) THEN
        RAISE EXCEPTION 'disbursement: what was paid out does not change'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_dispute_state() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'needs_response>under_review',
        'needs_response>won',
        'needs_response>lost',
        'needs_response>accepted',
        'under_review>won',
        'under_review>lost',
        'lost>won',
        'accepted>won') THEN
        RAISE EXCEPTION 'dispute: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_facility() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (OLD.parent_id, OLD.level, OLD.party, OLD.scene, OLD.currency, OLD.opened_at)
        IS DISTINCT FROM (NEW.parent_id, NEW.level, NEW.party, NEW.scene, NEW.currency, NEW.opened_at)
        OR OLD.state || '>' || NEW.state NOT IN ('open>open', 'open>closed') THEN
        RAISE EXCEPTION 'facility: neither reopened nor put elsewhere'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_loan_paper() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'loan_paper: what was consented to does not change'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION public.guard_loan_state() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'applied>offered',
        'applied>declined',
        'offered>signed',
        'offered>lapsed',
        'offered>withdrawn',
        'signed>withdrawn',
        'signed>running',
        'running>closed',
        'closed>running') THEN
        RAISE EXCEPTION 'loan: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_loan_terms() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'loan: what was signed does not change'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION public.guard_loss_proposal() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (OLD.product, OLD.since, OLD.rules, OLD.cause, OLD.proposed_at, OLD.proposed_by)
        IS DISTINCT FROM (NEW.product, NEW.since, NEW.rules, NEW.cause, NEW.proposed_at, NEW.proposed_by)
        OR OLD.state <> 'proposed' THEN
        RAISE EXCEPTION 'loss proposal: it is decided once and never changed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_milestone_source() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (OLD.name, OLD.kinds, OLD.registered_at, OLD.registered_by)
        IS DISTINCT FROM (NEW.name, NEW.kinds, NEW.registered_at, NEW.registered_by)
        OR OLD.state = 'revoked' THEN
        RAISE EXCEPTION 'milestone source: neither changed nor believed again'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_party_mark() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (OLD.party, OLD.kind, OLD.since, OLD.until, OLD.reason, OLD.recorded_at, OLD.actor)
        IS DISTINCT FROM (NEW.party, NEW.kind, NEW.since, NEW.until, NEW.reason, NEW.recorded_at, NEW.actor) THEN
        RAISE EXCEPTION 'party mark: only its end may change'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_payment_state() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    steps integer := cardinality(NEW.trail);
BEGIN
    IF NEW.trail[1] <> OLD.state OR NEW.trail[steps] <> NEW.state OR EXISTS (
        SELECT FROM generate_series(1, steps - 1) AS n
        WHERE NEW.trail[n] || '>' || NEW.trail[n + 1] NOT IN (
            'requires_payment_method>requires_confirmation',
            'requires_payment_method>cancelled',
            'requires_confirmation>requires_action',
            'requires_confirmation>processing',
            'requires_confirmation>requires_capture',
            'requires_confirmation>succeeded',
            'requires_confirmation>requires_payment_method',
            'requires_confirmation>cancelled',
            'requires_action>requires_confirmation',
            'requires_action>processing',
            'requires_action>requires_capture',
            'requires_action>succeeded',
            'requires_action>requires_payment_method',
            'requires_action>cancelled',
            'processing>requires_action',
            'processing>requires_capture',
            'processing>partially_captured',
            'processing>succeeded',
            'processing>requires_payment_method',
            'processing>cancelled',
            'processing>failed',
            'requires_capture>processing',
            'requires_capture>partially_captured',
            'requires_capture>succeeded',
            'requires_capture>cancelled',
            'partially_captured>processing',
            'partially_captured>succeeded')) THEN
        RAISE EXCEPTION 'payment: no move from % to % by %', OLD.state, NEW.state, NEW.trail
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_payout_batch_state() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'draft>approved', 'draft>cancelled', 'approved>sending', 'approved>cancelled',
        'sending>sent', 'sending>partly', 'partly>sent', 'sent>partly',
        'sent>done', 'partly>done', 'done>partly', 'done>sent') THEN
        RAISE EXCEPTION 'payout_batch: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_payout_state() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'due>sent', 'due>failed', 'due>cancelled', 'sent>paid', 'sent>failed', 'sent>returned',
        'paid>returned', 'paid>sent', 'failed>due', 'returned>due') THEN
        RAISE EXCEPTION 'payout: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_rail_call_state() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'due>sent',
        'due>dropped',
        'sent>unknown',
        'sent>pending',
        'sent>succeeded',
        'sent>declined',
        'pending>unknown',
        'pending>succeeded',
        'pending>declined',
        'unknown>pending',
        'unknown>succeeded',
        'unknown>declined') THEN
        RAISE EXCEPTION 'rail_call: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_request_state() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN ('open>granted', 'open>refused', 'open>taken_back') THEN
        RAISE EXCEPTION 'loan_request: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_risk_model() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (OLD.book, OLD.id, OLD.name, OLD.kind, OLD.sha256, OLD.inputs, OLD.text, OLD.card,
        OLD.registered_at, OLD.registered_by)
        IS DISTINCT FROM (NEW.book, NEW.id, NEW.name, NEW.kind, NEW.sha256, NEW.inputs, NEW.text,
        NEW.card, NEW.registered_at, NEW.registered_by)
        OR OLD.retired_at IS NOT NULL THEN
        RAISE EXCEPTION 'risk model: neither changed nor taken back into use'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_risk_version() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (OLD.digest, OLD.body, OLD.source, OLD.proposed_at, OLD.proposed_by)
        IS DISTINCT FROM (NEW.digest, NEW.body, NEW.source, NEW.proposed_at, NEW.proposed_by)
        OR (OLD.state, NEW.state) NOT IN
            (('proposed', 'published'), ('proposed', 'refused'), ('published', 'retired')) THEN
        RAISE EXCEPTION 'risk version: what was proposed never changes'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.guard_settlement_window() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'settlement_window %: it is closed, or more than its closing was changed', OLD.number
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION public.index_new_payments() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO payment_index (book, kind, name, payment_id)
    SELECT n.book, f.kind, f.name, n.id FROM new AS n, payment_names(n.tenders, n.parts) AS f;
    RETURN NULL;
END $$;

CREATE FUNCTION public.index_other_means() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM payment_index i USING payment_names(OLD.tenders, '[]') AS f
    WHERE i.book = OLD.book AND i.kind = f.kind AND i.name = f.name AND i.payment_id = OLD.id;
    INSERT INTO payment_index (book, kind, name, payment_id)
    SELECT NEW.book, f.kind, f.name, NEW.id FROM payment_names(NEW.tenders, '[]') AS f;
    RETURN NULL;
END $$;

CREATE TABLE public.log_key (
    book integer NOT NULL,
    from_size bigint NOT NULL,
    name text NOT NULL,
    public bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT log_key_public_check CHECK ((length(public) = 32))
);

CREATE FUNCTION public.key_form(k public.log_key) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT 'key/1\012'::bytea || int4send(k.book) || int8send(k.from_size)
        || timestamptz_send(k.made_at) || k.public || form_text(k.name) $$;

CREATE TABLE public.log_leaf (
    book integer NOT NULL,
    leaf_index bigint NOT NULL,
    kind text NOT NULL,
    ref bytea NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT log_leaf_digest_check CHECK ((length(digest) = 32))
);

CREATE FUNCTION public.leaf_form(l public.log_leaf) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT 'leaf/1\012'::bytea || l.digest || form_text(l.kind)
        || int4send(length(l.ref)) || l.ref $$;

CREATE FUNCTION public.open_first_window() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO settlement_window (book, number, opened_at)
    SELECT NEW.book, 1, coalesce(w.clock_at, now() + make_interval(secs => w.clock_offset_s))
    FROM world w ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION public.payment_names(tenders jsonb, parts jsonb) RETURNS TABLE(kind text, name text)
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT 'rail', t->>0 FROM jsonb_array_elements(tenders) AS t
    UNION
    SELECT 'seller', split_part(p->>0, ':', 2) FROM jsonb_array_elements(parts) AS p
    WHERE p->>0 LIKE 'merchant:%:settlement'
$$;

CREATE FUNCTION public.queue_account() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM world WHERE kind = 'replay') THEN
        INSERT INTO unsealed (book, kind, ids) VALUES (NEW.book, 'account', ARRAY[NEW.id]);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.reader_all() RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT current_user = 'huoshui_reader_analyst' OR reader_whole()
$$;

CREATE FUNCTION public.reader_book() RETURNS integer
    LANGUAGE sql STABLE
    AS $$
    SELECT nullif(current_setting('huoshui.book', true), '')::integer
$$;

CREATE FUNCTION public.reader_disputes() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT id FROM dispute WHERE book = reader_book() AND payment_id IN (SELECT reader_payments())
$$;

CREATE FUNCTION public.reader_loans() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT id FROM loan WHERE book = reader_book() AND party IN (SELECT reader_seller_names())
$$;

CREATE FUNCTION public.reader_orders() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT order_key FROM item
    WHERE book = reader_book() AND seller_key IN (SELECT reader_seller_keys())
$$;

CREATE FUNCTION public.reader_payments() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT payment_id FROM payment_index
    WHERE book = reader_book() AND kind = 'seller' AND name IN (SELECT reader_seller_names())
$$;

CREATE FUNCTION public.reader_seller_keys() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT key FROM seller
    WHERE book = reader_book() AND id IN (SELECT reader_sellers())
      AND superseded_at = 'infinity'
$$;

CREATE FUNCTION public.reader_seller_names() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT shown_id('slr', s) FROM reader_sellers() AS s
$$;

CREATE FUNCTION public.reader_sellers() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT g.seller_id
    FROM row_grant g JOIN organisation o ON o.book = g.book AND o.id = g.organisation_id
    WHERE g.book = reader_book() AND g.seller_id IS NOT NULL
      AND g.organisation_id = nullif(current_setting('huoshui.organisation', true), '')::uuid
      AND g.revoked_at IS NULL AND o.ended_at IS NULL
$$;

CREATE FUNCTION public.reader_whole() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT EXISTS (
        SELECT FROM row_grant g JOIN organisation o ON o.book = g.book AND o.id = g.organisation_id
        WHERE g.book = reader_book() AND g.seller_id IS NULL
          AND g.organisation_id = nullif(current_setting('huoshui.organisation', true), '')::uuid
          AND g.revoked_at IS NULL AND o.ended_at IS NULL)
$$;

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION public.refuse_rewrite() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF to_jsonb(NEW) - 'superseded_at' IS DISTINCT FROM to_jsonb(OLD) - 'superseded_at'
       OR OLD.superseded_at <> 'infinity' THEN
        RAISE EXCEPTION '% keeps every version', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.shown_id(prefix text, id uuid) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT prefix || '_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + substring(
        B'00' || ('x' || replace(id::text, '-', ''))::bit(128) FROM 1 + 5 * n FOR 5)::integer, 1), '' ORDER BY n)
    FROM generate_series(0, 25) AS n
$$;

CREATE TABLE public.transfer (
    book integer CONSTRAINT transfer_book_not_null1 NOT NULL,
    leg smallint CONSTRAINT transfer_leg_not_null1 NOT NULL,
    kind smallint NOT NULL,
    amount bigint CONSTRAINT transfer_amount_not_null1 NOT NULL,
    id uuid CONSTRAINT transfer_id_not_null1 NOT NULL,
    from_id uuid CONSTRAINT transfer_from_id_not_null1 NOT NULL,
    to_id uuid CONSTRAINT transfer_to_id_not_null1 NOT NULL,
    from_after bigint CONSTRAINT transfer_from_after_not_null1 NOT NULL,
    to_after bigint CONSTRAINT transfer_to_after_not_null1 NOT NULL,
    from_version bigint CONSTRAINT transfer_from_version_not_null1 NOT NULL,
    to_version bigint CONSTRAINT transfer_to_version_not_null1 NOT NULL,
    effective_at timestamp with time zone CONSTRAINT transfer_effective_at_not_null1 NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT transfer_recorded_at_not_null1 NOT NULL,
    batch bigint NOT NULL,
    flags smallint NOT NULL,
    currency text NOT NULL,
    template text NOT NULL,
    reference text NOT NULL,
    actor text NOT NULL,
    from_held bigint,
    to_held bigint,
    timeout_s integer,
    hold_id uuid,
    reverses uuid,
    CONSTRAINT transfer_amount CHECK ((amount >= 0)),
    CONSTRAINT transfer_sides CHECK ((from_id <> to_id)),
    CONSTRAINT transfer_times CHECK ((effective_at <= recorded_at))
)
PARTITION BY RANGE (book, id);

CREATE FUNCTION public.transfer_form(t public.transfer) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
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

CREATE FUNCTION public.webhook_delivery_id(event uuid, endpoint uuid) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT overlay(overlay(
        left(encode(sha256(uuid_send(event) || uuid_send(endpoint)), 'hex'), 32)
        PLACING left(replace(event::text, '-', ''), 12) || '7' FROM 1 FOR 13)
        PLACING '8' FROM 17 FOR 1)::uuid
$$;

CREATE FUNCTION public.write_counters(a_book integer, a_ids uuid[], a_held_out bigint[], a_out bigint[], a_held_in bigint[], a_in bigint[], a_version bigint[], a_closed boolean[], a_moved_at timestamp with time zone[]) RETURNS void
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_memoize TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
BEGIN
    UPDATE account a SET held_out = n.held_out, out_ = n.out_, held_in = n.held_in,
        in_ = n.in_, version = n.version, closed = n.closed, moved_at = n.moved_at
    FROM (SELECT unnest(a_ids) AS id, unnest(a_held_out) AS held_out, unnest(a_out) AS out_,
                 unnest(a_held_in) AS held_in, unnest(a_in) AS in_, unnest(a_version) AS version,
                 unnest(a_closed) AS closed, unnest(a_moved_at) AS moved_at) AS n
    CROSS JOIN LATERAL (
        SELECT f.ctid AS place FROM account f WHERE f.book = a_book AND f.id = n.id OFFSET 0) AS f
    WHERE a.ctid = f.place;
END $$;

CREATE TABLE public.activity (
    book integer NOT NULL,
    id uuid NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    buyer text,
    merchant text,
    device text,
    ip text,
    card text,
    address text,
    phone text,
    order_ text,
    amount bigint,
    currency text,
    attributes jsonb NOT NULL,
    actor text NOT NULL,
    CONSTRAINT activity_amount_check CHECK ((abs(amount) <= '1000000000000000'::bigint)),
    CONSTRAINT activity_check CHECK (((amount IS NULL) = (currency IS NULL)))
)
WITH (fillfactor='100', autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_freeze_min_age='0');

CREATE TABLE public.activity_key (
    book integer NOT NULL,
    secret bytea NOT NULL
);

ALTER TABLE public.activity ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.activity_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.api_key (
    book integer NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    hint text NOT NULL,
    digest bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    organisation_id uuid
);

CREATE TABLE public.archive (
    book integer NOT NULL,
    name text NOT NULL,
    first_id uuid NOT NULL,
    until_id uuid NOT NULL,
    transfers bigint NOT NULL,
    amount numeric NOT NULL,
    sha256 text NOT NULL,
    archived_at timestamp with time zone NOT NULL,
    actor text NOT NULL
);

CREATE TABLE public.assignment (
    book integer NOT NULL,
    id uuid NOT NULL,
    receivable_id uuid NOT NULL,
    fingerprint bytea NOT NULL,
    product text NOT NULL,
    version integer NOT NULL,
    state text NOT NULL,
    seller_id uuid NOT NULL,
    debtor text NOT NULL,
    order_id uuid,
    currency text NOT NULL,
    due_on date NOT NULL,
    face bigint NOT NULL,
    advance bigint NOT NULL,
    fee_flat bigint NOT NULL,
    rate_annual numeric NOT NULL,
    fee_most bigint NOT NULL,
    recourse text NOT NULL,
    grace_days integer NOT NULL,
    takings_share numeric NOT NULL,
    offered_at timestamp with time zone NOT NULL,
    advanced_at timestamp with time zone,
    confirmed_at timestamp with time zone,
    ended_at timestamp with time zone,
    receivable bigint DEFAULT 0 NOT NULL,
    reserve bigint DEFAULT 0 NOT NULL,
    claim bigint DEFAULT 0 NOT NULL,
    paid bigint DEFAULT 0 NOT NULL,
    collected bigint DEFAULT 0 NOT NULL,
    repaid bigint DEFAULT 0 NOT NULL,
    diluted bigint DEFAULT 0 NOT NULL,
    bought_back bigint DEFAULT 0 NOT NULL,
    written_off bigint DEFAULT 0 NOT NULL,
    fee bigint DEFAULT 0 NOT NULL,
    loss bigint DEFAULT 0 NOT NULL,
    recovered bigint DEFAULT 0 NOT NULL,
    CONSTRAINT assignment_bought_back_check CHECK ((bought_back >= 0)),
    CONSTRAINT assignment_check CHECK (((advance >= 1) AND (advance <= face))),
    CONSTRAINT assignment_check1 CHECK ((fee_most >= fee_flat)),
    CONSTRAINT assignment_check2 CHECK (((fee >= 0) AND (fee <= fee_most))),
    CONSTRAINT assignment_check3 CHECK (((recovered >= 0) AND (recovered <= loss))),
    CONSTRAINT assignment_check4 CHECK (((advanced_at IS NULL) OR (face = ((((receivable + collected) + diluted) + bought_back) + written_off)))),
    CONSTRAINT assignment_check5 CHECK ((((receivable - reserve) + claim) = ((((paid + fee) - collected) - repaid) - loss))),
    CONSTRAINT assignment_claim_check CHECK ((claim >= 0)),
    CONSTRAINT assignment_collected_check CHECK ((collected >= 0)),
    CONSTRAINT assignment_diluted_check CHECK ((diluted >= 0)),
    CONSTRAINT assignment_face_check CHECK ((face > 0)),
    CONSTRAINT assignment_fee_flat_check CHECK ((fee_flat >= 0)),
    CONSTRAINT assignment_loss_check CHECK ((loss >= 0)),
    CONSTRAINT assignment_paid_check CHECK ((paid >= 0)),
    CONSTRAINT assignment_rate_annual_check CHECK ((rate_annual >= (0)::numeric)),
    CONSTRAINT assignment_receivable_check CHECK ((receivable >= 0)),
    CONSTRAINT assignment_recourse_check CHECK ((recourse = ANY (ARRAY['full'::text, 'dispute'::text, 'none'::text]))),
    CONSTRAINT assignment_repaid_check CHECK ((repaid >= 0)),
    CONSTRAINT assignment_reserve_check CHECK ((reserve >= 0)),
    CONSTRAINT assignment_state_check CHECK ((state = ANY (ARRAY['offered'::text, 'assigned'::text, 'declined'::text, 'advanced'::text, 'confirmed'::text, 'disputed'::text, 'recourse'::text, 'settled'::text, 'written_off'::text]))),
    CONSTRAINT assignment_takings_share_check CHECK (((takings_share >= (0)::numeric) AND (takings_share <= (1)::numeric))),
    CONSTRAINT assignment_written_off_check CHECK ((written_off >= 0))
);

CREATE TABLE public.assignment_entry (
    book integer NOT NULL,
    assignment_id uuid NOT NULL,
    number integer NOT NULL,
    verb text NOT NULL,
    state text NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    txn_id uuid,
    amounts jsonb NOT NULL,
    note text DEFAULT ''::text NOT NULL
);

CREATE SEQUENCE public.batch_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.book (
    book integer NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    currency character(3) NOT NULL,
    time_zone text NOT NULL,
    generated boolean DEFAULT false NOT NULL,
    CONSTRAINT book_book_check CHECK ((book > 0)),
    CONSTRAINT book_slug_check CHECK ((slug ~ '^[a-z][a-z0-9-]{0,39}$'::text))
);

CREATE TABLE public.burnt (
    book integer NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.buyer (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    city text NOT NULL,
    region text NOT NULL,
    postcode text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    digest bytea NOT NULL
);

CREATE TABLE public.cancellation (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    reason text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    digest bytea NOT NULL
);

CREATE TABLE public.carried (
    book integer NOT NULL,
    account_id uuid NOT NULL,
    out_ bigint NOT NULL,
    in_ bigint NOT NULL,
    transfers bigint NOT NULL,
    version bigint NOT NULL,
    balance bigint NOT NULL,
    out_version bigint NOT NULL,
    held_out bigint NOT NULL,
    in_version bigint NOT NULL,
    held_in bigint NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);

CREATE TABLE public.catalog_offer (
    book integer NOT NULL,
    product text NOT NULL,
    id uuid NOT NULL,
    number integer,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL
);

CREATE TABLE public.catalog_version (
    book integer NOT NULL,
    product text NOT NULL,
    number integer NOT NULL,
    line text NOT NULL,
    digest text NOT NULL,
    body jsonb NOT NULL,
    source text NOT NULL,
    published_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    CONSTRAINT catalog_version_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT catalog_version_number_check CHECK ((number > 0)),
    CONSTRAINT catalog_version_product_check CHECK ((product ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'::text))
);

CREATE TABLE public.certificate (
    book integer NOT NULL,
    id uuid NOT NULL,
    device_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    party text NOT NULL,
    role text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    hold_id uuid,
    counter bigint NOT NULL,
    begins timestamp with time zone NOT NULL,
    ends timestamp with time zone NOT NULL,
    deposit_until timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    text text NOT NULL,
    CONSTRAINT certificate_amount_check CHECK ((amount >= 0))
);

CREATE TABLE public.checkpoint (
    book integer NOT NULL,
    size bigint NOT NULL,
    note text NOT NULL
);

CREATE TABLE public.clearing (
    book integer NOT NULL,
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    kind text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    window_number bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT clearing_amount_check CHECK ((amount > 0)),
    CONSTRAINT clearing_kind_check CHECK ((kind = ANY (ARRAY['capture'::text, 'refund'::text, 'chargeback'::text, 'chargeback_won'::text])))
);

CREATE TABLE public.confirmation (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    digest bytea NOT NULL
);

CREATE TABLE public.console_session (
    book integer NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    means text NOT NULL,
    agent text NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT console_session_means_check CHECK ((means = ANY (ARRAY['password'::text, 'totp'::text, 'recovery'::text, 'passkey'::text, 'invitation'::text])))
);

CREATE TABLE public.cover_claim (
    book integer NOT NULL,
    id uuid NOT NULL,
    loan_id uuid NOT NULL,
    product text NOT NULL,
    party text NOT NULL,
    role text NOT NULL,
    currency text NOT NULL,
    state text NOT NULL,
    due_principal bigint NOT NULL,
    due_interest bigint NOT NULL,
    due_charges bigint NOT NULL,
    claimed_principal bigint NOT NULL,
    claimed_interest bigint NOT NULL,
    claimed_charges bigint NOT NULL,
    granted bigint NOT NULL,
    accepted bigint NOT NULL,
    paid bigint NOT NULL,
    drafted_at timestamp with time zone NOT NULL,
    submitted_at timestamp with time zone,
    decided_at timestamp with time zone,
    paid_at timestamp with time zone,
    CONSTRAINT cover_claim_check CHECK (((granted >= 0) AND (granted <= ((claimed_principal + claimed_interest) + claimed_charges)))),
    CONSTRAINT cover_claim_check1 CHECK (((accepted >= 0) AND (accepted <= granted))),
    CONSTRAINT cover_claim_claimed_charges_check CHECK ((claimed_charges >= 0)),
    CONSTRAINT cover_claim_claimed_interest_check CHECK ((claimed_interest >= 0)),
    CONSTRAINT cover_claim_claimed_principal_check CHECK ((claimed_principal >= 0)),
    CONSTRAINT cover_claim_due_charges_check CHECK ((due_charges >= 0)),
    CONSTRAINT cover_claim_due_interest_check CHECK ((due_interest >= 0)),
    CONSTRAINT cover_claim_due_principal_check CHECK ((due_principal >= 0)),
    CONSTRAINT cover_claim_paid_check CHECK ((paid >= 0)),
    CONSTRAINT cover_claim_role_check CHECK ((role = ANY (ARRAY['insurer'::text, 'government'::text, 'guarantor'::text]))),
    CONSTRAINT cover_claim_state_check CHECK ((state = ANY (ARRAY['drafted'::text, 'submitted'::text, 'accepted'::text, 'part_accepted'::text, 'refused'::text, 'paid'::text, 'recovering'::text, 'withdrawn'::text])))
);

CREATE TABLE public.cover_claim_entry (
    book integer NOT NULL,
    claim_id uuid NOT NULL,
    number integer NOT NULL,
    verb text NOT NULL,
    state text NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    amount bigint NOT NULL,
    note text DEFAULT ''::text NOT NULL
);

CREATE TABLE public.day_balance (
    book integer NOT NULL,
    account_id uuid NOT NULL,
    until timestamp with time zone NOT NULL,
    out_ bigint NOT NULL,
    in_ bigint NOT NULL
);

CREATE TABLE public.decision (
    book integer NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    product text NOT NULL,
    party text NOT NULL,
    reference text NOT NULL,
    policy text NOT NULL,
    policy_number integer NOT NULL,
    outcome text NOT NULL,
    amount bigint,
    granted bigint,
    currency text NOT NULL,
    probability numeric,
    cost bigint,
    reasons text[] NOT NULL,
    fired text[] NOT NULL,
    explored boolean NOT NULL,
    took_us jsonb NOT NULL,
    record text NOT NULL,
    sha256 bytea NOT NULL,
    actor text NOT NULL,
    CONSTRAINT decision_outcome_check CHECK ((outcome = ANY (ARRAY['approve'::text, 'approve_less'::text, 'review'::text, 'decline'::text]))),
    CONSTRAINT decision_sha256_check CHECK ((length(sha256) = 32))
)
WITH (toast_tuple_target='8160');
ALTER TABLE ONLY public.decision ALTER COLUMN record SET STORAGE EXTERNAL;

CREATE TABLE public.delivery (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    digest bytea NOT NULL
);

CREATE TABLE public.device (
    book integer NOT NULL,
    id uuid NOT NULL,
    party text NOT NULL,
    role text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    state text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    enrolled_at timestamp with time zone NOT NULL,
    CONSTRAINT device_role_check CHECK ((role = ANY (ARRAY['wallet'::text, 'till'::text, 'machine'::text]))),
    CONSTRAINT device_state_check CHECK ((state = ANY (ARRAY['active'::text, 'frozen'::text, 'revoked'::text])))
);

CREATE TABLE public.device_event (
    book integer NOT NULL,
    id uuid NOT NULL,
    digest text NOT NULL,
    device_id uuid NOT NULL,
    counter bigint NOT NULL,
    event text NOT NULL,
    mandate_id uuid NOT NULL,
    payer text NOT NULL,
    merchant text NOT NULL,
    scene text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    payment_id uuid,
    text text NOT NULL,
    receipt text DEFAULT ''::text NOT NULL,
    CONSTRAINT device_event_amount_check CHECK ((amount > 0)),
    CONSTRAINT device_event_state_check CHECK ((state = ANY (ARRAY['debited'::text, 'asked'::text, 'refused'::text])))
);

CREATE TABLE public.device_issuer (
    book integer NOT NULL,
    fingerprint text NOT NULL,
    public text NOT NULL,
    from_at timestamp with time zone NOT NULL
);

CREATE TABLE public.device_key (
    book integer NOT NULL,
    public text NOT NULL,
    device_id uuid NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone
);

CREATE TABLE public.disbursement (
    book integer NOT NULL,
    id uuid NOT NULL,
    loan_id uuid NOT NULL,
    event_id uuid NOT NULL,
    product text NOT NULL,
    party text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    way text NOT NULL,
    state text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by text NOT NULL,
    txn_id uuid NOT NULL,
    back_txn uuid,
    call_id uuid,
    undone_id uuid,
    reason text DEFAULT ''::text NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT disbursement_amount_check CHECK ((amount > 0)),
    CONSTRAINT disbursement_moved_back CHECK (((back_txn IS NOT NULL) = (state = ANY (ARRAY['failed'::text, 'returned'::text])))),
    CONSTRAINT disbursement_state_check CHECK ((state = ANY (ARRAY['disbursing'::text, 'disbursed'::text, 'failed'::text, 'returned'::text]))),
    CONSTRAINT disbursement_way_check CHECK ((way = ANY (ARRAY['balance'::text, 'bank'::text])))
);

CREATE TABLE public.dispute (
    book integer NOT NULL,
    id uuid NOT NULL,
    rail text NOT NULL,
    reference text NOT NULL,
    payment_id uuid NOT NULL,
    call_id uuid NOT NULL,
    tender integer NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    own bigint NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    state text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    submitted_at timestamp with time zone,
    closed_at timestamp with time zone,
    closed_by text DEFAULT ''::text NOT NULL,
    paper bytea,
    sent_as text DEFAULT ''::text NOT NULL,
    CONSTRAINT dispute_amount_check CHECK ((amount > 0)),
    CONSTRAINT dispute_check CHECK (((own >= 0) AND (own <= amount))),
    CONSTRAINT dispute_closed_by_check CHECK ((closed_by = ANY (ARRAY[''::text, 'rail'::text, 'deadline'::text, 'marketplace'::text]))),
    CONSTRAINT dispute_state_check CHECK ((state = ANY (ARRAY['needs_response'::text, 'under_review'::text, 'won'::text, 'lost'::text, 'accepted'::text])))
);

CREATE TABLE public.dispute_evidence (
    book integer NOT NULL,
    dispute_id uuid NOT NULL,
    number integer NOT NULL,
    hash bytea NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    size integer NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT dispute_evidence_number_check CHECK (((number >= 1) AND (number <= 20)))
);

CREATE TABLE public.double_spend (
    book integer NOT NULL,
    id uuid NOT NULL,
    device_id uuid NOT NULL,
    counter bigint NOT NULL,
    kind text NOT NULL,
    first_id uuid NOT NULL,
    second_id uuid NOT NULL,
    found_at timestamp with time zone NOT NULL,
    CONSTRAINT double_spend_kind_check CHECK ((kind = ANY (ARRAY['double_spend'::text, 'counter_reuse'::text])))
);

CREATE VIEW public.entry AS
 SELECT transfer.book,
    transfer.from_id AS account_id,
    transfer.id AS txn_id,
    transfer.leg,
    transfer.kind,
        CASE
            WHEN (transfer.kind = ANY (ARRAY[0, 2])) THEN (- transfer.amount)
            ELSE (0)::bigint
        END AS net,
        CASE
            WHEN (transfer.kind = ANY (ARRAY[0, 2])) THEN transfer.amount
            ELSE (0)::bigint
        END AS out_,
    (0)::bigint AS in_,
    transfer.from_version AS version,
    transfer.from_after AS balance,
    COALESCE(transfer.from_held, (0)::bigint) AS held,
    transfer.to_id AS other_id,
    transfer.effective_at,
    transfer.recorded_at
   FROM public.transfer
UNION ALL
 SELECT transfer.book,
    transfer.to_id AS account_id,
    transfer.id AS txn_id,
    transfer.leg,
    transfer.kind,
        CASE
            WHEN (transfer.kind = ANY (ARRAY[0, 2])) THEN transfer.amount
            ELSE (0)::bigint
        END AS net,
    (0)::bigint AS out_,
        CASE
            WHEN (transfer.kind = ANY (ARRAY[0, 2])) THEN transfer.amount
            ELSE (0)::bigint
        END AS in_,
    transfer.to_version AS version,
    transfer.to_after AS balance,
    COALESCE(transfer.to_held, (0)::bigint) AS held,
    transfer.from_id AS other_id,
    transfer.effective_at,
    transfer.recorded_at
   FROM public.transfer;

CREATE TABLE public.escrow (
    book integer NOT NULL,
    order_id uuid NOT NULL,
    order_key text NOT NULL,
    currency character(3) NOT NULL,
    state text NOT NULL,
    sources jsonb NOT NULL,
    parts jsonb NOT NULL,
    taken bigint DEFAULT 0 NOT NULL,
    refunded bigint DEFAULT 0 NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    taken_at timestamp with time zone,
    confirmed_at timestamp with time zone,
    released_at timestamp with time zone,
    closed_at timestamp with time zone,
    released_by uuid,
    CONSTRAINT escrow_check CHECK (((refunded >= 0) AND (refunded <= taken))),
    CONSTRAINT escrow_state_check CHECK ((state = ANY (ARRAY['awaiting'::text, 'held'::text, 'released'::text, 'refunded'::text, 'void'::text]))),
    CONSTRAINT escrow_taken_check CHECK ((taken >= 0))
);

CREATE TABLE public.evidence_file (
    book integer NOT NULL,
    hash bytea NOT NULL,
    media_type text NOT NULL,
    body bytea NOT NULL,
    CONSTRAINT evidence_file_body_check CHECK (((octet_length(body) >= 1) AND (octet_length(body) <= 2097152))),
    CONSTRAINT evidence_file_check CHECK ((hash = sha256(body)))
);

CREATE TABLE public.facility (
    book integer NOT NULL,
    id uuid NOT NULL,
    parent_id uuid,
    level text NOT NULL,
    party text DEFAULT ''::text NOT NULL,
    scene text DEFAULT ''::text NOT NULL,
    name text NOT NULL,
    currency text NOT NULL,
    state text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT facility_check CHECK (((level = 'group'::text) <= (parent_id IS NULL))),
    CONSTRAINT facility_check1 CHECK (((level = 'scene'::text) = (scene <> ''::text))),
    CONSTRAINT facility_check2 CHECK (((level <> 'group'::text) <= (party <> ''::text))),
    CONSTRAINT facility_check3 CHECK (((state = 'closed'::text) = (closed_at IS NOT NULL))),
    CONSTRAINT facility_level_check CHECK ((level = ANY (ARRAY['group'::text, 'borrower'::text, 'scene'::text]))),
    CONSTRAINT facility_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text])))
);

CREATE TABLE public.facility_appeal (
    book integer NOT NULL,
    id uuid NOT NULL,
    facility_id uuid NOT NULL,
    freeze_id uuid NOT NULL,
    words text NOT NULL,
    state text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by text NOT NULL,
    decided_at timestamp with time zone,
    decided_by text DEFAULT ''::text NOT NULL,
    answer text DEFAULT ''::text NOT NULL,
    CONSTRAINT facility_appeal_check CHECK (((state = 'open'::text) = (decided_at IS NULL))),
    CONSTRAINT facility_appeal_check1 CHECK (((state = 'open'::text) OR (answer <> ''::text))),
    CONSTRAINT facility_appeal_state_check CHECK ((state = ANY (ARRAY['open'::text, 'granted'::text, 'rejected'::text]))),
    CONSTRAINT facility_appeal_words_check CHECK ((words <> ''::text))
);

CREATE TABLE public.facility_change (
    book integer NOT NULL,
    id uuid NOT NULL,
    facility_id uuid NOT NULL,
    number integer NOT NULL,
    kind text NOT NULL,
    since date NOT NULL,
    until date,
    amount bigint,
    share_ppm integer,
    cause text NOT NULL,
    evidence text DEFAULT ''::text NOT NULL,
    ends uuid,
    recorded_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    CONSTRAINT facility_change_amount_check CHECK ((amount >= 0)),
    CONSTRAINT facility_change_cause_check CHECK ((cause <> ''::text)),
    CONSTRAINT facility_change_check CHECK ((until >= since)),
    CONSTRAINT facility_change_check1 CHECK (((kind = 'end'::text) = (ends IS NOT NULL))),
    CONSTRAINT facility_change_check2 CHECK (((kind <> 'base'::text) OR ((amount IS NOT NULL) AND (share_ppm IS NULL)))),
    CONSTRAINT facility_change_check3 CHECK (((kind <> ALL (ARRAY['uplift'::text, 'achievement'::text])) OR ((amount IS NULL) <> (share_ppm IS NULL)))),
    CONSTRAINT facility_change_check4 CHECK (((kind <> ALL (ARRAY['uplift'::text, 'achievement'::text, 'freeze'::text])) OR (until IS NOT NULL))),
    CONSTRAINT facility_change_check5 CHECK (((kind <> 'achievement'::text) OR (evidence <> ''::text))),
    CONSTRAINT facility_change_kind_check CHECK ((kind = ANY (ARRAY['base'::text, 'uplift'::text, 'achievement'::text, 'freeze'::text, 'end'::text]))),
    CONSTRAINT facility_change_number_check CHECK ((number > 0)),
    CONSTRAINT facility_change_share_ppm_check CHECK (((share_ppm >= 1) AND (share_ppm <= 100000000)))
);

CREATE TABLE public.facility_reservation (
    book integer NOT NULL,
    id uuid NOT NULL,
    facility_id uuid NOT NULL,
    amount bigint NOT NULL,
    reference text DEFAULT ''::text NOT NULL,
    until timestamp with time zone NOT NULL,
    made_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    CONSTRAINT facility_reservation_amount_check CHECK ((amount > 0)),
    CONSTRAINT facility_reservation_check CHECK ((made_at < until))
);

CREATE TABLE public.feature_head (
    book integer NOT NULL,
    stream integer NOT NULL,
    ref text NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    seq bigint NOT NULL,
    said text
)
WITH (fillfactor='70');

CREATE TABLE public.feature_stream (
    book integer NOT NULL,
    stream integer NOT NULL,
    built_at timestamp with time zone NOT NULL
);

CREATE TABLE public.feature_tile (
    book integer NOT NULL,
    stream integer NOT NULL,
    ref text NOT NULL,
    size bigint NOT NULL,
    start bigint NOT NULL,
    currency text NOT NULL,
    n bigint NOT NULL,
    total numeric NOT NULL,
    "least" bigint,
    most bigint
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_cost_delay='0');

CREATE TABLE public.feature_value (
    book integer NOT NULL,
    stream integer NOT NULL,
    ref text NOT NULL,
    value text NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE public.graph_link (
    book integer NOT NULL,
    kind text NOT NULL,
    identifier text NOT NULL,
    party text NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE public.graph_party (
    book integer NOT NULL,
    party text NOT NULL,
    opened_at timestamp with time zone,
    bad_at timestamp with time zone,
    good_at timestamp with time zone
);

CREATE TABLE public.hold (
    book integer NOT NULL,
    id uuid NOT NULL,
    from_id uuid NOT NULL,
    to_id uuid NOT NULL,
    amount bigint NOT NULL,
    remaining bigint NOT NULL,
    state text NOT NULL,
    flags smallint NOT NULL,
    currency text NOT NULL,
    template text NOT NULL,
    reference text NOT NULL,
    held_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    CONSTRAINT hold_check CHECK (((remaining >= 0) AND (remaining <= amount))),
    CONSTRAINT hold_state_check CHECK ((state = ANY (ARRAY['open'::text, 'captured'::text, 'released'::text, 'expired'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE public.idempotency (
    book integer NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,
    status smallint NOT NULL,
    body bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT idempotency_key_check CHECK (((length(key) >= 1) AND (length(key) <= 300)))
);

CREATE TABLE public.invitation (
    book integer NOT NULL,
    digest bytea NOT NULL,
    member_id uuid NOT NULL,
    until timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE public.item (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    product_key text NOT NULL,
    seller_key text NOT NULL,
    price_minor bigint NOT NULL,
    freight_minor bigint NOT NULL,
    currency character(3) NOT NULL,
    quantity integer NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT item_freight_minor_check CHECK ((freight_minor >= 0)),
    CONSTRAINT item_price_minor_check CHECK ((price_minor >= 0))
);

CREATE TABLE public.ledger_state (
    book integer NOT NULL,
    sealed_until timestamp with time zone,
    horizon uuid,
    counted_until timestamp with time zone
);

CREATE TABLE public.line_match (
    book integer NOT NULL,
    id uuid NOT NULL,
    rule text NOT NULL,
    account_id uuid NOT NULL,
    currency text NOT NULL,
    gross bigint NOT NULL,
    difference bigint DEFAULT 0 NOT NULL,
    txn_id uuid NOT NULL,
    made_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    undone_at timestamp with time zone,
    undone_by text DEFAULT ''::text NOT NULL,
    undo_txn uuid
);

CREATE TABLE public.line_match_item (
    book integer NOT NULL,
    match_id uuid NOT NULL,
    account_id uuid NOT NULL,
    txn_id uuid NOT NULL,
    leg smallint NOT NULL,
    amount bigint NOT NULL,
    freed boolean DEFAULT false NOT NULL
);

CREATE TABLE public.list_entry (
    book integer NOT NULL,
    id uuid NOT NULL,
    effect text NOT NULL,
    subject text NOT NULL,
    reason text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_until timestamp with time zone NOT NULL,
    ends uuid,
    recorded_at timestamp with time zone NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    actor text NOT NULL,
    CONSTRAINT list_entry_check CHECK ((valid_from < valid_until)),
    CONSTRAINT list_entry_effect_check CHECK ((effect = ANY (ARRAY['block'::text, 'allow'::text])))
);

CREATE TABLE public.loan (
    book integer NOT NULL,
    id uuid NOT NULL,
    party text NOT NULL,
    product text NOT NULL,
    version integer NOT NULL,
    currency text NOT NULL,
    facility_id uuid,
    state text NOT NULL,
    amount bigint NOT NULL,
    instalments integer NOT NULL,
    rate_annual text,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL,
    reasons jsonb DEFAULT '[]'::jsonb NOT NULL,
    disclosure jsonb,
    applied_at timestamp with time zone NOT NULL,
    offer_ends_at timestamp with time zone,
    consent_at timestamp with time zone,
    consent text DEFAULT ''::text NOT NULL,
    drawable_on date,
    start_on date,
    closed_at timestamp with time zone,
    CONSTRAINT loan_amount_check CHECK ((amount > 0)),
    CONSTRAINT loan_check CHECK (((state = ANY (ARRAY['applied'::text, 'declined'::text])) OR (rate_annual IS NOT NULL))),
    CONSTRAINT loan_check1 CHECK (((state <> ALL (ARRAY['running'::text, 'closed'::text])) OR (start_on IS NOT NULL))),
    CONSTRAINT loan_instalments_check CHECK ((instalments > 0)),
    CONSTRAINT loan_state_check CHECK ((state = ANY (ARRAY['applied'::text, 'offered'::text, 'declined'::text, 'lapsed'::text, 'signed'::text, 'withdrawn'::text, 'running'::text, 'closed'::text])))
);

CREATE TABLE public.loan_accrued (
    book integer NOT NULL,
    loan_id uuid NOT NULL,
    through date NOT NULL,
    interest bigint NOT NULL,
    charges bigint NOT NULL,
    bucket smallint DEFAULT 0 NOT NULL,
    stage smallint DEFAULT 1 NOT NULL,
    staged_on date,
    clean_2 date,
    clean_3 date,
    measured boolean DEFAULT false NOT NULL,
    held bigint DEFAULT 0 NOT NULL,
    provided bigint DEFAULT 0 NOT NULL,
    suspended bigint DEFAULT 0 NOT NULL,
    penalty bigint DEFAULT 0 NOT NULL,
    CONSTRAINT loan_accrued_held_check CHECK ((held >= 0)),
    CONSTRAINT loan_accrued_provided_check CHECK ((provided >= 0)),
    CONSTRAINT loan_accrued_stage_check CHECK (((stage >= 1) AND (stage <= 3))),
    CONSTRAINT loan_accrued_suspended_check CHECK ((suspended >= 0))
)
WITH (fillfactor='70');

CREATE TABLE public.loan_day (
    book integer NOT NULL,
    day date NOT NULL,
    part smallint NOT NULL,
    loans integer NOT NULL,
    folded integer NOT NULL,
    interest bigint NOT NULL,
    charges bigint NOT NULL,
    late integer[] NOT NULL,
    digest bytea NOT NULL,
    closed_at timestamp with time zone NOT NULL,
    falls_due integer DEFAULT 0 NOT NULL,
    moved integer DEFAULT 0 NOT NULL,
    staged integer DEFAULT 0 NOT NULL,
    fees integer DEFAULT 0 NOT NULL,
    held bigint DEFAULT 0 NOT NULL,
    CONSTRAINT loan_day_part_check CHECK (((part >= 0) AND (part <= 255)))
);

CREATE TABLE public.loan_event (
    book integer NOT NULL,
    loan_id uuid NOT NULL,
    number integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    kind text NOT NULL,
    on_ date NOT NULL,
    recorded_on date NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    amount bigint,
    payload jsonb NOT NULL,
    reverses uuid,
    actor text NOT NULL,
    CONSTRAINT loan_event_amount_check CHECK ((amount > 0)),
    CONSTRAINT loan_event_check CHECK (((kind = 'reversal'::text) = (reverses IS NOT NULL))),
    CONSTRAINT loan_event_check1 CHECK ((on_ <= recorded_on)),
    CONSTRAINT loan_event_kind_check CHECK ((kind = ANY (ARRAY['drawdown'::text, 'payment'::text, 'charge'::text, 'waiver'::text, 'reversal'::text, 'rate_change'::text, 'interest_pause'::text, 'chargeback'::text, 'credit_refund'::text, 'charge_off'::text, 'write_off'::text, 'reschedule'::text, 're_age'::text, 're_amortise'::text]))),
    CONSTRAINT loan_event_number_check CHECK ((number > 0))
);

CREATE TABLE public.loan_grid (
    book integer NOT NULL,
    id uuid NOT NULL,
    rounding text NOT NULL,
    starts integer[] NOT NULL,
    dues integer[] NOT NULL,
    factors text[] NOT NULL
);

CREATE TABLE public.loan_line (
    book integer NOT NULL,
    loan_id uuid NOT NULL,
    part smallint NOT NULL,
    product text NOT NULL,
    currency text NOT NULL,
    day date NOT NULL,
    charges bigint NOT NULL,
    late_since date,
    grid_id uuid,
    at_ integer NOT NULL,
    since integer NOT NULL,
    earned bigint NOT NULL,
    own text NOT NULL,
    base bigint NOT NULL,
    rest text NOT NULL,
    later bigint NOT NULL,
    bases text NOT NULL,
    owed bigint NOT NULL,
    taken bigint NOT NULL,
    undrawn bigint NOT NULL,
    opens text NOT NULL,
    rate text NOT NULL,
    a_year text NOT NULL,
    reshaped date,
    ended text NOT NULL,
    penal text DEFAULT ''::text NOT NULL,
    covered integer DEFAULT 0 NOT NULL,
    CONSTRAINT loan_line_ended_check CHECK ((ended = ANY (ARRAY[''::text, 'closed'::text, 'charged_off'::text, 'written_off'::text]))),
    CONSTRAINT loan_line_part_check CHECK (((part >= 0) AND (part <= 255)))
)
WITH (fillfactor='80');

CREATE TABLE public.loan_move (
    book integer NOT NULL,
    loan_id uuid NOT NULL,
    day date NOT NULL,
    product text NOT NULL,
    bucket_before smallint NOT NULL,
    bucket smallint NOT NULL,
    stage_before smallint NOT NULL,
    stage smallint NOT NULL,
    reason text NOT NULL
);

CREATE TABLE public.loan_paper (
    book integer NOT NULL,
    loan_id uuid NOT NULL,
    lender text NOT NULL,
    borrower text NOT NULL,
    borrower_name text NOT NULL,
    digest text NOT NULL,
    at timestamp with time zone NOT NULL,
    facts text DEFAULT ''::text NOT NULL,
    drawing integer NOT NULL,
    CONSTRAINT loan_paper_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT loan_paper_drawing_check CHECK ((drawing > 0)),
    CONSTRAINT loan_paper_sealed CHECK (((facts = ''::text) OR (encode(sha256(convert_to(facts, 'UTF8'::name)), 'hex'::text) = digest)))
);

CREATE TABLE public.loan_part (
    book integer NOT NULL,
    loan_id uuid NOT NULL,
    product text NOT NULL,
    currency text NOT NULL,
    role text NOT NULL,
    party text NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL
);

CREATE TABLE public.loan_position (
    book integer NOT NULL,
    loan_id uuid NOT NULL,
    product text NOT NULL,
    currency text NOT NULL,
    events integer NOT NULL,
    day date NOT NULL,
    standing text NOT NULL,
    principal bigint NOT NULL,
    interest bigint NOT NULL,
    fees bigint NOT NULL,
    penalties bigint NOT NULL,
    credit bigint NOT NULL,
    oldest_open_due date,
    next_due date,
    next_amount bigint,
    starts date[] NOT NULL,
    dues date[] NOT NULL,
    principals bigint[] NOT NULL,
    interests bigint[] NOT NULL,
    charges bigint[] NOT NULL,
    opens bigint[] NOT NULL,
    CONSTRAINT loan_position_standing_check CHECK ((standing = ANY (ARRAY['active'::text, 'closed'::text, 'overpaid'::text, 'charged_off'::text, 'written_off'::text])))
)
WITH (fillfactor='70');

CREATE TABLE public.loan_posting (
    book integer NOT NULL,
    loan_id uuid NOT NULL,
    txn_id uuid NOT NULL,
    cause uuid,
    of text NOT NULL,
    on_ date NOT NULL,
    template text NOT NULL,
    amounts jsonb NOT NULL,
    posted_at timestamp with time zone NOT NULL
);

CREATE TABLE public.loan_pulled (
    book integer NOT NULL,
    loan_id uuid NOT NULL,
    since date NOT NULL
);

CREATE TABLE public.loan_request (
    book integer NOT NULL,
    id uuid NOT NULL,
    loan_id uuid NOT NULL,
    kind text NOT NULL,
    count integer NOT NULL,
    words text NOT NULL,
    state text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by text NOT NULL,
    decided_at timestamp with time zone,
    decided_by text DEFAULT ''::text NOT NULL,
    answer text DEFAULT ''::text NOT NULL,
    event_id uuid,
    CONSTRAINT loan_request_check CHECK (((state = 'open'::text) = (decided_at IS NULL))),
    CONSTRAINT loan_request_check1 CHECK (((state = 'granted'::text) = (event_id IS NOT NULL))),
    CONSTRAINT loan_request_check2 CHECK (((state <> 'refused'::text) OR (answer <> ''::text))),
    CONSTRAINT loan_request_count_check CHECK (((count >= 0) AND (count <= 12))),
    CONSTRAINT loan_request_kind_check CHECK ((kind = ANY (ARRAY['pause'::text, 'later'::text, 'more'::text, 'spread'::text]))),
    CONSTRAINT loan_request_state_check CHECK ((state = ANY (ARRAY['open'::text, 'granted'::text, 'refused'::text, 'taken_back'::text]))),
    CONSTRAINT loan_request_words_check CHECK (((length(words) >= 1) AND (length(words) <= 1000)))
);

CREATE TABLE public.loan_risk (
    book integer NOT NULL,
    day date NOT NULL,
    part smallint NOT NULL,
    product text NOT NULL,
    currency text NOT NULL,
    stage smallint NOT NULL,
    loans integer NOT NULL,
    gross bigint NOT NULL,
    undrawn bigint NOT NULL,
    held bigint NOT NULL,
    provided bigint NOT NULL,
    suspended bigint NOT NULL,
    uncovered bigint DEFAULT 0 NOT NULL
);

CREATE TABLE public.loan_risk_flow (
    book integer NOT NULL,
    day date NOT NULL,
    part smallint NOT NULL,
    product text NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL,
    stage_before smallint NOT NULL,
    stage smallint NOT NULL,
    loans integer NOT NULL,
    amount bigint NOT NULL,
    provided bigint NOT NULL,
    CONSTRAINT loan_risk_flow_kind_check CHECK ((kind = ANY (ARRAY['new'::text, 'transfer'::text, 'remeasured'::text, 'repaid'::text, 'used'::text])))
);

CREATE TABLE public.log_node (
    book integer NOT NULL,
    level smallint NOT NULL,
    node_index bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT log_node_hash_check CHECK ((length(hash) = 32))
);

CREATE TABLE public.loss_proposal (
    book integer NOT NULL,
    id uuid NOT NULL,
    product text NOT NULL,
    since date NOT NULL,
    rules jsonb NOT NULL,
    cause text NOT NULL,
    state text NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    proposed_by text NOT NULL,
    decided_at timestamp with time zone,
    decided_by text DEFAULT ''::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    CONSTRAINT loss_proposal_cause_check CHECK ((cause <> ''::text)),
    CONSTRAINT loss_proposal_check CHECK (((state <> 'confirmed'::text) OR (decided_by <> proposed_by))),
    CONSTRAINT loss_proposal_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'confirmed'::text, 'refused'::text])))
);

CREATE TABLE public.loss_rules (
    book integer NOT NULL,
    product text NOT NULL,
    number integer NOT NULL,
    since date NOT NULL,
    rules jsonb NOT NULL,
    cause text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    CONSTRAINT loss_rules_number_check CHECK ((number > 0))
);

CREATE TABLE public.mandate (
    book integer NOT NULL,
    id uuid NOT NULL,
    payer text NOT NULL,
    merchant text NOT NULL,
    device text DEFAULT ''::text NOT NULL,
    scene text DEFAULT ''::text NOT NULL,
    currency text NOT NULL,
    single_max bigint NOT NULL,
    daily_max bigint NOT NULL,
    total_max bigint,
    state text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    consent_at timestamp with time zone,
    consent text DEFAULT ''::text NOT NULL,
    ends_at timestamp with time zone,
    revoked_at timestamp with time zone,
    revoked_by text DEFAULT ''::text NOT NULL,
    spent bigint DEFAULT 0 NOT NULL,
    day date,
    day_spent bigint DEFAULT 0 NOT NULL,
    secret bytea,
    proved boolean DEFAULT false NOT NULL,
    CONSTRAINT mandate_check CHECK ((daily_max >= single_max)),
    CONSTRAINT mandate_check1 CHECK ((total_max >= daily_max)),
    CONSTRAINT mandate_check2 CHECK (((day_spent >= 0) AND (day_spent <= spent))),
    CONSTRAINT mandate_check3 CHECK (((state <> 'active'::text) OR (consent_at IS NOT NULL))),
    CONSTRAINT mandate_single_max_check CHECK ((single_max > 0)),
    CONSTRAINT mandate_spent_check CHECK ((spent >= 0)),
    CONSTRAINT mandate_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'active'::text, 'declined'::text, 'revoked'::text])))
);

CREATE TABLE public.member (
    book integer NOT NULL,
    id uuid NOT NULL,
    organisation_id uuid,
    email text NOT NULL,
    name text NOT NULL,
    language text NOT NULL,
    role text NOT NULL,
    password text,
    totp_secret bytea,
    totp_step bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    removed_at timestamp with time zone,
    CONSTRAINT member_email_check CHECK ((((length(email) >= 3) AND (length(email) <= 254)) AND (email = lower(email)))),
    CONSTRAINT member_language_check CHECK ((language = ANY (ARRAY['en'::text, 'zh'::text]))),
    CONSTRAINT member_name_check CHECK (((length(name) >= 1) AND (length(name) <= 80)))
);

CREATE TABLE public.migration (
    number integer NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.milestone (
    book integer NOT NULL,
    id uuid NOT NULL,
    source_id uuid CONSTRAINT milestone_source_id_not_null1 NOT NULL,
    number text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    reference text NOT NULL,
    reached_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    digest text NOT NULL,
    text text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    actor text NOT NULL
);

CREATE TABLE public.milestone_key (
    book integer NOT NULL,
    source_id uuid NOT NULL,
    number integer NOT NULL,
    public text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    made_by text NOT NULL,
    CONSTRAINT milestone_key_number_check CHECK ((number > 0))
);

CREATE TABLE public.milestone_source (
    book integer NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    kinds text[] NOT NULL,
    registered_at timestamp with time zone NOT NULL,
    registered_by text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    state_by text DEFAULT ''::text CONSTRAINT milestone_source_revoked_by_not_null NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    state text NOT NULL,
    CONSTRAINT milestone_source_name_check CHECK ((name <> ''::text)),
    CONSTRAINT milestone_source_state_check CHECK ((state = ANY (ARRAY['trusted'::text, 'suspended'::text, 'revoked'::text])))
);

CREATE TABLE public.model_training (
    book integer NOT NULL,
    id uuid NOT NULL,
    owner uuid,
    name text NOT NULL,
    asked jsonb NOT NULL,
    digest text NOT NULL,
    content bytea,
    state text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    asked_by text NOT NULL,
    began_at timestamp with time zone,
    ended_at timestamp with time zone,
    stage text DEFAULT ''::text NOT NULL,
    steps_done integer DEFAULT 0 NOT NULL,
    steps integer DEFAULT 0 NOT NULL,
    problem text DEFAULT ''::text NOT NULL,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT model_training_check CHECK (((content IS NULL) OR (state = ANY (ARRAY['waiting'::text, 'running'::text])))),
    CONSTRAINT model_training_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'refused'::text, 'deleted'::text])))
);

CREATE TABLE public.model_training_result (
    book integer NOT NULL,
    training_id uuid NOT NULL,
    form text NOT NULL,
    sha256 text NOT NULL,
    text text NOT NULL,
    card jsonb NOT NULL,
    CONSTRAINT model_training_result_form_check CHECK ((form = ANY (ARRAY['scorecard'::text, 'booster'::text])))
);

CREATE TABLE public.order_ (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    buyer_key text NOT NULL,
    currency character(3) NOT NULL,
    estimated_at timestamp with time zone,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    digest bytea NOT NULL
);

CREATE TABLE public.organisation (
    book integer NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    object_id uuid,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT organisation_check CHECK (((kind = 'partner'::text) = (object_id IS NULL))),
    CONSTRAINT organisation_kind_check CHECK ((kind = ANY (ARRAY['seller'::text, 'buyer'::text, 'partner'::text]))),
    CONSTRAINT organisation_name_check CHECK (((length(name) >= 1) AND (length(name) <= 80)))
);

CREATE TABLE public.partner_name (
    book integer NOT NULL,
    party text NOT NULL,
    number integer NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by text NOT NULL,
    CONSTRAINT partner_name_en_check CHECK ((en <> ''::text)),
    CONSTRAINT partner_name_number_check CHECK ((number > 0)),
    CONSTRAINT partner_name_party_check CHECK ((party ~ '^[a-z][a-z0-9_]*$'::text)),
    CONSTRAINT partner_name_zh_check CHECK ((zh <> ''::text))
);

CREATE TABLE public.party_default (
    book integer NOT NULL,
    party text NOT NULL,
    since date NOT NULL,
    share numeric(9,8) NOT NULL,
    CONSTRAINT party_default_share_check CHECK (((share >= (0)::numeric) AND (share <= (1)::numeric)))
);

CREATE TABLE public.party_default_day (
    book integer NOT NULL,
    day date NOT NULL
);

CREATE TABLE public.party_grade (
    book integer NOT NULL,
    party text NOT NULL,
    number integer NOT NULL,
    on_ date NOT NULL,
    grade text NOT NULL,
    source text NOT NULL,
    note text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    CONSTRAINT party_grade_grade_check CHECK ((grade <> ''::text)),
    CONSTRAINT party_grade_number_check CHECK ((number > 0)),
    CONSTRAINT party_grade_party_check CHECK ((party <> ''::text))
);

CREATE TABLE public.party_mark (
    book integer NOT NULL,
    id uuid NOT NULL,
    party text NOT NULL,
    kind text NOT NULL,
    since date NOT NULL,
    until date,
    reason text NOT NULL,
    state text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    ended_on date,
    ended_by text DEFAULT ''::text NOT NULL,
    ended_why text DEFAULT ''::text NOT NULL,
    CONSTRAINT party_mark_kind_check CHECK ((kind = ANY (ARRAY['watched'::text, 'unlikely_to_pay'::text]))),
    CONSTRAINT party_mark_party_check CHECK ((party <> ''::text)),
    CONSTRAINT party_mark_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT party_mark_state_check CHECK ((state = ANY (ARRAY['standing'::text, 'removed'::text])))
);

CREATE TABLE public.party_page (
    book integer NOT NULL,
    id uuid NOT NULL,
    party text NOT NULL,
    digest bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by text NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT party_page_check CHECK ((ends_at > made_at)),
    CONSTRAINT party_page_digest_check CHECK ((length(digest) = 32))
);

CREATE TABLE public.passkey (
    book integer NOT NULL,
    id uuid NOT NULL,
    owner text NOT NULL,
    credential_id bytea NOT NULL,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    rp_id text NOT NULL,
    name text NOT NULL,
    backed_up boolean NOT NULL,
    made_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    removed_at timestamp with time zone,
    CONSTRAINT passkey_name_check CHECK (((length(name) >= 1) AND (length(name) <= 80)))
);

CREATE TABLE public.passkey_challenge (
    book integer NOT NULL,
    id uuid NOT NULL,
    owner text NOT NULL,
    purpose text NOT NULL,
    challenge bytea NOT NULL,
    until timestamp with time zone NOT NULL
);

CREATE TABLE public.payment (
    book integer NOT NULL,
    id uuid NOT NULL,
    state text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    captured bigint DEFAULT 0 NOT NULL,
    refunded bigint DEFAULT 0 NOT NULL,
    capture text NOT NULL,
    buyer text DEFAULT ''::text NOT NULL,
    order_key text DEFAULT ''::text NOT NULL,
    reference text DEFAULT ''::text NOT NULL,
    tenders jsonb NOT NULL,
    parts jsonb NOT NULL,
    trail text[] NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    final boolean DEFAULT true NOT NULL,
    charged bigint DEFAULT 0 NOT NULL,
    action text DEFAULT ''::text NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    secret bytea,
    return_url text DEFAULT ''::text NOT NULL,
    CONSTRAINT payment_amount_check CHECK ((amount > 0)),
    CONSTRAINT payment_capture_check CHECK ((capture = ANY (ARRAY['automatic'::text, 'manual'::text]))),
    CONSTRAINT payment_charged_check CHECK ((charged >= 0)),
    CONSTRAINT payment_check CHECK (((captured >= 0) AND (captured <= amount))),
    CONSTRAINT payment_check1 CHECK (((refunded >= 0) AND (refunded <= captured))),
    CONSTRAINT payment_state_check CHECK ((state = ANY (ARRAY['requires_payment_method'::text, 'requires_confirmation'::text, 'requires_action'::text, 'processing'::text, 'requires_capture'::text, 'partially_captured'::text, 'succeeded'::text, 'cancelled'::text, 'failed'::text])))
)
WITH (fillfactor='70');

CREATE TABLE public.payment_index (
    book integer NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    payment_id uuid NOT NULL,
    CONSTRAINT payment_index_kind_check CHECK ((kind = ANY (ARRAY['rail'::text, 'seller'::text])))
);

CREATE TABLE public.payment_link (
    book integer NOT NULL,
    id uuid NOT NULL,
    seller text DEFAULT ''::text NOT NULL,
    currency text NOT NULL,
    amount bigint,
    amount_min bigint,
    amount_max bigint,
    title_en text NOT NULL,
    title_zh text NOT NULL,
    return_url text DEFAULT ''::text NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT payment_link_amount_check CHECK ((amount > 0)),
    CONSTRAINT payment_link_amount_min_check CHECK ((amount_min > 0)),
    CONSTRAINT payment_link_check CHECK (((amount IS NULL) = (amount_min IS NOT NULL))),
    CONSTRAINT payment_link_check1 CHECK (((amount_min IS NULL) = (amount_max IS NULL))),
    CONSTRAINT payment_link_check2 CHECK ((amount_min <= amount_max)),
    CONSTRAINT payment_link_title_en_check CHECK (((length(title_en) >= 1) AND (length(title_en) <= 200))),
    CONSTRAINT payment_link_title_zh_check CHECK (((length(title_zh) >= 1) AND (length(title_zh) <= 200)))
);

CREATE TABLE public.payment_refund (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    payment_id uuid NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    state text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    back jsonb NOT NULL,
    waits jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    txn_id uuid,
    CONSTRAINT payment_refund_amount_check CHECK ((amount > 0)),
    CONSTRAINT payment_refund_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text])))
);

CREATE TABLE public.payout (
    book integer NOT NULL,
    id uuid NOT NULL,
    seller_id uuid NOT NULL,
    account_id uuid NOT NULL,
    amount bigint NOT NULL,
    currency character(3) NOT NULL,
    at timestamp with time zone NOT NULL,
    from_version bigint NOT NULL,
    to_version bigint NOT NULL,
    txn_id uuid,
    batch_id uuid,
    state text DEFAULT 'sent'::text NOT NULL,
    attempt integer DEFAULT 1 NOT NULL,
    reserved bigint DEFAULT 0 NOT NULL,
    call_id uuid,
    reason text DEFAULT ''::text NOT NULL,
    back_txn uuid,
    settled_at timestamp with time zone,
    CONSTRAINT payout_amount_check CHECK ((amount > 0)),
    CONSTRAINT payout_moved CHECK (((txn_id IS NULL) = ((state = ANY (ARRAY['due'::text, 'cancelled'::text])) OR ((state = 'failed'::text) AND (back_txn IS NULL))))),
    CONSTRAINT payout_state_check CHECK ((state = ANY (ARRAY['due'::text, 'sent'::text, 'paid'::text, 'returned'::text, 'failed'::text, 'cancelled'::text])))
);

CREATE TABLE public.payout_batch (
    book integer NOT NULL,
    id uuid NOT NULL,
    state text NOT NULL,
    currency text NOT NULL,
    rail text DEFAULT ''::text NOT NULL,
    payouts integer NOT NULL,
    amount bigint NOT NULL,
    left_out jsonb DEFAULT '[]'::jsonb NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    approved_by text DEFAULT ''::text NOT NULL,
    approved_at timestamp with time zone,
    send_at timestamp with time zone,
    sent_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT payout_batch_amount_check CHECK ((amount > 0)),
    CONSTRAINT payout_batch_check CHECK (((approved_by <> made_by) OR (approved_by = 'terms'::text))),
    CONSTRAINT payout_batch_payouts_check CHECK ((payouts > 0)),
    CONSTRAINT payout_batch_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'approved'::text, 'sending'::text, 'sent'::text, 'partly'::text, 'done'::text, 'cancelled'::text])))
);

CREATE TABLE public.period (
    book integer NOT NULL,
    until timestamp with time zone NOT NULL,
    since timestamp with time zone,
    time_zone text NOT NULL,
    closed_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    transfers bigint NOT NULL,
    totals jsonb NOT NULL,
    hash text NOT NULL
);

CREATE TABLE public.product (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    category text NOT NULL,
    weight_g integer NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    digest bytea NOT NULL
);

CREATE TABLE public.programme (
    book integer NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    currency text NOT NULL,
    single bigint NOT NULL,
    cumulative bigint NOT NULL,
    lower integer NOT NULL,
    upper integer NOT NULL,
    certificate_days integer NOT NULL,
    deposit_days integer NOT NULL,
    bearer text NOT NULL,
    loss_max bigint NOT NULL,
    state text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT programme_bearer_check CHECK ((bearer = ANY (ARRAY['issuer'::text, 'merchant'::text, 'platform'::text]))),
    CONSTRAINT programme_certificate_days_check CHECK (((certificate_days >= 1) AND (certificate_days <= 90))),
    CONSTRAINT programme_check CHECK ((cumulative >= single)),
    CONSTRAINT programme_check1 CHECK (((upper >= lower) AND (upper > 0))),
    CONSTRAINT programme_deposit_days_check CHECK (((deposit_days >= 1) AND (deposit_days <= 90))),
    CONSTRAINT programme_loss_max_check CHECK ((loss_max >= 0)),
    CONSTRAINT programme_lower_check CHECK ((lower >= 0)),
    CONSTRAINT programme_single_check CHECK ((single > 0)),
    CONSTRAINT programme_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text])))
);

CREATE TABLE public.rail_breaker (
    book integer NOT NULL,
    rail text NOT NULL,
    silences integer DEFAULT 0 NOT NULL,
    opened_at timestamp with time zone,
    probe_at timestamp with time zone
)
WITH (fillfactor='50');

CREATE TABLE public.rail_call (
    book integer NOT NULL,
    id uuid NOT NULL,
    rail text NOT NULL,
    verb text NOT NULL,
    subject text NOT NULL,
    tender integer NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    token text DEFAULT ''::text NOT NULL,
    about text DEFAULT ''::text NOT NULL,
    refund uuid,
    state text DEFAULT 'due'::text NOT NULL,
    reference text DEFAULT ''::text NOT NULL,
    code text DEFAULT ''::text NOT NULL,
    action text DEFAULT ''::text NOT NULL,
    answered bigint,
    flag text DEFAULT ''::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    asked_at timestamp with time zone,
    settled_at timestamp with time zone,
    look_at timestamp with time zone,
    CONSTRAINT rail_call_amount_check CHECK ((amount >= 0)),
    CONSTRAINT rail_call_check CHECK (((look_at IS NULL) = (state = ANY (ARRAY['succeeded'::text, 'declined'::text, 'dropped'::text])))),
    CONSTRAINT rail_call_flag_check CHECK ((flag = ANY (ARRAY[''::text, 'amount_differs'::text, 'reference_reused'::text]))),
    CONSTRAINT rail_call_state_check CHECK ((state = ANY (ARRAY['due'::text, 'sent'::text, 'unknown'::text, 'pending'::text, 'succeeded'::text, 'declined'::text, 'dropped'::text]))),
    CONSTRAINT rail_call_verb_check CHECK ((verb = ANY (ARRAY['authorise'::text, 'capture'::text, 'void'::text, 'refund'::text, 'pay_out'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE public.rail_notice (
    book integer NOT NULL,
    id uuid NOT NULL,
    rail text NOT NULL,
    event text NOT NULL,
    kind text NOT NULL,
    call_id uuid,
    reference text DEFAULT ''::text NOT NULL,
    read jsonb NOT NULL,
    body text NOT NULL,
    state text DEFAULT 'new'::text NOT NULL,
    repeats integer DEFAULT 0 NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    received_at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    look_at timestamp with time zone,
    CONSTRAINT rail_notice_check CHECK (((look_at IS NULL) = (state <> ALL (ARRAY['new'::text, 'waiting'::text])))),
    CONSTRAINT rail_notice_event_check CHECK (((length(event) >= 1) AND (length(event) <= 200))),
    CONSTRAINT rail_notice_kind_check CHECK ((kind = ANY (ARRAY['answer'::text, 'dispute_opened'::text, 'dispute_closed'::text, 'returned'::text]))),
    CONSTRAINT rail_notice_state_check CHECK ((state = ANY (ARRAY['new'::text, 'waiting'::text, 'applied'::text, 'repeated'::text, 'contradicted'::text, 'unknown'::text])))
)
WITH (fillfactor='70');

CREATE TABLE public.rail_tally (
    book integer NOT NULL,
    rail text NOT NULL,
    hour timestamp with time zone NOT NULL,
    verb text NOT NULL,
    verdict text NOT NULL,
    code text NOT NULL,
    class smallint NOT NULL,
    calls bigint NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE public.receivable (
    book integer NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    document text NOT NULL,
    order_id uuid,
    seller_id uuid NOT NULL,
    debtor text NOT NULL,
    face bigint NOT NULL,
    currency text NOT NULL,
    issued_on date NOT NULL,
    due_on date NOT NULL,
    fingerprint bytea NOT NULL,
    evidence text DEFAULT ''::text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT receivable_check CHECK ((due_on >= issued_on)),
    CONSTRAINT receivable_check1 CHECK (((kind = 'order'::text) = (order_id IS NOT NULL))),
    CONSTRAINT receivable_debtor_check CHECK (((length(debtor) >= 1) AND (length(debtor) <= 128))),
    CONSTRAINT receivable_document_check CHECK (((length(document) >= 1) AND (length(document) <= 128))),
    CONSTRAINT receivable_face_check CHECK ((face > 0)),
    CONSTRAINT receivable_fingerprint_check CHECK ((octet_length(fingerprint) = 32)),
    CONSTRAINT receivable_kind_check CHECK ((kind = ANY (ARRAY['order'::text, 'invoice'::text])))
);

CREATE TABLE public.reconciliation (
    book integer NOT NULL,
    id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    accounts bigint DEFAULT 0 NOT NULL,
    transfers bigint DEFAULT 0 NOT NULL,
    faults jsonb DEFAULT '[]'::jsonb NOT NULL
);

CREATE TABLE public.recovery_code (
    book integer NOT NULL,
    member_id uuid NOT NULL,
    digest bytea NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE public.refund (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    order_id uuid NOT NULL,
    amount bigint NOT NULL,
    currency character(3) NOT NULL,
    cause text NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL,
    txn_id uuid NOT NULL,
    CONSTRAINT refund_amount_check CHECK ((amount > 0)),
    CONSTRAINT refund_cause_check CHECK ((cause = ANY (ARRAY['cancellation'::text, 'return'::text, 'request'::text, 'chargeback'::text])))
);

CREATE TABLE public.replay (
    book integer NOT NULL,
    fingerprint text NOT NULL,
    sections jsonb NOT NULL,
    total bigint NOT NULL,
    cursor bigint DEFAULT 0 NOT NULL,
    orders bigint DEFAULT 0 NOT NULL,
    state text DEFAULT 'running'::text NOT NULL,
    until_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone NOT NULL,
    touched_at timestamp with time zone NOT NULL,
    anomalies jsonb DEFAULT '{}'::jsonb NOT NULL,
    verification jsonb DEFAULT '{}'::jsonb NOT NULL,
    report jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT replay_state_check CHECK ((state = ANY (ARRAY['running'::text, 'verified'::text, 'failed'::text])))
);

CREATE TABLE public.request_log (
    book integer NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    key_id uuid,
    caller text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    status smallint NOT NULL,
    took_us integer NOT NULL,
    request_id text NOT NULL
);

CREATE TABLE public.return_ (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    item_key text NOT NULL,
    amount_minor bigint NOT NULL,
    currency character(3) NOT NULL,
    reason text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT return__amount_minor_check CHECK ((amount_minor > 0))
);

CREATE TABLE public.reversal (
    book integer NOT NULL,
    txn_id uuid NOT NULL,
    by_id uuid NOT NULL
);

CREATE TABLE public.review (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    score smallint NOT NULL,
    comment text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    digest bytea NOT NULL
);

CREATE TABLE public.risk_model (
    book integer NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    sha256 text NOT NULL,
    inputs text[] NOT NULL,
    text text NOT NULL,
    card jsonb NOT NULL,
    registered_at timestamp with time zone NOT NULL,
    registered_by text NOT NULL,
    retired_at timestamp with time zone,
    retired_by text DEFAULT ''::text NOT NULL,
    retired_because text DEFAULT ''::text NOT NULL,
    CONSTRAINT risk_model_check CHECK ((sha256 = encode(sha256(convert_to(text, 'UTF8'::name)), 'hex'::text))),
    CONSTRAINT risk_model_kind_check CHECK ((kind = ANY (ARRAY['scorecard'::text, 'booster'::text]))),
    CONSTRAINT risk_model_name_check CHECK ((name <> ''::text))
);

CREATE TABLE public.risk_version (
    book integer NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    number integer NOT NULL,
    digest text NOT NULL,
    body jsonb NOT NULL,
    source text NOT NULL,
    state text NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    proposed_by text NOT NULL,
    decided_at timestamp with time zone,
    decided_by text DEFAULT ''::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT risk_version_check CHECK (((state <> 'published'::text) OR (decided_by <> proposed_by))),
    CONSTRAINT risk_version_kind_check CHECK ((kind = ANY (ARRAY['rules'::text, 'policy'::text]))),
    CONSTRAINT risk_version_number_check CHECK ((number > 0)),
    CONSTRAINT risk_version_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'published'::text, 'refused'::text, 'retired'::text])))
);

CREATE TABLE public.row_grant (
    book integer NOT NULL,
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    seller_id uuid,
    granted_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);

CREATE TABLE public.seller (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    city text NOT NULL,
    region text NOT NULL,
    postcode text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    digest bytea NOT NULL
);

CREATE TABLE public.settlement_terms (
    book integer NOT NULL,
    version integer NOT NULL,
    body jsonb NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    actor text NOT NULL
);

CREATE TABLE public.settlement_window (
    book integer NOT NULL,
    number bigint NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    closed_by text DEFAULT ''::text NOT NULL,
    CONSTRAINT settlement_window_number_check CHECK ((number > 0))
);

CREATE TABLE public.shipment (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    carrier text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    digest bytea NOT NULL
);

CREATE TABLE public.sign_in_failure (
    book integer NOT NULL,
    subject bytea NOT NULL,
    failures integer NOT NULL,
    last_at timestamp with time zone NOT NULL,
    free_at timestamp with time zone NOT NULL
);

CREATE TABLE public.statement_file (
    book integer NOT NULL,
    id uuid NOT NULL,
    digest text NOT NULL,
    name text NOT NULL,
    format text NOT NULL,
    source text NOT NULL,
    rail text DEFAULT ''::text NOT NULL,
    target text NOT NULL,
    currency text NOT NULL,
    lines integer NOT NULL,
    gross bigint NOT NULL,
    fee bigint NOT NULL,
    net bigint NOT NULL,
    opening bigint,
    closing bigint,
    imported_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    CONSTRAINT statement_file_check CHECK ((gross = (net + fee))),
    CONSTRAINT statement_file_source_check CHECK ((source = ANY (ARRAY['bank'::text, 'acquirer'::text])))
);

CREATE TABLE public.statement_line (
    book integer NOT NULL,
    id uuid NOT NULL,
    file_id uuid NOT NULL,
    number integer NOT NULL,
    parent_id uuid,
    kind text NOT NULL,
    rail text DEFAULT ''::text NOT NULL,
    gross bigint NOT NULL,
    fee bigint NOT NULL,
    net bigint NOT NULL,
    currency text NOT NULL,
    reference text DEFAULT ''::text NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    batch text DEFAULT ''::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    at timestamp with time zone NOT NULL,
    state text NOT NULL,
    cause text NOT NULL,
    match_id uuid,
    arrival_id uuid,
    since timestamp with time zone NOT NULL,
    asked_by text DEFAULT ''::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT statement_line_check CHECK ((gross = (net + fee))),
    CONSTRAINT statement_line_check1 CHECK (((match_id IS NOT NULL) = (state = 'matched'::text))),
    CONSTRAINT statement_line_check2 CHECK (((arrival_id IS NULL) = ((state = 'new'::text) OR ((gross = 0) AND (net = 0))))),
    CONSTRAINT statement_line_state_check CHECK ((state = ANY (ARRAY['new'::text, 'suspense'::text, 'matched'::text, 'split'::text, 'asked'::text, 'written_off'::text, 'booked'::text])))
);

CREATE TABLE public.suspect (
    book integer NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    members text[] NOT NULL,
    centibits integer NOT NULL,
    signs jsonb NOT NULL,
    held jsonb NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    times integer NOT NULL,
    decided_at timestamp with time zone,
    decided_by text DEFAULT ''::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    decisions integer DEFAULT 0 NOT NULL,
    CONSTRAINT suspect_centibits_check CHECK ((centibits >= 0)),
    CONSTRAINT suspect_check CHECK (((state = 'found'::text) OR ((decided_at IS NOT NULL) AND (reason <> ''::text)))),
    CONSTRAINT suspect_kind_check CHECK ((kind = ANY (ARRAY['ring'::text, 'fake_orders'::text, 'take_over'::text]))),
    CONSTRAINT suspect_members_check CHECK ((members <> '{}'::text[])),
    CONSTRAINT suspect_state_check CHECK ((state = ANY (ARRAY['found'::text, 'confirmed'::text, 'cleared'::text])))
);

CREATE TABLE public.suspect_search (
    book integer NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    accounts integer NOT NULL,
    touches integer NOT NULL,
    orders integer NOT NULL,
    rings integer NOT NULL,
    sellers integer NOT NULL,
    taken integer DEFAULT 0 NOT NULL
);

CREATE TABLE public.switched (
    book integer NOT NULL,
    product text NOT NULL,
    number integer NOT NULL,
    version integer NOT NULL,
    line text NOT NULL,
    settings jsonb NOT NULL,
    programme_id uuid,
    on_at timestamp with time zone NOT NULL,
    on_by text NOT NULL,
    off_at timestamp with time zone,
    off_by text DEFAULT ''::text NOT NULL,
    CONSTRAINT switched_check CHECK ((off_at >= on_at)),
    CONSTRAINT switched_number_check CHECK ((number > 0))
);

CREATE TABLE public.tender (
    book integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    order_key text NOT NULL,
    method text NOT NULL,
    amount_minor bigint NOT NULL,
    currency character(3) NOT NULL,
    instalments smallint NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT tender_amount_minor_check CHECK ((amount_minor > 0))
);

CREATE TABLE public.terms (
    book integer NOT NULL,
    version integer NOT NULL,
    body jsonb NOT NULL,
    valid_from timestamp with time zone NOT NULL
);

CREATE TABLE public.transfer_rest (
    book integer CONSTRAINT transfer_book_not_null1 NOT NULL,
    leg smallint CONSTRAINT transfer_leg_not_null1 NOT NULL,
    kind smallint CONSTRAINT transfer_kind_not_null NOT NULL,
    amount bigint CONSTRAINT transfer_amount_not_null1 NOT NULL,
    id uuid CONSTRAINT transfer_id_not_null1 NOT NULL,
    from_id uuid CONSTRAINT transfer_from_id_not_null1 NOT NULL,
    to_id uuid CONSTRAINT transfer_to_id_not_null1 NOT NULL,
    from_after bigint CONSTRAINT transfer_from_after_not_null1 NOT NULL,
    to_after bigint CONSTRAINT transfer_to_after_not_null1 NOT NULL,
    from_version bigint CONSTRAINT transfer_from_version_not_null1 NOT NULL,
    to_version bigint CONSTRAINT transfer_to_version_not_null1 NOT NULL,
    effective_at timestamp with time zone CONSTRAINT transfer_effective_at_not_null1 NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT transfer_recorded_at_not_null1 NOT NULL,
    batch bigint CONSTRAINT transfer_batch_not_null NOT NULL,
    flags smallint CONSTRAINT transfer_flags_not_null NOT NULL,
    currency text CONSTRAINT transfer_currency_not_null NOT NULL,
    template text CONSTRAINT transfer_template_not_null NOT NULL,
    reference text CONSTRAINT transfer_reference_not_null NOT NULL,
    actor text CONSTRAINT transfer_actor_not_null NOT NULL,
    from_held bigint,
    to_held bigint,
    timeout_s integer,
    hold_id uuid,
    reverses uuid,
    CONSTRAINT transfer_amount CHECK ((amount >= 0)),
    CONSTRAINT transfer_sides CHECK ((from_id <> to_id)),
    CONSTRAINT transfer_times CHECK ((effective_at <= recorded_at))
)
WITH (fillfactor='100', autovacuum_freeze_min_age='0', autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_vacuum_insert_threshold='100000');

CREATE VIEW public.txn AS
 SELECT book,
    id,
    kind,
    template,
    reference,
    currency,
    effective_at,
    recorded_at,
    reverses,
    hold_id,
    actor
   FROM public.transfer
  WHERE (leg = 0);

CREATE TABLE public.unit (
    book integer NOT NULL,
    code text NOT NULL,
    digits smallint NOT NULL,
    name_en text NOT NULL,
    name_zh text NOT NULL,
    declared_at timestamp with time zone NOT NULL,
    CONSTRAINT unit_code_check CHECK ((code ~ '^[A-Z][A-Z0-9]{2,11}$'::text)),
    CONSTRAINT unit_digits_check CHECK (((digits >= 0) AND (digits <= 9)))
);

CREATE TABLE public.unsealed (
    book integer NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    batch bigint,
    ids uuid[],
    queued_at timestamp with time zone DEFAULT now() NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_cost_delay='0', autovacuum_vacuum_insert_scale_factor='0', autovacuum_vacuum_insert_threshold='20000');

ALTER TABLE public.unsealed ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.unsealed_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.voucher (
    book integer NOT NULL,
    id uuid NOT NULL,
    digest text NOT NULL,
    certificate_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    device_id uuid NOT NULL,
    counter bigint NOT NULL,
    amount bigint NOT NULL,
    total bigint NOT NULL,
    currency text NOT NULL,
    payer text NOT NULL,
    merchant text NOT NULL,
    till_id uuid NOT NULL,
    paid_at timestamp with time zone NOT NULL,
    deposited_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    captured bigint DEFAULT 0 NOT NULL,
    borne bigint DEFAULT 0 NOT NULL,
    payment_id uuid,
    bundle text NOT NULL,
    acceptance text NOT NULL,
    receipt text DEFAULT ''::text NOT NULL,
    CONSTRAINT voucher_amount_check CHECK ((amount > 0)),
    CONSTRAINT voucher_borne_check CHECK ((borne >= 0)),
    CONSTRAINT voucher_captured_check CHECK ((captured >= 0)),
    CONSTRAINT voucher_check CHECK (((captured + borne) <= amount)),
    CONSTRAINT voucher_check1 CHECK (((captured = 0) OR (state = 'deposited'::text))),
    CONSTRAINT voucher_counter_check CHECK ((counter > 0)),
    CONSTRAINT voucher_state_check CHECK ((state = ANY (ARRAY['deposited'::text, 'disputed'::text, 'double_spend'::text, 'rejected'::text])))
);

CREATE TABLE public.webhook_attempt (
    book integer NOT NULL,
    delivery_id uuid NOT NULL,
    number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    status smallint,
    error text NOT NULL,
    ms integer NOT NULL,
    body text NOT NULL,
    CONSTRAINT webhook_attempt_check CHECK (((status IS NULL) = (error <> ''::text)))
);

CREATE TABLE public.webhook_delivery (
    book integer NOT NULL,
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    state text DEFAULT 'due'::text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    attempts_before integer DEFAULT 0 NOT NULL,
    status smallint,
    error text DEFAULT ''::text NOT NULL,
    leased_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT webhook_delivery_check CHECK ((attempts_before <= attempts)),
    CONSTRAINT webhook_delivery_state_check CHECK ((state = ANY (ARRAY['due'::text, 'delivered'::text, 'dead'::text])))
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE public.webhook_endpoint (
    book integer NOT NULL,
    id uuid NOT NULL,
    url text NOT NULL,
    description text NOT NULL,
    events text[] NOT NULL,
    state text DEFAULT 'enabled'::text NOT NULL,
    why text DEFAULT ''::text NOT NULL,
    failing_since timestamp with time zone,
    listens_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT webhook_endpoint_check CHECK (((state = 'disabled'::text) = (why <> ''::text))),
    CONSTRAINT webhook_endpoint_description_check CHECK ((length(description) <= 500)),
    CONSTRAINT webhook_endpoint_events_check CHECK (((cardinality(events) >= 1) AND (cardinality(events) <= 100))),
    CONSTRAINT webhook_endpoint_state_check CHECK ((state = ANY (ARRAY['enabled'::text, 'disabled'::text, 'deleted'::text]))),
    CONSTRAINT webhook_endpoint_url_check CHECK (((length(url) >= 1) AND (length(url) <= 2048))),
    CONSTRAINT webhook_endpoint_why_check CHECK ((why = ANY (ARRAY[''::text, 'by_hand'::text, 'gone'::text, 'failing'::text])))
);

CREATE TABLE public.webhook_secret (
    book integer NOT NULL,
    endpoint_id uuid NOT NULL,
    number integer NOT NULL,
    sealed bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    until timestamp with time zone
);

CREATE TABLE public.whatif (
    book integer NOT NULL,
    seed bigint NOT NULL,
    assumptions jsonb NOT NULL,
    products jsonb NOT NULL,
    made_at timestamp with time zone NOT NULL
);

CREATE TABLE public.whatif_flow (
    book integer NOT NULL,
    product text NOT NULL,
    number integer NOT NULL,
    step integer NOT NULL,
    on_ date NOT NULL,
    principal bigint NOT NULL,
    interest bigint NOT NULL,
    certain boolean NOT NULL,
    only_ smallint DEFAULT 0 NOT NULL,
    CONSTRAINT whatif_flow_only__check CHECK (((only_ >= 0) AND (only_ <= 2)))
);

CREATE TABLE public.whatif_full (
    book integer NOT NULL,
    settings jsonb NOT NULL,
    begun_at timestamp with time zone NOT NULL
);

CREATE TABLE public.whatif_line (
    book integer NOT NULL,
    product text NOT NULL,
    number integer NOT NULL,
    key text NOT NULL,
    party text NOT NULL,
    segment text NOT NULL,
    amount bigint NOT NULL,
    fee_base bigint NOT NULL,
    short bigint NOT NULL,
    steps integer NOT NULL,
    take_at integer NOT NULL,
    loss_at integer NOT NULL,
    stop_at integer NOT NULL,
    waited integer,
    waits integer,
    CONSTRAINT whatif_line_amount_check CHECK ((amount > 0)),
    CONSTRAINT whatif_line_fee_base_check CHECK ((fee_base >= 0)),
    CONSTRAINT whatif_line_short_check CHECK ((short >= 0))
);

CREATE TABLE public.whatif_taken (
    book integer NOT NULL,
    product text NOT NULL,
    key text NOT NULL,
    object_id uuid,
    reason text DEFAULT ''::text NOT NULL,
    amount bigint NOT NULL,
    observed integer DEFAULT 1 NOT NULL,
    stops integer,
    CONSTRAINT whatif_taken_amount_check CHECK ((amount >= 0)),
    CONSTRAINT whatif_taken_check CHECK (((object_id IS NULL) = (reason <> ''::text)))
);

CREATE TABLE public.window_position (
    book integer NOT NULL,
    number bigint NOT NULL,
    account_id uuid NOT NULL,
    party_kind text NOT NULL,
    party text NOT NULL,
    path text NOT NULL,
    currency text NOT NULL,
    gross_in bigint NOT NULL,
    gross_out bigint NOT NULL,
    transfers bigint NOT NULL,
    CONSTRAINT window_position_gross_in_check CHECK ((gross_in >= 0)),
    CONSTRAINT window_position_gross_out_check CHECK ((gross_out >= 0)),
    CONSTRAINT window_position_party_kind_check CHECK ((party_kind = ANY (ARRAY['seller'::text, 'rail'::text, 'platform'::text])))
);

CREATE TABLE public.window_report (
    book integer NOT NULL,
    number bigint NOT NULL,
    made_at timestamp with time zone NOT NULL,
    clearings bigint NOT NULL,
    transfers bigint NOT NULL,
    totals jsonb NOT NULL,
    hash text NOT NULL
);

CREATE TABLE public.work (
    book integer NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    payload jsonb NOT NULL,
    state text DEFAULT 'due'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    last_error text DEFAULT ''::text NOT NULL,
    CONSTRAINT work_state_check CHECK ((state = ANY (ARRAY['due'::text, 'dead'::text])))
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE public.world (
    name text NOT NULL,
    kind text NOT NULL,
    seed bigint,
    clock_at timestamp with time zone,
    clock_offset_s bigint DEFAULT 0 NOT NULL,
    CONSTRAINT world_check CHECK (((kind = 'replay'::text) = (clock_at IS NOT NULL))),
    CONSTRAINT world_check1 CHECK (((kind <> 'live'::text) OR (clock_offset_s = 0))),
    CONSTRAINT world_kind_check CHECK ((kind = ANY (ARRAY['live'::text, 'sandbox'::text, 'replay'::text])))
);

ALTER TABLE ONLY public.transfer ATTACH PARTITION public.transfer_rest DEFAULT;

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_book_path_currency_key UNIQUE (book, path, currency);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.activity
    ADD CONSTRAINT activity_book_kind_key_key UNIQUE (book, kind, key);

ALTER TABLE ONLY public.activity_key
    ADD CONSTRAINT activity_key_pkey PRIMARY KEY (book);

ALTER TABLE ONLY public.activity
    ADD CONSTRAINT activity_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.archive
    ADD CONSTRAINT archive_pkey PRIMARY KEY (book, name);

ALTER TABLE ONLY public.assignment_entry
    ADD CONSTRAINT assignment_entry_pkey PRIMARY KEY (book, assignment_id, number);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.batch_seal
    ADD CONSTRAINT batch_seal_pkey PRIMARY KEY (book, batch);

ALTER TABLE ONLY public.book
    ADD CONSTRAINT book_pkey PRIMARY KEY (book);

ALTER TABLE ONLY public.book
    ADD CONSTRAINT book_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.burnt
    ADD CONSTRAINT burnt_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.buyer
    ADD CONSTRAINT buyer_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.cancellation
    ADD CONSTRAINT cancellation_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.carried
    ADD CONSTRAINT carried_pkey PRIMARY KEY (book, account_id);

ALTER TABLE ONLY public.catalog_offer
    ADD CONSTRAINT catalog_offer_pkey PRIMARY KEY (book, product, id);

ALTER TABLE ONLY public.catalog_version
    ADD CONSTRAINT catalog_version_book_product_digest_key UNIQUE (book, product, digest);

ALTER TABLE ONLY public.catalog_version
    ADD CONSTRAINT catalog_version_pkey PRIMARY KEY (book, product, number);

ALTER TABLE ONLY public.certificate
    ADD CONSTRAINT certificate_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.checkpoint
    ADD CONSTRAINT checkpoint_pkey PRIMARY KEY (book, size);

ALTER TABLE ONLY public.clearing
    ADD CONSTRAINT clearing_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.confirmation
    ADD CONSTRAINT confirmation_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.console_session
    ADD CONSTRAINT console_session_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.cover_claim
    ADD CONSTRAINT cover_claim_book_loan_id_party_key UNIQUE (book, loan_id, party);

ALTER TABLE ONLY public.cover_claim_entry
    ADD CONSTRAINT cover_claim_entry_pkey PRIMARY KEY (book, claim_id, number);

ALTER TABLE ONLY public.cover_claim
    ADD CONSTRAINT cover_claim_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.day_balance
    ADD CONSTRAINT day_balance_pkey PRIMARY KEY (book, account_id, until);

ALTER TABLE ONLY public.decision
    ADD CONSTRAINT decision_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.device_event
    ADD CONSTRAINT device_event_book_device_id_counter_key UNIQUE (book, device_id, counter);

ALTER TABLE ONLY public.device_event
    ADD CONSTRAINT device_event_book_device_id_event_key UNIQUE (book, device_id, event);

ALTER TABLE ONLY public.device_event
    ADD CONSTRAINT device_event_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.device_issuer
    ADD CONSTRAINT device_issuer_pkey PRIMARY KEY (book, fingerprint);

ALTER TABLE ONLY public.device_key
    ADD CONSTRAINT device_key_pkey PRIMARY KEY (book, public);

ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.disbursement
    ADD CONSTRAINT disbursement_book_event_id_key UNIQUE (book, event_id);

ALTER TABLE ONLY public.disbursement
    ADD CONSTRAINT disbursement_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.dispute
    ADD CONSTRAINT dispute_book_rail_reference_key UNIQUE (book, rail, reference);

ALTER TABLE ONLY public.dispute_evidence
    ADD CONSTRAINT dispute_evidence_book_dispute_id_hash_key UNIQUE (book, dispute_id, hash);

ALTER TABLE ONLY public.dispute_evidence
    ADD CONSTRAINT dispute_evidence_pkey PRIMARY KEY (book, dispute_id, number);

ALTER TABLE ONLY public.dispute
    ADD CONSTRAINT dispute_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.double_spend
    ADD CONSTRAINT double_spend_book_second_id_key UNIQUE (book, second_id);

ALTER TABLE ONLY public.double_spend
    ADD CONSTRAINT double_spend_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.escrow
    ADD CONSTRAINT escrow_pkey PRIMARY KEY (book, order_id);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.evidence_file
    ADD CONSTRAINT evidence_file_pkey PRIMARY KEY (book, hash);

ALTER TABLE ONLY public.facility_appeal
    ADD CONSTRAINT facility_appeal_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.facility_change
    ADD CONSTRAINT facility_change_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.facility
    ADD CONSTRAINT facility_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.facility_reservation
    ADD CONSTRAINT facility_reservation_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.feature_head
    ADD CONSTRAINT feature_head_pkey PRIMARY KEY (book, stream, ref);

ALTER TABLE ONLY public.feature_stream
    ADD CONSTRAINT feature_stream_pkey PRIMARY KEY (book, stream);

ALTER TABLE ONLY public.feature_tile
    ADD CONSTRAINT feature_tile_pkey PRIMARY KEY (book, stream, ref, size, start, currency);

ALTER TABLE ONLY public.feature_value
    ADD CONSTRAINT feature_value_pkey PRIMARY KEY (book, stream, ref, value);

ALTER TABLE ONLY public.graph_link
    ADD CONSTRAINT graph_link_pkey PRIMARY KEY (book, kind, identifier, party);

ALTER TABLE ONLY public.graph_party
    ADD CONSTRAINT graph_party_pkey PRIMARY KEY (book, party);

ALTER TABLE ONLY public.hold
    ADD CONSTRAINT hold_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (book, key);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (book, digest);

ALTER TABLE ONLY public.item
    ADD CONSTRAINT item_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.ledger_state
    ADD CONSTRAINT ledger_state_pkey PRIMARY KEY (book);

ALTER TABLE ONLY public.line_match_item
    ADD CONSTRAINT line_match_item_pkey PRIMARY KEY (book, match_id, txn_id, leg);

ALTER TABLE ONLY public.line_match
    ADD CONSTRAINT line_match_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.list_entry
    ADD CONSTRAINT list_entry_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.loan_accrued
    ADD CONSTRAINT loan_accrued_pkey PRIMARY KEY (book, loan_id);

ALTER TABLE ONLY public.loan_day
    ADD CONSTRAINT loan_day_pkey PRIMARY KEY (book, day, part);

ALTER TABLE ONLY public.loan_event
    ADD CONSTRAINT loan_event_book_id_key UNIQUE (book, id);

ALTER TABLE ONLY public.loan_event
    ADD CONSTRAINT loan_event_book_loan_id_key_key UNIQUE (book, loan_id, key);

ALTER TABLE ONLY public.loan_event
    ADD CONSTRAINT loan_event_pkey PRIMARY KEY (book, loan_id, number);

ALTER TABLE ONLY public.loan_grid
    ADD CONSTRAINT loan_grid_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.loan_line
    ADD CONSTRAINT loan_line_pkey PRIMARY KEY (book, loan_id);

ALTER TABLE ONLY public.loan_move
    ADD CONSTRAINT loan_move_pkey PRIMARY KEY (book, loan_id, day);

ALTER TABLE ONLY public.loan_paper
    ADD CONSTRAINT loan_paper_pkey PRIMARY KEY (book, loan_id);

ALTER TABLE ONLY public.loan_part
    ADD CONSTRAINT loan_part_pkey PRIMARY KEY (book, loan_id, role, party, kind);

ALTER TABLE ONLY public.loan
    ADD CONSTRAINT loan_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.loan_position
    ADD CONSTRAINT loan_position_pkey PRIMARY KEY (book, loan_id);

ALTER TABLE ONLY public.loan_posting
    ADD CONSTRAINT loan_posting_pkey PRIMARY KEY (book, loan_id, txn_id);

ALTER TABLE ONLY public.loan_pulled
    ADD CONSTRAINT loan_pulled_pkey PRIMARY KEY (book, loan_id);

ALTER TABLE ONLY public.loan_request
    ADD CONSTRAINT loan_request_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.loan_risk_flow
    ADD CONSTRAINT loan_risk_flow_pkey PRIMARY KEY (book, day, part, product, currency, kind, stage_before, stage);

ALTER TABLE ONLY public.loan_risk
    ADD CONSTRAINT loan_risk_pkey PRIMARY KEY (book, day, part, product, currency, stage);

ALTER TABLE ONLY public.log_key
    ADD CONSTRAINT log_key_pkey PRIMARY KEY (book, from_size);

ALTER TABLE ONLY public.log_leaf
    ADD CONSTRAINT log_leaf_pkey PRIMARY KEY (book, leaf_index);

ALTER TABLE ONLY public.log_node
    ADD CONSTRAINT log_node_pkey PRIMARY KEY (book, level, node_index);

ALTER TABLE ONLY public.loss_proposal
    ADD CONSTRAINT loss_proposal_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.loss_rules
    ADD CONSTRAINT loss_rules_pkey PRIMARY KEY (book, product, number);

ALTER TABLE ONLY public.mandate
    ADD CONSTRAINT mandate_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.milestone
    ADD CONSTRAINT milestone_book_digest_key UNIQUE (book, digest);

ALTER TABLE ONLY public.milestone
    ADD CONSTRAINT milestone_book_source_id_kind_subject_reference_key UNIQUE (book, source_id, kind, subject, reference);

ALTER TABLE ONLY public.milestone
    ADD CONSTRAINT milestone_book_source_id_number_key UNIQUE (book, source_id, number);

ALTER TABLE ONLY public.milestone_key
    ADD CONSTRAINT milestone_key_book_public_key UNIQUE (book, public);

ALTER TABLE ONLY public.milestone_key
    ADD CONSTRAINT milestone_key_pkey PRIMARY KEY (book, source_id, number);

ALTER TABLE ONLY public.milestone
    ADD CONSTRAINT milestone_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.milestone_source
    ADD CONSTRAINT milestone_source_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.model_training
    ADD CONSTRAINT model_training_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.model_training_result
    ADD CONSTRAINT model_training_result_pkey PRIMARY KEY (book, training_id, form);

ALTER TABLE ONLY public.order_
    ADD CONSTRAINT order__pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.organisation
    ADD CONSTRAINT organisation_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.partner_name
    ADD CONSTRAINT partner_name_pkey PRIMARY KEY (book, party, number);

ALTER TABLE ONLY public.party_default_day
    ADD CONSTRAINT party_default_day_pkey PRIMARY KEY (book, day);

ALTER TABLE ONLY public.party_default
    ADD CONSTRAINT party_default_pkey PRIMARY KEY (book, party, since);

ALTER TABLE ONLY public.party_grade
    ADD CONSTRAINT party_grade_pkey PRIMARY KEY (book, party, number);

ALTER TABLE ONLY public.party_mark
    ADD CONSTRAINT party_mark_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.party_page
    ADD CONSTRAINT party_page_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.passkey_challenge
    ADD CONSTRAINT passkey_challenge_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.passkey
    ADD CONSTRAINT passkey_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.payment_index
    ADD CONSTRAINT payment_index_pkey PRIMARY KEY (book, kind, name, payment_id);

ALTER TABLE ONLY public.payment_link
    ADD CONSTRAINT payment_link_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.payment_refund
    ADD CONSTRAINT payment_refund_book_key_key UNIQUE (book, key);

ALTER TABLE ONLY public.payment_refund
    ADD CONSTRAINT payment_refund_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.payout_batch
    ADD CONSTRAINT payout_batch_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.payout
    ADD CONSTRAINT payout_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.period
    ADD CONSTRAINT period_pkey PRIMARY KEY (book, until);

ALTER TABLE ONLY public.product
    ADD CONSTRAINT product_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.programme
    ADD CONSTRAINT programme_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.rail_breaker
    ADD CONSTRAINT rail_breaker_pkey PRIMARY KEY (book, rail);

ALTER TABLE ONLY public.rail_call
    ADD CONSTRAINT rail_call_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.rail_notice
    ADD CONSTRAINT rail_notice_book_rail_event_key UNIQUE (book, rail, event);

ALTER TABLE ONLY public.rail_notice
    ADD CONSTRAINT rail_notice_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.rail_tally
    ADD CONSTRAINT rail_tally_pkey PRIMARY KEY (book, rail, hour, verb, verdict, code, class);

ALTER TABLE ONLY public.receivable
    ADD CONSTRAINT receivable_book_fingerprint_key UNIQUE (book, fingerprint);

ALTER TABLE ONLY public.receivable
    ADD CONSTRAINT receivable_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.reconciliation
    ADD CONSTRAINT reconciliation_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.recovery_code
    ADD CONSTRAINT recovery_code_pkey PRIMARY KEY (book, member_id, digest);

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT refund_book_key_key UNIQUE (book, key);

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT refund_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.replay
    ADD CONSTRAINT replay_pkey PRIMARY KEY (book);

ALTER TABLE ONLY public.request_log
    ADD CONSTRAINT request_log_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.return_
    ADD CONSTRAINT return__pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.reversal
    ADD CONSTRAINT reversal_pkey PRIMARY KEY (book, txn_id);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.risk_model
    ADD CONSTRAINT risk_model_book_sha256_key UNIQUE (book, sha256);

ALTER TABLE ONLY public.risk_model
    ADD CONSTRAINT risk_model_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.risk_version
    ADD CONSTRAINT risk_version_pkey PRIMARY KEY (book, kind, name, number);

ALTER TABLE ONLY public.row_grant
    ADD CONSTRAINT row_grant_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.seller
    ADD CONSTRAINT seller_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.settlement_terms
    ADD CONSTRAINT settlement_terms_pkey PRIMARY KEY (book, version);

ALTER TABLE ONLY public.settlement_window
    ADD CONSTRAINT settlement_window_pkey PRIMARY KEY (book, number);

ALTER TABLE ONLY public.shipment
    ADD CONSTRAINT shipment_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.sign_in_failure
    ADD CONSTRAINT sign_in_failure_pkey PRIMARY KEY (book, subject);

ALTER TABLE ONLY public.statement_file
    ADD CONSTRAINT statement_file_book_digest_key UNIQUE (book, digest);

ALTER TABLE ONLY public.statement_file
    ADD CONSTRAINT statement_file_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.statement_line
    ADD CONSTRAINT statement_line_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.suspect
    ADD CONSTRAINT suspect_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.suspect_search
    ADD CONSTRAINT suspect_search_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.switched
    ADD CONSTRAINT switched_pkey PRIMARY KEY (book, product, number);

ALTER TABLE ONLY public.tender
    ADD CONSTRAINT tender_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.terms
    ADD CONSTRAINT terms_pkey PRIMARY KEY (book, version);

ALTER TABLE ONLY public.transfer
    ADD CONSTRAINT transfer_pkey PRIMARY KEY (book, id, leg);

ALTER TABLE ONLY public.transfer_rest
    ADD CONSTRAINT transfer_rest_pkey PRIMARY KEY (book, id, leg);

ALTER TABLE ONLY public.unit
    ADD CONSTRAINT unit_pkey PRIMARY KEY (book, code);

ALTER TABLE ONLY public.unsealed
    ADD CONSTRAINT unsealed_pkey PRIMARY KEY (book, seq);

ALTER TABLE ONLY public.voucher
    ADD CONSTRAINT voucher_book_digest_key UNIQUE (book, digest);

ALTER TABLE ONLY public.voucher
    ADD CONSTRAINT voucher_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.webhook_attempt
    ADD CONSTRAINT webhook_attempt_pkey PRIMARY KEY (book, delivery_id, number);

ALTER TABLE ONLY public.webhook_delivery
    ADD CONSTRAINT webhook_delivery_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.webhook_endpoint
    ADD CONSTRAINT webhook_endpoint_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.webhook_secret
    ADD CONSTRAINT webhook_secret_pkey PRIMARY KEY (book, endpoint_id, number);

ALTER TABLE ONLY public.whatif_flow
    ADD CONSTRAINT whatif_flow_pkey PRIMARY KEY (book, product, number, step);

ALTER TABLE ONLY public.whatif_full
    ADD CONSTRAINT whatif_full_pkey PRIMARY KEY (book);

ALTER TABLE ONLY public.whatif_line
    ADD CONSTRAINT whatif_line_pkey PRIMARY KEY (book, product, number);

ALTER TABLE ONLY public.whatif
    ADD CONSTRAINT whatif_pkey PRIMARY KEY (book);

ALTER TABLE ONLY public.whatif_taken
    ADD CONSTRAINT whatif_taken_pkey PRIMARY KEY (book, product, key);

ALTER TABLE ONLY public.window_position
    ADD CONSTRAINT window_position_pkey PRIMARY KEY (book, number, account_id);

ALTER TABLE ONLY public.window_report
    ADD CONSTRAINT window_report_pkey PRIMARY KEY (book, number);

ALTER TABLE ONLY public.work
    ADD CONSTRAINT work_book_kind_key_key UNIQUE (book, kind, key);

ALTER TABLE ONLY public.work
    ADD CONSTRAINT work_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.world
    ADD CONSTRAINT world_pkey PRIMARY KEY (name);

CREATE INDEX account_kind ON public.account USING btree (book, kind, id);

CREATE INDEX activity_address ON public.activity USING btree (book, address, occurred_at) WHERE (address IS NOT NULL);

CREATE INDEX activity_buyer ON public.activity USING btree (book, buyer, occurred_at) WHERE (buyer IS NOT NULL);

CREATE INDEX activity_card ON public.activity USING btree (book, card, occurred_at) WHERE (card IS NOT NULL);

CREATE INDEX activity_device ON public.activity USING btree (book, device, occurred_at) WHERE (device IS NOT NULL);

CREATE INDEX activity_ip ON public.activity USING btree (book, ip, occurred_at) WHERE (ip IS NOT NULL);

CREATE INDEX activity_merchant ON public.activity USING btree (book, merchant, occurred_at) WHERE (merchant IS NOT NULL);

CREATE INDEX activity_order ON public.activity USING btree (book, order_, occurred_at) WHERE (order_ IS NOT NULL);

CREATE INDEX activity_phone ON public.activity USING btree (book, phone, occurred_at) WHERE (phone IS NOT NULL);

CREATE UNIQUE INDEX assignment_claim_once ON public.assignment USING btree (book, fingerprint) WHERE (state <> 'declined'::text);

CREATE UNIQUE INDEX assignment_once ON public.assignment USING btree (book, receivable_id) WHERE (state <> 'declined'::text);

CREATE INDEX assignment_order ON public.assignment USING btree (order_id) WHERE (order_id IS NOT NULL);

CREATE INDEX assignment_running ON public.assignment USING btree (book, product, currency, debtor) WHERE (state = ANY (ARRAY['assigned'::text, 'advanced'::text, 'confirmed'::text, 'disputed'::text, 'recourse'::text]));

CREATE INDEX assignment_seller ON public.assignment USING btree (book, seller_id, id);

CREATE UNIQUE INDEX buyer_id ON public.buyer USING btree (book, id) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE UNIQUE INDEX buyer_now ON public.buyer USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE UNIQUE INDEX cancellation_now ON public.cancellation USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX cancellation_order ON public.cancellation USING btree (order_key, book);

CREATE INDEX certificate_device ON public.certificate USING btree (device_id, book, id);

CREATE INDEX clearing_payment ON public.clearing USING btree (payment_id, book);

CREATE INDEX clearing_window ON public.clearing USING btree (window_number, book);

CREATE UNIQUE INDEX confirmation_now ON public.confirmation USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX confirmation_order ON public.confirmation USING btree (order_key, book);

CREATE INDEX console_session_of ON public.console_session USING btree (book, member_id, id);

CREATE INDEX cover_claim_state ON public.cover_claim USING btree (book, state, id);

CREATE INDEX decision_at ON public.decision USING btree (book, at);

CREATE INDEX decision_party ON public.decision USING btree (book, party, id) WHERE (party <> ''::text);

CREATE INDEX decision_reference ON public.decision USING btree (book, reference, id) WHERE (reference <> ''::text);

CREATE UNIQUE INDEX delivery_now ON public.delivery USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX delivery_order ON public.delivery USING btree (order_key, book);

CREATE INDEX device_event_mandate ON public.device_event USING btree (mandate_id, book, id);

CREATE UNIQUE INDEX device_key_now ON public.device_key USING btree (book, device_id) WHERE (until_at IS NULL);

CREATE INDEX device_party ON public.device USING btree (book, party, id);

CREATE INDEX disbursement_loan ON public.disbursement USING btree (book, loan_id, id);

CREATE INDEX disbursement_open ON public.disbursement USING btree (book, id) WHERE (state = 'disbursing'::text);

CREATE INDEX disbursement_txn ON public.disbursement USING btree (book, txn_id);

CREATE INDEX dispute_payment ON public.dispute USING btree (payment_id, book);

CREATE INDEX dispute_state ON public.dispute USING btree (book, state, id);

CREATE INDEX double_spend_device ON public.double_spend USING btree (device_id, book);

CREATE INDEX escrow_release ON public.escrow USING btree (book, released_by);

CREATE INDEX escrow_state ON public.escrow USING btree (book, state, order_id);

CREATE INDEX event_object ON public.event USING btree (book, object, id);

CREATE INDEX event_type ON public.event USING btree (book, type, id);

CREATE INDEX facility_appeal_of ON public.facility_appeal USING btree (book, facility_id, id);

CREATE UNIQUE INDEX facility_appeal_open ON public.facility_appeal USING btree (book, freeze_id) WHERE (state = 'open'::text);

CREATE INDEX facility_appeal_state ON public.facility_appeal USING btree (book, state, id);

CREATE UNIQUE INDEX facility_change_ends ON public.facility_change USING btree (book, ends) WHERE (ends IS NOT NULL);

CREATE UNIQUE INDEX facility_change_of ON public.facility_change USING btree (book, facility_id, number);

CREATE INDEX facility_parent ON public.facility USING btree (book, parent_id) WHERE (parent_id IS NOT NULL);

CREATE INDEX facility_party ON public.facility USING btree (book, party, id);

CREATE INDEX facility_reservation_of ON public.facility_reservation USING btree (book, facility_id, id);

CREATE INDEX feature_value_last ON public.feature_value USING btree (book, stream, ref, last_at);

CREATE INDEX graph_link_party ON public.graph_link USING btree (book, party, last_at DESC);

CREATE INDEX hold_due ON public.hold USING btree (book, expires_at) WHERE ((state = 'open'::text) AND (expires_at IS NOT NULL));

CREATE INDEX hold_from ON public.hold USING btree (from_id, id) WHERE (state = 'open'::text);

CREATE INDEX hold_to ON public.hold USING btree (to_id, id) WHERE (state = 'open'::text);

CREATE UNIQUE INDEX item_now ON public.item USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX item_order ON public.item USING btree (order_key, book);

CREATE INDEX item_seller ON public.item USING btree (seller_key, book);

CREATE UNIQUE INDEX line_match_item_once ON public.line_match_item USING btree (book, txn_id, leg, account_id) WHERE (NOT freed);

CREATE UNIQUE INDEX line_match_txn ON public.line_match USING btree (book, txn_id);

CREATE INDEX list_entry_ends ON public.list_entry USING btree (book, ends) WHERE (ends IS NOT NULL);

CREATE INDEX list_entry_subject ON public.list_entry USING btree (book, subject);

CREATE INDEX loan_event_recorded ON public.loan_event USING btree (book, recorded_at);

CREATE UNIQUE INDEX loan_event_undone_once ON public.loan_event USING btree (book, reverses) WHERE (reverses IS NOT NULL);

CREATE INDEX loan_facility ON public.loan USING btree (facility_id, book) WHERE (facility_id IS NOT NULL);

CREATE INDEX loan_line_part ON public.loan_line USING btree (book, part, loan_id);

CREATE INDEX loan_move_day ON public.loan_move USING btree (book, day);

CREATE INDEX loan_party ON public.loan USING btree (party, book, id);

CREATE INDEX loan_position_due ON public.loan_position USING btree (book, oldest_open_due) WHERE (oldest_open_due IS NOT NULL);

CREATE INDEX loan_posting_cause ON public.loan_posting USING btree (cause, book) WHERE (cause IS NOT NULL);

CREATE INDEX loan_request_loan ON public.loan_request USING btree (book, loan_id, id);

CREATE UNIQUE INDEX loan_request_open ON public.loan_request USING btree (book, loan_id) WHERE (state = 'open'::text);

CREATE INDEX loan_request_state ON public.loan_request USING btree (book, state, id);

CREATE INDEX loan_state ON public.loan USING btree (book, state, id);

CREATE INDEX log_leaf_ref ON public.log_leaf USING btree (ref, kind, book, leaf_index);

CREATE INDEX mandate_payer ON public.mandate USING btree (book, payer, id);

CREATE UNIQUE INDEX member_email ON public.member USING btree (book, email) WHERE (removed_at IS NULL);

CREATE INDEX member_organisation ON public.member USING btree (book, organisation_id, id);

CREATE INDEX milestone_subject ON public.milestone USING btree (book, subject, id);

CREATE INDEX model_training_owner ON public.model_training USING btree (book, owner, id);

CREATE INDEX model_training_waits ON public.model_training USING btree (book, id) WHERE (content IS NOT NULL);

CREATE INDEX order_buyer ON public.order_ USING btree (buyer_key, book);

CREATE UNIQUE INDEX order_id ON public.order_ USING btree (book, id) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE UNIQUE INDEX order_now ON public.order_ USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE UNIQUE INDEX organisation_of ON public.organisation USING btree (book, object_id) WHERE (ended_at IS NULL);

CREATE INDEX party_mark_party ON public.party_mark USING btree (book, party, since);

CREATE INDEX party_page_party ON public.party_page USING btree (book, party, id);

CREATE INDEX passkey_challenge_until ON public.passkey_challenge USING btree (book, until);

CREATE UNIQUE INDEX passkey_credential ON public.passkey USING btree (book, credential_id);

CREATE INDEX passkey_owner ON public.passkey USING btree (book, owner) WHERE (removed_at IS NULL);

CREATE INDEX payment_amount ON public.payment USING btree (book, amount);

CREATE INDEX payment_buyer ON public.payment USING btree (book, buyer, id) WHERE (buyer <> ''::text);

CREATE INDEX payment_by_link ON public.payment USING btree (book, reference, id) WHERE starts_with(reference, 'plk_'::text);

CREATE INDEX payment_link_seller ON public.payment_link USING btree (book, seller, id);

CREATE INDEX payment_open ON public.payment USING btree (book, expires_at, id) WHERE (state <> ALL (ARRAY['succeeded'::text, 'cancelled'::text, 'failed'::text]));

CREATE INDEX payment_order ON public.payment USING btree (book, order_key, id) WHERE (order_key <> ''::text);

CREATE INDEX payment_refund_payment ON public.payment_refund USING btree (payment_id, book);

CREATE INDEX payment_state ON public.payment USING btree (book, state, id) WHERE (state <> 'succeeded'::text);

CREATE INDEX payout_account ON public.payout USING btree (book, account_id, to_version);

CREATE INDEX payout_batch_of ON public.payout USING btree (batch_id, id) WHERE (batch_id IS NOT NULL);

CREATE INDEX payout_batch_open ON public.payout_batch USING btree (book, id) WHERE (state <> ALL (ARRAY['done'::text, 'cancelled'::text]));

CREATE INDEX payout_call ON public.payout USING btree (call_id) WHERE (call_id IS NOT NULL);

CREATE INDEX payout_day ON public.payout USING btree (book, at) WHERE (state = ANY (ARRAY['sent'::text, 'paid'::text]));

CREATE INDEX payout_due ON public.payout USING btree (account_id) WHERE (state = 'due'::text);

CREATE INDEX payout_seller ON public.payout USING btree (book, seller_id, id);

CREATE UNIQUE INDEX product_id ON public.product USING btree (book, id) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE UNIQUE INDEX product_now ON public.product USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX rail_call_due ON public.rail_call USING btree (book, rail, look_at, id) WHERE (look_at IS NOT NULL);

CREATE INDEX rail_call_rail ON public.rail_call USING btree (book, rail, id);

CREATE UNIQUE INDEX rail_call_reference ON public.rail_call USING btree (book, rail, reference) WHERE (reference <> ''::text);

CREATE INDEX rail_call_subject ON public.rail_call USING btree (book, subject, id);

CREATE INDEX rail_notice_call ON public.rail_notice USING btree (book, call_id, id) WHERE (call_id IS NOT NULL);

CREATE INDEX rail_notice_due ON public.rail_notice USING btree (book, look_at, id) WHERE (look_at IS NOT NULL);

CREATE INDEX receivable_seller ON public.receivable USING btree (book, seller_id, id);

CREATE INDEX refund_order ON public.refund USING btree (book, order_id);

CREATE INDEX request_log_key ON public.request_log USING btree (key_id, book, id);

CREATE UNIQUE INDEX return_now ON public.return_ USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX return_order ON public.return_ USING btree (order_key, book);

CREATE UNIQUE INDEX review_now ON public.review USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX review_order ON public.review USING btree (order_key, book);

CREATE INDEX risk_version_in_force ON public.risk_version USING btree (book, kind, name, number DESC) WHERE (state = 'published'::text);

CREATE INDEX row_grant_of ON public.row_grant USING btree (book, organisation_id) WHERE (revoked_at IS NULL);

CREATE UNIQUE INDEX seller_id ON public.seller USING btree (book, id) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE UNIQUE INDEX seller_now ON public.seller USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE UNIQUE INDEX settlement_window_open ON public.settlement_window USING btree (book) WHERE (closed_at IS NULL);

CREATE UNIQUE INDEX shipment_now ON public.shipment USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX shipment_order ON public.shipment USING btree (order_key, book);

CREATE INDEX statement_line_file ON public.statement_line USING btree (file_id, number);

CREATE INDEX statement_line_match ON public.statement_line USING btree (match_id) WHERE (match_id IS NOT NULL);

CREATE INDEX statement_line_new ON public.statement_line USING btree (file_id, subject, number) WHERE (state = 'new'::text);

CREATE INDEX statement_line_reference ON public.statement_line USING btree (book, reference) WHERE (reference <> ''::text);

CREATE INDEX statement_line_waits ON public.statement_line USING btree (book, since, id) WHERE (state = ANY (ARRAY['suspense'::text, 'asked'::text]));

CREATE INDEX suspect_member ON public.suspect USING gin (members);

CREATE INDEX suspect_open ON public.suspect USING btree (book, state, id);

CREATE UNIQUE INDEX switched_on ON public.switched USING btree (book, product) WHERE (off_at IS NULL);

CREATE UNIQUE INDEX tender_now ON public.tender USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX tender_order ON public.tender USING btree (order_key, book);

CREATE INDEX tender_recorded ON public.tender USING btree (book, recorded_at);

CREATE INDEX transfer_batch ON ONLY public.transfer USING btree (batch);

CREATE INDEX transfer_from ON ONLY public.transfer USING btree (from_id, recorded_at, from_version);

CREATE INDEX transfer_from_odd ON ONLY public.transfer USING btree (from_id, effective_at) WHERE ((recorded_at - effective_at) > '1 day'::interval);

CREATE INDEX transfer_reference ON ONLY public.transfer USING btree (book, reference, id) WHERE ((leg = 0) AND (reference <> ''::text));

CREATE INDEX transfer_rest_batch_idx ON public.transfer_rest USING btree (batch);

CREATE INDEX transfer_rest_book_reference_id_idx ON public.transfer_rest USING btree (book, reference, id) WHERE ((leg = 0) AND (reference <> ''::text));

CREATE INDEX transfer_rest_from_id_effective_at_idx ON public.transfer_rest USING btree (from_id, effective_at) WHERE ((recorded_at - effective_at) > '1 day'::interval);

CREATE INDEX transfer_rest_from_id_recorded_at_from_version_idx ON public.transfer_rest USING btree (from_id, recorded_at, from_version);

CREATE INDEX transfer_to_odd ON ONLY public.transfer USING btree (to_id, effective_at) WHERE ((recorded_at - effective_at) > '1 day'::interval);

CREATE INDEX transfer_rest_to_id_effective_at_idx ON public.transfer_rest USING btree (to_id, effective_at) WHERE ((recorded_at - effective_at) > '1 day'::interval);

CREATE INDEX transfer_to ON ONLY public.transfer USING btree (to_id, recorded_at, to_version);

CREATE INDEX transfer_rest_to_id_recorded_at_to_version_idx ON public.transfer_rest USING btree (to_id, recorded_at, to_version);

CREATE INDEX voucher_certificate ON public.voucher USING btree (certificate_id, book, counter);

CREATE UNIQUE INDEX voucher_counter ON public.voucher USING btree (book, device_id, counter) WHERE (state = ANY (ARRAY['deposited'::text, 'disputed'::text]));

CREATE INDEX voucher_merchant ON public.voucher USING btree (book, merchant, id);

CREATE INDEX voucher_odd ON public.voucher USING btree (book, id) WHERE (state <> 'deposited'::text);

CREATE INDEX webhook_delivery_dead ON public.webhook_delivery USING btree (book, id) WHERE (state = 'dead'::text);

CREATE INDEX webhook_delivery_due ON public.webhook_delivery USING btree (book, endpoint_id, due_at) WHERE (state = 'due'::text);

CREATE INDEX webhook_delivery_endpoint ON public.webhook_delivery USING btree (book, endpoint_id, id);

CREATE INDEX webhook_delivery_event ON public.webhook_delivery USING btree (book, event_id);

CREATE INDEX webhook_endpoint_enabled ON public.webhook_endpoint USING btree (book) WHERE (state = 'enabled'::text);

CREATE INDEX whatif_taken_object ON public.whatif_taken USING btree (book, object_id) WHERE (object_id IS NOT NULL);

CREATE INDEX work_due ON public.work USING btree (book, due_at, kind, key) WHERE (state = 'due'::text);

CREATE UNIQUE INDEX world_is_one ON public.world USING btree ((true));

ALTER INDEX public.transfer_batch ATTACH PARTITION public.transfer_rest_batch_idx;

ALTER INDEX public.transfer_reference ATTACH PARTITION public.transfer_rest_book_reference_id_idx;

ALTER INDEX public.transfer_from_odd ATTACH PARTITION public.transfer_rest_from_id_effective_at_idx;

ALTER INDEX public.transfer_from ATTACH PARTITION public.transfer_rest_from_id_recorded_at_from_version_idx;

ALTER INDEX public.transfer_pkey ATTACH PARTITION public.transfer_rest_pkey;

ALTER INDEX public.transfer_to_odd ATTACH PARTITION public.transfer_rest_to_id_effective_at_idx;

ALTER INDEX public.transfer_to ATTACH PARTITION public.transfer_rest_to_id_recorded_at_to_version_idx;

CREATE TRIGGER account_sealed_anew AFTER UPDATE ON public.account FOR EACH ROW WHEN (((((((((old.closed IS DISTINCT FROM new.closed) OR (old.floor IS DISTINCT FROM new.floor)) OR (old.ceiling IS DISTINCT FROM new.ceiling)) OR (old.path IS DISTINCT FROM new.path)) OR (old.currency IS DISTINCT FROM new.currency)) OR (old.kind IS DISTINCT FROM new.kind)) OR (old.class IS DISTINCT FROM new.class)) OR (old.opened_at IS DISTINCT FROM new.opened_at))) EXECUTE FUNCTION public.queue_account();

CREATE TRIGGER activity_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.activity FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER activity_key_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.activity_key FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER archive_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.archive FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER assignment_entry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.assignment_entry FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER assignment_state_moves BEFORE UPDATE ON public.assignment FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION public.guard_assignment_state();

CREATE TRIGGER batch_seal_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.batch_seal FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER book_opens_window AFTER INSERT ON public.book FOR EACH ROW EXECUTE FUNCTION public.open_first_window();

CREATE TRIGGER buyer_keeps_rows BEFORE DELETE OR TRUNCATE ON public.buyer FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER buyer_keeps_versions BEFORE UPDATE ON public.buyer FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER cancellation_keeps_rows BEFORE DELETE OR TRUNCATE ON public.cancellation FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER cancellation_keeps_versions BEFORE UPDATE ON public.cancellation FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER catalog_offer_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.catalog_offer FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER catalog_version_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.catalog_version FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER checkpoint_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.checkpoint FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER clearing_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.clearing FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER clearing_in_open_window AFTER INSERT ON public.clearing REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.guard_clearing_window();

CREATE TRIGGER confirmation_keeps_rows BEFORE DELETE OR TRUNCATE ON public.confirmation FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER confirmation_keeps_versions BEFORE UPDATE ON public.confirmation FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER cover_claim_entry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.cover_claim_entry FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER cover_claim_state_moves BEFORE UPDATE ON public.cover_claim FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION public.guard_cover_claim_state();

CREATE TRIGGER decision_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.decision FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER delivery_keeps_rows BEFORE DELETE OR TRUNCATE ON public.delivery FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER delivery_keeps_versions BEFORE UPDATE ON public.delivery FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER device_issuer_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.device_issuer FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER disbursement_moves BEFORE UPDATE ON public.disbursement FOR EACH ROW EXECUTE FUNCTION public.guard_disbursement();

CREATE TRIGGER disbursement_stays BEFORE DELETE OR TRUNCATE ON public.disbursement FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER dispute_evidence_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.dispute_evidence FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER dispute_state_moves BEFORE UPDATE ON public.dispute FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION public.guard_dispute_state();

CREATE TRIGGER double_spend_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.double_spend FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER event_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.event FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER evidence_file_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.evidence_file FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER facility_appeal_moves BEFORE UPDATE ON public.facility_appeal FOR EACH ROW EXECUTE FUNCTION public.guard_appeal_state();

CREATE TRIGGER facility_change_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.facility_change FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER facility_moves BEFORE UPDATE ON public.facility FOR EACH ROW EXECUTE FUNCTION public.guard_facility();

CREATE TRIGGER facility_reservation_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.facility_reservation FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER facility_stays BEFORE DELETE OR TRUNCATE ON public.facility FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER item_keeps_rows BEFORE DELETE OR TRUNCATE ON public.item FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER item_keeps_versions BEFORE UPDATE ON public.item FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER list_entry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.list_entry FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER loan_day_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.loan_day FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER loan_event_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.loan_event FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER loan_move_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.loan_move FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER loan_paper_stands BEFORE DELETE OR UPDATE ON public.loan_paper FOR EACH ROW EXECUTE FUNCTION public.guard_loan_paper();

CREATE TRIGGER loan_posting_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.loan_posting FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER loan_request_moves BEFORE UPDATE ON public.loan_request FOR EACH ROW EXECUTE FUNCTION public.guard_request_state();

CREATE TRIGGER loan_risk_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.loan_risk FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER loan_risk_flow_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.loan_risk_flow FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER loan_state_moves BEFORE UPDATE ON public.loan FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION public.guard_loan_state();

CREATE TRIGGER loan_terms_stand BEFORE UPDATE ON public.loan FOR EACH ROW WHEN (((((((((old.party IS DISTINCT FROM new.party) OR (old.product IS DISTINCT FROM new.product)) OR (old.version IS DISTINCT FROM new.version)) OR (old.currency IS DISTINCT FROM new.currency)) OR (old.amount IS DISTINCT FROM new.amount)) OR (old.instalments IS DISTINCT FROM new.instalments)) OR (old.applied_at IS DISTINCT FROM new.applied_at)) OR ((old.rate_annual IS NOT NULL) AND (old.rate_annual IS DISTINCT FROM new.rate_annual)) OR ((old.start_on IS NOT NULL) AND (old.start_on IS DISTINCT FROM new.start_on)))) EXECUTE FUNCTION public.guard_loan_terms();

CREATE TRIGGER log_key_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_key FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER log_leaf_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_leaf FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER log_node_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_node FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER loss_proposal_stands BEFORE UPDATE ON public.loss_proposal FOR EACH ROW EXECUTE FUNCTION public.guard_loss_proposal();

CREATE TRIGGER loss_proposal_stays BEFORE DELETE OR TRUNCATE ON public.loss_proposal FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER loss_rules_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.loss_rules FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER milestone_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.milestone FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER milestone_key_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.milestone_key FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER milestone_source_stands BEFORE UPDATE ON public.milestone_source FOR EACH ROW EXECUTE FUNCTION public.guard_milestone_source();

CREATE TRIGGER milestone_source_stays BEFORE DELETE OR TRUNCATE ON public.milestone_source FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER order_keeps_rows BEFORE DELETE OR TRUNCATE ON public.order_ FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER order_keeps_versions BEFORE UPDATE ON public.order_ FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER partner_name_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.partner_name FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER party_default_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.party_default FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER party_grade_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.party_grade FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER party_mark_stands BEFORE UPDATE ON public.party_mark FOR EACH ROW EXECUTE FUNCTION public.guard_party_mark();

CREATE TRIGGER party_mark_stays BEFORE DELETE OR TRUNCATE ON public.party_mark FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER payment_indexed AFTER INSERT ON public.payment REFERENCING NEW TABLE AS new FOR EACH STATEMENT EXECUTE FUNCTION public.index_new_payments();

CREATE TRIGGER payment_indexed_again AFTER UPDATE OF tenders ON public.payment FOR EACH ROW WHEN ((jsonb_path_query_array(old.tenders, '$[*][0]'::jsonpath) IS DISTINCT FROM jsonb_path_query_array(new.tenders, '$[*][0]'::jsonpath))) EXECUTE FUNCTION public.index_other_means();

CREATE TRIGGER payment_state_moves BEFORE UPDATE ON public.payment FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION public.guard_payment_state();

CREATE TRIGGER payout_batch_state_moves BEFORE UPDATE ON public.payout_batch FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION public.guard_payout_batch_state();

CREATE TRIGGER payout_state_moves BEFORE UPDATE ON public.payout FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION public.guard_payout_state();

CREATE TRIGGER period_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.period FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER product_keeps_rows BEFORE DELETE OR TRUNCATE ON public.product FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER product_keeps_versions BEFORE UPDATE ON public.product FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER rail_call_state_moves BEFORE UPDATE ON public.rail_call FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION public.guard_rail_call_state();

CREATE TRIGGER receivable_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.receivable FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER return_keeps_rows BEFORE DELETE OR TRUNCATE ON public.return_ FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER return_keeps_versions BEFORE UPDATE ON public.return_ FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER reversal_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.reversal FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER review_keeps_rows BEFORE DELETE OR TRUNCATE ON public.review FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER review_keeps_versions BEFORE UPDATE ON public.review FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER risk_model_stands BEFORE UPDATE ON public.risk_model FOR EACH ROW EXECUTE FUNCTION public.guard_risk_model();

CREATE TRIGGER risk_model_stays BEFORE DELETE OR TRUNCATE ON public.risk_model FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER risk_version_stands BEFORE UPDATE ON public.risk_version FOR EACH ROW EXECUTE FUNCTION public.guard_risk_version();

CREATE TRIGGER risk_version_stays BEFORE DELETE OR TRUNCATE ON public.risk_version FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER seller_keeps_rows BEFORE DELETE OR TRUNCATE ON public.seller FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER seller_keeps_versions BEFORE UPDATE ON public.seller FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER settlement_window_closed BEFORE UPDATE ON public.settlement_window FOR EACH ROW WHEN (((old.closed_at IS NOT NULL) OR (new.closed_at IS NULL) OR (new.number <> old.number) OR (new.opened_at <> old.opened_at))) EXECUTE FUNCTION public.guard_settlement_window();

CREATE TRIGGER settlement_window_kept BEFORE DELETE OR TRUNCATE ON public.settlement_window FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER shipment_keeps_rows BEFORE DELETE OR TRUNCATE ON public.shipment FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER shipment_keeps_versions BEFORE UPDATE ON public.shipment FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER statement_file_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.statement_file FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER suspect_search_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.suspect_search FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER tender_keeps_rows BEFORE DELETE OR TRUNCATE ON public.tender FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER tender_keeps_versions BEFORE UPDATE ON public.tender FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER transfer_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.transfer FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER transfer_rest_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.transfer_rest FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER window_position_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.window_position FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER window_report_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.window_report FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.activity
    ADD CONSTRAINT activity_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.activity_key
    ADD CONSTRAINT activity_key_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_book_organisation_id_fkey FOREIGN KEY (book, organisation_id) REFERENCES public.organisation(book, id);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_book_product_version_fkey FOREIGN KEY (book, product, version) REFERENCES public.catalog_version(book, product, number);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_book_receivable_id_fkey FOREIGN KEY (book, receivable_id) REFERENCES public.receivable(book, id);

ALTER TABLE ONLY public.assignment_entry
    ADD CONSTRAINT assignment_entry_book_assignment_id_fkey FOREIGN KEY (book, assignment_id) REFERENCES public.assignment(book, id);

ALTER TABLE ONLY public.catalog_offer
    ADD CONSTRAINT catalog_offer_book_product_number_fkey FOREIGN KEY (book, product, number) REFERENCES public.catalog_version(book, product, number);

ALTER TABLE ONLY public.catalog_version
    ADD CONSTRAINT catalog_version_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.console_session
    ADD CONSTRAINT console_session_book_member_id_fkey FOREIGN KEY (book, member_id) REFERENCES public.member(book, id);

ALTER TABLE ONLY public.cover_claim
    ADD CONSTRAINT cover_claim_book_loan_id_fkey FOREIGN KEY (book, loan_id) REFERENCES public.loan(book, id);

ALTER TABLE ONLY public.cover_claim_entry
    ADD CONSTRAINT cover_claim_entry_book_claim_id_fkey FOREIGN KEY (book, claim_id) REFERENCES public.cover_claim(book, id);

ALTER TABLE ONLY public.decision
    ADD CONSTRAINT decision_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.device_issuer
    ADD CONSTRAINT device_issuer_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.disbursement
    ADD CONSTRAINT disbursement_book_loan_id_fkey FOREIGN KEY (book, loan_id) REFERENCES public.loan(book, id);

ALTER TABLE ONLY public.dispute_evidence
    ADD CONSTRAINT dispute_evidence_book_dispute_id_fkey FOREIGN KEY (book, dispute_id) REFERENCES public.dispute(book, id);

ALTER TABLE ONLY public.dispute_evidence
    ADD CONSTRAINT dispute_evidence_book_hash_fkey FOREIGN KEY (book, hash) REFERENCES public.evidence_file(book, hash);

ALTER TABLE ONLY public.facility_appeal
    ADD CONSTRAINT facility_appeal_book_facility_id_fkey FOREIGN KEY (book, facility_id) REFERENCES public.facility(book, id);

ALTER TABLE ONLY public.facility_appeal
    ADD CONSTRAINT facility_appeal_book_freeze_id_fkey FOREIGN KEY (book, freeze_id) REFERENCES public.facility_change(book, id);

ALTER TABLE ONLY public.facility
    ADD CONSTRAINT facility_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.facility
    ADD CONSTRAINT facility_book_parent_id_fkey FOREIGN KEY (book, parent_id) REFERENCES public.facility(book, id);

ALTER TABLE ONLY public.facility_change
    ADD CONSTRAINT facility_change_book_ends_fkey FOREIGN KEY (book, ends) REFERENCES public.facility_change(book, id);

ALTER TABLE ONLY public.facility_change
    ADD CONSTRAINT facility_change_book_facility_id_fkey FOREIGN KEY (book, facility_id) REFERENCES public.facility(book, id);

ALTER TABLE ONLY public.facility_reservation
    ADD CONSTRAINT facility_reservation_book_facility_id_fkey FOREIGN KEY (book, facility_id) REFERENCES public.facility(book, id);

ALTER TABLE ONLY public.feature_stream
    ADD CONSTRAINT feature_stream_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_book_member_id_fkey FOREIGN KEY (book, member_id) REFERENCES public.member(book, id);

ALTER TABLE ONLY public.ledger_state
    ADD CONSTRAINT ledger_state_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.list_entry
    ADD CONSTRAINT list_entry_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.loan_accrued
    ADD CONSTRAINT loan_accrued_book_loan_id_fkey FOREIGN KEY (book, loan_id) REFERENCES public.loan(book, id);

ALTER TABLE ONLY public.loan
    ADD CONSTRAINT loan_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.loan
    ADD CONSTRAINT loan_book_product_version_fkey FOREIGN KEY (book, product, version) REFERENCES public.catalog_version(book, product, number);

ALTER TABLE ONLY public.loan_day
    ADD CONSTRAINT loan_day_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.loan_event
    ADD CONSTRAINT loan_event_book_loan_id_fkey FOREIGN KEY (book, loan_id) REFERENCES public.loan(book, id);

ALTER TABLE ONLY public.loan_event
    ADD CONSTRAINT loan_event_book_reverses_fkey FOREIGN KEY (book, reverses) REFERENCES public.loan_event(book, id);

ALTER TABLE ONLY public.loan_grid
    ADD CONSTRAINT loan_grid_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.loan_line
    ADD CONSTRAINT loan_line_book_grid_id_fkey FOREIGN KEY (book, grid_id) REFERENCES public.loan_grid(book, id);

ALTER TABLE ONLY public.loan_line
    ADD CONSTRAINT loan_line_book_loan_id_fkey FOREIGN KEY (book, loan_id) REFERENCES public.loan(book, id);

ALTER TABLE ONLY public.loan_move
    ADD CONSTRAINT loan_move_book_loan_id_fkey FOREIGN KEY (book, loan_id) REFERENCES public.loan(book, id);

ALTER TABLE ONLY public.loan_paper
    ADD CONSTRAINT loan_paper_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.loan_paper
    ADD CONSTRAINT loan_paper_book_loan_id_fkey FOREIGN KEY (book, loan_id) REFERENCES public.loan(book, id);

ALTER TABLE ONLY public.loan_part
    ADD CONSTRAINT loan_part_book_loan_id_fkey FOREIGN KEY (book, loan_id) REFERENCES public.loan(book, id);

ALTER TABLE ONLY public.loan_position
    ADD CONSTRAINT loan_position_book_loan_id_fkey FOREIGN KEY (book, loan_id) REFERENCES public.loan(book, id);

ALTER TABLE ONLY public.loan_posting
    ADD CONSTRAINT loan_posting_book_loan_id_fkey FOREIGN KEY (book, loan_id) REFERENCES public.loan(book, id);

ALTER TABLE ONLY public.loan_pulled
    ADD CONSTRAINT loan_pulled_book_loan_id_fkey FOREIGN KEY (book, loan_id) REFERENCES public.loan(book, id);

ALTER TABLE ONLY public.loan_request
    ADD CONSTRAINT loan_request_book_loan_id_fkey FOREIGN KEY (book, loan_id) REFERENCES public.loan(book, id);

ALTER TABLE ONLY public.loan_risk
    ADD CONSTRAINT loan_risk_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.loan_risk_flow
    ADD CONSTRAINT loan_risk_flow_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.loss_proposal
    ADD CONSTRAINT loss_proposal_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.loss_rules
    ADD CONSTRAINT loss_rules_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.mandate
    ADD CONSTRAINT mandate_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_book_organisation_id_fkey FOREIGN KEY (book, organisation_id) REFERENCES public.organisation(book, id);

ALTER TABLE ONLY public.milestone
    ADD CONSTRAINT milestone_book_source_id_fkey FOREIGN KEY (book, source_id) REFERENCES public.milestone_source(book, id);

ALTER TABLE ONLY public.milestone_key
    ADD CONSTRAINT milestone_key_book_source_id_fkey FOREIGN KEY (book, source_id) REFERENCES public.milestone_source(book, id);

ALTER TABLE ONLY public.milestone_source
    ADD CONSTRAINT milestone_source_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.model_training
    ADD CONSTRAINT model_training_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.model_training_result
    ADD CONSTRAINT model_training_result_book_training_id_fkey FOREIGN KEY (book, training_id) REFERENCES public.model_training(book, id);

ALTER TABLE ONLY public.organisation
    ADD CONSTRAINT organisation_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.partner_name
    ADD CONSTRAINT partner_name_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.party_default
    ADD CONSTRAINT party_default_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.party_default_day
    ADD CONSTRAINT party_default_day_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.party_grade
    ADD CONSTRAINT party_grade_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.party_mark
    ADD CONSTRAINT party_mark_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.party_page
    ADD CONSTRAINT party_page_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.payment_link
    ADD CONSTRAINT payment_link_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.payout_batch
    ADD CONSTRAINT payout_batch_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.period
    ADD CONSTRAINT period_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.programme
    ADD CONSTRAINT programme_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.receivable
    ADD CONSTRAINT receivable_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.recovery_code
    ADD CONSTRAINT recovery_code_book_member_id_fkey FOREIGN KEY (book, member_id) REFERENCES public.member(book, id);

ALTER TABLE ONLY public.replay
    ADD CONSTRAINT replay_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.risk_model
    ADD CONSTRAINT risk_model_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.risk_version
    ADD CONSTRAINT risk_version_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.row_grant
    ADD CONSTRAINT row_grant_book_organisation_id_fkey FOREIGN KEY (book, organisation_id) REFERENCES public.organisation(book, id);

ALTER TABLE ONLY public.settlement_terms
    ADD CONSTRAINT settlement_terms_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.settlement_window
    ADD CONSTRAINT settlement_window_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.statement_file
    ADD CONSTRAINT statement_file_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.suspect
    ADD CONSTRAINT suspect_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.suspect_search
    ADD CONSTRAINT suspect_search_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.switched
    ADD CONSTRAINT switched_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.switched
    ADD CONSTRAINT switched_book_product_version_fkey FOREIGN KEY (book, product, version) REFERENCES public.catalog_version(book, product, number);

ALTER TABLE ONLY public.switched
    ADD CONSTRAINT switched_book_programme_id_fkey FOREIGN KEY (book, programme_id) REFERENCES public.facility(book, id);

ALTER TABLE ONLY public.terms
    ADD CONSTRAINT terms_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.unit
    ADD CONSTRAINT unit_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.webhook_endpoint
    ADD CONSTRAINT webhook_endpoint_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.webhook_secret
    ADD CONSTRAINT webhook_secret_book_endpoint_id_fkey FOREIGN KEY (book, endpoint_id) REFERENCES public.webhook_endpoint(book, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.whatif
    ADD CONSTRAINT whatif_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.whatif_flow
    ADD CONSTRAINT whatif_flow_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.whatif_full
    ADD CONSTRAINT whatif_full_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.whatif_line
    ADD CONSTRAINT whatif_line_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.whatif_taken
    ADD CONSTRAINT whatif_taken_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.window_position
    ADD CONSTRAINT window_position_book_number_fkey FOREIGN KEY (book, number) REFERENCES public.window_report(book, number);

ALTER TABLE ONLY public.window_report
    ADD CONSTRAINT window_report_book_number_fkey FOREIGN KEY (book, number) REFERENCES public.settlement_window(book, number);

ALTER TABLE public.account ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.activity ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.activity_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.api_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.assignment ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.assignment_entry ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.buyer ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.cancellation ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.carried ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.certificate ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.clearing ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.confirmation ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.cover_claim ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.cover_claim_entry ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.day_balance ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.decision ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.delivery ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.device ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.device_event ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.disbursement ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.dispute ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.dispute_evidence ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.escrow ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.evidence_file ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.facility ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.facility_appeal ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.facility_change ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.facility_reservation ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.feature_head ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.feature_tile ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.feature_value ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.graph_link ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.graph_party ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.hold ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.item ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.line_match ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.line_match_item ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.list_entry ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan_accrued ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan_day ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan_event ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan_grid ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan_line ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan_move ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan_paper ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan_part ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan_position ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan_posting ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan_pulled ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan_request ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan_risk ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loan_risk_flow ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loss_proposal ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.loss_rules ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.mandate ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.milestone ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.milestone_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.milestone_source ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.model_training ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.model_training_result ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.order_ ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.partner_name ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_default ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_default_day ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_grade ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_mark ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_page ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.passkey ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.passkey_challenge ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payment ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payment_index ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payment_link ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payment_refund ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payout ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.period ENABLE ROW LEVEL SECURITY;

CREATE POLICY reader ON public.account FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.activity FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.activity_key FOR SELECT USING (false);

CREATE POLICY reader ON public.api_key FOR SELECT USING (false);

CREATE POLICY reader ON public.assignment FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (seller_id IN ( SELECT public.reader_sellers() AS reader_sellers)))));

CREATE POLICY reader ON public.assignment_entry FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (assignment_id IN ( SELECT a.id
   FROM public.assignment a
  WHERE ((a.book = assignment_entry.book) AND (a.seller_id IN ( SELECT public.reader_sellers() AS reader_sellers))))))));

CREATE POLICY reader ON public.buyer FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.cancellation FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (order_key IN ( SELECT public.reader_orders() AS reader_orders)))));

CREATE POLICY reader ON public.carried FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.certificate FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (party IN ( SELECT public.reader_seller_names() AS reader_seller_names)))));

CREATE POLICY reader ON public.clearing FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (payment_id IN ( SELECT public.reader_payments() AS reader_payments)))));

CREATE POLICY reader ON public.confirmation FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (order_key IN ( SELECT public.reader_orders() AS reader_orders)))));

CREATE POLICY reader ON public.cover_claim FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.cover_claim_entry FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.day_balance FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.decision FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.delivery FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (order_key IN ( SELECT public.reader_orders() AS reader_orders)))));

CREATE POLICY reader ON public.device FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (party IN ( SELECT public.reader_seller_names() AS reader_seller_names)))));

CREATE POLICY reader ON public.device_event FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (merchant IN ( SELECT public.reader_seller_names() AS reader_seller_names)))));

CREATE POLICY reader ON public.disbursement FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (loan_id IN ( SELECT public.reader_loans() AS reader_loans)))));

CREATE POLICY reader ON public.dispute FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (payment_id IN ( SELECT public.reader_payments() AS reader_payments)))));

CREATE POLICY reader ON public.dispute_evidence FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (dispute_id IN ( SELECT public.reader_disputes() AS reader_disputes)))));

CREATE POLICY reader ON public.escrow FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.evidence_file FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.facility FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (party IN ( SELECT public.reader_seller_names() AS reader_seller_names)))));

CREATE POLICY reader ON public.facility_appeal FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (facility_id IN ( SELECT f.id
   FROM public.facility f
  WHERE ((f.book = facility_appeal.book) AND (f.party IN ( SELECT public.reader_seller_names() AS reader_seller_names))))))));

CREATE POLICY reader ON public.facility_change FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (facility_id IN ( SELECT f.id
   FROM public.facility f
  WHERE ((f.book = facility_change.book) AND (f.party IN ( SELECT public.reader_seller_names() AS reader_seller_names))))))));

CREATE POLICY reader ON public.facility_reservation FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (facility_id IN ( SELECT f.id
   FROM public.facility f
  WHERE ((f.book = facility_reservation.book) AND (f.party IN ( SELECT public.reader_seller_names() AS reader_seller_names))))))));

CREATE POLICY reader ON public.feature_head FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.feature_tile FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.feature_value FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.graph_link FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.graph_party FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.hold FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.item FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (seller_key IN ( SELECT public.reader_seller_keys() AS reader_seller_keys)))));

CREATE POLICY reader ON public.line_match FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.line_match_item FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.list_entry FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.loan FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (party IN ( SELECT public.reader_seller_names() AS reader_seller_names)))));

CREATE POLICY reader ON public.loan_accrued FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (loan_id IN ( SELECT public.reader_loans() AS reader_loans)))));

CREATE POLICY reader ON public.loan_day FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.loan_event FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (loan_id IN ( SELECT public.reader_loans() AS reader_loans)))));

CREATE POLICY reader ON public.loan_grid FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.loan_line FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (loan_id IN ( SELECT public.reader_loans() AS reader_loans)))));

CREATE POLICY reader ON public.loan_move FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (loan_id IN ( SELECT public.reader_loans() AS reader_loans)))));

CREATE POLICY reader ON public.loan_paper FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (loan_id IN ( SELECT public.reader_loans() AS reader_loans)))));

CREATE POLICY reader ON public.loan_part FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.loan_position FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (loan_id IN ( SELECT public.reader_loans() AS reader_loans)))));

CREATE POLICY reader ON public.loan_posting FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (loan_id IN ( SELECT public.reader_loans() AS reader_loans)))));

CREATE POLICY reader ON public.loan_pulled FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (loan_id IN ( SELECT public.reader_loans() AS reader_loans)))));

CREATE POLICY reader ON public.loan_request FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (loan_id IN ( SELECT public.reader_loans() AS reader_loans)))));

CREATE POLICY reader ON public.loan_risk FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.loan_risk_flow FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.loss_proposal FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.loss_rules FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.mandate FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (merchant IN ( SELECT public.reader_seller_names() AS reader_seller_names)))));

CREATE POLICY reader ON public.member FOR SELECT USING (false);

CREATE POLICY reader ON public.milestone FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (subject IN ( SELECT public.reader_seller_names() AS reader_seller_names)))));

CREATE POLICY reader ON public.milestone_key FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.milestone_source FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.model_training FOR SELECT USING (false);

CREATE POLICY reader ON public.model_training_result FOR SELECT USING (false);

CREATE POLICY reader ON public.order_ FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (key IN ( SELECT public.reader_orders() AS reader_orders)))));

CREATE POLICY reader ON public.partner_name FOR SELECT USING ((book = ( SELECT public.reader_book() AS reader_book)));

CREATE POLICY reader ON public.party_default FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.party_default_day FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.party_grade FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.party_mark FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.party_page FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (party IN ( SELECT public.reader_seller_names() AS reader_seller_names)))));

CREATE POLICY reader ON public.passkey FOR SELECT USING (false);

CREATE POLICY reader ON public.passkey_challenge FOR SELECT USING (false);

CREATE POLICY reader ON public.payment FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (id IN ( SELECT public.reader_payments() AS reader_payments)))));

CREATE POLICY reader ON public.payment_index FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (payment_id IN ( SELECT public.reader_payments() AS reader_payments)))));

CREATE POLICY reader ON public.payment_link FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (seller IN ( SELECT public.reader_seller_names() AS reader_seller_names)))));

CREATE POLICY reader ON public.payment_refund FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (payment_id IN ( SELECT public.reader_payments() AS reader_payments)))));

CREATE POLICY reader ON public.payout FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (seller_id IN ( SELECT public.reader_sellers() AS reader_sellers)))));

CREATE POLICY reader ON public.period FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.receivable FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (seller_id IN ( SELECT public.reader_sellers() AS reader_sellers)))));

CREATE POLICY reader ON public.refund FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.return_ FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (order_key IN ( SELECT public.reader_orders() AS reader_orders)))));

CREATE POLICY reader ON public.review FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (order_key IN ( SELECT public.reader_orders() AS reader_orders)))));

CREATE POLICY reader ON public.risk_model FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.risk_version FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.row_grant FOR SELECT USING (false);

CREATE POLICY reader ON public.seller FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (id IN ( SELECT public.reader_sellers() AS reader_sellers)))));

CREATE POLICY reader ON public.shipment FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (order_key IN ( SELECT public.reader_orders() AS reader_orders)))));

CREATE POLICY reader ON public.suspect FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.suspect_search FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.switched FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.tender FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.transfer FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.voucher FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (merchant IN ( SELECT public.reader_seller_names() AS reader_seller_names)))));

CREATE POLICY reader ON public.whatif FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.whatif_flow FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.whatif_full FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.whatif_line FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.whatif_taken FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND ( SELECT public.reader_all() AS reader_all)));

CREATE POLICY reader ON public.window_position FOR SELECT USING (((book = ( SELECT public.reader_book() AS reader_book)) AND (( SELECT public.reader_all() AS reader_all) OR (party IN ( SELECT public.reader_seller_names() AS reader_seller_names)))));

ALTER TABLE public.receivable ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.refund ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.return_ ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.review ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.risk_model ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.risk_version ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.row_grant ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.seller ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.shipment ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.suspect ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.suspect_search ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.switched ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tender ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.transfer ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.voucher ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.whatif ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.whatif_flow ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.whatif_full ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.whatif_line ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.whatif_taken ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.window_position ENABLE ROW LEVEL SECURITY;
