//! What a run is asked to do.

use std::fmt;

/// Payments of a usual day, where nobody asks for another number.
pub(crate) const PER_DAY: u64 = 175;

/// A run: the same settings give the same run, event by event.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Everything that is drawn follows from it.
    pub seed: u64,
    /// Payments whose money is held before the payers stop.
    pub payments: u64,
    /// Days after which they stop too.
    pub days: u64,
    /// Payments of a usual day.
    pub per_day: u64,
    /// A mistake built into the model, to prove that it would be found.
    pub mistake: Option<Mistake>,
}

impl Settings {
    /// A run of the hub as it is.
    pub const fn new(seed: u64, payments: u64) -> Self {
        Self { seed, payments, days: u64::MAX, per_day: PER_DAY, mistake: None }
    }
}

impl fmt::Display for Settings {
    /// The command that runs it again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mpn simulate --seed {}", self.seed)?;
        if self.payments < u64::MAX {
            write!(f, " --payments {}", self.payments)?;
        }
        if self.days < u64::MAX {
            write!(f, " --days {}", self.days)?;
        }
        if self.per_day != PER_DAY {
            write!(f, " --payments-per-day {}", self.per_day)?;
        }
        match self.mistake {
            Some(mistake) => write!(f, " --mistake {}", mistake.as_str()),
            None => Ok(()),
        }
    }
}

macro_rules! mistakes {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal),* $(,)?) => {
        /// A mistake that a hub, a ledger or a collector could make. Tests build one in and expect it to be found.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mistake {
            $($(#[doc = $doc])* $name,)*
        }

        impl Mistake {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }
        }
    };
}

mistakes! {
    /// The hub releases the money of a payment that has been unknown for ten minutes, and calls it rejected.
    VoidsOnATimer = "voids-on-a-timer",
    /// The hub repeats a clearing under a new key.
    RepeatsUnderANewKey = "repeats-under-a-new-key",
    /// A repeat is encoded anew, with the time of its sending.
    RepeatsWithOtherBytes = "repeats-with-other-bytes",
    /// The hub forgets the guard on the bill.
    LeavesTheGuardOut = "leaves-the-guard-out",
    /// The hub gives the bill's guard back when the outcome is unknown.
    FreesTheGuardTooEarly = "frees-the-guard-too-early",
    /// The hub sends a first clearing however late it is.
    SendsTooLate = "sends-too-late",
    /// The hub sends before its commit is durable.
    SendsBeforeTheCommit = "sends-before-the-commit",
    /// The hub takes silence for a refusal.
    TakesSilenceForARefusal = "takes-silence-for-a-refusal",
    /// The hub lets "not applied" speak for earlier deliveries too.
    TrustsNotApplied = "trusts-not-applied",
    /// A national collector changes its mind, and the hub posts an acceptance that comes after a refusal.
    PostsAfterARefusal = "posts-after-a-refusal",
    /// The hub debits the amount beside its hold instead of ending it.
    PostsBesideTheHold = "posts-beside-the-hold",
    /// The ledger does not compare fences.
    IgnoresFences = "ignores-fences",
    /// A hub that restarts forgets the work it had open.
    ForgetsOpenWork = "forgets-open-work",
    /// The staff decides "not cleared" while a message may still be under way.
    DecidesTooEarly = "decides-too-early",
    /// The hub settles a window although a day of it is not closed.
    SettlesUnclosed = "settles-unclosed",
    /// The hub settles a window although a day of it was not compared since its close.
    SettlesUncompared = "settles-uncompared",
    /// The hub takes the first comparison of a closed day for the last, whatever came to an outcome since.
    SettlesOutdated = "settles-outdated",
    /// The hub settles the payments of a day although breaks of it are open.
    SettlesOverBreaks = "settles-over-breaks",
    /// The hub's comparison does not tell what the collector has nothing of.
    OverlooksBreaks = "overlooks-breaks",
    /// A later comparison of the hub forgets the open breaks that it finds again.
    ForgetsOpenBreaks = "forgets-open-breaks",
    /// A hub that takes up the close of a window again forgets what has gone over.
    ForgetsParts = "forgets-parts",
    /// The hub posts a net payment two times.
    PaysTwice = "pays-twice",
    /// The hub tells a collector another sum than it pays.
    TellsAnotherSum = "tells-another-sum",
    /// The hub lets a note end a break by which a collector's books lack an accepted payment.
    NotesWhatIsLacking = "notes-what-is-lacking",
    /// The hub pays back on a person's word, without another look at the collector's books.
    RefundsUncompared = "refunds-uncompared",
    /// The hub posts a refund two times.
    RefundsTwice = "refunds-twice",
    /// The hub owes its collector what it has paid back.
    OwesWhatIsPaidBack = "owes-what-is-paid-back",
    /// A collector records every copy of a clearing.
    CollectorRecordsTwice = "collector-records-twice",
    /// A national collector clears under a key that it has refused.
    CollectorChangesItsMind = "collector-changes-its-mind",
    /// A collector forgets a record when it restarts.
    CollectorForgets = "collector-forgets",
}

impl Mistake {
    /// Rules that would find the mistake by looking inside; what it does to the world outside must be found too.
    pub(crate) const fn silences(self) -> &'static [&'static str] {
        match self {
            Self::LeavesTheGuardOut | Self::FreesTheGuardTooEarly => {
                &["the bill is guarded while it may be paid"]
            }
            Self::RepeatsUnderANewKey => &[
                "a clearing is sent once",
                "a first clearing leaves in time or never",
                "every repeat is the same bytes",
                "a repeat keeps its key",
            ],
            Self::SendsBeforeTheCommit => &["nothing is sent before it is durable"],
            Self::PostsAfterARefusal => {
                &["a collector decides once under a key", "nothing is recorded of what is over"]
            }
            _ => &[],
        }
    }
}
