-- 納入済通知: what a municipality is told of a line of 地方税納付 that was paid, with the money that moved for it.
CREATE TABLE bulk_tax_notice (
    batch BLOB NOT NULL,
    number INTEGER NOT NULL,
    municipality TEXT NOT NULL,
    designation TEXT NOT NULL,
    -- 納付月分, its first day, and 特別徴収義務者
    month TEXT,
    agent TEXT NOT NULL,
    salary_count INTEGER NOT NULL,
    salary_amount INTEGER NOT NULL,
    retirement_count INTEGER NOT NULL,
    retirement_amount INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    -- 領収日
    day TEXT NOT NULL,
    moved BLOB NOT NULL,
    PRIMARY KEY (batch, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX bulk_tax_notice_day ON bulk_tax_notice (day, municipality);

-- What was paid for a municipality on a day, settled to its designated institution (指定金融機関) in one sum.
CREATE TABLE bulk_tax_settlement (
    municipality TEXT NOT NULL,
    day TEXT NOT NULL,
    notices INTEGER NOT NULL CHECK (notices > 0),
    amount INTEGER NOT NULL CHECK (amount > 0),
    account INTEGER NOT NULL,
    moved BLOB NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (municipality, day)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER bulk_tax_notice_is_not_changed BEFORE UPDATE ON bulk_tax_notice
BEGIN SELECT RAISE(ABORT, 'bulk_tax_notice is only ever added to'); END;
CREATE TRIGGER bulk_tax_notice_is_not_deleted BEFORE DELETE ON bulk_tax_notice
BEGIN SELECT RAISE(ABORT, 'bulk_tax_notice is only ever added to'); END;
CREATE TRIGGER bulk_tax_settlement_is_not_changed BEFORE UPDATE ON bulk_tax_settlement
BEGIN SELECT RAISE(ABORT, 'bulk_tax_settlement is only ever added to'); END;
CREATE TRIGGER bulk_tax_settlement_is_not_deleted BEFORE DELETE ON bulk_tax_settlement
BEGIN SELECT RAISE(ABORT, 'bulk_tax_settlement is only ever added to'); END;
