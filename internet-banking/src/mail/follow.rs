//! How a feed follows what happens, in its order: each look turns what is new into mails, in the commit that moves its
//! position on. A feed that is begun anew, or twice at once, writes no mail a second time.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use database::{Change, Row, Table, read};
use edge::Shutdown;
use ledger::{Commit, Ledger, Refused};

/// Between two looks for what is new.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

static POSITION: Table = Table { name: "mail_position", columns: &["feed", "position"] };

/// What a feed found behind its position.
pub struct Found {
    /// The mails about it.
    pub mails: Vec<Row>,
    /// How far it has looked.
    pub next: i64,
    /// Whether there may be more behind that.
    pub more: bool,
    /// Whether it found anything that it tells of; positions without are looked through again at the next start rather
    /// than written down one by one.
    pub is_news: bool,
}

/// A feed of mails.
pub trait Follow: Send + Sync {
    /// Why it could not go on.
    type Error: Display + From<sqlx::Error> + From<Refused> + Send;
    /// Names its position for ever.
    const NAME: &'static str;

    /// The ledger whose events it follows.
    fn ledger(&self) -> &Ledger;

    /// What happened after a position.
    fn after(&self, position: i64) -> impl Future<Output = Result<Found, Self::Error>> + Send;

    /// Whether an error says that another process has written the same mails.
    fn is_stale(error: &Self::Error) -> bool;
}

/// Turns what is new into mails, and says whether there may be more already.
pub async fn step<F: Follow>(feed: &F) -> Result<bool, F::Error> {
    let database = feed.ledger().database();
    let seen: Option<i64> = read!(database, |c| {
        sqlx::query_scalar("SELECT position FROM mail_position WHERE feed = $1")
            .bind(F::NAME)
            .fetch_optional(c)
            .await
    })?;
    let after = seen.unwrap_or_default();
    let found = feed.after(after).await?;
    if found.next == after || (!found.is_news && !found.more) {
        return Ok(false);
    }
    let mut commit = Commit { rows_if_free: found.mails, ..Commit::default() };
    match seen {
        Some(seen) => commit.changes.push(Change::one(
            "UPDATE mail_position SET position = $2 WHERE feed = $1 AND position = $3",
            vec![F::NAME.into(), found.next.into(), seen.into()],
        )),
        None => {
            commit.rows.push(Row { table: &POSITION, values: vec![F::NAME.into(), found.next.into()] });
        }
    }
    feed.ledger().commit(commit).await?;
    Ok(found.more)
}

/// Goes on until the process stops.
pub async fn run<F: Follow>(feed: F, mut shutdown: Shutdown) {
    while !shutdown.is_requested() {
        match step(&feed).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) if F::is_stale(&error) => {}
            Err(error) => tracing::warn!(%error, feed = F::NAME, "what happened cannot be turned into mails"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
            () = shutdown.requested() => {}
        }
    }
}
