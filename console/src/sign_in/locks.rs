//! What wrong tries of the bank's staff lock is an alarm: after the answer, and afterwards where the process died that
//! has counted them. The staff has no mail addresses here; whoever runs the bank is told (SEC-09).

use std::time::Duration;

use database::{Change, read};
use domain::StaffId;
use edge::Shutdown;
use gateway::{AlarmKind, NewAlarm};
use internet_banking::sign_in::{Throttle, Whose};
use ledger::{AuditRecord, Commit, Refused};
use uuid::Uuid;

use crate::Console;
use crate::staff::actor;

/// Between two looks for locks that nobody was told of.
const LOOK_INTERVAL: Duration = Duration::from_secs(15);

/// Why nobody could be told of a lock.
#[derive(Debug, thiserror::Error)]
pub enum NotTold {
    /// The counters cannot be read.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The ledger could not take it.
    #[error("it could not be committed: {0}")]
    Refused(#[from] Refused),
}

/// Looks until the process stops.
pub async fn run(console: Console, mut shutdown: Shutdown) {
    while !shutdown.is_requested() {
        if let Err(error) = look(&console).await {
            tracing::warn!(%error, "locks of staff that nobody was told of cannot be looked for");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
            () = console.sign_ins.gate().judged().wait() => {}
            () = shutdown.requested() => {}
        }
    }
}

/// Raises an alarm for each lock of which nobody was told. Says for how many.
pub async fn look(console: &Console) -> Result<usize, NotTold> {
    let gate = console.sign_ins.gate();
    let (judged, now) = (gate.judged().take(), console.clock.now());
    let mut told: usize = 0;
    for one in gate.throttle().untold(Whose::Staff).await? {
        if one.place(&judged, now).is_none() {
            continue;
        }
        let mut commit = Commit { changes: vec![Throttle::told(&one.subject)], ..Commit::default() };
        // a pause ends by itself
        if one.is_locked
            && let Some((login_id, _)) = console.staff.with_token(StaffId::from_uuid(one.person)).await?
        {
            commit.rows_if_free = vec![locked(&login_id, "the sign-in").row(now)];
        }
        told = told.saturating_add(usize::from(committed(console, commit).await?));
    }
    let tokens: Vec<(Uuid, String, String)> = read!(console.database, |c| {
        sqlx::query_as(
            "SELECT s.id, s.login_id, t.serial FROM token t JOIN staff s ON s.id = t.untold
             WHERE t.untold IS NOT NULL AND t.contract IS NULL",
        )
        .fetch_all(c)
        .await
    })?;
    for (staff, login_id, serial) in tokens {
        let once =
            "UPDATE token SET untold = NULL WHERE serial = $1 AND contract IS NULL AND untold IS NOT NULL";
        let record = AuditRecord {
            contract: None,
            actor: actor(StaffId::from_uuid(staff)),
            action: "token.lock",
            subject: serial.clone(),
            detail: "wrong codes at the console".to_owned(),
        };
        let commit = Commit {
            changes: vec![Change::one(once, vec![serial.into()])],
            rows_if_free: vec![locked(&login_id, "the token").row(now)],
            audit: vec![record],
            ..Commit::default()
        };
        told = told.saturating_add(usize::from(committed(console, commit).await?));
    }
    Ok(told)
}

/// Says whether it was this process that told.
async fn committed(console: &Console, commit: Commit) -> Result<bool, NotTold> {
    match console.gateway.ledger().commit(commit).await {
        Ok(_) => Ok(true),
        Err(Refused::Stale) => Ok(false),
        Err(refused) => Err(refused.into()),
    }
}

fn locked(login_id: &str, what: &str) -> NewAlarm {
    let detail = format!("{what} of {login_id} is locked after wrong tries");
    NewAlarm { kind: AlarmKind::StaffLocked, subject: login_id.to_owned(), collector: None, detail }
}
