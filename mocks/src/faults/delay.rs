//! Delays, fixed or drawn.

use serde::{Deserialize, Serialize};

/// Longest delay that can be set.
pub const DELAY_MS_MAX: u32 = 600_000;

/// Thousandths of the mean at the middles of 64 equal parts of the exponential distribution: −ln(1−(i+½)/64).
/// Their mean is 0.995 of the distribution's; nothing is longer than 4.852 means.
const EXPONENTIAL: [u32; 64] = [
    8, 24, 40, 56, 73, 90, 107, 125, 143, 161, 179, 198, 217, 237, 257, 277, 298, 319, 341, 363, 386, 409,
    433, 458, 483, 508, 535, 562, 589, 618, 647, 678, 709, 741, 774, 809, 845, 882, 920, 960, 1002, 1045,
    1091, 1138, 1188, 1241, 1297, 1356, 1418, 1485, 1556, 1633, 1717, 1808, 1908, 2019, 2144, 2287, 2454,
    2655, 2906, 3243, 3753, 4852,
];

/// How long an answer waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Delay {
    /// Always the same.
    Fixed {
        /// The time.
        ms: u32,
    },
    /// Every millisecond from the first to the last is as likely.
    Uniform {
        /// The least.
        from_ms: u32,
        /// The most.
        to_ms: u32,
    },
    /// Mostly short, sometimes long.
    Exponential {
        /// The mean before the longest are cut.
        mean_ms: u32,
        /// The most.
        #[serde(default = "longest")]
        max_ms: u32,
    },
}

const fn longest() -> u32 {
    DELAY_MS_MAX
}

impl Delay {
    /// Whether it can be set.
    pub fn is_bounded(self) -> bool {
        match self {
            Self::Fixed { ms } => ms <= DELAY_MS_MAX,
            Self::Uniform { from_ms, to_ms } => from_ms <= to_ms && to_ms <= DELAY_MS_MAX,
            Self::Exponential { mean_ms, max_ms } => mean_ms <= DELAY_MS_MAX && max_ms <= DELAY_MS_MAX,
        }
    }

    /// The milliseconds for a draw.
    pub fn drawn(self, drawn: u64) -> u32 {
        let below = |bound: u64| u32::try_from(drawn % bound).unwrap_or_default();
        match self {
            Self::Fixed { ms } => ms,
            Self::Uniform { from_ms, to_ms } => {
                let width = u64::from(to_ms.saturating_sub(from_ms)) + 1;
                from_ms.saturating_add(below(width))
            }
            Self::Exponential { mean_ms, max_ms } => {
                let part = usize::try_from(below(64)).unwrap_or_default();
                let ms = u64::from(mean_ms) * u64::from(EXPONENTIAL[part]) / 1_000;
                u32::try_from(ms).unwrap_or(u32::MAX).min(max_ms)
            }
        }
    }

    /// In words, for the pages.
    pub fn text(self) -> String {
        match self {
            Self::Fixed { ms } => format!("遅延 {ms} ミリ秒"),
            Self::Uniform { from_ms, to_ms } => format!("遅延 {from_ms}〜{to_ms} ミリ秒"),
            Self::Exponential { mean_ms, max_ms } => {
                format!("遅延 平均 {mean_ms} ミリ秒(指数分布、{max_ms} ミリ秒まで)")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_rises_and_its_mean_is_the_mean() {
        assert!(EXPONENTIAL.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(EXPONENTIAL.iter().sum::<u32>() / 64, 994);
    }

    #[test]
    fn draws_stay_within_their_bounds_and_reach_them() {
        let uniform = Delay::Uniform { from_ms: 10, to_ms: 13 };
        let mut seen: Vec<u32> = (0..64).map(|drawn| uniform.drawn(drawn)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [10, 11, 12, 13]);
        let exponential = Delay::Exponential { mean_ms: 1_000, max_ms: 4_000 };
        let drawn: Vec<u32> = (0..64).map(|drawn| exponential.drawn(drawn)).collect();
        assert_eq!((drawn[0], drawn[40], drawn[63]), (8, 1_002, 4_000));
        assert_eq!(Delay::Uniform { from_ms: 5, to_ms: 5 }.drawn(u64::MAX), 5);
        assert_eq!(Delay::Fixed { ms: 7 }.drawn(u64::MAX), 7);
    }

    #[test]
    fn the_bounds_are_checked() {
        assert!(Delay::Fixed { ms: DELAY_MS_MAX }.is_bounded());
        assert!(!Delay::Fixed { ms: DELAY_MS_MAX + 1 }.is_bounded());
        assert!(!Delay::Uniform { from_ms: 2, to_ms: 1 }.is_bounded());
        assert!(!Delay::Uniform { from_ms: 0, to_ms: DELAY_MS_MAX + 1 }.is_bounded());
        assert!(!Delay::Exponential { mean_ms: DELAY_MS_MAX + 1, max_ms: 1 }.is_bounded());
    }
}
