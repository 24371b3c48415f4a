//! What the outside knows of each payment, beside what the hub has recorded.

use domain::{Date, TransferId};

use crate::trace::Notes;

/// One payment, or one that an order tried to make.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub notes: Notes,
    /// When the last thing happened to it.
    pub touched_us: i64,
    /// Whether any byte of any delivery may have left.
    pub bytes_left: bool,
    pub last_sent_us: i64,
    /// The digest of what was sent under each key, first and as a repeat.
    pub sent: Vec<(String, bool, u64)>,
    /// What the collector decided under its key, as amount and whether it cleared; more than one is wrong.
    pub recorded: Vec<(i64, bool)>,
    /// The keys of its cancellations, and whether the collector carried one out.
    pub cancellations: Vec<String>,
    pub cancelled_there: bool,
    /// The guards that it has taken and not given back.
    pub guards: Vec<String>,
    /// Its transfers in the ledger, the failed ones included.
    pub transfers: Vec<TransferId>,
    /// Whether people decided it by the collector's word.
    pub decided: bool,
    /// Whether a comparison of its closed day found it accepted on both sides.
    pub compared: bool,
    /// The window that it settled in.
    pub settled_in: Option<Date>,
    /// When it came to its end.
    pub ended_us: Option<i64>,
}
