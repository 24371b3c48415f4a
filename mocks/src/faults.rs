//! Faults on command: a list of rules for each collector, and chaos over all of them, kept in the store so
//! that they outlive a restart. The list in words: docs/mocks.md.

pub mod chaos;
mod delay;
mod draw;
pub mod rules;

use domain::{CustomerNumber, ResponseCode, words};
use serde::{Deserialize, Serialize};

pub use delay::{DELAY_MS_MAX, Delay};
pub use rules::take;

use crate::message::{Kind, Received, Request};

/// The delay of [`Mode::Late`] where none is set: a second behind the hub's patience.
const LATE_MS: u32 = 31_000;

/// Time for each byte of [`Mode::Drip`] where none is set.
const DRIP_MS: u32 = 20;

/// The longest time for a byte.
pub const DRIP_MS_MAX: u32 = 1_000;

words! {
    /// What goes wrong.
    #[derive(Default)]
    Mode {
        /// Nothing.
        #[default]
        None = "none", "なし";
        /// The work is done; the connection ends without an answer.
        Drop = "drop", "処理してから応答を捨てる";
        /// The connection ends before any work.
        Lose = "lose", "処理せずに接続を切る";
        /// A TCP reset before any work.
        ResetBefore = "reset_before", "処理せずに TCP リセット";
        /// The work is done, then a TCP reset.
        ResetAfter = "reset_after", "処理してから TCP リセット";
        /// The work is done; the right answer comes after the hub has given up waiting.
        Late = "late", "処理してから時間切れの後に応答する";
        /// The right answer waits until another one of the collector has left.
        Hold = "hold", "次の応答に追い越される";
        /// The right answer leaves twice on its connection.
        Twice = "twice", "応答を 2 回送る";
        /// The right answer, a byte at a time.
        Drip = "drip", "応答を 1 バイトずつ送る";
        /// Half of the announced body, then the connection ends.
        Half = "half", "途中で切れる応答";
        /// Half of the body, announced as if it were whole.
        Truncate = "truncate", "後半が欠けた応答";
        /// Signed, but not XML.
        Garbage = "garbage", "でたらめな応答";
        /// Signed, in UTF-16.
        Charset = "charset", "別の文字コードの応答";
        /// 50 MiB.
        Huge = "huge", "50 MB の応答";
        /// Signed, with a DOCTYPE and an entity.
        Doctype = "doctype", "DOCTYPE 付きの応答";
        /// Signed, with no body at all.
        Empty = "empty", "空の応答";
        /// The right body without a signature.
        Unsigned = "unsigned", "署名のない応答";
        /// The right body, signed with a key that nobody knows.
        WrongKey = "wrong_key", "別の鍵で署名した応答";
        /// HTTP 500, unsigned, before any work.
        Error500 = "error500", "HTTP 500(処理しない)";
        /// The work is done, then HTTP 500, unsigned.
        Error500After = "error500_after", "HTTP 500(処理した後)";
        /// As outside of its hours: A001, and nothing new is recorded.
        Closed = "closed", "開局していないと答える(A001)";
        /// What is on record as accepted is denied: A101.
        Deny = "deny", "記録にあるものを「ない」と答える(A101)";
        /// The business program refuses: a national collector's clearing is rejected, others clear provisionally.
        Refuse = "refuse", "業務で拒否する";
        /// A page of lines lacks its last line, rightly signed; the counters still count it.
        ShortLines = "short_lines", "明細の最後の 1 件を落とす";
    }
}

impl Mode {
    /// Whether nothing of the request is done.
    pub const fn is_before_work(self) -> bool {
        matches!(self, Self::Lose | Self::ResetBefore | Self::Error500)
    }

    /// Whether the answer leaves as it should, whatever it says and whenever.
    pub const fn is_answered(self) -> bool {
        matches!(self, Self::None | Self::Refuse | Self::ShortLines)
    }
}

words! {
    /// Which requests a fault meets.
    #[derive(Default)]
    AppliesTo {
        /// All.
        #[default]
        Any = "any", "すべての電文";
        /// 照会.
        Inquiry = "inquiry", "照会";
        /// 消込 and 再送確認 of one.
        Clearing = "clearing", "消込(再送確認を含む)";
        /// 消込, the first send only.
        FirstClearing = "first_clearing", "消込の初回";
        /// 再送確認 of whatever.
        ResendConfirmation = "resend_confirmation", "再送確認";
        /// 取消 and 再送確認 of one.
        Cancellation = "cancellation", "取消(再送確認を含む)";
        /// 開局.
        Open = "open", "開局";
        /// 予備閉局.
        PreClose = "pre_close", "予備閉局";
        /// 閉局.
        Close = "close", "閉局";
        /// 収納カウンタ照会.
        Counter = "counter", "収納カウンタ照会";
        /// 消込明細照会.
        Lines = "lines", "消込明細照会";
        /// 資金決済通知.
        SettlementAdvice = "settlement_advice", "資金決済通知";
        /// Everything that is about a whole day.
        Day = "day", "開局・閉局・カウンタ・明細・資金決済";
    }
}

/// A request as faults tell it from others.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    kind: Kind,
    /// What a 再送確認 carries, if that can be read.
    inner: Option<Kind>,
    customer_number: Option<&'a CustomerNumber>,
}

impl<'a> Asked<'a> {
    /// What was received.
    pub fn of(received: &'a Received) -> Self {
        let inner = received.inner.as_deref();
        let customer_number = match &inner.unwrap_or(received).body {
            Ok(Request::Inquiry(inquiry)) => Some(&inquiry.key.customer_number),
            Ok(Request::Clearing(clearing)) => Some(&clearing.key.customer_number),
            Ok(Request::Cancellation(cancellation)) => Some(&cancellation.key.customer_number),
            _ => None,
        };
        Self { kind: received.kind, inner: inner.map(|inner| inner.kind), customer_number }
    }

    /// Whose bill it is about, if it is about one.
    pub const fn customer_number(&self) -> Option<&'a CustomerNumber> {
        self.customer_number
    }
}

impl AppliesTo {
    fn meets(self, asked: &Asked<'_>) -> bool {
        let is_resent = asked.kind == Kind::ResendConfirmation;
        match self {
            Self::Any => true,
            Self::Inquiry => asked.kind == Kind::Inquiry,
            Self::Clearing => {
                asked.kind == Kind::Clearing || (is_resent && asked.inner != Some(Kind::Cancellation))
            }
            Self::FirstClearing => asked.kind == Kind::Clearing,
            Self::ResendConfirmation => is_resent,
            Self::Cancellation => {
                asked.kind == Kind::Cancellation || (is_resent && asked.inner == Some(Kind::Cancellation))
            }
            Self::Open => asked.kind == Kind::Open,
            Self::PreClose => asked.kind == Kind::PreClose,
            Self::Close => asked.kind == Kind::Close,
            Self::Counter => asked.kind == Kind::Counter,
            Self::Lines => asked.kind == Kind::Lines,
            Self::SettlementAdvice => asked.kind == Kind::SettlementAdvice,
            Self::Day => matches!(
                asked.kind,
                Kind::Open
                    | Kind::PreClose
                    | Kind::Close
                    | Kind::Counter
                    | Kind::Lines
                    | Kind::SettlementAdvice
            ),
        }
    }
}

/// A rule as it is set and shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Waited before the answer, after the work.
    #[serde(default)]
    pub delay_ms: u32,
    /// A delay that varies, in place of `delay_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Delay>,
    /// What goes wrong.
    #[serde(default)]
    pub mode: Mode,
    /// Which requests are met; `refuse` meets clearings unless told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<AppliesTo>,
    /// Only requests about this 納付番号 or お客様番号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_number: Option<CustomerNumber>,
    /// The code of `refuse` and `deny`; B203 and A101 unless told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// So many requests that are met go well before the rule begins.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skip: u32,
    /// For so many requests; until switched off where absent.
    #[serde(default)]
    pub times: Option<u32>,
    /// Of a thousand requests that are met so many go wrong; all of them where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_mille: Option<u32>,
    /// What chance and delays are drawn from: the same seed draws the same for the same sequence of requests.
    #[serde(default, skip_serializing_if = "is_zero_seed")]
    pub seed: u64,
    /// Time for each byte of `drip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drip_ms: Option<u32>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero_seed(seed: &u64) -> bool {
    *seed == 0
}

/// Why a fault cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// More than [`DELAY_MS_MAX`], or given twice.
    #[error("a delay is at most {DELAY_MS_MAX} ms, from the lesser to the greater, and given once")]
    Delay,
    /// Not in the table of response codes, or 0000.
    #[error("code is not a response code that refuses")]
    Code,
    /// Zero requests.
    #[error("times is at least 1, or null")]
    Times,
    /// Never, or more than always.
    #[error("per_mille is 1 to 1000, and all modes together come to 1000 at most")]
    PerMille,
    /// Too slow.
    #[error("drip_ms is 1 to {DRIP_MS_MAX}")]
    Drip,
    /// A collector has too many rules.
    #[error("a collector has {} rules at most", rules::RULES_MAX)]
    TooMany,
}

impl FaultError {
    /// The field that is wrong.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Delay => "delay_ms",
            Self::Code => "code",
            Self::Times => "times",
            Self::PerMille => "per_mille",
            Self::Drip => "drip_ms",
            Self::TooMany => "",
        }
    }
}

impl Fault {
    /// Whether it can be set.
    pub fn check(&self) -> Result<(), FaultError> {
        let is_given_twice = self.delay_ms > 0 && self.delay.is_some();
        if is_given_twice || !self.waits().is_none_or(Delay::is_bounded) {
            return Err(FaultError::Delay);
        }
        if self.times == Some(0) {
            return Err(FaultError::Times);
        }
        if self.per_mille.is_some_and(|per_mille| !(1..=1_000).contains(&per_mille)) {
            return Err(FaultError::PerMille);
        }
        if self.drip_ms.is_some_and(|drip_ms| !(1..=DRIP_MS_MAX).contains(&drip_ms)) {
            return Err(FaultError::Drip);
        }
        match self.code.as_deref().map(str::parse::<ResponseCode>) {
            Some(Err(_) | Ok(ResponseCode::Normal)) => Err(FaultError::Code),
            _ => Ok(()),
        }
    }

    /// Whether nothing is wrong.
    pub fn is_none(&self) -> bool {
        self.mode == Mode::None && self.waits().is_none()
    }

    /// The delay, in whichever field it is.
    pub fn waits(&self) -> Option<Delay> {
        self.delay.or((self.delay_ms > 0).then_some(Delay::Fixed { ms: self.delay_ms }))
    }

    /// Which requests are met.
    pub fn applies_to(&self) -> AppliesTo {
        self.on.unwrap_or(if self.mode == Mode::Refuse { AppliesTo::Clearing } else { AppliesTo::Any })
    }

    fn meets(&self, asked: &Asked<'_>) -> bool {
        let is_customer =
            self.customer_number.as_ref().is_none_or(|number| Some(number) == asked.customer_number);
        !self.is_none() && is_customer && self.applies_to().meets(asked)
    }

    /// What happens to every request that is met; nothing is counted.
    pub fn strikes(&self, asked: &Asked<'_>) -> Option<Hit> {
        self.meets(asked).then(|| self.hit(0))
    }

    /// What happens to the request for which `drawn` was drawn.
    fn hit(&self, drawn: u64) -> Hit {
        let delay_ms = self.waits().map_or(0, |delay| delay.drawn(drawn));
        let code = self.code.as_deref().and_then(|code| code.parse().ok());
        Hit::new(self.mode, delay_ms, self.drip_ms, code)
    }
}

/// What happens to one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hit {
    /// What goes wrong.
    pub mode: Mode,
    /// Waited before the answer, after the work.
    pub delay_ms: u32,
    /// Time for each byte of [`Mode::Drip`].
    pub drip_ms: u32,
    code: Option<ResponseCode>,
}

impl Hit {
    fn new(mode: Mode, delay_ms: u32, drip_ms: Option<u32>, code: Option<ResponseCode>) -> Self {
        let delay_ms = if mode == Mode::Late && delay_ms == 0 { LATE_MS } else { delay_ms };
        Self { mode, delay_ms, drip_ms: drip_ms.unwrap_or(DRIP_MS), code }
    }

    /// The code with which the business program refuses, if it does.
    pub fn refusal(&self) -> Option<ResponseCode> {
        (self.mode == Mode::Refuse).then(|| self.code.unwrap_or(ResponseCode::AmountDiffers))
    }

    /// The code with which something is denied, if it is.
    pub fn denial(&self) -> Option<ResponseCode> {
        (self.mode == Mode::Deny).then(|| self.code.unwrap_or(ResponseCode::BillNotObtained))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_set_of_requests_meets_its_own() {
        let asked = |kind, inner| Asked { kind, inner, customer_number: None };
        let resent = |inner| asked(Kind::ResendConfirmation, Some(inner));
        for (on, met, not_met) in [
            (AppliesTo::Inquiry, asked(Kind::Inquiry, None), asked(Kind::Clearing, None)),
            (AppliesTo::Clearing, asked(Kind::Clearing, None), asked(Kind::Cancellation, None)),
            (AppliesTo::Clearing, resent(Kind::Clearing), resent(Kind::Cancellation)),
            (AppliesTo::FirstClearing, asked(Kind::Clearing, None), resent(Kind::Clearing)),
            (AppliesTo::ResendConfirmation, resent(Kind::Cancellation), asked(Kind::Clearing, None)),
            (AppliesTo::Cancellation, asked(Kind::Cancellation, None), asked(Kind::Clearing, None)),
            (AppliesTo::Cancellation, resent(Kind::Cancellation), resent(Kind::Clearing)),
            (AppliesTo::Open, asked(Kind::Open, None), asked(Kind::PreClose, None)),
            (AppliesTo::PreClose, asked(Kind::PreClose, None), asked(Kind::Close, None)),
            (AppliesTo::Close, asked(Kind::Close, None), asked(Kind::Open, None)),
            (AppliesTo::Counter, asked(Kind::Counter, None), asked(Kind::Lines, None)),
            (AppliesTo::Lines, asked(Kind::Lines, None), asked(Kind::Counter, None)),
            (AppliesTo::SettlementAdvice, asked(Kind::SettlementAdvice, None), asked(Kind::Close, None)),
            (AppliesTo::Day, asked(Kind::SettlementAdvice, None), asked(Kind::Inquiry, None)),
        ] {
            assert!(on.meets(&met), "{on:?} {met:?}");
            assert!(!on.meets(&not_met), "{on:?} {not_met:?}");
            assert!(AppliesTo::Any.meets(&met) && AppliesTo::Any.meets(&not_met));
        }
    }

    #[test]
    fn a_late_answer_is_later_than_the_hub_waits_unless_told_otherwise() {
        let late = Fault { mode: Mode::Late, ..Fault::default() };
        assert_eq!(late.hit(0).delay_ms, 31_000);
        assert_eq!(Fault { delay_ms: 40, ..late }.hit(0).delay_ms, 40);
    }
}
