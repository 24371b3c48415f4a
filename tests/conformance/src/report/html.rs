//! The report for people: one page without a script, and nothing that is fetched from anywhere.

use super::{escaped, seconds};
use crate::case::{Cases, Phase};
use crate::hub::Exchanged;
use crate::judge::Finding;
use crate::run::{Done, Outcome, Verdict};
use crate::terminal;
use crate::text::Language;

/// Characters of a message that the page shows; the JSON has all of it.
const SHOWN_CHARS_MAX: usize = 6_000;

const STYLE: &str = "\
body{font:16px/1.6 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}\
h1{font-size:1.6rem}\
dd{white-space:pre-wrap;overflow-wrap:anywhere}\
h2{font-size:1.25rem;margin-top:2.5rem;border-bottom:1px solid #c8cdd3}\
.said{font-size:1.1rem;padding:1rem;border-left:6px solid #17663a;background:#eef6f0}\
.said.bad{border-color:#a3161f;background:#fbeeee}\
table{border-collapse:collapse;width:100%}\
th,td{text-align:left;padding:.3rem .6rem;vertical-align:top;border-bottom:1px solid #e3e6ea}\
td.n{text-align:right;white-space:nowrap}.passed{color:#17663a}\
.failed{color:#a3161f;font-weight:700}.skipped,.not_run{color:#57606a}\
article{border:1px solid #c8cdd3;padding:0 1rem 1rem;margin:1rem 0}\
dt{font-weight:700;margin-top:.5rem}dd{margin:0}\
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f5f7;padding:.6rem;font-size:.85rem}";

/// The words of the page.
struct Words {
    title: &'static str,
    failures: &'static str,
    cases: &'static str,
    clause: &'static str,
    what: &'static str,
    why: &'static str,
    mend: &'static str,
    messages: &'static str,
    columns: [&'static str; 4],
    passed: &'static str,
    failed: &'static str,
    skipped: &'static str,
    not_run: &'static str,
    sent: &'static str,
    came: &'static str,
    here: &'static str,
}

const ENGLISH: Words = Words {
    title: "Conformance of collector",
    failures: "What is wrong",
    cases: "Cases",
    clause: "Clause",
    what: "What happened",
    why: "Why it matters to money",
    mend: "How to mend it",
    messages: "Messages and timing",
    columns: ["Case", "What is tested", "Result", "Time (s)"],
    passed: "passed",
    failed: "failed",
    skipped: "not for it",
    not_run: "could not be played",
    sent: "sent",
    came: "came back",
    here: "Here:",
};

const JAPANESE: Words = Words {
    title: "適合試験の結果 収納機関",
    failures: "不適合",
    cases: "ケース一覧",
    clause: "条項",
    what: "起きたこと",
    why: "資金への影響",
    mend: "直し方",
    messages: "電文と時刻",
    columns: ["ケース", "試験の内容", "結果", "時間(秒)"],
    passed: "合格",
    failed: "不合格",
    skipped: "対象外",
    not_run: "実行できず",
    sent: "送信",
    came: "受信",
    here: "ここが不適合:",
};

/// The page.
pub fn page(outcome: &Outcome, cases: &Cases, language: Language) -> String {
    let (words, lang) = match language {
        Language::En => (&ENGLISH, "en"),
        Language::Ja => (&JAPANESE, "ja"),
    };
    let title = format!("{} {}", words.title, outcome.collector);
    let is_bad = outcome.obstacle().is_some() || outcome.failures().next().is_some();
    let said = escaped(&terminal::sentence(outcome, language));
    let (endpoint, day) = (escaped(&outcome.endpoint), outcome.today);
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p class=\"said{}\">{said}</p>\n\
         <p>{endpoint}<br>{day}</p>\n",
        if is_bad { " bad" } else { "" }
    );
    if outcome.failures().next().is_some() {
        text += &format!("<h2>{}</h2>\n", words.failures);
        for (done, finding) in outcome.failures() {
            text += &failure(done, finding, cases, words, language);
        }
    }
    text += &format!("<h2>{}</h2>\n", words.cases);
    for phase in Phase::ALL.iter().copied() {
        let done: Vec<&Done> = outcome.done.iter().filter(|done| done.phase == phase).collect();
        if !done.is_empty() {
            text += &table(phase, &done, words, language);
        }
    }
    text + "</body>\n</html>\n"
}

fn failure(done: &Done, finding: &Finding, cases: &Cases, words: &Words, language: Language) -> String {
    let lesson = cases.lesson_of(&done.case, finding.clause);
    let rows = [
        (words.clause, format!("{}: {}", finding.clause.page(), finding.clause.heading())),
        (words.what, finding.what.say(language).to_owned()),
        (words.why, lesson.why.say(language).to_owned()),
        (words.mend, lesson.mend.say(language).to_owned()),
    ];
    let (id, title) = (&done.case.id, escaped(done.case.title.say(language)));
    let mut text = format!("<article id=\"{id}\">\n<h3>{id}: {title}</h3>\n<dl>\n");
    for (word, what) in rows {
        text += &format!("<dt>{word}</dt><dd>{}</dd>\n", escaped(&what));
    }
    text += &format!("</dl>\n<details><summary>{}</summary>\n", words.messages);
    for (place, exchanged) in done.log.iter().enumerate() {
        text += &exchange(exchanged, finding.exchange == Some(place), words, language);
    }
    text + "</details>\n</article>\n"
}

fn exchange(exchanged: &Exchanged, is_wrong: bool, words: &Words, language: Language) -> String {
    let came = escaped(exchanged.got.say().say(language));
    let (begun, took) = (seconds(exchanged.begun_ms), seconds(exchanged.took_ms));
    let mark =
        if is_wrong { format!("<strong class=\"failed\">{}</strong> ", words.here) } else { String::new() };
    let (what, key) = (exchanged.what, &exchanged.key);
    let mut text = format!("<p>{mark}{begun} s {what} {key}: {came} ({took} s)</p>\n");
    for (word, bytes) in [(words.sent, &exchanged.request), (words.came, &exchanged.answer)] {
        if !bytes.is_empty() {
            let shown: String = String::from_utf8_lossy(bytes).chars().take(SHOWN_CHARS_MAX).collect();
            text += &format!("<p>{word}</p><pre>{}</pre>\n", escaped(&shown));
        }
    }
    text
}

fn table(phase: Phase, done: &[&Done], words: &Words, language: Language) -> String {
    let [id, title, result, time] = words.columns;
    let mut text = format!(
        "<h3>{}</h3>\n<table>\n<thead><tr><th>{id}</th><th>{title}</th><th>{result}</th><th>{time}</th></tr></thead>\n\
         <tbody>\n",
        phase.title().say(language)
    );
    for done in done {
        let (class, word, why) = match &done.verdict {
            Verdict::Passed => ("passed", words.passed, None),
            Verdict::Failed(_) => ("failed", words.failed, None),
            Verdict::Skipped(why) => ("skipped", words.skipped, Some(why)),
            Verdict::NotRun(why) => ("not_run", words.not_run, Some(why)),
        };
        let told = why.into_iter().chain(&done.measured);
        let why: String = told.map(|what| format!("<br>{}", escaped(what.say(language)))).collect();
        let id = &done.case.id;
        let shown = if class == "failed" { format!("<a href=\"#{id}\">{id}</a>") } else { id.clone() };
        text += &format!(
            "<tr><td>{shown}</td><td>{}</td><td class=\"{class}\">{word}{why}</td><td class=\"n\">{}</td></tr>\n",
            escaped(done.case.title.say(language)),
            seconds(done.took_ms)
        );
    }
    text + "</tbody>\n</table>\n"
}
