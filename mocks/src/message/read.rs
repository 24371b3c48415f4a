//! Requests read strictly: each field in its place and of its type.

use std::str::FromStr;

use domain::{Date, Timestamp, Yen};

use super::{
    BillKey, Cancellation, Clearing, Close, Counter, Counters, FieldError, Header, Inquiry, Kind, Lines,
    Received, Request, Service, ServiceKind, SettlementAdvice, Tally, UnreadableError,
};
use crate::xml::{self, Element};

/// Reads a request, and the one inside of a 再送確認.
pub fn read(bytes: &[u8]) -> Result<Received, UnreadableError> {
    let mut received = read_one(bytes)?;
    if let Ok(Request::ResendConfirmation(original)) = &received.body {
        received.inner = read_one(original).ok().map(Box::new);
    }
    Ok(received)
}

/// The header of a message, and its body as it stands there.
pub(super) fn envelope(bytes: &[u8]) -> Result<(Header, Element), UnreadableError> {
    let root = xml::read(bytes)?;
    if root.name != "Message" || !root.text.is_empty() {
        return Err(FieldError("Message").into());
    }
    let [header, body] = <[Element; 2]>::try_from(root.children).map_err(|_| FieldError("Message"))?;
    Ok((read_header(&header)?, body))
}

fn read_one(bytes: &[u8]) -> Result<Received, UnreadableError> {
    let (header, body) = envelope(bytes)?;
    let body = &body;
    let (kind, body) = match body.name.as_str() {
        "Inquiry" => (Kind::Inquiry, read_inquiry(body).map(Request::Inquiry)),
        "Clearing" => (Kind::Clearing, read_clearing(body).map(Request::Clearing)),
        "ResendConfirmation" => {
            (Kind::ResendConfirmation, read_original(body).map(Request::ResendConfirmation))
        }
        "Cancellation" => (Kind::Cancellation, read_cancellation(body).map(Request::Cancellation)),
        "Open" => (Kind::Open, read_service(body, "Open").map(Request::Open)),
        "PreClose" => (Kind::PreClose, read_service(body, "PreClose").map(Request::PreClose)),
        "Close" => (Kind::Close, read_close(body).map(Request::Close)),
        "Counter" => (Kind::Counter, read_counter(body).map(Request::Counter)),
        "Lines" => (Kind::Lines, read_lines(body).map(Request::Lines)),
        "SettlementAdvice" => (Kind::SettlementAdvice, read_advice(body).map(Request::SettlementAdvice)),
        _ => return Err(FieldError("the body").into()),
    };
    Ok(Received { header, kind, body, inner: None })
}

/// Takes the fields of an element in the order of the schema.
pub(super) struct Fields<'a>(std::iter::Peekable<std::slice::Iter<'a, Element>>);

impl<'a> Fields<'a> {
    pub(super) fn of(element: &'a Element, name: &'static str) -> Result<Self, FieldError> {
        if element.name == name && element.text.is_empty() {
            Ok(Self(element.children.iter().peekable()))
        } else {
            Err(FieldError(name))
        }
    }

    pub(super) fn optional_text(&mut self, name: &'static str) -> Result<Option<&'a str>, FieldError> {
        match self.0.next_if(|element| element.name == name) {
            Some(element) if element.children.is_empty() => Ok(Some(&element.text)),
            Some(_) => Err(FieldError(name)),
            None => Ok(None),
        }
    }

    fn text(&mut self, name: &'static str) -> Result<&'a str, FieldError> {
        self.optional_text(name)?.ok_or(FieldError(name))
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &'static str) -> Result<T, FieldError> {
        self.text(name)?.parse().map_err(|_| FieldError(name))
    }

    pub(super) fn optional<T: FromStr>(&mut self, name: &'static str) -> Result<Option<T>, FieldError> {
        self.optional_text(name)?.map(|text| text.parse().map_err(|_| FieldError(name))).transpose()
    }

    fn digits(&mut self, name: &'static str, count: usize) -> Result<String, FieldError> {
        let text = self.text(name)?;
        let fits = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        if fits { Ok(text.to_owned()) } else { Err(FieldError(name)) }
    }

    /// Text for people, without control characters.
    pub(super) fn words(&mut self, name: &'static str, chars_max: usize) -> Result<(), FieldError> {
        let text = self.text(name)?;
        let fits = (1..=chars_max).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fits { Ok(()) } else { Err(FieldError(name)) }
    }

    pub(super) fn word(&mut self, name: &'static str, allowed: &[&str]) -> Result<String, FieldError> {
        let text = self.text(name)?;
        if allowed.contains(&text) { Ok(text.to_owned()) } else { Err(FieldError(name)) }
    }

    fn date(&mut self, name: &'static str) -> Result<Date, FieldError> {
        read_date(self.text(name)?).ok_or(FieldError(name))
    }

    pub(super) fn optional_date(&mut self, name: &'static str) -> Result<Option<Date>, FieldError> {
        self.optional_text(name)?.map(|text| read_date(text).ok_or(FieldError(name))).transpose()
    }

    pub(super) fn amount(&mut self, name: &'static str, least: i64) -> Result<Yen, FieldError> {
        read_amount(self.text(name)?, least).ok_or(FieldError(name))
    }

    fn total(&mut self, name: &'static str) -> Result<Yen, FieldError> {
        read_number(self.text(name)?, TOTAL_DIGITS_MAX).map(Yen::new).ok_or(FieldError(name))
    }

    fn count(&mut self, name: &'static str) -> Result<i64, FieldError> {
        read_number(self.text(name)?, COUNT_DIGITS_MAX).ok_or(FieldError(name))
    }

    pub(super) fn optional_element(&mut self, name: &str) -> Option<&'a Element> {
        self.0.next_if(|element| element.name == name)
    }

    fn element(&mut self, name: &'static str) -> Result<&'a Element, FieldError> {
        self.optional_element(name).ok_or(FieldError(name))
    }

    fn service(&mut self) -> Result<Service, FieldError> {
        let bank = self.digits("Bank", 4)?;
        let kind = ServiceKind::of_word(self.text("ServiceKind")?).ok_or(FieldError("ServiceKind"))?;
        Ok(Service { bank, kind })
    }

    pub(super) fn end(mut self, name: &'static str) -> Result<(), FieldError> {
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
    read_number(text, AMOUNT_DIGITS_MAX).filter(|amount| *amount >= least).map(Yen::new)
}

/// Digits without a leading zero, because each number has one way to be written.
fn read_number(text: &str, digits_max: usize) -> Option<i64> {
    let digits = (1..=digits_max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if digits && (text == "0" || !text.starts_with('0')) { text.parse().ok() } else { None }
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

/// Digits of an amount, of a sum of amounts, and of a count.
const AMOUNT_DIGITS_MAX: usize = 11;
const TOTAL_DIGITS_MAX: usize = 16;
const COUNT_DIGITS_MAX: usize = 8;

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

fn read_cancellation(element: &Element) -> Result<Cancellation, FieldError> {
    let mut fields = Fields::of(element, "Cancellation")?;
    let cancellation = Cancellation {
        key: read_key(&mut fields)?,
        bill_id: fields.parsed("BillId")?,
        amount: fields.amount("Amount", 1)?,
        bank: fields.digits("Bank", 4)?,
        channel: fields.word("Channel", CHANNELS)?,
        clearing_date: fields.date("ClearingDate")?,
        clearing_serial: fields.parsed("ClearingSerial")?,
    };
    fields.end("Cancellation")?;
    Ok(cancellation)
}

fn read_service(element: &Element, name: &'static str) -> Result<Service, FieldError> {
    let mut fields = Fields::of(element, name)?;
    let service = fields.service()?;
    fields.end(name)?;
    Ok(service)
}

fn read_close(element: &Element) -> Result<Close, FieldError> {
    let mut fields = Fields::of(element, "Close")?;
    let service = fields.service()?;
    let counted_date = fields.date("CountedDate")?;
    let counters = read_counters(fields.element("Counters")?)?;
    fields.end("Close")?;
    Ok(Close { service, counted_date, counters })
}

pub(super) fn read_counters(element: &Element) -> Result<Counters, FieldError> {
    let mut fields = Fields::of(element, "Counters")?;
    let counters = Counters {
        cleared: read_tally(fields.element("Cleared")?, "Cleared")?,
        provisional: read_tally(fields.element("Provisional")?, "Provisional")?,
        cancelled: read_tally(fields.element("Cancelled")?, "Cancelled")?,
    };
    fields.end("Counters")?;
    Ok(counters)
}

fn read_tally(element: &Element, name: &'static str) -> Result<Tally, FieldError> {
    let mut fields = Fields::of(element, name)?;
    let tally = Tally { count: fields.count("Count")?, amount: fields.total("Amount")? };
    fields.end(name)?;
    Ok(tally)
}

fn read_counter(element: &Element) -> Result<Counter, FieldError> {
    let mut fields = Fields::of(element, "Counter")?;
    let counter = Counter { service: fields.service()?, counted_date: fields.date("CountedDate")? };
    fields.end("Counter")?;
    Ok(counter)
}

fn read_lines(element: &Element) -> Result<Lines, FieldError> {
    let mut fields = Fields::of(element, "Lines")?;
    let service = fields.service()?;
    let counted_date = fields.date("CountedDate")?;
    let after = fields.optional("After")?;
    fields.end("Lines")?;
    Ok(Lines { service, counted_date, after })
}

fn read_advice(element: &Element) -> Result<SettlementAdvice, FieldError> {
    let mut fields = Fields::of(element, "SettlementAdvice")?;
    let advice = SettlementAdvice {
        bank: fields.digits("Bank", 4)?,
        settlement: read_reference(fields.text("Settlement")?).ok_or(FieldError("Settlement"))?,
        window_date: fields.date("WindowDate")?,
        pay_date: fields.date("PayDate")?,
        total: Tally { count: fields.count("Count")?, amount: fields.total("Amount")? },
    };
    fields.end("SettlementAdvice")?;
    Ok(advice)
}

/// Up to thirty visible ASCII characters.
pub(super) fn read_reference(text: &str) -> Option<String> {
    let fits = (1..=30).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| text.to_owned())
}
