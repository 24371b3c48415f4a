//! The bank's bounds of client certificates, from `data/certificates.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// The file that is part of the program; a test reads it.
static BOUNDS: LazyLock<Bounds> = LazyLock::new(|| {
    let text = include_str!("../../data/certificates.toml");
    Bounds::parse(text).unwrap_or_else(|error| panic!("data/certificates.toml, which a test reads: {error}"))
});

/// How many certificates, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Users of a contract who may have one (R44, C1).
    pub certificates_max: i64,
    /// How long one is good (R39).
    pub validity_years: u32,
    /// Days before the end from which it may be renewed (R40, C5).
    pub renewal_days: i64,
    /// Days before the end on which its user is told, the first notice first.
    pub notice_days: Vec<i64>,
    /// Hours after the issue of a master's certificate in place of a lost one in which that master moves no money
    /// (SEC-05).
    pub cooling_off_hours: i64,
}

impl Bounds {
    /// The bank's.
    pub fn embedded() -> &'static Self {
        &BOUNDS
    }

    /// Reads a file; an error is what is wrong with it.
    fn parse(text: &str) -> Result<Self, String> {
        let bounds: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let fall = bounds.notice_days.windows(2).all(|pair| pair[0] > pair[1]);
        if !(1..=1_000).contains(&bounds.certificates_max) {
            Err("a contract has 1 to 1,000 certificates".to_owned())
        } else if !(1..=5).contains(&bounds.validity_years) {
            Err("a certificate is good for 1 to 5 years".to_owned())
        } else if !(1..=180).contains(&bounds.renewal_days) {
            Err("a certificate may be renewed 1 to 180 days before its end".to_owned())
        } else if !fall || bounds.notice_days.iter().any(|day| !(1..=bounds.renewal_days).contains(day)) {
            Err("the days of the notices fall, and begin when the certificate may be renewed".to_owned())
        } else if !(0..=168).contains(&bounds.cooling_off_hours) {
            Err("a new certificate waits for a week at most".to_owned())
        } else {
            Ok(bounds)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_has_ninety_nine_certificates() {
        let bounds = Bounds::embedded();
        assert_eq!((bounds.certificates_max, bounds.validity_years, bounds.renewal_days), (99, 1, 30));
        assert_eq!(bounds.notice_days, [30, 14, 7, 1]);
        assert_eq!(bounds.cooling_off_hours, 24);
    }

    #[test]
    fn a_file_that_makes_no_sense_is_refused() {
        let text = include_str!("../../data/certificates.toml");
        for (right, wrong) in [
            ("certificates_max = 99", "certificates_max = 0"),
            ("validity_years = 1", "validity_years = 0"),
            ("renewal_days = 30", "renewal_days = 0"),
            ("[30, 14, 7, 1]", "[31, 14, 7, 1]"),
            ("[30, 14, 7, 1]", "[14, 30]"),
            ("cooling_off_hours = 24", "cooling_off_hours = -1"),
            ("certificates_max", "certificate_max"),
        ] {
            assert!(Bounds::parse(&text.replace(right, wrong)).is_err(), "{wrong}");
        }
    }
}
