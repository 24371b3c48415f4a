-- Transfers of the bank, as they were first received; status is what the network says of one from then on.
CREATE TABLE IF NOT EXISTS transfers (
    id TEXT PRIMARY KEY,
    message BLOB NOT NULL,
    amount INTEGER NOT NULL,
    day TEXT NOT NULL,
    creditor TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT,
    deliveries INTEGER NOT NULL
) STRICT;
-- Recalls of the bank.
CREATE TABLE IF NOT EXISTS recalls (
    id TEXT PRIMARY KEY,
    original TEXT NOT NULL,
    code TEXT
) STRICT;
-- Debits that the bank asks for, as they were first received.
CREATE TABLE IF NOT EXISTS debits (
    id TEXT PRIMARY KEY,
    message BLOB NOT NULL,
    amount INTEGER NOT NULL,
    day TEXT NOT NULL,
    debtor TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT,
    deliveries INTEGER NOT NULL
) STRICT;
-- Messages that wait for the bank until it acknowledges them.
CREATE TABLE IF NOT EXISTS waiting (
    id TEXT PRIMARY KEY,
    message BLOB NOT NULL,
    acknowledged TEXT
) STRICT;
-- Transfers of the bank whose money went back, or is under way.
CREATE TABLE IF NOT EXISTS returns (
    original TEXT PRIMARY KEY
) STRICT;
-- What the bank has taken of what waited, by its place there: the day that it named.
CREATE TABLE IF NOT EXISTS handed (
    id TEXT PRIMARY KEY,
    amount INTEGER NOT NULL,
    day TEXT NOT NULL
) STRICT;
-- Recalls of other banks that it has passed on to the bank, and what the bank's camt.029 says.
CREATE TABLE IF NOT EXISTS asked_back (
    id TEXT PRIMARY KEY,
    original TEXT NOT NULL,
    amount INTEGER NOT NULL,
    answer TEXT
) STRICT;
-- Money that the bank gives back for them, as it was first received: decided once, and settled on its day.
CREATE TABLE IF NOT EXISTS given_back (
    id TEXT PRIMARY KEY,
    message BLOB NOT NULL,
    original TEXT NOT NULL,
    amount INTEGER NOT NULL,
    status TEXT NOT NULL,
    code TEXT,
    day TEXT,
    deliveries INTEGER NOT NULL
) STRICT;
-- What it is to do wrong.
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY,
    mode TEXT NOT NULL,
    kind TEXT,
    delay_ms INTEGER NOT NULL,
    remaining INTEGER NOT NULL
) STRICT;
