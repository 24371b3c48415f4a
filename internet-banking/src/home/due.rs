//! What the user's own token and certificate ask for, before a procedure fails by them.

use domain::Timestamp;
use domain::time::month_day;
use edge::Failure;

use crate::certificates::bounds::Bounds;
use crate::certificates::judge;
use crate::contracts::{Duty, Role, SignInMethod};
use crate::links::Link;
use crate::sign_in::SignedIn;
use crate::tokens::{Standing, Token, list, rules};
use crate::{Bank, policy};

/// Something to be done about a token or a certificate.
pub(super) struct Due {
    /// Colour and icon of the word.
    pub look: (&'static str, &'static str),
    /// The word.
    pub tag: &'static str,
    /// What is the matter.
    pub words: String,
    /// Where it is done.
    pub link: Link,
}

/// What is due for a user.
pub(super) async fn of(bank: &Bank, by: &SignedIn, now: Timestamp) -> Result<Vec<Due>, Failure> {
    let tokens = list::of_contract(&bank.database, by.contract.id).await?;
    let own = by.user.token_serial.as_deref();
    let mut due: Vec<Due> = token(&tokens, own, now).into_iter().collect();
    if by.user.role == Role::Master && own.is_none() && due.is_empty() {
        due.extend(first_steps());
    }
    if policy::has(&by.user, Duty::TokenUnlock) {
        due.extend(stopped(&tokens, own, now));
    }
    if by.contract.sign_in == SignInMethod::Certificate {
        let own = bank.certificates.of_user(by.user.id).await?;
        due.extend(judge::may_renew(&own, Bounds::embedded(), now).ok().map(|certificate| Due {
            look: ("wait", "●"),
            tag: "更新の時期",
            words: format!("電子証明書の有効期限は{}までです", month_day(certificate.expires_at.date())),
            link: Link::OwnCertificate,
        }));
    }
    Ok(due)
}

/// Tokens of others that are locked, for those who unlock them or see to it.
fn stopped(tokens: &[Token], own: Option<&str>, now: Timestamp) -> Option<Due> {
    let locked =
        |token: &&Token| Some(token.serial.as_str()) != own && token.standing(now.date()) == Standing::Locked;
    let locked: Vec<_> = tokens.iter().filter(locked).collect();
    let who = locked.first()?.holders.first().map_or_else(String::new, |one| format!("({})", one.name));
    let words = match locked.len() {
        1 => format!("利用者のトークン{who}が、ワンタイムパスワードの誤りで停止しています"),
        more => format!("利用者のトークン{more}個が、ワンタイムパスワードの誤りで停止しています"),
    };
    Some(Due { look: ("bad", "!"), tag: "トークンの停止", words, link: Link::AdminTokens })
}

/// What whoever has just set a contract up does first: without a token nobody is registered and no money moves.
fn first_steps() -> [Due; 2] {
    let due =
        |words: &str, link| Due { look: ("info", "i"), tag: "はじめに", words: words.to_owned(), link };
    [
        due("トークンを書面で申し込み、届いたら利用開始を登録する", Link::SecurityToken),
        due("トークンを登録したあとに、利用者を登録する", Link::AdminUsers),
    ]
}

/// What is due of the tokens of a contract for whoever has registered this one.
fn token(tokens: &[Token], serial: Option<&str>, now: Timestamp) -> Option<Due> {
    let today = now.date();
    let due = |look, tag, words: &str| Due { look, tag, words: words.to_owned(), link: Link::SecurityToken };
    let Some(own) = serial.and_then(|serial| tokens.iter().find(|token| token.serial == serial)) else {
        // before one was sent out there is nothing to register
        let is_there = tokens.iter().any(|token| token.standing(today) == Standing::Unused);
        return is_there.then(|| due(("wait", "●"), "未登録", "ワンタイムパスワードの利用開始を登録する"));
    };
    match own.standing(today) {
        Standing::Locked => {
            Some(due(("bad", "!"), "利用停止", "ワンタイムパスワードを使う手続きが止まっています"))
        }
        Standing::Expired | Standing::Revoked | Standing::Lost => {
            Some(due(("bad", "!"), "使用不可", "登録しているトークンはもう使えません"))
        }
        Standing::Valid | Standing::Unused => {
            let last = own.expires_on.filter(|last| rules::expiry_told_from(*last) <= today)?;
            let words = format!("トークンの有効期限は{}までです", month_day(last));
            Some(due(("wait", "●"), "期限間近", &words))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::{TokenKind, TokenState};

    fn of(serial: &str, state: TokenState, locked: bool) -> Token {
        let at = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
        Token {
            serial: serial.to_owned(),
            contract: None,
            kind: TokenKind::Hardware,
            state,
            expires_on: Some("2027-03-31".parse().unwrap()),
            locked_at: locked.then_some(at),
            changed_at: at,
            holders: Vec::new(),
        }
    }

    #[test]
    fn a_user_is_told_of_the_own_token_alone_and_of_none_before_one_was_sent_out() {
        use TokenState::{InUse, Lost, Revoked, Shipped};
        let told = |tokens: &[Token], serial, day: &str| {
            let now = Timestamp::parse_rfc3339(&format!("{day}T10:00:00+09:00")).unwrap();
            token(tokens, serial, now).map(|due| due.tag)
        };
        let day = "2026-11-24";
        assert_eq!(told(&[], None, day), None);
        assert_eq!(told(&[of("1", InUse, false)], None, day), None);
        assert_eq!(told(&[of("1", InUse, false), of("2", Shipped, false)], None, day), Some("未登録"));
        let tokens =
            [of("1", InUse, false), of("2", InUse, true), of("3", Revoked, false), of("4", Lost, false)];
        for (serial, tag) in
            [("1", None), ("2", Some("利用停止")), ("3", Some("使用不可")), ("4", Some("使用不可"))]
        {
            assert_eq!(told(&tokens, Some(serial), day), tag, "{serial}");
        }
        assert_eq!(told(&tokens, Some("1"), "2027-02-27"), None);
        assert_eq!(told(&tokens, Some("1"), "2027-02-28"), Some("期限間近"));
        assert_eq!(told(&tokens, Some("1"), "2027-04-01"), Some("使用不可"));
    }
}
