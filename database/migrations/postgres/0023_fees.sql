-- 後納手数料: what a contract's charges of a month came to, and the transfer that debited them. One a contract and month.
CREATE TABLE fee_debit (
    contract UUID NOT NULL,
    month TEXT NOT NULL,
    account BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    charges BIGINT NOT NULL CHECK (charges > 0),
    transfer UUID NOT NULL UNIQUE,
    day TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (contract, month)
);

-- The days on which they could not be debited. One a contract, month and day.
CREATE TABLE fee_try (
    contract UUID NOT NULL,
    month TEXT NOT NULL,
    day TEXT NOT NULL,
    why TEXT NOT NULL CHECK (why IN ('short', 'account')),
    at_us BIGINT NOT NULL,
    PRIMARY KEY (contract, month, day)
);
CREATE TRIGGER fee_debit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON fee_debit
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER fee_try_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON fee_try
EXECUTE FUNCTION only_added_to();
