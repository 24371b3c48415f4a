//! pain.002.001.03: what became of a pain.001, payment by payment.

use std::io;

use domain::Timestamp;

use super::elements::Elements;
use super::{local, pain001};

/// The message.
pub const MESSAGE: &str = "pain.002.001.03";
/// Characters of the words of a reason.
const REASON_CHARS_MAX: usize = 105;

/// What became of a payment, or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It keeps the rules and waits for its approval or its day.
    Accepted,
    /// It was posted.
    Settled,
    /// It was refused or failed.
    Rejected,
    /// Some of the payments were refused. Of a payment alone this says nothing.
    Partly,
}

impl Status {
    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accepted => "ACCP",
            Self::Settled => "ACSC",
            Self::Rejected => "RJCT",
            Self::Partly => "PART",
        }
    }
}

/// A payment and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Names the payment as its message did.
    pub end_to_end: String,
    /// What became of it.
    pub status: Status,
    /// Why: a code of ours and words for people. Of a payment that was refused.
    pub reason: Option<(&'static str, String)>,
}

/// An answer to a message.
#[derive(Clone, Debug)]
pub struct Report<'m> {
    /// Names the answer, 35 characters at most.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// The message.
    pub to: &'m pain001::Message,
    /// Its payments, in its order.
    pub answers: Vec<Answer>,
}

impl Report<'_> {
    /// What became of all: one status where it is one, and in part otherwise.
    pub fn status(&self) -> Status {
        let mut statuses = self.answers.iter().map(|answer| answer.status);
        let first = statuses.next().unwrap_or(Status::Rejected);
        if statuses.all(|status| status == first) { first } else { Status::Partly }
    }
}

/// Writes an answer.
pub fn write(report: &Report<'_>) -> io::Result<Vec<u8>> {
    let mut xml = Elements::document(MESSAGE)?;
    xml.open(&["CstmrPmtStsRpt", "GrpHdr"])?;
    xml.text("MsgId", &report.id)?;
    xml.text("CreDtTm", &local(report.created))?;
    xml.close(&["GrpHdr"])?;
    let sum: u64 = report.to.payments.iter().map(|payment| payment.line.amount.get()).sum();
    xml.open(&["OrgnlGrpInfAndSts"])?;
    xml.text("OrgnlMsgId", &report.to.id)?;
    xml.text("OrgnlMsgNmId", pain001::MESSAGE)?;
    xml.text("OrgnlCreDtTm", &report.to.created)?;
    xml.text("GrpSts", report.status().code())?;
    xml.close(&["OrgnlGrpInfAndSts"])?;
    xml.open(&["OrgnlPmtInfAndSts"])?;
    xml.text("OrgnlPmtInfId", &report.to.batch)?;
    xml.text("OrgnlNbOfTxs", &report.to.payments.len().to_string())?;
    xml.text("OrgnlCtrlSum", &sum.to_string())?;
    xml.text("PmtInfSts", report.status().code())?;
    for answer in &report.answers {
        xml.open(&["TxInfAndSts"])?;
        xml.text("OrgnlEndToEndId", &answer.end_to_end)?;
        xml.text("TxSts", answer.status.code())?;
        if let Some((code, words)) = &answer.reason {
            xml.open(&["StsRsnInf", "Rsn"])?;
            xml.text("Prtry", code)?;
            xml.close(&["Rsn"])?;
            let words: String = words.chars().take(REASON_CHARS_MAX).collect();
            xml.text("AddtlInf", &words)?;
            xml.close(&["StsRsnInf"])?;
        }
        xml.close(&["TxInfAndSts"])?;
    }
    xml.close(&["OrgnlPmtInfAndSts", "CstmrPmtStsRpt", "Document"])?;
    Ok(xml.end())
}
