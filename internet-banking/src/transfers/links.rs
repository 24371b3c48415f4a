//! The addresses of the pages about transfers.

use std::fmt;

use domain::{OrderId, RecallId, TemplateId};

use crate::links::{Link, escaped};

/// The page of an order. Its id says nothing about payer, payee or amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderLink(pub OrderId);

impl OrderLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/transfers/orders/{order}";
    /// The same, telling that the order was just taken.
    pub const PLACED: &str = "?done=placed";
}

impl fmt::Display for OrderLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Link::TransfersOrders, self.0)
    }
}

/// What is done with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderAct {
    /// 予約の取消し.
    Cancel(OrderId),
    /// 組戻しの依頼.
    Recall(OrderId),
    /// The same once more (POST).
    Again(OrderId),
}

impl OrderAct {
    /// All such pages, for the router.
    pub const CANCEL: &str = "/transfers/orders/{order}/cancel";
    /// All such pages, for the router.
    pub const RECALL: &str = "/transfers/orders/{order}/recall";
    /// All such, for the router.
    pub const AGAIN: &str = "/transfers/orders/{order}/again";
}

impl fmt::Display for OrderAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancel(order) => write!(f, "{}/cancel", OrderLink(*order)),
            Self::Recall(order) => write!(f, "{}/recall", OrderLink(*order)),
            Self::Again(order) => write!(f, "{}/again", OrderLink(*order)),
        }
    }
}

/// One of the templates. Its id says nothing about payer, payee or amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplateLink(pub TemplateId);

impl TemplateLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/transfers/templates/{template}";
    /// The same, telling that it was just made.
    pub const ADDED: &str = "?done=added";
    /// The same, telling that what was to be made was there and has another name now.
    pub const RENAMED: &str = "?done=renamed";
    /// The same, telling that what was to be made was there.
    pub const THERE: &str = "?done=there";
}

impl fmt::Display for TemplateLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Link::TransfersTemplates, self.0)
    }
}

/// The page of a recall of another bank. Its id says nothing about payer, payee or amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecallLink(pub RecallId);

impl RecallLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/transfers/recalls/{recall}";
}

impl fmt::Display for RecallLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Link::TransfersRecalls, self.0)
    }
}

/// A page of a transfer being entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryPage {
    /// The payee whose account is typed.
    Payee,
    /// Account, amount and day.
    Details,
    /// The last look.
    Review,
}

impl EntryPage {
    /// The page of every entry, for the router.
    pub const fn route(self) -> &'static str {
        match self {
            Self::Payee => "/transfers/new/{entry}/payee",
            Self::Details => "/transfers/new/{entry}/details",
            Self::Review => "/transfers/new/{entry}/review",
        }
    }

    /// The page of one entry.
    pub fn of(self, entry: &str) -> String {
        self.route().replace("{entry}", entry)
    }
}

/// The next page of the orders under the same filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OlderLink {
    /// The chosen group of states.
    pub state: &'static str,
    /// The first and the last 指定日 as they were typed, and what is looked for.
    pub typed: [String; 3],
    /// The last order of the page before.
    pub older: OrderId,
}

impl fmt::Display for OlderLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}?state={}&older={}", Link::TransfersOrders, self.state, self.older)?;
        for (name, typed) in ["from", "until", "q"].iter().zip(&self.typed) {
            if !typed.is_empty() {
                write!(f, "&{name}={}", escaped(typed))?;
            }
        }
        Ok(())
    }
}
