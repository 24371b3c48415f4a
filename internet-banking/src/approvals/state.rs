//! Where a request is, and what leads from there to where. Pure.

use crate::contracts::code;

code! {
    /// Where a request is.
    State {
        /// The author has kept it, and asked nobody yet.
        Draft = "draft", "下書き";
        /// It waits for approvers.
        Asked = "asked", "承認待ち";
        /// It has all approvals, and is being carried out.
        Approved = "approved", "実行中";
        /// It was carried out.
        Done = "done", "完了";
        /// An approver, or the bank, has sent it back with a reason.
        Returned = "returned", "差戻し";
        /// The author has taken it back.
        Withdrawn = "withdrawn", "引戻し";
        /// Nobody decided in time.
        Expired = "expired", "期限切れ";
        /// The author wants it no more, or has not touched it for long.
        Deleted = "deleted", "削除";
    }
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The author asks, or asks again.
    Ask,
    /// The author keeps what has changed in it.
    Keep,
    /// Somebody approves, and others must.
    Approve,
    /// Somebody approves as the last one.
    ApproveLast,
    /// An approver sends it back.
    Return,
    /// The author takes it back.
    Withdraw,
    /// Its time is over.
    Expire,
    /// It was carried out.
    CarriedOut,
    /// It cannot be carried out.
    Refused,
    /// It is wanted no more.
    Delete,
}

impl Event {
    /// Every one of them.
    pub const ALL: &[Self] = &[
        Self::Ask,
        Self::Keep,
        Self::Approve,
        Self::ApproveLast,
        Self::Return,
        Self::Withdraw,
        Self::Expire,
        Self::CarriedOut,
        Self::Refused,
        Self::Delete,
    ];

    /// The action in the audit log.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Ask => "approval.ask",
            Self::Keep => "approval.keep",
            Self::Approve | Self::ApproveLast => "approval.approve",
            Self::Return => "approval.return",
            Self::Withdraw => "approval.withdraw",
            Self::Expire => "approval.expire",
            Self::CarriedOut => "approval.done",
            Self::Refused => "approval.refused",
            Self::Delete => "approval.delete",
        }
    }
}

impl State {
    /// Where an event leads; nothing where it cannot happen. After the last approval nobody takes it back (R121).
    pub const fn after(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::Draft | Self::Returned | Self::Withdrawn | Self::Expired, Event::Ask)
            | (Self::Asked, Event::Approve) => Some(Self::Asked),
            (Self::Draft | Self::Returned | Self::Withdrawn | Self::Expired, Event::Keep) => {
                Some(Self::Draft)
            }
            (Self::Draft | Self::Returned | Self::Withdrawn | Self::Expired, Event::Delete) => {
                Some(Self::Deleted)
            }
            (Self::Asked, Event::ApproveLast) => Some(Self::Approved),
            (Self::Asked, Event::Return) | (Self::Approved, Event::Refused) => Some(Self::Returned),
            (Self::Asked, Event::Withdraw) => Some(Self::Withdrawn),
            (Self::Asked, Event::Expire) => Some(Self::Expired),
            (Self::Approved, Event::CarriedOut) => Some(Self::Done),
            _ => None,
        }
    }

    /// Whether nothing can happen to it any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Deleted)
    }

    /// The colour of the word.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Asked | Self::Approved => "wait",
            Self::Done => "ok",
            Self::Returned => "bad",
            Self::Draft | Self::Withdrawn | Self::Expired | Self::Deleted => "info",
        }
    }

    /// The sign beside it.
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Asked | Self::Approved => "●",
            Self::Done => "✓",
            Self::Returned => "!",
            Self::Draft | Self::Withdrawn | Self::Expired | Self::Deleted => "–",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks every state and event.
    ///
    /// Proves R121.
    #[test]
    fn every_event_leads_where_the_table_says_or_nowhere() {
        use Event::{Approve, ApproveLast, Ask, CarriedOut, Delete, Expire, Keep, Refused, Return, Withdraw};
        use State::{Approved, Asked, Deleted, Done, Draft, Expired, Returned, Withdrawn};
        let mut table = vec![
            (Asked, Approve, Asked),
            (Asked, ApproveLast, Approved),
            (Asked, Return, Returned),
            (Asked, Withdraw, Withdrawn),
            (Asked, Expire, Expired),
            (Approved, CarriedOut, Done),
            (Approved, Refused, Returned),
        ];
        for with_the_author in [Draft, Returned, Withdrawn, Expired] {
            table.push((with_the_author, Ask, Asked));
            table.push((with_the_author, Keep, Draft));
            table.push((with_the_author, Delete, Deleted));
        }
        for state in State::ALL {
            for event in Event::ALL {
                let expected = table.iter().find(|(from, by, _)| (from, by) == (state, event));
                assert_eq!(state.after(*event), expected.map(|(.., to)| *to), "{state:?} {event:?}");
            }
            let goes_on = Event::ALL.iter().any(|event| state.after(*event).is_some());
            assert_eq!(goes_on, !state.is_final(), "{state:?}");
        }
    }
}
