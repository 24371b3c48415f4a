-- Limits of transfers that a contract sets for itself -----------------------------------------------------------------

-- Of one order (item), of an account or a user in a day; amount is nothing where only the contract's holds. Of those
-- whose time (from_us) has come the newest holds. number counts every change of the contract's limits, those of the
-- bank's paper (contract) and of Pay-easy (payeasy) among them: whoever is judged by limits names the next one.
CREATE TABLE limit_setting (
    contract BLOB NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    layer TEXT NOT NULL CHECK (layer IN ('item', 'account', 'user', 'contract', 'payeasy')),
    subject TEXT NOT NULL,
    amount INTEGER CHECK (amount >= 0),
    actor TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    from_us INTEGER NOT NULL,
    PRIMARY KEY (contract, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER limit_setting_is_not_changed BEFORE UPDATE ON limit_setting
BEGIN SELECT RAISE(ABORT, 'limit_setting is only ever added to'); END;
CREATE TRIGGER limit_setting_is_not_deleted BEFORE DELETE ON limit_setting
BEGIN SELECT RAISE(ABORT, 'limit_setting is only ever added to'); END;
