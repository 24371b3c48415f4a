//! The messages of a case's steps.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use collectors::directory::Kind;
use collectors::protocol::{
    self, BillKey, Body, Cancellation, Channel, Clearing, Close, Counter, Counters, EntryKind, Header,
    Inquiry, Lines, Message, ResendConfirmation, Service, SettlementAdvice,
};
use domain::{Bill, BillId, CollectorNumber, Date, PaymentCategory, ResendKey, Yen};

use crate::case::{Ask, Field};
use crate::declaration::{Declaration, Slip};
use crate::hub::{Hub, Letter};

/// What a payer types where the payer names the amount.
pub const TYPED_YEN: i64 = 4_321;

/// Writes the messages of one step.
pub struct Writer<'a> {
    /// Who sends them.
    pub hub: &'a Hub,
    /// The step.
    pub ask: &'a Ask,
    /// Under which key.
    pub key: ResendKey,
}

impl Writer<'_> {
    fn declaration(&self) -> &Declaration {
        self.hub.declaration()
    }

    fn has(&self, field: Field) -> bool {
        self.ask.wrong.contains(&field)
    }

    fn header(&self) -> Header {
        let mut header = self.hub.header(&self.key);
        if self.has(Field::Receiver) {
            header.receiver = "C99999".parse().unwrap_or(header.receiver);
        }
        if self.has(Field::Sender) {
            header.sender = "MPN0000".parse().unwrap_or(header.sender);
        }
        header
    }

    fn letter(&self, body: Body) -> Result<Letter, String> {
        let message = Message { header: self.header(), body };
        let bytes = protocol::encode(&message);
        edited(message, bytes, self.ask)
    }

    fn bank(&self) -> protocol::BankCode {
        let declaration = self.declaration();
        if self.has(Field::Bank) { declaration.other_bank.clone() } else { declaration.bank.clone() }
    }

    fn channel(&self) -> Channel {
        if self.ask.counter || !self.declaration().channels.contains(&Channel::InternetBanking) {
            Channel::Counter
        } else {
            Channel::InternetBanking
        }
    }

    fn kind(&self) -> Kind {
        match self.declaration().kind {
            Kind::National if self.has(Field::ServiceKind) => Kind::Private,
            _ if self.has(Field::ServiceKind) => Kind::National,
            kind => kind,
        }
    }

    /// The numbers of a bill, with what is to be wrong with them.
    fn bill_key(&self, of: &BillKey) -> BillKey {
        let mut key = of.clone();
        if self.has(Field::Collector) {
            key.collector = other_collector(&key.collector);
        }
        if self.has(Field::CustomerNumber) {
            let other = with_other_last_digit(key.customer_number.as_str());
            key.customer_number = other.parse().unwrap_or(key.customer_number);
        }
        if self.has(Field::ConfirmationNumber) {
            key.confirmation_number = with_other_last_digit(key.confirmation_number.as_str())
                .parse()
                .unwrap_or(key.confirmation_number);
        }
        if self.has(Field::PaymentCategory) {
            let text = key.category.as_ref().map_or("1", PaymentCategory::as_str);
            key.category = with_other_last_digit(text).parse().ok();
        }
        if self.has(Field::NoPaymentCategory) {
            key.category = None;
        }
        key
    }

    /// 照会.
    pub fn inquiry(&self, slip: &Slip, is_typed: bool) -> Result<Letter, String> {
        let typed = is_typed != self.has(Field::TypedAmount);
        let amount = typed.then(|| slip.amount.unwrap_or(Yen::new(TYPED_YEN)));
        let (bill, bank, channel) = (self.bill_key(&slip.key), self.bank(), self.channel());
        self.letter(Body::Inquiry(Inquiry { bill, bank, channel, amount }))
    }

    /// 消込 of a bill as an inquiry answered it.
    pub fn clearing(&self, slip: &Slip, bill: &Bill) -> Result<Letter, String> {
        let bill_id = if self.has(Field::BillId) { no_bill() } else { bill.id.clone() };
        self.letter(Body::Clearing(Clearing {
            bill: self.bill_key(&slip.key),
            bill_id,
            amount: Yen::new(bill.amount.get() + self.ask.amount_by),
            fee: Yen::new(bill.fee.get() + self.ask.fee_by),
            bank: self.bank(),
            channel: self.channel(),
            entry_kind: if self.ask.linked { EntryKind::Linked } else { EntryKind::Typed },
            receipt_date: self.key.date,
            clear_by: match self.has(Field::PassedClearBy) {
                true => self.hub.today().pred_opt(),
                false => bill.clear_by,
            },
        }))
    }

    /// 取消 of a clearing, or of what is none.
    pub fn cancellation(&self, of: &Message) -> Result<Letter, String> {
        let (bill, bill_id, amount) = match &of.body {
            Body::Clearing(of) => (&of.bill, &of.bill_id, of.amount),
            Body::Cancellation(of) => (&of.bill, &of.bill_id, of.amount),
            _ => return Err("a cancellation is of a clearing, or wrongly of a cancellation".to_owned()),
        };
        let mut serial = of.header.serial;
        if self.has(Field::ClearingSerial) {
            // what this key has cannot be a clearing, because it is the cancellation's own
            serial = self.key.serial;
        }
        self.letter(Body::Cancellation(Cancellation {
            bill: self.bill_key(bill),
            bill_id: if self.has(Field::BillId) { no_bill() } else { bill_id.clone() },
            amount: Yen::new(amount.get() + self.ask.amount_by),
            bank: self.bank(),
            channel: if self.ask.counter { Channel::Counter } else { Channel::InternetBanking },
            clearing_date: of.header.processing_date,
            clearing_serial: serial,
        }))
    }

    /// 再送確認: the original's bytes under the original's header, or under this step's own key.
    pub fn resend(&self, of: &Letter) -> Result<Letter, String> {
        if self.has(Field::StrayBits) {
            return stray_bits(of);
        }
        let body = Body::ResendConfirmation(ResendConfirmation { original: of.bytes.clone() });
        if self.ask.key_of.is_some() {
            return self.letter(body);
        }
        let message = Message { header: of.message.header.clone(), body };
        let bytes = protocol::encode(&message);
        edited(message, bytes, self.ask)
    }

    /// 開局.
    pub fn open(&self) -> Result<Letter, String> {
        self.letter(Body::Open(Service { bank: self.bank(), kind: self.kind() }))
    }

    /// 予備閉局.
    pub fn pre_close(&self) -> Result<Letter, String> {
        self.letter(Body::PreClose(Service { bank: self.bank(), kind: self.kind() }))
    }

    /// 閉局 with the hub's counters.
    pub fn close(&self, counted_date: Date, counters: Counters) -> Result<Letter, String> {
        self.letter(Body::Close(Close { bank: self.bank(), kind: self.kind(), counted_date, counters }))
    }

    /// 収納カウンタ照会.
    pub fn counter(&self, counted_date: Date) -> Result<Letter, String> {
        self.letter(Body::Counter(Counter { bank: self.bank(), kind: self.kind(), counted_date }))
    }

    /// 消込明細照会, the page behind a serial.
    pub fn lines(&self, counted_date: Date, after: Option<domain::Serial>) -> Result<Letter, String> {
        self.letter(Body::Lines(Lines { bank: self.bank(), kind: self.kind(), counted_date, after }))
    }

    /// 資金決済通知.
    pub fn advice(&self, settlement: &str, day: Date) -> Result<Letter, String> {
        let later =
            |day: Date, field| if self.has(field) { day.succ_opt() } else { Some(day) }.unwrap_or(day);
        let pay_date = later(day.succ_opt().unwrap_or(day), Field::PayDate);
        self.letter(Body::SettlementAdvice(SettlementAdvice {
            bank: self.bank(),
            settlement: settlement.parse().map_err(|_| format!("{settlement} is no reference"))?,
            window_date: later(day, Field::WindowDate),
            pay_date,
            count: if self.has(Field::Count) { 4 } else { 3 },
            amount: Yen::new(30_000 + self.ask.amount_by),
        }))
    }
}

/// The letter with the step's edits; one whose text is not there is a mistake of the case.
fn edited(message: Message, bytes: Vec<u8>, ask: &Ask) -> Result<Letter, String> {
    if ask.edit.is_empty() {
        return Ok(Letter { message, bytes, edited: false });
    }
    let mut text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    for edit in &ask.edit {
        let place = place(&text, &edit.from).ok_or_else(|| format!("{:?} is not in {text}", edit.from))?;
        text.replace_range(place, &edit.to);
    }
    Ok(Letter { message, bytes: text.into_bytes(), edited: true })
}

/// Where a text first stands in another; `…` in it is whatever is there.
fn place(text: &str, wanted: &str) -> Option<Range<usize>> {
    let (head, tail) = wanted.split_once('…').unwrap_or((wanted, ""));
    let start = text.find(head)?;
    let after = start + head.len();
    Some(start..after + text.get(after..)?.find(tail)? + tail.len())
}

/// A repeat whose base64 is that of its original, but for a last digit that says more than belongs to a byte.
fn stray_bits(of: &Letter) -> Result<Letter, String> {
    let mut original = of.bytes.clone();
    // white space behind a document changes nothing, and only what is no multiple of three bytes has such a digit
    while original.len().is_multiple_of(3) {
        original.push(b'\n');
    }
    let sound = STANDARD.encode(&original);
    let digits = sound.trim_end_matches('=');
    let (head, last) = digits.split_at(digits.len() - 1);
    // the next digit of the alphabet differs in the last bit, which is one of those
    let alphabet = base64::alphabet::STANDARD.as_str();
    let next = alphabet.find(last).and_then(|at| alphabet.get(at + 1..at + 2));
    let stray = format!("{head}{}{}", next.ok_or("no base64")?, &sound[digits.len()..]);
    let body = Body::ResendConfirmation(ResendConfirmation { original });
    let message = Message { header: of.message.header.clone(), body };
    let text = String::from_utf8(protocol::encode(&message)).map_err(|error| error.to_string())?;
    Ok(Letter { message, bytes: text.replacen(&sound, &stray, 1).into_bytes(), edited: true })
}

fn with_other_last_digit(digits: &str) -> String {
    let (head, last) = digits.split_at(digits.len().saturating_sub(1));
    let other = last.bytes().next().map_or(b'1', |digit| if digit == b'9' { b'0' } else { digit + 1 });
    format!("{head}{}", char::from(other))
}

fn other_collector(number: &CollectorNumber) -> CollectorNumber {
    with_other_last_digit(number.as_str()).parse().unwrap_or_else(|_| number.clone())
}

fn no_bill() -> BillId {
    "NO-SUCH-BILL".parse().unwrap_or_else(|_| unreachable!("visible ASCII"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_may_leave_open_what_stands_there() {
        let text = "<A>1</A><B>22</B><B>3</B>";
        assert_eq!(place(text, "<A>"), Some(0..3));
        assert_eq!(place(text, "<B>…<"), Some(8..14));
        assert_eq!(place(text, "<B>…>"), Some(8..17));
        assert_eq!((place(text, "<C>…<"), place(text, "<B>…x")), (None, None));
    }

    /// Whatever the length, a strict reader refuses it, and a lenient one finds the original.
    #[test]
    fn stray_bits_are_of_no_byte() {
        let header = Header::request(
            &ResendKey {
                centre: "MPN9999".parse().unwrap(),
                date: Date::MIN,
                serial: "00000001".parse().unwrap(),
            },
            "C99022".parse().unwrap(),
            domain::Timestamp::from_micros(0),
        );
        let service = Service { bank: "9999".parse().unwrap(), kind: Kind::Private };
        let message = Message { header, body: Body::Open(service) };
        for length in 30..36 {
            let of = Letter { message: message.clone(), bytes: vec![b'x'; length], edited: false };
            let text = String::from_utf8(stray_bits(&of).unwrap().bytes).unwrap();
            let original = text.split_once("<Original>").unwrap().1.split_once('<').unwrap().0;
            assert!(STANDARD.decode(original).is_err(), "{original}");
            let lenient = base64::engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
            let lenient = base64::engine::GeneralPurpose::new(&base64::alphabet::STANDARD, lenient);
            assert_eq!(lenient.decode(original).unwrap().trim_ascii_end(), of.bytes);
        }
    }

    #[test]
    fn another_last_digit_is_another_digit() {
        for (digits, other) in [("123456", "123457"), ("9", "0"), ("19", "10")] {
            assert_eq!(with_other_last_digit(digits), other);
        }
    }
}
