//! `mpn tokens`: the maker's file of one-time-password tokens, made and received.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::Months;
use clap::{Args, Subcommand};
use collectors::link::{LinkKey, jwe};
use domain::Clock;
use internet_banking::keys::Vault;
use internet_banking::tokens::TokenKind;
use internet_banking::tokens::delivery::{self, Delivered, Delivery, FILE_BYTES_MAX, TOKENS_MAX};
use ledger::Ledger;

use crate::data::DataArgs;
use crate::demo::tokens::Maker;
use crate::{Done, Outcome};

/// Bytes of a key file at most.
const KEY_FILE_BYTES_MAX: usize = 4 * 1024;

/// The file by which a maker delivers one-time-password tokens: serials, dates and secrets as JSON, sealed under a key
/// that maker and bank share (JWE, dir, A256GCM). `mpn link key maker-1 --out maker-1.jwk` makes such a key.
///
/// Example: mpn tokens receive delivery.jwe --key maker-1.jwk
#[derive(Args)]
pub struct TokensArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Make(Make),
    Receive(Receive),
}

/// Makes a delivery as the demo's maker does, and prints the digest for the delivery note.
///
/// Example: mpn tokens make --number 2026-0042 --first 9000000921 --count 20 --key maker-1.jwk --out delivery.jwe
#[derive(Args)]
struct Make {
    /// 納品番号.
    #[arg(long)]
    number: String,
    /// The first serial; the others follow it.
    #[arg(long, value_name = "SERIAL", value_parser = clap::value_parser!(u64).range(1_000_000_000..=9_999_998_999))]
    first: u64,
    /// How many.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    count: u64,
    /// Months until they expire.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=120))]
    months: u32,
    /// The key that maker and bank share.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    data: DataArgs,
}

/// Receives a delivery: it is opened, checked whole and kept sealed. On the staff console's page 「トークンの在庫」 two
/// people take it into stock.
///
/// Example: mpn tokens receive delivery.jwe --key maker-1.jwk
#[derive(Args)]
struct Receive {
    /// The maker's file.
    file: PathBuf,
    /// The key that maker and bank share.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    data: DataArgs,
}

impl TokensArgs {
    /// Does what is asked for.
    pub async fn run(self) -> Outcome {
        match self.what {
            What::Make(make) => make.run(),
            What::Receive(receive) => receive.run().await,
        }
    }
}

impl Make {
    fn run(self) -> Outcome {
        let (key, maker) = (key(&self.key)?, Maker::of(&self.data.secret()?));
        let today = domain::clock::machine_now().date();
        let expires_on = today.checked_add_months(Months::new(self.months)).context("no such day")?;
        let token = |serial: u64| {
            let serial = serial.to_string();
            Delivered::new(&serial, TokenKind::Hardware, expires_on, &maker.seed(&serial))
        };
        let tokens = (self.first..).take(usize::try_from(self.count)?.min(TOKENS_MAX)).map(token).collect();
        let delivery =
            Delivery { number: self.number, maker: "見本トークン製作所".to_owned(), tokens };
        Delivery::read(&delivery.write()?, today)?;
        let sealed = jwe::seal(&key, &delivery.write()?).context("the delivery cannot be sealed")?;
        crate::data::write_private(&self.out, sealed.as_bytes())?;
        println!("{} tokens, digest {}", delivery.tokens.len(), delivery::digest_of(sealed.as_bytes()));
        Ok(Done::Well)
    }
}

impl Receive {
    async fn run(self) -> Outcome {
        let (key, sealed) = (key(&self.key)?, text(&self.file, FILE_BYTES_MAX)?);
        let sealed = sealed.trim();
        let opened = jwe::open_at_most(FILE_BYTES_MAX, sealed, |id| (id == key.id()).then_some(&key))
            .with_context(|| format!("{} does not open under {}", self.file.display(), self.key.display()))?;
        let database = self.data.open_existing().await?;
        let clock = Clock::default();
        database::clock::keep_in_step(&database, &clock).await?;
        let (vault, ledger) = (Vault::new(&self.data.secret()?), Ledger::start(database, clock));
        let read = Delivery::read(&opened, ledger.clock().now().date())
            .with_context(|| format!("{} is not taken", self.file.display()))?;
        let received = delivery::receive(&ledger, &vault, sealed.as_bytes(), &read, "staff:command-line");
        let received = received.await.map_err(|error| anyhow::anyhow!("nothing was received: {error}"))?;
        println!("delivery {}: {} tokens, digest {}", received.number, received.tokens, received.digest);
        println!("two people take it into stock on the staff console's page /token-stock");
        Ok(Done::Well)
    }
}

fn key(file: &Path) -> anyhow::Result<LinkKey> {
    LinkKey::from_jwk(&text(file, KEY_FILE_BYTES_MAX)?)
        .map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))
}

fn text(file: &Path, bytes_max: usize) -> anyhow::Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    if bytes.len() > bytes_max {
        bail!("{} is too large: {bytes_max} bytes at most", file.display());
    }
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("{} is no text", file.display()))
}
