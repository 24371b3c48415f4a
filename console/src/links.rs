//! The addresses of the console's pages as one type: routes, handlers and templates use it.

use std::fmt;

use domain::{
    AlarmId, BreakId, CollectorNumber, ContractId, Date, PaymentId, SettlementId, StaffId, StaffRequestId,
    Timestamp, UserId,
};
use internet_banking::payeasy::draft::Step;
use internet_banking::settings::Setting;
use ledger::TrailPlace;
use uuid::Uuid;

use super::contracts::act::Procedure;
use super::help::ConsoleCode;

/// A page of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleLink {
    /// The start of everything: sign-in or home.
    Root,
    /// Sign-in.
    SignIn,
    /// Sign-in, telling that the session was idle or old.
    SignInExpired,
    /// Sign-in, telling that the person signed in elsewhere.
    SignInReplaced,
    /// Sign-in, telling that the person signed out.
    SignInSignedOut,
    /// Sign-in, telling that the first password was chosen.
    SignInBegun,
    /// The first password of a person whom two have recorded.
    Start,
    /// Ends the session (POST).
    SignOut,
    /// 状況.
    Home,
    /// The same, which asks for itself again and again.
    HomeWatching,
    /// 結果不明.
    Unknown,
    /// Has all of them asked for again (POST).
    ResendAll,
    /// 窓口収納: today's, and the start of a new one.
    Counter,
    /// 払込検索.
    Payments,
    /// 開局・閉局.
    Days,
    /// 照合.
    Reconciliation,
    /// Has a day compared again (POST).
    Compare,
    /// 不一致一覧.
    Breaks,
    /// 資金決済.
    Settlement,
    /// 清算勘定の残高.
    ClearingAccounts,
    /// 他行からの組戻しの依頼.
    Recalls,
    /// 契約.
    Contracts,
    /// 新規契約の申込受付.
    NewContract,
    /// ほかのFB契約の口座.
    OtherFb,
    /// 緊急停止.
    Stops,
    /// 設定.
    Settings,
    /// 暦.
    Calendar,
    /// 収納機関.
    Collectors,
    /// 鍵と認証局.
    Keys,
    /// トークンの在庫.
    TokenStock,
    /// 利用者.
    Users,
    /// 職員.
    Staff,
    /// 承認待ち.
    Requests,
    /// 警報.
    Alarms,
    /// 監査ログ.
    Trail,
    /// The list of error codes.
    Help,
}

impl ConsoleLink {
    /// The path, with its query where it has one.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Root => "/",
            Self::SignIn => "/sign-in",
            Self::SignInExpired => "/sign-in?ended=expired",
            Self::SignInReplaced => "/sign-in?ended=elsewhere",
            Self::SignInSignedOut => "/sign-in?ended=signed-out",
            Self::SignInBegun => "/sign-in?ended=begun",
            Self::Start => "/start",
            Self::SignOut => "/sign-out",
            Self::Home => "/home",
            Self::HomeWatching => "/home?watch=on",
            Self::Unknown => "/unknown",
            Self::ResendAll => "/unknown/resend",
            Self::Counter => "/counter",
            Self::Payments => "/payments",
            Self::Days => "/days",
            Self::Reconciliation => "/reconciliation",
            Self::Compare => "/reconciliation/compare",
            Self::Breaks => "/reconciliation/breaks",
            Self::Settlement => "/settlement",
            Self::ClearingAccounts => "/settlement/accounts",
            Self::Recalls => "/recalls",
            Self::Contracts => "/contracts",
            Self::NewContract => "/contracts/new",
            Self::OtherFb => "/contracts/others",
            Self::Stops => "/stops",
            Self::Settings => "/settings",
            Self::Calendar => "/calendar",
            Self::Collectors => "/collectors",
            Self::Keys => "/keys",
            Self::TokenStock => "/token-stock",
            Self::Users => "/users",
            Self::Staff => "/staff",
            Self::Requests => "/requests",
            Self::Alarms => "/alarms",
            Self::Trail => "/audit",
            Self::Help => "/help",
        }
    }
}

impl fmt::Display for ConsoleLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.path())
    }
}

/// The help page of an error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsoleHelpLink(pub ConsoleCode);

impl ConsoleHelpLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/help/{code}";
}

impl fmt::Display for ConsoleHelpLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", ConsoleLink::Help, self.0)
    }
}

macro_rules! id_links {
    ($($(#[$doc:meta])* $name:ident($id:ty) = $before:literal, $after:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub $id);

        impl $name {
            /// All such pages, for the router.
            pub const ROUTE: &str = concat!($before, "{id}", $after);
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($before, "{}", $after), self.0)
            }
        }
    )*};
}

id_links! {
    /// The page of one payment, whoever's it is.
    StaffPaymentLink(PaymentId) = "/payments/", "";
    /// Has it asked for again (POST).
    ResendLink(PaymentId) = "/payments/", "/resend";
    /// Proposes the collector's word for it (POST).
    ProposeLink(PaymentId) = "/payments/", "/propose";
    /// Proposes that the collector takes it back (POST).
    CancelLink(PaymentId) = "/payments/", "/cancel";
    /// The receipt of a counter payment, or what its payer gets in place of one.
    ReceiptLink(PaymentId) = "/counter/receipts/", "";
    /// The page of one break.
    BreakLink(BreakId) = "/reconciliation/breaks/", "";
    /// Proposes that it is resolved (POST).
    ResolveLink(BreakId) = "/reconciliation/breaks/", "/propose";
    /// One collector's settlement window.
    SettlementLink(SettlementId) = "/settlement/", "";
    /// Proposes that it is closed (POST).
    CloseWindowLink(SettlementId) = "/settlement/", "/close";
    /// Proposes that its net payment is paid (POST).
    PayNetLink(SettlementId) = "/settlement/", "/pay";
    /// The page of one user of a customer.
    UserLink(UserId) = "/users/", "";
    /// Proposes that what wrong numbers stopped is lifted (POST).
    LiftStopLink(UserId) = "/users/", "/lift";
    /// The page of one contract.
    ContractLink(ContractId) = "/contracts/", "";
    /// Stops it (POST).
    StopContractLink(ContractId) = "/contracts/", "/stop";
    /// Proposes that an emergency stop is lifted (POST).
    LiftEmergencyLink(Uuid) = "/stops/", "/lift";
    /// Makes its 初期設定番号 and shows the notice (POST).
    PrintNoticeLink(ContractId) = "/contracts/", "/notice";
    /// Records that an account of another FB product is one no more (POST).
    EndOtherLink(Uuid) = "/contracts/others/", "/end";
    /// Its tokens, and what they cost.
    ContractTokensLink(ContractId) = "/contracts/", "/tokens";
    /// Proposes what a paper about them asks for (POST).
    TokenProposeLink(ContractId) = "/contracts/", "/tokens/propose";
    /// Whose accounts it may debit.
    ContractMandatesLink(ContractId) = "/contracts/", "/mandates";
    /// Proposes what a paper about them asks for (POST).
    MandateProposeLink(ContractId) = "/contracts/", "/mandates/propose";
    /// The page of one request.
    RequestLink(StaffRequestId) = "/requests/", "";
    /// Approves it (POST).
    ApproveLink(StaffRequestId) = "/requests/", "/approve";
    /// Sends it back (POST).
    SendBackLink(StaffRequestId) = "/requests/", "/send-back";
    /// Withdraws it (POST).
    WithdrawLink(StaffRequestId) = "/requests/", "/withdraw";
    /// Proposes that a member of staff is let in no more (POST).
    SuspendStaffLink(StaffId) = "/staff/", "/suspend";
    /// Takes notice of an alarm (POST).
    AcknowledgeLink(AlarmId) = "/alarms/", "/acknowledge";
}

/// The page of a setting.
#[derive(Clone, Debug)]
pub struct SettingLink(String);

impl SettingLink {
    /// Those of everybody, for the router.
    pub const ROUTE: &str = "/settings/{name}";
    /// Those of a collector, for the router.
    pub const OF_COLLECTOR: &str = "/collectors/{collector}/{part}";

    /// The page of this one.
    pub fn of(setting: &Setting) -> Self {
        Self(match setting.collector() {
            Some((number, part)) => format!("{}/{number}/{}", ConsoleLink::Collectors, part.code()),
            None => format!("{}/{}", ConsoleLink::Settings, setting.name),
        })
    }
}

impl fmt::Display for SettingLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The page of a procedure of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcedureLink {
    /// The contract.
    pub contract: ContractId,
    /// The procedure.
    pub procedure: Procedure,
}

impl ProcedureLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/contracts/{id}/procedures/{procedure}";
}

impl fmt::Display for ProcedureLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/procedures/{}", ContractLink(self.contract), self.procedure.code())
    }
}

/// A page of a counter payment being entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CounterLink<'a> {
    /// The draft's id.
    pub draft: &'a str,
    /// Which page.
    pub step: Step,
}

impl CounterLink<'_> {
    /// The page of every entry, for the router.
    pub const fn route(step: Step) -> &'static str {
        match step {
            Step::Numbers => "/counter/new/{draft}/numbers",
            Step::Bills => "/counter/new/{draft}/bills",
            Step::Review => "/counter/new/{draft}/review",
        }
    }
}

impl fmt::Display for CounterLink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Self::route(self.step).replace("{draft}", self.draft))
    }
}

macro_rules! day_links {
    ($($(#[$doc:meta])* $name:ident = $after:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name<'a> {
            /// The collector.
            pub collector: &'a CollectorNumber,
            /// 仕向処理年月日.
            pub date: Date,
        }

        impl $name<'_> {
            /// All such pages, for the router.
            pub const ROUTE: &'static str = concat!("/days/{collector}/{date}", $after);
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}/{}/{}{}", ConsoleLink::Days, self.collector, self.date, $after)
            }
        }
    )*};
}

day_links! {
    /// The page of one day of one collector.
    DayLink = "";
    /// Proposes a step of it (POST).
    DayProposeLink = "/propose";
    /// Asks for the collector's counters (POST).
    DayCountersLink = "/counters";
}

/// The comparisons of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReconciliationLink(pub Date);

impl fmt::Display for ReconciliationLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}?date={}", ConsoleLink::Reconciliation, self.0)
    }
}

/// A page of the breaks under a filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BreaksLink<'a> {
    /// Whether those that have ended are shown too.
    pub all: bool,
    /// The chosen class's word.
    pub class: &'a str,
    /// The chosen collector.
    pub collector: Option<&'a CollectorNumber>,
    /// The chosen day.
    pub date: Option<Date>,
    /// The last break of the page before.
    pub place: Option<(Timestamp, BreakId)>,
}

impl fmt::Display for BreaksLink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (state, class) = (if self.all { "all" } else { "open" }, self.class);
        let collector = self.collector.map_or("", CollectorNumber::as_str);
        write!(f, "{}?state={state}&class={class}&collector={collector}&date=", ConsoleLink::Breaks)?;
        if let Some(date) = self.date {
            write!(f, "{date}")?;
        }
        match self.place {
            Some((at, id)) => write!(f, "&older={}_{id}", at.micros()),
            None => Ok(()),
        }
    }
}

/// The next page of the alarms under the same filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmsLink<'a> {
    /// Whether only those are shown that nobody has acknowledged.
    pub open_only: bool,
    /// The chosen collector.
    pub collector: Option<&'a CollectorNumber>,
    /// The last alarm of the page before.
    pub place: (Timestamp, AlarmId),
}

impl fmt::Display for AlarmsLink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.open_only { "open" } else { "all" };
        let collector = self.collector.map_or("", CollectorNumber::as_str);
        let (at, id) = self.place;
        write!(f, "{}?state={state}&collector={collector}&older={}_{id}", ConsoleLink::Alarms, at.micros())
    }
}

/// The next page of the audit log under the same filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrailLink<'a> {
    /// From which day to which.
    pub days: (Date, Date),
    /// The chosen actor.
    pub actor: &'a str,
    /// The chosen action.
    pub action: &'a str,
    /// The typed subject.
    pub subject: &'a str,
    /// The last record of the page before.
    pub place: TrailPlace,
}

impl fmt::Display for TrailLink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, until) = self.days;
        write!(f, "{}?from={from}&until={until}", ConsoleLink::Trail)?;
        for (name, value) in [("actor", self.actor), ("action", self.action), ("subject", self.subject)] {
            write!(f, "&{name}=")?;
            escaped(f, value)?;
        }
        write!(f, "&older={}", self.place)
    }
}

/// The search by one number, which leads to its payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberLink<'a>(pub &'a str);

impl fmt::Display for NumberLink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}?number=", ConsoleLink::Payments)?;
        escaped(f, self.0)
    }
}

/// A value in a query.
fn escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            write!(f, "{}", char::from(byte))?;
        } else {
            write!(f, "%{byte:02X}")?;
        }
    }
    Ok(())
}

/// The next page of the search under the same filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentsLink<'a> {
    /// From which day to which.
    pub days: (Date, Date),
    /// The chosen collector.
    pub collector: Option<&'a CollectorNumber>,
    /// The chosen state's word.
    pub state: &'a str,
    /// Whether only provisional clearings are shown.
    pub provisional: bool,
    /// The last payment of the page before.
    pub place: (Timestamp, PaymentId),
}

impl fmt::Display for PaymentsLink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((from, until), (at, id), state) = (self.days, self.place, self.state);
        let collector = self.collector.map_or("", CollectorNumber::as_str);
        let provisional = if self.provisional { "only" } else { "" };
        write!(f, "{}?from={from}&until={until}&collector={collector}&state={state}", ConsoleLink::Payments)?;
        write!(f, "&provisional={provisional}&older={}_{id}", at.micros())
    }
}

/// The next page of the payments that a settlement window settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledPaymentsLink {
    /// The window.
    pub settlement: SettlementId,
    /// The last payment of the page before.
    pub after: PaymentId,
}

impl fmt::Display for SettledPaymentsLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}?after={}", SettlementLink(self.settlement), self.after)
    }
}

/// A page of the accounts of other FB products, from 0 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherFbPageLink(pub u32);

impl fmt::Display for OtherFbPageLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}?page={}", ConsoleLink::OtherFb, self.0)
    }
}

/// The next page of the requests under the same filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestsLink {
    /// Whether only those are shown that nobody has decided.
    pub open_only: bool,
    /// The last request of the page before.
    pub place: (Timestamp, StaffRequestId),
}

impl fmt::Display for RequestsLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.open_only { "open" } else { "all" };
        let (at, id) = self.place;
        write!(f, "{}?state={state}&older={}_{id}", ConsoleLink::Requests, at.micros())
    }
}
