//! `mpn verify FILE`: checks a payment's proof without a database and without the network.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use gateway::proof::{Mark, ProofBundle, verify};

use crate::{Done, Outcome};

/// Verifies a proof that `mpn proof` wrote, with public keys and nothing else: the hub's and the collector's signature
/// of every message, amounts, states, the audit log and its seal. Says line by line what was verified; exit code 1
/// where something is wrong. The last line says so where no signed answer decided, but the word of two members of
/// staff, and where the collector's books say otherwise.
///
/// Times are named: the business time of the bank, or the wall time of the machine that signed.
///
/// Without --keys the keys in the file are used. Then it is shown that the file fits together, and not who made it.
///
/// Example: mpn verify proof.json --keys demo-data/keys/public.json
#[derive(Args)]
pub struct Verify {
    /// The file.
    file: PathBuf,
    /// The public keys of the hub and its collectors, as a JSON Web Key Set that came another way than the file: the
    /// bank's `GET /v1/keys`, or keys/public.json in the demo's data folder.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

impl Verify {
    /// Prints the report.
    pub async fn run(self) -> Outcome {
        let keys = self.keys.as_deref().map(crate::data::read_keys).transpose()?;
        let name = self.file.display();
        let text = std::fs::read_to_string(&self.file)
            .with_context(|| format!("cannot read {name}; name a file that `mpn proof` wrote"))?;
        let bundle = match ProofBundle::read(&text) {
            Ok(bundle) => bundle,
            Err(error) => {
                println!("WRONG  {name}: {error}");
                return Ok(Done::Wrong);
            }
        };
        let report = verify(&bundle, keys.as_ref());
        for line in &report.lines {
            let mark = match line.mark {
                Mark::Verified => "ok   ",
                Mark::Noted => "note ",
                Mark::Wrong => "WRONG",
            };
            println!("{mark}  {}", line.text);
        }
        let facts = &bundle.proof.facts;
        let payment =
            format!("payment {} of {} yen to {}", facts.receipt_number, facts.amount, facts.collector);
        println!("{payment}: {}", report.verdict(bundle.proof.state));
        Ok(if report.is_sound() { Done::Well } else { Done::Wrong })
    }
}
