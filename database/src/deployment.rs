//! Which deployment a database belongs to: the one whose secret and keys first opened it.

use crate::{Database, execute, read};

/// Marks a new database as this deployment's. Answers whether it is: a database that another deployment has marked
/// must not be served, since its collectors know another signing key and its secrets do not open.
pub async fn claim(database: &Database, mark: &[u8]) -> Result<bool, sqlx::Error> {
    execute!(database, "INSERT INTO deployment (id, mark) VALUES (1, $1) ON CONFLICT (id) DO NOTHING", mark)?;
    let found: Vec<u8> = read!(database, |c| sqlx::query_scalar("SELECT mark FROM deployment WHERE id = 1")
        .fetch_one(c)
        .await)?;
    Ok(found == mark)
}
