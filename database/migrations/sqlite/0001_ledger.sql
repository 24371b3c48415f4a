-- The offset of business time; one row.
CREATE TABLE business_clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    offset_us INTEGER NOT NULL,
    latest_us INTEGER NOT NULL
) STRICT;

CREATE TABLE sequence (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO sequence (name, value) VALUES ('transfer_position', 0), ('event_position', 0), ('outbox_fence', 0);

-- The mark of the deployment's keys, one row: with another data folder's keys this data is somebody else's.
CREATE TABLE deployment (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    mark BLOB NOT NULL
) STRICT;

-- An account that is bounded keeps its balance here and is checked; an internal one is a sum over the journal.
CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    bounded INTEGER NOT NULL CHECK (bounded IN (0, 1)),
    overdraft INTEGER NOT NULL DEFAULT 0 CHECK (overdraft >= 0),
    balance INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
    closed_us INTEGER,
    CHECK (bounded = 1 OR (balance = 0 AND held = 0))
) STRICT;

-- The journal: one row a transfer, never changed; accounts are checked before, under their locks.
-- kind: 0 posted, 1 pending (a hold), 2 post-pending, 3 void-pending.
CREATE TABLE transfer (
    position INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    debit INTEGER NOT NULL,
    credit INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),
    pending BLOB,
    debit_after INTEGER,
    credit_after INTEGER,
    at_us INTEGER NOT NULL,
    memo TEXT NOT NULL,
    CHECK (debit <> credit),
    CHECK ((kind >= 2) = (pending IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX transfer_pending ON transfer (pending) WHERE pending IS NOT NULL;
CREATE INDEX transfer_debit ON transfer (debit, position) WHERE debit_after IS NOT NULL;
CREATE INDEX transfer_credit ON transfer (credit, position) WHERE credit_after IS NOT NULL;

-- An id that failed stays failed.
CREATE TABLE failed_transfer (
    id BLOB PRIMARY KEY,
    result TEXT NOT NULL,
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened to an entity, in order; the last event decides its state.
CREATE TABLE event (
    entity BLOB NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    position INTEGER NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    body TEXT NOT NULL,
    message BLOB,
    PRIMARY KEY (entity, seq)
) STRICT;

-- What may be taken once: an idempotency key, a bill, a one-time password's step.
CREATE TABLE guard (
    key TEXT PRIMARY KEY,
    entity BLOB NOT NULL,
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Open work for the world outside. A row goes when its work is done; the events are the history.
CREATE TABLE outbox (
    key TEXT PRIMARY KEY,
    destination TEXT NOT NULL,
    entity BLOB NOT NULL UNIQUE,
    payload BLOB NOT NULL,
    fence INTEGER NOT NULL,
    delivery INTEGER NOT NULL,
    claimed_us INTEGER NOT NULL,
    lease_until_us INTEGER NOT NULL,
    created_us INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_destination ON outbox (destination, key);

-- Who did what: one hash chain a writer (a process from its start on). content is a hash over the journal rows and
-- events that the same commit wrote, covers their positions; salt is random and hashed with the record.
CREATE TABLE audit (
    writer BLOB NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    at_us INTEGER NOT NULL,
    contract BLOB,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    content BLOB,
    covers TEXT,
    salt BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (writer, number),
    CHECK ((content IS NULL) = (covers IS NULL))
) STRICT;

-- The heads of all chains recorded together, chained and sealed with the hub's key.
CREATE TABLE audit_heads (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    at_us INTEGER NOT NULL,
    hash BLOB NOT NULL,
    key_id TEXT NOT NULL,
    seal BLOB NOT NULL
) STRICT;

-- The heads that a heads record names: those that moved since the one before.
CREATE TABLE audit_head (
    writer BLOB NOT NULL,
    number INTEGER NOT NULL,
    heads INTEGER NOT NULL,
    head BLOB NOT NULL,
    PRIMARY KEY (writer, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_head_heads ON audit_head (heads);

-- One row a transaction of the group commit, its last: proof that it committed when the answer was lost. event_from
-- and event_until bound the positions of its events; on PostgreSQL other batches have some in between.
CREATE TABLE batch (
    writer BLOB NOT NULL,
    number INTEGER NOT NULL,
    commits INTEGER NOT NULL,
    audit_number INTEGER NOT NULL,
    audit_head BLOB NOT NULL,
    event_from INTEGER,
    event_until INTEGER,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (writer, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_events ON batch (event_until) WHERE event_until IS NOT NULL;

-- What is only ever added to. An event goes within the transaction that wrote it, when its commit loses after all:
-- until the batch's row is there.
CREATE TRIGGER transfer_is_not_changed BEFORE UPDATE ON transfer
BEGIN SELECT RAISE(ABORT, 'transfer is only ever added to'); END;
CREATE TRIGGER transfer_is_not_deleted BEFORE DELETE ON transfer
BEGIN SELECT RAISE(ABORT, 'transfer is only ever added to'); END;
CREATE TRIGGER failed_transfer_is_not_changed BEFORE UPDATE ON failed_transfer
BEGIN SELECT RAISE(ABORT, 'failed_transfer is only ever added to'); END;
CREATE TRIGGER failed_transfer_is_not_deleted BEFORE DELETE ON failed_transfer
BEGIN SELECT RAISE(ABORT, 'failed_transfer is only ever added to'); END;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is only ever added to'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is only ever added to'); END;
CREATE TRIGGER audit_heads_is_not_changed BEFORE UPDATE ON audit_heads
BEGIN SELECT RAISE(ABORT, 'audit_heads is only ever added to'); END;
CREATE TRIGGER audit_heads_is_not_deleted BEFORE DELETE ON audit_heads
BEGIN SELECT RAISE(ABORT, 'audit_heads is only ever added to'); END;
CREATE TRIGGER audit_head_is_not_changed BEFORE UPDATE ON audit_head
BEGIN SELECT RAISE(ABORT, 'audit_head is only ever added to'); END;
CREATE TRIGGER audit_head_is_not_deleted BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'audit_head is only ever added to'); END;
CREATE TRIGGER batch_is_not_changed BEFORE UPDATE ON batch
BEGIN SELECT RAISE(ABORT, 'batch is only ever added to'); END;
CREATE TRIGGER batch_is_not_deleted BEFORE DELETE ON batch
BEGIN SELECT RAISE(ABORT, 'batch is only ever added to'); END;
CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'event is only ever added to'); END;
CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event
WHEN EXISTS (SELECT 1 FROM batch WHERE event_until >= OLD.position)
BEGIN SELECT RAISE(ABORT, 'event is only ever added to'); END;
