//! Tells everything that listens to finish what it has begun and stop.

use tokio::sync::watch;

/// The end that asks for the stop. Dropping it asks too.
#[derive(Debug)]
pub struct ShutdownTrigger(watch::Sender<bool>);

/// The end that waits for the stop; every listener and worker holds a clone.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// A trigger and what it stops.
    pub fn pair() -> (ShutdownTrigger, Self) {
        let (sender, receiver) = watch::channel(false);
        (ShutdownTrigger(sender), Self(receiver))
    }

    /// Returns when the stop has been asked for.
    pub async fn requested(&mut self) {
        // an error means that the trigger is gone, and nobody else could ask any more
        let _ = self.0.wait_for(|asked| *asked).await;
    }

    /// Whether the stop has been asked for.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }
}

impl ShutdownTrigger {
    /// Asks everything to stop. Asking again changes nothing.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn asking_and_dropping_both_stop_every_holder() {
        let (trigger, mut shutdown) = Shutdown::pair();
        let mut other = shutdown.clone();
        assert!(!shutdown.is_requested());
        trigger.ask();
        shutdown.requested().await;
        other.requested().await;
        assert!(other.is_requested());

        let (trigger, mut shutdown) = Shutdown::pair();
        drop(trigger);
        shutdown.requested().await;
        assert!(shutdown.is_requested());
    }
}
