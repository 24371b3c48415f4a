//! What the network is told to do wrong, for a number of messages of a kind.

use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;

use crate::store::StoreError;

/// How it misbehaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Not at all, but for a delay.
    #[default]
    None,
    /// Nothing is recorded, and no answer.
    Drop,
    /// It is recorded, and no answer.
    Lose,
    /// Nothing is recorded: 500.
    Error500,
    /// It is recorded, and 500.
    Error500After,
    /// The answer is signed by a stranger.
    WrongKey,
    /// The answer is not signed.
    Unsigned,
    /// A signed answer that is no message.
    Garbage,
    /// A signed answer about another message.
    Other,
    /// It is recorded as ever, and the answer says that it was refused.
    Refuse,
    /// What waits is handed out twice.
    Twice,
    /// What waits is handed out in the reverse order.
    Reverse,
}

impl Mode {
    /// Whether the message is not even looked at.
    pub const fn is_before_work(self) -> bool {
        matches!(self, Self::Drop | Self::Error500)
    }

    /// Every one, as the page offers it.
    pub const ALL: &[Self] = &[
        Self::Drop,
        Self::Lose,
        Self::Error500,
        Self::Error500After,
        Self::Refuse,
        Self::Other,
        Self::WrongKey,
        Self::Unsigned,
        Self::Garbage,
        Self::Twice,
        Self::Reverse,
        Self::None,
    ];

    /// What it does, in Japanese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::None => "遅れるだけ(正しく応答する)",
            Self::Drop => "黙る(受け付けず、応答しない)",
            Self::Lose => "受け付けて、応答しない",
            Self::Error500 => "受け付けず、エラー500を返す",
            Self::Error500After => "受け付けて、エラー500を返す",
            Self::WrongKey => "他人の鍵で署名する",
            Self::Unsigned => "署名しない",
            Self::Garbage => "電文でないものを返す",
            Self::Other => "別の電文への応答を返す",
            Self::Refuse => "うそをつく(受け付けたのに、断ったと答える)",
            Self::Twice => "届けるものを二重に渡す",
            Self::Reverse => "届けるものを逆の順に渡す",
        }
    }

    /// The word of JSON and of the records.
    pub fn word(self) -> String {
        serde_json::to_value(self).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// A command.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// How it misbehaves.
    pub mode: Mode,
    /// One of [`KINDS`]; any where it is left out.
    pub kind: Option<String>,
    /// How long the answer waits.
    #[serde(default)]
    pub delay_ms: u32,
    /// For how many messages.
    #[serde(default = "one")]
    pub count: u32,
}

/// The kinds of messages that a fault may meet, with what they are.
pub const KINDS: &[(&str, &str)] = &[
    ("transfer", "振込"),
    ("debit", "口座振替の請求"),
    ("recall", "組戻しの依頼"),
    ("return", "返金"),
    ("resolution", "組戻しへの回答"),
    ("status", "受領の知らせ"),
    ("collect", "届いたものの受取り"),
    ("lines", "1日の明細の照合"),
    ("verify", "口座名義の照会"),
];

/// A fault that is still to strike, in the order of their turns.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Waiting {
    /// The mode's word.
    pub mode: String,
    /// The kind of message.
    pub kind: Option<String>,
    /// How long the answer waits.
    pub delay_ms: i64,
    /// For how many messages more.
    pub remaining: i64,
}

/// Those that are still to strike.
pub async fn list(pool: &SqlitePool) -> Result<Vec<Waiting>, StoreError> {
    let sql = "SELECT mode, kind, delay_ms, remaining FROM faults WHERE remaining > 0 ORDER BY id";
    Ok(sqlx::query_as(sql).fetch_all(pool).await?)
}

const fn one() -> u32 {
    1
}

/// What meets one message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hit {
    /// How it misbehaves.
    pub mode: Mode,
    /// How long the answer waits.
    pub delay_ms: u64,
}

/// Adds a fault behind those that are there.
pub async fn add(pool: &SqlitePool, fault: &Fault) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO faults (mode, kind, delay_ms, remaining) VALUES ($1, $2, $3, $4)")
        .bind(fault.mode.word())
        .bind(&fault.kind)
        .bind(i64::from(fault.delay_ms))
        .bind(i64::from(fault.count))
        .execute(pool)
        .await?;
    Ok(())
}

/// Removes all.
pub async fn clear(pool: &SqlitePool) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM faults").execute(pool).await?;
    Ok(())
}

/// The oldest fault for a message of this kind, used once.
pub async fn take(pool: &SqlitePool, kind: &str) -> Result<Hit, StoreError> {
    let found: Option<(String, i64)> = sqlx::query_as(
        "UPDATE faults SET remaining = remaining - 1 WHERE id = (SELECT min(id) FROM faults
         WHERE remaining > 0 AND (kind IS NULL OR kind = $1)) RETURNING mode, delay_ms",
    )
    .bind(kind)
    .fetch_optional(pool)
    .await?;
    let Some((mode, delay_ms)) = found else { return Ok(Hit::default()) };
    let mode =
        serde_json::from_value(serde_json::Value::String(mode)).map_err(|_| StoreError::Value("fault"))?;
    Ok(Hit { mode, delay_ms: u64::try_from(delay_ms).unwrap_or_default() })
}
