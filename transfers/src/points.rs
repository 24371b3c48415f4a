//! The engine's commits and exchanges, each with a name, and a place before and after it where a test may end the
//! process at once, as a power cut would. The tests walk [`names`], so that a new one cannot be forgotten.

use ledger::{Commit, Committed, Refused};

use crate::Transfers;

macro_rules! points {
    ($(#[$outer:meta])* $enum:ident, $before:literal, $after:literal,
     $($(#[$doc:meta])* $name:ident = $word:literal),* $(,)?) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $enum {
            $($(#[$doc])* $name,)*
        }

        impl $enum {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name of the place before it.
            pub const fn before(self) -> &'static str {
                match self { $(Self::$name => concat!($before, $word)),* }
            }

            /// The name of the place after it.
            pub const fn after(self) -> &'static str {
                match self { $(Self::$name => concat!($after, $word)),* }
            }
        }
    };
}

points! {
    /// What becomes durable.
    Persist, "before_persist_", "after_persist_",
    /// A limit of a day gets its level.
    Limit = "transfer_limit",
    /// An order is taken.
    Place = "transfer_place",
    /// A reservation is taken back.
    Cancel = "transfer_cancel",
    /// A reservation is carried out.
    Execute = "transfer_execute",
    /// A try of a reservation was short of funds.
    Tried = "transfer_tried",
    /// An order is given up.
    Fail = "transfer_fail",
    /// Open work is claimed again or given up.
    Claim = "transfer_claim",
    /// What a delivery came to, with the money.
    Answer = "transfer_answer",
    /// What was collected from the network, with the money.
    Incoming = "transfer_incoming",
    /// What is due for a day is settled.
    Settle = "transfer_settle",
    /// A recall is asked for.
    Recall = "transfer_recall",
    /// The payee has answered a recall of another bank, or has not in time.
    Consent = "transfer_consent",
    /// People are told of something.
    Alarm = "transfer_alarm",
}

points! {
    /// What goes to the network and comes back.
    Exchange, "before_send_", "after_receive_",
    /// A transfer.
    Transfer = "transfer",
    /// A debit at another bank.
    Debit = "transfer_debit",
    /// A recall.
    Recall = "transfer_recall",
    /// The answer to a recall of another bank: the money, or a refusal.
    Resolution = "transfer_resolution",
    /// What waits is collected.
    Collect = "transfer_collect",
    /// What was collected is acknowledged.
    Acknowledge = "transfer_acknowledge",
    /// The network's lines of a day.
    Lines = "transfer_lines",
}

/// The names of all places, for the tests that end the process at each.
pub fn names() -> Vec<&'static str> {
    let persists = Persist::ALL.iter().flat_map(|p| [p.before(), p.after()]);
    let exchanges = Exchange::ALL.iter().flat_map(|e| [e.before(), e.after()]);
    persists.chain(exchanges).collect()
}

/// Ends the process where `FAILPOINTS=name=return` arms the place. Compiled in by the feature `crash-points` only.
#[allow(unused_variables, reason = "without the feature there is nothing to arm")]
pub(crate) fn reach(name: &'static str) {
    fail::fail_point!(name, |_| std::process::abort());
}

impl Transfers {
    /// Arms the crash points that the environment names.
    #[cfg(feature = "crash-points")]
    pub fn arm_crash_points() {
        // kept for the life of the process
        std::mem::forget(fail::FailScenario::setup());
    }

    /// Commits through the ledger.
    pub(crate) async fn persist(&self, what: Persist, commit: Commit) -> Result<Committed, Refused> {
        reach(what.before());
        let committed = self.ledger().commit(commit).await;
        reach(what.after());
        committed
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_places_share_a_name() {
        let mut names = super::names();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
