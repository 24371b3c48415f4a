-- Who has given whom the access by which the person signs in, or a say in what others approve, and when last. For some
-- time after that the two count as one person where others must approve or confirm (SEC-20, SEC-21).
CREATE TABLE access_given (
    app_user BLOB NOT NULL,
    given_by BLOB NOT NULL,
    contract BLOB NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (app_user, given_by)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_given_contract ON access_given (contract, at_us);
