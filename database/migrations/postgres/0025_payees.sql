-- 振込先: whom a contract pays, as its users registered them on screen. holder is 受取人名 as it is sent. version grows with
-- every change.
CREATE TABLE payee (
    id UUID PRIMARY KEY,
    contract UUID NOT NULL,
    bank TEXT NOT NULL,
    branch TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ordinary', 'current', 'savings')),
    number TEXT NOT NULL,
    holder TEXT NOT NULL,
    name TEXT NOT NULL,
    party_group TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version > 0),
    created_us BIGINT NOT NULL,
    changed_us BIGINT NOT NULL,
    UNIQUE (contract, bank, branch, kind, number)
);

-- A file of payees that was read and waits to be confirmed by the user who sent it. rows has its payees as JSON.
CREATE TABLE payee_import (
    id TEXT PRIMARY KEY,
    contract UUID NOT NULL,
    app_user UUID NOT NULL,
    replaces BIGINT NOT NULL CHECK (replaces IN (0, 1)),
    content TEXT NOT NULL,
    expires_us BIGINT NOT NULL
);
CREATE INDEX payee_import_user ON payee_import (app_user, expires_us);

-- 振込先口座の確認機能: what was asked about accounts in a row, of a user and of a whole contract: accounts that are not
-- there, names that were shown without a transfer, and questions under way. locked_us is when it was locked.
CREATE TABLE name_check (
    subject UUID PRIMARY KEY,
    contract UUID NOT NULL,
    missing BIGINT NOT NULL CHECK (missing >= 0),
    shown BIGINT NOT NULL CHECK (shown >= 0),
    judging BIGINT NOT NULL CHECK (judging >= 0),
    counted_us BIGINT NOT NULL,
    locked_us BIGINT
);
CREATE INDEX name_check_contract ON name_check (contract);
