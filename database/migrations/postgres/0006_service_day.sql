-- A processing day of one collector. Its id is made of the two; where it stands is its last event.
CREATE TABLE service_day (
    id UUID PRIMARY KEY,
    collector TEXT NOT NULL,
    date TEXT NOT NULL,
    UNIQUE (date, collector)
);
CREATE INDEX service_day_collector ON service_day (collector, date);

-- Which process looks after the days, one row, by the database server's clock.
CREATE TABLE service_keeper (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    holder UUID NOT NULL,
    until_us BIGINT NOT NULL
);

-- The payments of a processing day in the order of their serials.
CREATE INDEX payment_day ON payment (collector, receipt_date, message_key);

-- 精査: one comparison of a day. The one with the largest number counts.
CREATE TABLE reconciliation (
    id UUID PRIMARY KEY,
    collector TEXT NOT NULL,
    date TEXT NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    at_us BIGINT NOT NULL,
    actor TEXT NOT NULL,
    summary TEXT NOT NULL,
    UNIQUE (date, collector, number)
);

-- What a comparison found to differ: it stays as it was found.
CREATE TABLE reconciliation_break (
    id UUID PRIMARY KEY,
    found_by UUID NOT NULL REFERENCES reconciliation (id),
    collector TEXT NOT NULL,
    date TEXT NOT NULL,
    class TEXT NOT NULL,
    subject TEXT NOT NULL,
    difference BIGINT NOT NULL,
    facts TEXT NOT NULL,
    found_us BIGINT NOT NULL
);
CREATE INDEX reconciliation_break_day ON reconciliation_break (date, collector);
CREATE INDEX reconciliation_break_found ON reconciliation_break (found_us, id);

-- How a break ended: by two people, or by a later comparison that did not find it any more.
CREATE TABLE break_resolution (
    break_id UUID PRIMARY KEY REFERENCES reconciliation_break (id),
    at_us BIGINT NOT NULL,
    actor TEXT NOT NULL,
    checked_by TEXT CHECK (checked_by <> actor),
    note TEXT NOT NULL,
    vanished BIGINT NOT NULL CHECK (vanished IN (0, 1)),
    CHECK ((vanished = 1) = (checked_by IS NULL))
);

-- 返金: an accepted payment that the collector's books lack was paid back by two people, once. The ids of the transfers
-- that gave the money back; its state is in the payment's events. Its break ends in the same commit, which inserts
-- table by table in the order of their names: break_resolution before refund.
CREATE TABLE refund (
    payment UUID PRIMARY KEY REFERENCES payment (id),
    break_id UUID NOT NULL UNIQUE REFERENCES break_resolution (break_id),
    at_us BIGINT NOT NULL,
    actor TEXT NOT NULL,
    checked_by TEXT NOT NULL CHECK (checked_by <> actor),
    reversal UUID NOT NULL UNIQUE,
    fee_reversal UUID UNIQUE
);

-- All of it but the keeper's lease is only ever added to.
CREATE TRIGGER service_day_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON service_day
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER reconciliation_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON reconciliation
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER reconciliation_break_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON reconciliation_break
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER break_resolution_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON break_resolution
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER refund_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON refund
EXECUTE FUNCTION only_added_to();
