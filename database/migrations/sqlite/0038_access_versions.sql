-- Who may do what in a contract, in versions
-- ---------------------------------------------------------------------------

-- Every change of a contract's users, their rights and passwords, their certificates and the contract itself takes the
-- next number: whatever was judged under the one before names it, and is refused after it.
CREATE TABLE access_change (
    contract BLOB NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (contract, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER access_change_is_not_changed BEFORE UPDATE ON access_change
BEGIN SELECT RAISE(ABORT, 'access_change is only ever added to'); END;
CREATE TRIGGER access_change_is_not_deleted BEFORE DELETE ON access_change
BEGIN SELECT RAISE(ABORT, 'access_change is only ever added to'); END;

-- those of the users alone, which they take the place of
DROP TABLE user_version;
