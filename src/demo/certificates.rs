//! The demo's client certificates: the bank's authority, and files as its sample users would have them on their own
//! computers. A real bank has no such files: what it hands out it does not keep.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use domain::UserId;
use internet_banking::Bank;
use internet_banking::certificates::authority::expires_at;
use internet_banking::certificates::issue::Occasion;
use internet_banking::certificates::{Delivered, KeySource};
use internet_banking::keys::{self, Adopted, KeyKind, Vault};
use ledger::Ledger;

use super::sample::{self, SampleUser};
use crate::data::{DataArgs, write_private};

/// Authorities in files at most.
const AUTHORITIES_MAX: i64 = 99;
/// A new authority is made this long before the newest one's end, so that what that one issued expires before it.
const OVERLAP_S: i64 = 2 * 366 * 86_400;

/// Makes another authority where there is none, or the newest ends within two years. What an earlier program kept as
/// files is taken over.
pub async fn provide_authority(data: &DataArgs, ledger: &Ledger, vault: &Vault) -> anyhow::Result<()> {
    let (database, now) = (ledger.database(), ledger.clock().now());
    for number in 1..=AUTHORITIES_MAX {
        let file = |kind: &str| data.key_file(&format!("client-authority/{number}{kind}.pem"));
        if !file("-key").exists() {
            break;
        }
        let read = |kind: &str| {
            std::fs::read_to_string(file(kind))
                .with_context(|| format!("cannot read {}; restore it from a backup", file(kind).display()))
        };
        let (public, secret) = (read("")?, read("-key")?);
        let kind = KeyKind::Authority;
        let adopted = Adopted::new((kind, "", number), &public, secret);
        keys::adopt(database, vault, &[adopted], now).await?;
    }
    let all = keys::all(database).await?;
    let newest = all.iter().rev().find(|key| key.kind == KeyKind::Authority && key.retired_at.is_none());
    let ends = newest.and_then(|key| expires_at(&key.public));
    if ends.is_none_or(|ends| ends <= now.plus_seconds(OVERLAP_S)) {
        keys::another_authority(ledger, vault, "system").await?;
    }
    Ok(())
}

fn write_private_new(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| {
            format!("cannot write {}; choose another data folder with --data", file.display())
        })?;
    }
    write_private(file, bytes)
}

/// Where a sample user's file is, and its pass phrase.
pub struct SampleFile {
    /// The PKCS#12 file.
    pub p12: PathBuf,
    /// Its pass phrase.
    pub pass_phrase: String,
}

/// The file of a sample user, if there is one.
pub fn sample_file(data: &Path, user: &SampleUser) -> Option<SampleFile> {
    let (p12, pass_phrase) = files(data, user);
    let pass_phrase = std::fs::read_to_string(pass_phrase).ok()?;
    p12.exists().then_some(SampleFile { p12, pass_phrase })
}

fn files(data: &Path, user: &SampleUser) -> (PathBuf, PathBuf) {
    let file = |kind: &str| data.join("users").join(format!("{}.{kind}", user.login_id));
    (file("p12"), file("pass-phrase"))
}

/// Fetches the certificates of the sample users who have one from the start, and keeps them as the users would.
pub async fn seed(data: &DataArgs, bank: &Bank) -> anyhow::Result<()> {
    for contract in sample::contracts() {
        for user in contract.users.iter().filter(|user| user.has_certificate) {
            let (p12, pass_phrase) = files(&data.data, user);
            if !p12.exists() {
                fetch(bank, user, &p12, &pass_phrase).await?;
            }
        }
    }
    Ok(())
}

async fn fetch(bank: &Bank, user: &SampleUser, p12: &Path, pass_phrase: &Path) -> anyhow::Result<()> {
    let id: Option<UserId> = bank.contracts.user_of(&user.login_id).await?;
    let Some(found) = (match id {
        Some(id) => bank.contracts.signed_in(id).await?,
        None => None,
    }) else {
        return Ok(());
    };
    // somebody may have thrown the file away: the page hands out another
    if !bank.certificates.of_user(found.id).await?.is_empty() {
        return Ok(());
    }
    let issued = bank.certificates.issue(&found, &KeySource::Bank, Occasion::Fetch, None).await?;
    let Delivered::File(bundle) = issued.delivered else { return Ok(()) };
    write_private_new(pass_phrase, bundle.pass_phrase.as_bytes())?;
    write_private_new(p12, &bundle.bytes)
}
