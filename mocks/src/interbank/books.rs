//! The network's books: what it decides about a message, once for each number.

use domain::{Date, Timestamp};
use sqlx::{Sqlite, SqlitePool, Transaction};

use super::message::{self, Answer, Line, Received};
use super::{closes, opens};
use crate::store::StoreError;

/// From here on a transfer is settled one by one.
const SETTLED_AT_ONCE: i64 = 100_000_000;
/// Lines of one page, and messages of one collection.
const LINES_MAX: usize = 200;
const WAITING_MAX: i64 = 50;

/// Account numbers at other banks with a known outcome, whatever the bank: refused, and returned with a code.
const REFUSED: &str = "9999999";
const RETURNED: &[(&str, &str)] = &[("0000000", "AC01"), ("0000004", "AC04"), ("0000006", "BE01")];
/// The payee of this one does not let a transfer be recalled.
const KEEPS: &str = "8888888";

/// The books at one moment.
pub struct Books<'a> {
    /// Where they are.
    pub pool: &'a SqlitePool,
    /// Business time.
    pub now: Timestamp,
}

fn status(original: &str, status: &str, code: Option<&str>) -> Answer {
    let (original, status) = (original.to_owned(), status.to_owned());
    Answer::Status { original, status, code: code.map(str::to_owned) }
}

impl Books<'_> {
    /// Decides about a message, or answers what was decided before.
    pub async fn perform(&self, received: &Received, bytes: &[u8]) -> Result<Answer, StoreError> {
        match received.kind() {
            "transfer" => self.transfer(received, bytes).await,
            "recall" => self.recall(received).await,
            "status" => self.acknowledged(received).await,
            "collect" => {
                let waiting =
                    "SELECT message FROM waiting WHERE acknowledged IS NULL ORDER BY rowid LIMIT $1";
                Ok(Answer::Waiting(sqlx::query_scalar(waiting).bind(WAITING_MAX).fetch_all(self.pool).await?))
            }
            "lines" => self.lines(received).await,
            _ => Ok(status(&received.id, "RJCT", Some("FF03"))),
        }
    }

    async fn transfer(&self, received: &Received, bytes: &[u8]) -> Result<Answer, StoreError> {
        let mut write = self.pool.begin().await?;
        let known: Option<(Vec<u8>, String, Option<String>)> =
            sqlx::query_as("SELECT message, status, code FROM transfers WHERE id = $1")
                .bind(&received.id)
                .fetch_optional(&mut *write)
                .await?;
        if let Some((first, said, code)) = known {
            sqlx::query("UPDATE transfers SET deliveries = deliveries + 1 WHERE id = $1")
                .bind(&received.id)
                .execute(&mut *write)
                .await?;
            write.commit().await?;
            // other content under a known number is nobody's transfer
            return Ok(match first == bytes {
                true => status(&received.id, &said, code.as_deref()),
                false => status(&received.id, "RJCT", Some("DUPL")),
            });
        }
        let text = |path: &[&str]| received.text(path).ok_or(StoreError::Value("transfer"));
        let amount: i64 = text(&["IntrBkSttlmAmt"])?.parse().map_err(|_| StoreError::Value("amount"))?;
        let day: Date = text(&["IntrBkSttlmDt"])?.parse().map_err(|_| StoreError::Value("day"))?;
        let creditor = text(&["Cdtr", "No"])?;
        let (said, code) = self.decide(amount, day, &creditor);
        sqlx::query("INSERT INTO transfers VALUES ($1, $2, $3, $4, $5, $6, $7, 1)")
            .bind(&received.id)
            .bind(bytes)
            .bind(amount)
            .bind(day.to_string())
            .bind(&creditor)
            .bind(said)
            .bind(code)
            .execute(&mut *write)
            .await?;
        let back = RETURNED.iter().find(|(number, _)| *number == creditor);
        if let Some((_, code)) = back.filter(|_| said != "RJCT") {
            let id = message::fresh_id();
            let returned = message::returned(&id, &received.from, &received.id, amount, code, self.now);
            wait(&mut write, &id, &returned).await?;
        }
        write.commit().await?;
        Ok(status(&received.id, said, code))
    }

    fn decide(&self, amount: i64, day: Date, creditor: &str) -> (&'static str, Option<&'static str>) {
        if self.now.date() != day || self.now >= closes(day) {
            ("RJCT", Some("DT01"))
        } else if creditor == REFUSED {
            ("RJCT", Some("AG01"))
        } else if self.now < opens(day) {
            ("PDNG", None)
        } else if amount >= SETTLED_AT_ONCE {
            ("ACSC", None)
        } else {
            ("ACSP", None)
        }
    }

    async fn recall(&self, received: &Received) -> Result<Answer, StoreError> {
        let original = received.text(&["OrgnlMsgId"]).unwrap_or_default();
        let mut write = self.pool.begin().await?;
        let known: Option<(Option<String>,)> = sqlx::query_as("SELECT code FROM recalls WHERE id = $1")
            .bind(&received.id)
            .fetch_optional(&mut *write)
            .await?;
        let code = match known {
            Some((code,)) => code,
            None => {
                let sent: Option<(i64, String)> = sqlx::query_as(
                    "SELECT amount, creditor FROM transfers WHERE id = $1 AND status <> 'RJCT'",
                )
                .bind(&original)
                .fetch_optional(&mut *write)
                .await?;
                let code = sent.is_none().then(|| "NOOR".to_owned());
                sqlx::query("INSERT INTO recalls VALUES ($1, $2, $3)")
                    .bind(&received.id)
                    .bind(&original)
                    .bind(&code)
                    .execute(&mut *write)
                    .await?;
                if let Some((amount, creditor)) = sent {
                    self.ask_payee(&mut write, received, &original, amount, creditor == KEEPS).await?;
                }
                code
            }
        };
        write.commit().await?;
        let said = if code.is_some() { "RJCT" } else { "ACTC" };
        Ok(status(&received.id, said, code.as_deref()))
    }

    /// The payee consents, and the money comes back; or keeps it.
    async fn ask_payee(
        &self,
        write: &mut Transaction<'_, Sqlite>,
        received: &Received,
        original: &str,
        amount: i64,
        keeps: bool,
    ) -> Result<(), StoreError> {
        let (said, code) = if keeps { ("RJCR", Some("CUST")) } else { ("CNCL", None) };
        let id = message::fresh_id();
        let answer = message::recall_answer(&id, &received.from, &received.id, said, code, self.now);
        wait(write, &id, &answer).await?;
        if !keeps {
            let id = message::fresh_id();
            let returned = message::returned(&id, &received.from, original, amount, "FOCR", self.now);
            wait(write, &id, &returned).await?;
        }
        Ok(())
    }

    async fn acknowledged(&self, received: &Received) -> Result<Answer, StoreError> {
        let original = received.text(&["OrgnlMsgId"]).unwrap_or_default();
        let said = received.text(&["TxSts"]).unwrap_or_default();
        sqlx::query("UPDATE waiting SET acknowledged = $2 WHERE id = $1 AND acknowledged IS NULL")
            .bind(&original)
            .bind(&said)
            .execute(self.pool)
            .await?;
        Ok(status(&received.id, "ACTC", None))
    }

    async fn lines(&self, received: &Received) -> Result<Answer, StoreError> {
        let day: Date = crate::store::date(&received.text(&["Dt"]).unwrap_or_default())?;
        let after = received.text(&["After"]).unwrap_or_default();
        let rows: Vec<(String, i64, String)> = sqlx::query_as(
            "SELECT id, amount, status FROM transfers WHERE day = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .bind(day.to_string())
        .bind(&after)
        .bind(i64::try_from(LINES_MAX + 1).unwrap_or(i64::MAX))
        .fetch_all(self.pool)
        .await?;
        let more = rows.len() > LINES_MAX;
        // with the end of the day everything that was taken is settled
        let line = |(id, amount, status): (String, i64, String)| {
            let status = if status == "RJCT" { status } else { "ACSC".to_owned() };
            Line { id, amount, status }
        };
        let lines = rows.into_iter().take(LINES_MAX).map(line).collect();
        Ok(Answer::Lines { closed: self.now >= closes(day), more, lines })
    }
}

/// Puts a message up for the bank.
pub async fn wait(write: &mut Transaction<'_, Sqlite>, id: &str, message: &[u8]) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO waiting (id, message) VALUES ($1, $2)")
        .bind(id)
        .bind(message)
        .execute(&mut **write)
        .await?;
    Ok(())
}
