//! `mpn audit`: every invariant of the money, beside live traffic.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Context as _;
use bulk::Bulk;
use clap::Args;
use console::staff;
use gateway::Gateway;
use gateway::audit::{CollectorRecord, ResolvedBreak, compare};
use gateway::proof::{KeptSeals, KeySet};
use ledger::Finding;
use serde::Deserialize;
use transfers::Transfers;

use crate::data::DataArgs;
use crate::{Done, Outcome, fetch};

/// Checks every invariant of the ledger, the payments, the transfers, the outbox and the audit chain, and names the
/// work that is open.
///
/// A line is a finding (`check: subject: detail`), a difference that two people have resolved (`resolved: …`, with who
/// and when), or open work (`open: …`). Findings alone are wrong: with one the exit code is 1.
///
/// Example: mpn audit --collectors --data demo-data
#[derive(Args)]
pub struct Audit {
    #[command(flatten)]
    data: DataArgs,
    /// Compares with the mock collectors' own records too; they must be running.
    #[arg(long)]
    collectors: bool,
    /// The public keys of the hub and its collectors, which verify the seals of the audit log and the signatures of
    /// every payment's messages; by default keys/public.json in the data folder.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Seals that were kept elsewhere, a copy of keys/seals in the data folder: the database must still have what they
    /// seal. The data folder's own are looked at in any case.
    #[arg(long, value_name = "FILE")]
    since_seal: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Clearings {
    clearings: Vec<Clearing>,
}

/// The part of a mock's record that is compared.
#[derive(Deserialize)]
struct Clearing {
    collector: String,
    key: String,
    amount: i64,
    code: String,
    /// Taken back since.
    cancelled: bool,
}

impl Audit {
    /// The same for another command, the collectors' records included.
    pub fn of(data: DataArgs) -> Self {
        Self { data, collectors: true, keys: None, since_seal: None }
    }

    /// Prints each finding, what was resolved and what is open; exit code 1 when there is a finding.
    pub async fn run(self) -> Outcome {
        let gateway = crate::hub::reader(&self.data).await?;
        let mut findings = gateway.ledger().audit().await.context("the ledger cannot be read")?;
        // before the database is looked at, which then has all of them
        let (own, named) = self.kept_seals()?;
        let keys = self.public_keys()?;
        let audited = gateway.audit_with(keys.as_ref()).await.context("the payments cannot be read")?;
        let (hub, before) = audited;
        findings.extend(hub);
        let settings = transfers::Settings::new(crate::demo::OWN_BANK_CODE.parse()?);
        let transfers = Transfers::reader(settings, gateway.ledger().clone(), None);
        findings.extend(transfers.audit().await.context("the transfers cannot be read")?);
        let bulk = Bulk::new(transfers.clone(), internet_banking::payees::Master::own().clone());
        findings.extend(bulk.audit().await.context("the batches cannot be read")?);
        let fees = internet_banking::fees::audit(gateway.ledger().database()).await;
        findings.extend(fees.context("the fees cannot be read")?);
        let limits = console::audit_limits(gateway.ledger().database()).await;
        findings.extend(limits.context("the limits of contracts cannot be read")?);
        let unreadable = "the audit log cannot be read";
        findings.extend(gateway.audit_unsealed().await.context(unreadable)?);
        match &keys {
            Some(keys) => {
                findings.extend(gateway.audit_seals(keys).await.context(unreadable)?);
                // it may have been made since
                if own.is_some() || !self.data.seals_file().exists() {
                    findings.extend(gateway.audit_own_seals(own, keys).await.context(unreadable)?);
                }
                if let Some(kept) = named {
                    findings.extend(gateway.audit_kept_seals(kept, keys).await.context(unreadable)?);
                }
            }
            None => findings.push(self.without_keys()),
        }
        let mut resolved = Vec::new();
        if self.collectors {
            let records = self.records().await?;
            let (_, after) = gateway.audit().await.context("the payments cannot be read")?;
            let differences = compare(&before, &records, &after);
            let parted = gateway.part_resolved(differences).await.context("the breaks cannot be read")?;
            findings.extend(parted.0);
            resolved = parted.1;
        }
        let open = gateway.all_open().await.context("the open work cannot be read")?;
        for finding in &findings {
            println!("{}", line(finding));
        }
        let names = names(&gateway).await?;
        for one in &resolved {
            println!("{}", resolved_line(one, &names));
        }
        for one in &open {
            println!("open: {}: {}: {}", one.what, one.subject, one.detail);
        }
        let transfers = transfers.open_work().await.context("the open transfers cannot be read")?;
        for (subject, detail) in &transfers {
            println!("open: transfer: {subject}: {detail}");
        }
        let batches = bulk.open_work().await.context("the open batches cannot be read")?;
        for (subject, detail) in &batches {
            println!("open: batch: {subject}: {detail}");
        }
        let (payments, findings_count) = (before.len(), findings.len());
        println!(
            "{payments} payments checked, {findings_count} findings, {} resolved breaks, {} open",
            resolved.len(),
            open.len() + transfers.len() + batches.len()
        );
        Ok(if findings.is_empty() { Done::Well } else { Done::Wrong })
    }

    /// The keys named, or those of the data folder.
    fn public_keys(&self) -> anyhow::Result<Option<KeySet>> {
        let file = self.keys.clone().unwrap_or_else(|| self.data.public_keys_file());
        if self.keys.is_none() && !file.exists() {
            return Ok(None);
        }
        crate::data::read_keys(&file).map(Some)
    }

    /// Without keys neither seals nor payments' messages are verified.
    fn without_keys(&self) -> Finding {
        Finding {
            check: "heads-seal",
            subject: self.data.public_keys_file().display().to_string(),
            detail:
                "it is missing, so no seal and no signature of a payment's message is verified; name the \
                     keys with --keys"
                    .to_owned(),
        }
    }

    /// The seals that are kept outside the database: the data folder's, where it has them, and those named.
    fn kept_seals(&self) -> anyhow::Result<(Option<KeptSeals>, Option<KeptSeals>)> {
        let own = Some(self.data.seals_file()).filter(|file| file.exists());
        let read = |file: PathBuf| {
            let remedy = || format!("cannot read {}; name a file of seals with --since-seal", file.display());
            KeptSeals::read(&file).with_context(remedy)
        };
        Ok((own.map(read).transpose()?, self.since_seal.clone().map(read).transpose()?))
    }

    async fn records(&self) -> anyhow::Result<Vec<CollectorRecord>> {
        let file = self.data.data.join("demo.json");
        let demo = std::fs::read_to_string(&file).with_context(|| {
            format!("cannot read {}, which names the collectors; start `mpn demo` there", file.display())
        })?;
        let demo: serde_json::Value = serde_json::from_str(&demo)
            .with_context(|| format!("{} cannot be read; start `mpn demo` there again", file.display()))?;
        let url = demo["mocks"]["url"].as_str().with_context(|| {
            format!("{} names no collectors; start `mpn demo` without --no-mocks", file.display())
        })?;
        let body = fetch::get(&format!("{url}/control/clearings")).await?;
        let answer: Clearings = serde_json::from_slice(&body)
            .context("the collectors' records cannot be read; is it `mpn demo`?")?;
        Ok(answer
            .clearings
            .into_iter()
            .map(|c| CollectorRecord {
                collector: c.collector,
                key: c.key,
                amount: c.amount,
                cleared: c.code == "0000" && !c.cancelled,
            })
            .collect())
    }
}

fn line(finding: &Finding) -> String {
    format!("{}: {}: {}", finding.check, finding.subject, finding.detail)
}

fn resolved_line(resolved: &ResolvedBreak, names: &HashMap<String, String>) -> String {
    let resolution = &resolved.resolution;
    let name = |actor: &str| names.get(actor).cloned().unwrap_or_else(|| actor.to_owned());
    let checker = resolution.checked_by.as_ref().map(|by| name(&by.name)).unwrap_or_default();
    format!(
        "resolved: {}; resolved at {} (business time) by {}, checked by {checker}: {}",
        line(&resolved.finding),
        resolution.at,
        name(&resolution.by.name),
        resolution.note
    )
}

/// The staff's names by the actor of the audit log.
async fn names(gateway: &Gateway) -> anyhow::Result<HashMap<String, String>> {
    let ledger = gateway.ledger();
    let store = staff::Store::new(ledger.database().clone(), ledger.clock().clone());
    let everybody = store.everybody().await.context("the staff cannot be read")?;
    Ok(everybody.into_iter().map(|who| (who.actor(), format!("{} ({})", who.name, who.login_id))).collect())
}
