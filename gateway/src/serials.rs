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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use database::execute;

    use super::*;

    fn serials() -> Serials {
        Serials::new("MPN9999".parse().unwrap())
    }

    fn day(day: u32) -> Date {
        Date::from_ymd_opt(2026, 11, day).unwrap()
    }

    #[tokio::test]
    async fn two_processes_never_hand_out_the_same_key() {
        let test = database::testing::sqlite().await;
        let (one, other) = (serials(), serials());
        let mut keys = BTreeSet::new();
        for _ in 0..BLOCK_SERIALS + 1 {
            keys.insert(one.next(&test.database, day(24)).await.unwrap());
            keys.insert(other.next(&test.database, day(24)).await.unwrap());
        }
        assert_eq!(keys.len(), 2 * (BLOCK_SERIALS as usize + 1));
        // nor after a restart, nor after a look at another day
        keys.insert(serials().next(&test.database, day(24)).await.unwrap());
        let tomorrow = one.next(&test.database, day(25)).await.unwrap();
        assert_eq!(tomorrow.to_string(), "MPN9999/2026-11-25/00000001");
        keys.insert(one.next(&test.database, day(24)).await.unwrap());
        assert_eq!(keys.len(), 2 * (BLOCK_SERIALS as usize + 1) + 2);
    }

    #[tokio::test]
    async fn a_day_has_99999999_serials() {
        let test = database::testing::sqlite().await;
        let last = i64::from(Serial::MAX);
        let insert = "INSERT INTO serial (centre, date, next) VALUES ('MPN9999', '2026-11-24', $1)";
        execute!(test.database, insert, last).unwrap();
        let serials = serials();
        let key = serials.next(&test.database, day(24)).await.unwrap();
        assert_eq!(key.serial.get(), Serial::MAX);
        for _ in 0..2 {
            let none = serials.next(&test.database, day(24)).await;
            assert!(matches!(none, Err(StoreError::SerialsUsedUp(on)) if on == day(24)));
        }
        assert!(serials.next(&test.database, day(25)).await.is_ok());
    }
}
