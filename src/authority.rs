//! `mpn authority`: another authority for client certificates.

use clap::Args;
use domain::Clock;
use internet_banking::keys::{Vault, another_authority};
use ledger::Ledger;

use crate::data::DataArgs;
use crate::{Done, Outcome};

/// Makes another authority for the customers' client certificates. A running bank issues them by it within seconds;
/// those of the earlier authorities stay good until they expire. On the staff console two people do it, for a day of
/// their choice.
///
/// Example: mpn authority --data /tmp/mpn
#[derive(Args)]
pub struct AuthorityArgs {
    #[command(flatten)]
    data: DataArgs,
}

impl AuthorityArgs {
    /// Says which one it is.
    pub async fn run(self) -> Outcome {
        let database = self.data.open_existing().await?;
        let clock = Clock::default();
        database::clock::keep_in_step(&database, &clock).await?;
        let (vault, ledger) = (Vault::new(&self.data.secret()?), Ledger::start(database, clock));
        let number = another_authority(&ledger, &vault, "staff:command-line").await?;
        println!("authority {number} is made and issues certificates from now on");
        Ok(Done::Well)
    }
}
