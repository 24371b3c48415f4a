//! `mpn bench WHAT`: measures the running product, each figure beside what it is compared to.

use ::bench::{Report, bulk, isolation, pages, payment, start};
use clap::{Args, Subcommand};

use crate::{Done, Outcome};

/// Measures the running product and prints a table, or JSON.
///
/// Example: mpn bench pages --json
#[derive(Args)]
pub struct Bench {
    #[command(subcommand)]
    what: What,
    /// Prints JSON instead of a table.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum What {
    /// From the start of the process to ready.
    Start {
        /// Starts on a new data folder, each followed by one on the same.
        #[arg(long, default_value_t = 7)]
        runs: usize,
    },
    /// Signed-in pages, and the files of an account with 10,000 movements.
    Pages {
        /// Requests a page.
        #[arg(long, default_value_t = 500)]
        requests: usize,
        /// An empty PostgreSQL database to measure as well.
        #[arg(long, value_name = "URL")]
        postgres: Option<String>,
    },
    /// One payment alone, from inquiry to posting.
    Payment {
        /// Payments, one after the other.
        #[arg(long, default_value_t = 300)]
        payments: usize,
        /// An empty PostgreSQL database to measure as well.
        #[arg(long, value_name = "URL")]
        postgres: Option<String>,
    },
    /// Payments at healthy collectors while another one never answers.
    Isolation {
        /// Payments in each of the rounds.
        #[arg(long, default_value_t = 2_000)]
        payments: usize,
        /// Payers at the healthy collectors at the same time: 8 leave two cores no pause.
        #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
        callers: u8,
        /// An empty PostgreSQL database to measure as well.
        #[arg(long, value_name = "URL")]
        postgres: Option<String>,
    },
    /// 総合振込 from the upload to the last answer, with payments beside its execution.
    Bulk {
        /// Rows of the largest file; smaller ones come before it, each a tenth of the next.
        #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(50..=50_000))]
        rows: u32,
        /// Files of each size.
        #[arg(long, default_value_t = 3)]
        runs: usize,
        /// An empty PostgreSQL database to measure as well.
        #[arg(long, value_name = "URL")]
        postgres: Option<String>,
    },
}

impl Bench {
    /// Runs one measurement.
    pub async fn run(self) -> Outcome {
        let report = match self.what {
            What::Start { runs } => start::run(runs).await?,
            What::Pages { requests, postgres } => pages::run(requests, postgres.as_deref()).await?,
            What::Isolation { payments, callers, postgres } => {
                isolation::run(payments, callers.into(), postgres.as_deref()).await?
            }
            What::Bulk { rows, runs, postgres } => bulk::run(rows, runs, postgres.as_deref()).await?,
            What::Payment { payments, postgres } => payment::run(payments, postgres.as_deref()).await?,
        };
        show(&report, self.json);
        Ok(Done::Well)
    }
}

fn show(report: &Report, json: bool) {
    if json {
        println!("{:#}", report.json());
    } else {
        print!("{}", report.table());
    }
}
