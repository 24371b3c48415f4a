//! On which days a transfer may be made: the same day until its cut-off, and business days ahead.

use domain::calendar;
use domain::{Date, Timestamp};

use crate::fee::Relation;
use crate::terms::Terms;

/// How the payee was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// An account of the contract's own (振替).
    OwnAccount,
    /// 事前登録: filed on paper, paid by its number (R81).
    Filed,
    /// 都度指定: the account is entered (R82).
    Typed,
}

/// What decides about the days of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// How payer and payee stand to each other.
    pub relation: Relation,
    /// How the payee was named.
    pub method: Method,
    /// Whether the contract signs in by certificate, and has applied on paper for the same day (R86).
    pub same_day_typed: bool,
}

/// How an order of a day is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handling {
    /// 当日扱い.
    SameDay,
    /// 予約扱い.
    Reserved,
}

/// Why a transfer cannot be made on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateProblem {
    /// It is over.
    #[error("the day is over")]
    Past,
    /// Banks do no business on it.
    #[error("banks do no business on the day")]
    NotBusinessDay,
    /// Today, and the cut-off has passed.
    #[error("orders of the day are over since {0}")]
    CutOff(Timestamp),
    /// Today, and the payee is typed without the leave for that (R86).
    #[error("a typed payee is not paid on the same day")]
    TypedSameDay,
    /// After the last day that may be reserved.
    #[error("the last day that may be reserved is {0}")]
    TooFar(Date),
}

/// The days that are possible at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Possible {
    /// Until when today is possible, exclusively, where it is.
    pub today_until: Option<Timestamp>,
    /// The days that may be reserved.
    pub reserved: Vec<Date>,
}

impl Possible {
    /// The next possible day, which a form proposes.
    pub fn next(&self, now: Timestamp) -> Option<Date> {
        self.today_until.map(|_| now.date()).or_else(|| self.reserved.first().copied())
    }
}

/// How an order of `day` is handled that is finally authorised at `now`, or why it is none.
pub fn check(terms: &Terms, occasion: Occasion, day: Date, now: Timestamp) -> Result<Handling, DateProblem> {
    let today = now.date();
    if day < today {
        return Err(DateProblem::Past);
    }
    if !calendar::is_business_day(day) {
        return Err(DateProblem::NotBusinessDay);
    }
    let hours = terms.hours(today);
    if day == today {
        let until = Timestamp::from_jst(day, hours.until(occasion.relation.is_own_bank()));
        return if occasion.method == Method::Typed && !occasion.same_day_typed {
            Err(DateProblem::TypedSameDay)
        } else if now >= until {
            Err(DateProblem::CutOff(until))
        } else {
            Ok(Handling::SameDay)
        };
    }
    let last = calendar::add_business_days(today, i16::from(hours.reserved_days_max));
    if day > last { Err(DateProblem::TooFar(last)) } else { Ok(Handling::Reserved) }
}

/// Every day that is possible at `now`.
pub fn possible(terms: &Terms, occasion: Occasion, now: Timestamp) -> Possible {
    let (today, hours) = (now.date(), terms.hours(now.date()));
    let until = Timestamp::from_jst(today, hours.until(occasion.relation.is_own_bank()));
    let ahead = 1..=i16::from(hours.reserved_days_max);
    Possible {
        today_until: check(terms, occasion, today, now).is_ok().then_some(until),
        reserved: ahead.map(|days| calendar::add_business_days(today, days)).collect(),
    }
}

/// Whether a reservation of `day` may be cancelled at `now`: until the day before.
pub fn may_cancel(day: Date, now: Timestamp) -> bool {
    now.date() < day
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL_RELATIONS: [Relation; 4] =
        [Relation::OwnAccount, Relation::SameBranch, Relation::OwnBank, Relation::OtherBank];

    fn occasion(relation: Relation, method: Method, same_day_typed: bool) -> Occasion {
        Occasion { relation, method, same_day_typed }
    }

    fn filed(relation: Relation) -> Occasion {
        occasion(relation, Method::Filed, false)
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(&format!("{text}+09:00")).unwrap()
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn checked(occasion: Occasion, on: &str, now: Timestamp) -> Result<Handling, DateProblem> {
        check(Terms::embedded(), occasion, day(on), now)
    }

    /// The last microsecond before each cut-off is in time, and the first of the hour is not.
    ///
    /// Proves R85.
    #[test]
    fn the_same_day_ends_at_four_within_the_bank_and_at_three_to_others() {
        for (relation, hour) in [
            (Relation::OwnAccount, "16:00:00"),
            (Relation::SameBranch, "16:00:00"),
            (Relation::OwnBank, "16:00:00"),
            (Relation::OtherBank, "15:00:00"),
        ] {
            let until = at(&format!("2026-11-24T{hour}"));
            let before = Timestamp::from_micros(until.micros() - 1);
            assert_eq!(checked(filed(relation), "2026-11-24", before), Ok(Handling::SameDay), "{relation:?}");
            assert_eq!(
                checked(filed(relation), "2026-11-24", until),
                Err(DateProblem::CutOff(until)),
                "{relation:?}"
            );
            let open = possible(Terms::embedded(), filed(relation), before);
            assert_eq!((open.today_until, open.next(before)), (Some(until), Some(day("2026-11-24"))));
            let closed = possible(Terms::embedded(), filed(relation), until);
            assert_eq!((closed.today_until, closed.next(until)), (None, Some(day("2026-11-25"))));
        }
    }

    /// Each of the two alone is not enough; the caller joins them into one flag.
    ///
    /// Proves R86, R87, SEC-22.
    #[test]
    fn typed_payees_are_paid_on_the_same_day_only_with_leave_and_filed_ones_always() {
        let now = at("2026-11-24T10:00:00");
        let today = "2026-11-24";
        for relation in ALL_RELATIONS {
            let typed = |leave| checked(occasion(relation, Method::Typed, leave), today, now);
            assert_eq!(typed(false), Err(DateProblem::TypedSameDay));
            assert_eq!(typed(true), Ok(Handling::SameDay));
            assert_eq!(checked(filed(relation), today, now), Ok(Handling::SameDay));
            let own = occasion(relation, Method::OwnAccount, false);
            assert_eq!(checked(own, today, now), Ok(Handling::SameDay));
            let ahead = checked(occasion(relation, Method::Typed, false), "2026-11-25", now);
            assert_eq!(ahead, Ok(Handling::Reserved), "ahead whoever it is");
        }
    }

    /// From the next business day to the fourteenth, over holidays and ends of years.
    ///
    /// Proves R88.
    #[test]
    fn reservations_reach_from_the_next_business_day_to_the_fourteenth() {
        for (now, first, last, too_far) in [
            // 23 November is a holiday
            ("2026-11-20T10:00:00", "2026-11-24", "2026-12-11", "2026-12-14"),
            // a Saturday counts from Tuesday: Monday is the holiday
            ("2026-11-21T10:00:00", "2026-11-24", "2026-12-11", "2026-12-14"),
            // New Year: 31 December to 3 January are closed, and 11 January is 成人の日
            ("2026-12-28T10:00:00", "2026-12-29", "2027-01-20", "2027-01-21"),
            ("2026-12-31T10:00:00", "2027-01-04", "2027-01-22", "2027-01-25"),
            // May of 2026: Sunday 3 is a holiday, and Wednesday 6 stands in for it
            ("2026-04-28T10:00:00", "2026-04-30", "2026-05-22", "2026-05-25"),
            ("2026-05-01T10:00:00", "2026-05-07", "2026-05-26", "2026-05-27"),
            // the equinoxes: 20 March 2026; 21 to 23 September 2026 are holidays in a row
            ("2026-03-19T10:00:00", "2026-03-23", "2026-04-09", "2026-04-10"),
            ("2026-09-18T10:00:00", "2026-09-24", "2026-10-14", "2026-10-15"),
            // 21 March 2027 is a Sunday, and the Monday stands in
            ("2027-03-19T10:00:00", "2027-03-23", "2027-04-09", "2027-04-12"),
        ] {
            let now = at(now);
            let found = possible(Terms::embedded(), filed(Relation::OtherBank), now);
            assert_eq!(found.reserved.len(), 14);
            assert_eq!(found.reserved.first(), Some(&day(first)), "{now}");
            assert_eq!(found.reserved.last(), Some(&day(last)), "{now}");
            for on in [first, last] {
                assert_eq!(checked(filed(Relation::OtherBank), on, now), Ok(Handling::Reserved), "{now}");
            }
            let far = checked(filed(Relation::OtherBank), too_far, now);
            assert_eq!(far, Err(DateProblem::TooFar(day(last))), "{now}");
        }
    }

    #[test]
    fn closed_days_and_days_that_are_over_are_none() {
        let now = at("2026-12-30T10:00:00");
        for closed in ["2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03", "2027-01-11"] {
            let found = checked(filed(Relation::OwnBank), closed, now);
            assert_eq!(found, Err(DateProblem::NotBusinessDay), "{closed}");
        }
        assert_eq!(checked(filed(Relation::OwnBank), "2026-12-29", now), Err(DateProblem::Past));
        let may = at("2026-05-01T10:00:00");
        for closed in ["2026-05-03", "2026-05-04", "2026-05-05", "2026-05-06"] {
            assert_eq!(checked(filed(Relation::OwnBank), closed, may), Err(DateProblem::NotBusinessDay));
        }
        // on a closed day nothing is of the day, and the next business day is proposed
        let holiday = at("2026-11-23T10:00:00");
        let found = possible(Terms::embedded(), filed(Relation::OwnBank), holiday);
        assert_eq!((found.today_until, found.next(holiday)), (None, Some(day("2026-11-24"))));
    }

    /// Every day that is offered is taken, and none beside them.
    #[test]
    fn what_is_offered_is_what_is_taken() {
        let begin = day("2026-11-20");
        for now in
            begin.iter_days().take(400).map(|today| Timestamp::from_jst(today, domain::time::TimeOfDay::MIN))
        {
            let found = possible(Terms::embedded(), filed(Relation::OtherBank), now);
            let offered = |on: Date| {
                if on == now.date() { found.today_until.is_some() } else { found.reserved.contains(&on) }
            };
            for on in now.date().iter_days().take(45) {
                let taken = check(Terms::embedded(), filed(Relation::OtherBank), on, now).is_ok();
                assert_eq!(taken, offered(on), "{now} {on}");
            }
        }
    }

    #[test]
    fn a_reservation_is_cancelled_until_the_day_before() {
        let on = day("2026-11-25");
        let midnight = at("2026-11-25T00:00:00");
        assert!(may_cancel(on, Timestamp::from_micros(midnight.micros() - 1)));
        assert!(!may_cancel(on, midnight));
    }
}
