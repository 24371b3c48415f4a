-- Bulk data (総合振込, 給与・賞与振込, 口座振替, 地方税納付) of one business, day and account, from the draft on. Events decide
-- the state; while nothing is asked of the bank the rest may change, under the version that was seen. Version 0: its
-- rows are still coming, and it is nobody's draft yet; below that it is being taken away.
CREATE TABLE bulk_batch (
    id BLOB PRIMARY KEY,
    contract BLOB NOT NULL,
    author BLOB NOT NULL,
    kind TEXT NOT NULL,
    day TEXT NOT NULL,
    -- the account of the ledger through which its money goes, which is its own
    fund INTEGER NOT NULL UNIQUE,
    -- SHA-256 of the file that it came from
    file BLOB,
    heading TEXT NOT NULL,
    version INTEGER NOT NULL,
    frozen INTEGER NOT NULL CHECK (frozen IN (0, 1)),
    next_number INTEGER NOT NULL CHECK (next_number > 0),
    items INTEGER NOT NULL CHECK (items >= 0),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    fees INTEGER NOT NULL CHECK (fees >= 0),
    faulty INTEGER NOT NULL CHECK (faulty >= 0),
    -- rows to other banks
    abroad INTEGER NOT NULL CHECK (abroad >= 0),
    created_us INTEGER NOT NULL,
    changed_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX bulk_batch_contract ON bulk_batch (contract, created_us);
CREATE INDEX bulk_batch_file ON bulk_batch (contract, file) WHERE file IS NOT NULL;
CREATE INDEX bulk_batch_open ON bulk_batch (created_us) WHERE frozen = 0;

-- Its rows, of the draft and of the batch that it becomes: the record of 120 bytes that the standard has for it,
-- what is moved, what is owed where the payee bears the fee, the fee, and what is wrong with it as JSON.
CREATE TABLE bulk_row (
    batch BLOB NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    record BLOB NOT NULL CHECK (length(record) = 120),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    owed INTEGER,
    fee INTEGER NOT NULL CHECK (fee >= 0),
    attached BLOB,
    faults TEXT,
    PRIMARY KEY (batch, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX bulk_row_faulty ON bulk_row (batch, number) WHERE faults IS NOT NULL;
CREATE TRIGGER bulk_row_is_frozen BEFORE UPDATE ON bulk_row
WHEN (SELECT frozen FROM bulk_batch WHERE id = OLD.batch) = 1
BEGIN SELECT RAISE(ABORT, 'bulk_row is of a batch that was asked for'); END;
CREATE TRIGGER bulk_row_is_kept BEFORE DELETE ON bulk_row
WHEN (SELECT frozen FROM bulk_batch WHERE id = OLD.batch) = 1
BEGIN SELECT RAISE(ABORT, 'bulk_row is of a batch that was asked for'); END;

-- What became of a row: step 1 when its turn came, step 2 where its money came back. moved is the transfer of the
-- journal, placed the order to another bank, whose own events tell the rest.
CREATE TABLE bulk_outcome (
    batch BLOB NOT NULL,
    number INTEGER NOT NULL,
    step INTEGER NOT NULL CHECK (step IN (1, 2)),
    result TEXT NOT NULL,
    code TEXT,
    moved BLOB,
    placed BLOB,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (batch, number, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX bulk_outcome_placed ON bulk_outcome (placed) WHERE placed IS NOT NULL;
CREATE TRIGGER bulk_outcome_is_not_changed BEFORE UPDATE ON bulk_outcome
BEGIN SELECT RAISE(ABORT, 'bulk_outcome is only ever added to'); END;
CREATE TRIGGER bulk_outcome_is_not_deleted BEFORE DELETE ON bulk_outcome
BEGIN SELECT RAISE(ABORT, 'bulk_outcome is only ever added to'); END;
