-- Who typed what has locked it, as long as nobody was told: whatever process finds it tells. It is set in the statement
-- that counts and locks, and cleared in the commit of the record and the mails.
ALTER TABLE sign_in_throttle ADD COLUMN untold UUID;
ALTER TABLE token ADD COLUMN untold UUID;
ALTER TABLE confirmation_failure ADD COLUMN untold UUID;
CREATE INDEX sign_in_throttle_untold ON sign_in_throttle (touched_us) WHERE untold IS NOT NULL;
CREATE INDEX token_untold ON token (serial) WHERE untold IS NOT NULL;
CREATE INDEX confirmation_failure_untold ON confirmation_failure (app_user) WHERE untold IS NOT NULL;

-- Why somebody else's act has ended a session (ended_why is 'revoked'); without it nobody has noted it.
ALTER TABLE session ADD COLUMN ended_for TEXT;
