-- 資金決済: the settlement of one window of one collector. Its id is made of the two; where it stands is its last event.
CREATE TABLE settlement (
    id BLOB PRIMARY KEY,
    collector TEXT NOT NULL,
    window_date TEXT NOT NULL,
    UNIQUE (collector, window_date)
) STRICT;
CREATE INDEX settlement_window ON settlement (window_date, collector);

-- The transfers of one part of a settlement, from the clearing and fee accounts.
CREATE TABLE settlement_part (
    settlement BLOB NOT NULL,
    part INTEGER NOT NULL CHECK (part > 0),
    count INTEGER NOT NULL CHECK (count > 0),
    amount INTEGER NOT NULL CHECK (amount > 0),
    fee INTEGER NOT NULL CHECK (fee >= 0),
    transfer BLOB NOT NULL UNIQUE,
    fee_transfer BLOB UNIQUE,
    PRIMARY KEY (settlement, part),
    CHECK ((fee > 0) = (fee_transfer IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- The payments of a part: each settles once.
CREATE TABLE settled_payment (
    payment BLOB PRIMARY KEY,
    settlement BLOB NOT NULL,
    part INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX settled_payment_settlement ON settled_payment (settlement, payment);

-- What a closed window owes its collector, and the message that says so. It is paid when the journal has its transfer.
CREATE TABLE net_payment (
    settlement BLOB PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    pay_date TEXT NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    amount INTEGER NOT NULL CHECK (amount > 0),
    fee INTEGER NOT NULL CHECK (fee >= 0),
    payable INTEGER NOT NULL CHECK (payable > 0),
    account INTEGER NOT NULL,
    transfer BLOB NOT NULL UNIQUE,
    advice BLOB NOT NULL
) STRICT;
CREATE INDEX net_payment_pay_date ON net_payment (pay_date, number);

-- All of it is only ever added to.
CREATE TRIGGER settlement_is_not_changed BEFORE UPDATE ON settlement
BEGIN SELECT RAISE(ABORT, 'settlement is only ever added to'); END;
CREATE TRIGGER settlement_is_not_deleted BEFORE DELETE ON settlement
BEGIN SELECT RAISE(ABORT, 'settlement is only ever added to'); END;
CREATE TRIGGER settlement_part_is_not_changed BEFORE UPDATE ON settlement_part
BEGIN SELECT RAISE(ABORT, 'settlement_part is only ever added to'); END;
CREATE TRIGGER settlement_part_is_not_deleted BEFORE DELETE ON settlement_part
BEGIN SELECT RAISE(ABORT, 'settlement_part is only ever added to'); END;
CREATE TRIGGER settled_payment_is_not_changed BEFORE UPDATE ON settled_payment
BEGIN SELECT RAISE(ABORT, 'settled_payment is only ever added to'); END;
CREATE TRIGGER settled_payment_is_not_deleted BEFORE DELETE ON settled_payment
BEGIN SELECT RAISE(ABORT, 'settled_payment is only ever added to'); END;
CREATE TRIGGER net_payment_is_not_changed BEFORE UPDATE ON net_payment
BEGIN SELECT RAISE(ABORT, 'net_payment is only ever added to'); END;
CREATE TRIGGER net_payment_is_not_deleted BEFORE DELETE ON net_payment
BEGIN SELECT RAISE(ABORT, 'net_payment is only ever added to'); END;
