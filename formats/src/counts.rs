//! 件数: how many items one transmission may have (R113, R114, R116), as data.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The file that is part of the program; a test reads it.
static COUNTS: LazyLock<Counts> = LazyLock::new(|| {
    let text = include_str!("../data/counts.toml");
    Counts::parse(text).unwrap_or_else(|error| panic!("data/counts.toml, which a test reads: {error}"))
});

/// A business whose data are sent in bulk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Business {
    /// 総合振込.
    Transfers,
    /// 給与・賞与振込.
    Payroll,
    /// 口座振替.
    Debits,
    /// 地方税納付.
    LocalTax,
}

impl Business {
    /// Every one.
    pub const ALL: &[Self] = &[Self::Transfers, Self::Payroll, Self::Debits, Self::LocalTax];

    /// The word on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Transfers => "総合振込",
            Self::Payroll => "給与・賞与振込",
            Self::Debits => "口座振替",
            Self::LocalTax => "地方税納付",
        }
    }
}

/// How data reach the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// On the pages of Webプラン.
    Web,
    /// On the pages of タイプⅡ.
    Type2,
    /// 一般ファイル伝送.
    File,
}

impl Route {
    /// Every one.
    pub const ALL: &[Self] = &[Self::Web, Self::Type2, Self::File];

    /// Names it in a command.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Type2 => "type2",
            Self::File => "file",
        }
    }

    /// The words on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Web => "Webプランの画面",
            Self::Type2 => "タイプⅡの画面",
            Self::File => "一般ファイル伝送",
        }
    }
}

/// How many items each business may send by each route.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<Route, BTreeMap<Business, usize>>);

impl Counts {
    /// Those that are part of the program.
    pub fn embedded() -> &'static Self {
        &COUNTS
    }

    /// Reads a table a route, with the count of each business.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// How many items a transmission may have; nothing where the business is not sent that way.
    pub fn most(&self, route: Route, business: Business) -> Option<usize> {
        self.0.get(&route)?.get(&business).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves R113.
    /// Proves R114.
    /// Proves R116.
    #[test]
    fn a_transmission_may_have_as_many_items_as_its_plan_says() {
        let most = |route, business| Counts::embedded().most(route, business);
        use Business::{Debits, LocalTax, Payroll, Transfers};
        for (business, web, type2, file) in [
            (Transfers, Some(200), Some(5_000), Some(50_000)),
            (Payroll, Some(200), Some(5_000), Some(50_000)),
            (Debits, None, Some(5_000), Some(50_000)),
            (LocalTax, Some(200), Some(500), Some(10_000)),
        ] {
            let found = [Route::Web, Route::Type2, Route::File].map(|route| most(route, business));
            assert_eq!(found, [web, type2, file], "{}", business.label());
        }
    }

    #[test]
    fn a_route_or_a_business_that_is_not_known_is_refused() {
        assert!(Counts::parse("[fax]\ntransfers = 1").is_err());
        assert!(Counts::parse("[web]\nletters = 1").is_err());
        assert!(Counts::parse("[web]\ntransfers = -1").is_err());
    }
}
