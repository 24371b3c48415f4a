//! What the collector has on record, and how it decides: by its records, the message and the day, and nothing else.

use std::fs::{File, read_to_string};
use std::io::Write as _;

use base64::prelude::{BASE64_STANDARD as BASE64, Engine as _};
use collectors::Kind;
use collectors::protocol::*;
use collectors::records::{Records, Told};
use conformance::Declaration;
use conformance::declaration::{Outcome, Slip};
use domain::{Bill, Date, ResendKey, ResponseCode as Code, Timestamp, Yen};

use super::Failure;

pub struct Books {
    declared: Declaration,
    records: Records,
    journal: File,
}

/// The bills of a number for tests; yours come from your own system.
fn bills(slip: &Slip) -> impl Iterator<Item = Bill> {
    let ids: &[_] = if slip.outcome == Outcome::SeveralBills { &["B-1", "B-2", "B-3"] } else { &["B-1"] };
    ids.iter().filter_map(|id| id.parse().ok()).map(|id| Bill {
        id,
        payer: "見本商事".to_owned(),
        contents: "見本料金".to_owned(),
        amount: slip.amount.unwrap_or(Yen::new(10_000)),
        fee: Yen::new(if slip.outcome == Outcome::Fee { 110 } else { 0 }),
        late_charge: Yen::new(if slip.outcome == Outcome::LateCharge { 500 } else { 0 }),
        due: None,
        clear_by: Date::from_ymd_opt(if slip.outcome == Outcome::Expired { 2020 } else { 2099 }, 3, 31),
    })
}

impl Books {
    /// Reads the journal, or begins one: a line for each record. What follows the last whole one was never answered.
    pub fn open(declared: Declaration) -> Result<Self, Failure> {
        let file = declared.folder.join("collector.journal");
        let journal = File::options().create(true).append(true).open(&file)?;
        let text = read_to_string(&file)?;
        let (whole, _) = text.split_at(text.rfind('\n').map_or(0, |end| end + 1));
        journal.set_len(u64::try_from(whole.len())?)?;
        journal.sync_all()?;
        File::open(&declared.folder)?.sync_all()?; // the file's name, too
        let mut records = Records::default();
        for line in whole.lines() {
            let (asked, answered) = line.split_once(' ').ok_or("the journal has a line that is none")?;
            records.add(&BASE64.decode(asked)?, &BASE64.decode(answered)?)?;
        }
        Ok(Self { declared, records, journal })
    }

    /// The answer to a message that is signed, on the disk before it leaves; none where not even the header can be
    /// read. After an error nothing more must be answered, as it is unknown what is on the disk.
    pub fn answer(&mut self, content: &[u8], now: Timestamp) -> Result<Option<Vec<u8>>, Failure> {
        let Ok(received) = Received::read(content) else { return Ok(None) };
        let written = |body| encode(&Message { header: received.header.answer(now), body });
        let only = |code| Ok(Some(written(received.only(code))));
        let Some(Request { message: asked, bytes, is_resent }) = received.request(content) else {
            return only(Code::Malformed);
        };
        if asked.body.is_recorded()
            && let Some(record) = self.records.under(&asked.header.key())
        {
            let is_same = record.asked == bytes;
            return if is_same { Ok(Some(record.answered.clone())) } else { only(Code::KeyReused) };
        }
        let answer = match self.decide(&asked, is_resent, now.date()) {
            Ok(body) => written(body),
            Err(code) => return only(code),
        };
        if !matches!(asked.body, Body::Inquiry(_) | Body::Counter(_) | Body::Lines(_)) {
            writeln!(self.journal, "{} {}", BASE64.encode(&bytes), BASE64.encode(&answer))?;
            self.journal.sync_data()?;
            self.records.add(&bytes, &answer)?;
        }
        Ok(Some(answer))
    }

    /// What is decided is recorded; an error is a code that is only answered.
    fn decide(&self, asked: &Message, is_resent: bool, today: Date) -> Result<Body, Code> {
        let (header, own, code) = (&asked.header, &self.declared, Code::Normal);
        let hub = &header.sender;
        let bill = match &asked.body {
            Body::Inquiry(Inquiry { bill, .. })
            | Body::Clearing(Clearing { bill, .. })
            | Body::Cancellation(Cancellation { bill, .. }) => Some(bill),
            _ => None,
        };
        let is_ours = *hub == own.hub_centre
            && header.receiver.as_str() == format!("C{}", own.collector)
            && bill.is_none_or(|bill| bill.collector == own.collector);
        let about = asked.about_day();
        let day = about.map_or(header.processing_date, |about| about.day);
        match about {
            _ if !is_ours => return Err(Code::Malformed),
            Some(about) if about.kind != own.kind => return Err(Code::Malformed),
            Some(about) if *about.bank != own.bank => return Err(Code::BankNotContracted),
            Some(about) if about.day > today => return Err(Code::CounterDateWrong),
            _ => {}
        }
        let state = match self.state(day, today) {
            // what was carried over the close can still be settled
            Some(Told::Closed) if is_resent => self.state(today, today),
            state => state,
        };
        let reference = format!("{}-{}-{}", own.collector, day.format("%Y%m%d"), header.serial).parse().ok();
        match &asked.body {
            Body::Inquiry(of) if state == Some(Told::Open) => self.inquire(of, today),
            Body::Clearing(of) if state == Some(Told::Open) || state == Some(Told::PreClosed) => {
                Ok(Body::ClearingAnswer(match self.fits(of, today).err() {
                    // a national collector alone may refuse: the payer has paid
                    Some(code) if own.kind == Kind::National => ClearingAnswer::Refused { code, reference },
                    provisional => ClearingAnswer::Normal { provisional, reference },
                }))
            }
            Body::Cancellation(of) if state.is_some() => {
                let wrong = asked.cancels().and_then(|key| self.can_cancel(&key, of, day, today).err());
                let code = wrong.unwrap_or(Code::Normal);
                Ok(Body::CancellationAnswer(CancellationAnswer { code, reference }))
            }
            Body::Open(_) if state > Some(Told::Open) => Err(Code::NotOpen), // a day only goes forward
            Body::Inquiry(_) | Body::Clearing(_) | Body::Cancellation(_) => Err(Code::NotOpen),
            Body::Open(_) | Body::PreClose(_) => Ok(Body::ServiceAnswer(ServiceAnswer { code })),
            // your system would compare the counters of a Close with its own here
            Body::Close(_) | Body::Counter(_) => {
                Ok(Body::CounterAnswer(CounterAnswer::Counted(self.records.counters(hub, day))))
            }
            Body::Lines(of) => {
                Ok(Body::LinesAnswer(LinesAnswer::page(self.records.lines(hub, day, of.after))))
            }
            Body::SettlementAdvice(of) if of.bank != own.bank => Err(Code::BankNotContracted),
            Body::SettlementAdvice(of) if self.records.contradicts(hub, of) => Err(Code::KeyReused),
            Body::SettlementAdvice(_) => Ok(Body::SettlementAdviceAnswer(SettlementAdviceAnswer { code })),
            _ => Err(Code::Malformed),
        }
    }

    /// What a day was told; else the hours count, and ours are round the clock until today.
    fn state(&self, day: Date, today: Date) -> Option<Told> {
        self.records.told(&self.declared.hub_centre, day).or((day <= today).then_some(Told::Open))
    }

    /// The number for tests under which something can be paid, or the code that says why there is nothing.
    fn look_up(&self, key: &BillKey, bank: &BankCode, channel: Channel, today: Date) -> Result<&Slip, Code> {
        let (own, is_it) = (&self.declared, |slip: &&Slip| slip.key.customer_number == key.customer_number);
        Err(match own.slips.iter().find(is_it) {
            _ if *bank != own.bank => Code::BankNotContracted,
            _ if !own.channels.contains(&channel) => Code::ChannelNotAccepted,
            None | Some(Slip { outcome: Outcome::Unknown, .. }) => Code::CustomerNumberWrong,
            Some(slip) if slip.key.confirmation_number != key.confirmation_number => {
                Code::ConfirmationNumberWrong
            }
            Some(slip) if slip.key.category != key.category => Code::PaymentCategoryWrong,
            Some(slip) => match slip.outcome {
                Outcome::Stopped => Code::NumberStopped,
                Outcome::Unavailable => Code::BillNotObtained,
                Outcome::NotYet => Code::NotYetPayable,
                Outcome::AlreadyPaid => Code::AlreadyPaid,
                _ if bills(slip).all(|bill| self.records.is_paid(&key.customer_number, &bill.id)) => {
                    Code::AlreadyPaid
                }
                _ if bills(slip).any(|bill| bill.clear_by < Some(today)) => Code::Expired,
                _ => return Ok(slip),
            },
        })
    }

    fn inquire(&self, of: &Inquiry, today: Date) -> Result<Body, Code> {
        let slip = self.look_up(&of.bill, &of.bank, of.channel, today)?;
        // the payer types an amount where we have none, and nowhere else
        if (slip.outcome == Outcome::TypedAmount) != of.amount.is_some() {
            return Err(Code::Malformed);
        }
        let unpaid = bills(slip).filter(|bill| !self.records.is_paid(&of.bill.customer_number, &bill.id));
        let told = unpaid.map(|bill| Bill { amount: of.amount.unwrap_or(bill.amount), ..bill });
        Ok(Body::InquiryAnswer(InquiryAnswer::Bills(told.collect())))
    }

    /// Whether a clearing fits the bill, or why not.
    fn fits(&self, of: &Clearing, today: Date) -> Result<(), Code> {
        let slip = self.look_up(&of.bill, &of.bank, of.channel, today)?;
        let bill = bills(slip).find(|bill| bill.id == of.bill_id).ok_or(Code::BillNotObtained)?;
        let is_amount = slip.outcome == Outcome::TypedAmount || bill.amount == of.amount;
        match slip.outcome {
            Outcome::Provisional | Outcome::Refused => Err(Code::BillNotObtained),
            _ if self.records.is_paid(&of.bill.customer_number, &bill.id) => Err(Code::AlreadyPaid),
            _ if of.clear_by.is_some_and(|last| last < today) => Err(Code::Expired),
            _ if !is_amount || bill.fee != of.fee => Err(Code::AmountDiffers),
            _ => Ok(()),
        }
    }

    /// Whether a cancellation is carried out, or why not.
    fn can_cancel(&self, key: &ResendKey, of: &Cancellation, day: Date, today: Date) -> Result<(), Code> {
        let record = self.records.under(key);
        let clearing = record.and_then(|record| match &record.body {
            Body::Clearing(clearing) => Some((clearing, record.status)),
            _ => None,
        });
        match clearing {
            _ if of.bank != self.declared.bank => Err(Code::BankNotContracted),
            _ if of.channel != Channel::Counter => Err(Code::CancellationNotFromCounter),
            Some((clearing, _)) if clearing.channel != Channel::Counter => {
                Err(Code::CancellationNotFromCounter)
            }
            Some((clearing, status)) if of.fits(clearing) && status != LineStatus::Refused => match () {
                () if self.records.is_cancelled(key) => Err(Code::AlreadyPaid),
                () if self.state(key.date, today) == Some(Told::Closed) => Err(Code::Expired),
                () if key.date != day || key.date < today => Err(Code::Expired),
                () => Ok(()),
            },
            _ => Err(Code::BillNotObtained),
        }
    }
}
