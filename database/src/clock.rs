//! The offset of business time, kept in the database so that every process and every start agrees.

use domain::{Clock, Timestamp};

use crate::{Database, execute, read};

/// Business time as stored: the offset from the machine's clock and the latest reading that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Microseconds to add to the machine's time.
    pub offset_us: i64,
    /// The latest business time that a process recorded; a start never sets the clock before it.
    pub latest: Timestamp,
}

/// Reads what is stored, if the clock was ever set here.
pub async fn load(database: &Database) -> Result<Option<Stored>, sqlx::Error> {
    let row: Option<(i64, i64)> =
        read!(database, |c| sqlx::query_as("SELECT offset_us, latest_us FROM business_clock WHERE id = 1")
            .fetch_optional(c)
            .await)?;
    Ok(row.map(|(offset_us, latest)| Stored { offset_us, latest: Timestamp::from_micros(latest) }))
}

/// Sets business time to read `now` at this moment, for every process of this database.
pub async fn set(database: &Database, clock: &Clock, now: Timestamp) -> Result<(), sqlx::Error> {
    let offset_us = Clock::offset_us_for(now);
    execute!(
        database,
        "INSERT INTO business_clock (id, offset_us, latest_us) VALUES (1, $1, $2)
         ON CONFLICT (id) DO UPDATE SET offset_us = excluded.offset_us, latest_us = excluded.latest_us",
        offset_us,
        now.micros()
    )?;
    clock.set_offset_us(offset_us);
    Ok(())
}

/// Takes over an offset that another process set, and records how far business time has come.
pub async fn keep_in_step(database: &Database, clock: &Clock) -> Result<(), sqlx::Error> {
    if let Some(stored) = load(database).await? {
        clock.set_offset_us(stored.offset_us);
    }
    execute!(
        database,
        "UPDATE business_clock SET latest_us = $1 WHERE id = 1 AND latest_us < $1",
        clock.now().micros()
    )?;
    Ok(())
}
