//! The bank's own bounds of approvals, from `data/approvals.toml`.

use std::sync::LazyLock;

use domain::Timestamp;
use serde::Deserialize;

/// The file that is part of the program; a test reads it.
static BOUNDS: LazyLock<Bounds> = LazyLock::new(|| {
    let text = include_str!("../../data/approvals.toml");
    Bounds::parse(text).unwrap_or_else(|error| panic!("data/approvals.toml, which a test reads: {error}"))
});

/// Requests that a list shows at most.
pub const LISTED_MAX: u16 = 200;

/// Whether a list may have left some out.
pub fn is_full<T>(listed: &[T]) -> bool {
    listed.len() >= usize::from(LISTED_MAX)
}

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
    /// Minutes before its end at which they are reminded once more.
    pub remind_last_min: i64,
}

impl Bounds {
    /// The bank's.
    pub fn embedded() -> &'static Self {
        &BOUNDS
    }

    /// When the approvers of what ends `until` an instant are reminded next; not any more where its last hour has come.
    pub fn reminds_at(&self, until: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let before = [self.remind_h.saturating_mul(3_600), self.remind_last_min.saturating_mul(60)];
        before.into_iter().map(|seconds| until.plus_seconds(-seconds)).find(|at| *at > now)
    }

    /// Reads a file; an error is what is wrong with it.
    fn parse(text: &str) -> Result<Self, String> {
        let bounds: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        match (1..=366).contains(&bounds.draft_days)
            && (1..=366).contains(&bounds.wait_days)
            && (1..=240).contains(&bounds.remind_h)
            && (1..=240).contains(&bounds.tied_h)
            && (1..=366).contains(&bounds.single_administrator_days)
            && (1..60 * bounds.remind_h).contains(&bounds.remind_last_min)
        {
            true => Ok(bounds),
            false => Err("days are 1 to 366, hours 1 to 240, and minutes less than those hours".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_kept_for_seventy_days() {
        let bounds = Bounds {
            draft_days: 70,
            wait_days: 30,
            remind_h: 24,
            remind_last_min: 60,
            tied_h: 24,
            single_administrator_days: 30,
        };
        assert_eq!(*Bounds::embedded(), bounds);
        let text = include_str!("../../data/approvals.toml");
        for (right, wrong) in [
            ("= 70", "= 0"),
            ("wait_days = 30", "wait_days = 0"),
            ("remind_h = 24", "remind_h = 0"),
            ("last_min = 60", "last_min = 1440"),
            ("tied_h = 24", "tied_h = 0"),
            ("administrator_days = 30", "administrator_days = 367"),
        ] {
            assert!(Bounds::parse(&text.replace(right, wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn approvers_are_reminded_on_the_eve_and_in_time_before_the_cut_off() {
        let at = |text: &str| Timestamp::parse_rfc3339(&format!("{text}:00+09:00")).unwrap();
        let until = at("2026-11-25T15:00");
        for (now, next) in [
            ("2026-11-20T10:00", Some("2026-11-24T15:00")),
            ("2026-11-24T14:59", Some("2026-11-24T15:00")),
            ("2026-11-24T15:00", Some("2026-11-25T14:00")),
            ("2026-11-25T13:59", Some("2026-11-25T14:00")),
            ("2026-11-25T14:00", None),
        ] {
            assert_eq!(Bounds::embedded().reminds_at(until, at(now)), next.map(at), "{now}");
        }
    }
}
