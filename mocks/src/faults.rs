//! Faults on command: one setting per collector, kept in the store so that it outlives a restart.

use domain::{CollectorNumber, ResponseCode};
use serde::{Deserialize, Serialize};

use crate::message::Kind;
use crate::store::{self, Store, StoreError};

/// Longest delay that can be set.
pub const DELAY_MS_MAX: u32 = 600_000;

macro_rules! words {
    ($(#[$outer:meta])* $enum:ident, $($(#[$doc:meta])* $name:ident = $word:literal, $label:literal;)*) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $enum {
            $($(#[$doc])* $name,)*
        }

        impl $enum {
            /// Every one, in the order of the page.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word of the JSON controls.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// The name on the page.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label),* }
            }
        }

        impl std::str::FromStr for $enum {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or(())
            }
        }
    };
}

words! {
    /// What goes wrong.
    Mode,
    /// Nothing.
    #[default]
    None = "none", "なし";
    /// The work is done; the connection ends without an answer.
    Drop = "drop", "処理してから応答を捨てる";
    /// The connection ends before any work.
    Lose = "lose", "処理せずに接続を切る";
    /// Signed, but not XML.
    Garbage = "garbage", "でたらめな応答";
    /// Signed, in UTF-16.
    Charset = "charset", "別の文字コードの応答";
    /// 50 MiB.
    Huge = "huge", "50 MB の応答";
    /// Signed, with a DOCTYPE and an entity.
    Doctype = "doctype", "DOCTYPE 付きの応答";
    /// Half of the announced body, then the connection ends.
    Half = "half", "途中で切れる応答";
    /// Signed, with no body at all.
    Empty = "empty", "空の応答";
    /// The right body without a signature.
    Unsigned = "unsigned", "署名のない応答";
    /// The right body, signed with a key that nobody knows.
    WrongKey = "wrong_key", "別の鍵で署名した応答";
    /// HTTP 500, unsigned, before any work.
    Error500 = "error500", "HTTP 500(処理しない)";
    /// The business program refuses: a national collector's clearing is rejected, others clear provisionally.
    Refuse = "refuse", "業務で拒否する";
}

words! {
    /// Which requests a fault meets.
    AppliesTo,
    /// All.
    #[default]
    Any = "any", "すべての電文";
    /// 照会.
    Inquiry = "inquiry", "照会だけ";
    /// 消込 and 再送確認.
    Clearing = "clearing", "消込・再送確認だけ";
}

impl AppliesTo {
    fn meets(self, kind: Kind) -> bool {
        match self {
            Self::Any => true,
            Self::Inquiry => kind == Kind::Inquiry,
            Self::Clearing => matches!(kind, Kind::Clearing | Kind::ResendConfirmation),
        }
    }
}

/// A collector's fault as it is set and shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Waited before the answer, after the work.
    #[serde(default)]
    pub delay_ms: u32,
    /// What goes wrong.
    #[serde(default)]
    pub mode: Mode,
    /// Which requests are met; `refuse` meets clearings unless told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<AppliesTo>,
    /// The code of `refuse`; B203 unless told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// For so many requests; until switched off where absent.
    #[serde(default)]
    pub times: Option<u32>,
}

/// Why a fault cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// More than [`DELAY_MS_MAX`].
    #[error("delay_ms is at most {DELAY_MS_MAX}")]
    Delay,
    /// Not in the table of response codes, or 0000.
    #[error("code is not a response code that refuses")]
    Code,
    /// Zero requests.
    #[error("times is at least 1, or null")]
    Times,
}

impl FaultError {
    /// The field that is wrong.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Delay => "delay_ms",
            Self::Code => "code",
            Self::Times => "times",
        }
    }
}

impl Fault {
    /// Whether it can be set.
    pub fn check(&self) -> Result<(), FaultError> {
        if self.delay_ms > DELAY_MS_MAX {
            return Err(FaultError::Delay);
        }
        if self.times == Some(0) {
            return Err(FaultError::Times);
        }
        match self.code.as_deref().map(str::parse::<ResponseCode>) {
            Some(Err(_) | Ok(ResponseCode::Normal)) => Err(FaultError::Code),
            _ => Ok(()),
        }
    }

    /// Whether nothing is wrong.
    pub fn is_none(&self) -> bool {
        self.delay_ms == 0 && self.mode == Mode::None
    }

    /// Which requests are met.
    pub fn applies_to(&self) -> AppliesTo {
        self.on.unwrap_or(if self.mode == Mode::Refuse { AppliesTo::Clearing } else { AppliesTo::Any })
    }

    /// The code with which the business program refuses, if it does.
    pub fn refusal(&self) -> Option<ResponseCode> {
        (self.mode == Mode::Refuse).then(|| {
            self.code.as_deref().and_then(|code| code.parse().ok()).unwrap_or(ResponseCode::AmountDiffers)
        })
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    delay_ms: i64,
    mode: String,
    applies_to: String,
    code: Option<String>,
    times: Option<i64>,
}

impl TryFrom<Row> for Fault {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            delay_ms: u32::try_from(row.delay_ms).map_err(|_| StoreError::Value("delay"))?,
            mode: store::parsed(&row.mode, "fault")?,
            on: Some(store::parsed(&row.applies_to, "set of requests")?),
            code: row.code,
            times: row.times.map(u32::try_from).transpose().map_err(|_| StoreError::Value("count"))?,
        })
    }
}

/// The fault that is set.
pub async fn get(store: &Store, collector: &CollectorNumber) -> Result<Fault, StoreError> {
    let row: Option<Row> =
        sqlx::query_as("SELECT delay_ms, mode, applies_to, code, times FROM faults WHERE collector = $1")
            .bind(collector.as_str())
            .fetch_optional(store.reader())
            .await?;
    row.map_or_else(|| Ok(Fault::default()), Fault::try_from)
}

/// Sets the fault; one that does nothing switches it off.
pub async fn set(store: &Store, collector: &CollectorNumber, fault: &Fault) -> Result<(), StoreError> {
    let mut write = store.write().await?;
    if fault.is_none() {
        sqlx::query("DELETE FROM faults WHERE collector = $1")
            .bind(collector.as_str())
            .execute(&mut *write)
            .await?;
    } else {
        sqlx::query(
            "INSERT INTO faults (collector, delay_ms, mode, applies_to, code, times) \
             VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (collector) DO UPDATE SET delay_ms = excluded.delay_ms, mode = excluded.mode, \
             applies_to = excluded.applies_to, code = excluded.code, times = excluded.times",
        )
        .bind(collector.as_str())
        .bind(i64::from(fault.delay_ms))
        .bind(fault.mode.as_str())
        .bind(fault.applies_to().as_str())
        .bind(&fault.code)
        .bind(fault.times.map(i64::from))
        .execute(&mut *write)
        .await?;
    }
    write.commit().await?;
    Ok(())
}

/// The fault that meets a request of this kind; uses up one of its times.
pub async fn take(store: &Store, collector: &CollectorNumber, kind: Kind) -> Result<Fault, StoreError> {
    let fault = get(store, collector).await?;
    if fault.is_none() || !fault.applies_to().meets(kind) {
        return Ok(Fault::default());
    }
    if fault.times.is_none() {
        return Ok(fault);
    }
    let mut write = store.write().await?;
    // two requests may have seen the last time: only one of them gets it
    let used =
        sqlx::query("UPDATE faults SET times = times - 1 WHERE collector = $1 AND mode = $2 AND times > 0")
            .bind(collector.as_str())
            .bind(fault.mode.as_str())
            .execute(&mut *write)
            .await?
            .rows_affected();
    sqlx::query("DELETE FROM faults WHERE collector = $1 AND times = 0")
        .bind(collector.as_str())
        .execute(&mut *write)
        .await?;
    write.commit().await?;
    Ok(if used == 1 { fault } else { Fault::default() })
}
