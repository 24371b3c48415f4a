//! The bank's own bounds of Pay-easy, from `data/payeasy.toml`.

use std::sync::LazyLock;

use domain::Yen;
use serde::Deserialize;

use super::wrong_numbers::WrongNumberLimits;

/// The file that is part of the program; a test reads it.
static BOUNDS: LazyLock<Bounds> = LazyLock::new(|| {
    let text = include_str!("../../data/payeasy.toml");
    Bounds::parse(text).unwrap_or_else(|error| panic!("data/payeasy.toml, which a test reads: {error}"))
});

/// What holds where nothing of its own is set for a contract or user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// When wrong numbers stop a user.
    pub wrong_numbers: WrongNumberLimits,
    /// What may be paid in a day.
    pub daily_limit: DailyBounds,
}

/// 1日の限度額.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DailyBounds {
    /// A contract's, to private collectors.
    pub contract: Yen,
}

impl Bounds {
    /// The bank's.
    pub fn embedded() -> &'static Self {
        &BOUNDS
    }

    /// Reads a file; an error is what is wrong with it.
    fn parse(text: &str) -> Result<Self, String> {
        let bounds: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let WrongNumberLimits { in_a_row_max, stops_max, told_from } = bounds.wrong_numbers;
        if !(1..=1_000).contains(&in_a_row_max) || !(1..=1_000).contains(&stops_max) {
            Err("a stop comes after 1 to 1,000 wrong numbers, and the branch after 1 to 1,000 stops"
                .to_owned())
        } else if !(0..in_a_row_max).contains(&told_from) {
            Err("the payer is told of fewer tries than there are".to_owned())
        } else if bounds.daily_limit.contract < Yen::ZERO {
            Err("a limit is nothing or more".to_owned())
        } else {
            Ok(bounds)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banks_are_those_of_the_rules() {
        let bounds = Bounds::embedded();
        assert_eq!(bounds.wrong_numbers, WrongNumberLimits { in_a_row_max: 10, stops_max: 6, told_from: 3 });
        assert_eq!(bounds.daily_limit.contract, Yen::new(10_000_000));
    }

    #[test]
    fn a_file_that_makes_no_sense_is_refused() {
        let text = include_str!("../../data/payeasy.toml");
        for (right, wrong) in [
            ("in_a_row_max = 10", "in_a_row_max = 0"),
            ("stops_max = 6", "stops_max = 0"),
            ("told_from = 3", "told_from = 10"),
            ("contract = 10_000_000", "contract = -1"),
            ("[daily_limit]", "[daily_limits]"),
        ] {
            assert!(Bounds::parse(&text.replace(right, wrong)).is_err(), "{wrong}");
        }
    }
}
