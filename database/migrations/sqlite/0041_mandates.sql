-- 預金口座振替依頼書: the holder of an account here lets a contract debit it. Of a contract and an account the newest counts.
CREATE TABLE bulk_mandate (
    id BLOB PRIMARY KEY,
    contract BLOB NOT NULL,
    account INTEGER NOT NULL,
    -- 顧客番号, as the contract names the holder; empty where it does not
    customer TEXT NOT NULL,
    from_day TEXT NOT NULL,
    actor TEXT NOT NULL,
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX bulk_mandate_account ON bulk_mandate (account, id);
CREATE INDEX bulk_mandate_contract ON bulk_mandate (contract, id);

-- It is stopped, for good: who debits again needs another one.
CREATE TABLE bulk_mandate_stop (
    mandate BLOB PRIMARY KEY,
    stopped_by TEXT NOT NULL CHECK (stopped_by IN ('holder', 'originator')),
    actor TEXT NOT NULL,
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER bulk_mandate_is_not_changed BEFORE UPDATE ON bulk_mandate
BEGIN SELECT RAISE(ABORT, 'bulk_mandate is only ever added to'); END;
CREATE TRIGGER bulk_mandate_is_not_deleted BEFORE DELETE ON bulk_mandate
BEGIN SELECT RAISE(ABORT, 'bulk_mandate is only ever added to'); END;
CREATE TRIGGER bulk_mandate_stop_is_not_changed BEFORE UPDATE ON bulk_mandate_stop
BEGIN SELECT RAISE(ABORT, 'bulk_mandate_stop is only ever added to'); END;
CREATE TRIGGER bulk_mandate_stop_is_not_deleted BEFORE DELETE ON bulk_mandate_stop
BEGIN SELECT RAISE(ABORT, 'bulk_mandate_stop is only ever added to'); END;
