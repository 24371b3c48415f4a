//! `mpn banks import FILE`: the master of banks and branches, from the public data set.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use crate::{Done, Outcome};

/// The master of banks and branches.
#[derive(Args)]
pub struct BanksArgs {
    #[command(subcommand)]
    command: BanksCommand,
}

#[derive(Subcommand)]
enum BanksCommand {
    Import(Import),
}

/// Writes the master anew from the data set zengin-code: the file `lib/zengin-data.js` of its npm package.
///
/// Example: mpn banks import zengin-data.js --version-of 1.0.0-p20260824 --out formats/data/banks.txt
#[derive(Args)]
struct Import {
    /// The data set.
    file: PathBuf,
    /// Which version of the package it is; kept in the first line.
    #[arg(long, value_name = "VERSION")]
    version_of: String,
    /// Where the master goes.
    #[arg(long, value_name = "FILE", default_value = "formats/data/banks.txt")]
    out: PathBuf,
}

impl BanksArgs {
    /// Runs the subcommand.
    pub fn run(self) -> Outcome {
        let BanksCommand::Import(import) = self.command;
        import.run()
    }
}

impl Import {
    fn run(self) -> Outcome {
        let text = std::fs::read_to_string(&self.file)
            .with_context(|| format!("cannot read {}", self.file.display()))?;
        let banks = formats::banks::import(&text, &format!("zengin-code {}", self.version_of))
            .with_context(|| format!("{} is not the data set", self.file.display()))?;
        std::fs::write(&self.out, banks.to_text())
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        let branches: usize = banks.all().map(|bank| bank.branches().len()).sum();
        println!("{} banks and {branches} branches in {}", banks.all().len(), self.out.display());
        Ok(Done::Well)
    }
}
