-- Temporary passwords end -------------------------------------------------------------------------------------------

-- From when on the temporary login password (must_change) opens nothing. One of before counts its seven days from when
-- the user was registered.
ALTER TABLE app_user ADD COLUMN temporary_until_us BIGINT;
UPDATE app_user SET temporary_until_us = created_us + 604800000000 WHERE must_change = 1;

-- From when on a limit of a user holds -------------------------------------------------------------------------------

-- More comes the next business day; of those whose time has come the newest holds. Those of before held at once.
ALTER TABLE payeasy_limit ADD COLUMN from_us BIGINT NOT NULL DEFAULT 0;
