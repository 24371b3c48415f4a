//! What the audit log shows: who did what, newest first.

use std::fmt;
use std::str::FromStr;

use database::read;
use domain::{ContractId, Timestamp};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::Ledger;
use crate::audit::SILENT_ACTION;

/// Records a page at most.
const LIMIT_MAX: u32 = 200;

/// The place of a record: when, by which writer, under which number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrailPlace {
    /// When, in business time.
    pub at: Timestamp,
    /// The writer.
    pub writer: Uuid,
    /// The number in the writer's chain.
    pub number: i64,
}

/// `1764000000000000_018f…_3`, as addresses carry it.
impl fmt::Display for TrailPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}", self.at.micros(), self.writer, self.number)
    }
}

/// A text that is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no place of the audit log")]
pub struct NoPlace;

impl FromStr for TrailPlace {
    type Err = NoPlace;
    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let mut parts = text.splitn(3, '_');
        let mut part = || parts.next().ok_or(NoPlace);
        Ok(Self {
            at: Timestamp::from_micros(part()?.parse().map_err(|_| NoPlace)?),
            writer: part()?.parse().map_err(|_| NoPlace)?,
            number: part()?.parse().map_err(|_| NoPlace)?,
        })
    }
}

/// A record of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailRecord {
    /// Its place.
    pub place: TrailPlace,
    /// The contract that it has to do with.
    pub contract: Option<ContractId>,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// What it was done to.
    pub subject: String,
    /// Facts.
    pub detail: String,
}

/// Which records to show. Empty texts and lists ask for all; records that only vouch for what a commit wrote come when
/// their action is asked for.
#[derive(Clone, Debug)]
pub struct TrailQuery {
    /// From this instant on.
    pub from: Timestamp,
    /// Before this instant.
    pub until: Timestamp,
    /// Of this contract; none asks for all.
    pub contract: Option<ContractId>,
    /// Of this actor.
    pub actor: String,
    /// Of this action.
    pub action: String,
    /// Of one of these actions.
    pub among: Vec<&'static str>,
    /// Of none of these actions.
    pub except: Vec<&'static str>,
    /// About one of these subjects.
    pub subjects: Vec<String>,
    /// Older than this one, the last of the page before.
    pub before: Option<TrailPlace>,
    /// At most so many, and never more than 200.
    pub limit: u32,
}

#[derive(FromRow)]
struct TrailRow {
    at_us: i64,
    writer: Uuid,
    number: i64,
    contract: Option<Uuid>,
    actor: String,
    action: String,
    subject: String,
    detail: String,
}

impl From<TrailRow> for TrailRecord {
    fn from(row: TrailRow) -> Self {
        let at = Timestamp::from_micros(row.at_us);
        Self {
            place: TrailPlace { at, writer: row.writer, number: row.number },
            contract: row.contract.map(ContractId::from_uuid),
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            detail: row.detail,
        }
    }
}

impl Ledger {
    /// Records of the audit log, newest first.
    pub async fn trail(&self, query: &TrailQuery) -> Result<Vec<TrailRecord>, sqlx::Error> {
        let rows: Vec<TrailRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(
                "SELECT at_us, writer, number, contract, actor, action, subject, detail FROM audit WHERE at_us >= ",
            );
            sql.push_bind(query.from.micros()).push(" AND at_us < ").push_bind(query.until.micros());
            if let Some(contract) = query.contract {
                sql.push(" AND contract = ").push_bind(contract.uuid());
            }
            for (list, actions) in
                [(" AND action IN (", &query.among), (" AND action NOT IN (", &query.except)]
            {
                if !actions.is_empty() {
                    let mut among = sql.push(list).separated(", ");
                    for action in actions {
                        among.push_bind(*action);
                    }
                    sql.push(")");
                }
            }
            for (column, wanted) in [("actor", &query.actor), ("action", &query.action)] {
                if !wanted.is_empty() {
                    sql.push(format!(" AND {column} = ")).push_bind(wanted.as_str());
                }
            }
            if !query.subjects.is_empty() {
                let mut among = sql.push(" AND subject IN (").separated(", ");
                for subject in &query.subjects {
                    among.push_bind(subject.as_str());
                }
                sql.push(")");
            }
            if query.action.is_empty() {
                sql.push(" AND action <> ").push_bind(SILENT_ACTION);
            }
            if let Some(place) = query.before {
                sql.push(" AND (at_us, writer, number) < (").push_bind(place.at.micros());
                sql.push(", ").push_bind(place.writer);
                sql.push(", ").push_bind(place.number).push(")");
            }
            sql.push(" ORDER BY at_us DESC, writer DESC, number DESC LIMIT ");
            sql.push_bind(i64::from(query.limit.clamp(1, LIMIT_MAX)));
            sql.build_query_as().fetch_all(c).await
        })?;
        Ok(rows.into_iter().map(TrailRecord::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_nonsense_is_none() {
        let place = TrailPlace { at: Timestamp::from_micros(7), writer: Uuid::from_u128(9), number: 3 };
        assert_eq!(place.to_string().parse(), Ok(place));
        for text in [
            "",
            "7",
            "7_x_3",
            "7_00000000-0000-0000-0000-000000000009",
            "x_00000000-0000-0000-0000-000000000009_3",
        ] {
            assert_eq!(text.parse::<TrailPlace>(), Err(NoPlace), "{text}");
        }
    }
}
