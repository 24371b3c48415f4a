//! The cancellation of a counter payment: what a teller can have cancelled, and every answer at every moment.
//!
//! The words are the table's; `cancel` is a teller's request, `cancelled` and `notcancelled` the collector's word.
//! Claim 1 is the clearing's, claim 2 the first of the cancellation.

use std::collections::BTreeMap;

use domain::payment::{Cancellation, Event, State};
use proptest::prelude::*;

use super::super::history::Body;
use super::table::{check, report, run};
use super::{Claimed, Report, Walk, Word, accepted, not_open, rejected, silent, time, unsent};

fn at_ten(script: &str) -> String {
    run(Walk::at_counter(time("24T10:00:00")), script)
}

#[test]
#[rustfmt::skip]
fn only_an_accepted_counter_payment_of_today_can_be_cancelled() {
    check(&[
        ("cancel",                              "not_accepted"),
        ("silent cancel",                       "unknown not_accepted"),
        ("rejected cancel",                     "rejected not_accepted"),
        ("accepted cancel",                     "accepted cancellation"),
        ("silent cleared cancel",               "unknown accepted cancellation"),
        ("accepted cancel cancel",              "accepted cancellation cancellation_open"),
        ("accepted cancel silent cancel",       "accepted cancellation unknown cancellation_open"),
        ("accepted @24T23:59:59 cancel",        "accepted cancellation"),
        ("accepted @25T00:00:00 cancel",        "accepted day_over"),
        ("accepted closed cancel",              "accepted collector_closed"),
        ("accepted cancel accepted cancel",     "accepted cancellation confirmed not_accepted"),
    ], at_ten);
    let in_internet_banking = |script: &str| run(Walk::begin(time("24T10:00:00"), None), script);
    check(&[
        ("cancel",                              "not_from_counter"),
        ("accepted cancel",                     "accepted not_from_counter"),
        ("silent cleared cancel",               "unknown accepted not_from_counter"),
    ], in_internet_banking);
}

#[test]
#[rustfmt::skip]
fn while_a_cancellation_is_open_nothing_is_paid_back() {
    check(&[
        ("accepted cancel refund",              "accepted cancellation impossible"),
        ("accepted cancel silent refund",       "accepted cancellation unknown impossible"),
        ("accepted cancel accepted refund",     "accepted cancellation confirmed impossible"),
        ("accepted cancel rejected refund",     "accepted cancellation refused refunded"),
        ("accepted cancel rejected refund cancel", "accepted cancellation refused refunded not_accepted"),
        ("accepted cancel silent notcancelled refund accepted",
            "accepted cancellation unknown too_soon impossible confirmed"),
        ("accepted cancel silent +395s notcancelled refund accepted",
            "accepted cancellation unknown refused refunded late"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn the_answer_decides_whether_the_money_goes_back() {
    check(&[
        ("accepted cancel accepted",            "accepted cancellation confirmed"),
        ("accepted cancel accepted sweep",      "accepted cancellation confirmed none"),
        ("accepted cancel rejected",            "accepted cancellation refused"),
        ("accepted cancel rejected sweep",      "accepted cancellation refused none"),
        ("accepted cancel rejected cancel accepted", "accepted cancellation refused cancellation confirmed"),
        ("accepted cancel a001",                "accepted cancellation requested"),
        ("accepted cancel unsent",              "accepted cancellation requested"),
        ("accepted cancel silent",              "accepted cancellation unknown"),
        ("accepted cancel sweep",               "accepted cancellation leased"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn what_is_not_known_is_asked_for_again_as_what_it_is() {
    check(&[
        ("accepted cancel unsent sweep accepted",    "accepted cancellation requested cancellation confirmed"),
        ("accepted cancel a001 sweep accepted",      "accepted cancellation requested resend confirmed"),
        ("accepted cancel silent sweep accepted",    "accepted cancellation unknown resend confirmed"),
        ("accepted cancel silent sweep rejected",    "accepted cancellation unknown resend refused"),
        ("accepted cancel silent sweep a001",        "accepted cancellation unknown resend unknown"),
        ("accepted cancel silent sweep unsent",      "accepted cancellation unknown resend unknown"),
        ("accepted cancel crash sweep accepted",     "accepted cancellation resend confirmed"),
        ("accepted cancel crash sweep a001",         "accepted cancellation resend unknown"),
        ("accepted cancel crash sweep 2:accepted",   "accepted cancellation resend fenced"),
        ("accepted cancel crash 2:accepted sweep",   "accepted cancellation confirmed none"),
        ("accepted cancel silent @25T00:30:00 sweep", "accepted cancellation unknown resend"),
        ("accepted cancel silent @25T00:30:01 sweep", "accepted cancellation unknown none"),
        ("accepted cancel silent @26T10:00:00 manual accepted", "accepted cancellation unknown resend confirmed"),
        ("accepted cancel manual",                   "accepted cancellation not_unknown"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn what_was_never_sent_is_given_up_with_its_day() {
    check(&[
        ("accepted cancel unsent +119s sweep",       "accepted cancellation requested cancellation"),
        ("accepted cancel unsent +120s sweep",       "accepted cancellation requested withdrawn"),
        ("accepted cancel unsent closed sweep",      "accepted cancellation requested withdrawn"),
        ("accepted @24T23:59:59 cancel unsent @25T00:00:00 sweep", "accepted cancellation requested withdrawn"),
        ("accepted cancel unsent +120s sweep cancel", "accepted cancellation requested withdrawn cancellation"),
        ("accepted cancel unsent +120s sweep sweep", "accepted cancellation requested withdrawn none"),
        // bytes had left: never
        ("accepted cancel a001 +120s sweep sweep",   "accepted cancellation requested unknown resend"),
        ("accepted cancel a001 @25T00:00:00 sweep sweep accepted",
                                                     "accepted cancellation requested unknown resend confirmed"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn the_collectors_word_ends_an_unknown_cancellation() {
    check(&[
        ("accepted cancel silent cancelled",         "accepted cancellation unknown confirmed"),
        ("accepted cancel silent +394s notcancelled", "accepted cancellation unknown too_soon"),
        ("accepted cancel silent +395s notcancelled", "accepted cancellation unknown refused"),
        ("accepted cancel silent +395s sweep notcancelled", "accepted cancellation unknown resend delivering"),
        ("accepted cancel silent sweep cancelled",   "accepted cancellation unknown resend confirmed"),
        ("accepted cancel cancelled",                "accepted cancellation not_unknown"),
        ("accepted cancelled",                       "accepted over"),
        // each word is about its own message
        ("accepted cancel silent cleared",           "accepted cancellation unknown not_unknown"),
        ("accepted cancel silent +395s notcleared",  "accepted cancellation unknown not_unknown"),
        ("silent cancelled",                         "unknown not_unknown"),
        ("silent +395s notcancelled",                "unknown not_unknown"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn an_answer_after_the_end_moves_nothing() {
    check(&[
        ("accepted cancel accepted accepted",        "accepted cancellation confirmed nothing"),
        ("accepted cancel accepted rejected",        "accepted cancellation confirmed late"),
        ("accepted cancel rejected accepted",        "accepted cancellation refused late"),
        ("accepted cancel rejected rejected",        "accepted cancellation refused nothing"),
        ("accepted cancel silent +395s notcancelled accepted", "accepted cancellation unknown refused late"),
        ("accepted cancel silent +395s notcancelled rejected", "accepted cancellation unknown refused nothing"),
        ("accepted cancel silent cancelled rejected", "accepted cancellation unknown confirmed late"),
        ("accepted cancel silent cancelled silent",  "accepted cancellation unknown confirmed nothing"),
        // of the first cancellation while a second one is open, and after it
        ("accepted cancel rejected cancel 2:accepted", "accepted cancellation refused cancellation late"),
        ("accepted cancel rejected cancel 2:rejected accepted",
                                                     "accepted cancellation refused cancellation nothing confirmed"),
        ("accepted cancel rejected cancel accepted 2:accepted",
                                                     "accepted cancellation refused cancellation confirmed late"),
        // of the clearing, which stays what it was
        ("accepted cancel 1:accepted accepted 1:accepted", "accepted cancellation nothing confirmed nothing"),
        ("accepted cancel accepted 1:rejected",      "accepted cancellation confirmed late"),
    ], at_ten);
}

#[test]
fn nothing_is_settled_while_a_cancellation_is_open() {
    let settles = |script: &str| {
        let mut walk = Walk::at_counter(time("24T10:00:00"));
        for word in script.split_whitespace() {
            match word {
                "cancel" => drop(walk.cancel()),
                word => drop(walk.report(*walk.claims.last().unwrap(), &report(word))),
            }
        }
        walk.position().advance(Event::Settled, &Body::default()).is_ok()
    };
    for open in ["accepted cancel", "accepted cancel unsent", "accepted cancel silent"] {
        assert!(!settles(open), "{open}");
    }
    assert!(settles("accepted") && settles("accepted cancel rejected"));
    assert!(!settles("accepted cancel accepted"));
}

/// What a collector would decide if the cancellation came now.
#[derive(Clone, Copy, Debug)]
enum Verdict {
    Confirm,
    Refuse,
    NotOpen,
}

#[derive(Clone, Debug)]
enum Happening {
    /// A teller asks for it.
    Cancel,
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
    let verdict = prop_oneof![Just(Verdict::Confirm), Just(Verdict::Refuse), Just(Verdict::NotOpen)];
    prop_oneof![
        3 => Just(Happening::Cancel),
        4 => (0_usize..4, verdict, any::<bool>())
            .prop_map(|(which, verdict, heard)| Happening::Arrives { which, verdict, heard }),
        2 => Just(Happening::Unsent),
        2 => Just(Happening::Crash),
        4 => Just(Happening::Sweep),
        2 => Just(Happening::Manual),
        1 => Just(Happening::Asked),
        2 => prop_oneof![Just(1), Just(119), Just(120), Just(395), Just(3_600), Just(50_400)]
            .prop_map(Happening::Later),
        1 => any::<bool>().prop_map(Happening::Closes),
    ]
}

/// An accepted counter payment, and a collector that decides each cancellation once and keeps to it.
struct World {
    walk: Walk,
    /// What is on record under the key of each cancellation.
    recorded: BTreeMap<usize, bool>,
    under_way: Vec<Claimed>,
    seen: usize,
}

impl World {
    fn new() -> Self {
        let mut walk = Walk::at_counter(time("24T10:00:00"));
        assert_eq!(walk.report(walk.claims[0], &accepted()), "accepted");
        Self { walk, recorded: BTreeMap::new(), under_way: Vec::new(), seen: 1 }
    }

    fn is_cancelled_there(&self) -> bool {
        self.recorded.values().any(|done| *done)
    }

    fn arrives(&mut self, claim: Claimed, verdict: Verdict, heard: bool) {
        let of = claim.of.unwrap();
        let decided = match (self.recorded.get(&of), verdict) {
            (Some(kept), _) => Some(*kept),
            (None, Verdict::Confirm) => Some(!self.is_cancelled_there()),
            (None, Verdict::Refuse) => Some(false),
            (None, Verdict::NotOpen) => None,
        };
        self.recorded.extend(decided.map(|done| (of, done)));
        let answer = match decided {
            Some(true) => accepted(),
            Some(false) => rejected(),
            None => not_open(),
        };
        self.reports(claim, &if heard { answer } else { silent() });
    }

    fn reports(&mut self, claim: Claimed, report: &Report) {
        self.under_way.retain(|c| c.fence != claim.fence);
        let said = self.walk.report(claim, report);
        assert!(!["alarm", "late"].contains(&said.as_str()), "{said} to {report:?}");
    }

    /// The collector tells the truth, and keeps to it: what it has not taken back by then it never will.
    fn asked(&mut self) {
        let Some(of) = self.walk.cancelling() else { return };
        let done = self.recorded.get(&of) == Some(&true);
        let said = self.walk.decide(if done { Word::Cancelled } else { Word::NotCancelled });
        if said == Cancellation::Refused.as_str() {
            self.recorded.insert(of, false);
        }
    }

    fn happens(&mut self, happening: &Happening) {
        match *happening {
            Happening::Cancel => drop(self.walk.cancel()),
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
            Happening::Sweep => drop(self.walk.sweep()),
            Happening::Manual => drop(self.walk.manual()),
            Happening::Asked => self.asked(),
            Happening::Later(seconds) => self.walk.now = self.walk.now.plus_seconds(seconds),
            Happening::Closes(closes) => self.walk.collector_is_open = !closes,
        }
        self.check();
    }

    fn check(&mut self) {
        self.under_way.extend(&self.walk.claims[self.seen..]);
        self.seen = self.walk.claims.len();
        self.walk.check();
        let is_open = self.walk.position().cancellation().is_some_and(Cancellation::is_open);
        match self.walk.state() {
            State::Cancelled => assert!(self.is_cancelled_there()),
            state => {
                assert_eq!(state, State::Accepted);
                assert!(is_open || !self.is_cancelled_there(), "money that the collector has given back");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_hub_and_an_honest_collector_agree_about_cancellations(
        happenings in prop::collection::vec(happening(), 0..40),
    ) {
        let mut world = World::new();
        for happening in &happenings {
            world.happens(happening);
        }
        // from here on nothing fails: before the end of automatic resends everything comes to its end
        let end = super::step::automatic_resend_ends(world.walk.facts.receipt_date);
        let may_resend = world.walk.now < end;
        world.walk.lose_lease();
        for _ in 0..3 {
            world.happens(&Happening::Sweep);
            if let Some(claim) = world.under_way.last().copied() {
                world.arrives(claim, Verdict::Confirm, true);
                world.check();
            }
        }
        let is_open = world.walk.position().cancellation().is_some_and(Cancellation::is_open);
        prop_assert!(!may_resend || !is_open);
    }
}
