//! A bank with one company, and a browser to look at it.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use collectors::client::Peer as CollectorPeer;
use collectors::signature::SigningKey;
use database::testing::TestDatabase;
use domain::{AccountId, CentreCode, Clock, CollectorNumber, ContractId, Timestamp, TransferId, UserId, Yen};
use edge::{ClientCertificate, CookieKind, ListenerPort, Peer};
use gateway::Gateway;
use gateway::link::{LinkKey, LinkPeer, LinkPeers};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use internet_banking::Bank;
use internet_banking::contracts::{AccountKind, DepositAccount, NewUser, Plan, Rights, Role, SignInMethod};
use internet_banking::hours::ServiceHours;
use internet_banking::secrets::Secret;
use ledger::{Commit, Kind, Ledger, NewAccount, Transfer};
use tower::ServiceExt;
use transfers::Transfers;

use crate::network::Network;

pub const LOGIN_ID: &str = "hanako01";
pub const PASSWORD: &str = "kesa-no-ame-wa-tsumetai";
/// The deployment's secret.
pub const SECRET: [u8; 32] = [3; 32];
/// Where the opening balances come from.
const CASH: AccountId = AccountId::new(900);

/// A bank whose clock stands still at 10:00 on 2026-11-24.
#[derive(Clone)]
pub struct World {
    pub bank: Bank,
    pub clock: Clock,
    pub contract: ContractId,
    pub hanako: UserId,
    pub accounts: [AccountId; 2],
    test: Arc<TestDatabase>,
}

impl World {
    pub async fn new(test: TestDatabase) -> Self {
        let ledger = ledger(&test);
        let gateway = gateway(&ledger, HashMap::new(), settings()).await;
        Self::of(test, ledger, gateway).await
    }

    /// One whose hub reaches the mock collectors.
    pub async fn connected(test: TestDatabase) -> (Self, Network) {
        let ledger = ledger(&test);
        let network = Network::new(ledger.clock()).await;
        let gateway = gateway(&ledger, network.peers(), settings()).await;
        (Self::of(test, ledger, gateway).await, network)
    }

    /// One that has agreed on keys with collectors, whose payers come from `https://shop.example/pay/`.
    pub async fn linked(test: TestDatabase, keys: Vec<(&str, LinkKey)>) -> (Self, Network) {
        let ledger = ledger(&test);
        let network = Network::new(ledger.clock()).await;
        let peer = |(number, key): (&str, LinkKey)| {
            let return_urls = vec!["https://shop.example/pay/".parse().unwrap()];
            (number.parse::<CollectorNumber>().unwrap(), LinkPeer { keys: vec![key], return_urls })
        };
        let links = LinkPeers::from(keys.into_iter().map(peer).collect::<HashMap<_, _>>());
        let settings = gateway::Settings { links, resend_interval_s: 0, pay_wait_s: 2, ..settings() };
        let gateway = gateway(&ledger, network.peers(), settings).await;
        (Self::of(test, ledger, gateway).await, network)
    }

    async fn of(test: TestDatabase, ledger: Ledger, gateway: Gateway) -> Self {
        let clock = ledger.clock().clone();
        let settings = transfers::Settings::new("9999".parse().unwrap());
        let transfers = Transfers::open(settings, ledger.clone(), None).await.unwrap();
        let bank = Bank::new(ledger.clone(), gateway, &Secret::new(SECRET)).unwrap();
        let mut bank = bank.with_transfers(transfers);
        // the hours have tests of their own
        bank.hours = ServiceHours::always().into();
        ledger.open_account(&NewAccount::internal(CASH, "現金")).await.unwrap();
        let contract = bank
            .contracts
            .add_contract("株式会社見本商事", Plan::Type2, SignInMethod::Password)
            .await
            .unwrap();
        let accounts = [AccountId::new(1_001), AccountId::new(1_002)];
        for (account, kind, number) in
            [(accounts[0], AccountKind::Ordinary, "1234567"), (accounts[1], AccountKind::Current, "0098765")]
        {
            add_account(&bank, contract, account, kind, number).await;
        }
        put(&ledger, accounts[0], 48_210_953).await;
        put(&ledger, accounts[1], 12_004_100).await;
        let hanako = add_user(&bank, contract, LOGIN_ID, Role::General, Rights::all(&accounts)).await;
        Self { bank, clock, contract, hanako, accounts, test: Arc::new(test) }
    }

    /// The hub of another process on the same database.
    pub async fn other_gateway(&self, peers: HashMap<CollectorNumber, CollectorPeer>) -> Gateway {
        let database = self.test.reopened().await;
        gateway(&Ledger::start(database, self.clock.clone()), peers, settings()).await
    }

    pub fn browser(&self) -> Browser {
        self.browser_with(CookieKind::http("bank"))
    }

    pub fn browser_with(&self, cookie: CookieKind) -> Browser {
        let router = internet_banking::router(self.bank.clone(), cookie);
        Browser::at(router)
    }

    /// A browser whose user is signed in.
    pub async fn signed_in(&self) -> Browser {
        let mut browser = self.browser();
        assert_eq!(browser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
        browser
    }

    /// Closes the database under the bank.
    pub async fn lose_database(&self) {
        self.bank.database.close().await;
    }
}

pub async fn add_account(
    bank: &Bank,
    contract: ContractId,
    account: AccountId,
    kind: AccountKind,
    number: &str,
) {
    bank.ledger.open_account(&NewAccount::deposit(account, "株式会社見本商事")).await.unwrap();
    let deposit = DepositAccount {
        account,
        branch: "100".to_owned(),
        branch_name: "本店営業部".to_owned(),
        kind,
        number: number.to_owned(),
        name: "カ)ミホンショウジ".to_owned(),
        main: kind == AccountKind::Ordinary,
    };
    bank.contracts.add_account(contract, &deposit).await.unwrap();
}

pub async fn add_user(
    bank: &Bank,
    contract: ContractId,
    login_id: &str,
    role: Role,
    rights: Rights,
) -> UserId {
    let hash = bank.passwords.hash(PASSWORD).await.unwrap();
    let user = NewUser {
        contract,
        login_id: login_id.to_owned(),
        name: "経理 佐藤花子".to_owned(),
        role,
        email: Some(format!("{login_id}@example.jp")),
        token_serial: None,
        password_hash: hash.clone(),
        confirmation_hash: hash,
        rights,
    };
    bank.contracts.add_user(&user).await.unwrap()
}

/// Moves yen into a deposit.
pub async fn put(ledger: &Ledger, account: AccountId, yen: i64) {
    let transfer = Transfer {
        id: TransferId::generate(),
        debit: CASH,
        credit: account,
        amount: Yen::new(yen).get(),
        kind: Kind::Posted,
        memo: "入金".to_owned(),
    };
    ledger.commit(Commit { transfers: vec![transfer], ..Commit::default() }).await.unwrap();
}

/// Takes money out of an account.
pub async fn take(ledger: &Ledger, account: AccountId, yen: i64) {
    let transfer = Transfer {
        id: TransferId::generate(),
        debit: account,
        credit: CASH,
        amount: yen,
        kind: Kind::Posted,
        memo: "出金".to_owned(),
    };
    ledger.commit(Commit { transfers: vec![transfer], ..Commit::default() }).await.unwrap();
}

fn ledger(test: &TestDatabase) -> Ledger {
    let clock = Clock::frozen(Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap());
    Ledger::start(test.database.clone(), clock)
}

/// The key that the hub signs with.
pub fn hub_key() -> SigningKey {
    SigningKey::from_seed("hub-1", &[1; 32]).unwrap()
}

fn settings() -> gateway::Settings {
    let centre: CentreCode = "MPN9999".parse().unwrap();
    let settings = gateway::Settings::new(centre, "9999".parse().unwrap());
    gateway::Settings { keeps_days: false, ..settings }
}

/// A hub that reaches these collectors.
async fn gateway(
    ledger: &Ledger,
    peers: HashMap<CollectorNumber, CollectorPeer>,
    settings: gateway::Settings,
) -> Gateway {
    let limits = collectors::client::Limits {
        // a connection that the server closes under a request costs certainty
        idle_wait: Duration::ZERO,
        ..collectors::client::Limits::default()
    };
    let trust = collectors::client::Trust::PlainHttp;
    let client = collectors::Client::new(hub_key(), peers, &trust, &limits).unwrap();
    Gateway::open(settings, ledger.clone(), collectors::Directory::embedded(), client).await.unwrap()
}

/// Keeps cookies and fills in the hidden token, as a browser and its user do.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    pub cookies: BTreeMap<String, String>,
    pub address: SocketAddr,
    /// The certificate that it shows.
    pub certificate: ClientCertificate,
    /// The port that it comes to.
    pub port: u16,
}

/// What came back.
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// What is no text has replacement characters here.
    pub body: String,
    pub bytes: Vec<u8>,
}

impl Page {
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// The hidden token of the last form of the page.
    pub fn token(&self) -> String {
        let (_, rest) = self.body.rsplit_once("name=\"csrf\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }

    /// What a hidden field of a form holds; empty where there is none.
    pub fn value(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let found = self.body.split_once(&mark).and_then(|(_, rest)| rest.split('"').next());
        found.unwrap_or_default().to_owned()
    }

    /// What an element marked `data-field` holds, in the order of the page.
    pub fn fields(&self, name: &str) -> Vec<String> {
        let mark = format!("data-field=\"{name}\"");
        let after = |part: &str| part.split_once('>').unwrap().1.split('<').next().unwrap().to_owned();
        self.body.split(&mark).skip(1).map(after).collect()
    }
}

impl Browser {
    pub fn at(router: Router) -> Self {
        Self {
            router,
            cookies: BTreeMap::new(),
            address: "192.0.2.1:40000".parse().unwrap(),
            certificate: ClientCertificate::none(),
            port: 8080,
        }
    }

    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, &[], "").await
    }

    /// The sizes of the parts in which an answer comes, and the whole.
    pub async fn parts(&mut self, path: &str) -> (Vec<usize>, Vec<u8>) {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .uri(path)
            .extension(Peer(self.address))
            .extension(self.certificate.clone())
            .extension(ListenerPort(self.port))
            .header(header::HOST, "localhost:8080")
            .header(header::COOKIE, cookies.join("; "));
        let request = request.body(Body::empty()).unwrap();
        let mut body = self.router.clone().oneshot(request).await.unwrap().into_body();
        let (mut parts, mut bytes) = (Vec::new(), Vec::new());
        while let Some(frame) = body.frame().await {
            let data = frame.unwrap().into_data().unwrap();
            parts.push(data.len());
            bytes.extend(data);
        }
        (parts, bytes)
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        let mut body = String::new();
        for (name, value) in form {
            let value: String = value.bytes().map(|b| format!("%{b:02x}")).collect();
            body += &format!("{name}={value}&");
        }
        self.send(Method::POST, path, &[], body.trim_end_matches('&')).await
    }

    pub async fn sign_in(&mut self, login_id: &str, password: &str) -> Page {
        let token = self.get("/sign-in").await.token();
        let form = [("csrf", token.as_str()), ("login_id", login_id), ("password", password)];
        self.post("/sign-in", &form).await
    }

    pub async fn sign_out(&mut self) -> Page {
        let token = self.get("/home").await.token();
        self.post("/sign-out", &[("csrf", &token)]).await
    }

    /// A form that is not written as addresses are.
    pub async fn send_as(&mut self, kind: &str, path: &str, body: impl AsRef<[u8]>) -> Page {
        self.send(Method::POST, path, &[(header::CONTENT_TYPE.as_str(), kind)], body).await
    }

    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        extra: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Page {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(method.clone())
            .uri(path)
            .extension(Peer(self.address))
            .extension(self.certificate.clone())
            .extension(ListenerPort(self.port))
            .header(header::HOST, "localhost:8080")
            .header(header::COOKIE, cookies.join("; "));
        if method == Method::POST && extra.iter().all(|(name, _)| *name != header::CONTENT_TYPE.as_str()) {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        for (name, value) in extra {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.as_ref().to_vec())).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Page { status: parts.status, headers: parts.headers, body, bytes }
    }

    fn keep(&mut self, cookie: &str) {
        let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        if cookie.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
