//! The report on a terminal.

use crate::case::Cases;
use crate::clause::PAGE;
use crate::run::{Done, Outcome, Verdict};
use crate::text::Language;

/// The line of one case that has ended.
pub fn line(done: &Done, language: Language) -> String {
    let word = match &done.verdict {
        Verdict::Passed => "ok  ",
        Verdict::Failed(_) => "FAIL",
        Verdict::Skipped(_) => "skip",
        Verdict::NotRun(_) => "????",
    };
    let (id, title) = (&done.case.id, done.case.title.say(language));
    match &done.verdict {
        Verdict::Skipped(why) | Verdict::NotRun(why) => {
            format!("{word} {id:<28} {title} ({})", why.say(language))
        }
        _ => format!("{word} {id:<28} {title} ({} ms)", done.took_ms),
    }
}

/// What the whole run came to: the one sentence, then each failure with clause, messages, why and how to mend it.
pub fn summary(outcome: &Outcome, cases: &Cases, language: Language) -> String {
    let mut text = format!("{}\n", sentence(outcome, language));
    for (done, finding) in outcome.failures() {
        let lesson = cases.lesson_of(&done.case, finding.clause);
        let words = match language {
            Language::En => ["clause", "what", "why", "mend"],
            Language::Ja => ["条項", "内容", "影響", "対処"],
        };
        let rows = [
            (words[0], format!("{PAGE}: {}", finding.clause.heading())),
            (words[1], finding.what.say(language).to_owned()),
            (words[2], lesson.why.say(language).to_owned()),
            (words[3], lesson.mend.say(language).to_owned()),
        ];
        text += &format!("\n{}: {}\n", done.case.id, done.case.title.say(language));
        for (word, what) in rows {
            text += &format!("  {word}: {what}\n");
        }
        for exchanged in &done.log {
            text += &format!(
                "  {:>6} ms {} {} -> {} ({} ms)\n",
                exchanged.begun_ms,
                exchanged.what,
                exchanged.key,
                exchanged.got.say().say(language),
                exchanged.took_ms
            );
        }
    }
    text
}

/// The first thing to be said of a run.
pub fn sentence(outcome: &Outcome, language: Language) -> String {
    if let Some(obstacle) = outcome.obstacle() {
        let obstacle = obstacle.say(language);
        return match language {
            Language::En => format!("Nothing is certified: {obstacle}"),
            Language::Ja => format!("適合を判定できません。{obstacle}"),
        };
    }
    let passed = outcome.count(|verdict| matches!(verdict, Verdict::Passed));
    let failed = outcome.count(|verdict| matches!(verdict, Verdict::Failed(_)));
    let skipped = outcome.count(|verdict| matches!(verdict, Verdict::Skipped(_)));
    let (collector, seed) = (&outcome.collector, outcome.seed);
    let (seconds, tenths) = (outcome.took_ms / 1_000, outcome.took_ms % 1_000 / 100);
    match language {
        Language::En => format!(
            "Collector {collector}: {passed} passed, {failed} failed, {skipped} not for it; \
             seed {seed}, {seconds}.{tenths} s"
        ),
        Language::Ja => format!(
            "収納機関 {collector}: 合格 {passed}、不合格 {failed}、対象外 {skipped}(シード {seed}、{seconds}.{tenths} 秒)"
        ),
    }
}
