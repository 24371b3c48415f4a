-- 口座振替(全国ネット型): accounts at other banks that are to be debited for a batch. Events decide the state.
CREATE TABLE interbank_debit (
    id BLOB PRIMARY KEY,
    batch BLOB NOT NULL,
    contract BLOB NOT NULL,
    -- the account of the ledger to which its money goes
    fund INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    -- 引落日
    day TEXT NOT NULL,
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX interbank_debit_day ON interbank_debit (day, id);
CREATE TRIGGER interbank_debit_is_not_changed BEFORE UPDATE ON interbank_debit
BEGIN SELECT RAISE(ABORT, 'interbank_debit is only ever added to'); END;
CREATE TRIGGER interbank_debit_is_not_deleted BEFORE DELETE ON interbank_debit
BEGIN SELECT RAISE(ABORT, 'interbank_debit is only ever added to'); END;
