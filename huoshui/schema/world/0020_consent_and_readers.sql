-- A payer consents to a mandate on a page of its own, which a secret opens, by its passkey.
ALTER TABLE mandate ADD COLUMN secret bytea;                            -- digest of what opens its page
ALTER TABLE mandate ADD COLUMN proved boolean NOT NULL DEFAULT false;   -- by a passkey that was held here

-- Readers: a policy for every table whose rows belong to somebody (a test walks the tables), whether
-- it is granted by now or not: what is granted later shows no more than it should.

-- An id as the outside writes it: the prefix, and its 128 bits in Crockford's base 32.
CREATE FUNCTION shown_id(prefix text, id uuid) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT prefix || '_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + substring(
        B'00' || ('x' || replace(id::text, '-', ''))::bit(128) FROM 1 + 5 * n FOR 5)::integer, 1), '' ORDER BY n)
    FROM generate_series(0, 25) AS n
$$;
CREATE FUNCTION reader_seller_names() RETURNS SETOF text STABLE SECURITY DEFINER
SET search_path = public, pg_temp LANGUAGE sql AS $$
    SELECT shown_id('slr', s) FROM reader_sellers() AS s
$$;
-- The payments of which they get a part, and the disputes of these.
CREATE FUNCTION reader_payments() RETURNS SETOF uuid STABLE SECURITY DEFINER
SET search_path = public, pg_temp LANGUAGE sql AS $$
    SELECT payment_id FROM payment_index
    WHERE book = reader_book() AND kind = 'seller' AND name IN (SELECT reader_seller_names())
$$;
CREATE FUNCTION reader_disputes() RETURNS SETOF uuid STABLE SECURITY DEFINER
SET search_path = public, pg_temp LANGUAGE sql AS $$
    SELECT id FROM dispute WHERE book = reader_book() AND payment_id IN (SELECT reader_payments())
$$;

ALTER TABLE payment ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON payment FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR id IN (SELECT reader_payments())));
ALTER TABLE payment_refund ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON payment_refund FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR payment_id IN (SELECT reader_payments())));
ALTER TABLE clearing ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON clearing FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR payment_id IN (SELECT reader_payments())));
ALTER TABLE dispute ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON dispute FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR payment_id IN (SELECT reader_payments())));
ALTER TABLE payment_index ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON payment_index FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR payment_id IN (SELECT reader_payments())));
ALTER TABLE dispute_evidence ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON dispute_evidence FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR dispute_id IN (SELECT reader_disputes())));
ALTER TABLE shipment ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON shipment FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR order_key IN (SELECT reader_orders())));
ALTER TABLE confirmation ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON confirmation FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR order_key IN (SELECT reader_orders())));
ALTER TABLE cancellation ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON cancellation FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR order_key IN (SELECT reader_orders())));
ALTER TABLE return_ ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON return_ FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR order_key IN (SELECT reader_orders())));
ALTER TABLE review ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON review FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR order_key IN (SELECT reader_orders())));
ALTER TABLE payment_link ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON payment_link FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR seller IN (SELECT reader_seller_names())));
ALTER TABLE mandate ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON mandate FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR merchant IN (SELECT reader_seller_names())));
ALTER TABLE device_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON device_event FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR merchant IN (SELECT reader_seller_names())));
ALTER TABLE voucher ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON voucher FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR merchant IN (SELECT reader_seller_names())));
ALTER TABLE certificate ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON certificate FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR party IN (SELECT reader_seller_names())));
ALTER TABLE device ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON device FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR party IN (SELECT reader_seller_names())));
ALTER TABLE window_position ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON window_position FOR SELECT USING (
    book = (SELECT reader_book()) AND ((SELECT reader_all()) OR party IN (SELECT reader_seller_names())));
-- These belong to no seller alone: the whole book, or nothing.
ALTER TABLE evidence_file ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON evidence_file FOR SELECT USING (
    book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE transfer ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON transfer FOR SELECT USING (
    book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE hold ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON hold FOR SELECT USING (
    book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE day_balance ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON day_balance FOR SELECT USING (
    book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE carried ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON carried FOR SELECT USING (
    book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE line_match ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON line_match FOR SELECT USING (
    book = (SELECT reader_book()) AND (SELECT reader_all()));
ALTER TABLE line_match_item ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON line_match_item FOR SELECT USING (
    book = (SELECT reader_book()) AND (SELECT reader_all()));
-- These are nobody's to read: not even of a book that was granted whole.
ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON api_key FOR SELECT USING (false);
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON member FOR SELECT USING (false);
ALTER TABLE passkey ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON passkey FOR SELECT USING (false);
ALTER TABLE passkey_challenge ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON passkey_challenge FOR SELECT USING (false);
ALTER TABLE row_grant ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON row_grant FOR SELECT USING (false);

-- As before, and what became of payments: who paid, by which means and what people wrote is not in it.
CREATE OR REPLACE FUNCTION grant_readers() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    wanted CONSTANT text[][] := ARRAY[
        ['partner', 'seller', 'book, id, key, name, region, occurred_at, superseded_at'],
        ['partner', 'order_', 'book, id, key, currency, estimated_at, occurred_at, superseded_at'],
        ['partner', 'item', 'book, id, key, order_key, product_key, seller_key, price_minor, freight_minor, currency, quantity, occurred_at, superseded_at'],
        ['partner', 'delivery', 'book, id, order_key, occurred_at, superseded_at'],
        ['partner', 'payout', 'book, id, seller_id, amount, currency, at'],
        ['regulator', 'seller', 'book, id, key, name, city, region, postcode, occurred_at, recorded_at, superseded_at'],
        ['regulator', 'order_', 'book, id, key, currency, estimated_at, occurred_at, recorded_at, superseded_at'],
        ['regulator', 'item', 'book, id, key, order_key, product_key, seller_key, price_minor, freight_minor, currency, quantity, occurred_at, recorded_at, superseded_at'],
        ['regulator', 'delivery', 'book, id, order_key, occurred_at, recorded_at, superseded_at'],
        ['regulator', 'tender', 'book, id, order_key, method, amount_minor, currency, instalments, occurred_at, recorded_at, superseded_at'],
        ['regulator', 'payout', 'book, id, seller_id, account_id, amount, currency, at, txn_id'],
        ['regulator', 'escrow', 'book, order_id, currency, state, taken, refunded, opened_at, taken_at, confirmed_at, released_at, closed_at'],
        ['regulator', 'refund', 'book, id, order_id, amount, currency, cause, at, txn_id'],
        ['regulator', 'account', 'book, id, path, currency, kind, class, held_out, out_, held_in, in_'],
        ['regulator', 'period', 'book, until, since, time_zone, closed_at, transfers, totals, hash'],
        ['analyst', 'seller', 'book, id, key, region, occurred_at, superseded_at'],
        ['analyst', 'buyer', 'book, id, region, occurred_at, superseded_at'],
        ['analyst', 'order_', 'book, id, key, currency, estimated_at, occurred_at, superseded_at'],
        ['analyst', 'item', 'book, id, key, order_key, product_key, seller_key, price_minor, freight_minor, currency, quantity, occurred_at, superseded_at'],
        ['analyst', 'delivery', 'book, id, order_key, occurred_at, superseded_at'],
        ['analyst', 'tender', 'book, id, order_key, method, amount_minor, currency, instalments, occurred_at, superseded_at'],
        ['analyst', 'payout', 'book, id, seller_id, amount, currency, at'],
        ['analyst', 'escrow', 'book, order_id, currency, state, taken, refunded, opened_at, taken_at, confirmed_at, released_at, closed_at'],
        ['analyst', 'refund', 'book, id, order_id, amount, currency, cause, at'],
        ['partner', 'payment', 'book, id, state, currency, amount, captured, refunded, charged, capture, created_at, updated_at'],
        ['partner', 'payment_refund', 'book, id, payment_id, amount, currency, state, at, done_at'],
        ['partner', 'clearing', 'book, id, payment_id, kind, currency, amount, window_number, at'],
        ['partner', 'dispute', 'book, id, rail, payment_id, currency, amount, own, state, opened_at, due_at, submitted_at, closed_at, closed_by'],
        ['partner', 'dispute_evidence', 'book, dispute_id, number, hash, media_type, size, at'],
        ['regulator', 'payment', 'book, id, state, currency, amount, captured, refunded, charged, capture, created_at, updated_at'],
        ['regulator', 'payment_refund', 'book, id, payment_id, amount, currency, state, at, done_at'],
        ['regulator', 'clearing', 'book, id, payment_id, kind, currency, amount, window_number, at'],
        ['regulator', 'dispute', 'book, id, rail, payment_id, currency, amount, own, state, opened_at, due_at, submitted_at, closed_at, closed_by'],
        ['regulator', 'dispute_evidence', 'book, dispute_id, number, hash, media_type, size, at'],
        ['analyst', 'payment', 'book, id, state, currency, amount, captured, refunded, charged, capture, created_at, updated_at'],
        ['analyst', 'payment_refund', 'book, id, payment_id, amount, currency, state, at, done_at'],
        ['analyst', 'clearing', 'book, id, payment_id, kind, currency, amount, window_number, at'],
        ['analyst', 'dispute', 'book, id, rail, payment_id, currency, amount, own, state, opened_at, due_at, submitted_at, closed_at, closed_by'],
        ['analyst', 'dispute_evidence', 'book, dispute_id, number, hash, media_type, size, at']];
    one text[];
    given integer := 0;
BEGIN
    FOREACH one SLICE 1 IN ARRAY wanted LOOP
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'huoshui_reader_' || one[1]) THEN
            EXECUTE format('GRANT SELECT (%s) ON %I TO %I', one[3], one[2], 'huoshui_reader_' || one[1]);
            given := given + 1;
        END IF;
    END LOOP;
    RETURN given;
END $$;
SELECT grant_readers();

-- check: SELECT count(*) = 41 FROM pg_policies WHERE schemaname = 'public' AND policyname = 'reader'
