//! What batches of bulk data ask of the user: drafts that must still be asked for, and what was not carried out.

use bulk::{Batch, BatchQuery, RowState, State};
use domain::{Timestamp, Yen};
use edge::Failure;

use crate::Bank;
use crate::bulk::heading::kinds_of;
use crate::bulk::links::{BatchLink, BatchPage};
use crate::bulk::{operation, words};
use crate::frame::day_and_time;
use crate::sign_in::SignedIn;

/// Days for which a batch that was not carried out is named.
const NAMED_DAYS: i64 = 14;
/// Batches that are looked through.
const LOOK_MAX: u32 = 100;

/// What is to be done or known of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Rows of it are to be mended.
    Mend,
    /// Its approval is to be asked for.
    Approval,
    /// It was not carried out.
    Undone,
    /// Rows of it were not.
    Rows,
}

/// A batch that waits for somebody.
pub(super) struct BatchTask {
    /// Its page.
    pub link: BatchLink,
    /// The tag's word, icon and class.
    pub tag: (&'static str, &'static str, &'static str),
    /// What it is called.
    pub title: String,
    /// Its day.
    pub day: String,
    /// What is to be done.
    pub ask: Ask,
    /// The moment before which it must be approved, where it still can be; otherwise empty.
    pub until: String,
    /// How much it is about.
    pub amount: Yen,
}

/// Those of the user, the newest first: each until it is asked for, or until the same is on its way once more.
pub(super) async fn of(bank: &Bank, by: &SignedIn, now: Timestamp) -> Result<Vec<BatchTask>, Failure> {
    let kinds = kinds_of(by);
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let query = BatchQuery { kinds, ..BatchQuery::newest(by.contract.id, LOOK_MAX) };
    let mut all = bank.bulk.list(&query).await?;
    all.retain(|batch| operation::may_see(by, batch));
    let since = now.plus_seconds(-NAMED_DAYS * 86_400);
    let mut tasks = Vec::new();
    for batch in all.iter().filter(|batch| batch.changed_at > since) {
        let task = |ask| BatchTask {
            link: BatchLink(batch.id, BatchPage::Rows),
            tag: words::tag(batch.state),
            title: words::title(batch),
            day: words::day(batch.heading.day),
            ask,
            until: String::new(),
            amount: batch.amount,
        };
        match batch.state {
            State::Draft | State::Returned | State::Withdrawn if batch.author == by.user.id => {
                let until = batch.approved_before(bank.bulk.terms());
                if until > now {
                    let ask = if batch.faulty > 0 { Ask::Mend } else { Ask::Approval };
                    tasks.push(BatchTask { until: day_and_time(until), ..task(ask) });
                }
            }
            State::Void | State::Failed if !is_again(batch, (batch.rows, batch.amount), &all) => {
                tasks.push(task(Ask::Undone));
            }
            State::Done => {
                let failed = bank.bulk.results(by.contract.id, batch.id).await?.failed;
                if failed.rows > 0 && !is_again(batch, (failed.rows, failed.amount), &all) {
                    let tag = words::row_tag(RowState::Failed);
                    tasks.push(BatchTask { tag, amount: failed.amount, ..task(Ask::Rows) });
                }
            }
            _ => {}
        }
    }
    Ok(tasks)
}

/// Whether so many rows of so much are on their way once more: a later batch of the kind, which is not in vain itself.
fn is_again(undone: &Batch, (rows, amount): (i64, Yen), all: &[Batch]) -> bool {
    all.iter().any(|later| {
        later.created_at >= undone.changed_at
            && later.heading.kind == undone.heading.kind
            && (later.rows, later.amount) == (rows, amount)
            && !matches!(later.state, State::Void | State::Failed | State::Discarded)
    })
}
