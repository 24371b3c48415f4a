-- A key of the REST API: the hash of its token, whose it is and what it may do. Never changed but for last_used_us.
CREATE TABLE api_key (
    id UUID PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    name TEXT NOT NULL,
    holder TEXT NOT NULL CHECK (holder IN ('contract', 'collector', 'operator')),
    contract UUID,
    may_debit BIGINT NOT NULL CHECK (may_debit IN (0, 1)),
    collector TEXT,
    scopes TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    last_used_us BIGINT,
    CHECK ((holder = 'contract') = (contract IS NOT NULL)),
    CHECK ((holder = 'collector') = (collector IS NOT NULL)),
    CHECK (holder = 'contract' OR may_debit = 0)
);
CREATE INDEX api_key_contract ON api_key (contract) WHERE contract IS NOT NULL;

-- The accounts that a contract's key may use, under the names that payers know.
CREATE TABLE api_key_account (
    api_key UUID NOT NULL REFERENCES api_key (id),
    account BIGINT NOT NULL,
    branch TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ordinary', 'current')),
    number TEXT NOT NULL,
    PRIMARY KEY (api_key, account),
    UNIQUE (api_key, branch, kind, number)
);

-- A key that is over.
CREATE TABLE api_key_revocation (
    api_key UUID PRIMARY KEY REFERENCES api_key (id),
    actor TEXT NOT NULL,
    at_us BIGINT NOT NULL
);

-- What an Idempotency-Key stands for: the hash of what was asked, and the payment or inquiry that it leads to.
CREATE TABLE idempotency (
    contract UUID NOT NULL,
    call TEXT NOT NULL,
    key TEXT NOT NULL,
    request BYTEA NOT NULL,
    subject UUID NOT NULL UNIQUE,
    running_until_us BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (contract, call, key)
);
CREATE INDEX idempotency_created ON idempotency (call, created_us);

-- How often an API key has asked with wrong numbers on a day, and how many inquiries have no answer yet:
-- of one customer number, and in all. Deleted when the day is over.
CREATE TABLE wrong_numbers (
    subject TEXT NOT NULL,
    date TEXT NOT NULL,
    wrong BIGINT NOT NULL CHECK (wrong >= 0),
    judging BIGINT NOT NULL CHECK (judging >= 0),
    counted_us BIGINT NOT NULL,
    PRIMARY KEY (subject, date)
);

-- A payment or inquiry that was refused for good, as it was first answered. A payment's guard keeps it from being both
-- made and refused.
CREATE TABLE refusal (
    subject UUID PRIMARY KEY,
    problem TEXT NOT NULL,
    at_us BIGINT NOT NULL
);
CREATE INDEX refusal_at ON refusal (at_us);

-- 払込依頼: a payment that an API key asked for and that a person has yet to authorise. Its id will be the payment's.
CREATE TABLE payment_request (
    id UUID PRIMARY KEY,
    contract UUID NOT NULL,
    api_key UUID NOT NULL,
    key_name TEXT NOT NULL,
    account BIGINT NOT NULL,
    inquiry UUID NOT NULL,
    collector TEXT NOT NULL,
    customer_number TEXT NOT NULL,
    category TEXT,
    bill TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL
);
CREATE INDEX payment_request_contract ON payment_request (contract, expires_us);
CREATE INDEX payment_request_created ON payment_request (created_us);

-- A request that a person has turned down.
CREATE TABLE payment_request_declined (
    request UUID PRIMARY KEY REFERENCES payment_request (id) ON DELETE CASCADE,
    actor TEXT NOT NULL,
    at_us BIGINT NOT NULL
);

-- The bank's tables: a contract whose API keys may debit at once, and an entry that began with a request.
ALTER TABLE contract ADD COLUMN sandbox BIGINT NOT NULL DEFAULT 0 CHECK (sandbox IN (0, 1));
ALTER TABLE payeasy_draft ADD COLUMN request UUID;

-- A key, its accounts and its end are only ever added to; of a key its last use is noted.
CREATE TRIGGER api_key_is_kept BEFORE UPDATE OF
    id, hash, prefix, name, holder, contract, may_debit, collector, scopes, created_us
OR DELETE OR TRUNCATE ON api_key EXECUTE FUNCTION only_added_to();
CREATE TRIGGER api_key_account_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON api_key_account
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER api_key_revocation_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON api_key_revocation
EXECUTE FUNCTION only_added_to();
