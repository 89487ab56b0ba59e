-- Parameters of expected losses that somebody proposed: another person puts them in force.

CREATE TABLE loss_proposal (
    book        integer NOT NULL REFERENCES book,
    id          uuid NOT NULL,
    product     text NOT NULL,
    since       date NOT NULL,
    rules       jsonb NOT NULL,
    cause       text NOT NULL CHECK (cause <> ''),
    state       text NOT NULL CHECK (state IN ('proposed', 'confirmed', 'refused')),
    proposed_at timestamptz NOT NULL,
    proposed_by text NOT NULL,
    decided_at  timestamptz,
    decided_by  text NOT NULL DEFAULT '',
    note        text NOT NULL DEFAULT '',
    PRIMARY KEY (book, id),
    CHECK (state <> 'confirmed' OR decided_by <> proposed_by)
);
-- What was proposed stays as it was; it is decided once.
CREATE FUNCTION guard_loss_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.product, OLD.since, OLD.rules, OLD.cause, OLD.proposed_at, OLD.proposed_by)
        IS DISTINCT FROM (NEW.product, NEW.since, NEW.rules, NEW.cause, NEW.proposed_at, NEW.proposed_by)
        OR OLD.state <> 'proposed' THEN
        RAISE EXCEPTION 'loss proposal: it is decided once and never changed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER loss_proposal_stands BEFORE UPDATE ON loss_proposal
    FOR EACH ROW EXECUTE FUNCTION guard_loss_proposal();
CREATE TRIGGER loss_proposal_stays BEFORE DELETE OR TRUNCATE ON loss_proposal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE loss_proposal ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON loss_proposal FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('loss_proposal_stands', 'loss_proposal_stays')
