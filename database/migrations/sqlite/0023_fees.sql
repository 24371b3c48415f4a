-- 後納手数料: what a contract's charges of a month came to, and the transfer that debited them. One a contract and month.
CREATE TABLE fee_debit (
    contract BLOB NOT NULL,
    month TEXT NOT NULL,
    account INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    charges INTEGER NOT NULL CHECK (charges > 0),
    transfer BLOB NOT NULL UNIQUE,
    day TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (contract, month)
) STRICT, WITHOUT ROWID;

-- The days on which they could not be debited. One a contract, month and day.
CREATE TABLE fee_try (
    contract BLOB NOT NULL,
    month TEXT NOT NULL,
    day TEXT NOT NULL,
    why TEXT NOT NULL CHECK (why IN ('short', 'account')),
    at_us INTEGER NOT NULL,
    PRIMARY KEY (contract, month, day)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER fee_debit_is_not_changed BEFORE UPDATE ON fee_debit
BEGIN SELECT RAISE(ABORT, 'fee_debit is only ever added to'); END;
CREATE TRIGGER fee_debit_is_not_deleted BEFORE DELETE ON fee_debit
BEGIN SELECT RAISE(ABORT, 'fee_debit is only ever added to'); END;
CREATE TRIGGER fee_try_is_not_changed BEFORE UPDATE ON fee_try
BEGIN SELECT RAISE(ABORT, 'fee_try is only ever added to'); END;
CREATE TRIGGER fee_try_is_not_deleted BEFORE DELETE ON fee_try
BEGIN SELECT RAISE(ABORT, 'fee_try is only ever added to'); END;
