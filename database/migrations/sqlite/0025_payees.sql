-- 振込先: whom a contract pays, as its users registered them on screen. holder is 受取人名 as it is sent. version grows with
-- every change.
CREATE TABLE payee (
    id BLOB PRIMARY KEY,
    contract BLOB NOT NULL,
    bank TEXT NOT NULL,
    branch TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ordinary', 'current', 'savings')),
    number TEXT NOT NULL,
    holder TEXT NOT NULL,
    name TEXT NOT NULL,
    party_group TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    created_us INTEGER NOT NULL,
    changed_us INTEGER NOT NULL,
    UNIQUE (contract, bank, branch, kind, number)
) STRICT, WITHOUT ROWID;

-- A file of payees that was read and waits to be confirmed by the user who sent it. rows has its payees as JSON.
CREATE TABLE payee_import (
    id TEXT PRIMARY KEY,
    contract BLOB NOT NULL,
    app_user BLOB NOT NULL,
    replaces INTEGER NOT NULL CHECK (replaces IN (0, 1)),
    content TEXT NOT NULL,
    expires_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX payee_import_user ON payee_import (app_user, expires_us);

-- 振込先口座の確認機能: what was asked about accounts in a row, of a user and of a whole contract: accounts that are not
-- there, names that were shown without a transfer, and questions under way. locked_us is when it was locked.
CREATE TABLE name_check (
    subject BLOB PRIMARY KEY,
    contract BLOB NOT NULL,
    missing INTEGER NOT NULL CHECK (missing >= 0),
    shown INTEGER NOT NULL CHECK (shown >= 0),
    judging INTEGER NOT NULL CHECK (judging >= 0),
    counted_us INTEGER NOT NULL,
    locked_us INTEGER
) STRICT;
CREATE INDEX name_check_contract ON name_check (contract);
