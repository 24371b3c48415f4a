//! What users and administrators do with tokens on the screen: 利用開始登録, 紛失の届け, 失効 and 利用停止解除.

use database::Change;
use domain::{ApprovalId, Date, Timestamp};
use gateway::Guard;
use secrecy::{ExposeSecret as _, SecretString};

use super::problem::Problem;
use super::rules::{Act, Refusal, Seen, on_screen};
use super::store::{TokenError, Verdict};
use super::token::{Standing, Token};
use super::{Operation, authorise, changes, list, lock};
use crate::Bank;
use crate::confirmation;
use crate::contracts::{Duty, User};
use crate::mail::Notice;
use crate::policy;
use crate::registration::{Registration, RegistrationError, register};
use crate::sign_in::SignedIn;
use crate::users::approval::{self, AskedChange};

/// Characters of a typed serial that are read at most.
const SERIAL_CHARS_MAX: usize = 40;
/// Digits of a serial at most.
const SERIAL_DIGITS_MAX: usize = 16;

/// What a user types to register a token.
pub struct TypedToken<'a> {
    /// The number on its back.
    pub serial: &'a str,
    /// What it showed first.
    pub first: &'a SecretString,
    /// What it showed next.
    pub second: &'a SecretString,
    /// 確認用パスワード.
    pub confirmation: &'a SecretString,
}

/// A serial as people type it; none where it cannot be one.
pub fn serial_typed(typed: &str) -> Option<String> {
    let typed = Some(typed).filter(|t| t.chars().count() <= SERIAL_CHARS_MAX)?;
    domain::numbers::digits_typed(typed, 1, SERIAL_DIGITS_MAX).ok()
}

/// The token of the signed-in user, where there is one.
pub async fn own(bank: &Bank, by: &SignedIn) -> Result<Option<Token>, TokenError> {
    match by.user.token_serial.as_deref() {
        Some(serial) => list::find(&bank.database, by.contract.id, serial).await,
        None => Ok(None),
    }
}

/// 利用開始登録, and the change to another token: whoever has two codes in a row holds the token (R68). Both codes are
/// spent. A serial of another contract is none (R69).
pub async fn begin(bank: &Bank, by: &SignedIn, typed: &TypedToken<'_>) -> Result<(), Problem> {
    confirm(bank, by, typed.confirmation).await?;
    let serial = serial_typed(typed.serial).ok_or(Problem::NotRegistrable)?;
    if by.user.token_serial.as_deref() == Some(&*serial) {
        return Err(Problem::RegisteredAlready);
    }
    let shown = [typed.first, typed.second].map(|code| code.expose_secret().trim());
    if shown.iter().any(|code| code.is_empty()) {
        return Err(Problem::Code(authorise::Problem::Missing));
    }
    if shown[0] == shown[1] {
        return Err(Problem::SameCode);
    }
    let now = bank.clock.now();
    let found = list::find(&bank.database, by.contract.id, &serial).await;
    let token = found.map_err(|error| Problem::unavailable(&error))?.ok_or(Problem::NotRegistrable)?;
    let (later, earlier) = match lock::judged_two(bank, &by.user, &serial, (typed.first, typed.second)).await
    {
        Ok((Verdict::Verified { step }, earlier)) => (step, earlier),
        Ok((Verdict::Wrong { left }, _)) => return Err(Problem::CodesWrong { left }),
        Ok((Verdict::JustLocked | Verdict::Locked, _)) => {
            return Err(Problem::Code(authorise::Problem::Locked));
        }
        Ok((Verdict::Unusable(Standing::Expired), _)) => {
            return Err(Problem::Code(authorise::Problem::Expired));
        }
        Ok((Verdict::Unusable(_), _)) | Err(TokenError::Unknown(_)) => {
            return Err(Problem::NotRegistrable);
        }
        Err(error) => return Err(Problem::unavailable(&error)),
    };
    let spent = [earlier, later].map(|step| Guard::one_time_password(&serial, step.signed()));
    let [earlier, later] = &spent;
    let mut holders = token.holders.clone();
    holders.push(holder(by));
    let told = list::told(&bank.contracts, by.contract.id, &holders).await;
    let told = told.map_err(|error| Problem::unavailable(&error))?;
    let others = token.holders.len();
    let what = Registration {
        action: "token.register",
        subject: serial.clone(),
        detail: match &by.user.token_serial {
            Some(before) => format!("in place of {before}, shared with {others}"),
            None => format!("shared with {others}"),
        },
        changes: vec![
            changes::begin(&serial, by.contract.id, now),
            changes::hold(by.user.id, by.contract.id, by.user.token_serial.as_deref(), &serial),
        ],
        guards: vec![(earlier.key(), ledger::EntityId(by.user.id.uuid()))],
        mail: Some((begun_notice(by, &token, now), told)),
        ..Registration::default()
    };
    match register(bank, by, Some(later.clone()), what).await {
        Ok(()) => Ok(()),
        // of the two codes one may be what somebody who shares the token has used
        Err(RegistrationError::Changed) => match bank.gateway.is_taken(earlier).await {
            Ok(true) => Err(Problem::Code(authorise::Problem::Used)),
            Ok(false) | Err(_) => Err(Problem::Changed),
        },
        Err(error) => Err(error.into()),
    }
}

fn holder(by: &SignedIn) -> super::Holder {
    super::Holder {
        user: by.user.id,
        name: by.user.name.clone(),
        login_id: by.user.login_id.clone(),
        role: by.user.role,
    }
}

fn begun_notice(by: &SignedIn, token: &Token, now: Timestamp) -> Notice {
    let mut lines = vec![("利用者", by.user.name.clone()), ("トークン", token.serial.clone())];
    let others: Vec<_> = token.holders.iter().map(|holder| holder.name.clone()).collect();
    if !others.is_empty() {
        lines.push(("同じトークンをお使いの方", others.join("、")));
        lines.push((
            "共用についてのご注意",
            "共用すると、だれの操作かをトークンで見分けられません。誤りが続くと、共用している方全員が停止します。"
                .to_owned(),
        ));
    }
    Notice {
        event: format!("token-register-{}-{}", token.serial, now.micros()),
        title: "ワンタイムパスワードの利用開始を登録しました".to_owned(),
        lines,
        advice: Notice::NOT_YOURS,
    }
}

/// 紛失の届け: the token that the user has registered stops at once, for everybody who shares it (R63).
pub async fn lose(bank: &Bank, by: &SignedIn) -> Result<(), Problem> {
    let own = own(bank, by).await.map_err(|error| Problem::unavailable(&error))?;
    let token = own.ok_or(Problem::Code(authorise::Problem::NoToken))?;
    let now = bank.clock.now();
    let change = changes::lose(&token.serial, by.contract.id, now);
    let title = "トークンの紛失・盗難の届けを受け付けました";
    let advice = "このトークンはすぐに使えなくなりました。再発行は、お取引店に書面でお申し出ください。";
    change_token(bank, by, None, &token, ("token.lost", change), (title, advice)).await
}

/// 失効 or 利用停止解除 of another token of the contract, by a master or administrator with a valid token of their own
/// (R61, R72–R76). A token is revoked at once; to unlock it waits for a second administrator, where the contract wants
/// one (SEC-21), whose request is answered.
pub async fn administer(
    bank: &Bank,
    by: &SignedIn,
    act: Act,
    serial: &str,
    typed: &SecretString,
) -> Result<Option<ApprovalId>, Problem> {
    let token = permitted(bank, by, act, serial).await?;
    let code = authorise::operation(bank, by, Operation::TokenRevoke, typed).await?;
    match (act, token.locked_at) {
        (Act::Revoke, _) => {
            let change = changes::revoke(&token.serial, by.contract.id, bank.clock.now());
            let title = "トークンを失効しました";
            let advice =
                "このトークンは使えなくなりました。お心当たりがない場合は、すぐにお取引店へお電話ください。";
            change_token(bank, by, code, &token, ("token.revoke", change), (title, advice)).await?;
            Ok(None)
        }
        (Act::Unlock, Some(locked_at)) => {
            let held = approval::held(bank, by).await.map_err(|error| Problem::unavailable(&error))?;
            if held.confirms {
                let (serial, locked_us) = (token.serial.clone(), locked_at.micros());
                let change = AskedChange::TokenUnlock { serial, locked_us };
                return Ok(approval::ask(bank, by, change, code).await.map(Some)?);
            }
            let mut what = unlocking(bank, by, &token, locked_at).await?;
            what.barred_by.push(held.next);
            register(bank, by, code, what).await?;
            Ok(None)
        }
        (Act::Unlock, None) => Err(Problem::Refused(Refusal::NotThatState)),
    }
}

/// The commit of an unlock that a second administrator confirms, by the rules of whoever asked for it: of the lock that
/// was seen, and no later one.
pub async fn confirmed_unlock(
    bank: &Bank,
    author: &SignedIn,
    serial: &str,
    locked_us: i64,
) -> Result<Registration, Problem> {
    let token = permitted(bank, author, Act::Unlock, serial).await?;
    let locked_at = token.locked_at.filter(|at| at.micros() == locked_us).ok_or(Problem::Changed)?;
    unlocking(bank, author, &token, locked_at).await
}

async fn unlocking(
    bank: &Bank,
    by: &SignedIn,
    token: &Token,
    locked_at: Timestamp,
) -> Result<Registration, Problem> {
    let change = changes::unlock(&token.serial, by.contract.id, locked_at);
    let title = "ワンタイムパスワードの利用停止を解除しました";
    changed(bank, by, token, ("token.unlock", change), (title, Notice::NOT_YOURS)).await
}

/// The token, where the rule lets this user do it on the screen.
pub async fn permitted(bank: &Bank, by: &SignedIn, act: Act, serial: &str) -> Result<Token, Problem> {
    policy::require_duty(by, duty(act)).map_err(|_| Problem::Refused(Refusal::NotAdministrator))?;
    let tokens = list::of_contract(&bank.database, by.contract.id).await;
    let tokens = tokens.map_err(|error| Problem::unavailable(&error))?;
    let found = permitted_among(&by.user, act, &tokens, serial, bank.clock.now().date());
    found.cloned().map_err(Problem::Refused)
}

/// The same among the tokens of the contract. One that is not there, or another contract's, is refused like one that
/// cannot be changed.
pub fn permitted_among<'t>(
    user: &User,
    act: Act,
    tokens: &'t [Token],
    serial: &str,
    today: Date,
) -> Result<&'t Token, Refusal> {
    let seen = |token: &'t Token| Seen { serial: &token.serial, standing: token.standing(today) };
    let find = |serial: &str| tokens.iter().find(|token| token.serial == serial);
    let administers = policy::has(user, duty(act));
    let target = find(serial).ok_or(Refusal::NotThatState)?;
    let own = user.token_serial.as_deref().and_then(find);
    on_screen(act, administers, own.map(seen), seen(target)).map(|()| target)
}

const fn duty(act: Act) -> Duty {
    match act {
        Act::Revoke => Duty::TokenRevoke,
        Act::Unlock => Duty::TokenUnlock,
    }
}

async fn change_token(
    bank: &Bank,
    by: &SignedIn,
    code: Option<Guard>,
    token: &Token,
    done: (&'static str, Change),
    words: (&str, &'static str),
) -> Result<(), Problem> {
    let what = changed(bank, by, token, done, words).await?;
    Ok(register(bank, by, code, what).await?)
}

async fn changed(
    bank: &Bank,
    by: &SignedIn,
    token: &Token,
    (action, change): (&'static str, Change),
    (title, advice): (&str, &'static str),
) -> Result<Registration, Problem> {
    let told = list::told(&bank.contracts, by.contract.id, &token.holders).await;
    let told = told.map_err(|error| Problem::unavailable(&error))?;
    let now = bank.clock.now();
    let notice = Notice {
        event: format!("{}-{}-{}", action.replace('.', "-"), token.serial, now.micros()),
        title: title.to_owned(),
        lines: vec![("トークン", token.serial.clone()), ("手続きした方", by.user.name.clone())],
        advice,
    };
    Ok(Registration {
        action,
        subject: token.serial.clone(),
        detail: format!("used by {}", token.holders.len()),
        changes: vec![change],
        mail: Some((notice, told)),
        ..Registration::default()
    })
}

async fn confirm(bank: &Bank, by: &SignedIn, typed: &SecretString) -> Result<(), Problem> {
    if typed.expose_secret().is_empty() {
        return Err(Problem::ConfirmationMissing);
    }
    match confirmation::verify(bank, by, typed).await {
        Ok(confirmation::Verdict::Right) => Ok(()),
        Ok(confirmation::Verdict::Wrong { left }) => Err(Problem::ConfirmationWrong { left }),
        Ok(confirmation::Verdict::Locked) => Err(Problem::ConfirmationLocked),
        Err(error) => Err(Problem::unavailable(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_is_read_as_people_type_it() {
        for typed in ["9000000001", "９０００００００01", " 9000-000-001 "] {
            assert_eq!(serial_typed(typed).as_deref(), Some("9000000001"), "{typed}");
        }
        for typed in ["", "T-1", "90000000019000000001", &"1".repeat(4000)] {
            assert_eq!(serial_typed(typed), None, "{typed}");
        }
    }
}
