-- 照会: what was asked, with its secret, and the bills that were answered. Deleted after a day; a payment has copied
-- what it needs.
CREATE TABLE inquiry (
    id BLOB PRIMARY KEY,
    contract BLOB NOT NULL,
    user_id BLOB NOT NULL,
    collector TEXT NOT NULL,
    customer_number TEXT NOT NULL,
    confirmation_number TEXT NOT NULL,
    category TEXT,
    amount INTEGER,
    bills TEXT NOT NULL,
    generations TEXT NOT NULL,
    answered_us INTEGER NOT NULL,
    link TEXT
) STRICT;

-- 情報リンク方式: what a collector's site handed over, with its secret, whose browser it belongs to and who took it. Deleted
-- after a day; that the nonce was used stays as a guard.
CREATE TABLE link_handoff (
    id TEXT PRIMARY KEY,
    collector TEXT NOT NULL,
    nonce TEXT NOT NULL,
    pattern TEXT NOT NULL,
    contents TEXT NOT NULL,
    arrived_us INTEGER NOT NULL,
    browser BLOB,
    contract BLOB,
    user_id BLOB,
    claimed_us INTEGER,
    UNIQUE (collector, nonce),
    CHECK ((user_id IS NULL) = (contract IS NULL) AND (user_id IS NULL) = (claimed_us IS NULL))
) STRICT;
CREATE INDEX link_handoff_arrived ON link_handoff (arrived_us);

-- The facts of a payment, fixed at the hold. Its state is its last event.
CREATE TABLE payment (
    id BLOB PRIMARY KEY,
    contract BLOB NOT NULL,
    user_id BLOB NOT NULL,
    account INTEGER NOT NULL,
    channel TEXT NOT NULL,
    collector TEXT NOT NULL,
    customer_number TEXT NOT NULL,
    category TEXT,
    bill TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    fee INTEGER NOT NULL CHECK (fee >= 0),
    inquiry BLOB NOT NULL,
    link TEXT,
    hold BLOB NOT NULL UNIQUE,
    fee_hold BLOB UNIQUE,
    bill_guard TEXT NOT NULL,
    message_key TEXT NOT NULL UNIQUE,
    receipt_number TEXT NOT NULL UNIQUE,
    receipt_date TEXT NOT NULL,
    memo TEXT NOT NULL,
    held_us INTEGER NOT NULL
) STRICT;
CREATE INDEX payment_contract ON payment (contract, held_us, id);
CREATE INDEX payment_link ON payment (collector, link) WHERE link IS NOT NULL;

-- 仕向処理通番: the next serial of a centre and processing date. Processes reserve blocks.
CREATE TABLE serial (
    centre TEXT NOT NULL,
    date TEXT NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (centre, date)
) STRICT, WITHOUT ROWID;

-- The facts of a payment are only ever added to.
CREATE TRIGGER payment_is_not_changed BEFORE UPDATE ON payment
BEGIN SELECT RAISE(ABORT, 'payment is only ever added to'); END;
CREATE TRIGGER payment_is_not_deleted BEFORE DELETE ON payment
BEGIN SELECT RAISE(ABORT, 'payment is only ever added to'); END;
