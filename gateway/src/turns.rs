//! One order at a time under a payment's id, within a process: what the second click of a double click is told must not
//! become false by the first, which may wait to be committed for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::PaymentId;
use tokio::sync::{Mutex as Queue, OwnedMutexGuard};

/// The payments that are being made, each with those who wait for it.
#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<HashMap<PaymentId, Arc<Queue<()>>>>>);

/// The turn to make a payment. It ends when it is dropped.
pub(crate) struct Turn {
    turns: Turns,
    payment: PaymentId,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for the others that make this payment.
    pub(crate) async fn turn(&self, payment: PaymentId) -> Turn {
        let queue = Arc::clone(self.all().entry(payment).or_default());
        // made before the wait, so that one who goes away meanwhile is forgotten too
        let mut turn = Turn { turns: self.clone(), payment, held: None };
        turn.held = Some(queue.lock_owned().await);
        turn
    }

    fn all(&self) -> MutexGuard<'_, HashMap<PaymentId, Arc<Queue<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut all = self.turns.all();
        self.held = None;
        // who waits, or has just been given the turn, has a share of the queue
        if all.get(&self.payment).is_some_and(|queue| Arc::strong_count(queue) == 1) {
            all.remove(&self.payment);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_has_the_turn_and_nobody_is_remembered() {
        let turns = Turns::default();
        let (one, other) = (PaymentId::generate(), PaymentId::generate());
        let first = turns.turn(one).await;
        drop(turns.turn(other).await);
        let waiting = turns.clone();
        let second = tokio::spawn(async move { drop(waiting.turn(one).await) });
        let goes_away = turns.clone();
        let third = tokio::spawn(async move { drop(goes_away.turn(one).await) });
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        third.abort();
        assert!(third.await.unwrap_err().is_cancelled() && !second.is_finished());
        drop(first);
        second.await.unwrap();
        assert!(turns.all().is_empty());
    }
}
