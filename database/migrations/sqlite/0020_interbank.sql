-- What was collected from the interbank network and acted on, by the message's number: once, whatever comes again.
-- outcome: credited, refused, returned, answered (a recall) or noted, for people.
CREATE TABLE interbank_incoming (
    id TEXT PRIMARY KEY,
    outcome TEXT NOT NULL CHECK (outcome IN ('credited', 'refused', 'returned', 'answered', 'noted')),
    code TEXT,
    -- of what moved money: the account that was credited, the transfer of the journal, and the day of the settlement
    account INTEGER,
    transfer BLOB,
    amount INTEGER,
    day TEXT NOT NULL,
    -- whether it is part of the day's net of what comes in
    netted INTEGER NOT NULL CHECK (netted IN (0, 1)),
    at_us INTEGER NOT NULL,
    message BLOB NOT NULL
) STRICT;
CREATE INDEX interbank_incoming_day ON interbank_incoming (day) WHERE netted = 1;
CREATE TRIGGER interbank_incoming_is_not_changed BEFORE UPDATE ON interbank_incoming
BEGIN SELECT RAISE(ABORT, 'interbank_incoming is only ever added to'); END;
CREATE TRIGGER interbank_incoming_is_not_deleted BEFORE DELETE ON interbank_incoming
BEGIN SELECT RAISE(ABORT, 'interbank_incoming is only ever added to'); END;

-- A day that is over at the network and settled here.
CREATE TABLE interbank_day (
    day TEXT PRIMARY KEY,
    incoming INTEGER NOT NULL CHECK (incoming >= 0),
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER interbank_day_is_not_changed BEFORE UPDATE ON interbank_day
BEGIN SELECT RAISE(ABORT, 'interbank_day is only ever added to'); END;
CREATE TRIGGER interbank_day_is_not_deleted BEFORE DELETE ON interbank_day
BEGIN SELECT RAISE(ABORT, 'interbank_day is only ever added to'); END;

-- 組戻し: a transfer that was sent is to come back. Events decide the state; there is one an order.
CREATE TABLE transfer_recall (
    id BLOB PRIMARY KEY,
    transfer_order BLOB NOT NULL UNIQUE,
    contract BLOB NOT NULL,
    actor TEXT NOT NULL,
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER transfer_recall_is_not_changed BEFORE UPDATE ON transfer_recall
BEGIN SELECT RAISE(ABORT, 'transfer_recall is only ever added to'); END;
CREATE TRIGGER transfer_recall_is_not_deleted BEFORE DELETE ON transfer_recall
BEGIN SELECT RAISE(ABORT, 'transfer_recall is only ever added to'); END;
