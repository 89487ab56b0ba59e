-- Facilities: who may draw how much. What moves a limit is a list that only grows; the limit of a day
-- follows from it and is not stored. What is drawn and held stands in the ledger.

CREATE TABLE facility (
    book      integer NOT NULL REFERENCES book,
    id        uuid NOT NULL,
    parent_id uuid,                             -- never changes: a tree is not rearranged under loans
    level     text NOT NULL CHECK (level IN ('group', 'borrower', 'scene')),
    party     text NOT NULL DEFAULT '',         -- whose rows they are: a seller or buyer, by public id
    scene     text NOT NULL DEFAULT '',
    name      text NOT NULL,
    currency  text NOT NULL,
    state     text NOT NULL CHECK (state IN ('open', 'closed')),
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    PRIMARY KEY (book, id),
    FOREIGN KEY (book, parent_id) REFERENCES facility,
    CHECK ((level = 'group') <= (parent_id IS NULL)),
    CHECK ((level = 'scene') = (scene <> '')),
    CHECK ((level <> 'group') <= (party <> '')),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
CREATE INDEX facility_parent ON facility (book, parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX facility_party ON facility (book, party, id);

CREATE FUNCTION guard_facility() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.parent_id, OLD.level, OLD.party, OLD.scene, OLD.currency, OLD.opened_at)
        IS DISTINCT FROM (NEW.parent_id, NEW.level, NEW.party, NEW.scene, NEW.currency, NEW.opened_at)
        OR OLD.state || '>' || NEW.state NOT IN ('open>open', 'open>closed') THEN
        RAISE EXCEPTION 'facility: neither reopened nor put elsewhere'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER facility_moves BEFORE UPDATE ON facility FOR EACH ROW EXECUTE FUNCTION guard_facility();
CREATE TRIGGER facility_stays BEFORE DELETE OR TRUNCATE ON facility
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE facility_change (
    book        integer NOT NULL,
    id          uuid NOT NULL,
    facility_id uuid NOT NULL,
    number      integer NOT NULL CHECK (number > 0),  -- its place in the list
    kind        text NOT NULL CHECK (kind IN ('base', 'uplift', 'achievement', 'freeze', 'end')),
    since       date NOT NULL,                  -- of an end: the first day without what it ends
    until       date CHECK (until >= since),    -- the last day
    amount      bigint CHECK (amount >= 0),
    share_ppm   integer CHECK (share_ppm BETWEEN 1 AND 100000000),  -- of the base, in millionths
    cause       text NOT NULL CHECK (cause <> ''),
    evidence    text NOT NULL DEFAULT '',       -- what shows it: a document, a signed fact
    ends        uuid,
    recorded_at timestamptz NOT NULL,
    actor       text NOT NULL,
    PRIMARY KEY (book, id),
    FOREIGN KEY (book, facility_id) REFERENCES facility,
    FOREIGN KEY (book, ends) REFERENCES facility_change,
    CHECK ((kind = 'end') = (ends IS NOT NULL)),
    CHECK (kind <> 'base' OR (amount IS NOT NULL AND share_ppm IS NULL)),
    CHECK (kind NOT IN ('uplift', 'achievement') OR (amount IS NULL) <> (share_ppm IS NULL)),
    CHECK (kind NOT IN ('uplift', 'achievement', 'freeze') OR until IS NOT NULL),
    CHECK (kind <> 'achievement' OR evidence <> '')
);
CREATE UNIQUE INDEX facility_change_of ON facility_change (book, facility_id, number);
CREATE UNIQUE INDEX facility_change_ends ON facility_change (book, ends) WHERE ends IS NOT NULL;
CREATE TRIGGER facility_change_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON facility_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE facility_appeal (
    book        integer NOT NULL,
    id          uuid NOT NULL,
    facility_id uuid NOT NULL,
    freeze_id   uuid NOT NULL,
    words       text NOT NULL CHECK (words <> ''),
    state       text NOT NULL CHECK (state IN ('open', 'granted', 'rejected')),
    made_at     timestamptz NOT NULL,
    made_by     text NOT NULL,
    decided_at  timestamptz,
    decided_by  text NOT NULL DEFAULT '',
    answer      text NOT NULL DEFAULT '',
    PRIMARY KEY (book, id),
    FOREIGN KEY (book, facility_id) REFERENCES facility,
    FOREIGN KEY (book, freeze_id) REFERENCES facility_change,
    CHECK ((state = 'open') = (decided_at IS NULL)),
    CHECK (state = 'open' OR answer <> '')      -- who is refused is told why
);
CREATE UNIQUE INDEX facility_appeal_open ON facility_appeal (book, freeze_id) WHERE state = 'open';
CREATE INDEX facility_appeal_state ON facility_appeal (book, state, id);
CREATE INDEX facility_appeal_of ON facility_appeal (book, facility_id, id);

-- The moves of lines/lending/facility/model.py (held by a test): nothing else is possible here.
CREATE FUNCTION guard_appeal_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN ('open>granted', 'open>rejected') THEN
        RAISE EXCEPTION 'appeal: no move from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER facility_appeal_moves BEFORE UPDATE ON facility_appeal
    FOR EACH ROW EXECUTE FUNCTION guard_appeal_state();

-- What was reserved, and for what; what became of it, its holds in the ledger say.
CREATE TABLE facility_reservation (
    book        integer NOT NULL,
    id          uuid NOT NULL,
    facility_id uuid NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    reference   text NOT NULL DEFAULT '',
    until       timestamptz NOT NULL,
    made_at     timestamptz NOT NULL CHECK (made_at < until),
    actor       text NOT NULL,
    PRIMARY KEY (book, id),
    FOREIGN KEY (book, facility_id) REFERENCES facility
);
CREATE INDEX facility_reservation_of ON facility_reservation (book, facility_id, id);
CREATE TRIGGER facility_reservation_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON facility_reservation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Readers: a party's own facilities, and what moves them.
ALTER TABLE facility ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON facility FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR party IN (SELECT reader_seller_names())));
ALTER TABLE facility_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON facility_change FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR facility_id IN (
        SELECT f.id FROM facility f WHERE f.book = facility_change.book AND f.party IN (SELECT reader_seller_names()))));
ALTER TABLE facility_appeal ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON facility_appeal FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR facility_id IN (
        SELECT f.id FROM facility f WHERE f.book = facility_appeal.book AND f.party IN (SELECT reader_seller_names()))));
ALTER TABLE facility_reservation ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON facility_reservation FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR facility_id IN (
        SELECT f.id FROM facility f WHERE f.book = facility_reservation.book AND f.party IN (SELECT reader_seller_names()))));

-- check: SELECT count(*) = 5 FROM pg_trigger WHERE tgname IN ('facility_moves', 'facility_stays', 'facility_change_append_only', 'facility_appeal_moves', 'facility_reservation_append_only')
