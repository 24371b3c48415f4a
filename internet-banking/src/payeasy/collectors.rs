//! What the pages of the directory show: which collectors there are, and what a payer must know of each.

use askama::Template;
use domain::time::year_month_day;
use domain::{CollectorNumber, Date};
use edge::Frame;
use gateway::directory::{AmountEntry, CategoryRule, Collector, DigitsRule, FeeTable, Kind, NumberRules};

use super::problem::suspension_words;
use super::purpose;
use super::rules::Asked;
use crate::links::{CollectorLink, Link};
use crate::tokens::Operation;

/// Pays nothing: how a row that no public page is sure of is marked.
const ASSUMED: &str = "(目安)";

/// The collectors that a search found.
#[derive(Template)]
#[template(path = "payeasy/collectors.html")]
pub struct CollectorsPage {
    /// The frame.
    pub frame: Frame,
    /// What was searched for.
    pub query: String,
    /// By kind, in the order of the bank's list.
    pub groups: Vec<CollectorGroup>,
}

/// The collectors of a kind.
#[derive(Clone, Debug)]
pub struct CollectorGroup {
    /// `国`.
    pub kind: &'static str,
    /// The collectors.
    pub rows: Vec<CollectorRow>,
}

/// A collector in the list.
#[derive(Clone, Debug)]
pub struct CollectorRow {
    /// Its page.
    pub path: CollectorLink,
    /// 収納機関番号.
    pub number: CollectorNumber,
    /// Listed name and today's.
    pub name: String,
    /// What can be paid.
    pub charges: String,
    /// What every payer must be told.
    pub notice: Option<String>,
    /// How it can be paid here.
    pub method: &'static str,
}

/// One collector.
#[derive(Template)]
#[template(path = "payeasy/collector.html")]
pub struct CollectorPage {
    /// The frame.
    pub frame: Frame,
    /// The token of the form that begins an entry.
    pub csrf: String,
    /// Listed name and today's.
    pub name: String,
    /// 収納機関番号.
    pub number: CollectorNumber,
    /// What every payer must be told.
    pub notice: Option<String>,
    /// Whether an entry can begin here.
    pub can_begin: bool,
    /// The numbers of its slips.
    pub numbers: Vec<NumberRow>,
    /// 費目.
    pub charges: Vec<ChargeRow>,
    /// The rest of its rules: what, and how it is.
    pub rules: Vec<(&'static str, String)>,
    /// Whom to ask.
    pub contact: String,
    /// What is not done for this payer.
    pub never: Vec<&'static str>,
    /// Whether something on the page is marked 目安.
    pub has_assumed: bool,
}

/// A number of a slip.
#[derive(Clone, Debug)]
pub struct NumberRow {
    /// As the slip calls it.
    pub label: String,
    /// How many digits, and how they are printed.
    pub form: String,
}

/// A charge and what becomes of it.
#[derive(Clone, Debug)]
pub struct ChargeRow {
    /// As listed.
    pub name: String,
    /// After the due date.
    pub after_due: String,
}

impl CollectorGroup {
    /// Those that were found, by kind.
    pub fn of(found: &[&Collector], today: Date) -> Vec<Self> {
        let group = |kind: Kind| {
            let rows = found.iter().filter(|row| row.kind == kind).map(|row| CollectorRow::of(row, today));
            Self { kind: kind.label(), rows: rows.collect() }
        };
        let groups = [Kind::National, Kind::Local, Kind::Private].map(group);
        groups.into_iter().filter(|group| !group.rows.is_empty()).collect()
    }
}

impl CollectorRow {
    /// A row of the directory, as it is today.
    pub fn of(collector: &Collector, today: Date) -> Self {
        Self {
            path: CollectorLink(collector.number.clone()),
            number: collector.number.clone(),
            name: collector.shown_name(),
            charges: collector.charge_names().join("、"),
            notice: collector.notice.clone(),
            method: match collector.suspended_on(today) {
                Some(_) => "休止中",
                None => method(collector),
            },
        }
    }
}

impl CollectorsPage {
    /// How many were found.
    pub fn count(&self) -> usize {
        self.groups.iter().map(|group| group.rows.len()).sum()
    }
}

impl CollectorPage {
    /// The page of a collector, with what applies today.
    pub fn of(frame: Frame, csrf: String, collector: &Collector, today: Date) -> Self {
        let charges = collector.charges.iter().map(|charge| ChargeRow {
            name: charge.name.clone(),
            after_due: marked(charge.after_due.words(), charge.assumed),
        });
        let numbers = numbers(collector);
        let rules = rules(collector, today);
        let charges: Vec<_> = charges.collect();
        let texts = numbers.iter().map(|row| &row.form).chain(rules.iter().map(|(_, text)| text));
        let mut texts = texts.chain(charges.iter().map(|row| &row.after_due));
        Self {
            has_assumed: texts.any(|text| text.ends_with(ASSUMED)),
            frame,
            csrf,
            name: collector.shown_name(),
            number: collector.number.clone(),
            notice: collector.notice.clone(),
            can_begin: collector.available
                && collector.methods.online
                && collector.suspended_on(today).is_none(),
            numbers,
            charges,
            rules,
            contact: collector.contact.clone(),
            never: never(collector),
        }
    }
}

const fn method(collector: &Collector) -> &'static str {
    match (collector.methods.online, collector.available) {
        (true, true) => "番号の入力",
        (true, false) => "準備中",
        (false, _) => "サイトから",
    }
}

fn marked(text: String, assumed: bool) -> String {
    if assumed { text + ASSUMED } else { text }
}

fn numbers(collector: &Collector) -> Vec<NumberRow> {
    if !collector.methods.online {
        return Vec::new();
    }
    let row = |rule: &DigitsRule| NumberRow {
        label: rule.label.clone(),
        form: marked(Asked::of(rule).hint(), rule.assumed),
    };
    let NumberRules { customer, confirmation, category, .. } = &collector.numbers;
    let category = category.as_ref().map(|rule: &CategoryRule| NumberRow {
        label: rule.label.clone(),
        form: Asked::of_category(rule).hint(),
    });
    let purpose = purpose::is_offered(collector).then(|| NumberRow {
        label: format!("または{}(入力方式)", purpose::NAME),
        form: "7けたまたは11けた。税目、申告区分、課税期間を選んで作れます。金額も入力します。".to_owned(),
    });
    let numbers = [row(customer), row(confirmation)].into_iter().chain(category).chain(purpose);
    let own = NumberRow { label: "収納機関番号".to_owned(), form: collector.number.to_string() };
    std::iter::once(own).chain(numbers).collect()
}

fn rules(collector: &Collector, today: Date) -> Vec<(&'static str, String)> {
    let mut rules = vec![("払込方式", methods(collector)), ("金額", amount(collector.amount).to_owned())];
    if collector.several_bills {
        let text = "同じ番号に請求が複数あるときは、画面で一つ選びます。続けて払い込むときは、もう一度番号を入力します。";
        rules.push(("複数の請求", text.to_owned()));
    }
    for validity in &collector.validity {
        rules.push(("番号の有効期間", marked(validity.words(), validity.assumed)));
    }
    for (from, suspension) in &collector.suspensions {
        if let Some(of) = suspension.as_ref().filter(|of| of.until.is_none_or(|until| today <= until))
            && (collector.suspended_on(today) == Some(of) || *from > today)
        {
            let words = suspension_words(of.until, &of.cause);
            rules.push(("取扱休止", format!("{}から休止します。{words}", year_month_day(*from))));
        }
    }
    rules.push(("取扱時間", collector.hours.text(today)));
    rules.push(("手数料", fee(&collector.fee)));
    let one_time_password = if Operation::payment_to(collector).demands_one() {
        "必要です。"
    } else {
        "必要ありません(税金・国庫金等)。"
    };
    rules.push(("ワンタイムパスワード", one_time_password.to_owned()));
    if collector.agency {
        let text =
            "加盟店に代わって代金を受け取る収納機関です。請求元は、払込書と請求の内容でご確認ください。";
        rules.push(("収納代行", text.to_owned()));
    }
    rules
}

fn methods(collector: &Collector) -> String {
    let online = "払込書の番号を入力します(オンライン方式)。";
    let link = "収納機関のウェブサイトで当行を選びます(情報リンク方式)。";
    match (collector.methods.online, collector.methods.link) {
        (true, true) => format!("{online}または、{link}"),
        (true, false) => online.to_owned(),
        (false, _) => format!("{link}番号を入力しての払込はできません。"),
    }
}

const fn amount(entry: AmountEntry) -> &'static str {
    match entry {
        AmountEntry::Billed => "収納機関の請求額です。変更や一部だけの払込はできません。",
        AmountEntry::TypedWithPurpose => {
            "納付区分番号によるときは登録された金額です。納付目的コードによるときは、払い込む方が入力します。"
        }
        AmountEntry::ChosenOnSite => "収納機関のウェブサイトで選びます。",
        AmountEntry::Typed => "払い込む方が入力します。",
    }
}

fn fee(fee: &FeeTable) -> String {
    if fee.steps.is_empty() {
        return fee.words();
    }
    let words =
        format!("収納機関が定めた手数料({})がかかる請求があります。確認画面に表示します。", fee.words());
    marked(words, fee.assumed)
}

fn never(collector: &Collector) -> Vec<&'static str> {
    let mut never = vec![
        "当行は領収証書を発行しません。",
        "払い込んだ後の取り消しや変更はできません。",
        "請求の内容や払込後の手続きに当行ではお答えできません。お問い合わせ先へご確認ください。",
    ];
    if collector.kind != Kind::Private {
        never.push("納税証明書や領収証書がすぐに必要なときは、窓口で納めてください。");
    }
    never
}

/// A search of the directory, as the address has it.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub struct Search {
    /// What to look for.
    pub q: String,
}
