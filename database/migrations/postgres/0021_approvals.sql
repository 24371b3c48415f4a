-- Approvals: a request has an id of its own, whatever it is about -----------------------------------------------------

-- What it is about: a payment's id, whose author has one request about it that is not deleted.
ALTER TABLE approval_request ADD COLUMN about TEXT NOT NULL DEFAULT '';
CREATE INDEX approval_request_about ON approval_request (author, about);

-- What could not be carried out, ended or reminded of waits before the next try, longer each time, and keeps no other
-- request waiting. next_us is by the database server's clock.
ALTER TABLE approval_request ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE approval_request ADD COLUMN next_us BIGINT NOT NULL DEFAULT 0;
