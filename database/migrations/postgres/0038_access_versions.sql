-- Who may do what in a contract, in versions
-- ---------------------------------------------------------------------------

-- Every change of a contract's users, their rights and passwords, their certificates and the contract itself takes the
-- next number: whatever was judged under the one before names it, and is refused after it.
CREATE TABLE access_change (
    contract UUID NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (contract, number)
);
CREATE TRIGGER access_change_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON access_change
EXECUTE FUNCTION only_added_to();

-- those of the users alone, which they take the place of
DROP TABLE user_version;
