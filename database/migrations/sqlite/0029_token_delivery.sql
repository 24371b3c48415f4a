-- 納品: files of a maker's tokens, each opened, checked and sealed again, until two people take it into stock.
CREATE TABLE token_delivery (
    id BLOB PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    maker TEXT NOT NULL,
    -- SHA-256 of the maker's file, in hexadecimal
    digest TEXT NOT NULL UNIQUE,
    tokens INTEGER NOT NULL CHECK (tokens > 0),
    first TEXT NOT NULL,
    last TEXT NOT NULL,
    received_us INTEGER NOT NULL,
    taken_us INTEGER,
    sealed BLOB,
    CHECK (taken_us IS NULL OR sealed IS NULL)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER token_delivery_is_not_changed
BEFORE UPDATE OF id, number, maker, digest, tokens, first, last, received_us ON token_delivery
BEGIN SELECT RAISE(ABORT, 'of a delivery only that it was taken is noted'); END;
CREATE TRIGGER token_delivery_stays_taken BEFORE UPDATE ON token_delivery WHEN OLD.taken_us IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a delivery is taken once'); END;
CREATE TRIGGER token_delivery_is_not_deleted BEFORE DELETE ON token_delivery
BEGIN SELECT RAISE(ABORT, 'token_delivery is only ever added to'); END;
