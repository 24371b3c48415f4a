//! The collectors that docs/examples has pass the kit, the one in Python with its site, so that the guide's examples
//! are examples.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use collectors::signature::SigningKey;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::{Duration, sleep};

use conformance::{Cases, Choice, Declaration, Instead, Language, Verdict, run, terminal};

/// What stands before the 32 bytes of an Ed25519 key in PKCS#8 and in a SubjectPublicKeyInfo (RFC 8410).
const PRIVATE: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const PUBLIC: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

const OUTCOMES: [&str; 12] = [
    "payable",
    "several_bills",
    "late_charge",
    "fee",
    "typed_amount",
    "provisional",
    "already_paid",
    "expired",
    "not_yet",
    "stopped",
    "unavailable",
    "unknown",
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Python with `cryptography`, which ./test.sh installs; on another machine than CI's there may be none.
fn python() -> Option<PathBuf> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from);
    let python = target.join("oracles/venv/bin/python");
    if python.exists() {
        return Some(python);
    }
    let missing = format!("{} is missing: ./test.sh installs it", python.display());
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{missing}");
    println!("not tested: {missing}");
    None
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// The folder that the examples' README makes.
fn prepared(folder: &Path, endpoint: &str) {
    let keys = folder.join("keys");
    std::fs::create_dir(&keys).unwrap();
    let (hub, own) = ([7; 32], [8; 32]);
    let public = |seed: &[u8; 32]| *SigningKey::from_seed("any", seed).unwrap().verifying_key().bytes();
    let private_pem = |seed: &[u8; 32]| pem("PRIVATE KEY", &[&PRIVATE[..], seed].concat());
    std::fs::write(keys.join("hub.pem"), private_pem(&hub)).unwrap();
    std::fs::write(keys.join("collector.pem"), private_pem(&own)).unwrap();
    let hub_public = pem("PUBLIC KEY", &[&PUBLIC[..], &public(&hub)].concat());
    std::fs::write(keys.join("hub-public.pem"), hub_public).unwrap();
    let mut root_ca = "";
    if endpoint.starts_with("https") {
        let tls = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(keys.join("tls.pem"), tls.cert.pem()).unwrap();
        std::fs::write(keys.join("tls-key.pem"), tls.signing_key.serialize_pem()).unwrap();
        root_ca = "root_ca = \"keys/tls.pem\"\n";
    }
    let mut text = format!(
        "collector = \"99022\"\nkind = \"private\"\nendpoint = \"{endpoint}\"\n\
         {root_ca}bank = \"9999\"\nchannels = [\"internet_banking\", \"counter\"]\n\
         restart = [\"sh\", \"-c\", \"kill -9 $(cat collector.pid)\"]\n\
         hub_key = {{ id = \"hub-1\", file = \"keys/hub.pem\" }}\n\
         collector_keys = [{{ id = \"99022-1\", public = \"{}\" }}]\n",
        STANDARD.encode(public(&own))
    );
    for (at, outcome) in OUTCOMES.iter().enumerate() {
        write!(
            text,
            "[[numbers]]\noutcome = \"{outcome}\"\ncustomer_number = \"{at:014}{{0000-0199}}\"\n\
             confirmation_number = \"123456\"\npayment_category = \"7000001234\"\n"
        )
        .unwrap();
    }
    std::fs::write(folder.join("collector.toml"), text).unwrap();
}

/// The table of a site that hands bills over, and the key that it shares with the bank.
fn with_site(folder: &Path, site: u16) {
    let mut text = std::fs::read_to_string(folder.join("collector.toml")).unwrap();
    write!(
        text,
        "[link]\npage = \"http://127.0.0.1:{site}/test/{{pattern}}/{{customer_number}}\"\nkeys = [\"99022-1.jwk\"]\n\
         return_urls = [\"http://127.0.0.1:{site}/pay/\"]\nentry = \"https://bank.example/payeasy/link/entry\"\n\
         patterns = [\"01\", \"02\"]\n"
    )
    .unwrap();
    let shared = collectors::link::LinkKey::generate("99022-1").unwrap();
    std::fs::write(folder.join("99022-1.jwk"), &*shared).unwrap();
    std::fs::write(folder.join("collector.toml"), text).unwrap();
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// Starts it again whenever a restart of the kit has killed it, until the task is ended.
fn supervised(mut command: Command) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            command.spawn().unwrap().wait().await.unwrap();
            sleep(Duration::from_millis(20)).await;
        }
    })
}

async fn listening(ports: &[u16]) {
    for port in ports {
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", *port)).await.is_ok() {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Plays the kit against what the folder declares: nothing fails, and so many cases are passed at least.
async fn passes(folder: &Path, passed_min: usize) {
    let declaration = Declaration::read(&folder.join("collector.toml"), &Instead::default()).unwrap();
    let cases = Cases::embedded();
    let outcome = run(&declaration, &cases, &Choice::default(), &mut |_| {}).await.unwrap();
    println!("{}", terminal::summary(&outcome, &cases, Language::En));
    assert_eq!(outcome.obstacle(), None);
    assert_eq!(outcome.failures().count(), 0);
    let passed = outcome.count(|verdict| matches!(verdict, Verdict::Passed));
    assert!(passed >= passed_min, "{passed}");
}

/// Proves that the guide is enough: the example was written from it, and passes all that applies to it.
#[tokio::test(flavor = "multi_thread")]
async fn the_example_in_python_passes() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (port, site_port) = (free_port().await, free_port().await);
    prepared(folder.path(), &format!("https://127.0.0.1:{port}"));
    with_site(folder.path(), site_port);
    let example = |name: &str| {
        let mut command = Command::new(&python);
        command.arg("-I").arg(repository().join("docs/examples/python").join(name)).arg("collector.toml");
        command.current_dir(folder.path()).stderr(Stdio::null()).kill_on_drop(true);
        command
    };
    let supervisor = supervised(example("collector.py"));
    let site = example("site.py").spawn().unwrap();
    listening(&[port, site_port]).await;
    passes(folder.path(), 150).await;
    supervisor.abort();
    drop(supervisor.await);
    drop(site);
}

/// The same in Rust: cargo builds it beside the tests.
#[tokio::test(flavor = "multi_thread")]
async fn the_example_in_rust_passes() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().await;
    prepared(folder.path(), &format!("http://127.0.0.1:{port}"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_example-collector"));
    command.arg("collector.toml").current_dir(folder.path()).kill_on_drop(true);
    let supervisor = supervised(command);
    listening(&[port]).await;
    passes(folder.path(), 120).await;
    supervisor.abort();
    drop(supervisor.await);
}

/// What is promised of them: each is less than 300 lines, in however many files.
#[test]
fn each_example_is_short_enough_to_be_read() {
    for (folder, files) in [("python", &["collector.py"][..]), ("rust", &["books.rs", "collector.rs"])] {
        let of_folder = std::fs::read_dir(repository().join("docs/examples").join(folder)).unwrap();
        let names = of_folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        // the page about it and the site, which is another program
        let mut names: Vec<_> =
            names.filter(|name| !matches!(name.as_str(), "README.md" | "site.py")).collect();
        names.sort();
        assert_eq!(names, files);
        let read = |name: &String| {
            std::fs::read_to_string(repository().join("docs/examples").join(folder).join(name)).unwrap()
        };
        let texts: Vec<_> = names.iter().map(read).collect();
        let lines: usize = texts.iter().map(|text| text.lines().count()).sum();
        assert!(lines < 300, "{folder} has {lines}");
        assert!(texts.iter().all(|text| !text.contains("rustfmt::skip")));
        let page = read(&"README.md".to_owned());
        assert!(page.contains(&format!(" in {lines} lines")), "{folder}/README.md counts its {lines} lines");
    }
}
