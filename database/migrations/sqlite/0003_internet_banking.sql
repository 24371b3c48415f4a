
-- Pay-easy ------------------------------------------------------------------------------------------------------

-- A payment being entered: its steps live here, not in the browser.
CREATE TABLE payeasy_draft (
    id TEXT PRIMARY KEY,
    contract BLOB NOT NULL,
    app_user BLOB NOT NULL,
    collector TEXT NOT NULL,
    inquiry BLOB,
    bill TEXT,
    account INTEGER,
    amount INTEGER,
    payment BLOB,
    expires_us INTEGER NOT NULL,
    CHECK ((payment IS NULL) = (bill IS NULL OR account IS NULL OR amount IS NULL))
) STRICT;
CREATE INDEX payeasy_draft_user ON payeasy_draft (app_user, expires_us);
CREATE INDEX payeasy_draft_expires ON payeasy_draft (expires_us);

-- Tokens of one-time passwords --------------------------------------------------------------------------------------

-- The secret is sealed under the deployment's key. last_step is the newest code that was typed rightly.
CREATE TABLE token (
    serial TEXT PRIMARY KEY,
    contract BLOB NOT NULL,
    seed BLOB NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    last_step INTEGER NOT NULL DEFAULT 0,
    locked_us INTEGER
) STRICT;

-- Wrong confirmation passwords in a row, by user.
CREATE TABLE confirmation_failure (
    app_user BLOB PRIMARY KEY,
    failures INTEGER NOT NULL CHECK (failures >= 0),
    locked_us INTEGER
) STRICT;
