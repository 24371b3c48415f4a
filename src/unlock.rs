//! `mpn unlock`: what the bank does for a user, or a member of its staff, who is locked out.

use anyhow::bail;
use clap::Args;
use domain::Clock;
use internet_banking::secrets::Purpose;
use internet_banking::tokens::{SealingKey, Tokens};
use ledger::{AuditRecord, Commit, Ledger};

use crate::data::DataArgs;
use crate::{Done, Outcome};

/// Lifts the locks of a login ID (a user's, with the confirmation password, or a staff member's), and of a token. What
/// wrong numbers of slips have stopped is lifted on the staff console, by two people.
///
/// Example: mpn unlock shoji-keiri --token 9000000002
#[derive(Args)]
pub struct Unlock {
    /// Whose sign-in is unlocked, and whose confirmation password.
    login_id: String,
    /// The serial of a token to unlock as well.
    #[arg(long, value_name = "SERIAL")]
    token: Option<String>,
    #[command(flatten)]
    data: DataArgs,
}

impl Unlock {
    /// Says what was unlocked.
    pub async fn run(self) -> Outcome {
        let database = self.data.open_existing().await?;
        let secret = self.data.secret()?;
        let clock = Clock::default();
        database::clock::keep_in_step(&database, &clock).await?;
        let ledger = Ledger::start(database.clone(), clock);
        if !internet_banking::unlock(&database, &secret, &self.login_id).await? {
            bail!("nobody has the login ID {:?}; `demo.json` names them", self.login_id);
        }
        record(&ledger, "user.unlock", &self.login_id).await?;
        println!("{} may sign in again, and the confirmation password is unlocked", self.login_id);
        if let Some(serial) = &self.token {
            let key = SealingKey::new(&secret.key(Purpose::Tokens))
                .map_err(|_| anyhow::anyhow!("the deployment's secret cannot be used"))?;
            Tokens::new(database, key).unlock(serial).await.map_err(|error| {
                anyhow::anyhow!("{error}; `demo.json` in {} names the serials", self.data.data.display())
            })?;
            record(&ledger, "token.unlock", serial).await?;
            println!("the token {serial} is unlocked");
        }
        Ok(Done::Well)
    }
}

async fn record(ledger: &Ledger, action: &'static str, subject: &str) -> anyhow::Result<()> {
    let record = AuditRecord {
        contract: None,
        actor: "staff:command-line".to_owned(),
        action,
        subject: subject.to_owned(),
        detail: String::new(),
    };
    let commit = Commit { audit: vec![record], ..Commit::default() };
    let committed = ledger.commit(commit).await;
    committed
        .map(drop)
        .map_err(|refused| anyhow::anyhow!("it is done but not in the audit log ({refused}); run it again"))
}
