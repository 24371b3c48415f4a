//! What a contract owes (後納手数料, R84): one row in the commit of what it is for, so that neither is there without the
//! other. The id and the reference are those of the order, recall or request, and each stands once: what a process left
//! that died is never charged again.

use database::{Row, Table};
use domain::{ContractId, Date, Timestamp, Yen};
use uuid::Uuid;

use crate::Month;

static CHARGE: Table = Table {
    name: "charge",
    columns: &["id", "contract", "day", "kind", "amount", "detail", "reference", "at_us"],
};

/// What a charge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeKind {
    /// 振込手数料.
    Transfer,
    /// 組戻手数料.
    Recall,
    /// 総合振込手数料 and those of the other bulk businesses: one a batch.
    Bulk,
    /// A token that was handed out.
    Token,
}

impl ChargeKind {
    /// The word of the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Recall => "recall",
            Self::Bulk => "bulk",
            Self::Token => "token",
        }
    }
}

/// A charge that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// That of what it is for.
    pub id: Uuid,
    /// Who owes it.
    pub contract: ContractId,
    /// What for.
    pub kind: ChargeKind,
    /// How much, with tax.
    pub amount: Yen,
    /// The day in Japan on which it was done, whose month it belongs to.
    pub day: Date,
    /// What for, in words.
    pub detail: String,
    /// What decided it.
    pub reference: String,
}

impl Charge {
    /// Its row; none where there is nothing to pay.
    pub fn row(self, now: Timestamp) -> Option<Row> {
        (self.amount > Yen::ZERO).then(|| Row {
            table: &CHARGE,
            values: vec![
                self.id.into(),
                self.contract.uuid().into(),
                booked(self.day, now.date()).to_string().into(),
                self.kind.as_str().into(),
                self.amount.get().into(),
                self.detail.into(),
                self.reference.into(),
                now.micros().into(),
            ],
        })
    }
}

/// The day under which something of a day is charged: its own, unless the charges of its month may be debited already.
/// What became of a transfer may be known that late, and a debit of a month is never followed by another.
fn booked(day: Date, today: Date) -> Date {
    if today < Month::of(day).due() { day } else { today }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over the month's end, and on both sides of the day of the debit, which is a Tuesday after two closed days.
    ///
    /// Proves R84.
    #[test]
    fn a_charge_belongs_to_the_month_of_its_day_until_that_is_debited() {
        for (day, today, booked_on) in [
            ("2026-11-30", "2026-11-30", "2026-11-30"),
            ("2026-11-30", "2026-12-01", "2026-11-30"),
            ("2026-12-30", "2027-01-11", "2026-12-30"),
            ("2026-12-30", "2027-01-12", "2027-01-12"),
            ("2026-12-30", "2027-03-01", "2027-03-01"),
        ] {
            let (day, today) = (day.parse().unwrap(), today.parse().unwrap());
            assert_eq!(booked(day, today).to_string(), booked_on, "{day} {today}");
        }
    }

    #[test]
    fn nothing_to_pay_is_no_charge() {
        let charge = |amount| Charge {
            id: Uuid::from_u128(1),
            contract: ContractId::from_uuid(Uuid::from_u128(2)),
            kind: ChargeKind::Transfer,
            amount: Yen::new(amount),
            day: "2026-11-24".parse().unwrap(),
            detail: String::new(),
            reference: "transfer:1".to_owned(),
        };
        let now = Timestamp::from_micros(0);
        assert!(charge(0).row(now).is_none() && charge(-1).row(now).is_none());
        assert!(charge(1).row(now).is_some());
    }
}
