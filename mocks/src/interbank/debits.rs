//! 口座振替(全国ネット型): the bank asks for an account at another bank to be debited. That bank decides on the day, and sends
//! the money or says why there is none.

use domain::Date;

use super::books::{Books, status, wait};
use super::message::{self, Answer, Incoming, Received};
use super::{closes, opens};
use crate::store::StoreError;

/// Account numbers at other banks that are not debited, whatever the bank, with the code that is told later.
const NOT_DEBITED: &[(&str, &str)] = &[
    ("0000001", "AM04"),
    ("0000002", "AC01"),
    ("0000003", "MS02"),
    ("0000004", "MD01"),
    ("0000008", "CUST"),
    ("0000009", "MS03"),
];
/// A number that the network refuses at once.
const REFUSED: &str = "9999999";
/// Of this one nothing is ever told.
const FORGOTTEN: &str = "7777777";

impl Books<'_> {
    /// Decides about a debit, once for each number.
    pub(super) async fn debit(&self, received: &Received, bytes: &[u8]) -> Result<Answer, StoreError> {
        let mut write = self.pool.begin().await?;
        type Known = (Vec<u8>, String, Option<String>);
        let known: Option<Known> = sqlx::query_as("SELECT message, status, code FROM debits WHERE id = $1")
            .bind(&received.id)
            .fetch_optional(&mut *write)
            .await?;
        if let Some((first, said, code)) = known {
            sqlx::query("UPDATE debits SET deliveries = deliveries + 1 WHERE id = $1")
                .bind(&received.id)
                .execute(&mut *write)
                .await?;
            write.commit().await?;
            return Ok(match first == bytes {
                true => status(&received.id, &said, code.as_deref()),
                false => status(&received.id, "RJCT", Some("DUPL")),
            });
        }
        let text = |path: &[&str]| received.text(path).ok_or(StoreError::Value("debit"));
        let amount: i64 = text(&["IntrBkSttlmAmt"])?.parse().map_err(|_| StoreError::Value("amount"))?;
        let day: Date = text(&["IntrBkSttlmDt"])?.parse().map_err(|_| StoreError::Value("day"))?;
        let debtor = text(&["Dbtr", "No"])?;
        let (said, code) = if self.now < opens(day) || self.now >= closes(day) {
            ("RJCT", Some("DT01"))
        } else if debtor == REFUSED {
            ("RJCT", Some("AG01"))
        } else {
            ("ACTC", None)
        };
        sqlx::query("INSERT INTO debits VALUES ($1, $2, $3, $4, $5, $6, $7, 1)")
            .bind(&received.id)
            .bind(bytes)
            .bind(amount)
            .bind(day.to_string())
            .bind(&debtor)
            .bind(said)
            .bind(code)
            .execute(&mut *write)
            .await?;
        if said == "ACTC" && debtor != FORGOTTEN {
            let answer = self.debited(received, amount, day, &debtor)?;
            wait(&mut write, &message::fresh_id(), &answer).await?;
        }
        write.commit().await?;
        Ok(status(&received.id, said, code))
    }

    /// What the debtor's bank sends.
    fn debited(
        &self,
        received: &Received,
        amount: i64,
        day: Date,
        debtor: &str,
    ) -> Result<Vec<u8>, StoreError> {
        let text = |path: &[&str]| received.text(path).ok_or(StoreError::Value("debit"));
        let (their, id) = (text(&["Dbtr", "Bk"])?, message::fresh_id());
        if let Some((_, code)) = NOT_DEBITED.iter().find(|(number, _)| *number == debtor) {
            return Ok(message::not_debited(&id, &their, &received.from, &received.id, code, self.now));
        }
        let (branch, kind, number) = (text(&["Cdtr", "Br"])?, text(&["Cdtr", "Tp"])?, text(&["Cdtr", "No"])?);
        let of = Incoming {
            amount,
            from_bank: &their,
            payer: &text(&["Dbtr", "Nm"])?,
            to: [&branch, &kind, &number],
            day,
            debit: Some(&received.id),
        };
        Ok(message::incoming(&id, &received.from, &of, self.now))
    }
}
