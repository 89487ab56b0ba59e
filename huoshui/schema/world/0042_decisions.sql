-- Judgement: who is blocked or let through, and decisions as sealed records.

-- Who is blocked or let through, and why: valid from and until, known from when it was written.
CREATE TABLE list_entry (
    book        integer NOT NULL REFERENCES book,
    id          uuid NOT NULL,
    effect      text NOT NULL CHECK (effect IN ('block', 'allow')),
    subject     text NOT NULL,               -- buyer:byr_…, device:…, as requests name theirs
    reason      text NOT NULL,
    note        text NOT NULL DEFAULT '',
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    ends        uuid,                        -- the entry that this one takes back
    recorded_at timestamptz NOT NULL,
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    actor       text NOT NULL,
    PRIMARY KEY (book, id),
    CHECK (valid_from < valid_until)
);
CREATE INDEX list_entry_subject ON list_entry (book, subject);
CREATE INDEX list_entry_ends ON list_entry (book, ends) WHERE ends IS NOT NULL;
CREATE TRIGGER list_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON list_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE decision (
    book          integer NOT NULL REFERENCES book,
    id            uuid NOT NULL,
    at            timestamptz NOT NULL,
    kind          text NOT NULL,
    product       text NOT NULL,
    party         text NOT NULL,             -- slr_… or byr_…, or nobody
    reference     text NOT NULL,             -- what it is about: a loan, a payment
    policy        text NOT NULL,
    policy_number integer NOT NULL,
    outcome       text NOT NULL CHECK (outcome IN ('approve', 'approve_less', 'review', 'decline')),
    amount        bigint,                    -- minor units asked for
    granted       bigint,                    -- and given
    currency      text NOT NULL,
    probability   numeric,
    cost          bigint,                    -- PD x LGD x EAD
    reasons       text[] NOT NULL,
    fired         text[] NOT NULL,
    explored      boolean NOT NULL,
    took_us       jsonb NOT NULL,            -- by stage; beside the record, not in it
    record        text NOT NULL,             -- canonical JSON: all that it was made of
    sha256        bytea NOT NULL CHECK (length(sha256) = 32),
    actor         text NOT NULL,
    PRIMARY KEY (book, id)
);
-- A record of some kB stays in its row, as it is: to compress it takes longer than to write it.
ALTER TABLE decision ALTER COLUMN record SET STORAGE EXTERNAL;
ALTER TABLE decision SET (toast_tuple_target = 8160);
CREATE INDEX decision_party ON decision (book, party, id) WHERE party <> '';
CREATE INDEX decision_reference ON decision (book, reference, id) WHERE reference <> '';
CREATE INDEX decision_at ON decision (book, at);
CREATE TRIGGER decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Readers: what is decided, and by which rules, is the marketplace's to know.
ALTER TABLE list_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON list_entry FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE decision ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON decision FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('list_entry_append_only', 'decision_append_only')
