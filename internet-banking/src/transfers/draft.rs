//! A transfer being entered. Its steps are kept on the server, so that none can be skipped or altered in the browser
//! (SEC-15, SEC-19), and only its own user sees it (SEC-34).

use domain::{AccountId, AccountRef, ApprovalId, Date, OrderId, PayeeId, Timestamp, Yen};
use serde::{Deserialize, Serialize};
use transfers::Method;

use super::links::EntryPage;
use crate::payees::{Checked, Entered, Master};

/// Seconds of business time for which an entry is kept from the last step on: 70 days.
pub const DRAFT_LIFE_S: i64 = 70 * 86_400;
/// Entries that one user may have open, what was placed aside; the one that was left longest goes first.
pub const DRAFTS_PER_USER_MAX: i64 = 50;

/// How the payee was named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// One of the contract's own accounts (振替).
    Own(AccountId),
    /// By its 受取人番号 (R81).
    Filed(String),
    /// By its id: registered on screen.
    Registered(PayeeId),
    /// The account is entered (R82).
    Typed,
}

impl Way {
    /// The same for the engine.
    pub const fn method(&self) -> Method {
        match self {
            Self::Own(_) => Method::OwnAccount,
            Self::Filed(_) => Method::Filed,
            // what users register themselves is paid as what they type (R52)
            Self::Registered(_) | Self::Typed => Method::Typed,
        }
    }
}

/// `泉支店 当座 0098765`: one of the contract's own accounts in a list.
pub fn own_account(account: &AccountRef) -> String {
    format!("{} {} {}", Master::names(account).1, account.kind.label(), account.number)
}

/// Who is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payee {
    /// How it was named.
    pub way: Way,
    /// The account.
    pub account: AccountRef,
    /// 受取人名, in kana as it is sent.
    pub name: String,
}

impl Payee {
    /// The account with the names of bank and branch.
    pub fn entered(&self) -> Entered {
        Entered::of(self.account.clone(), self.name.clone())
    }

    /// To whom it goes, in a list: of 振替 the account, for the holder is the company itself.
    pub fn title(&self) -> String {
        match self.way {
            Way::Own(_) => own_account(&self.account),
            Way::Filed(_) | Way::Registered(_) | Way::Typed => self.name.clone(),
        }
    }
}

/// What is typed about account, amount and day, as it is shown again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypedDetails {
    /// The debited account's id.
    pub account: String,
    /// The credited one's, of 振替.
    pub to: String,
    /// How much.
    pub amount: String,
    /// 振込指定日.
    pub day: String,
    /// 依頼人名.
    pub payer_name: String,
}

/// The same as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// The debited account.
    pub account: AccountId,
    /// How much.
    pub amount: Yen,
    /// 振込指定日.
    pub day: Date,
    /// 振込依頼人名, in kana as it is sent.
    pub payer_name: String,
}

/// What an entry holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Whether it is 振替.
    pub own: bool,
    /// Who is paid; none of 振替 until the accounts are chosen.
    pub payee: Option<Payee>,
    /// Who holds the account of a typed payee, as far as that was asked (R89).
    #[serde(default)]
    pub checked: Option<Checked>,
    /// What was typed.
    pub typed: TypedDetails,
    /// The same, where it can be.
    pub details: Option<Details>,
    /// 振込手数料 as the review shows it, which the order has to have.
    #[serde(default)]
    pub fee: Yen,
    /// The request of approval that it puts right, where it began with one.
    #[serde(default)]
    pub request: Option<ApprovalId>,
}

/// A transfer being entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// 128 random bits, part of the pages' addresses.
    pub id: String,
    /// The order that it becomes; another one whenever it is changed.
    pub order: OrderId,
    /// What it holds.
    pub body: Body,
    /// When the entry is over.
    pub expires_at: Timestamp,
}

impl Draft {
    /// The furthest page that may be opened.
    pub const fn reached(&self) -> EntryPage {
        match (&self.body.payee, &self.body.details) {
            (Some(_), Some(_)) => EntryPage::Review,
            (None, _) if !self.body.own => EntryPage::Payee,
            _ => EntryPage::Details,
        }
    }

    /// The address of a page.
    pub fn path(&self, page: EntryPage) -> String {
        page.of(&self.id)
    }
}
