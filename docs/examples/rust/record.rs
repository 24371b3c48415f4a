//! What the collector has: bills, and what it records of requests, a line of the journal each.

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::message::{Key, Values, now};

pub struct Bill {
    pub confirmation: String,
    pub category: Option<String>,
    pub amount: i64,
    pub fee: i64,
    pub late_charge: i64,
    pub clear_by: String,
    pub outcome: String,
    pub paid_by: Option<Key>,
}

/// A clearing or cancellation on record, byte for byte, with the answer that it got.
#[derive(Serialize, Deserialize)]
pub struct Record {
    pub message: Vec<u8>,
    pub answer: Vec<u8>,
    pub name: String,
    pub body: Values,
    pub code: String,
    pub provisional: Option<String>,
    pub cancelled: bool,
}

/// A line of the journal.
#[derive(Serialize, Deserialize)]
pub enum Entry {
    Record(Key, Record),
    /// What a day was told: 0 open, 1 pre-closed, 2 closed.
    Day(String, String, u8),
    Advice(String, String, String),
}

#[derive(Deserialize)]
pub struct Settings {
    pub collector: String,
    pub kind: String,
    pub endpoint: String,
    pub bank: String,
    pub channels: Vec<String>,
    pub collector_keys: Vec<HashMap<String, String>>,
    pub hub_key: HashMap<String, String>,
    pub numbers: Vec<HashMap<String, toml::Value>>,
}

pub struct Collector {
    pub settings: Settings,
    pub bills: BTreeMap<(String, String), Bill>,
    pub records: BTreeMap<Key, Record>,
    pub days: HashMap<(String, String), u8>,
    pub advices: HashMap<(String, String), String>,
    pub journal: std::fs::File,
}

impl Collector {
    /// The bills of test numbers: `{0000-0199}` stands for two hundred of them.
    pub fn make_bills(&mut self, of: &HashMap<String, toml::Value>) {
        let text = |name: &str| of.get(name).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        let (number, outcome) = (text("customer_number"), text("outcome"));
        let (before, range) = number.split_once('{').unwrap_or((&number, "0-0}"));
        let (first, last) = range.trim_end_matches('}').split_once('-').unwrap_or_default();
        let days = if outcome == "expired" { -1 } else { 60 };
        let clear_by = now().plus_seconds(days * 86_400).date().to_string();
        let ids: &[&str] = match outcome.as_str() {
            "several_bills" => &["B-1", "B-2", "B-3"],
            "unknown" => &[],
            _ => &["B-1"],
        };
        for n in first.parse::<u32>().unwrap_or(0)..=last.parse().unwrap_or(0) {
            let digits = if number.contains('{') {
                format!("{n:0width$}", width = first.len())
            } else {
                String::new()
            };
            for id in ids {
                let bill = Bill {
                    confirmation: text("confirmation_number"),
                    category: of.get("payment_category").and_then(toml::Value::as_str).map(str::to_owned),
                    amount: of.get("amount").and_then(toml::Value::as_integer).unwrap_or(10_000),
                    fee: if outcome == "fee" { 110 } else { 0 },
                    late_charge: if outcome == "late_charge" { 500 } else { 0 },
                    clear_by: clear_by.clone(),
                    outcome: outcome.clone(),
                    paid_by: None,
                };
                self.bills.insert((format!("{before}{digits}"), (*id).to_owned()), bill);
            }
        }
    }

    /// Writes a line and takes it over: the answer leaves after it is on the disk, or never.
    pub fn keep(&mut self, entry: Entry) -> Result<(), Failure> {
        self.journal.write_all(format!("{}\n", serde_json::to_string(&entry)?).as_bytes())?;
        self.journal.sync_data()?;
        self.apply(entry);
        Ok(())
    }

    pub fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Day(sender, day, state) => drop(self.days.insert((sender, day), state)),
            Entry::Advice(sender, settlement, content) => {
                drop(self.advices.insert((sender, settlement), content));
            }
            Entry::Record(key, record) => {
                let is_done = record.code == "0000" && record.provisional.is_none();
                if record.name == "Cancellation" && is_done {
                    let of = (
                        key.0.clone(),
                        record.body["ClearingDate"].clone(),
                        record.body["ClearingSerial"].clone(),
                    );
                    self.bills
                        .values_mut()
                        .filter(|b| b.paid_by.as_ref() == Some(&of))
                        .for_each(|b| b.paid_by = None);
                    self.records.entry(of).and_modify(|cleared| cleared.cancelled = true);
                } else if is_done && let Some(bill) = self.bills.get_mut(&numbers(&record.body)) {
                    bill.paid_by = Some(key.clone());
                }
                self.records.insert(key, record);
            }
        }
    }
}

/// Which bill a request is about.
pub fn numbers(body: &Values) -> (String, String) {
    (body["CustomerNumber"].clone(), body["BillId"].clone())
}
