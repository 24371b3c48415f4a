-- A processing day of one collector. Its id is made of the two; where it stands is its last event.
CREATE TABLE service_day (
    id BLOB PRIMARY KEY,
    collector TEXT NOT NULL,
    date TEXT NOT NULL,
    UNIQUE (date, collector)
) STRICT;
CREATE INDEX service_day_collector ON service_day (collector, date);

-- Which process looks after the days, one row, by the database server's clock.
CREATE TABLE service_keeper (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    holder BLOB NOT NULL,
    until_us INTEGER NOT NULL
) STRICT;

-- The payments of a processing day in the order of their serials.
CREATE INDEX payment_day ON payment (collector, receipt_date, message_key);

-- 精査: one comparison of a day. The one with the largest number counts.
CREATE TABLE reconciliation (
    id BLOB PRIMARY KEY,
    collector TEXT NOT NULL,
    date TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    at_us INTEGER NOT NULL,
    actor TEXT NOT NULL,
    summary TEXT NOT NULL,
    UNIQUE (date, collector, number)
) STRICT;

-- What a comparison found to differ: it stays as it was found.
CREATE TABLE reconciliation_break (
    id BLOB PRIMARY KEY,
    found_by BLOB NOT NULL REFERENCES reconciliation (id),
    collector TEXT NOT NULL,
    date TEXT NOT NULL,
    class TEXT NOT NULL,
    subject TEXT NOT NULL,
    difference INTEGER NOT NULL,
    facts TEXT NOT NULL,
    found_us INTEGER NOT NULL
) STRICT;
CREATE INDEX reconciliation_break_day ON reconciliation_break (date, collector);
CREATE INDEX reconciliation_break_found ON reconciliation_break (found_us, id);

-- How a break ended: by two people, or by a later comparison that did not find it any more.
CREATE TABLE break_resolution (
    break_id BLOB PRIMARY KEY REFERENCES reconciliation_break (id),
    at_us INTEGER NOT NULL,
    actor TEXT NOT NULL,
    checked_by TEXT CHECK (checked_by <> actor),
    note TEXT NOT NULL,
    vanished INTEGER NOT NULL CHECK (vanished IN (0, 1)),
    CHECK ((vanished = 1) = (checked_by IS NULL))
) STRICT, WITHOUT ROWID;

-- 返金: an accepted payment that the collector's books lack was paid back by two people, once. The ids of the transfers
-- that gave the money back; its state is in the payment's events. Its break ends in the same commit, which inserts
-- table by table in the order of their names: break_resolution before refund.
CREATE TABLE refund (
    payment BLOB PRIMARY KEY REFERENCES payment (id),
    break_id BLOB NOT NULL UNIQUE REFERENCES break_resolution (break_id),
    at_us INTEGER NOT NULL,
    actor TEXT NOT NULL,
    checked_by TEXT NOT NULL CHECK (checked_by <> actor),
    reversal BLOB NOT NULL UNIQUE,
    fee_reversal BLOB UNIQUE
) STRICT, WITHOUT ROWID;

-- All of it but the keeper's lease is only ever added to.
CREATE TRIGGER service_day_is_not_changed BEFORE UPDATE ON service_day
BEGIN SELECT RAISE(ABORT, 'service_day is only ever added to'); END;
CREATE TRIGGER service_day_is_not_deleted BEFORE DELETE ON service_day
BEGIN SELECT RAISE(ABORT, 'service_day is only ever added to'); END;
CREATE TRIGGER reconciliation_is_not_changed BEFORE UPDATE ON reconciliation
BEGIN SELECT RAISE(ABORT, 'reconciliation is only ever added to'); END;
CREATE TRIGGER reconciliation_is_not_deleted BEFORE DELETE ON reconciliation
BEGIN SELECT RAISE(ABORT, 'reconciliation is only ever added to'); END;
CREATE TRIGGER reconciliation_break_is_not_changed BEFORE UPDATE ON reconciliation_break
BEGIN SELECT RAISE(ABORT, 'reconciliation_break is only ever added to'); END;
CREATE TRIGGER reconciliation_break_is_not_deleted BEFORE DELETE ON reconciliation_break
BEGIN SELECT RAISE(ABORT, 'reconciliation_break is only ever added to'); END;
CREATE TRIGGER break_resolution_is_not_changed BEFORE UPDATE ON break_resolution
BEGIN SELECT RAISE(ABORT, 'break_resolution is only ever added to'); END;
CREATE TRIGGER break_resolution_is_not_deleted BEFORE DELETE ON break_resolution
BEGIN SELECT RAISE(ABORT, 'break_resolution is only ever added to'); END;
CREATE TRIGGER refund_is_not_changed BEFORE UPDATE ON refund
BEGIN SELECT RAISE(ABORT, 'refund is only ever added to'); END;
CREATE TRIGGER refund_is_not_deleted BEFORE DELETE ON refund
BEGIN SELECT RAISE(ABORT, 'refund is only ever added to'); END;
