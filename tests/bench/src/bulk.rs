//! `mpn bench bulk`: files of 総合振込 from the upload to the last answer of the network, beside the bare writing of the
//! same rows; and payments at collectors while the largest file is carried out.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bulk::{Act, Approval, Batch, Bulk, Heading, Intake, Kind, Route, State, peek};
use collectors::client::{Channel, Limits, Peer, Trust};
use collectors::signature::{SigningKey, VerifyingKey};
use database::{Database, Table, Value, execute, insert};
use domain::calendar;
use domain::{AccountId, AccountKind, AccountRef, Clock, ContractId, Date, Timestamp, TransferId, UserId};
use edge::Shutdown;
use formats::banks::{Bank, Branch};
use gateway::Gateway;
use ledger::{Commit, Kind as Move, Ledger, NewAccount, Transfer};
use mocks::SeedBill;
use tokio::time::Instant;
use transfers::{Contracts, Standing, Transfers};

use crate::file::{self, ACCOUNTS, BRANCH, OWN, PAYER_NUMBER};
use crate::hub::{CASH, Hub, KEY};
use crate::isolation::{bills, round};
use crate::report::{Report, Spread, ratio};

/// The account that is debited.
const PAYER: AccountId = AccountId::new(10_001);
/// Accounts of payees begin here.
const PAYEES: i64 = 20_000;
/// What the payer has, in yen.
const OPENING: i64 = 1_000_000_000_000;
/// Bytes of an upload that come at a time.
const PART_BYTES: usize = 1 << 16;
/// Payers at collectors at the same time.
const CALLERS: usize = 2;
/// Payments without a batch beside them.
const PAYMENTS: usize = 1_000;
/// Payments that a batch may last.
const PAYMENTS_BESIDE: usize = 40_000;
/// Looks at what is open, at most.
const LOOKS_MAX: usize = 1_000;

static FLOOR: Table = Table {
    name: "bench_row",
    columns: &["batch", "number", "record", "amount", "owed", "fee", "attached", "faults"],
};

/// Contracts that nothing keeps back.
struct Unstopped;

impl Contracts for Unstopped {
    async fn standing(&self, _: ContractId) -> Result<Standing, transfers::StoreError> {
        Ok(Standing::default())
    }
}

/// `runs` files of each size up to `rows`, on SQLite and, where an address is given, on PostgreSQL.
pub async fn run(rows: u32, runs: usize, postgres: Option<&str>) -> anyhow::Result<Report> {
    let mut report = Report::new("Files of 総合振込: rows within the bank, and rows to other banks");
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("mpn.sqlite");
    one(&mut report, "SQLite", &Database::sqlite(&file).await?, folder.path(), (rows, runs)).await?;
    if let Some(url) = postgres {
        let folder = tempfile::tempdir()?;
        one(&mut report, "PostgreSQL", &Database::postgres(url).await?, folder.path(), (rows, runs)).await?;
    }
    Ok(report)
}

/// Each a tenth of the next.
fn sizes(rows: u32) -> Vec<usize> {
    let mut sizes: Vec<usize> = std::iter::successors(Some(rows), |rows| Some(rows / 10))
        .take_while(|rows| *rows >= 50)
        .filter_map(|rows| usize::try_from(rows).ok())
        .collect();
    sizes.reverse();
    sizes
}

async fn one(
    report: &mut Report,
    name: &str,
    database: &Database,
    folder: &Path,
    (rows, runs): (u32, usize),
) -> anyhow::Result<()> {
    let clock = Clock::with_offset_us(Clock::offset_us_for(at("2026-11-24T10:00:00")?));
    let (trigger, shutdown) = Shutdown::pair();
    let hub = Hub::start(database, &clock, folder, &shutdown, &[]).await?;
    let world = World::open(&hub, clock).await?;
    let all = bills(PAYMENTS + PAYMENTS_BESIDE);
    hub.mocks.seed(&all).await?;
    let (without, beside) = all.split_at(PAYMENTS);
    let mut beside = beside;
    // tables that have been used, and statements that have been made
    world.file(50, true, &mut Times::default()).await?;
    let mut alone = Vec::new();
    for size in sizes(rows) {
        let is_largest = Some(&size) == sizes(rows).last();
        for within in [true, false] {
            let mut times = Times::default();
            for _ in 0..runs {
                let day = world.file(size, within, &mut times).await?;
                if is_largest && !within && alone.is_empty() {
                    alone = round(&hub.gateway, without, CALLERS).await?;
                }
                let beside = if is_largest { Some(&mut beside) } else { None };
                world.carried_out(day, &mut times, (&hub.gateway, beside)).await?;
            }
            let label = format!("{name}: {size} {}", if within { "within the bank" } else { "to others" });
            times.tell(report, &label, &alone);
        }
    }
    world.audited(&hub).await?;
    trigger.ask();
    Ok(())
}

/// What was measured of files of one size.
#[derive(Default)]
struct Times {
    floor: Vec<Duration>,
    ready: Vec<Duration>,
    growth_kib: Vec<u64>,
    posted: Vec<Duration>,
    finished: Vec<Duration>,
    payments: Vec<Duration>,
}

impl Times {
    fn tell(self, report: &mut Report, label: &str, alone: &[Duration]) {
        let floor = report.add(format!("{label}: bare writing"), self.floor);
        let ready = report.add(format!("{label}: upload to approval"), self.ready);
        report.add(format!("{label}: every row posted"), self.posted);
        report.add(format!("{label}: every row final"), self.finished);
        if let (Some(floor), Some(ready)) = (floor, ready) {
            let growth = self.growth_kib.iter().max().copied().unwrap_or_default();
            let times = ratio(ready.median, floor.median);
            report.note(format!(
                "{label}: upload in {times} times the bare writing, {growth} KiB grown at most"
            ));
        }
        let [alone, beside] = [alone.to_vec(), self.payments].map(Spread::of);
        if let (Some(alone), Some(beside)) = (alone, beside) {
            let count = beside.count;
            let [p99, median] =
                [(beside.p99, alone.p99), (beside.median, alone.median)].map(|(a, b)| ratio(a, b));
            report.note(format!(
                "{label}: {count} payments beside its execution, in times of those alone: p99 {p99}, median {median}"
            ));
        }
    }
}

struct World {
    bulk: Bulk,
    engine: Transfers,
    ledger: Ledger,
    clock: Clock,
    contract: ContractId,
    user: UserId,
}

impl World {
    async fn open(hub: &Hub, clock: Clock) -> anyhow::Result<Self> {
        let ledger = hub.ledger.clone();
        let (key, public) = hub.mocks.interbank_key();
        let peer = Peer { endpoint: hub.endpoint.clone(), keys: vec![VerifyingKey::new(key, &public)?] };
        let key = SigningKey::from_seed(KEY, &hub.key)?;
        let path = transfers::network::PATH;
        let channel = Channel::new("the network", path, peer, key, &Trust::PlainHttp, &Limits::default())?;
        let settings = transfers::Settings { resend_interval_s: 0, ..transfers::Settings::new(OWN.parse()?) };
        let engine = Transfers::open(settings, ledger.clone(), Some(channel)).await?;
        let branch =
            Branch { code: BRANCH.parse()?, kana: "ホンテン".to_owned(), name: "本店".to_owned() };
        let bulk = Bulk::new(engine.clone(), Bank::new(OWN.parse()?, "ミホン", "見本", vec![branch]));
        let world =
            Self { bulk, engine, ledger, clock, contract: ContractId::generate(), user: UserId::generate() };
        world.account(PAYER, PAYER_NUMBER).await?;
        for number in 0..ACCOUNTS {
            world.account(payee(number)?, &format!("{number:07}")).await?;
        }
        let opening = Transfer {
            id: TransferId::generate(),
            debit: CASH,
            credit: PAYER,
            amount: OPENING,
            kind: Move::Posted,
            memo: "opening".to_owned(),
        };
        world.ledger.commit(Commit { transfers: vec![opening], ..Commit::default() }).await?;
        let sql =
            "CREATE TABLE bench_row AS SELECT batch, number, record, amount, owed, fee, attached, faults
             FROM bulk_row WHERE number < 0";
        execute!(world.ledger.database(), sql)?;
        Ok(world)
    }

    async fn account(&self, id: AccountId, number: &str) -> anyhow::Result<()> {
        self.ledger.open_account(&NewAccount::deposit(id, number)).await?;
        let sql = "INSERT INTO core_account (account, branch, branch_name, kind, number, name)
             VALUES ($1, $2, 'x', 'ordinary', $3, 'x')";
        execute!(self.ledger.database(), sql, id.get(), BRANCH, number)?;
        Ok(())
    }

    /// Uploads a file for the next business day and asks for it; approved, it waits for its day.
    async fn file(&self, size: usize, within: bool, times: &mut Times) -> anyhow::Result<Date> {
        let day = calendar::next_business_day(self.clock.now().date());
        let bytes = file::transfers(size, day, within)?;
        times.floor.push(self.floor(&bytes).await?);
        let before = resident_kib();
        let began = Instant::now();
        let asked = self.upload(&bytes, day).await?;
        times.ready.push(began.elapsed());
        times.growth_kib.push(resident_kib().saturating_sub(before));
        let digest = asked.digest.clone().context("it is asked for")?;
        self.bulk.approve(Approval { act: self.act(&asked), digest, limit: None }).await?;
        Ok(day)
    }

    /// The rows of a file written in one transaction, as they will be stored.
    async fn floor(&self, bytes: &[u8]) -> anyhow::Result<Duration> {
        let rows: Vec<Vec<Value>> = bytes
            .chunks(120)
            .zip(1_i64..)
            .map(|(record, number)| {
                vec![
                    self.contract.uuid().into(),
                    number.into(),
                    record.to_vec().into(),
                    1.into(),
                    Value::Int(None),
                    1.into(),
                    Value::Bytes(None),
                    Value::Text(None),
                ]
            })
            .collect();
        let began = Instant::now();
        let mut tx = self.ledger.database().begin().await?;
        insert::many(&mut tx, &FLOOR, &rows).await?;
        tx.commit().await?;
        let took = began.elapsed();
        execute!(self.ledger.database(), "DELETE FROM bench_row")?;
        Ok(took)
    }

    async fn upload(&self, bytes: &[u8], day: Date) -> anyhow::Result<Batch> {
        let today = self.clock.now().date();
        let peeked = peek(Kind::Transfers, bytes, today).context("a header")?;
        let heading = Heading {
            kind: Kind::Transfers,
            route: Route::File,
            account: PAYER,
            from: AccountRef {
                bank: OWN.parse()?,
                branch: BRANCH.parse()?,
                kind: AccountKind::Ordinary,
                number: PAYER_NUMBER.parse()?,
            },
            originator: peeked.originator,
            name: peeked.name,
            day,
            month: None,
            deduction: None,
            title: String::new(),
            file: None,
        };
        let upload = self.bulk.begin(self.contract, self.user, heading).await?;
        let mut intake = Intake::new(&self.bulk, upload, today);
        for part in bytes.chunks(PART_BYTES) {
            let _ = intake.push(part).await?;
        }
        let taken = intake.end().await?;
        if !taken.findings.is_empty() {
            bail!("the file is not sound: {:?}", taken.findings);
        }
        let batch = taken.upload.finish(self.contract, "bench").await?;
        Ok(self.bulk.request(self.act(&batch)).await?)
    }

    fn act(&self, batch: &Batch) -> Act {
        Act {
            contract: self.contract,
            batch: batch.id,
            version: batch.version,
            user: self.user,
            actor: "bench".to_owned(),
            guards: Vec::new(),
            barred_by: Vec::new(),
        }
    }

    /// What waits for a day is carried out on it, with payments beside it where there are any.
    async fn carried_out(
        &self,
        day: Date,
        times: &mut Times,
        (gateway, beside): (&Gateway, Option<&mut &[SeedBill]>),
    ) -> anyhow::Result<()> {
        self.clock.set_offset_us(Clock::offset_us_for(at(&format!("{day}T10:00:00"))?));
        let Some(bills) = beside else { return self.execution(times).await };
        let (stop, mut paying) = tokio::sync::oneshot::channel::<()>();
        let mut paid = Vec::new();
        let pay = async {
            // some at a time, for as long as it lasts
            while paying.try_recv() == Err(tokio::sync::oneshot::error::TryRecvError::Empty) {
                let (now, later) = bills.split_at(bills.len().min(50));
                if now.is_empty() {
                    break;
                }
                *bills = later;
                paid.extend(round(gateway, now, CALLERS).await?);
            }
            anyhow::Ok(())
        };
        let execution = async {
            let done = self.execution(times).await;
            drop(stop);
            done
        };
        let (paying, done) = tokio::join!(pay, execution);
        paying?;
        done?;
        times.payments.extend(paid);
        Ok(())
    }

    async fn execution(&self, times: &mut Times) -> anyhow::Result<()> {
        let began = Instant::now();
        self.bulk.look(&Unstopped).await?;
        self.bulk.look(&Unstopped).await?;
        times.posted.push(began.elapsed());
        for _ in 0..LOOKS_MAX {
            if self.bulk.open_work().await?.is_empty() {
                times.finished.push(began.elapsed());
                return Ok(());
            }
            self.engine.send_open_work().await?;
            self.bulk.look(&Unstopped).await?;
        }
        bail!("there is no end to it")
    }

    /// Every batch is done, and nothing is wrong.
    async fn audited(&self, hub: &Hub) -> anyhow::Result<()> {
        let query = bulk::BatchQuery::newest(self.contract, 500);
        for batch in self.bulk.list(&query).await? {
            let is_over = batch.state == State::Done || batch.rows == 50;
            if !is_over {
                bail!("a batch of {} rows is {}", batch.rows, batch.state);
            }
        }
        let mut findings = hub.ledger.audit().await?;
        findings.extend(hub.gateway.audit().await?.0);
        findings.extend(self.engine.audit().await?);
        findings.extend(self.bulk.audit().await?);
        if findings.is_empty() { Ok(()) } else { bail!("the audit found {findings:?}") }
    }
}

fn payee(number: usize) -> anyhow::Result<AccountId> {
    Ok(AccountId::new(PAYEES + i64::try_from(number)?))
}

fn at(text: &str) -> anyhow::Result<Timestamp> {
    Timestamp::parse_rfc3339(&format!("{text}+09:00")).context("a fixed instant")
}

/// What this process has of the memory now.
fn resident_kib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
