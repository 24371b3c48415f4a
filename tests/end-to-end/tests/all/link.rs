//! The information link as an integrator meets it: `mpn link`, and the guide's examples with other people's libraries.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::harness::page::{Form, Page};
use crate::harness::{Demo, files};

/// How a command ended: its exit code and what it printed.
struct Ended {
    code: i32,
    out: String,
    err: String,
}

fn run(command: &mut Command, input: &str) -> Ended {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        piped.spawn().unwrap_or_else(|_| panic!("{command:?} does not start: ./test.sh installs it"));
    // a command that stops at its options never reads it
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// `mpn link WORDS --key KEY`.
fn link(words: &[&str], key: &Path, input: &str) -> Ended {
    run(Command::new(files::mpn()).arg("link").args(words).arg("--key").arg(key), input)
}

/// A new key in a file.
fn new_key(folder: &Path, id: &str, words: &[&str]) -> PathBuf {
    let file = folder.join(format!("{id}.jwk"));
    let ended = run(Command::new(files::mpn()).args(["link", "key", id, "--out"]).arg(&file).args(words), "");
    assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (0, "", ""));
    file
}

fn examples() -> PathBuf {
    files::root().join("docs/guides/examples/information-link")
}

fn contents() -> Value {
    serde_json::from_str(&std::fs::read_to_string(examples().join("contents.json")).unwrap()).unwrap()
}

/// [`contents`] with members in place of its own; without those that are null.
fn with(members: &[(&str, Value)]) -> String {
    let mut contents = contents();
    for (name, value) in members {
        contents[*name] = value.clone();
    }
    contents.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    contents.to_string()
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// An example of the guide.
struct Example {
    library: &'static str,
    program: PathBuf,
    script: Option<PathBuf>,
}

impl Example {
    /// Those of the guide, each beside or under its library, which ./test.sh installs.
    fn all() -> [Self; 3] {
        let (oracles, examples) = (files::target().join("oracles"), examples());
        // a module looks for others beside itself
        let module = oracles.join("node/handoff.mjs");
        std::fs::copy(examples.join("node/handoff.mjs"), &module).unwrap();
        let built = oracles.join("go/handoff");
        let mut go = Command::new("go");
        go.args(["build", "-o"]).arg(&built).arg(examples.join("go/handoff.go"));
        go.env("GO111MODULE", "off").env("GOPATH", "/usr/share/gocode").env("GOFLAGS", "");
        let ended = run(go.env("GOCACHE", oracles.join("go/cache")), "");
        assert_eq!(ended.code, 0, "{}: ./test.sh installs what it needs", ended.err);
        [
            Self { library: "jose of npm", program: "node".into(), script: Some(module) },
            Self {
                library: "jwcrypto of PyPI",
                program: oracles.join("venv/bin/python"),
                script: Some(examples.join("python/handoff.py")),
            },
            Self { library: "go-jose of Debian", program: built, script: None },
        ]
    }

    fn run(&self, verb: &str, key: &Path, input: &str) -> Ended {
        run(Command::new(&self.program).args(&self.script).arg(verb).arg(key), input)
    }
}

/// The hand-off with one character changed in each of its parts.
fn tampered(bill: &str) -> Vec<String> {
    let parts: Vec<&str> = bill.split('.').collect();
    assert_eq!((parts.len(), parts[1]), (5, ""), "{bill}");
    let changed = |part: usize| {
        let mut parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
        let middle = parts[part].len() / 2;
        let other = if parts[part].as_bytes()[middle] == b'A' { "B" } else { "A" };
        parts[part].replace_range(middle..=middle, other);
        parts.join(".")
    };
    [0, 2, 3, 4].map(changed).to_vec()
}

#[test]
fn the_guides_examples_and_the_bank_open_each_others_hand_offs() {
    let folder = tempfile::tempdir().unwrap();
    let key = new_key(folder.path(), "99022-1", &[]);
    let (open, make) = (["open", "--pattern", "01"], ["make", "--pattern", "01"]);
    let ours = link(&make, &key, &contents().to_string());
    assert_eq!((ours.code, ours.err.as_str()), (0, ""));
    let said = link(&open, &key, &ours.out);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let sealed = read(&said.out);
    // another key that bears the same id
    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    let other = new_key(&other, "99022-1", &[]);
    for example in Example::all() {
        let library = example.library;
        let theirs = example.run("make", &key, &contents().to_string());
        assert_eq!((theirs.code, theirs.err.as_str()), (0, ""), "{library}");
        let header = theirs.out.split('.').next().unwrap();
        let header = read(&String::from_utf8(URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap());
        assert_eq!(header, json!({"alg": "dir", "enc": "A256GCM", "kid": "99022-1"}), "{library}");

        // theirs, opened by the bank's code now
        let opened = link(&open, &key, &theirs.out);
        assert_eq!((opened.code, opened.err.as_str()), (0, ""), "{library}");
        let mut opened = read(&opened.out);
        let added = ["v", "issued_at", "nonce"].map(|name| opened.as_object_mut().unwrap().remove(name));
        assert_eq!((&added[0], opened), (&Some(json!(1)), contents()), "{library}");
        for bill in tampered(theirs.out.trim()) {
            let refused = link(&open, &key, &bill);
            assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{library}: {bill}");
        }
        assert_eq!(link(&open, &other, &theirs.out).code, 1, "{library}");

        // ours, opened by them
        let opened = example.run("open", &key, &ours.out);
        assert_eq!((opened.code, opened.err.as_str()), (0, ""), "{library}");
        assert_eq!(read(&opened.out), sealed, "{library}");
        for bill in tampered(ours.out.trim()) {
            let refused = example.run("open", &key, &bill);
            assert!(refused.code != 0 && refused.out.is_empty(), "{library} opens {bill}");
        }
        assert_ne!(example.run("open", &other, &ours.out).code, 0, "{library}");
    }
}

#[test]
fn the_examples_name_the_libraries_that_they_are_tested_with() {
    let file = |path: &str| std::fs::read_to_string(files::root().join(path)).unwrap();
    let folder = "docs/guides/examples/information-link";
    let jose = |path: &str| read(&file(path))["dependencies"]["jose"].clone();
    assert_eq!(jose(&format!("{folder}/node/package.json")), jose("tests/oracles/package.json"));
    let jwcrypto = file(&format!("{folder}/python/requirements.txt"));
    assert!(file("tests/oracles/requirements.txt").contains(jwcrypto.trim()), "{jwcrypto}");
}

#[test]
fn a_wrong_field_is_named_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let key = new_key(folder.path(), "99022-1", &[]);
    let bill = |cno: &str| json!({"cno": cno, "kno": "1234", "amount": 500, "contents": "11月分"});
    let several = || {
        let of_one = ["cno", "kno", "amount", "fee", "contents", "due", "clear_until"];
        let mut members: Vec<_> = of_one.map(|name| (name, Value::Null)).into();
        members.push(("bills", json!([bill("1"), bill("2")])));
        with(&members)
    };
    let chosen = || {
        let range = [("amount", Value::Null), ("amount_min", 1.into()), ("amount_max", 9.into())];
        let lender = [("skno", json!("99015")), ("cno", json!("1234567890123456"))];
        with(&[&range[..], &lender].concat())
    };
    for (pattern, contents) in [("01", with(&[])), ("02", several()), ("03", chosen())] {
        let made = link(&["make", "--pattern", pattern], &key, &contents);
        assert_eq!((made.code, made.err.as_str()), (0, ""), "{contents}");
        let opened = link(&["open", "--pattern", pattern], &key, &made.out);
        assert_eq!((opened.code, opened.err.as_str()), (0, ""), "{contents}");
        for other in ["01", "02", "03"].into_iter().filter(|other| *other != pattern) {
            assert_eq!(link(&["open", "--pattern", other], &key, &made.out).code, 1, "{other} {contents}");
        }
    }
    for (contents, why) in [
        (with(&[("amount", 0.into())]), "amount is not valid"),
        (with(&[("kno", "12".into())]), "kno is not valid"),
        (with(&[("kno", "1234567".into())]), "kno is not valid"),
        (with(&[("kubun", "1".into())]), "kubun is none of the collector's"),
        (with(&[("skno", "99099".into())]), "no collector has the number 99099"),
        (with(&[("due", "20261131".into())]), "due is not valid"),
        (with(&[("payer", Value::Null)]), "missing field `payer`"),
        (with(&[("colour", 1.into())]), "unknown field `colour`"),
        (with(&[("return_url", format!("https://shop.example/{}", "a".repeat(7_500)).into())]), "return_url"),
        ("[]".to_owned(), "no JSON object"),
        (String::new(), "no JSON object"),
    ] {
        let made = link(&["make", "--pattern", "01"], &key, &contents);
        assert_eq!((made.code, made.out.as_str()), (1, ""), "{contents}");
        assert!(made.err.starts_with("WRONG  ") && made.err.contains(why), "{why}: {}", made.err);
    }
    for address in [
        "http://shop.example/",
        "javascript:alert(1)",
        "//shop.example/",
        "/orders/1",
        "https://",
        "https://shop.example/#a",
        "https://shop.example@other.example/",
        "https://shop.example/orders/../admin",
    ] {
        let made = link(&["make", "--pattern", "01"], &key, &with(&[("return_url", address.into())]));
        assert_eq!((made.code, made.out.as_str()), (1, ""), "{address}");
        assert!(made.err.starts_with("WRONG  return_url is none that can be registered"), "{}", made.err);
    }
    assert_eq!(link(&["make", "--pattern", "01"], &key, &" ".repeat(9_000)).code, 2);
    assert_eq!(link(&["make", "--pattern", "04"], &key, &with(&[])).code, 2);
    assert_eq!(link(&["make", "--pattern", "01"], folder.path(), &with(&[])).code, 2);
}

#[test]
fn every_rule_that_a_hand_off_breaks_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let span = ["--from", "2026-11-24T00:00:00+09:00", "--until", "2026-11-25T00:00:00+09:00"];
    let key = new_key(folder.path(), "99022-2", &span);
    let issued = ["make", "--pattern", "01", "--issued-at", "2026-11-24T10:00:00+09:00"];
    let made = link(&[&issued[..], &["--nonce", "AAAAbbbbCCCC-_09"]].concat(), &key, &with(&[]));
    assert_eq!((made.code, made.err.as_str()), (0, ""));
    let at = |instant: &str| {
        let opened = link(&["open", "--pattern", "01", "--at", instant], &key, &made.out);
        assert_eq!(read(&opened.out)["nonce"], "AAAAbbbbCCCC-_09");
        (opened.code, opened.err)
    };
    for instant in ["2026-11-24T09:59:00+09:00", "2026-11-24T01:30:00Z"] {
        assert_eq!(at(instant), (0, String::new()));
    }
    let below = |registered: &str| {
        let words =
            ["open", "--pattern", "01", "--at", "2026-11-24T10:00:00+09:00", "--registered", registered];
        let opened = link(&words, &key, &made.out);
        (opened.code, opened.err)
    };
    assert_eq!(below("https://shop.example/orders/"), (0, String::new()));
    let elsewhere = "WRONG  return_url is not below a registered address\n".to_owned();
    assert_eq!(below("https://shop.example/other/"), (1, elsewhere));
    assert_eq!(below("https://shop.example/orders").0, 2);
    let old = "WRONG  issued_at is more than 30 minutes ago\n";
    assert_eq!(at("2026-11-24T10:30:01+09:00"), (1, old.to_owned()));
    let ahead = "WRONG  issued_at is more than 60 seconds in the future\n".to_owned();
    assert_eq!(at("2026-11-24T09:58:59+09:00"), (1, ahead));
    let (code, said) = at("2026-11-25T00:00:00+09:00");
    assert_eq!(code, 1);
    assert!(
        said.contains("the key 99022-2 is not to be used at 2026-11-25") && said.ends_with(old),
        "{said}"
    );
    // nor is anything made under a key that has ended
    let late =
        link(&["make", "--pattern", "01", "--issued-at", "2026-11-25T10:00:00+09:00"], &key, &with(&[]));
    assert_eq!((late.code, late.out.as_str()), (1, ""));
    let first = new_key(folder.path(), "99022-1", &[]);
    let refused = link(&["open", "--pattern", "01"], &first, &made.out);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.contains("under the key 99022-2, not 99022-1"), "{}", refused.err);
    assert_eq!(link(&["open", "--pattern", "01"], &first, &"A".repeat(8_193)).code, 1);
    assert_eq!(link(&["open", "--pattern", "01"], &first, &"A".repeat(9_000)).code, 2);
}

#[test]
fn a_form_hands_the_payer_over_and_a_key_stays_where_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let key = new_key(folder.path(), "99022-1", &[]);
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&key).unwrap();
    let again = run(Command::new(files::mpn()).args(["link", "key", "99022-1", "--out"]).arg(&key), "");
    assert_eq!((again.code, std::fs::read(&key).unwrap()), (2, before));
    let printed = run(Command::new(files::mpn()).args(["link", "key", "99022-2"]), "");
    assert_eq!((printed.code, &read(&printed.out)["kid"]), (0, &json!("99022-2")));
    assert_eq!(run(Command::new(files::mpn()).args(["link", "key", "a/b"]), "").code, 2);

    let form = |address: &str| {
        link(&["make", "--pattern", "01", "--form", address], &key, &with(&[("payer", "<b>見本</b>".into())]))
    };
    let page = form("https://bank.example/payeasy/link/entry?a=1&b=2").out;
    assert!(
        page.contains(r#"method="post" action="https://bank.example/payeasy/link/entry?a=1&amp;b=2""#),
        "{page}"
    );
    let value = |name: &str| {
        let after = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        after.split('"').next().unwrap().to_owned()
    };
    assert_eq!((value("skno"), value("bptn")), ("99022".to_owned(), "01".to_owned()));
    assert_eq!(link(&["open", "--pattern", "01"], &key, &value("bill")).code, 0);
    for address in ["javascript:alert(1)", "bank.example", "https://bank.example/\"><b>"] {
        assert_eq!(form(address).code, 2, "{address}");
    }
}

/// Proves R105, SEC-39.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_running_bank_takes_what_a_jose_library_makes_and_nothing_else_that_it_can_make() {
    let demo = Demo::start().await;
    let key = demo.data().join("keys/link/99022-1.jwk");
    let site = format!("{}/sites/99022/", demo.json["mocks"]["url"].as_str().unwrap());
    let contents = with(&[
        ("v", 1.into()),
        ("issued_at", "2026-11-24T10:00:00+09:00".into()),
        ("nonce", "AAAAbbbbCCCC-_09".into()),
        ("return_url", site.into()),
    ]);
    let mut python = Command::new(files::target().join("oracles/venv/bin/python"));
    let made = run(python.arg(files::root().join("tests/oracles/handoffs.py")).arg(&key), &contents);
    assert_eq!((made.code, made.err.as_str()), (0, ""));
    let browser = demo.client();
    let start = browser.get("/sign-in").await;
    let mut pages = Vec::new();
    for line in made.out.lines() {
        let (name, bill) = line.split_once(' ').unwrap();
        let mut form =
            Form { action: "/payeasy/link/entry".to_owned(), method: "post".to_owned(), ..Form::default() };
        for (field, value) in [("skno", "99022"), ("bptn", "01"), ("bill", bill)] {
            form.put(field, value);
        }
        pages.push((name, browser.submit(&start, &form).await.page));
    }
    let (right, refused) = pages.split_last().unwrap();
    assert_eq!((right.0, right.1.fields("amount")), ("right", vec!["12,800".to_owned()]));
    assert_eq!(refused.len(), 9);
    for (name, page) in refused {
        assert_eq!(page.fields("error_code"), ["P-701"], "{name}: {}", page.text());
        assert_eq!(page.text(), refused[0].1.text(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_running_bank_takes_what_the_command_takes_and_refuses_the_rest_alike() {
    let demo = Demo::start().await;
    let key = demo.data().join("keys/link/99022-1.jwk");
    let site = format!("{}/sites/99022/", demo.json["mocks"]["url"].as_str().unwrap());
    let entry = format!("{}/payeasy/link/entry", demo.json["bank"]["url"].as_str().unwrap());
    let (now, late) = ("2026-11-24T10:00:00+09:00", "2026-11-24T09:20:00+09:00");
    let mut refusals = Vec::new();
    for (issued_at, return_url, spoilt, taken) in [
        (now, site.as_str(), false, true),
        (late, &site, false, false),
        ("2026-11-24T10:40:00+09:00", &site, false, false),
        (now, "https://shop.example/orders/1", false, false),
        (now, &site, true, false),
    ] {
        let contents = with(&[("return_url", return_url.into())]);
        let words = ["make", "--pattern", "01", "--issued-at", issued_at, "--form", &entry];
        let made = link(&words, &key, &contents);
        assert_eq!((made.code, made.err.as_str()), (0, ""));
        let mut form = Page::parse(&made.out).form();
        assert_eq!((form.action.as_str(), form.method.as_str()), (entry.as_str(), "post"));
        form.action = "/payeasy/link/entry".to_owned();
        if spoilt {
            let bill = tampered(form.value("bill")).remove(2);
            form.put("bill", &bill);
        }
        let words = ["open", "--pattern", "01", "--at", now, "--registered", &site];
        let opened = link(&words, &key, form.value("bill"));
        assert_eq!(opened.code == 0, taken, "{}", opened.err);
        let browser = demo.client();
        let start = browser.get("/sign-in").await;
        let page = browser.submit(&start, &form).await.page;
        if taken {
            assert_eq!(
                (page.fields("amount"), page.fields("fee")),
                (vec!["12,800".into()], vec!["110".into()])
            );
        } else {
            assert_eq!(page.fields("error_code"), ["P-701"], "{}", page.text());
            refusals.push(page.text());
        }
    }
    assert_eq!(refusals.len(), 4);
    assert!(refusals.iter().all(|page| *page == refusals[0]), "one page for all: {refusals:?}");
}
