//! Changes of one's own. What is in use is asked for, whatever page is open.

use database::Change;
use domain::random;
use edge::Errors;
use secrecy::{ExposeSecret as _, SecretString};

use super::problem::Problem;
use crate::Bank;
use crate::confirmation;
use crate::contracts::Contract;
use crate::lasting::lasting;
use crate::mail::{Notice, Recipient, To};
use crate::passwords::{self, Weak};
use crate::registration::{Registration, register};
use crate::sign_in::locks::{self, Lock};
use crate::sign_in::{Admission, SignedIn, Throttle, Use, Verdict};
use crate::tokens::{Operation, authorise};
use crate::users::{Members, email};

/// One of the two passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// ログインパスワード.
    Login,
    /// 確認用パスワード.
    Confirmation,
}

impl Which {
    /// What it is called.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Login => "ログインパスワード",
            Self::Confirmation => "確認用パスワード",
        }
    }
}

/// A new password, typed twice.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// The password.
    pub new: SecretString,
    /// The same again.
    pub again: SecretString,
}

/// Changes one of the two passwords.
pub async fn change(
    bank: &Bank,
    by: &SignedIn,
    which: Which,
    current: &SecretString,
    chosen: &Chosen,
) -> Result<(), Problem> {
    prove(bank, by, which, current).await?;
    if passwords::normalised(current.expose_secret()) == passwords::normalised(chosen.new.expose_secret()) {
        return Err(Problem::Weak { field: "new_password", why: Weak::Same });
    }
    accept(bank, by, which, chosen, "new_password", "new_again").await?;
    let hash = bank.passwords.hash(chosen.new.expose_secret()).await?;
    let values = vec![
        by.user.id.uuid().into(),
        by.contract.id.uuid().into(),
        hash.into(),
        bank.clock.now().micros().into(),
    ];
    let (action, sql) = match which {
        Which::Login => (
            "user.own_password",
            "UPDATE app_user SET password_hash = $3, password_changed_us = $4
             WHERE id = $1 AND contract = $2 AND disabled_us IS NULL AND must_change = 0",
        ),
        Which::Confirmation => (
            "user.own_confirmation",
            "UPDATE app_user SET confirmation_hash = $3, confirmation_changed_us = $4
             WHERE id = $1 AND contract = $2 AND disabled_us IS NULL AND must_change = 0",
        ),
    };
    let title = format!("{}を変更しました", which.label());
    let to = bank.contracts.recipients(by.contract.id, To::User(by.user.id)).await?;
    let what = own(by, action, String::new(), vec![Change::one(sql, values)], title, to);
    Ok(register(bank, by, None, what).await?)
}

/// Chooses the own passwords after somebody else has set the login password (R14): the login password, and the
/// confirmation password where the user has none.
pub async fn choose(
    bank: &Bank,
    by: &SignedIn,
    login: &Chosen,
    confirmation: Option<&Chosen>,
) -> Result<(), Problem> {
    accept(bank, by, Which::Login, login, "new_password", "new_again").await?;
    let temporary = bank.contracts.password_hash(&by.user).await?;
    unlike(bank, temporary.clone(), login, "new_password").await?;
    let mut values = vec![
        by.user.id.uuid().into(),
        by.contract.id.uuid().into(),
        bank.passwords.hash(login.new.expose_secret()).await?.into(),
        bank.clock.now().micros().into(),
        temporary.unwrap_or_default().into(),
    ];
    // held against what is there now: a password that was set anew meanwhile, and whether the other one is due, all at
    // once or not at all
    let sql = match confirmation {
        None => {
            "UPDATE app_user SET password_hash = $3, password_changed_us = $4, must_change = 0
             WHERE id = $1 AND contract = $2 AND must_change = 1 AND password_hash = $5
               AND confirmation_changed_us IS NOT NULL"
        }
        Some(chosen) => {
            let (first, second) = (login.new.expose_secret(), chosen.new.expose_secret());
            if passwords::normalised(first) == passwords::normalised(second) {
                return Err(Problem::Weak { field: "new_confirmation", why: Weak::Same });
            }
            let fields = ("new_confirmation", "confirmation_again");
            accept(bank, by, Which::Confirmation, chosen, fields.0, fields.1).await?;
            let told = bank.contracts.confirmation_hash(&by.user).await?;
            unlike(bank, told, chosen, fields.0).await?;
            values.push(bank.passwords.hash(second).await?.into());
            "UPDATE app_user SET password_hash = $3, password_changed_us = $4, must_change = 0,
                 confirmation_hash = $6, confirmation_changed_us = $4
             WHERE id = $1 AND contract = $2 AND must_change = 1 AND password_hash = $5
               AND confirmation_changed_us IS NULL"
        }
    };
    let to = bank.contracts.recipients(by.contract.id, To::User(by.user.id)).await?;
    let title = "新しいパスワードを登録しました".to_owned();
    let detail = if confirmation.is_some() { "both passwords" } else { "the login password" };
    let changes = vec![Change::one(sql, values)];
    let what = own(by, "user.own_first", detail.to_owned(), changes, title, to);
    Ok(register(bank, by, None, what).await?)
}

/// Changes the mail address (R21): the old and the new one are told.
pub async fn change_email(
    bank: &Bank,
    by: &SignedIn,
    typed: &str,
    confirmation_password: &SecretString,
    one_time_password: &SecretString,
) -> Result<(), Problem> {
    let address = email(typed).map_err(|words| Problem::Input(Errors::one("email", words)))?;
    let own_row = Members::of(&bank.database, by.contract.id).find(by.user.id).await?;
    let old = own_row.and_then(|member| member.email);
    confirm(bank, by, confirmation_password).await?;
    // whoever has no token yet must be able to register an address all the same
    let code = match by.user.token_serial {
        Some(_) => authorise::operation(bank, by, Operation::UserRegister, one_time_password).await?,
        None => None,
    };
    let mut to = bank.contracts.recipients(by.contract.id, To::UserAndAdministrators(by.user.id)).await?;
    if !to.iter().any(|one| one.address == address) {
        let name = by.user.name.clone();
        // a mail is named by event and user, so the second address of one person is a mail of its own
        let user = if old.is_some() { domain::UserId::generate() } else { by.user.id };
        to.push(Recipient { user, name, address: address.clone() });
    }
    let change = match old {
        Some(old) => Change::one(
            "UPDATE app_user SET email = $3 WHERE id = $1 AND contract = $2 AND email = $4",
            vec![by.user.id.uuid().into(), by.contract.id.uuid().into(), address.into(), old.into()],
        ),
        None => Change::one(
            "UPDATE app_user SET email = $3 WHERE id = $1 AND contract = $2 AND email IS NULL",
            vec![by.user.id.uuid().into(), by.contract.id.uuid().into(), address.into()],
        ),
    };
    let title = "メールアドレスを変更しました".to_owned();
    let what = own(by, "user.own_email", String::new(), vec![change], title, to);
    Ok(register(bank, by, code, what).await?)
}

/// Turns the reminder of old passwords on or off.
pub async fn remind(bank: &Bank, by: &SignedIn, on: bool) -> Result<(), Problem> {
    let change = Change::one(
        "INSERT INTO password_reminder (app_user, reminds) VALUES ($1, $2)
         ON CONFLICT (app_user) DO UPDATE SET reminds = $2",
        vec![by.user.id.uuid().into(), i64::from(on).into()],
    );
    let title = match on {
        true => "パスワードの変更のお知らせを、受け取る設定にしました",
        false => "パスワードの変更のお知らせを、受け取らない設定にしました",
    };
    let to = bank.contracts.recipients(by.contract.id, To::User(by.user.id)).await?;
    let detail = if on { "on" } else { "off" };
    let what = own(by, "user.own_reminder", detail.to_owned(), vec![change], title.to_owned(), to);
    Ok(register(bank, by, None, what).await?)
}

fn own(
    by: &SignedIn,
    action: &'static str,
    detail: String,
    changes: Vec<Change>,
    title: String,
    to: Vec<Recipient>,
) -> Registration {
    let notice = Notice {
        event: format!("own-{}", random::opaque_id()),
        title,
        lines: vec![("利用者", format!("{}({})", by.user.name, by.user.login_id))],
        advice: Notice::NOT_YOURS,
    };
    Registration {
        action,
        subject: by.user.id.to_string(),
        detail,
        changes,
        mail: Some((notice, to)),
        ..Registration::default()
    }
}

/// Asks for the password in use. Wrong ones count as they do where it is used, and what that locks is told, whether
/// anybody waits for the answer or not.
async fn prove(bank: &Bank, by: &SignedIn, which: Which, typed: &SecretString) -> Result<(), Problem> {
    let (bank, by, typed) = (bank.clone(), by.clone(), typed.clone());
    lasting(async move { judge(&bank, &by, which, &typed).await }).await
}

async fn judge(bank: &Bank, by: &SignedIn, which: Which, typed: &SecretString) -> Result<(), Problem> {
    if typed.expose_secret().is_empty() {
        let words = format!("いまの{}を入力してください。", which.label());
        return Err(Problem::Input(Errors::one("current_password", words)));
    }
    if which == Which::Confirmation {
        return match confirmation::verify(bank, by, typed).await {
            Ok(confirmation::Verdict::Right) => Ok(()),
            Ok(confirmation::Verdict::Wrong { .. }) => {
                Err(Problem::CurrentWrong { field: "current_password" })
            }
            Ok(confirmation::Verdict::Locked) => Err(Problem::ConfirmationLocked),
            Err(error) => Err(Problem::unavailable(&error)),
        };
    }
    let throttle = bank.sign_ins.throttle();
    let place = bank.passwords.place(Use::Confirmation).await?;
    let admission = throttle.admit(&by.user.login_id, Some(by.user.id.uuid()), bank.clock.now()).await?;
    match admission {
        Admission::Admitted | Admission::Last | Admission::LastOfAll => {}
        Admission::Blocked => return Err(Problem::CurrentPaused),
        Admission::Locked => return Err(Problem::CurrentLocked),
    }
    let stored = bank.contracts.password_hash(&by.user).await?;
    if bank.passwords.verify(place, stored, typed.expose_secret()).await? == Verdict::Wrong {
        tracing::info!(user = %by.user.id, "wrong login password on the page that changes it");
        if let Some(lock) = Lock::after(admission) {
            let place = "where a password is changed";
            let told = Throttle::told(&throttle.login_subject(&by.user.login_id));
            locks::tell(&bank.ledger, &bank.contracts, lock, &by.user, place, told).await;
        }
        return Err(match admission {
            Admission::Last => Problem::CurrentPaused,
            Admission::LastOfAll => Problem::CurrentLocked,
            _ => Problem::CurrentWrong { field: "current_password" },
        });
    }
    Ok(throttle.clear(&by.user.login_id).await?)
}

/// Whether a new password may be chosen: typed twice alike, not weak, and not the other one.
async fn accept(
    bank: &Bank,
    by: &SignedIn,
    which: Which,
    chosen: &Chosen,
    field: &'static str,
    again: &'static str,
) -> Result<(), Problem> {
    let new = chosen.new.expose_secret();
    if passwords::normalised(new) != passwords::normalised(chosen.again.expose_secret()) {
        return Err(Problem::Weak { field: again, why: Weak::Differs });
    }
    let known = known_words(&by.contract, by);
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    passwords::check(new, by.contract.sign_in, &known).map_err(|why| Problem::Weak { field, why })?;
    let other = match which {
        Which::Login => bank.contracts.confirmation_hash(&by.user).await?,
        Which::Confirmation => bank.contracts.password_hash(&by.user).await?,
    };
    unlike(bank, other, chosen, field).await
}

/// A new password is not one that is kept already: the other one, or one that somebody else has read.
async fn unlike(
    bank: &Bank,
    kept: Option<String>,
    chosen: &Chosen,
    field: &'static str,
) -> Result<(), Problem> {
    let place = bank.passwords.place(Use::Confirmation).await?;
    match bank.passwords.verify(place, kept, chosen.new.expose_secret()).await? {
        Verdict::Wrong => Ok(()),
        Verdict::Right { .. } => Err(Problem::Weak { field, why: Weak::Same }),
    }
}

/// What everybody knows of the user.
fn known_words(contract: &Contract, by: &SignedIn) -> Vec<String> {
    vec![contract.name.clone(), by.user.login_id.clone(), by.user.name.clone()]
}

async fn confirm(bank: &Bank, by: &SignedIn, typed: &SecretString) -> Result<(), Problem> {
    if typed.expose_secret().is_empty() {
        let words = "確認用パスワードを入力してください。";
        return Err(Problem::Input(Errors::one("confirmation_password", words)));
    }
    match confirmation::verify(bank, by, typed).await {
        Ok(confirmation::Verdict::Right) => Ok(()),
        Ok(confirmation::Verdict::Wrong { left }) => Err(Problem::ConfirmationWrong { left }),
        Ok(confirmation::Verdict::Locked) => Err(Problem::ConfirmationLocked),
        Err(error) => Err(Problem::unavailable(&error)),
    }
}
