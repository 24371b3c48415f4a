//! Sample bills: enough for a first look, for each kind of collector and each way a bill can be refused.

use domain::{Bill, BillId, CollectorNumber, Date, Yen};
use serde::{Deserialize, Serialize};

use crate::bills::{self, NewBill};
use crate::institutions::days_later;
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
    /// A field is not what its type allows, or the collector is not mocked.
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
        };
        Ok((self.collector.parse().map_err(|_| wrong("collector"))?, new))
    }
}

/// See [`Mocks::seed`].
pub(crate) async fn seed(mocks: &Mocks, seeds: &[SeedBill]) -> Result<(), SeedError> {
    let now = mocks.config().clock.now();
    let mut write = mocks.store().write().await?;
    for seed in seeds {
        if mocks.collector(&seed.collector).is_none() {
            return Err(SeedError::Field { bill_id: seed.bill_id.clone(), field: "collector" });
        }
        let (collector, new) = seed.on(now.date())?;
        bills::insert(&mut write, &collector, &new, now).await?;
    }
    write.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// One line of the table below.
struct Line(
    /* collector */ &'static str,
    /* customer number */ &'static str,
    /* confirmation number */ &'static str,
    /* payment category */ &'static str,
    /* bill id */ &'static str,
    /* contents */ &'static str,
    /* amount */ i64,
    /* due in days */ i64,
    /* scenario */ &'static str,
);

const COMPANY: &str = "株式会社見本商事";

#[rustfmt::skip]
const LINES: &[Line] = &[
    Line("00200", "2013000123456789", "246810", "7000001234", "NTA-0001",
        "法人税 確定申告 令和8年9月期", 1_284_500, 30, "normal"),
    Line("00200", "2013000123456789", "246810", "7000001235", "NTA-0002",
        "消費税及び地方消費税 確定申告 令和8年9月期", 862_300, 30, "normal"),
    Line("00200", "2013000123456789", "246810", "7000001236", "NTA-0003",
        "源泉所得税及復興特別所得税 給与所得等 令和8年10月", 148_720, 16, "normal"),
    Line("00200", "2013000987654321", "135790", "7000004567", "NTA-0004",
        "申告所得税及復興特別所得税 予定納税 第2期", 215_000, 7, "normal"),
    Line("00200", "2013000123456789", "246810", "7000001240", "NTA-0101",
        "法人税 中間申告 令和8年3月", 540_000, -120, "already_paid"),
    Line("00200", "2013000123456789", "246810", "7000001241", "NTA-0102",
        "法人税 確定申告 令和7年9月期", 1_011_900, -300, "expired"),
    Line("00200", "2013000123456789", "246810", "7000001242", "NTA-0103",
        "法人税 中間申告 令和9年3月", 642_200, 180, "not_yet"),
    Line("00500", "0123456789012345", "482913", "", "NEN-0001",
        "国民年金保険料 令和8年10月分", 17_920, 10, "normal"),
    Line("00500", "0123456789012345", "482913", "", "NEN-0002",
        "国民年金保険料 令和8年11月分", 17_920, 40, "normal"),
    Line("00500", "9876543210987654", "730165", "", "NEN-0003",
        "厚生年金保険料 令和8年10月分", 486_312, 8, "normal"),
    Line("00500", "5555000011112222", "606060", "", "NEN-0101",
        "国民年金保険料 令和8年8月分", 17_920, -50, "already_paid"),
    Line("00500", "5555000011113333", "606061", "", "NEN-0102",
        "国民年金保険料 令和6年8月分", 16_980, -780, "expired"),
    Line("04000", "12345678901234567890", "1234", "001", "MYG-0001",
        "自動車税(種別割) 令和8年度 宮城300あ1234", 36_000, 30, "normal"),
    Line("04000", "12345678901234567890", "1234", "001", "MYG-0002",
        "自動車税(種別割) 令和8年度 宮城400い5678", 16_000, 30, "normal"),
    Line("04000", "2026000000000031", "5678", "002", "MYG-0003",
        "法人事業税・特別法人事業税 令和8年9月期", 312_400, 30, "normal"),
    Line("04000", "2026000000000099", "9012", "001", "MYG-0102",
        "自動車税(種別割) 令和7年度 宮城300う9012", 36_000, -200, "expired"),
    Line("04100", "04100202600010012345", "975310", "010", "SDI-0001",
        "固定資産税・都市計画税 令和8年度 第3期", 184_300, 33, "normal"),
    Line("04100", "04100202600010012345", "975310", "010", "SDI-0002",
        "固定資産税・都市計画税 令和8年度 第4期", 184_300, 95, "normal"),
    Line("04100", "04100202600010012345", "975310", "010", "SDI-0003",
        "固定資産税(償却資産) 令和8年度 第3期", 42_700, 33, "normal"),
    Line("04100", "04100202600010067890", "864208", "030", "SDI-0004",
        "市県民税(普通徴収) 令和8年度 第4期", 51_200, 65, "normal"),
    Line("04100", "04100202600010012345", "975310", "020", "SDI-0101",
        "固定資産税・都市計画税 令和8年度 第2期", 184_300, -85, "already_paid"),
    Line("99022", "90220000000000012345", "112233", "", "PAY-0001",
        "モバイルオークション落札代金 注文2611-0042", 12_800, 5, "normal"),
    Line("99022", "90220000000000067890", "445566", "", "PAY-0002",
        "モバイルオークション落札代金 注文2611-0108", 4_980, 5, "normal"),
    Line("99022", "90220000000000024680", "778899", "", "PAY-0003",
        "モバイルオークション落札代金 注文2611-0177", 58_000, 6, "normal"),
    Line("99022", "90220000000000013579", "998877", "", "PAY-0102",
        "モバイルオークション落札代金 注文2610-0007", 3_200, -20, "expired"),
    Line("99022", "90220000000000097531", "665544", "", "PAY-0101",
        "モバイルオークション落札代金 注文2610-0021", 7_700, 3, "already_paid"),
    Line("99090", "99090000000000000001", "909090", "", "TST-0001",
        "試験用の払込金(金額は自由)", 1_000, 365, "normal"),
];

/// The fee of the one private bill whose payer bears it.
const FEE_YEN: i64 = 110;

/// Bills that can be paid, several under one key among them, and one for each way to be refused.
pub fn sample_bills() -> Vec<SeedBill> {
    LINES.iter().map(seed_of).collect()
}

fn seed_of(line: &Line) -> SeedBill {
    let Line(collector, customer, confirmation, category, bill_id, contents, amount, due, scenario) = *line;
    let clear_by = match collector {
        // two months from the declaration
        "00200" => due + 60,
        // two years from the due date
        "00500" => due + 730,
        // local taxes until the due date only
        _ => due,
    };
    SeedBill {
        collector: collector.to_owned(),
        customer_number: customer.to_owned(),
        confirmation_number: confirmation.to_owned(),
        payment_category: (!category.is_empty()).then(|| category.to_owned()),
        bill_id: bill_id.to_owned(),
        payer: if customer.starts_with("2013000987") { "佐藤 花子" } else { COMPANY }.to_owned(),
        contents: contents.to_owned(),
        amount,
        fee: if bill_id == "PAY-0003" { FEE_YEN } else { 0 },
        late_charge: 0,
        due_days: Some(due),
        clear_by_days: Some(clear_by),
        payable_from_days: (scenario == "not_yet").then_some(150),
        scenario: scenario.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bills::BillState;
    use crate::institutions::{self, Kind};

    #[test]
    fn every_sample_fits_its_collector_and_is_what_its_scenario_says() {
        let today = Date::from_ymd_opt(2026, 11, 24).unwrap();
        let rows = institutions::load().unwrap();
        for sample in sample_bills() {
            let (number, new) = sample.on(today).unwrap();
            let row = rows.iter().find(|row| row.number == number).unwrap();
            assert!(row.customer_number.fits(&sample.customer_number), "{}", sample.bill_id);
            assert!(row.confirmation_number.fits(&sample.confirmation_number), "{}", sample.bill_id);
            let category = sample.payment_category.as_deref();
            assert_eq!(category.is_some(), row.payment_category.is_some(), "{}", sample.bill_id);
            assert!(category.is_none_or(|text| row.payment_category.as_ref().unwrap().fits(text)));
            let state = bills::StoredBill {
                row: 1,
                bill: new.bill,
                customer_number: new.customer_number,
                confirmation_number: new.confirmation_number,
                payment_category: new.payment_category,
                payable_from: new.payable_from,
                paid_elsewhere: new.paid_elsewhere,
                scenario: new.scenario,
                clearings: 0,
                matched: 0,
                created_at: domain::Timestamp::default(),
            }
            .state(today, row.payer_types_amount);
            let wanted = match sample.scenario.as_str() {
                "normal" => BillState::Payable,
                "already_paid" => BillState::Paid,
                "expired" => BillState::Expired,
                "not_yet" => BillState::NotYet,
                other => panic!("{other}"),
            };
            assert_eq!(state, wanted, "{}", sample.bill_id);
        }
    }

    #[test]
    fn there_is_enough_to_pay_of_each_kind() {
        let rows = institutions::load().unwrap();
        let normal = |number: &str| {
            let payable = |bill: &&SeedBill| bill.collector == number && bill.scenario == "normal";
            sample_bills().iter().filter(payable).count()
        };
        for row in rows.iter().filter(|row| row.kind == Kind::National) {
            assert!(normal(row.number.as_str()) >= 3, "{}", row.number);
        }
        assert!(normal("99022") >= 3);
        let fees: Vec<_> = sample_bills().into_iter().filter(|bill| bill.fee > 0).collect();
        assert_eq!(fees.len(), 1);
    }
}
