//! An institution's `site.toml`: its web site in its own colours and words, and what it issues bills for.
//!
//! ```toml
//! name = "電波利用料 納付案内(見本)"
//! lead = "無線局の免許人の方へ。"
//! look = "office"                     # office, city, shop, press or finance
//! colours = { main = "#1d4f7c", accent = "#8a4b00", ground = "#f3f6f9" }
//! bill_prefix = "RAD"                 # of the bills' ids
//! pays_up_to = 5_000_000              # where the row lets the payer choose: the most; a bill's amount is the least
//!
//! [[service]]
//! id = "fee"
//! title = "電波利用料を納める"
//! action = "納入告知書を発行する"      # the button
//! done = "納入告知書を発行しました。"
//! charge = "電波利用料金等"            # of the institution's row: what becomes of an overdue bill
//! customer = "300{yy}{mm}##########="  # digits, # at random, = the check digit, {field}
//! confirmation = "####"
//! payer = "{payer}"
//! field = [
//!     { id = "payer", label = "免許人の氏名又は名称", chars = 40, value = "株式会社見本商事" },
//!     { id = "kind", label = "無線局の種別", choices = [{ label = "基地局", amount = 2_970 }] },
//!     { id = "count", label = "局数", count = [1, 100], value = "1" },
//! ]
//!
//! [[service.bill]]
//! contents = "電波利用料 {kind} {count}局"
//! amount = { terms = [{ field = "kind", by = "count" }] }
//! due = { days = 20 }
//! ```
//!
//! What a service leaves out comes from the row. A row without a `site.toml` has a site of its charges.

use domain::money::AMOUNT_MAX;
use serde::Deserialize;

use super::fields::{Field, RawField};
use super::rules::{AmountRule, DayRule, Pattern, Template};
use crate::institutions::Institution;
use crate::late::LateRule;

/// Most services of one site.
const SERVICES_MAX: usize = 30;

/// Most fields of one form.
const FIELDS_MAX: usize = 12;

/// Most bills that one act makes.
const BILLS_MAX: usize = 12;

/// Longest wait until a bill appears.
const DELAY_S_MAX: u32 = 600;

/// Names that no service has, because the site's own pages have them.
const RESERVED: [&str; 3] = ["bills", "lookup", "look.css"];

/// The arrangement of a site's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// A ministry.
    Office,
    /// A local government.
    City,
    /// A shop.
    Shop,
    /// A publisher.
    Press,
    /// An insurer, a lender, an agency.
    Finance,
}

impl Look {
    /// The style sheet's class.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::City => "city",
            Self::Shop => "shop",
            Self::Press => "press",
            Self::Finance => "finance",
        }
    }
}

/// A colour of a style sheet: `#1d4f7c` and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Colour(String);

impl TryFrom<String> for Colour {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_hex = |c: u8| c.is_ascii_digit() || matches!(c, b'a'..=b'f');
        let fits = text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(is_hex));
        if fits { Ok(Self(text)) } else { Err("a colour is # and six small hexadecimal digits") }
    }
}

impl Colour {
    /// As a style sheet has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its luminance in ten-thousandths, a little above the true one of a dark colour.
    fn luminance(&self) -> u32 {
        let part = |at: usize| {
            let hex = self.0.get(at..at + 2).unwrap_or_default();
            u32::from_str_radix(hex, 16).unwrap_or_default().pow(2)
        };
        (2_126 * part(1) + 7_152 * part(3) + 722 * part(5)) / (255 * 255)
    }
}

/// A site's three colours.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colours {
    /// Of the head and the headings; white can be read on it.
    pub main: Colour,
    /// Of the buttons; white can be read on it.
    pub accent: Colour,
    /// Behind everything; black can be read on it.
    pub ground: Colour,
}

/// How the site calls its things.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The bill: 納付書, 払込票, ご請求.
    pub slip: String,
    /// Of one that can be paid.
    pub open: String,
    /// Of one that was paid.
    pub paid: String,
    /// To whom it is made out: 納付者, お名前.
    pub payer: String,
    /// The day by which it is to be paid.
    pub due: String,
}

/// A bill that an act makes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillRule {
    /// 納付内容.
    pub contents: Template,
    /// In yen, without late charge and fee.
    pub amount: AmountRule,
    /// 納期限.
    pub due: DayRule,
    /// The last day; where absent, the row says.
    pub last: Option<Last>,
    /// The first day.
    pub payable_from: Option<DayRule>,
    /// A customer number of its own; where absent, that of the act.
    pub customer: Option<Pattern>,
    /// A 納付区分 of its own; where absent, that of the act.
    pub category: Option<Pattern>,
}

/// The last day on which a bill can be paid.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Last {
    /// That day.
    Day(DayRule),
    /// There is none.
    None(NoLast),
}

/// The word for no last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoLast {
    /// It stays payable.
    Open,
}

/// Something that a visitor can do at the site.
#[derive(Clone, Debug)]
pub struct Service {
    /// The end of its address.
    pub id: String,
    /// What it is.
    pub title: String,
    /// The shop or section that it belongs to; empty where the site has none.
    pub group: String,
    /// What the visitor is told before.
    pub lead: String,
    /// The button's words.
    pub action: String,
    /// What the visitor is told after.
    pub done: String,
    /// The form.
    pub fields: Vec<Field>,
    /// 納付者氏名.
    pub payer: Template,
    /// 納付番号 or お客様番号; drawn where absent.
    pub customer: Option<Pattern>,
    /// 確認番号; drawn where absent.
    pub confirmation: Option<Pattern>,
    /// 納付区分; that of the charge where absent.
    pub category: Option<Pattern>,
    /// The charge of the row that it belongs to.
    pub charge: Option<String>,
    /// Whether the payer bears the row's fee.
    pub payer_bears_fee: bool,
    /// How the bills grow after the due date.
    pub late: Option<LateRule>,
    /// Until the institutions know the numbers.
    pub delay_s: u32,
    /// What is issued.
    pub bills: Vec<BillRule>,
}

/// An institution's web site.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// The first words.
    pub lead: String,
    /// What visitors should know.
    pub notes: Vec<String>,
    /// The arrangement.
    pub look: Look,
    /// The colours.
    pub colours: Colours,
    /// How it calls its things.
    pub words: Words,
    /// The beginning of its bills' ids.
    pub bill_prefix: String,
    /// The most that a payer may choose to pay of a bill, where the payer chooses.
    pub pays_up_to: Option<i64>,
    /// What can be done.
    pub services: Vec<Service>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    lead: String,
    #[serde(default)]
    notes: Vec<String>,
    look: Look,
    colours: Colours,
    words: Option<Words>,
    bill_prefix: String,
    pays_up_to: Option<i64>,
    service: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    title: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    lead: String,
    action: String,
    done: String,
    #[serde(default)]
    field: Vec<RawField>,
    payer: Template,
    customer: Option<Pattern>,
    confirmation: Option<Pattern>,
    category: Option<Pattern>,
    charge: Option<String>,
    #[serde(default)]
    payer_bears_fee: bool,
    late: Option<LateRule>,
    #[serde(default)]
    delay_s: u32,
    bill: Vec<BillRule>,
}

/// The site of an institution as it is written.
pub fn read(text: &str, row: &Institution) -> Result<Site, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let services = file.service.into_iter().map(Entry::service).collect::<Result<_, _>>()?;
    let site = Site {
        name: file.name,
        lead: file.lead,
        notes: file.notes,
        look: file.look,
        colours: file.colours,
        words: file.words.unwrap_or_else(|| super::default::words(row.kind)),
        bill_prefix: file.bill_prefix,
        pays_up_to: file.pays_up_to,
        services,
    };
    check(&site, row).map(|()| site)
}

impl Entry {
    fn service(self) -> Result<Service, String> {
        let fail = |reason: String| format!("service {}: {reason}", self.id);
        let fields = self.field.into_iter().map(Field::try_from).collect::<Result<_, _>>().map_err(fail)?;
        Ok(Service {
            id: self.id,
            title: self.title,
            group: self.group,
            lead: self.lead,
            action: self.action,
            done: self.done,
            fields,
            payer: self.payer,
            customer: self.customer,
            confirmation: self.confirmation,
            category: self.category,
            charge: self.charge,
            payer_bears_fee: self.payer_bears_fee,
            late: self.late,
            delay_s: self.delay_s,
            bills: self.bill,
        })
    }
}

/// Refuses what would show only when somebody uses it.
fn check(site: &Site, row: &Institution) -> Result<(), String> {
    /// White on it has a contrast of 4.5.
    const DARK_MAX: u32 = 1_833;
    const LIGHT_MIN: u32 = 8_000;
    let dark = [&site.colours.main, &site.colours.accent].iter().all(|one| one.luminance() <= DARK_MAX);
    if !dark || site.colours.ground.luminance() < LIGHT_MIN {
        return Err("main and accent are dark, ground is light".to_owned());
    }
    let is_prefix = (1..=4).contains(&site.bill_prefix.len());
    if !is_prefix || !site.bill_prefix.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err("bill_prefix is one to four capital letters".to_owned());
    }
    let bound = site.pays_up_to.map(|most| (1..=AMOUNT_MAX.get()).contains(&most));
    if bound != row.payer_chooses_amount.then_some(true) {
        return Err("pays_up_to is an amount, and stands where the row's payers choose".to_owned());
    }
    if site.services.is_empty() || site.services.len() > SERVICES_MAX {
        return Err(format!("there are 1 to {SERVICES_MAX} services"));
    }
    for (position, service) in site.services.iter().enumerate() {
        let fail = |reason: &str| Err(format!("service {}: {reason}", service.id));
        let is_word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if service.id.is_empty() || !service.id.bytes().all(is_word) || RESERVED.contains(&&*service.id) {
            return fail("an id is made of small letters, digits and hyphens");
        }
        if site.services.iter().take(position).any(|other| other.id == service.id) {
            return fail("the id is taken");
        }
        if service.fields.len() > FIELDS_MAX {
            return fail("there are 12 fields at most");
        }
        if service.bills.is_empty() || service.bills.len() > BILLS_MAX {
            return fail("there are 1 to 12 bills");
        }
        if service.delay_s > DELAY_S_MAX {
            return fail("a bill appears within ten minutes");
        }
        if service.charge.as_ref().is_some_and(|name| row.charges.iter().all(|one| one.name != *name)) {
            return fail("the row has no such charge");
        }
        if service.payer_bears_fee && !row.has_fee() {
            return fail("the row has no fee");
        }
        if let Some(reason) = service.late.as_ref().and_then(LateRule::broken) {
            return fail(reason);
        }
        if let Some(name) = service.unknown_name() {
            return fail(&format!("there is no field {name}"));
        }
    }
    Ok(())
}

impl Service {
    /// A name in its rules that no field has.
    fn unknown_name(&self) -> Option<String> {
        let own = [&self.customer, &self.confirmation, &self.category].into_iter().flatten();
        let of_bills = self.bills.iter().flat_map(|bill| bill.customer.iter().chain(&bill.category));
        let in_numbers = own.chain(of_bills).flat_map(Pattern::names);
        let in_texts = self.bills.iter().map(|bill| &bill.contents).chain([&self.payer]);
        let in_rules = self.bills.iter().flat_map(|bill| {
            let last = match &bill.last {
                Some(Last::Day(rule)) => Some(rule),
                _ => None,
            };
            let days = [Some(&bill.due), bill.payable_from.as_ref(), last].into_iter().flatten();
            bill.amount.names().into_iter().chain(days.filter_map(DayRule::name))
        });
        let mut names = in_numbers.chain(in_texts.flat_map(Template::names)).chain(in_rules);
        names.find(|name| self.fields.iter().all(|field| field.id != *name))
    }
}
