//! What is done to a user in one step: suspended, resumed, removed, given a temporary password, unlocked.

use database::Change;
use domain::{ApprovalId, UserId, random};
use secrecy::SecretString;

use super::approval::{self, AskedChange};
use super::operation::{self, Known, Secrets};
use super::problem::Problem;
use super::store::UserState;
use super::temporary::Temporary;
use crate::Bank;
use crate::approvals::AccessGiven;
use crate::certificates::{EndWhy, end_of_user};
use crate::contracts::{Duty, Role};
use crate::mail::{Notice, To};
use crate::policy;
use crate::registration::{Registration, register};
use crate::sign_in::{EndedFor, SignedIn, ended};
use crate::tokens::{Operation, authorise};

/// One of these steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// 利用停止.
    Suspend,
    /// 利用停止の解除.
    Resume,
    /// 削除.
    Remove,
    /// A new login password for a user who has forgotten it (R14).
    Password,
    /// The same with a new confirmation password.
    Passwords,
    /// The locks after wrong passwords (SEC-10).
    Unlock,
}

/// The words of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActWords {
    /// The page, and the button that leads to it.
    pub title: &'static str,
    /// What it does.
    pub consequence: &'static str,
    /// The button.
    pub button: &'static str,
    /// What was done.
    pub done: &'static str,
}

impl Act {
    /// Every one of them.
    pub const ALL: &[Self] =
        &[Self::Suspend, Self::Resume, Self::Remove, Self::Password, Self::Passwords, Self::Unlock];

    /// The word in addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Remove => "remove",
            Self::Password => "password",
            Self::Passwords => "passwords",
            Self::Unlock => "unlock",
        }
    }

    /// From the word in an address.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|act| act.code() == code)
    }

    /// Its words.
    pub const fn words(self) -> ActWords {
        match self {
            Self::Suspend => ActWords {
                title: "利用の停止",
                consequence: "この利用者は、すぐにログインできなくなります。いまログインしていれば、その画面も使えなくなります。登録内容は残り、あとで再開できます。",
                button: "利用を停止する",
                done: "利用者の利用を停止しました",
            },
            Self::Resume => ActWords {
                title: "利用の再開",
                consequence: "この利用者は、これまでのログインIDとパスワードで、またログインできるようになります。",
                button: "利用を再開する",
                done: "利用者の利用を再開しました",
            },
            Self::Remove => ActWords {
                title: "利用者の削除",
                consequence: "この利用者は、すぐにログインできなくなります。操作履歴は残ります。同じログインIDは、あとでもう一度登録できます。",
                button: "削除する",
                done: "利用者を削除しました",
            },
            Self::Password => ActWords {
                title: "ログインパスワードの再発行",
                consequence: "仮のログインパスワードを発行します。いまのログインパスワードは使えなくなり、利用者は次のログインで新しいログインパスワードを決めます。",
                button: "仮のパスワードを発行する",
                done: "仮のログインパスワードを発行しました",
            },
            Self::Passwords => ActWords {
                title: "ログインパスワードと確認用パスワードの再発行",
                consequence: "仮のログインパスワードを発行します。いまの2つのパスワードは使えなくなり、利用者は次のログインで両方を新しく決めます。",
                button: "仮のパスワードを発行する",
                done: "仮のログインパスワードを発行し、確認用パスワードを初期化しました",
            },
            Self::Unlock => ActWords {
                title: "ログイン停止の解除",
                consequence: "パスワードの誤りによるログインの停止と、確認用パスワードの停止を解除します。利用者はすぐにログインできます。パスワードは変わりません。",
                button: "停止を解除する",
                done: "パスワードの誤りによる停止を解除しました",
            },
        }
    }

    /// The duty that it belongs to.
    pub const fn duty(self) -> Duty {
        match self {
            Self::Suspend | Self::Resume | Self::Remove => Duty::Users,
            Self::Password | Self::Passwords => Duty::Passwords,
            Self::Unlock => Duty::SignInUnlock,
        }
    }

    /// Whether it makes sense for a user in this state.
    pub const fn fits(self, state: UserState) -> bool {
        match self {
            Self::Suspend => matches!(state, UserState::Active | UserState::Temporary | UserState::Reset),
            Self::Resume => matches!(state, UserState::Suspended),
            Self::Remove => !matches!(state, UserState::Removed),
            Self::Password | Self::Passwords | Self::Unlock => operation::has_passwords(state),
        }
    }

    /// Whether it brings the user in: whoever does it counts for a while as one person with the user.
    pub const fn gives_access(self) -> bool {
        match self {
            Self::Resume | Self::Password | Self::Passwords | Self::Unlock => true,
            Self::Suspend | Self::Remove => false,
        }
    }

    const fn action(self) -> &'static str {
        match self {
            Self::Suspend => "user.suspend",
            Self::Resume => "user.resume",
            Self::Remove => "user.remove",
            Self::Password | Self::Passwords => "user.password",
            Self::Unlock => "user.unlock",
        }
    }
}

/// Whether the person may do it to the user: never to a master, whose passwords and locks are the branch's (R15,
/// SEC-10), and never to themselves.
pub fn may(by: &SignedIn, act: Act, of: &Known) -> bool {
    let (user, target) = (&by.user, of.user(&by.contract));
    let is_other = target.id != user.id && target.role != Role::Master;
    let over_admin = target.role != Role::Admin || policy::has(user, Duty::Administrators);
    is_other && over_admin && policy::has(user, act.duty())
}

/// What a step came to.
#[derive(Debug)]
pub enum Did {
    /// It is done.
    Done,
    /// It is done, and made a temporary password.
    Password(Temporary),
    /// A second administrator is asked to confirm it (SEC-21).
    Asked(ApprovalId),
}

/// Does it, or asks a second administrator to confirm it where the contract wants that. What only stops somebody is
/// done at once.
pub async fn carry_out(
    bank: &Bank,
    by: &SignedIn,
    user: UserId,
    act: Act,
    one_time_password: &SecretString,
) -> Result<Did, Problem> {
    let held = approval::held(bank, by).await?;
    let (mut what, secret) = registration(bank, by, user, act).await?;
    let code = authorise::operation(bank, by, Operation::UserRegister, one_time_password).await?;
    if act != Act::Suspend && held.confirms {
        let of = operation::known(bank, &by.contract, user).await?.ok_or(Problem::NotPermitted)?;
        let whose = format!("{}({})", of.member.name, of.member.login_id);
        let change = AskedChange::Act { user, whose, act: act.code().to_owned(), seen: of.seen() };
        return Ok(Did::Asked(approval::ask(bank, by, change, code).await?));
    }
    if act != Act::Suspend {
        what.barred_by.push(held.next);
    }
    register(bank, by, code, what).await?;
    tracing::info!(%user, by = %by.user.id, act = act.code(), "a user was changed");
    Ok(secret.map_or(Did::Done, Did::Password))
}

/// The commit of a step, where the person may take it, and the password that it makes.
pub async fn registration(
    bank: &Bank,
    by: &SignedIn,
    user: UserId,
    act: Act,
) -> Result<(Registration, Option<Temporary>), Problem> {
    let of = operation::known(bank, &by.contract, user).await?.ok_or(Problem::NotPermitted)?;
    policy::require_over(by, act.duty(), &of.user(&by.contract)).map_err(|_| Problem::NotPermitted)?;
    if !may(by, act, &of) {
        return Err(Problem::NotPermitted);
    }
    if !act.fits(of.member.state) {
        return Err(Problem::Changed);
    }
    let secrets = match act {
        Act::Password | Act::Passwords => Some(Secrets::generate(bank, &by.contract).await?),
        _ => None,
    };
    let changes = changes_of(bank, by, act, &of, secrets.as_ref());
    let to = bank.contracts.recipients(by.contract.id, To::UserAndAdministrators(user)).await?;
    let what = Registration {
        action: act.action(),
        subject: user.to_string(),
        detail: match act {
            Act::Passwords => format!("{}, the confirmation password too", of.member.login_id),
            _ => of.member.login_id.clone(),
        },
        changes,
        changes_access: Some(by.access),
        access: act.gives_access().then(|| AccessGiven { user, by: vec![by.user.id] }),
        mail: Some((notice(by, act, &of, secrets.as_ref()), to)),
        ..Registration::default()
    };
    let mut temporary = secrets.map(|secrets| secrets.temporary);
    if let Some(temporary) = &mut temporary
        && act == Act::Password
    {
        // that one stays the person's own
        temporary.confirmation = None;
    }
    Ok((what, temporary))
}

fn changes_of(bank: &Bank, by: &SignedIn, act: Act, of: &Known, secrets: Option<&Secrets>) -> Vec<Change> {
    let (id, contract, now) = (of.member.id.uuid(), by.contract.id.uuid(), bank.clock.now());
    let own = || vec![id.into(), contract.into()];
    let at = || vec![id.into(), contract.into(), now.micros().into()];
    let mut changes = Vec::new();
    match act {
        Act::Suspend => changes.push(Change::one(
            "UPDATE app_user SET disabled_us = $3 WHERE id = $1 AND contract = $2 AND disabled_us IS NULL",
            at(),
        )),
        Act::Resume => changes.push(Change::one(
            "UPDATE app_user SET disabled_us = NULL
             WHERE id = $1 AND contract = $2 AND disabled_us IS NOT NULL AND removed_us IS NULL",
            own(),
        )),
        Act::Remove => changes.push(Change::one(
            "UPDATE app_user SET removed_us = $3, disabled_us = COALESCE(disabled_us, $3), token_serial = NULL
             WHERE id = $1 AND contract = $2 AND removed_us IS NULL AND role <> 'master'",
            at(),
        )),
        Act::Password | Act::Passwords => {
            let Some(secrets) = secrets else { return changes };
            let hashes = [&secrets.password_hash, &secrets.confirmation_hash];
            let mut values = own();
            values.push(secrets.temporary.until.micros().into());
            if act == Act::Password {
                values.push(hashes[0].as_str().into());
                changes.push(Change::one(
                    "UPDATE app_user SET password_hash = $4, must_change = 1, temporary_until_us = $3,
                         password_changed_us = NULL,
                         confirmation_changed_us = CASE WHEN must_change = 1 THEN confirmation_changed_us
                             ELSE COALESCE(confirmation_changed_us, created_us) END
                     WHERE id = $1 AND contract = $2 AND disabled_us IS NULL AND reset_us IS NULL
                       AND role <> 'master'",
                    values,
                ));
            } else {
                values.extend(hashes.map(|hash| hash.as_str().into()));
                changes.push(Change::one(
                    "UPDATE app_user SET password_hash = $4, confirmation_hash = $5, must_change = 1,
                         temporary_until_us = $3, password_changed_us = NULL, confirmation_changed_us = NULL
                     WHERE id = $1 AND contract = $2 AND disabled_us IS NULL AND reset_us IS NULL
                       AND role <> 'master'",
                    values,
                ));
            }
        }
        Act::Unlock => {}
    }
    if matches!(act, Act::Password | Act::Passwords | Act::Unlock) {
        changes.extend(unlocking(bank, of));
    }
    if matches!(act, Act::Suspend | Act::Password | Act::Passwords) {
        let why = if act == Act::Suspend { EndedFor::Suspended } else { EndedFor::Password };
        changes.push(ended::end_of_user(of.member.id, why, now));
    }
    if act == Act::Remove {
        // so that the login ID, registered again, gets another certificate without a paper (R48)
        let by = by.user.id.to_string();
        changes.extend(end_of_user(of.member.id, EndWhy::Removed, &by, now));
    }
    changes
}

/// The wrong passwords of a user are forgotten, and what they locked is free.
fn unlocking(bank: &Bank, of: &Known) -> [Change; 2] {
    let subject = bank.sign_ins.throttle().login_subject(&of.member.login_id);
    [
        Change::any("DELETE FROM sign_in_throttle WHERE subject = $1", vec![subject.into()]),
        Change::any("DELETE FROM confirmation_failure WHERE app_user = $1", vec![of.member.id.uuid().into()]),
    ]
}

fn notice(by: &SignedIn, act: Act, of: &Known, secrets: Option<&Secrets>) -> Notice {
    let mut lines = vec![
        ("利用者", format!("{}({})", of.member.name, of.member.login_id)),
        ("操作した方", format!("{}({})", by.user.name, by.user.login_id)),
    ];
    lines.extend(secrets.map(|secrets| ("仮のパスワードの期限", secrets.temporary.until())));
    Notice {
        event: format!("user-{}", random::opaque_id()),
        title: act.words().done.to_owned(),
        lines,
        advice: Notice::NOT_YOURS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_words_and_reads_back() {
        for act in Act::ALL {
            assert_eq!(Act::from_code(act.code()), Some(*act));
            assert!(act.words().consequence.ends_with('。'));
        }
        assert_eq!(Act::from_code("fly"), None);
    }

    #[test]
    fn nothing_is_done_to_a_removed_user() {
        assert!(Act::ALL.iter().all(|act| !act.fits(UserState::Removed)));
        assert!(Act::Resume.fits(UserState::Suspended) && !Act::Suspend.fits(UserState::Suspended));
    }
}
