-- The account from which an ended contract's last fees are debited, once it is in another contract: R6 keeps an account
-- in one contract, and what the former one owes stays its own.
ALTER TABLE contract ADD COLUMN fee_account BIGINT;
