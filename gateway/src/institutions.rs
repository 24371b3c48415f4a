//! The institutions, with what two people of the bank have set of them. A version that was handed out stays as it is
//! for whoever works with it; a further one is put behind it when the database has something else.

use std::sync::OnceLock;

use collectors::directory::{SetPart, SetTerm};
use collectors::{Collector, Directory};
use database::read;
use domain::{CollectorNumber, Date};

use crate::{Gateway, StoreError};

/// What a setting of a collector is called: `collector/00200/hours`.
const PREFIX: &str = "collector/";

/// The name under which two people set a part of a collector.
pub fn setting_name(collector: &CollectorNumber, part: SetPart) -> String {
    format!("{PREFIX}{collector}/{}", part.code())
}

/// Collector and part of such a name; `None` where it is another's.
pub fn set_part(name: &str) -> Option<(CollectorNumber, SetPart)> {
    let (collector, part) = name.strip_prefix(PREFIX)?.split_once('/')?;
    Some((collector.parse().ok()?, SetPart::from_code(part)?))
}

/// All versions of the directory that this process has seen, in order.
pub(crate) struct Institutions {
    listed: Directory,
    first: Version,
}

struct Version {
    set: Vec<SetTerm>,
    directory: Directory,
    next: OnceLock<Box<Self>>,
}

impl Institutions {
    /// As they are listed.
    pub fn new(listed: Directory) -> Self {
        let first = Version { set: Vec::new(), directory: listed.clone(), next: OnceLock::new() };
        Self { listed, first }
    }

    /// As this process has seen them last.
    pub fn latest(&self) -> &Directory {
        &self.last().directory
    }

    fn last(&self) -> &Version {
        let mut version = &self.first;
        while let Some(next) = version.next.get() {
            version = next;
        }
        version
    }

    /// With this set of them.
    fn with(&self, set: &[SetTerm]) -> &Directory {
        loop {
            let last = self.last();
            if last.set == set {
                return &last.directory;
            }
            let directory = self.listed.with(set);
            let next = Version { set: set.to_vec(), directory, next: OnceLock::new() };
            // where another task was faster, what it put is looked at
            if last.next.set(Box::new(next)).is_ok() {
                tracing::info!(terms = set.len(), "what is set of collectors has changed");
            }
        }
    }
}

impl Gateway {
    /// The institutions with what is set of them at this moment: for every decision, and once a second for everything
    /// that is shown.
    pub async fn refresh_directory(&self) -> Result<&Directory, StoreError> {
        let rows: Vec<(String, String, String)> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT name, from_day, value FROM dated_setting WHERE name LIKE 'collector/%'
                 ORDER BY from_day, at_us, name",
            )
            .fetch_all(c)
            .await
        })?;
        // what two people approved was read, and one that a later program cannot read is none
        let term = |(name, from, value): (String, String, String)| {
            let ((collector, part), from) = (set_part(&name)?, from.parse::<Date>().ok()?);
            part.read(&value).ok().map(|value| SetTerm { collector, part, from, value })
        };
        let set: Vec<_> = rows.into_iter().filter_map(term).collect();
        Ok(self.0.directory.with(&set))
    }

    /// One institution at this moment.
    pub(crate) async fn refreshed(
        &self,
        collector: &CollectorNumber,
    ) -> Result<Option<&Collector>, StoreError> {
        let today = self.now().date();
        Ok(self.refresh_directory().await?.on(today).get(collector))
    }
}
