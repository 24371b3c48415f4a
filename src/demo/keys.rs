//! The demo's keys: those that the hub signs with, a certificate authority of its own, and what it shares with
//! collectors' sites.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context as _;
use collectors::Directory;
use collectors::signature::SigningKeys;
use database::Database;
use domain::time::Date;
use domain::{CentreCode, Timestamp};
use gateway::link::{LinkKey, LinkPeer, LinkPeers};
use gateway::proof::{KeySet, PublicKey};
use internet_banking::keys::{self as bank_keys, Adopted, KeyKind, Keys, Vault};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use super::HUB_CENTRE;
use crate::data::{DataArgs, read_or_make, write_private};

/// How long the authority's certificate is good for.
const AUTHORITY_YEARS: i32 = 10;
/// Keys of one collector for hand-offs at most.
const LINK_KEYS_MAX: i64 = 99;

/// The keys that the hub signs with. What an earlier program kept as a file is taken over.
pub async fn hub(
    data: &DataArgs,
    database: &Database,
    vault: &Vault,
    now: Timestamp,
) -> anyhow::Result<SigningKeys> {
    let file = data.key_file("hub.pk8");
    let earlier = match file.exists() {
        true => Some(std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?),
        false => None,
    };
    let provided = bank_keys::provide_signing_key(database, vault, earlier.as_deref(), now).await;
    provided.with_context(|| format!("no signing key could be made; is {} one?", file.display()))?;
    bank_keys::signing_keys(database, vault, now)
        .await
        .context("the hub's signing key cannot be used; restore it from a backup, or begin anew with --reset")
}

/// Tells the hub's counterparties which of its keys count, by a list that they read: what a bank does by a letter.
pub fn tell_counterparties(data: &DataArgs, keys: &Keys) -> anyhow::Result<()> {
    let owner: CentreCode = HUB_CENTRE.parse()?;
    let told = keys.told().iter().map(|key| PublicKey::of(&owner, key)).collect();
    write_list(&data.hub_keys_file(), &KeySet { keys: told })
}

/// What was agreed on with every collector that hands bills over (情報リンク方式): a key that its site reads from the same
/// file, `link/NUMBER-1.jwk`, with successors as `-2` and so on, and where its site is. The keys are among the bank's
/// from then on.
pub async fn links(
    data: &DataArgs,
    database: &Database,
    vault: &Vault,
    directory: &Directory,
    sites_port: u16,
) -> anyhow::Result<LinkPeers> {
    let (mut peers, now) = (HashMap::new(), domain::clock::machine_now());
    for row in directory.all().iter().filter(|row| row.methods.link) {
        let mut keys = Vec::new();
        for place in 1..=LINK_KEYS_MAX {
            let id = format!("{}-{place}", row.number);
            let file = data.key_file(&format!("link/{id}.jwk"));
            if place > 1 && !file.exists() {
                break;
            }
            let jwk = read_or_make(&file, || Ok(LinkKey::generate(&id)?.as_bytes().to_vec()))?;
            let owner = row.number.as_str();
            let adopted = Adopted::new((KeyKind::Link, owner, place), "", jwk.as_slice());
            bank_keys::adopt(database, vault, &[adopted], now).await?;
            let key = std::str::from_utf8(&jwk).ok().and_then(|jwk| LinkKey::from_jwk(jwk).ok());
            keys.push(key.with_context(|| {
                format!("{} is no key; remove it or begin anew with --reset", file.display())
            })?);
        }
        let site = |host: &str| format!("http://{host}:{sites_port}/sites/{}/", row.number).parse();
        let return_urls = vec![site("127.0.0.1")?, site("localhost")?];
        peers.insert(row.number.clone(), LinkPeer { keys, return_urls });
    }
    Ok(LinkPeers::from(peers))
}

/// Hands the keys that are in use to the collectors' sites, which read them from files: what a bank does by a sealed
/// letter.
pub fn hand_links(data: &DataArgs, keys: &Keys) {
    for (id, jwk) in keys.handed_links() {
        let file = data.key_file(&format!("link/{id}.jwk"));
        let written = if file.exists() { Ok(()) } else { write_private(&file, &jwk) };
        if let Err(error) = written {
            tracing::error!(%id, %error, "a link key is not handed over");
        }
    }
}

/// Writes the public keys of the hub and the collectors for those who verify: `mpn audit`, `mpn verify`. Keys that were
/// in use before stay.
pub fn write_public(data: &DataArgs, keys: KeySet) -> anyhow::Result<()> {
    let file = data.public_keys_file();
    let earlier = std::fs::read_to_string(&file).ok().and_then(|text| KeySet::read(&text).ok());
    write_list(&file, &keys.with_earlier(earlier.unwrap_or_default()))
}

/// Whoever reads it meanwhile reads the one before.
fn write_list(file: &Path, keys: &KeySet) -> anyhow::Result<()> {
    let aside = file.with_extension("new");
    std::fs::write(&aside, serde_json::to_string_pretty(keys)? + "\n")
        .and_then(|()| std::fs::rename(&aside, file))
        .with_context(|| format!("cannot write {}; choose another data folder with --data", file.display()))
}

/// The demo's certificate authority, and a server certificate under it that is made at every start.
pub struct Authority {
    /// The authority's certificate.
    pub pem: String,
    /// The server's certificate.
    pub chain_pem: String,
    /// The server's key.
    pub key_pem: String,
}

impl Authority {
    /// Reads the authority's key and certificate, made on the first start.
    pub fn load_or_make(data: &DataArgs) -> anyhow::Result<Self> {
        let today = domain::clock::machine_now().date();
        let key_pem = read_or_make(&data.key_file("ca-key.pem"), || {
            Ok(KeyPair::generate()?.serialize_pem().into_bytes())
        })?;
        let key = KeyPair::from_pem(std::str::from_utf8(&key_pem)?)
            .context("the authority's key cannot be read; begin anew with --reset")?;
        let params = authority(today)?;
        let pem =
            read_or_make(&data.data.join("ca.pem"), || Ok(params.self_signed(&key)?.pem().into_bytes()))?;
        let server_key = KeyPair::generate()?;
        let server = server(today)?.signed_by(&server_key, &Issuer::new(params, key))?;
        Ok(Self {
            pem: String::from_utf8(pem)?,
            chain_pem: server.pem(),
            key_pem: server_key.serialize_pem(),
        })
    }
}

fn authority(today: Date) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.distinguished_name.push(DnType::CommonName, "mpn demo authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, today, AUTHORITY_YEARS);
    Ok(params)
}

fn server(today: Date) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    valid(&mut params, today, 1);
    Ok(params)
}

fn valid(params: &mut CertificateParams, today: Date, years: i32) {
    use chrono::Datelike as _;
    // from the first of January, so that a machine whose clock is a little behind accepts it too
    params.not_before = rcgen::date_time_ymd(today.year(), 1, 1);
    params.not_after = rcgen::date_time_ymd(today.year() + years, 12, 31);
}
