-- Every key that the bank uses: of which kind, whose it is shared with, and when it counts. What is secret of it is
-- sealed under the deployment's secret; seed keys are drawn from that one. A key without from_day waits.
CREATE TABLE bank_key (
    kind TEXT NOT NULL CHECK (kind IN ('message', 'link', 'seed', 'authority')),
    owner TEXT NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    made_us BIGINT NOT NULL,
    from_day TEXT,
    retired_us BIGINT,
    public TEXT NOT NULL,
    sealed BYTEA,
    PRIMARY KEY (kind, owner, number)
);
INSERT INTO bank_key (kind, owner, number, made_us, from_day, public) VALUES ('seed', '', 1, 0, '2000-01-01', '');
INSERT INTO bank_key (kind, owner, number, made_us, from_day, public)
    SELECT 'seed', '', id, from_us, '2000-01-01', '' FROM token_key;
DROP TABLE token_key;
CREATE TRIGGER bank_key_is_not_changed BEFORE UPDATE OF kind, owner, number, made_us, public, sealed ON bank_key
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER bank_key_stays_retired BEFORE UPDATE ON bank_key FOR EACH ROW WHEN (OLD.retired_us IS NOT NULL)
EXECUTE FUNCTION only_added_to();
CREATE TRIGGER bank_key_is_not_deleted BEFORE DELETE OR TRUNCATE ON bank_key
EXECUTE FUNCTION only_added_to();
