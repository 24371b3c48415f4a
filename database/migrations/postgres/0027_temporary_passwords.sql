-- Temporary passwords end -------------------------------------------------------------------------------------------

-- From when on the temporary login password (must_change) opens nothing. One of before counts its seven days from when
-- the user was registered.
ALTER TABLE app_user ADD COLUMN temporary_until_us BIGINT;
UPDATE app_user SET temporary_until_us = created_us + 604800000000 WHERE must_change = 1;
