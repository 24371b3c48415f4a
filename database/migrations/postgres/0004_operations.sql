-- What a person has to look at: one open alarm a kind and subject. `once` is 1 for kinds that are raised once for a
-- subject, however long the cause lasts; others are raised again when somebody has taken notice or the cause is over.
-- `again` counts how often it was raised while it was open, so that whoever has judged its cause to be over ends only
-- what was judged.
CREATE TABLE alarm (
    id UUID PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    collector TEXT,
    detail TEXT NOT NULL,
    once BIGINT NOT NULL CHECK (once IN (0, 1)),
    raised_us BIGINT NOT NULL,
    acknowledged_us BIGINT,
    acknowledged_by TEXT,
    ended_us BIGINT,
    mailed_us BIGINT,
    posted_us BIGINT,
    again BIGINT NOT NULL DEFAULT 0,
    CHECK ((acknowledged_us IS NULL) = (acknowledged_by IS NULL))
);
CREATE UNIQUE INDEX alarm_open ON alarm (kind, subject)
    WHERE (acknowledged_us IS NULL AND ended_us IS NULL) OR once = 1;
CREATE INDEX alarm_raised ON alarm (raised_us, id);
CREATE INDEX alarm_unmailed ON alarm (id) WHERE mailed_us IS NULL;
CREATE INDEX alarm_unposted ON alarm (id) WHERE posted_us IS NULL;
CREATE INDEX alarm_lasting ON alarm (id) WHERE ended_us IS NULL;
-- Before the key decides whether the new one goes in. The first condition is the index's.
CREATE FUNCTION alarm_counts_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE alarm SET again = again + 1
    WHERE kind = NEW.kind AND subject = NEW.subject
      AND ((acknowledged_us IS NULL AND ended_us IS NULL) OR once = 1)
      AND acknowledged_us IS NULL AND ended_us IS NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER alarm_is_raised_again BEFORE INSERT ON alarm FOR EACH ROW
EXECUTE FUNCTION alarm_counts_again();
-- Who has taken notice of an alarm: one row, in the commit that says so in the audit log. The alarm says it too, for
-- its index.
CREATE TABLE alarm_acknowledgement (
    alarm UUID PRIMARY KEY REFERENCES alarm (id),
    at_us BIGINT NOT NULL,
    actor TEXT NOT NULL
);
CREATE FUNCTION alarm_takes_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE alarm SET acknowledged_us = NEW.at_us, acknowledged_by = NEW.actor WHERE id = NEW.alarm;
    RETURN NEW;
END $$;
CREATE TRIGGER alarm_is_acknowledged AFTER INSERT ON alarm_acknowledgement FOR EACH ROW
EXECUTE FUNCTION alarm_takes_notice();
CREATE INDEX payment_receipt_date ON payment (receipt_date, held_us, id);
CREATE INDEX payment_at_counter ON payment (receipt_date, held_us, id) WHERE channel = 'counter';

-- 取消 of a counter payment, fixed when it is requested. Its state is in the payment's events. The ids of the transfers
-- that give the money back are made here, so that they cannot be made twice.
CREATE TABLE cancellation (
    key TEXT PRIMARY KEY,
    payment UUID NOT NULL,
    requested_us BIGINT NOT NULL,
    requested_by TEXT NOT NULL,
    reversal UUID NOT NULL UNIQUE,
    fee_reversal UUID UNIQUE
);
CREATE INDEX cancellation_payment ON cancellation (payment);

-- A cancellation is only ever added to.
CREATE TRIGGER cancellation_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON cancellation
EXECUTE FUNCTION only_added_to();
