-- Products as data: published versions, which never change, and what is offered since when.

CREATE TABLE catalog_version (
    book         integer NOT NULL REFERENCES book,
    product      text NOT NULL CHECK (product ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'),
    number       integer NOT NULL CHECK (number > 0),
    line         text NOT NULL,
    digest       text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),  -- of what the file says, not of its layout
    body         jsonb NOT NULL,           -- the product as it was read
    source       text NOT NULL,            -- the file as it was given
    published_at timestamptz NOT NULL,
    actor        text NOT NULL,
    PRIMARY KEY (book, product, number),
    UNIQUE (book, product, digest)
);
CREATE TRIGGER catalog_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON catalog_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The last row of a product says what is offered now: a version, or nothing (NULL).
CREATE TABLE catalog_offer (
    book    integer NOT NULL,
    product text NOT NULL,
    id      uuid NOT NULL,
    number  integer,
    at      timestamptz NOT NULL,
    actor   text NOT NULL,
    PRIMARY KEY (book, product, id),
    FOREIGN KEY (book, product, number) REFERENCES catalog_version
);
CREATE TRIGGER catalog_offer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON catalog_offer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- check: SELECT count(*) = 0 FROM catalog_offer o JOIN catalog_version v USING (book, product, number) WHERE o.at < v.published_at
