-- Mails to users of contracts: one row an event and addressee, in one commit with the event. id is the Message-ID's
-- left part, fixed by the event, so that a repeat of a delivery can be told. given_up: the last try
-- has failed, and none comes any more.
CREATE TABLE mail (
    id TEXT PRIMARY KEY,
    contract UUID NOT NULL,
    app_user UUID NOT NULL,
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    sent_us BIGINT,
    given_up_us BIGINT,
    CHECK (sent_us IS NULL OR given_up_us IS NULL)
);
CREATE INDEX mail_unsent ON mail (at_us) WHERE sent_us IS NULL AND given_up_us IS NULL;
CREATE INDEX mail_contract ON mail (contract, at_us);

-- How far an unsent mail has come. next_us is of the database server's clock: before it nobody tries again.
CREATE TABLE mail_delivery (
    mail TEXT PRIMARY KEY,
    tries BIGINT NOT NULL,
    next_us BIGINT NOT NULL,
    error TEXT NOT NULL
);

-- How far the payments' events have been turned into mails; one row.
CREATE TABLE mail_feed (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    position BIGINT NOT NULL
);
