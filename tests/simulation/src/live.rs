//! The same chance for a real process: what a seed makes go wrong there, in the words of the mock collectors' controls.
//!
//! Rates and generator are those of the simulated world. What a real process does in between is its own, so the same
//! seed gives the same faults, and not the same run.

use crate::network::Weather;
use crate::random::Random;

/// Payments of one gust.
const PAYMENTS: (i64, i64) = (8, 40);
/// How answers are spoiled, as in the simulated world: HTTP errors, lost ends, bytes that do not count.
const SPOILED: [&str; 9] =
    ["error500_after", "half", "truncate", "garbage", "charset", "doctype", "empty", "unsigned", "wrong_key"];
/// How ways are broken: connections are refused, requests vanish, answers vanish.
const BROKEN: [&str; 3] = ["reset_before", "lose", "drop"];
/// In a thousand requests: a collector that is not open, and one whose program refuses.
const CLOSED: u64 = 10;
const REFUSED: u64 = 30;

/// All that a seed makes go wrong, gust by gust, without end.
pub struct Storm {
    random: Random,
    collectors: usize,
}

/// The weather for some payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gust {
    /// Payments that are begun in it.
    pub payments: u64,
    /// What the mocks draw their chaos from.
    pub seed: u64,
    /// In a thousand requests so many go wrong in this way: `PUT /control/chaos`.
    pub per_mille: Vec<(&'static str, u64)>,
    /// The longest that an answer is late.
    pub delay_ms_max: u64,
    /// Ways that are broken for some requests: `POST /control/{number}/faults`.
    pub breaks: Vec<BrokenWay>,
}

/// A way to a collector that is broken for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenWay {
    /// The collector's place in the caller's list.
    pub collector: usize,
    /// How.
    pub mode: &'static str,
    /// Requests in a row.
    pub times: u64,
}

/// What one payer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payer {
    /// The collector's place in the caller's list.
    pub collector: usize,
    /// In yen.
    pub amount: i64,
    /// How often the button is pressed at once.
    pub clicks: u64,
    /// Milliseconds before the first try.
    pub thinks_ms: u64,
}

impl Storm {
    /// What a seed makes go wrong at so many collectors.
    pub fn new(seed: u64, collectors: usize) -> Self {
        Self { random: Random::new(seed), collectors }
    }

    /// The weather that comes next.
    pub fn gust(&mut self) -> Gust {
        let fair = self.random.one_in(4);
        let weather = if fair { Weather::FAIR } else { Weather::STORM };
        let payments = self.random.between(PAYMENTS.0, PAYMENTS.1).unsigned_abs();
        let breaks = if fair { 0 } else { self.random.below(3) };
        Gust {
            payments,
            seed: self.random.below(1 << 53),
            per_mille: per_mille(weather),
            delay_ms_max: self.random.below(400),
            breaks: (0..breaks).map(|_| self.broken_way()).collect(),
        }
    }

    fn broken_way(&mut self) -> BrokenWay {
        let collector = self.random.index(self.collectors);
        let mode = *self.random.pick(&BROKEN);
        BrokenWay { collector, mode, times: 1 + self.random.below(12) }
    }

    /// The payer who comes next.
    pub fn payer(&mut self) -> Payer {
        let clicks = match self.random.below(20) {
            0 | 1 => 2,
            2 => 3,
            _ => 1,
        };
        Payer {
            collector: self.random.index(self.collectors),
            amount: self.random.between(100, 9_000),
            clicks,
            thinks_ms: self.random.below(200),
        }
    }
}

/// A lost request is either way of losing one, and so for answers; a doubled one is an answer that comes twice.
fn per_mille(weather: Weather) -> Vec<(&'static str, u64)> {
    let mut ways = vec![
        ("lose", weather.lost / 2),
        ("reset_before", weather.lost / 2 + weather.unsent),
        ("drop", weather.lost / 2),
        ("reset_after", weather.lost / 2),
        ("twice", weather.copied),
        ("hold", weather.slow),
        ("error500", weather.spoiled / 8),
        ("closed", CLOSED),
        ("refuse", REFUSED),
    ];
    let each = u64::try_from(SPOILED.len()).map_or(0, |ways| weather.spoiled.div_ceil(ways));
    ways.extend(SPOILED.map(|way| (way, each)));
    ways.retain(|(_, part)| *part > 0);
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_storm() {
        let drawn = |seed| {
            let mut storm = Storm::new(seed, 6);
            let gusts: Vec<_> = (0..20).map(|_| (storm.gust(), storm.payer())).collect();
            gusts
        };
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
    }

    #[test]
    fn no_weather_is_more_than_the_whole() {
        for weather in [Weather::STORM, Weather::FAIR] {
            let total: u64 = per_mille(weather).iter().map(|(_, part)| part).sum();
            assert!(total <= 1_000, "{total}");
        }
        assert!(per_mille(Weather::STORM).iter().map(|(_, part)| part).sum::<u64>() > 500);
    }
}
