//! What the collector was told of its days, and what it counts of each.

use collectors::protocol::{
    Close, CounterAnswer, Counters, Header, Line, LineStatus, Lines, LinesAnswer, Tally,
};
use domain::{Date, ResponseCode, Yen};

use super::clearing::Record;
use super::{Collector, Now};

/// A day only goes forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Told {
    Open,
    PreClosed,
    Closed,
}

fn add(tally: &mut Tally, record: &Record) {
    for amount in record.entry.amounts(record.amount) {
        tally.count += 1;
        tally.amount = Yen::new(tally.amount.get() + amount);
    }
}

impl Collector {
    fn told(&self, date: Date) -> Option<Told> {
        self.days.get(&date).copied()
    }

    pub(super) fn is_closed(&self, date: Date) -> bool {
        self.told(date) == Some(Told::Closed)
    }

    /// Whether a new clearing under a key of that day is decided.
    pub(super) fn takes(&self, date: Date, now: Now) -> bool {
        let open = match self.told(date) {
            Some(told) => told != Told::Closed,
            None => self.row.hours.is_open(now.business),
        };
        open && now.us >= self.stalled_until_us
    }

    pub(super) fn inquires(&self, now: Now) -> bool {
        let open = match self.told(now.business.date()) {
            Some(told) => told == Told::Open,
            None => self.row.hours.is_open(now.business),
        };
        open && now.us >= self.stalled_until_us
    }

    fn tell(&mut self, date: Date, told: Told) {
        let before = self.told(date);
        self.days.insert(date, before.map_or(told, |before| before.max(told)));
    }

    pub(super) fn open(&mut self, header: &Header) -> ResponseCode {
        let date = header.processing_date;
        if self.told(date) > Some(Told::Open) {
            return ResponseCode::NotOpen;
        }
        self.tell(date, Told::Open);
        ResponseCode::Normal
    }

    pub(super) fn pre_close(&mut self, header: &Header) -> ResponseCode {
        self.tell(header.processing_date, Told::PreClosed);
        ResponseCode::Normal
    }

    pub(super) fn close(&mut self, close: &Close, now: Now) -> CounterAnswer {
        if close.counted_date <= now.business.date() {
            self.tell(close.counted_date, Told::Closed);
        }
        self.count(close.counted_date, now)
    }

    pub(super) fn count(&self, date: Date, now: Now) -> CounterAnswer {
        if date > now.business.date() {
            return CounterAnswer::Refused(ResponseCode::CounterDateWrong);
        }
        let mut counters = Counters::default();
        for record in self.records.values().filter(|record| record.date == date && record.cleared) {
            add(if record.provisional { &mut counters.provisional } else { &mut counters.cleared }, record);
            if record.cancelled_by.is_some() {
                add(&mut counters.cancelled, record);
            }
        }
        CounterAnswer::Counted(counters)
    }

    pub(super) fn lines(&self, asked: &Lines, now: Now) -> LinesAnswer {
        if asked.counted_date > now.business.date() {
            return LinesAnswer::Refused(ResponseCode::CounterDateWrong);
        }
        let of_day = self.records.values().filter(|record| record.date == asked.counted_date);
        let lines = of_day.filter(|record| asked.after.is_none_or(|after| record.serial > after)).flat_map(
            |record| {
                let status = match record {
                    Record { cancelled_by: Some(_), .. } => LineStatus::Cancelled,
                    Record { cleared: false, .. } => LineStatus::Refused,
                    Record { provisional: true, .. } => LineStatus::Provisional,
                    _ => LineStatus::Cleared,
                };
                let serial = record.serial;
                let amounts = record.entry.amounts(record.amount);
                amounts.map(move |amount| Line { serial, status, amount: Yen::new(amount) })
            },
        );
        LinesAnswer::page(lines.collect())
    }
}
