-- 口座振替(全国ネット型): accounts at other banks that are to be debited for a batch. Events decide the state.
CREATE TABLE interbank_debit (
    id UUID PRIMARY KEY,
    batch UUID NOT NULL,
    contract UUID NOT NULL,
    -- the account of the ledger to which its money goes
    fund BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    -- 引落日
    day TEXT NOT NULL,
    at_us BIGINT NOT NULL
);
CREATE INDEX interbank_debit_day ON interbank_debit (day, id);
CREATE TRIGGER interbank_debit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON interbank_debit
EXECUTE FUNCTION only_added_to();
