//! What the collector has on record, and how it decides: from the message, the time and nothing else.

use std::collections::{BTreeMap, HashMap};

use collectors::Kind;
use collectors::protocol::{
    BillKey, Body, Cancellation, CancellationAnswer, Channel, Clearing, ClearingAnswer, CounterAnswer,
    Counters, Header, Inquiry, InquiryAnswer, LINES_MAX, Line, LineStatus, Lines, LinesAnswer, Message,
    ServiceAnswer, SettlementAdvice, SettlementAdviceAnswer, Tally, decode, encode,
};
use domain::ResponseCode as Code;
use domain::{
    BankCode, Bill, CentreCode, CollectorNumber, CustomerNumber, Date, ResendKey, Serial, Timestamp,
};

/// What the declaration says of the collector.
#[derive(serde::Deserialize)]
pub struct Terms {
    pub collector: CollectorNumber,
    kind: Kind,
    bank: BankCode,
    channels: Vec<Channel>,
}

/// A bill, and the clearing that paid it.
pub struct Owed {
    pub key: BillKey,
    pub bill: Bill,
    pub outcome: String,
    pub paid_by: Option<ResendKey>,
}

/// A clearing or cancellation, byte for byte, with the answer that it got.
struct Record {
    message: Vec<u8>,
    answer: Vec<u8>,
    body: Body,
    code: Code,
    provisional: Option<Code>,
    is_cancelled: bool,
}

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Day {
    Open,
    PreClosed,
    Closed,
}

pub struct Books {
    pub terms: Terms,
    pub bills: HashMap<CustomerNumber, Vec<Owed>>,
    records: BTreeMap<ResendKey, Record>,
    days: HashMap<(CentreCode, Date), Day>,
    advices: HashMap<(CentreCode, String), SettlementAdvice>,
}

/// A message as far as it can be read: its header at least, the name of its body, and the body of a request.
fn read(content: &[u8]) -> Option<(Header, String, Option<Body>)> {
    let (head, rest) = std::str::from_utf8(content).ok()?.split_once("</Header>")?;
    let other = "</Header><Open><Bank>0000</Bank><ServiceKind>local</ServiceKind></Open></Message>";
    let header = decode(format!("{head}{other}").as_bytes()).ok()?.header;
    let name = rest.trim_start().trim_start_matches('<').chars().take_while(char::is_ascii_alphabetic);
    let body = decode(content).ok().map(|message| message.body).filter(Body::is_request);
    Some((header, name.collect(), body))
}

/// The answer to a request of that name which is only a code.
fn only(code: Code, name: &str) -> Body {
    match name {
        "Inquiry" => Body::InquiryAnswer(InquiryAnswer::Refused(code)),
        "Cancellation" => Body::CancellationAnswer(CancellationAnswer { code, reference: None }),
        "Open" | "PreClose" => Body::ServiceAnswer(ServiceAnswer { code }),
        "Close" | "Counter" => Body::CounterAnswer(CounterAnswer::Refused(code)),
        "Lines" => Body::LinesAnswer(LinesAnswer::Refused(code)),
        "SettlementAdvice" => Body::SettlementAdviceAnswer(SettlementAdviceAnswer { code }),
        _ => Body::ClearingAnswer(ClearingAnswer::Refused { code, reference: None }),
    }
}

impl Books {
    pub fn new(terms: Terms) -> Self {
        let (bills, records, days, advices) = Default::default();
        Self { terms, bills, records, days, advices }
    }

    /// The answer to a message that is signed; none where not even its header can be read.
    pub fn answer(&mut self, content: &[u8], now: Timestamp) -> Option<Vec<u8>> {
        let (header, name, body) = read(content)?;
        let written = |body| Some(encode(&Message { header: header.answer(now), body }));
        let body = match body {
            Some(body @ (Body::Clearing(_) | Body::Cancellation(_))) => {
                return Some(self.once(&header, body, content, false, now));
            }
            Some(Body::ResendConfirmation(resent)) => {
                return match read(&resent.original) {
                    Some((of, _, Some(body @ (Body::Clearing(_) | Body::Cancellation(_)))))
                        if of.key() == header.key() =>
                    {
                        Some(self.once(&of, body, &resent.original, true, now))
                    }
                    Some((_, name, _)) if name == "Cancellation" => written(only(Code::Malformed, &name)),
                    _ => written(only(Code::Malformed, "Clearing")),
                };
            }
            Some(body) if self.is_for_us(&header, &body) => self.decide(&header, body, now.date()),
            _ => Err(Code::Malformed),
        };
        written(body.unwrap_or_else(|code| only(code, &name)))
    }

    fn is_for_us(&self, header: &Header, body: &Body) -> bool {
        let own = match body {
            Body::Inquiry(Inquiry { bill, .. })
            | Body::Clearing(Clearing { bill, .. })
            | Body::Cancellation(Cancellation { bill, .. }) => bill.collector == self.terms.collector,
            _ => true,
        };
        let receiver = format!("C{}", self.terms.collector);
        own && header.sender.as_str() == "MPN9999" && header.receiver.as_str() == receiver
    }

    fn decide(&mut self, header: &Header, body: Body, today: Date) -> Result<Body, Code> {
        let (hub, day) = (&header.sender, header.processing_date);
        match body {
            Body::Inquiry(asked) => self.inquire(header, &asked, today),
            Body::Open(of) => self.tell(hub, day, Day::Open, (of.kind, &of.bank, today)),
            Body::PreClose(of) => self.tell(hub, day, Day::PreClosed, (of.kind, &of.bank, today)),
            Body::Close(of) => {
                // your system would compare the hub's counters with its own here
                self.tell(hub, of.counted_date, Day::Closed, (of.kind, &of.bank, today))?;
                Ok(self.counters(hub, of.counted_date))
            }
            Body::Counter(of) => {
                self.check(of.counted_date, (of.kind, &of.bank, today))?;
                Ok(self.counters(hub, of.counted_date))
            }
            Body::Lines(of) => {
                self.check(of.counted_date, (of.kind, &of.bank, today))?;
                Ok(self.lines(hub, &of))
            }
            Body::SettlementAdvice(of) if of.bank != self.terms.bank => Err(Code::BankNotContracted),
            Body::SettlementAdvice(of) => {
                let key = (hub.clone(), of.settlement.to_string());
                let is_same = *self.advices.entry(key).or_insert_with(|| of.clone()) == of;
                Err(if is_same { Code::Normal } else { Code::KeyReused })
            }
            _ => Err(Code::Malformed),
        }
    }

    /// What a day was told; else the hours count, and ours are round the clock until today.
    fn day(&self, hub: &CentreCode, day: Date, today: Date) -> Option<Day> {
        self.days.get(&(hub.clone(), day)).copied().or((day <= today).then_some(Day::Open))
    }

    /// The bills that can be paid under these numbers, or the code that says why there are none.
    fn look_up(
        &self,
        key: &BillKey,
        bank: &BankCode,
        channel: Channel,
        day: Date,
    ) -> Result<Vec<&Owed>, Code> {
        let of = self.bills.get(&key.customer_number).map(Vec::as_slice).unwrap_or_default();
        let unpaid: Vec<_> = of.iter().filter(|owed| owed.paid_by.is_none()).collect();
        Err(match of.first() {
            _ if *bank != self.terms.bank => Code::BankNotContracted,
            _ if !self.terms.channels.contains(&channel) => Code::ChannelNotAccepted,
            None => Code::CustomerNumberWrong,
            Some(o) if o.key.confirmation_number != key.confirmation_number => Code::ConfirmationNumberWrong,
            Some(o) if o.key.category != key.category => Code::PaymentCategoryWrong,
            Some(owed) => match owed.outcome.as_str() {
                "already_paid" => Code::AlreadyPaid,
                "stopped" => Code::NumberStopped,
                "unavailable" => Code::BillNotObtained,
                "not_yet" => Code::NotYetPayable,
                _ if unpaid.is_empty() => Code::AlreadyPaid,
                _ if owed.bill.clear_by < Some(day) => Code::Expired,
                _ => return Ok(unpaid),
            },
        })
    }

    fn inquire(&self, header: &Header, asked: &Inquiry, today: Date) -> Result<Body, Code> {
        if self.day(&header.sender, header.processing_date, today) != Some(Day::Open) {
            return Err(Code::NotOpen);
        }
        let found = self.look_up(&asked.bill, &asked.bank, asked.channel, header.processing_date)?;
        // the payer types an amount where we have none, and nowhere else
        if found.iter().any(|owed| (owed.outcome == "typed_amount") != asked.amount.is_some()) {
            return Err(Code::Malformed);
        }
        let told =
            |owed: &&Owed| Bill { amount: asked.amount.unwrap_or(owed.bill.amount), ..owed.bill.clone() };
        Ok(Body::InquiryAnswer(InquiryAnswer::Bills(found.iter().map(told).collect())))
    }

    /// Decides a clearing or cancellation once, and repeats what was decided ever after.
    fn once(&mut self, header: &Header, body: Body, content: &[u8], resent: bool, now: Timestamp) -> Vec<u8> {
        let (key, today) = (header.key(), now.date());
        let written = |body| encode(&Message { header: header.answer(now), body });
        let state = match self.day(&key.centre, key.date, today) {
            // what was carried over the close can still be settled
            Some(Day::Closed) if resent => self.day(&key.centre, today, today),
            state => state,
        };
        let is_clearing = matches!(body, Body::Clearing(_));
        let unrecorded = match self.records.get(&key) {
            Some(record) if record.message == content => return record.answer.clone(), // whatever has changed since
            Some(_) => Some(Code::KeyReused),
            None if !self.is_for_us(header, &body) => Some(Code::Malformed),
            // nothing is recorded: it comes again
            None if state.is_none() || state == Some(Day::Closed) && is_clearing => Some(Code::NotOpen),
            None => None,
        };
        if let Some(code) = unrecorded {
            return written(only(code, body.name()));
        }
        let (code, provisional) = match &body {
            Body::Clearing(clearing) => self.clear(&key, clearing, today),
            Body::Cancellation(cancellation) => (self.cancel(&key, cancellation, today), None),
            _ => (Code::Malformed, None),
        };
        let reference =
            format!("{}-{}-{}", self.terms.collector, key.date.format("%Y%m%d"), key.serial).parse().ok();
        let answer = written(match code {
            Code::Normal if is_clearing => {
                Body::ClearingAnswer(ClearingAnswer::Normal { provisional, reference })
            }
            Code::Normal => Body::CancellationAnswer(CancellationAnswer { code, reference }),
            _ => only(code, body.name()),
        });
        let record = Record {
            message: content.to_vec(),
            answer: answer.clone(),
            body,
            code,
            provisional,
            is_cancelled: false,
        };
        self.records.insert(key, record);
        answer
    }

    /// The code, and where the payer has paid what does not fit, why.
    fn clear(&mut self, key: &ResendKey, of: &Clearing, today: Date) -> (Code, Option<Code>) {
        let found = self.look_up(&of.bill, &of.bank, of.channel, key.date).map(drop);
        let owed = self.bills.get_mut(&of.bill.customer_number).into_iter().flatten();
        let wrong = match (found, owed.into_iter().find(|owed| owed.bill.id == of.bill_id)) {
            (Err(code), _) => code,
            (_, None) => Code::BillNotObtained,
            (_, Some(owed)) if matches!(owed.outcome.as_str(), "provisional" | "refused") => {
                Code::BillNotObtained
            }
            (_, Some(owed)) if owed.paid_by.is_some() => Code::AlreadyPaid,
            _ if of.clear_by.is_some_and(|last| last < today) => Code::Expired,
            (_, Some(owed)) if owed.bill.fee != of.fee => Code::AmountDiffers,
            (_, Some(o)) if o.outcome != "typed_amount" && o.bill.amount != of.amount => Code::AmountDiffers,
            (_, Some(owed)) => {
                owed.paid_by = Some(key.clone());
                return (Code::Normal, None);
            }
        };
        // a national collector alone may refuse
        if self.terms.kind == Kind::National { (wrong, None) } else { (Code::Normal, Some(wrong)) }
    }

    fn cancel(&mut self, key: &ResendKey, of: &Cancellation, today: Date) -> Code {
        let cleared = ResendKey { date: of.clearing_date, serial: of.clearing_serial, ..key.clone() };
        let state = self.day(&key.centre, cleared.date, today);
        let record = self.records.get_mut(&cleared);
        let is_late = state == Some(Day::Closed) || cleared.date != key.date || cleared.date < today;
        match record.as_deref().map(|record| (&record.body, record)) {
            _ if of.bank != self.terms.bank => return Code::BankNotContracted,
            _ if of.channel != Channel::Counter => return Code::CancellationNotFromCounter,
            Some((Body::Clearing(c), _)) if c.channel != Channel::Counter => {
                return Code::CancellationNotFromCounter;
            }
            Some((Body::Clearing(c), record))
                if (&c.bill.customer_number, &c.bill_id, c.amount)
                    == (&of.bill.customer_number, &of.bill_id, of.amount)
                    && record.code == Code::Normal => {}
            _ => return Code::BillNotObtained,
        }
        match record {
            Some(record) if record.is_cancelled => return Code::AlreadyPaid,
            _ if is_late => return Code::Expired,
            record => record.into_iter().for_each(|record| record.is_cancelled = true),
        }
        let bills = self.bills.get_mut(&of.bill.customer_number).into_iter().flatten();
        bills.filter(|owed| owed.paid_by.as_ref() == Some(&cleared)).for_each(|owed| owed.paid_by = None);
        Code::Normal
    }

    fn check(&self, day: Date, (kind, bank, today): (Kind, &BankCode, Date)) -> Result<(), Code> {
        match () {
            () if kind != self.terms.kind => Err(Code::Malformed),
            () if *bank != self.terms.bank => Err(Code::BankNotContracted),
            () if day > today => Err(Code::CounterDateWrong),
            () => Ok(()),
        }
    }

    /// 開局, 予備閉局 and 閉局: a day only goes forward.
    fn tell(
        &mut self,
        hub: &CentreCode,
        day: Date,
        to: Day,
        of: (Kind, &BankCode, Date),
    ) -> Result<Body, Code> {
        self.check(day, of)?;
        let told = self.days.entry((hub.clone(), day)).or_insert(to);
        let is_back = to == Day::Open && *told != Day::Open;
        *told = if *told < to { to } else { *told };
        if is_back { Err(Code::NotOpen) } else { Ok(only(Code::Normal, "Open")) }
    }

    fn of_day(&self, hub: &CentreCode, day: Date) -> impl Iterator<Item = (Serial, &Record)> {
        let is_it = move |(key, _): &(&ResendKey, &Record)| key.centre == *hub && key.date == day;
        self.records.iter().filter(is_it).map(|(key, record)| (key.serial, record))
    }

    fn counters(&self, hub: &CentreCode, day: Date) -> Body {
        let mut counters = Counters::default();
        for (_, record) in self.of_day(hub, day).filter(|(_, record)| record.code == Code::Normal) {
            let (tally, amount): (&mut Tally, _) = match &record.body {
                Body::Clearing(of) if record.provisional.is_some() => (&mut counters.provisional, of.amount),
                Body::Clearing(of) => (&mut counters.cleared, of.amount), // those cancelled since are still counted
                Body::Cancellation(of) => (&mut counters.cancelled, of.amount),
                _ => continue,
            };
            (tally.count, tally.amount) = (tally.count + 1, [tally.amount, amount].into_iter().sum());
        }
        Body::CounterAnswer(CounterAnswer::Counted(counters))
    }

    fn lines(&self, hub: &CentreCode, of: &Lines) -> Body {
        let line = |(serial, record): (Serial, &Record)| match &record.body {
            Body::Clearing(clearing) if Some(serial) > of.after => {
                let status = match record {
                    Record { is_cancelled: true, .. } => LineStatus::Cancelled,
                    Record { provisional: Some(_), .. } => LineStatus::Provisional,
                    Record { code: Code::Normal, .. } => LineStatus::Cleared,
                    _ => LineStatus::Refused,
                };
                Some(Line { serial, status, amount: clearing.amount })
            }
            _ => None,
        };
        let mut lines: Vec<_> = self.of_day(hub, of.counted_date).filter_map(line).collect();
        let more = lines.len() > LINES_MAX;
        lines.truncate(LINES_MAX);
        Body::LinesAnswer(LinesAnswer::Page { lines, more })
    }
}
