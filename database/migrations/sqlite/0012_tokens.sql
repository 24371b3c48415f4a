-- One-time-password tokens. The secret is sealed under the key of its id; last_step is the newest code that was typed
-- rightly. A token in stock is nobody's yet, and one of the bank's staff has no contract and no printed date. Expiry
-- is no state: the day printed on the device, the last on which its codes count, decides.
CREATE TABLE token (
    serial TEXT PRIMARY KEY,
    contract BLOB,
    kind TEXT NOT NULL CHECK (kind IN ('hardware', 'software')),
    state TEXT NOT NULL CHECK (state IN ('stock', 'shipped', 'in_use', 'revoked', 'lost')),
    expires_on TEXT,
    seed BLOB NOT NULL,
    key_id INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    last_step INTEGER NOT NULL DEFAULT 0,
    locked_us INTEGER,
    changed_us INTEGER NOT NULL,
    -- the token whose place it takes
    replaces TEXT,
    CHECK (state <> 'stock' OR contract IS NULL),
    CHECK (state <> 'shipped' OR contract IS NOT NULL)
) STRICT;
CREATE INDEX token_contract ON token (contract);
CREATE INDEX token_stock ON token (expires_on) WHERE state = 'stock';
CREATE INDEX token_in_use ON token (expires_on) WHERE state = 'in_use';
CREATE TRIGGER token_is_not_deleted BEFORE DELETE ON token
BEGIN SELECT RAISE(ABORT, 'a token is kept for ever'); END;

-- The keys of tokens' secrets that were in force, by id, and since when. Without a row it is key 1.
CREATE TABLE token_key (
    id INTEGER PRIMARY KEY CHECK (id > 1),
    from_us INTEGER NOT NULL
) STRICT;

-- 後納 fees: what a contract owes, collected with the statement of its month. A row is never changed.
CREATE TABLE charge (
    id BLOB PRIMARY KEY,
    contract BLOB NOT NULL,
    day TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    -- what it is for, and the request by which two people decided it
    detail TEXT NOT NULL,
    reference TEXT NOT NULL UNIQUE,
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX charge_contract ON charge (contract, day);
CREATE TRIGGER charge_is_not_changed BEFORE UPDATE ON charge
BEGIN SELECT RAISE(ABORT, 'charge is only ever added to'); END;
CREATE TRIGGER charge_is_not_deleted BEFORE DELETE ON charge
BEGIN SELECT RAISE(ABORT, 'charge is only ever added to'); END;
