-- 1日の限度額 of transfers, by the account of the ledger that stands for it: of a contract, a debited account or a user,
-- on a day. The newest number has the level that was granted.
CREATE TABLE transfer_limit (
    account BIGINT NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    scope TEXT NOT NULL CHECK (scope IN ('contract', 'account', 'user')),
    subject TEXT NOT NULL,
    day TEXT NOT NULL,
    level BIGINT NOT NULL CHECK (level >= 0),
    at_us BIGINT NOT NULL,
    PRIMARY KEY (account, number)
);
CREATE TRIGGER transfer_limit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer_limit
EXECUTE FUNCTION only_added_to();

-- Orders to transfer money (振込, 振替). A row is never changed: events decide the state. facts has everything as JSON.
CREATE TABLE transfer_order (
    id UUID PRIMARY KEY,
    contract UUID NOT NULL,
    app_user UUID NOT NULL,
    account BIGINT NOT NULL,
    payee_bank TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    day TEXT NOT NULL,
    placed_us BIGINT NOT NULL,
    facts TEXT NOT NULL
);
CREATE INDEX transfer_order_contract ON transfer_order (contract, placed_us);
CREATE TRIGGER transfer_order_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer_order
EXECUTE FUNCTION only_added_to();
