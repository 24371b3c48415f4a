//! What the page shows of whatever record.

use domain::{AccountId, Timestamp, UserId, Yen};
use uuid::Uuid;

use crate::contracts::{Business, code};

code! {
    /// The states that people tell apart over all businesses.
    Group {
        /// Others must approve it.
        Waiting = "waiting", "承認待ち";
        /// It is with whoever asked for it, who goes on with it or not.
        WithAuthor = "with-author", "下書き・差戻し・期限切れ";
        /// Its day is still to come.
        Reserved = "reserved", "予約中";
        /// It is under way, or its outcome is not known.
        Open = "open", "処理中・結果を確認中";
        /// It is done.
        Done = "done", "完了";
        /// It was not done, or came back.
        Undone = "undone", "不成立・返却・返金";
        /// It was taken back before it was done.
        Cancelled = "cancelled", "取消済み";
    }
}

/// A record of a business as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// When the bank took it; with the id the place in the list, which never changes.
    pub at: Timestamp,
    /// Its id.
    pub id: Uuid,
    /// Whose kind of work it is.
    pub business: Business,
    /// 振込, 振替, 組戻し …
    pub kind: &'static str,
    /// Its own page.
    pub link: String,
    /// Payee or collector.
    pub title: String,
    /// A few words more.
    pub detail: String,
    /// The debited account.
    pub account: AccountId,
    /// What leaves it.
    pub amount: Yen,
    /// Who entered it; nobody of the contract where one of its systems asked.
    pub user: Option<UserId>,
    /// The state's word, icon and class.
    pub look: (&'static str, &'static str, &'static str),
    /// The day or moment that counts next.
    pub note: String,
}

impl Item {
    /// The place in the list: the newest is the greatest.
    pub const fn place(&self) -> (Timestamp, Uuid) {
        (self.at, self.id)
    }
}

/// The states of a list that belong to a group; all where none is chosen.
pub fn states<S: Copy>(all: &[S], chosen: Option<Group>, group: impl Fn(S) -> Option<Group>) -> Vec<S> {
    let belongs = |state: &&S| match (chosen, group(**state)) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(chosen), Some(of)) => of == chosen,
    };
    all.iter().filter(belongs).copied().collect()
}
