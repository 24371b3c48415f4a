//! The bank's own bounds of approvals, from `data/approvals.toml`.

use std::sync::LazyLock;

use domain::Timestamp;
use serde::Deserialize;

/// The file that is part of the program; a test reads it.
static BOUNDS: LazyLock<Bounds> = LazyLock::new(|| {
    let text = include_str!("../../data/approvals.toml");
    Bounds::parse(text).unwrap_or_else(|error| panic!("data/approvals.toml, which a test reads: {error}"))
});

/// What holds for every contract.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Days that a request is kept with its author.
    pub draft_days: i64,
    /// Days that one waits for approvers.
    pub wait_days: i64,
    /// Hours before its end at which approvers are reminded.
    pub remind_h: i64,
    /// Hours for which whoever gave somebody access and that person count as one where others must approve.
    pub tied_h: i64,
    /// Days for which a paper lets one administrator change things alone.
    pub single_administrator_days: i64,
}

impl Bounds {
    /// The bank's.
    pub fn embedded() -> &'static Self {
        &BOUNDS
    }

    /// When the approvers of a request that ends then are reminded.
    pub fn remind_at(&self, until: Timestamp) -> Timestamp {
        until.plus_seconds(self.remind_h.saturating_mul(-3_600))
    }

    /// Reads a file; an error is what is wrong with it.
    fn parse(text: &str) -> Result<Self, String> {
        let bounds: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        match (1..=366).contains(&bounds.draft_days)
            && (1..=366).contains(&bounds.wait_days)
            && (1..=240).contains(&bounds.remind_h)
            && (1..=240).contains(&bounds.tied_h)
            && (1..=366).contains(&bounds.single_administrator_days)
        {
            true => Ok(bounds),
            false => Err("days are 1 to 366, hours 1 to 240".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_kept_for_seventy_days() {
        let bounds =
            Bounds { draft_days: 70, wait_days: 30, remind_h: 24, tied_h: 24, single_administrator_days: 30 };
        assert_eq!(*Bounds::embedded(), bounds);
        let text = include_str!("../../data/approvals.toml");
        for (right, wrong) in [
            ("= 70", "= 0"),
            ("wait_days = 30", "wait_days = 0"),
            ("remind_h = 24", "remind_h = 0"),
            ("tied_h = 24", "tied_h = 0"),
            ("administrator_days = 30", "administrator_days = 367"),
        ] {
            assert!(Bounds::parse(&text.replace(right, wrong)).is_err(), "{wrong}");
        }
    }
}
