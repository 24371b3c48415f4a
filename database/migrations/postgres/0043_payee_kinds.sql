-- A contract has two lists of payees: of transfers (振込・総合振込), and of wages (給与・賞与), which only those see who may
-- pay wages. The same account may be in both. The codes are 顧客コード1 and 2, or 社員番号 and 所属コード; empty where there are
-- none.
ALTER TABLE payee RENAME TO payee_before;
CREATE TABLE payee (
    id UUID PRIMARY KEY,
    contract UUID NOT NULL,
    list TEXT NOT NULL CHECK (list IN ('transfers', 'payroll')),
    bank TEXT NOT NULL,
    branch TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ordinary', 'current', 'savings')),
    number TEXT NOT NULL,
    holder TEXT NOT NULL,
    name TEXT NOT NULL,
    party_group TEXT NOT NULL,
    first_code TEXT NOT NULL,
    second_code TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version > 0),
    created_us BIGINT NOT NULL,
    changed_us BIGINT NOT NULL,
    UNIQUE (contract, list, bank, branch, kind, number)
);
INSERT INTO payee (id, contract, list, bank, branch, kind, number, holder, name, party_group, first_code, second_code,
    version, created_us, changed_us)
SELECT id, contract, 'transfers', bank, branch, kind, number, holder, name, party_group, '', '', version, created_us,
    changed_us FROM payee_before;
DROP TABLE payee_before;

-- Files that wait are read again under the new headings.
DELETE FROM payee_import;
ALTER TABLE payee_import ADD COLUMN list TEXT NOT NULL DEFAULT 'transfers' CHECK (list IN ('transfers', 'payroll'));
