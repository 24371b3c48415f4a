//! Tells people of a collector that nothing reaches for long.

use std::collections::HashMap;
use std::time::Duration;

use collectors::client::CircuitState;
use domain::CollectorNumber;
use tokio::time::Instant;

use crate::{AlarmKind, Gateway, NewAlarm};

/// Since when circuits are open, as this process has seen it.
#[derive(Default)]
pub(super) struct Circuits(HashMap<CollectorNumber, Open>);

struct Open {
    since: Instant,
    told: bool,
}

impl Circuits {
    /// Takes one look: whether people are to be told now, once for each time that a circuit is open. A probe does not
    /// close it, its answer does.
    fn look(
        &mut self,
        collector: &CollectorNumber,
        state: Option<CircuitState>,
        told_after: Duration,
        now: Instant,
    ) -> bool {
        if matches!(state, None | Some(CircuitState::Closed)) {
            self.0.remove(collector);
            return false;
        }
        let open = self.0.entry(collector.clone()).or_insert(Open { since: now, told: false });
        let tells = !open.told && now.duration_since(open.since) >= told_after;
        open.told |= tells;
        tells
    }
}

impl Gateway {
    /// Raises an alarm for each collector whose circuit has been open for long.
    pub(super) async fn look_at_circuits(&self, circuits: &mut Circuits) {
        let told_after_s = self.0.settings.circuit_alarm_s;
        let (told_after, now) = (Duration::from_secs(told_after_s), Instant::now());
        for collector in self.0.directory.all() {
            let number = &collector.number;
            if !circuits.look(number, self.0.client.circuit(number), told_after, now) {
                continue;
            }
            let alarm = NewAlarm {
                kind: AlarmKind::CircuitOpen,
                subject: number.to_string(),
                collector: Some(number.clone()),
                detail: format!("nothing has reached {} for {told_after_s} seconds", collector.name),
            };
            if let Err(error) = self.raise(&alarm).await {
                tracing::error!(collector = %number, %error, "an alarm could not be raised");
                // told with the next look
                circuits.0.entry(number.clone()).and_modify(|open| open.told = false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_once_for_each_time_that_it_is_open_for_long() {
        let collector = "00200".parse().unwrap();
        let mut circuits = Circuits::default();
        let mut now = Instant::now();
        let mut look = |state, after_s| {
            now += Duration::from_secs(after_s);
            circuits.look(&collector, Some(state), Duration::from_secs(120), now)
        };
        for _ in 0..2 {
            assert!(!look(CircuitState::Open, 1));
            assert!(!look(CircuitState::Probing, 119), "a probe is no answer");
            assert!(look(CircuitState::Open, 1));
            assert!(!look(CircuitState::Open, 600), "once");
            assert!(!look(CircuitState::Closed, 1));
        }
        // one that is open for a moment at a time is not open for long
        for _ in 0..3 {
            assert!(!look(CircuitState::Open, 1));
            assert!(!look(CircuitState::Closed, 100));
        }
    }
}
