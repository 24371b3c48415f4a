-- How far each feed has turned events into mails: one table for all of them.
CREATE TABLE mail_position (
    feed TEXT PRIMARY KEY,
    position BIGINT NOT NULL
);
INSERT INTO mail_position (feed, position) SELECT 'payments', position FROM mail_feed;
INSERT INTO mail_position (feed, position) SELECT 'transfers', position FROM transfer_mail_feed;
DROP TABLE mail_feed;
DROP TABLE transfer_mail_feed;
