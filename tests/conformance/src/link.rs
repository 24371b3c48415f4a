//! What a collector's site hands over with the payer's browser, read as the bank reads it and judged by
//! `docs/guides/information-link.md`.

pub mod form;

use std::collections::BTreeSet;

use collectors::link::jwe::{self, OpenError};
use collectors::link::rules::AHEAD_S_MAX;
use collectors::link::{HandOff, Pattern};
use domain::{Bill, Timestamp};
use serde::Deserialize;

use crate::clause::Clause;
use crate::declaration::{Link, Slip};
use crate::text::Text;
use form::Form;

/// Seconds that a hand-off may have been made before its page was asked for: clocks differ, and that is all.
const EARLY_S_MAX: i64 = 60;

/// A hand-off that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkAsk {
    /// Whose bills, as in a message; several for pattern `02`.
    pub bills: Vec<String>,
    /// 支払パターン: `01` where it is left out.
    #[serde(default = "one")]
    pub pattern: String,
    /// So many pages of it at the same time; 1 where it is left out.
    #[serde(default)]
    pub at_once: usize,
    /// The name under which the last of them is saved.
    pub save: Option<String>,
    /// What is looked at, besides that it can be read.
    #[serde(default)]
    pub check: BTreeSet<Aspect>,
}

fn one() -> String {
    Pattern::One.as_str().to_owned()
}

/// One thing that a hand-off can have wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// The form's method, fields and address.
    Form,
    /// The numbers are those of the bill that was asked for.
    Numbers,
    /// Amount and fee are those of the inquiry.
    Amounts,
    /// 納期限 and 消込期限 are those of the inquiry.
    Days,
    /// It was made when the page was asked for.
    Clock,
    /// No two have the same nonce.
    Nonce,
    /// No two have the same IV under one key.
    Iv,
    /// The payer goes back to a registered address.
    ReturnUrl,
}

/// What a page has handed over.
#[derive(Clone, Debug)]
pub struct Handed {
    /// The form.
    pub form: Form,
    /// The initialization vector, as it is written.
    pub iv: String,
    /// What it says.
    pub hand_off: HandOff,
}

/// What is wrong, and with which clause.
pub type Wrong = (Clause, Text);

/// Reads a page's form, opens it and reads its contents.
pub fn read(link: &Link, pattern: &str, page: &str, at: Timestamp) -> Result<Handed, Wrong> {
    let form = Form::of_page(page).map_err(|what| (Clause::LinkForm, what))?;
    let compact = form.value("bill").unwrap_or_default();
    let find = |id: &str| link.keys.iter().find(|key| key.id() == id && key.is_valid(at));
    let contents = jwe::open(compact, find).map_err(|error| {
        let clause = match error {
            OpenError::UnknownKey(_) | OpenError::Tampered(_) => Clause::LinkKeys,
            _ => Clause::HandOff,
        };
        let declared: Vec<&str> = link.keys.iter().map(collectors::link::LinkKey::id).collect();
        let declared = declared.join(", ");
        let en = format!("{error}; declared are the keys {declared}");
        (
            clause,
            Text::new(en, format!("引き継ぎの内容を開けません({error})。宣言された鍵は {declared} です。")),
        )
    })?;
    let pattern = Pattern::of_word(pattern).unwrap_or(Pattern::One);
    let hand_off = HandOff::read(pattern, &contents).map_err(|error| {
        // whoever built the site may see what the bank's log may not
        let detail = HandOff::wrong_json(&contents).unwrap_or_else(|| error.to_string());
        let ja = format!("引き継ぎの内容が表のとおりではありません({detail})。");
        (Clause::HandOff, Text::new(format!("the contents are not as in the table: {detail}"), ja))
    })?;
    let iv = compact.split('.').nth(2).unwrap_or_default().to_owned();
    Ok(Handed { form, iv, hand_off })
}

/// A bill that was asked for, as its inquiry showed it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Its numbers.
    pub slip: &'a Slip,
    /// What the inquiry found.
    pub bill: &'a Bill,
}

/// What is wrong with one hand-off in what a case looks at; `at` is the time at which its page was asked for.
pub fn wrong(
    handed: &Handed,
    ask: &LinkAsk,
    link: &Link,
    collector: &str,
    asked: &[Asked<'_>],
    at: Timestamp,
) -> Option<Wrong> {
    let hand_off = &handed.hand_off;
    ask.check.iter().find_map(|aspect| match aspect {
        Aspect::Form => {
            let what = handed.form.wrong(collector, &ask.pattern, link.entry.as_deref())?;
            Some((Clause::LinkForm, what))
        }
        Aspect::Numbers => numbers(hand_off, collector, asked).map(|what| (Clause::HandOff, what)),
        Aspect::Amounts => amounts(hand_off, asked).map(|what| (Clause::HandOff, what)),
        Aspect::Days => days(hand_off, asked).map(|what| (Clause::HandOff, what)),
        Aspect::Clock => clock(hand_off, at).map(|what| (Clause::LinkRefusals, what)),
        Aspect::ReturnUrl => {
            let url = &hand_off.return_url;
            let is_registered = link.return_urls.iter().any(|registered| registered.covers(url));
            (!is_registered).then(|| {
                let en = format!("return_url {url} lies below no registered address");
                let ja = format!("return_url {url} は登録された戻り先の下にありません。");
                (Clause::LinkRefusals, Text::new(en, ja))
            })
        }
        // these are between several
        Aspect::Nonce | Aspect::Iv => None,
    })
}

/// What is wrong between the hand-offs of a case.
pub fn repeated(all: &[Handed], check: &BTreeSet<Aspect>) -> Option<Wrong> {
    let is_twice = |of: fn(&Handed) -> &str| {
        let mut seen = BTreeSet::new();
        all.iter().map(of).find(|value| !seen.insert((*value).to_owned())).map(str::to_owned)
    };
    let nonce = check.contains(&Aspect::Nonce).then(|| is_twice(|handed| &handed.hand_off.nonce)).flatten();
    if let Some(nonce) = nonce {
        let en = format!("two hand-offs have the nonce {nonce}: the bank takes the second for the first");
        let ja =
            format!("2 つの引き継ぎの nonce がどちらも {nonce} です。2 つ目は 1 つ目の再送とみなされます。");
        return Some((Clause::LinkRefusals, Text::new(en, ja)));
    }
    let iv = check.contains(&Aspect::Iv).then(|| is_twice(|handed| &handed.iv)).flatten();
    iv.map(|iv| {
        let en =
            format!("two hand-offs under one key have the initialization vector {iv}: the key is given away");
        let ja =
            format!("同じ鍵の 2 つの引き継ぎの初期化ベクトルがどちらも {iv} です。鍵の秘密が失われます。");
        (Clause::LinkKeys, Text::new(en, ja))
    })
}

fn numbers(hand_off: &HandOff, collector: &str, asked: &[Asked<'_>]) -> Option<Text> {
    if hand_off.collector.as_str() != collector {
        let is = &hand_off.collector;
        return Some(Text::new(
            format!("skno should be {collector}, and is {is}"),
            format!("skno は {collector} のはずが、{is} です。"),
        ));
    }
    if hand_off.bills.len() != asked.len() {
        let (due, is) = (asked.len(), hand_off.bills.len());
        return Some(Text::new(
            format!("{due} bills were asked for, and {is} are handed over"),
            format!("{due} 件の請求のはずが、{is} 件を引き継いでいます。"),
        ));
    }
    asked.iter().find_map(|asked| {
        let (key, number) = (&asked.slip.key, asked.slip.key.customer_number.as_str());
        let Some(handed) = hand_off.bills.iter().find(|one| one.customer_number == key.customer_number)
        else {
            return Some(Text::new(
                format!("cno {number} was asked for, and is not handed over"),
                format!("cno {number} の請求が引き継がれていません。"),
            ));
        };
        let is_same =
            handed.confirmation_number == key.confirmation_number && handed.category == key.category;
        (!is_same).then(|| {
            Text::new(
                format!("kno or kubun of {number} are not those under which an inquiry finds the bill"),
                format!("{number} の kno・kubun が、照会で請求が見つかる番号と違います。"),
            )
        })
    })
}

/// Each bill that was handed over, with what its inquiry showed.
fn pairs<'a>(
    hand_off: &'a HandOff,
    asked: &'a [Asked<'_>],
) -> impl Iterator<Item = (&'a collectors::link::Handed, &'a Bill)> {
    hand_off.bills.iter().filter_map(|handed| {
        let same = |asked: &&Asked<'_>| asked.slip.key.customer_number == handed.customer_number;
        Some((handed, asked.iter().find(same)?.bill))
    })
}

fn amounts(hand_off: &HandOff, asked: &[Asked<'_>]) -> Option<Text> {
    pairs(hand_off, asked).find_map(|(handed, bill)| {
        let (handed, least) = (&handed.bill, handed.bill.amount);
        // where the payer chooses the amount, the inquiry's must be among those that may be chosen
        let fits = match hand_off.bounds {
            Some((least, most)) => (least..=most).contains(&bill.amount),
            None => least == bill.amount,
        };
        (!fits || handed.fee != bill.fee).then(|| {
            let (due, fee) = (bill.amount.get(), bill.fee.get());
            let (is, its_fee) = (least.get(), handed.fee.get());
            Text::new(
                format!("amount and fee should be {due} and {fee} yen as in the inquiry, and are {is} and {its_fee}"),
                format!("金額と手数料は照会と同じ {due} 円・{fee} 円のはずが、{is} 円・{its_fee} 円です。"),
            )
        })
    })
}

fn days(hand_off: &HandOff, asked: &[Asked<'_>]) -> Option<Text> {
    pairs(hand_off, asked).find_map(|(handed, bill)| {
        let (is, due) = ((handed.bill.due, handed.bill.clear_by), (bill.due, bill.clear_by));
        // a day that is left out is none that is wrong
        let differs = |is: Option<domain::Date>, due| is.is_some() && is != due;
        (differs(is.0, due.0) || differs(is.1, due.1)).then(|| {
            let shown = |day: Option<domain::Date>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
            let (is, due) = ([shown(is.0), shown(is.1)].join(", "), [shown(due.0), shown(due.1)].join(", "));
            Text::new(
                format!("due and clear_until should be {due} as in the inquiry, and are {is}"),
                format!("due と clear_until は照会と同じ {due} のはずが、{is} です。"),
            )
        })
    })
}

fn clock(hand_off: &HandOff, at: Timestamp) -> Option<Text> {
    let age_s = at.seconds_since(hand_off.issued_at);
    if (-AHEAD_S_MAX..=EARLY_S_MAX).contains(&age_s) {
        return None;
    }
    let (apart, issued) = (age_s.unsigned_abs(), hand_off.issued_at.rfc3339());
    Some(if age_s > 0 {
        Text::new(
            format!(
                "issued_at {issued} is {apart} seconds before the page was asked for: make the hand-off when the \
                 payer presses the button"
            ),
            format!(
                "issued_at {issued} が、ページの要求より {apart} 秒前です。ボタンが押された時に作成してください。"
            ),
        )
    } else {
        Text::new(
            format!("issued_at {issued} is {apart} seconds in the future, and {AHEAD_S_MAX} may be"),
            format!("issued_at {issued} が {apart} 秒先です(許容は {AHEAD_S_MAX} 秒)。"),
        )
    })
}
