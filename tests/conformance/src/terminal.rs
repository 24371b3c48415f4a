//! The report on a terminal.

use crate::case::{Cases, Phase};
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
        _ => {
            let measured = done.measured.iter().map(|text| format!("; {}", text.say(language)));
            let measured: String = measured.collect();
            format!("{word} {id:<28} {title} ({} ms{measured})", done.took_ms)
        }
    }
}

/// Every case, a line each: its id and what a collector that passes does, under the name of its phase.
pub fn list(cases: &Cases, language: Language) -> String {
    let mut text = String::new();
    for phase in Phase::ALL.iter().copied() {
        let of_phase: Vec<_> = cases.cases.iter().filter(|(other, _)| *other == phase).collect();
        let (name, title) = (phase.as_str(), phase.title());
        text += &format!("{name} ({}): {}\n", title.say(language), of_phase.len());
        for (_, case) in of_phase {
            text += &format!("  {:<40} {}\n", case.id, case.title.say(language));
        }
    }
    text
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
            (words[0], format!("{}: {}", finding.clause.page(), finding.clause.heading())),
            (words[1], finding.what.say(language).to_owned()),
            (words[2], lesson.why.say(language).to_owned()),
            (words[3], lesson.mend.say(language).to_owned()),
        ];
        text += &format!("\n{}: {}\n", done.case.id, done.case.title.say(language));
        for (word, what) in rows {
            text += &format!("  {word}: {what}\n");
        }
        for (place, exchanged) in done.log.iter().enumerate() {
            let mark = if finding.exchange == Some(place) { '>' } else { ' ' };
            text += &format!(
                "{mark} {:>6} ms {} {} -> {} ({} ms)\n",
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
        let so_far = if outcome.done.is_empty() { String::new() } else { sums(outcome, language) };
        return match language {
            Language::En if so_far.is_empty() => format!("Nothing is certified: {obstacle}"),
            Language::En => format!("Nothing is certified: {obstacle} ({so_far})"),
            Language::Ja => format!("適合を判定できません。{obstacle}{so_far}"),
        };
    }
    sums(outcome, language)
}

/// How many cases ended in which way.
fn sums(outcome: &Outcome, language: Language) -> String {
    let passed = outcome.count(|verdict| matches!(verdict, Verdict::Passed));
    let failed = outcome.count(|verdict| matches!(verdict, Verdict::Failed(_)));
    let skipped = outcome.count(|verdict| matches!(verdict, Verdict::Skipped(_)));
    let not_run = outcome.count(|verdict| matches!(verdict, Verdict::NotRun(_)));
    let (mut en, mut ja) = match not_run {
        0 => (String::new(), String::new()),
        some => (format!(", {some} could not be played"), format!("、実行できず {some}")),
    };
    if !outcome.not_chosen.is_empty() {
        let named = |language: Language| {
            let of_phase = outcome.not_chosen.iter().map(|(phase, count)| match language {
                Language::En => format!("{} {count}", phase.as_str()),
                Language::Ja => format!("{} {count}", phase.title().ja),
            });
            of_phase.collect::<Vec<_>>()
        };
        let count: usize = outcome.not_chosen.values().sum();
        en += &format!(", {count} not chosen ({})", named(Language::En).join(", "));
        ja += &format!("、未選択 {count}({})", named(Language::Ja).join("、"));
    }
    let (collector, seed) = (&outcome.collector, outcome.seed);
    let (seconds, tenths) = (outcome.took_ms / 1_000, outcome.took_ms % 1_000 / 100);
    match language {
        Language::En => format!(
            "Collector {collector}: {passed} passed, {failed} failed, {skipped} not for it{en}; \
             seed {seed}, {seconds}.{tenths} s"
        ),
        Language::Ja => format!(
            "収納機関 {collector}: 合格 {passed}、不合格 {failed}、対象外 {skipped}{ja}(シード {seed}、{seconds}.{tenths} 秒)"
        ),
    }
}
