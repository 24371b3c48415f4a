//! docs/collectors.md: a line for each row of the directory, with a mark for what its test has done and nothing else.
//!
//! `UPDATE_EXAMPLES=1 cargo test -p gateway rows` writes it anew.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use collectors::directory::NumberSource;
use collectors::{Collector, Directory};

use super::TESTED;

/// The committed document, relative to the crate.
const COMMITTED: &str = "../docs/collectors.md";

const HEAD: &str = "\
# The collectors

Every institution of the directory, each with a mock of its own and a test of its own: `cargo test -p gateway rows`.
The table is written by those tests. A mark stands for a step that the row's test has done against its mock; – means
that the step does not exist there. `UPDATE_EXAMPLES=1 cargo test -p gateway rows` renews it.

Names are the bank's list's, today's in brackets. Numbers in italics are fictional (99001 to 99099) or follow from a
public rule (04000, 04100); the others are printed in public pages.

- *inquiry, payment*: a bill is found by the row's own numbers, and paid once to the last posting.
- *wrong number*: a wrong 確認番号 and a wrong 納付番号 or お客様番号 are refused; so is what is not yet payable, and what is
  asked while the collector is closed.
- *no match*: a clearing that does not match is refused at a national collector and 仮消込 elsewhere.
- *lost answer*: the clearing is recorded, its answer lost; 再送確認 brings it.
- *timeout, garbage*: no bill is known, and nothing is debited.
- *by link*: the collector's site hands a bill over, which is paid once by a clearing that says so; then the site shows
  it paid.
- *link only*: typed numbers are refused before anything is sent; such a collector is paid from its own site.
- *messages*: inquiry, where there is one, and clearing with their answers, byte for byte, valid under the schema
  (`gateway/tests/all/rows/golden/`).

";

macro_rules! steps {
    ($($name:ident = $heading:literal,)*) => {
        /// What a row's test has done; a column each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Step {
            $($name,)*
        }

        impl Step {
            const ALL: &[(Self, &str)] = &[$((Self::$name, $heading)),*];
        }
    };
}

steps! {
    Inquiry = "inquiry",
    Payment = "payment",
    SeveralBills = "several bills",
    WrongNumber = "wrong number",
    AlreadyPaid = "already paid",
    Expired = "expired",
    Unmatched = "no match",
    LostAnswer = "lost answer",
    Timeout = "timeout",
    Garbage = "garbage",
    Linked = "by link",
    TypedEntryRefused = "link only",
    Golden = "messages",
}

/// Tests of rows run at the same time.
static WRITING: Mutex<()> = Mutex::new(());

fn heading() -> String {
    let steps: Vec<_> = Step::ALL.iter().map(|(_, heading)| *heading).collect();
    let rule = "|---".repeat(4 + steps.len());
    format!("| number | institution | kind | methods | {} |\n{rule}|\n", steps.join(" | "))
}

fn line(collector: &Collector, done: &[Step]) -> String {
    let number = match collector.number_source {
        NumberSource::Public => collector.number.to_string(),
        NumberSource::Inferred | NumberSource::Fictional => format!("*{}*", collector.number),
    };
    let methods = [("online", collector.methods.online), ("link", collector.methods.link)];
    let methods: Vec<_> = methods.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect();
    let marks: Vec<_> =
        Step::ALL.iter().map(|(step, _)| if done.contains(step) { "✓" } else { "–" }).collect();
    format!(
        "| {number} | {} | {} | {} | {} |",
        collector.shown_name(),
        collector.kind.as_str(),
        methods.join(", "),
        marks.join(" | ")
    )
}

fn committed() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(COMMITTED);
    std::fs::read_to_string(file).unwrap_or_default()
}

/// The lines of the table, by number.
fn lines(document: &str) -> BTreeMap<String, String> {
    let number = |line: &str| line.split('|').nth(1).map(|cell| cell.trim().trim_matches('*').to_owned());
    let rows = document.lines().filter_map(|line| Some((number(line)?, line.to_owned())));
    rows.filter(|(number, _)| TESTED.contains(&number.as_str())).collect()
}

/// The row's line in the document is what its test has done.
pub fn check(collector: &Collector, done: &[Step]) {
    let now = line(collector, done);
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        renew(collector.number.as_str(), &now);
    }
    let committed = committed();
    let own = committed.lines().find(|line| **line == now);
    assert!(own.is_some(), "docs/collectors.md has no such line: {now}");
}

fn renew(number: &str, line: &str) {
    let _one_at_a_time = WRITING.lock().unwrap();
    let mut known = lines(&committed());
    known.insert(number.to_owned(), line.to_owned());
    let rows: Vec<_> = TESTED.iter().filter_map(|number| known.get(*number).cloned()).collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(COMMITTED);
    std::fs::write(file, format!("{HEAD}{}{}\n", heading(), rows.join("\n"))).unwrap();
}

#[test]
fn the_document_has_a_line_for_each_row_and_no_other() {
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        return;
    }
    let committed = committed();
    let table = committed.strip_prefix(&format!("{HEAD}{}", heading())).expect("head and heading");
    let known = lines(table);
    let in_order: Vec<_> = TESTED.iter().map(|number| known[*number].as_str()).collect();
    assert_eq!(table.lines().collect::<Vec<_>>(), in_order);
    assert!(Directory::embedded().all().len() > TESTED.len(), "test rows are no institutions");
}
