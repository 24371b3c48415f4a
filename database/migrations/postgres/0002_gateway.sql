-- 照会: what was asked, with its secret, and the bills that were answered. Deleted after a day; a payment has copied
-- what it needs.
CREATE TABLE inquiry (
    id UUID PRIMARY KEY,
    contract UUID NOT NULL,
    user_id UUID NOT NULL,
    collector TEXT NOT NULL,
    customer_number TEXT NOT NULL,
    confirmation_number TEXT NOT NULL,
    category TEXT,
    amount BIGINT,
    bills TEXT NOT NULL,
    generations TEXT NOT NULL,
    answered_us BIGINT NOT NULL,
    link TEXT
);

-- 情報リンク方式: what a collector's site handed over, with its secret, whose browser it belongs to and who took it. Deleted
-- after a day; that the nonce was used stays as a guard.
CREATE TABLE link_handoff (
    id TEXT PRIMARY KEY,
    collector TEXT NOT NULL,
    nonce TEXT NOT NULL,
    pattern TEXT NOT NULL,
    contents TEXT NOT NULL,
    arrived_us BIGINT NOT NULL,
    browser BYTEA,
    contract UUID,
    user_id UUID,
    claimed_us BIGINT,
    UNIQUE (collector, nonce),
    CHECK ((user_id IS NULL) = (contract IS NULL) AND (user_id IS NULL) = (claimed_us IS NULL))
);
CREATE INDEX link_handoff_arrived ON link_handoff (arrived_us);

-- The facts of a payment, fixed at the hold. Its state is its last event.
CREATE TABLE payment (
    id UUID PRIMARY KEY,
    contract UUID NOT NULL,
    user_id UUID NOT NULL,
    account BIGINT NOT NULL,
    channel TEXT NOT NULL,
    collector TEXT NOT NULL,
    customer_number TEXT NOT NULL,
    category TEXT,
    bill TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    fee BIGINT NOT NULL CHECK (fee >= 0),
    inquiry UUID NOT NULL,
    link TEXT,
    hold UUID NOT NULL UNIQUE,
    fee_hold UUID UNIQUE,
    bill_guard TEXT NOT NULL,
    message_key TEXT NOT NULL UNIQUE,
    receipt_number TEXT NOT NULL UNIQUE,
    receipt_date TEXT NOT NULL,
    memo TEXT NOT NULL,
    held_us BIGINT NOT NULL
);
CREATE INDEX payment_contract ON payment (contract, held_us, id);
CREATE INDEX payment_link ON payment (collector, link) WHERE link IS NOT NULL;

-- 仕向処理通番: the next serial of a centre and processing date. Processes reserve blocks.
CREATE TABLE serial (
    centre TEXT NOT NULL,
    date TEXT NOT NULL,
    next BIGINT NOT NULL,
    PRIMARY KEY (centre, date)
);

-- The facts of a payment are only ever added to.
CREATE TRIGGER payment_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON payment
EXECUTE FUNCTION only_added_to();
