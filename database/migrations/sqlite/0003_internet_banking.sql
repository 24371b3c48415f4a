-- Contracts, users, accounts ---------------------------------------------------------------------------------------

-- state: the application is there (applied); usable from a day on, until somebody sets it up (usable); set up (active);
-- over (ended). set_up_hash is the Argon2id string of the 初期設定番号 while one waits to be used. mail_phrase is the
-- company's own, in every mail.
CREATE TABLE contract (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL DEFAULT 'company' CHECK (kind IN ('company', 'sole')),
    plan TEXT NOT NULL CHECK (plan IN ('web', 'type2', 'mini')),
    sign_in TEXT NOT NULL CHECK (sign_in IN ('certificate', 'password')),
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('applied', 'usable', 'active', 'ended')),
    usable_from TEXT,
    set_up_hash TEXT,
    mail_phrase TEXT NOT NULL DEFAULT '',
    created_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A user keeps the id whatever the login ID becomes, and the row when removed (削除); disabled is 利用停止. reset: the
-- branch initialised the passwords, and login ID and both passwords must be acquired anew. must_change: somebody else
-- has set the password, and it holds until the next sign-in. Passwords are Argon2id strings under the deployment's
-- pepper.
CREATE TABLE app_user (
    id BLOB PRIMARY KEY,
    contract BLOB NOT NULL REFERENCES contract (id),
    login_id TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('master', 'admin', 'general')),
    email TEXT,
    token_serial TEXT,
    password_hash TEXT NOT NULL,
    confirmation_hash TEXT NOT NULL,
    password_changed_us INTEGER,
    confirmation_changed_us INTEGER,
    must_change INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1)),
    reset_us INTEGER,
    removed_us INTEGER,
    disabled_us INTEGER,
    last_sign_in_us INTEGER,
    last_sign_in_method TEXT,
    created_us INTEGER NOT NULL,
    CHECK ((last_sign_in_us IS NULL) = (last_sign_in_method IS NULL)),
    CHECK (removed_us IS NULL OR disabled_us IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX app_user_contract ON app_user (contract);
CREATE UNIQUE INDEX app_user_login_id ON app_user (login_id) WHERE removed_us IS NULL;
CREATE UNIQUE INDEX app_user_master ON app_user (contract) WHERE role = 'master' AND removed_us IS NULL;

-- What a contract's deposit accounts are called; the money is in the ledger under the same id.
CREATE TABLE deposit_account (
    account INTEGER PRIMARY KEY,
    contract BLOB NOT NULL REFERENCES contract (id),
    branch TEXT NOT NULL,
    branch_name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ordinary', 'current')),
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    main INTEGER NOT NULL CHECK (main IN (0, 1)),
    UNIQUE (branch, kind, number)
) STRICT;
CREATE INDEX deposit_account_contract ON deposit_account (contract);
CREATE UNIQUE INDEX deposit_account_main ON deposit_account (contract) WHERE main = 1;

-- One row lets one user do one business with one account.
CREATE TABLE user_right (
    app_user BLOB NOT NULL REFERENCES app_user (id),
    business TEXT NOT NULL,
    account INTEGER NOT NULL REFERENCES deposit_account (account),
    PRIMARY KEY (app_user, business, account)
) STRICT, WITHOUT ROWID;

-- Sign-in ----------------------------------------------------------------------------------------------------------

-- key is SHA-256 of the cookie's secret. previous_* is the sign-in before this one, as the bar shows it.
CREATE TABLE session (
    key BLOB PRIMARY KEY,
    app_user BLOB NOT NULL REFERENCES app_user (id),
    method TEXT NOT NULL,
    address TEXT NOT NULL,
    signed_in_us INTEGER NOT NULL,
    seen_us INTEGER NOT NULL,
    previous_us INTEGER,
    previous_method TEXT,
    ended_other INTEGER NOT NULL CHECK (ended_other IN (0, 1)),
    ended_us INTEGER,
    ended_why TEXT CHECK (ended_why IN ('sign-out', 'replaced', 'expired', 'revoked')),
    CHECK ((ended_us IS NULL) = (ended_why IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX session_live ON session (app_user) WHERE ended_us IS NULL;
CREATE INDEX session_ended ON session (ended_us) WHERE ended_us IS NOT NULL;

-- Failed sign-ins by login ID (known or not) and by address, both as keyed hashes: people type passwords there too.
CREATE TABLE sign_in_throttle (
    subject BLOB PRIMARY KEY,
    failures INTEGER NOT NULL CHECK (failures >= 0),
    blocks INTEGER NOT NULL CHECK (blocks >= 0),
    blocked_until_us INTEGER NOT NULL,
    touched_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_throttle_touched ON sign_in_throttle (touched_us);

-- Pay-easy ------------------------------------------------------------------------------------------------------

-- A payment being entered: its steps live here, not in the browser. At the counter the contract is nil and the user a
-- member of the bank's staff.
CREATE TABLE payeasy_draft (
    id TEXT PRIMARY KEY,
    contract BLOB NOT NULL,
    app_user BLOB NOT NULL,
    collector TEXT NOT NULL,
    inquiry BLOB,
    bill TEXT,
    account INTEGER,
    amount INTEGER,
    printed INTEGER,
    payment BLOB,
    customer_number TEXT,
    category TEXT,
    -- 入力方式: 税目番号, and once it is made up the whole 納付目的コード
    purpose TEXT,
    link TEXT,
    expires_us INTEGER NOT NULL,
    CHECK ((payment IS NULL) = (bill IS NULL OR account IS NULL OR amount IS NULL))
) STRICT;
CREATE INDEX payeasy_draft_user ON payeasy_draft (app_user, expires_us);
CREATE INDEX payeasy_draft_expires ON payeasy_draft (expires_us);

-- 登録払込先: numbers that a contract pays again and again; the 確認番号 is not among them. No 納付区分 is the empty text,
-- so that the same numbers are there once.
CREATE TABLE payeasy_favourite (
    id BLOB PRIMARY KEY,
    contract BLOB NOT NULL,
    name TEXT NOT NULL,
    collector TEXT NOT NULL,
    customer_number TEXT NOT NULL,
    category TEXT NOT NULL,
    created_by BLOB NOT NULL,
    created_us INTEGER NOT NULL,
    UNIQUE (contract, collector, customer_number, category)
) STRICT, WITHOUT ROWID;

-- Wrong numbers of slips, by user: in a row, and under way to be judged. stopped_on is the day of the last stop, stops
-- the days since the branch last lifted one. The numbers themselves are not kept.
CREATE TABLE payeasy_wrong_numbers (
    app_user BLOB PRIMARY KEY,
    contract BLOB NOT NULL,
    wrong INTEGER NOT NULL CHECK (wrong >= 0),
    judging INTEGER NOT NULL CHECK (judging >= 0),
    counted_us INTEGER NOT NULL,
    stopped_on TEXT,
    stopped_us INTEGER,
    stops INTEGER NOT NULL CHECK (stops >= 0),
    CHECK ((stopped_on IS NULL) = (stopped_us IS NULL))
) STRICT;

-- What a user may pay to private collectors in a day, as the contract's master set it; no amount is the contract's own
-- limit. The newest row holds, and none is ever changed.
CREATE TABLE payeasy_limit (
    app_user BLOB NOT NULL,
    at_us INTEGER NOT NULL,
    contract BLOB NOT NULL,
    amount INTEGER CHECK (amount >= 0),
    actor TEXT NOT NULL,
    PRIMARY KEY (app_user, at_us)
) STRICT, WITHOUT ROWID;

-- The same of a whole contract, as two people of the bank set it; without a row it is the bank's own.
CREATE TABLE payeasy_contract_limit (
    contract BLOB NOT NULL,
    at_us INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    actor TEXT NOT NULL,
    PRIMARY KEY (contract, at_us)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER payeasy_contract_limit_is_not_changed BEFORE UPDATE ON payeasy_contract_limit
BEGIN SELECT RAISE(ABORT, 'payeasy_contract_limit is only ever added to'); END;
CREATE TRIGGER payeasy_contract_limit_is_not_deleted BEFORE DELETE ON payeasy_contract_limit
BEGIN SELECT RAISE(ABORT, 'payeasy_contract_limit is only ever added to'); END;

-- Confirmation passwords ------------------------------------------------------------------------------------------

-- Wrong confirmation passwords in a row, by user.
CREATE TABLE confirmation_failure (
    app_user BLOB PRIMARY KEY,
    failures INTEGER NOT NULL CHECK (failures >= 0),
    locked_us INTEGER
) STRICT;
