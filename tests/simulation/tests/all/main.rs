//! That the simulation is repeatable, that the hub holds in it, and that a hub which would not is found.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use simulation::{Mistake, Report, Settings, Violation, run};

/// Payments in which every mistake must be found.
const FOUND_WITHIN_PAYMENTS: u64 = 5_000;
/// The rule that finds it, or either of two.
const FOUND: &[(Mistake, &str)] = &[
    (Mistake::VoidsOnATimer, "what is rejected was refused"),
    (Mistake::RepeatsUnderANewKey, "every record belongs to a payment"),
    (Mistake::RepeatsWithOtherBytes, "every repeat is the same bytes"),
    (Mistake::LeavesTheGuardOut, "no bill is paid twice"),
    (Mistake::FreesTheGuardTooEarly, "no bill is paid twice"),
    (Mistake::SendsTooLate, "a first clearing leaves in time or never"),
    (Mistake::SendsBeforeTheCommit, "every record belongs to a payment"),
    (Mistake::TakesSilenceForARefusal, "what is rejected was refused"),
    (Mistake::TrustsNotApplied, "events follow one another"),
    (Mistake::PostsAfterARefusal, "what is accepted was cleared once"),
    (Mistake::PostsAfterARefusal, "accepted is cleared, and cleared is accepted or open"),
    (Mistake::PostsBesideTheHold, "the hold ends as the payment does"),
    (Mistake::IgnoresFences, "only the holder of a claim changes its work"),
    (Mistake::ForgetsOpenWork, "everything comes to an end"),
    (Mistake::DecidesTooEarly, "what is rejected was refused"),
    (Mistake::DecidesTooEarly, "nothing is recorded of what is over"),
    (Mistake::SettlesUnclosed, "a window begins to close when its days are compared"),
    (Mistake::SettlesUncompared, "a window begins to close when its days are compared"),
    (Mistake::SettlesOutdated, "nothing is settled that was not compared"),
    (Mistake::SettlesOverBreaks, "nothing is settled over an open break"),
    (Mistake::OverlooksBreaks, "what a collector has wrong is found"),
    (Mistake::ForgetsOpenBreaks, "a day counts its open breaks"),
    (Mistake::NotesWhatIsLacking, "nothing is settled that the collector's books lack"),
    (Mistake::RefundsUncompared, "what is paid back is not in the collector's books"),
    (Mistake::RefundsTwice, "clearing accounts have what is accepted and not settled"),
    (Mistake::OwesWhatIsPaidBack, "what is owed is what is accepted"),
    (Mistake::ForgetsParts, "a part is the sum of its payments"),
    (Mistake::PaysTwice, "settlement accounts have what is due"),
    (Mistake::TellsAnotherSum, "a collector is told what it is paid"),
    (Mistake::CollectorRecordsTwice, "a collector decides once under a key"),
    (Mistake::CollectorChangesItsMind, "a collector decides once under a key"),
    (Mistake::CollectorForgets, "a day closes with the same counters on both sides"),
    (Mistake::CollectorForgets, "a collector decides once under a key"),
];

fn clean(seed: u64, payments: u64) -> Report {
    run(&Settings::new(seed, payments), &mut |_, _| {}).unwrap_or_else(|violation| panic!("{violation}"))
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let (first, again, other) = (clean(7, 400), clean(7, 400), clean(8, 400));
    assert_eq!((first.digest, &first.counts), (again.digest, &again.counts));
    assert_ne!(first.digest, other.digest);
}

fn broken(mistake: Mistake) -> Box<Violation> {
    let mut settings = Settings::new(1, FOUND_WITHIN_PAYMENTS);
    settings.mistake = Some(mistake);
    run(&settings, &mut |_, _| {}).expect_err(mistake.as_str())
}

#[test]
fn every_mistake_is_found_and_by_the_rule_that_forbids_it() {
    let mut found = Vec::new();
    for mistake in Mistake::ALL {
        let violation = broken(*mistake);
        if !FOUND.contains(&(*mistake, violation.rule)) {
            found.push(format!("{}: {violation}", mistake.as_str()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_violation_tells_its_story_and_shows_again() {
    let told = broken(Mistake::VoidsOnATimer).to_string();
    assert_eq!(broken(Mistake::VoidsOnATimer).to_string(), told);
    for part in ["is confirmed", "is unknown", "is rejected"] {
        assert!(told.contains(part), "{told}");
    }
    let again = "again: mpn simulate --seed 1 --payments 5000 --mistake voids-on-a-timer";
    assert!(told.ends_with(again), "{told}");
    assert!(told.lines().count() < 80, "short enough to read");
}
