//! ご利用時間: when customers can sign in, when a service works, when it ends and begins again (R110 to R112). Pure: an
//! instant of business time in, an answer out. The hours themselves are `data/hours.toml`.

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use domain::Timestamp;
use domain::hours::Hours;
use serde::Deserialize;

/// How often opening times are compared until both are open at the same time.
const TRIES_MAX: usize = 400;

/// The file that is part of the program; a test reads it.
static HOURS: LazyLock<ServiceHours> = LazyLock::new(|| {
    let text = include_str!("../../data/hours.toml");
    ServiceHours::parse(text).unwrap_or_else(|error| panic!("data/hours.toml, which a test reads: {error}"))
});

/// What has hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Signing in, and with it every page behind it.
    SignIn,
    /// 外国送金 and 輸入信用状.
    Foreign,
}

/// Whether a service works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does, until this instant; without an end where it never closes.
    Open {
        /// The first instant at which it does not.
        until: Option<Timestamp>,
    },
    /// It does not, before this instant; without one where it never opens again.
    Closed {
        /// The first instant at which it does.
        opens: Option<Timestamp>,
    },
}

/// The hours of all services.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceHours {
    sign_in: Hours,
    foreign: Hours,
}

impl ServiceHours {
    /// The bank's.
    pub fn embedded() -> Self {
        HOURS.clone()
    }

    /// Of a bank that never closes.
    pub fn always() -> Self {
        Self { sign_in: Hours::always(), foreign: Hours::always() }
    }

    /// Reads a file; an error is what is wrong with it.
    fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// What has to be open at the same time.
    const fn all_of(&self, service: Service) -> [&Hours; 2] {
        match service {
            Service::SignIn => [&self.sign_in, &self.sign_in],
            Service::Foreign => [&self.sign_in, &self.foreign],
        }
    }

    /// Whether a service works at an instant, and until or from when.
    pub fn standing(&self, service: Service, at: Timestamp) -> Standing {
        let all = self.all_of(service);
        if all.iter().all(|hours| hours.is_open(at)) {
            Standing::Open { until: all.iter().filter_map(|hours| hours.next_closing(at)).min() }
        } else {
            Standing::Closed { opens: opening(all, at) }
        }
    }

    /// When a session that began at this instant ends at the latest: with the hours; nothing where they have no end.
    pub fn session_end(&self, signed_in_at: Timestamp) -> Option<Timestamp> {
        match self.standing(Service::SignIn, signed_in_at) {
            Standing::Open { until } => until,
            Standing::Closed { .. } => Some(signed_in_at),
        }
    }

    /// The hours of signing in for people: `毎日 8:00〜21:00(12月31日〜1月3日・5月3日〜5月5日は休止)`.
    pub fn words(&self, at: Timestamp) -> String {
        self.sign_in.text(at.date())
    }
}

/// The first instant from `at` on at which all are open.
fn opening(all: [&Hours; 2], at: Timestamp) -> Option<Timestamp> {
    let mut at = at;
    for _ in 0..TRIES_MAX {
        let openings: Option<Vec<_>> = all.iter().map(|hours| hours.next_opening(at)).collect();
        let last = openings?.into_iter().max()?;
        if all.iter().all(|hours| hours.is_open(last)) {
            return Some(last);
        }
        at = last;
    }
    None
}
