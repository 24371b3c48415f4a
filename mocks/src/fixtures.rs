//! An institution's `bills.toml`: its sample bills, in the words of its own slips.
//!
//! ```toml
//! payer = "株式会社見本商事"      # of the bills that name none
//! clear_after_due_days = 60       # 消込期限 of the bills that name none
//!
//! [[bill]]
//! id = "NTA-0001"
//! customer_number = "2013000123456789"
//! confirmation_number = "246810"
//! payment_category = "7000001234"
//! contents = "法人税 確定申告 令和8年9月期"
//! amount = 1_284_500
//! due_days = 30                   # from the business day of the seeding
//! ```

use serde::Deserialize;

use crate::samples::SeedBill;

/// Most sample bills of one institution.
const BILLS_MAX: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    payer: String,
    #[serde(default)]
    clear_after_due_days: i64,
    bill: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    customer_number: String,
    confirmation_number: String,
    payment_category: Option<String>,
    payer: Option<String>,
    contents: String,
    amount: i64,
    #[serde(default)]
    fee: i64,
    #[serde(default)]
    late_charge: i64,
    due_days: i64,
    clear_by_days: Option<i64>,
    payable_from_days: Option<i64>,
    #[serde(default = "normal")]
    scenario: String,
}

fn normal() -> String {
    "normal".to_owned()
}

/// The bills of the institution with this number.
pub(crate) fn read(number: &str, text: &str) -> Result<Vec<SeedBill>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    if file.bill.is_empty() || file.bill.len() > BILLS_MAX {
        return Err(format!("there are 1 to {BILLS_MAX}"));
    }
    let bill = |entry: Entry| entry.bill(number, &file.payer, file.clear_after_due_days);
    Ok(file.bill.into_iter().map(bill).collect())
}

impl Entry {
    fn bill(self, number: &str, payer: &str, clear_after_due_days: i64) -> SeedBill {
        SeedBill {
            collector: number.to_owned(),
            customer_number: self.customer_number,
            confirmation_number: self.confirmation_number,
            payment_category: self.payment_category,
            bill_id: self.id,
            payer: self.payer.unwrap_or_else(|| payer.to_owned()),
            contents: self.contents,
            amount: self.amount,
            fee: self.fee,
            late_charge: self.late_charge,
            due_days: Some(self.due_days),
            clear_by_days: self.clear_by_days.or(Some(self.due_days + clear_after_due_days)),
            payable_from_days: self.payable_from_days,
            scenario: self.scenario,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BILL: &str = r#"
payer = "株式会社見本商事"
clear_after_due_days = 60
[[bill]]
id = "A-1"
customer_number = "2013000123456789"
confirmation_number = "246810"
contents = "法人税"
amount = 1_000
due_days = 30
"#;

    #[test]
    fn what_a_bill_leaves_out_is_the_files() {
        let bills = read("00200", BILL).unwrap();
        let [bill] = bills.as_slice() else { panic!("one bill") };
        assert_eq!((bill.collector.as_str(), bill.payer.as_str()), ("00200", "株式会社見本商事"));
        assert_eq!((bill.due_days, bill.clear_by_days, bill.fee), (Some(30), Some(90), 0));
        assert_eq!((bill.scenario.as_str(), bill.payable_from_days), ("normal", None));
    }

    #[test]
    fn unknown_fields_and_empty_files_are_refused() {
        let told = read("00200", &BILL.replace("amount", "amout")).unwrap_err();
        assert!(told.contains("amout"), "{told}");
        assert_eq!(read("00200", "payer = \"A\"\nbill = []\n").unwrap_err(), "there are 1 to 200");
    }
}
