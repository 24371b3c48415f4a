//! A record of the audit log in the customer's words.

use std::collections::HashMap;

use domain::{AccountId, OrderId, RecallId, UserId, Yen};
use ledger::TrailRecord;

use super::words::{Kind, words};
use crate::answer::{Stop, failed};
use crate::contracts::{DepositAccount, SignInMethod};
use crate::frame::year_day_and_time;
use crate::sign_in::SignedIn;
use crate::users::{Member, Members};
use crate::{Bank, approvals, bulk, payeasy, transfers};

/// A record as the page shows it.
pub struct HistoryRow {
    /// When.
    pub at: String,
    /// The same as a file has it: `2026-11-24 10:00:05`.
    pub instant: String,
    /// Who.
    pub actor: String,
    /// What kind of operation.
    pub kind: Kind,
    /// What kind it asks for or decides about, where it is an approval.
    pub of: Option<Kind>,
    /// What.
    pub action: String,
    /// What it was done to; empty where that is clear.
    pub subject: String,
    /// What that moves.
    pub amount: Option<Yen>,
    /// Where that leads.
    pub link: Option<String>,
}

/// What a record is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct About {
    /// In words; empty where the action says all.
    pub words: String,
    /// The account that it moves, or is to move.
    pub account: Option<AccountId>,
    /// How much.
    pub amount: Option<Yen>,
    /// The number by which people name it, where `words` do not begin with it.
    pub number: Option<String>,
    /// What an approval is of.
    pub of: Option<Kind>,
    /// Its page, where the person may see it.
    pub link: Option<String>,
}

impl About {
    fn of(words: impl Into<String>) -> Self {
        Self { words: words.into(), ..Self::default() }
    }
}

/// Turns records into words, each thing looked up once.
pub struct Words<'a> {
    bank: &'a Bank,
    by: &'a SignedIn,
    members: HashMap<UserId, Option<Member>>,
    /// What orders, payments, requests and recalls are, by their ids.
    things: HashMap<String, About>,
    accounts: Option<Vec<DepositAccount>>,
}

impl<'a> Words<'a> {
    /// For one page.
    pub fn new(bank: &'a Bank, by: &'a SignedIn) -> Self {
        Self { bank, by, members: HashMap::new(), things: HashMap::new(), accounts: None }
    }

    /// A record in words.
    pub async fn row(&mut self, record: &TrailRecord) -> Result<HistoryRow, Stop> {
        let about = self.about(record).await?;
        Ok(HistoryRow {
            at: year_day_and_time(record.place.at),
            instant: record.place.at.jst().format("%Y-%m-%d %H:%M:%S").to_string(),
            actor: self.actor(&record.actor).await?,
            kind: Kind::of(&record.action),
            of: about.of,
            action: words(&record.action).to_owned(),
            subject: about.words,
            amount: about.amount,
            link: about.link,
        })
    }

    /// Whoever acts: a user by name, the bank, or a system.
    pub async fn actor(&mut self, actor: &str) -> Result<String, Stop> {
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

    /// What it was done to: what moves money by amount, payee and account, a token by its serial, a user other than the
    /// actor, the address of a sign-in.
    async fn about(&mut self, record: &TrailRecord) -> Result<About, Stop> {
        let (family, act) = record.action.split_once('.').unwrap_or((record.action.as_str(), ""));
        Ok(match (family, act) {
            ("session", _) => About::of(from(&record.detail)),
            ("token", "wrong") => About::of(format!("トークン {} {}", record.subject, left(&record.detail))),
            ("token", _) => About::of(format!("トークン {}", record.subject)),
            ("user", "confirmation_wrong") => About::of(left(&record.detail)),
            ("history", _) => About::of(searched(&record.detail)),
            ("fee", _) => About::of(record.subject.clone()),
            ("payee", "add" | "change" | "delete")
            | ("transfer", "template_add" | "template_rename" | "template_delete") => {
                About::of(record.detail.clone())
            }
            ("statement", _) | ("transfer", "limit") => match record.subject.parse() {
                Ok(account) => About::of(self.account(AccountId::new(account)).await?),
                Err(_) if record.subject.is_empty() => About::of("1件あたり"),
                Err(_) => self.person(record).await?,
            },
            ("payeasy" | "transfer" | "recall" | "approval" | "bulk", _) => match self.thing(record).await? {
                Some(about) => about,
                None => self.person(record).await?,
            },
            _ => self.person(record).await?,
        })
    }

    /// A user other than the actor.
    async fn person(&mut self, record: &TrailRecord) -> Result<About, Stop> {
        let user = record.subject.parse::<UserId>().ok().filter(|_| record.subject != record.actor);
        match user {
            Some(user) => Ok(About::of(self.name(user).await?.unwrap_or_default())),
            None => Ok(About::default()),
        }
    }

    /// What moves money, or is asked to; nothing where the record is about something else.
    async fn thing(&mut self, record: &TrailRecord) -> Result<Option<About>, Stop> {
        if let Some(known) = self.things.get(&record.subject) {
            return Ok(Some(known.clone()));
        }
        let (bank, by, subject) = (self.bank, self.by, record.subject.as_str());
        let found = match Kind::of(&record.action) {
            Kind::Payment => match subject.parse() {
                Ok(id) => payeasy::activity::about(bank, by, id).await?,
                Err(_) => None,
            },
            Kind::Approval => match subject.parse() {
                Ok(id) => approvals::activity::about(bank, by, id).await?,
                Err(_) => None,
            },
            Kind::Transfer => match (record.action.split_once('.'), subject.parse::<uuid::Uuid>()) {
                (Some(("recall", _)), Ok(id)) => {
                    transfers::activity::about_recall(bank, by, RecallId::from_uuid(id)).await?
                }
                (_, Ok(id)) => transfers::activity::about_order(bank, by, OrderId::from_uuid(id)).await?,
                (_, Err(_)) => None,
            },
            Kind::View | Kind::Bulk => match subject.parse() {
                Ok(id) => bulk::activity::about(bank, by, id).await?,
                Err(_) => None,
            },
            Kind::SignIn | Kind::Change => None,
        };
        let Some(mut about) = found else { return Ok(None) };
        if let Some(account) = about.account {
            about.words = format!("{} {}", about.words, self.account(account).await?);
        }
        if let Some(number) = &about.number {
            about.words = format!("{} 受付番号 {number}", about.words);
        }
        self.things.insert(record.subject.clone(), about.clone());
        Ok(Some(about))
    }

    /// An account of the contract as people read it.
    async fn account(&mut self, account: AccountId) -> Result<String, Stop> {
        if self.accounts.is_none() {
            let accounts = self.bank.contracts.accounts(self.by.contract.id).await.map_err(failed)?;
            self.accounts = Some(accounts);
        }
        let found = self.accounts.iter().flatten().find(|one| one.account == account);
        Ok(found.map(ToString::to_string).unwrap_or_default())
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
    let how = SignInMethod::from_code(how).map_or_else(|| refusal(how), SignInMethod::label);
    format!("{how} 接続元 {address}")
}

/// What a failed sign-in met, and from where it came.
pub(crate) fn refused(detail: &str) -> Option<(&'static str, &str)> {
    detail.rsplit_once(", ").map(|(why, address)| (refusal(why), address))
}

fn refusal(why: &str) -> &'static str {
    match why {
        "wrong, blocked from now on" => "30分間の停止",
        "wrong, locked from now on" => "ログインIDの停止",
        _ => "パスワードの誤り",
    }
}

/// `left 4` of a wrong second password or code.
fn left(detail: &str) -> String {
    detail.strip_prefix("left ").map(|left| format!("あと{left}回で停止")).unwrap_or_default()
}

/// `from=2026-11-18 until=2026-11-24 user= kind=` of a search; nothing where it began with the days of the page.
fn searched(detail: &str) -> String {
    let day = |name: &str| {
        let day = detail.split(' ').find_map(|part| part.strip_prefix(name)).unwrap_or_default();
        day.parse::<domain::Date>().map(|day| day.to_string()).unwrap_or_default()
    };
    match (day("from="), day("until=")) {
        (from, until) if from.is_empty() && until.is_empty() => String::new(),
        (from, until) => format!("{from}〜{until}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_say_what_is_left_and_searches_which_days() {
        assert_eq!((left("left 4").as_str(), left("").as_str()), ("あと4回で停止", ""));
        assert_eq!(searched("from=2026-11-18 until=2026-11-24 user= kind="), "2026-11-18〜2026-11-24");
        assert_eq!(searched("from= until= user=x kind=<b>"), "");
        assert_eq!(searched("from=<b> until= user= kind="), "");
    }

    #[test]
    fn a_sign_in_says_how_and_from_where() {
        assert_eq!(from("password, 192.0.2.1"), "ID・パスワード 接続元 192.0.2.1");
        assert_eq!(from("wrong, 192.0.2.1"), "パスワードの誤り 接続元 192.0.2.1");
        assert_eq!(from("wrong, locked from now on, 2001:db8::1"), "ログインIDの停止 接続元 2001:db8::1");
        assert_eq!(from(""), "");
    }
}
