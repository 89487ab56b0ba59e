-- Sources of milestones may be suspended for a while, and take a new key; each key that one had is kept.

CREATE TABLE milestone_key (
    book      integer NOT NULL,
    source_id uuid NOT NULL,
    number    integer NOT NULL CHECK (number > 0),  -- the highest is the one that is believed
    public    text NOT NULL,                        -- Ed25519
    from_at   timestamptz NOT NULL,
    made_by   text NOT NULL,
    PRIMARY KEY (book, source_id, number),
    UNIQUE (book, public),                          -- a key that was replaced is never believed again
    FOREIGN KEY (book, source_id) REFERENCES milestone_source
);
INSERT INTO milestone_key (book, source_id, number, public, from_at, made_by)
    SELECT book, id, 1, public, registered_at, registered_by FROM milestone_source;
CREATE TRIGGER milestone_key_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON milestone_key
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

DROP TRIGGER milestone_source_stands ON milestone_source;
ALTER TABLE milestone_source DROP COLUMN public;
ALTER TABLE milestone_source ADD COLUMN state text NOT NULL DEFAULT 'trusted'
    CHECK (state IN ('trusted', 'suspended', 'revoked'));
ALTER TABLE milestone_source ALTER COLUMN state DROP DEFAULT;
ALTER TABLE milestone_source RENAME COLUMN revoked_at TO state_at;
ALTER TABLE milestone_source RENAME COLUMN revoked_by TO state_by;
UPDATE milestone_source SET state = CASE WHEN state_at IS NULL THEN 'trusted' ELSE 'revoked' END,
    state_at = coalesce(state_at, registered_at),
    state_by = CASE WHEN state_at IS NULL THEN registered_by ELSE state_by END;
ALTER TABLE milestone_source ALTER COLUMN state_at SET NOT NULL;

-- A source is what it was registered for, and once revoked stays so.
CREATE OR REPLACE FUNCTION guard_milestone_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.name, OLD.kinds, OLD.registered_at, OLD.registered_by)
        IS DISTINCT FROM (NEW.name, NEW.kinds, NEW.registered_at, NEW.registered_by)
        OR OLD.state = 'revoked' THEN
        RAISE EXCEPTION 'milestone source: neither changed nor believed again'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER milestone_source_stands BEFORE UPDATE ON milestone_source
    FOR EACH ROW EXECUTE FUNCTION guard_milestone_source();

ALTER TABLE milestone_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON milestone_key FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('milestone_source_stands', 'milestone_key_append_only')
