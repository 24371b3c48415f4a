-- 電子証明書: one row a certificate. Its private key is in no table and no file. authority names what signed it;
-- fingerprint is SHA-256 of the certificate, key of its public key. made: by whom the key was made. confirmed_us is the
-- first sign-in with it, used_us the latest. It ends by the next download before that (redone), by its successor
-- (replaced), by the bank or the master, with its user (removed) or when the contract signs in by password (method).
CREATE TABLE certificate (
    id BLOB PRIMARY KEY,
    contract BLOB NOT NULL REFERENCES contract (id),
    app_user BLOB NOT NULL REFERENCES app_user (id),
    authority TEXT NOT NULL,
    serial BLOB NOT NULL,
    fingerprint BLOB NOT NULL UNIQUE,
    key BLOB NOT NULL UNIQUE,
    made TEXT NOT NULL CHECK (made IN ('bank', 'user')),
    issued_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL CHECK (expires_us > issued_us),
    confirmed_us INTEGER,
    used_us INTEGER,
    ended_us INTEGER,
    ended_why TEXT CHECK (ended_why IN ('redone', 'replaced', 'bank', 'master', 'removed', 'method')),
    ended_by TEXT,
    UNIQUE (authority, serial),
    CHECK ((confirmed_us IS NULL) = (used_us IS NULL)),
    CHECK ((ended_us IS NULL) = (ended_why IS NULL) AND (ended_us IS NULL) = (ended_by IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX certificate_contract ON certificate (contract);
CREATE INDEX certificate_user ON certificate (app_user);
CREATE INDEX certificate_expires ON certificate (expires_us) WHERE ended_us IS NULL;
-- One ID has one certificate, and beside it one that waits for its first sign-in.
CREATE UNIQUE INDEX certificate_in_use ON certificate (app_user) WHERE confirmed_us IS NOT NULL AND ended_us IS NULL;
CREATE UNIQUE INDEX certificate_waiting ON certificate (app_user) WHERE confirmed_us IS NULL AND ended_us IS NULL;

-- 再発行の許可 by the contract's master: it holds until the next certificate is issued to the user.
CREATE TABLE certificate_permit (
    id BLOB PRIMARY KEY,
    contract BLOB NOT NULL,
    app_user BLOB NOT NULL REFERENCES app_user (id),
    permitted_us INTEGER NOT NULL,
    permitted_by BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX certificate_permit_user ON certificate_permit (app_user, permitted_us);
