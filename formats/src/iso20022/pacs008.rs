//! pacs.008.001.08, a remittance from bank to bank as CBPR+ has it: one payment a message, named from end to end.
//!
//! Towns and countries are elements of their own in every address: an address of lines alone is no longer taken.

mod address;
mod rules;

use std::io;

use domain::remittance::ChargeBearer;
use domain::{Bic, Date, Iban, Money, Uetr};
use rust_decimal::Decimal;

use super::elements::Elements;
use super::envelope::{self, Header};
use crate::finding::{Fault, Finding, Findings};

pub use address::Address;
pub use rules::Breach;

/// The message.
pub const MESSAGE: &str = "pacs.008.001.08";

/// A bank: by its BIC, or by its name and address with its number in its country's clearing where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agent {
    /// By its BIC.
    Bic(Bic),
    /// Otherwise.
    Named {
        /// Its name, 140 characters.
        name: String,
        /// Where it is.
        address: Address,
        /// Clearing system and number: `USABA` and nine digits.
        clearing: Option<(String, String)>,
    },
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    /// By its IBAN.
    Iban(Iban),
    /// By the number that its country has instead, 34 characters.
    Other(String),
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Name, 140 characters.
    pub name: String,
    /// Address.
    pub address: Address,
    /// 法人番号 of a payer: a number that a tax authority gave. Empty where there is none to tell.
    pub tax_number: String,
    /// Account.
    pub account: Account,
}

/// What is told to authorities about a payment (`RgltryRptg`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reporting {
    /// The country whose authority is told.
    pub country: domain::Country,
    /// 国際収支項目番号 or what the country has instead, ten characters; empty where there is none.
    pub code: String,
    /// Words, 35 characters a line.
    pub information: Vec<String>,
}

/// A remittance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditTransfer {
    /// Names the message, and who sends it to whom.
    pub header: Header,
    /// The sender's name for the payment (`InstrId`), 16 characters.
    pub instruction: String,
    /// The payer's name for it (`EndToEndId`), 35 characters.
    pub end_to_end: String,
    /// What names it from end to end.
    pub uetr: Uetr,
    /// What is settled between the two banks.
    pub settled: Money,
    /// On which day.
    pub settlement_day: Date,
    /// What the payer instructed.
    pub instructed: Money,
    /// Units of the settled currency for one of the instructed, where they differ.
    pub rate: Option<Decimal>,
    /// Who bears the charges.
    pub charge_bearer: ChargeBearer,
    /// Charges that were deducted, and the bank that deducted them.
    pub charges: Vec<(Money, Bic)>,
    /// 送金依頼人.
    pub debtor: Party,
    /// 依頼人の銀行.
    pub debtor_agent: Bic,
    /// 経由銀行.
    pub intermediary: Option<Agent>,
    /// 受取人の銀行.
    pub creditor_agent: Agent,
    /// 受取人.
    pub creditor: Party,
    /// A code of the external list (`GDDS`), four characters; empty where none is told.
    pub purpose: String,
    /// What authorities are told.
    pub reporting: Vec<Reporting>,
    /// Words for the payee, 140 characters.
    pub remittance: String,
}

/// Writes a message; or says everything that is wrong with it.
pub fn write(transfer: &CreditTransfer) -> Result<Vec<u8>, Findings> {
    let mut findings = rules::findings(transfer);
    if !findings.is_empty() {
        return Err(findings);
    }
    transfer.written().map_err(|error| {
        findings.add(Finding::of_file(Fault::NotXml(error.to_string())));
        findings
    })
}

impl CreditTransfer {
    fn written(&self) -> io::Result<Vec<u8>> {
        let mut xml = envelope::begin(MESSAGE, &self.header)?;
        xml.open(&["FIToFICstmrCdtTrf", "GrpHdr"])?;
        xml.text("MsgId", &self.header.id)?;
        xml.text("CreDtTm", &self.header.created.rfc3339())?;
        xml.text("NbOfTxs", "1")?;
        xml.open(&["SttlmInf"])?;
        // the receiver keeps our account with it
        xml.text("SttlmMtd", "INDA")?;
        xml.close(&["SttlmInf", "GrpHdr"])?;

        xml.open(&["CdtTrfTxInf", "PmtId"])?;
        xml.text("InstrId", &self.instruction)?;
        xml.text("EndToEndId", &self.end_to_end)?;
        xml.text("UETR", &self.uetr.to_string())?;
        xml.close(&["PmtId"])?;
        xml.money("IntrBkSttlmAmt", self.settled)?;
        xml.text("IntrBkSttlmDt", &self.settlement_day.to_string())?;
        xml.money("InstdAmt", self.instructed)?;
        xml.text("XchgRate", &self.rate.map(|rate| rate.normalize().to_string()).unwrap_or_default())?;
        xml.text("ChrgBr", self.charge_bearer.as_str())?;
        charges(&mut xml, &self.charges)?;
        xml.bic("InstgAgt", &self.header.from)?;
        xml.bic("InstdAgt", &self.header.to)?;
        if let Some(intermediary) = &self.intermediary {
            intermediary.write(&mut xml, "IntrmyAgt1")?;
        }
        self.debtor.write(&mut xml, "Dbtr")?;
        self.debtor.account.write(&mut xml, "DbtrAcct")?;
        xml.bic("DbtrAgt", &self.debtor_agent)?;
        self.creditor_agent.write(&mut xml, "CdtrAgt")?;
        self.creditor.write(&mut xml, "Cdtr")?;
        self.creditor.account.write(&mut xml, "CdtrAcct")?;
        if !self.purpose.is_empty() {
            xml.open(&["Purp"])?;
            xml.text("Cd", &self.purpose)?;
            xml.close(&["Purp"])?;
        }
        for reporting in &self.reporting {
            reporting.write(&mut xml)?;
        }
        if !self.remittance.is_empty() {
            xml.open(&["RmtInf"])?;
            xml.text("Ustrd", &self.remittance)?;
            xml.close(&["RmtInf"])?;
        }
        xml.close(&["CdtTrfTxInf", "FIToFICstmrCdtTrf"])?;
        envelope::end(xml)
    }
}

/// Charges that banks deducted.
pub(super) fn charges(xml: &mut Elements, charges: &[(Money, Bic)]) -> io::Result<()> {
    for (amount, agent) in charges {
        xml.open(&["ChrgsInf"])?;
        xml.money("Amt", *amount)?;
        xml.bic("Agt", agent)?;
        xml.close(&["ChrgsInf"])?;
    }
    Ok(())
}

impl Agent {
    fn write(&self, xml: &mut Elements, name: &'static str) -> io::Result<()> {
        match self {
            Self::Bic(bic) => xml.bic(name, bic),
            Self::Named { name: bank, address, clearing } => {
                xml.open(&[name, "FinInstnId"])?;
                if let Some((system, number)) = clearing {
                    xml.open(&["ClrSysMmbId", "ClrSysId"])?;
                    xml.text("Cd", system)?;
                    xml.close(&["ClrSysId"])?;
                    xml.text("MmbId", number)?;
                    xml.close(&["ClrSysMmbId"])?;
                }
                xml.text("Nm", bank)?;
                address.write(xml)?;
                xml.close(&["FinInstnId", name])
            }
        }
    }
}

impl Account {
    fn write(&self, xml: &mut Elements, name: &'static str) -> io::Result<()> {
        xml.open(&[name, "Id"])?;
        match self {
            Self::Iban(iban) => xml.text("IBAN", iban.as_str())?,
            Self::Other(number) => {
                xml.open(&["Othr"])?;
                xml.text("Id", number)?;
                xml.close(&["Othr"])?;
            }
        }
        xml.close(&["Id", name])
    }
}

impl Party {
    fn write(&self, xml: &mut Elements, name: &'static str) -> io::Result<()> {
        xml.open(&[name])?;
        xml.text("Nm", &self.name)?;
        self.address.write(xml)?;
        if !self.tax_number.is_empty() {
            xml.open(&["Id", "OrgId", "Othr"])?;
            xml.text("Id", &self.tax_number)?;
            xml.open(&["SchmeNm"])?;
            xml.text("Cd", "TXID")?;
            xml.close(&["SchmeNm", "Othr", "OrgId", "Id"])?;
        }
        xml.close(&[name])
    }
}

impl Reporting {
    fn write(&self, xml: &mut Elements) -> io::Result<()> {
        xml.open(&["RgltryRptg", "Dtls"])?;
        xml.text("Ctry", self.country.as_str())?;
        xml.text("Cd", &self.code)?;
        self.information.iter().try_for_each(|line| xml.text("Inf", line))?;
        xml.close(&["Dtls", "RgltryRptg"])
    }
}
