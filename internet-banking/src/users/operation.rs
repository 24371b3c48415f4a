//! Adding and changing users. Right, role and one-time password are checked here, whatever the form left out.

use std::collections::BTreeSet;

use database::{Change, Row, Table, Value};
use domain::{ApprovalId, Timestamp, UserId, random};
use secrecy::{ExposeSecret, SecretString};

use super::approval::{self, AskedChange, UserEntry};
use super::draft::{Draft, duties_text, rights_text};
use super::problem::Problem;
use super::store::{Member, Members, UserState};
use super::temporary::Temporary;
use crate::Bank;
use crate::approvals::AccessGiven;
use crate::certificates::permit_row;
use crate::contracts::{Contract, DepositAccount, Duty, Rights, Role, User};
use crate::mail::{Notice, Recipient, To};
use crate::policy;
use crate::registration::{Registration, RegistrationError, register};
use crate::settings::USERS_MAX;
use crate::sign_in::SignedIn;
use crate::tokens::{Operation, authorise};

static RIGHT: Table = Table { name: "user_right", columns: &["app_user", "business", "account"] };
static APPROVER: Table = Table { name: "user_approver", columns: &["app_user", "business", "step"] };
static DUTY: Table = Table { name: "user_duty", columns: &["app_user", "duty"] };

/// How often an operation looks again where somebody else was faster.
const TRIES_MAX: u32 = 8;

/// A user with everything that a change may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The person.
    pub member: Member,
    /// What the person may do.
    pub rights: Rights,
    /// What an administrator was given.
    pub duties: BTreeSet<Duty>,
}

impl Known {
    /// What a change began with, to be held against what is there at its end.
    pub fn seen(&self) -> String {
        let Member { login_id, name, role, email, state, .. } = &self.member;
        let (rights, duties) = (rights_text(&self.rights), duties_text(&self.duties));
        let email = email.as_deref().unwrap_or_default();
        format!("{login_id}|{name}|{email}|{}|{}|{rights}|{duties}", role.code(), state.label())
    }

    /// The person, as the table of rights asks for people.
    pub fn user(&self, contract: &Contract) -> User {
        User {
            id: self.member.id,
            contract: contract.id,
            login_id: self.member.login_id.clone(),
            name: self.member.name.clone(),
            role: self.member.role,
            token_serial: self.member.token_serial.clone(),
            rights: self.rights.clone(),
            duties: self.duties.clone(),
            must_change: self.member.state == UserState::Temporary,
        }
    }
}

/// A user of the contract, removed or not.
pub async fn known(bank: &Bank, contract: &Contract, id: UserId) -> Result<Option<Known>, Problem> {
    let Some(member) = Members::of(&bank.database, contract.id).find(id).await? else { return Ok(None) };
    let (rights, duties) = (bank.contracts.rights(id).await?, bank.contracts.duties(id).await?);
    Ok(Some(Known { member, rights, duties }))
}

/// What an entry came to.
#[derive(Debug)]
pub struct Done {
    /// The user.
    pub user: UserId,
    /// What the first sign-in takes, shown once; nothing where nobody was added.
    pub temporary: Option<Temporary>,
    /// The request, where a second administrator confirms it first (SEC-21).
    pub asked: Option<ApprovalId>,
}

/// Whether the person may bring an entry to its end.
pub fn permit(by: &SignedIn, draft: &Draft, was: Option<&Known>) -> Result<(), Problem> {
    let refused = |_| Problem::NotPermitted;
    let (contract, role) = (&by.contract, draft.role);
    let rights = draft.rights.clone().unwrap_or_default();
    let adds = draft.adds();
    match was {
        None if role == Role::Master => return Err(Problem::NotPermitted),
        None => policy::require_duty(by, Duty::Users).map_err(refused)?,
        Some(was) if was.member.id == by.user.id => {
            policy::require_over(by, Duty::Rights, &was.user(contract)).map_err(refused)?;
        }
        Some(was) => policy::require_over(by, Duty::Users, &was.user(contract)).map_err(refused)?,
    }
    let old = was.filter(|_| !adds);
    let is_master = old.is_some_and(|was| was.member.role == Role::Master);
    if (role == Role::Master) != is_master {
        return Err(Problem::NotPermitted);
    }
    if role == Role::Admin || old.is_some_and(|was| was.member.role == Role::Admin) {
        policy::require_duty(by, Duty::Administrators).map_err(refused)?;
    }
    let given: BTreeSet<Duty> = policy::grantable().collect();
    if !draft.duties.is_subset(&given) || (role != Role::Admin && !draft.duties.is_empty()) {
        return Err(Problem::NotPermitted);
    }
    let before = old.map(|was| was.rights.clone()).unwrap_or_default();
    if rights != before {
        policy::require_duty(by, Duty::Rights).map_err(refused)?;
        let more = rights.iter().filter(|(business, account)| !before.may_use(*business, *account));
        let more = more.fold(Rights::none(), |all, (business, account)| all.with(business, &[account]));
        let steps = rights.approvals().filter(|(business, step)| !before.steps(*business).contains(step));
        let more = steps.fold(more, |all, (business, step)| all.approving(business, step));
        if !policy::can_give(&by.user, &more) {
            return Err(Problem::NotPermitted);
        }
    }
    Ok(())
}

/// Rights are for businesses of the plan that have pages, and for accounts of the contract.
pub fn of_the_contract(by: &SignedIn, rights: &Rights, accounts: &[DepositAccount]) -> bool {
    rights.iter().all(|(business, account)| {
        policy::served(by.contract.plan).any(|one| one == business)
            && accounts.iter().any(|one| one.account == account)
    }) && rights
        .approvals()
        .all(|(business, _)| policy::approvable(by.contract.plan).any(|one| one == business))
}

/// Adds or changes the user of an entry.
pub async fn submit(
    bank: &Bank,
    by: &SignedIn,
    draft: &Draft,
    one_time_password: &SecretString,
) -> Result<Done, Problem> {
    let was = known(bank, &by.contract, draft.subject).await?;
    permit(by, draft, was.as_ref())?;
    let accounts = bank.contracts.accounts(by.contract.id).await?;
    if !draft.rights.as_ref().is_some_and(|rights| of_the_contract(by, rights, &accounts)) {
        return Err(Problem::NotPermitted);
    }
    let code = authorise::operation(bank, by, Operation::UserRegister, one_time_password).await?;
    let held = approval::held(bank, by).await?;
    if held.confirms {
        // what could not be done now is not asked for either
        confirmed(bank, by, draft).await?;
        let asked = approval::ask(bank, by, AskedChange::User(UserEntry::of(draft)), code).await?;
        return Ok(Done { user: draft.subject, temporary: None, asked: Some(asked) });
    }
    let secrets = match draft.adds() {
        true => Some(Secrets::generate(bank, &by.contract).await?),
        false => None,
    };
    for _ in 0..TRIES_MAX {
        // others may change other users meanwhile; what the person may is looked at anew, too
        let by = &by.anew(bank).await?.ok_or(Problem::NotPermitted)?;
        let mut what = entry(bank, by, draft, secrets.as_ref()).await?;
        what.barred_by.push(held.next.clone());
        match register(bank, by, code.clone(), what).await {
            Ok(()) => {
                tracing::info!(user = %draft.subject, by = %by.user.id, "a user was registered");
                return Ok(Done {
                    user: draft.subject,
                    temporary: secrets.map(|s| s.temporary),
                    asked: None,
                });
            }
            Err(RegistrationError::Changed) => {}
            // somebody else's since it was looked up
            Err(RegistrationError::Taken(_)) => return Err(Problem::LoginIdTaken),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::Changed)
}

/// The commit of an entry that a second administrator confirms, with the rights of whoever made it, and the password
/// that it makes.
pub async fn confirmed(
    bank: &Bank,
    author: &SignedIn,
    draft: &Draft,
) -> Result<(Registration, Option<Temporary>), Problem> {
    let accounts = bank.contracts.accounts(author.contract.id).await?;
    if !draft.rights.as_ref().is_some_and(|rights| of_the_contract(author, rights, &accounts)) {
        return Err(Problem::NotPermitted);
    }
    let secrets = match draft.adds() {
        true => Some(Secrets::generate(bank, &author.contract).await?),
        false => None,
    };
    let what = entry(bank, author, draft, secrets.as_ref()).await?;
    Ok((what, secrets.map(|secrets| secrets.temporary)))
}

/// The commit of an entry, as the users of the contract are now.
async fn entry(
    bank: &Bank,
    by: &SignedIn,
    draft: &Draft,
    secrets: Option<&Secrets>,
) -> Result<Registration, Problem> {
    let members = Members::of(&bank.database, by.contract.id);
    let was = known(bank, &by.contract, draft.subject).await?;
    if was.as_ref().map(Known::seen) != draft.seen {
        return Err(Problem::Changed);
    }
    permit(by, draft, was.as_ref())?;
    if draft.adds() {
        if members.is_taken(&draft.login_id).await? {
            return Err(Problem::LoginIdTaken);
        }
        let users_max = USERS_MAX.number(&bank.database, bank.clock.now().date()).await?;
        if members.count().await? >= users_max {
            return Err(Problem::TooMany(users_max));
        }
    }
    let now = bank.clock.now();
    let rights = draft.rights.clone().unwrap_or_default();
    let (action, mut changes) = match (&was, secrets) {
        (None, Some(secrets)) => ("user.add", vec![insert(by, draft, secrets, now)]),
        (Some(_), Some(secrets)) => ("user.return", vec![bring_back(by, draft, secrets)]),
        (Some(was), None) if was.member.role == Role::Master => ("user.rights", Vec::new()),
        (Some(_), None) => ("user.change", vec![update(by, draft)]),
        (None, None) => return Err(Problem::Changed),
    };
    let id = draft.subject.uuid();
    changes.push(Change::any("DELETE FROM user_right WHERE app_user = $1", vec![id.into()]));
    changes.push(Change::any("DELETE FROM user_approver WHERE app_user = $1", vec![id.into()]));
    changes.push(Change::any("DELETE FROM user_duty WHERE app_user = $1", vec![id.into()]));
    let right = |(business, account): (crate::contracts::Business, domain::AccountId)| Row {
        table: &RIGHT,
        values: vec![id.into(), business.code().into(), account.get().into()],
    };
    let approver = |(business, step): (crate::contracts::Business, crate::contracts::Step)| Row {
        table: &APPROVER,
        values: vec![id.into(), business.code().into(), step.code().into()],
    };
    let duty = |duty: &Duty| Row { table: &DUTY, values: vec![id.into(), duty.code().into()] };
    let approvers = rights.approvals().map(approver);
    let mut rows: Vec<_> =
        rights.iter().map(right).chain(approvers).chain(draft.duties.iter().map(duty)).collect();
    if action == "user.return" {
        // R48: whoever is registered anew fetches a certificate, whatever became of the one before
        rows.push(permit_row(by.contract.id, draft.subject, by.user.id, now));
    }
    let to = told(bank, by, draft, was.as_ref()).await?;
    let gives = draft.subject != by.user.id && (draft.adds() || gives_a_say(draft, was.as_ref()));
    Ok(Registration {
        action,
        subject: draft.subject.to_string(),
        detail: format!(
            "{} {}, rights {}, duties {}",
            draft.login_id,
            draft.role.code(),
            rights_text(&rights),
            duties_text(&draft.duties)
        ),
        changes,
        rows,
        changes_access: Some(by.access),
        access: gives.then(|| AccessGiven { user: draft.subject, by: vec![by.user.id] }),
        mail: Some((notice(by, draft, action, secrets), to)),
        ..Registration::default()
    })
}

/// Whether the entry lets the person approve or confirm what was not the person's to approve before.
fn gives_a_say(draft: &Draft, was: Option<&Known>) -> bool {
    let had_step = |business, step| was.is_some_and(|was| was.rights.steps(business).contains(&step));
    let more_steps = draft.rights.iter().flat_map(Rights::approvals).any(|(b, step)| !had_step(b, step));
    let had_duty = was.is_some_and(|was| was.duties.contains(&Duty::Approvals));
    more_steps || (draft.duties.contains(&Duty::Approvals) && !had_duty)
}

fn insert(by: &SignedIn, draft: &Draft, secrets: &Secrets, now: Timestamp) -> Change {
    Change::one(
        "INSERT INTO app_user (id, contract, login_id, name, role, email, password_hash, confirmation_hash,
             must_change, created_us, temporary_until_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10)
         ON CONFLICT (login_id) WHERE removed_us IS NULL DO NOTHING",
        vec![
            draft.subject.uuid().into(),
            by.contract.id.uuid().into(),
            draft.login_id.as_str().into(),
            draft.name.as_str().into(),
            draft.role.code().into(),
            draft.email.as_str().into(),
            secrets.password_hash.as_str().into(),
            secrets.confirmation_hash.as_str().into(),
            now.micros().into(),
            secrets.temporary.until.micros().into(),
        ],
    )
}

/// The same person again (R48, C16): the row stays, with its history, and everything else begins anew.
fn bring_back(by: &SignedIn, draft: &Draft, secrets: &Secrets) -> Change {
    Change::one(
        "UPDATE app_user SET name = $3, role = $4, email = $5, password_hash = $6, confirmation_hash = $7,
             must_change = 1, temporary_until_us = $8, password_changed_us = NULL,
             confirmation_changed_us = NULL, reset_us = NULL,
             removed_us = NULL, disabled_us = NULL, token_serial = NULL
         WHERE id = $1 AND contract = $2 AND removed_us IS NOT NULL AND role <> 'master'
           AND NOT EXISTS (SELECT 1 FROM app_user o WHERE o.login_id = app_user.login_id AND o.removed_us IS NULL)",
        vec![
            draft.subject.uuid().into(),
            by.contract.id.uuid().into(),
            draft.name.as_str().into(),
            draft.role.code().into(),
            draft.email.as_str().into(),
            secrets.password_hash.as_str().into(),
            secrets.confirmation_hash.as_str().into(),
            secrets.temporary.until.micros().into(),
        ],
    )
}

fn update(by: &SignedIn, draft: &Draft) -> Change {
    Change::one(
        "UPDATE app_user SET name = $3, role = $4, email = $5
         WHERE id = $1 AND contract = $2 AND removed_us IS NULL AND role <> 'master'",
        vec![
            draft.subject.uuid().into(),
            by.contract.id.uuid().into(),
            draft.name.as_str().into(),
            draft.role.code().into(),
            Value::Text(Some(draft.email.clone()).filter(|email| !email.is_empty())),
        ],
    )
}

/// The person, master and administrators; where the address changes, the old one too.
async fn told(
    bank: &Bank,
    by: &SignedIn,
    draft: &Draft,
    was: Option<&Known>,
) -> Result<Vec<Recipient>, Problem> {
    let mut to = bank.contracts.recipients(by.contract.id, To::UserAndAdministrators(draft.subject)).await?;
    let is_master = was.is_some_and(|was| was.member.role == Role::Master);
    let had = to.iter().any(|one| one.user == draft.subject && one.address == draft.email);
    if !had && !is_master && !draft.email.is_empty() {
        // a mail is named by event and user, so the second address of one person is a mail of its own
        let own = to.iter().any(|one| one.user == draft.subject);
        let user = if own { UserId::generate() } else { draft.subject };
        to.push(Recipient { user, name: draft.name.clone(), address: draft.email.clone() });
    }
    Ok(to)
}

fn notice(by: &SignedIn, draft: &Draft, action: &str, secrets: Option<&Secrets>) -> Notice {
    let title = match action {
        "user.add" => "利用者を追加しました",
        "user.return" => "利用者をもう一度登録しました",
        _ => "利用者の登録内容を変更しました",
    };
    let mut lines = vec![
        ("利用者", format!("{}({})", draft.name, draft.login_id)),
        ("区分", draft.role.label().to_owned()),
        ("操作した方", format!("{}({})", by.user.name, by.user.login_id)),
    ];
    lines.extend(secrets.map(|secrets| ("仮のパスワードの期限", secrets.temporary.until())));
    Notice {
        event: format!("user-{}", random::opaque_id()),
        title: title.to_owned(),
        lines,
        advice: Notice::NOT_YOURS,
    }
}

/// Passwords for somebody who has none, until the person chooses them.
#[derive(Debug)]
pub(super) struct Secrets {
    pub(super) temporary: Temporary,
    pub(super) password_hash: String,
    pub(super) confirmation_hash: String,
}

impl Secrets {
    pub(super) async fn generate(bank: &Bank, contract: &Contract) -> Result<Self, Problem> {
        let (temporary, confirmation) = Temporary::generate(bank, contract).await?;
        Ok(Self {
            password_hash: bank.passwords.hash(temporary.password.expose_secret()).await?,
            confirmation_hash: bank.passwords.hash(confirmation.expose_secret()).await?,
            temporary,
        })
    }
}

/// Whether a user has passwords of the own.
pub const fn has_passwords(state: UserState) -> bool {
    matches!(state, UserState::Active | UserState::Temporary)
}
