//! Where items come from.

use edge::Failure;

use super::item::Item;
use super::search::Search;
use crate::contracts::Business;
use crate::sign_in::SignedIn;
use crate::{Bank, approvals, bulk, payeasy, policy, transfers};

/// A kind of record that the page shows. Each reads what the person may see of it and the search asks for, the newest
/// first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// 税金・各種料金.
    Payments,
    /// What the contract's own systems asked for.
    PaymentRequests,
    /// 振込 and 振替, reservations among them.
    Orders,
    /// 組戻し.
    Recalls,
    /// What other banks ask back.
    Consents,
    /// 総合振込, 給与・賞与振込 and the like, from their approval on.
    Batches,
    /// What others are to approve, of every business.
    Approvals,
}

impl Source {
    /// Every one of them.
    pub const ALL: &[Self] = &[
        Self::Payments,
        Self::PaymentRequests,
        Self::Orders,
        Self::Recalls,
        Self::Consents,
        Self::Batches,
        Self::Approvals,
    ];

    /// The business, where all of it is of one.
    const fn business(self) -> Option<Business> {
        match self {
            Self::Payments | Self::PaymentRequests => Some(Business::PayEasy),
            Self::Orders | Self::Recalls | Self::Consents => Some(Business::Transfer),
            Self::Batches | Self::Approvals => None,
        }
    }

    /// Its items, as many as the search wants at most.
    pub async fn items(self, bank: &Bank, by: &SignedIn, search: &Search) -> Result<Vec<Item>, Failure> {
        if let Some(business) = self.business()
            && (search.business.is_some_and(|chosen| chosen != business) || !policy::may_do(by, business))
        {
            return Ok(Vec::new());
        }
        match self {
            Self::Payments => payeasy::activity::payments(bank, by, search).await,
            Self::PaymentRequests => payeasy::activity::requests(bank, by, search).await,
            Self::Orders => transfers::activity::orders(bank, by, search).await,
            Self::Recalls => transfers::activity::recalls(bank, by, search).await,
            Self::Consents => transfers::activity::consents(bank, by, search).await,
            Self::Batches => bulk::activity::batches(bank, by, search).await,
            Self::Approvals => approvals::activity::requests(bank, by, search).await,
        }
    }
}
