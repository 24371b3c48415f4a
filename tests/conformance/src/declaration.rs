//! What a collector says of itself: where it is, whose keys, which numbers a test may use and what is to be expected of
//! them. A declaration that contradicts itself is refused in one sentence before anything is sent.

mod link;

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use collectors::directory::Kind;
use collectors::protocol::{BankCode, BillKey, Channel};
use collectors::signature::VerifyingKey;
use domain::{CentreCode, CollectorNumber, ConfirmationNumber, CustomerNumber, Date, PaymentCategory, Yen};
use http::Uri;
use serde::Deserialize;

use crate::text::Trouble;
pub use link::Link;
use link::WrittenLink;

/// Numbers that one range may stand for.
const RANGE_MAX: u64 = 100_000;
/// A collector must answer within this; a declaration may be stricter with itself.
const PATIENCE_S: u64 = 30;
/// Messages of a load each second at most, and seconds that it lasts at most.
const PER_SECOND_MAX: u32 = 500;
const LOAD_S_MAX: u32 = 3_600;
/// How long a restarted collector may take until it answers again.
const RESTART_S: u64 = 30;

/// What is to be expected of a number that the collector has set aside for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// One bill that can be paid, once.
    Payable,
    /// Two bills or more under one number, each of which can be paid.
    SeveralBills,
    /// One bill that can be paid, with a late charge in its amount.
    LateCharge,
    /// One bill with a fee that the payer bears.
    Fee,
    /// The payer types the amount.
    TypedAmount,
    /// B201.
    AlreadyPaid,
    /// B202.
    Expired,
    /// B204.
    NotYet,
    /// B205.
    Stopped,
    /// A101.
    Unavailable,
    /// A003: no such number.
    Unknown,
    /// Found and payable, but each clearing is recorded provisionally.
    Provisional,
    /// Found and payable, but each clearing is refused.
    Refused,
}

impl Outcome {
    /// The word of the declaration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payable => "payable",
            Self::SeveralBills => "several_bills",
            Self::LateCharge => "late_charge",
            Self::Fee => "fee",
            Self::TypedAmount => "typed_amount",
            Self::AlreadyPaid => "already_paid",
            Self::Expired => "expired",
            Self::NotYet => "not_yet",
            Self::Stopped => "stopped",
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
            Self::Provisional => "provisional",
            Self::Refused => "refused",
        }
    }

    /// Whether an inquiry finds a bill.
    pub const fn is_found(self) -> bool {
        matches!(
            self,
            Self::Payable
                | Self::SeveralBills
                | Self::LateCharge
                | Self::Fee
                | Self::TypedAmount
                | Self::Provisional
                | Self::Refused
        )
    }
}

/// One number for tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// What is expected of it.
    pub outcome: Outcome,
    /// The numbers.
    pub key: BillKey,
    /// What its bill comes to, where the declaration says so.
    pub amount: Option<Yen>,
}

/// How the endpoint's server is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// A certificate under one of these authorities (PEM).
    Authority(String),
    /// Plain HTTP on this machine.
    Loopback,
}

/// A checked declaration.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// 収納機関番号.
    pub collector: CollectorNumber,
    /// Its kind of service.
    pub kind: Kind,
    /// Where `/{number}/mpn` is appended.
    pub endpoint: Uri,
    /// Whose certificate is believed.
    pub trust: Trust,
    /// The contracted bank.
    pub bank: BankCode,
    /// A bank that is not contracted.
    pub other_bank: BankCode,
    /// The hub's centre.
    pub hub_centre: CentreCode,
    /// The collector's business day.
    pub today: Option<Date>,
    /// The channels that it takes clearings of.
    pub channels: Vec<Channel>,
    /// Its public keys.
    pub keys: Vec<VerifyingKey>,
    /// The kit's signing key: id and file.
    pub hub_key: HubKey,
    /// How long an answer is waited for.
    pub patience: Duration,
    /// Where the declaration is: its files are relative to it, and its command runs there.
    pub folder: PathBuf,
    /// The command that restarts the collector and returns when that is done or under way.
    pub restart: Option<Vec<String>>,
    /// The command that sets the collector's clock to `{time}`.
    pub clock: Option<Vec<String>>,
    /// The pace and time of a load.
    pub load: Pace,
    /// How long a restarted collector is waited for.
    pub restart_wait: Duration,
    /// Something in front of the collector keeps connections while it restarts.
    pub restart_keeps_connections: bool,
    /// 情報リンク, where the collector offers it.
    pub link: Option<Link>,
    /// The numbers for tests, in the order of the file.
    pub slips: Vec<Slip>,
}

/// The key that the kit signs with, which the collector knows as the hub's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubKey {
    /// Its id.
    pub id: String,
    /// PKCS#8, PEM or DER; relative to the declaration.
    pub file: PathBuf,
}

/// How many messages a load has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pace {
    /// Messages each second.
    pub per_second: u32,
    /// For so long.
    pub seconds: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { per_second: 20, seconds: 10 }
    }
}

impl Pace {
    /// All of them.
    pub fn messages(self) -> usize {
        usize::try_from(self.per_second.saturating_mul(self.seconds)).unwrap_or(usize::MAX)
    }
}

/// What a command line says in the place of the declaration.
#[derive(Clone, Debug, Default)]
pub struct Instead {
    /// 収納機関番号.
    pub collector: Option<String>,
    /// The endpoint.
    pub endpoint: Option<String>,
    /// The file of the kit's signing key.
    pub key: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    collector: String,
    kind: Kind,
    endpoint: String,
    root_ca: Option<PathBuf>,
    bank: String,
    other_bank: Option<String>,
    #[serde(default = "hub_centre")]
    hub_centre: String,
    today: Option<String>,
    channels: Vec<Channel>,
    hub_key: HubKey,
    collector_keys: Vec<WrittenKey>,
    patience_s: Option<u64>,
    restart: Option<Vec<String>>,
    restart_wait_s: Option<u64>,
    #[serde(default)]
    restart_keeps_connections: bool,
    link: Option<WrittenLink>,
    clock: Option<Vec<String>>,
    #[serde(default)]
    load: Pace,
    #[serde(default)]
    numbers: Vec<WrittenNumbers>,
}

fn hub_centre() -> String {
    "MPN9999".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenKey {
    id: String,
    /// 32 bytes, hexadecimal or base64.
    public: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenNumbers {
    outcome: Outcome,
    customer_number: String,
    confirmation_number: String,
    payment_category: Option<String>,
    amount: Option<i64>,
}

fn wrong(en: impl AsRef<str>, ja: impl AsRef<str>) -> Trouble {
    Trouble::new(
        format!("the declaration cannot be used: {}", en.as_ref()),
        format!("宣言ファイルを使用できません。{}", ja.as_ref()),
    )
}

fn not_a(field: &str, value: &str, what: (&str, &str)) -> Trouble {
    wrong(
        format!("{field} = {value:?} is not {}", what.0),
        format!("{field} = {value:?} は{}ではありません。", what.1),
    )
}

impl Declaration {
    /// Reads and checks a declaration and the files that it names.
    pub fn read(file: &Path, instead: &Instead) -> Result<Self, Trouble> {
        let text = read_text(file)?;
        let folder = file.parent().unwrap_or(Path::new("."));
        Self::parse(&text, folder, instead)
    }

    /// Checks a declaration's text; `folder` is what its files are relative to.
    pub fn parse(text: &str, folder: &Path, instead: &Instead) -> Result<Self, Trouble> {
        let mut written: Written = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            let message = error.message().replace('\n', " ");
            wrong(format!("line {line}: {message}"), format!("{line} 行目: {message}"))
        })?;
        if let Some(collector) = &instead.collector {
            written.collector.clone_from(collector);
        }
        if let Some(endpoint) = &instead.endpoint {
            written.endpoint.clone_from(endpoint);
        }
        if let Some(key) = &instead.key {
            written.hub_key.file = std::path::absolute(key).unwrap_or_else(|_| key.clone());
        }
        written.checked(folder)
    }

    /// The numbers of one outcome.
    pub fn of(&self, outcome: Outcome) -> impl Iterator<Item = &Slip> {
        self.slips.iter().filter(move |slip| slip.outcome == outcome)
    }
}

fn read_text(file: &Path) -> Result<String, Trouble> {
    std::fs::read_to_string(file).map_err(|error| {
        let file = file.display();
        Trouble::new(format!("{file} cannot be read: {error}"), format!("{file} を読めません。{error}"))
    })
}

impl Written {
    fn checked(self, folder: &Path) -> Result<Declaration, Trouble> {
        let digits5 = ("five digits", "5 桁の数字");
        let collector: CollectorNumber =
            self.collector.parse().map_err(|_| not_a("collector", &self.collector, digits5))?;
        let endpoint: Uri = self
            .endpoint
            .parse()
            .ok()
            .filter(|uri: &Uri| uri.host().is_some() && uri.query().is_none())
            .ok_or_else(|| not_a("endpoint", &self.endpoint, ("an address", "アドレス")))?;
        let root_ca = self.root_ca.as_ref().map(|file| folder.join(file));
        let trust = trust(&endpoint, root_ca.as_deref())?;
        let link = self.link.map(|link| link.checked(folder, root_ca.as_deref())).transpose()?;
        let digits4 = ("four digits", "4 桁の数字");
        let bank: BankCode = self.bank.parse().map_err(|_| not_a("bank", &self.bank, digits4))?;
        let other =
            self.other_bank.unwrap_or_else(|| if self.bank == "0999" { "0998" } else { "0999" }.to_owned());
        let other_bank: BankCode = other.parse().map_err(|_| not_a("other_bank", &other, digits4))?;
        if bank == other_bank {
            return Err(wrong(
                "other_bank is the bank without a contract, and is the same as bank",
                "other_bank は契約のない金融機関ですが、bank と同じです。",
            ));
        }
        let hub_centre: CentreCode = self
            .hub_centre
            .parse()
            .map_err(|_| not_a("hub_centre", &self.hub_centre, ("a centre code", "センタコード")))?;
        let today = self.today.as_deref().map(|day| {
            day.parse::<Date>()
                .map_err(|_| not_a("today", day, ("a day such as 2026-11-24", "2026-11-24 の形の日付")))
        });
        if self.channels.is_empty() {
            return Err(wrong("channels is empty", "channels が空です。"));
        }
        let keys = keys(&self.collector_keys)?;
        let patience_s = self.patience_s.unwrap_or(PATIENCE_S);
        if !(1..=PATIENCE_S).contains(&patience_s) {
            return Err(wrong(
                format!("patience_s is 1 to {PATIENCE_S}, as the protocol has it"),
                format!("patience_s は 1 から {PATIENCE_S} です(プロトコルの定め)。"),
            ));
        }
        if self.clock.as_ref().is_some_and(|words| !words.iter().any(|word| word.contains("{time}"))) {
            return Err(wrong(
                "clock is a command that is told the {time}, and this is not",
                "clock のコマンドに {time} がありません。",
            ));
        }
        if !(1..=PER_SECOND_MAX).contains(&self.load.per_second)
            || !(1..=LOAD_S_MAX).contains(&self.load.seconds)
        {
            return Err(wrong(
                format!(
                    "a load has 1 to {PER_SECOND_MAX} messages per_second, for 1 to {LOAD_S_MAX} seconds"
                ),
                format!(
                    "load は per_second が 1 から {PER_SECOND_MAX}、seconds が 1 から {LOAD_S_MAX} です。"
                ),
            ));
        }
        if self.restart.as_ref().is_some_and(Vec::is_empty) {
            return Err(wrong("restart is an empty command", "restart のコマンドが空です。"));
        }
        let slips = slips(&collector, self.kind, &self.numbers)?;
        Ok(Declaration {
            collector,
            kind: self.kind,
            endpoint,
            trust,
            bank,
            other_bank,
            hub_centre,
            today: today.transpose()?,
            channels: self.channels,
            keys,
            hub_key: HubKey { file: folder.join(self.hub_key.file), ..self.hub_key },
            patience: Duration::from_secs(patience_s),
            // no name is the present folder, which has one here
            folder: if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() },
            restart: self.restart,
            restart_wait: Duration::from_secs(self.restart_wait_s.unwrap_or(RESTART_S).min(600)),
            restart_keeps_connections: self.restart_keeps_connections,
            link,
            clock: self.clock,
            load: self.load,
            slips,
        })
    }
}

fn trust(endpoint: &Uri, root_ca: Option<&Path>) -> Result<Trust, Trouble> {
    let host = endpoint.host().unwrap_or_default();
    match (endpoint.scheme_str(), root_ca) {
        (Some("https"), Some(file)) => Ok(Trust::Authority(read_text(file)?)),
        (Some("https"), None) => Err(wrong(
            "the endpoint is https, and root_ca does not say under which authority",
            "endpoint が https ですが、認証局の証明書(root_ca)がありません。",
        )),
        (Some("http"), Some(_)) => Err(wrong(
            "root_ca is for https, and the endpoint is http",
            "root_ca は https のためのものですが、endpoint が http です。",
        )),
        (Some("http"), None) if matches!(host, "localhost" | "127.0.0.1" | "[::1]") => Ok(Trust::Loopback),
        _ => Err(wrong(
            "an endpoint is https, or http on this machine alone (localhost, 127.0.0.1)",
            "endpoint は https でなければなりません(このマシン自身に限り http も可)。",
        )),
    }
}

fn keys(written: &[WrittenKey]) -> Result<Vec<VerifyingKey>, Trouble> {
    let mut keys: Vec<VerifyingKey> = Vec::new();
    for WrittenKey { id, public } in written {
        let bytes = hex(public).or_else(|| STANDARD.decode(public).ok()).unwrap_or_default();
        let key = VerifyingKey::new(id, &bytes).map_err(|error| {
            wrong(
                format!("collector_keys {id:?}: {error}"),
                format!("collector_keys の {id:?} が鍵ではありません。"),
            )
        })?;
        if keys.iter().any(|earlier| earlier.id() == id) {
            return Err(wrong(format!("the key {id} is there twice"), format!("鍵 {id} が 2 回あります。")));
        }
        keys.push(key);
    }
    if keys.is_empty() {
        return Err(wrong(
            "collector_keys is empty, so no answer could be believed",
            "collector_keys が空です。これでは応答の署名を検証できません。",
        ));
    }
    Ok(keys)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 {
        return None;
    }
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..64).step_by(2).map(pair).collect()
}

fn slips(collector: &CollectorNumber, kind: Kind, written: &[WrittenNumbers]) -> Result<Vec<Slip>, Trouble> {
    let mut slips: Vec<Slip> = Vec::new();
    let mut seen = std::collections::BTreeMap::new();
    for numbers in written {
        let outcome = numbers.outcome;
        let contradiction = match outcome {
            Outcome::Refused if kind != Kind::National => {
                Some(("refuses", "拒否", "only a national collector may refuse a clearing"))
            }
            Outcome::Provisional if kind == Kind::National => {
                Some(("clears provisionally", "仮消込", "a national collector refuses instead"))
            }
            _ => None,
        };
        if let Some((does, ja, but)) = contradiction {
            return Err(wrong(
                format!("a number {does}, but kind is {:?}: {but}", kind.as_str()),
                format!("kind = {:?} の収納機関に「{ja}」の番号があります。", kind.as_str()),
            ));
        }
        let field = |name: &str, value: &str| {
            not_a(
                &format!("{name} of {}", outcome.as_str()),
                value,
                ("a number of the protocol", "プロトコルの番号"),
            )
        };
        let confirmation_number: ConfirmationNumber = numbers
            .confirmation_number
            .parse()
            .map_err(|_| field("confirmation_number", &numbers.confirmation_number))?;
        let category = numbers
            .payment_category
            .as_deref()
            .map(|text| text.parse::<PaymentCategory>().map_err(|_| field("payment_category", text)));
        let category = category.transpose()?;
        if numbers.amount.is_some_and(|amount| amount < 1) {
            return Err(wrong(
                format!("an amount of {} is less than 1 yen", outcome.as_str()),
                format!("{} の amount が 1 円未満です。", outcome.as_str()),
            ));
        }
        let texts = expanded(&numbers.customer_number)
            .ok_or_else(|| field("customer_number", &numbers.customer_number))?;
        for text in texts {
            let customer_number: CustomerNumber =
                text.parse().map_err(|_| field("customer_number", &text))?;
            if let Some(other) = seen.insert((text.clone(), category.clone()), outcome) {
                return Err(wrong(
                    format!("{text} is both {} and {}", other.as_str(), outcome.as_str()),
                    format!("{text} が {} と {} の両方にあります。", other.as_str(), outcome.as_str()),
                ));
            }
            let (collector, category) = (collector.clone(), category.clone());
            let key = BillKey {
                collector,
                customer_number,
                confirmation_number: confirmation_number.clone(),
                category,
            };
            slips.push(Slip { outcome, key, amount: numbers.amount.map(Yen::new) });
        }
    }
    if !slips.iter().any(|slip| slip.outcome == Outcome::Payable) {
        return Err(wrong(
            "no number is payable, so nothing could be paid",
            "outcome = \"payable\" の番号がありません。これでは何も払い込めません。",
        ));
    }
    Ok(slips)
}

/// `123{00-99}` stands for a hundred numbers; the ends of a range have the same width.
fn expanded(text: &str) -> Option<Vec<String>> {
    let Some((head, rest)) = text.split_once('{') else { return Some(vec![text.to_owned()]) };
    let (range, tail) = rest.split_once('}')?;
    let (from, to) = range.split_once('-')?;
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(from) || !is_digits(to) || from.len() != to.len() {
        return None;
    }
    let (width, from, to): (usize, u64, u64) = (from.len(), from.parse().ok()?, to.parse().ok()?);
    let count = to.checked_sub(from)?;
    (count < RANGE_MAX).then(|| (from..=to).map(|at| format!("{head}{at:0width$}{tail}")).collect())
}
