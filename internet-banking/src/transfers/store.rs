//! The table of entries. Every statement names contract and user, so another's is simply not there.

use database::{Database, execute, read};
use domain::{ContractId, OrderId, Timestamp, UserId, random};
use uuid::Uuid;

use super::draft::{Body, DRAFT_LIFE_S, DRAFTS_PER_USER_MAX, Draft};

/// Seconds for which an expired entry is kept, so that its page can say so and lead to its order.
const KEPT_AFTER_EXPIRY_S: i64 = 24 * 3600;

/// The entries of one user.
#[derive(Clone, Debug)]
pub struct Drafts<'a> {
    database: &'a Database,
    contract: ContractId,
    user: UserId,
}

/// An entry cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A row is no entry.
    #[error("an entry cannot be read: {0}")]
    Body(#[from] serde_json::Error),
}

impl<'a> Drafts<'a> {
    /// Of one user.
    pub const fn of(database: &'a Database, contract: ContractId, user: UserId) -> Self {
        Self { database, contract, user }
    }

    /// Begins an entry, and clears away old ones.
    pub async fn begin(&self, body: Body, now: Timestamp) -> Result<Draft, DraftError> {
        execute!(
            self.database,
            "DELETE FROM transfer_entry WHERE expires_us < $1",
            now.plus_seconds(-KEPT_AFTER_EXPIRY_S).micros(),
        )?;
        let (id, order) = (random::opaque_id(), OrderId::generate());
        let expires_at = now.plus_seconds(DRAFT_LIFE_S);
        execute!(
            self.database,
            "INSERT INTO transfer_entry (id, contract, app_user, transfer_order, body, expires_us)
             VALUES ($1, $2, $3, $4, $5, $6)",
            id.as_str(),
            self.contract.uuid(),
            self.user.uuid(),
            order.uuid(),
            serde_json::to_string(&body)?,
            expires_at.micros(),
        )?;
        // what became an order needs its entry a day longer, for whoever goes back to it, and takes nobody's place
        execute!(
            self.database,
            "DELETE FROM transfer_entry WHERE app_user = $1 AND expires_us < $2
             AND EXISTS (SELECT 1 FROM transfer_order o WHERE o.id = transfer_entry.transfer_order)",
            self.user.uuid(),
            expires_at.plus_seconds(-KEPT_AFTER_EXPIRY_S).micros(),
        )?;
        execute!(
            self.database,
            "DELETE FROM transfer_entry WHERE app_user = $1
             AND NOT EXISTS (SELECT 1 FROM transfer_order o WHERE o.id = transfer_entry.transfer_order)
             AND id NOT IN (SELECT e.id FROM transfer_entry e WHERE e.app_user = $1
                 AND NOT EXISTS (SELECT 1 FROM transfer_order o WHERE o.id = e.transfer_order)
                 ORDER BY e.expires_us DESC, e.id LIMIT $2)",
            self.user.uuid(),
            DRAFTS_PER_USER_MAX,
        )?;
        Ok(Draft { id, order, body, expires_at })
    }

    /// The entry of this id, expired or not, if it is this user's.
    pub async fn find(&self, id: &str) -> Result<Option<Draft>, DraftError> {
        let row: Option<(Uuid, String, i64)> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT transfer_order, body, expires_us FROM transfer_entry
                 WHERE id = $1 AND contract = $2 AND app_user = $3",
            )
            .bind(id)
            .bind(self.contract.uuid())
            .bind(self.user.uuid())
            .fetch_optional(c)
            .await
        })?;
        let Some((order, body, expires_us)) = row else { return Ok(None) };
        Ok(Some(Draft {
            id: id.to_owned(),
            order: OrderId::from_uuid(order),
            body: serde_json::from_str(&body)?,
            expires_at: Timestamp::from_micros(expires_us),
        }))
    }

    /// The entries that were left and became no order, the last touched first.
    pub async fn left(&self, now: Timestamp, most: i64) -> Result<Vec<Draft>, DraftError> {
        let rows: Vec<(String, Uuid, String, i64)> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT id, transfer_order, body, expires_us FROM transfer_entry
                 WHERE contract = $1 AND app_user = $2 AND expires_us > $3
                 AND NOT EXISTS (SELECT 1 FROM transfer_order o WHERE o.id = transfer_entry.transfer_order)
                 ORDER BY expires_us DESC, id LIMIT $4",
            )
            .bind(self.contract.uuid())
            .bind(self.user.uuid())
            .bind(now.micros())
            .bind(most)
            .fetch_all(c)
            .await
        })?;
        rows.into_iter()
            .map(|(id, order, body, expires_us)| {
                let (order, body) = (OrderId::from_uuid(order), serde_json::from_str(&body)?);
                Ok(Draft { id, order, body, expires_at: Timestamp::from_micros(expires_us) })
            })
            .collect()
    }

    /// Forgets an entry, and whatever was typed in it. An order that it became stays.
    pub async fn discard(&self, id: &str) -> Result<(), DraftError> {
        execute!(
            self.database,
            "DELETE FROM transfer_entry WHERE id = $1 AND contract = $2 AND app_user = $3",
            id,
            self.contract.uuid(),
            self.user.uuid(),
        )?;
        Ok(())
    }

    /// Changes an entry, which is kept from now on anew. What it becomes is another order from then on: a page that
    /// shows it as it was authorises nothing any more.
    pub async fn change(&self, draft: &Draft, body: Body, now: Timestamp) -> Result<Draft, DraftError> {
        let (order, expires_at) = (OrderId::generate(), now.plus_seconds(DRAFT_LIFE_S));
        execute!(
            self.database,
            "UPDATE transfer_entry SET transfer_order = $1, body = $2, expires_us = $6
             WHERE id = $3 AND contract = $4 AND app_user = $5",
            order.uuid(),
            serde_json::to_string(&body)?,
            draft.id.as_str(),
            self.contract.uuid(),
            self.user.uuid(),
            expires_at.micros(),
        )?;
        Ok(Draft { order, body, expires_at, ..draft.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use database::testing::TestDatabase;

    database::on_both!(an_entry_is_its_own_users_alone_and_a_changed_one_is_another_order,);

    async fn an_entry_is_its_own_users_alone_and_a_changed_one_is_another_order(test: TestDatabase) {
        let now = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
        let (contract, user) = (ContractId::generate(), UserId::generate());
        let own = Drafts::of(&test.database, contract, user);
        let draft = own.begin(Body { own: true, ..Body::default() }, now).await.unwrap();
        assert_eq!(own.find(&draft.id).await.unwrap().as_ref(), Some(&draft));
        let changed = own.change(&draft, Body::default(), now.plus_seconds(1)).await.unwrap();
        assert_ne!(changed.order, draft.order);
        // seventy days from the last step on, and no second more
        let last = now.plus_seconds(1 + DRAFT_LIFE_S);
        assert_eq!(changed.expires_at, last);
        assert_eq!(own.left(last.plus_seconds(-1), 9).await.unwrap(), std::slice::from_ref(&changed));
        assert!(own.left(last, 9).await.unwrap().is_empty());
        assert_eq!(own.find(&draft.id).await.unwrap(), Some(changed.clone()));
        for (contract, user) in [(contract, UserId::generate()), (ContractId::generate(), user)] {
            let other = Drafts::of(&test.database, contract, user);
            assert_eq!(other.find(&draft.id).await.unwrap(), None);
            other.change(&changed, Body { own: true, ..Body::default() }, now).await.unwrap();
            assert!(other.left(now, 9).await.unwrap().is_empty());
            other.discard(&changed.id).await.unwrap();
        }
        assert_eq!(own.find(&draft.id).await.unwrap(), Some(changed), "nobody else has changed it");
        for _ in 0..=DRAFTS_PER_USER_MAX {
            own.begin(Body::default(), now.plus_seconds(2)).await.unwrap();
        }
        assert_eq!(own.find(&draft.id).await.unwrap(), None, "the oldest goes");
        let kept = own.left(now, 1).await.unwrap().remove(0);
        own.discard(&kept.id).await.unwrap();
        assert_eq!(own.find(&kept.id).await.unwrap(), None);
    }
}
