//! Figures, and how they are shown.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

/// The figures of one measurement.
#[derive(Debug, Default)]
pub struct Report {
    title: &'static str,
    rows: Vec<Row>,
    notes: Vec<String>,
}

#[derive(Debug)]
struct Row {
    name: String,
    spread: Spread,
}

/// A set of times: the least, the middle, the ninety-ninth of a hundred, and the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// How many times were taken.
    pub count: usize,
    /// The shortest.
    pub min: Duration,
    /// Half are shorter.
    pub median: Duration,
    /// 99 of 100 are shorter.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

impl Spread {
    /// The spread of at least one time.
    pub fn of(mut times: Vec<Duration>) -> Option<Self> {
        times.sort_unstable();
        let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
        Some(Self {
            count: times.len(),
            min: *times.first()?,
            median: *at(50)?,
            p99: *at(99)?,
            max: *times.last()?,
        })
    }
}

impl Report {
    /// A report under a title.
    pub fn new(title: &'static str) -> Self {
        Self { title, ..Self::default() }
    }

    /// Adds a figure.
    pub fn add(&mut self, name: impl Into<String>, times: Vec<Duration>) -> Option<Spread> {
        let spread = Spread::of(times)?;
        self.rows.push(Row { name: name.into(), spread });
        Some(spread)
    }

    /// Adds a sentence.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// A table for people, times in milliseconds.
    pub fn table(&self) -> String {
        let mut table = format!(
            "{}\n{:<44} {:>6} {:>9} {:>9} {:>9} {:>9}\n",
            self.title, "", "count", "min ms", "median", "p99", "max"
        );
        for Row { name, spread } in &self.rows {
            let [min, median, p99, max] =
                [spread.min, spread.median, spread.p99, spread.max].map(milliseconds);
            // writing to a string cannot fail
            let _ = writeln!(table, "{name:<44} {:>6} {min:>9} {median:>9} {p99:>9} {max:>9}", spread.count);
        }
        for note in &self.notes {
            let _ = writeln!(table, "{note}");
        }
        table
    }

    /// The same for machines, times in microseconds.
    pub fn json(&self) -> Value {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|Row { name, spread }| {
                json!({
                    "name": name, "count": spread.count, "min_us": spread.min.as_micros(),
                    "median_us": spread.median.as_micros(), "p99_us": spread.p99.as_micros(),
                    "max_us": spread.max.as_micros(),
                })
            })
            .collect();
        json!({ "title": self.title, "rows": rows, "notes": self.notes })
    }
}

/// `12.345`.
fn milliseconds(time: Duration) -> String {
    let micros = time.as_micros();
    format!("{}.{:03}", micros / 1_000, micros % 1_000)
}

/// `a` in hundredths of `b`, as `1.25`.
pub fn ratio(a: Duration, b: Duration) -> String {
    match (a.as_nanos() * 100).checked_div(b.as_nanos()) {
        Some(hundredths) => format!("{}.{:02}", hundredths / 100, hundredths % 100),
        None => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_that_of_the_sorted_times() {
        let spread = Spread::of((1..=100).rev().map(Duration::from_millis).collect()).unwrap();
        assert_eq!((spread.min.as_millis(), spread.max.as_millis()), (1, 100));
        assert_eq!((spread.median.as_millis(), spread.p99.as_millis()), (51, 100));
        assert_eq!(Spread::of(Vec::new()), None);
    }

    #[test]
    fn times_and_ratios_are_shown_without_floats() {
        assert_eq!(milliseconds(Duration::from_micros(12_045)), "12.045");
        assert_eq!(ratio(Duration::from_millis(5), Duration::from_millis(4)), "1.25");
        assert_eq!(ratio(Duration::from_millis(5), Duration::ZERO), "-");
    }
}
