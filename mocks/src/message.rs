//! The messages as this side sees them: requests read strictly, answers written. Field by field as
//! docs/protocol/mpn-v1.xsd has them.

mod check;
mod read;
mod write;

use domain::{
    Bill, BillId, CentreCode, ConfirmationNumber, CustomerNumber, Date, PaymentCategory, ResendKey,
    ResponseCode, Serial, Yen,
};

pub use check::check;
pub use read::read;
pub use write::write;

use crate::institutions::Kind as ServiceKind;
use crate::xml::XmlError;

/// 電文ヘッダ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Who sends this message.
    pub sender: CentreCode,
    /// Whom it is for.
    pub receiver: CentreCode,
    /// Processing date and serial, together with the requester the resend key.
    pub processing_date: Date,
    /// 仕向処理通番.
    pub serial: Serial,
}

impl Header {
    /// The resend key of a request with this header.
    pub fn key(&self) -> ResendKey {
        ResendKey { centre: self.sender.clone(), date: self.processing_date, serial: self.serial }
    }
}

/// What names the payer's bills at a collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillKey {
    /// 収納機関コード, eight digits.
    pub collector: String,
    /// 納付番号 or お客様番号.
    pub customer_number: CustomerNumber,
    /// 確認番号.
    pub confirmation_number: ConfirmationNumber,
    /// 納付区分.
    pub payment_category: Option<PaymentCategory>,
}

/// 照会.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// Whose bills.
    pub key: BillKey,
    /// The asking bank.
    pub bank: String,
    /// What the payer typed.
    pub amount: Option<Yen>,
}

/// 消込.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clearing {
    /// Whose bill.
    pub key: BillKey,
    /// Which bill.
    pub bill_id: BillId,
    /// What was paid.
    pub amount: Yen,
    /// The fee the payer bore.
    pub fee: Yen,
    /// The paying bank.
    pub bank: String,
    /// Where it was entered.
    pub channel: String,
    /// Typed or linked.
    pub entry_kind: String,
    /// 領収日.
    pub receipt_date: Date,
    /// 消込期限.
    pub clear_by: Option<Date>,
}

/// 取消: takes back one clearing of the same sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// Whose bill.
    pub key: BillKey,
    /// Which bill.
    pub bill_id: BillId,
    /// What was paid.
    pub amount: Yen,
    /// The bank.
    pub bank: String,
    /// Where it is entered.
    pub channel: String,
    /// The clearing's processing date.
    pub clearing_date: Date,
    /// The clearing's serial.
    pub clearing_serial: Serial,
}

/// What a request about a whole day names: 開局 and 予備閉局 nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The bank.
    pub bank: String,
    /// 国庫金収納, 地公体収納 or 一般収納.
    pub kind: ServiceKind,
}

/// A number of payments and their sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: i64,
    /// Without fees.
    pub amount: Yen,
}

/// 収納カウンタ of one processing date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Clearings that matched.
    pub cleared: Tally,
    /// 仮消込.
    pub provisional: Tally,
    /// 取消 that were carried out.
    pub cancelled: Tally,
}

/// 閉局, with the hub's counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// Of whom.
    pub service: Service,
    /// The day that is closed.
    pub counted_date: Date,
    /// What the hub counted.
    pub counters: Counters,
}

/// 収納カウンタ照会.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Of whom.
    pub service: Service,
    /// Of which day.
    pub counted_date: Date,
}

/// 消込明細照会.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// Of whom.
    pub service: Service,
    /// Of which day.
    pub counted_date: Date,
    /// The last serial of the page before.
    pub after: Option<Serial>,
}

/// 資金決済通知.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementAdvice {
    /// The bank.
    pub bank: String,
    /// The bank's number of the net payment.
    pub settlement: String,
    /// The business day whose window closed.
    pub window_date: Date,
    /// When it will be paid.
    pub pay_date: Date,
    /// What will be paid.
    pub total: Tally,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// 照会.
    Inquiry(Inquiry),
    /// 消込, the first send.
    Clearing(Clearing),
    /// 再送確認 with the bytes of the first send.
    ResendConfirmation(Vec<u8>),
    /// 取消.
    Cancellation(Cancellation),
    /// 開局.
    Open(Service),
    /// 予備閉局.
    PreClose(Service),
    /// 閉局.
    Close(Close),
    /// 収納カウンタ照会.
    Counter(Counter),
    /// 消込明細照会.
    Lines(Lines),
    /// 資金決済通知.
    SettlementAdvice(SettlementAdvice),
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $label:literal;)*) => {
        /// The kind of a request, known even where its body cannot be read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The element's name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            /// The name on the pages.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label),* }
            }
        }
    };
}

kinds! {
    /// 照会.
    Inquiry = "照会";
    /// 消込.
    Clearing = "消込";
    /// 再送確認.
    ResendConfirmation = "再送確認";
    /// 取消.
    Cancellation = "取消";
    /// 開局.
    Open = "開局";
    /// 予備閉局.
    PreClose = "予備閉局";
    /// 閉局.
    Close = "閉局";
    /// 収納カウンタ照会.
    Counter = "収納カウンタ照会";
    /// 消込明細照会.
    Lines = "消込明細照会";
    /// 資金決済通知.
    SettlementAdvice = "資金決済通知";
}

impl Kind {
    /// The answer to a request of this kind for which nothing was done.
    pub const fn not_done(self, code: ResponseCode) -> Answer {
        match self {
            Self::Inquiry => Answer::Inquiry { code, bills: Vec::new() },
            Self::Clearing | Self::ResendConfirmation => Answer::Clearing(ClearingOutcome::not_done(code)),
            Self::Cancellation => Answer::Cancellation(CancellationOutcome::not_done(code)),
            Self::Open | Self::PreClose => Answer::Service(code),
            Self::Close | Self::Counter => Answer::Counter { code, counters: None },
            Self::Lines => Answer::Lines { code, page: None },
            Self::SettlementAdvice => Answer::SettlementAdvice(code),
        }
    }
}

/// A request whose header could be read; the body perhaps not.
#[derive(Debug)]
pub struct Received {
    /// The header.
    pub header: Header,
    /// What kind of request.
    pub kind: Kind,
    /// The body, or which field is wrong.
    pub body: Result<Request, FieldError>,
    /// What a 再送確認 carries, if that is a request. What that one carries is not looked at.
    pub inner: Option<Box<Received>>,
}

/// A field is missing, out of order, or not what the schema says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is missing, misplaced or not valid")]
pub struct FieldError(pub &'static str);

/// Why bytes cannot be answered with a message at all.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableError {
    /// Not a readable document.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// The header or the envelope is wrong.
    #[error(transparent)]
    Envelope(#[from] FieldError),
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 照会応答: bills with code 0000, and then at least one.
    Inquiry {
        /// The outcome.
        code: ResponseCode,
        /// What was found.
        bills: Vec<Bill>,
    },
    /// 消込応答.
    Clearing(ClearingOutcome),
    /// 取消応答.
    Cancellation(CancellationOutcome),
    /// To 開局 and 予備閉局.
    Service(ResponseCode),
    /// To 閉局 and 収納カウンタ照会: counters with code 0000 only.
    Counter {
        /// The outcome.
        code: ResponseCode,
        /// What the collector counts.
        counters: Option<Counters>,
    },
    /// To 消込明細照会: a page with code 0000 only.
    Lines {
        /// The outcome.
        code: ResponseCode,
        /// What is on record.
        page: Option<LinesPage>,
    },
    /// To 資金決済通知.
    SettlementAdvice(ResponseCode),
}

/// What a clearing came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClearingOutcome {
    /// 0000, or a national collector's refusal.
    pub code: ResponseCode,
    /// 仮消込: why it could not be matched.
    pub provisional: Option<ResponseCode>,
    /// The collector's own number of the clearing.
    pub reference: Option<String>,
}

impl ClearingOutcome {
    /// A refusal or a fault of the request: nothing was cleared.
    pub const fn not_done(code: ResponseCode) -> Self {
        Self { code, provisional: None, reference: None }
    }
}

/// What a cancellation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancellationOutcome {
    /// 0000, or why the clearing stands.
    pub code: ResponseCode,
    /// The collector's own number of the cancellation.
    pub reference: Option<String>,
}

impl CancellationOutcome {
    /// Nothing was cancelled.
    pub const fn not_done(code: ResponseCode) -> Self {
        Self { code, reference: None }
    }
}

/// Some lines of a day, in the order of their serials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinesPage {
    /// 500 at most.
    pub lines: Vec<Line>,
    /// Whether another page follows.
    pub more: bool,
}

/// One clearing on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of its key.
    pub serial: Serial,
    /// Where it stands: `cleared`, `provisional`, `refused` or `cancelled`.
    pub status: &'static str,
    /// Without the fee.
    pub amount: Yen,
}
