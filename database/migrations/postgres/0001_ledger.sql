-- The offset of business time; one row.
CREATE TABLE business_clock (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    offset_us BIGINT NOT NULL,
    latest_us BIGINT NOT NULL
);

CREATE SEQUENCE transfer_position CACHE 1;
CREATE SEQUENCE event_position CACHE 1;
CREATE SEQUENCE outbox_fence CACHE 1;

-- The mark of the deployment's keys, one row: with another data folder's keys this data is somebody else's.
CREATE TABLE deployment (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    mark BYTEA NOT NULL
);

-- An account that is bounded keeps its balance here and is checked; an internal one is a sum over the journal.
CREATE TABLE account (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    bounded BIGINT NOT NULL CHECK (bounded IN (0, 1)),
    overdraft BIGINT NOT NULL DEFAULT 0 CHECK (overdraft >= 0),
    balance BIGINT NOT NULL DEFAULT 0,
    held BIGINT NOT NULL DEFAULT 0 CHECK (held >= 0),
    closed_us BIGINT,
    CHECK (bounded = 1 OR (balance = 0 AND held = 0))
);

-- The journal: one row a transfer, never changed; accounts are checked before, under their locks.
-- kind: 0 posted, 1 pending (a hold), 2 post-pending, 3 void-pending.
CREATE TABLE transfer (
    position BIGINT PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    debit BIGINT NOT NULL,
    credit BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    kind BIGINT NOT NULL CHECK (kind BETWEEN 0 AND 3),
    pending UUID,
    debit_after BIGINT,
    credit_after BIGINT,
    at_us BIGINT NOT NULL,
    memo TEXT NOT NULL,
    CHECK (debit <> credit),
    CHECK ((kind >= 2) = (pending IS NOT NULL))
);
CREATE UNIQUE INDEX transfer_pending ON transfer (pending) WHERE pending IS NOT NULL;
CREATE INDEX transfer_debit ON transfer (debit, position) WHERE debit_after IS NOT NULL;
CREATE INDEX transfer_credit ON transfer (credit, position) WHERE credit_after IS NOT NULL;

-- An id that failed stays failed.
CREATE TABLE failed_transfer (
    id UUID PRIMARY KEY,
    result TEXT NOT NULL,
    at_us BIGINT NOT NULL
);

-- What happened to an entity, in order; the last event decides its state.
CREATE TABLE event (
    entity UUID NOT NULL,
    seq BIGINT NOT NULL CHECK (seq > 0),
    position BIGINT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    body TEXT NOT NULL,
    message BYTEA,
    PRIMARY KEY (entity, seq)
);

-- What may be taken once: an idempotency key, a bill, a one-time password's step.
CREATE TABLE guard (
    key TEXT COLLATE "C" PRIMARY KEY,
    entity UUID NOT NULL,
    at_us BIGINT NOT NULL
);

-- Open work for the world outside. A row goes when its work is done; the events are the history.
CREATE TABLE outbox (
    key TEXT PRIMARY KEY,
    destination TEXT NOT NULL,
    entity UUID NOT NULL UNIQUE,
    payload BYTEA NOT NULL,
    fence BIGINT NOT NULL,
    delivery BIGINT NOT NULL,
    claimed_us BIGINT NOT NULL,
    lease_until_us BIGINT NOT NULL,
    created_us BIGINT NOT NULL
);
CREATE INDEX outbox_destination ON outbox (destination, key);

-- Who did what: one hash chain a writer (a process from its start on). content is a hash over the journal rows and
-- events that the same commit wrote, covers their positions; salt is random and hashed with the record.
CREATE TABLE audit (
    writer UUID NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    at_us BIGINT NOT NULL,
    contract UUID,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    content BYTEA,
    covers TEXT,
    salt BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (writer, number),
    CHECK ((content IS NULL) = (covers IS NULL))
);

-- The heads of all chains recorded together, chained and sealed with the hub's key.
CREATE TABLE audit_heads (
    number BIGINT PRIMARY KEY CHECK (number > 0),
    at_us BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    key_id TEXT NOT NULL,
    seal BYTEA NOT NULL
);

-- The heads that a heads record names: those that moved since the one before.
CREATE TABLE audit_head (
    writer UUID NOT NULL,
    number BIGINT NOT NULL,
    heads BIGINT NOT NULL,
    head BYTEA NOT NULL,
    PRIMARY KEY (writer, number)
);
CREATE INDEX audit_head_heads ON audit_head (heads);

-- One row a transaction of the group commit, its last: proof that it committed when the answer was lost. event_from
-- and event_until bound the positions of its events; on PostgreSQL other batches have some in between.
CREATE TABLE batch (
    writer UUID NOT NULL,
    number BIGINT NOT NULL,
    commits BIGINT NOT NULL,
    audit_number BIGINT NOT NULL,
    audit_head BYTEA NOT NULL,
    event_from BIGINT,
    event_until BIGINT,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (writer, number)
);
CREATE INDEX batch_events ON batch (event_until) WHERE event_until IS NOT NULL;

-- What is only ever added to.
CREATE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME;
END $$;
CREATE TRIGGER transfer_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER failed_transfer_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON failed_transfer
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER audit_heads_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_heads
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER audit_head_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_head
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER batch_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON batch
EXECUTE FUNCTION only_added_to();

-- An event goes within the transaction that wrote it, when its commit loses after all.
CREATE FUNCTION event_is_of_this_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.xmin IS DISTINCT FROM pg_current_xact_id()::xid THEN
        RAISE EXCEPTION 'event is only ever added to';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER event_is_kept BEFORE UPDATE OR TRUNCATE ON event
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event FOR EACH ROW
EXECUTE FUNCTION event_is_of_this_transaction();
