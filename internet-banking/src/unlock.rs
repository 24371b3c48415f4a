//! Lifting the locks of a user, for the branch's staff. Who may ask for it is the caller's question (R14, SEC-10).

use database::{Database, read};
use domain::UserId;
use uuid::Uuid;

use crate::confirmation;
use crate::secrets::{Purpose, Secret};
use crate::sign_in::{Throttle, ThrottleLimits};

/// Lifts the block or lock of a login ID, a customer's or a staff member's, and the lock of its user's confirmation
/// password; what wrong numbers of slips stopped is lifted by two people on the console. Answers whether anybody has
/// the login ID; one that nobody has is unlocked all the same.
pub async fn unlock(database: &Database, secret: &Secret, login_id: &str) -> Result<bool, sqlx::Error> {
    let login_id = login_id.trim();
    for purpose in [Purpose::Throttle, Purpose::ConsoleThrottle] {
        let key = secret.key(purpose);
        Throttle::new(database.clone(), &key, ThrottleLimits::default()).clear(login_id).await?;
    }
    let user: Option<Uuid> = read!(database, |c| {
        sqlx::query_scalar("SELECT id FROM app_user WHERE login_id = $1 AND removed_us IS NULL")
            .bind(login_id)
            .fetch_optional(c)
            .await
    })?;
    if let Some(user) = user {
        confirmation::unlock(database, UserId::from_uuid(user)).await?;
    }
    let staff: Option<Uuid> = read!(database, |c| {
        sqlx::query_scalar("SELECT id FROM staff WHERE login_id = $1").bind(login_id).fetch_optional(c).await
    })?;
    let known = user.is_some() || staff.is_some();
    tracing::warn!(known, "the locks of a login ID were lifted");
    Ok(known)
}
