//! What the bank knows of accounts and contracts beside what a session needs: the register of its deposit accounts, the
//! papers of a contract, and the accounts of other FB products (R6).

use database::{contains, read};
use domain::{AccountId, ContractId, Date, Timestamp, UserId, Yen};
use uuid::Uuid;

use super::{AccountKind, ContractState, DepositAccount, Store, StoreError, code};

/// Contracts that one list answers at most.
const LIST_MAX: i64 = 101;
/// Accounts of other FB products a page.
pub const OTHERS_PAGE: i64 = 100;

/// What is read of the accounts of other FB products, for what follows.
macro_rules! others {
    ($rest:literal) => {
        concat!(
            "SELECT id, product, branch, kind, number, inquiry, transfer, data FROM other_fb_account
             WHERE ended_us IS NULL ",
            $rest
        )
    };
}

code! {
    /// A service of an FB product that an account can be the target of.
    FbService {
        /// 会計情報: balances and movements.
        Inquiry = "inquiry", "会計情報";
        /// 資金移動: transfers.
        Transfer = "transfer", "資金移動";
        /// データ伝送: bulk data only, which stands in no contract's way.
        Data = "data", "データ伝送";
    }
}

/// What names a deposit account on paper.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct AccountName {
    /// 店番, three digits.
    pub branch: String,
    /// 科目.
    pub kind: AccountKind,
    /// 口座番号, seven digits.
    pub number: String,
}

/// `100 普通 1234567`.
impl std::fmt::Display for AccountName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.branch, self.kind.label(), self.number)
    }
}

impl AccountName {
    /// From digits of any width; none where they cannot name an account. A short account number is filled up with
    /// zeros.
    pub fn parse(branch: &str, kind: AccountKind, number: &str) -> Option<Self> {
        let (branch, number) = (digits(branch)?, digits(number)?);
        let fits = branch.len() == 3 && (1..=7).contains(&number.len());
        fits.then(|| Self { branch, kind, number: format!("{number:0>7}") })
    }
}

/// The digits of a text, half-width; none where it has anything else but spaces and hyphens.
pub fn digits(text: &str) -> Option<String> {
    let read = |c: char| match c {
        '0'..='9' => Some(Some(c)),
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).map(Some),
        ' ' | '\u{3000}' | '-' | '－' => Some(None),
        _ => None,
    };
    let read: Option<Vec<Option<char>>> = text.trim().chars().map(read).collect();
    Some(read?.into_iter().flatten().collect())
}

/// The papers of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Papers {
    /// From which day on the customer can set it up.
    pub usable_from: Option<Date>,
    /// Whether a 初期設定番号 waits to be used.
    pub awaits_set_up: bool,
    /// From when on that number opens nothing any more.
    pub set_up_until: Option<Timestamp>,
    /// 届出住所.
    pub address: String,
    /// Whether 都度指定 transfers may go on the same day (R86).
    pub same_day: bool,
    /// 1日の限度額 of transfers, where it is not the plan's standard (R96, R97).
    pub transfer_limit: Option<Yen>,
    /// When it was applied for.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// The master of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Master {
    /// The person.
    pub id: UserId,
    /// What the person types to sign in.
    pub login_id: String,
    /// The person's name.
    pub name: String,
    /// Where mails go.
    pub email: Option<String>,
    /// When the passwords were initialised, where they have not been acquired anew (R49).
    pub reset_at: Option<Timestamp>,
}

/// A contract in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedContract {
    /// Its id.
    pub id: ContractId,
    /// The company's name.
    pub name: String,
    /// The plan's word.
    pub plan: String,
    /// The sign-in method's word.
    pub sign_in: String,
    /// How far it has come.
    pub state: ContractState,
    /// From which day on it can be set up, where that is decided.
    pub usable_from: Option<Date>,
}

/// A payee that was filed on paper (R81).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FiledPayee {
    /// 受取人番号, four digits.
    pub number: String,
    /// 銀行コード, four digits.
    pub bank: String,
    /// 支店コード, three digits.
    pub branch: String,
    /// 科目.
    pub kind: AccountKind,
    /// 口座番号, seven digits.
    pub account_number: String,
    /// 受取人名 in kana.
    pub name: String,
}

/// An account of another FB product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherFbAccount {
    /// The row.
    pub id: Uuid,
    /// What the product or terminal is called.
    pub product: String,
    /// The account.
    pub account: AccountName,
    /// The services that it is a target of.
    pub services: Vec<FbService>,
}

type CoreRow = (i64, String, String, String, String, String);
type PapersRow = (Option<String>, Option<String>, Option<i64>, String, i64, Option<i64>, i64, Option<i64>);
type MasterRow = (Uuid, String, String, Option<String>, Option<i64>);
type PayeeRow = (String, String, String, String, String, String);
type OtherRow = (Uuid, String, String, String, String, i64, i64, i64);

/// An account of the register, in no contract.
fn registered(
    (account, branch, branch_name, kind, number, name): CoreRow,
) -> Result<DepositAccount, StoreError> {
    let kind = AccountKind::from_code(&kind).ok_or(StoreError::Word(kind))?;
    let account = AccountId::new(account);
    Ok(DepositAccount { account, branch, branch_name, kind, number, name, main: false })
}

impl Store {
    /// Adds an account to the bank's register, unless it is there.
    pub async fn register_account(&self, of: &DepositAccount) -> Result<(), StoreError> {
        database::execute!(
            self.database(),
            "INSERT INTO core_account (account, branch, branch_name, kind, number, name)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            of.account.get(),
            of.branch.as_str(),
            of.branch_name.as_str(),
            of.kind.code(),
            of.number.as_str(),
            of.name.as_str(),
        )?;
        Ok(())
    }

    /// An account of the bank's register.
    pub async fn registered(&self, name: &AccountName) -> Result<Option<DepositAccount>, StoreError> {
        let row: Option<CoreRow> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT account, branch, branch_name, kind, number, name FROM core_account
                 WHERE branch = $1 AND kind = $2 AND number = $3",
            )
            .bind(&name.branch)
            .bind(name.kind.code())
            .bind(&name.number)
            .fetch_optional(c)
            .await
        })?;
        row.map(registered).transpose()
    }

    /// The account of the bank's register with this id in the ledger.
    pub async fn registered_as(&self, id: AccountId) -> Result<Option<DepositAccount>, StoreError> {
        let row: Option<CoreRow> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT account, branch, branch_name, kind, number, name FROM core_account WHERE account = $1",
            )
            .bind(id.get())
            .fetch_optional(c)
            .await
        })?;
        row.map(registered).transpose()
    }

    /// The account from which an ended contract's last fees are debited, where another contract has it by now.
    pub async fn fee_account(&self, contract: ContractId) -> Result<Option<DepositAccount>, StoreError> {
        let row: Option<CoreRow> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT a.account, a.branch, a.branch_name, a.kind, a.number, a.name FROM core_account a
                 JOIN contract k ON k.fee_account = a.account WHERE k.id = $1 AND k.state = 'ended'",
            )
            .bind(contract.uuid())
            .fetch_optional(c)
            .await
        })?;
        row.map(registered).transpose()
    }

    /// The contract that is no ended one and has the account.
    pub async fn contract_with(&self, account: AccountId) -> Result<Option<ContractId>, StoreError> {
        let found: Option<Uuid> = read!(self.database(), |c| {
            sqlx::query_scalar(
                "SELECT d.contract FROM deposit_account d JOIN contract k ON k.id = d.contract
                 WHERE d.account = $1 AND k.state <> 'ended'",
            )
            .bind(account.get())
            .fetch_optional(c)
            .await
        })?;
        Ok(found.map(ContractId::from_uuid))
    }

    /// The contract whose 代表口座 this is, and the Argon2id string of the 初期設定番号 that it waits for.
    pub async fn awaiting_set_up(
        &self,
        name: &AccountName,
    ) -> Result<Option<(ContractId, String)>, StoreError> {
        let found: Option<(Uuid, String)> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT k.id, k.set_up_hash FROM deposit_account d JOIN contract k ON k.id = d.contract
                 WHERE d.branch = $1 AND d.kind = $2 AND d.number = $3 AND d.main = 1
                   AND k.set_up_hash IS NOT NULL AND k.state IN ('usable', 'active')",
            )
            .bind(&name.branch)
            .bind(name.kind.code())
            .bind(&name.number)
            .fetch_optional(c)
            .await
        })?;
        Ok(found.map(|(id, hash)| (ContractId::from_uuid(id), hash)))
    }

    /// The papers of a contract.
    pub async fn papers(&self, id: ContractId) -> Result<Option<Papers>, StoreError> {
        let row: Option<PapersRow> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT usable_from, set_up_hash, set_up_until_us, address, same_day, transfer_limit, created_us,
                     ended_us
                 FROM contract WHERE id = $1",
            )
            .bind(id.uuid())
            .fetch_optional(c)
            .await
        })?;
        let Some((from, hash, until_us, address, same_day, limit, created_us, ended_us)) = row else {
            return Ok(None);
        };
        let usable_from = match from {
            Some(day) => Some(day.parse().map_err(|_| StoreError::Word(day))?),
            None => None,
        };
        Ok(Some(Papers {
            usable_from,
            awaits_set_up: hash.is_some(),
            set_up_until: until_us.map(Timestamp::from_micros),
            address,
            same_day: same_day == 1,
            transfer_limit: limit.map(Yen::new),
            created_at: Timestamp::from_micros(created_us),
            ended_at: ended_us.map(Timestamp::from_micros),
        }))
    }

    /// The master of a contract.
    pub async fn master(&self, contract: ContractId) -> Result<Option<Master>, StoreError> {
        let row: Option<MasterRow> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT id, login_id, name, email, reset_us FROM app_user
                 WHERE contract = $1 AND role = 'master' AND removed_us IS NULL",
            )
            .bind(contract.uuid())
            .fetch_optional(c)
            .await
        })?;
        Ok(row.map(|(id, login_id, name, email, reset_us)| Master {
            id: UserId::from_uuid(id),
            login_id,
            name,
            email,
            reset_at: reset_us.map(Timestamp::from_micros),
        }))
    }

    /// Whether anybody has the login ID.
    pub async fn login_id_taken(&self, login_id: &str) -> Result<bool, StoreError> {
        let count: i64 = read!(self.database(), |c| {
            sqlx::query_scalar("SELECT count(*) FROM app_user WHERE login_id = $1 AND removed_us IS NULL")
                .bind(login_id)
                .fetch_one(c)
                .await
        })?;
        Ok(count > 0)
    }

    /// Contracts whose name has the text, or with an account of that number; the newest first.
    pub async fn search(
        &self,
        text: &str,
        state: Option<ContractState>,
    ) -> Result<Vec<ListedContract>, StoreError> {
        let number = digits(text).filter(|n| (1..=7).contains(&n.len())).map(|n| format!("{n:0>7}"));
        let rows: Vec<(Uuid, String, String, String, String, Option<String>)> =
            read!(self.database(), |c| {
                sqlx::query_as(concat!(
                    "SELECT k.id, k.name, k.plan, k.sign_in, k.state, k.usable_from FROM contract k WHERE (",
                    contains!("k.name", "$1"),
                    " OR EXISTS
                     (SELECT 1 FROM deposit_account d WHERE d.contract = k.id AND d.number = $2))
                   AND ($3 = '' OR k.state = $3) ORDER BY k.created_us DESC, k.id DESC LIMIT $4"
                ))
                .bind(text)
                .bind(&number)
                .bind(state.map_or("", ContractState::code))
                .bind(LIST_MAX)
                .fetch_all(c)
                .await
            })?;
        type Listed = (Uuid, String, String, String, String, Option<String>);
        let listed = |(id, name, plan, sign_in, state, usable_from): Listed| {
            Ok(ListedContract {
                usable_from: usable_from.and_then(|day| day.parse().ok()),
                id: ContractId::from_uuid(id),
                name,
                plan,
                sign_in,
                state: ContractState::from_code(&state).ok_or(StoreError::Word(state))?,
            })
        };
        rows.into_iter().map(listed).collect()
    }

    /// The payees of a contract that were filed on paper, by number.
    pub async fn filed_payees(&self, contract: ContractId) -> Result<Vec<FiledPayee>, StoreError> {
        let rows: Vec<PayeeRow> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT number, bank, branch, kind, account_number, name FROM contract_payee
                 WHERE contract = $1 AND ended_us IS NULL ORDER BY number",
            )
            .bind(contract.uuid())
            .fetch_all(c)
            .await
        })?;
        let payee = |(number, bank, branch, kind, account_number, name): PayeeRow| {
            let kind = AccountKind::from_code(&kind).ok_or(StoreError::Word(kind))?;
            Ok(FiledPayee { number, bank, branch, kind, account_number, name })
        };
        rows.into_iter().map(payee).collect()
    }

    /// A page of the accounts of other FB products, from 0 on, and one more where there is another page.
    pub async fn other_fb_accounts(&self, page: u32) -> Result<Vec<OtherFbAccount>, StoreError> {
        let rows: Vec<OtherRow> = read!(self.database(), |c| {
            sqlx::query_as(others!("ORDER BY branch, kind, number, product LIMIT $1 OFFSET $2"))
                .bind(OTHERS_PAGE + 1)
                .bind(i64::from(page).saturating_mul(OTHERS_PAGE))
                .fetch_all(c)
                .await
        })?;
        rows.into_iter().map(other).collect()
    }

    /// One account of another FB product, unless it has ended.
    pub async fn other_fb_account(&self, id: Uuid) -> Result<Option<OtherFbAccount>, StoreError> {
        let row: Option<OtherRow> = read!(self.database(), |c| {
            sqlx::query_as(others!("AND id = $1")).bind(id).fetch_optional(c).await
        })?;
        row.map(other).transpose()
    }

    /// The product that keeps a contract of ours from having the account, where there is one (R6).
    pub async fn blocking_fb_account(
        &self,
        name: &AccountName,
    ) -> Result<Option<OtherFbAccount>, StoreError> {
        let row: Option<OtherRow> = read!(self.database(), |c| {
            sqlx::query_as(others!(
                "AND branch = $1 AND kind = $2 AND number = $3 AND (inquiry = 1 OR transfer = 1) LIMIT 1"
            ))
            .bind(&name.branch)
            .bind(name.kind.code())
            .bind(&name.number)
            .fetch_optional(c)
            .await
        })?;
        row.map(other).transpose()
    }

    /// Whether the account is recorded for the product already.
    pub async fn is_other_fb_account(&self, product: &str, name: &AccountName) -> Result<bool, StoreError> {
        let row: Option<OtherRow> = read!(self.database(), |c| {
            sqlx::query_as(others!("AND branch = $1 AND kind = $2 AND number = $3 AND product = $4"))
                .bind(&name.branch)
                .bind(name.kind.code())
                .bind(&name.number)
                .bind(product)
                .fetch_optional(c)
                .await
        })?;
        Ok(row.is_some())
    }
}

fn other(row: OtherRow) -> Result<OtherFbAccount, StoreError> {
    let (id, product, branch, kind, number, inquiry, transfer, data) = row;
    let kind = AccountKind::from_code(&kind).ok_or(StoreError::Word(kind))?;
    let flags = [(FbService::Inquiry, inquiry), (FbService::Transfer, transfer), (FbService::Data, data)];
    let services = flags.into_iter().filter(|(_, flag)| *flag == 1).map(|(service, _)| service).collect();
    Ok(OtherFbAccount { id, product, account: AccountName { branch, kind, number }, services })
}

impl OtherFbAccount {
    /// Whether a contract of ours may not have the account beside it (R6).
    pub fn blocks(&self) -> bool {
        blocks(&self.services)
    }
}

/// 会計情報 and 資金移動 of one account are in one FB contract only; データ伝送 stands in no way (R6).
pub fn blocks(services: &[FbService]) -> bool {
    services.iter().any(|service| matches!(service, FbService::Inquiry | FbService::Transfer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_named_by_digits_of_any_width() {
        let parse = |branch, number| AccountName::parse(branch, AccountKind::Ordinary, number);
        assert_eq!(parse("１００", "1234567").unwrap().to_string(), "100 普通 1234567");
        assert_eq!(parse(" 100 ", "98-765").unwrap().number, "0098765");
        for (branch, number) in
            [("10", "1234567"), ("1000", "1"), ("100", ""), ("100", "12345678"), ("a00", "1")]
        {
            assert_eq!(parse(branch, number), None, "{branch} {number}");
        }
    }

    /// Proves R6.
    #[test]
    fn data_transmission_alone_stands_in_no_contracts_way() {
        assert!(!blocks(&[FbService::Data]));
        assert!(!blocks(&[]));
        assert!(blocks(&[FbService::Inquiry]));
        assert!(blocks(&[FbService::Transfer, FbService::Data]));
    }
}
