//! `mpn proof PAYMENT`: everything that proves one payment, as a file.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::data::DataArgs;
use crate::{Done, Outcome, hub};

/// Writes everything that proves one payment as a JSON file: facts, money, every message with its signature, events,
/// and what the audit log says, signed by the hub. `mpn verify` checks it with public keys and nothing else.
///
/// The file holds the payer's name, account and 確認番号, which the messages' signatures cover. It is for the bank, the
/// payer and the collector, who know them, and for nobody else; what it shows of other payments are digests only.
///
/// Example: mpn proof 20261124-00000003 --out proof.json --data demo-data
#[derive(Args)]
pub struct Proof {
    /// The payment's id, its receipt number or its resend key (MPN9999/2026-11-24/00000003).
    payment: String,
    /// The file to write, readable by its owner only; the standard output when it is not named.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
}

impl Proof {
    /// Writes the file. Where the audit log is not sealed up to the payment yet, it is sealed first.
    pub async fn run(self) -> Outcome {
        let gateway = hub::with_its_key(&self.data).await?;
        let found = gateway.find_payment(&self.payment).await.context("the payments cannot be read")?;
        let bundle = match found {
            Some(id) => gateway.proof(id).await.context("the payment cannot be read; run `mpn audit`")?,
            None => None,
        };
        let Some(bundle) = bundle else {
            bail!(
                "there is no payment {:?}; give its id, its receipt number or its resend key",
                self.payment
            );
        };
        let text = bundle.write()?;
        match &self.out {
            Some(file) => crate::data::write_private(file, text.as_bytes())?,
            None => print!("{text}"),
        }
        Ok(Done::Well)
    }
}
