//! The report for programs.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::clock::machine_now;
use serde::Serialize;

use crate::case::Cases;
use crate::clause::Clause;
use crate::run::{Done, Outcome, Verdict};
use crate::terminal;
use crate::text::{Language, Text};

#[derive(Serialize)]
struct Document<'a> {
    report: u8,
    collector: &'a str,
    endpoint: &'a str,
    seed: u64,
    business_day: String,
    /// The machine's time.
    written_at: String,
    took_ms: u64,
    conforms: bool,
    sentence: Text,
    passed: usize,
    failed: usize,
    skipped: usize,
    not_run: usize,
    /// Cases of the kit that this run was not about, and of which phases they are.
    not_chosen: usize,
    not_chosen_of: BTreeMap<&'static str, usize>,
    /// The digests of the report's other files.
    files: BTreeMap<String, String>,
    cases: Vec<One<'a>>,
}

#[derive(Serialize)]
struct One<'a> {
    id: &'a str,
    phase: &'static str,
    title: &'a Text,
    clause: &'static str,
    verdict: &'static str,
    took_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<Found<'a>>,
    /// Of loads alone.
    #[serde(skip_serializing_if = "<[Text]>::is_empty")]
    measured: &'a [Text],
    /// Of failures alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exchanges: Vec<Exchange<'a>>,
}

#[derive(Serialize)]
struct Found<'a> {
    clause: Clause,
    heading: &'static str,
    page: &'static str,
    step: usize,
    /// The place in `exchanges` of the one that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange: Option<usize>,
    what: &'a Text,
    why: &'a Text,
    mend: &'a Text,
}

#[derive(Serialize)]
struct Exchange<'a> {
    begun_ms: u64,
    took_ms: u64,
    message: &'a str,
    key: &'a str,
    result: Text,
    /// What the signature of the request is over.
    signature_base: &'a str,
    /// Base64, as it was sent.
    request: String,
    /// Base64, as it came.
    answer: String,
}

/// The document's text.
pub fn document(
    outcome: &Outcome,
    cases: &Cases,
    files: BTreeMap<String, String>,
) -> Result<String, serde_json::Error> {
    let failed = outcome.count(|verdict| matches!(verdict, Verdict::Failed(_)));
    let said = |language| terminal::sentence(outcome, language);
    let document = Document {
        report: 1,
        collector: &outcome.collector,
        endpoint: &outcome.endpoint,
        seed: outcome.seed,
        business_day: outcome.today.to_string(),
        written_at: machine_now().rfc3339(),
        took_ms: outcome.took_ms,
        conforms: failed == 0 && outcome.obstacle().is_none(),
        sentence: Text::new(said(Language::En), said(Language::Ja)),
        passed: outcome.count(|verdict| matches!(verdict, Verdict::Passed)),
        failed,
        skipped: outcome.count(|verdict| matches!(verdict, Verdict::Skipped(_))),
        not_run: outcome.count(|verdict| matches!(verdict, Verdict::NotRun(_))),
        not_chosen: outcome.not_chosen.values().sum(),
        not_chosen_of: outcome.not_chosen.iter().map(|(phase, count)| (phase.as_str(), *count)).collect(),
        files,
        cases: outcome.done.iter().map(|done| one(done, cases)).collect(),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn one<'a>(done: &'a Done, cases: &'a Cases) -> One<'a> {
    let (verdict, reason, finding) = match &done.verdict {
        Verdict::Passed => ("passed", None, None),
        Verdict::Skipped(why) => ("skipped", Some(why), None),
        Verdict::NotRun(why) => ("not_run", Some(why), None),
        Verdict::Failed(finding) => ("failed", None, Some(finding)),
    };
    let exchanges = if finding.is_some() { done.log.as_slice() } else { &[] };
    let exchanges = exchanges.iter().map(|exchanged| Exchange {
        begun_ms: exchanged.begun_ms,
        took_ms: exchanged.took_ms,
        message: exchanged.what,
        key: &exchanged.key,
        result: exchanged.got.say(),
        signature_base: &exchanged.signed,
        request: STANDARD.encode(&exchanged.request),
        answer: STANDARD.encode(&exchanged.answer),
    });
    One {
        id: &done.case.id,
        phase: done.phase.as_str(),
        title: &done.case.title,
        clause: done.case.clause.heading(),
        verdict,
        took_ms: done.took_ms,
        measured: &done.measured,
        reason,
        finding: finding.map(|finding| {
            let lesson = cases.lesson_of(&done.case, finding.clause);
            Found {
                clause: finding.clause,
                heading: finding.clause.heading(),
                page: finding.clause.page(),
                step: finding.step,
                exchange: finding.exchange,
                what: &finding.what,
                why: &lesson.why,
                mend: &lesson.mend,
            }
        }),
        exchanges: exchanges.collect(),
    }
}
