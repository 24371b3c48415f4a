//! camt.052.001.02 (入出金取引明細) and camt.054.001.02 (振込入金通知), written entry by entry.

use std::io;

use domain::{Date, Timestamp, Yen};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::zengin::statement::Movement;
use crate::zengin::{Account, Remitter};

/// Which message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// camt.052: every movement, with the balances before and after.
    Report,
    /// camt.054: the incoming transfers.
    Notification,
}

impl Message {
    /// `camt.052.001.02`.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Report => "camt.052.001.02",
            Self::Notification => "camt.054.001.02",
        }
    }

    const fn elements(self) -> (&'static str, &'static str) {
        match self {
            Self::Report => ("BkToCstmrAcctRpt", "Rpt"),
            Self::Notification => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
        }
    }
}

/// Number and sum of the entries of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// How many.
    pub count: u64,
    /// Their sum, not negative.
    pub sum: Yen,
}

/// What stands before the entries.
#[derive(Clone, Debug)]
pub struct Head<'a> {
    /// Names the message, 35 characters at most.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// The first and the last day.
    pub days: (Date, Date),
    /// The account.
    pub account: &'a Account,
    /// The balance before the first entry and behind the last; a notification has none.
    pub balances: Option<(Yen, Yen)>,
    /// 入金.
    pub credits: Total,
    /// 出金.
    pub debits: Total,
}

/// A movement.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Names the movement, 35 characters at most.
    pub reference: String,
    /// When it was booked.
    pub day: Date,
    /// Positive in, negative out.
    pub amount: Yen,
    /// What it is.
    pub movement: Movement,
    /// Who sent it; empty where it is no incoming transfer.
    pub remitter: &'a Remitter,
    /// 摘要.
    pub narrative: &'a str,
}

/// A message being written. What is ready is taken with [`Camt::take`], so that no more is in memory than that.
pub struct Camt {
    xml: Writer<Vec<u8>>,
    message: Message,
}

impl Camt {
    /// Begins a message with all that stands before its entries.
    pub fn begin(message: Message, head: &Head<'_>) -> io::Result<Self> {
        let mut camt = Self { xml: Writer::new(Vec::new()), message };
        let (root, report) = message.elements();
        camt.xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let namespace = format!("urn:iso:std:iso:20022:tech:xsd:{}", message.id());
        let document = BytesStart::new("Document").with_attributes([("xmlns", namespace.as_str())]);
        camt.xml.write_event(Event::Start(document))?;
        camt.open(&[root, "GrpHdr"])?;
        camt.text("MsgId", &head.id)?;
        let created = local(head.created);
        camt.text("CreDtTm", &created)?;
        camt.close(&["GrpHdr"])?;
        camt.open(&[report])?;
        camt.text("Id", &head.id)?;
        camt.text("CreDtTm", &created)?;
        camt.open(&["FrToDt"])?;
        camt.text("FrDtTm", &format!("{}T00:00:00", head.days.0))?;
        camt.text("ToDtTm", &format!("{}T23:59:59", head.days.1))?;
        camt.close(&["FrToDt"])?;
        camt.account(head.account)?;
        if let Some((opening, closing)) = head.balances {
            camt.balance("OPBD", opening, head.days.0)?;
            camt.balance("CLBD", closing, head.days.1)?;
        }
        camt.open(&["TxsSummry"])?;
        camt.total("TtlCdtNtries", head.credits)?;
        if message == Message::Report {
            camt.total("TtlDbtNtries", head.debits)?;
        }
        camt.close(&["TxsSummry"])?;
        Ok(camt)
    }

    /// Writes a movement.
    pub fn entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.open(&["Ntry"])?;
        self.text("NtryRef", &entry.reference)?;
        self.amount(entry.amount)?;
        self.text("CdtDbtInd", direction(entry.amount))?;
        self.text("Sts", "BOOK")?;
        for day in ["BookgDt", "ValDt"] {
            self.open(&[day])?;
            self.text("Dt", &entry.day.to_string())?;
            self.close(&[day])?;
        }
        self.text("AcctSvcrRef", &entry.reference)?;
        self.open(&["BkTxCd", "Prtry"])?;
        self.text("Cd", entry.movement.code())?;
        self.text("Issr", "ZENGIN")?;
        self.close(&["Prtry", "BkTxCd"])?;
        if !entry.remitter.name.is_empty() {
            self.remitter(entry.remitter)?;
        }
        self.text("AddtlNtryInf", entry.narrative)?;
        self.close(&["Ntry"])
    }

    /// What is ready.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.xml.get_mut())
    }

    /// Ends the message: the rest of it.
    pub fn end(mut self) -> io::Result<Vec<u8>> {
        let (root, report) = self.message.elements();
        self.close(&[report, root, "Document"])?;
        self.xml.get_mut().push(b'\n');
        Ok(self.take())
    }

    fn account(&mut self, account: &Account) -> io::Result<()> {
        self.open(&["Acct", "Id", "Othr"])?;
        self.text("Id", &account.number)?;
        self.close(&["Othr", "Id"])?;
        self.open(&["Tp"])?;
        self.text("Prtry", &account.kind.to_string())?;
        self.close(&["Tp"])?;
        self.text("Ccy", "JPY")?;
        if !account.name.is_empty() {
            self.open(&["Ownr"])?;
            self.text("Nm", account.name.as_str())?;
            self.close(&["Ownr"])?;
        }
        self.open(&["Svcr", "FinInstnId", "ClrSysMmbId", "ClrSysId"])?;
        self.text("Cd", "JPZGN")?;
        self.close(&["ClrSysId"])?;
        self.text("MmbId", &account.bank)?;
        self.close(&["ClrSysMmbId"])?;
        self.text("Nm", account.bank_name.as_str())?;
        self.close(&["FinInstnId"])?;
        self.open(&["BrnchId"])?;
        self.text("Id", &account.branch)?;
        self.text("Nm", account.branch_name.as_str())?;
        self.close(&["BrnchId", "Svcr", "Acct"])
    }

    fn balance(&mut self, code: &str, balance: Yen, day: Date) -> io::Result<()> {
        self.open(&["Bal", "Tp", "CdOrPrtry"])?;
        self.text("Cd", code)?;
        self.close(&["CdOrPrtry", "Tp"])?;
        self.amount(balance)?;
        self.text("CdtDbtInd", direction(balance))?;
        self.open(&["Dt"])?;
        self.text("Dt", &day.to_string())?;
        self.close(&["Dt", "Bal"])
    }

    fn total(&mut self, name: &'static str, total: Total) -> io::Result<()> {
        self.open(&[name])?;
        self.text("NbOfNtries", &total.count.to_string())?;
        self.text("Sum", &total.sum.get().to_string())?;
        self.close(&[name])
    }

    fn remitter(&mut self, remitter: &Remitter) -> io::Result<()> {
        self.open(&["NtryDtls", "TxDtls", "RltdPties", "Dbtr"])?;
        self.text("Nm", remitter.name.as_str())?;
        if !remitter.code.is_empty() {
            self.open(&["Id", "OrgId", "Othr"])?;
            self.text("Id", &remitter.code)?;
            self.open(&["SchmeNm"])?;
            self.text("Cd", "BANK")?;
            self.close(&["SchmeNm", "Othr", "OrgId", "Id"])?;
        }
        self.close(&["Dbtr", "RltdPties"])?;
        if !remitter.bank_name.is_empty() {
            self.open(&["RltdAgts", "DbtrAgt", "FinInstnId"])?;
            self.text("Nm", remitter.bank_name.as_str())?;
            self.close(&["FinInstnId"])?;
            if !remitter.branch_name.is_empty() {
                self.open(&["BrnchId"])?;
                self.text("Nm", remitter.branch_name.as_str())?;
                self.close(&["BrnchId"])?;
            }
            self.close(&["DbtrAgt", "RltdAgts"])?;
        }
        if !remitter.edi.is_empty() {
            self.open(&["RmtInf"])?;
            self.text("Ustrd", remitter.edi.as_str())?;
            self.close(&["RmtInf"])?;
        }
        self.close(&["TxDtls", "NtryDtls"])
    }

    fn amount(&mut self, amount: Yen) -> io::Result<()> {
        let start = BytesStart::new("Amt").with_attributes([("Ccy", "JPY")]);
        self.xml.write_event(Event::Start(start))?;
        let yen = amount.get().unsigned_abs().to_string();
        self.xml.write_event(Event::Text(BytesText::new(&yen)))?;
        self.close(&["Amt"])
    }

    fn open(&mut self, names: &[&'static str]) -> io::Result<()> {
        names.iter().try_for_each(|name| self.xml.write_event(Event::Start(BytesStart::new(*name))))
    }

    fn close(&mut self, names: &[&'static str]) -> io::Result<()> {
        names.iter().try_for_each(|name| self.xml.write_event(Event::End(BytesEnd::new(*name))))
    }

    /// An element with a text. One without is left out: the schema has no empty texts.
    fn text(&mut self, name: &'static str, text: &str) -> io::Result<()> {
        // XML has no control characters
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        if text.is_empty() {
            return Ok(());
        }
        self.open(&[name])?;
        self.xml.write_event(Event::Text(BytesText::new(&text)))?;
        self.close(&[name])
    }
}

const fn direction(amount: Yen) -> &'static str {
    if amount.get() < 0 { "DBIT" } else { "CRDT" }
}

/// The time in Japan, without its offset.
fn local(at: Timestamp) -> String {
    at.rfc3339().chars().take(19).collect()
}
