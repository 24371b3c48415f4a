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

-- Who did what: one hash chain a writer (a process from its start on).
CREATE TABLE audit (
    writer BLOB NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    at_us INTEGER NOT NULL,
    contract BLOB,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (writer, number)
) STRICT;

-- One row a transaction of the group commit: proof that it committed when the answer was lost.
CREATE TABLE batch (
    writer BLOB NOT NULL,
    number INTEGER NOT NULL,
    commits INTEGER NOT NULL,
    audit_number INTEGER NOT NULL,
    audit_head BLOB NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (writer, number)
) STRICT, WITHOUT ROWID;
