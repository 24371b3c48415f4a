//! 仕向処理通番: each process reserves blocks of a day's serials and hands them out; none is ever used twice.

use database::{Database, on};
use domain::{CentreCode, Date, ResendKey, Serial};
use tokio::sync::Mutex;

use crate::StoreError;

/// Serials reserved at once.
const BLOCK_SERIALS: u32 = 1_000;

pub(crate) struct Serials {
    centre: CentreCode,
    block: Mutex<Option<Block>>,
}

struct Block {
    date: Date,
    next: u32,
    end: u32,
}

impl Serials {
    pub fn new(centre: CentreCode) -> Self {
        Self { centre, block: Mutex::new(None) }
    }

    /// A key that was never used and never will be again.
    pub async fn next(&self, database: &Database, date: Date) -> Result<ResendKey, StoreError> {
        let mut block = self.block.lock().await;
        if !matches!(&*block, Some(b) if b.date == date && b.next < b.end) {
            *block = Some(self.reserve(database, date).await?);
        }
        let Some(block) = &mut *block else {
            return Err(StoreError::Corrupt("no block of serials".to_owned()));
        };
        let serial = Serial::new(block.next).map_err(|_| StoreError::SerialsUsedUp(date))?;
        block.next += 1;
        Ok(ResendKey { centre: self.centre.clone(), date, serial })
    }

    async fn reserve(&self, database: &Database, date: Date) -> Result<Block, StoreError> {
        let end: i64 = on!(database, |c| {
            sqlx::query_scalar(
                "INSERT INTO serial (centre, date, next) VALUES ($1, $2, 1 + $3)
                 ON CONFLICT (centre, date) DO UPDATE SET next = serial.next + $3 RETURNING next",
            )
            .bind(self.centre.as_str())
            .bind(date.to_string())
            .bind(i64::from(BLOCK_SERIALS))
            .fetch_one(c)
            .await
        })?;
        let end = u32::try_from(end).map_err(|_| StoreError::SerialsUsedUp(date))?;
        Ok(Block { date, next: end.saturating_sub(BLOCK_SERIALS), end })
    }
}
