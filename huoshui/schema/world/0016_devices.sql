-- Devices of parties, what they may debit, and what they sign without a network.

-- The keys that certify devices and sign receipts; their private halves are files.
CREATE TABLE device_issuer (
    book        integer NOT NULL REFERENCES book,
    fingerprint text NOT NULL,
    public      text NOT NULL,
    from_at     timestamptz NOT NULL,
    PRIMARY KEY (book, fingerprint)
);
CREATE TRIGGER device_issuer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON device_issuer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE device (
    book        integer NOT NULL REFERENCES book,
    id          uuid NOT NULL,
    party       text NOT NULL,                          -- whose it is: slr_… or byr_…
    role        text NOT NULL CHECK (role IN ('wallet', 'till', 'machine')),
    name        text NOT NULL DEFAULT '',
    state       text NOT NULL CHECK (state IN ('active', 'frozen', 'revoked')),
    reason      text NOT NULL DEFAULT '',               -- why it is not active
    state_at    timestamptz NOT NULL,                   -- since when, to the microsecond
    enrolled_at timestamptz NOT NULL,
    PRIMARY KEY (book, id)
);
CREATE INDEX device_party ON device (book, party, id);

-- A key signs for its device from a time and until it is followed by the next.
CREATE TABLE device_key (
    book      integer NOT NULL,
    public    text NOT NULL,
    device_id uuid NOT NULL,
    from_at   timestamptz NOT NULL,
    until_at  timestamptz,
    PRIMARY KEY (book, public)
);
CREATE UNIQUE INDEX device_key_now ON device_key (book, device_id) WHERE until_at IS NULL;

-- Terms of paying offline; amounts in minor units. What is certified under one never changes.
CREATE TABLE programme (
    book             integer NOT NULL REFERENCES book,
    id               uuid NOT NULL,
    name             text NOT NULL,
    currency         text NOT NULL,
    single           bigint NOT NULL CHECK (single > 0),
    cumulative       bigint NOT NULL CHECK (cumulative >= single),
    lower            integer NOT NULL CHECK (lower >= 0),
    upper            integer NOT NULL CHECK (upper >= lower AND upper > 0),
    certificate_days integer NOT NULL CHECK (certificate_days BETWEEN 1 AND 90),
    deposit_days     integer NOT NULL CHECK (deposit_days BETWEEN 1 AND 90),
    bearer           text NOT NULL CHECK (bearer IN ('issuer', 'merchant', 'platform')),
    loss_max         bigint NOT NULL CHECK (loss_max >= 0),  -- a device, beyond its hold
    state            text NOT NULL CHECK (state IN ('open', 'closed')),
    created_at       timestamptz NOT NULL,
    PRIMARY KEY (book, id)
);

CREATE TABLE certificate (
    book          integer NOT NULL,
    id            uuid NOT NULL,
    device_id     uuid NOT NULL,
    programme_id  uuid NOT NULL,
    party         text NOT NULL,
    role          text NOT NULL,
    currency      text NOT NULL,
    amount        bigint NOT NULL CHECK (amount >= 0),  -- held for it; 0 for a till
    hold_id       uuid,
    counter       bigint NOT NULL,                      -- its vouchers count from the next
    begins        timestamptz NOT NULL,
    ends          timestamptz NOT NULL,
    deposit_until timestamptz NOT NULL,
    settled_at    timestamptz,                          -- what was left of the hold was freed
    text          text NOT NULL,                        -- as it was signed
    PRIMARY KEY (book, id)
);
CREATE INDEX certificate_device ON certificate (device_id, book, id);

-- Vouchers that came in and were authentic, whatever became of them.
CREATE TABLE voucher (
    book           integer NOT NULL,
    id             uuid NOT NULL,
    digest         text NOT NULL,
    certificate_id uuid NOT NULL,
    programme_id   uuid NOT NULL,
    device_id      uuid NOT NULL,
    counter        bigint NOT NULL CHECK (counter > 0),
    amount         bigint NOT NULL CHECK (amount > 0),
    total          bigint NOT NULL,                     -- of its certificate, as the device says
    currency       text NOT NULL,
    payer          text NOT NULL,
    merchant       text NOT NULL,
    till_id        uuid NOT NULL,
    paid_at        timestamptz NOT NULL,                -- by the till's counter-signature
    deposited_at   timestamptz NOT NULL,
    state          text NOT NULL CHECK (state IN ('deposited', 'disputed', 'double_spend', 'rejected')),
    reason         text NOT NULL DEFAULT '',
    captured       bigint NOT NULL DEFAULT 0 CHECK (captured >= 0),  -- out of the hold
    borne          bigint NOT NULL DEFAULT 0 CHECK (borne >= 0),     -- by the programme's bearer
    payment_id     uuid,
    bundle         text NOT NULL,                       -- certificate and voucher as signed
    acceptance     text NOT NULL,
    receipt        text NOT NULL DEFAULT '',
    PRIMARY KEY (book, id),
    UNIQUE (book, digest),
    CHECK (captured + borne <= amount),
    CHECK (captured = 0 OR state = 'deposited')
);
-- What makes a counter worth one voucher, whoever writes here.
CREATE UNIQUE INDEX voucher_counter ON voucher (book, device_id, counter)
    WHERE state IN ('deposited', 'disputed');
CREATE INDEX voucher_certificate ON voucher (certificate_id, book, counter);
CREATE INDEX voucher_merchant ON voucher (book, merchant, id);
CREATE INDEX voucher_odd ON voucher (book, id) WHERE state <> 'deposited';

-- Two vouchers of one device under one counter: the proof is their texts.
CREATE TABLE double_spend (
    book      integer NOT NULL,
    id        uuid NOT NULL,
    device_id uuid NOT NULL,
    counter   bigint NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('double_spend', 'counter_reuse')),
    first_id  uuid NOT NULL,
    second_id uuid NOT NULL,
    found_at  timestamptz NOT NULL,
    PRIMARY KEY (book, id),
    UNIQUE (book, second_id)
);
CREATE INDEX double_spend_device ON double_spend (device_id, book);
CREATE TRIGGER double_spend_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON double_spend
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A payer's consent to be debited by a device or a merchant.
CREATE TABLE mandate (
    book        integer NOT NULL REFERENCES book,
    id          uuid NOT NULL,
    payer       text NOT NULL,
    merchant    text NOT NULL,
    device      text NOT NULL DEFAULT '',               -- dev_…; empty: any machine of the merchant
    scene       text NOT NULL DEFAULT '',               -- parking, charging …; empty: any
    currency    text NOT NULL,
    single_max  bigint NOT NULL CHECK (single_max > 0),
    daily_max   bigint NOT NULL CHECK (daily_max >= single_max),
    total_max   bigint CHECK (total_max >= daily_max),
    state       text NOT NULL CHECK (state IN ('proposed', 'active', 'declined', 'revoked')),
    created_at  timestamptz NOT NULL,
    consent_at  timestamptz,
    consent     text NOT NULL DEFAULT '',               -- what proves it
    ends_at     timestamptz,
    revoked_at  timestamptz,
    revoked_by  text NOT NULL DEFAULT '',
    spent       bigint NOT NULL DEFAULT 0 CHECK (spent >= 0),
    day         date,                                   -- of the book, of the last debit's commit
    day_spent   bigint NOT NULL DEFAULT 0 CHECK (day_spent BETWEEN 0 AND spent),
    PRIMARY KEY (book, id),
    CHECK (state <> 'active' OR consent_at IS NOT NULL)
);
CREATE INDEX mandate_payer ON mandate (book, payer, id);

-- What machines asked for: each counter once, each event once.
CREATE TABLE device_event (
    book        integer NOT NULL,
    id          uuid NOT NULL,
    digest      text NOT NULL,
    device_id   uuid NOT NULL,
    counter     bigint NOT NULL,
    event       text NOT NULL,
    mandate_id  uuid NOT NULL,
    payer       text NOT NULL,
    merchant    text NOT NULL,
    scene       text NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    currency    text NOT NULL,
    at          timestamptz NOT NULL,                   -- as the device signed it
    received_at timestamptz NOT NULL,
    state       text NOT NULL CHECK (state IN ('debited', 'asked', 'refused')),
    reason      text NOT NULL DEFAULT '',
    payment_id  uuid,
    text        text NOT NULL,
    receipt     text NOT NULL DEFAULT '',
    PRIMARY KEY (book, id),
    UNIQUE (book, device_id, counter),
    UNIQUE (book, device_id, event)
);
CREATE INDEX device_event_mandate ON device_event (mandate_id, book, id);

-- check: SELECT count(*) = 2 FROM pg_trigger WHERE tgname IN ('device_issuer_append_only', 'double_spend_append_only')
