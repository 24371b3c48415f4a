//! The network's messages, read and written with code of the mocks' own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Date, Timestamp};

use crate::xml::{self, Element, XmlError};

/// The namespace of every element.
const NAMESPACE: &str = "urn:mpn:interbank:v1";

/// The network itself, as a sender.
const NETWORK: &str = "0000";

/// A message of the bank.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its number.
    pub id: String,
    /// The bank.
    pub from: String,
    /// What it says.
    pub body: Element,
}

/// Why a message cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Its form.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// An element is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
}

impl Received {
    /// Reads a message.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let root = xml::read_in(bytes, NAMESPACE)?;
        let [header, body] = root.children.as_slice() else { return Err(ReadError::Missing("the body")) };
        let of = |name: &'static str| text(header, name).ok_or(ReadError::Missing(name));
        Ok(Self { id: of("MsgId")?, from: of("InstgAgt")?, body: body.clone() })
    }

    /// The kind that faults name.
    pub fn kind(&self) -> &'static str {
        match self.body.name.as_str() {
            "FIToFICstmrCdtTrf" => "transfer",
            "FIToFICstmrDrctDbt" => "debit",
            "FIToFIPmtCxlReq" => "recall",
            "PmtRtr" => "return",
            "RsltnOfInvstgtn" => "resolution",
            "FIToFIPmtStsRpt" => "status",
            "Collect" => "collect",
            "Lines" => "lines",
            "IdVrfctnReq" => "verify",
            _ => "unknown",
        }
    }

    /// The text of an element of the body, found by its way down.
    pub fn text(&self, path: &[&str]) -> Option<String> {
        let (last, way) = path.split_last()?;
        let mut at = &self.body;
        for name in way {
            at = at.children.iter().find(|child| child.name == *name)?;
        }
        text(at, last)
    }
}

fn text(element: &Element, name: &str) -> Option<String> {
    element.children.iter().find(|child| child.name == name).map(|child| child.text.clone())
}

/// One transfer of a day.
#[derive(Clone, Debug)]
pub struct Line {
    /// `Tx` of the bank's own, `In` of what the bank was handed.
    pub element: &'static str,
    /// Its number.
    pub id: String,
    /// How much.
    pub amount: i64,
    /// What became of it.
    pub status: String,
}

/// What the network answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// pacs.002.
    Status {
        /// The message that it is about.
        original: String,
        /// What became of it.
        status: String,
        /// Why it was refused.
        code: Option<String>,
        /// The day under which its money is settled, of what names none itself.
        day: Option<String>,
    },
    /// acmt.024: the holder of an account, or why none is named.
    Holder {
        /// The question.
        original: String,
        /// The name, or the code.
        found: Result<String, String>,
    },
    /// What waits.
    Waiting {
        /// Whether more follows.
        more: bool,
        /// Some of it: place and message.
        messages: Vec<(String, Vec<u8>)>,
    },
    /// The transfers of a day.
    Lines {
        /// Whether the day is over.
        closed: bool,
        /// Whether more follow.
        more: bool,
        /// Some of them.
        lines: Vec<Line>,
    },
}

impl Answer {
    /// The message to the bank.
    pub fn write(&self, to: &str, now: Timestamp) -> Vec<u8> {
        let body = match self {
            Self::Status { original, status, code, day } => {
                let code = code.as_ref().map_or(String::new(), |code| element("Rsn", code));
                let day = day.as_ref().map_or(String::new(), |day| element("SttlmDt", day));
                let inner = element("OrgnlMsgId", original) + &element("TxSts", status) + &code + &day;
                wrapped("FIToFIPmtStsRpt", &inner)
            }
            Self::Holder { original, found } => {
                let said = match found {
                    Ok(name) => element("Nm", name),
                    Err(code) => element("Rsn", code),
                };
                wrapped("IdVrfctnRpt", &(element("OrgnlMsgId", original) + &said))
            }
            Self::Waiting { more, messages } => {
                let message = |(number, bytes): &(String, Vec<u8>)| {
                    wrapped("Msg", &(element("Nb", number) + &element("Doc", &STANDARD.encode(bytes))))
                };
                let messages: String = messages.iter().map(message).collect();
                wrapped("Waiting", &(element("More", &more.to_string()) + &messages))
            }
            Self::Lines { closed, more, lines } => {
                let line = |line: &Line| {
                    let amount = element("Amt", &line.amount.to_string());
                    let inner = element("MsgId", &line.id) + &amount + &element("TxSts", &line.status);
                    wrapped(line.element, &inner)
                };
                // those of the bank's own come first
                let (own, handed): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.element == "Tx");
                let lines: String = own.into_iter().chain(handed).map(line).collect();
                let head = element("Clsd", &closed.to_string()) + &element("More", &more.to_string());
                wrapped("LinesAnswer", &(head + &lines))
            }
        };
        document(&fresh_id(), NETWORK, to, now, &body)
    }
}

/// A number that was never used.
pub fn fresh_id() -> String {
    domain::random::opaque_id()
}

/// A transfer that comes from another bank.
pub struct Incoming<'a> {
    /// How much.
    pub amount: i64,
    /// The bank that sends it.
    pub from_bank: &'a str,
    /// Who pays.
    pub payer: &'a str,
    /// 店番, 預金種目 and 口座番号 of the payee.
    pub to: [&'a str; 3],
    /// Its day.
    pub day: Date,
    /// The bank's pacs.003 whose money it is.
    pub debit: Option<&'a str>,
}

/// pacs.008 to the bank.
pub fn incoming(id: &str, bank: &str, of: &Incoming<'_>, now: Timestamp) -> Vec<u8> {
    let party = |name: &str, who: &str, account: [&str; 4]| {
        let [bank, branch, kind, number] = account;
        let account =
            element("Bk", bank) + &element("Br", branch) + &element("Tp", kind) + &element("No", number);
        wrapped(name, &(element("Nm", who) + &account))
    };
    let [branch, kind, number] = of.to;
    let inner = element("IntrBkSttlmAmt", &of.amount.to_string())
        + &element("IntrBkSttlmDt", &of.day.to_string())
        + &party("Dbtr", of.payer, [of.from_bank, "001", "1", "1000001"])
        + &party("Cdtr", "ｳｹﾄﾘﾆﾝ", [bank, branch, kind, number])
        + &of.debit.map_or(String::new(), |debit| element("OrgnlMsgId", debit));
    document(id, of.from_bank, bank, now, &wrapped("FIToFICstmrCdtTrf", &inner))
}

/// pacs.004 to the bank.
pub fn returned(id: &str, bank: &str, original: &str, amount: i64, code: &str, now: Timestamp) -> Vec<u8> {
    let amount = element("RtrdIntrBkSttlmAmt", &amount.to_string());
    let inner = element("OrgnlMsgId", original) + &amount + &element("Rsn", code);
    document(id, NETWORK, bank, now, &wrapped("PmtRtr", &inner))
}

/// pacs.002 to the bank: a debit was not made.
pub fn not_debited(id: &str, from: &str, bank: &str, original: &str, code: &str, now: Timestamp) -> Vec<u8> {
    let inner = element("OrgnlMsgId", original) + &element("TxSts", "RJCT") + &element("Rsn", code);
    document(id, from, bank, now, &wrapped("FIToFIPmtStsRpt", &inner))
}

/// camt.056 to the bank.
pub fn recall(id: &str, from: &str, bank: &str, (original, amount): (&str, i64), now: Timestamp) -> Vec<u8> {
    let amount = element("OrgnlIntrBkSttlmAmt", &amount.to_string());
    let inner = element("OrgnlMsgId", original) + &amount + &element("Rsn", "CUST");
    document(id, from, bank, now, &wrapped("FIToFIPmtCxlReq", &inner))
}

/// camt.029 to the bank.
pub fn recall_answer(
    id: &str,
    bank: &str,
    case: &str,
    status: &str,
    code: Option<&str>,
    now: Timestamp,
) -> Vec<u8> {
    let code = code.map_or(String::new(), |code| element("Rsn", code));
    let inner = element("CxlReqId", case) + &element("Conf", status) + &code;
    document(id, NETWORK, bank, now, &wrapped("RsltnOfInvstgtn", &inner))
}

fn document(id: &str, from: &str, to: &str, now: Timestamp, body: &str) -> Vec<u8> {
    let header = element("MsgId", id)
        + &element("CreDtTm", &now.rfc3339())
        + &element("InstgAgt", from)
        + &element("InstdAgt", to);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"{NAMESPACE}\">{}{body}</Document>",
        wrapped("GrpHdr", &header)
    )
    .into_bytes()
}

fn element(name: &str, text: &str) -> String {
    wrapped(name, &quick_xml::escape::escape(text))
}

fn wrapped(name: &str, inner: &str) -> String {
    format!("<{name}>{inner}</{name}>")
}
