-- 振込入金: what the remitting bank said with a credit. Names are in Zengin characters.
CREATE TABLE incoming_transfer (
    transfer UUID PRIMARY KEY,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    bank TEXT NOT NULL,
    bank_name TEXT NOT NULL,
    branch TEXT NOT NULL,
    branch_name TEXT NOT NULL,
    edi TEXT NOT NULL
);

-- Whether a movement lies in the days that are asked for is seen without its row.
DROP INDEX transfer_debit;
DROP INDEX transfer_credit;
CREATE INDEX transfer_debit ON transfer (debit, position, at_us) WHERE debit_after IS NOT NULL;
CREATE INDEX transfer_credit ON transfer (credit, position, at_us) WHERE credit_after IS NOT NULL;
