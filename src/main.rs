//! `mpn`: one file per subcommand. Everything that does work is in the library crates.

#![allow(clippy::print_stdout, reason = "a command prints its result")]

mod audit;
mod authority;
mod banks;
mod bench;
mod check;
mod conform;
mod data;
mod demo;
mod fetch;
mod hub;
mod link;
mod proof;
mod reseal;
mod simulate;
mod token;
mod tokens;
mod unlock;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// A payment hub for Japan's Multi-Payment Network (Pay-easy), the internet bank around it, and mock collectors.
#[derive(Parser)]
#[command(name = "mpn", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::Demo),
    Token(token::Token),
    Tokens(tokens::TokensArgs),
    Unlock(unlock::Unlock),
    Reseal(reseal::Reseal),
    Audit(audit::Audit),
    Authority(authority::AuthorityArgs),
    Proof(proof::Proof),
    Verify(verify::Verify),
    Link(link::Link),
    Banks(banks::BanksArgs),
    Check(check::Check),
    Bench(bench::Bench),
    Simulate(simulate::Simulate),
    Conform(conform::Conform),
}

/// How a command that could run ended.
pub enum Done {
    /// Nothing is wrong.
    Well,
    /// It found something wrong.
    Wrong,
}

/// What can be said in one sentence with its remedy; exit code 2.
pub type Outcome = anyhow::Result<Done>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("MPN_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // a log that finds no room on the disk must not end whoever writes it
        .log_internal_errors(false)
        .init();
    #[cfg(feature = "crash-points")]
    gateway::Gateway::arm_crash_points();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&anyhow::anyhow!("cannot start: {error}")),
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Demo(demo) => demo.run().await,
            Command::Token(token) => token.run().await,
            Command::Tokens(tokens) => tokens.run().await,
            Command::Unlock(unlock) => unlock.run().await,
            Command::Reseal(reseal) => reseal.run().await,
            Command::Audit(audit) => audit.run().await,
            Command::Authority(authority) => authority.run().await,
            Command::Proof(proof) => proof.run().await,
            Command::Verify(verify) => verify.run().await,
            Command::Link(link) => link.run(),
            Command::Banks(banks) => banks.run(),
            Command::Check(check) => check.run(),
            Command::Bench(bench) => bench.run().await,
            Command::Simulate(simulate) => simulate.run().await,
            Command::Conform(conform) => conform.run().await,
        }
    });
    match outcome {
        Ok(Done::Well) => ExitCode::SUCCESS,
        Ok(Done::Wrong) => ExitCode::from(1),
        Err(error) => complain(&error),
    }
}

fn complain(error: &anyhow::Error) -> ExitCode {
    use std::io::Write as _;
    tracing::info!(causes = ?error.chain().skip(1).map(ToString::to_string).collect::<Vec<_>>(), "gave up");
    drop(writeln!(std::io::stderr(), "mpn: {error}"));
    ExitCode::from(2)
}
