-- Milestones: who may certify them, and what was certified, byte for byte as it was signed.

CREATE TABLE milestone_source (
    book          integer NOT NULL REFERENCES book,
    id            uuid NOT NULL,
    name          text NOT NULL CHECK (name <> ''),
    public        text NOT NULL,                 -- its Ed25519 key
    kinds         text[] NOT NULL,
    registered_at timestamptz NOT NULL,
    registered_by text NOT NULL,
    revoked_at    timestamptz,
    revoked_by    text NOT NULL DEFAULT '',
    reason        text NOT NULL DEFAULT '',
    PRIMARY KEY (book, id),
    UNIQUE (book, public)
);
-- A key is what it was registered for, and once revoked stays so.
CREATE FUNCTION guard_milestone_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.name, OLD.public, OLD.kinds, OLD.registered_at, OLD.registered_by)
        IS DISTINCT FROM (NEW.name, NEW.public, NEW.kinds, NEW.registered_at, NEW.registered_by)
        OR OLD.revoked_at IS NOT NULL THEN
        RAISE EXCEPTION 'milestone source: neither changed nor believed again'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER milestone_source_stands BEFORE UPDATE ON milestone_source
    FOR EACH ROW EXECUTE FUNCTION guard_milestone_source();
CREATE TRIGGER milestone_source_stays BEFORE DELETE OR TRUNCATE ON milestone_source
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE milestone (
    book        integer NOT NULL,
    id          uuid NOT NULL,
    source_id   uuid NOT NULL,
    number      text NOT NULL,                   -- the source's own: used once
    kind        text NOT NULL,
    subject     text NOT NULL,                   -- who reached it: slr_… or byr_…
    reference   text NOT NULL,                   -- what exactly: a course, a licence
    reached_at  timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    digest      text NOT NULL,
    text        text NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor       text NOT NULL,
    PRIMARY KEY (book, id),
    UNIQUE (book, digest),
    UNIQUE (book, source_id, number),
    UNIQUE (book, source_id, kind, subject, reference),  -- reached once, however often it is signed
    FOREIGN KEY (book, source_id) REFERENCES milestone_source
);
CREATE INDEX milestone_subject ON milestone (book, subject, id);
CREATE TRIGGER milestone_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON milestone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Readers: a seller its own milestones; who certifies is the marketplace's to know.
ALTER TABLE milestone_source ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON milestone_source FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE milestone ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON milestone FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR subject IN (SELECT reader_seller_names())));

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('milestone_source_stands', 'milestone_append_only')
