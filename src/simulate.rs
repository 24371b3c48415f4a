//! `mpn simulate`: hub, ledger, collectors, network and clock in one world under one seed.

mod live;

use std::io::{IsTerminal as _, Write as _};

use anyhow::Context as _;
use clap::Args;
use simulation::{Mistake, Report, Settings};
use tokio::time::Instant;

use crate::data::DataArgs;
use crate::{Done, Outcome};

/// What the account of the demo's contract for tests affords.
const LIVE_PAYMENTS_MAX: u64 = 2_000;
/// Payments where nobody says how many: in the simulated world, and through the running demo.
const PAYMENTS: u64 = 100_000;
const LIVE_PAYMENTS: u64 = 200;

/// Lets payments run through a simulated world in which everything fails, and checks that every one is paid exactly
/// once. The same seed gives the same run.
///
/// With --live the payments go through the `mpn demo` that runs over the data folder, its mock collectors fail as the
/// seed says, and an audit follows. The hub may be killed and started again meanwhile.
///
/// Example: mpn simulate --seed 1 --payments 1000000
#[derive(Args)]
pub struct Simulate {
    /// Everything that is drawn follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Payments to hold before the payers stop; 100,000 without --days.
    #[arg(long)]
    payments: Option<u64>,
    /// Simulated days after which they stop too.
    #[arg(long)]
    days: Option<u64>,
    /// Payments of a usual day; 175 without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    payments_per_day: Option<u64>,
    /// A mistake to build in, to see it found; a wrong name lists them all.
    #[arg(long, value_name = "NAME")]
    mistake: Option<String>,
    /// Pays through the running demo, at most 2,000 payments.
    #[arg(long, conflicts_with_all = ["mistake", "days", "payments_per_day"])]
    live: bool,
    /// Where the running demo has its data.
    #[command(flatten)]
    data: DataArgs,
}

impl Simulate {
    /// Runs it; exit code 1 where something that must hold does not.
    pub async fn run(self) -> Outcome {
        if self.live {
            let payments = self.payments.unwrap_or(LIVE_PAYMENTS).min(LIVE_PAYMENTS_MAX);
            return live::run(self.data, self.seed, payments).await;
        }
        let payments = match (self.payments, self.days) {
            (None, Some(_)) => u64::MAX,
            (payments, _) => payments.unwrap_or(PAYMENTS),
        };
        let mut settings = Settings::new(self.seed, payments);
        settings.days = self.days.unwrap_or(u64::MAX);
        settings.per_day = self.payments_per_day.unwrap_or(settings.per_day);
        settings.mistake = self.mistake.as_deref().map(mistake).transpose()?;
        let begun = Instant::now();
        let mut progress = Progress::new(payments);
        let outcome = simulation::run(&settings, &mut |payments, days| progress.tell(payments, days));
        progress.end();
        match outcome {
            Ok(report) => {
                print!("{}", table(&report, begun.elapsed().as_millis()));
                Ok(Done::Well)
            }
            Err(violation) => {
                println!("{violation}");
                Ok(Done::Wrong)
            }
        }
    }
}

fn mistake(name: &str) -> anyhow::Result<Mistake> {
    let names = || Mistake::ALL.iter().map(|m| m.as_str()).collect::<Vec<_>>().join(", ");
    let found = Mistake::ALL.iter().copied().find(|m| m.as_str() == name);
    found.with_context(|| format!("{name} is no mistake to build in; there are {}", names()))
}

/// One line that is written over on a terminal, a line for each tenth elsewhere.
struct Progress {
    payments: u64,
    told: u64,
    terminal: bool,
}

impl Progress {
    fn new(payments: u64) -> Self {
        Self { payments, told: 0, terminal: std::io::stderr().is_terminal() }
    }

    fn tell(&mut self, held: u64, days: u64) {
        let tenth = held.saturating_mul(10) / self.payments.max(1);
        let mut stderr = std::io::stderr();
        let goal =
            if self.payments == u64::MAX { String::new() } else { format!(" of {}", grouped(self.payments)) };
        let line = format!("{}{goal} payments, {} days", grouped(held), grouped(days));
        if self.terminal && days.is_multiple_of(10) {
            drop(write!(stderr, "\r{line} "));
        } else if !self.terminal && tenth > self.told {
            self.told = tenth;
            drop(writeln!(stderr, "{line}"));
        }
    }

    fn end(&self) {
        if self.terminal {
            drop(write!(std::io::stderr(), "\r\x1b[K"));
        }
    }
}

fn table(report: &Report, took_ms: u128) -> String {
    let mut lines = vec![
        row("payments", report.payments),
        row("simulated days", report.days),
        String::new(),
        "ended as".to_owned(),
    ];
    lines.extend(report.states.iter().map(|(state, count)| row(&format!("  {state}"), *count)));
    lines.extend([String::new(), "what happened on the way".to_owned()]);
    lines.extend(report.counts.iter().map(|(what, count)| row(&format!("  {what}"), *count)));
    let per_minute =
        |count: u64| u64::try_from(u128::from(count) * 60_000 / took_ms.max(1)).unwrap_or(u64::MAX);
    lines.extend([
        String::new(),
        row("seconds", u64::try_from(took_ms / 1_000).unwrap_or(u64::MAX)),
        row("payments a minute", per_minute(report.payments)),
        row("days a minute", per_minute(report.days)),
        format!("seed {}, digest of all events {:016x}: nothing is broken", report.seed, report.digest),
    ]);
    lines.join("\n") + "\n"
}

fn row(name: &str, count: u64) -> String {
    format!("{name:<58}{:>13}", grouped(count))
}

/// `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_wrong_name_lists_the_mistakes() {
        assert!(mistake("voids-on-a-timer").is_ok());
        let told = mistake("sleeps").unwrap_err().to_string();
        assert!(told.contains("voids-on-a-timer") && told.contains("collector-forgets"), "{told}");
    }
}
