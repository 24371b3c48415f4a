-- A transfer being entered: its steps live here, not in the browser. transfer_order is the order that it becomes, and
-- another one whenever the entry is changed. body has everything as JSON.
CREATE TABLE transfer_entry (
    id TEXT PRIMARY KEY,
    contract UUID NOT NULL,
    app_user UUID NOT NULL,
    transfer_order UUID NOT NULL UNIQUE,
    body TEXT NOT NULL,
    expires_us BIGINT NOT NULL
);
CREATE INDEX transfer_entry_user ON transfer_entry (app_user, expires_us);
CREATE INDEX transfer_entry_expires ON transfer_entry (expires_us);

-- What may be transferred in a day from an account or by a user, beside the contract's limit. None is the contract's.
CREATE TABLE transfer_cap (
    contract UUID NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('account', 'user')),
    subject TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    set_by UUID NOT NULL,
    set_us BIGINT NOT NULL,
    PRIMARY KEY (contract, scope, subject)
);

-- How far events have been turned into mails about transfers.
CREATE TABLE transfer_mail_feed (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    position BIGINT NOT NULL
);
