//! `mpn link`: makes and opens hand-offs of the information link (情報リンク方式), for whoever builds a collector's site.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use collectors::Directory;
use collectors::link::jwe::JWE_BYTES_MAX;
use collectors::link::{HandOff, LinkKey, LinkKeyError, NONCE_CHARS, Pattern, PayloadError, jwe};
use domain::{Clock, Timestamp};
use gateway::link::ReturnUrl;
use serde_json::{Map, Value};

use crate::{Done, Outcome};

/// Bytes of a key file at most.
const KEY_FILE_BYTES_MAX: usize = 4 * 1024;

/// Makes and opens what a collector's site hands over with the payer's browser (情報リンク方式). Needs no data folder;
/// nothing is sent.
///
/// Example: mpn link key 99022-1 --out 99022-1.jwk
#[derive(Args)]
pub struct Link {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Key(Key),
    Make(Make),
    Open(Open),
}

/// Makes a key for a collector and the bank to share, as a JSON Web Key.
///
/// Example: mpn link key 99022-2 --from 2026-12-01T00:00:00+09:00 --out 99022-2.jwk
#[derive(Args)]
struct Key {
    /// Its id: the collector's number and which of its keys it is, such as 99022-1.
    #[arg(value_name = "NUMBER-N")]
    id: String,
    /// From when on it may be used.
    #[arg(long, value_name = "RFC 3339")]
    from: Option<Instant>,
    /// From when on it may no longer be used.
    #[arg(long, value_name = "RFC 3339")]
    until: Option<Instant>,
    /// A new file to write, readable by its owner only; the standard output when it is not named.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Makes a hand-off of the contents on the standard input.
///
/// The contents are JSON and go through the bank's own reader: a wrong field is named and nothing is made (exit code
/// 1). `v`, `issued_at` and `nonce` are filled in where the contents have none.
///
/// Example: mpn link make --key 99022-1.jwk --pattern 01 < contents.json
#[derive(Args)]
struct Make {
    #[command(flatten)]
    common: Common,
    /// When it is issued: `now`, or an instant in RFC 3339; in place of the contents'.
    #[arg(long, value_name = "now|RFC 3339")]
    issued_at: Option<Instant>,
    /// Which one it is, 16 characters of base64url; in place of the contents'.
    #[arg(long)]
    nonce: Option<String>,
    /// Prints an HTML form that posts it to this address, instead of the hand-off alone.
    #[arg(long, value_name = "URL")]
    form: Option<String>,
}

/// Opens the hand-off on the standard input and names what is wrong with it.
///
/// Prints its contents and, on the standard error, every rule that it breaks, with the bank's own code; exit code 1
/// where the bank would refuse it.
///
/// The bank refuses more than what can be seen here: a nonce that it has seen, a return address or a key that it does
/// not know, a collector that is closed.
///
/// Example: mpn link open --key 99022-1.jwk --pattern 01 < bill.txt
#[derive(Args)]
struct Open {
    #[command(flatten)]
    common: Common,
    /// When the bank gets it: `now`, or an instant in RFC 3339.
    #[arg(long, value_name = "now|RFC 3339", default_value = "now")]
    at: Instant,
    /// An address that the collector registered with the bank, below which payers return; may be given again.
    #[arg(long, value_name = "URL")]
    registered: Vec<ReturnUrl>,
}

#[derive(Args)]
struct Common {
    /// The file of the key, a JSON Web Key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// 支払パターン: 01 one bill, 02 several of which one is paid a visit, 03 the payer chooses the amount.
    #[arg(long, value_name = "01|02|03", value_parser = pattern)]
    pattern: Pattern,
}

/// An instant on the command line.
#[derive(Clone, Copy)]
struct Instant(Timestamp);

impl FromStr for Instant {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "now" {
            return Ok(Self(Clock::default().now()));
        }
        Timestamp::parse_rfc3339(text).map(Self).ok_or("write it as 2026-11-24T10:00:00+09:00")
    }
}

fn pattern(word: &str) -> Result<Pattern, &'static str> {
    Pattern::of_word(word).ok_or("it is 01, 02 or 03")
}

impl Link {
    /// Does what was asked.
    pub fn run(self) -> Outcome {
        match self.what {
            What::Key(key) => key.run(),
            What::Make(make) => make.run(),
            What::Open(open) => open.run(),
        }
    }
}

impl Key {
    fn run(self) -> Outcome {
        let [from, until] = [self.from, self.until].map(|instant| instant.map(|at| at.0));
        let jwk = LinkKey::generate_for(&self.id, from, until).map_err(|error| anyhow::anyhow!("{error}"))?;
        match &self.out {
            // a key that is in use is not replaced by a slip of the hand
            Some(file) if file.exists() => bail!("{} is there already; name another file", file.display()),
            Some(file) => crate::data::write_private(file, format!("{}\n", *jwk).as_bytes())?,
            None => println!("{}", *jwk),
        }
        Ok(Done::Well)
    }
}

impl Make {
    fn run(self) -> Outcome {
        let key = read_key(&self.common.key)?;
        let form = self.form.as_deref().map(form_address).transpose()?;
        let given = read_input("the contents")?;
        let contents = match self.filled_in(&given) {
            Ok(contents) => Value::Object(contents).to_string(),
            Err(error) => return Ok(refused(&[format!("the contents are no JSON object: {error}")])),
        };
        let handed = match HandOff::read(self.common.pattern, contents.as_bytes()) {
            Ok(handed) => handed,
            Err(error) => return Ok(refused(&[unread(&error, contents.as_bytes())])),
        };
        let broken = broken(&handed, &key, &[], handed.issued_at);
        if !broken.is_empty() {
            return Ok(refused(&broken));
        }
        let bill = jwe::seal(&key, contents.as_bytes()).context("the hand-off cannot be encrypted")?;
        if bill.len() > JWE_BYTES_MAX {
            return Ok(refused(&[jwe::OpenError::TooLarge.to_string()]));
        }
        match form {
            Some(address) => print!("{}", form_page(&address, &handed, &bill)),
            None => println!("{bill}"),
        }
        Ok(Done::Well)
    }

    /// The contents with what they lack.
    fn filled_in(&self, given: &[u8]) -> Result<Map<String, Value>, serde_json::Error> {
        let mut contents: Map<String, Value> = serde_json::from_slice(given)?;
        contents.entry("v").or_insert(1.into());
        if let Some(Instant(at)) = self.issued_at {
            contents.insert("issued_at".to_owned(), at.rfc3339().into());
        }
        if let Some(nonce) = &self.nonce {
            contents.insert("nonce".to_owned(), nonce.as_str().into());
        }
        contents.entry("issued_at").or_insert_with(|| Clock::default().now().rfc3339().into());
        contents.entry("nonce").or_insert_with(|| new_nonce().into());
        Ok(contents)
    }
}

impl Open {
    fn run(self) -> Outcome {
        let key = read_key(&self.common.key)?;
        let bill = read_input("the hand-off")?;
        let bill = String::from_utf8_lossy(&bill);
        let contents = match jwe::open(bill.trim(), |kid| (kid == key.id()).then_some(&key)) {
            Ok(contents) => contents,
            Err(jwe::OpenError::UnknownKey(kid)) => {
                return Ok(refused(&[format!("it is encrypted under the key {kid}, not {}", key.id())]));
            }
            Err(error) => return Ok(refused(&[error.to_string()])),
        };
        // as JSON writes it, so that nothing in it steers a terminal
        if let Ok(contents) = serde_json::from_slice::<Value>(&contents) {
            println!("{contents:#}");
        }
        let Instant(at) = self.at;
        let broken = match HandOff::read(self.common.pattern, &contents) {
            Ok(handed) => broken(&handed, &key, &self.registered, at),
            Err(error) => vec![unread(&error, &contents)],
        };
        if broken.is_empty() { Ok(Done::Well) } else { Ok(refused(&broken)) }
    }
}

/// Why contents are not read, with the name of the field.
fn unread(error: &PayloadError, contents: &[u8]) -> String {
    match (error, HandOff::wrong_json(contents)) {
        (PayloadError::Json(_), Some(said)) => format!("the contents are not those of a hand-off: {said}"),
        _ => error.to_string(),
    }
}

/// Every rule that a hand-off under this key breaks at an instant; where no address is registered, its own may be.
fn broken(handed: &HandOff, key: &LinkKey, registered: &[ReturnUrl], at: Timestamp) -> Vec<String> {
    let mut found = Vec::new();
    if !key.is_valid(at) {
        found.push(format!("the key {} is not to be used at {at}", key.id()));
    }
    match Directory::embedded().on(at.date()).get(&handed.collector) {
        Some(collector) => {
            found.extend(handed.broken_rules(collector, at).iter().map(ToString::to_string));
        }
        None => found.push(format!("no collector has the number {}", handed.collector)),
    }
    if !root(&handed.return_url).is_some_and(|root| root.covers(&handed.return_url)) {
        found.push("return_url is none that can be registered: https, a host, no user, no way up".to_owned());
    } else if !registered.is_empty() && !registered.iter().any(|below| below.covers(&handed.return_url)) {
        found.push("return_url is not below a registered address".to_owned());
    }
    found
}

/// The whole of the site that an address is on.
fn root(address: &str) -> Option<ReturnUrl> {
    let uri: http::Uri = address.parse().ok()?;
    format!("{}://{}/", uri.scheme_str()?, uri.authority()?).parse().ok()
}

fn refused(why: &[String]) -> Done {
    for line in why {
        eprintln!("WRONG  {line}");
    }
    Done::Wrong
}

/// 96 random bits in base64url.
fn new_nonce() -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let drawn = domain::random::bytes::<NONCE_CHARS>();
    drawn.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 63)])).collect()
}

fn read_key(file: &Path) -> anyhow::Result<LinkKey> {
    let name = file.display();
    let unreadable = || format!("cannot read {name}; name a file that `mpn link key` wrote");
    let mut text = String::new();
    let opened = std::fs::File::open(file).with_context(unreadable)?;
    let most = u64::try_from(KEY_FILE_BYTES_MAX)?;
    opened.take(most).read_to_string(&mut text).with_context(unreadable)?;
    LinkKey::from_jwk(&text)
        .map_err(|error: LinkKeyError| anyhow::anyhow!("{name}: {error}; `mpn link key` makes one"))
}

/// The standard input, which is never more than a hand-off may have.
fn read_input(what: &str) -> anyhow::Result<Vec<u8>> {
    let mut read = Vec::new();
    // and a line break behind it
    let most = u64::try_from(JWE_BYTES_MAX)?.saturating_add(2);
    std::io::stdin()
        .take(most.saturating_add(1))
        .read_to_end(&mut read)
        .with_context(|| format!("cannot read {what} from the standard input"))?;
    if u64::try_from(read.len())? > most {
        bail!("{what} on the standard input has more than 8 KiB; a hand-off fits into that");
    }
    Ok(read)
}

/// An address that a browser posts to.
fn form_address(text: &str) -> anyhow::Result<String> {
    let uri = text.parse::<http::Uri>().ok();
    let is_web = uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    if !is_web {
        bail!("{text:?} is no address of a bank; write it as https://bank.example/payeasy/link/entry");
    }
    Ok(text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;"))
}

/// A page whose button hands the payer over.
fn form_page(address: &str, handed: &HandOff, bill: &str) -> String {
    let (collector, pattern) = (&handed.collector, handed.pattern.as_str());
    format!(
        r#"<!doctype html>
<html lang="ja">
<meta charset="utf-8">
<title>ネットバンクでのお支払い</title>
<form method="post" action="{address}">
<input type="hidden" name="skno" value="{collector}">
<input type="hidden" name="bptn" value="{pattern}">
<input type="hidden" name="bill" value="{bill}">
<button>ネットバンクで支払う</button>
</form>
</html>
"#
    )
}
