//! The network's books: what it decides about a message, once for each number.

use domain::{Date, Timestamp, calendar};
use sqlx::{Sqlite, SqlitePool, Transaction};

use super::message::{self, Answer, Line, Received};
use super::{closes, opens};
use crate::store::StoreError;

/// From here on a transfer is settled one by one.
const SETTLED_AT_ONCE: i64 = 100_000_000;
/// Lines of one page, and messages of one collection.
const LINES_MAX: usize = 200;
const WAITING_MAX: usize = 50;

/// Account numbers at other banks with a known outcome, whatever the bank: refused, and returned with a code.
const REFUSED: &str = "9999999";
const RETURNED: &[(&str, &str)] = &[("0000000", "AC01"), ("0000004", "AC04"), ("0000006", "BE01")];
/// The payee of this one does not let a transfer be recalled.
const KEEPS: &str = "8888888";

/// Of this one the other bank supplies no name; and the names of all others, by the last digit of their number.
const NAMELESS: &str = "7777777";
const NAMES: &[&str] = &[
    "ｶ)ｱｵﾊﾞｼﾖｳｶｲ",
    "ﾔﾏﾀﾞ ﾀﾛｳ",
    "ﾐﾔｷﾞｼﾖｸﾋﾝ(ｶ",
    "ｻﾄｳ ﾊﾅｺ",
    "ﾕ)ﾋﾛｾｶﾞﾜｳﾝﾕ",
    "ｼﾔ)ﾄｳﾎｸｷﾖｳｶｲ",
    "ｽｽﾞｷ ｲﾁﾛｳ",
    "ﾄﾞ)ｽﾞﾝﾀﾞﾎﾝﾎﾟ",
    "ﾀｶﾊｼ ﾐﾂｺ",
    "ｶ)ｻｻｶﾏ",
];

/// The books at one moment.
pub struct Books<'a> {
    /// Where they are.
    pub pool: &'a SqlitePool,
    /// Business time.
    pub now: Timestamp,
}

pub(super) fn status(original: &str, status: &str, code: Option<&str>) -> Answer {
    let (original, status) = (original.to_owned(), status.to_owned());
    Answer::Status { original, status, code: code.map(str::to_owned), day: None }
}

/// Who holds an account: one that a transfer comes back from is not there, or closed.
fn verified(received: &Received) -> Answer {
    let number = received.text(&["No"]).unwrap_or_default();
    let code = RETURNED.iter().find(|(returned, code)| *returned == number && *code != "BE01");
    let last = number.bytes().last().map_or(0, |digit| usize::from(digit.saturating_sub(b'0')));
    let found = match code {
        _ if number == NAMELESS => Err("NSUP".to_owned()),
        Some((_, code)) => Err((*code).to_owned()),
        None => NAMES.get(last).map(|name| (*name).to_owned()).ok_or_else(|| "AC01".to_owned()),
    };
    Answer::Holder { original: received.id.clone(), found }
}

impl Books<'_> {
    /// Decides about a message other than a transfer, or answers what was decided before.
    pub async fn perform(&self, received: &Received, bytes: &[u8]) -> Result<Answer, StoreError> {
        match received.kind() {
            "debit" => self.debit(received, bytes).await,
            "recall" => self.recall(received).await,
            "return" => self.given_back(received, bytes).await,
            "resolution" => self.resolved(received).await,
            "status" => self.acknowledged(received).await,
            "collect" => self.collect(received).await,
            "lines" => self.lines(received).await,
            "verify" => Ok(verified(received)),
            _ => Ok(status(&received.id, "RJCT", Some("FF03"))),
        }
    }

    /// What is not acknowledged, in the order in which it came, after a place.
    async fn collect(&self, received: &Received) -> Result<Answer, StoreError> {
        let after = received.text(&["After"]).unwrap_or_default();
        let mut messages: Vec<(String, Vec<u8>)> = sqlx::query_as(
            "SELECT id, message FROM waiting WHERE acknowledged IS NULL
             AND rowid > coalesce((SELECT rowid FROM waiting WHERE id = $1), 0) ORDER BY rowid LIMIT $2",
        )
        .bind(&after)
        .bind(i64::try_from(WAITING_MAX + 1).unwrap_or(i64::MAX))
        .fetch_all(self.pool)
        .await?;
        let more = messages.len() > WAITING_MAX;
        messages.truncate(WAITING_MAX);
        Ok(Answer::Waiting { more, messages })
    }

    /// Decides about a transfer, inside of a transaction that others share.
    pub async fn transfer(
        &self,
        write: &mut Transaction<'_, Sqlite>,
        received: &Received,
        bytes: &[u8],
    ) -> Result<Answer, StoreError> {
        type Known = (Vec<u8>, String, Option<String>, i64, String);
        let known: Option<Known> =
            sqlx::query_as("SELECT message, status, code, amount, day FROM transfers WHERE id = $1")
                .bind(&received.id)
                .fetch_optional(&mut **write)
                .await?;
        if let Some((first, mut said, code, amount, day)) = known {
            // what waited for the opening is on its way since then
            if said == "PDNG" && self.now >= opens(crate::store::date(&day)?) {
                said = passed_on(amount).to_owned();
            }
            let again = "UPDATE transfers SET deliveries = deliveries + 1, status = $2 WHERE id = $1";
            sqlx::query(again).bind(&received.id).bind(&said).execute(&mut **write).await?;
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
            .execute(&mut **write)
            .await?;
        let back = RETURNED.iter().find(|(number, _)| *number == creditor);
        if let Some((_, code)) = back.filter(|_| said != "RJCT") {
            let id = message::fresh_id();
            let returned = message::returned(&id, &received.from, &received.id, amount, code, self.now);
            goes_back(write, &received.id).await?;
            wait(write, &id, &returned).await?;
        }
        Ok(status(&received.id, said, code))
    }

    fn decide(&self, amount: i64, day: Date, creditor: &str) -> (&'static str, Option<&'static str>) {
        if self.now.date() != day || self.now >= closes(day) {
            ("RJCT", Some("DT01"))
        } else if creditor == REFUSED {
            ("RJCT", Some("AG01"))
        } else if self.now < opens(day) {
            ("PDNG", None)
        } else {
            (passed_on(amount), None)
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
                let back: Option<String> =
                    sqlx::query_scalar("SELECT original FROM returns WHERE original = $1")
                        .bind(&original)
                        .fetch_optional(&mut *write)
                        .await?;
                let code = match (&sent, back) {
                    (None, _) => Some("NOOR".to_owned()),
                    (_, Some(_)) => Some("ARDT".to_owned()),
                    (Some(_), None) => None,
                };
                sqlx::query("INSERT INTO recalls VALUES ($1, $2, $3)")
                    .bind(&received.id)
                    .bind(&original)
                    .bind(&code)
                    .execute(&mut *write)
                    .await?;
                if let Some((amount, creditor)) = sent.filter(|_| code.is_none()) {
                    self.ask_payee(&mut write, received, &original, amount, creditor == KEEPS).await?;
                }
                code
            }
        };
        write.commit().await?;
        let said = if code.is_some() { "RJCT" } else { "ACTC" };
        Ok(status(&received.id, said, code.as_deref()))
    }

    /// The bank gives back what another bank has asked for, once. It settles with today, or with the next day where
    /// today is over.
    async fn given_back(&self, received: &Received, bytes: &[u8]) -> Result<Answer, StoreError> {
        type Known = (Vec<u8>, String, Option<String>, Option<String>);
        let mut write = self.pool.begin().await?;
        let again = "UPDATE given_back SET deliveries = deliveries + 1 WHERE id = $1
             RETURNING message, status, code, day";
        let known: Option<Known> =
            sqlx::query_as(again).bind(&received.id).fetch_optional(&mut *write).await?;
        if let Some((first, said, code, day)) = known {
            write.commit().await?;
            return Ok(match first == bytes {
                true => Answer::Status { original: received.id.clone(), status: said, code, day },
                false => status(&received.id, "RJCT", Some("DUPL")),
            });
        }
        let text = |path: &[&str]| received.text(path).ok_or(StoreError::Value("return"));
        let original = text(&["OrgnlMsgId"])?;
        let amount: i64 = text(&["RtrdIntrBkSttlmAmt"])?.parse().map_err(|_| StoreError::Value("amount"))?;
        let asked: Option<i64> =
            sqlx::query_scalar("SELECT amount FROM asked_back WHERE original = $1 AND amount = $2")
                .bind(&original)
                .bind(amount)
                .fetch_optional(&mut *write)
                .await?;
        let before: Option<String> =
            sqlx::query_scalar("SELECT id FROM given_back WHERE original = $1 AND status <> 'RJCT'")
                .bind(&original)
                .fetch_optional(&mut *write)
                .await?;
        let today = self.now.date();
        let (said, code, day) = match (asked, before) {
            (None, _) => ("RJCT", Some("NOOR"), None),
            (_, Some(_)) => ("RJCT", Some("ARDT"), None),
            _ if calendar::is_business_day(today) && self.now < closes(today) => {
                (passed_on(amount), None, Some(today))
            }
            _ => (passed_on(amount), None, Some(calendar::next_business_day(today))),
        };
        let day = day.map(|day| day.to_string());
        sqlx::query("INSERT INTO given_back VALUES ($1, $2, $3, $4, $5, $6, $7, 1)")
            .bind(&received.id)
            .bind(bytes)
            .bind(&original)
            .bind(amount)
            .bind(said)
            .bind(code)
            .bind(&day)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        let (said, code) = (said.to_owned(), code.map(str::to_owned));
        Ok(Answer::Status { original: received.id.clone(), status: said, code, day })
    }

    /// The bank has answered a recall of another bank.
    async fn resolved(&self, received: &Received) -> Result<Answer, StoreError> {
        let case = received.text(&["CxlReqId"]).unwrap_or_default();
        let said = [received.text(&["Conf"]), received.text(&["Rsn"])];
        let said: Vec<_> = said.into_iter().flatten().collect();
        sqlx::query("UPDATE asked_back SET answer = $2 WHERE id = $1 AND answer IS NULL")
            .bind(&case)
            .bind(said.join(" "))
            .execute(self.pool)
            .await?;
        Ok(status(&received.id, "ACTC", None))
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
            goes_back(write, original).await?;
            wait(write, &id, &returned).await?;
        }
        Ok(())
    }

    /// What the bank has taken is in the books of the day that it names.
    async fn acknowledged(&self, received: &Received) -> Result<Answer, StoreError> {
        let original = received.text(&["OrgnlMsgId"]).unwrap_or_default();
        let said = received.text(&["TxSts"]).unwrap_or_default();
        let mut write = self.pool.begin().await?;
        let sql =
            "UPDATE waiting SET acknowledged = $2 WHERE id = $1 AND acknowledged IS NULL RETURNING message";
        let message: Option<Vec<u8>> =
            sqlx::query_scalar(sql).bind(&original).bind(&said).fetch_optional(&mut *write).await?;
        let amount = message.and_then(|bytes| Received::read(&bytes).ok()).and_then(|message| {
            let amount = message.text(&["IntrBkSttlmAmt"]).or_else(|| message.text(&["RtrdIntrBkSttlmAmt"]));
            amount.and_then(|amount| amount.parse::<i64>().ok())
        });
        if let (Some(amount), Some(day)) = (amount, received.text(&["SttlmDt"])) {
            sqlx::query("INSERT INTO handed VALUES ($1, $2, $3)")
                .bind(&original)
                .bind(amount)
                .bind(&day)
                .execute(&mut *write)
                .await?;
        }
        write.commit().await?;
        Ok(status(&received.id, "ACTC", None))
    }

    async fn lines(&self, received: &Received) -> Result<Answer, StoreError> {
        let day: Date = crate::store::date(&received.text(&["Dt"]).unwrap_or_default())?;
        let after = received.text(&["After"]).unwrap_or_default();
        let rows: Vec<(String, i64, String, i64)> = sqlx::query_as(
            "SELECT id, amount, status, 0 FROM transfers WHERE day = $1 AND id > $2
             UNION ALL SELECT id, amount, status, 0 FROM given_back WHERE day = $1 AND id > $2
             UNION ALL SELECT id, amount, 'ACSC', 1 FROM handed WHERE day = $1 AND id > $2
             ORDER BY 1 LIMIT $3",
        )
        .bind(day.to_string())
        .bind(&after)
        .bind(i64::try_from(LINES_MAX + 1).unwrap_or(i64::MAX))
        .fetch_all(self.pool)
        .await?;
        let more = rows.len() > LINES_MAX;
        // with the end of the day everything that was taken is settled
        let line = |(id, amount, status, handed): (String, i64, String, i64)| {
            let status = if status == "RJCT" { status } else { "ACSC".to_owned() };
            Line { element: if handed == 1 { "In" } else { "Tx" }, id, amount, status }
        };
        let lines = rows.into_iter().take(LINES_MAX).map(line).collect();
        Ok(Answer::Lines { closed: self.now >= closes(day), more, lines })
    }
}

/// What becomes of a transfer between the opening and the end of the day.
const fn passed_on(amount: i64) -> &'static str {
    if amount >= SETTLED_AT_ONCE { "ACSC" } else { "ACSP" }
}

/// The money of a transfer goes back: nobody can recall it any more.
pub async fn goes_back(write: &mut Transaction<'_, Sqlite>, original: &str) -> Result<(), StoreError> {
    sqlx::query("INSERT OR IGNORE INTO returns VALUES ($1)").bind(original).execute(&mut **write).await?;
    Ok(())
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
