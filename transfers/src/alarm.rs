//! What a person has to look at, as rows of the table that the console shows and the bank sends on. Their kinds are
//! among the hub's (`gateway::AlarmKind`), which reads the table; a test of the bank holds both lists together.

use database::{Row, Table, Value, read};
use domain::{AlarmId, Timestamp};
use ledger::Commit;

use crate::points::Persist;
use crate::{StoreError, Transfers};

static ALARM: Table =
    Table { name: "alarm", columns: &["id", "kind", "subject", "collector", "detail", "once", "raised_us"] };

/// Characters of an alarm's detail at most; the rest is cut off.
const DETAIL_CHARS_MAX: usize = 400;

/// A kind of alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// The outcome of an order has been unknown for several deliveries.
    Unclear,
    /// An answer, or a return, contradicts how an order ended.
    Contradicted,
    /// What came back waits in 別段預金: the payer's account is closed.
    ReturnHeld,
    /// A reservation cannot be carried out for a reason that is none of its payer's: our own data failed.
    Stuck,
    /// A message came from the network that cannot be read or belongs to nothing here.
    Message,
    /// A day differs from the network's books, or is open long after its end.
    Day,
    /// Other banks have not told in time what came of debits of a batch (口座振替 全国ネット型).
    DebitUnanswered,
}

impl Alarm {
    /// Every one.
    pub const ALL: &[Self] = &[
        Self::Unclear,
        Self::Contradicted,
        Self::ReturnHeld,
        Self::Stuck,
        Self::Message,
        Self::Day,
        Self::DebitUnanswered,
    ];

    /// The word of the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unclear => "transfer_unclear",
            Self::Contradicted => "transfer_contradicted",
            Self::ReturnHeld => "transfer_return_held",
            Self::Stuck => "transfer_stuck",
            Self::Message => "interbank_message",
            Self::Day => "interbank_day",
            Self::DebitUnanswered => "debit_unanswered",
        }
    }

    /// Whether it is raised once for a subject, however long its cause lasts.
    pub const fn is_raised_once(self) -> bool {
        !matches!(self, Self::Day)
    }

    /// The row, for a commit's `rows_if_free`: one that is open already stays.
    pub fn row(self, subject: &str, detail: &str, now: Timestamp) -> Row {
        Row {
            table: &ALARM,
            values: vec![
                AlarmId::generate().uuid().into(),
                self.as_str().into(),
                subject.into(),
                Value::Text(None),
                detail.chars().take(DETAIL_CHARS_MAX).collect::<String>().into(),
                i64::from(self.is_raised_once()).into(),
                now.micros().into(),
            ],
        }
    }
}

impl Transfers {
    /// Whether an alarm that is raised once for a subject was raised.
    pub async fn has_raised(&self, alarm: Alarm, subject: &str) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM alarm WHERE kind = $1 AND subject = $2 AND once = 1";
        let found: i64 = read!(self.database(), |c| {
            sqlx::query_scalar(sql).bind(alarm.as_str()).bind(subject).fetch_one(c).await
        })?;
        Ok(found > 0)
    }

    /// Raises an alarm by itself.
    pub(crate) async fn raise(&self, alarm: Alarm, subject: &str, detail: &str) -> Result<(), StoreError> {
        tracing::error!(kind = alarm.as_str(), subject, detail, "ALARM");
        let rows_if_free = vec![alarm.row(subject, detail, self.now())];
        self.persist(Persist::Alarm, Commit { rows_if_free, ..Commit::default() }).await?;
        Ok(())
    }
}
