//! pacs.004.001.09: a remittance that comes back.

use std::io;

use domain::remittance::ChargeBearer;
use domain::{Bic, Date, Money, Uetr};

use super::envelope::{self, Header, ID_CHARS_MAX};
use super::pacs002::{Reason, money, optional_text, read_charges, told};
use super::pacs008::{self, charges};
use super::reading::{Read, below, parsed, plain, refused};
use crate::finding::Findings;

/// The message.
pub const MESSAGE: &str = "pacs.004.001.09";

/// A return of one remittance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// Names the message, and who sends it to whom.
    pub header: Header,
    /// Names the return, 35 characters.
    pub id: String,
    /// The message that brought the remittance.
    pub original: String,
    /// The names of the remittance: the sender's.
    pub instruction: String,
    /// The payer's.
    pub end_to_end: String,
    /// From end to end.
    pub uetr: Uetr,
    /// What was settled then.
    pub settled: Money,
    /// What comes back.
    pub returned: Money,
    /// On which day.
    pub day: Date,
    /// Charges that banks deducted on the way back.
    pub charges: Vec<(Money, Bic)>,
    /// The bank that returns it, and the one whose customer had sent it.
    pub agents: (Bic, Bic),
    /// Why.
    pub reason: Reason,
}

/// Writes a return.
pub fn write(one: &Return) -> io::Result<Vec<u8>> {
    let mut xml = envelope::begin(MESSAGE, &one.header)?;
    xml.open(&["PmtRtr", "GrpHdr"])?;
    xml.text("MsgId", &one.header.id)?;
    xml.text("CreDtTm", &one.header.created.rfc3339())?;
    xml.text("NbOfTxs", "1")?;
    xml.open(&["SttlmInf"])?;
    xml.text("SttlmMtd", "INGA")?;
    xml.close(&["SttlmInf", "GrpHdr"])?;
    xml.open(&["TxInf"])?;
    xml.text("RtrId", &one.id)?;
    xml.open(&["OrgnlGrpInf"])?;
    xml.text("OrgnlMsgId", &one.original)?;
    xml.text("OrgnlMsgNmId", pacs008::MESSAGE)?;
    xml.close(&["OrgnlGrpInf"])?;
    xml.text("OrgnlInstrId", &one.instruction)?;
    xml.text("OrgnlEndToEndId", &one.end_to_end)?;
    xml.text("OrgnlUETR", &one.uetr.to_string())?;
    xml.money("OrgnlIntrBkSttlmAmt", one.settled)?;
    xml.money("RtrdIntrBkSttlmAmt", one.returned)?;
    xml.text("IntrBkSttlmDt", &one.day.to_string())?;
    xml.text("ChrgBr", ChargeBearer::Shared.as_str())?;
    charges(&mut xml, &one.charges)?;
    xml.bic("InstgAgt", &one.header.from)?;
    xml.bic("InstdAgt", &one.header.to)?;
    xml.open(&["RtrChain"])?;
    for (side, bic) in [("Dbtr", &one.agents.0), ("Cdtr", &one.agents.1)] {
        xml.open(&[side])?;
        xml.bic("Agt", bic)?;
        xml.close(&[side])?;
    }
    xml.close(&["RtrChain"])?;
    xml.open(&["RtrRsnInf"])?;
    one.reason.write(&mut xml)?;
    xml.close(&["RtrRsnInf", "TxInf", "PmtRtr"])?;
    envelope::end(xml)
}

/// Reads a return of one remittance. Elements that it does not know are passed over.
pub fn read(bytes: &[u8]) -> Result<Return, Findings> {
    returned(bytes).map_err(|finding| told(*finding))
}

fn returned(bytes: &[u8]) -> Read<Return> {
    let opened = envelope::open(bytes, MESSAGE)?;
    let one = below(opened.body("PmtRtr")?, &["TxInf"])?;
    let agent = |side| parsed(below(one, &["RtrChain", side, "Agt", "FinInstnId", "BICFI"])?, "BIC");
    let reason = one.optional("RtrRsnInf").map_err(refused)?.map(Reason::read).transpose()?;
    Ok(Return {
        header: opened.header.clone(),
        id: optional_text(one, "RtrId")?,
        original: plain(below(one, &["OrgnlGrpInf", "OrgnlMsgId"])?, ID_CHARS_MAX)?,
        instruction: optional_text(one, "OrgnlInstrId")?,
        end_to_end: optional_text(one, "OrgnlEndToEndId")?,
        uetr: parsed(below(one, &["OrgnlUETR"])?, "UETR")?,
        settled: money(below(one, &["OrgnlIntrBkSttlmAmt"])?)?,
        returned: money(below(one, &["RtrdIntrBkSttlmAmt"])?)?,
        day: parsed(below(one, &["IntrBkSttlmDt"])?, "日付")?,
        charges: read_charges(one)?,
        agents: (agent("Dbtr")?, agent("Cdtr")?),
        reason: reason.unwrap_or_default(),
    })
}
