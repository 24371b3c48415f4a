//! Work that nobody stops by going away.

use std::future::Future;

use tracing::Instrument as _;

/// Does it in a task of its own and answers what came of it. A browser that hangs up drops the future that waits here,
/// and not the work: what is counted is then recorded and told all the same.
pub async fn lasting<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(work.in_current_span()).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // the runtime ends, and with it whoever waits
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn whoever_no_longer_waits_stops_nothing() {
        let (open, gate) = tokio::sync::oneshot::channel();
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let work = lasting(async {
            gate.await.unwrap();
            sender.send(7).unwrap();
        });
        let waited = tokio::time::timeout(Duration::from_millis(1), work).await;
        assert!(waited.is_err(), "it is dropped before it is done");
        open.send(()).unwrap();
        assert_eq!(receiver.await, Ok(7));
        assert_eq!(lasting(async { 8 }).await, 8);
    }
}
