-- ひな形: a transfer that a contract makes again and again, under a name of its own. content has payee, account, amount
-- and payer as JSON; the same content is there once.
CREATE TABLE transfer_template (
    id UUID PRIMARY KEY,
    contract UUID NOT NULL,
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    created_by UUID NOT NULL,
    created_us BIGINT NOT NULL,
    UNIQUE (contract, content)
);
