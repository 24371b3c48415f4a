//! Failure injection from a seed: clearings and their repeats, lost answers, copies at once, in any order, with the
//! collector restarted in between where that can be done. What has to be true at the end is always the same: every
//! key has one answer, and the books have every payment once.

use serde::Deserialize;

use crate::draws::Draws;

/// Requests that are under way at the same time at most.
const AT_ONCE_MAX: usize = 6;
/// Copies of a payment's messages at most, the first one included.
const COPIES_MAX: usize = 5;
/// The longest time between the last byte of a request and the cut of its connection.
const CUT_MS_MAX: usize = 20;

/// What a storm is made of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storm {
    /// The name of a day that nothing else has used; one of its own where it is left out.
    #[serde(default)]
    pub day: Option<String>,
    /// So many bills are paid.
    pub payments: usize,
    /// The collector is restarted so often.
    #[serde(default)]
    pub restarts: usize,
    /// Answers are lost.
    #[serde(default)]
    pub lost: bool,
    /// Messages overtake one another.
    #[serde(default)]
    pub reordered: bool,
    /// One yen too much is paid of every second bill.
    #[serde(default)]
    pub mismatched: bool,
}

/// One sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Which payment.
    pub payment: usize,
    /// As a ResendConfirmation, not as the Clearing.
    pub is_resend: bool,
    /// The connection is cut so many milliseconds after the last byte.
    pub cut_after_ms: Option<u64>,
}

/// What happens between two moments of rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gust {
    /// All of these at the same time.
    Together(Vec<Sending>),
    /// The collector is restarted.
    Restart,
}

/// Everything that a storm does, in order; the same seed and name give the same.
pub fn plan(storm: &Storm, seed: u64, name: &str) -> Vec<Gust> {
    let mut draws = Draws::new(seed, name);
    let mut sendings: Vec<Sending> = Vec::new();
    for payment in 0..storm.payments {
        for copy in 0..=draws.below(COPIES_MAX) {
            let is_cut = storm.lost && draws.below(2) == 0;
            let cut_after_ms = is_cut.then(|| u64::try_from(draws.below(CUT_MS_MAX)).unwrap_or_default());
            sendings.push(Sending { payment, is_resend: copy > 0, cut_after_ms });
        }
    }
    if storm.reordered {
        draws.shuffle(&mut sendings);
    }
    let mut gusts = Vec::new();
    let mut left = sendings.as_slice();
    while !left.is_empty() {
        let (now, later) = left.split_at((1 + draws.below(AT_ONCE_MAX)).min(left.len()));
        gusts.push(Gust::Together(now.to_vec()));
        left = later;
    }
    for _ in 0..storm.restarts {
        let at = draws.below(gusts.len() + 1);
        gusts.insert(at, Gust::Restart);
    }
    gusts
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORM: Storm =
        Storm { day: None, payments: 8, restarts: 2, lost: true, reordered: true, mismatched: false };

    #[test]
    fn the_same_seed_gives_the_same_storm() {
        assert_eq!(plan(&STORM, 4711, "fault-storm"), plan(&STORM, 4711, "fault-storm"));
        assert_ne!(plan(&STORM, 4711, "fault-storm"), plan(&STORM, 4712, "fault-storm"));
    }

    #[test]
    fn every_payment_is_sent_and_every_restart_happens() {
        for seed in 0..50 {
            let gusts = plan(&STORM, seed, "x");
            assert_eq!(gusts.iter().filter(|gust| **gust == Gust::Restart).count(), 2);
            for payment in 0..STORM.payments {
                let is_sent = |gust: &Gust| match gust {
                    Gust::Together(sendings) => sendings.iter().any(|sending| sending.payment == payment),
                    Gust::Restart => false,
                };
                assert!(gusts.iter().any(is_sent), "seed {seed}: {payment}");
            }
        }
    }
}
