//! `mpn token SERIAL`: what the display of a demo token shows now.

use clap::Args;
use domain::Clock;
use internet_banking::tokens::{SealingKey, Tokens, code::STEP_S};

use crate::data::DataArgs;
use crate::{Done, Outcome};

/// Shows the current code of a demo token.
///
/// Example: mpn token 9000000001
#[derive(Args)]
pub struct Token {
    /// The serial on the token's back; `demo.json` names them.
    serial: String,
    #[command(flatten)]
    data: DataArgs,
}

impl Token {
    /// Prints the code.
    pub async fn run(self) -> Outcome {
        let database = self.data.open_existing().await?;
        let clock = Clock::default();
        database::clock::keep_in_step(&database, &clock).await?;
        let secret = self.data.secret()?;
        let key = SealingKey::new(&secret.key(internet_banking::secrets::Purpose::Tokens))
            .map_err(|_| anyhow::anyhow!("the deployment's secret cannot be used"))?;
        let now = clock.now();
        let code = Tokens::new(database, key).current_code(&self.serial, now).await.map_err(|error| {
            anyhow::anyhow!("{error}; `demo.json` in {} names the serials", self.data.data.display())
        })?;
        let step = i64::try_from(STEP_S)?;
        let left = step - now.seconds().rem_euclid(step);
        println!("{code}");
        eprintln!("for {left} more seconds of business time");
        Ok(Done::Well)
    }
}
