//! What the pages about transfers show. Every page has samples, and one test renders every page with every sample.

use askama::Template;
use domain::{OrderId, Yen};
use edge::{Errors, Frame};
use transfers::{LimitLayer, LimitUse};

use super::draft::TypedDetails;
use super::left::Left;
use super::links::{OlderLink, OrderAct, OrderLink, RecallLink};
use super::words::{DayChoice, Shown};
use crate::approvals::ApprovalLink;
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::payees::{AccountForm, Checked};

/// An order in a list.
pub struct OrderRow {
    /// Its page.
    pub link: OrderLink,
    /// 受付番号.
    pub number: String,
    /// 11月25日(水).
    pub day: String,
    /// Who is paid.
    pub payee: String,
    /// Where.
    pub place: String,
    /// From which account.
    pub from: String,
    /// How much.
    pub amount: Yen,
    /// Where it stands.
    pub shown: Shown,
}

/// A limit of the day.
pub struct LimitRow {
    /// Whose.
    pub label: &'static str,
    /// The limit.
    pub level: Yen,
    /// What is used of it.
    pub used: Yen,
    /// What is left.
    pub left: Yen,
    /// Whether it is one of a day, and not of one order.
    pub is_daily: bool,
}

impl LimitRow {
    /// Those that are worth telling: of one order and of the contract always, another where it is below the contract's.
    pub fn told(all: &[LimitUse]) -> Vec<Self> {
        let contract = all.iter().find(|one| one.layer == LimitLayer::Contract).map(|one| one.level);
        let counts = |one: &&LimitUse| {
            matches!(one.layer, LimitLayer::PerItem | LimitLayer::Contract) || Some(one.level) < contract
        };
        all.iter().filter(counts).map(Self::of).collect()
    }

    fn of(used: &LimitUse) -> Self {
        Self {
            label: used.layer.label(),
            level: used.level,
            used: used.used,
            left: used.left(),
            is_daily: used.layer != LimitLayer::PerItem,
        }
    }
}

/// Until when something of the day is taken.
pub struct CutOff {
    /// What.
    pub label: &'static str,
    /// Whether the bank is closed today.
    pub closed: bool,
    /// `16:00`; none where today is over.
    pub until: Option<String>,
    /// How long that is away.
    pub left: String,
    /// The same in seconds.
    pub left_s: i64,
    /// The next possible day.
    pub next: String,
}

/// The overview.
#[derive(Template)]
#[template(path = "transfers/overview.html")]
pub struct OverviewPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// Until when orders of the day are taken.
    pub cut_offs: Vec<CutOff>,
    /// Recalls of other banks that wait for an answer.
    pub recalls: usize,
    /// Entries to go on with.
    pub left: Vec<Left>,
    /// Reservations of the next days.
    pub reserved: Vec<OrderRow>,
    /// The last orders.
    pub last: Vec<OrderRow>,
    /// The limits of today.
    pub limits: Vec<LimitRow>,
}

/// A payee to choose.
pub struct PayeeRow {
    /// What the form sends.
    pub value: String,
    /// Who.
    pub name: String,
    /// Bank and branch.
    pub place: String,
    /// Kind and number.
    pub account: String,
}

/// The choice of a payee.
#[derive(Template)]
#[template(path = "transfers/payee.html")]
pub struct PayeePage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the forms go.
    pub action: String,
    /// Whether it is an entry that was begun, whose payee is changed.
    pub begun: bool,
    /// 受取人番号 as it was typed.
    pub number: String,
    /// What is looked for among the registered ones.
    pub q: String,
    /// The registered payees: number, name and account.
    pub registered: Vec<(String, String, PayeeRow)>,
    /// Whether there are more.
    pub has_more: bool,
    /// Those of the last orders.
    pub recent: Vec<PayeeRow>,
    /// What was typed.
    pub typed: AccountForm,
    /// What is known of the account that was typed.
    pub checked: Option<Checked>,
    /// Whether typed payees are paid on the same day.
    pub same_day: bool,
}

/// An account to choose.
pub struct AccountChoice {
    /// What the form sends.
    pub value: String,
    /// Branch, kind and number.
    pub words: String,
    /// 支払可能額; none where it is only credited.
    pub available: Option<Yen>,
}

/// Account, amount and day.
#[derive(Template)]
#[template(path = "transfers/details.html")]
pub struct DetailsPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: String,
    /// Who is paid; none of 振替.
    pub payee: Option<PayeeRow>,
    /// What is known of the account of a typed payee.
    pub checked: Option<Checked>,
    /// The page that changes the payee.
    pub change_payee: String,
    /// The accounts that may be debited.
    pub accounts: Vec<AccountChoice>,
    /// Those that may be credited, of 振替.
    pub own: Vec<AccountChoice>,
    /// The possible days.
    pub days: Vec<DayChoice>,
    /// Until when today is possible.
    pub cut_off: CutOff,
    /// Why today is not possible though banks are open: typed payees.
    pub typed_later: bool,
    /// What is left of today's limit.
    pub limit: Option<LimitRow>,
    /// What was typed.
    pub typed: TypedDetails,
}

/// The last look.
#[derive(Template)]
#[template(path = "transfers/review.html")]
pub struct ReviewPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: String,
    /// The page that changes account, amount and day.
    pub change: String,
    /// The page that changes the payee; empty of 振替.
    pub change_payee: String,
    /// The order that the button authorises.
    pub order: OrderId,
    /// The entry's id.
    pub entry: String,
    /// 振込 or 振替.
    pub kind: &'static str,
    /// What is asked for.
    pub facts: FactRows,
    /// What is known of the account of a typed payee.
    pub checked: Option<Checked>,
    /// Whether its day is another one than today.
    pub reserves: bool,
    /// Whether the account is in another name than was typed, which the person confirms.
    pub name_differs: bool,
    /// Whether the person has ticked that, and something else was wrong.
    pub name_confirmed: bool,
    /// What it needs, where others approve it.
    pub approval: Option<String>,
    /// Whether a one-time password is asked for.
    pub one_time_password: bool,
    /// What is short of a reservation, as the account stands today.
    pub short: Option<Yen>,
}

/// What an order is about, in the words of pages.
pub struct FactRows {
    /// 受取人名 as it is sent.
    pub payee: String,
    /// Bank and branch.
    pub place: String,
    /// Kind and number.
    pub account: String,
    /// How the payee was named.
    pub way: String,
    /// The debited account.
    pub from: String,
    /// 依頼人名 as it is sent.
    pub payer: String,
    /// How much.
    pub amount: Yen,
    /// 振込手数料.
    pub fee: Yen,
    /// When the fee is debited; none where there is none.
    pub fee_day: Option<String>,
    /// 11月25日(水) 予約.
    pub day: String,
}

/// One order.
#[derive(Template)]
#[template(path = "transfers/order.html")]
pub struct OrderPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// Its id.
    pub order: OrderId,
    /// Whether it was just taken.
    pub just_placed: bool,
    /// 受付番号.
    pub number: String,
    /// When it was taken.
    pub placed_at: String,
    /// Who ordered it.
    pub by: String,
    /// 振込 or 振替.
    pub kind: &'static str,
    /// What it is about.
    pub facts: FactRows,
    /// Where it stands.
    pub shown: Shown,
    /// Since when.
    pub changed_at: String,
    /// When it was taken back, and by whom.
    pub cancelled: Option<String>,
    /// Whether its money came back to the debited account.
    pub came_back: bool,
    /// Why.
    pub reason: Option<String>,
    /// Where it is taken back.
    pub cancel: Option<OrderAct>,
    /// Where it is recalled.
    pub recall: Option<OrderAct>,
    /// The recall, where there is one.
    pub recalled: Option<RecallRow>,
    /// Begins the same again.
    pub again: OrderAct,
    /// The page itself.
    pub here: OrderLink,
    /// Whether its outcome is still to come.
    pub is_open: bool,
}

/// A recall as its order's page shows it.
pub struct RecallRow {
    /// Its word.
    pub word: &'static str,
    /// The icon.
    pub icon: &'static str,
    /// The colour.
    pub class: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// When it was asked for.
    pub asked_at: String,
    /// Since when it stands so.
    pub changed_at: String,
    /// The other bank's code.
    pub code: Option<String>,
}

/// A cancellation or a recall that is to be confirmed.
#[derive(Template)]
#[template(path = "transfers/act.html")]
pub struct ActPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: OrderAct,
    /// The order's page.
    pub back: OrderLink,
    /// 振込 or 振替.
    pub kind: &'static str,
    /// What it is about.
    pub facts: FactRows,
    /// 組戻手数料; none of a cancellation.
    pub recall_fee: Option<Yen>,
}

/// A recall of another bank.
pub struct ConsentRow {
    /// Its page.
    pub link: RecallLink,
    /// Who paid, as it was sent.
    pub payer: String,
    /// The bank that asks.
    pub bank: String,
    /// The account that was credited.
    pub account: String,
    /// How much.
    pub amount: Yen,
    /// When it was credited.
    pub credited_at: String,
    /// When the bank asked.
    pub asked_at: String,
    /// Until when it can be answered.
    pub until: String,
    /// Where it stands.
    pub shown: Shown,
    /// Since when.
    pub changed_at: String,
    /// Why nothing was given back, where the code says more than the state.
    pub code: Option<String>,
}

/// The recalls of other banks.
#[derive(Template)]
#[template(path = "transfers/consents.html")]
pub struct ConsentsPage {
    /// The frame.
    pub frame: Frame,
    /// They, the newest first.
    pub rows: Vec<ConsentRow>,
    /// Whether there are older ones.
    pub has_more: bool,
}

/// One of them, and the form by which it is answered.
#[derive(Template)]
#[template(path = "transfers/consent.html")]
pub struct ConsentPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// What it is about.
    pub row: ConsentRow,
    /// Whether it can still be answered.
    pub may_answer: bool,
    /// What the contract's policy demands, where nobody gives money back alone.
    pub approval: Option<String>,
    /// What the user has asked approvers for.
    pub request: Option<ApprovalLink>,
    /// How much of the account is missing, where it is.
    pub short: Option<Yen>,
}

/// A filter of the list.
pub struct StateChoice {
    /// As the address has it.
    pub value: &'static str,
    /// As a person reads it.
    pub words: &'static str,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The orders.
#[derive(Template)]
#[template(path = "transfers/orders.html")]
pub struct OrdersPage {
    /// The frame.
    pub frame: Frame,
    /// What is wrong.
    pub errors: Errors,
    /// The filters.
    pub states: Vec<StateChoice>,
    /// The first and the last 指定日 as they were typed.
    pub days: (String, String),
    /// What is looked for.
    pub q: String,
    /// The orders.
    pub orders: Vec<OrderRow>,
    /// Those before them.
    pub older: Option<OlderLink>,
}
