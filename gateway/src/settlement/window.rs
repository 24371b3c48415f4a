//! 決済日: which receipt dates settle together, when that is, and when the money is paid. Pure calendar.

use domain::Date;
use domain::calendar::{
    add_business_days, business_day_from, is_business_day, next_business_day, previous_business_day,
};

/// The settlement window of a receipt date: that day if it is a business day, else the next one.
pub fn of(receipt_date: Date) -> Date {
    business_day_from(receipt_date)
}

/// Whether a window bears this date.
pub fn is_window(date: Date) -> bool {
    is_business_day(date)
}

/// The window after this one.
pub fn after(window: Date) -> Date {
    next_business_day(window)
}

/// The receipt dates of a window, oldest first: the days without business before it, and its own.
pub fn receipt_dates(window: Date) -> impl Iterator<Item = Date> {
    previous_business_day(window).iter_days().skip(1).take_while(move |date| *date <= window)
}

/// The window in which a payment settles while all windows up to `closed_through` are closed: the earliest open one
/// that is not before its own.
pub fn settles_in(receipt_date: Date, closed_through: Option<Date>) -> Date {
    let own = of(receipt_date);
    closed_through.map_or(own, |closed| own.max(after(closed)))
}

/// When a window that was closed on `closed_on` is paid: `lag` business days after its date, and never on a day that
/// was over when it was closed.
pub fn pay_date(window: Date, lag_business_days: u8, closed_on: Date) -> Date {
    add_business_days(window, lag_business_days.into()).max(business_day_from(closed_on))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// Days of the calendar, from 2000 on.
    fn some_day() -> impl Strategy<Value = Date> {
        (730_120_i32..750_120).prop_map(|number| Date::from_num_days_from_ce_opt(number).unwrap())
    }

    fn dates(window: &str) -> Vec<String> {
        receipt_dates(day(window)).map(|date| date.to_string()).collect()
    }

    #[test]
    fn friday_settles_alone_and_the_weekend_with_monday() {
        for (receipt, window) in [
            ("2026-11-19", "2026-11-19"),
            ("2026-11-20", "2026-11-20"),
            // 23 November, a Monday, is a holiday
            ("2026-11-21", "2026-11-24"),
            ("2026-11-22", "2026-11-24"),
            ("2026-11-23", "2026-11-24"),
            ("2026-11-24", "2026-11-24"),
            ("2026-11-28", "2026-11-30"),
        ] {
            assert_eq!(of(day(receipt)), day(window), "{receipt}");
        }
        assert_eq!(dates("2026-11-20"), ["2026-11-20"]);
        assert_eq!(dates("2026-11-30"), ["2026-11-28", "2026-11-29", "2026-11-30"]);
        assert_eq!(dates("2026-11-24"), ["2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"]);
    }

    #[test]
    fn the_days_of_new_year_settle_with_the_first_business_day() {
        assert_eq!(of(day("2026-12-30")), day("2026-12-30"));
        for closed in ["2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03"] {
            assert_eq!(of(day(closed)), day("2027-01-04"), "{closed}");
        }
        assert_eq!(dates("2027-01-04").len(), 5);
        // 31 December 2027 is a Friday: the bank opens on Tuesday, 4 January
        assert_eq!(of(day("2027-12-31")), day("2028-01-04"));
    }

    #[test]
    fn the_holidays_of_may_settle_in_one_window() {
        assert_eq!(dates("2026-05-07").len(), 6);
        assert_eq!(of(day("2026-05-02")), day("2026-05-07"));
        assert_eq!(dates("2019-05-07").len(), 11, "the enthronement");
    }

    #[test]
    fn what_comes_late_settles_in_the_next_open_window() {
        let friday = day("2026-11-20");
        assert_eq!(settles_in(friday, None), friday);
        assert_eq!(settles_in(friday, Some(day("2026-11-19"))), friday);
        assert_eq!(settles_in(friday, Some(friday)), day("2026-11-24"));
        assert_eq!(settles_in(friday, Some(day("2026-11-30"))), day("2026-12-01"));
    }

    #[test]
    fn the_lag_counts_business_days_from_the_window() {
        let paid = |window, lag, closed_on| pay_date(day(window), lag, day(closed_on)).to_string();
        assert_eq!(paid("2026-11-19", 1, "2026-11-20"), "2026-11-20");
        assert_eq!(paid("2026-11-20", 1, "2026-11-21"), "2026-11-24");
        assert_eq!(paid("2026-11-24", 3, "2026-11-25"), "2026-11-27");
        assert_eq!(paid("2026-12-30", 2, "2026-12-31"), "2027-01-05");
        // closed days late, on a Saturday
        assert_eq!(paid("2026-11-24", 1, "2026-11-28"), "2026-11-30");
        assert_eq!(paid("2026-11-24", 1, "2026-11-27"), "2026-11-27");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// The windows cut the calendar: each day is in one, and the windows are its business days.
        #[test]
        fn every_day_is_in_exactly_one_window(date in some_day()) {
            let window = of(date);
            prop_assert!(is_window(window) && window >= date);
            prop_assert!(receipt_dates(window).any(|d| d == date));
            prop_assert!(!receipt_dates(after(window)).any(|d| d == date));
            prop_assert!(receipt_dates(window).all(|d| of(d) == window));
            prop_assert_eq!(settles_in(date, Some(window)), after(window));
        }

        #[test]
        fn nothing_is_paid_before_its_lag_nor_on_a_day_without_business(
            date in some_day(), lag in 1_u8..=10, late in 0_usize..30,
        ) {
            let window = of(date);
            let closed_on = window.iter_days().nth(late).unwrap();
            let paid = pay_date(window, lag, closed_on);
            prop_assert!(is_business_day(paid) && paid > window && paid >= closed_on);
            let lags = window.iter_days().skip(1).take_while(|d| *d <= paid).filter(|d| is_business_day(*d)).count();
            prop_assert!(lags >= usize::from(lag));
        }
    }
}
