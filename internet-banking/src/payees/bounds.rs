//! The bank's own bounds of payees, from `data/payees.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::counters::NameCheckLimits;

/// The file that is part of the program; a test reads it.
static BOUNDS: LazyLock<Bounds> = LazyLock::new(|| {
    let text = include_str!("../../data/payees.toml");
    Bounds::parse(text).unwrap_or_else(|error| panic!("data/payees.toml, which a test reads: {error}"))
});

/// What holds for every contract.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Payees of each list of a contract, those filed on paper aside.
    pub payees_max: usize,
    /// Bytes of a file that is read.
    pub file_bytes_max: usize,
    /// Hours that a file waits to be confirmed.
    pub import_h: i64,
    /// What may be asked about accounts' holders in a row.
    pub name_check: NameCheckLimits,
}

impl Bounds {
    /// The bank's.
    pub fn embedded() -> &'static Self {
        &BOUNDS
    }

    /// Reads a file; an error is what is wrong with it.
    fn parse(text: &str) -> Result<Self, String> {
        let bounds: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if !(1..=10_000).contains(&bounds.payees_max) {
            Err("a contract has 1 to 10,000 payees".to_owned())
        } else if !(1_000..=10_000_000).contains(&bounds.file_bytes_max) {
            Err("a file has 1,000 to 10,000,000 bytes".to_owned())
        } else if !(1..=24).contains(&bounds.import_h) {
            Err("a file waits for 1 to 24 hours".to_owned())
        } else if !bounds.name_check.makes_sense() {
            Err("a check is locked after 1 to 1,000 of a user, and no earlier for a contract".to_owned())
        } else {
            Ok(bounds)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_makes_no_sense_is_refused() {
        let text = include_str!("../../data/payees.toml");
        assert_eq!(Bounds::parse(text).as_ref(), Ok(Bounds::embedded()));
        for (right, wrong) in [
            ("payees_max = 5000", "payees_max = 0"),
            ("file_bytes_max = 2_000_000", "file_bytes_max = 1"),
            ("import_h = 2", "import_h = 0"),
            ("\nmissing_max = 5", "\nmissing_max = 0"),
            ("contract_shown_max = 30", "contract_shown_max = 9"),
        ] {
            assert!(Bounds::parse(&text.replace(right, wrong)).is_err(), "{wrong}");
        }
    }
}
