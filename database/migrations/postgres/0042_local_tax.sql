-- 納入済通知: what a municipality is told of a line of 地方税納付 that was paid, with the money that moved for it.
CREATE TABLE bulk_tax_notice (
    batch UUID NOT NULL,
    number BIGINT NOT NULL,
    municipality TEXT NOT NULL,
    designation TEXT NOT NULL,
    -- 納付月分, its first day, and 特別徴収義務者
    month TEXT,
    agent TEXT NOT NULL,
    salary_count BIGINT NOT NULL,
    salary_amount BIGINT NOT NULL,
    retirement_count BIGINT NOT NULL,
    retirement_amount BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    -- 領収日
    day TEXT NOT NULL,
    moved UUID NOT NULL,
    PRIMARY KEY (batch, number)
);
CREATE INDEX bulk_tax_notice_day ON bulk_tax_notice (day, municipality);

-- What was paid for a municipality on a day, settled to its designated institution (指定金融機関) in one sum.
CREATE TABLE bulk_tax_settlement (
    municipality TEXT NOT NULL,
    day TEXT NOT NULL,
    notices BIGINT NOT NULL CHECK (notices > 0),
    amount BIGINT NOT NULL CHECK (amount > 0),
    account BIGINT NOT NULL,
    moved UUID NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (municipality, day)
);
CREATE TRIGGER bulk_tax_notice_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON bulk_tax_notice
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER bulk_tax_settlement_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON bulk_tax_settlement
EXECUTE FUNCTION only_added_to();
