//! The bank's doors for client certificates, as other people's programs see them: curl and OpenSSL.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::page::Page;
use crate::harness::{Demo, company};

/// A PKCS#12 file, as a user has one.
#[derive(Clone, Debug)]
pub struct File {
    pub path: PathBuf,
    pub pass_phrase: String,
}

impl File {
    /// What the demo has of a user from the start.
    pub fn of(demo: &Demo, user: usize) -> Self {
        let user = user_of(demo, user);
        let text = |name: &str| user[name].as_str().unwrap().to_owned();
        Self { path: text("p12").into(), pass_phrase: text("p12_password") }
    }
}

/// Saves what a page hands over, beside the data folder and not in it.
pub fn saved(demo: &Demo, name: &str, address: &str, pass_phrase: &str) -> File {
    let (_, text) = address.split_once("data:application/x-pkcs12;base64,").expect("a file in the page");
    let path = demo.data().parent().unwrap().join(format!("{name}.p12"));
    std::fs::write(&path, BASE64_STANDARD.decode(text).unwrap()).unwrap();
    File { path, pass_phrase: pass_phrase.to_owned() }
}

fn user_of(demo: &Demo, user: usize) -> Value {
    demo.contract(company::SHOMEISHO)["users"][user].clone()
}

/// curl with a jar of its own.
struct Curl<'a> {
    demo: &'a Demo,
    folder: TempDir,
    certificate: Vec<String>,
}

impl<'a> Curl<'a> {
    fn new(demo: &'a Demo, certificate: Vec<String>) -> Self {
        Self { demo, folder: tempfile::tempdir().unwrap(), certificate }
    }

    fn with(demo: &'a Demo, file: &File) -> Self {
        let named = format!("{}:{}", file.path.display(), file.pass_phrase);
        Self::new(demo, vec!["--cert-type".to_owned(), "P12".to_owned(), "--cert".to_owned(), named])
    }

    /// The page that a path at the first door, and what it leads to, ends at; and its path.
    fn ask(&self, path: &str, form: &[(&str, &str)]) -> (Page, String) {
        self.ask_at(&format!("{}{path}", self.demo.json["bank"]["tls_url"].as_str().unwrap()), form)
    }

    fn ask_at(&self, address: &str, form: &[(&str, &str)]) -> (Page, String) {
        let jar = self.folder.path().join("jar");
        let mut command = Command::new("curl");
        command.args(["-sS", "-L", "--cacert", self.demo.json["bank"]["ca_pem"].as_str().unwrap()]);
        command.args(&self.certificate).arg("-b").arg(&jar).arg("-c").arg(&jar);
        for (name, value) in form {
            command.args(["--data-urlencode", &format!("{name}={value}")]);
        }
        command.args(["-w", "\n%{url_effective}"]);
        command.arg(address);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, address) = text.rsplit_once('\n').unwrap();
        let path = address.splitn(4, '/').nth(3).unwrap_or_default();
        (Page::parse(body), format!("/{path}"))
    }

    /// Signs a user in, or not.
    fn sign_in(&self, user: &Value) -> (Page, String) {
        let (page, _) = self.ask("/sign-in", &[]);
        let form = page.form();
        let text = |name: &str| user[name].as_str().unwrap();
        let fields =
            [("csrf", form.value("csrf")), ("login_id", text("login_id")), ("password", text("password"))];
        self.ask("/sign-in", &fields)
    }

    /// Fetches a certificate for a user with a token.
    fn fetch(&self, user: &Value) -> Page {
        let (page, _) = self.ask("/certificate/fetch", &[]);
        let form = page.form();
        let text = |name: &str| user[name].as_str().unwrap();
        let code = self.demo.token(text("token_serial"));
        let fields = [
            ("csrf", form.value("csrf")),
            ("login_id", text("login_id")),
            ("password", text("password")),
            ("one_time_password", &code),
            ("way", "file"),
        ];
        self.ask("/certificate/fetch", &fields).0
    }
}

/// The address of the file in a page that hands one over.
fn address(page: &Page) -> String {
    page.addresses().into_iter().find(|address| address.starts_with("data:application/x-pkcs12")).unwrap()
}

/// A certificate that nobody of the bank has signed.
fn foreign(folder: &TempDir) -> Vec<String> {
    let (certificate, key) = (folder.path().join("foreign.pem"), folder.path().join("foreign.key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-subj", "/CN=foreign", "-days", "30", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    vec!["--cert".to_owned(), text(certificate), "--key".to_owned(), text(key)]
}

/// What the sign-in page at the first door says of a certificate to OpenSSL, which speaks TLS and nothing else.
fn s_client(demo: &Demo, certificate: &[String]) -> String {
    let url = demo.json["bank"]["tls_url"].as_str().unwrap();
    let host = url.strip_prefix("https://").unwrap();
    let mut child = Command::new("openssl")
        .args(["s_client", "-connect", host, "-servername", "localhost", "-verify_return_error", "-quiet"])
        .args(["-ign_eof", "-CAfile", demo.json["bank"]["ca_pem"].as_str().unwrap()])
        // its options have one stroke where curl's have two
        .args(certificate.iter().map(|text| text.strip_prefix('-').unwrap_or(text)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let request = format!("GET /sign-in HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    child.stdin.as_mut().unwrap().write_all(request.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| {
        panic!("no answer: {text}{}", String::from_utf8_lossy(&output.stderr));
    });
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    Page::parse(body).field("certificate")
}

/// A user's certificate and key as files of their own.
fn unpacked(file: &File, folder: &TempDir) -> Vec<String> {
    let save = |name: &str, argument: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, openssl_pkcs12(file, &[argument])).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (certificate, key) = (save("own.pem", "-clcerts"), save("own.key", "-nocerts"));
    vec!["--cert".to_owned(), certificate, "--key".to_owned(), key]
}

fn code(page: &Page) -> String {
    page.fields("error_code").first().cloned().unwrap_or_default()
}

/// Proves SEC-02, SEC-04.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_signs_in_with_the_certificate_and_the_password_and_with_nothing_less() {
    let demo = Demo::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = File::of(&demo, 1);
    {
        let user = user_of(&demo, 1);
        let without = Curl::new(&demo, Vec::new());
        assert_eq!(code(&without.sign_in(&user).0), "S-102");
        assert_eq!(code(&Curl::new(&demo, foreign(&folder)).sign_in(&user).0), "S-104");
        assert_eq!(code(&Curl::with(&demo, &File::of(&demo, 0)).sign_in(&user).0), "S-109");
        let good = Curl::with(&demo, &file);
        assert_eq!(good.sign_in(&user).1, "/home");
        assert_eq!(good.ask("/home", &[]).1, "/home");
        let stolen = Curl { certificate: Vec::new(), ..good };
        assert_eq!(stolen.ask("/home", &[]).1, "/sign-in", "the session without its certificate");
    }
    // another authority issues within seconds, without a restart, and what the first has issued stays good
    let output = demo.command(&["authority"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let newcomer = user_of(&demo, 2);
    let page = Curl::new(&demo, Vec::new()).fetch(&newcomer);
    let new = saved(&demo, "newcomer", &address(&page), &page.field("p12_password"));
    for (file, user, generation) in [(&file, user_of(&demo, 1), "G1"), (&new, newcomer, "G2")] {
        assert_eq!(Curl::with(&demo, file).sign_in(&user).1, "/home", "{generation}");
        let issuer = openssl_pkcs12(file, &["-nokeys", "-clcerts"]);
        assert!(issuer.contains(generation), "{issuer}");
    }
}

fn openssl_pkcs12(file: &File, arguments: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(["pkcs12", "-in"])
        .arg(&file.path)
        .args(["-passin", &format!("pass:{}", file.pass_phrase), "-nodes"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // names in it are in several encodings
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// OpenSSL's own client and curl are told the same of every certificate, and who has shown none at one port shows it
/// at the next, as a person does who has closed the list of certificates.
///
/// Proves R34, SEC-02, SEC-27.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_client_and_curl_agree_on_every_certificate_and_the_next_port_asks_anew() {
    let demo = Demo::start().await;
    let folder = tempfile::tempdir().unwrap();
    let own = unpacked(&File::of(&demo, 1), &folder);
    let agreed = |certificate: &[String], words: &str| {
        let said = s_client(&demo, certificate);
        let (page, _) = Curl::new(&demo, certificate.to_vec()).ask("/sign-in", &[]);
        assert_eq!(said, page.field("certificate"));
        assert!(said.contains(words), "{said}");
        page
    };
    let foreign = foreign(&folder);
    agreed(&own, "電子証明書を確認しました");
    agreed(&foreign, "S-104");
    let page = agreed(&[], "電子証明書は提示されていません");
    let next = page.links().into_iter().find(|link| link.starts_with("https://")).expect("the next port");
    assert!(!next.starts_with(demo.json["bank"]["tls_url"].as_str().unwrap()), "{next}");
    let (again, _) = Curl::new(&demo, own.clone()).ask_at(&next, &[]);
    assert!(again.field("certificate").contains("電子証明書を確認しました"), "{}", again.text());
    // revoked by the master, at once
    let master = user_of(&demo, 0);
    let curl = Curl::with(&demo, &File::of(&demo, 0));
    assert_eq!(curl.sign_in(&master).1, "/home");
    let login_id = user_of(&demo, 1)["login_id"].as_str().unwrap().to_owned();
    let (list, _) = curl.ask("/admin/certificates", &[]);
    let pages = list.links().into_iter().filter(|link| link.starts_with("/admin/certificates/"));
    let (link, page) = pages
        .map(|link| (link.clone(), curl.ask(&link, &[]).0))
        .find(|(_, page)| page.text().contains(&login_id))
        .expect("the user's page");
    let code = demo.token(master["token_serial"].as_str().unwrap());
    assert!(page.links().contains(&format!("{link}/revoke")), "{}", page.text());
    let (page, _) = curl.ask(&format!("{link}/revoke"), &[]);
    let filled = page.form();
    let form = [("csrf", filled.value("csrf")), ("one_time_password", &code)];
    let (revoked, _) = curl.ask(&format!("{link}/revoke"), &form);
    assert_eq!(revoked.summary(), "", "{}", revoked.text());
    agreed(&own, "S-106");
}

/// Proves SEC-06.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_private_key_is_kept_when_it_was_handed_out() {
    let mut demo = Demo::start().await;
    let page = Curl::new(&demo, Vec::new()).fetch(&user_of(&demo, 2));
    let address = address(&page);
    let file = saved(&demo, "newcomer", &address, &page.field("p12_password"));
    let pem = openssl_pkcs12(&file, &["-nocerts"]);
    let base64: String =
        pem.lines().skip_while(|l| !l.contains("BEGIN")).skip(1).take_while(|l| !l.contains("END")).collect();
    let key = BASE64_STANDARD.decode(base64).unwrap();
    // ECPrivateKey: version 1, then the number itself as 32 bytes
    let mark = [0x02, 0x01, 0x01, 0x04, 0x20];
    let at = key.windows(mark.len()).position(|part| part == mark).unwrap() + mark.len();
    let number = key[at..at + 32].to_vec();
    let packed = BASE64_STANDARD.decode(address.split_once("base64,").unwrap().1).unwrap();
    demo.stop().await;
    let mut looked_at = 0;
    let mut folders = vec![demo.data()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            looked_at += bytes.len();
            for secret in [number.as_slice(), file.pass_phrase.as_bytes(), &packed[packed.len() / 2..][..64]]
            {
                let found = bytes.windows(secret.len()).any(|part| part == secret);
                assert!(!found, "{} has something of it", path.display());
            }
        }
    }
    assert!(looked_at > 100_000, "{looked_at} bytes");
    assert!(!demo.log().contains(&file.pass_phrase));
}

/// Proves R9, SEC-01.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_speaks_tls_from_1_2_on_with_forward_secrecy_and_tells_browsers_to_come_back_by_it() {
    let demo = Demo::start().await;
    let url = demo.json["bank"]["tls_url"].as_str().unwrap();
    let host = url.strip_prefix("https://").unwrap();
    let authority = demo.json["bank"]["ca_pem"].as_str().unwrap();
    let shake = |version: &str| {
        let output = Command::new("openssl")
            .args(["s_client", "-connect", host, "-CAfile", authority, "-verify_return_error"])
            .args([version, "-cipher", "ALL@SECLEVEL=0"])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for (version, suite) in [("-tls1_2", "ECDHE-ECDSA"), ("-tls1_3", "TLS_AES_256_GCM_SHA384")] {
        let (well, said) = shake(version);
        assert!(well && said.contains(suite), "{version}: {said}");
        assert!(said.contains("Acceptable client certificate CA names"), "{said}");
    }
    for version in ["-tls1", "-tls1_1"] {
        assert!(!shake(version).0, "{version}");
    }
    let head = Command::new("curl").args(["-sSI", "--cacert", authority, &format!("{url}/sign-in")]).output();
    let head = String::from_utf8(head.unwrap().stdout).unwrap().to_lowercase();
    assert!(head.contains("strict-transport-security: max-age=31536000; includesubdomains"), "{head}");
}
