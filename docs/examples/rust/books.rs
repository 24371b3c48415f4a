//! How the collector decides.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD as BASE64, Engine as _};

use crate::Failure;
use crate::message::Key;
use crate::message::{Message, Values, read, today, write};
use crate::record::{Bill, Collector, Entry, Record, numbers};

impl Collector {
    /// The answer to a message that is signed; nothing where not even its header can be read.
    pub fn answer(&mut self, content: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        let Some(message) = read(content) else { return Ok(None) };
        let refuse = |name: &str| Ok(Some(write(&message, name, "9003", "")));
        let Some(body) = &message.body else { return refuse(&message.name) };
        match message.name.as_str() {
            "ResendConfirmation" => {
                // the bytes that are recorded and compared
                let content = BASE64
                    .decode(body["Original"].split_whitespace().collect::<String>())
                    .unwrap_or_default();
                let Some(original) = read(&content) else { return refuse("") };
                let is_right = original.key == message.key && original.body.is_some();
                match original.name.as_str() {
                    "Clearing" | "Cancellation" if is_right => self.once(&original, &content, true).map(Some),
                    "Cancellation" => refuse("Cancellation"),
                    _ => refuse(""),
                }
            }
            "Clearing" | "Cancellation" => self.once(&message, content, false).map(Some),
            _ if !self.is_for_us(&message, body) => refuse(&message.name),
            name => {
                let (code, rest) = match name {
                    "Inquiry" => self.inquire(&message, body),
                    "Open" => (self.tell(&message, body, 0)?, String::new()),
                    "PreClose" => (self.tell(&message, body, 1)?, String::new()),
                    "Close" => match self.tell(&message, body, 2)? {
                        // your system would compare the hub's Counters with its own here
                        "0000" => ("0000", self.counters(&message.key.0, &body["CountedDate"])),
                        code => (code, String::new()),
                    },
                    "SettlementAdvice" => (self.advise(&message, body)?, String::new()),
                    _ => match self.refusal(body, &body["CountedDate"]) {
                        Some(code) => (code, String::new()),
                        None if name == "Lines" => ("0000", self.lines(&message.key.0, body)),
                        None => ("0000", self.counters(&message.key.0, &body["CountedDate"])),
                    },
                };
                Ok(Some(write(&message, name, code, &rest)))
            }
        }
    }

    fn is_for_us(&self, message: &Message, body: &Values) -> bool {
        let number = &self.settings.collector;
        message.key.0 == "MPN9999"
            && message.header["Receiver"] == format!("C{number}")
            && body.get("Collector").is_none_or(|own| *own == format!("{number}000"))
    }

    /// What a day was told; else the hours count, and ours are round the clock until today.
    fn state(&self, sender: &str, day: &str) -> Option<u8> {
        let told = self.days.get(&(sender.to_owned(), day.to_owned())).copied();
        told.or((day <= today().as_str()).then_some(0))
    }

    /// The bills that can be paid under these numbers, or the code that says why there are none.
    fn look_up(&self, message: &Message, body: &Values) -> Result<Vec<(&str, &Bill)>, &'static str> {
        let of = (body["CustomerNumber"].clone(), String::new());
        let bills: Vec<_> =
            self.bills.range(of.clone()..).take_while(|((number, _), _)| *number == of.0).collect();
        let unpaid = bills
            .iter()
            .filter(|(_, bill)| bill.paid_by.is_none())
            .map(|((_, id), bill)| (id.as_str(), *bill));
        let unpaid: Vec<_> = unpaid.collect();
        match bills.first().map(|(_, bill)| *bill) {
            _ if body["Bank"] != self.settings.bank => Err("A002"),
            _ if !self.settings.channels.contains(&body["Channel"]) => Err("A010"),
            None => Err("A003"),
            Some(bill) if bill.confirmation != body["ConfirmationNumber"] => Err("A004"),
            Some(bill) if bill.category.as_ref() != body.get("PaymentCategory") => Err("A013"),
            Some(bill) => match bill.outcome.as_str() {
                "already_paid" => Err("B201"),
                "stopped" => Err("B205"),
                "unavailable" => Err("A101"),
                "not_yet" => Err("B204"),
                _ if unpaid.is_empty() => Err("B201"),
                _ if bill.clear_by < message.key.1 => Err("B202"),
                _ => Ok(unpaid),
            },
        }
    }

    fn inquire(&self, message: &Message, body: &Values) -> (&'static str, String) {
        if self.state(&message.key.0, &message.key.1) != Some(0) {
            return ("A001", String::new());
        }
        let bills = match self.look_up(message, body) {
            // the payer types an amount where we have none, and nowhere else
            Ok(bills)
                if bills
                    .iter()
                    .any(|(_, b)| (b.outcome == "typed_amount") != body.contains_key("Amount")) =>
            {
                Err("9003")
            }
            found => found,
        };
        let told = |(id, b): (&str, &Bill)| {
            let amount = body.get("Amount").cloned().unwrap_or_else(|| b.amount.to_string());
            format!(
                "<Bill><BillId>{id}</BillId><Payer>見本商事</Payer><Contents>見本料金</Contents><Amount>{amount}</Amount>\
                 <Fee>{}</Fee><LateCharge>{}</LateCharge><ClearBy>{}</ClearBy></Bill>",
                b.fee, b.late_charge, b.clear_by
            )
        };
        bills.map_or_else(
            |code| (code, String::new()),
            |bills| ("0000", bills.into_iter().map(told).collect()),
        )
    }

    fn once(&mut self, message: &Message, content: &[u8], resent: bool) -> Result<Vec<u8>, Failure> {
        let (name, (sender, day, serial)) = (message.name.as_str(), &message.key);
        if let Some(record) = self.records.get(&message.key) {
            // before all else, whatever has changed since
            let is_same = record.message == content;
            return Ok(if is_same { record.answer.clone() } else { write(message, name, "B901", "") });
        }
        let body = message.body.clone().filter(|body| self.is_for_us(message, body));
        let Some(body) = body else { return Ok(write(message, name, "9003", "")) };
        // what was carried over the close can still be settled
        let state = self.state(sender, day).map(|own| match self.state(sender, &today()) {
            Some(present) if resent && own == 2 => present,
            _ => own,
        });
        if state.is_none() || state == Some(2) && name == "Clearing" {
            return Ok(write(message, name, "A001", "")); // nothing is recorded: the hub comes again
        }
        let (code, provisional) = match name {
            "Clearing" => self.clear(message, &body),
            _ => (self.cancel(message, &body), None),
        };
        let mut rest =
            provisional.map(|why| format!("<ProvisionalCode>{why}</ProvisionalCode>")).unwrap_or_default();
        if code == "0000" {
            let number = &self.settings.collector;
            rest.push_str(&format!("<Reference>{number}-{}-{serial}</Reference>", day.replace('-', "")));
        }
        let answer = write(message, name, code, &rest);
        let (code, provisional) = (code.to_owned(), provisional.map(str::to_owned));
        let (message, name, key) = (content.to_vec(), name.to_owned(), message.key.clone());
        let given = answer.clone();
        self.keep(Entry::Record(
            key,
            Record { message, answer, name, body, code, provisional, cancelled: false },
        ))?;
        Ok(given)
    }

    /// The code, and where the payer has paid what does not fit, why.
    fn clear(&self, message: &Message, body: &Values) -> (&'static str, Option<&'static str>) {
        let (amount, fee) = (body["Amount"].parse().unwrap_or(0), body["Fee"].parse().unwrap_or(0));
        let wrong = match (self.look_up(message, body), self.bills.get(&numbers(body))) {
            (Err(code), _) => Some(code),
            (_, None) => Some("A101"),
            (_, Some(bill)) if matches!(bill.outcome.as_str(), "provisional" | "refused") => Some("A101"),
            (_, Some(bill)) if bill.paid_by.is_some() => Some("B201"),
            _ if body.get("ClearBy").is_some_and(|last| *last < today()) => Some("B202"),
            (_, Some(bill)) if bill.fee != fee || bill.outcome != "typed_amount" && bill.amount != amount => {
                Some("B203")
            }
            _ => None,
        };
        match wrong {
            Some(code) if self.settings.kind == "national" => (code, None), // it alone may refuse
            wrong => ("0000", wrong),
        }
    }

    fn cancel(&self, message: &Message, body: &Values) -> &'static str {
        let key = (message.key.0.clone(), body["ClearingDate"].clone(), body["ClearingSerial"].clone());
        let cleared = self.records.get(&key).filter(|record| record.name == "Clearing");
        let is_it = |record: &&Record| {
            numbers(&record.body) == numbers(body)
                && record.body["Amount"] == body["Amount"]
                && record.code == "0000"
        };
        match cleared.filter(is_it) {
            _ if body["Bank"] != self.settings.bank => "A002",
            _ if body["Channel"] != "counter" || cleared.is_some_and(|c| c.body["Channel"] != "counter") => {
                "A301"
            }
            None => "A101",
            Some(record) if record.cancelled => "B201",
            _ if self.state(&key.0, &key.1) == Some(2) || key.1 != message.key.1 || key.1 < today() => "B202",
            Some(_) => "0000",
        }
    }

    fn refusal(&self, body: &Values, day: &str) -> Option<&'static str> {
        match () {
            () if body["ServiceKind"] != self.settings.kind => Some("9003"),
            () if body["Bank"] != self.settings.bank => Some("A002"),
            () if day > today().as_str() => Some("A601"),
            () => None,
        }
    }

    /// 開局, 予備閉局 and 閉局: a day only goes forward.
    fn tell(&mut self, message: &Message, body: &Values, state: u8) -> Result<&'static str, Failure> {
        let day = body.get("CountedDate").unwrap_or(&message.key.1).clone();
        if let Some(code) = self.refusal(body, &day) {
            return Ok(code);
        }
        let told = self.days.get(&(message.key.0.clone(), day.clone())).copied();
        if told.is_none_or(|told| told < state) {
            self.keep(Entry::Day(message.key.0.clone(), day, state))?;
        }
        Ok(if state == 0 && told.is_some_and(|told| told > 0) { "A001" } else { "0000" })
    }

    fn of_day<'a>(&'a self, sender: &'a str, day: &'a str) -> impl Iterator<Item = (&'a Key, &'a Record)> {
        self.records.iter().filter(move |(key, _)| key.0 == sender && key.1 == day)
    }

    fn counters(&self, sender: &str, day: &str) -> String {
        let tally = |name: &str, of: &str, is_provisional: bool| {
            let is_it = |record: &&Record| {
                record.name == of && record.code == "0000" && record.provisional.is_some() == is_provisional
            };
            let amounts = self.of_day(sender, day).map(|(_, record)| record).filter(is_it);
            let amounts: Vec<i64> = amounts.filter_map(|record| record.body["Amount"].parse().ok()).collect();
            let (count, sum) = (amounts.len(), amounts.iter().sum::<i64>());
            format!("<{name}><Count>{count}</Count><Amount>{sum}</Amount></{name}>")
        };
        let (cleared, provisional) =
            (tally("Cleared", "Clearing", false), tally("Provisional", "Clearing", true));
        format!("<Counters>{cleared}{provisional}{}</Counters>", tally("Cancelled", "Cancellation", false))
    }

    fn lines(&self, sender: &str, body: &Values) -> String {
        let after = body.get("After").map(String::as_str).unwrap_or_default();
        let all = self.of_day(sender, &body["CountedDate"]);
        let all: Vec<_> =
            all.filter(|(key, record)| record.name == "Clearing" && key.2.as_str() > after).collect();
        let line = |(key, record): &(&Key, &Record)| {
            let status = match record {
                record if record.code != "0000" => "refused",
                record if record.cancelled => "cancelled",
                record if record.provisional.is_some() => "provisional",
                _ => "cleared",
            };
            let (serial, amount) = (&key.2, &record.body["Amount"]);
            format!(
                "<Line><Serial>{serial}</Serial><Status>{status}</Status><Amount>{amount}</Amount></Line>"
            )
        };
        let more = if all.len() > 500 { "yes" } else { "no" };
        format!("{}<More>{more}</More>", all.iter().take(500).map(line).collect::<String>())
    }

    fn advise(&mut self, message: &Message, body: &Values) -> Result<&'static str, Failure> {
        let key = (message.key.0.clone(), body["Settlement"].clone());
        let content = format!("{:?}", body.iter().collect::<BTreeMap<_, _>>());
        match self.advices.get(&key) {
            _ if body["Bank"] != self.settings.bank => return Ok("A002"),
            Some(known) if *known != content => return Ok("B901"),
            Some(_) => {}
            None => self.keep(Entry::Advice(key.0, key.1, content))?,
        }
        Ok("0000")
    }
}
