//! What holds for every contract, from `data/contracts.toml`.

use std::sync::LazyLock;

use domain::{Date, Yen};
use serde::Deserialize;

use super::{Plan, SignInMethod};

/// The file that is part of the program; a test reads it.
static TERMS: LazyLock<Terms> = LazyLock::new(|| {
    let text = include_str!("../../data/contracts.toml");
    Terms::parse(text).unwrap_or_else(|error| panic!("data/contracts.toml, which a test reads: {error}"))
});

/// The terms.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    certificate_since: Date,
    set_up_days: u16,
    transfer_limit: ByPlan,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByPlan {
    web: LimitTerms,
    type2: LimitTerms,
    mini: LimitTerms,
}

/// 1日の限度額 of transfers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitTerms {
    /// What a contract begins with.
    pub standard: Yen,
    /// The most that the branch may set.
    pub max: Yen,
}

impl Terms {
    /// The bank's.
    pub fn embedded() -> &'static Self {
        &TERMS
    }

    /// Reads a file; an error is what is wrong with it.
    fn parse(text: &str) -> Result<Self, String> {
        let terms: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let limits = &terms.transfer_limit;
        let makes_sense = |limit: &LimitTerms| Yen::ZERO <= limit.standard && limit.standard <= limit.max;
        match [limits.web, limits.type2, limits.mini].iter().all(makes_sense) {
            true => Ok(terms),
            false => Err("a standard is nothing or more, and at most the most".to_owned()),
        }
    }

    /// The limit of transfers under a plan.
    pub const fn transfer_limit(&self, plan: Plan) -> LimitTerms {
        match plan {
            Plan::Web => self.transfer_limit.web,
            Plan::Type2 => self.transfer_limit.type2,
            Plan::Mini => self.transfer_limit.mini,
        }
    }

    /// The last day of a 初期設定番号 that is printed on a day, of a contract that may be used from another one on.
    pub fn set_up_until(&self, printed_on: Date, usable_from: Option<Date>) -> Date {
        let from = usable_from.map_or(printed_on, |day| day.max(printed_on));
        from.iter_days().nth(usize::from(self.set_up_days)).unwrap_or(from)
    }

    /// How a contract that is applied for on a day signs in, where its application says nothing else (R25).
    pub fn sign_in(&self, applied_on: Date) -> SignInMethod {
        if applied_on >= self.certificate_since { SignInMethod::Certificate } else { SignInMethod::Password }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves R96, R97.
    #[test]
    fn limits_of_transfers_are_those_of_the_plans() {
        let limit = |plan| Terms::embedded().transfer_limit(plan);
        for plan in [Plan::Web, Plan::Mini] {
            assert_eq!(
                limit(plan),
                LimitTerms { standard: Yen::new(10_000_000), max: Yen::new(1_000_000_000) }
            );
        }
        let type2 = limit(Plan::Type2);
        assert_eq!(type2.standard, Yen::new(100_000_000));
        assert!(type2.max < Yen::new(10_000_000_000), "less than it");
        assert_eq!(type2.max, Yen::new(9_999_999_999));
    }

    /// Proves R25.
    #[test]
    fn whoever_applies_since_march_2012_signs_in_by_certificate() {
        let of = |day: &str| Terms::embedded().sign_in(day.parse().unwrap());
        assert_eq!(of("2012-03-18"), SignInMethod::Password);
        assert_eq!(of("2012-03-19"), SignInMethod::Certificate);
        assert_eq!(of("2026-11-24"), SignInMethod::Certificate);
    }

    #[test]
    fn a_file_that_makes_no_sense_is_refused() {
        let text = include_str!("../../data/contracts.toml");
        for (right, wrong) in [("standard = 10_000_000", "standard = -1"), ("max = 9_999_999_999", "max = 1")]
        {
            assert!(Terms::parse(&text.replace(right, wrong)).is_err(), "{wrong}");
        }
    }
}
