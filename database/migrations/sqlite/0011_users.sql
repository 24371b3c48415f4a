-- Users of contracts, as their masters administer them --------------------------------------------------------------

-- What the master gave to an administrator beside what every administrator has.
CREATE TABLE user_duty (
    app_user BLOB NOT NULL REFERENCES app_user (id),
    duty TEXT NOT NULL,
    PRIMARY KEY (app_user, duty)
) STRICT, WITHOUT ROWID;

-- Every change of a contract's users takes the next version: of two that have seen the same users one comes too late.
CREATE TABLE user_version (
    contract BLOB PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A user being added or changed: the steps live here, not in the browser. subject is the person; seen is what the
-- person was when the change began, empty for one to be added. rights and duties are texts of codes.
CREATE TABLE user_draft (
    id TEXT PRIMARY KEY,
    contract BLOB NOT NULL,
    app_user BLOB NOT NULL,
    subject BLOB NOT NULL,
    seen TEXT NOT NULL,
    login_id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    comes_back INTEGER NOT NULL CHECK (comes_back IN (0, 1)),
    rights TEXT,
    duties TEXT NOT NULL,
    expires_us INTEGER NOT NULL
) STRICT;
CREATE INDEX user_draft_user ON user_draft (app_user, expires_us);

-- Whether a user wants to be reminded of passwords that have not been changed for long; without a row not.
CREATE TABLE password_reminder (
    app_user BLOB PRIMARY KEY,
    reminds INTEGER NOT NULL CHECK (reminds IN (0, 1))
) STRICT;

-- What the customer sees of the audit log.
CREATE INDEX audit_contract ON audit (contract, at_us) WHERE contract IS NOT NULL;
