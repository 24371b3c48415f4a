//! Judges 代表口座 and 初期設定番号, and makes or renews the master.

use database::{Change, Row, Table, Value, execute, read};
use domain::{ContractId, Timestamp, UserId, random};
use edge::Peer;
use gateway::Service;
use ledger::Refused;
use ring::digest;
use uuid::Uuid;

use super::throttled;
use crate::contracts::registry::{AccountName, Master, digits};
use crate::contracts::{Business, Contract, ContractState, Role, StoreError};
use crate::mail::{Notice, Recipient, To};
use crate::registration::Registration;
use crate::sign_in::{Admission, PasswordError, Use, Verdict};
use crate::{Bank, stops};

/// How long whoever has proved to know the number may take for the page after that.
const TICKET_S: i64 = 30 * 60;

static USER: Table = Table {
    name: "app_user",
    columns: &[
        "id",
        "contract",
        "login_id",
        "name",
        "role",
        "email",
        "password_hash",
        "confirmation_hash",
        "password_changed_us",
        "confirmation_changed_us",
        "created_us",
    ],
};
static RIGHT: Table = Table { name: "user_right", columns: &["app_user", "business", "account"] };

/// Why the set-up does not go on.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// Account and number do not belong together, or nothing waits to be set up. Which one is not said.
    #[error("account and number do not belong together")]
    Wrong,
    /// Wrong too often, for the account or from the address.
    #[error("too many wrong numbers")]
    Blocked,
    /// Wrong so often that the branch makes another number.
    #[error("locked until there is another number")]
    Locked,
    /// Too many at the same time; nothing was counted.
    #[error("too many at the same time")]
    Busy,
    /// The day from which the contract can be used has not come.
    #[error("not usable before {0}")]
    TooEarly(domain::Date),
    /// The number was right, and its time is over.
    #[error("the number has expired")]
    NumberExpired,
    /// It took too long, or the number was used meanwhile.
    #[error("the number was used, or it took too long")]
    Over,
    /// An emergency stop keeps everybody of the contract out, and new credentials with them (SEC-43).
    #[error("the contract is stopped")]
    Stopped,
    /// Somebody has the login ID.
    #[error("the login ID is taken")]
    LoginIdTaken,
    /// The database or the ledger failed.
    #[error("the set-up failed: {0}")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl From<sqlx::Error> for SetUpError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<gateway::StoreError> for SetUpError {
    fn from(error: gateway::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<StoreError> for SetUpError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<PasswordError> for SetUpError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            other => Self::Failed(other.into()),
        }
    }
}

/// What is set up: a new contract, or a master anew.
#[derive(Clone, Debug)]
pub struct SettingUp {
    /// The contract.
    pub contract: Contract,
    /// The master whose passwords were initialised; none of a new contract.
    pub master: Option<Master>,
    /// The hash that the number was right for: it is used once.
    hash: String,
}

/// What the customer has chosen; passwords as they were typed and found good.
pub struct Chosen<'a> {
    /// The master's name.
    pub name: &'a str,
    /// Where mails go.
    pub email: &'a str,
    /// ログインID.
    pub login_id: &'a str,
    /// ログインパスワード.
    pub password: &'a str,
    /// 確認用パスワード.
    pub confirmation: &'a str,
}

/// Judges account and number. Answers the ticket for the page after that.
pub async fn begin(
    bank: &Bank,
    account: &AccountName,
    typed: &str,
    peer: Peer,
) -> Result<(String, SettingUp), SetUpError> {
    let now = bank.clock.now();
    if !bank.set_ups.admit_address(peer.ip(), now).await? {
        return Err(SetUpError::Blocked);
    }
    let begun = judge(bank, account, typed, now).await;
    match &begun {
        Ok(_)
        | Err(
            SetUpError::Busy
            | SetUpError::Blocked
            | SetUpError::Locked
            | SetUpError::TooEarly(_)
            | SetUpError::Stopped,
        ) => {
            bank.set_ups.take_back(peer.ip()).await?;
        }
        Err(SetUpError::Wrong) => {
            bank.set_ups.failed_from(peer.ip(), now).await?;
            tracing::warn!(address = %peer.ip(), "a set-up was refused");
        }
        // what could not be judged stays counted
        Err(_) => {}
    }
    let setting_up = begun?;
    let ticket = random::opaque_id();
    execute!(bank.database, "DELETE FROM set_up_ticket WHERE expires_us < $1", now.micros())?;
    execute!(
        bank.database,
        "INSERT INTO set_up_ticket (key, contract, hash, expires_us) VALUES ($1, $2, $3, $4)",
        key(&ticket),
        setting_up.contract.id.uuid(),
        setting_up.hash.as_str(),
        now.plus_seconds(TICKET_S).micros(),
    )?;
    Ok((ticket, setting_up))
}

async fn judge(
    bank: &Bank,
    account: &AccountName,
    typed: &str,
    now: Timestamp,
) -> Result<SettingUp, SetUpError> {
    // before the count, so that whoever finds no place has not used up a try
    let place = bank.passwords.place(Use::SignIn).await?;
    match bank.set_ups.admit(&throttled(account), None, now).await? {
        Admission::Admitted | Admission::Last | Admission::LastOfAll => {}
        Admission::Blocked => return Err(SetUpError::Blocked),
        Admission::Locked => return Err(SetUpError::Locked),
    }
    let found = bank.contracts.awaiting_set_up(account).await?;
    let (contract, hash) = found.unzip();
    // an account that nobody waits for takes as long
    let verdict = bank.passwords.verify(place, hash.clone(), &digits(typed).unwrap_or_default()).await?;
    let (Some(contract), Some(hash), Verdict::Right { .. }) = (contract, hash, verdict) else {
        return Err(SetUpError::Wrong);
    };
    // whatever stands in the way of the rest, the number was right: no guess
    bank.set_ups.clear(&throttled(account)).await?;
    let setting_up = setting_up(bank, contract, hash).await?.ok_or(SetUpError::Wrong)?;
    let papers = bank.contracts.papers(contract).await?.ok_or(SetUpError::Wrong)?;
    if papers.set_up_until.is_some_and(|until| until <= now) {
        return Err(SetUpError::NumberExpired);
    }
    match papers.usable_from.filter(|from| *from > now.date()) {
        Some(from) => Err(SetUpError::TooEarly(from)),
        None => Ok(setting_up),
    }
}

/// The contract that can be set up: a new one, or one whose master is to begin anew.
async fn setting_up(
    bank: &Bank,
    contract: ContractId,
    hash: String,
) -> Result<Option<SettingUp>, SetUpError> {
    let Some(contract) = bank.contracts.contract(contract).await? else { return Ok(None) };
    let master = bank.contracts.master(contract.id).await?;
    let fits = match contract.state {
        ContractState::Usable => master.is_none(),
        ContractState::Active => master.as_ref().is_some_and(|master| master.reset_at.is_some()),
        ContractState::Applied | ContractState::Ended => false,
    };
    if fits && bank.gateway.stop_of(contract.id, Service::SignIn).await?.is_some() {
        return Err(SetUpError::Stopped);
    }
    Ok(fits.then_some(SettingUp { contract, master, hash }))
}

/// What a ticket is for, where it is still good.
pub async fn resume(bank: &Bank, ticket: &str) -> Result<SettingUp, SetUpError> {
    let now = bank.clock.now();
    let found: Option<(Uuid, String)> = read!(bank.database, |c| {
        sqlx::query_as(
            "SELECT t.contract, t.hash FROM set_up_ticket t JOIN contract k ON k.id = t.contract
             WHERE t.key = $1 AND t.expires_us > $2 AND k.set_up_hash = t.hash",
        )
        .bind(key(ticket))
        .bind(now.micros())
        .fetch_optional(c)
        .await
    })?;
    let (contract, hash) = found.ok_or(SetUpError::Over)?;
    setting_up(bank, ContractId::from_uuid(contract), hash).await?.ok_or(SetUpError::Over)
}

/// Sets it up, once: the number is worth nothing after that.
pub async fn finish(bank: &Bank, of: &SettingUp, chosen: &Chosen<'_>) -> Result<(), SetUpError> {
    let own = of.master.as_ref().is_some_and(|master| master.login_id == chosen.login_id);
    if !own && bank.contracts.login_id_taken(chosen.login_id).await? {
        return Err(SetUpError::LoginIdTaken);
    }
    let password = bank.passwords.hash(chosen.password).await?;
    let confirmation = bank.passwords.hash(chosen.confirmation).await?;
    let now = bank.clock.now();
    let (user, what) = match &of.master {
        Some(master) => (master.id, renewed(of, master, chosen, [password, confirmation], now)),
        None => {
            let user = UserId::generate();
            (user, made(bank, of, user, chosen, [password, confirmation], now).await?)
        }
    };
    let others = bank.contracts.recipients(of.contract.id, To::Administrators).await?;
    let new = Recipient { user, name: chosen.name.to_owned(), address: chosen.email.to_owned() };
    let mut to: Vec<_> = others.into_iter().filter(|other| other.user != user).collect();
    to.push(new);
    let (title, lines) = match &of.master {
        Some(_) => ("マスターユーザのログインIDとパスワードを取り直しました", Vec::new()),
        None => ("初期設定が完了しました", vec![("マスターユーザ", chosen.name.to_owned())]),
    };
    let notice = Notice {
        event: format!("set-up-{user}-{}", now.micros()),
        title: title.to_owned(),
        lines,
        advice: Notice::NOT_YOURS,
    };
    // whoever had the address before learns of it too, should it have been nobody of the company (R21)
    let before = of.master.as_ref().and_then(|master| {
        let address = master.email.clone().filter(|before| before != chosen.email)?;
        Some(Recipient { user, name: master.name.clone(), address })
    });
    let to_before = before.map(|before| {
        let notice = Notice { event: format!("{}-before", notice.event), ..notice.clone() };
        notice.rows(&of.contract, &[before], now)
    });
    let mut what = Registration { mail: Some((notice, to)), ..what };
    what.rows.extend(to_before.into_iter().flatten());
    let mut commit = what.commit(&user.to_string(), &of.contract, now);
    commit.barred_by = stops::against_sign_in(&of.contract);
    match bank.ledger.commit(commit).await {
        Ok(_) => {}
        Err(Refused::Stale) => return Err(SetUpError::Over),
        Err(Refused::Guarded { .. }) => return Err(SetUpError::Stopped),
        Err(refused) => {
            // another person may have taken the login ID since it was looked up
            return match !own && bank.contracts.login_id_taken(chosen.login_id).await? {
                true => Err(SetUpError::LoginIdTaken),
                false => Err(SetUpError::Failed(refused.into())),
            };
        }
    }
    tracing::info!(contract = %of.contract.id, %user, "a contract was set up");
    // what was typed wrongly before does not stand in the way of the new password
    bank.sign_ins.unlock(chosen.login_id).await?;
    Ok(())
}

/// A new master, who has every right on every account and gives the others theirs.
async fn made(
    bank: &Bank,
    of: &SettingUp,
    user: UserId,
    chosen: &Chosen<'_>,
    [password, confirmation]: [String; 2],
    now: Timestamp,
) -> Result<Registration, SetUpError> {
    let id = of.contract.id;
    let values: Vec<Value> = vec![
        user.uuid().into(),
        id.uuid().into(),
        chosen.login_id.into(),
        chosen.name.into(),
        Role::Master.code().into(),
        chosen.email.into(),
        password.into(),
        confirmation.into(),
        now.micros().into(),
        now.micros().into(),
        now.micros().into(),
    ];
    let mut rows = vec![Row { table: &USER, values }];
    for account in bank.contracts.accounts(id).await? {
        rows.extend(Business::ALL.iter().map(|business| Row {
            table: &RIGHT,
            values: vec![user.uuid().into(), business.code().into(), account.account.get().into()],
        }));
    }
    let used = Change::one(
        "UPDATE contract SET state = 'active', set_up_hash = NULL
         WHERE id = $1 AND state = 'usable' AND set_up_hash = $2",
        vec![id.uuid().into(), of.hash.as_str().into()],
    );
    Ok(Registration {
        action: "contract.set_up",
        subject: id.to_string(),
        detail: format!("user {user}"),
        changes: vec![used],
        rows,
        ..Registration::default()
    })
}

/// The same person with another login ID and other passwords (R49, C16).
fn renewed(
    of: &SettingUp,
    master: &Master,
    chosen: &Chosen<'_>,
    [password, confirmation]: [String; 2],
    now: Timestamp,
) -> Registration {
    let (id, user) = (of.contract.id, master.id);
    let used = Change::one(
        "UPDATE contract SET set_up_hash = NULL
         WHERE id = $1 AND state = 'active' AND set_up_hash = $2",
        vec![id.uuid().into(), of.hash.as_str().into()],
    );
    let values: Vec<Value> = vec![
        chosen.login_id.into(),
        chosen.name.into(),
        chosen.email.into(),
        password.into(),
        confirmation.into(),
        now.micros().into(),
        user.uuid().into(),
        id.uuid().into(),
        Value::Int(master.reset_at.map(Timestamp::micros)),
    ];
    let changed = Change::one(
        "UPDATE app_user SET login_id = $1, name = $2, email = $3, password_hash = $4, confirmation_hash = $5,
             password_changed_us = $6, confirmation_changed_us = $6, reset_us = NULL, must_change = 0
         WHERE id = $7 AND contract = $8 AND reset_us = $9 AND removed_us IS NULL",
        values,
    );
    let unlocked =
        Change::any("DELETE FROM confirmation_failure WHERE app_user = $1", vec![user.uuid().into()]);
    Registration {
        action: "contract.set_up_again",
        subject: id.to_string(),
        detail: format!("user {user}"),
        changes: vec![used, changed, unlocked],
        ..Registration::default()
    }
}

fn key(ticket: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, ticket.as_bytes()).as_ref().to_vec()
}
