-- Models: kept as text with the hash of that text; what is registered is never another.

CREATE TABLE risk_model (
    book            integer NOT NULL REFERENCES book,
    id              uuid NOT NULL,
    name            text NOT NULL CHECK (name <> ''),
    kind            text NOT NULL CHECK (kind IN ('scorecard', 'booster')),
    sha256          text NOT NULL,
    inputs          text[] NOT NULL,
    text            text NOT NULL,
    card            jsonb NOT NULL,
    registered_at   timestamptz NOT NULL,
    registered_by   text NOT NULL,
    retired_at      timestamptz,
    retired_by      text NOT NULL DEFAULT '',
    retired_because text NOT NULL DEFAULT '',
    PRIMARY KEY (book, id),
    UNIQUE (book, sha256),
    CHECK (sha256 = encode(sha256(convert_to(text, 'UTF8')), 'hex'))
);
CREATE FUNCTION guard_risk_model() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER risk_model_stands BEFORE UPDATE ON risk_model
    FOR EACH ROW EXECUTE FUNCTION guard_risk_model();
CREATE TRIGGER risk_model_stays BEFORE DELETE OR TRUNCATE ON risk_model
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Readers: how risk is judged is the marketplace's to know.
ALTER TABLE risk_model ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON risk_model FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('risk_model_stands', 'risk_model_stays')
