//! What one administrator changes and a second one confirms (SEC-21), through the queue of approvals. The change and
//! its confirmation are one commit, with the rights of whoever asked for it as they are then.

use domain::{ApprovalId, UserId, Yen};
use gateway::Guard;
use serde::{Deserialize, Serialize};

use super::acts::{self, Act};
use super::draft::{Draft, duties_text, parse_rights, rights_text};
use super::operation;
use super::temporary::Temporary;
use crate::Bank;
use crate::approvals::{self, Asking, Hand, Held, Matter, Need, Policies, Policy, Problem};
use crate::certificates::revoke::{self, MasterAct, MasterError};
use crate::contracts::{DepositAccount, Duty, Plan, Role};
use crate::limits::{self as transfer_limits, LimitOf};
use crate::payeasy::limits;
use crate::policy;
use crate::registration::Registration;
use crate::sign_in::SignedIn;
use crate::tokens;

/// A change as it is asked for and confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AskedChange {
    /// Another policy in place of the version that was seen.
    Policy {
        /// The version.
        seen: i64,
        /// The policy.
        policy: Policy,
    },
    /// A user is added or changed.
    User(UserEntry),
    /// A step is taken with a user.
    Act {
        /// The user.
        user: UserId,
        /// Name and login ID.
        whose: String,
        /// The step's word.
        act: String,
        /// What the user was when it was asked for.
        seen: String,
    },
    /// What a user may pay in a day.
    Limit {
        /// The user.
        user: UserId,
        /// Name and login ID.
        whose: String,
        /// The limit; none is the contract's.
        limit: Option<Yen>,
        /// The limit that was seen, in the same way.
        #[serde(default)]
        seen: Option<Yen>,
    },
    /// What may be transferred: by one order, from an account or by a user in a day.
    TransferLimit {
        /// What it is of.
        of: LimitOf,
        /// The same, as people read it.
        whose: String,
        /// The limit; none is the contract's.
        limit: Option<Yen>,
        /// The limit that was seen, in the same way.
        seen: Option<Yen>,
    },
    /// Another certificate for a user (R48, SEC-05).
    Permit {
        /// Whose.
        user: UserId,
        /// The person's name and login ID, as they were.
        whose: String,
    },
    /// 利用停止解除 of a token (R61).
    TokenUnlock {
        /// Which.
        serial: String,
        /// Since when it was locked, in microseconds: no later lock is lifted by it.
        locked_us: i64,
    },
}

/// What a user is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserEntry {
    subject: UserId,
    seen: Option<String>,
    login_id: String,
    name: String,
    email: String,
    role: Role,
    returning: bool,
    rights: String,
    duties: String,
}

impl UserEntry {
    /// What an entry says.
    pub fn of(draft: &Draft) -> Self {
        Self {
            subject: draft.subject,
            seen: draft.seen.clone(),
            login_id: draft.login_id.clone(),
            name: draft.name.clone(),
            email: draft.email.clone(),
            role: draft.role,
            returning: draft.returning,
            rights: draft.rights.as_ref().map(rights_text).unwrap_or_default(),
            duties: duties_text(&draft.duties),
        }
    }

    /// Whether somebody comes in who was not there.
    fn adds(&self) -> bool {
        self.seen.is_none() || self.returning
    }

    /// The entry; nothing where its texts are of another time.
    fn draft(&self) -> Option<Draft> {
        let duties: Option<_> = self.duties.split_whitespace().map(Duty::from_code).collect();
        Some(Draft {
            subject: self.subject,
            seen: self.seen.clone(),
            login_id: self.login_id.clone(),
            name: self.name.clone(),
            email: self.email.clone(),
            role: self.role,
            returning: self.returning,
            rights: Some(parse_rights(&self.rights)?),
            duties: duties?,
            ..Draft::new()
        })
    }

    /// Everything that is asked for.
    pub fn facts(&self, plan: Plan, accounts: &[DepositAccount]) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("ログインID", self.login_id.clone()),
            ("利用者名", self.name.clone()),
            ("区分", self.role.label().to_owned()),
            ("メールアドレス", self.email.clone()),
        ];
        let Some(draft) = self.draft() else { return facts };
        let rights = draft.rights.unwrap_or_default();
        for business in policy::served(plan) {
            let usable = accounts.iter().filter(|one| rights.may_use(business, one.account));
            let steps = rights.steps(business);
            let words: Vec<_> =
                usable.map(ToString::to_string).chain(steps.iter().map(|s| s.label().to_owned())).collect();
            let words = if words.is_empty() { "権限なし".to_owned() } else { words.join("、") };
            facts.push((business.label(), words));
        }
        let duties: Vec<_> = draft.duties.iter().map(|duty| duty.label()).collect();
        if !duties.is_empty() {
            facts.push(("任せる管理の手続き", duties.join("、")));
        }
        facts
    }
}

impl AskedChange {
    /// Whether making it makes a temporary password.
    pub fn makes_password(&self) -> bool {
        match self {
            Self::User(entry) => entry.adds(),
            Self::Act { act, .. } => matches!(Act::from_code(act), Some(Act::Password | Act::Passwords)),
            Self::Policy { .. }
            | Self::Limit { .. }
            | Self::TransferLimit { .. }
            | Self::Permit { .. }
            | Self::TokenUnlock { .. } => false,
        }
    }

    /// Whom it lets in: another password, a lifted lock, another certificate.
    pub fn lets_in(&self) -> Option<UserId> {
        match self {
            Self::Act { user, act, .. } if Act::from_code(act).is_some_and(Act::gives_access) => Some(*user),
            Self::Permit { user, .. } => Some(*user),
            Self::Act { .. }
            | Self::User(_)
            | Self::Policy { .. }
            | Self::Limit { .. }
            | Self::TransferLimit { .. }
            | Self::TokenUnlock { .. } => None,
        }
    }

    /// What it does, in a few words.
    pub fn title(&self) -> String {
        match self {
            Self::Policy { .. } => "承認の設定の変更".to_owned(),
            Self::User(entry) if entry.adds() => {
                format!("{}({})の登録", entry.name, entry.login_id)
            }
            Self::User(entry) => format!("{}({})の登録内容の変更", entry.name, entry.login_id),
            Self::Act { whose, act, .. } => {
                format!("{whose}: {}", Act::from_code(act).map_or("", |act| act.words().title))
            }
            Self::Limit { whose, .. } => format!("{whose}の限度額の変更"),
            Self::TransferLimit { whose, .. } => format!("{whose}の振込・振替の限度額の変更"),
            Self::Permit { whose, .. } => format!("{whose}: 電子証明書の再発行の許可"),
            Self::TokenUnlock { serial, .. } => format!("トークン {serial}: 利用停止解除"),
        }
    }
}

/// What the contract's policy says: whether a second administrator confirms changes.
pub async fn held(bank: &Bank, by: &SignedIn) -> Result<Held, crate::contracts::StoreError> {
    Policies::of(&bank.database, by.contract.id).held(bank.clock.now()).await
}

/// Asks another administrator to confirm a change.
pub async fn ask(
    bank: &Bank,
    by: &SignedIn,
    change: AskedChange,
    code: Option<Guard>,
) -> Result<ApprovalId, Problem> {
    let asking = Asking {
        // every change is a thing of its own
        about: ApprovalId::generate().to_string(),
        matter: Matter::Administration(change),
        secret: None,
        need: Need::ONE,
        until: None,
    };
    approvals::ask(bank, by, asking, None, code).await
}

/// Whoever asked for it, with the rights of now.
pub async fn author(bank: &Bank, by: &SignedIn, author: &Hand) -> Result<SignedIn, Problem> {
    let user = bank.contracts.user(by.contract.id, author.user).await?.ok_or(Problem::AuthorMayNot)?;
    Ok(SignedIn { user, ..by.clone() })
}

/// The commit of a confirmed change, and a temporary password that it makes.
pub async fn apply(
    bank: &Bank,
    author: &SignedIn,
    by: &SignedIn,
    change: &AskedChange,
) -> Result<(Registration, Option<Temporary>), Problem> {
    match change {
        AskedChange::Policy { seen, policy } => {
            policy::require_duty(author, Duty::Approvals).map_err(|_| Problem::AuthorMayNot)?;
            approvals::check(bank, by.contract.id, *seen, policy).await?;
            Ok((approvals::registration(bank, author, by, *seen, policy).await?, None))
        }
        AskedChange::Limit { user, limit, seen, .. } => {
            let what = limits::registration(bank, author, *user, *limit).await?;
            if bank.limits.of(by.contract.id, *user).await?.user != *seen {
                return Err(Problem::Changed);
            }
            Ok((told(what, by), None))
        }
        AskedChange::TransferLimit { of, limit, seen, .. } => {
            let what = transfer_limits::registration(bank, author, *of, *limit).await?;
            let (held, _) = transfer_limits::held(bank, &by.contract).await?;
            if held.of(*of) != *seen {
                return Err(Problem::Changed);
            }
            Ok((told(what, by), None))
        }
        AskedChange::Permit { user, .. } => {
            let on = bank.contracts.user(by.contract.id, *user).await?.ok_or(Problem::Changed)?;
            match revoke::registration(bank, author, &on, MasterAct::Permit).await {
                Ok(what) => Ok((told(what, by), None)),
                Err(MasterError::NotPermitted) => Err(Problem::AuthorMayNot),
                Err(MasterError::Store(error)) => Err(error.into()),
                Err(_) => Err(Problem::Changed),
            }
        }
        AskedChange::TokenUnlock { serial, locked_us } => {
            match tokens::confirmed_unlock(bank, author, serial, *locked_us).await {
                Ok(what) => Ok((told(what, by), None)),
                Err(tokens::Problem::Unavailable) => Err(Problem::Unavailable),
                // the author's own token, or the lock that was seen, is another by now
                Err(tokens::Problem::Refused(_)) => Err(Problem::AuthorMayNot),
                Err(_) => Err(Problem::Changed),
            }
        }
        AskedChange::User(entry) => {
            let draft = entry.draft().ok_or(Problem::Changed)?;
            let (what, password) = operation::confirmed(bank, author, &draft).await?;
            Ok((told(what, by), password))
        }
        AskedChange::Act { user, act, seen, .. } => {
            let act = Act::from_code(act).ok_or(Problem::Changed)?;
            let now = operation::known(bank, &by.contract, *user).await?.ok_or(Problem::Changed)?;
            if now.seen() != *seen {
                return Err(Problem::Changed);
            }
            let (what, password) = acts::registration(bank, author, *user, act).await?;
            Ok((told(what, by), password))
        }
    }
}

/// The commit, whose mail tells who has confirmed it. Whoever did, gives the access that it gives.
fn told(mut what: Registration, by: &SignedIn) -> Registration {
    if let Some(access) = &mut what.access {
        access.by.push(by.user.id);
    }
    if let Some((notice, _)) = &mut what.mail {
        notice.lines.extend(confirmed(by));
    }
    what
}

/// Who wished for a change and who made it, for the mail.
pub fn hands(author: &SignedIn, by: &SignedIn) -> Vec<(&'static str, String)> {
    let mut hands = vec![("操作した方", author.user.name.clone())];
    if author.user.id != by.user.id {
        hands.extend(confirmed(by));
    }
    hands
}

fn confirmed(by: &SignedIn) -> Vec<(&'static str, String)> {
    vec![("確認した方", by.user.name.clone())]
}
