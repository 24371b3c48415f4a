//! A bank with an engine of bulk business, and rows for it.

use bulk::{Act, Approval, Batch, Bulk, Heading, Kind, NewRow, Only, Route, Row, RowState, State};
use database::execute;
use database::testing::TestDatabase;
use domain::{AccountId, BatchId, Clock, ContractId, UserId, Yen};
use formats::banks::{Bank, Branch};
use formats::zengin::transfer::Line;
use formats::zengin::{Code, Digits, Name, Number, Record};
use ledger::NewAccount;
use uuid::Uuid;

use crate::interbank::Interbank;
use crate::support::{Bank as TheirBank, OWN, Unstopped, account, at, bank, bank_with, day};

/// Accounts of this bank whose holder is nobody of the contract: 0100001 and on, at branch 201.
pub const PAYEES: i64 = 20_000;

pub struct World {
    pub bank: TheirBank,
    pub bulk: Bulk,
}

/// The morning before the day of the batches.
pub const BEFORE: &str = "2026-11-26T10:00:00";
/// The day of the batches, when they are debited.
pub const ON: &str = "2026-11-27T08:30:00";

impl World {
    pub async fn new(test: TestDatabase) -> Self {
        Self::of(bank(test).await).await
    }

    /// With a way to the network.
    pub async fn networked(test: TestDatabase) -> (Self, Interbank) {
        let clock = Clock::frozen(at(BEFORE));
        let network = Interbank::start(&clock).await;
        let bank = bank_with(test, Some((network.channel(), clock))).await;
        (Self::of(bank).await, network)
    }

    async fn of(bank: TheirBank) -> Self {
        bank.go_to(BEFORE);
        let bulk = Bulk::new(bank.engine.clone(), own());
        let world = Self { bank, bulk };
        for number in 1..=3 {
            world.payee(number).await;
        }
        world
    }

    /// Opens an account of a payee at this bank.
    pub async fn payee(&self, number: i64) -> AccountId {
        let id = AccountId::new(PAYEES + number);
        self.bulk.ledger().open_account(&NewAccount::deposit(id, "payee")).await.unwrap();
        let sql = "INSERT INTO core_account (account, branch, branch_name, kind, number, name)
                   VALUES ($1, '201', 'x', 'ordinary', $2, 'x') ON CONFLICT DO NOTHING";
        execute!(self.bank.database, sql, id.get(), format!("01{number:05}")).unwrap();
        id
    }

    pub fn heading(&self, kind: Kind) -> Heading {
        Heading {
            kind,
            route: Route::File,
            account: OWN,
            from: account("9999", "100", "1234567"),
            originator: "1234567890".to_owned(),
            name: "ｶ)ﾐﾎﾝ".to_owned(),
            day: day("2026-11-27"),
            month: None,
            deduction: None,
            title: "月末払い".to_owned(),
            file: None,
        }
    }

    pub async fn draft(&self, heading: Heading, rows: Vec<NewRow>) -> Batch {
        let mut upload = self.bulk.begin(self.bank.contract, self.bank.user, heading).await.unwrap();
        upload.add(rows).await.unwrap();
        upload.finish(self.bank.contract, "user").await.unwrap()
    }

    pub fn act(&self, batch: &Batch) -> Act {
        Act {
            contract: self.bank.contract,
            batch: batch.id,
            version: batch.version,
            user: self.bank.user,
            actor: "user".to_owned(),
            guards: Vec::new(),
            barred_by: Vec::new(),
        }
    }

    pub fn approval(&self, batch: &Batch) -> Approval {
        let digest = batch.digest.clone().unwrap_or_default();
        Approval { act: self.act(batch), digest, limit: None }
    }

    /// Asked for and approved.
    pub async fn approved(&self, heading: Heading, rows: Vec<NewRow>) -> Batch {
        let batch = self.draft(heading, rows).await;
        let batch = self.bulk.request(self.act(&batch)).await.unwrap();
        let batch = self.bulk.approve(self.approval(&batch)).await.unwrap();
        assert_eq!(batch.state, State::Approved);
        batch
    }

    pub async fn found(&self, id: BatchId) -> Batch {
        self.bulk.find(self.bank.contract, id).await.unwrap().unwrap()
    }

    pub async fn rows(&self, id: BatchId) -> Vec<Row> {
        self.bulk.rows(self.bank.contract, id, Only::All, 0, 1_000).await.unwrap()
    }

    pub async fn states(&self, id: BatchId) -> Vec<RowState> {
        self.rows(id).await.into_iter().map(|row| row.result.state).collect()
    }

    /// Everything that can be done at this moment, with the network.
    pub async fn work(&self) {
        for _ in 0..40 {
            let steps = self.bulk.look(&Unstopped).await.unwrap() + self.bulk.settle_taxes().await.unwrap();
            self.bank.engine.send_open_work().await.unwrap();
            let collected = self.bank.engine.collect().await.unwrap();
            if steps + collected == 0 {
                return;
            }
        }
        panic!("there is no end to it");
    }

    pub async fn balance(&self, account: AccountId) -> i64 {
        self.bank.money(account).await.0
    }

    /// Neither the ledger nor any engine finds anything wrong.
    pub async fn assert_clean(&self) {
        self.bank.assert_clean().await;
        let findings = self.bulk.audit().await.unwrap();
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

/// This bank with its branches.
pub fn own() -> Bank {
    let branch = |code: &str| Branch {
        code: code.parse().unwrap(),
        kana: "ホンテン".to_owned(),
        name: "本店".to_owned(),
    };
    Bank::new("9999".parse().unwrap(), "ミホン", "見本", ["100", "101", "201"].map(branch).to_vec())
}

/// Another contract and its user.
pub fn stranger() -> (ContractId, UserId) {
    (ContractId::from_uuid(Uuid::from_u128(70)), UserId::from_uuid(Uuid::from_u128(80)))
}

/// The record of a row of 総合振込.
pub fn record(bank: &str, branch: &str, number: &str, amount: u64) -> Record {
    Line {
        bank: Digits::of(bank).unwrap(),
        branch: Digits::of(branch).unwrap(),
        account_kind: Code(b'1'),
        number: Digits::of(number).unwrap(),
        name: Name::of_bytes("ﾔﾏﾀﾞ ﾀﾛｳ".chars().map(byte).collect::<Vec<_>>().as_slice()).unwrap(),
        amount: Number::of(amount).unwrap(),
        ..Line::default()
    }
    .write()
}

/// A half-width character as its byte in JIS X 0201.
fn byte(c: char) -> u8 {
    let code = u32::from(c);
    u8::try_from(if code >= 0xff61 { code - 0xff61 + 0xa1 } else { code }).unwrap()
}

/// A row to the payee of a number at this bank.
pub fn within(number: i64, amount: u64) -> NewRow {
    NewRow::of(record("9999", "201", &format!("01{number:05}"), amount))
}

/// A row to an account at another bank.
pub fn abroad(number: &str, amount: u64) -> NewRow {
    NewRow::of(record("0125", "100", number, amount))
}

pub const fn yen(amount: i64) -> Yen {
    Yen::new(amount)
}
