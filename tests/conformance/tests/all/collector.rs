//! A mock collector on a port of its own, and its declaration.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use domain::{Clock, Timestamp};
use mocks::{HubKeys, LinkConfig, Mistake, Mocks, MocksConfig, SeedBill, link_router, protocol_router};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use tokio::net::TcpListener;
use tokio::time::Duration;

use conformance::{Declaration, Instead};

/// A Tuesday, ten in the morning.
const NOW: &str = "2026-11-24T10:00:00+09:00";
/// Numbers of each outcome; of what is paid in nearly every case there are more.
const NUMBERS: usize = 24;
const PAYABLE_NUMBERS: usize = 440;

/// A collector that a test runs.
pub struct Collector {
    pub declaration: Declaration,
    pub folder: tempfile::TempDir,
    serving: tokio::task::JoinHandle<()>,
}

/// What a test needs to know of a row of the directory.
#[derive(Clone, Copy)]
pub struct Row {
    pub number: &'static str,
    pub kind: &'static str,
    customer: &'static str,
    confirmation: &'static str,
    category: Option<&'static str>,
}

pub const NATIONAL: Row = Row {
    number: "00200",
    kind: "national",
    customer: "2013000999",
    confirmation: "123456",
    category: Some("7000001234"),
};

pub const LOCAL: Row = Row {
    number: "04100",
    kind: "local",
    customer: "04100999000000",
    confirmation: "975310",
    category: Some("010"),
};

pub const PRIVATE: Row = Row {
    number: "99022",
    kind: "private",
    customer: "90220000009990",
    confirmation: "778899",
    category: None,
};

/// Makes a bill what its outcome says.
type Make = fn(&mut SeedBill);

/// Outcome, the two digits of its numbers, and what makes the bill so.
const OUTCOMES: &[(&str, &str, Make)] = &[
    ("payable", "01", |_| {}),
    ("late_charge", "03", |bill| {
        bill.late_charge = 300;
        bill.due_days = Some(-3);
    }),
    ("already_paid", "11", |bill| bill.scenario = "already_paid".to_owned()),
    ("expired", "12", |bill| bill.clear_by_days = Some(-1)),
    ("not_yet", "13", |bill| bill.payable_from_days = Some(20)),
    ("stopped", "14", |bill| bill.scenario = "stopped".to_owned()),
    ("unavailable", "15", |bill| bill.scenario = "unavailable".to_owned()),
];

impl Collector {
    /// The correct mock of a row.
    pub async fn start(row: Row) -> Self {
        Self::start_as(row, None).await
    }

    /// One that makes a mistake.
    pub async fn start_mistaken(row: Row, mistake: Mistake) -> Self {
        Self::start_as(row, Some(mistake)).await
    }

    async fn start_as(row: Row, mistake: Option<Mistake>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = collectors::signature::SigningKey::generate_pkcs8_der().unwrap();
        std::fs::write(folder.path().join("hub.der"), &*made).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&made).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let keys_dir = folder.path().join("link");
        std::fs::create_dir(&keys_dir).unwrap();
        let key_id = format!("{}-1", row.number);
        let shared = collectors::link::LinkKey::generate(&key_id).unwrap();
        std::fs::write(keys_dir.join(format!("{key_id}.jwk")), &*shared).unwrap();
        let config = MocksConfig {
            data_dir: folder.path().to_owned(),
            clock: Clock::frozen(Timestamp::parse_rfc3339(NOW).unwrap()),
            hub_keys: HubKeys::fixed("hub-1", pair.public_key().as_ref().try_into().unwrap()),
            bank_code: "9999".to_owned(),
            bank_url: "http://localhost:1".to_owned(),
            hub_centre: "MPN9999".parse().unwrap(),
            link: Some(LinkConfig { site_url: format!("http://{address}"), keys_dir }),
            tokens: Vec::new(),
            clock_moves: None,
        };
        let mocks = open(&config, mistake).await;
        mocks.seed(&bills(row)).await.unwrap();
        let command = folder.path().join("restart.sh");
        let text = declared(row, address.port(), &mocks, &command);
        let declaration = Declaration::parse(&text, folder.path(), &Instead::default()).unwrap();
        std::fs::write(&command, restart_script(folder.path())).unwrap();
        std::fs::write(folder.path().join("clock.sh"), CLOCK_SCRIPT).unwrap();
        let serving = tokio::spawn(serve(config, mistake, mocks, listener, folder.path().to_owned()));
        Self { declaration, folder, serving }
    }

    pub async fn stop(self) {
        self.serving.abort();
        drop(self.serving.await);
        drop(self.folder);
    }
}

async fn open(config: &MocksConfig, mistake: Option<Mistake>) -> Mocks {
    match mistake {
        Some(mistake) => Mocks::open_mistaken(config.clone(), mistake).await.unwrap(),
        None => Mocks::open(config.clone()).await.unwrap(),
    }
}

/// Serves until a restart is asked for, ends, and begins anew with the same records.
async fn serve(
    config: MocksConfig,
    mistake: Option<Mistake>,
    mut mocks: Mocks,
    mut listener: TcpListener,
    folder: PathBuf,
) {
    let (asked, set) = (folder.join("restart"), folder.join("clock"));
    let address = listener.local_addr().unwrap();
    loop {
        let router = protocol_router(mocks.clone()).merge(link_router(mocks.clone()));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = axum::serve(listener, router).with_graceful_shutdown(async { drop(stopped.await) });
        let serving = tokio::spawn(async move { serving.await.unwrap() });
        while !asked.exists() {
            if let Ok(time) = std::fs::read_to_string(&set) {
                let to = Timestamp::parse_rfc3339(time.trim()).unwrap();
                config.clock.advance_seconds(to.seconds_since(config.clock.now()));
                std::fs::remove_file(&set).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        drop(stop);
        serving.await.unwrap();
        mocks.close().await;
        mocks = open(&config, mistake).await;
        listener = TcpListener::bind(address).await.unwrap();
        std::fs::remove_file(&asked).unwrap();
    }
}

/// What stands in for `systemctl restart`: it returns when the collector has been stopped and started.
fn restart_script(folder: &Path) -> String {
    let asked = folder.join("restart");
    let asked = asked.display();
    format!("touch '{asked}'\nwhile [ -e '{asked}' ]; do sleep 0.01; done\n")
}

/// What stands in for a command that sets the clock: it returns when that has been done.
const CLOCK_SCRIPT: &str =
    "echo \"$1\" > clock.new\nmv clock.new clock\nwhile [ -e clock ]; do sleep 0.01; done\n";

fn customer(row: Row, digits: &str, at: usize) -> String {
    format!("{}{digits}{at:04}", row.customer)
}

fn numbers(digits: &str) -> usize {
    if digits == "01" { PAYABLE_NUMBERS } else { NUMBERS }
}

fn bills(row: Row) -> Vec<SeedBill> {
    let bill = |digits: &str, at: usize, part: usize| SeedBill {
        collector: row.number.to_owned(),
        customer_number: customer(row, digits, at),
        confirmation_number: row.confirmation.to_owned(),
        payment_category: row.category.map(str::to_owned),
        bill_id: format!("CK{digits}-{at}-{part}"),
        payer: "株式会社見本商事".to_owned(),
        contents: "適合試験".to_owned(),
        amount: 10_000 + i64::try_from(at).unwrap(),
        fee: 0,
        late_charge: 0,
        due_days: Some(30),
        clear_by_days: Some(30),
        payable_from_days: None,
        scenario: "normal".to_owned(),
    };
    let mut bills = Vec::new();
    for (_, digits, make) in OUTCOMES {
        for at in 0..numbers(digits) {
            let mut made = bill(digits, at, 0);
            make(&mut made);
            bills.push(made);
        }
    }
    for at in 0..NUMBERS {
        bills.extend((0..3).map(|part| bill("02", at, part)));
    }
    bills
}

fn declared(row: Row, port: u16, mocks: &Mocks, restart: &Path) -> String {
    let keys = mocks.public_keys();
    let (_, key_id, key) = keys.iter().find(|(number, ..)| number.as_str() == row.number).unwrap();
    let hex = key.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    let mut text = format!(
        "collector = \"{}\"\nkind = \"{}\"\nendpoint = \"http://127.0.0.1:{port}\"\nbank = \"9999\"\n\
         today = \"2026-11-24\"\nchannels = [\"internet_banking\", \"counter\"]\n\
         hub_key = {{ id = \"hub-1\", file = \"hub.der\" }}\n\
         collector_keys = [{{ id = \"{key_id}\", public = \"{hex}\" }}]\n\
         restart = [\"sh\", \"{}\"]\nclock = [\"sh\", \"clock.sh\", \"{{time}}\"]\n\
         load = {{ per_second = 100, seconds = 2 }}\n",
        row.number,
        row.kind,
        restart.display()
    );
    write!(
        text,
        "[link]\npage = \"http://127.0.0.1:{port}/link/{0}/{{pattern}}/{{customer_number}}\"\n\
         keys = [\"link/{0}-1.jwk\"]\nreturn_urls = [\"http://127.0.0.1:{port}/sites/{0}/\"]\n\
         entry = \"http://localhost:1/payeasy/link/entry\"\npatterns = [\"01\", \"02\", \"03\"]\n\
         by_nonce = true\nclock = \"{NOW}\"\n",
        row.number
    )
    .unwrap();
    let outcomes = OUTCOMES.iter().map(|(outcome, digits, _)| (*outcome, *digits));
    for (outcome, digits) in outcomes.chain([("several_bills", "02"), ("unknown", "99")]) {
        let category =
            row.category.map_or(String::new(), |digits| format!("payment_category = \"{digits}\"\n"));
        write!(
            text,
            "[[numbers]]\noutcome = \"{outcome}\"\ncustomer_number = \"{}{digits}{{0000-{:04}}}\"\n\
             confirmation_number = \"{}\"\n{category}",
            row.customer,
            numbers(digits) - 1,
            row.confirmation
        )
        .unwrap();
    }
    text
}
