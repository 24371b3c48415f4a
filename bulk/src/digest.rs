//! The digest of what is asked for: everything of a batch that an approver sees, and every row of it.

use domain::BatchId;
use ring::digest::{Context, SHA256};
use serde::Serialize;

use crate::batch::{Batch, Heading};
use crate::store::StoredRow;
use crate::{Bulk, StoreError};

/// Rows that are read at once.
const PAGE: i64 = 5_000;

#[derive(Serialize)]
struct Asked<'b> {
    batch: BatchId,
    heading: &'b Heading,
    rows: i64,
    amount: i64,
    fees: i64,
}

impl Bulk {
    /// Hexadecimal digits of the SHA-256 of a batch as it is stored.
    pub(crate) async fn digest(&self, batch: &Batch) -> Result<String, StoreError> {
        let asked = Asked {
            batch: batch.id,
            heading: &batch.heading,
            rows: batch.rows,
            amount: batch.amount.get(),
            fees: batch.fees.get(),
        };
        let mut context = Context::new(&SHA256);
        context.update(StoreError::to_json(&asked)?.as_bytes());
        let mut page = self.stored_rows(batch.id, 0, PAGE).await?;
        while let Some(last) = page.last().map(|row| row.number) {
            // the next are read while these are hashed
            let (bulk, id) = (self.clone(), batch.id);
            let following = tokio::spawn(async move { bulk.stored_rows(id, last, PAGE).await });
            for row in &page {
                add(&mut context, row);
            }
            page = following
                .await
                .map_err(|error| StoreError::Corrupt(format!("rows cannot be read: {error}")))??;
        }
        let digest = context.finish();
        Ok(digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Every part has a length or a mark before it, so that no two rows have the same bytes.
fn add(context: &mut Context, row: &StoredRow) {
    context.update(&row.number.to_be_bytes());
    context.update(&row.record);
    for number in [row.amount, row.fee, row.owed.unwrap_or(-1)] {
        context.update(&number.to_be_bytes());
    }
    let attached = row.attached.as_deref().unwrap_or_default();
    context.update(&attached.len().to_be_bytes());
    context.update(attached);
    context.update(&[u8::from(row.attached.is_some()), u8::from(row.faults.is_some())]);
}
