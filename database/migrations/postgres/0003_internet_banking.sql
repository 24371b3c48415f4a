
-- Pay-easy ------------------------------------------------------------------------------------------------------

-- A payment being entered: its steps live here, not in the browser.
CREATE TABLE payeasy_draft (
    id TEXT PRIMARY KEY,
    contract UUID NOT NULL,
    app_user UUID NOT NULL,
    collector TEXT NOT NULL,
    inquiry UUID,
    bill TEXT,
    account BIGINT,
    amount BIGINT,
    payment UUID,
    expires_us BIGINT NOT NULL,
    CHECK ((payment IS NULL) = (bill IS NULL OR account IS NULL OR amount IS NULL))
);
CREATE INDEX payeasy_draft_user ON payeasy_draft (app_user, expires_us);
CREATE INDEX payeasy_draft_expires ON payeasy_draft (expires_us);

-- Tokens of one-time passwords --------------------------------------------------------------------------------------

-- The secret is sealed under the deployment's key. last_step is the newest code that was typed rightly.
CREATE TABLE token (
    serial TEXT PRIMARY KEY,
    contract UUID NOT NULL,
    seed BYTEA NOT NULL,
    failures BIGINT NOT NULL DEFAULT 0 CHECK (failures >= 0),
    last_step BIGINT NOT NULL DEFAULT 0,
    locked_us BIGINT
);

-- Wrong confirmation passwords in a row, by user.
CREATE TABLE confirmation_failure (
    app_user UUID PRIMARY KEY,
    failures BIGINT NOT NULL CHECK (failures >= 0),
    locked_us BIGINT
);
