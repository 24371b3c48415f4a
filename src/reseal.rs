//! `mpn reseal`: the next key for the secrets of one-time-password tokens.

use clap::Args;
use domain::Clock;
use internet_banking::secrets::Purpose;
use internet_banking::tokens::{SealingKey, Tokens};
use ledger::{AuditRecord, Commit, Ledger};

use crate::data::DataArgs;
use crate::{Done, Outcome};

/// Brings the next key for tokens' secrets into force and seals all of them under it. The bank may run meanwhile:
/// what is sealed under an earlier key still opens. Broken off, it may be run again.
///
/// Example: mpn reseal
#[derive(Args)]
pub struct Reseal {
    /// Only seals anew what an earlier run has left under another key.
    #[arg(long)]
    rest: bool,
    #[command(flatten)]
    data: DataArgs,
}

impl Reseal {
    /// Says how many were sealed anew.
    pub async fn run(self) -> Outcome {
        let database = self.data.open_existing().await?;
        let secret = self.data.secret()?;
        let clock = Clock::default();
        database::clock::keep_in_step(&database, &clock).await?;
        let key = SealingKey::new(&secret.key(Purpose::Tokens))
            .map_err(|_| anyhow::anyhow!("the deployment's secret cannot be used"))?;
        let tokens = Tokens::new(database.clone(), key);
        let key = if self.rest {
            tokens.key_in_force(clock.now()).await?
        } else {
            tokens.next_key(clock.now()).await?
        };
        let resealed = tokens.reseal(clock.now()).await?;
        let ledger = Ledger::start(database, clock);
        let record = AuditRecord {
            contract: None,
            actor: "staff:command-line".to_owned(),
            action: "token.reseal",
            subject: key.get().to_string(),
            detail: format!("{} secrets sealed anew, {} do not open", resealed.sealed, resealed.closed),
        };
        let committed = ledger.commit(Commit { audit: vec![record], ..Commit::default() }).await;
        committed.map_err(|refused| {
            anyhow::anyhow!("it is done but not in the audit log ({refused}); run it again with --rest")
        })?;
        println!("{} secrets of tokens are sealed under key {} now", resealed.sealed, key.get());
        if resealed.closed > 0 {
            println!("{} do not open and stay as they are; the log names their tokens", resealed.closed);
        }
        Ok(Done::Well)
    }
}
