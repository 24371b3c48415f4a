//! A hub, the mock collectors it reaches over plain HTTP, and a payer with an account.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use collectors::client::{Client, Limits, Peer, Trust};
use collectors::signature::{SigningKey, VerifyingKey};
use collectors::{Directory, protocol};
use database::Database;
use database::testing::TestDatabase;
use domain::payment::State;
use domain::{AccountId, Clock, CollectorNumber, ContractId, PaymentId, Timestamp, TransferId, UserId, Yen};
use edge::{Shutdown, ShutdownTrigger};
use gateway::audit::{CollectorRecord, Difference, Look};
use gateway::link::LinkForm;
use gateway::proof::{KeySet, PublicKey};
use gateway::{
    Gateway, Guard, Inquiry, InquiryError, InquiryRequest, PayError, Payer, Payment, PaymentOrder, Settings,
};
use http_body_util::BodyExt as _;
use ledger::{Balance, Commit, Kind, Ledger, NewAccount, Transfer};
use mocks::{Data, HubKeys, LinkConfig, Mocks, MocksConfig, SeedBill};
use serde_json::Value;
use tower::ServiceExt as _;

/// Where opening balances come from.
const CASH: AccountId = AccountId::new(900);
/// Where the collectors' sites are.
pub const SITES: &str = "http://127.0.0.1:8090";
/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is printed on a slip.
#[derive(Clone, Copy, Debug)]
pub struct Slip {
    pub collector: &'static str,
    pub customer: &'static str,
    pub confirmation: &'static str,
    pub category: Option<&'static str>,
    /// What the payer types, in yen.
    pub amount: Option<i64>,
}

const fn slip(
    collector: &'static str,
    customer: &'static str,
    confirmation: &'static str,
    category: Option<&'static str>,
) -> Slip {
    Slip { collector, customer, confirmation, category, amount: None }
}

/// A national tax, 215,000 yen.
pub const TAX: Slip = slip("00200", "2013000987654321", "135790", Some("7000004567"));
/// A national pension premium, 486,312 yen.
pub const PENSION: Slip = slip("00500", "9876543210987654", "730165", None);
/// A private bill of 58,000 yen with a fee of 110 yen.
pub const WITH_FEE: Slip = slip("99022", "90220000000000024680", "778899", None);
/// A private bill, 12,800 yen.
pub const SHOP: Slip = slip("99022", "90220000000000012345", "112233", None);
/// The collector whose payers type the amount.
pub const TYPED: Slip = Slip { amount: Some(3_000), ..slip("99090", "99090000000000000001", "909090", None) };

/// What a taxpayer who registered nothing pays by a 納付目的コード.
pub const PURPOSE: Slip =
    Slip { amount: Some(3_000), ..slip("00200", "2013000987654321", "135790", Some("03045080401")) };

/// The mock collectors on a port of their own.
pub struct Network {
    mocks: Mocks,
    site: Router,
    pub address: SocketAddr,
    serving: Option<(ShutdownTrigger, tokio::task::JoinHandle<()>)>,
    folder: tempfile::TempDir,
}

pub fn hub_key() -> SigningKey {
    SigningKey::from_seed("hub-1", &[1; 32]).unwrap()
}

/// Tells the collectors the hub's keys that count.
fn tell(list: &Path, keys: &[VerifyingKey]) {
    let owner = "MPN9999".parse().unwrap();
    let keys = keys.iter().map(|key| PublicKey::of(&owner, key)).collect();
    let aside = list.with_extension("new");
    std::fs::write(&aside, serde_json::to_string(&KeySet { keys }).unwrap()).unwrap();
    std::fs::rename(&aside, list).unwrap();
}

impl Network {
    pub async fn new(clock: &Clock) -> Self {
        Self::of(clock, &Data::embedded()).await
    }

    /// With institutions and sample bills of the test's own.
    pub async fn of(clock: &Clock, data: &Data) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("hub-keys.json");
        tell(&list, &[hub_key().verifying_key()]);
        let config = MocksConfig {
            data_dir: folder.path().to_owned(),
            clock: clock.clone(),
            hub_keys: HubKeys::listed(list),
            bank_code: "9999".to_owned(),
            bank_url: "http://localhost:8080".to_owned(),
            hub_centre: "MPN9999".parse().unwrap(),
            link: Some(LinkConfig { site_url: SITES.to_owned(), keys_dir: folder.path().join("link-keys") }),
            tokens: Vec::new(),
            clock_moves: None,
        };
        std::fs::create_dir(folder.path().join("link-keys")).unwrap();
        let mocks = Mocks::open_with(config, data).await.unwrap();
        mocks.seed(&data.bills().unwrap()).await.unwrap();
        let site = mocks::site_router(mocks.clone());
        let address = "127.0.0.1:0".parse().unwrap();
        let mut network = Self { mocks, site, address, serving: None, folder };
        network.come_up().await;
        network
    }

    /// Serves, on the same port as before.
    pub async fn come_up(&mut self) {
        let listener = edge::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let (trigger, shutdown) = Shutdown::pair();
        let router = mocks::protocol_router(self.mocks.clone());
        let limits = edge::Limits { drain_s: 1, ..edge::Limits::default() };
        let task = tokio::spawn(edge::serve_http(listener, router, limits, shutdown));
        self.serving = Some((trigger, task));
    }

    /// Each collector's number, key id and public key.
    pub fn keys(&self) -> Vec<(CollectorNumber, String, [u8; 32])> {
        self.mocks.public_keys()
    }

    /// From here on connections are refused.
    pub async fn go_down(&mut self) {
        let (trigger, task) = self.serving.take().unwrap();
        trigger.ask();
        task.await.unwrap();
    }

    /// The hub's keys that count from now on.
    pub fn tell(&self, keys: &[VerifyingKey]) {
        tell(&self.folder.path().join("hub-keys.json"), keys);
    }

    pub async fn fault(&self, collector: &str, fault: Value) {
        self.control("PUT", &format!("/control/{collector}/fault"), fault.to_string()).await;
    }

    pub async fn clearings(&self) -> Vec<Value> {
        let shown = self.control("GET", "/control/clearings", String::new()).await;
        shown["clearings"].as_array().unwrap().clone()
    }

    /// The cancellations that a collector has on record.
    pub async fn cancellations(&self, collector: &str) -> Vec<Value> {
        let shown = self.control("GET", &format!("/control/{collector}/cancellations"), String::new()).await;
        shown["cancellations"].as_array().unwrap().clone()
    }

    /// The net payments that the collectors were told of.
    pub async fn settlements(&self) -> Vec<Value> {
        let shown = self.control("GET", "/control/settlements", String::new()).await;
        shown["settlements"].as_array().unwrap().clone()
    }

    /// A client of the hub to the collectors.
    pub fn client(&self, limits: &Limits) -> Client {
        client(self.address, self.keys(), limits)
    }

    /// How often the clearing under this key was delivered, the message that brought it first, and its code;
    /// `None` where the collector has no record of it.
    pub async fn record(&self, payment: &Payment) -> Option<(i64, String, String)> {
        let text = |c: &Value, field: &str| c[field].as_str().unwrap().to_owned();
        let clearings = self.clearings().await;
        let mut own = clearings.iter().filter(|c| c["key"] == payment.facts.message_key.as_str());
        let record =
            own.next().map(|c| (c["deliveries"].as_i64().unwrap(), text(c, "first_by"), text(c, "code")));
        assert!(own.next().is_none(), "recorded twice");
        record
    }

    /// The bytes of the newest message that a collector received.
    pub async fn last_request(&self, collector: &str) -> Vec<u8> {
        let listed = self.control("GET", &format!("/control/{collector}/messages"), String::new()).await;
        let id = &listed["messages"][0]["id"];
        self.xml(collector, id.as_i64().unwrap(), "request").await
    }

    /// One side of an exchange: `request` or `answer`.
    pub async fn xml(&self, collector: &str, id: i64, side: &str) -> Vec<u8> {
        let path = format!("/control/{collector}/messages/{id}.xml?side={side}");
        self.control_bytes("GET", &path, String::new()).await
    }

    /// Gives a collector's site the key that it shares with the bank.
    pub fn share_link_key(&self, collector: &str, jwk: &str) {
        let file = self.folder.path().join(format!("link-keys/{collector}-1.jwk"));
        std::fs::write(file, jwk).unwrap();
    }

    /// What a bill's page at the site hands over to the bank; nothing where it is not payable.
    pub async fn hand_off(&self, page: &str) -> Option<LinkForm> {
        let shown = self.control_bytes("GET", &format!("{page}/banks/9999"), String::new()).await;
        let shown = String::from_utf8(shown).unwrap();
        let hidden = |name: &str| {
            let (_, after) = shown.split_once(&format!("name=\"{name}\" value=\""))?;
            Some(after.split('"').next()?.to_owned())
        };
        Some(LinkForm { skno: hidden("skno")?, bptn: hidden("bptn")?, bill: hidden("bill")? })
    }

    /// A command to the mocks.
    pub async fn control(&self, method: &str, path: &str, body: String) -> Value {
        serde_json::from_slice(&self.control_bytes(method, path, body).await).unwrap()
    }

    async fn control_bytes(&self, method: &str, path: &str, body: String) -> Vec<u8> {
        let request =
            http::Request::builder().method(method).uri(path).header("content-type", "application/json");
        let response = self.site.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let ok = response.status().is_success();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(ok, "{path}: {}", String::from_utf8_lossy(&body));
        body.to_vec()
    }

    /// Adds bills of 1,000 yen at 社会保険庁, one a customer number.
    pub async fn add_pensions(&self, numbers: &[String]) {
        self.add_bills(numbers, |bill| bill).await;
    }

    /// The same, with today as the last day for clearing.
    pub async fn add_last_day_pensions(&self, numbers: &[String]) {
        self.add_bills(numbers, |bill| SeedBill { clear_by_days: Some(0), due_days: None, ..bill }).await;
    }

    async fn add_bills(&self, numbers: &[String], change: fn(SeedBill) -> SeedBill) {
        let model = mocks::sample_bills().into_iter().find(|b| b.bill_id == "NEN-0003").unwrap();
        let bills: Vec<SeedBill> = numbers
            .iter()
            .map(|number| {
                change(SeedBill {
                    customer_number: number.clone(),
                    bill_id: number.clone(),
                    amount: 1_000,
                    ..model.clone()
                })
            })
            .collect();
        self.mocks.seed(&bills).await.unwrap();
    }
}

/// Short waits, so that tests do not wait.
pub fn settings() -> Settings {
    Settings {
        pay_wait_s: 5,
        resend_interval_s: 0,
        poll_interval_ms: 20,
        // days are kept where a test is about them
        keeps_days: false,
        ..Settings::new("MPN9999".parse().unwrap(), "9999".parse().unwrap())
    }
}

pub fn limits() -> Limits {
    Limits {
        answer_wait: Duration::from_secs(4),
        circuit_failures_max: u32::MAX,
        // a connection that the server closes under a request costs certainty
        idle_wait: Duration::ZERO,
        ..Limits::default()
    }
}

/// Each kind of collector, with and without 納付区分, hours and a typed amount: enough for many processes at the same
/// time, each of which keeps the days of all.
fn few() -> Directory {
    const FEW: [&str; 6] = ["00200", "00500", "04000", "04100", "99022", "99090"];
    Directory::parse(&list_of(&FEW)).unwrap()
}

/// The list of institutions with these rows and no other.
pub fn list_of(numbers: &[&str]) -> String {
    let text = Data::embedded().institutions;
    let mut tables = text.split("\n[[collector]]\n");
    let head = tables.next().unwrap().to_owned();
    let is_one =
        |table: &&str| numbers.iter().any(|number| table.starts_with(&format!("number = \"{number}\"")));
    let rows: Vec<_> = tables.filter(is_one).collect();
    assert_eq!(rows.len(), numbers.len());
    rows.into_iter().fold(head, |list, row| format!("{list}\n[[collector]]\n{row}"))
}

fn client(collectors: SocketAddr, keys: Vec<(CollectorNumber, String, [u8; 32])>, limits: &Limits) -> Client {
    let endpoint: http::Uri = format!("http://{collectors}").parse().unwrap();
    let peers: HashMap<_, _> = keys
        .into_iter()
        .map(|(number, id, key)| {
            let keys = vec![VerifyingKey::new(&id, &key).unwrap()];
            (number, Peer { endpoint: endpoint.clone(), keys })
        })
        .collect();
    Client::new(hub_key(), peers, &Trust::PlainHttp, limits).unwrap()
}

/// A serving hub. Dropping it stops the worker.
pub struct Hub {
    pub gateway: Gateway,
    pub ledger: Ledger,
    trigger: ShutdownTrigger,
    worker: tokio::task::JoinHandle<()>,
}

impl Hub {
    pub async fn open(
        database: Database,
        clock: &Clock,
        network: &Network,
        settings: Settings,
        limits: &Limits,
    ) -> Self {
        Self::reaching(database, clock, network.address, network.keys(), settings, limits).await
    }

    /// The same from a process that has only the collectors' address and keys.
    pub async fn reaching(
        database: Database,
        clock: &Clock,
        collectors: SocketAddr,
        keys: Vec<(CollectorNumber, String, [u8; 32])>,
        settings: Settings,
        limits: &Limits,
    ) -> Self {
        let client = client(collectors, keys, limits);
        Self::with(database, clock, settings, few(), client).await
    }

    async fn with(
        database: Database,
        clock: &Clock,
        settings: Settings,
        directory: Directory,
        client: Client,
    ) -> Self {
        let ledger = Ledger::start(database, clock.clone());
        let gateway = Gateway::open(settings, ledger.clone(), directory, client).await.unwrap();
        let (trigger, shutdown) = Shutdown::pair();
        let worker = tokio::spawn(gateway.clone().run(shutdown));
        // where nothing but the test is to take work up, the first look must not come in between
        while gateway.looks() == 0 && !worker.is_finished() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Self { gateway, ledger, trigger, worker }
    }

    /// Ends the worker as a stop of the process does.
    pub async fn stop(&mut self) {
        self.trigger.ask();
        (&mut self.worker).await.unwrap();
    }
}

/// A hub whose clock stands still at 10:00 on 2026-11-24, its collectors, and a payer with a million yen.
pub struct World {
    pub hub: Hub,
    pub clock: Clock,
    pub network: Network,
    pub payer: Payer,
    pub account: AccountId,
    pub test: TestDatabase,
}

impl World {
    pub async fn new(test: TestDatabase) -> Self {
        Self::with(test, settings(), &limits()).await
    }

    pub async fn with(test: TestDatabase, settings: Settings, limits: &Limits) -> Self {
        Self::of(test, settings, limits, Directory::embedded(), &Data::embedded()).await
    }

    /// With institutions and sample bills of the test's own.
    pub async fn of(
        test: TestDatabase,
        settings: Settings,
        limits: &Limits,
        directory: Directory,
        data: &Data,
    ) -> Self {
        let clock = Clock::frozen(Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap());
        let network = Network::of(&clock, data).await;
        let client = network.client(limits);
        let hub = Hub::with(test.database.clone(), &clock, settings, directory, client).await;
        let payer = Payer { contract: ContractId::generate(), user: UserId::generate() };
        hub.ledger.open_account(&NewAccount::internal(CASH, "現金")).await.unwrap();
        let account = AccountId::new(1_001);
        let world = Self { hub, clock, network, payer, account, test };
        world.open_account(account, 1_000_000).await;
        world
    }

    /// Another hub on the same database and collectors, as of another process.
    pub async fn another_hub(&self, limits: &Limits, directory: Directory) -> Hub {
        let client = self.network.client(limits);
        Hub::with(self.test.database.clone(), &self.clock, settings(), directory, client).await
    }

    pub async fn open_account(&self, account: AccountId, yen: i64) {
        self.hub.ledger.open_account(&NewAccount::deposit(account, "株式会社見本商事")).await.unwrap();
        self.put(account, yen).await;
    }

    /// Moves yen into a deposit.
    pub async fn put(&self, account: AccountId, yen: i64) {
        let id = TransferId::generate();
        let memo = "入金".to_owned();
        let transfer = Transfer { id, debit: CASH, credit: account, amount: yen, kind: Kind::Posted, memo };
        self.hub.ledger.commit(Commit { transfers: vec![transfer], ..Commit::default() }).await.unwrap();
    }

    pub async fn ask(&self, payer: Payer, slip: Slip) -> Result<Inquiry, InquiryError> {
        let request = InquiryRequest {
            collector: slip.collector.parse().unwrap(),
            customer_number: slip.customer.parse().unwrap(),
            confirmation_number: slip.confirmation.parse().unwrap(),
            category: slip.category.map(|c| c.parse().unwrap()),
            amount: slip.amount.map(Yen::new),
        };
        self.hub.gateway.inquire(payer, request).await
    }

    pub async fn inquire(&self, slip: Slip) -> Inquiry {
        self.ask(self.payer, slip).await.unwrap()
    }

    /// Asks for one of [`Network::add_pensions`].
    pub async fn inquire_pension(&self, number: &str) -> Inquiry {
        let request = InquiryRequest {
            collector: PENSION.collector.parse().unwrap(),
            customer_number: number.parse().unwrap(),
            confirmation_number: PENSION.confirmation.parse().unwrap(),
            category: None,
            amount: None,
        };
        self.hub.gateway.inquire(self.payer, request).await.unwrap()
    }

    /// An order for the first bill of an inquiry.
    pub fn order(&self, inquiry: &Inquiry) -> PaymentOrder {
        PaymentOrder {
            payment: PaymentId::generate(),
            payer: inquiry.payer,
            inquiry: inquiry.id,
            bill: inquiry.bills[0].id.clone(),
            amount: inquiry.bills[0].amount,
            account: self.account,
            guards: Vec::new(),
            barred_by: Vec::new(),
        }
    }

    pub async fn pay(&self, slip: Slip) -> Result<Payment, PayError> {
        let inquiry = self.inquire(slip).await;
        self.hub.gateway.pay(self.order(&inquiry)).await
    }

    pub async fn pay_with(&self, slip: Slip, guard: Guard) -> Result<Payment, PayError> {
        let inquiry = self.inquire(slip).await;
        self.hub.gateway.pay(PaymentOrder { guards: vec![guard], ..self.order(&inquiry) }).await
    }

    pub async fn payment(&self, id: PaymentId) -> Payment {
        self.hub.gateway.payment(self.payer.contract, id).await.unwrap().unwrap()
    }

    /// Waits until the payment is in a state.
    pub async fn reaches(&self, id: PaymentId, state: State) -> Payment {
        let waiting = async {
            loop {
                match self.hub.gateway.payment(self.payer.contract, id).await.unwrap() {
                    Some(payment) if payment.state == state => return payment,
                    _ => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(payment) => payment,
            Err(_) => panic!("{} instead of {state}", self.payment(id).await.state),
        }
    }

    /// Waits until a payment has this many events.
    pub async fn reaches_events(&self, id: PaymentId, count: usize) {
        let waiting = async {
            while self.events(id).await.len() < count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap();
    }

    pub async fn balance(&self) -> Balance {
        self.balance_of(self.account).await
    }

    pub async fn balance_of(&self, account: AccountId) -> Balance {
        self.hub.ledger.balances(&[account]).await.unwrap()[0]
    }

    /// The kinds of a payment's events.
    pub async fn events(&self, id: PaymentId) -> Vec<String> {
        let events = self.hub.ledger.events(id.into()).await.unwrap();
        events.into_iter().map(|e| e.kind).collect()
    }

    /// What the hub's own audit, the ledger's and the comparison with the collectors find.
    pub async fn findings(&self) -> Vec<&'static str> {
        let keys = self.hub.gateway.public_keys();
        let (mut found, before) = self.hub.gateway.audit_with(Some(&keys)).await.unwrap();
        found.extend(self.hub.ledger.audit().await.unwrap());
        found.extend(self.hub.gateway.audit_seals(&keys).await.unwrap());
        found.extend(self.differences(&before).await.into_iter().map(|difference| difference.finding));
        let mut checks: Vec<_> = found.into_iter().map(|f| f.check).collect();
        checks.sort_unstable();
        checks.dedup();
        checks
    }

    /// What the comparison with the collectors' records finds, after a look at the hub.
    pub async fn differences(&self, before: &Look) -> Vec<Difference> {
        let records: Vec<_> = self
            .network
            .clearings()
            .await
            .iter()
            .map(|c| CollectorRecord {
                collector: c["collector"].as_str().unwrap().to_owned(),
                key: c["key"].as_str().unwrap().to_owned(),
                amount: c["amount"].as_i64().unwrap(),
                cleared: c["code"] == "0000" && c["cancelled"] == false,
            })
            .collect();
        let (_, after) = self.hub.gateway.audit().await.unwrap();
        gateway::audit::compare(before, &records, &after)
    }

    pub async fn assert_clean(&self) {
        assert_eq!(self.findings().await, [] as [&str; 0]);
    }
}

/// What an operator would read in the stored message.
pub fn decoded(bytes: &[u8]) -> protocol::Message {
    protocol::decode(bytes).unwrap()
}
