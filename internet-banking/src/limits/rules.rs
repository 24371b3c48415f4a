//! What holds for every limit that a contract sets for itself, of whatever business. Pure.

use domain::calendar::next_business_day;
use domain::money::AmountError;
use domain::time::TimeOfDay;
use domain::{Timestamp, Yen};

/// Whether a limit lets no more be paid than the one that holds, now and whatever becomes of the contract's, which is
/// `most`: to drop an own limit is to let more be paid.
pub fn lowers(limit: Option<Yen>, own: Option<Yen>, most: Yen) -> bool {
    match (limit, own) {
        (Some(limit), Some(own)) => limit <= own,
        (Some(limit), None) => limit <= most,
        (None, own) => own.is_none(),
    }
}

/// From when on a limit holds: at once where it lets no more be paid, and from the beginning of the next business day
/// where it does (SEC-23).
pub fn holds_from(limit: Option<Yen>, own: Option<Yen>, most: Yen, now: Timestamp) -> Timestamp {
    if lowers(limit, own, most) {
        return now;
    }
    Timestamp::from_jst(next_business_day(now.date()), TimeOfDay::MIN)
}

/// Reads a limit: empty is none, and none is above the contract's.
pub fn read(typed: &str, most: Yen) -> Result<Option<Yen>, String> {
    match Yen::parse_typed(typed) {
        Ok(limit) if limit <= most => Ok(Some(limit)),
        Ok(_) | Err(AmountError::TooLarge) => {
            Err(format!("ご契約の限度額 {most} 円以下の金額を入力してください。"))
        }
        Err(AmountError::Empty) => Ok(None),
        Err(AmountError::NotDigit(_)) => Err("限度額は数字で入力してください。".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Yen = Yen::new(100);

    #[test]
    fn to_drop_an_own_limit_lets_more_be_paid() {
        let rows = [
            (Some(99), None, true),
            (Some(100), None, true),
            (Some(5), Some(5), true),
            (Some(6), Some(5), false),
            (None, Some(5), false),
            (None, Some(100), false),
            (None, None, true),
        ];
        for (limit, own, expected) in rows {
            assert_eq!(lowers(limit.map(Yen::new), own.map(Yen::new), MOST), expected, "{limit:?} {own:?}");
        }
    }

    /// Friday, and the Monday after it is a holiday.
    ///
    /// Proves SEC-23.
    #[test]
    fn less_holds_at_once_and_more_from_the_next_business_day_on() {
        let now = Timestamp::parse_rfc3339("2026-11-20T23:59:59+09:00").unwrap();
        let own = Some(Yen::new(5));
        assert_eq!(holds_from(Some(Yen::new(5)), own, MOST, now), now);
        let tuesday = Timestamp::parse_rfc3339("2026-11-24T00:00:00+09:00").unwrap();
        assert_eq!(holds_from(Some(Yen::new(6)), own, MOST, now), tuesday);
        assert_eq!(holds_from(None, own, MOST, now), tuesday, "nothing bounds it but the contract's");
    }

    #[test]
    fn a_limit_is_nothing_or_an_amount_up_to_the_contracts() {
        let contract = Yen::new(10_000_000);
        assert_eq!(read("", contract), Ok(None));
        assert_eq!(read("0", contract), Ok(Some(Yen::ZERO)), "nothing may be paid");
        assert_eq!(read("10,000,000円", contract), Ok(Some(contract)));
        for typed in ["10,000,001", "999999999999", "-1", "1.5"] {
            assert!(read(typed, contract).is_err(), "{typed}");
        }
    }
}
