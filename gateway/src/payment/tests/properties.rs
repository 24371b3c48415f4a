//! Whatever happens in whatever order: a collector that keeps its word and a hub agree in the end.

use domain::payment::State;
use proptest::prelude::*;

use super::{Claimed, Report, Walk, Word, accepted, not_open, rejected, silent, time, unsent};

/// What a collector would decide if the clearing came now.
#[derive(Clone, Copy, Debug)]
enum Verdict {
    Accept,
    Reject,
    NotOpen,
}

#[derive(Clone, Debug)]
enum Happening {
    /// The message of a claim arrives, and the answer is heard or lost.
    Arrives {
        which: usize,
        verdict: Verdict,
        heard: bool,
    },
    /// Not a byte of the newest claim left.
    Unsent,
    /// The newest claim's lease runs out; its message may still arrive.
    Crash,
    Sweep,
    /// An operator has it asked for again.
    Manual,
    /// Two people ask the collector and bring its word.
    Asked,
    Later(i64),
    Closes(bool),
}

fn happening() -> impl Strategy<Value = Happening> {
    let verdict = prop_oneof![Just(Verdict::Accept), Just(Verdict::Reject), Just(Verdict::NotOpen)];
    prop_oneof![
        4 => (0_usize..4, verdict, any::<bool>())
            .prop_map(|(which, verdict, heard)| Happening::Arrives { which, verdict, heard }),
        2 => Just(Happening::Unsent),
        2 => Just(Happening::Crash),
        4 => Just(Happening::Sweep),
        2 => Just(Happening::Manual),
        1 => Just(Happening::Asked),
        2 => prop_oneof![Just(1), Just(60), Just(119), Just(120), Just(395), Just(3_600), Just(50_400)]
            .prop_map(Happening::Later),
        1 => any::<bool>().prop_map(Happening::Closes),
    ]
}

/// The hub's steps and a collector that records a decision once and keeps to it.
struct World {
    walk: Walk,
    recorded: Option<bool>,
    /// Claims whose sender has not reported yet.
    under_way: Vec<Claimed>,
    seen: usize,
    /// Whether every claim that was reported on is known to have sent nothing.
    nothing_left: bool,
}

impl World {
    fn new() -> Self {
        let walk = Walk::begin(time("24T10:00:00"), None);
        let under_way = walk.claims.clone();
        Self { walk, recorded: None, under_way, seen: 1, nothing_left: true }
    }

    fn arrives(&mut self, claim: Claimed, verdict: Verdict, heard: bool) {
        let decided = match (self.recorded, verdict) {
            (Some(kept), _) => Some(kept),
            (None, Verdict::Accept) => Some(true),
            (None, Verdict::Reject) => Some(false),
            (None, Verdict::NotOpen) => None,
        };
        self.recorded = decided;
        let answer = match decided {
            Some(true) => accepted(),
            Some(false) => rejected(),
            None => not_open(),
        };
        self.reports(claim, &if heard { answer } else { silent() });
    }

    fn reports(&mut self, claim: Claimed, report: &Report) {
        self.under_way.retain(|c| c.fence != claim.fence);
        self.nothing_left &= *report == unsent();
        let said = self.walk.report(claim, report);
        assert!(!["alarm", "late"].contains(&said.as_str()), "{said} to {report:?}");
    }

    fn happens(&mut self, happening: &Happening) {
        match *happening {
            Happening::Arrives { which, verdict, heard } => {
                if let Some(claim) = self.under_way.get(which % self.under_way.len().max(1)).copied() {
                    self.arrives(claim, verdict, heard);
                }
            }
            Happening::Unsent => {
                if let Some(claim) = self.under_way.last().copied() {
                    self.reports(claim, &unsent());
                }
            }
            Happening::Crash => {
                if !self.under_way.is_empty() {
                    self.walk.lose_lease();
                }
            }
            Happening::Sweep => self.sweep(),
            Happening::Manual => {
                self.walk.manual();
                self.begin();
            }
            Happening::Asked => self.asked(),
            Happening::Later(seconds) => self.walk.now = self.walk.now.plus_seconds(seconds),
            Happening::Closes(closes) => self.walk.collector_is_open = !closes,
        }
        self.check();
    }

    /// The collector tells the truth, and keeps to it: what it has not cleared by then it never will.
    fn asked(&mut self) {
        let word = if self.recorded == Some(true) { Word::Cleared } else { Word::NotCleared };
        let said = self.walk.decide(word);
        if said == State::Rejected.as_str() {
            self.recorded = Some(false);
        }
    }

    fn sweep(&mut self) {
        self.walk.sweep();
        self.begin();
    }

    /// What was claimed is under way.
    fn begin(&mut self) {
        for claim in &self.walk.claims[self.seen..] {
            let nothing_left = self.nothing_left && self.under_way.is_empty();
            assert!(claim.repeat || nothing_left, "a clearing is sent once");
            let over = self.walk.window().is_over(&self.walk.facts, self.walk.now);
            assert!(claim.repeat || !over, "no first clearing leaves too late");
            self.under_way.push(*claim);
        }
        self.seen = self.walk.claims.len();
    }

    fn check(&self) {
        self.walk.check();
        match self.walk.state() {
            State::Accepted => assert_eq!(self.recorded, Some(true)),
            State::Rejected => assert_eq!(self.recorded, Some(false)),
            State::Voided => assert!(self.recorded.is_none() && self.under_way.is_empty()),
            state => assert!(state.is_open(), "{state}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_hub_and_an_honest_collector_agree(happenings in prop::collection::vec(happening(), 0..40)) {
        let mut world = World::new();
        for happening in &happenings {
            world.happens(happening);
        }
        // from here on nothing fails: before the end of automatic resends everything comes to its end
        let may_resend = world.walk.now < super::step::automatic_resend_ends(world.walk.facts.receipt_date);
        world.walk.collector_is_open = true;
        world.walk.lose_lease();
        for _ in 0..3 {
            world.sweep();
            if let Some(claim) = world.under_way.last().copied() {
                world.arrives(claim, Verdict::Accept, true);
            }
            world.check();
        }
        prop_assert!(!may_resend || !world.walk.state().is_open(), "{}", world.walk.state());
    }
}

/// What a test knows of a delivery from the reports that were recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// Nothing, or nothing that says what was done.
    Maybe,
    /// Not applied; bytes may have left.
    NotApplied,
    /// Not a byte left.
    Unsent,
}

#[derive(Clone, Debug)]
enum Said {
    /// A report on a claim, whichever and however late, by a collector that need not keep its word.
    Report(usize, u8),
    Crash,
    Sweep,
    Manual,
    Word(bool),
    Later(i64),
    Closes(bool),
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        8 => (0_usize..6, 0_u8..5).prop_map(|(which, report)| Said::Report(which, report)),
        2 => Just(Said::Crash),
        5 => Just(Said::Sweep),
        1 => Just(Said::Manual),
        1 => any::<bool>().prop_map(Said::Word),
        2 => prop_oneof![Just(1), Just(120), Just(395), Just(50_400)].prop_map(Said::Later),
        1 => any::<bool>().prop_map(Said::Closes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// An answer speaks for the delivery that it answers, whatever comes in whatever order, and from whomever.
    #[test]
    fn a_state_never_says_more_than_its_deliveries(happenings in prop::collection::vec(said(), 0..40)) {
        let mut walk = Walk::begin(time("24T10:00:00"), None);
        let mut known = std::collections::BTreeMap::from([(1_i64, Known::Maybe)]);
        let mut reported = std::collections::BTreeMap::new();
        let (mut accepts, mut rejects) = (false, false);
        for happening in happenings {
            let before = walk.state();
            match happening {
                Said::Report(which, report) => {
                    let claim = walk.claims[which % walk.claims.len()];
                    // a sender has one report, however often it brings it
                    let report = *reported.entry(claim.fence).or_insert(report);
                    let (report, told) = match report {
                        0 => (accepted(), Known::Maybe),
                        1 => (rejected(), Known::Maybe),
                        2 => (not_open(), Known::NotApplied),
                        3 => (unsent(), Known::Unsent),
                        _ => (silent(), Known::Maybe),
                    };
                    let heard = walk.report(claim, &report);
                    let recorded = !["fenced", "nothing", "late", "alarm"].contains(&heard.as_str());
                    if recorded {
                        accepts |= report == accepted();
                        rejects |= report == rejected();
                        known.insert(claim.delivery, told);
                    }
                    if recorded && matches!(told, Known::NotApplied | Known::Unsent) {
                        let others = known.iter().filter(|(delivery, _)| **delivery != claim.delivery);
                        let all = others.clone().all(|(_, k)| *k != Known::Maybe);
                        let back = before == State::Sending && all;
                        let expected = if back { State::Held } else { State::Unknown };
                        prop_assert_eq!(walk.state(), expected, "{:?}", known);
                    }
                }
                Said::Crash => walk.lose_lease(),
                Said::Sweep => drop(walk.sweep()),
                Said::Manual => drop(walk.manual()),
                Said::Word(cleared) => {
                    let word = if cleared { Word::Cleared } else { Word::NotCleared };
                    let ended = walk.decide(word);
                    accepts |= ended == State::Accepted.as_str();
                    rejects |= ended == State::Rejected.as_str();
                }
                Said::Later(seconds) => walk.now = walk.now.plus_seconds(seconds),
                Said::Closes(closes) => walk.collector_is_open = !closes,
            }
            for claim in &walk.claims {
                known.entry(claim.delivery).or_insert(Known::Maybe);
            }
            let all = |holds: fn(Known) -> bool| known.values().all(|k| holds(*k));
            match walk.state() {
                State::Held => prop_assert!(all(|k| k != Known::Maybe), "{:?}", known),
                State::Voided => prop_assert!(all(|k| k == Known::Unsent), "{:?}", known),
                State::Accepted => prop_assert!(accepts && !rejects),
                State::Rejected => prop_assert!(rejects && !accepts),
                state => prop_assert!(state.is_open()),
            }
        }
    }
}
