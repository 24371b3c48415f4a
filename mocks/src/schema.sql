-- The mock collectors' own records. Everything carries its collector: one file holds them all.
CREATE TABLE IF NOT EXISTS bills (
    id INTEGER PRIMARY KEY,
    collector TEXT NOT NULL,
    bill_id TEXT NOT NULL,
    customer_number TEXT NOT NULL,
    confirmation_number TEXT NOT NULL,
    payment_category TEXT,
    payer TEXT NOT NULL,
    contents TEXT NOT NULL,
    amount INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    late_charge INTEGER NOT NULL,
    due TEXT,
    clear_by TEXT,
    payable_from TEXT,
    -- paid by another way than a clearing of the hub: cash at a counter, a convenience store
    paid_elsewhere INTEGER NOT NULL DEFAULT 0,
    scenario TEXT NOT NULL,
    -- 消込カウンタ: clearings of this bill that were recorded, by key, provisional ones included
    clearings INTEGER NOT NULL DEFAULT 0,
    -- clearings that matched
    matched INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    -- the end of the address of its page at the collector's site
    page TEXT NOT NULL UNIQUE,
    -- what made it at the site, and with it perhaps others
    act TEXT,
    -- the institutions do not know it before
    appears_at INTEGER,
    -- JSON: what it grows by after its due date; amount is the principal then
    late_rule TEXT,
    -- 領収日 of the clearing that matched
    paid_on TEXT,
    -- what it paid, without the fee
    paid_amount INTEGER,
    UNIQUE (collector, bill_id)
) STRICT;

CREATE INDEX IF NOT EXISTS bills_customer ON bills (collector, customer_number);

CREATE INDEX IF NOT EXISTS bills_act ON bills (act) WHERE act IS NOT NULL;

-- One row for each resend key, written before the first answer leaves, refusals included.
CREATE TABLE IF NOT EXISTS clearings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    collector TEXT NOT NULL,
    sender TEXT NOT NULL,
    processing_date TEXT NOT NULL,
    serial INTEGER NOT NULL,
    body_sha256 BLOB NOT NULL,
    -- the Clearing message, byte for byte, whatever brought it
    body BLOB NOT NULL,
    customer_number TEXT NOT NULL,
    payment_category TEXT,
    bill_id TEXT NOT NULL,
    amount INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    receipt_date TEXT NOT NULL,
    channel TEXT NOT NULL,
    entry_kind TEXT NOT NULL,
    code TEXT NOT NULL,
    provisional_code TEXT,
    reference TEXT,
    -- the first answer, given again byte for byte
    answer BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    deliveries INTEGER NOT NULL DEFAULT 1,
    first_by TEXT NOT NULL,
    -- what the collector's books say: the message's amount, once, unless a booking mistake was commanded
    booked_amount INTEGER NOT NULL,
    booked_times INTEGER NOT NULL DEFAULT 1,
    UNIQUE (collector, sender, processing_date, serial)
) STRICT;

-- 情報リンク方式: which bill a linked clearing may name by the hand-off that it came with.
CREATE TABLE IF NOT EXISTS hand_offs (
    collector TEXT NOT NULL,
    -- the nonce; of one of several bills with its place behind it
    bill_id TEXT NOT NULL,
    -- the row
    bill INTEGER NOT NULL,
    -- what may be paid, both included; the same but where the payer chooses
    amount_min INTEGER NOT NULL,
    amount_max INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (collector, bill_id)
) STRICT;

CREATE INDEX IF NOT EXISTS hand_offs_made ON hand_offs (made_at);

-- 取消, recorded as clearings are: each under a key of its own with its first answer, refusals included.
CREATE TABLE IF NOT EXISTS cancellations (
    id INTEGER PRIMARY KEY,
    collector TEXT NOT NULL,
    sender TEXT NOT NULL,
    processing_date TEXT NOT NULL,
    serial INTEGER NOT NULL,
    body_sha256 BLOB NOT NULL,
    body BLOB NOT NULL,
    customer_number TEXT NOT NULL,
    bill_id TEXT NOT NULL,
    amount INTEGER NOT NULL,
    channel TEXT NOT NULL,
    clearing_date TEXT NOT NULL,
    clearing_serial INTEGER NOT NULL,
    code TEXT NOT NULL,
    reference TEXT,
    answer BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    deliveries INTEGER NOT NULL DEFAULT 1,
    first_by TEXT NOT NULL,
    UNIQUE (collector, sender, processing_date, serial)
) STRICT;

-- A clearing is cancelled once.
CREATE UNIQUE INDEX IF NOT EXISTS cancellations_done
    ON cancellations (collector, sender, clearing_date, clearing_serial) WHERE code = '0000';

-- What a collector was told about a day. A day without a row is open by the hours.
CREATE TABLE IF NOT EXISTS service_days (
    collector TEXT NOT NULL,
    day TEXT NOT NULL,
    -- open, pre_closed, closed
    state TEXT NOT NULL,
    opened_at INTEGER,
    pre_closed_at INTEGER,
    closed_at INTEGER,
    -- the hub's counters of the latest Close
    hub_cleared_count INTEGER,
    hub_cleared_amount INTEGER,
    hub_provisional_count INTEGER,
    hub_provisional_amount INTEGER,
    hub_cancelled_count INTEGER,
    hub_cancelled_amount INTEGER,
    PRIMARY KEY (collector, day)
) STRICT;

-- A collector that stays open or closed whatever it is told, on a tester's command.
CREATE TABLE IF NOT EXISTS forced_services (
    collector TEXT PRIMARY KEY,
    -- open, closed
    state TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS settlement_advices (
    id INTEGER PRIMARY KEY,
    collector TEXT NOT NULL,
    sender TEXT NOT NULL,
    settlement TEXT NOT NULL,
    bank TEXT NOT NULL,
    window_date TEXT NOT NULL,
    pay_date TEXT NOT NULL,
    count INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    deliveries INTEGER NOT NULL DEFAULT 1,
    UNIQUE (collector, sender, settlement)
) STRICT;

-- Fault rules, asked in the order of their ids.
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    collector TEXT NOT NULL,
    -- JSON, as the controls take it
    rule TEXT NOT NULL,
    -- requests that it has met, and those that went wrong by it
    seen INTEGER NOT NULL,
    hits INTEGER NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS faults_collector ON faults (collector, id);

CREATE TABLE IF NOT EXISTS chaos (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- JSON, as the controls take it
    settings TEXT NOT NULL
) STRICT;

-- How many requests of a kind chaos has met at a collector.
CREATE TABLE IF NOT EXISTS chaos_turns (
    collector TEXT NOT NULL,
    kind TEXT NOT NULL,
    turns INTEGER NOT NULL,
    PRIMARY KEY (collector, kind)
) STRICT;

CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    collector TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    processing_date TEXT,
    serial INTEGER,
    customer_number TEXT,
    bill_id TEXT,
    amount INTEGER,
    code TEXT,
    provisional_code TEXT,
    -- what happened to the answer: sent, or the fault that struck it
    outcome TEXT NOT NULL,
    -- how long it was made to wait
    delay_ms INTEGER NOT NULL DEFAULT 0,
    request BLOB,
    answer BLOB
) STRICT;

CREATE INDEX IF NOT EXISTS messages_collector ON messages (collector, id);

-- What the mail sink and the receiver of webhooks took; the latest few hundred stay.
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at INTEGER NOT NULL,
    sender TEXT NOT NULL,
    -- one a line
    recipients TEXT NOT NULL,
    -- by which a repeat is known; empty where the mail has none
    message_id TEXT NOT NULL,
    content BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS mails_message_id ON mails (message_id, recipients) WHERE message_id <> '';

CREATE TABLE IF NOT EXISTS webhooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    -- what was answered
    status INTEGER NOT NULL,
    -- a JSON object
    headers TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- Failures on command that are still to come.
CREATE TABLE IF NOT EXISTS sinks (
    name TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    status INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 6;
