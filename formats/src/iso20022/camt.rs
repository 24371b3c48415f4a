//! camt.052.001.02 (入出金取引明細) and camt.054.001.02 (振込入金通知), written entry by entry.

use std::io;

use domain::{Date, Timestamp, Yen};

use super::elements::Elements;
use super::local;
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
    xml: Elements,
    message: Message,
}

impl Camt {
    /// Begins a message with all that stands before its entries.
    pub fn begin(message: Message, head: &Head<'_>) -> io::Result<Self> {
        let mut camt = Self { xml: Elements::document(message.id())?, message };
        let (root, report) = message.elements();
        camt.xml.open(&[root, "GrpHdr"])?;
        camt.xml.text("MsgId", &head.id)?;
        let created = local(head.created);
        camt.xml.text("CreDtTm", &created)?;
        camt.xml.close(&["GrpHdr"])?;
        camt.xml.open(&[report])?;
        camt.xml.text("Id", &head.id)?;
        camt.xml.text("CreDtTm", &created)?;
        camt.xml.open(&["FrToDt"])?;
        camt.xml.text("FrDtTm", &format!("{}T00:00:00", head.days.0))?;
        camt.xml.text("ToDtTm", &format!("{}T23:59:59", head.days.1))?;
        camt.xml.close(&["FrToDt"])?;
        camt.account(head.account)?;
        if let Some((opening, closing)) = head.balances {
            camt.balance("OPBD", opening, head.days.0)?;
            camt.balance("CLBD", closing, head.days.1)?;
        }
        camt.xml.open(&["TxsSummry"])?;
        camt.total("TtlCdtNtries", head.credits)?;
        if message == Message::Report {
            camt.total("TtlDbtNtries", head.debits)?;
        }
        camt.xml.close(&["TxsSummry"])?;
        Ok(camt)
    }

    /// Writes a movement.
    pub fn entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.xml.open(&["Ntry"])?;
        self.xml.text("NtryRef", &entry.reference)?;
        self.amount(entry.amount)?;
        self.xml.text("CdtDbtInd", direction(entry.amount))?;
        self.xml.text("Sts", "BOOK")?;
        for day in ["BookgDt", "ValDt"] {
            self.xml.open(&[day])?;
            self.xml.text("Dt", &entry.day.to_string())?;
            self.xml.close(&[day])?;
        }
        self.xml.text("AcctSvcrRef", &entry.reference)?;
        self.xml.open(&["BkTxCd", "Prtry"])?;
        self.xml.text("Cd", entry.movement.code())?;
        self.xml.text("Issr", "ZENGIN")?;
        self.xml.close(&["Prtry", "BkTxCd"])?;
        if !entry.remitter.name.is_empty() {
            self.remitter(entry.remitter)?;
        }
        self.xml.text("AddtlNtryInf", entry.narrative)?;
        self.xml.close(&["Ntry"])
    }

    /// What is ready.
    pub fn take(&mut self) -> Vec<u8> {
        self.xml.take()
    }

    /// Ends the message: the rest of it.
    pub fn end(mut self) -> io::Result<Vec<u8>> {
        let (root, report) = self.message.elements();
        self.xml.close(&[report, root, "Document"])?;
        Ok(self.xml.end())
    }

    fn account(&mut self, account: &Account) -> io::Result<()> {
        self.xml.open(&["Acct", "Id", "Othr"])?;
        self.xml.text("Id", &account.number)?;
        self.xml.close(&["Othr", "Id"])?;
        self.xml.open(&["Tp"])?;
        self.xml.text("Prtry", &account.kind.to_string())?;
        self.xml.close(&["Tp"])?;
        self.xml.text("Ccy", "JPY")?;
        if !account.name.is_empty() {
            self.xml.open(&["Ownr"])?;
            self.xml.text("Nm", account.name.as_str())?;
            self.xml.close(&["Ownr"])?;
        }
        let (bank, branch) = (account.bank_name.as_str(), account.branch_name.as_str());
        self.xml.agent("Svcr", (&account.bank, bank), (&account.branch, branch))?;
        self.xml.close(&["Acct"])
    }

    fn balance(&mut self, code: &str, balance: Yen, day: Date) -> io::Result<()> {
        self.xml.open(&["Bal", "Tp", "CdOrPrtry"])?;
        self.xml.text("Cd", code)?;
        self.xml.close(&["CdOrPrtry", "Tp"])?;
        self.amount(balance)?;
        self.xml.text("CdtDbtInd", direction(balance))?;
        self.xml.open(&["Dt"])?;
        self.xml.text("Dt", &day.to_string())?;
        self.xml.close(&["Dt", "Bal"])
    }

    fn total(&mut self, name: &'static str, total: Total) -> io::Result<()> {
        self.xml.open(&[name])?;
        self.xml.text("NbOfNtries", &total.count.to_string())?;
        self.xml.text("Sum", &total.sum.get().to_string())?;
        self.xml.close(&[name])
    }

    fn remitter(&mut self, remitter: &Remitter) -> io::Result<()> {
        self.xml.open(&["NtryDtls", "TxDtls", "RltdPties", "Dbtr"])?;
        self.xml.text("Nm", remitter.name.as_str())?;
        if !remitter.code.is_empty() {
            self.xml.open(&["Id", "OrgId", "Othr"])?;
            self.xml.text("Id", &remitter.code)?;
            self.xml.open(&["SchmeNm"])?;
            self.xml.text("Cd", "BANK")?;
            self.xml.close(&["SchmeNm", "Othr", "OrgId", "Id"])?;
        }
        self.xml.close(&["Dbtr", "RltdPties"])?;
        if !remitter.bank_name.is_empty() {
            self.xml.open(&["RltdAgts", "DbtrAgt", "FinInstnId"])?;
            self.xml.text("Nm", remitter.bank_name.as_str())?;
            self.xml.close(&["FinInstnId"])?;
            if !remitter.branch_name.is_empty() {
                self.xml.open(&["BrnchId"])?;
                self.xml.text("Nm", remitter.branch_name.as_str())?;
                self.xml.close(&["BrnchId"])?;
            }
            self.xml.close(&["DbtrAgt", "RltdAgts"])?;
        }
        if !remitter.edi.is_empty() {
            self.xml.open(&["RmtInf"])?;
            self.xml.text("Ustrd", remitter.edi.as_str())?;
            self.xml.close(&["RmtInf"])?;
        }
        self.xml.close(&["TxDtls", "NtryDtls"])
    }

    fn amount(&mut self, amount: Yen) -> io::Result<()> {
        self.xml.yen("Amt", amount.get().unsigned_abs())
    }
}

const fn direction(amount: Yen) -> &'static str {
    if amount.get() < 0 { "DBIT" } else { "CRDT" }
}
