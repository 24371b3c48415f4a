-- Who has given whom the access by which the person signs in, or a say in what others approve, and when last. For some
-- time after that the two count as one person where others must approve or confirm (SEC-20, SEC-21).
CREATE TABLE access_given (
    app_user UUID NOT NULL,
    given_by UUID NOT NULL,
    contract UUID NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (app_user, given_by)
);
CREATE INDEX access_given_contract ON access_given (contract, at_us);
