//! A record of the audit log in the customer's words.

use std::collections::HashMap;

use domain::{PaymentId, UserId};
use ledger::TrailRecord;

use super::words::{Kind, words};
use crate::Bank;
use crate::answer::{Stop, failed};
use crate::contracts::SignInMethod;
use crate::frame::year_day_and_time;
use crate::links::PaymentLink;
use crate::sign_in::SignedIn;
use crate::users::{Member, Members};

/// A record as the page shows it.
pub struct HistoryRow {
    /// When.
    pub at: String,
    /// The same as a file has it: `2026-11-24 10:00:05`.
    pub instant: String,
    /// Who.
    pub actor: String,
    /// What kind of operation.
    pub kind: &'static str,
    /// What.
    pub action: String,
    /// What it was done to; empty where that is clear.
    pub subject: String,
    /// Where that leads.
    pub link: Option<PaymentLink>,
}

/// Turns records into words, each user looked up once.
pub struct Words<'a> {
    bank: &'a Bank,
    by: &'a SignedIn,
    members: HashMap<UserId, Option<Member>>,
}

impl<'a> Words<'a> {
    /// For one page.
    pub fn new(bank: &'a Bank, by: &'a SignedIn) -> Self {
        Self { bank, by, members: HashMap::new() }
    }

    /// The records in words.
    pub async fn rows(&mut self, records: Vec<TrailRecord>) -> Result<Vec<HistoryRow>, Stop> {
        let mut rows = Vec::with_capacity(records.len());
        for record in records {
            let (subject, link) = self.subject(&record).await?;
            rows.push(HistoryRow {
                at: year_day_and_time(record.place.at),
                instant: record.place.at.jst().format("%Y-%m-%d %H:%M:%S").to_string(),
                actor: self.actor(&record.actor).await?,
                kind: Kind::of(&record.action).label(),
                action: words(&record.action).to_owned(),
                subject,
                link,
            });
        }
        Ok(rows)
    }

    async fn actor(&mut self, actor: &str) -> Result<String, Stop> {
        if let Ok(id) = actor.parse::<UserId>() {
            return Ok(self.name(id).await?.unwrap_or_else(|| "利用者".to_owned()));
        }
        let words = if actor.starts_with("staff:") {
            "当行"
        } else if actor == "system" {
            "システム"
        } else {
            "外部システム"
        };
        Ok(words.to_owned())
    }

    /// What it was done to: a payment by its number, a token by its own, a user other than the actor, the address of a
    /// sign-in.
    async fn subject(&mut self, record: &TrailRecord) -> Result<(String, Option<PaymentLink>), Stop> {
        if Kind::of(&record.action) == Kind::SignIn {
            return Ok((from(&record.detail), None));
        }
        if Kind::of(&record.action) == Kind::Payment
            && let Ok(id) = record.subject.parse::<PaymentId>()
        {
            let payment = self.bank.gateway.payment(self.by.contract.id, id).await.map_err(failed)?;
            let may_see = |account| self.by.user.rights.may_use(crate::contracts::Business::PayEasy, account);
            return Ok(payment.map_or_else(Default::default, |payment| {
                let words = format!("受付番号 {}", payment.facts.receipt_number);
                (words, may_see(payment.facts.account).then_some(PaymentLink(id)))
            }));
        }
        if record.action.starts_with("token.") {
            return Ok((format!("トークン {}", record.subject), None));
        }
        let user = record.subject.parse::<UserId>().ok().filter(|_| record.subject != record.actor);
        match user {
            Some(user) => Ok((self.name(user).await?.unwrap_or_default(), None)),
            None => Ok((String::new(), None)),
        }
    }

    async fn name(&mut self, id: UserId) -> Result<Option<String>, Stop> {
        if !self.members.contains_key(&id) {
            let members = Members::of(&self.bank.database, self.by.contract.id);
            let found = members.find(id).await.map_err(failed)?;
            self.members.insert(id, found);
        }
        let member = self.members.get(&id).and_then(Option::as_ref);
        Ok(member.map(|member| format!("{}({})", member.name, member.login_id)))
    }
}

/// `password, 192.0.2.1` of a sign-in, `wrong, blocked from now on, 192.0.2.1` of a failed one.
fn from(detail: &str) -> String {
    let Some((how, address)) = detail.rsplit_once(", ") else { return String::new() };
    let how = match (SignInMethod::from_code(how), how) {
        (Some(method), _) => method.label(),
        (None, "wrong, blocked from now on") => "30分間の停止",
        (None, "wrong, locked from now on") => "ログインIDの停止",
        (None, _) => "パスワードの誤り",
    };
    format!("{how} 接続元 {address}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_says_how_and_from_where() {
        assert_eq!(from("password, 192.0.2.1"), "ID・パスワード 接続元 192.0.2.1");
        assert_eq!(from("wrong, 192.0.2.1"), "パスワードの誤り 接続元 192.0.2.1");
        assert_eq!(from("wrong, locked from now on, 2001:db8::1"), "ログインIDの停止 接続元 2001:db8::1");
        assert_eq!(from(""), "");
    }
}
