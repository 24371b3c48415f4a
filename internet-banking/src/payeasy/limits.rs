//! 1日の限度額 as the bank keeps it: the contract's, which the branch sets, and what its master sets for a user below it.
//! A change is a row that is written once; the newest of those whose time has come holds. What lets a user pay more
//! comes the next business day, what lets a user pay less at once (SEC-23).

use database::{Database, Row, Table, Value, read};
use domain::time::month_day;
use domain::{Clock, ContractId, Timestamp, UserId, Yen};
use gateway::directory::{Collector, Kind};
use gateway::{DailyLimit, GuardKind, PayError, Payment, PaymentOrder};
use secrecy::SecretString;
use uuid::Uuid;

use super::operation::unavailable;
use super::problem::Problem;
use crate::Bank;
use crate::approvals;
use crate::contracts::{Business, Duty, Role, StoreError};
use crate::limits::rules::{holds_from, lowers};
use crate::limits::{Changed, Settings};
use crate::mail::{Notice, To};
use crate::policy;
use crate::registration::{Registration, register};
use crate::settings;
use crate::sign_in::SignedIn;
use crate::tokens::{Operation, authorise};
use crate::users::approval::{self, AskedChange};

static LIMIT: Table = Table {
    name: "payeasy_limit",
    columns: &["app_user", "at_us", "contract", "amount", "actor", "from_us"],
};

static CONTRACT_LIMIT: Table =
    Table { name: "payeasy_contract_limit", columns: &["contract", "at_us", "amount", "actor"] };

/// Tries of a payment that meets changes of the contract's limits.
const TRIES_MAX: u32 = 8;

/// A user, the limit that holds, and from when on the newest one does.
type LimitRow = (Uuid, String, String, String, Option<i64>, Option<i64>, Option<i64>);

/// The limits of a database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Limits {
    database: Database,
    clock: Clock,
}

/// A user of the contract with the own limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserLimit {
    /// The person.
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// What the person types to sign in.
    pub login_id: String,
    /// The person's role.
    pub role: Role,
    /// The limit, where there is one below the contract's.
    pub limit: Option<Yen>,
    /// From when on another one holds, and which.
    pub next: Option<(Timestamp, Option<Yen>)>,
}

/// Whether a collector's payments count towards the limits: private ones do, taxes and treasury money have none.
pub fn applies_to(collector: &Collector) -> bool {
    collector.kind == Kind::Private
}

impl Limits {
    /// The limits of a database.
    pub const fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock }
    }

    /// What a contract may pay: its own, or what the bank has set for all.
    pub async fn of_contract(&self, contract: ContractId) -> Result<Yen, sqlx::Error> {
        let found: Option<i64> = read!(self.database, |c| {
            sqlx::query_scalar(
                "SELECT amount FROM payeasy_contract_limit WHERE contract = $1 ORDER BY at_us DESC LIMIT 1",
            )
            .bind(contract.uuid())
            .fetch_optional(c)
            .await
        })?;
        match found {
            Some(own) => Ok(Yen::new(own)),
            None => settings::payeasy_daily_limit(&self.database, self.clock.now().date()).await,
        }
    }

    /// What a user may pay, and the contract.
    pub async fn of(&self, contract: ContractId, user: UserId) -> Result<DailyLimit, sqlx::Error> {
        let found: Option<Option<i64>> = read!(self.database, |c| {
            sqlx::query_scalar(
                "SELECT amount FROM payeasy_limit WHERE app_user = $1 AND contract = $2 AND from_us <= $3
                 ORDER BY at_us DESC LIMIT 1",
            )
            .bind(user.uuid())
            .bind(contract.uuid())
            .bind(self.clock.now().micros())
            .fetch_optional(c)
            .await
        })?;
        Ok(DailyLimit { contract: self.of_contract(contract).await?, user: found.flatten().map(Yen::new) })
    }

    /// The users of a contract who may sign in, each with the own limit.
    pub async fn users(&self, contract: ContractId) -> Result<Vec<UserLimit>, StoreError> {
        let now = self.clock.now().micros();
        let rows: Vec<LimitRow> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT u.id, u.name, u.login_id, u.role, (SELECT l.amount FROM payeasy_limit l
                     WHERE l.app_user = u.id AND l.from_us <= $2 ORDER BY l.at_us DESC LIMIT 1) AS amount,
                     (SELECT l.from_us FROM payeasy_limit l
                     WHERE l.app_user = u.id ORDER BY l.at_us DESC LIMIT 1) AS from_us,
                     (SELECT l.amount FROM payeasy_limit l
                     WHERE l.app_user = u.id ORDER BY l.at_us DESC LIMIT 1) AS newest
                 FROM app_user u WHERE u.contract = $1 AND u.disabled_us IS NULL ORDER BY u.login_id",
            )
            .bind(contract.uuid())
            .bind(now)
            .fetch_all(c)
            .await
        })?;
        let user = |(id, name, login_id, role, limit, from, newest): LimitRow| {
            let from = from.filter(|from| *from > now).map(Timestamp::from_micros);
            Ok(UserLimit {
                next: from.map(|from| (from, newest.map(Yen::new))),
                user: UserId::from_uuid(id),
                name,
                login_id,
                role: Role::from_code(&role).ok_or(StoreError::Word(role))?,
                limit: limit.map(Yen::new),
            })
        };
        rows.into_iter().map(user).collect()
    }
}

/// The row that sets what a contract may pay, for the commit of the request that asked for it.
pub fn contract_row(contract: ContractId, limit: Yen, actor: &str, now: Timestamp) -> Row {
    Row {
        table: &CONTRACT_LIMIT,
        values: vec![contract.uuid().into(), now.micros().into(), limit.get().into(), actor.into()],
    }
}

/// Pays within the limits that hold when the money is held: one that is lowered meanwhile binds it too.
pub(super) async fn pay(
    bank: &Bank,
    order: PaymentOrder,
    collector: &Collector,
) -> Result<Payment, PayError> {
    if !applies_to(collector) {
        return bank.gateway.pay_within(order, None).await;
    }
    let (contract, user) = (order.payer.contract, order.payer.user);
    // nothing is done yet where they cannot be read
    let unread = |error: sqlx::Error| PayError::NotWritten(error.to_string());
    for _ in 0..TRIES_MAX {
        let settings = Settings::of(&bank.database, contract).held(bank.clock.now()).await.map_err(unread)?;
        let limit = bank.limits.of(contract, user).await.map_err(unread)?;
        let mut order = order.clone();
        order.barred_by.push(settings.bar());
        match bank.gateway.pay_within(order, Some(limit)).await {
            Err(PayError::GuardTaken(GuardKind::Limits)) => {}
            paid => return paid,
        }
    }
    Err(PayError::Overloaded)
}

/// Whether the person may set limits of the contract's users.
pub fn may_set(by: &SignedIn) -> bool {
    policy::has(&by.user, Duty::Limits) && policy::require(by, Business::PayEasy).is_ok()
}

/// Whether the person may set this one's: nobody the own one but the master, and no administrator another's.
pub fn may_set_of(by: &SignedIn, of: &UserLimit) -> bool {
    may_set(by) && policy::has_over(&by.user, Duty::Limits, of.user, of.role)
}

/// Sets a user's limit, in one commit with the one-time password that it costs and the record of it. Where another
/// administrator must confirm it, that one is asked.
pub async fn set(
    bank: &Bank,
    by: &SignedIn,
    user: UserId,
    limit: Option<Yen>,
    one_time_password: &SecretString,
) -> Result<Option<domain::ApprovalId>, approvals::Problem> {
    let held = approval::held(bank, by).await?;
    let mut what = registration(bank, by, user, limit).await?;
    let code = authorise::operation(bank, by, Operation::PayeasyLimit, one_time_password).await?;
    // less is in force at once; more waits for a second administrator, where the contract wants one
    let seen = bank.limits.of(by.contract.id, user).await?;
    let lowers = lowers(limit, seen.user, seen.contract);
    if held.confirms && !lowers {
        let theirs = bank.contracts.user(by.contract.id, user).await?.ok_or(Problem::NotPermitted)?;
        let whose = format!("{}({})", theirs.name, theirs.login_id);
        return approval::ask(bank, by, AskedChange::Limit { user, whose, limit, seen: seen.user }, code)
            .await
            .map(Some);
    }
    if !lowers {
        what.barred_by.push(held.next);
    }
    register(bank, by, code, what).await?;
    Ok(None)
}

/// The commit that sets a user's limit, where the person may.
pub async fn registration(
    bank: &Bank,
    by: &SignedIn,
    user: UserId,
    limit: Option<Yen>,
) -> Result<Registration, Problem> {
    if !may_set(by) {
        return Err(Problem::NotPermitted);
    }
    // before the limit that holds is looked at: who changes users or limits meanwhile comes first
    let settings = Settings::of(&bank.database, by.contract.id).held(bank.clock.now()).await;
    let settings = settings.map_err(|error| unavailable(&error))?;
    let theirs = bank.contracts.user(by.contract.id, user).await.map_err(|error| unavailable(&error))?;
    let theirs = theirs.ok_or(Problem::NotPermitted)?;
    policy::require_over(by, Duty::Limits, &theirs).map_err(|_| Problem::NotPermitted)?;
    let most = bank.limits.of_contract(by.contract.id).await.map_err(|error| unavailable(&error))?;
    if limit.is_some_and(|limit| limit > most) {
        return Err(Problem::NotPermitted);
    }
    let to = bank.contracts.recipients(by.contract.id, To::UserAndAdministrators(user)).await;
    let to = to.map_err(|error| unavailable(&error))?;
    let now: Timestamp = bank.clock.now();
    let held = bank.limits.of(by.contract.id, user).await.map_err(|error| unavailable(&error))?;
    let from = holds_from(limit, held.user, held.contract, now);
    let (counted, guard) = settings.change(Changed::Payeasy, limit, (now, from), &by.user.id.to_string());
    let (detail, words) = match limit {
        Some(limit) => (format!("{limit} yen a day from {}", from.date()), format!("{limit} 円")),
        None => {
            (format!("the contract's limit from {}", from.date()), format!("ご契約の限度額({most} 円)と同じ"))
        }
    };
    let notice = Notice {
        event: format!("payeasy-limit-{user}-{}", now.micros()),
        title: "税金・各種料金の1日の限度額を変更しました".to_owned(),
        lines: vec![
            ("限度額の利用者", theirs.name),
            ("変更後の限度額", words),
            ("変更する日", month_day(from.date())),
            ("操作した方", by.user.name.clone()),
        ],
        advice: Notice::NOT_YOURS,
    };
    Ok(Registration {
        action: "payeasy.limit",
        subject: user.to_string(),
        detail,
        rows: vec![row(by, user, limit, (now, from)), counted],
        guards: vec![guard],
        mail: Some((notice, to)),
        ..Registration::default()
    })
}

fn row(by: &SignedIn, user: UserId, limit: Option<Yen>, (now, from): (Timestamp, Timestamp)) -> Row {
    Row {
        table: &LIMIT,
        values: vec![
            user.uuid().into(),
            now.micros().into(),
            by.contract.id.uuid().into(),
            Value::Int(limit.map(Yen::get)),
            by.user.id.to_string().into(),
            from.micros().into(),
        ],
    }
}
