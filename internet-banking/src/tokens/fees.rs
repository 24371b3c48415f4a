//! What a token costs (R64–R66, R77).

use std::sync::LazyLock;

use database::Database;
use domain::{Date, Yen};
use serde::Deserialize;

use crate::settings::TOKEN_FEE;

/// The file that is part of the program; a test reads it.
static FEES: LazyLock<Fees> = LazyLock::new(|| {
    let text = include_str!("../../data/fees.toml");
    Fees::parse(text).unwrap_or_else(|error| panic!("data/fees.toml, which a test reads: {error}"))
});

/// Why a contract gets a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The contract has had none before (R77).
    First,
    /// One more (R66).
    Additional,
    /// In place of one that was lost or stolen, or broke and was not brought back (R63, R64).
    Reissue,
    /// In place of one that broke and was brought back (R65).
    Returned,
    /// In place of one that is about to expire (R70).
    Expiry,
}

impl Occasion {
    /// Whether it is charged for.
    pub const fn is_charged(self) -> bool {
        matches!(self, Self::Additional | Self::Reissue)
    }

    /// The word on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::First => "初回の発行",
            Self::Additional => "追加発行",
            Self::Reissue => "再発行",
            Self::Returned => "再発行(故障品の返却あり)",
            Self::Expiry => "有効期限による交換",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fees {
    token: Vec<Fee>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fee {
    valid_from: Date,
    amount: Yen,
}

impl Fees {
    /// Reads a file; an error is what is wrong with it.
    fn parse(text: &str) -> Result<Self, String> {
        let fees: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if fees.token.is_empty() {
            return Err("a token has a fee".to_owned());
        }
        if fees.token.iter().any(|fee| fee.amount < Yen::ZERO) {
            return Err("a fee is nothing or more".to_owned());
        }
        if !fees.token.is_sorted_by(|one, next| one.valid_from < next.valid_from) {
            return Err("each fee begins after the one before".to_owned());
        }
        Ok(fees)
    }

    fn of_token(&self, day: Date) -> Yen {
        let held = self.token.iter().rev().find(|fee| fee.valid_from <= day);
        held.map_or(Yen::ZERO, |fee| fee.amount)
    }
}

/// What the program has, where two people have set nothing else.
pub fn embedded() -> Yen {
    FEES.of_token(Date::MAX)
}

/// What a token costs on this occasion and day; nothing where it is free.
pub async fn of_token(database: &Database, occasion: Occasion, day: Date) -> Result<Yen, sqlx::Error> {
    if occasion.is_charged() { TOKEN_FEE.number(database, day).await.map(Yen::new) } else { Ok(Yen::ZERO) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use database::execute;
    use database::testing::TestDatabase;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    database::on_both!(the_first_the_broken_and_the_expired_are_free_and_others_cost_what_the_day_says);

    /// Which tokens cost something, and how much.
    ///
    /// Proves R64, R65, R66, R70, R77.
    async fn the_first_the_broken_and_the_expired_are_free_and_others_cost_what_the_day_says(
        test: TestDatabase,
    ) {
        let sql =
            "INSERT INTO dated_setting (name, from_day, at_us, value, actor) VALUES ($1, $2, 1, $3, 'a')";
        execute!(test.database, sql, TOKEN_FEE.name.as_ref(), "2027-04-01", "2200").unwrap();
        for (occasion, before, after) in [
            (Occasion::First, 0, 0),
            (Occasion::Additional, 2_160, 2_200),
            (Occasion::Reissue, 2_160, 2_200),
            (Occasion::Returned, 0, 0),
            (Occasion::Expiry, 0, 0),
        ] {
            for (on, fee) in [("2026-11-24", before), ("2027-03-31", before), ("2027-04-01", after)] {
                let found = of_token(&test.database, occasion, day(on)).await.unwrap();
                assert_eq!(found, Yen::new(fee), "{occasion:?} {on}");
            }
        }
    }

    #[test]
    fn a_fee_holds_from_its_day_on() {
        let text = "[[token]]\nvalid_from = \"2014-04-01\"\namount = 2160\n\
                    [[token]]\nvalid_from = \"2027-04-01\"\namount = 2200\n";
        let fees = Fees::parse(text).unwrap();
        for (on, amount) in
            [("2014-03-31", 0), ("2014-04-01", 2_160), ("2027-03-31", 2_160), ("2027-04-01", 2_200)]
        {
            assert_eq!(fees.of_token(day(on)), Yen::new(amount), "{on}");
        }
        for wrong in ["", "token = []", &text.replace("2027", "2013"), &text.replace("2160", "-1")] {
            assert!(Fees::parse(wrong).is_err(), "{wrong}");
        }
    }
}
