//! The correct mock passes everything.

use conformance::{Cases, Choice, Language, Verdict, run, terminal};

use crate::collector::{Collector, LOCAL, NATIONAL, PRIVATE, Row};

async fn passes(row: Row, ran_at_least: usize) {
    let collector = Collector::start(row).await;
    let (cases, mut lines) = (Cases::embedded(), Vec::new());
    let outcome = run(&collector.declaration, &cases, &Choice::default(), &mut |done| {
        lines.push(terminal::line(done, Language::En));
    })
    .await
    .unwrap();
    println!("{}\n{}", lines.join("\n"), terminal::summary(&outcome, &cases, Language::En));
    assert_eq!(outcome.failures().count(), 0, "a correct collector was blamed");
    assert_eq!(outcome.obstacle(), None);
    let passed = outcome.count(|verdict| matches!(verdict, Verdict::Passed));
    assert!(passed >= ran_at_least, "{passed}");
    collector.stop().await;
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
