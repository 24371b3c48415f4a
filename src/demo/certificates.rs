//! The demo's client certificates: the bank's authority, and files as its sample users would have them on their own
//! computers. A real bank has no such files: what it hands out it does not keep.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use domain::{Timestamp, UserId};
use internet_banking::Bank;
use internet_banking::certificates::authority::{Authorities, Authority, NewAuthority};
use internet_banking::certificates::issue::Occasion;
use internet_banking::certificates::{Delivered, KeySource};

use super::sample::{self, SampleUser};
use crate::data::{DataArgs, write_private};

/// Authorities at most.
const AUTHORITIES_MAX: u32 = 99;
/// A new authority is made this long before the newest one's end, so that what that one issued expires before it.
const OVERLAP_S: i64 = 2 * 366 * 86_400;

/// The authorities of the data folder, the newest last. The first start makes one, and so does the first start of an
/// authority's last two years.
pub fn authorities(data: &DataArgs, now: Timestamp) -> anyhow::Result<Authorities> {
    let found = stored(data)?;
    let known = Authorities::new(found);
    match known.newest_expires_at() {
        Some(ends) if ends > now.plus_seconds(OVERLAP_S) => Ok(known),
        _ => {
            make(data, now)?;
            Ok(Authorities::new(stored(data)?))
        }
    }
}

/// Makes another authority, which issues from the next start on, and says which number it has.
pub fn make(data: &DataArgs, now: Timestamp) -> anyhow::Result<u32> {
    let next = (1..=AUTHORITIES_MAX).find(|number| !key_file(data, *number).exists());
    let next = next.with_context(|| format!("there are {AUTHORITIES_MAX} authorities already"))?;
    let made = NewAuthority::generate(next, now)?;
    // the certificate first: without its key it counts as not made
    write_private_new(&certificate_file(data, next), made.certificate_pem.as_bytes())?;
    write_private_new(&key_file(data, next), made.key_pem.as_bytes())?;
    Ok(next)
}

fn write_private_new(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| {
            format!("cannot write {}; choose another data folder with --data", file.display())
        })?;
    }
    write_private(file, bytes)
}

fn stored(data: &DataArgs) -> anyhow::Result<Vec<Authority>> {
    let mut found = Vec::new();
    for number in (1..=AUTHORITIES_MAX).take_while(|number| key_file(data, *number).exists()) {
        let (certificate, key) = (certificate_file(data, number), key_file(data, number));
        let read = |file: &Path| {
            std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}; restore it from a backup", file.display()))
        };
        let authority = Authority::read(&number.to_string(), &read(&certificate)?, &read(&key)?);
        found.push(authority.with_context(|| {
            format!("{} cannot be used; restore it from a backup, or begin anew with --reset", key.display())
        })?);
    }
    Ok(found)
}

fn certificate_file(data: &DataArgs, number: u32) -> PathBuf {
    data.key_file(&format!("client-authority/{number}.pem"))
}

fn key_file(data: &DataArgs, number: u32) -> PathBuf {
    data.key_file(&format!("client-authority/{number}-key.pem"))
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
