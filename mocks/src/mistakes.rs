//! Mistakes that a collector can be built with, one at a time, so that whoever tests collectors can show that each is
//! found. A mock without one is right.

mod link;
mod reading;

use crate::exchange::Exchange;
use crate::faults::{Hit, Mode};
use crate::message::{BillKey, Header, Kind, Received, Request};
use crate::signature::SignatureError;
use crate::store::{Store, StoreError};

macro_rules! mistakes {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        /// What a collector does wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Mistake {
            $($(#[$doc])* $name,)*
        }

        impl Mistake {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

mistakes! {
    /// Takes a wrong signature for a right one.
    BelievesWrongSignatures;
    /// Does not compare the digest with the content.
    BelievesWrongDigests;
    /// Does not look at `created`.
    BelievesOldSignatures;
    /// Verifies with the hub's first key, whatever key is named.
    BelievesUnknownKeys;
    /// Does not look at the tag.
    BelievesOtherTags;
    /// Does not look at what is covered.
    BelievesOtherCoverage;
    /// Takes parameters that the protocol does not have.
    BelievesMoreParameters;
    /// Does without a signature.
    BelievesTheUnsigned;
    /// Does not sign refusals.
    LeavesRefusalsUnsigned;
    /// Takes a query behind the path.
    TakesAQuery;
    /// Takes any content type.
    TakesAnyContentType;
    /// Does not look at Content-Encoding.
    TakesAContentEncoding;
    /// Answers refusals with status 500.
    RefusesByStatus;
    /// Answers a resend confirmation under another serial.
    ChangesTheSerial;
    /// Takes messages for another receiver.
    IgnoresTheReceiver;
    /// Takes messages of another centre.
    IgnoresTheSender;
    /// Serves a bank without a contract.
    IgnoresTheBank;
    /// Takes a clearing that is not of the schema for one that is.
    ReadsLeniently;
    /// Takes any version for the first.
    TakesAnyVersion;
    /// Takes 30 February for the 28th.
    TakesDaysThatAreNone;
    /// Takes any word for an entry kind.
    TakesAnyEntryKind;
    /// Reads base64 whose last digits say more than its bytes.
    TakesStrayBits;
    /// Answers with a code of its own.
    InventsACode;
    /// Writes amounts with a leading zero.
    PadsAmounts;
    /// An inquiry pays the bill.
    PaysByInquiry;
    /// Finds bills whose last day was yesterday.
    ExpiresADayLate;
    /// Does not look at the confirmation number.
    IgnoresTheConfirmationNumber;
    /// Answers one bill of several.
    ShowsOneBill;
    /// Leaves the late charge out.
    HidesTheLateCharge;
    /// Says that a paid bill cannot be obtained.
    GivesAnotherReason;
    /// Books each repeat once more.
    ClearsTwice;
    /// Has no records after a restart.
    ForgetsAfterARestart;
    /// Answers every resend confirmation with 9001.
    FailsOnResends;
    /// Knows no clearing that a resend confirmation brings first.
    RefusesUnknownResends;
    /// Decides again when a clearing comes again.
    DecidesAgain;
    /// Gives a repeat another reference.
    ChangesTheReference;
    /// Leaves the provisional code out of repeats.
    LosesTheProvisionalCode;
    /// Takes other bytes under a key for a repeat.
    OverlooksReusedKeys;
    /// Takes another amount for the right one.
    TakesAnyAmount;
    /// Clears after the last day on which that may be.
    ClearsAfterTheLastDay;
    /// Refuses what it may only clear provisionally.
    RefusesAsALocalCollector;
    /// Does not record refusals.
    ForgetsRefusals;
    /// Books a yen less.
    BooksAYenLess;
    /// Opens a day that was closed.
    ReopensDays;
    /// Clears on a closed day.
    ClearsAfterTheClose;
    /// Answers inquiries of a pre-closed day.
    InquiresAfterThePreClose;
    /// Does not settle what was carried over a close.
    DropsWhatIsCarriedOver;
    /// Counts one more as soon as there is something to count.
    CountsOneMore;
    /// Counts only what was not cancelled.
    UncountsCancelled;
    /// Counts a provisional clearing no more once it was cancelled.
    UncountsCancelledProvisional;
    /// Does not look at the serial behind which lines are asked for.
    IgnoresAfter;
    /// Lines come in reverse.
    ReversesLines;
    /// Lines lack the last one.
    LosesALine;
    /// Counts the days to come.
    CountsTomorrow;
    /// Cancels what was paid by internet banking.
    CancelsInternetBanking;
    /// Cancels a second time.
    CancelsTwice;
    /// Takes a cancellation for a clearing that can be cancelled.
    CancelsCancellations;
    /// A cancelled bill stays paid.
    KeepsCancelledBillsPaid;
    /// A repeat of a cancelled clearing pays the bill again.
    PaysAgainAfterACancellation;
    /// Does not record refused cancellations.
    ForgetsRefusedCancellations;
    /// Cancels for a bank without a contract.
    CancelsForAnyBank;
    /// Takes a clearing with another 納付区分.
    ClearsAnyCategory;
    /// A cancellation makes the bill unpaid whichever clearing it was of.
    UnpaysByAnyCancellation;
    /// Does not know of cancellations before a restart.
    ForgetsCancellationsAtARestart;
    /// Opens what was pre-closed at a restart.
    ForgetsPreClosesAtARestart;
    /// Does not know of settlement advices before a restart.
    ForgetsAdvicesAtARestart;
    /// Takes another content under a settlement's number.
    TakesOtherSettlements;
    /// Says of every page of lines that it is the last.
    NeverSaysMore;
    /// Does not keep the record of every hundredth serial.
    DropsEveryHundredth;
    /// Forgets the days before when one is opened.
    ForgetsTheDaysBefore;
    /// Cancels what was closed.
    CancelsAfterTheClose;
    /// Sends the form of a hand-off by GET.
    SendsFormsByGet;
    /// Seals hand-offs under a key that the bank does not have.
    SealsUnderAnotherKey;
    /// Seals every hand-off with the same initialization vector.
    ReusesTheIv;
    /// Says of its hand-offs that they are compressed.
    NamesACompression;
    /// Hands over a member that there is none of.
    HandsOverMore;
    /// Writes hand-offs in Shift_JIS.
    WritesAnotherEncoding;
    /// Hands over another 確認番号.
    HandsOverOtherNumbers;
    /// Hands over a yen less than is owed.
    HandsOverAnotherAmount;
    /// Gives every hand-off the same nonce.
    ReusesTheNonce;
    /// Makes hand-offs half an hour before they are asked for.
    DatesHandOffsBack;
    /// Leads payers back to an address that nobody registered.
    ReturnsElsewhere;
    /// Takes a payer who comes back for one who has paid.
    PaysOnReturn;
    /// Does not keep which bills it has handed over.
    ForgetsHandOffs;
    /// Does not know what it has handed over before a restart.
    ForgetsHandOffsAtARestart;
    /// Finds a bill by its hand-off alone, whatever number is named.
    FindsByHandOffAlone;
}

impl Mistake {
    /// Whether a request that is not believed is served all the same.
    pub(crate) fn overlooks(self, error: SignatureError) -> bool {
        match self {
            Self::BelievesWrongSignatures => error == SignatureError::Wrong,
            Self::BelievesWrongDigests => error == SignatureError::Digest,
            Self::BelievesOldSignatures => error == SignatureError::Created,
            Self::BelievesUnknownKeys => error == SignatureError::UnknownKey,
            Self::BelievesOtherTags => error == SignatureError::Parameter("tag"),
            Self::BelievesOtherCoverage => error == SignatureError::Parameter("components"),
            Self::BelievesMoreParameters => error == SignatureError::Parameter("parameter list"),
            Self::BelievesTheUnsigned => matches!(error, SignatureError::Header(_)),
            _ => false,
        }
    }

    /// What becomes of the books when the collector starts.
    pub(crate) async fn open_books(self, store: &Store) -> Result<(), StoreError> {
        let lost = match self {
            Self::ForgetsAfterARestart => "DELETE FROM clearings",
            Self::ForgetsHandOffsAtARestart => "DELETE FROM hand_offs",
            Self::ForgetsCancellationsAtARestart => "DELETE FROM cancellations",
            Self::ForgetsPreClosesAtARestart => {
                "UPDATE service_days SET state = 'open' WHERE state = 'pre_closed'"
            }
            Self::ForgetsAdvicesAtARestart => "DELETE FROM settlement_advices",
            _ => return Ok(()),
        };
        let mut write = store.write().await?;
        sqlx::query(lost).execute(&mut *write).await?;
        write.commit().await?;
        Ok(())
    }

    /// What an exchange comes to with the mistake: books, answer, and how that is sent.
    pub(crate) async fn after(
        self,
        exchange: &Exchange<'_>,
        answer: Vec<u8>,
    ) -> Result<(Vec<u8>, Hit), StoreError> {
        self.keep_books(exchange).await?;
        let answer = self.answer(&exchange.received, answer);
        let answer = self.cancel_cancellations(exchange, answer).await?;
        let is_refusal = !std::str::from_utf8(&answer).is_ok_and(|text| text.contains("<Code>0000</Code>"));
        let mode = match self {
            Self::LeavesRefusalsUnsigned if is_refusal => Mode::Unsigned,
            Self::RefusesByStatus if is_refusal => Mode::Error500After,
            _ => exchange.fault.mode,
        };
        let mut fault = exchange.fault;
        fault.mode = mode;
        Ok((answer, fault))
    }

    /// The answer to a cancellation that names a cancellation, as if that were a clearing.
    async fn cancel_cancellations(
        self,
        exchange: &Exchange<'_>,
        answer: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        let Ok(Request::Cancellation(asked)) = &exchange.received.body else { return Ok(answer) };
        if self != Self::CancelsCancellations {
            return Ok(answer);
        }
        let (is_named,): (bool,) = sqlx::query_as(
            "SELECT EXISTS (SELECT 1 FROM cancellations WHERE collector = $1 AND processing_date = $2 \
             AND serial = $3)",
        )
        .bind(exchange.institution.number.as_str())
        .bind(asked.clearing_date.to_string())
        .bind(i64::from(asked.clearing_serial.get()))
        .fetch_one(exchange.mocks.store().reader())
        .await?;
        let text = String::from_utf8_lossy(&answer);
        let done = text.replacen(&tagged("Code", "A101"), &tagged("Code", "0000"), 1).into_bytes();
        Ok(if is_named { done } else { answer })
    }

    fn answer(self, received: &Received, answer: Vec<u8>) -> Vec<u8> {
        let Ok(text) = String::from_utf8(answer) else { return Vec::new() };
        let code = between(&text, "Code").unwrap_or_default().to_owned();
        let code = code.as_str();
        let recode = |text: &str, to: &str| text.replacen(&tagged("Code", code), &tagged("Code", to), 1);
        let kind = received.kind;
        let is_resend = kind == Kind::ResendConfirmation;
        let text = match self {
            Self::ChangesTheSerial if is_resend => with(&text, "Serial", "00000007"),
            Self::ReadsLeniently if kind == Kind::Clearing && received.body.is_err() => recode(&text, "0000"),
            Self::InventsACode if code == "B202" => recode(&text, "Z999"),
            Self::PadsAmounts if kind == Kind::Inquiry => text.replace("<Amount>", "<Amount>0"),
            Self::ShowsOneBill if kind == Kind::Inquiry => first_bill(&text),
            Self::HidesTheLateCharge if kind == Kind::Inquiry && code == "0000" => {
                with(&text, "LateCharge", "0")
            }
            Self::GivesAnotherReason if kind == Kind::Inquiry && code == "B201" => recode(&text, "A101"),
            Self::FailsOnResends if is_resend => {
                recode(&without(&without(&text, "ProvisionalCode"), "Reference"), "9001")
            }
            Self::OverlooksReusedKeys if code == "B901" => recode(&text, "0000"),
            Self::TakesAnyAmount if code == "B203" => recode(&text, "0000"),
            Self::TakesAnyAmount if between(&text, "ProvisionalCode") == Some("B203") => {
                without(&text, "ProvisionalCode")
            }
            Self::ClearsAfterTheLastDay if kind == Kind::Clearing && code == "B202" => recode(&text, "0000"),
            Self::RefusesAsALocalCollector => match between(&text, "ProvisionalCode") {
                Some(why) => recode(&without(&text, "ProvisionalCode"), why),
                None => text,
            },
            Self::ReopensDays if kind == Kind::Open && code == "A001" => recode(&text, "0000"),
            Self::ClearsAfterTheClose if kind == Kind::Clearing && code == "A001" => recode(&text, "0000"),
            Self::CountsOneMore if matches!(kind, Kind::Counter | Kind::Close) => one_more(&text),
            Self::UncountsCancelled if matches!(kind, Kind::Counter | Kind::Close) => {
                uncounted(&text, "Cleared")
            }
            Self::UncountsCancelledProvisional if matches!(kind, Kind::Counter | Kind::Close) => {
                uncounted(&text, "Provisional")
            }
            Self::ReversesLines if kind == Kind::Lines => reversed(&text),
            Self::LosesALine if kind == Kind::Lines => shortened(&text),
            Self::NeverSaysMore if kind == Kind::Lines => with(&text, "More", "no"),
            Self::CancelsAfterTheClose if kind == Kind::Cancellation && code == "B202" => {
                recode(&text, "0000")
            }
            Self::CancelsForAnyBank if kind == Kind::Cancellation && code == "A002" => recode(&text, "0000"),
            Self::ClearsAnyCategory if kind == Kind::Clearing && code == "A013" => recode(&text, "0000"),
            Self::CancelsInternetBanking if code == "A301" => recode(&text, "0000"),
            Self::CancelsTwice if kind == Kind::Cancellation && code == "B201" => recode(&text, "0000"),
            Self::TakesOtherSettlements if kind == Kind::SettlementAdvice => recode(&text, "0000"),
            _ => text,
        };
        text.into_bytes()
    }

    /// The answer to a message that came before, as the mistake has it.
    pub(crate) fn repeat(self, answer: Vec<u8>) -> Vec<u8> {
        let Ok(text) = String::from_utf8(answer) else { return Vec::new() };
        let code = between(&text, "Code").unwrap_or_default().to_owned();
        let text = match self {
            Self::DecidesAgain if code == "0000" && between(&text, "ProvisionalCode").is_none() => {
                without(&text, "Reference").replacen(&tagged("Code", "0000"), &tagged("Code", "B201"), 1)
            }
            Self::ChangesTheReference => with(&text, "Reference", "ANOTHER-1"),
            Self::LosesTheProvisionalCode => without(&text, "ProvisionalCode"),
            _ => text,
        };
        text.into_bytes()
    }

    async fn keep_books(self, exchange: &Exchange<'_>) -> Result<(), StoreError> {
        let received = &exchange.received;
        let of_key = |header: &Header| {
            (header.sender.to_string(), header.processing_date.to_string(), i64::from(header.serial.get()))
        };
        let customer = |key: &BillKey| key.customer_number.to_string();
        let inner = received.inner.as_deref();
        let (sql, customer) = match (self, received.kind, &inner.unwrap_or(received).body) {
            (Self::ClearsTwice, Kind::Clearing | Kind::ResendConfirmation, _) => (
                "UPDATE clearings SET booked_times = deliveries WHERE collector = $1 AND sender = $2 AND \
                 processing_date = $3 AND serial = $4 AND $5 IS NULL",
                None,
            ),
            (Self::BooksAYenLess, Kind::Clearing, _) => (
                "UPDATE clearings SET booked_amount = amount - 1 WHERE collector = $1 AND sender = $2 AND \
                 processing_date = $3 AND serial = $4 AND $5 IS NULL",
                None,
            ),
            (Self::DropsEveryHundredth, Kind::Clearing, _) => (
                "DELETE FROM clearings WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND \
                 serial = $4 AND serial % 100 = 0 AND $5 IS NULL",
                None,
            ),
            (Self::ForgetsTheDaysBefore, Kind::Open, _) => (
                "DELETE FROM clearings WHERE collector = $1 AND sender = $2 AND processing_date < $3 AND \
                 $4 IS NOT NULL AND $5 IS NULL",
                None,
            ),
            (Self::ForgetsRefusals, Kind::Clearing | Kind::ResendConfirmation, _) => (
                "DELETE FROM clearings WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND \
                 serial = $4 AND code <> '0000' AND $5 IS NULL",
                None,
            ),
            (Self::ForgetsRefusedCancellations, Kind::Cancellation | Kind::ResendConfirmation, _) => (
                "DELETE FROM cancellations WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND \
                 serial = $4 AND code <> '0000' AND $5 IS NULL",
                None,
            ),
            (Self::PaysByInquiry, Kind::Inquiry, Ok(Request::Inquiry(inquiry))) => (
                "UPDATE bills SET paid_elsewhere = 1 WHERE collector = $1 AND customer_number = $5 \
                 AND $2 IS NOT NULL AND $3 IS NOT NULL AND $4 IS NOT NULL",
                Some(customer(&inquiry.key)),
            ),
            (Self::UnpaysByAnyCancellation, _, Ok(Request::Cancellation(cancellation))) => (
                "UPDATE bills SET matched = 0 WHERE collector = $1 AND customer_number = $5 \
                 AND $2 IS NOT NULL AND $3 IS NOT NULL AND $4 IS NOT NULL",
                Some(customer(&cancellation.key)),
            ),
            (Self::KeepsCancelledBillsPaid, _, Ok(Request::Cancellation(cancellation))) => (
                "UPDATE bills SET matched = 1 WHERE collector = $1 AND customer_number = $5 \
                 AND $2 IS NOT NULL AND $3 IS NOT NULL AND $4 IS NOT NULL",
                Some(customer(&cancellation.key)),
            ),
            (
                Self::PaysAgainAfterACancellation,
                Kind::ResendConfirmation,
                Ok(Request::Clearing(clearing)),
            ) => (
                "UPDATE bills SET matched = 1 WHERE collector = $1 AND customer_number = $5 \
                 AND $2 IS NOT NULL AND $3 IS NOT NULL AND $4 IS NOT NULL",
                Some(customer(&clearing.key)),
            ),
            _ => return Ok(()),
        };
        let (sender, day, serial) = of_key(&received.header);
        let mut write = exchange.mocks.store().write().await?;
        sqlx::query(sql)
            .bind(exchange.institution.number.as_str())
            .bind(sender)
            .bind(day)
            .bind(serial)
            .bind(customer)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(())
    }
}

fn tagged(name: &str, value: &str) -> String {
    format!("<{name}>{value}</{name}>")
}

/// The text of the first element of that name.
fn between<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(value, _)| value)
}

/// Every element of that name with another text.
fn with(text: &str, name: &str, value: &str) -> String {
    match between(text, name) {
        Some(old) => text.replace(&tagged(name, old), &tagged(name, value)),
        None => text.to_owned(),
    }
}

fn without(text: &str, name: &str) -> String {
    match between(text, name) {
        Some(old) => text.replacen(&tagged(name, old), "", 1),
        None => text.to_owned(),
    }
}

/// The elements of that name, with what stands around them all.
fn parts<'a>(text: &'a str, name: &str) -> (&'a str, Vec<&'a str>, &'a str) {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let (Some(first), Some(last)) = (text.find(&open), text.rfind(&close)) else {
        return (text, Vec::new(), "");
    };
    let (head, rest) = text.split_at(first);
    let (inner, tail) = rest.split_at(last + close.len() - first);
    (head, inner.split_inclusive(close.as_str()).collect(), tail)
}

fn first_bill(text: &str) -> String {
    let (head, bills, tail) = parts(text, "Bill");
    format!("{head}{}{tail}", bills.first().copied().unwrap_or_default())
}

fn reversed(text: &str) -> String {
    let (head, lines, tail) = parts(text, "Line");
    format!("{head}{}{tail}", lines.into_iter().rev().collect::<String>())
}

fn shortened(text: &str) -> String {
    let (head, mut lines, tail) = parts(text, "Line");
    lines.pop();
    format!("{head}{}{tail}", lines.concat())
}

fn one_more(text: &str) -> String {
    match between(text, "Count").and_then(|count| count.parse::<u32>().ok()) {
        Some(count @ 1..) => {
            text.replacen(&tagged("Count", &count.to_string()), &tagged("Count", &(count + 1).to_string()), 1)
        }
        _ => text.to_owned(),
    }
}

/// Counters as if what was cancelled had never been cleared.
fn uncounted(text: &str, what: &str) -> String {
    let tally = |name: &str| {
        let inner = between(text, name)?;
        Some((between(inner, "Count")?.parse::<i64>().ok()?, between(inner, "Amount")?.parse::<i64>().ok()?))
    };
    let (Some(counted), Some(cancelled)) = (tally(what), tally("Cancelled")) else {
        return text.to_owned();
    };
    let shown = |(count, amount): (i64, i64)| {
        tagged(
            what,
            &format!("{}{}", tagged("Count", &count.to_string()), tagged("Amount", &amount.to_string())),
        )
    };
    let left = ((counted.0 - cancelled.0).max(0), (counted.1 - cancelled.1).max(0));
    text.replacen(&shown(counted), &shown(left), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_apart_and_put_together() {
        let text = "<A><Line>1</Line><Line>2</Line></A>";
        assert_eq!(reversed(text), "<A><Line>2</Line><Line>1</Line></A>");
        assert_eq!(shortened(text), "<A><Line>1</Line></A>");
        assert_eq!(first_bill("<A><Bill>1</Bill><Bill>2</Bill></A>"), "<A><Bill>1</Bill></A>");
        assert_eq!(one_more("<Count>0</Count>"), "<Count>0</Count>");
        assert_eq!(one_more("<Count>2</Count>"), "<Count>3</Count>");
        assert_eq!(without("<Code>0000</Code><Reference>x</Reference>", "Reference"), "<Code>0000</Code>");
    }
}
