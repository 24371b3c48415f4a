//! A bank with three deposits, and orders between them.

use collectors::client::Channel;
use database::testing::TestDatabase;
use database::{Database, execute};
use domain::{
    AccountId, AccountKind, AccountRef, Clock, ContractId, Date, OrderId, Timestamp, TransferId, UserId, Yen,
};
use ledger::{Commit, Kind, Ledger, NewAccount, Refused, Transfer};
use transfers::{By, Contracts, Limits, Method, NewOrder, Settings, Standing, StoreError, Transfers};

/// Whence deposits come.
pub const CASH: AccountId = AccountId::new(1);
/// The contract's own.
pub const OWN: AccountId = AccountId::new(10_001);
/// The contract's second, at another branch.
pub const SECOND: AccountId = AccountId::new(10_002);
/// Another customer's.
pub const OTHER: AccountId = AccountId::new(10_003);

/// Contracts that nothing keeps back.
pub struct Unstopped;

impl Contracts for Unstopped {
    async fn standing(&self, _: ContractId) -> Result<Standing, StoreError> {
        Ok(Standing::default())
    }
}

/// Contracts that all stand like this.
pub struct Told(pub Standing);

impl Contracts for Told {
    async fn standing(&self, _: ContractId) -> Result<Standing, StoreError> {
        Ok(self.0.clone())
    }
}

/// The user.
pub fn by() -> By {
    By::actor("user")
}

pub struct Bank {
    pub engine: Transfers,
    pub clock: Clock,
    pub contract: ContractId,
    pub user: UserId,
    pub database: Database,
    _test: Option<TestDatabase>,
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(&format!("{text}+09:00")).unwrap()
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn account(bank: &str, branch: &str, number: &str) -> AccountRef {
    AccountRef {
        bank: bank.parse().unwrap(),
        branch: branch.parse().unwrap(),
        kind: AccountKind::Ordinary,
        number: number.parse().unwrap(),
    }
}

pub fn settings() -> Settings {
    Settings { resend_interval_s: 0, poll_interval_ms: 50, ..Settings::new("9999".parse().unwrap()) }
}

/// A bank at ten o'clock, whose OWN has 1,000,000 yen.
pub async fn bank(test: TestDatabase) -> Bank {
    bank_with(test, None).await
}

/// The same, with a way to a network that reads the same clock.
pub async fn bank_with(test: TestDatabase, network: Option<(Channel, Clock)>) -> Bank {
    let (channel, clock) = match network {
        Some((channel, clock)) => (Some(channel), clock),
        None => (None, Clock::frozen(at("2026-11-24T10:00:00"))),
    };
    let ledger = open_accounts(&test.database, &clock).await;
    let engine = Transfers::open(settings(), ledger, channel).await.unwrap();
    let bank = Bank { _test: Some(test), ..Bank::of(engine, clock) };
    bank.deposit(OWN, 1_000_000).await;
    bank
}

/// The ledger with the accounts of the bank and its customers.
pub async fn open_accounts(database: &Database, clock: &Clock) -> Ledger {
    let ledger = Ledger::start(database.clone(), clock.clone());
    ledger.open_account(&NewAccount::internal(CASH, "現金")).await.unwrap();
    for (id, branch, number) in
        [(OWN, "100", "1234567"), (SECOND, "101", "1234567"), (OTHER, "100", "7654321")]
    {
        ledger.open_account(&NewAccount::deposit(id, number)).await.unwrap();
        let sql = "INSERT INTO core_account (account, branch, branch_name, kind, number, name)
                   VALUES ($1, $2, 'x', 'ordinary', $3, 'x') ON CONFLICT DO NOTHING";
        execute!(database, sql, id.get(), branch, number).unwrap();
    }
    ledger
}

pub fn limits() -> Limits {
    Limits {
        bank_max: Yen::new(1_000_000_000),
        contract: Yen::new(1_000_000_000),
        account: None,
        user: None,
        per_item: None,
    }
}

impl Bank {
    /// Over an engine that is there.
    pub fn of(engine: Transfers, clock: Clock) -> Self {
        let contract = ContractId::from_uuid(uuid::Uuid::from_u128(7));
        let user = UserId::from_uuid(uuid::Uuid::from_u128(8));
        let database = engine.ledger().database().clone();
        Self { engine, clock, contract, user, database, _test: None }
    }

    pub async fn deposit(&self, account: AccountId, amount: i64) {
        self.deposit_once(TransferId::generate(), account, amount).await.unwrap();
    }

    /// The same under an id: the same again is refused.
    pub async fn deposit_once(&self, id: TransferId, account: AccountId, amount: i64) -> Result<(), Refused> {
        let transfer = Transfer {
            id,
            debit: CASH,
            credit: account,
            amount,
            kind: Kind::Posted,
            memo: "入金".to_owned(),
        };
        let commit = Commit { transfers: vec![transfer], ..Commit::default() };
        self.engine.ledger().commit(commit).await.map(drop)
    }

    pub fn go_to(&self, time: &str) {
        // a frozen clock reads what is set
        self.clock.set_offset_us(at(time).micros());
    }

    /// An order of today from OWN to a filed payee.
    pub fn order(&self, to: AccountRef, amount: i64) -> NewOrder {
        let from = account("9999", "100", "1234567");
        let (today, amount) = (self.clock.now().date(), Yen::new(amount));
        NewOrder {
            fee: self.engine.fee(self.engine.relation(Method::Filed, &from, &to), amount, today),
            id: OrderId::generate(),
            contract: self.contract,
            user: self.user,
            account: OWN,
            from,
            payer_name: "ｶ)ﾐﾎﾝ".to_owned(),
            to,
            payee_name: "ﾔﾏﾀﾞ ﾀﾛｳ".to_owned(),
            method: Method::Filed,
            own_accounts: vec![OWN, SECOND],
            amount,
            day: today,
            same_day_typed: false,
            limits: limits(),
            guards: Vec::new(),
            barred_by: Vec::new(),
            authorised_at: None,
            actor: "user".to_owned(),
        }
    }

    /// 振替 to another account, which is free.
    pub fn own(&self, to: AccountRef, amount: i64) -> NewOrder {
        NewOrder { method: Method::OwnAccount, fee: Yen::ZERO, ..self.order(to, amount) }
    }

    /// To another customer of this bank.
    pub fn within(&self, amount: i64) -> NewOrder {
        self.order(account("9999", "100", "7654321"), amount)
    }

    /// To a customer of another bank.
    pub fn abroad(&self, amount: i64) -> NewOrder {
        self.order(account("0125", "100", "0000001"), amount)
    }

    /// Balance and available amount.
    pub async fn money(&self, account: AccountId) -> (i64, i64) {
        let balance = self.engine.ledger().balances(&[account]).await.unwrap()[0];
        (balance.balance.get(), balance.available.get())
    }

    /// What the contract owes in fees: kind and amount of each.
    pub async fn charges(&self) -> Vec<(String, i64)> {
        let sql = "SELECT kind, amount FROM charge WHERE contract = $1 ORDER BY at_us, kind";
        let contract = self.contract.uuid();
        database::read!(self.database, |c| sqlx::query_as(sql).bind(contract).fetch_all(c).await).unwrap()
    }

    /// What people have to look at: kind and subject of each alarm.
    pub async fn alarms(&self) -> Vec<(String, String)> {
        let sql = "SELECT kind, subject FROM alarm ORDER BY kind, subject";
        database::read!(self.database, |c| sqlx::query_as(sql).fetch_all(c).await).unwrap()
    }

    /// Neither the ledger nor the engine finds anything wrong.
    pub async fn assert_clean(&self) {
        let mut findings = self.engine.ledger().audit().await.unwrap();
        findings.extend(self.engine.audit().await.unwrap());
        assert!(findings.is_empty(), "{findings:#?}");
    }
}
