//! A payment being entered. Its steps are kept on the server, so that none can be skipped or altered in the
//! browser (SEC-15, SEC-19), and only its own user sees it (SEC-34).

use domain::{AccountId, BillId, CollectorNumber, ContractId, InquiryId, PaymentId, Timestamp, UserId, Yen};

use super::favourites::Prefill;
use super::purpose::Purpose;
use crate::links::{EntryLink, EntryPage};

/// Seconds of business time after which an entry that was begun is over.
pub const DRAFT_LIFE_S: i64 = 30 * 60;
/// Entries that one user may have open; the oldest goes first.
pub const DRAFTS_PER_USER_MAX: i64 = 20;

/// The pages of the entry, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The numbers of the slip.
    Numbers,
    /// The bills that the inquiry found, and the account.
    Bills,
    /// The last look before the money moves.
    Review,
}

/// What the payer chose, bound to the payment that the review page authorises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The bill.
    pub bill: BillId,
    /// The account to debit.
    pub account: AccountId,
    /// The bill's amount as it was shown.
    pub amount: Yen,
    /// The payment's id: the same id again is the same payment.
    pub payment: PaymentId,
}

/// A payment being entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// 128 random bits, the last part but one of the pages' addresses.
    pub id: String,
    /// Whose contract.
    pub contract: ContractId,
    /// Whose entry.
    pub user: UserId,
    /// The collector.
    pub collector: CollectorNumber,
    /// The inquiry that was answered.
    pub inquiry: Option<InquiryId>,
    /// The amount that the payer read from the slip, where one was typed (C23).
    pub printed: Option<Yen>,
    /// What was chosen from it.
    pub choice: Option<Choice>,
    /// The request that the entry authorises, whose choice is not the user's to change.
    pub request: Option<PaymentId>,
    /// What its numbers begin with, where they are an earlier payment's.
    pub prefill: Option<Prefill>,
    /// 入力方式: how far the 納付目的コード is made up.
    pub purpose: Option<Purpose>,
    /// The hand-off of a collector's site that it began with.
    pub link: Option<String>,
    /// When the entry is over.
    pub expires_at: Timestamp,
}

impl Draft {
    /// The hand-off that the entry pays. One whose numbers were only filled in from a hand-off pays what is typed.
    pub fn linked(&self) -> Option<&str> {
        self.link.as_deref().filter(|_| self.prefill.is_none())
    }

    /// The furthest page that may be opened.
    pub const fn reached(&self) -> Step {
        match (&self.inquiry, &self.choice) {
            (None, _) => Step::Numbers,
            (Some(_), None) => Step::Bills,
            (Some(_), Some(_)) => Step::Review,
        }
    }

    /// The address of a page.
    pub fn path(&self, step: Step) -> String {
        let page = match step {
            Step::Numbers => EntryPage::Numbers,
            Step::Bills => EntryPage::Bills,
            Step::Review => EntryPage::Review,
        };
        EntryLink { draft: &self.id, page }.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_can_be_reached_before_the_one_in_front_of_it_is_done() {
        let mut draft = Draft {
            id: "d".to_owned(),
            contract: ContractId::generate(),
            user: UserId::generate(),
            collector: "00200".parse().unwrap(),
            inquiry: None,
            printed: None,
            choice: None,
            request: None,
            prefill: None,
            purpose: None,
            link: None,
            expires_at: Timestamp::default(),
        };
        assert_eq!(draft.reached(), Step::Numbers);
        draft.inquiry = Some(InquiryId::generate());
        assert_eq!(draft.reached(), Step::Bills);
        draft.choice = Some(Choice {
            bill: "B1".parse().unwrap(),
            account: AccountId::new(1),
            amount: Yen::new(1),
            payment: PaymentId::generate(),
        });
        assert_eq!(draft.reached(), Step::Review);
        draft.inquiry = None;
        assert_eq!(draft.reached(), Step::Numbers, "a choice without its inquiry is worth nothing");
    }
}
