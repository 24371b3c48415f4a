-- A message of the network is known by its sender and its number, and acknowledged under its place among what
-- waited there.
CREATE TABLE interbank_received (
    from_bank TEXT NOT NULL,
    id TEXT NOT NULL,
    -- its place there; of what could not be read also its id
    number TEXT NOT NULL,
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
    message BLOB NOT NULL,
    PRIMARY KEY (from_bank, id)
) STRICT;
INSERT INTO interbank_received
SELECT substr(CAST(message AS TEXT), instr(CAST(message AS TEXT), '<InstgAgt>') + 10, 4), id, id, outcome, code,
    account, transfer, amount, day, netted, at_us, message
FROM interbank_incoming;
DROP TABLE interbank_incoming;
ALTER TABLE interbank_received RENAME TO interbank_incoming;
CREATE INDEX interbank_incoming_day ON interbank_incoming (day) WHERE transfer IS NOT NULL;
CREATE TRIGGER interbank_incoming_is_not_changed BEFORE UPDATE ON interbank_incoming
BEGIN SELECT RAISE(ABORT, 'interbank_incoming is only ever added to'); END;
CREATE TRIGGER interbank_incoming_is_not_deleted BEFORE DELETE ON interbank_incoming
BEGIN SELECT RAISE(ABORT, 'interbank_incoming is only ever added to'); END;

-- Nothing is booked under a day that is being closed: its guard is a bar.
INSERT INTO guard (key, entity, at_us) SELECT 'stop|' || key, entity, at_us FROM guard WHERE key LIKE 'interbank-day|%';

-- The orders of a day, for the comparison with the network's books.
CREATE INDEX transfer_order_day ON transfer_order (day, id);
