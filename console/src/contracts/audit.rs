//! `mpn audit`: what contracts may pay to private collectors in a day, against what two people have approved.

use std::collections::BTreeMap;

use database::{Database, on};
use domain::{ContractId, Yen};
use ledger::Finding;
use uuid::Uuid;

use super::act::Act;
use crate::requests::Proposal;

const LIMITS: &str = "SELECT contract, at_us, amount FROM payeasy_contract_limit ORDER BY contract, at_us";

const APPROVED: &str = "SELECT r.payload FROM staff_request r
    JOIN staff_decision d ON d.request = r.id AND d.verdict = 'approved' WHERE r.kind = 'contract'";

/// Each limit that was set belongs to an approved request of its contract and amount, and to one alone.
pub async fn audit_limits(database: &Database) -> Result<Vec<Finding>, sqlx::Error> {
    let mut tx = database.snapshot().await?;
    let set: Vec<(Uuid, i64, i64)> = on!(tx, |c| sqlx::query_as(LIMITS).fetch_all(c).await)?;
    let approved: Vec<String> = on!(tx, |c| sqlx::query_scalar(APPROVED).fetch_all(c).await)?;
    tx.rollback().await?;
    let mut open: BTreeMap<(ContractId, Yen), u32> = BTreeMap::new();
    for payload in &approved {
        // what cannot be read has approved nothing
        if let Ok(Proposal::Contract(change)) = serde_json::from_str(payload)
            && let Act::Limit { after, .. } = change.act
        {
            *open.entry((change.contract, after)).or_default() += 1;
        }
    }
    let mut findings = Vec::new();
    for (contract, at_us, amount) in set {
        let (contract, amount) = (ContractId::from_uuid(contract), Yen::new(amount));
        match open.get_mut(&(contract, amount)) {
            Some(left) if *left > 0 => *left -= 1,
            _ => findings.push(Finding {
                check: "payeasy-contract-limit",
                subject: contract.to_string(),
                detail: format!("{amount} yen a day were set at {at_us}, and nobody has approved it"),
            }),
        }
    }
    Ok(findings)
}
