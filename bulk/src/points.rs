//! The engine's commits, each with a name, and a place before and after it where a test may end the engine at once,
//! as a power cut would end its process. The tests walk [`names`], so that a new one cannot be forgotten.

use ledger::{Commit, Committed, Refused};

use crate::Bulk;

macro_rules! points {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What becomes durable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Persist {
            $($(#[$doc])* $name,)*
        }

        impl Persist {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name of the place before it.
            pub const fn before(self) -> &'static str {
                match self { $(Self::$name => concat!("before_persist_bulk_", $word)),* }
            }

            /// The name of the place after it.
            pub const fn after(self) -> &'static str {
                match self { $(Self::$name => concat!("after_persist_bulk_", $word)),* }
            }
        }
    };
}

points! {
    /// The rows of a draft are all there.
    Draft = "draft",
    /// The bank is asked for a batch.
    Request = "request",
    /// It is sent back or taken back.
    Reopen = "reopen",
    /// It is thrown away.
    Discard = "discard",
    /// It is approved.
    Approve = "approve",
    /// Nobody approved it in time.
    Void = "void",
    /// The total is debited, or its debits begin.
    Begin = "begin",
    /// The debit was short of funds.
    Tried = "tried",
    /// It is given up.
    Fail = "fail",
    /// Some of its rows have their turn.
    Post = "post",
    /// All of them have had it.
    Hand = "hand",
    /// Money of rows goes back to the payer.
    Back = "back",
    /// Other banks told what came of debits.
    Answers = "answers",
    /// Every row is final.
    Finish = "finish",
    /// A mandate is registered or stopped.
    Mandate = "mandate",
    /// What was paid for a municipality is settled.
    SettleTax = "settle_tax",
    /// People are told of something.
    Alarm = "alarm",
}

/// The names of all places, for the tests that end the process at each.
pub fn names() -> Vec<&'static str> {
    Persist::ALL.iter().flat_map(|p| [p.before(), p.after()]).collect()
}

impl Bulk {
    /// Commits through the ledger.
    pub(crate) async fn persist(&self, what: Persist, commit: Commit) -> Result<Committed, Refused> {
        self.reach(what.before())?;
        let committed = self.ledger().commit(commit).await;
        self.reach(what.after())?;
        committed
    }

    /// This engine ends at a place, as if its process did: what is not durable there never will be, and it answers to
    /// nothing any more. Another one on the same database goes on.
    #[cfg(feature = "crash-points")]
    pub fn end_at(&self, place: &'static str) {
        *self.0.ends_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((place, false));
    }

    /// Whether it came to the place at which it ends.
    #[cfg(feature = "crash-points")]
    pub fn has_ended(&self) -> bool {
        let ends = self.0.ends_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        ends.is_some_and(|(_, has_ended)| has_ended)
    }

    #[cfg(feature = "crash-points")]
    fn reach(&self, name: &'static str) -> Result<(), Refused> {
        let mut ends = self.0.ends_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match &mut *ends {
            Some((place, has_ended)) if *has_ended || *place == name => {
                *has_ended = true;
                Err(Refused::Stopped)
            }
            _ => Ok(()),
        }
    }

    #[cfg(not(feature = "crash-points"))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "with the feature an engine ends here")]
    const fn reach(&self, _: &'static str) -> Result<(), Refused> {
        Ok(())
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
