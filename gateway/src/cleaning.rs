//! Deletes what is kept for a time only.

use database::execute;

use crate::{Gateway, StoreError};

/// How long an inquiry is kept after its answer, in business time: far longer than it can be paid.
const INQUIRY_KEPT_S: i64 = 24 * 60 * 60;
/// Rows that one statement looks at, so that no payment waits for a deletion.
const CHUNK_ROWS_MAX: i64 = 500;
/// Statements of one run; the next run goes on.
const CHUNKS_MAX: usize = 100;

impl Gateway {
    /// Deletes whatever is kept for a time only.
    pub(crate) async fn clean(&self) -> Result<(), StoreError> {
        self.delete_old_inquiries().await?;
        self.delete_old_hand_offs().await?;
        self.forget_old_wishes().await?;
        self.delete_old_requests().await?;
        self.forget_wrong_numbers().await?;
        Ok(())
    }

    /// Deletes the inquiries answered more than a day ago, with their 確認番号, and says how many. A payment keeps
    /// its inquiry's id as a fact only. [`run`](Self::run) does it by itself.
    pub async fn delete_old_inquiries(&self) -> Result<u64, StoreError> {
        let before = self.now().plus_seconds(-INQUIRY_KEPT_S);
        let mut deleted = 0;
        for _ in 0..CHUNKS_MAX {
            // ids rise with time, so the oldest rows come first and a look at them is all it needs
            let gone = execute!(
                self.database(),
                "DELETE FROM inquiry WHERE id IN (
                    SELECT id FROM (SELECT id, answered_us FROM inquiry ORDER BY id LIMIT $1) AS oldest
                    WHERE answered_us < $2)",
                CHUNK_ROWS_MAX,
                before.micros(),
            )?;
            deleted += gone;
            if gone < CHUNK_ROWS_MAX.unsigned_abs() {
                break;
            }
        }
        if deleted > 0 {
            tracing::info!(inquiries = deleted, "old inquiries are deleted");
        }
        Ok(deleted)
    }
}
