//! Entries that were left: a session that ended by itself, or a person who goes on another day, has lost none (SEC-25).

use domain::time::year_month_day;
use domain::{Timestamp, Yen};
use edge::Failure;

use super::approval;
use super::draft::DRAFT_LIFE_S;
use super::store::Drafts;
use crate::Bank;
use crate::sign_in::SignedIn;

/// Entries that are looked through, those that others were asked for among them.
const LOOK_MAX: i64 = 50;

/// An entry to go on with.
pub struct Left {
    /// Its id.
    pub entry: String,
    /// Where it goes on.
    pub link: String,
    /// 振込 or 振替.
    pub kind: &'static str,
    /// Who is paid, as far as that was chosen.
    pub payee: String,
    /// How much, as far as that was typed.
    pub amount: Option<Yen>,
    /// Until when it is kept: 2027年2月2日(火).
    pub until: String,
}

/// The entries that the user left at an instant or later and that became neither an order nor a request, the last
/// touched first.
pub async fn since(bank: &Bank, by: &SignedIn, at: Timestamp, most: usize) -> Result<Vec<Left>, Failure> {
    let kept = at.plus_seconds(DRAFT_LIFE_S).max(bank.clock.now());
    let drafts = Drafts::of(&bank.database, by.contract.id, by.user.id).left(kept, LOOK_MAX).await?;
    let mut left = Vec::new();
    for draft in drafts {
        if left.len() >= most {
            break;
        }
        if approval::asked(bank, by, &draft).await?.is_some() {
            continue;
        }
        left.push(Left {
            entry: draft.id.clone(),
            link: draft.path(draft.reached()),
            kind: if draft.body.own { "振替" } else { "振込" },
            payee: draft.body.payee.as_ref().map(|payee| payee.name.clone()).unwrap_or_default(),
            amount: draft.body.details.as_ref().map(|details| details.amount),
            until: year_month_day(draft.expires_at.date()),
        });
    }
    Ok(left)
}
