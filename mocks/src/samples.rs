//! Sample bills: enough for a first look, for each kind of collector and each way a bill can be refused.

use domain::{Bill, BillId, CollectorNumber, Date, Yen};
use serde::{Deserialize, Serialize};

use crate::bills::{self, NewBill, OnSite};
use crate::creation::SCENARIOS;
use crate::data::Data;
use crate::institutions::{Institution, days_later};
use crate::mocks::Mocks;
use crate::store::StoreError;

/// A bill to be seeded. Days count from the business day of the seeding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedBill {
    /// 収納機関番号.
    pub collector: String,
    /// 納付番号 or お客様番号.
    pub customer_number: String,
    /// 確認番号.
    pub confirmation_number: String,
    /// 納付区分, where the collector has one.
    pub payment_category: Option<String>,
    /// The collector's id: a bill that exists is left alone.
    pub bill_id: String,
    /// 納付者氏名.
    pub payer: String,
    /// 納付内容.
    pub contents: String,
    /// What is owed, in yen, the late charge included.
    pub amount: i64,
    /// The fee that the payer bears, in yen.
    pub fee: i64,
    /// 延滞金 in the amount, in yen.
    pub late_charge: i64,
    /// 納期限, in days from the business day.
    pub due_days: Option<i64>,
    /// 消込期限, in days from the business day.
    pub clear_by_days: Option<i64>,
    /// The first day of payment, in days from the business day.
    pub payable_from_days: Option<i64>,
    /// `normal`, `already_paid`, `expired`, `not_yet` or `unavailable`.
    pub scenario: String,
}

/// Why a bill cannot be seeded.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A field is not what its type or its collector's row allows, or the collector is not mocked.
    #[error("the {field} of bill {bill_id} is not valid")]
    Field {
        /// Which bill.
        bill_id: String,
        /// Which field.
        field: &'static str,
    },
    /// The records.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SeedBill {
    /// The collector and the bill on that business day.
    pub(crate) fn on(&self, today: Date) -> Result<(CollectorNumber, NewBill), SeedError> {
        let wrong = |field: &'static str| SeedError::Field { bill_id: self.bill_id.clone(), field };
        let text = |text: &str, chars_max: usize, field: &'static str| {
            let count = text.chars().count();
            if (1..=chars_max).contains(&count) { Ok(text.to_owned()) } else { Err(wrong(field)) }
        };
        let amount = |yen: i64, least: i64, field: &'static str| {
            let fits = (least..=domain::money::AMOUNT_MAX.get()).contains(&yen);
            if fits { Ok(Yen::new(yen)) } else { Err(wrong(field)) }
        };
        let day = |days: Option<i64>| days.map(|days| days_later(today, days));
        let bill = Bill {
            id: self.bill_id.parse::<BillId>().map_err(|_| wrong("bill_id"))?,
            payer: text(&self.payer, 40, "payer")?,
            contents: text(&self.contents, 60, "contents")?,
            amount: amount(self.amount, 1, "amount")?,
            fee: amount(self.fee, 0, "fee")?,
            late_charge: amount(self.late_charge, 0, "late_charge")?,
            due: day(self.due_days),
            clear_by: day(self.clear_by_days),
        };
        let category = self.payment_category.as_deref().map(str::parse).transpose();
        let new = NewBill {
            bill,
            customer_number: self.customer_number.parse().map_err(|_| wrong("customer_number"))?,
            confirmation_number: self
                .confirmation_number
                .parse()
                .map_err(|_| wrong("confirmation_number"))?,
            payment_category: category.map_err(|_| wrong("payment_category"))?,
            payable_from: day(self.payable_from_days),
            paid_elsewhere: self.scenario == "already_paid",
            scenario: self.scenario.clone(),
            on_site: OnSite::new(),
        };
        Ok((self.collector.parse().map_err(|_| wrong("collector"))?, new))
    }

    /// Whether it could be a bill of this institution; else, the field that tells.
    pub(crate) fn fits(&self, row: &Institution) -> Result<(), &'static str> {
        let category = match (&row.payment_category, &self.payment_category) {
            (Some(rule), Some(digits)) => rule.fits(digits),
            (rule, digits) => rule.is_none() && digits.is_none(),
        };
        let of_the_row = [
            ("customer_number", row.customer_number.fits(&self.customer_number)),
            ("confirmation_number", row.confirmation_number.fits(&self.confirmation_number)),
            ("payment_category", category),
            ("late_charge", self.late_charge <= self.amount),
            ("scenario", SCENARIOS.iter().any(|(word, _)| *word == self.scenario)),
        ];
        of_the_row.into_iter().find(|(_, fits)| !fits).map_or(Ok(()), |(field, _)| Err(field))
    }
}

/// See [`Mocks::seed`].
pub(crate) async fn seed(mocks: &Mocks, seeds: &[SeedBill]) -> Result<(), SeedError> {
    let now = mocks.config().clock.now();
    let mut write = mocks.store().write().await?;
    for seed in seeds {
        let wrong = |field| SeedError::Field { bill_id: seed.bill_id.clone(), field };
        let found = mocks.collector(&seed.collector).ok_or_else(|| wrong("collector"))?;
        let (collector, new) = seed.on(now.date())?;
        seed.fits(&found.institution).map_err(wrong)?;
        bills::insert(&mut write, &collector, &new, now).await?;
    }
    write.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// The sample bills that are part of the program: some that can be paid of each institution, several under one
/// key among them, and some for each way to be refused.
pub fn sample_bills() -> Vec<SeedBill> {
    let bills = Data::embedded().bills();
    bills.unwrap_or_else(|error| panic!("collectors/data/fixtures, which a test reads: {error}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::bills::BillState;
    use crate::institutions::Kind;

    fn today() -> Date {
        Date::from_ymd_opt(2026, 11, 24).unwrap()
    }

    fn rows() -> Vec<Institution> {
        Data::embedded().institutions(today()).unwrap()
    }

    fn row(number: &str) -> Institution {
        rows().into_iter().find(|row| row.number.as_str() == number).unwrap()
    }

    fn state(sample: &SeedBill) -> BillState {
        let (_, new) = sample.on(today()).unwrap();
        let stored = new.kept(1, domain::Timestamp::from_jst(today(), domain::time::TimeOfDay::MIN));
        stored.state(today(), row(&sample.collector).payer_types_amount)
    }

    #[test]
    fn every_sample_fits_its_collector_and_is_what_its_scenario_says() {
        for sample in sample_bills() {
            assert_eq!(sample.fits(&row(&sample.collector)), Ok(()), "{}", sample.bill_id);
            let wanted = match sample.scenario.as_str() {
                "normal" => BillState::Payable,
                "already_paid" => BillState::Paid,
                "expired" => BillState::Expired,
                "not_yet" => BillState::NotYet,
                other => panic!("{other}"),
            };
            assert_eq!(state(&sample), wanted, "{}", sample.bill_id);
        }
    }

    #[test]
    fn each_institution_has_something_to_pay_and_national_ones_have_more() {
        let rows = rows();
        let folders = Data::embedded().bills;
        assert_eq!(folders.len(), rows.len(), "a folder for each institution, and no other");
        for row in &rows {
            let normal = sample_bills();
            let normal = normal.iter().filter(|bill| bill.collector == row.number.as_str());
            let count = normal.filter(|bill| bill.scenario == "normal").count();
            let least = if row.kind == Kind::National { 3 } else { 2 };
            assert!(count >= least || row.payer_types_amount, "{}: {count}", row.number);
        }
    }

    /// One key with several bills to choose from is offered where the row says so, and there alone.
    #[test]
    fn several_bills_under_one_key_are_where_the_row_offers_them() {
        let mut keys: BTreeMap<_, usize> = BTreeMap::new();
        for bill in sample_bills().into_iter().filter(|bill| bill.scenario == "normal") {
            *keys.entry((bill.collector, bill.customer_number, bill.payment_category)).or_default() += 1;
        }
        let list: toml::Table = toml::from_str(&Data::embedded().institutions).unwrap();
        for row in list["collector"].as_array().unwrap() {
            let number = row["number"].as_str().unwrap();
            let mut of_row = keys.iter().filter(|((collector, ..), _)| collector == number);
            let offered = row.get("several_bills").is_some_and(|value| value.as_bool() == Some(true));
            assert_eq!(of_row.any(|(_, count)| *count > 1), offered, "{number}");
        }
    }

    #[test]
    fn what_cannot_be_a_bill_of_the_row_is_named() {
        let good = sample_bills().into_iter().find(|bill| bill.bill_id == "NTA-0001").unwrap();
        let tax = row("00200");
        let with = |change: &dyn Fn(&mut SeedBill)| {
            let mut bill = good.clone();
            change(&mut bill);
            bill.fits(&tax)
        };
        assert_eq!(with(&|_| {}), Ok(()));
        assert_eq!(with(&|bill| bill.customer_number = "2013".to_owned()), Err("customer_number"));
        assert_eq!(with(&|bill| bill.confirmation_number = "24681".to_owned()), Err("confirmation_number"));
        assert_eq!(with(&|bill| bill.payment_category = Some("001".to_owned())), Err("payment_category"));
        assert_eq!(with(&|bill| bill.payment_category = None), Err("payment_category"));
        assert_eq!(with(&|bill| bill.late_charge = bill.amount + 1), Err("late_charge"));
        assert_eq!(with(&|bill| bill.scenario = "odd".to_owned()), Err("scenario"));
        assert_eq!(good.fits(&row("00500")), Err("payment_category"));
    }

    #[test]
    fn some_bills_are_late_and_some_have_a_fee() {
        let bills = sample_bills();
        assert!(bills.iter().any(|bill| bill.late_charge > 0 && bill.due_days < Some(0)));
        assert!(bills.iter().any(|bill| bill.fee > 0));
    }
}
