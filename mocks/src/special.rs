//! Customer numbers with a known outcome, by data: the same at every collector. In words: docs/mocks.md.

use std::collections::BTreeSet;

use domain::{CustomerNumber, Timestamp, Yen};
use serde::{Deserialize, Serialize};

use crate::bills;
use crate::creation::{customer_digits, default_contents};
use crate::faults::{Asked, Fault, Hit};
use crate::institutions::{Institution, Kind};
use crate::mocks::Mocks;
use crate::samples::SeedBill;
use crate::store::StoreError;

/// The list that is part of the program.
pub const TEXT: &str = include_str!("../../collectors/data/special-numbers.toml");

/// Numbers of an outcome: two digits that the tester chooses.
const TURNS: usize = 100;

/// The digits of 確認番号, as many as the collector's have.
const CONFIRMATION: &str = "123456";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    special: Vec<Special>,
}

/// An outcome and the digits that name it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Special {
    /// Two digits, before the two of the tester.
    digits: String,
    /// The word of the JSON controls.
    outcome: String,
    /// What the collector does, for the page.
    does: String,
    /// What the payer sees, for the page.
    bank: String,
    /// Where it is; everywhere without one.
    #[serde(default)]
    only: Vec<Place>,
    /// What goes wrong.
    #[serde(default)]
    fault: Fault,
    /// What is made when a number is first asked about.
    #[serde(default = "one_bill")]
    bills: Vec<SpecialBill>,
}

/// At which collectors an outcome is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    National,
    Local,
    Private,
    SeveralBills,
}

impl Place {
    fn has(self, institution: &Institution) -> bool {
        match self {
            Self::National => institution.kind == Kind::National,
            Self::Local => institution.kind == Kind::Local,
            Self::Private => institution.kind == Kind::Private,
            Self::SeveralBills => institution.several_bills,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SpecialBill {
    amount: i64,
    late_charge: i64,
    due_days: i64,
    clear_by_days: Option<i64>,
    payable_from_days: Option<i64>,
    scenario: String,
}

impl Default for SpecialBill {
    fn default() -> Self {
        Self {
            amount: 10_000,
            late_charge: 0,
            due_days: 30,
            clear_by_days: None,
            payable_from_days: None,
            scenario: "normal".to_owned(),
        }
    }
}

fn one_bill() -> Vec<SpecialBill> {
    vec![SpecialBill::default()]
}

/// The outcomes of a list; or which one is wrong.
pub fn read(text: &str) -> Result<Vec<Special>, String> {
    let File { special } = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut seen = BTreeSet::new();
    for one in &special {
        let is_wrong = |what: &str| format!("{}, {}: {what}", one.digits, one.outcome);
        if one.digits.len() != 2 || !one.digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(is_wrong("the digits are two"));
        }
        if !seen.insert(&one.digits) {
            return Err(is_wrong("another one has the digits"));
        }
        one.fault.check().map_err(|error| is_wrong(&error.to_string()))?;
    }
    Ok(special)
}

/// A number of an outcome as pages and controls show it: one that nobody has used yet.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The word of the outcome.
    pub outcome: String,
    /// 納付番号 or お客様番号.
    pub customer_number: CustomerNumber,
    /// 確認番号.
    pub confirmation_number: String,
    /// 納付区分, where the collector has one.
    pub payment_category: Option<String>,
    /// What the collector does.
    pub does: String,
    /// What the payer sees.
    pub bank: String,
}

impl Special {
    fn is_at(&self, institution: &Institution) -> bool {
        self.only.is_empty() || self.only.iter().any(|place| place.has(institution))
    }

    /// The number with the tester's two digits.
    fn number(&self, institution: &Institution, turn: usize) -> String {
        let width = customer_digits(institution);
        format!("{:0>width$}", format!("{}{turn:02}", self.digits))
    }

    fn bill(&self, institution: &Institution, number: &str, at: usize, bill: &SpecialBill) -> SeedBill {
        let turn = number.get(number.len().saturating_sub(2)..).unwrap_or_default();
        SeedBill {
            collector: institution.number.to_string(),
            customer_number: number.to_owned(),
            confirmation_number: confirmation(institution),
            payment_category: category(institution),
            bill_id: format!("T{}{turn}-{}", self.digits, at + 1),
            payer: "株式会社見本商事".to_owned(),
            contents: default_contents(institution).to_owned(),
            amount: bill.amount,
            fee: institution.fee(Yen::new(bill.amount)).get(),
            late_charge: bill.late_charge,
            due_days: Some(bill.due_days),
            clear_by_days: bill.clear_by_days.or(Some(bill.due_days)),
            payable_from_days: bill.payable_from_days,
            scenario: bill.scenario.clone(),
        }
    }
}

fn confirmation(institution: &Institution) -> String {
    let digits = institution.confirmation_number.digits_max.min(CONFIRMATION.len());
    CONFIRMATION.get(..digits).unwrap_or_default().to_owned()
}

fn category(institution: &Institution) -> Option<String> {
    institution.payment_category.as_ref().and_then(|rule| rule.example.clone())
}

/// The outcome that a number of this collector names, if it is a special one.
fn named<'a>(specials: &'a [Special], institution: &Institution, number: &str) -> Option<&'a Special> {
    let (head, last) = number.split_at_checked(number.len().checked_sub(4)?)?;
    let is_special = number.len() == customer_digits(institution) && head.bytes().all(|b| b == b'0');
    let here = specials.iter().filter(|_| is_special && !head.is_empty());
    let digits = last.get(..2)?;
    here.into_iter().find(|special| special.digits == digits && special.is_at(institution))
}

/// What happens to a request about a special number.
pub fn hit(specials: &[Special], institution: &Institution, asked: &Asked<'_>) -> Option<Hit> {
    let number = asked.customer_number()?;
    named(specials, institution, number.as_str())?.fault.strikes(asked)
}

/// Makes the bills of a special number that has none yet; nothing for every other number.
pub async fn make(
    mocks: &Mocks,
    institution: &Institution,
    number: &CustomerNumber,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(special) = named(mocks.specials(), institution, number.as_str()) else { return Ok(()) };
    let mut write = mocks.store().write().await?;
    for (at, bill) in special.bills.iter().enumerate() {
        let seed = special.bill(institution, number.as_str(), at, bill);
        let (_, new) = seed.on(now.date()).map_err(|_| StoreError::Value("bill of a special number"))?;
        bills::insert(&mut write, &institution.number, &new, now).await?;
    }
    write.commit().await?;
    Ok(())
}

/// The next number of each outcome that this collector has: one without a recorded clearing whose bills, if there
/// are any, were made today.
pub async fn next(
    mocks: &Mocks,
    institution: &Institution,
    now: Timestamp,
) -> Result<Vec<Shown>, StoreError> {
    let used: Vec<(String,)> = sqlx::query_as(
        "SELECT DISTINCT customer_number FROM bills WHERE collector = $1 AND bill_id LIKE 'T____-%' \
         AND (clearings > 0 OR created_at < $2)",
    )
    .bind(institution.number.as_str())
    .bind(Timestamp::from_jst(now.date(), chrono::NaiveTime::MIN).micros())
    .fetch_all(mocks.store().reader())
    .await?;
    let used: BTreeSet<String> = used.into_iter().map(|(number,)| number).collect();
    let shown = |special: &Special| -> Result<Shown, StoreError> {
        let mut numbers = (0..TURNS).map(|turn| special.number(institution, turn));
        let last = special.number(institution, TURNS - 1);
        let number = numbers.find(|number| !used.contains(number)).unwrap_or(last);
        Ok(Shown {
            outcome: special.outcome.clone(),
            customer_number: number.parse().map_err(|_| StoreError::Value("special number"))?,
            confirmation_number: confirmation(institution),
            payment_category: category(institution),
            does: special.does.clone(),
            bank: special.bank.clone(),
        })
    };
    let here = mocks.specials().iter().filter(|special| special.is_at(institution));
    here.map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Data;
    use crate::samples::sample_bills;

    fn rows() -> Vec<Institution> {
        Data::embedded().institutions("2026-11-24".parse().unwrap()).unwrap()
    }

    #[test]
    fn every_number_fits_its_collector_and_names_its_outcome() {
        let specials = read(TEXT).unwrap();
        for row in rows() {
            for special in specials.iter().filter(|special| special.is_at(&row)) {
                for turn in [0, 7, TURNS - 1] {
                    let number = special.number(&row, turn);
                    let found = named(&specials, &row, &number).unwrap();
                    assert_eq!(found.outcome, special.outcome, "{} {number}", row.number);
                    for (at, bill) in special.bills.iter().enumerate() {
                        let seed = special.bill(&row, &number, at, bill);
                        assert_eq!(seed.fits(&row), Ok(()), "{} {number}", row.number);
                        assert!(seed.on("2026-11-24".parse().unwrap()).is_ok(), "{} {number}", row.number);
                    }
                }
            }
        }
    }

    #[test]
    fn no_sample_bill_has_a_special_number() {
        let specials = read(TEXT).unwrap();
        let rows = rows();
        for bill in sample_bills() {
            let row = rows.iter().find(|row| row.number.as_str() == bill.collector).unwrap();
            assert!(named(&specials, row, &bill.customer_number).is_none(), "{}", bill.bill_id);
            assert!(!bill.bill_id.starts_with('T') || bill.collector == "99090", "{}", bill.bill_id);
        }
    }

    #[test]
    fn other_numbers_are_not_special() {
        let specials = read(TEXT).unwrap();
        let rows = rows();
        let row = |number: &str| rows.iter().find(|row| row.number.as_str() == number).unwrap();
        for (collector, number, outcome) in [
            ("00200", "0000000000001100", Some("already_paid")),
            ("99017", "00001200", Some("expired")),
            ("00200", "0000000000003300", Some("refused")),
            ("99022", "0000000000003300", None),
            ("99022", "0000000000003200", Some("provisional")),
            ("00200", "0000000000000200", None),
            ("00500", "0000000000000200", Some("several_bills")),
            // another width, another digit before, an outcome that there is not
            ("99022", "1100", None),
            ("99022", "00000000000000001100", None),
            ("00200", "2000000000001100", None),
            ("00200", "0000000000009900", None),
        ] {
            let found = named(&specials, row(collector), number).map(|special| special.outcome.as_str());
            assert_eq!(found, outcome, "{collector} {number}");
        }
    }

    #[test]
    fn a_list_that_cannot_be_used_is_refused() {
        let list = |digits: &str, more: &str| {
            let row = "outcome = \"a\"\ndoes = \"\"\nbank = \"\"\n";
            format!("[[special]]\ndigits = \"01\"\n{row}[[special]]\ndigits = \"{digits}\"\n{row}{more}")
        };
        for (text, why) in [
            (list("1", ""), "the digits are two"),
            (list("01", ""), "another one has the digits"),
            (list("02", "fault = { mode = \"refuse\", code = \"0000\" }"), "no response code"),
            (list("02", "only = [\"nowhere\"]"), "nowhere"),
        ] {
            let told = read(&text).unwrap_err();
            assert!(
                told.contains(why) || why == "no response code" && told.contains("response code"),
                "{told}"
            );
        }
        assert_eq!(read(&list("02", "")).unwrap().len(), 2);
    }
}
