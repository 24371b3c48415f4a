//! pacs.002.001.10: what a bank says of a remittance that it was sent, in the manner of SWIFT's tracker (gpi):
//! accepted, under way, credited, or refused.

use std::io;

use domain::xml::Element;
use domain::{Bic, Date, Money, Uetr, words};

use super::envelope::{self, Header, ID_CHARS_MAX};
use super::pacs008::{self, charges};
use super::reading::{Read, below, element, maybe_below, parsed, plain, refused, text};
use crate::finding::{Fault, Finding, Findings};

/// The message.
pub const MESSAGE: &str = "pacs.002.001.10";
/// Characters of the words of a reason.
const REASON_CHARS_MAX: usize = 105;
/// Lines of them that are read.
const REASON_LINES_MAX: usize = 10;
/// Charges that are read at most.
const CHARGES_MAX: usize = 10;

words! {
    /// What became of a remittance.
    Status {
        /// It was taken, and keeps the rules.
        Accepted = "ACTC", "受け付けられました";
        /// It is being carried out, at this bank or at the next; a reason says more.
        InProgress = "ACSP", "処理されています";
        /// The payee has it.
        Credited = "ACCC", "受取人の口座に入金されました";
        /// It was refused, and no money stays there.
        Rejected = "RJCT", "受け付けられませんでした";
    }
}

/// Why, as the bank says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// A code of the external list (`AC01`, `G002`); empty where none was given.
    pub code: String,
    /// Words.
    pub words: String,
}

/// What a bank says of one remittance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Names the report, and who sends it to whom.
    pub header: Header,
    /// The message that brought the remittance.
    pub original: String,
    /// The names of the remittance: the sender's, the payer's, and from end to end.
    pub instruction: String,
    /// The payer's.
    pub end_to_end: String,
    /// From end to end.
    pub uetr: Uetr,
    /// What became of it.
    pub status: Status,
    /// Why.
    pub reason: Option<Reason>,
    /// Charges that banks deducted on the way.
    pub charges: Vec<(Money, Bic)>,
    /// The day on which the payee's account was credited.
    pub credited: Option<Date>,
}

/// Writes a report.
pub fn write(report: &Report) -> io::Result<Vec<u8>> {
    let mut xml = envelope::begin(MESSAGE, &report.header)?;
    xml.open(&["FIToFIPmtStsRpt", "GrpHdr"])?;
    xml.text("MsgId", &report.header.id)?;
    xml.text("CreDtTm", &report.header.created.rfc3339())?;
    xml.close(&["GrpHdr"])?;
    xml.open(&["TxInfAndSts", "OrgnlGrpInf"])?;
    xml.text("OrgnlMsgId", &report.original)?;
    xml.text("OrgnlMsgNmId", pacs008::MESSAGE)?;
    xml.close(&["OrgnlGrpInf"])?;
    xml.text("OrgnlInstrId", &report.instruction)?;
    xml.text("OrgnlEndToEndId", &report.end_to_end)?;
    xml.text("OrgnlUETR", &report.uetr.to_string())?;
    xml.text("TxSts", report.status.as_str())?;
    if let Some(reason) = &report.reason {
        xml.open(&["StsRsnInf"])?;
        reason.write(&mut xml)?;
        xml.close(&["StsRsnInf"])?;
    }
    charges(&mut xml, &report.charges)?;
    if let Some(credited) = report.credited {
        xml.open(&["FctvIntrBkSttlmDt"])?;
        xml.text("Dt", &credited.to_string())?;
        xml.close(&["FctvIntrBkSttlmDt"])?;
    }
    xml.bic("InstgAgt", &report.header.from)?;
    xml.bic("InstdAgt", &report.header.to)?;
    xml.close(&["TxInfAndSts", "FIToFIPmtStsRpt"])?;
    envelope::end(xml)
}

impl Reason {
    pub(super) fn write(&self, xml: &mut super::elements::Elements) -> io::Result<()> {
        if !self.code.is_empty() {
            xml.open(&["Rsn"])?;
            xml.text("Cd", &self.code)?;
            xml.close(&["Rsn"])?;
        }
        let words: Vec<char> = self.words.chars().collect();
        let lines = words.chunks(REASON_CHARS_MAX).take(REASON_LINES_MAX);
        lines.map(|line| line.iter().collect::<String>()).try_for_each(|line| xml.text("AddtlInf", &line))
    }

    /// Of what a bank gave: a code, or one of its own, and its words in one line.
    pub(super) fn read(found: &Element) -> Read<Self> {
        let code = match maybe_below(found, &["Rsn"])?.and_then(|reason| reason.children().first()) {
            Some(code) => plain(code, ID_CHARS_MAX)?,
            None => String::new(),
        };
        let words = found.all("AddtlInf").map(|line| plain(line, REASON_CHARS_MAX));
        let words: Vec<String> = words.take(REASON_LINES_MAX).collect::<Read<_>>()?;
        Ok(Self { code, words: words.join(" ") })
    }
}

/// Reads a report about one remittance. Elements that it does not know are passed over: what another bank adds does not
/// change what became of the money.
pub fn read(bytes: &[u8]) -> Result<Report, Findings> {
    report(bytes).map_err(|finding| told(*finding))
}

/// The one finding at which the reading ended.
pub(super) fn told(finding: Finding) -> Findings {
    let mut findings = Findings::keeping(1);
    findings.add(finding);
    findings
}

fn report(bytes: &[u8]) -> Read<Report> {
    let opened = envelope::open(bytes, MESSAGE)?;
    let body = opened.body("FIToFIPmtStsRpt")?;
    let one = below(body, &["TxInfAndSts"])?;
    let reason = one.optional("StsRsnInf").map_err(refused)?.map(Reason::read).transpose()?;
    let credited = maybe_below(one, &["FctvIntrBkSttlmDt", "Dt"])?;
    Ok(Report {
        header: opened.header.clone(),
        original: plain(below(one, &["OrgnlGrpInf", "OrgnlMsgId"])?, ID_CHARS_MAX)?,
        instruction: optional_text(one, "OrgnlInstrId")?,
        end_to_end: optional_text(one, "OrgnlEndToEndId")?,
        uetr: parsed(below(one, &["OrgnlUETR"])?, "UETR")?,
        status: parsed(below(one, &["TxSts"])?, "ACTC・ACSP・ACCC・RJCT")?,
        reason,
        charges: read_charges(one)?,
        credited: credited.map(|day| parsed(day, "日付")).transpose()?,
    })
}

/// What names something, empty where there is none.
pub(super) fn optional_text(from: &Element, name: &str) -> Read<String> {
    let found = maybe_below(from, &[name])?.map(|found| plain(found, ID_CHARS_MAX));
    Ok(found.transpose()?.unwrap_or_default())
}

/// Charges that banks deducted.
pub(super) fn read_charges(from: &Element) -> Read<Vec<(Money, Bic)>> {
    let found: Vec<&Element> = from.all("ChrgsInf").collect();
    if found.len() > CHARGES_MAX {
        return Err(element(from, Fault::TooMany { most: CHARGES_MAX }));
    }
    let charge = |found: &&Element| {
        let bank = parsed(below(found, &["Agt", "FinInstnId", "BICFI"])?, "BIC")?;
        Ok((money(below(found, &["Amt"])?)?, bank))
    };
    found.iter().map(charge).collect()
}

/// An amount with its currency.
pub(super) fn money(found: &Element) -> Read<Money> {
    let written = text(found)?;
    let currency = found.attribute("Ccy").and_then(|code| code.parse().ok());
    let is_plain = written.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let money = currency.filter(|_| is_plain).and_then(|currency| Money::parse_typed(currency, written).ok());
    money.ok_or_else(|| {
        super::reading::element_with(found, Fault::Value("通貨と、その通貨の桁の金額"), written)
    })
}
