//! Double-entry ledger with holds, events, outbox and audit behind one group commit
