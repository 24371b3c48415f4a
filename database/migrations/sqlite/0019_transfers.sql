-- 1日の限度額 of transfers, by the account of the ledger that stands for it: of a contract, a debited account or a user,
-- on a day. The newest number has the level that was granted.
CREATE TABLE transfer_limit (
    account INTEGER NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    scope TEXT NOT NULL CHECK (scope IN ('contract', 'account', 'user')),
    subject TEXT NOT NULL,
    day TEXT NOT NULL,
    level INTEGER NOT NULL CHECK (level >= 0),
    at_us INTEGER NOT NULL,
    PRIMARY KEY (account, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER transfer_limit_is_not_changed BEFORE UPDATE ON transfer_limit
BEGIN SELECT RAISE(ABORT, 'transfer_limit is only ever added to'); END;
CREATE TRIGGER transfer_limit_is_not_deleted BEFORE DELETE ON transfer_limit
BEGIN SELECT RAISE(ABORT, 'transfer_limit is only ever added to'); END;

-- Orders to transfer money (振込, 振替). A row is never changed: events decide the state. facts has everything as JSON.
CREATE TABLE transfer_order (
    id BLOB PRIMARY KEY,
    contract BLOB NOT NULL,
    app_user BLOB NOT NULL,
    account INTEGER NOT NULL,
    payee_bank TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    day TEXT NOT NULL,
    placed_us INTEGER NOT NULL,
    facts TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX transfer_order_contract ON transfer_order (contract, placed_us);
CREATE TRIGGER transfer_order_is_not_changed BEFORE UPDATE ON transfer_order
BEGIN SELECT RAISE(ABORT, 'transfer_order is only ever added to'); END;
CREATE TRIGGER transfer_order_is_not_deleted BEFORE DELETE ON transfer_order
BEGIN SELECT RAISE(ABORT, 'transfer_order is only ever added to'); END;
