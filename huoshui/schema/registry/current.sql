-- What the migrations of this folder come to; `make schema` writes it, a test compares.

CREATE TABLE public.migration (
    number integer NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.world (
    name text NOT NULL,
    kind text NOT NULL,
    seed bigint,
    clock text GENERATED ALWAYS AS (
CASE kind
    WHEN 'live'::text THEN 'real'::text
    WHEN 'sandbox'::text THEN 'offset'::text
    ELSE 'simulated'::text
END) STORED NOT NULL,
    database text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT world_check CHECK (((kind = 'replay'::text) = (seed IS NOT NULL))),
    CONSTRAINT world_kind_check CHECK ((kind = ANY (ARRAY['live'::text, 'sandbox'::text, 'replay'::text]))),
    CONSTRAINT world_name_check CHECK ((name ~ '^[a-z][a-z0-9-]{0,39}$'::text))
);

ALTER TABLE ONLY public.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.world
    ADD CONSTRAINT world_database_key UNIQUE (database);

ALTER TABLE ONLY public.world
    ADD CONSTRAINT world_pkey PRIMARY KEY (name);
