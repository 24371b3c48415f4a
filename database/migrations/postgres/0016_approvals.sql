-- Approvals (承認) of what users of a contract ask for ----------------------------------------------------------------

-- Who of a contract's users approves which business, and at which step.
CREATE TABLE user_approver (
    app_user UUID NOT NULL REFERENCES app_user (id),
    business TEXT NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('first', 'final')),
    PRIMARY KEY (app_user, business, step)
);

-- The policies that a contract has set; the newest holds. policy is JSON.
CREATE TABLE approval_policy (
    contract UUID NOT NULL,
    version BIGINT NOT NULL CHECK (version > 0),
    at_us BIGINT NOT NULL,
    policy TEXT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (contract, version)
);
CREATE TRIGGER approval_policy_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON approval_policy
EXECUTE FUNCTION only_added_to();

-- What a user asks others to approve. version counts every step of its life: whoever has seen another comes too late.
-- round counts how often it was asked for; matter, digest and need are those of the round. secret is a 確認番号 that is
-- needed to ask the collector again, and goes when the request ends.
CREATE TABLE approval_request (
    id UUID PRIMARY KEY,
    contract UUID NOT NULL,
    business TEXT NOT NULL,
    author UUID NOT NULL,
    author_serial TEXT,
    state TEXT NOT NULL
        CHECK (state IN ('draft', 'asked', 'approved', 'done', 'returned', 'withdrawn', 'expired', 'deleted')),
    version BIGINT NOT NULL CHECK (version > 0),
    round BIGINT NOT NULL CHECK (round >= 0),
    matter TEXT NOT NULL,
    digest TEXT NOT NULL,
    secret TEXT,
    need TEXT NOT NULL,
    note TEXT NOT NULL,
    made_us BIGINT NOT NULL,
    changed_us BIGINT NOT NULL,
    until_us BIGINT NOT NULL,
    remind_us BIGINT
);
CREATE INDEX approval_request_contract ON approval_request (contract, state, until_us);
CREATE INDEX approval_request_author ON approval_request (author, changed_us);
CREATE INDEX approval_request_state ON approval_request (state, until_us);

-- Who approved what: digest is that of what was seen.
CREATE TABLE approval_step (
    request UUID NOT NULL REFERENCES approval_request (id),
    round BIGINT NOT NULL,
    place BIGINT NOT NULL CHECK (place > 0),
    app_user UUID NOT NULL,
    serial TEXT,
    digest TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (request, round, place),
    UNIQUE (request, round, app_user)
);
CREATE TRIGGER approval_step_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON approval_step
EXECUTE FUNCTION only_added_to();
