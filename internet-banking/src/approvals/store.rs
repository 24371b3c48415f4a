//! The tables of requests. Every statement for a person names the contract, so another's request is not there (SEC-34).

use std::collections::BTreeMap;

use database::{Change, Database, Row, Table, Tx, Value, dialect, execute, on, read};
use domain::{ApprovalId, ContractId, Timestamp, UserId};
use ledger::GuardKey;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{FromRow, QueryBuilder};
use transfers::Order;
use uuid::Uuid;

use super::bounds::{LISTED_MAX, is_full};
use super::policy::Hand;
use super::request::{Given, Request};
use super::state::State;
use crate::contracts::{Business, StoreError};
use crate::retry;
use crate::transfers::words;

static REQUEST: Table = Table {
    name: "approval_request",
    columns: &[
        "id",
        "contract",
        "business",
        "about",
        "author",
        "author_serial",
        "state",
        "version",
        "round",
        "matter",
        "digest",
        "secret",
        "need",
        "note",
        "made_us",
        "changed_us",
        "until_us",
        "remind_us",
    ],
};

static STEP: Table = Table {
    name: "approval_step",
    columns: &["request", "round", "place", "app_user", "serial", "digest", "at_us"],
};

#[derive(FromRow)]
struct Found {
    id: Uuid,
    contract: Uuid,
    about: String,
    author: Uuid,
    author_serial: Option<String>,
    state: String,
    version: i64,
    round: i64,
    matter: String,
    digest: String,
    secret: Option<String>,
    need: String,
    note: String,
    made_us: i64,
    changed_us: i64,
    until_us: i64,
}

macro_rules! requests {
    ($rest:literal) => {
        concat!(
            "SELECT id, contract, about, author, author_serial, state, version, round, matter, digest, secret, need, \
             note, made_us, changed_us, until_us FROM approval_request ",
            $rest
        )
    };
}

/// One of a contract's requests.
pub async fn find(
    database: &Database,
    contract: ContractId,
    id: ApprovalId,
) -> Result<Option<Request>, StoreError> {
    let found: Option<Found> = read!(database, |c| {
        sqlx::query_as(requests!("WHERE id = $1 AND contract = $2"))
            .bind(id.uuid())
            .bind(contract.uuid())
            .fetch_optional(c)
            .await
    })?;
    match found {
        Some(found) => request(database, found).await.map(Some),
        None => Ok(None),
    }
}

/// The newest request of a contract about something that is not deleted, whoever made it.
pub async fn about_of_anyone(
    database: &Database,
    contract: ContractId,
    about: &str,
) -> Result<Option<ApprovalId>, StoreError> {
    let found: Option<Uuid> = read!(database, |c| {
        sqlx::query_scalar(
            "SELECT id FROM approval_request WHERE contract = $1 AND about = $2 AND state <> 'deleted'
             ORDER BY changed_us DESC LIMIT 1",
        )
        .bind(contract.uuid())
        .bind(about)
        .fetch_optional(c)
        .await
    })?;
    Ok(found.map(ApprovalId::from_uuid))
}

/// What somebody has asked for or kept about a thing and has not deleted.
pub async fn about(
    database: &Database,
    contract: ContractId,
    author: UserId,
    about: &str,
) -> Result<Option<ApprovalId>, StoreError> {
    let found: Option<Uuid> = read!(database, |c| {
        sqlx::query_scalar(
            "SELECT id FROM approval_request WHERE contract = $1 AND author = $2 AND about = $3
             AND state <> 'deleted' ORDER BY made_us DESC LIMIT 1",
        )
        .bind(contract.uuid())
        .bind(author.uuid())
        .bind(about)
        .fetch_optional(c)
        .await
    })?;
    Ok(found.map(ApprovalId::from_uuid))
}

/// Who has approved the request that an order comes from: one that is done notes the number of what it became.
pub async fn approvers_of(
    database: &Database,
    contract: ContractId,
    order: &Order,
) -> Result<Vec<UserId>, StoreError> {
    let found: Vec<Found> = read!(database, |c| {
        sqlx::query_as(requests!(
            "WHERE contract = $1 AND state = 'done' AND business = 'transfer' AND note = $2"
        ))
        .bind(contract.uuid())
        .bind(words::number(&order.facts))
        .fetch_all(c)
        .await
    })?;
    let found = requests(database, found).await?;
    let found = found.iter().filter(|one| one.matter.order() == Some(order.facts.id));
    Ok(found.flat_map(Request::hands).map(|hand| hand.user).collect())
}

/// A contract's requests that wait for approvers, as far as they are meant, the most urgent first. Those of accounts
/// that a person has nothing to do with take none of the person's places in the list.
pub async fn waiting(
    database: &Database,
    contract: ContractId,
    now: Timestamp,
    is_meant: impl Fn(&Request) -> bool,
) -> Result<Vec<Request>, StoreError> {
    let (mut meant, mut behind) = (Vec::new(), (now.micros(), Uuid::max()));
    loop {
        let found: Vec<Found> = read!(database, |c| {
            sqlx::query_as(requests!(
                "WHERE contract = $1 AND state = 'asked' AND (until_us > $2 OR (until_us = $2 AND id > $3))
                 ORDER BY until_us, id LIMIT $4"
            ))
            .bind(contract.uuid())
            .bind(behind.0)
            .bind(behind.1)
            .bind(i64::from(LISTED_MAX))
            .fetch_all(c)
            .await
        })?;
        let last = found.last().filter(|_| is_full(&found)).map(|last| (last.until_us, last.id));
        meant.extend(requests(database, found).await?.into_iter().filter(&is_meant));
        match last {
            Some(last) if !is_full(&meant) => behind = last,
            _ => break,
        }
    }
    meant.truncate(usize::from(LISTED_MAX));
    Ok(meant)
}

/// What somebody has asked for, the newest step first.
pub async fn of_author(
    database: &Database,
    contract: ContractId,
    author: UserId,
) -> Result<Vec<Request>, StoreError> {
    let found: Vec<Found> = read!(database, |c| {
        sqlx::query_as(requests!(
            "WHERE contract = $1 AND author = $2 AND state <> 'deleted' ORDER BY changed_us DESC, id DESC LIMIT $3"
        ))
        .bind(contract.uuid())
        .bind(author.uuid())
        .bind(i64::from(LISTED_MAX))
        .fetch_all(c)
        .await
    })?;
    requests(database, found).await
}

/// Which requests of a contract to list, the newest first.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Whose.
    pub contract: ContractId,
    /// Those in one of these states.
    pub states: Vec<State>,
    /// Those of one business alone.
    pub business: Option<Business>,
    /// What one person asked for alone.
    pub author: Option<UserId>,
    /// Made from this instant on, and before that one.
    pub made: (Timestamp, Timestamp),
    /// Behind this one.
    pub before: Option<(Timestamp, Uuid)>,
    /// At most this many.
    pub limit: u32,
}

/// Requests of a contract, and the last that was read, where more may follow.
pub async fn listed(
    database: &Database,
    of: &Listing,
) -> Result<(Vec<Request>, Option<(Timestamp, Uuid)>), StoreError> {
    let found: Vec<Found> = read!(database, |c| {
        let mut sql = QueryBuilder::new(requests!("WHERE contract = "));
        sql.push_bind(of.contract.uuid());
        sql.push(" AND made_us >= ").push_bind(of.made.0.micros());
        sql.push(" AND made_us < ").push_bind(of.made.1.micros());
        sql.push(" AND state IN (");
        let mut list = sql.separated(", ");
        for state in &of.states {
            list.push_bind(state.code());
        }
        list.push_unseparated(")");
        if let Some(business) = of.business {
            sql.push(" AND business = ").push_bind(business.code());
        }
        if let Some(author) = of.author {
            sql.push(" AND author = ").push_bind(author.uuid());
        }
        if let Some((at, id)) = of.before {
            sql.push(" AND (made_us < ").push_bind(at.micros());
            sql.push(" OR (made_us = ").push_bind(at.micros());
            sql.push(" AND id < ").push_bind(id).push("))");
        }
        sql.push(" ORDER BY made_us DESC, id DESC LIMIT ").push_bind(i64::from(of.limit));
        sql.build_query_as().fetch_all(c).await
    })?;
    let is_full = found.len() >= usize::try_from(of.limit).unwrap_or(usize::MAX);
    let last = found.last().filter(|_| is_full).map(|last| (Timestamp::from_micros(last.made_us), last.id));
    Ok((requests(database, found).await?, last))
}

/// Requests of all contracts that have every approval and are not carried out, those that have waited longest for a
/// try first.
pub async fn approved(database: &Database) -> Result<Vec<Request>, StoreError> {
    let now_us = server_now_us(database).await?;
    let found: Vec<Found> = read!(database, |c| {
        sqlx::query_as(requests!(
            "WHERE state = 'approved' AND next_us <= $1 ORDER BY next_us, changed_us, id LIMIT $2"
        ))
        .bind(now_us)
        .bind(i64::from(LISTED_MAX))
        .fetch_all(c)
        .await
    })?;
    due(database, found).await
}

/// Requests of all contracts whose time is over, whether they wait or are with their author.
pub async fn over(database: &Database, now: Timestamp) -> Result<Vec<Request>, StoreError> {
    let now_us = server_now_us(database).await?;
    let found: Vec<Found> = read!(database, |c| {
        sqlx::query_as(requests!(
            "WHERE state IN ('draft', 'asked', 'returned', 'withdrawn', 'expired') AND until_us <= $1
             AND next_us <= $2 ORDER BY next_us, until_us, id LIMIT $3"
        ))
        .bind(now.micros())
        .bind(now_us)
        .bind(i64::from(LISTED_MAX))
        .fetch_all(c)
        .await
    })?;
    due(database, found).await
}

/// Requests of all contracts that wait and whose approvers are to be reminded.
pub async fn to_remind(database: &Database, now: Timestamp) -> Result<Vec<Request>, StoreError> {
    let now_us = server_now_us(database).await?;
    let found: Vec<Found> = read!(database, |c| {
        sqlx::query_as(requests!(
            "WHERE state = 'asked' AND remind_us <= $1 AND until_us > $1 AND next_us <= $2
             ORDER BY next_us, until_us, id LIMIT $3"
        ))
        .bind(now.micros())
        .bind(now_us)
        .bind(i64::from(LISTED_MAX))
        .fetch_all(c)
        .await
    })?;
    due(database, found).await
}

/// Requests of all contracts for transfers that wait, behind an id in the order of ids, and the last id that was looked
/// at; none where there is nothing behind it.
pub async fn waiting_transfers(
    database: &Database,
    behind: Uuid,
) -> Result<Option<(Uuid, Vec<Request>)>, StoreError> {
    let found: Vec<Found> = read!(database, |c| {
        sqlx::query_as(requests!(
            "WHERE state = 'asked' AND business = 'transfer' AND id > $1 ORDER BY id LIMIT $2"
        ))
        .bind(behind)
        .bind(i64::from(LISTED_MAX))
        .fetch_all(c)
        .await
    })?;
    match found.last().map(|last| last.id) {
        Some(last) => Ok(Some((last, requests(database, found).await?))),
        None => Ok(None),
    }
}

/// How many requests wait for this person, and how many have come back to them or were approved by nobody in time.
pub async fn waiting_for(
    database: &Database,
    by: &crate::sign_in::SignedIn,
    now: Timestamp,
) -> Result<(usize, usize), StoreError> {
    let is_fresh = |one: &Request| one.given.iter().all(|given| given.hand.user != by.user.id);
    let is_meant = |one: &Request| one.matter.is_open_to(by) && !one.is_of(&by.user) && is_fresh(one);
    let not_yet = waiting(database, by.contract.id, now, is_meant).await?;
    let back = of_author(database, by.contract.id, by.user.id).await?;
    let back = back.iter().filter(|one| matches!(one.state_at(now), State::Returned | State::Expired));
    Ok((not_yet.len(), back.count()))
}

async fn server_now_us(database: &Database) -> Result<i64, sqlx::Error> {
    let mut tx: Tx = database.begin().await?;
    let now_us = dialect::server_now_us(&mut tx).await?;
    tx.rollback().await?;
    Ok(now_us)
}

/// What a list shows: one that cannot be read is left out, and hides no other.
async fn requests(database: &Database, found: Vec<Found>) -> Result<Vec<Request>, StoreError> {
    let mut steps = steps_of(database, &found.iter().map(|one| one.id).collect::<Vec<_>>()).await?;
    let mut requests = Vec::with_capacity(found.len());
    for one in found {
        let id = one.id;
        let given = steps.remove(&(id, one.round)).unwrap_or_default();
        match assembled(one, given) {
            Ok(request) => requests.push(request),
            Err(error) => tracing::error!(request = %id, %error, "a request is left out"),
        }
    }
    Ok(requests)
}

/// What was approved of some requests, by request and round, each in order.
async fn steps_of(
    database: &Database,
    requests: &[Uuid],
) -> Result<BTreeMap<(Uuid, i64), Vec<Given>>, StoreError> {
    let mut steps: BTreeMap<_, Vec<Given>> = BTreeMap::new();
    if requests.is_empty() {
        return Ok(steps);
    }
    type Step = (Uuid, i64, Uuid, Option<String>, String, i64);
    let rows: Vec<Step> = read!(database, |c| {
        let mut sql = QueryBuilder::new(
            "SELECT request, round, app_user, serial, digest, at_us FROM approval_step WHERE request IN (",
        );
        let mut list = sql.separated(", ");
        for request in requests {
            list.push_bind(*request);
        }
        list.push_unseparated(") ORDER BY request, round, place");
        sql.build_query_as().fetch_all(c).await
    })?;
    for (request, round, user, serial, digest, at_us) in rows {
        let hand = Hand { user: UserId::from_uuid(user), serial };
        let given = Given { hand, digest, at: Timestamp::from_micros(at_us) };
        steps.entry((request, round)).or_default().push(given);
    }
    Ok(steps)
}

/// What is to be moved on: one that cannot be read is put off, and keeps no other waiting.
async fn due(database: &Database, found: Vec<Found>) -> Result<Vec<Request>, StoreError> {
    let mut requests = Vec::with_capacity(found.len());
    for one in found {
        let id = one.id;
        match request(database, one).await {
            Ok(request) => requests.push(request),
            Err(error @ StoreError::Word(_)) => {
                tracing::error!(request = %id, %error, "a request cannot be moved on");
                put_off(database, ApprovalId::from_uuid(id)).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(requests)
}

/// Puts a request off that could not be moved on, longer each time. Its next step ends that.
pub async fn put_off(database: &Database, id: ApprovalId) -> Result<(), StoreError> {
    let mut tx = database.begin().await?;
    let tries: Option<i64> = on!(&mut tx, |c| {
        sqlx::query_scalar("UPDATE approval_request SET tries = tries + 1 WHERE id = $1 RETURNING tries")
            .bind(id.uuid())
            .fetch_optional(c)
            .await
    })?;
    let next_us = retry::next_us(&mut tx, tries.unwrap_or_default()).await?;
    execute!(&mut tx, "UPDATE approval_request SET next_us = $1 WHERE id = $2", next_us, id.uuid())?;
    tx.commit().await?;
    Ok(())
}

async fn request(database: &Database, found: Found) -> Result<Request, StoreError> {
    let mut steps = steps_of(database, &[found.id]).await?;
    let given = steps.remove(&(found.id, found.round)).unwrap_or_default();
    assembled(found, given)
}

fn assembled(found: Found, given: Vec<Given>) -> Result<Request, StoreError> {
    let unreadable = |text: &str| StoreError::Word(text.to_owned());
    Ok(Request {
        id: ApprovalId::from_uuid(found.id),
        contract: ContractId::from_uuid(found.contract),
        about: found.about,
        author: Hand { user: UserId::from_uuid(found.author), serial: found.author_serial },
        state: State::from_code(&found.state).ok_or_else(|| unreadable(&found.state))?,
        version: found.version,
        round: found.round,
        matter: serde_json::from_str(&found.matter).map_err(|_| unreadable("matter"))?,
        text: found.matter,
        digest: found.digest,
        secret: found.secret.map(SecretString::from),
        need: serde_json::from_str(&found.need).map_err(|_| unreadable("need"))?,
        note: found.note,
        made_at: Timestamp::from_micros(found.made_us),
        changed_at: Timestamp::from_micros(found.changed_us),
        until: Timestamp::from_micros(found.until_us),
        given,
    })
}

/// Of a thing an author has one request that is not deleted.
pub fn made(author: UserId, about: &str) -> GuardKey {
    GuardKey(format!("approval-about|{author}|{about}"))
}

/// What the deletion of a request gives back; nothing of one from before this was kept.
pub fn made_before(of: &Request) -> Vec<GuardKey> {
    if of.about.is_empty() { Vec::new() } else { vec![made(of.author.user, &of.about)] }
}

fn secret(of: &Request) -> Value {
    Value::Text(of.secret.as_ref().map(|secret| secret.expose_secret().to_owned()))
}

fn need(of: &Request) -> Value {
    // two numbers of a kind
    serde_json::to_string(&of.need).unwrap_or_default().into()
}

/// A new request.
pub fn new_row(of: &Request, remind_at: Option<Timestamp>) -> Row {
    Row {
        table: &REQUEST,
        values: vec![
            of.id.uuid().into(),
            of.contract.uuid().into(),
            of.matter.code().into(),
            of.about.as_str().into(),
            of.author.user.uuid().into(),
            Value::Text(of.author.serial.clone()),
            of.state.code().into(),
            of.version.into(),
            of.round.into(),
            of.text.as_str().into(),
            of.digest.as_str().into(),
            secret(of),
            need(of),
            of.note.as_str().into(),
            of.made_at.micros().into(),
            of.changed_at.micros().into(),
            of.until.micros().into(),
            Value::Int(remind_at.map(Timestamp::micros)),
        ],
    }
}

/// The whole request as it is to be, in place of the version before it.
pub fn rewritten(of: &Request, remind_at: Option<Timestamp>) -> Change {
    Change::one(
        "UPDATE approval_request SET author_serial = $4, state = $5, version = version + 1, round = $6, matter = $7,
             digest = $8, secret = $9, need = $10, note = $11, changed_us = $12, until_us = $13, remind_us = $14,
             tries = 0, next_us = 0
         WHERE id = $1 AND contract = $2 AND version = $3",
        vec![
            of.id.uuid().into(),
            of.contract.uuid().into(),
            of.version.into(),
            Value::Text(of.author.serial.clone()),
            of.state.code().into(),
            of.round.into(),
            of.text.as_str().into(),
            of.digest.as_str().into(),
            secret(of),
            need(of),
            of.note.as_str().into(),
            of.changed_at.micros().into(),
            of.until.micros().into(),
            Value::Int(remind_at.map(Timestamp::micros)),
        ],
    )
}

/// A step of the request that leaves what is asked for as it is. The digest is in the condition too: what was changed
/// behind the bank's back goes no further.
pub fn moved(of: &Request, to: State, note: &str, until: Timestamp, now: Timestamp) -> Change {
    Change::one(
        "UPDATE approval_request SET state = $5, version = version + 1, note = $6, changed_us = $7, until_us = $8,
             tries = 0, next_us = 0,
             secret = CASE WHEN $5 IN ('done', 'deleted') THEN NULL ELSE secret END
         WHERE id = $1 AND contract = $2 AND version = $3 AND digest = $4",
        vec![
            of.id.uuid().into(),
            of.contract.uuid().into(),
            of.version.into(),
            of.digest.as_str().into(),
            to.code().into(),
            note.into(),
            now.micros().into(),
            until.micros().into(),
        ],
    )
}

/// It waits until another moment. Whoever was reminded is not reminded again.
pub fn ends_at(of: &Request, until: Timestamp, remind_at: Timestamp) -> Change {
    Change::one(
        "UPDATE approval_request SET version = version + 1, until_us = $4,
             remind_us = CASE WHEN remind_us IS NULL THEN NULL ELSE $5 END
         WHERE id = $1 AND contract = $2 AND version = $3 AND state = 'asked'",
        vec![
            of.id.uuid().into(),
            of.contract.uuid().into(),
            of.version.into(),
            until.micros().into(),
            remind_at.micros().into(),
        ],
    )
}

/// Its approvers were reminded, and are once more at the next instant, where there is one.
pub fn reminded(of: &Request, next: Option<Timestamp>) -> Change {
    let next = Value::Int(next.map(Timestamp::micros));
    Change::one(
        "UPDATE approval_request SET remind_us = $4
         WHERE id = $1 AND contract = $2 AND version = $3 AND remind_us IS NOT NULL
         AND COALESCE($4, 0) <> remind_us",
        vec![of.id.uuid().into(), of.contract.uuid().into(), of.version.into(), next],
    )
}

/// An approval of what has this digest.
pub fn step_row(of: &Request, by: &Hand, now: Timestamp) -> Row {
    let place = i64::try_from(of.given.len()).unwrap_or(i64::MAX).saturating_add(1);
    Row {
        table: &STEP,
        values: vec![
            of.id.uuid().into(),
            of.round.into(),
            place.into(),
            by.user.uuid().into(),
            Value::Text(by.serial.clone()),
            of.digest.as_str().into(),
            now.micros().into(),
        ],
    }
}
