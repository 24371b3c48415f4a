//! The engine's process ends at every named place of [`transfers::points`], as a power cut would end it, and a later
//! process finishes the work: every order exactly once, every day settled.
//!
//! A process of its own runs two business days, and picks up wherever an earlier one ended. The network lives on in the
//! test's process, and its clock follows what the process asks for.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use database::Database;
use database::testing::TestDatabase;
use domain::{AccountId, BatchId, Clock, OrderId, TransferId};
use ledger::NewAccount;
use serde_json::json;
use tokio::task::JoinSet;
use transfers::{
    BatchDebit, Consent, ConsentState, DayError, DebitState, NewConsent, NewOrder, RecallState, Settings,
    State, Transfers,
};
use uuid::Uuid;

use crate::interbank::{Interbank, channel};
use crate::support::{Bank, OTHER, OWN, Unstopped, account, at, by, day, open_accounts, settings};

const SIGABRT: i32 = 6;
/// The variable that tells the process what it works with.
const TOLD: &str = "MPN_TEST_TRANSFERS_CRASH";
/// How long one process may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Worlds at the same time; they wait more than they work.
const WORLDS_MAX: usize = 6;

/// The moments of the script.
const MOMENTS: [&str; 5] = [
    "2026-11-24T10:00:00",
    "2026-11-24T16:00:00",
    "2026-11-25T08:30:00",
    "2026-11-25T15:30:00",
    "2026-11-25T16:00:00",
];

/// Transfers of another bank that it asks for: number and amount.
const GIVEN_BACK: (&str, i64) = ("given-back", 50_000);
const KEPT: (&str, i64) = ("kept", 60_000);

/// Where the money of a debit at another bank goes.
const FUND: AccountId = AccountId::new(10_900);

#[derive(serde::Serialize, serde::Deserialize)]
struct Told {
    database: String,
    network: std::net::SocketAddr,
    key: [u8; 32],
    /// Where `asked` and `seen` are: the moment that the process wants, and the one that the network has.
    folder: PathBuf,
}

/// How a process ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Aborted,
    Done,
}

struct World {
    network: Interbank,
    test: TestDatabase,
    clock: Clock,
    folder: tempfile::TempDir,
}

impl World {
    async fn new(test: TestDatabase) -> Self {
        let clock = Clock::frozen(at(MOMENTS[0]));
        let network = Interbank::start(&clock).await;
        network.fault(json!({ "mode": "lose", "kind": "transfer" })).await;
        network.incoming(5_000, "100", "7654321").await;
        for (number, amount) in [GIVEN_BACK, KEPT] {
            network.incoming_with(amount, json!({ "id": number })).await;
            network.ask_back(number, amount).await;
        }
        // of no order: for people
        network.give_back("stray", 1).await;
        Self { network, test, clock, folder: tempfile::tempdir().unwrap() }
    }

    /// Runs the script in a process of its own, with a place armed or none.
    async fn process(&self, armed: Option<&str>) -> (End, String) {
        let (network, key) = self.network.place();
        let folder = self.folder.path().to_owned();
        let told = Told { database: self.test.url.clone(), network, key, folder };
        let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "crash_points::a_process_of_its_own", "--nocapture", "--test-threads=1"])
            .env(TOLD, serde_json::to_string(&told).unwrap())
            .env_remove("FAILPOINTS")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(armed) = armed {
            command.env("FAILPOINTS", armed);
        }
        let running = command.output();
        tokio::pin!(running);
        let output = loop {
            tokio::select! {
                output = &mut running => break output.unwrap(),
                () = tokio::time::sleep(Duration::from_millis(10)) => self.keep_up(),
            }
        };
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        match (output.status.code(), output.status.signal()) {
            (Some(0), _) => (End::Done, said),
            (_, Some(SIGABRT)) => (End::Aborted, said),
            other => panic!("{armed:?}: the process ended with {other:?}: {said}"),
        }
    }

    /// The network's clock is what the process asks for.
    fn keep_up(&self) {
        let Ok(asked) = std::fs::read_to_string(self.folder.path().join("asked")) else { return };
        if let Some(moment) = MOMENTS.iter().find(|moment| **moment == asked) {
            self.clock.set_offset_us(at(moment).micros());
            std::fs::write(self.folder.path().join("seen"), moment).unwrap();
        }
    }
}

/// The orders of the script, by what becomes of them.
fn id(number: u128) -> OrderId {
    OrderId::from_uuid(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number))
}

fn orders(bank: &Bank) -> Vec<NewOrder> {
    let today = day("2026-11-24");
    let tomorrow = day("2026-11-25");
    let to = |number: &str, amount: i64| bank.order(account("0125", "100", number), amount);
    let made = [
        (bank.within(1_000), today, 1),
        (bank.abroad(2_000), today, 2),
        (to("9999999", 4_000), today, 3),
        (to("0000000", 8_000), today, 4),
        (to("0000001", 16_000), today, 5),
        (bank.within(32_000), tomorrow, 6),
        (bank.abroad(64_000), tomorrow, 7),
        (bank.within(10_000_000), tomorrow, 8),
        (bank.within(128_000), tomorrow, 9),
    ];
    made.map(|(order, day, number)| NewOrder { id: id(number), day, ..order }).to_vec()
}

struct Script {
    bank: Bank,
    told: Told,
}

impl Script {
    fn asked(folder: &Path) -> usize {
        let asked = std::fs::read_to_string(folder.join("asked")).unwrap_or_default();
        MOMENTS.iter().position(|moment| *moment == asked).unwrap_or(0)
    }

    async fn go_to(&self, moment: &str) {
        std::fs::write(self.told.folder.join("asked"), moment).unwrap();
        while std::fs::read_to_string(self.told.folder.join("seen")).unwrap_or_default() != moment {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.bank.go_to(moment);
    }

    async fn state(&self, number: u128) -> State {
        self.bank.engine.find(self.bank.contract, id(number)).await.unwrap().unwrap().state
    }

    /// One look at everything, until the orders of these numbers are so.
    async fn until(&self, states: &[(u128, State)]) {
        loop {
            let mut all = true;
            for (number, state) in states {
                all &= self.state(*number).await == *state;
            }
            if all {
                return;
            }
            self.bank.engine.due(&Unstopped).await.unwrap();
            self.bank.engine.send_open_work().await.unwrap();
            self.bank.engine.collect().await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn first_day(&self) {
        let engine = &self.bank.engine;
        for new in orders(&self.bank) {
            engine.place(new).await.unwrap();
        }
        engine.cancel(self.bank.contract, id(9), &by()).await.unwrap();
        self.until(&[(1, State::Settled), (3, State::Rejected), (4, State::Returned)]).await;
        loop {
            if matches!(self.state(5).await, State::Sent | State::Returned) {
                let recall = engine.recall(self.bank.contract, id(5), &by()).await.unwrap();
                if recall.state == RecallState::Returned {
                    break;
                }
            }
            engine.send_open_work().await.unwrap();
            engine.collect().await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.until(&[(2, State::Sent), (5, State::Returned)]).await;
        self.answered().await;
        self.debited().await;
        while self.bank.money(OTHER).await.0 != 6_000 + KEPT.1 {
            engine.collect().await.unwrap();
        }
    }

    /// An account at another bank is debited.
    async fn debited(&self) {
        let engine = &self.bank.engine;
        engine.ledger().open_account(&NewAccount::deposit(FUND, "fund")).await.unwrap();
        let debit = BatchDebit {
            id: id(50),
            batch: BatchId::from_uuid(id(51).uuid()),
            contract: self.bank.contract,
            fund: FUND,
            creditor: account("9999", "100", "1234567"),
            creditor_name: "ｶ)ﾐﾎﾝ".to_owned(),
            debtor: account("0125", "100", "1000000"),
            debtor_name: "ﾔﾏﾀﾞ ﾀﾛｳ".to_owned(),
            customer: "1".to_owned(),
            amount: domain::Yen::new(700),
            day: day("2026-11-24"),
        };
        if engine.debit(debit.id).await.unwrap().is_none() {
            let commit = engine.ask_debit(&debit).unwrap().unwrap();
            engine.ledger().commit(commit).await.unwrap();
        }
        while engine.debit(debit.id).await.unwrap().unwrap().body.state != DebitState::Collected {
            engine.send_open_work().await.unwrap();
            engine.collect().await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// One recall of another bank is consented to, and one refused.
    async fn answered(&self) {
        let engine = &self.bank.engine;
        loop {
            let cases = engine.consents(None, 10).await.unwrap();
            for case in &cases {
                let new = NewConsent {
                    id: case.id,
                    contract: self.bank.contract,
                    accounts: vec![OTHER],
                    consents: case.original == GIVEN_BACK.0,
                    guards: Vec::new(),
                    barred_by: Vec::new(),
                    actor: "user".to_owned(),
                };
                engine.answer_recall(&new).await.unwrap();
            }
            let done = |case: &Consent| matches!(case.state, ConsentState::Returned | ConsentState::Answered);
            if cases.len() == 2 && cases.iter().all(done) {
                return;
            }
            engine.send_open_work().await.unwrap();
            engine.collect().await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn settled(&self, on: &str) {
        loop {
            let found = self.bank.engine.settle_day(day(on)).await;
            let sql = "SELECT count(*) FROM interbank_day WHERE day = $1";
            let done: i64 = database::read!(self.bank.database, |c| {
                sqlx::query_scalar(sql).bind(on).fetch_one(c).await
            })
            .unwrap();
            if done == 1 {
                return;
            }
            match found {
                Ok(found) => assert!(found.missing.is_empty() && found.unknown.is_empty(), "{on}: {found:?}"),
                // it is asked again
                Err(DayError::NoAnswer(_)) => {}
                Err(error) => panic!("{on}: {error}"),
            }
            // what was booked and not acknowledged is not in the network's books yet
            self.bank.engine.collect().await.unwrap();
        }
    }

    async fn assert_done(&self) {
        let ends = [
            (1, State::Settled),
            (2, State::Settled),
            (3, State::Rejected),
            (4, State::Returned),
            (5, State::Returned),
            (6, State::Settled),
            (7, State::Settled),
            (8, State::Failed),
            (9, State::Cancelled),
        ];
        for (number, state) in ends {
            assert_eq!(self.state(number).await, state, "{number}");
        }
        // 1,000 and 32,000 within the bank, 2,000 and 64,000 to others
        assert_eq!(self.bank.money(OWN).await, (901_000, 901_000));
        assert_eq!(self.bank.money(OTHER).await, (38_000 + KEPT.1, 38_000 + KEPT.1));
        assert_eq!(self.bank.money(FUND).await, (700, 700), "an account at another bank is debited once");
        let cases = self.bank.engine.consents(None, 10).await.unwrap();
        let ends = cases.iter().map(|case| (case.original.as_str(), case.state));
        let wanted = [(GIVEN_BACK.0, ConsentState::Settled), (KEPT.0, ConsentState::Answered)];
        assert_eq!(ends.collect::<BTreeMap<_, _>>(), BTreeMap::from(wanted));
        let fees: i64 = self.bank.charges().await.iter().map(|(_, fee)| fee).sum();
        assert_eq!(fees, 3 * 380 + 550 + 1_100, "four were sent, two returned of them, and a recall");
        self.bank.assert_clean().await;
    }
}

/// All of it, from wherever it stands.
async fn run(told: Told) {
    let database = match told.database.strip_prefix("sqlite:") {
        Some(path) => Database::sqlite(Path::new(path)).await,
        None => Database::postgres(&told.database).await,
    }
    .unwrap();
    let from = Script::asked(&told.folder);
    let clock = Clock::frozen(at(MOMENTS[from]));
    let ledger = open_accounts(&database, &clock).await;
    let settings = Settings { lease_s: 2, ..settings() };
    let network = channel(told.network, &told.key);
    let engine = Transfers::open(settings, ledger, Some(network)).await.unwrap();
    let bank = Bank::of(engine, clock);
    // the same again is refused, and was there
    drop(bank.deposit_once(TransferId::from_uuid(id(100).uuid()), OWN, 1_000_000).await);
    let script = Script { bank, told };
    for (number, moment) in MOMENTS.into_iter().enumerate().skip(from) {
        script.go_to(moment).await;
        match number {
            0 => script.first_day().await,
            1 => script.settled("2026-11-24").await,
            2 => {
                script.until(&[(6, State::Settled), (7, State::Sent)]).await;
                script.bank.engine.due(&Unstopped).await.unwrap();
            }
            3 => script.until(&[(8, State::Failed)]).await,
            _ => script.settled("2026-11-25").await,
        }
    }
    script.assert_done().await;
}

/// Not a test by itself: the program that the other tests start, with what it is told in its environment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_of_its_own() {
    if let Ok(told) = std::env::var(TOLD) {
        Transfers::arm_crash_points();
        run(serde_json::from_str(&told).unwrap()).await;
    }
}

/// Ends the process at a place, and expects the next one to finish.
async fn survives(test: TestDatabase, place: &'static str) {
    let world = World::new(test).await;
    let run = async {
        let (end, said) = world.process(Some(&format!("{place}=return"))).await;
        assert_eq!(end, End::Aborted, "the script never comes by {place}: {said}");
        let (end, said) = world.process(None).await;
        assert_eq!(end, End::Done, "{place}: {said}");
        // the network has each once: its own books agree
        let mut amounts: Vec<_> = world.network.taken().await.into_iter().map(|(_, amount)| amount).collect();
        amounts.sort_unstable();
        assert_eq!(amounts, [2_000, 8_000, 16_000, 64_000], "{place}");
        assert_eq!(world.network.debits().await.len(), 1, "{place}");
        let back: Vec<_> = world.network.given_back().await.into_iter().map(|(amount, ..)| amount).collect();
        assert_eq!(back, [GIVEN_BACK.1], "{place}");
    };
    assert!(tokio::time::timeout(PATIENCE, run).await.is_ok(), "{place} takes too long");
}

async fn all(postgres: bool) {
    let mut waiting = transfers::points::names().into_iter();
    let mut worlds = JoinSet::new();
    loop {
        while worlds.len() < WORLDS_MAX
            && let Some(place) = waiting.next()
        {
            worlds.spawn(async move {
                let test = match postgres {
                    true => database::testing::postgres().await,
                    false => database::testing::sqlite().await,
                };
                survives(test, place).await;
            });
        }
        match worlds.join_next().await {
            Some(ended) => ended.unwrap(),
            None => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_place_on_sqlite() {
    all(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_place_on_postgres() {
    all(true).await;
}
