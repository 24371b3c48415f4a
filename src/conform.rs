//! `mpn conform`: the conformance kit against a collector's endpoint.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;
use conformance::{Cases, Choice, Declaration, Instead, Language, Phase, Verdict, report, run, terminal};

use crate::{Done, Outcome};

/// Plays the hub against a collector, and says which clause of the protocol it breaks, what that means for money, and
/// how to mend it. The declaration says where the collector is, whose keys, and which numbers may be used up by tests;
/// docs/collector-integration.md describes it.
///
/// Exit code 0: everything that applies was passed; 1: something is wrong with the collector; 2: the kit could not run,
/// for a reason that is said in one sentence, and nothing is said of the collector.
///
/// Example: mpn conform --declaration collector.toml --seed 4711 --report report
#[derive(Args)]
pub struct Conform {
    /// What the collector says of itself.
    #[arg(long, value_name = "FILE", required_unless_present = "list")]
    declaration: Option<PathBuf>,
    /// Names every case with what it tests, and plays none.
    #[arg(long)]
    list: bool,
    /// Another collector than the declaration's.
    #[arg(long, value_name = "CODE")]
    collector: Option<String>,
    /// Another endpoint than the declaration's: `/CODE/mpn` is appended.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Another signing key of the kit than the declaration's (PKCS#8, PEM or DER).
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Everything that is drawn follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Every phase, load and rehearsal too.
    #[arg(long, conflicts_with = "phases")]
    all: bool,
    /// Only this phase; may be given several times. Without it load and rehearsal are left out.
    #[arg(long = "phase", value_name = "PHASE")]
    phases: Vec<Phase>,
    /// Only this case; may be given several times.
    #[arg(long = "case", value_name = "ID")]
    cases: Vec<String>,
    /// Writes the report there: HTML in English and Japanese, JUnit XML, and JSON signed with the kit's key.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// The language of what is printed: en or ja.
    #[arg(long, default_value = "en")]
    language: Language,
}

impl Conform {
    /// Runs the kit and prints its report.
    pub async fn run(self) -> Outcome {
        let language = self.language;
        let in_words = |trouble: conformance::Trouble| anyhow!(trouble.0.say(language).to_owned());
        let Self { collector, endpoint, key, .. } = self;
        let instead = Instead { collector, endpoint, key };
        let cases = Cases::embedded();
        let Some(file) = self.declaration.filter(|_| !self.list) else {
            print!("{}", terminal::list(&cases, language));
            return Ok(Done::Well);
        };
        let declaration = Declaration::read(&file, &instead).map_err(in_words)?;
        let choice = Choice {
            seed: self.seed,
            phases: if self.all {
                Phase::ALL.iter().copied().collect()
            } else {
                self.phases.into_iter().collect()
            },
            cases: self.cases.into_iter().collect(),
        };
        let mut tell = |done: &conformance::Done| println!("{}", terminal::line(done, language));
        let outcome = run(&declaration, &cases, &choice, &mut tell).await.map_err(in_words)?;
        println!("\n{}", terminal::summary(&outcome, &cases, language));
        if let Some(folder) = &self.report {
            let key = conformance::signing_key(&declaration).map_err(in_words)?;
            for file in report::write(folder, &outcome, &cases, &key).map_err(in_words)? {
                println!("{}", file.display());
            }
        }
        if outcome.obstacle().is_some() {
            return Err(anyhow!(terminal::sentence(&outcome, language)));
        }
        let failed = outcome.count(|verdict| matches!(verdict, Verdict::Failed(_)));
        Ok(if failed == 0 { Done::Well } else { Done::Wrong })
    }
}
