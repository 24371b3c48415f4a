//! The one way to register or change something: rows, the one-time password that it costs, the record of it and the
//! mails about it go in one commit, all or nothing.

use database::{Change, Row};
use domain::Timestamp;
use edge::Errors;
use gateway::{Guard, StopScope, stopped_by};
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Refused};

use crate::approvals::AccessGiven;
use crate::contracts::{AccessVersion, Contract};
use crate::help::Code;
use crate::mail::{Notice, Recipient};
use crate::sign_in::SignedIn;
use crate::{Bank, stops};

/// What is told by mail, by the words of the audit log (R19). A test does all of it and looks who gets which mail; a
/// registration that is neither here nor among those that tell nobody is a fault, which no test lets pass.
pub const TOLD: &[&str] = &[
    "approval.approve",
    "approval.ask",
    "approval.expire",
    "approval.policy",
    "approval.refused",
    "approval.remind",
    "approval.return",
    "bulk.file",
    "certificate.confirm",
    "certificate.issue",
    "certificate.permit",
    "certificate.revoke",
    "contract.address",
    "contract.end",
    "contract.master_mail",
    "contract.notice",
    "contract.payee",
    "contract.payee_end",
    "contract.phrase",
    "contract.plan",
    "contract.reset_master",
    "contract.revoke_certificate",
    "contract.same_day",
    "contract.set_up",
    "contract.set_up_again",
    "contract.sign_in",
    "contract.single_administrator",
    "contract.stop",
    "contract.stop_lifted",
    "contract.transfer_limit",
    "contract.unlock_confirmation",
    "contract.unlock_name_check",
    "contract.unlock_sign_in",
    "contract.usable",
    "payeasy.contract_limit",
    "payeasy.favourite_add",
    "payeasy.favourite_delete",
    "payeasy.favourite_rename",
    "payeasy.limit",
    "payeasy.stop",
    "payeasy.stop_lifted",
    "payee.add",
    "payee.change",
    "payee.check_lock",
    "payee.delete",
    "payee.import",
    "session.lock",
    "session.pause",
    "session.sign_in",
    "token.expiry_told",
    "token.lock",
    "token.lost",
    "token.register",
    "token.revoke",
    "token.ship",
    "token.unlock",
    "transfer.limit",
    "transfer.template_add",
    "transfer.template_delete",
    "transfer.template_rename",
    "user.add",
    "user.change",
    "user.confirmation_lock",
    "user.own_confirmation",
    "user.own_email",
    "user.own_first",
    "user.own_password",
    "user.own_reminder",
    "user.password",
    "user.remove",
    "user.resume",
    "user.return",
    "user.rights",
    "user.suspend",
    "user.unlock",
];

/// What people are told nothing of by mail, and why (R19). Whatever else tells nobody is a fault, which no test lets
/// pass.
const TOLD_TO_NOBODY: &[(&str, &str)] = &[
    ("session.sign_in", "only one from another address than before is told (SEC-29)"),
    ("session.sign_out", "the person has just done it, and nothing has changed"),
    ("approval.keep", "a draft, which only its author sees"),
    ("approval.delete", "a draft, which only its author sees"),
    ("approval.withdraw", "back with its author, who has done it"),
    ("approval.many", "the code of several approvals, each of which tells by itself"),
    ("approval.approve", "what moves money tells by itself what became of it"),
    ("approval.done", "what moves money tells by itself what became of it"),
    ("approval.until", "the request's page and the reminder before its end say the new end"),
    ("token.ship", "in place of one that expires, whose notice tells of it"),
    ("contract.open", "nobody of the contract has an address yet"),
    (
        "contract.print_notice",
        "the letter goes to the address of the contract; the number was told when it was made",
    ),
];

/// What changes a row of users or of the contract, and takes nothing from anybody: whatever was judged before it still
/// holds. Whatever else does is a change of access ([`Registration::changes_access`]), which no test lets be forgotten.
const TAKES_NOTHING: &[(&str, &str)] = &[
    ("user.own_password", "the person's own; what was proved by the one before was the person's"),
    ("user.own_confirmation", "the person's own; what was proved by the one before was the person's"),
    ("user.own_first", "nothing can be ordered before it"),
    ("user.own_email", "an address"),
    ("token.register", "the person's own; the code of another token is a guard of its own"),
    ("certificate.issue", "gives the person another; what it ends waits for its first use"),
    ("certificate.confirm", "the person's own, by a sign-in that ends the session before it"),
    ("contract.print_notice", "the number of a letter"),
    ("contract.set_up", "nobody is signed in before it"),
    ("contract.set_up_again", "nobody has been signed in since the reset"),
    ("contract.open", "nobody is signed in before it, and the rights are those of a contract that has ended"),
    ("contract.usable", "nobody is signed in before it"),
    ("contract.transfer_limit", "a limit, which has versions of its own"),
    ("contract.address", "an address"),
    ("contract.master_mail", "an address"),
    ("contract.phrase", "words in mails"),
];

/// What statements begin with that change who may do what.
const OF_ACCESS: &[&str] = &[
    "UPDATE app_user",
    "INSERT INTO app_user",
    "DELETE FROM user_right",
    "UPDATE contract SET",
    "UPDATE certificate SET ended_us",
];

/// What is registered or changed.
#[derive(Clone, Debug, Default)]
pub struct Registration {
    /// The word for the audit log: `user.add`.
    pub action: &'static str,
    /// What it is done to.
    pub subject: String,
    /// Facts, without secrets.
    pub detail: String,
    /// Rows that are there and change.
    pub changes: Vec<Change>,
    /// New rows.
    pub rows: Vec<Row>,
    /// What must be free, and is taken.
    pub guards: Vec<(GuardKey, EntityId)>,
    /// Whose access it gives, where it gives any: they and the givers count as one person for a while.
    pub access: Option<AccessGiven>,
    /// The version of who may do what in the contract that this changes, where it does.
    pub changes_access: Option<AccessVersion>,
    /// What is free again.
    pub release: Vec<GuardKey>,
    /// Bars that nobody may have taken, beside those of emergency stops.
    pub barred_by: Vec<GuardKey>,
    /// Who is told, and what.
    pub mail: Option<(Notice, Vec<Recipient>)>,
}

/// Why nothing was registered or changed.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// The one-time password was used before, by whoever shares the token.
    #[error("the one-time password was used before")]
    CodeUsed,
    /// It is not as the caller has seen it any more, or somebody else was faster.
    #[error("it has changed meanwhile")]
    Changed,
    /// An emergency stop was there first (SEC-43).
    #[error("it is stopped: {0:?}")]
    Stopped(StopScope),
    /// A row with this key is there.
    #[error("a key is taken: {0}")]
    Taken(String),
    /// The process ends before it learnt what came of it.
    #[error("whether it was committed is not known")]
    Unclear,
    /// The ledger could not take it.
    #[error("it could not be committed: {0}")]
    Unavailable(Refused),
}

impl RegistrationError {
    /// What a commit that was refused means, where it took this one-time password.
    pub fn of(refused: Refused, code: Option<&GuardKey>) -> Self {
        match refused {
            Refused::Guarded { key, .. } if code.is_some_and(|code| code.0 == key) => Self::CodeUsed,
            Refused::Guarded { key, .. } => stopped_by(&key).map_or(Self::Changed, Self::Stopped),
            Refused::Stale => Self::Changed,
            Refused::Taken(key) => Self::Taken(key),
            Refused::Stopped => Self::Unclear,
            refused => Self::Unavailable(refused),
        }
    }

    /// The code that tells it on whatever page, where the page has no words of its own for it.
    pub const fn code(&self) -> Code {
        match self {
            Self::CodeUsed => Code::OneTimePasswordUsed,
            Self::Stopped(scope) => stops::code(*scope),
            Self::Taken(_) => Code::KeyTaken,
            Self::Unclear => Code::RegistrationUnclear,
            Self::Changed | Self::Unavailable(_) => Code::Unavailable,
        }
    }
}

impl Registration {
    /// Whether somebody is told, or it is one of those of which nobody is.
    fn is_told(&self) -> bool {
        match self.mail {
            Some(_) => TOLD.contains(&self.action),
            None => TOLD_TO_NOBODY.iter().any(|(action, _)| *action == self.action),
        }
    }

    /// Whether nobody may do less after it than before.
    fn takes_nothing(&self) -> bool {
        let of_access = |change: &Change| {
            OF_ACCESS.iter().any(|statement| change.sql.trim_start().starts_with(statement))
        };
        !self.changes.iter().any(of_access) || TAKES_NOTHING.iter().any(|(action, _)| *action == self.action)
    }

    /// The commit, for whoever does it.
    pub fn commit(self, actor: &str, contract: &Contract, now: Timestamp) -> Commit {
        if !self.is_told() {
            tracing::error!(action = self.action, "nobody is told of it");
        }
        debug_assert!(self.is_told(), "who is told of {} is not decided", self.action);
        debug_assert!(self.changes_access.is_some() || self.takes_nothing(), "{} takes no bar", self.action);
        let (mut rows, mut guards) = (self.rows, self.guards);
        if let Some(version) = self.changes_access {
            let (row, guard) = version.next(self.action, actor, now);
            rows.push(row);
            guards.push(guard);
        }
        if let Some((notice, to)) = &self.mail {
            rows.extend(notice.rows(contract, to, now));
        }
        let mut changes = self.changes;
        changes.extend(self.access.iter().flat_map(|access| access.changes(contract.id, now)));
        Commit {
            changes,
            rows,
            guards,
            release: self.release,
            barred_by: self.barred_by,
            audit: vec![AuditRecord {
                contract: Some(contract.id),
                actor: actor.to_owned(),
                action: self.action,
                subject: self.subject,
                detail: self.detail,
            }],
            ..Commit::default()
        }
    }
}

/// What a page says of a code that tells all: what happened, and what to do.
pub(crate) fn told(code: Code) -> Errors {
    let entry = code.entry();
    Errors::general(format!("{}{}", entry.happened, entry.remedy))
}

/// What every list of problems of a registration has in common: how the refusal of a one-time password, the commit's
/// answer and our own failures become one of it. The list has `Code`, `Changed`, `Told`, `Unavailable` and
/// `unavailable`.
macro_rules! problem {
    ($problem:ty; $($failure:ty),* $(,)?) => {
        impl From<$crate::tokens::authorise::Problem> for $problem {
            fn from(problem: $crate::tokens::authorise::Problem) -> Self {
                Self::Code(problem)
            }
        }

        impl From<$crate::registration::RegistrationError> for $problem {
            fn from(error: $crate::registration::RegistrationError) -> Self {
                use $crate::registration::RegistrationError as Error;
                match error {
                    Error::CodeUsed => Self::Code($crate::tokens::authorise::Problem::Used),
                    Error::Changed => Self::Changed,
                    Error::Stopped(_) | Error::Taken(_) | Error::Unclear => Self::Told(error.code()),
                    Error::Unavailable(refused) => Self::unavailable(&refused),
                }
            }
        }

        $(impl From<$failure> for $problem {
            fn from(error: $failure) -> Self {
                Self::unavailable(&error)
            }
        })*
    };
}
pub(crate) use problem;

/// Registers or changes it for a signed-in user. Whether the user may is the caller's question; whether the user still
/// may when it is committed, the bars decide.
pub async fn register(
    bank: &Bank,
    by: &SignedIn,
    code: Option<Guard>,
    what: Registration,
) -> Result<(), RegistrationError> {
    let code = code.map(|guard| guard.key());
    let mut commit = what.commit(&by.user.id.to_string(), &by.contract, bank.clock.now());
    commit.guards.extend(code.clone().map(|key| (key, EntityId(by.user.id.uuid()))));
    // the bar that a change of access takes itself is not in its way
    let taken: Vec<_> = commit.guards.iter().map(|(key, _)| key.clone()).collect();
    commit.barred_by.extend(by.barred_by().into_iter().filter(|bar| !taken.contains(bar)));
    let committed = bank.ledger.commit(commit).await;
    committed.map(drop).map_err(|refused| RegistrationError::of(refused, code.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit_words::ACTIONS;

    /// The same: an act that is added without a decision does not get through any test that does it.
    #[test]
    fn whoever_takes_something_from_somebody_bars_what_was_judged_before() {
        let of = |action, sql| Registration {
            action,
            changes: vec![Change::any(sql, Vec::new())],
            ..Registration::default()
        };
        assert!(!of("user.suspend", "UPDATE app_user SET disabled_us = $3 WHERE id = $1").takes_nothing());
        assert!(of("template.change", "UPDATE transfer_template SET name = $1").takes_nothing());
        for (action, why) in TAKES_NOTHING {
            assert!(of(action, "UPDATE app_user SET x = 1").takes_nothing() && !why.is_empty());
            assert!(ACTIONS.iter().any(|(known, _)| known == action), "{action} is no action");
        }
    }

    /// An act that is added without a decision does not get through any test that does it.
    ///
    /// Proves R19.
    #[test]
    fn whatever_is_registered_is_told_by_mail_unless_there_is_a_reason() {
        let of = |action, mail| Registration { action, mail, ..Registration::default() };
        let notice = || Notice {
            event: "x".to_owned(),
            title: "利用者を追加しました".to_owned(),
            lines: Vec::new(),
            advice: Notice::NOT_YOURS,
        };
        assert!(!of("user.add", None).is_told());
        assert!(of("user.add", Some((notice(), Vec::new()))).is_told());
        assert!(!of("user.new_act", Some((notice(), Vec::new()))).is_told(), "no test looks who gets it");
        for action in TOLD {
            assert!(ACTIONS.iter().any(|(known, _)| known == action), "{action} is no action");
        }
        for (action, why) in TOLD_TO_NOBODY {
            assert!(of(action, None).is_told() && !why.is_empty());
            assert!(ACTIONS.iter().any(|(known, _)| known == action), "{action} is no action");
        }
    }
}
