//! ひな形: a transfer that comes again, kept under a name for everybody of the contract who may debit its account. It
//! gives nobody a right and is no registered payee: its payee is looked up anew whenever it is used, and what was typed
//! is typed again (R52).

use database::{Change, Database, Value, read};
use domain::{AccountId, ContractId, TemplateId, Yen};
use edge::Errors;
use serde::{Deserialize, Serialize};
use transfers::Order;
use uuid::Uuid;

use super::draft::{Body, Details, Payee, TypedDetails, Way};
use super::payee;
use super::problem::Problem;
use crate::Bank;
use crate::contracts::{Business, DepositAccount};
use crate::help::Code;
use crate::mail::{Notice, To};
use crate::payeasy::views::Trouble;
use crate::payees::{self, List, Payees, Source};
use crate::policy;
use crate::registration::{Registration, RegistrationError, register, told};
use crate::sign_in::SignedIn;

/// Templates of one contract.
pub const TEMPLATES_MAX: usize = 100;
/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 30;

/// What comes again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Who is paid, as it was then.
    pub payee: Payee,
    /// The debited account.
    pub account: AccountId,
    /// How much, as it was then.
    pub amount: Yen,
    /// 依頼人名, in kana as it is sent.
    pub payer_name: String,
}

impl Content {
    /// Of what was entered.
    pub fn of(payee: &Payee, details: &Details) -> Self {
        Self {
            payee: payee.clone(),
            account: details.account,
            amount: details.amount,
            payer_name: details.payer_name.clone(),
        }
    }

    /// Of an order.
    pub async fn of_order(bank: &Bank, by: &SignedIn, order: &Order) -> Result<Self, Problem> {
        let facts = &order.facts;
        Ok(Self {
            payee: payee::of_order(bank, by, order).await?,
            account: facts.account,
            amount: facts.amount,
            payer_name: facts.payer_name.clone(),
        })
    }

    /// An entry that begins with it. The day is chosen anew.
    pub fn body(&self) -> Body {
        let (own, to) = match self.payee.way {
            Way::Own(account) => (true, account.to_string()),
            Way::Filed(_) | Way::Registered(_) | Way::Typed => (false, String::new()),
        };
        let typed = TypedDetails {
            account: self.account.to_string(),
            to,
            amount: self.amount.get().to_string(),
            day: String::new(),
            payer_name: self.payer_name.clone(),
        };
        Body { own, payee: (!own).then(|| self.payee.clone()), typed, ..Body::default() }
    }
}

/// A transfer under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its id.
    pub id: TemplateId,
    /// What the contract calls it.
    pub name: String,
    /// What comes again.
    pub content: Content,
}

/// Why a template is not kept or changed. No money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The name is empty or too long.
    Name,
    /// The contract has as many as it may.
    TooMany,
    /// It is not as it was seen any more.
    Gone,
    /// A stop, an unclear outcome or our own failure, whose code tells it.
    Told(Code),
}

impl Refused {
    /// A failure of ours, which is in the log.
    fn unavailable(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "an operation on templates failed");
        Self::Told(Code::Unavailable)
    }

    /// What the page tells.
    pub fn trouble(self) -> Trouble {
        let trouble = match self {
            Self::Name => Trouble::input(Errors::one(
                "name",
                format!("名前は1文字から{NAME_CHARS_MAX}文字で入力してください。"),
            )),
            Self::TooMany => Trouble::input(Errors::general(format!(
                "ひな形は、ご契約で{TEMPLATES_MAX}件までです。使わないものを削除してから登録してください。"
            ))),
            Self::Gone => Trouble::input(Errors::general(
                "このひな形は、ほかの方が変更または削除しました。一覧で、いまの内容をご確認ください。",
            )),
            Self::Told(code) => Trouble::of(code, told(code)),
        };
        trouble.of_registration()
    }
}

impl From<RegistrationError> for Refused {
    fn from(error: RegistrationError) -> Self {
        match error {
            RegistrationError::Changed => Self::Gone,
            RegistrationError::Unavailable(refused) => Self::unavailable(&refused),
            error => Self::Told(error.code()),
        }
    }
}

/// What a contract has registered today, by which templates find their payees.
pub struct Known {
    accounts: Vec<DepositAccount>,
    payees: Vec<payees::Payee>,
}

impl Known {
    /// Of the person's contract.
    pub async fn of(bank: &Bank, by: &SignedIn) -> Result<Self, Problem> {
        let payees = Payees::of(&bank.database, by.contract.id, List::Transfers).all().await;
        let accounts = bank.contracts.accounts(by.contract.id).await;
        Ok(Self {
            payees: payees.map_err(|error| Problem::unavailable(&error))?,
            accounts: accounts.map_err(|error| Problem::unavailable(&error))?,
        })
    }

    /// The debited account, in words.
    pub fn account(&self, account: AccountId) -> String {
        let found = self.accounts.iter().find(|one| one.account == account);
        found.map(ToString::to_string).unwrap_or_default()
    }

    /// The same with its payee as it is today; none where that is registered no more, or somebody else is in its place.
    pub fn anew(&self, bank: &Bank, content: &Content) -> Option<Content> {
        let seen = &content.payee;
        let of = |is: &dyn Fn(&payees::Payee) -> bool| self.payees.iter().find(|one| is(one));
        let payee = match &seen.way {
            Way::Own(account) => {
                let found = self.accounts.iter().find(|one| one.account == *account);
                payee::own(bank, found?)?
            }
            Way::Filed(number) => same(of(&|one| one.number() == Some(number))?, seen)?,
            Way::Registered(id) => same(of(&|one| one.id == *id && one.source == Source::Screen)?, seen)?,
            Way::Typed => {
                let found = of(&|one| one.account == seen.account && one.holder == seen.name);
                found.map_or_else(|| seen.clone(), payee::registered)
            }
        };
        Some(Content { payee, ..content.clone() })
    }
}

/// A payee as it is registered today, unless it has become somebody else: a number that was given to another company,
/// under another name and with another account, is not whom the template is about.
fn same(found: &payees::Payee, seen: &Payee) -> Option<Payee> {
    let is_same = found.account == seen.account || found.holder == seen.name;
    is_same.then(|| payee::registered(found))
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    content: String,
}

/// The templates of one contract.
struct Templates<'a> {
    database: &'a Database,
    contract: ContractId,
}

impl<'a> Templates<'a> {
    const fn of(bank: &'a Bank, by: &SignedIn) -> Self {
        Self { database: &bank.database, contract: by.contract.id }
    }

    async fn all(&self) -> Result<Vec<Template>, Refused> {
        let rows: Result<Vec<Row>, _> = read!(self.database, |c| {
            sqlx::query_as("SELECT id, name, content FROM transfer_template WHERE contract = $1")
                .bind(self.contract.uuid())
                .fetch_all(c)
                .await
        });
        let rows = rows.map_err(|error| Refused::unavailable(&error))?;
        let mut all = rows.into_iter().map(template).collect::<Result<Vec<_>, _>>()?;
        // collations differ between databases
        all.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(all)
    }

    /// Another contract's is not there (SEC-34).
    async fn find(&self, id: TemplateId) -> Result<Option<Template>, Refused> {
        let row: Result<Option<Row>, _> = read!(self.database, |c| {
            sqlx::query_as("SELECT id, name, content FROM transfer_template WHERE id = $1 AND contract = $2")
                .bind(id.uuid())
                .bind(self.contract.uuid())
                .fetch_optional(c)
                .await
        });
        row.map_err(|error| Refused::unavailable(&error))?.map(template).transpose()
    }
}

fn template(row: Row) -> Result<Template, Refused> {
    let content = serde_json::from_str(&row.content).map_err(|error| Refused::unavailable(&error))?;
    Ok(Template { id: TemplateId::from_uuid(row.id), name: row.name, content })
}

/// A name as it is kept: one line, or nothing.
fn read_name(typed: &str) -> Result<String, Refused> {
    let name = payees::operation::line(typed);
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count());
    if fits { Ok(name) } else { Err(Refused::Name) }
}

/// Whether the person may make this transfer, as far as its account says.
fn may_use(by: &SignedIn, content: &Content) -> bool {
    policy::offers(by.contract.plan, Business::Transfer)
        && by.user.rights.may_use(Business::Transfer, content.account)
}

/// Those whose account the person may debit, by name.
pub async fn list(bank: &Bank, by: &SignedIn) -> Result<Vec<Template>, Refused> {
    let mut all = Templates::of(bank, by).all().await?;
    all.retain(|one| may_use(by, &one.content));
    Ok(all)
}

/// One of them; what the person may not use is not there.
pub async fn find(bank: &Bank, by: &SignedIn, id: TemplateId) -> Result<Option<Template>, Refused> {
    let found = Templates::of(bank, by).find(id).await?;
    Ok(found.filter(|one| may_use(by, &one.content)))
}

/// What became of a template that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is new.
    Added(TemplateId),
    /// The same content was there, and has the name now that was typed.
    Renamed(TemplateId),
    /// It was there under this name, or none was typed.
    There(TemplateId),
}

/// Keeps one under a name; called by its payee where none is given. What is there already is no second one: a name that
/// was typed becomes its own. Those that are added at the same moment may go a little beyond the most.
pub async fn add(bank: &Bank, by: &SignedIn, content: &Content, typed: &str) -> Result<Kept, Refused> {
    if !may_use(by, content) {
        return Err(Refused::Told(Code::NotPermitted));
    }
    let name = match typed.trim() {
        "" => content.payee.title().chars().take(NAME_CHARS_MAX).collect(),
        typed => read_name(typed)?,
    };
    let templates = Templates::of(bank, by);
    let all = templates.all().await?;
    if let Some(there) = all.iter().find(|one| one.content == *content) {
        if typed.trim().is_empty() || there.name == name {
            return Ok(Kept::There(there.id));
        }
        rename(bank, by, there, &name).await?;
        return Ok(Kept::Renamed(there.id));
    }
    if all.len() >= TEMPLATES_MAX {
        return Err(Refused::TooMany);
    }
    let one = Template { id: TemplateId::generate(), name, content: content.clone() };
    let text = serde_json::to_string(content).map_err(|error| Refused::unavailable(&error))?;
    let change = change(
        "INSERT INTO transfer_template (id, contract, name, content, created_by, created_us)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (contract, content) DO NOTHING",
        by,
        &one,
        vec![
            one.name.as_str().into(),
            text.into(),
            by.user.id.uuid().into(),
            bank.clock.now().micros().into(),
        ],
    );
    match commit(bank, by, &one, change, ("transfer.template_add", "振込のひな形を登録しました")).await
    {
        // somebody was faster with the same
        Err(Refused::Gone) => {
            let all = templates.all().await?;
            let there = all.iter().find(|one| one.content == *content).ok_or(Refused::Gone)?;
            Ok(Kept::There(there.id))
        }
        added => added.map(|()| Kept::Added(one.id)),
    }
}

/// Gives one another name.
pub async fn rename(bank: &Bank, by: &SignedIn, one: &Template, typed: &str) -> Result<(), Refused> {
    let name = read_name(typed)?;
    let change = change(
        "UPDATE transfer_template SET name = $3 WHERE id = $1 AND contract = $2 AND name = $4",
        by,
        one,
        vec![name.as_str().into(), one.name.as_str().into()],
    );
    let renamed = Template { name, ..one.clone() };
    let told = ("transfer.template_rename", "振込のひな形の名前を変更しました");
    commit(bank, by, &renamed, change, told).await
}

/// Forgets one. Its orders stay.
pub async fn delete(bank: &Bank, by: &SignedIn, one: &Template) -> Result<(), Refused> {
    let change = change("DELETE FROM transfer_template WHERE id = $1 AND contract = $2", by, one, Vec::new());
    match commit(bank, by, one, change, ("transfer.template_delete", "振込のひな形を削除しました")).await
    {
        // one that somebody else has forgotten meanwhile is as good
        Err(Refused::Gone) => Ok(()),
        deleted => deleted,
    }
}

/// A statement whose first values are template and contract.
fn change(sql: &'static str, by: &SignedIn, one: &Template, more: Vec<Value>) -> Change {
    let mut values: Vec<Value> = vec![one.id.uuid().into(), by.contract.id.uuid().into()];
    values.extend(more);
    Change::one(sql, values)
}

/// One commit of the change, its record and the mails (R19).
async fn commit(
    bank: &Bank,
    by: &SignedIn,
    one: &Template,
    change: Change,
    (action, title): (&'static str, &str),
) -> Result<(), Refused> {
    let to = bank.contracts.recipients(by.contract.id, To::UserAndAdministrators(by.user.id)).await;
    let notice = Notice {
        event: format!("{}-{}-{}", action.replace('.', "-"), one.id, bank.clock.now().micros()),
        title: title.to_owned(),
        lines: vec![
            ("ひな形の名前", one.name.clone()),
            ("受取人名", one.content.payee.name.clone()),
            ("操作した方", by.user.name.clone()),
        ],
        advice: Notice::NOT_YOURS,
    };
    let what = Registration {
        action,
        subject: one.id.to_string(),
        detail: format!("{} {}", one.content.payee.account, one.content.payee.name),
        changes: vec![change],
        mail: Some((notice, to.map_err(|error| Refused::unavailable(&error))?)),
        ..Registration::default()
    };
    Ok(register(bank, by, None, what).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_thirty_characters() {
        assert_eq!(read_name("\u{3000}家賃\t本社 "), Ok("家賃 本社".to_owned()));
        assert_eq!(read_name(&"あ".repeat(30)).map(|name| name.chars().count()), Ok(30));
        for name in ["", " \n", &"あ".repeat(31)] {
            assert_eq!(read_name(name), Err(Refused::Name));
        }
    }
}
