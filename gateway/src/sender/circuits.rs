//! Tells people of a collector that nothing reaches for long.

use std::collections::HashMap;
use std::time::Duration;

use collectors::client::CircuitState;
use domain::CollectorNumber;
use tokio::time::Instant;

use crate::alarm::AlarmQuery;
use crate::{AlarmKind, Gateway, NewAlarm, StoreError};

/// Since when circuits are open, as this process has seen it.
#[derive(Default)]
pub(super) struct Circuits(HashMap<CollectorNumber, Open>);

struct Open {
    since: Instant,
    told_at: Option<Instant>,
}

/// What people are to be told of a circuit that has been open for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tells {
    /// That it is open.
    First,
    /// That it still is: another process that the collector answers may have ended the alarm.
    Again,
}

impl Circuits {
    /// Takes one look. People are told after so long, and as often again. A probe does not close a circuit, its answer
    /// does.
    fn look(
        &mut self,
        collector: &CollectorNumber,
        state: Option<CircuitState>,
        told_after: Duration,
        now: Instant,
    ) -> Option<Tells> {
        if matches!(state, None | Some(CircuitState::Closed)) {
            self.0.remove(collector);
            return None;
        }
        let open = self.0.entry(collector.clone()).or_insert(Open { since: now, told_at: None });
        if now.duration_since(open.told_at.unwrap_or(open.since)) < told_after {
            return None;
        }
        let before = open.told_at.replace(now);
        Some(before.map_or(Tells::First, |_| Tells::Again))
    }
}

impl Gateway {
    /// Raises an alarm for each collector whose circuit has been open for long.
    pub(super) async fn look_at_circuits(&self, circuits: &mut Circuits) {
        let told_after_s = self.0.settings.circuit_alarm_s;
        let (told_after, now) = (Duration::from_secs(told_after_s), Instant::now());
        for collector in self.directory().all() {
            let number = &collector.number;
            let Some(tells) = circuits.look(number, self.0.client.circuit(number), told_after, now) else {
                continue;
            };
            let alarm = NewAlarm {
                kind: AlarmKind::CircuitOpen,
                subject: number.to_string(),
                collector: Some(number.clone()),
                detail: format!("nothing has reached {} for {told_after_s} seconds", collector.name),
            };
            if let Err(error) = self.tell_of_circuit(&alarm, tells).await {
                tracing::error!(collector = %number, %error, "an alarm could not be raised");
                if tells == Tells::First {
                    // told with the next look
                    circuits.0.entry(number.clone()).and_modify(|open| open.told_at = None);
                }
            }
        }
    }

    /// Who took notice is not told again.
    async fn tell_of_circuit(&self, alarm: &NewAlarm, tells: Tells) -> Result<(), StoreError> {
        if tells == Tells::Again {
            let subject = Some(alarm.subject.clone());
            let query = AlarmQuery { subject, limit: 1, ..AlarmQuery::default() };
            let latest = self.alarms(&query).await?;
            if latest.iter().any(|latest| latest.acknowledged.is_some()) {
                return Ok(());
            }
        }
        self.raise(alarm).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_of_one_that_is_open_for_long_and_again_while_it_is() {
        let collector = "00200".parse().unwrap();
        let mut circuits = Circuits::default();
        let mut now = Instant::now();
        let mut look = |state, after_s| {
            now += Duration::from_secs(after_s);
            circuits.look(&collector, Some(state), Duration::from_secs(120), now)
        };
        for _ in 0..2 {
            assert_eq!(look(CircuitState::Open, 1), None);
            assert_eq!(look(CircuitState::Probing, 119), None, "a probe is no answer");
            assert_eq!(look(CircuitState::Open, 1), Some(Tells::First));
            for _ in 0..2 {
                assert_eq!(look(CircuitState::Open, 119), None);
                assert_eq!(look(CircuitState::Open, 1), Some(Tells::Again));
            }
            assert_eq!(look(CircuitState::Closed, 1), None);
        }
        // one that is open for a moment at a time is not open for long
        for _ in 0..3 {
            assert_eq!(look(CircuitState::Open, 1), None);
            assert_eq!(look(CircuitState::Closed, 100), None);
        }
    }
}
