-- Payments are found by the rails of their means and the sellers of their parts, which stand in
-- lists inside of them: a row for each, in the order in which pages go, whatever else is in the book.
CREATE TABLE payment_index (
    book       integer NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('rail', 'seller')),
    name       text NOT NULL,               -- of a seller its public id
    payment_id uuid NOT NULL,
    PRIMARY KEY (book, kind, name, payment_id)
);

CREATE FUNCTION payment_names(tenders jsonb, parts jsonb) RETURNS TABLE (kind text, name text)
LANGUAGE sql IMMUTABLE AS $$
    SELECT 'rail', t->>0 FROM jsonb_array_elements(tenders) AS t
    UNION
    SELECT 'seller', split_part(p->>0, ':', 2) FROM jsonb_array_elements(parts) AS p
    WHERE p->>0 LIKE 'merchant:%:settlement'
$$;

CREATE FUNCTION index_new_payments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO payment_index (book, kind, name, payment_id)
    SELECT n.book, f.kind, f.name, n.id FROM new AS n, payment_names(n.tenders, n.parts) AS f;
    RETURN NULL;
END $$;
CREATE TRIGGER payment_indexed AFTER INSERT ON payment
    REFERENCING NEW TABLE AS new FOR EACH STATEMENT EXECUTE FUNCTION index_new_payments();

-- Other means may be attached later; who gets a part never changes.
CREATE FUNCTION index_other_means() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM payment_index i USING payment_names(OLD.tenders, '[]') AS f
    WHERE i.book = OLD.book AND i.kind = f.kind AND i.name = f.name AND i.payment_id = OLD.id;
    INSERT INTO payment_index (book, kind, name, payment_id)
    SELECT NEW.book, f.kind, f.name, NEW.id FROM payment_names(NEW.tenders, '[]') AS f;
    RETURN NULL;
END $$;
CREATE TRIGGER payment_indexed_again AFTER UPDATE OF tenders ON payment
    FOR EACH ROW WHEN (jsonb_path_query_array(OLD.tenders, '$[*][0]')
        IS DISTINCT FROM jsonb_path_query_array(NEW.tenders, '$[*][0]'))
    EXECUTE FUNCTION index_other_means();

INSERT INTO payment_index (book, kind, name, payment_id)
SELECT p.book, f.kind, f.name, p.id FROM payment AS p, payment_names(p.tenders, p.parts) AS f;

-- Most payments succeed: those that did not are few in each state.
CREATE INDEX payment_state ON payment (book, state, id) WHERE state <> 'succeeded';
CREATE INDEX payment_amount ON payment (book, amount);

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('payment_indexed', 'payment_indexed_again')
