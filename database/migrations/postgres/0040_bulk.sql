-- Bulk data (総合振込, 給与・賞与振込, 口座振替, 地方税納付) of one business, day and account, from the draft on. Events decide
-- the state; while nothing is asked of the bank the rest may change, under the version that was seen. Version 0: its
-- rows are still coming, and it is nobody's draft yet; below that it is being taken away.
CREATE TABLE bulk_batch (
    id UUID PRIMARY KEY,
    contract UUID NOT NULL,
    author UUID NOT NULL,
    kind TEXT NOT NULL,
    day TEXT NOT NULL,
    -- the account of the ledger through which its money goes, which is its own
    fund BIGINT NOT NULL UNIQUE,
    -- SHA-256 of the file that it came from
    file BYTEA,
    heading TEXT NOT NULL,
    version BIGINT NOT NULL,
    frozen BIGINT NOT NULL CHECK (frozen IN (0, 1)),
    next_number BIGINT NOT NULL CHECK (next_number > 0),
    items BIGINT NOT NULL CHECK (items >= 0),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    fees BIGINT NOT NULL CHECK (fees >= 0),
    faulty BIGINT NOT NULL CHECK (faulty >= 0),
    -- rows to other banks
    abroad BIGINT NOT NULL CHECK (abroad >= 0),
    created_us BIGINT NOT NULL,
    changed_us BIGINT NOT NULL
);
CREATE INDEX bulk_batch_contract ON bulk_batch (contract, created_us);
CREATE INDEX bulk_batch_file ON bulk_batch (contract, file) WHERE file IS NOT NULL;
CREATE INDEX bulk_batch_open ON bulk_batch (created_us) WHERE frozen = 0;

-- Its rows, of the draft and of the batch that it becomes: the record of 120 bytes that the standard has for it,
-- what is moved, what is owed where the payee bears the fee, the fee, and what is wrong with it as JSON.
CREATE TABLE bulk_row (
    batch UUID NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    record BYTEA NOT NULL CHECK (octet_length(record) = 120),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    owed BIGINT,
    fee BIGINT NOT NULL CHECK (fee >= 0),
    attached BYTEA,
    faults TEXT,
    PRIMARY KEY (batch, number)
);
CREATE INDEX bulk_row_faulty ON bulk_row (batch, number) WHERE faults IS NOT NULL;
CREATE FUNCTION bulk_row_is_not_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT frozen FROM bulk_batch WHERE id = OLD.batch) = 1 THEN
        RAISE EXCEPTION 'bulk_row is of a batch that was asked for';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bulk_row_is_frozen BEFORE UPDATE OR DELETE ON bulk_row FOR EACH ROW
EXECUTE FUNCTION bulk_row_is_not_frozen();

-- What became of a row: step 1 when its turn came, step 2 where its money came back. moved is the transfer of the
-- journal, placed the order to another bank, whose own events tell the rest.
CREATE TABLE bulk_outcome (
    batch UUID NOT NULL,
    number BIGINT NOT NULL,
    step BIGINT NOT NULL CHECK (step IN (1, 2)),
    result TEXT NOT NULL,
    code TEXT,
    moved UUID,
    placed UUID,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (batch, number, step)
);
CREATE INDEX bulk_outcome_placed ON bulk_outcome (placed) WHERE placed IS NOT NULL;
CREATE TRIGGER bulk_outcome_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON bulk_outcome
EXECUTE FUNCTION only_added_to();
