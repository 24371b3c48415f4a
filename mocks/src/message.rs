//! The messages as this side sees them: requests read strictly, answers written. Field by field as
//! docs/protocol/mpn-v1.xsd has them.

use std::str::FromStr;

use domain::{
    Bill, BillId, CentreCode, ConfirmationNumber, CustomerNumber, Date, PaymentCategory, ResendKey,
    ResponseCode, Serial, Timestamp, Yen,
};

use crate::xml::{self, Element, XmlError};

/// 電文ヘッダ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Who sends this message.
    pub sender: CentreCode,
    /// Whom it is for.
    pub receiver: CentreCode,
    /// Processing date and serial, together with the requester the resend key.
    pub processing_date: Date,
    /// 仕向処理通番.
    pub serial: Serial,
}

impl Header {
    /// The resend key of a request with this header.
    pub fn key(&self) -> ResendKey {
        ResendKey { centre: self.sender.clone(), date: self.processing_date, serial: self.serial }
    }
}

/// What names the payer's bills at a collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillKey {
    /// 収納機関コード, eight digits.
    pub collector: String,
    /// 納付番号 or お客様番号.
    pub customer_number: CustomerNumber,
    /// 確認番号.
    pub confirmation_number: ConfirmationNumber,
    /// 納付区分.
    pub payment_category: Option<PaymentCategory>,
}

/// 照会.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// Whose bills.
    pub key: BillKey,
    /// The asking bank.
    pub bank: String,
    /// What the payer typed.
    pub amount: Option<Yen>,
}

/// 消込.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clearing {
    /// Whose bill.
    pub key: BillKey,
    /// Which bill.
    pub bill_id: BillId,
    /// What was paid.
    pub amount: Yen,
    /// The fee the payer bore.
    pub fee: Yen,
    /// The paying bank.
    pub bank: String,
    /// Where it was entered.
    pub channel: String,
    /// Typed or linked.
    pub entry_kind: String,
    /// 領収日.
    pub receipt_date: Date,
    /// 消込期限.
    pub clear_by: Option<Date>,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// 照会.
    Inquiry(Inquiry),
    /// 消込, the first send.
    Clearing(Clearing),
    /// 再送確認 with the bytes of the first send.
    ResendConfirmation(Vec<u8>),
}

/// The kind of a request, known even where its body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 照会.
    Inquiry,
    /// 消込.
    Clearing,
    /// 再送確認.
    ResendConfirmation,
}

impl Kind {
    /// The element's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inquiry => "Inquiry",
            Self::Clearing => "Clearing",
            Self::ResendConfirmation => "ResendConfirmation",
        }
    }
}

/// A request whose header could be read; the body perhaps not.
#[derive(Debug)]
pub struct Received {
    /// The header.
    pub header: Header,
    /// What kind of request.
    pub kind: Kind,
    /// The body, or which field is wrong.
    pub body: Result<Request, FieldError>,
}

/// A field is missing, out of order, or not what the schema says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is missing, misplaced or not valid")]
pub struct FieldError(pub &'static str);

/// Why bytes cannot be answered with a message at all.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableError {
    /// Not a readable document.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// The header or the envelope is wrong.
    #[error(transparent)]
    Envelope(#[from] FieldError),
}

/// Reads a request.
pub fn read(bytes: &[u8]) -> Result<Received, UnreadableError> {
    let root = xml::read(bytes)?;
    if root.name != "Message" || !root.text.is_empty() {
        return Err(FieldError("Message").into());
    }
    let [header, body] = root.children.as_slice() else {
        return Err(FieldError("Message").into());
    };
    let header = read_header(header)?;
    let (kind, body) = match body.name.as_str() {
        "Inquiry" => (Kind::Inquiry, read_inquiry(body).map(Request::Inquiry)),
        "Clearing" => (Kind::Clearing, read_clearing(body).map(Request::Clearing)),
        "ResendConfirmation" => {
            (Kind::ResendConfirmation, read_original(body).map(Request::ResendConfirmation))
        }
        _ => return Err(FieldError("the body").into()),
    };
    Ok(Received { header, kind, body })
}

/// Takes the fields of an element in the order of the schema.
struct Fields<'a>(std::iter::Peekable<std::slice::Iter<'a, Element>>);

impl<'a> Fields<'a> {
    fn of(element: &'a Element, name: &'static str) -> Result<Self, FieldError> {
        if element.name == name && element.text.is_empty() {
            Ok(Self(element.children.iter().peekable()))
        } else {
            Err(FieldError(name))
        }
    }

    fn optional_text(&mut self, name: &'static str) -> Result<Option<&'a str>, FieldError> {
        match self.0.next_if(|element| element.name == name) {
            Some(element) if element.children.is_empty() => Ok(Some(&element.text)),
            Some(_) => Err(FieldError(name)),
            None => Ok(None),
        }
    }

    fn text(&mut self, name: &'static str) -> Result<&'a str, FieldError> {
        self.optional_text(name)?.ok_or(FieldError(name))
    }

    fn parsed<T: FromStr>(&mut self, name: &'static str) -> Result<T, FieldError> {
        self.text(name)?.parse().map_err(|_| FieldError(name))
    }

    fn optional<T: FromStr>(&mut self, name: &'static str) -> Result<Option<T>, FieldError> {
        self.optional_text(name)?.map(|text| text.parse().map_err(|_| FieldError(name))).transpose()
    }

    fn digits(&mut self, name: &'static str, count: usize) -> Result<String, FieldError> {
        let text = self.text(name)?;
        let fits = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        if fits { Ok(text.to_owned()) } else { Err(FieldError(name)) }
    }

    fn word(&mut self, name: &'static str, allowed: &[&str]) -> Result<String, FieldError> {
        let text = self.text(name)?;
        if allowed.contains(&text) { Ok(text.to_owned()) } else { Err(FieldError(name)) }
    }

    fn date(&mut self, name: &'static str) -> Result<Date, FieldError> {
        read_date(self.text(name)?).ok_or(FieldError(name))
    }

    fn optional_date(&mut self, name: &'static str) -> Result<Option<Date>, FieldError> {
        self.optional_text(name)?.map(|text| read_date(text).ok_or(FieldError(name))).transpose()
    }

    fn amount(&mut self, name: &'static str, least: i64) -> Result<Yen, FieldError> {
        read_amount(self.text(name)?, least).ok_or(FieldError(name))
    }

    fn end(mut self, name: &'static str) -> Result<(), FieldError> {
        if self.0.next().is_none() { Ok(()) } else { Err(FieldError(name)) }
    }
}

/// Strictly `YYYY-MM-DD`; chrono alone would take shorter years and missing zeros.
fn read_date(text: &str) -> Option<Date> {
    let shape = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    if shape { text.parse().ok() } else { None }
}

/// `2026-11-24T10:00:00+09:00`, perhaps with up to six decimals, or `Z` for the offset.
fn read_instant(text: &str) -> Option<Timestamp> {
    let (day, rest) = text.split_once('T')?;
    read_date(day)?;
    let decimals =
        rest.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    let fits = decimals <= 6 && rest.bytes().all(|b| b.is_ascii_digit() || b".:+-Z".contains(&b));
    if fits { Timestamp::parse_rfc3339(text) } else { None }
}

fn read_amount(text: &str, least: i64) -> Option<Yen> {
    let digits = (1..=11).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    // each amount has one way to be written
    let fits = digits && (text == "0" || !text.starts_with('0'));
    let amount: i64 = if fits { text.parse().ok()? } else { return None };
    if amount >= least { Some(Yen::new(amount)) } else { None }
}

fn read_header(element: &Element) -> Result<Header, FieldError> {
    let mut fields = Fields::of(element, "Header")?;
    fields.word("Version", &["1"])?;
    let sender = fields.parsed("Sender")?;
    let receiver = fields.parsed("Receiver")?;
    let processing_date = fields.date("ProcessingDate")?;
    let serial = fields.parsed("Serial")?;
    read_instant(fields.text("SentAt")?).ok_or(FieldError("SentAt"))?;
    fields.end("Header")?;
    Ok(Header { sender, receiver, processing_date, serial })
}

fn read_key(fields: &mut Fields<'_>) -> Result<BillKey, FieldError> {
    Ok(BillKey {
        collector: fields.digits("Collector", 8)?,
        customer_number: fields.parsed("CustomerNumber")?,
        confirmation_number: fields.parsed("ConfirmationNumber")?,
        payment_category: fields.optional("PaymentCategory")?,
    })
}

const CHANNELS: &[&str] = &["internet_banking", "counter"];

fn read_inquiry(element: &Element) -> Result<Inquiry, FieldError> {
    let mut fields = Fields::of(element, "Inquiry")?;
    let key = read_key(&mut fields)?;
    let bank = fields.digits("Bank", 4)?;
    fields.word("Channel", CHANNELS)?;
    let typed = fields.optional_text("Amount")?;
    let amount = typed.map(|text| read_amount(text, 1).ok_or(FieldError("Amount"))).transpose()?;
    fields.end("Inquiry")?;
    Ok(Inquiry { key, bank, amount })
}

fn read_clearing(element: &Element) -> Result<Clearing, FieldError> {
    let mut fields = Fields::of(element, "Clearing")?;
    let clearing = Clearing {
        key: read_key(&mut fields)?,
        bill_id: fields.parsed("BillId")?,
        amount: fields.amount("Amount", 1)?,
        fee: fields.amount("Fee", 0)?,
        bank: fields.digits("Bank", 4)?,
        channel: fields.word("Channel", CHANNELS)?,
        entry_kind: fields.word("EntryKind", &["typed", "linked"])?,
        receipt_date: fields.date("ReceiptDate")?,
        clear_by: fields.optional_date("ClearBy")?,
    };
    fields.end("Clearing")?;
    Ok(clearing)
}

fn read_original(element: &Element) -> Result<Vec<u8>, FieldError> {
    use base64::Engine as _;
    let mut fields = Fields::of(element, "ResendConfirmation")?;
    // xs:base64Binary allows white space between the characters
    let text: String = fields.text("Original")?.split_ascii_whitespace().collect();
    fields.end("ResendConfirmation")?;
    base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| FieldError("Original"))
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 照会応答: bills with code 0000, and then at least one.
    Inquiry {
        /// The outcome.
        code: ResponseCode,
        /// What was found.
        bills: Vec<Bill>,
    },
    /// 消込応答.
    Clearing(ClearingOutcome),
}

/// What a clearing came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClearingOutcome {
    /// 0000, or a national collector's refusal.
    pub code: ResponseCode,
    /// 仮消込: why it could not be matched.
    pub provisional: Option<ResponseCode>,
    /// The collector's own number of the clearing.
    pub reference: Option<String>,
}

impl ClearingOutcome {
    /// A refusal or a fault of the request: nothing was cleared.
    pub const fn not_done(code: ResponseCode) -> Self {
        Self { code, provisional: None, reference: None }
    }
}

/// The bytes of an answer to the request with this header.
pub fn write(request: &Header, sent_at: Timestamp, answer: &Answer) -> Vec<u8> {
    let mut out = String::with_capacity(1024);
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Message xmlns=\"urn:mpn:v1\"><Header>");
    field(&mut out, "Version", "1");
    field(&mut out, "Sender", request.receiver.as_str());
    field(&mut out, "Receiver", request.sender.as_str());
    field(&mut out, "ProcessingDate", &request.processing_date.to_string());
    field(&mut out, "Serial", &request.serial.to_string());
    field(&mut out, "SentAt", &sent_at.rfc3339());
    out.push_str("</Header>");
    match answer {
        Answer::Inquiry { code, bills } => {
            out.push_str("<InquiryAnswer>");
            field(&mut out, "Code", code.as_str());
            for bill in bills {
                write_bill(&mut out, bill);
            }
            out.push_str("</InquiryAnswer>");
        }
        Answer::Clearing(outcome) => {
            out.push_str("<ClearingAnswer>");
            field(&mut out, "Code", outcome.code.as_str());
            if let Some(provisional) = outcome.provisional {
                field(&mut out, "ProvisionalCode", provisional.as_str());
            }
            if let Some(reference) = &outcome.reference {
                field(&mut out, "Reference", reference);
            }
            out.push_str("</ClearingAnswer>");
        }
    }
    out.push_str("</Message>\n");
    out.into_bytes()
}

fn write_bill(out: &mut String, bill: &Bill) {
    out.push_str("<Bill>");
    field(out, "BillId", bill.id.as_str());
    field(out, "Payer", &bill.payer);
    field(out, "Contents", &bill.contents);
    field(out, "Amount", &bill.amount.get().to_string());
    field(out, "Fee", &bill.fee.get().to_string());
    field(out, "LateCharge", &bill.late_charge.get().to_string());
    if let Some(due) = bill.due {
        field(out, "Due", &due.to_string());
    }
    if let Some(clear_by) = bill.clear_by {
        field(out, "ClearBy", &clear_by.to_string());
    }
    out.push_str("</Bill>");
}

fn field(out: &mut String, name: &str, text: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    out.push_str(&quick_xml::escape::escape(text));
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}
