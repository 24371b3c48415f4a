-- When a key's day was set: what its predecessor has signed until then may still be under way.
ALTER TABLE bank_key ADD COLUMN noted_us BIGINT;
