-- Mails to users of contracts: one row an event and addressee, in one commit with the event. id is the Message-ID's
-- left part, fixed by the event, so that a repeat of a delivery can be told. given_up: the last try
-- has failed, and none comes any more.
CREATE TABLE mail (
    id TEXT PRIMARY KEY,
    contract BLOB NOT NULL,
    app_user BLOB NOT NULL,
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    sent_us INTEGER,
    given_up_us INTEGER,
    CHECK (sent_us IS NULL OR given_up_us IS NULL)
) STRICT;
CREATE INDEX mail_unsent ON mail (at_us) WHERE sent_us IS NULL AND given_up_us IS NULL;
CREATE INDEX mail_contract ON mail (contract, at_us);

-- How far an unsent mail has come. next_us is of the database server's clock: before it nobody tries again.
CREATE TABLE mail_delivery (
    mail TEXT PRIMARY KEY,
    tries INTEGER NOT NULL,
    next_us INTEGER NOT NULL,
    error TEXT NOT NULL
) STRICT;

-- How far the payments' events have been turned into mails; one row.
CREATE TABLE mail_feed (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL
) STRICT;
