//! The correct mock passes everything.

use conformance::{Cases, Choice, Language, Phase, Verdict, run, terminal};

use crate::collector::{Collector, LOCAL, NATIONAL, PRIVATE, Row};

async fn passes(row: Row, ran_at_least: usize) {
    let collector = Collector::start(row).await;
    passes_with(&collector, 0, ran_at_least).await;
    collector.stop().await;
}

async fn passes_with(collector: &Collector, seed: u64, ran_at_least: usize) {
    plays(collector, &Choice { seed, ..Choice::default() }, ran_at_least).await;
}

async fn plays(collector: &Collector, choice: &Choice, ran_at_least: usize) {
    let (cases, mut lines) = (Cases::embedded(), Vec::new());
    let outcome = run(&collector.declaration, &cases, choice, &mut |done| {
        lines.push(terminal::line(done, Language::En));
    })
    .await
    .unwrap();
    println!("{}\n{}", lines.join("\n"), terminal::summary(&outcome, &cases, Language::En));
    assert_eq!(outcome.failures().count(), 0, "a correct collector was blamed");
    assert_eq!(outcome.obstacle(), None);
    let passed = outcome.count(|verdict| matches!(verdict, Verdict::Passed));
    assert!(passed >= ran_at_least, "{passed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_national_collector_passes() {
    passes(NATIONAL, 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_local_collector_passes() {
    passes(LOCAL, 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_private_collector_passes() {
    passes(PRIVATE, 100).await;
}

/// Bills that one run has paid and days that it has closed are not held against the collector in the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_correct_collector_passes_again_with_the_same_books() {
    let collector = Collector::start(PRIVATE).await;
    for seed in [2, 1, 77] {
        passes_with(&collector, seed, 100).await;
    }
    collector.stop().await;
}

/// Load and rehearsal are played where they are named; by the clock, and without it by days of the past.
#[tokio::test(flavor = "multi_thread")]
async fn correct_collectors_pass_load_and_rehearsal() {
    for (row, has_clock) in [(NATIONAL, true), (PRIVATE, false)] {
        let mut collector = Collector::start(row).await;
        if !has_clock {
            collector.declaration.clock = None;
        }
        let phases = [Phase::Load, Phase::Rehearsal].into();
        plays(&collector, &Choice { phases, ..Choice::default() }, 8).await;
        collector.stop().await;
    }
}
