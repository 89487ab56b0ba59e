-- Who shares a device, a network, a card, an address, a phone with whom; and since when each is known, and as what.

CREATE TABLE graph_link (
    book       integer NOT NULL,
    kind       text NOT NULL,              -- device, ip, card, address, phone
    identifier text NOT NULL,              -- a keyed hash
    party      text NOT NULL,              -- byr_… or slr_…
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    PRIMARY KEY (book, kind, identifier, party)
) WITH (fillfactor = 80);
CREATE INDEX graph_link_party ON graph_link (book, party, last_at DESC);
CREATE TABLE graph_party (
    book      integer NOT NULL,
    party     text NOT NULL,
    opened_at timestamptz,
    bad_at    timestamptz,                 -- when fraud was confirmed last
    good_at   timestamptz,                 -- when a suspicion was cleared last
    PRIMARY KEY (book, party)
);

-- Readers: who is linked to whom is the marketplace's alone.
ALTER TABLE graph_link ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON graph_link FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE graph_party ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON graph_party FOR SELECT USING (book = (SELECT reader_book()) AND (SELECT reader_all()));

-- check: SELECT count(*) = 2 FROM pg_policy WHERE polrelid::regclass::text LIKE 'graph_%'
