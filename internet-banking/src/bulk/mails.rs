//! Mails about batches: that it was approved, debited, carried out with what sums and failures, or why not (R20, R120).
//! What approvers are asked and answer is told with their requests.

use bulk::{Batch, Bulk, Event, State, StoreError as EngineError};
use database::{Row, dialect, read};
use domain::{BatchId, Timestamp};
use edge::Shutdown;
use ledger::{Ledger, Refused};
use uuid::Uuid;

use super::words;
use crate::contracts::{Store, StoreError};
use crate::mail::follow::{self, Follow, Found};
use crate::mail::{Notice, To, masked};

/// Events that one commit turns into mails at most.
const BATCH_EVENTS: i64 = 100;
/// Positions that one read looks through.
const WINDOW_POSITIONS: i64 = 10_000;

/// Writes mails about batches. Cheap to clone.
#[derive(Clone)]
pub struct BatchFeed {
    bulk: Bulk,
    contracts: Store,
}

/// Why the feed could not go on.
#[derive(Debug, thiserror::Error)]
pub enum BatchFeedError {
    /// The engine's data cannot be read.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The contracts cannot be read.
    #[error(transparent)]
    Contracts(#[from] StoreError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The mails could not be committed.
    #[error("mails could not be committed: {0}")]
    Refused(#[from] Refused),
}

#[derive(sqlx::FromRow)]
struct Happened {
    position: i64,
    kind: String,
    at_us: i64,
    entity: Uuid,
}

impl BatchFeed {
    /// Of an engine's batches, to the users of these contracts.
    pub const fn new(bulk: Bulk, contracts: Store) -> Self {
        Self { bulk, contracts }
    }

    /// Goes on until the process stops.
    pub async fn run(self, shutdown: Shutdown) {
        follow::run(self, shutdown).await;
    }

    /// Turns what is new into mails, and says whether there may be more already.
    pub async fn step(&self) -> Result<bool, BatchFeedError> {
        follow::step(self).await
    }

    async fn mails(&self, happened: &Happened) -> Result<Vec<Row>, BatchFeedError> {
        let Ok(event) = happened.kind.parse::<Event>() else { return Ok(Vec::new()) };
        let Some(batch) = self.bulk.find_for_operator(BatchId::from_uuid(happened.entity)).await? else {
            return Ok(Vec::new());
        };
        // what goes back before the end is told with the end
        if event == Event::Back && batch.state != State::Done {
            return Ok(Vec::new());
        }
        let Some((title, advice)) = told(event, batch.heading.kind.collects()) else { return Ok(Vec::new()) };
        let Some(contract) = self.contracts.contract(batch.contract).await? else { return Ok(Vec::new()) };
        let to = self.contracts.recipients(contract.id, To::UserAndAdministrators(batch.author)).await?;
        let notice = Notice {
            event: format!("bulk-{}-{}", batch.id, happened.position),
            title: format!("{}{title}", batch.heading.kind.label()),
            lines: self.lines(&batch, event).await?,
            advice,
        };
        Ok(notice.rows(&contract, &to, Timestamp::from_micros(happened.at_us)))
    }

    async fn lines(
        &self,
        batch: &Batch,
        event: Event,
    ) -> Result<Vec<(&'static str, String)>, BatchFeedError> {
        let heading = &batch.heading;
        let mut lines = vec![
            ("データ", words::title(batch)),
            (heading.kind.day_name(), words::day(heading.day)),
            ("件数", format!("{}件", batch.rows)),
            ("合計金額", format!("{} 円", batch.amount)),
        ];
        let accounts = self.contracts.accounts(batch.contract).await?;
        if let Some(one) = accounts.iter().find(|one| one.account == heading.account) {
            let number = format!("{} {} {}", one.branch_name, one.kind.label(), masked(&one.number));
            lines.push((if heading.kind.collects() { "入金口座" } else { "引落口座" }, number));
        }
        if matches!(event, Event::Done | Event::Back) {
            let results = self.bulk.results(batch.contract, batch.id).await?;
            let summed = |summed: bulk::Summed| format!("{}件 {} 円", summed.rows, summed.amount);
            lines.push(("完了した明細", summed(results.done)));
            lines.push(("できなかった明細", summed(results.failed)));
        }
        lines.extend(batch.reason.map(|reason| ("理由", reason.label().to_owned())));
        Ok(lines)
    }
}

impl Follow for BatchFeed {
    type Error = BatchFeedError;
    const NAME: &'static str = "bulk";

    fn ledger(&self) -> &Ledger {
        self.bulk.ledger()
    }

    async fn after(&self, position: i64) -> Result<Found, BatchFeedError> {
        let database = self.ledger().database();
        let end = dialect::events_complete_until(database).await?;
        let until = end.min(position.saturating_add(WINDOW_POSITIONS));
        let found: Vec<Happened> = read!(database, |c| {
            sqlx::query_as(
                "SELECT e.position, e.kind, e.at_us, e.entity FROM event e JOIN bulk_batch b ON b.id = e.entity
                 WHERE e.position > $1 AND e.position <= $2 AND e.kind <> 'bulk-posted'
                 ORDER BY e.position LIMIT $3",
            )
            .bind(position)
            .bind(until)
            .bind(BATCH_EVENTS)
            .fetch_all(c)
            .await
        })?;
        let is_full = i64::try_from(found.len()).is_ok_and(|count| count == BATCH_EVENTS);
        let next = found.last().filter(|_| is_full).map_or(until, |last| last.position).max(position);
        let mut mails = Vec::new();
        for one in &found {
            mails.extend(self.mails(one).await?);
        }
        Ok(Found { mails, next, more: next < end, is_news: !found.is_empty() })
    }

    fn is_stale(error: &BatchFeedError) -> bool {
        matches!(error, BatchFeedError::Refused(Refused::Stale))
    }
}

/// What an event is called behind the business, and what the reader does.
const fn told(event: Event, collects: bool) -> Option<(&'static str, &'static str)> {
    Some(match event {
        Event::Approved if collects => {
            ("の承認が完了しました", "引落日に処理し、結果をあらためてお知らせします。取消しはできません。")
        }
        Event::Approved => (
            "の承認が完了しました",
            "引落しの日までに、引落口座の残高をご確認ください。取消しはできません。お心当たりがない場合は、すぐにお取引店へお電話ください。",
        ),
        Event::Tried => (
            "の引落しができませんでした",
            "残高が足りません。このあと、決まった時刻にもう一度引き落としを試みます。引落口座へご入金ください。",
        ),
        Event::Begun if collects => return None,
        Event::Begun => {
            ("の合計金額を引き落としました", "明細ごとに処理し、結果が出たらあらためてお知らせします。")
        }
        Event::Done if collects => (
            "の処理が完了しました",
            "引き落とせた金額を入金口座に入金しました。明細ごとの結果は、データ伝送の画面でご確認ください。",
        ),
        Event::Done => (
            "の処理が完了しました",
            "できなかった明細の金額は引落口座に戻しました。できなかった明細だけを、データ伝送の画面から作り直せます。",
        ),
        Event::Back => (
            "の一部の金額が戻りました",
            "処理が完了したあとに戻った金額を、引落口座に戻しました。明細ごとの結果は、データ伝送の画面でご確認ください。",
        ),
        Event::Voided => (
            "は期限切れになりました",
            "承認の期限までに承認がなかったため、行われません。引き落とされていません。必要なときは、データ伝送の画面で前回のデータから作り直してください。",
        ),
        Event::Failed => (
            "を行えませんでした",
            "引き落とされず、どの明細も処理していません。理由を確かめ、データ伝送の画面で前回のデータから作り直してください。",
        ),
        Event::Drafted
        | Event::Requested
        | Event::Returned
        | Event::Withdrawn
        | Event::Posted
        | Event::Handed
        | Event::Answered
        | Event::Discarded => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves R20, R120.
    #[test]
    fn people_are_told_of_every_end_and_of_what_comes_later() {
        for event in Event::ALL {
            let is_told = matches!(
                event,
                Event::Approved
                    | Event::Tried
                    | Event::Begun
                    | Event::Done
                    | Event::Back
                    | Event::Voided
                    | Event::Failed
            );
            assert_eq!(told(*event, false).is_some(), is_told, "{event}");
            assert_eq!(told(*event, true).is_some(), is_told && *event != Event::Begun, "{event}");
        }
    }
}
