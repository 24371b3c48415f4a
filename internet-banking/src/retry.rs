//! Tries of what leaves the house: how long one is claimed for, and when the next one comes.

use database::{Tx, dialect};

/// How long a claim lasts: longer than a try.
pub const CLAIM_US: i64 = 60_000_000;
/// The pause after the first failure; each later one is twice as long.
const PAUSE_FIRST_US: i64 = 5_000_000;
/// The longest pause.
const PAUSE_MAX_US: i64 = 15 * 60_000_000;
/// Tries after which it is given up: about two days.
pub const TRIES_MAX: i64 = 200;
/// Characters of a failure that are kept.
const ERROR_CHARS_MAX: usize = 200;

/// The pause after so many failures.
fn pause_us(tries: i64) -> i64 {
    let doublings = u32::try_from(tries.clamp(1, 16) - 1).unwrap_or(0);
    PAUSE_FIRST_US.saturating_mul(1 << doublings).min(PAUSE_MAX_US)
}

/// When the next try comes after so many failures, by the database server's clock.
pub async fn next_us(tx: &mut Tx, tries: i64) -> Result<i64, sqlx::Error> {
    Ok(dialect::server_now_us(tx).await?.saturating_add(pause_us(tries)))
}

/// As much of a failure as is kept.
pub fn shortened(error: &str) -> String {
    error.chars().take(ERROR_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_bound() {
        let seconds: Vec<_> = [1, 2, 3, 8, 9, 200, i64::MAX].map(|t| pause_us(t) / 1_000_000).into();
        assert_eq!(seconds, [5, 10, 20, 640, 900, 900, 900]);
    }
}
