//! `mpn authority`: another authority for client certificates.

use clap::Args;
use domain::Clock;

use crate::data::DataArgs;
use crate::{Done, Outcome, demo};

/// Makes another authority for the customers' client certificates. From the next start on it issues them; those of the
/// earlier authorities stay good until they expire.
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
        let number = demo::certificates::make(&self.data, clock.now())?;
        println!("authority {number} is made; the next start of `mpn demo` issues certificates by it");
        Ok(Done::Well)
    }
}
