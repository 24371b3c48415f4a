//! Whom a stop of all reaches.

use database::{Database, read};

/// Contracts of a plan, or of all where none is named, and the people of them who can sign in.
pub async fn reaches(database: &Database, plan: &str) -> Result<(i64, i64), sqlx::Error> {
    read!(database, |c| {
        sqlx::query_as(
            "SELECT (SELECT count(*) FROM contract WHERE state <> 'ended' AND ($1 = '' OR plan = $1)),
                    (SELECT count(*) FROM app_user u JOIN contract c ON c.id = u.contract
                     WHERE c.state = 'active' AND ($1 = '' OR c.plan = $1) AND u.disabled_us IS NULL)",
        )
        .bind(plan)
        .fetch_one(c)
        .await
    })
}
