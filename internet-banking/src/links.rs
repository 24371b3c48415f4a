//! The addresses of the bank's pages as one type: routes, handlers and templates use it.

use std::fmt;

use domain::{CollectorNumber, FavouriteId, PaymentId, UserId};
use uuid::Uuid;

use crate::help::Code;

/// A page of the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The start of everything: sign-in or home.
    Root,
    /// Sign-in.
    SignIn,
    /// Sign-in, telling that the session was idle or old.
    SignInExpired,
    /// The sign-in page, told that a form came from nobody who is signed in.
    SignInLost,
    /// Sign-in, telling that the user signed in elsewhere.
    SignInReplaced,
    /// Sign-in, telling that the hours have ended.
    SignInClosed,
    /// Sign-in, telling that the user signed out.
    SignInSignedOut,
    /// Says that the person goes on (POST).
    SessionExtend,
    /// Ends the session (POST).
    SignOut,
    /// 初期設定.
    SetUp,
    /// Who the master is, and the passwords (POST).
    SetUpDetails,
    /// The end of it.
    SetUpDone,
    /// 緊急利用停止, before sign-in.
    EmergencyStop,
    /// The same for whoever is signed in.
    EmergencyStopNow,
    /// The contract is stopped.
    EmergencyStopped,
    /// Home.
    Home,
    /// 残高照会.
    Accounts,
    /// 手数料.
    Fees,
    /// Pay a bill from its slip.
    PayeasyNew,
    /// Payments of the last 100 days.
    PayeasyHistory,
    /// Those of them whose outcome is not known yet.
    PayeasyHistoryOpen,
    /// Pay a local tax by its eL番号.
    PayeasyEl,
    /// The same form, filled by a picture of the eL-QR (POST).
    PayeasyElPicture,
    /// The collectors that can be paid.
    PayeasyCollectors,
    /// What the contract's own systems asked for.
    PayeasyRequests,
    /// What may be paid in a day.
    PayeasyLimits,
    /// The same, telling that one was changed.
    PayeasyLimitsChanged,
    /// 登録払込先.
    PayeasyFavourites,
    /// 振込先.
    Payees,
    /// データ伝送: 総合振込, 給与・賞与振込 and the like.
    Bulk,
    /// A new batch.
    BulkNew,
    /// 外部ファイル送信.
    BulkFile,
    /// 振込・振替.
    Transfers,
    /// The choice of a payee.
    TransfersNew,
    /// 振替 between own accounts.
    TransfersOwn,
    /// The orders.
    TransfersOrders,
    /// Those that are reserved.
    TransfersReserved,
    /// ひな形.
    TransfersTemplates,
    /// The same, telling that one was deleted.
    TransfersTemplatesDeleted,
    /// 組戻しの承諾: transfers that other banks ask to have back.
    TransfersRecalls,
    /// ワンタイムパスワード利用開始登録.
    SecurityToken,
    /// The same, telling that a token was registered.
    SecurityTokenRegistered,
    /// The same, telling that it was reported lost.
    SecurityTokenReported,
    /// 紛失・盗難の届け.
    SecurityTokenLost,
    /// トークン管理.
    AdminTokens,
    /// The same, telling that one was revoked.
    AdminTokensRevoked,
    /// The same, telling that one was unlocked.
    AdminTokensUnlocked,
    /// The last look before a token is revoked or unlocked (POST).
    AdminTokensAsk,
    /// Revokes or unlocks it (POST).
    AdminTokensDo,
    /// Where collectors' sites have browsers send hand-offs (POST).
    LinkEntry,
    /// 利用環境確認: whether this browser can sign in by certificate, and what to do where not.
    CertificateCheck,
    /// Getting a client certificate.
    CertificateFetch,
    /// The own certificate.
    OwnCertificate,
    /// The certificates of the contract's users.
    AdminCertificates,
    /// 承認.
    Approvals,
    /// The same, telling what came of several.
    ApprovalsDone,
    /// 取引状況.
    Activity,
    /// 承認の設定.
    AdminApprovals,
    /// The same, telling that it was changed.
    AdminApprovalsChanged,
    /// 管理.
    Admin,
    /// 限度額 of transfers.
    AdminLimits,
    /// The same, telling that one was changed.
    AdminLimitsChanged,
    /// 操作履歴.
    AdminHistory,
    /// The same as a file.
    AdminHistoryCsv,
    /// 利用者管理.
    AdminUsers,
    /// Begins the entry of a user (POST).
    AdminUsersNew,
    /// 利用者情報.
    Security,
    /// The own operations.
    OwnHistory,
    /// Turns the reminder of old passwords on or off (POST).
    SecurityReminder,
    /// The change of the login password.
    SecurityPassword,
    /// The change of the confirmation password.
    SecurityConfirmation,
    /// The change of the mail address.
    SecurityEmail,
    /// The own passwords in place of a temporary one.
    SecurityFirst,
    /// The list of error codes.
    Help,
}

impl Link {
    /// The path, with its query where it has one.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Root => "/",
            Self::SignIn => "/sign-in",
            Self::SignInExpired => "/sign-in?ended=expired",
            Self::SignInLost => "/sign-in?ended=lost",
            Self::SignInReplaced => "/sign-in?ended=elsewhere",
            Self::SignInClosed => "/sign-in?ended=closed",
            Self::SignInSignedOut => "/sign-in?ended=signed-out",
            Self::SessionExtend => "/session/extend",
            Self::SignOut => "/sign-out",
            Self::SetUp => "/set-up",
            Self::SetUpDetails => "/set-up/details",
            Self::SetUpDone => "/set-up/done",
            Self::EmergencyStop => "/emergency-stop",
            Self::EmergencyStopNow => "/emergency-stop/now",
            Self::EmergencyStopped => "/emergency-stop/done",
            Self::Home => "/home",
            Self::Accounts => "/accounts",
            Self::Fees => "/fees",
            Self::PayeasyNew => "/payeasy/new",
            Self::PayeasyEl => "/payeasy/el",
            Self::PayeasyElPicture => "/payeasy/el/picture",
            Self::PayeasyHistory => "/payeasy/history",
            Self::PayeasyHistoryOpen => "/payeasy/history?state=checking",
            Self::LinkEntry => "/payeasy/link/entry",
            Self::CertificateCheck => "/certificate/check",
            Self::CertificateFetch => "/certificate/fetch",
            Self::OwnCertificate => "/security/certificate",
            Self::AdminCertificates => "/admin/certificates",
            Self::Approvals => "/approvals",
            Self::ApprovalsDone => "/approvals?done=approved",
            Self::Activity => "/activity",
            Self::AdminApprovals => "/admin/approvals",
            Self::AdminApprovalsChanged => "/admin/approvals?done=changed",
            Self::Admin => "/admin",
            Self::AdminLimits => "/admin/limits",
            Self::AdminLimitsChanged => "/admin/limits?done=changed",
            Self::AdminHistory => "/admin/history",
            Self::AdminHistoryCsv => "/admin/history/csv",
            Self::AdminUsers => "/admin/users",
            Self::AdminUsersNew => "/admin/users/new",
            Self::OwnHistory => "/security/history",
            Self::Security => "/security",
            Self::SecurityReminder => "/security/reminder",
            Self::SecurityPassword => "/security/password",
            Self::SecurityConfirmation => "/security/confirmation-password",
            Self::SecurityEmail => "/security/email",
            Self::SecurityFirst => "/security/first-password",
            Self::Help => "/help",
            Self::PayeasyCollectors => "/payeasy/collectors",
            Self::PayeasyRequests => "/payeasy/requests",
            Self::PayeasyLimits => "/payeasy/limits",
            Self::PayeasyLimitsChanged => "/payeasy/limits?done=changed",
            Self::PayeasyFavourites => "/payeasy/favourites",
            Self::Payees => "/payees",
            Self::Bulk => "/bulk",
            Self::BulkNew => "/bulk/new",
            Self::BulkFile => "/bulk/file",
            Self::Transfers => "/transfers",
            Self::TransfersNew => "/transfers/new",
            Self::TransfersOwn => "/transfers/own",
            Self::TransfersOrders => "/transfers/orders",
            Self::TransfersReserved => "/transfers/orders?state=reserved",
            Self::TransfersTemplates => "/transfers/templates",
            Self::TransfersTemplatesDeleted => "/transfers/templates?done=deleted",
            Self::TransfersRecalls => "/transfers/recalls",
            Self::SecurityToken => "/security/token",
            Self::SecurityTokenRegistered => "/security/token?done=registered",
            Self::SecurityTokenReported => "/security/token?done=lost",
            Self::SecurityTokenLost => "/security/token/lost",
            Self::AdminTokens => "/admin/tokens",
            Self::AdminTokensRevoked => "/admin/tokens?done=revoke",
            Self::AdminTokensUnlocked => "/admin/tokens?done=unlock",
            Self::AdminTokensAsk => "/admin/tokens/ask",
            Self::AdminTokensDo => "/admin/tokens/do",
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.path())
    }
}

/// The last page of an emergency stop, which tells its moment and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmergencyStoppedLink(pub Uuid);

impl fmt::Display for EmergencyStoppedLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}?stop={}", Link::EmergencyStopped, self.0)
    }
}

/// The page of one payment. Its id says nothing about payer, account or amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentLink(pub PaymentId);

impl PaymentLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/payeasy/payments/{payment}";
}

impl fmt::Display for PaymentLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/payeasy/payments/{}", self.0)
    }
}

/// The page of a hand-off. Its id says nothing of payer, collector or amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOffLink(pub String);

impl HandOffLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/payeasy/link/{handoff}";

    /// Of which hand-off the page at this path is.
    pub fn hand_off_at(path: &str) -> Option<&str> {
        path.strip_prefix(Self::ROUTE.strip_suffix("{handoff}")?)
    }
}

impl fmt::Display for HandOffLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/payeasy/link/{}", self.0)
    }
}

/// Sign-in that leads back to the page of a hand-off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOffSignIn {
    /// The sign-in, and what it tells.
    pub sign_in: Link,
    /// Which hand-off.
    pub hand_off: String,
}

impl fmt::Display for HandOffSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.sign_in.path();
        write!(f, "{path}{}link={}", if path.contains('?') { '&' } else { '?' }, self.hand_off)
    }
}

/// The page of a payment that the contract's own systems asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLink(pub PaymentId);

impl RequestLink {
    /// All such pages, for the router. The hub's API tells the same address.
    pub const ROUTE: &str = gateway::api::REQUESTS_PATH;
}

impl fmt::Display for RequestLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Self::ROUTE.replace("{payment}", &self.0.to_string()))
    }
}

/// One of the favourites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FavouriteLink(pub FavouriteId);

impl FavouriteLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/payeasy/favourites/{favourite}";
}

impl fmt::Display for FavouriteLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Link::PayeasyFavourites, self.0)
    }
}

/// The numbers of an earlier payment, to pay again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgainLink(pub PaymentId);

impl AgainLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/payeasy/payments/{payment}/again";
}

impl fmt::Display for AgainLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/again", PaymentLink(self.0))
    }
}

/// The limit of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserLimitLink(pub UserId);

impl UserLimitLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/payeasy/limits/{user}";
}

impl fmt::Display for UserLimitLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Link::PayeasyLimits, self.0)
    }
}

/// The certificate of one of the contract's users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserCertificateLink(pub UserId);

impl UserCertificateLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/admin/certificates/{user}";
}

impl fmt::Display for UserCertificateLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Link::AdminCertificates, self.0)
    }
}

/// What the master does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserCertificateAct {
    /// 失効.
    Revoke(UserId),
    /// 再発行の許可.
    Permit(UserId),
}

impl UserCertificateAct {
    /// All such, for the router.
    pub const REVOKE: &str = "/admin/certificates/{user}/revoke";
    /// All such, for the router.
    pub const PERMIT: &str = "/admin/certificates/{user}/permit";
}

impl fmt::Display for UserCertificateAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revoke(user) => write!(f, "{}/revoke", UserCertificateLink(*user)),
            Self::Permit(user) => write!(f, "{}/permit", UserCertificateLink(*user)),
        }
    }
}

/// The same payment to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrintLink(pub PaymentId);

impl PrintLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/payeasy/payments/{payment}/print";
}

impl fmt::Display for PrintLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/print", PaymentLink(self.0))
    }
}

/// The page of one collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectorLink(pub CollectorNumber);

impl CollectorLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/payeasy/collectors/{collector}";
}

impl fmt::Display for CollectorLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Link::PayeasyCollectors, self.0)
    }
}

/// The help page of an error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HelpLink(pub Code);

impl HelpLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/help/{code}";
}

impl fmt::Display for HelpLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Link::Help, self.0)
    }
}

/// A page of a payment being entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryPage {
    /// The numbers of the slip.
    Numbers,
    /// 入力方式: the tax, or the 納付目的コード of a slip.
    Purpose,
    /// 入力方式: kind of return and period.
    Period,
    /// 入力方式: the payer's numbers and the amount.
    Amount,
    /// Bill and account.
    Bills,
    /// The last look.
    Review,
    /// What became of it.
    Result,
}

impl EntryPage {
    /// The page of every entry, for the router.
    pub const fn route(self) -> &'static str {
        match self {
            Self::Numbers => "/payeasy/new/{draft}/numbers",
            Self::Purpose => "/payeasy/new/{draft}/purpose",
            Self::Period => "/payeasy/new/{draft}/period",
            Self::Amount => "/payeasy/new/{draft}/amount",
            Self::Bills => "/payeasy/new/{draft}/bills",
            Self::Review => "/payeasy/new/{draft}/review",
            Self::Result => "/payeasy/new/{draft}/result",
        }
    }

    /// Of which entry the page at this path is.
    pub fn draft_at(path: &str) -> Option<&str> {
        let (before, _) = Self::Numbers.route().split_once("{draft}")?;
        path.strip_prefix(before)?.split('/').next()
    }
}

/// A page of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryLink<'a> {
    /// The draft's id.
    pub draft: &'a str,
    /// Which page.
    pub page: EntryPage,
}

impl fmt::Display for EntryLink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.page.route().replace("{draft}", self.draft))
    }
}

/// The next page of the history under the same filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryLink {
    /// The chosen collector's place in the directory.
    pub place: Option<usize>,
    /// The chosen group of states.
    pub state: &'static str,
    /// The last payment of the page before.
    pub older: PaymentId,
}

impl fmt::Display for HistoryLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.map_or_else(String::new, |place| place.to_string());
        write!(f, "{}?collector={place}&state={}&older={}", Link::PayeasyHistory, self.state, self.older)
    }
}

/// A text as part of an address.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
