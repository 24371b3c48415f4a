-- 被仕向組戻し: another bank asks for the money of a transfer that was credited here, and the payee consents or refuses.
-- Events decide the state; there is one case a transfer.
CREATE TABLE recall_consent (
    id BLOB PRIMARY KEY,
    -- the bank, and the numbers of its transfer and of its request
    from_bank TEXT NOT NULL,
    original TEXT NOT NULL,
    request TEXT NOT NULL,
    -- what was credited, to whom, by whom and when
    account INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    payer TEXT NOT NULL,
    credited_us INTEGER NOT NULL,
    -- until when the payee may answer
    until_us INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    UNIQUE (from_bank, original)
) STRICT, WITHOUT ROWID;
CREATE INDEX recall_consent_account ON recall_consent (account, at_us);
CREATE INDEX recall_consent_at ON recall_consent (at_us);
CREATE TRIGGER recall_consent_is_not_changed BEFORE UPDATE ON recall_consent
BEGIN SELECT RAISE(ABORT, 'recall_consent is only ever added to'); END;
CREATE TRIGGER recall_consent_is_not_deleted BEFORE DELETE ON recall_consent
BEGIN SELECT RAISE(ABORT, 'recall_consent is only ever added to'); END;
