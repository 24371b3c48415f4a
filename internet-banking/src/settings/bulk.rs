//! When the businesses of データ伝送 work (R110).

use std::borrow::Cow;

use formats::Business;

use super::{SERVICE_HOURS, Setting};
use crate::hours::ServiceHours;

const fn hours(name: &'static str, label: &'static str, embedded: fn() -> String) -> Setting {
    Setting {
        name: Cow::Borrowed(name),
        label: Cow::Borrowed(label),
        hint: "開始と終了の時刻です。例: 08:00-20:00。作成・ファイルの送信・承認に効きます。ご利用時間の外では、この時間でも受け付けません。",
        embedded,
        read: SERVICE_HOURS.read,
        shown: SERVICE_HOURS.shown,
        one_day: false,
    }
}

/// 総合振込, on every day on which one can sign in.
pub static BULK_TRANSFER_HOURS: Setting =
    hours("bulk-transfer-hours", "総合振込の取扱時間(毎日)", || {
        ServiceHours::embedded().bulk(Business::Transfers)
    });

/// 給与・賞与振込, likewise.
pub static SALARY_HOURS: Setting =
    hours("salary-hours", "給与・賞与振込の取扱時間(毎日)", || {
        ServiceHours::embedded().bulk(Business::Payroll)
    });

/// 口座振替, likewise.
pub static DIRECT_DEBIT_HOURS: Setting =
    hours("direct-debit-hours", "口座振替の取扱時間(毎日)", || {
        ServiceHours::embedded().bulk(Business::Debits)
    });

/// 地方税納付, likewise.
pub static LOCAL_TAX_HOURS: Setting =
    hours("local-tax-hours", "地方税納付の取扱時間(毎日)", || {
        ServiceHours::embedded().bulk(Business::LocalTax)
    });

/// The setting of a business.
pub fn hours_of(business: Business) -> &'static Setting {
    match business {
        Business::Transfers => &BULK_TRANSFER_HOURS,
        Business::Payroll => &SALARY_HOURS,
        Business::Debits => &DIRECT_DEBIT_HOURS,
        Business::LocalTax => &LOCAL_TAX_HOURS,
    }
}
