-- Judgement: versions of rule sets and policies, which never change.

CREATE TABLE risk_version (
    book        integer NOT NULL REFERENCES book,
    kind        text NOT NULL CHECK (kind IN ('rules', 'policy')),
    name        text NOT NULL,
    number      integer NOT NULL CHECK (number > 0),
    digest      text NOT NULL,               -- SHA-256 of what it says
    body        jsonb NOT NULL,
    source      text NOT NULL,               -- the file as it was given
    state       text NOT NULL CHECK (state IN ('proposed', 'published', 'refused', 'retired')),
    proposed_at timestamptz NOT NULL,
    proposed_by text NOT NULL,
    decided_at  timestamptz,
    decided_by  text NOT NULL DEFAULT '',
    reason      text NOT NULL DEFAULT '',
    PRIMARY KEY (book, kind, name, number),
    CHECK (state <> 'published' OR decided_by <> proposed_by)   -- four eyes
);
CREATE INDEX risk_version_in_force ON risk_version (book, kind, name, number DESC) WHERE state = 'published';
-- What a version says never changes; it moves forward alone.
CREATE FUNCTION guard_risk_version() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER risk_version_stands BEFORE UPDATE ON risk_version
    FOR EACH ROW EXECUTE FUNCTION guard_risk_version();
CREATE TRIGGER risk_version_stays BEFORE DELETE OR TRUNCATE ON risk_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Readers: what is decided, and by which rules, is the marketplace's to know.
ALTER TABLE risk_version ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON risk_version FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('risk_version_stands', 'risk_version_stays')
