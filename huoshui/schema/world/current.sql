-- What the migrations of this folder come to; `make schema` writes it, a test compares.

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

CREATE TABLE public.account (
    book integer NOT NULL,
    id uuid NOT NULL,
    path text NOT NULL,
    currency character(3) NOT NULL,
    kind text NOT NULL,
    class text NOT NULL,
    normal text GENERATED ALWAYS AS (
CASE
    WHEN (class = ANY (ARRAY['asset'::text, 'expense'::text])) THEN 'debit'::text
    ELSE 'credit'::text
END) STORED NOT NULL,
    floor bigint,
    ceiling bigint,
    held_out bigint DEFAULT 0 NOT NULL,
    out_ bigint DEFAULT 0 NOT NULL,
    held_in bigint DEFAULT 0 NOT NULL,
    in_ bigint DEFAULT 0 NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    CONSTRAINT account_ceiling CHECK (((ceiling IS NULL) OR (((in_ + held_in) - out_) <= ceiling))),
    CONSTRAINT account_class_check CHECK ((class = ANY (ARRAY['asset'::text, 'liability'::text, 'equity'::text, 'income'::text, 'expense'::text]))),
    CONSTRAINT account_floor CHECK (((floor IS NULL) OR (((in_ - out_) - held_out) >= floor))),
    CONSTRAINT account_held_in_check CHECK ((held_in >= 0)),
    CONSTRAINT account_held_out_check CHECK ((held_out >= 0)),
    CONSTRAINT account_in__check CHECK ((in_ >= 0)),
    CONSTRAINT account_out__check CHECK ((out_ >= 0)),
    CONSTRAINT account_path_check CHECK (((length(path) >= 1) AND (length(path) <= 200)))
)
WITH (fillfactor='50');

CREATE TABLE public.api_key (
    book integer NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    hint text NOT NULL,
    digest bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);

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

CREATE TABLE public.transfer (
    book integer NOT NULL,
    id uuid NOT NULL,
    txn_id uuid NOT NULL,
    leg smallint NOT NULL,
    from_id uuid NOT NULL,
    to_id uuid NOT NULL,
    amount bigint NOT NULL,
    from_after bigint NOT NULL,
    to_after bigint NOT NULL,
    from_version bigint NOT NULL,
    to_version bigint NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT transfer_amount_check CHECK ((amount > 0)),
    CONSTRAINT transfer_check CHECK ((from_id <> to_id))
);

CREATE VIEW public.entry AS
 SELECT transfer.book,
    transfer.from_id AS account_id,
    transfer.txn_id,
    transfer.id AS transfer_id,
    (- transfer.amount) AS net,
    transfer.amount AS out_,
    (0)::bigint AS in_,
    transfer.from_version AS version,
    transfer.from_after AS balance,
    transfer.to_id AS other_id,
    transfer.effective_at,
    transfer.recorded_at
   FROM public.transfer
UNION ALL
 SELECT transfer.book,
    transfer.to_id AS account_id,
    transfer.txn_id,
    transfer.id AS transfer_id,
    transfer.amount AS net,
    (0)::bigint AS out_,
    transfer.amount AS in_,
    transfer.to_version AS version,
    transfer.to_after AS balance,
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

CREATE TABLE public.event (
    book integer NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    object text NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    data jsonb NOT NULL
);

CREATE TABLE public.idempotency (
    book integer NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,
    status smallint NOT NULL,
    body bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT idempotency_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255)))
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

CREATE TABLE public.migration (
    number integer NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
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
    txn_id uuid NOT NULL,
    CONSTRAINT payout_amount_check CHECK ((amount > 0))
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
    CONSTRAINT refund_cause_check CHECK ((cause = ANY (ARRAY['cancellation'::text, 'return'::text, 'request'::text])))
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

CREATE TABLE public.txn (
    book integer NOT NULL,
    id uuid NOT NULL,
    template text NOT NULL,
    reference text NOT NULL,
    currency character(3) NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    reverses uuid,
    actor text NOT NULL,
    digest bytea NOT NULL
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
);

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

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_book_path_currency_key UNIQUE (book, path, currency);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.book
    ADD CONSTRAINT book_pkey PRIMARY KEY (book);

ALTER TABLE ONLY public.book
    ADD CONSTRAINT book_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.buyer
    ADD CONSTRAINT buyer_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.cancellation
    ADD CONSTRAINT cancellation_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.confirmation
    ADD CONSTRAINT confirmation_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.escrow
    ADD CONSTRAINT escrow_pkey PRIMARY KEY (book, order_id);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (book, key);

ALTER TABLE ONLY public.item
    ADD CONSTRAINT item_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.order_
    ADD CONSTRAINT order__pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.payout
    ADD CONSTRAINT payout_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.product
    ADD CONSTRAINT product_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT refund_book_key_key UNIQUE (book, key);

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT refund_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.replay
    ADD CONSTRAINT replay_pkey PRIMARY KEY (book);

ALTER TABLE ONLY public.return_
    ADD CONSTRAINT return__pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.seller
    ADD CONSTRAINT seller_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.shipment
    ADD CONSTRAINT shipment_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.tender
    ADD CONSTRAINT tender_pkey PRIMARY KEY (book, key, version);

ALTER TABLE ONLY public.terms
    ADD CONSTRAINT terms_pkey PRIMARY KEY (book, version);

ALTER TABLE ONLY public.transfer
    ADD CONSTRAINT transfer_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.txn
    ADD CONSTRAINT txn_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.work
    ADD CONSTRAINT work_book_kind_key_key UNIQUE (book, kind, key);

ALTER TABLE ONLY public.work
    ADD CONSTRAINT work_pkey PRIMARY KEY (book, id);

ALTER TABLE ONLY public.world
    ADD CONSTRAINT world_pkey PRIMARY KEY (name);

CREATE INDEX account_kind ON public.account USING btree (book, kind, id);

CREATE UNIQUE INDEX buyer_id ON public.buyer USING btree (book, id) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE UNIQUE INDEX buyer_now ON public.buyer USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE UNIQUE INDEX cancellation_now ON public.cancellation USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX cancellation_order ON public.cancellation USING btree (order_key, book);

CREATE UNIQUE INDEX confirmation_now ON public.confirmation USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX confirmation_order ON public.confirmation USING btree (order_key, book);

CREATE UNIQUE INDEX delivery_now ON public.delivery USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX delivery_order ON public.delivery USING btree (order_key, book);

CREATE INDEX escrow_release ON public.escrow USING btree (book, released_by);

CREATE INDEX escrow_state ON public.escrow USING btree (book, state, order_id);

CREATE INDEX event_object ON public.event USING btree (book, object, id);

CREATE INDEX event_type ON public.event USING btree (book, type, id);

CREATE UNIQUE INDEX item_now ON public.item USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX item_order ON public.item USING btree (order_key, book);

CREATE INDEX item_seller ON public.item USING btree (seller_key, book);

CREATE INDEX order_buyer ON public.order_ USING btree (buyer_key, book);

CREATE UNIQUE INDEX order_id ON public.order_ USING btree (book, id) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE UNIQUE INDEX order_now ON public.order_ USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX payout_account ON public.payout USING btree (book, account_id, to_version);

CREATE INDEX payout_seller ON public.payout USING btree (book, seller_id, id);

CREATE UNIQUE INDEX product_id ON public.product USING btree (book, id) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE UNIQUE INDEX product_now ON public.product USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX refund_order ON public.refund USING btree (book, order_id);

CREATE UNIQUE INDEX return_now ON public.return_ USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX return_order ON public.return_ USING btree (order_key, book);

CREATE UNIQUE INDEX review_now ON public.review USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX review_order ON public.review USING btree (order_key, book);

CREATE UNIQUE INDEX seller_id ON public.seller USING btree (book, id) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE UNIQUE INDEX seller_now ON public.seller USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE UNIQUE INDEX shipment_now ON public.shipment USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX shipment_order ON public.shipment USING btree (order_key, book);

CREATE UNIQUE INDEX tender_now ON public.tender USING btree (book, key) WHERE (superseded_at = 'infinity'::timestamp with time zone);

CREATE INDEX tender_order ON public.tender USING btree (order_key, book);

CREATE UNIQUE INDEX transfer_from ON public.transfer USING btree (book, from_id, from_version);

CREATE UNIQUE INDEX transfer_to ON public.transfer USING btree (book, to_id, to_version);

CREATE INDEX transfer_txn ON public.transfer USING btree (book, txn_id, leg);

CREATE INDEX txn_reference ON public.txn USING btree (book, reference, id);

CREATE UNIQUE INDEX txn_reversed_once ON public.txn USING btree (book, reverses) WHERE (reverses IS NOT NULL);

CREATE INDEX work_due ON public.work USING btree (book, due_at, kind, key) WHERE (state = 'due'::text);

CREATE UNIQUE INDEX world_is_one ON public.world USING btree ((true));

CREATE TRIGGER buyer_keeps_rows BEFORE DELETE OR TRUNCATE ON public.buyer FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER buyer_keeps_versions BEFORE UPDATE ON public.buyer FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER cancellation_keeps_rows BEFORE DELETE OR TRUNCATE ON public.cancellation FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER cancellation_keeps_versions BEFORE UPDATE ON public.cancellation FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER confirmation_keeps_rows BEFORE DELETE OR TRUNCATE ON public.confirmation FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER confirmation_keeps_versions BEFORE UPDATE ON public.confirmation FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER delivery_keeps_rows BEFORE DELETE OR TRUNCATE ON public.delivery FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER delivery_keeps_versions BEFORE UPDATE ON public.delivery FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER event_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.event FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER item_keeps_rows BEFORE DELETE OR TRUNCATE ON public.item FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER item_keeps_versions BEFORE UPDATE ON public.item FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER order_keeps_rows BEFORE DELETE OR TRUNCATE ON public.order_ FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER order_keeps_versions BEFORE UPDATE ON public.order_ FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER product_keeps_rows BEFORE DELETE OR TRUNCATE ON public.product FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER product_keeps_versions BEFORE UPDATE ON public.product FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER return_keeps_rows BEFORE DELETE OR TRUNCATE ON public.return_ FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER return_keeps_versions BEFORE UPDATE ON public.return_ FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER review_keeps_rows BEFORE DELETE OR TRUNCATE ON public.review FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER review_keeps_versions BEFORE UPDATE ON public.review FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER seller_keeps_rows BEFORE DELETE OR TRUNCATE ON public.seller FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER seller_keeps_versions BEFORE UPDATE ON public.seller FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER shipment_keeps_rows BEFORE DELETE OR TRUNCATE ON public.shipment FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER shipment_keeps_versions BEFORE UPDATE ON public.shipment FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER tender_keeps_rows BEFORE DELETE OR TRUNCATE ON public.tender FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER tender_keeps_versions BEFORE UPDATE ON public.tender FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER transfer_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.transfer FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER txn_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.txn FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.replay
    ADD CONSTRAINT replay_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.terms
    ADD CONSTRAINT terms_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.txn
    ADD CONSTRAINT txn_book_reverses_fkey FOREIGN KEY (book, reverses) REFERENCES public.txn(book, id);
