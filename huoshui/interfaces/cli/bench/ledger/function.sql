-- A transfer by one call, as a ledger in PostgreSQL usually does it: the checks of the lane, in
-- their order, the same rows written in the same commit. Answers the result code.
CREATE OR REPLACE FUNCTION bench_post(a_book integer, a_from text, a_to text, a_amount bigint)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a_id uuid := bench_id();
    stood integer;
    book_state ledger_state;
    source account;
    target account;
    moment timestamptz := clock_timestamp();
    number bigint;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(19527, a_book);
    SELECT * INTO book_state FROM ledger_state WHERE book = a_book;
    PERFORM FROM hold WHERE book = a_book AND state = 'open' AND expires_at <= moment LIMIT 1;
    PERFORM FROM account WHERE book = a_book AND path IN (a_from, a_to) AND currency = 'CNY'
        ORDER BY id FOR UPDATE;
    SELECT * INTO source FROM account WHERE book = a_book AND path = a_from AND currency = 'CNY';
    SELECT * INTO target FROM account WHERE book = a_book AND path = a_to AND currency = 'CNY';
    PERFORM FROM transfer WHERE book = a_book AND id = a_id;
    IF FOUND THEN RETURN 'exists'; END IF;
    PERFORM FROM burnt WHERE book = a_book AND id = a_id;
    IF FOUND THEN RETURN 'id_already_failed'; END IF;
    IF a_id < book_state.horizon THEN RETURN 'id_too_old'; END IF;
    IF a_amount NOT BETWEEN 0 AND 4611686018427387904 THEN RETURN 'amount_out_of_range'; END IF;
    IF a_from = a_to THEN RETURN 'same_account'; END IF;
    IF moment < book_state.sealed_until THEN RETURN 'period_sealed'; END IF;
    IF source.id IS NULL THEN RETURN 'from_not_found'; END IF;
    IF target.id IS NULL THEN RETURN 'to_not_found'; END IF;
    IF source.closed THEN RETURN 'from_closed'; END IF;
    IF target.closed THEN RETURN 'to_closed'; END IF;
    IF source.in_ - source.out_ - source.held_out - a_amount < source.floor THEN
        RETURN 'insufficient_from';
    END IF;
    IF target.in_ + target.held_in - target.out_ + a_amount > target.ceiling THEN
        RETURN 'limit_exceeded_to';
    END IF;
    moment := greatest(moment, source.moved_at, target.moved_at);
    number := nextval('batch_seq');
    UPDATE account SET out_ = out_ + a_amount, version = version + 1, moved_at = moment
        WHERE book = a_book AND id = source.id;
    UPDATE account SET in_ = in_ + a_amount, version = version + 1, moved_at = moment
        WHERE book = a_book AND id = target.id;
    INSERT INTO transfer (book, leg, kind, amount, id, from_id, to_id, from_after, to_after,
            from_version, to_version, effective_at, recorded_at, batch, flags, currency, template,
            reference, actor)
        VALUES (a_book, 0, 0, a_amount, a_id, source.id, target.id,
            source.in_ - source.out_ - a_amount, target.in_ - target.out_ + a_amount,
            source.version + 1, target.version + 1, moment, moment, number, 0, 'CNY', 'bench', '', 'bench');
    INSERT INTO unsealed (book, kind, batch) VALUES (a_book, 'batch', number);
    RETURN 'created';
END $$;

-- A UUIDv7 of this millisecond, as the lane's callers bring it.
CREATE OR REPLACE FUNCTION bench_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(
        substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        || set_byte(set_byte(substring(uuid_send(gen_random_uuid()) FROM 7), 0,
            112 | (get_byte(uuid_send(gen_random_uuid()), 0) & 15)), 2,
            128 | (get_byte(uuid_send(gen_random_uuid()), 1) & 63)), 'hex')::uuid $$;

-- From one of the payers to the hot account.
CREATE OR REPLACE FUNCTION bench_pay(a_book integer, a_payer integer, a_amount bigint)
RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT bench_post(a_book, 'bench:' || a_payer, 'bench:hot', a_amount) $$;
