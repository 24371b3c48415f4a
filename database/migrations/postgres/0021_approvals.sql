-- Approvals: a request has an id of its own, whatever it is about -----------------------------------------------------

-- What it is about: a payment's id, whose author has one request about it that is not deleted.
ALTER TABLE approval_request ADD COLUMN about TEXT NOT NULL DEFAULT '';
CREATE INDEX approval_request_about ON approval_request (author, about);
