//! What the outside knows of each payment, beside what the hub has recorded.

use domain::TransferId;

use crate::collector::Recorded;
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
    /// The clearing's bytes, and those of its repeats.
    pub first: Option<u64>,
    pub repeat: Option<u64>,
    /// What the collector decided under its key; more than one is wrong.
    pub recorded: Vec<Recorded>,
    /// The guards that it has taken and not given back.
    pub guards: Vec<String>,
    /// Its transfers in the ledger, the failed ones included.
    pub transfers: Vec<TransferId>,
    /// Whether people decided it by the collector's word.
    pub decided: bool,
    /// When it came to its end.
    pub ended_us: Option<i64>,
}
