-- What was collected from the interbank network and acted on, by the message's number: once, whatever comes again.
-- outcome: credited, refused, returned, answered (a recall) or noted, for people.
CREATE TABLE interbank_incoming (
    id TEXT PRIMARY KEY,
    outcome TEXT NOT NULL CHECK (outcome IN ('credited', 'refused', 'returned', 'answered', 'noted')),
    code TEXT,
    -- of what moved money: the account that was credited, the transfer of the journal, and the day of the settlement
    account BIGINT,
    transfer UUID,
    amount BIGINT,
    day TEXT NOT NULL,
    -- whether it is part of the day's net of what comes in
    netted BIGINT NOT NULL CHECK (netted IN (0, 1)),
    at_us BIGINT NOT NULL,
    message BYTEA NOT NULL
);
CREATE INDEX interbank_incoming_day ON interbank_incoming (day) WHERE netted = 1;
CREATE TRIGGER interbank_incoming_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON interbank_incoming
EXECUTE FUNCTION only_added_to();

-- A day that is over at the network and settled here.
CREATE TABLE interbank_day (
    day TEXT PRIMARY KEY,
    incoming BIGINT NOT NULL CHECK (incoming >= 0),
    at_us BIGINT NOT NULL
);
CREATE TRIGGER interbank_day_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON interbank_day
EXECUTE FUNCTION only_added_to();

-- 組戻し: a transfer that was sent is to come back. Events decide the state; there is one an order.
CREATE TABLE transfer_recall (
    id UUID PRIMARY KEY,
    transfer_order UUID NOT NULL UNIQUE,
    contract UUID NOT NULL,
    actor TEXT NOT NULL,
    at_us BIGINT NOT NULL
);
CREATE TRIGGER transfer_recall_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer_recall
EXECUTE FUNCTION only_added_to();
