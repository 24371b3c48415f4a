//! What of the items is asked for.

use std::fmt::Write as _;

use chrono::{Days, Months};
use domain::{Date, Timestamp, UserId};
use edge::Errors;
use serde::Deserialize;
use uuid::Uuid;

use super::item::Group;
use crate::contracts::Business;
use crate::links::Link;
use crate::period;

/// Days that the page begins with, today among them.
const DAYS_SHOWN: u64 = 100;
/// Months that can be looked back at.
const MONTHS_MAX: u32 = 13;
/// Items a page.
pub const PAGE_ITEMS: u32 = 50;

/// What the address asks for, as it was typed. Anything strange but a day asks for everything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub from: String,
    pub until: String,
    pub business: String,
    pub state: String,
    pub user: String,
    /// The last item of the page before.
    pub older: String,
}

/// The same, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Search {
    /// One business alone.
    pub business: Option<Business>,
    /// One group of states alone.
    pub group: Option<Group>,
    /// One person's alone.
    pub user: Option<UserId>,
    /// The days on which the bank took it.
    pub days: (Date, Date),
    /// Behind this place.
    pub before: Option<(Timestamp, Uuid)>,
    /// At most this many.
    pub limit: u32,
}

impl Search {
    pub(super) fn read(typed: &Typed, today: Date) -> Result<Self, Errors> {
        let first = |until: Date| until.checked_sub_days(Days::new(DAYS_SHOWN - 1)).unwrap_or(until);
        let earliest = today.checked_sub_months(Months::new(MONTHS_MAX)).unwrap_or(today);
        Ok(Self {
            business: Business::from_code(&typed.business),
            group: Group::from_code(&typed.state),
            user: typed.user.parse().ok(),
            days: period::days((&typed.from, &typed.until), today, first, earliest)?,
            before: place(&typed.older),
            // one more shows whether a page follows
            limit: PAGE_ITEMS + 1,
        })
    }

    /// All that is in a group of states, whatever its business and whoever's it is.
    pub(super) fn of_group(group: Group, today: Date) -> Self {
        let first = today.checked_sub_months(Months::new(MONTHS_MAX)).unwrap_or(today);
        Self {
            business: None,
            group: Some(group),
            user: None,
            days: (first, today),
            before: None,
            limit: PAGE_ITEMS + 1,
        }
    }

    /// From the first instant that counts until before the last.
    pub fn instants(&self) -> (Timestamp, Timestamp) {
        period::instants(self.days)
    }

    /// The address of the page behind a place.
    pub(super) fn behind(&self, (at, id): (Timestamp, Uuid)) -> String {
        let mut address = format!("{}?from={}&until={}", Link::Activity, self.days.0, self.days.1);
        for (name, value) in [
            ("business", self.business.map(|one| one.code().to_owned())),
            ("state", self.group.map(|one| one.code().to_owned())),
            ("user", self.user.map(|one| one.to_string())),
            ("older", Some(format!("{}.{id}", at.micros()))),
        ] {
            if let Some(value) = value {
                let _ = write!(address, "&{name}={value}");
            }
        }
        address
    }
}

fn place(typed: &str) -> Option<(Timestamp, Uuid)> {
    let (at, id) = typed.split_once('.')?;
    Some((Timestamp::from_micros(at.parse().ok()?), id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_asks_for_the_same_behind_a_place() {
        let today: Date = "2026-11-24".parse().unwrap();
        let user = UserId::generate();
        let typed = Typed {
            business: "transfer".to_owned(),
            state: "open".to_owned(),
            user: user.to_string(),
            ..Typed::default()
        };
        let search = Search::read(&typed, today).unwrap();
        assert_eq!(search.days, ("2026-08-17".parse().unwrap(), today));
        let place = (Timestamp::from_micros(5), Uuid::from_u128(7));
        let address = search.behind(place);
        let (path, query) = address.split_once('?').unwrap();
        let value = |name: &str| {
            let part = query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
            part.unwrap_or_default().to_owned()
        };
        assert_eq!(path, "/activity");
        let next = Typed {
            from: value("from"),
            until: value("until"),
            business: value("business"),
            state: value("state"),
            user: value("user"),
            older: value("older"),
        };
        assert_eq!(Search::read(&next, today), Ok(Search { before: Some(place), ..search }));
        let strange = Typed { business: "x".to_owned(), older: "5".to_owned(), ..Typed::default() };
        let all = Search::read(&strange, today).unwrap();
        assert_eq!((all.business, all.before), (None, None));
    }
}
