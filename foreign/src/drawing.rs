//! Documents under a credit: what is left of it, until when they can be presented, and in what they do not comply.
//!
//! A discrepancy is a fact. The issuing bank asks the applicant whether it waives it; without a word it refuses
//! (UCP 600, article 16).

use chrono::Days;
use domain::bank_holidays::{BankHolidays, Place};
use domain::{Date, Money};
use formats::swift::credit::{Credit, PRESENTATION_DAYS_DEFAULT, Permission, Shipment};

use crate::credit::most;

/// Days that a bank may examine documents: five banking days after that of presentation (UCP 600, article 14 b).
pub const EXAMINATION_DAYS: i16 = 5;

/// Days that the search for a banking day passes over at most.
const SEARCH_DAYS_MAX: usize = 60;

/// Documents that were presented, and what they claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawing {
    /// What is claimed.
    pub amount: Money,
    /// When the goods were shipped, as the documents say; nothing where there is no such document.
    pub shipped: Option<Date>,
    /// When the documents were presented to the bank at which the credit is available.
    pub presented: Date,
}

/// In what a drawing does not comply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discrepancy {
    /// Another currency.
    Currency,
    /// More than is left.
    Overdrawn {
        /// What is left.
        left: Money,
    },
    /// A second shipment where none in parts is allowed.
    PartialShipment,
    /// Shipped after the latest day.
    LateShipment {
        /// The latest day.
        latest: Date,
    },
    /// Presented after the last day.
    LatePresentation {
        /// The last day.
        last: Date,
    },
}

impl Discrepancy {
    /// In the words of the trade.
    pub fn what(&self) -> String {
        match self {
            Self::Currency => "CURRENCY DIFFERS(通貨相違)".to_owned(),
            Self::Overdrawn { left } => format!("CREDIT OVERDRAWN(残高超過)。残高は{left}です"),
            Self::PartialShipment => "PARTIAL SHIPMENT EFFECTED(分割船積)".to_owned(),
            Self::LateShipment { latest } => format!("LATE SHIPMENT(船積遅延)。船積期限は{latest}です"),
            Self::LatePresentation { last } => {
                format!("LATE PRESENTATION(呈示遅延)。呈示の最終日は{last}です")
            }
        }
    }
}

/// What may still be drawn: the amount with its tolerance, less what has been drawn; never less than nothing.
pub fn left(credit: &Credit, drawn: &[Drawing]) -> Option<Money> {
    let left = drawn.iter().try_fold(most(credit)?, |left, drawing| left.checked_sub(drawing.amount))?;
    Some(Money::new(left.currency, left.minor_units.max(0)))
}

/// The last day on which documents of a shipment can be presented: the period after shipment, within the expiry. Where
/// banks of the place are closed on it, the next day on which they are not (UCP 600, articles 14 c and 29 a).
pub fn presented_until(credit: &Credit, shipped: Option<Date>, place: Place) -> Date {
    let stated = credit.presentation.as_ref();
    let days = stated.map_or(PRESENTATION_DAYS_DEFAULT, |stated| stated.days);
    // a period that is counted from another day than the shipment's is for people to count
    let counts = stated.is_none_or(|stated| stated.since.is_empty());
    let of_shipment = shipped.filter(|_| counts).and_then(|day| day.checked_add_days(Days::new(days.into())));
    let last = of_shipment.map_or(credit.expiry, |day| day.min(credit.expiry));
    let holidays = BankHolidays::embedded();
    last.iter_days().take(SEARCH_DAYS_MAX).find(|day| holidays.closed(place, *day).is_none()).unwrap_or(last)
}

/// Everything in which a drawing does not comply, after those that were drawn before it.
pub fn discrepancies(
    credit: &Credit,
    before: &[Drawing],
    drawing: &Drawing,
    place: Place,
) -> Vec<Discrepancy> {
    let mut found = Vec::new();
    if drawing.amount.currency != credit.amount.currency {
        found.push(Discrepancy::Currency);
    } else if let Some(left) = left(credit, before)
        && drawing.amount.minor_units > left.minor_units
    {
        found.push(Discrepancy::Overdrawn { left });
    }
    if credit.partial_shipments == Some(Permission::NotAllowed) && !before.is_empty() {
        found.push(Discrepancy::PartialShipment);
    }
    // the latest day of shipment is not moved by a holiday (UCP 600, article 29 c)
    if let (Shipment::Latest(latest), Some(shipped)) = (&credit.shipment, drawing.shipped)
        && shipped > *latest
    {
        found.push(Discrepancy::LateShipment { latest: *latest });
    }
    let last = presented_until(credit, drawing.shipped, place);
    if drawing.presented > last {
        found.push(Discrepancy::LatePresentation { last });
    }
    found
}

/// The last day on which this bank may refuse documents that it got on a day.
pub fn refused_until(received: Date) -> Date {
    domain::calendar::add_business_days(received, EXAMINATION_DAYS)
}

#[cfg(test)]
mod tests {
    use domain::{Bic, Currency};
    use formats::swift::credit::{
        Availability, Confirmation, Form, Presentation, Route, RuleBook, Rules, Terms, Tolerance,
    };
    use formats::swift::values::Bank;

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn euro(cents: i64) -> Money {
        Money::new(Currency::EUR, cents)
    }

    fn germany() -> Place {
        Place::Country("DE".parse().unwrap())
    }

    fn drawing(cents: i64, shipped: &str, presented: &str) -> Drawing {
        Drawing { amount: euro(cents), shipped: Some(day(shipped)), presented: day(presented) }
    }

    fn credit() -> Credit {
        Credit {
            form: Form::Irrevocable,
            number: "LC-1".to_owned(),
            pre_advice: String::new(),
            issued: day("2026-11-27"),
            rules: Rules { book: RuleBook::Ucp, others: String::new() },
            // a sunday
            expiry: day("2027-02-28"),
            expiry_place: "GERMANY".to_owned(),
            applicant_bank: None,
            applicant: "APPLICANT".to_owned(),
            beneficiary_account: String::new(),
            beneficiary: "BENEFICIARY".to_owned(),
            amount: euro(10_000_000),
            tolerance: Some(Tolerance { plus: 5, minus: 5 }),
            additional_amounts: String::new(),
            available_with: Bank::Named("ANY BANK IN GERMANY".to_owned()),
            available_by: Availability::Negotiation,
            terms: Terms::Drafts {
                at: "AT SIGHT".to_owned(),
                drawee: Bank::Bic("MIHNJPJT".parse::<Bic>().unwrap()),
            },
            partial_shipments: Some(Permission::Allowed),
            transhipment: None,
            route: Route::default(),
            shipment: Shipment::Latest(day("2027-02-05")),
            goods: "GOODS".to_owned(),
            documents: "DOCUMENTS".to_owned(),
            conditions: String::new(),
            beneficiary_conditions: String::new(),
            bank_conditions: String::new(),
            charges: String::new(),
            presentation: Some(Presentation { days: 21, since: String::new() }),
            confirmation: Confirmation::Without,
            confirming_bank: None,
            reimbursing_bank: None,
            instructions: String::new(),
            advise_through: None,
            to_bank: String::new(),
        }
    }

    #[test]
    fn what_is_left_is_the_most_less_what_was_drawn() {
        let of = |drawn: &[i64]| {
            let drawn: Vec<_> =
                drawn.iter().map(|cents| drawing(*cents, "2027-01-10", "2027-01-20")).collect();
            left(&credit(), &drawn).unwrap()
        };
        assert_eq!(of(&[]), euro(10_500_000));
        assert_eq!(of(&[4_000_000, 6_000_000]), euro(500_000));
        assert_eq!(of(&[10_500_000]), euro(0));
        assert_eq!(of(&[11_000_000]), euro(0));
    }

    /// By hand: shipment, the last day, and why.
    #[test]
    fn documents_are_presented_within_the_period_and_the_expiry() {
        let until = |shipped: &str| presented_until(&credit(), Some(day(shipped)), germany()).to_string();
        // 11 january and 21 days: a monday
        assert_eq!(until("2027-01-11"), "2027-02-01");
        // 9 january and 21 days is a saturday
        assert_eq!(until("2027-01-09"), "2027-02-01");
        // 5 february and 21 days is a friday
        assert_eq!(until("2027-02-05"), "2027-02-26");
        // the expiry is sooner, and a sunday
        assert_eq!(until("2027-02-20"), "2027-03-01");
        assert_eq!(presented_until(&credit(), None, germany()).to_string(), "2027-03-01");
        let other = Presentation { days: 5, since: "FROM DATE OF INVOICE".to_owned() };
        let counted = Credit { presentation: Some(other), ..credit() };
        assert_eq!(presented_until(&counted, Some(day("2027-01-11")), germany()).to_string(), "2027-03-01");
        // good friday and easter monday of germany
        let easter = Credit { expiry: day("2027-03-26"), ..credit() };
        assert_eq!(presented_until(&easter, None, germany()).to_string(), "2027-03-30");
    }

    #[test]
    fn what_does_not_comply_is_told_whole() {
        let found = |before: &[Drawing], one: Drawing| discrepancies(&credit(), before, &one, germany());
        let first = drawing(6_000_000, "2027-01-11", "2027-02-01");
        assert_eq!(found(&[], first), []);
        assert_eq!(found(&[first], drawing(4_500_000, "2027-01-11", "2027-02-01")), []);
        assert_eq!(
            found(&[first], drawing(4_500_001, "2027-02-06", "2027-03-02")),
            [
                Discrepancy::Overdrawn { left: euro(4_500_000) },
                Discrepancy::LateShipment { latest: day("2027-02-05") },
                Discrepancy::LatePresentation { last: day("2027-03-01") },
            ]
        );
        let dollars = Drawing { amount: Money::new(Currency::USD, 1), ..first };
        assert_eq!(found(&[], dollars), [Discrepancy::Currency]);
        let whole = Credit { partial_shipments: Some(Permission::NotAllowed), ..credit() };
        let second = drawing(1, "2027-01-11", "2027-02-01");
        assert_eq!(discrepancies(&whole, &[first], &second, germany()), [Discrepancy::PartialShipment]);
        assert!(Discrepancy::PartialShipment.what().starts_with("PARTIAL SHIPMENT"));
    }

    #[test]
    fn five_banking_days_are_for_examination() {
        assert_eq!(refused_until(day("2026-11-27")).to_string(), "2026-12-04");
        assert_eq!(refused_until(day("2026-12-28")).to_string(), "2027-01-06");
    }
}
