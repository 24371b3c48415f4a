-- The bank's deposit accounts, whoever has a contract: what branch, kind and number stand for. The money is in the
-- ledger under the same id.
CREATE TABLE core_account (
    account BIGINT PRIMARY KEY,
    branch TEXT NOT NULL,
    branch_name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ordinary', 'current')),
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (branch, kind, number)
);

-- What a contract's papers say beside its plan. transfer_limit is none where it is the plan's standard (R96, R97);
-- same_day lets 都度指定 transfers go on the same day (R86).
ALTER TABLE contract ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE contract ADD COLUMN same_day BIGINT NOT NULL DEFAULT 0 CHECK (same_day IN (0, 1));
ALTER TABLE contract ADD COLUMN transfer_limit BIGINT CHECK (transfer_limit >= 0);
ALTER TABLE contract ADD COLUMN ended_us BIGINT;

-- A 初期設定番号 that two people have granted: it is made, shown and printed once.
CREATE TABLE contract_notice (
    request UUID PRIMARY KEY,
    contract UUID NOT NULL,
    granted_us BIGINT NOT NULL,
    printed_us BIGINT,
    printed_by TEXT,
    CHECK ((printed_us IS NULL) = (printed_by IS NULL))
);
CREATE INDEX contract_notice_contract ON contract_notice (contract);

-- Whoever has proved to know 代表口座 and 初期設定番号, until the page after that is sent. key is SHA-256 of what the page has.
CREATE TABLE set_up_ticket (
    key BYTEA PRIMARY KEY,
    contract UUID NOT NULL,
    hash TEXT NOT NULL,
    expires_us BIGINT NOT NULL
);
CREATE INDEX set_up_ticket_expires ON set_up_ticket (expires_us);

-- 事前登録: payees that are filed on paper and paid by their number (R81).
CREATE TABLE contract_payee (
    id UUID PRIMARY KEY,
    contract UUID NOT NULL,
    number TEXT NOT NULL,
    bank TEXT NOT NULL,
    branch TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ordinary', 'current')),
    account_number TEXT NOT NULL,
    name TEXT NOT NULL,
    registered_us BIGINT NOT NULL,
    ended_us BIGINT
);
CREATE UNIQUE INDEX contract_payee_number ON contract_payee (contract, number) WHERE ended_us IS NULL;

-- Accounts of other FB products than ours (terminals too), with the services that they are targets of (R6).
CREATE TABLE other_fb_account (
    id UUID PRIMARY KEY,
    product TEXT NOT NULL,
    branch TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ordinary', 'current')),
    number TEXT NOT NULL,
    inquiry BIGINT NOT NULL CHECK (inquiry IN (0, 1)),
    transfer BIGINT NOT NULL CHECK (transfer IN (0, 1)),
    data BIGINT NOT NULL CHECK (data IN (0, 1)),
    registered_us BIGINT NOT NULL,
    ended_us BIGINT
);
CREATE UNIQUE INDEX other_fb_account_live ON other_fb_account (branch, kind, number, product) WHERE ended_us IS NULL;

-- 緊急停止 (SEC-43): of a contract, a plan or a service, from its commit on. Only its end is noted.
CREATE TABLE emergency_stop (
    id UUID PRIMARY KEY,
    scope TEXT NOT NULL CHECK (scope IN ('contract', 'plan', 'service')),
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    lifted_us BIGINT,
    lifted_by TEXT,
    CHECK ((lifted_us IS NULL) = (lifted_by IS NULL))
);
CREATE UNIQUE INDEX emergency_stop_open ON emergency_stop (scope, subject) WHERE lifted_us IS NULL;
CREATE TRIGGER emergency_stop_is_not_changed BEFORE UPDATE OF id, scope, subject, reason, actor, at_us
    ON emergency_stop
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER emergency_stop_is_not_deleted BEFORE DELETE OR TRUNCATE ON emergency_stop
EXECUTE FUNCTION only_added_to();

-- What the bank has set in place of what the program has, each from a day on. The newest row of the latest day that has
-- come holds.
CREATE TABLE dated_setting (
    name TEXT NOT NULL,
    from_day TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    value TEXT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (name, from_day, at_us)
);
CREATE TRIGGER dated_setting_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON dated_setting
EXECUTE FUNCTION only_added_to();
