//! The numbers, days and charges of a slip, each called what its collector calls it.

use domain::{Bill, CustomerNumber, Date, PaymentCategory, Yen};
use formats::el_qr::ElNumber;
use gateway::directory::{AfterDue, Charge, Collector, Kind};

use super::purpose;
use super::words::era_date;

/// A number of a slip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberRow {
    /// What the collector calls it.
    pub label: String,
    /// In groups of four.
    pub digits: String,
    /// What it stands for, where that is known.
    pub meaning: Option<String>,
}

impl NumberRow {
    /// The numbers of a payment but for the 確認番号, as the slip names them: those of an eL番号, where it was one.
    pub fn of(
        collector: Option<&Collector>,
        customer: &CustomerNumber,
        category: Option<&PaymentCategory>,
    ) -> Vec<Self> {
        let row = |label: &str, digits: String, meaning: Option<&str>| Self {
            label: label.to_owned(),
            digits,
            meaning: meaning.map(str::to_owned),
        };
        let rule = collector.and_then(|collector| collector.numbers.category.as_ref());
        let el =
            category.filter(|_| rule.is_some_and(|rule| rule.municipality)).and_then(ElNumber::of_category);
        if let Some((item, body)) = el {
            return vec![
                row("共通納税機関コード", body.to_owned(), None),
                row("案件特定キー", customer.grouped(), None),
                row("税目・料金番号", item.to_owned(), None),
            ];
        }
        let label =
            collector.map_or("納付番号(お客様番号)", |collector| &collector.numbers.customer.label);
        let is_purpose = |code: &PaymentCategory| collector.is_some_and(|c| c.numbers.is_purpose(code));
        let meaning = |category| rule.and_then(|rule| rule.charge(category));
        let second = category.map(|digits| match is_purpose(digits) {
            true => row(purpose::NAME, digits.grouped(), purpose::words(digits).as_deref()),
            false => row("納付区分", digits.grouped(), meaning(digits)),
        });
        std::iter::once(row(label, customer.grouped(), None)).chain(second).collect()
    }
}

/// What a bill's day and its charge for being late are called, and whether it is late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillWords {
    /// What the day is called.
    pub due_label: &'static str,
    /// The day.
    pub due: Option<String>,
    /// What holds after the day, where that is over.
    pub overdue: Option<String>,
    /// The charge for being late in the amount, with its name.
    pub late_charge: Option<(String, Yen)>,
}

impl BillWords {
    /// Of a bill, on a day.
    pub fn of(
        collector: Option<&Collector>,
        category: Option<&PaymentCategory>,
        bill: &Bill,
        today: Date,
    ) -> Self {
        let after_due = collector.and_then(|collector| after_due(collector, category, bill));
        let has_late_charge = bill.late_charge > Yen::ZERO;
        Self {
            due_label: due_label(collector),
            due: bill.due.map(era_date),
            overdue: bill.due.filter(|due| today > *due).map(|due| {
                let last = after_due.and_then(|rule| rule.last_day(due));
                // the bill may end sooner
                let last = last.map(|last| bill.clear_by.unwrap_or(last).min(last));
                let last = last.filter(|last| today <= *last);
                last.map_or_else(|| overdue(has_late_charge).to_owned(), still_payable)
            }),
            late_charge: has_late_charge.then(|| {
                let name = after_due.and_then(late_charge_name).unwrap_or(LATE_CHARGE);
                (name.to_owned(), bill.late_charge)
            }),
        }
    }
}

/// What most collectors call it.
const LATE_CHARGE: &str = "延滞金";

/// Taxes and treasury money have a 納期限, a private collector's bill an お支払い期限.
pub fn due_label(collector: Option<&Collector>) -> &'static str {
    match collector.map(|collector| collector.kind) {
        Some(Kind::Private) => "お支払い期限",
        _ => "納期限",
    }
}

const fn overdue(has_late_charge: bool) -> &'static str {
    if has_late_charge {
        "この日を過ぎています"
    } else {
        "この日を過ぎています。延滞金などは、別に請求されることがあります"
    }
}

/// Where the law lets it be paid for so long.
fn still_payable(last: Date) -> String {
    format!("この日を過ぎています。{}まで払い込めます", era_date(last))
}

fn late_charge_name(after_due: &AfterDue) -> Option<&str> {
    match after_due {
        AfterDue::WithLateCharge(name) | AfterDue::LateChargeApart(name) => Some(name),
        _ => None,
    }
}

/// The rule of the bill's charge: the one that its 納付区分 names or its contents begin with, else one that all of the
/// collector's charges share.
fn after_due<'a>(
    collector: &'a Collector,
    category: Option<&PaymentCategory>,
    bill: &Bill,
) -> Option<&'a AfterDue> {
    let named = category.zip(collector.numbers.category.as_ref()).and_then(|(code, rule)| rule.charge(code));
    let is_named = |charge: &&Charge| {
        let name = charge.name.trim_end_matches('等');
        named.is_some_and(|named| named == name) || bill.contents.starts_with(name)
    };
    let charge = collector.charges.iter().find(is_named).or_else(|| {
        let (first, rest) = collector.charges.split_first()?;
        rest.iter().all(|charge| charge.after_due == first.after_due).then_some(first)
    });
    charge.map(|charge| &charge.after_due)
}

#[cfg(test)]
mod tests {
    use gateway::directory::Directory;

    use super::*;

    fn collector(number: &str) -> Collector {
        Directory::embedded().on(day(24)).get(&number.parse().unwrap()).unwrap().clone()
    }

    fn day(day: u32) -> Date {
        Date::from_ymd_opt(2026, 11, day).unwrap()
    }

    fn bill(contents: &str, late_charge: i64) -> Bill {
        Bill {
            id: "B1".parse().unwrap(),
            payer: "株式会社見本商事".to_owned(),
            contents: contents.to_owned(),
            amount: Yen::new(10_000),
            fee: Yen::ZERO,
            late_charge: Yen::new(late_charge),
            due: Some(day(24)),
            clear_by: None,
        }
    }

    fn numbers(number: &str, category: Option<&str>) -> Vec<(String, String, Option<String>)> {
        let category = category.map(|digits| digits.parse().unwrap());
        let rows = NumberRow::of(Some(&collector(number)), &"12345".parse().unwrap(), category.as_ref());
        rows.into_iter().map(|row| (row.label, row.digits, row.meaning)).collect()
    }

    #[test]
    fn an_el_number_is_shown_as_the_slip_names_its_parts() {
        let labels = |rows: &[(String, String, Option<String>)]| -> Vec<String> {
            rows.iter().map(|(label, digits, _)| format!("{label} {digits}")).collect()
        };
        assert_eq!(
            labels(&numbers("13800", Some("00104100"))),
            ["共通納税機関コード 04100", "案件特定キー 1234 5", "税目・料金番号 001"]
        );
        assert_eq!(labels(&numbers("13800", Some("001"))), ["納付番号 1234 5", "納付区分 001"]);
        // the municipality's own row has no eL番号, although its code looks the same
        assert_eq!(numbers("04100", Some("00104100")).len(), 2);
        assert_eq!(NumberRow::of(None, &"1".parse().unwrap(), None)[0].label, "納付番号(お客様番号)");
    }

    #[test]
    fn a_three_digit_code_is_told_in_words() {
        let sendai = collector("04100");
        let code = &sendai.numbers.category.as_ref().unwrap().codes[0];
        let rows = numbers("04100", Some(&code.code));
        assert_eq!(rows[1].2.as_ref(), Some(&code.charge));
    }

    #[test]
    fn a_purpose_code_is_told_in_words() {
        let row = |digits: &str| numbers("00200", Some(digits)).remove(1);
        let (label, digits, meaning) = row("03045080401");
        assert_eq!((label.as_str(), digits.as_str()), ("納付目的コード", "0304 5080 401"));
        assert_eq!(meaning.as_deref(), Some("法人税 確定申告 令和8年4月1日に始まる課税期間分"));
        let (label, _, meaning) = row("7000001234");
        assert_eq!((label.as_str(), meaning), ("納付区分", None));
    }

    #[test]
    fn the_late_charge_has_the_name_of_its_law() {
        let name = |number: &str, contents: &str| {
            let words = BillWords::of(Some(&collector(number)), None, &bill(contents, 300), day(24));
            words.late_charge.unwrap().0
        };
        assert_eq!(name("00120", "関税等"), "延滞税");
        assert_eq!(name("00300", "電波利用料"), "延滞金");
        assert_eq!(name("00200", "法人税 確定申告"), "延滞税");
        let none = BillWords::of(Some(&collector("00300")), None, &bill("電波利用料", 0), day(24));
        assert_eq!(none.late_charge, None);
    }

    #[test]
    fn the_last_day_is_not_late_and_the_next_is() {
        let on = |today| BillWords::of(Some(&collector("99025")), None, &bill("通販代金", 0), today);
        assert_eq!((on(day(24)).due_label, on(day(24)).overdue), ("お支払い期限", None));
        assert!(on(day(25)).overdue.is_some());
        let pension = BillWords::of(Some(&collector("00500")), None, &bill("国民年金保険料", 0), day(25));
        let words = "この日を過ぎています。令和10年11月24日(金)まで払い込めます";
        assert_eq!(pension.overdue.as_deref(), Some(words));
        let tax = BillWords::of(Some(&collector("00300")), None, &bill("電波利用料", 300), day(25));
        assert_eq!((tax.due_label, tax.overdue.as_deref()), ("納期限", Some("この日を過ぎています")));
    }
}
