-- 資金決済: the settlement of one window of one collector. Its id is made of the two; where it stands is its last event.
CREATE TABLE settlement (
    id UUID PRIMARY KEY,
    collector TEXT NOT NULL,
    window_date TEXT NOT NULL,
    UNIQUE (collector, window_date)
);
CREATE INDEX settlement_window ON settlement (window_date, collector);

-- The transfers of one part of a settlement, from the clearing and fee accounts.
CREATE TABLE settlement_part (
    settlement UUID NOT NULL,
    part BIGINT NOT NULL CHECK (part > 0),
    count BIGINT NOT NULL CHECK (count > 0),
    amount BIGINT NOT NULL CHECK (amount > 0),
    fee BIGINT NOT NULL CHECK (fee >= 0),
    transfer UUID NOT NULL UNIQUE,
    fee_transfer UUID UNIQUE,
    PRIMARY KEY (settlement, part),
    CHECK ((fee > 0) = (fee_transfer IS NOT NULL))
);

-- The payments of a part: each settles once.
CREATE TABLE settled_payment (
    payment UUID PRIMARY KEY,
    settlement UUID NOT NULL,
    part BIGINT NOT NULL
);
CREATE INDEX settled_payment_settlement ON settled_payment (settlement, payment);

-- What a closed window owes its collector, and the message that says so. It is paid when the journal has its transfer.
CREATE TABLE net_payment (
    settlement UUID PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    pay_date TEXT NOT NULL,
    count BIGINT NOT NULL CHECK (count > 0),
    amount BIGINT NOT NULL CHECK (amount > 0),
    fee BIGINT NOT NULL CHECK (fee >= 0),
    payable BIGINT NOT NULL CHECK (payable > 0),
    account BIGINT NOT NULL,
    transfer UUID NOT NULL UNIQUE,
    advice BYTEA NOT NULL
);
CREATE INDEX net_payment_pay_date ON net_payment (pay_date, number);

-- All of it is only ever added to.
CREATE TRIGGER settlement_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER settlement_part_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement_part
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER settled_payment_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON settled_payment
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER net_payment_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON net_payment
EXECUTE FUNCTION only_added_to();
