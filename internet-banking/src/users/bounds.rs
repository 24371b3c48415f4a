//! The bank's own bounds of users, from `data/users.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// The file that is part of the program; a test reads it.
static BOUNDS: LazyLock<Bounds> = LazyLock::new(|| {
    let text = include_str!("../../data/users.toml");
    Bounds::parse(text).unwrap_or_else(|error| panic!("data/users.toml, which a test reads: {error}"))
});

/// What holds for every contract.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Users of a contract, the master among them.
    pub users_max: i64,
    /// Hours that an unfinished entry is kept.
    pub draft_h: i64,
    /// Days for which a temporary password opens a session.
    pub temporary_password_days: i64,
}

impl Bounds {
    /// The bank's.
    pub fn embedded() -> &'static Self {
        &BOUNDS
    }

    /// Reads a file; an error is what is wrong with it.
    fn parse(text: &str) -> Result<Self, String> {
        let bounds: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if !(1..=1_000).contains(&bounds.users_max) {
            Err("a contract has 1 to 1,000 users".to_owned())
        } else if !(1..=240).contains(&bounds.draft_h) {
            Err("an entry is kept for 1 to 240 hours".to_owned())
        } else if !(1..=30).contains(&bounds.temporary_password_days) {
            Err("a temporary password is good for 1 to 30 days".to_owned())
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
        assert_eq!(*Bounds::embedded(), Bounds { users_max: 99, draft_h: 24, temporary_password_days: 7 });
    }

    #[test]
    fn a_file_that_makes_no_sense_is_refused() {
        let text = include_str!("../../data/users.toml");
        for (right, wrong) in [
            ("users_max = 99", "users_max = 0"),
            ("draft_h = 24", "draft_h = 0"),
            ("days = 7", "days = 31"),
            ("draft_h", "drafts"),
        ] {
            assert!(Bounds::parse(&text.replace(right, wrong)).is_err(), "{wrong}");
        }
    }
}
