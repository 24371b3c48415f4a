//! JUnit XML: a suite for each phase. What the kit could not play is an error, not a failure.

use std::fmt::Write as _;

use super::{escaped, seconds};
use crate::case::Phase;
use crate::run::{Done, Outcome, Verdict};
use crate::text::{Language, Text};

/// The document.
pub fn suites(outcome: &Outcome) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    push(
        &mut text,
        format_args!("<testsuites name=\"mpn conform {}\"{}>\n", outcome.collector, counts(outcome, None)),
    );
    if let Some(trouble) = &outcome.trouble {
        text.push_str("  <testsuite name=\"run\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\" ");
        text.push_str("time=\"0.000\">\n");
        let said = escaped(&trouble.0.en);
        push(
            &mut text,
            format_args!("    <testcase name=\"run\" classname=\"conformance\" time=\"0.000\">\n"),
        );
        push(&mut text, format_args!("      <error message=\"{said}\"/>\n    </testcase>\n  </testsuite>\n"));
    }
    for phase in Phase::ALL.iter().copied() {
        let done: Vec<&Done> = outcome.done.iter().filter(|done| done.phase == phase).collect();
        if done.is_empty() {
            continue;
        }
        let counts = counts(outcome, Some(phase));
        push(&mut text, format_args!("  <testsuite name=\"{}\"{counts}>\n", phase.as_str()));
        done.into_iter().for_each(|done| case(&mut text, done));
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // writing to a string cannot fail
    text.write_fmt(arguments).unwrap_or_default();
}

fn counts(outcome: &Outcome, phase: Option<Phase>) -> String {
    let of = || outcome.done.iter().filter(move |done| phase.is_none_or(|phase| done.phase == phase));
    let count = |is: fn(&Verdict) -> bool| of().filter(|done| is(&done.verdict)).count();
    let trouble = usize::from(phase.is_none() && outcome.trouble.is_some());
    format!(
        " tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\"",
        of().count() + trouble,
        count(|verdict| matches!(verdict, Verdict::Failed(_))),
        count(|verdict| matches!(verdict, Verdict::NotRun(_))) + trouble,
        count(|verdict| matches!(verdict, Verdict::Skipped(_))),
        seconds(of().map(|done| done.took_ms).sum())
    )
}

fn case(text: &mut String, done: &Done) {
    let (id, phase, time) = (&done.case.id, done.phase.as_str(), seconds(done.took_ms));
    push(text, format_args!("    <testcase name=\"{id}\" classname=\"conformance.{phase}\" time=\"{time}\""));
    let message = |what: &Text| escaped(what.say(Language::En));
    match &done.verdict {
        Verdict::Passed => text.push_str("/>\n"),
        Verdict::Failed(finding) => {
            let (what, heading) = (message(&finding.what), escaped(finding.clause.heading()));
            push(text, format_args!(">\n      <failure type=\"{heading}\" message=\"{what}\">"));
            for (place, exchanged) in done.log.iter().enumerate() {
                let came = escaped(&exchanged.got.say().en);
                let mark = if finding.exchange == Some(place) { "&gt; " } else { "" };
                let (begun, what, key) = (exchanged.begun_ms, exchanged.what, &exchanged.key);
                push(text, format_args!("{mark}{begun} ms {what} {key}: {came}\n"));
            }
            text.push_str("</failure>\n    </testcase>\n");
        }
        Verdict::Skipped(why) => {
            push(text, format_args!(">\n      <skipped message=\"{}\"/>\n    </testcase>\n", message(why)));
        }
        Verdict::NotRun(why) => {
            push(text, format_args!(">\n      <error message=\"{}\"/>\n    </testcase>\n", message(why)));
        }
    }
}
