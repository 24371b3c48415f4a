//! The messages to and from the interbank network: a dialect of our own of pacs.008, pacs.003, pacs.002, pacs.004,
//! camt.056 and camt.029 (docs/protocol/interbank.md), compatible with no message of the real Zengin system.
//!
//! Encoding is deterministic, because a repeat is the same bytes. Decoding is strict, and nothing is guessed.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::xml::{self, Element, Limits, Sequence, XmlError};
use domain::{AccountKind, AccountRef, BankCode, Date, Timestamp, Yen};

/// The namespace of every element.
pub const NAMESPACE: &str = "urn:mpn:interbank:v1";
/// Messages that one collection carries at most.
pub const WAITING_MAX: usize = 50;
/// Lines that one page of a day carries at most.
pub const LINES_MAX: usize = 500;

/// One message of either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number, for ever: 1 to 35 letters, digits and hyphens.
    pub id: String,
    /// The bank that sends it, or for whom the network does.
    pub from: BankCode,
    /// The bank that it is for.
    pub to: BankCode,
    /// When it was made, in business time.
    pub at: Timestamp,
    /// What it says.
    pub body: Body,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// pacs.008: a transfer. Its number is the message's.
    Transfer(CreditTransfer),
    /// pacs.003: an account at another bank is to be debited. Its number is the message's.
    Debit(DirectDebit),
    /// pacs.002: what became of a message.
    Status(StatusReport),
    /// pacs.004: the money of a transfer comes back.
    Return(PaymentReturn),
    /// camt.056: a transfer is to come back.
    Recall(RecallRequest),
    /// camt.029: what became of that.
    RecallAnswer(RecallAnswer),
    /// acmt.023: who holds this account?
    Verification(AccountRef),
    /// acmt.024: that.
    VerificationAnswer(VerificationAnswer),
    /// What waits for this bank, after this place?
    Collect(String),
    /// Some of it.
    Waiting(Waiting),
    /// The transfers of a day, after this number.
    Lines(Date, String),
    /// Those, in the order of their numbers; and whether the day is over there and more lines follow.
    LinesAnswer(LinesAnswer),
}

/// One side of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The name in kana, as it is sent.
    pub name: String,
    /// The account.
    pub account: AccountRef,
}

/// pacs.008.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditTransfer {
    /// How much.
    pub amount: Yen,
    /// The day of the settlement between the banks.
    pub day: Date,
    /// Who pays.
    pub debtor: Party,
    /// Who is paid.
    pub creditor: Party,
    /// The number of the pacs.003 whose money it is, where it is one's.
    pub original: Option<String>,
}

/// pacs.003.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectDebit {
    /// How much.
    pub amount: Yen,
    /// The day of the debit.
    pub day: Date,
    /// Who collects.
    pub creditor: Party,
    /// Who is debited.
    pub debtor: Party,
    /// 顧客番号, by which the debtor's bank finds the mandate: up to 20 characters, or none.
    pub customer: String,
}

macro_rules! codes {
    ($(#[$outer:meta])* $name:ident: $($(#[$doc:meta])* $variant:ident = $code:literal,)*) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// The code of the messages.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }
        }

        impl FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($code => Ok(Self::$variant),)* _ => Err(()) }
            }
        }
    };
}

codes! {
    /// What became of a message.
    Status:
    /// It is read and kept.
    Received = "ACTC",
    /// The transfer waits for the network's opening.
    Pending = "PDNG",
    /// The transfer is on its way, and settles with the day.
    Accepted = "ACSP",
    /// The transfer is settled.
    Settled = "ACSC",
    /// It is refused for good.
    Rejected = "RJCT",
}

codes! {
    /// What became of a recall.
    RecallStatus:
    /// 組戻し済: the money comes back by a return.
    Returned = "CNCL",
    /// The payee, or the payee's bank, refuses.
    Refused = "RJCR",
    /// The payee is being asked.
    Asked = "PDCR",
}

/// pacs.002.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReport {
    /// The number of the message that it is about.
    pub original: String,
    /// What became of it.
    pub status: Status,
    /// Why, where it was refused: an ISO code such as AC01.
    pub code: Option<String>,
    /// The day under which the bank settles the money that it took in.
    pub day: Option<Date>,
}

/// What waits for a bank, in the order in which it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Whether more follows.
    pub more: bool,
    /// Some of it.
    pub messages: Vec<Waits>,
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Its place at the network, under which it is acknowledged, whatever the message says.
    pub number: String,
    /// The message.
    pub bytes: Vec<u8>,
}

/// pacs.004.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentReturn {
    /// The number of the transfer.
    pub original: String,
    /// How much comes back: all of it.
    pub amount: Yen,
    /// Why: AC01 no such account, AC04 closed, BE01 other name, FOCR recalled.
    pub code: String,
}

/// camt.056.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecallRequest {
    /// The number of the transfer.
    pub original: String,
    /// How much was sent.
    pub amount: Yen,
    /// Why: CUST, the customer asks.
    pub code: String,
}

/// camt.029.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecallAnswer {
    /// The number of the camt.056.
    pub case: String,
    /// What became of it.
    pub status: RecallStatus,
    /// Why, where it is refused.
    pub code: Option<String>,
}

/// acmt.024.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationAnswer {
    /// The number of the acmt.023.
    pub original: String,
    /// The holder's name in kana; or why there is none: AC01 no such account, AC04 closed, NSUP names are not supplied.
    pub found: Result<String, String>,
}

/// The transfers of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinesAnswer {
    /// Whether the network's day is over: nothing is added any more.
    pub closed: bool,
    /// Whether more lines follow.
    pub more: bool,
    /// One transfer that this bank sent each, or one message that brought it money.
    pub lines: Vec<Line>,
}

/// One transfer in the network's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Whether it brought money: what this bank has acknowledged under the day.
    pub incoming: bool,
    /// Its number; of what came in its place among what waited.
    pub id: String,
    /// How much.
    pub amount: Yen,
    /// What became of it.
    pub status: Status,
}

/// Why bytes are no message of the network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no message of the network: {0}")]
pub struct DecodeError(#[from] XmlError);

/// A message as its bytes.
pub fn encode(message: &Message) -> Vec<u8> {
    let mut out = Out(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"{NAMESPACE}\">"));
    out.within("GrpHdr", |out| {
        out.text("MsgId", &message.id);
        out.text("CreDtTm", &message.at.rfc3339());
        out.text("InstgAgt", message.from.as_str());
        out.text("InstdAgt", message.to.as_str());
    });
    match &message.body {
        Body::Transfer(transfer) => out.within("FIToFICstmrCdtTrf", |out| {
            out.amount("IntrBkSttlmAmt", transfer.amount);
            out.text("IntrBkSttlmDt", &transfer.day.to_string());
            out.party("Dbtr", &transfer.debtor);
            out.party("Cdtr", &transfer.creditor);
            out.maybe("OrgnlMsgId", transfer.original.as_deref());
        }),
        Body::Debit(debit) => out.within("FIToFICstmrDrctDbt", |out| {
            out.amount("IntrBkSttlmAmt", debit.amount);
            out.text("IntrBkSttlmDt", &debit.day.to_string());
            out.party("Cdtr", &debit.creditor);
            out.party("Dbtr", &debit.debtor);
            out.text("MndtId", &debit.customer);
        }),
        Body::Status(report) => out.within("FIToFIPmtStsRpt", |out| {
            out.text("OrgnlMsgId", &report.original);
            out.text("TxSts", report.status.as_str());
            out.maybe("Rsn", report.code.as_deref());
            out.maybe("SttlmDt", report.day.map(|day| day.to_string()).as_deref());
        }),
        Body::Return(back) => out.within("PmtRtr", |out| {
            out.text("OrgnlMsgId", &back.original);
            out.amount("RtrdIntrBkSttlmAmt", back.amount);
            out.text("Rsn", &back.code);
        }),
        Body::Recall(recall) => out.within("FIToFIPmtCxlReq", |out| {
            out.text("OrgnlMsgId", &recall.original);
            out.amount("OrgnlIntrBkSttlmAmt", recall.amount);
            out.text("Rsn", &recall.code);
        }),
        Body::RecallAnswer(answer) => out.within("RsltnOfInvstgtn", |out| {
            out.text("CxlReqId", &answer.case);
            out.text("Conf", answer.status.as_str());
            out.maybe("Rsn", answer.code.as_deref());
        }),
        Body::Verification(account) => out.within("IdVrfctnReq", |out| out.account(account)),
        Body::VerificationAnswer(answer) => out.within("IdVrfctnRpt", |out| {
            out.text("OrgnlMsgId", &answer.original);
            match &answer.found {
                Ok(name) => out.text("Nm", name),
                Err(code) => out.text("Rsn", code),
            }
        }),
        Body::Collect(after) => out.within("Collect", |out| out.text("After", after)),
        Body::Waiting(waiting) => out.within("Waiting", |out| {
            out.text("More", if waiting.more { "true" } else { "false" });
            for one in &waiting.messages {
                out.within("Msg", |out| {
                    out.text("Nb", &one.number);
                    out.text("Doc", &STANDARD.encode(&one.bytes));
                });
            }
        }),
        Body::Lines(day, after) => out.within("Lines", |out| {
            out.text("Dt", &day.to_string());
            out.text("After", after);
        }),
        Body::LinesAnswer(answer) => out.within("LinesAnswer", |out| {
            out.text("Clsd", if answer.closed { "true" } else { "false" });
            out.text("More", if answer.more { "true" } else { "false" });
            for (name, incoming) in [("Tx", false), ("In", true)] {
                for line in answer.lines.iter().filter(|line| line.incoming == incoming) {
                    out.within(name, |out| {
                        out.text("MsgId", &line.id);
                        out.amount("Amt", line.amount);
                        out.text("TxSts", line.status.as_str());
                    });
                }
            }
        }),
    }
    out.0.push_str("</Document>");
    out.0.into_bytes()
}

struct Out(String);

impl Out {
    fn within(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.0.push_str(&format!("<{name}>"));
        write(self);
        self.0.push_str(&format!("</{name}>"));
    }

    fn text(&mut self, name: &str, text: &str) {
        self.0.push_str(&format!("<{name}>{}</{name}>", quick_xml::escape::escape(text)));
    }

    fn maybe(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    fn amount(&mut self, name: &str, amount: Yen) {
        self.text(name, &amount.get().to_string());
    }

    fn party(&mut self, name: &str, party: &Party) {
        self.within(name, |out| {
            out.text("Nm", &party.name);
            out.account(&party.account);
        });
    }

    fn account(&mut self, account: &AccountRef) {
        self.text("Bk", account.bank.as_str());
        self.text("Br", account.branch.as_str());
        self.text("Tp", account.kind.digit().encode_utf8(&mut [0; 4]));
        self.text("No", account.number.as_str());
    }
}

/// Bytes as a message.
pub fn decode(bytes: &[u8]) -> Result<Message, DecodeError> {
    let root = xml::read(bytes, Limits::MESSAGE)?;
    root.require("Document", NAMESPACE)?;
    root.no_attributes()?;
    let mut fields = root.sequence();
    let header = fields.one("GrpHdr")?;
    let body = fields.any()?;
    fields.end()?;
    let mut fields = header.sequence();
    let id = number(fields.one("MsgId")?)?;
    let at = fields.one("CreDtTm")?;
    let at = value(at, "a date and time", Timestamp::parse_rfc3339)?;
    let (from, to) = (parsed(fields.one("InstgAgt")?)?, parsed(fields.one("InstdAgt")?)?);
    fields.end()?;
    Ok(Message { id, from, to, at, body: read(body)? })
}

fn read(body: &Element) -> Result<Body, DecodeError> {
    let mut fields = body.sequence();
    let read = match body.name() {
        "FIToFICstmrCdtTrf" => Body::Transfer(CreditTransfer {
            amount: amount(fields.one("IntrBkSttlmAmt")?)?,
            day: parsed(fields.one("IntrBkSttlmDt")?)?,
            debtor: party(fields.one("Dbtr")?)?,
            creditor: party(fields.one("Cdtr")?)?,
            original: fields.maybe("OrgnlMsgId").map(number).transpose()?,
        }),
        "FIToFICstmrDrctDbt" => Body::Debit(DirectDebit {
            amount: amount(fields.one("IntrBkSttlmAmt")?)?,
            day: parsed(fields.one("IntrBkSttlmDt")?)?,
            creditor: party(fields.one("Cdtr")?)?,
            debtor: party(fields.one("Dbtr")?)?,
            customer: value(fields.one("MndtId")?, "at most 20 characters", |text| {
                (text.chars().count() <= 20).then(|| text.to_owned())
            })?,
        }),
        "FIToFIPmtStsRpt" => Body::Status(StatusReport {
            original: number(fields.one("OrgnlMsgId")?)?,
            status: status(fields.one("TxSts")?)?,
            code: fields.maybe("Rsn").map(code).transpose()?,
            day: fields.maybe("SttlmDt").map(parsed).transpose()?,
        }),
        "PmtRtr" => Body::Return(PaymentReturn {
            original: number(fields.one("OrgnlMsgId")?)?,
            amount: amount(fields.one("RtrdIntrBkSttlmAmt")?)?,
            code: code(fields.one("Rsn")?)?,
        }),
        "FIToFIPmtCxlReq" => Body::Recall(RecallRequest {
            original: number(fields.one("OrgnlMsgId")?)?,
            amount: amount(fields.one("OrgnlIntrBkSttlmAmt")?)?,
            code: code(fields.one("Rsn")?)?,
        }),
        "RsltnOfInvstgtn" => Body::RecallAnswer(RecallAnswer {
            case: number(fields.one("CxlReqId")?)?,
            status: value(fields.one("Conf")?, "CNCL, RJCR or PDCR", |text| text.parse().ok())?,
            code: fields.maybe("Rsn").map(code).transpose()?,
        }),
        "IdVrfctnReq" => Body::Verification(account(&mut fields)?),
        "IdVrfctnRpt" => Body::VerificationAnswer(VerificationAnswer {
            original: number(fields.one("OrgnlMsgId")?)?,
            found: match fields.maybe("Nm") {
                Some(element) => Ok(name(element)?),
                None => Err(code(fields.one("Rsn")?)?),
            },
        }),
        "Collect" => Body::Collect(after(fields.one("After")?)?),
        "Waiting" => Body::Waiting(Waiting {
            more: flag(fields.one("More")?)?,
            messages: fields.many("Msg", WAITING_MAX)?.into_iter().map(waits).collect::<Result<_, _>>()?,
        }),
        "Lines" => Body::Lines(parsed(fields.one("Dt")?)?, after(fields.one("After")?)?),
        "LinesAnswer" => {
            let (closed, more) = (flag(fields.one("Clsd")?)?, flag(fields.one("More")?)?);
            let mut lines = Vec::new();
            for (name, incoming) in [("Tx", false), ("In", true)] {
                for element in fields.many(name, LINES_MAX)? {
                    lines.push(line(element, incoming)?);
                }
            }
            Body::LinesAnswer(LinesAnswer { closed, more, lines })
        }
        other => return Err(body.wrong(&format!("{other} is no message")).into()),
    };
    fields.end()?;
    Ok(read)
}

fn waits(element: &Element) -> Result<Waits, DecodeError> {
    let mut fields = element.sequence();
    let number = number(fields.one("Nb")?)?;
    let bytes = value(fields.one("Doc")?, "Base64", |text| STANDARD.decode(text).ok())?;
    fields.end()?;
    Ok(Waits { number, bytes })
}

/// The last of the page before, or nothing.
fn after(element: &Element) -> Result<String, DecodeError> {
    value(element, "a number or nothing", |text| {
        (text.is_empty() || is_number(text)).then(|| text.to_owned())
    })
}

fn line(element: &Element, incoming: bool) -> Result<Line, DecodeError> {
    let mut fields = element.sequence();
    let line = Line {
        incoming,
        id: number(fields.one("MsgId")?)?,
        amount: amount(fields.one("Amt")?)?,
        status: status(fields.one("TxSts")?)?,
    };
    fields.end()?;
    Ok(line)
}

fn party(element: &Element) -> Result<Party, DecodeError> {
    let mut fields = element.sequence();
    let name = name(fields.one("Nm")?)?;
    let account = account(&mut fields)?;
    fields.end()?;
    Ok(Party { name, account })
}

fn name(element: &Element) -> Result<String, DecodeError> {
    value(element, "1 to 48 characters", |text| {
        (1..=48).contains(&text.chars().count()).then(|| text.to_owned())
    })
}

fn account(fields: &mut Sequence<'_>) -> Result<AccountRef, DecodeError> {
    let (bank, branch) = (parsed(fields.one("Bk")?)?, parsed(fields.one("Br")?)?);
    let kind = value(fields.one("Tp")?, "1, 2 or 4", |text| {
        let mut chars = text.chars();
        chars.next().filter(|_| chars.next().is_none()).and_then(AccountKind::from_digit)
    })?;
    Ok(AccountRef { bank, branch, kind, number: parsed(fields.one("No")?)? })
}

fn value<T>(
    element: &Element,
    expected: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, DecodeError> {
    element.no_attributes()?;
    Ok(read(element.text()?).ok_or_else(|| element.wrong(&format!("not {expected}")))?)
}

fn parsed<T: FromStr>(element: &Element) -> Result<T, DecodeError> {
    value(element, "a value of its type", |text| text.parse().ok())
}

fn status(element: &Element) -> Result<Status, DecodeError> {
    value(element, "a status", |text| text.parse().ok())
}

fn flag(element: &Element) -> Result<bool, DecodeError> {
    value(element, "true or false", |text| text.parse().ok())
}

fn amount(element: &Element) -> Result<Yen, DecodeError> {
    value(element, "an amount of yen", |text| {
        let canonical =
            text.len() <= 12 && !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
        canonical.then(|| text.parse().ok().map(Yen::new)).flatten()
    })
}

fn is_number(text: &str) -> bool {
    (1..=35).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn number(element: &Element) -> Result<String, DecodeError> {
    value(element, "a message's number", |text| is_number(text).then(|| text.to_owned()))
}

fn code(element: &Element) -> Result<String, DecodeError> {
    value(element, "a code of four letters and digits", |text| {
        (text.len() == 4 && text.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| text.to_owned())
    })
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
