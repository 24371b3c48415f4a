//! The balance over a period as a line of steps, in whole units of a picture.

use domain::{Date, Yen, time};

/// Width of the picture.
pub const WIDTH: i64 = 720;
/// Height of the picture.
pub const HEIGHT: i64 = 160;
/// Left free above the highest and below the lowest balance.
const MARGIN: i64 = 12;

/// A chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// The line: `0,12 360,12 360,80 720,80`.
    pub line: String,
    /// Where no yen is, if that is in the picture.
    pub zero: Option<i64>,
    /// The highest balance at the end of a day.
    pub highest: Yen,
    /// The lowest.
    pub lowest: Yen,
    /// The days and their balances, the newest first: the same as a table.
    pub days: Vec<(Date, Yen)>,
}

impl Chart {
    /// The first and the last day in words, as the scale below the picture has them.
    pub fn ends(&self) -> (String, String) {
        let day = |of: Option<&(Date, Yen)>| of.map(|(day, _)| time::month_day(*day)).unwrap_or_default();
        (day(self.days.last()), day(self.days.first()))
    }
}

/// The chart of the days from the first to the last: `opening` is the balance before the first, `moved` has the balance
/// at the end of those days that had movements, in their order. A day without any keeps the balance of the day before.
pub fn chart(days: (Date, Date), opening: Yen, moved: &[(Date, Yen)]) -> Chart {
    let mut balance = opening;
    let mut all = Vec::new();
    let mut moved = moved.iter().peekable();
    for day in days.0.iter_days().take_while(|day| *day <= days.1) {
        while let Some((_, after)) = moved.next_if(|(of, _)| *of <= day) {
            balance = *after;
        }
        all.push((day, balance));
    }
    let balances = || all.iter().map(|(_, balance)| *balance);
    let (lowest, highest) = (balances().min().unwrap_or(opening), balances().max().unwrap_or(opening));
    let (low, high) = (i128::from(lowest.get()), i128::from(highest.get()));
    let room = i128::from(HEIGHT - 2 * MARGIN);
    // an even balance runs through the middle
    let y = |yen: i128| match high - low {
        0 => HEIGHT / 2,
        span => i64::try_from(i128::from(MARGIN) + (high - yen) * room / span).unwrap_or(HEIGHT),
    };
    let count = i64::try_from(all.len()).unwrap_or(1).max(1);
    let x = |place: i64| place * WIDTH / count;
    let points = (0..).zip(&all).map(|(place, (_, balance))| {
        let y = y(i128::from(balance.get()));
        format!("{},{y} {},{y}", x(place), x(place + 1))
    });
    let line = points.collect::<Vec<_>>().join(" ");
    let zero = (low < 0 && high > 0).then(|| y(0));
    all.reverse();
    Chart { line, zero, highest, lowest, days: all }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_without_movements_keeps_the_balance_of_the_day_before() {
        let days = (day("2026-11-01"), day("2026-11-04"));
        let moved = [(day("2026-11-02"), Yen::new(300)), (day("2026-11-04"), Yen::new(-100))];
        let chart = chart(days, Yen::new(100), &moved);
        let balances: Vec<_> = chart.days.iter().rev().map(|(_, balance)| balance.get()).collect();
        assert_eq!(balances, [100, 300, 300, -100]);
        assert_eq!((chart.highest, chart.lowest), (Yen::new(300), Yen::new(-100)));
        assert_eq!(chart.line, "0,80 180,80 180,12 360,12 360,12 540,12 540,148 720,148");
        assert_eq!(chart.zero, Some(114));
        assert_eq!(chart.ends(), ("11月1日(日)".to_owned(), "11月4日(水)".to_owned()));
    }

    #[test]
    fn an_even_balance_and_the_largest_ones_have_a_line() {
        let one = (day("2026-11-01"), day("2026-11-01"));
        assert_eq!(chart(one, Yen::new(5), &[]).line, "0,80 720,80");
        let two = (day("2026-11-01"), day("2026-11-02"));
        let moved = [(day("2026-11-02"), Yen::new(i64::MAX))];
        assert_eq!(chart(two, Yen::new(-i64::MAX), &moved).line, "0,148 360,148 360,12 720,12");
    }
}
