-- 預金口座振替依頼書: the holder of an account here lets a contract debit it. Of a contract and an account the newest counts.
CREATE TABLE bulk_mandate (
    id UUID PRIMARY KEY,
    contract UUID NOT NULL,
    account BIGINT NOT NULL,
    -- 顧客番号, as the contract names the holder; empty where it does not
    customer TEXT NOT NULL,
    from_day TEXT NOT NULL,
    actor TEXT NOT NULL,
    at_us BIGINT NOT NULL
);
CREATE INDEX bulk_mandate_account ON bulk_mandate (account, id);
CREATE INDEX bulk_mandate_contract ON bulk_mandate (contract, id);

-- It is stopped, for good: who debits again needs another one.
CREATE TABLE bulk_mandate_stop (
    mandate UUID PRIMARY KEY,
    stopped_by TEXT NOT NULL CHECK (stopped_by IN ('holder', 'originator')),
    actor TEXT NOT NULL,
    at_us BIGINT NOT NULL
);
CREATE TRIGGER bulk_mandate_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON bulk_mandate
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER bulk_mandate_stop_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON bulk_mandate_stop
EXECUTE FUNCTION only_added_to();
