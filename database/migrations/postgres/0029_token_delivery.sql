-- 納品: files of a maker's tokens, each opened, checked and sealed again, until two people take it into stock.
CREATE TABLE token_delivery (
    id UUID PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    maker TEXT NOT NULL,
    -- SHA-256 of the maker's file, in hexadecimal
    digest TEXT NOT NULL UNIQUE,
    tokens BIGINT NOT NULL CHECK (tokens > 0),
    first TEXT NOT NULL,
    last TEXT NOT NULL,
    received_us BIGINT NOT NULL,
    taken_us BIGINT,
    sealed BYTEA,
    CHECK (taken_us IS NULL OR sealed IS NULL)
);
CREATE TRIGGER token_delivery_is_not_changed
BEFORE UPDATE OF id, number, maker, digest, tokens, first, last, received_us ON token_delivery
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER token_delivery_stays_taken BEFORE UPDATE ON token_delivery
FOR EACH ROW WHEN (OLD.taken_us IS NOT NULL) EXECUTE FUNCTION only_added_to();
CREATE TRIGGER token_delivery_is_not_deleted BEFORE DELETE OR TRUNCATE ON token_delivery
EXECUTE FUNCTION only_added_to();
