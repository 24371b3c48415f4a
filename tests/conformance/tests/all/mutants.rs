//! Each mistake that a mock can be built with is found, and the case that finds it names the right clause.

use std::collections::BTreeSet;

use conformance::{Cases, Choice, Clause, Phase, run};
use mocks::Mistake;
use tokio::task::JoinSet;

use crate::collector::{Collector, NATIONAL, PRIVATE, Row};

/// The mistake, the kind of collector that makes it, and the clause that it breaks.
const MISTAKES: &[(Mistake, Row, Clause)] = &[
    (Mistake::BelievesWrongSignatures, NATIONAL, Clause::Signatures),
    (Mistake::BelievesWrongDigests, NATIONAL, Clause::Signatures),
    (Mistake::BelievesOldSignatures, NATIONAL, Clause::Signatures),
    (Mistake::BelievesUnknownKeys, NATIONAL, Clause::Signatures),
    (Mistake::BelievesOtherTags, NATIONAL, Clause::Signatures),
    (Mistake::BelievesOtherCoverage, NATIONAL, Clause::Signatures),
    (Mistake::BelievesMoreParameters, NATIONAL, Clause::Signatures),
    (Mistake::BelievesTheUnsigned, NATIONAL, Clause::Signatures),
    (Mistake::LeavesRefusalsUnsigned, NATIONAL, Clause::Signatures),
    (Mistake::TakesAQuery, NATIONAL, Clause::Http),
    (Mistake::TakesAnyContentType, NATIONAL, Clause::Http),
    (Mistake::TakesAContentEncoding, NATIONAL, Clause::Http),
    (Mistake::RefusesByStatus, NATIONAL, Clause::Http),
    (Mistake::ChangesTheSerial, NATIONAL, Clause::Header),
    (Mistake::IgnoresTheReceiver, NATIONAL, Clause::NotForYou),
    (Mistake::IgnoresTheSender, NATIONAL, Clause::NotForYou),
    (Mistake::IgnoresTheBank, NATIONAL, Clause::NotForYou),
    (Mistake::ReadsLeniently, NATIONAL, Clause::Messages),
    (Mistake::TakesAnyVersion, NATIONAL, Clause::Messages),
    (Mistake::TakesDaysThatAreNone, NATIONAL, Clause::Messages),
    (Mistake::TakesAnyEntryKind, NATIONAL, Clause::Messages),
    (Mistake::TakesStrayBits, NATIONAL, Clause::ResendConfirmation),
    (Mistake::InventsACode, NATIONAL, Clause::Messages),
    (Mistake::PadsAmounts, NATIONAL, Clause::Messages),
    (Mistake::PaysByInquiry, NATIONAL, Clause::Inquiry),
    (Mistake::ExpiresADayLate, NATIONAL, Clause::Codes),
    (Mistake::IgnoresTheConfirmationNumber, NATIONAL, Clause::Codes),
    (Mistake::ShowsOneBill, NATIONAL, Clause::Inquiry),
    (Mistake::HidesTheLateCharge, NATIONAL, Clause::Inquiry),
    (Mistake::GivesAnotherReason, NATIONAL, Clause::Codes),
    (Mistake::ClearsTwice, NATIONAL, Clause::Record),
    (Mistake::ForgetsAfterARestart, NATIONAL, Clause::Record),
    (Mistake::FailsOnResends, NATIONAL, Clause::ResendConfirmation),
    (Mistake::RefusesUnknownResends, NATIONAL, Clause::ResendConfirmation),
    (Mistake::DecidesAgain, NATIONAL, Clause::Record),
    (Mistake::ChangesTheReference, NATIONAL, Clause::Record),
    (Mistake::LosesTheProvisionalCode, PRIVATE, Clause::Record),
    (Mistake::OverlooksReusedKeys, NATIONAL, Clause::Record),
    (Mistake::TakesAnyAmount, NATIONAL, Clause::Record),
    (Mistake::ClearsAfterTheLastDay, NATIONAL, Clause::Record),
    (Mistake::RefusesAsALocalCollector, PRIVATE, Clause::Record),
    (Mistake::ForgetsRefusals, NATIONAL, Clause::Record),
    (Mistake::BooksAYenLess, NATIONAL, Clause::Counter),
    (Mistake::ReopensDays, NATIONAL, Clause::Days),
    (Mistake::ClearsAfterTheClose, NATIONAL, Clause::Days),
    (Mistake::InquiresAfterThePreClose, NATIONAL, Clause::Days),
    (Mistake::DropsWhatIsCarriedOver, NATIONAL, Clause::Counter),
    (Mistake::CountsOneMore, NATIONAL, Clause::Counter),
    (Mistake::UncountsCancelled, NATIONAL, Clause::Counter),
    (Mistake::UncountsCancelledProvisional, PRIVATE, Clause::Counter),
    (Mistake::IgnoresAfter, NATIONAL, Clause::Counter),
    (Mistake::ReversesLines, NATIONAL, Clause::Counter),
    (Mistake::LosesALine, NATIONAL, Clause::Counter),
    (Mistake::CountsTomorrow, NATIONAL, Clause::Counter),
    (Mistake::CancelsInternetBanking, NATIONAL, Clause::Cancellation),
    (Mistake::CancelsTwice, NATIONAL, Clause::Cancellation),
    (Mistake::CancelsCancellations, NATIONAL, Clause::Cancellation),
    (Mistake::KeepsCancelledBillsPaid, NATIONAL, Clause::Cancellation),
    (Mistake::PaysAgainAfterACancellation, NATIONAL, Clause::Cancellation),
    (Mistake::ForgetsRefusedCancellations, NATIONAL, Clause::Cancellation),
    (Mistake::CancelsForAnyBank, NATIONAL, Clause::NotForYou),
    (Mistake::ClearsAnyCategory, NATIONAL, Clause::Record),
    (Mistake::UnpaysByAnyCancellation, PRIVATE, Clause::Cancellation),
    (Mistake::ForgetsCancellationsAtARestart, NATIONAL, Clause::Cancellation),
    (Mistake::ForgetsPreClosesAtARestart, NATIONAL, Clause::Days),
    (Mistake::ForgetsAdvicesAtARestart, NATIONAL, Clause::SettlementAdvice),
    (Mistake::TakesOtherSettlements, NATIONAL, Clause::SettlementAdvice),
    (Mistake::NeverSaysMore, NATIONAL, Clause::Counter),
    (Mistake::DropsEveryHundredth, PRIVATE, Clause::Counter),
    (Mistake::ForgetsTheDaysBefore, NATIONAL, Clause::Counter),
    (Mistake::CancelsAfterTheClose, PRIVATE, Clause::Cancellation),
    (Mistake::SendsFormsByGet, PRIVATE, Clause::LinkForm),
    (Mistake::SealsUnderAnotherKey, PRIVATE, Clause::LinkKeys),
    (Mistake::ReusesTheIv, PRIVATE, Clause::LinkKeys),
    (Mistake::NamesACompression, PRIVATE, Clause::HandOff),
    (Mistake::HandsOverMore, PRIVATE, Clause::HandOff),
    (Mistake::WritesAnotherEncoding, PRIVATE, Clause::HandOff),
    (Mistake::HandsOverOtherNumbers, PRIVATE, Clause::HandOff),
    (Mistake::HandsOverAnotherAmount, PRIVATE, Clause::HandOff),
    (Mistake::ReusesTheNonce, PRIVATE, Clause::LinkRefusals),
    (Mistake::DatesHandOffsBack, PRIVATE, Clause::LinkRefusals),
    (Mistake::ReturnsElsewhere, PRIVATE, Clause::LinkRefusals),
    (Mistake::PaysOnReturn, PRIVATE, Clause::LinkProof),
    (Mistake::ForgetsHandOffs, PRIVATE, Clause::HandOff),
    (Mistake::ForgetsHandOffsAtARestart, PRIVATE, Clause::HandOff),
    (Mistake::FindsByHandOffAlone, PRIVATE, Clause::HandOff),
];

/// The phases in which a mistake shows.
fn phases(mistake: Mistake, clause: Clause) -> Vec<Phase> {
    match (mistake, clause) {
        (Mistake::NeverSaysMore | Mistake::DropsEveryHundredth, _) => vec![Phase::Load],
        (Mistake::ForgetsTheDaysBefore | Mistake::CancelsAfterTheClose, _) => vec![Phase::Rehearsal],
        (
            _,
            Clause::LinkForm | Clause::LinkKeys | Clause::HandOff | Clause::LinkRefusals | Clause::LinkProof,
        ) => vec![Phase::Link],
        _ => vec![Phase::Connection, Phase::Messages, Phase::Faults, Phase::Days],
    }
}

/// The clauses and cases that failed, phase after phase until one names the clause: there are many mistakes, and each
/// phase takes seconds.
async fn found(row: Row, mistake: Mistake, clause: Clause) -> BTreeSet<(Clause, String)> {
    let collector = Collector::start_mistaken(row, mistake).await;
    let mut found = BTreeSet::new();
    for phase in phases(mistake, clause) {
        let choice = Choice { phases: [phase].into(), ..Choice::default() };
        let outcome = run(&collector.declaration, &Cases::embedded(), &choice, &mut |_| {}).await.unwrap();
        found.extend(outcome.failures().map(|(done, finding)| (finding.clause, done.case.id.clone())));
        if found.iter().any(|(of, _)| *of == clause) {
            break;
        }
    }
    collector.stop().await;
    found
}

/// Mistaken collectors that are tried at the same time.
const AT_ONCE: usize = 4;

/// Proves that the kit finds what it says: collectors with one mistake each.
#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_is_found_by_a_case_that_names_its_clause() {
    let listed: BTreeSet<Mistake> = MISTAKES.iter().map(|(mistake, ..)| *mistake).collect();
    assert_eq!(listed, Mistake::ALL.iter().copied().collect(), "the table has every mistake");
    let mut missed = Vec::new();
    for some in MISTAKES.chunks(AT_ONCE) {
        let mut running = JoinSet::new();
        for (mistake, row, clause) in some.iter().copied() {
            running.spawn(async move { (mistake, clause, found(row, mistake, clause).await) });
        }
        for (mistake, clause, found) in running.join_all().await {
            let named = found.iter().filter(|(of, _)| *of == clause).count();
            println!("{mistake:?}: {clause:?} by {named} of {} cases", found.len());
            if named == 0 {
                missed.push(format!("{mistake:?} should break {clause:?}, and there was {found:?}"));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
