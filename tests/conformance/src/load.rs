//! What a load is made of, and what it was measured to be.

use domain::Serial;
use serde::Deserialize;

use crate::draws::Draws;
use crate::text::Text;

/// Messages under way at the same time at most, whatever a case says.
pub const AT_ONCE_MAX: usize = 64;

/// Payments and everything that comes after them, many at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// So many bills are paid.
    pub payments: usize,
    /// So many messages follow; with `declared`, as many as the declaration's pace and time come to.
    #[serde(default)]
    pub messages: usize,
    /// At the declaration's pace; as fast as the answers come otherwise.
    #[serde(default)]
    pub declared: bool,
    /// Every message that follows is a new clearing of a bill that is paid, and none a repeat or an inquiry.
    #[serde(default)]
    pub records: bool,
    /// So many at the same time.
    pub at_once: usize,
}

/// One message that follows the payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// 照会 of this payment's bill: it is paid.
    Inquiry(usize),
    /// 再送確認 of this payment.
    Resend(usize),
    /// This payment's bill under a new key: it does not fit.
    Second(usize),
}

/// What follows the payments, in order; the same seed and name give the same.
pub fn plan(load: &Load, messages: usize, seed: u64, name: &str) -> Vec<Sent> {
    let mut draws = Draws::new(seed, name);
    let one = |_| {
        let payment = draws.below(load.payments);
        match draws.below(10) {
            _ if load.records => Sent::Second(payment),
            0..4 => Sent::Inquiry(payment),
            4..8 => Sent::Resend(payment),
            _ => Sent::Second(payment),
        }
    };
    (0..messages).map(one).collect()
}

/// How long answers took.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<u64>);

impl Times {
    /// One more answer.
    pub fn push(&mut self, took_ms: u64) {
        self.0.push(took_ms);
    }

    /// How many, how fast, and how long they took.
    pub fn say(mut self, elapsed_ms: u64) -> Text {
        self.0.sort_unstable();
        let at = |percent: usize| {
            let place = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
            self.0.get(place).copied().unwrap_or_default()
        };
        let count = self.0.len();
        let tenths = u64::try_from(count).unwrap_or_default() * 10_000 / elapsed_ms.max(1);
        let (pace, tenth) = (tenths / 10, tenths % 10);
        let (half, most, slowest) = (at(50), at(99), at(100));
        Text::new(
            format!(
                "{count} messages, {pace}.{tenth}/s, 50% in {half} ms, 99% in {most} ms, slowest {slowest} ms"
            ),
            format!(
                "{count} 件、毎秒 {pace}.{tenth} 件、50% が {half} ms、99% が {most} ms、最大 {slowest} ms"
            ),
        )
    }
}

/// The name under which the clearing of a payment, or a second one of its bill, is saved.
pub fn name(of: &str, serial: Serial) -> String {
    format!("{of} {serial}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_by_their_rank() {
        let mut times = Times::default();
        (1..=200).rev().for_each(|ms| times.push(ms));
        let said = times.say(4_000).en;
        assert_eq!(said, "200 messages, 50.0/s, 50% in 100 ms, 99% in 198 ms, slowest 200 ms");
        assert!(Times::default().say(0).en.starts_with("0 messages"));
    }

    #[test]
    fn the_same_seed_gives_the_same_load() {
        let load = Load { payments: 5, messages: 0, declared: false, records: false, at_once: 4 };
        assert_eq!(plan(&load, 50, 1, "x"), plan(&load, 50, 1, "x"));
        assert_ne!(plan(&load, 50, 1, "x"), plan(&load, 50, 2, "x"));
        let only = Load { records: true, ..load };
        assert!(plan(&only, 50, 1, "x").iter().all(|sent| matches!(sent, Sent::Second(_))));
    }
}
