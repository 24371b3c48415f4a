-- Approvals (承認) of what users of a contract ask for ----------------------------------------------------------------

-- Who of a contract's users approves which business, and at which step.
CREATE TABLE user_approver (
    app_user BLOB NOT NULL REFERENCES app_user (id),
    business TEXT NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('first', 'final')),
    PRIMARY KEY (app_user, business, step)
) STRICT, WITHOUT ROWID;

-- The policies that a contract has set; the newest holds. policy is JSON.
CREATE TABLE approval_policy (
    contract BLOB NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    at_us INTEGER NOT NULL,
    policy TEXT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (contract, version)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER approval_policy_is_not_changed BEFORE UPDATE ON approval_policy
BEGIN SELECT RAISE(ABORT, 'approval_policy is only ever added to'); END;
CREATE TRIGGER approval_policy_is_not_deleted BEFORE DELETE ON approval_policy
BEGIN SELECT RAISE(ABORT, 'approval_policy is only ever added to'); END;

-- What a user asks others to approve. version counts every step of its life: whoever has seen another comes too late.
-- round counts how often it was asked for; matter, digest and need are those of the round. secret is a 確認番号 that is
-- needed to ask the collector again, and goes when the request ends.
CREATE TABLE approval_request (
    id BLOB PRIMARY KEY,
    contract BLOB NOT NULL,
    business TEXT NOT NULL,
    author BLOB NOT NULL,
    author_serial TEXT,
    state TEXT NOT NULL
        CHECK (state IN ('draft', 'asked', 'approved', 'done', 'returned', 'withdrawn', 'expired', 'deleted')),
    version INTEGER NOT NULL CHECK (version > 0),
    round INTEGER NOT NULL CHECK (round >= 0),
    matter TEXT NOT NULL,
    digest TEXT NOT NULL,
    secret TEXT,
    need TEXT NOT NULL,
    note TEXT NOT NULL,
    made_us INTEGER NOT NULL,
    changed_us INTEGER NOT NULL,
    until_us INTEGER NOT NULL,
    remind_us INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX approval_request_contract ON approval_request (contract, state, until_us);
CREATE INDEX approval_request_author ON approval_request (author, changed_us);
CREATE INDEX approval_request_state ON approval_request (state, until_us);

-- Who approved what: digest is that of what was seen.
CREATE TABLE approval_step (
    request BLOB NOT NULL REFERENCES approval_request (id),
    round INTEGER NOT NULL,
    place INTEGER NOT NULL CHECK (place > 0),
    app_user BLOB NOT NULL,
    serial TEXT,
    digest TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (request, round, place),
    UNIQUE (request, round, app_user)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER approval_step_is_not_changed BEFORE UPDATE ON approval_step
BEGIN SELECT RAISE(ABORT, 'approval_step is only ever added to'); END;
CREATE TRIGGER approval_step_is_not_deleted BEFORE DELETE ON approval_step
BEGIN SELECT RAISE(ABORT, 'approval_step is only ever added to'); END;
