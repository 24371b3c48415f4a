-- The bank's staff. Their sign-in shares neither tables nor keys with the customers'. A member of staff keeps the id
-- whatever the login ID becomes.
CREATE TABLE staff (
    id UUID PRIMARY KEY,
    login_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('maker', 'checker')),
    token_serial TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    disabled_us BIGINT,
    last_sign_in_us BIGINT,
    last_sign_in_method TEXT,
    created_us BIGINT NOT NULL,
    CHECK ((last_sign_in_us IS NULL) = (last_sign_in_method IS NULL))
);

-- key is SHA-256 of the cookie's secret. previous_* is the sign-in before this one, as the bar shows it.
CREATE TABLE staff_session (
    key BYTEA PRIMARY KEY,
    staff UUID NOT NULL REFERENCES staff (id),
    method TEXT NOT NULL,
    address TEXT NOT NULL,
    signed_in_us BIGINT NOT NULL,
    seen_us BIGINT NOT NULL,
    previous_us BIGINT,
    previous_method TEXT,
    ended_other BIGINT NOT NULL CHECK (ended_other IN (0, 1)),
    ended_us BIGINT,
    ended_why TEXT CHECK (ended_why IN ('sign-out', 'replaced', 'expired')),
    CHECK ((ended_us IS NULL) = (ended_why IS NULL))
);
CREATE UNIQUE INDEX staff_session_live ON staff_session (staff) WHERE ended_us IS NULL;
CREATE INDEX staff_session_ended ON staff_session (ended_us) WHERE ended_us IS NOT NULL;

-- Four eyes. A request is what its maker proposed and never changes; what became of it is in the two tables after
-- it, whose rows never change either. day is the processing day, at whose end an open request expires.
CREATE TABLE staff_request (
    id UUID PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL,
    reason TEXT NOT NULL,
    maker UUID NOT NULL REFERENCES staff (id),
    made_us BIGINT NOT NULL,
    day TEXT NOT NULL
);
CREATE INDEX staff_request_day ON staff_request (day, made_us);
CREATE INDEX staff_request_subject ON staff_request (subject, made_us);

CREATE TABLE staff_decision (
    request UUID PRIMARY KEY REFERENCES staff_request (id),
    verdict TEXT NOT NULL CHECK (verdict IN ('approved', 'sent_back', 'withdrawn')),
    maker UUID NOT NULL,
    staff UUID NOT NULL REFERENCES staff (id),
    note TEXT NOT NULL,
    decided_us BIGINT NOT NULL,
    CHECK ((verdict = 'withdrawn') = (staff = maker))
);

-- What the approved operation came to. No row: it has not been carried out, or the process died while it was.
CREATE TABLE staff_result (
    request UUID PRIMARY KEY REFERENCES staff_decision (request),
    done BIGINT NOT NULL CHECK (done IN (0, 1)),
    detail TEXT NOT NULL,
    at_us BIGINT NOT NULL
);

-- How far the delivery of an alarm on a channel has come, while it has not succeeded. next_us is of the database
-- server's clock: before it nobody tries again, whoever tried last.
CREATE TABLE alarm_delivery (
    alarm UUID NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'webhook')),
    tries BIGINT NOT NULL,
    next_us BIGINT NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (alarm, channel)
);

-- The console searches the audit log by time.
CREATE INDEX audit_at ON audit (at_us, writer, number);

-- Who proposed, who decided and what it came to is only ever added to.
CREATE TRIGGER staff_request_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON staff_request
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER staff_decision_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON staff_decision
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER staff_result_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON staff_result
EXECUTE FUNCTION only_added_to();
