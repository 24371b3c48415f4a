//! `mpn check FILE`: what a file of bulk data is, what it sums up to, and everything that is wrong with it.

use std::fs::File;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context as _;
use clap::Args;
use domain::{Clock, Date};
use formats::check::{Format, Options, check};
use formats::zengin::Tolerance;
use formats::{Banks, Directory, Route};

use crate::{Done, Outcome};

/// Checks a file in 全銀フォーマット, of 地方税納付, in CSV or in XML, without sending it anywhere: says what it is, its
/// records, day, count and sum, and every error with its record, its columns, what was found, what is allowed and
/// how it is mended. Exit code 1 where something is wrong.
///
/// Kinds: transfers (21), salaries (11, 71), bonuses (12, 72), debits and debit-results (91), local-tax (99),
/// statement (03), incoming (01), pain.001. Of one that is not named the file itself decides. The first six may
/// also come as CSV.
///
/// Example: mpn check payroll.txt --plan type2
#[derive(Args)]
pub struct Check {
    /// The file.
    file: PathBuf,
    /// What it is to be.
    #[arg(long, value_name = "KIND")]
    kind: Option<Word<Format>>,
    /// How it is to be sent, for the count of items that it may have: web, type2, or file (一般ファイル伝送).
    #[arg(long, value_name = "PLAN")]
    plan: Option<Word<Route>>,
    /// The day from which days without a year are seen; today where it is not named.
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<Date>,
    /// Lets pass LF or CR alone between records, lines without the spaces at their end, ｦ in names, and lines of 0
    /// yen.
    #[arg(long)]
    lenient: bool,
    /// Errors that are shown; all are counted.
    #[arg(long, value_name = "N", default_value_t = 100)]
    errors: usize,
    /// JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// A value by its word.
#[derive(Clone, Copy, Debug)]
struct Word<T>(T);

fn of_word<T: Copy>(text: &str, all: &[T], word: fn(T) -> &'static str) -> Result<Word<T>, String> {
    let found = all.iter().copied().find(|one| word(*one) == text).map(Word);
    let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
    found.ok_or_else(|| format!("one of {}", words.join(", ")))
}

impl FromStr for Word<Format> {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        of_word(text, Format::ALL, Format::word)
    }
}

impl FromStr for Word<Route> {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        of_word(text, Route::ALL, Route::word)
    }
}

impl Check {
    /// Prints what was found.
    pub fn run(self) -> Outcome {
        let name = self.file.display();
        let mut file = File::open(&self.file).with_context(|| format!("cannot read {name}; name a file"))?;
        let directory = Directory::of(Banks::embedded());
        let is_lenient = self.lenient;
        let options = Options {
            format: self.kind.map(|word| word.0),
            route: self.plan.map(|word| word.0),
            today: self.today.unwrap_or_else(|| Clock::default().now().date()),
            directory: Some(&directory),
            tolerance: Tolerance {
                single_line_ends: is_lenient,
                cut_spaces: is_lenient,
                wo_in_names: is_lenient,
                zero_amounts: is_lenient,
            },
            findings_max: self.errors,
        };
        let checked = check(&mut file, &options).with_context(|| format!("cannot read {name}"))?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&checked.to_json())?);
        } else {
            print!("{}", checked.to_text());
        }
        Ok(if checked.is_sound() { Done::Well } else { Done::Wrong })
    }
}
