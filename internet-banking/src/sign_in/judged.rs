//! What wrong tries have stopped is told beside the answer and not before it: otherwise the time that an answer takes
//! would tell a login ID that somebody has from one that nobody has (SEC-09).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use edge::Peer;
use tokio::sync::Notify;

/// Counters whose last try this process has judged to be wrong, and where it came from. Whether anybody is to be told,
/// and whom, is in the counter's row: a process that dies loses nothing but time. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Judged(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    wrong: Mutex<BTreeMap<Vec<u8>, IpAddr>>,
    news: Notify,
}

impl Judged {
    /// The last try of a counter was wrong.
    pub(super) fn wrong(&self, subject: Vec<u8>, peer: Peer) {
        self.0.wrong.lock().unwrap_or_else(PoisonError::into_inner).insert(subject, peer.ip());
        self.news();
    }

    /// There is something to tell.
    pub fn news(&self) {
        self.0.news.notify_one();
    }

    /// Those that were not taken before.
    pub fn take(&self) -> BTreeMap<Vec<u8>, IpAddr> {
        std::mem::take(&mut *self.0.wrong.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until there is something to tell.
    pub async fn wait(&self) {
        self.0.news.notified().await;
    }
}
