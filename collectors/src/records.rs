//! What a collector has on record: requests with the answers that they got, and what the protocol makes follow from
//! those (docs/protocol, "What a collector must record"). Where they are kept is the collector's choice; this is the
//! view of them while it runs, the same whenever they are added in the order in which they were answered.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{BillId, CentreCode, CustomerNumber, Date, ResendKey, ResponseCode, Serial, Yen};

use crate::protocol::{
    Body, ClearingAnswer, Counters, DecodeError, Line, LineStatus, Message, Reference, SettlementAdvice,
    decode,
};

/// A clearing or cancellation with its answer, both byte for byte: what a repeat is compared with, and what it gets.
#[derive(Clone, Debug)]
pub struct Record {
    /// The message as it came.
    pub asked: Vec<u8>,
    /// The answer as it left.
    pub answered: Vec<u8>,
    /// What the message says.
    pub body: Body,
    /// What it came to.
    pub status: LineStatus,
    amount: Yen,
}

/// How far a day was told to go, which is only forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// 開局.
    Open,
    /// 予備閉局.
    PreClosed,
    /// 閉局.
    Closed,
}

/// Everything on record. Requests that change nothing and answers that were only a code without a record, such as A001,
/// are not for it.
#[derive(Debug, Default)]
pub struct Records {
    records: BTreeMap<ResendKey, Record>,
    /// The keys of clearings that were cancelled.
    cancelled: HashSet<ResendKey>,
    /// The clearing that pays each bill.
    paid: HashMap<(CustomerNumber, BillId), ResendKey>,
    days: HashMap<(CentreCode, Date), Told>,
    advices: HashMap<(CentreCode, Reference), SettlementAdvice>,
}

impl Records {
    /// Takes over a request that was decided and the answer that was written for it. An error is of bytes that are no
    /// message, and changes nothing.
    pub fn add(&mut self, asked: &[u8], answered: &[u8]) -> Result<(), DecodeError> {
        let (message, answer) = (decode(asked)?, decode(answered)?.body);
        let (key, is_done) = (message.header.key(), answer.code() == Some(ResponseCode::Normal));
        let mut record = |body: &Body, status, amount| {
            let record = Record {
                asked: asked.to_vec(),
                answered: answered.to_vec(),
                body: body.clone(),
                status,
                amount,
            };
            self.records.insert(key.clone(), record);
        };
        match &message.body {
            Body::Clearing(of) => {
                let status = match answer {
                    Body::ClearingAnswer(ClearingAnswer::Normal { provisional: None, .. }) => {
                        LineStatus::Cleared
                    }
                    Body::ClearingAnswer(ClearingAnswer::Normal { .. }) => LineStatus::Provisional,
                    _ => LineStatus::Refused,
                };
                record(&message.body, status, of.amount);
                if status == LineStatus::Cleared {
                    self.paid.insert((of.bill.customer_number.clone(), of.bill_id.clone()), key);
                }
            }
            Body::Cancellation(of) => {
                let status = if is_done { LineStatus::Cancelled } else { LineStatus::Refused };
                record(&message.body, status, of.amount);
                if let Some(clearing) = message.cancels().filter(|_| is_done) {
                    // a provisional clearing paid nothing, and another may pay the bill by now
                    let bill = (of.bill.customer_number.clone(), of.bill_id.clone());
                    if self.paid.get(&bill) == Some(&clearing) {
                        self.paid.remove(&bill);
                    }
                    self.cancelled.insert(clearing);
                }
            }
            Body::Open(_) => self.tell(&message, Told::Open),
            Body::PreClose(_) => self.tell(&message, Told::PreClosed),
            Body::Close(_) => self.tell(&message, Told::Closed),
            Body::SettlementAdvice(of) => {
                let number = (key.centre, of.settlement.clone());
                self.advices.entry(number).or_insert_with(|| of.clone());
            }
            _ => {}
        }
        Ok(())
    }

    fn tell(&mut self, message: &Message, to: Told) {
        let Some(about) = message.about_day() else { return };
        let told = self.days.entry((message.header.sender.clone(), about.day)).or_insert(to);
        *told = to.max(*told);
    }

    /// The clearing or cancellation under a key.
    pub fn under(&self, key: &ResendKey) -> Option<&Record> {
        self.records.get(key)
    }

    /// How far the hub has told a day to go; `None` where the collector's hours count.
    pub fn told(&self, hub: &CentreCode, day: Date) -> Option<Told> {
        self.days.get(&(hub.clone(), day)).copied()
    }

    /// Whether the clearing under this key was cancelled.
    pub fn is_cancelled(&self, key: &ResendKey) -> bool {
        self.cancelled.contains(key)
    }

    /// Whether a clearing pays the bill, which neither a provisional nor a cancelled one does.
    pub fn is_paid(&self, customer_number: &CustomerNumber, bill: &BillId) -> bool {
        self.paid.contains_key(&(customer_number.clone(), bill.clone()))
    }

    /// Whether the hub has announced the same settlement with another content.
    pub fn contradicts(&self, hub: &CentreCode, advice: &SettlementAdvice) -> bool {
        let known = self.advices.get(&(hub.clone(), advice.settlement.clone()));
        known.is_some_and(|known| known != advice)
    }

    fn of_day(&self, hub: &CentreCode, date: Date) -> impl Iterator<Item = (&ResendKey, &Record)> {
        let key = |serial| ResendKey { centre: hub.clone(), date, serial };
        self.records.range(key(Serial::FIRST)..=key(Serial::LAST))
    }

    /// 収納カウンタ of a day. Clearings that were cancelled since are still counted as what they were.
    pub fn counters(&self, hub: &CentreCode, day: Date) -> Counters {
        let tally = |status: LineStatus| {
            self.of_day(hub, day).filter(|(_, of)| of.status == status).map(|(_, of)| of.amount).collect()
        };
        Counters {
            cleared: tally(LineStatus::Cleared),
            provisional: tally(LineStatus::Provisional),
            cancelled: tally(LineStatus::Cancelled),
        }
    }

    /// 消込明細 of a day: its clearings by serial, those behind `after` alone.
    pub fn lines(&self, hub: &CentreCode, day: Date, after: Option<Serial>) -> Vec<Line> {
        let line = |(key, of): (&ResendKey, &Record)| {
            let status = if self.is_cancelled(key) { LineStatus::Cancelled } else { of.status };
            let is_asked = matches!(of.body, Body::Clearing(_)) && Some(key.serial) > after;
            is_asked.then_some(Line { serial: key.serial, status, amount: of.amount })
        };
        self.of_day(hub, day).filter_map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;
    use crate::directory::Kind;
    use crate::protocol::{
        BillKey, Cancellation, CancellationAnswer, Channel, Clearing, Close, CounterAnswer, EntryKind,
        Header, Service, ServiceAnswer, SettlementAdviceAnswer, encode,
    };

    fn day() -> Date {
        "2026-11-24".parse().unwrap()
    }

    fn key(serial: u32) -> ResendKey {
        ResendKey { centre: "MPN9999".parse().unwrap(), date: day(), serial: Serial::new(serial).unwrap() }
    }

    /// Adds a request under a key of that day with its answer.
    fn add(records: &mut Records, serial: u32, asked: Body, answered: Body) {
        let now = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
        let header = Header::request(&key(serial), "C99022".parse().unwrap(), now);
        let answer = Message { header: header.answer(now), body: answered };
        records.add(&encode(&Message { header, body: asked }), &encode(&answer)).unwrap();
    }

    fn bill(customer: &str) -> BillKey {
        BillKey {
            collector: "99022".parse().unwrap(),
            customer_number: customer.parse().unwrap(),
            confirmation_number: "123456".parse().unwrap(),
            category: None,
        }
    }

    fn clearing(customer: &str, amount: i64) -> Body {
        Body::Clearing(Clearing {
            bill: bill(customer),
            bill_id: "B-1".parse().unwrap(),
            amount: Yen::new(amount),
            fee: Yen::ZERO,
            bank: "9999".parse().unwrap(),
            channel: Channel::Counter,
            entry_kind: EntryKind::Typed,
            receipt_date: day(),
            clear_by: None,
        })
    }

    fn cancellation(customer: &str, amount: i64, of: u32) -> Body {
        Body::Cancellation(Cancellation {
            bill: bill(customer),
            bill_id: "B-1".parse().unwrap(),
            amount: Yen::new(amount),
            bank: "9999".parse().unwrap(),
            channel: Channel::Counter,
            clearing_date: day(),
            clearing_serial: Serial::new(of).unwrap(),
        })
    }

    fn normal(provisional: Option<ResponseCode>) -> Body {
        Body::ClearingAnswer(ClearingAnswer::Normal { provisional, reference: None })
    }

    fn cancelled(code: ResponseCode) -> Body {
        Body::CancellationAnswer(CancellationAnswer { code, reference: None })
    }

    /// Four clearings, of which two are cancelled since and one is refused.
    fn four() -> Records {
        let mut records = Records::default();
        let refused = ClearingAnswer::Refused { code: ResponseCode::AmountDiffers, reference: None };
        add(&mut records, 4, clearing("4", 4), Body::ClearingAnswer(refused));
        add(&mut records, 1, clearing("1", 1), normal(None));
        add(&mut records, 2, clearing("2", 20), normal(None));
        add(&mut records, 3, clearing("3", 300), normal(Some(ResponseCode::AmountDiffers)));
        add(&mut records, 5, cancellation("2", 20, 2), cancelled(ResponseCode::Normal));
        add(&mut records, 6, cancellation("3", 300, 3), cancelled(ResponseCode::Normal));
        add(&mut records, 7, cancellation("1", 2, 1), cancelled(ResponseCode::BillNotObtained));
        records
    }

    #[test]
    fn counters_keep_what_was_cancelled_and_lines_say_so() {
        let (records, hub) = (four(), key(1).centre);
        let shown = |status: LineStatus| {
            let counters = records.counters(&hub, day());
            let tally = match status {
                LineStatus::Cleared => counters.cleared,
                LineStatus::Provisional => counters.provisional,
                _ => counters.cancelled,
            };
            (tally.count, tally.amount.get())
        };
        assert_eq!(shown(LineStatus::Cleared), (2, 21));
        assert_eq!(shown(LineStatus::Provisional), (1, 300));
        assert_eq!(shown(LineStatus::Cancelled), (2, 320));
        let lines = |after: Option<u32>| {
            let after = after.map(|serial| Serial::new(serial).unwrap());
            let lines = records.lines(&hub, day(), after).into_iter();
            lines.map(|line| (line.serial.get(), line.status.as_str())).collect::<Vec<_>>()
        };
        assert_eq!(lines(None), [(1, "cleared"), (2, "cancelled"), (3, "cancelled"), (4, "refused")]);
        assert_eq!(lines(Some(3)), [(4, "refused")]);
        assert_eq!(lines(Some(4)), []);
        let (other_hub, other_day) = ("MPN0001".parse().unwrap(), day().succ_opt().unwrap());
        assert_eq!(records.counters(&other_hub, day()), Counters::default());
        assert_eq!(records.counters(&hub, other_day), Counters::default());
    }

    #[test]
    fn a_bill_is_paid_by_a_clearing_that_fits_and_was_not_cancelled() {
        let (mut records, id) = (four(), "B-1".parse().unwrap());
        let is_paid = |records: &Records, customer: &str| records.is_paid(&customer.parse().unwrap(), &id);
        assert_eq!(
            ["1", "2", "3", "4"].map(|customer| is_paid(&records, customer)),
            [true, false, false, false]
        );
        assert!(!records.is_paid(&"1".parse().unwrap(), &"B-2".parse().unwrap()));
        assert!(records.is_cancelled(&key(2)) && !records.is_cancelled(&key(1)));
        add(&mut records, 8, clearing("2", 20), normal(None));
        assert!(is_paid(&records, "2"), "under another key it can be paid again");
        let record = records.under(&key(8)).unwrap();
        assert_eq!((record.status, &record.body), (LineStatus::Cleared, &clearing("2", 20)));
        assert!(records.under(&key(9)).is_none());
    }

    #[test]
    fn days_go_forward_and_a_late_close_is_of_the_day_it_names() {
        let (mut records, hub) = (Records::default(), key(1).centre);
        let (bank, kind) = ("9999".parse().unwrap(), Kind::Private);
        let service = Service { bank, kind };
        let done = || Body::ServiceAnswer(ServiceAnswer { code: ResponseCode::Normal });
        assert_eq!(records.told(&hub, day()), None);
        add(&mut records, 1, Body::Open(service.clone()), done());
        assert_eq!(records.told(&hub, day()), Some(Told::Open));
        add(&mut records, 2, Body::PreClose(service.clone()), done());
        add(&mut records, 3, Body::Open(service.clone()), done());
        assert_eq!(records.told(&hub, day()), Some(Told::PreClosed));
        let before = day().pred_opt().unwrap();
        let counters = Counters::default();
        let close = Close { bank: service.bank, kind, counted_date: before, counters };
        add(&mut records, 4, Body::Close(close), Body::CounterAnswer(CounterAnswer::Counted(counters)));
        assert_eq!(records.told(&hub, before), Some(Told::Closed));
        assert_eq!(records.told(&hub, day()), Some(Told::PreClosed));
        assert!(records.under(&key(1)).is_none(), "they are not recorded under their keys");
    }

    #[test]
    fn an_advice_is_contradicted_by_another_content_under_its_number() {
        let (mut records, hub) = (Records::default(), key(1).centre);
        let advice = SettlementAdvice {
            bank: "9999".parse().unwrap(),
            settlement: "S-1".parse().unwrap(),
            window_date: day(),
            pay_date: day(),
            count: 1,
            amount: Yen::new(1),
        };
        assert!(!records.contradicts(&hub, &advice));
        let noted = SettlementAdviceAnswer { code: ResponseCode::Normal };
        add(&mut records, 1, Body::SettlementAdvice(advice.clone()), Body::SettlementAdviceAnswer(noted));
        assert!(!records.contradicts(&hub, &advice));
        let other = SettlementAdvice { count: 2, ..advice };
        assert!(records.contradicts(&hub, &other));
        assert!(!records.contradicts(&"MPN0001".parse().unwrap(), &other));
    }
}
