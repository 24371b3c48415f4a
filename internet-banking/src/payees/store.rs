//! The payees of a contract in the database, and who was paid last.

use database::{Database, read};
use domain::{AccountRef, ContractId, PayeeId};
use formats::banks::folded;
use formats::kana::{Class, ZenginText};
use transfers::{Method, OrderQuery};
use uuid::Uuid;

use super::{Codes, List, Master, Payee, Source};
use crate::Bank;
use crate::contracts::{Business, StoreError};
use crate::sign_in::SignedIn;

/// Payees a page.
pub const PAGE: usize = 50;
/// Payees that were paid last, as a form offers them.
const RECENT_MAX: usize = 10;
/// Orders in which they are looked for.
const RECENT_ORDERS: u32 = 200;

/// Which payees of a contract are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PayeeQuery {
    /// Part of a name, a holder, a bank or a number; everybody where it is empty.
    pub text: String,
    /// Those of one group; all where it is empty.
    pub group: String,
    /// How many come before the page.
    pub offset: usize,
}

/// The payees of one contract.
#[derive(Clone, Debug)]
pub struct Payees<'a> {
    database: &'a Database,
    contract: ContractId,
    list: List,
}

#[derive(sqlx::FromRow)]
struct PayeeRow {
    id: Uuid,
    filed: Option<String>,
    bank: String,
    branch: String,
    kind: String,
    number: String,
    holder: String,
    name: String,
    party_group: String,
    first_code: String,
    second_code: String,
    version: i64,
}

/// Payees of a contract, both kinds in one form, for what follows.
macro_rules! payees {
    ($rest:literal) => {
        concat!(
            "SELECT id, filed, bank, branch, kind, number, holder, name, party_group, first_code, second_code, version
             FROM (
                 SELECT id, contract, list, NULL AS filed, bank, branch, kind, number, holder, name, party_group,
                     first_code, second_code, version
                 FROM payee
                 UNION ALL
                 SELECT id, contract, 'transfers' AS list, number AS filed, bank, branch, kind,
                     account_number AS number, name AS holder, name, '' AS party_group, '' AS first_code,
                     '' AS second_code, 0 AS version FROM contract_payee WHERE ended_us IS NULL
             ) AS known WHERE contract = $1 AND list = $2 ",
            $rest
        )
    };
}

impl<'a> Payees<'a> {
    /// One of the lists of a contract.
    pub const fn of(database: &'a Database, contract: ContractId, list: List) -> Self {
        Self { database, contract, list }
    }

    /// All of them: those filed on paper by number, then those of the users by 受取人名.
    pub async fn all(&self) -> Result<Vec<Payee>, StoreError> {
        let rows: Vec<PayeeRow> = read!(self.database, |c| {
            sqlx::query_as(payees!("")).bind(self.contract.uuid()).bind(self.list.code()).fetch_all(c).await
        })?;
        let mut all: Vec<Payee> = rows.into_iter().map(payee).collect::<Result<_, _>>()?;
        // collations differ between databases, and this order is that of the kana
        all.sort_by(|a, b| order(a).cmp(&order(b)));
        Ok(all)
    }

    /// A page of those that are asked for, and how many there are.
    pub async fn list(&self, query: &PayeeQuery) -> Result<(Vec<Payee>, usize), StoreError> {
        let mut found = self.all().await?;
        found.retain(|one| query.takes(one));
        let count = found.len();
        Ok((found.into_iter().skip(query.offset).take(PAGE).collect(), count))
    }

    /// One of them; another contract's is not there (SEC-34).
    pub async fn find(&self, id: PayeeId) -> Result<Option<Payee>, StoreError> {
        let row: Option<PayeeRow> = read!(self.database, |c| {
            sqlx::query_as(payees!("AND id = $3"))
                .bind(self.contract.uuid())
                .bind(self.list.code())
                .bind(id.uuid())
                .fetch_optional(c)
                .await
        })?;
        row.map(payee).transpose()
    }

    /// The one that was filed under a 受取人番号 (R81).
    pub async fn filed(&self, number: &str) -> Result<Option<Payee>, StoreError> {
        let row: Option<PayeeRow> = read!(self.database, |c| {
            sqlx::query_as(payees!("AND filed = $3"))
                .bind(self.contract.uuid())
                .bind(self.list.code())
                .bind(number)
                .fetch_optional(c)
                .await
        })?;
        row.map(payee).transpose()
    }

    /// The one that the users have registered with an account.
    pub async fn with_account(&self, account: &AccountRef) -> Result<Option<Payee>, StoreError> {
        let row: Option<PayeeRow> = read!(self.database, |c| {
            sqlx::query_as(payees!(
                "AND filed IS NULL AND bank = $3 AND branch = $4 AND kind = $5 AND number = $6"
            ))
            .bind(self.contract.uuid())
            .bind(self.list.code())
            .bind(account.bank.as_str())
            .bind(account.branch.as_str())
            .bind(account.kind.as_str())
            .bind(account.number.as_str())
            .fetch_optional(c)
            .await
        })?;
        row.map(payee).transpose()
    }
}

impl PayeeQuery {
    /// Whether a payee is one that is asked for, whatever width and script the text is typed in.
    fn takes(&self, one: &Payee) -> bool {
        let text = folded(&self.text);
        let has = |part: &str| folded(part).contains(&text);
        let (bank, branch) = Master::names(&one.account);
        let kana = || {
            let bank = Master::bank(&one.account.bank)?;
            let branch = bank.branch(&one.account.branch)?;
            Some(has(&bank.kana) || has(&branch.kana))
        };
        (self.group.is_empty() || one.group == self.group)
            && (text.is_empty()
                || has(&one.name)
                || has(&one.holder)
                || has(&bank)
                || has(&branch)
                || kana() == Some(true)
                || one.account.number.as_str().contains(&text)
                || one.number() == Some(text.as_str())
                || one.codes.first.ends_with(&text)
                || one.codes.second.ends_with(&text))
    }
}

/// Who was paid last, each once, the newest first: of the orders that the user may see. A payee that is registered, or
/// filed, comes as such.
pub async fn recent(bank: &Bank, by: &SignedIn) -> Result<Vec<Recent>, transfers::StoreError> {
    let mine = by.user.rights.accounts(Business::Transfer);
    let query = OrderQuery::newest(by.contract.id, mine, RECENT_ORDERS);
    let mut found: Vec<Recent> = Vec::new();
    for order in bank.transfers.list(&query).await? {
        let facts = order.facts;
        let is_new = !found.iter().any(|one| one.account == facts.to && one.holder == facts.payee_name);
        if facts.method != Method::OwnAccount && is_new {
            found.push(Recent { account: facts.to, holder: facts.payee_name });
        }
        if found.len() == RECENT_MAX {
            break;
        }
    }
    Ok(found)
}

/// Somebody who was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// The account.
    pub account: AccountRef,
    /// 受取人名 as it was sent.
    pub holder: String,
}

fn order(payee: &Payee) -> (bool, &str, &str, PayeeId) {
    let by = payee.number().unwrap_or(&payee.holder);
    (payee.number().is_none(), by, &payee.name, payee.id)
}

fn payee(row: PayeeRow) -> Result<Payee, StoreError> {
    let account = AccountRef {
        bank: row.bank.parse().map_err(|_| StoreError::Word(row.bank))?,
        branch: row.branch.parse().map_err(|_| StoreError::Word(row.branch))?,
        kind: row.kind.parse().map_err(|_| StoreError::Word(row.kind))?,
        number: row.number.parse().map_err(|_| StoreError::Word(row.number))?,
    };
    let holder = match &row.filed {
        // papers are typed in full width too
        Some(_) => ZenginText::abridged(&row.holder, Class::Party).to_string(),
        None => row.holder,
    };
    Ok(Payee {
        id: PayeeId::from_uuid(row.id),
        source: row.filed.map_or(Source::Screen, |number| Source::Filed { number }),
        account,
        holder,
        name: row.name,
        group: row.party_group,
        codes: Codes { first: row.first_code, second: row.second_code },
        version: row.version,
    })
}
