//! pain.001.001.03, 総合振込 as ZEDI takes it: what a record of kind 21 has, and behind each payment the data that its
//! payee matches it with (EDI), which are kept byte for byte.
//!
//! A payment is the line of the record, so that the same rules hold for both. One group of payments a message, as
//! one header a file.

mod read;

use std::io;

use domain::Date;

use super::elements::Elements;
use crate::zengin::{Code, transfer};

pub use read::{LIMITS, read};

/// The message.
pub const MESSAGE: &str = "pain.001.001.03";
/// 顧客コード1 and 2, as the profile calls them.
const CUSTOMER_CODES: [&str; 2] = ["Customer Code1", "Customer Code2"];

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Names it, 35 characters at most.
    pub id: String,
    /// When it was made, as it stands: without an offset.
    pub created: String,
    /// Names its group of payments.
    pub batch: String,
    /// 振込指定日.
    pub day: Date,
    /// The same as a header says it.
    pub header: transfer::Header,
    /// The payments.
    pub payments: Vec<Payment>,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Names it to the payee, 35 characters at most.
    pub end_to_end: String,
    /// The same as a record says it.
    pub line: transfer::Line,
    /// What behind 識別表示 is said to the debtor's bank, as it stands.
    pub to_bank: String,
    /// EDI: lines of a MIME part, 140 characters each at most, as they stand.
    pub edi: Vec<String>,
}

/// Writes a message.
pub fn write(message: &Message) -> io::Result<Vec<u8>> {
    let mut xml = Elements::document(MESSAGE)?;
    let header = &message.header;
    let originator = header.originator.as_str();
    xml.open(&["CstmrCdtTrfInitn", "GrpHdr"])?;
    xml.text("MsgId", &message.id)?;
    xml.text("CreDtTm", &message.created)?;
    // the profile counts the groups here
    xml.text("NbOfTxs", "1")?;
    xml.open(&["InitgPty"])?;
    organisation(&mut xml, &[(originator, Scheme::Bank)])?;
    xml.close(&["InitgPty", "GrpHdr"])?;

    xml.open(&["PmtInf"])?;
    xml.text("PmtInfId", &message.batch)?;
    xml.text("PmtMtd", "TRF")?;
    let sum: u64 = message.payments.iter().map(|payment| payment.line.amount.get()).sum();
    xml.text("NbOfTxs", &message.payments.len().to_string())?;
    xml.text("CtrlSum", &sum.to_string())?;
    xml.text("ReqdExctnDt", &message.day.to_string())?;
    xml.open(&["Dbtr"])?;
    organisation(&mut xml, &[(originator, Scheme::Bank)])?;
    xml.close(&["Dbtr"])?;
    account(&mut xml, "DbtrAcct", header.number.as_str(), header.account_kind)?;
    let (bank, branch) = (header.bank_name.to_string(), header.branch_name.to_string());
    xml.agent("DbtrAgt", (header.bank.as_str(), &bank), (header.branch.as_str(), &branch))?;
    xml.open(&["UltmtDbtr"])?;
    xml.text("Nm", &header.originator_name.to_string())?;
    xml.close(&["UltmtDbtr"])?;
    for one in &message.payments {
        payment(&mut xml, one)?;
    }
    xml.close(&["PmtInf", "CstmrCdtTrfInitn", "Document"])?;
    Ok(xml.end())
}

fn payment(xml: &mut Elements, payment: &Payment) -> io::Result<()> {
    let line = &payment.line;
    xml.open(&["CdtTrfTxInf", "PmtId"])?;
    xml.text("EndToEndId", &payment.end_to_end)?;
    xml.close(&["PmtId"])?;
    xml.open(&["Amt"])?;
    xml.yen("InstdAmt", line.amount.get())?;
    xml.close(&["Amt"])?;
    let (bank, branch) = (line.bank_name.to_string(), line.branch_name.to_string());
    xml.agent("CdtrAgt", (line.bank.as_str(), &bank), (line.branch.as_str(), &branch))?;
    xml.open(&["Cdtr"])?;
    xml.text("Nm", &line.name.to_string())?;
    let (first, second) = line.codes();
    let codes = [(first.as_str(), Scheme::Customer(0)), (second.as_str(), Scheme::Customer(1))];
    organisation(xml, &codes)?;
    xml.close(&["Cdtr"])?;
    account(xml, "CdtrAcct", line.number.as_str(), line.account_kind)?;
    if line.method != Code(b' ') {
        xml.open(&["InstrForCdtrAgt"])?;
        xml.text("InstrInf", &line.method.to_string())?;
        xml.close(&["InstrForCdtrAgt"])?;
    }
    xml.text("InstrForDbtrAgt", &payment.to_bank)?;
    if line.newness != Code(b' ') {
        xml.open(&["Purp"])?;
        xml.text("Prtry", &line.newness.to_string())?;
        xml.close(&["Purp"])?;
    }
    if !payment.edi.is_empty() {
        xml.open(&["RmtInf"])?;
        for line in &payment.edi {
            xml.text("Ustrd", line)?;
        }
        xml.close(&["RmtInf"])?;
    }
    xml.close(&["CdtTrfTxInf"])
}

/// What a number of a party is.
#[derive(Clone, Copy)]
enum Scheme {
    /// 委託者コード.
    Bank,
    /// 顧客コード1 or 2.
    Customer(usize),
}

/// The numbers of a party that are there.
fn organisation(xml: &mut Elements, numbers: &[(&str, Scheme)]) -> io::Result<()> {
    if numbers.iter().all(|(number, _)| number.is_empty()) {
        return Ok(());
    }
    xml.open(&["Id", "OrgId"])?;
    for (number, scheme) in numbers.iter().filter(|(number, _)| !number.is_empty()) {
        xml.open(&["Othr"])?;
        xml.text("Id", number)?;
        xml.open(&["SchmeNm"])?;
        match scheme {
            Scheme::Bank => xml.text("Cd", "BANK")?,
            Scheme::Customer(which) => xml.text("Prtry", CUSTOMER_CODES[*which])?,
        }
        xml.close(&["SchmeNm", "Othr"])?;
    }
    xml.close(&["OrgId", "Id"])
}

fn account(xml: &mut Elements, name: &'static str, number: &str, kind: Code) -> io::Result<()> {
    xml.open(&[name, "Id", "Othr"])?;
    xml.text("Id", number)?;
    xml.close(&["Othr", "Id"])?;
    xml.open(&["Tp"])?;
    xml.text("Prtry", &kind.to_string())?;
    xml.close(&["Tp", name])
}
