//! One account and its movements, of which every file of these tests is made.

use domain::{Date, Timestamp, Yen};
use formats::iso20022::camt::{Camt, Entry, Head, Message, Total};
use formats::kana::{Class, ZenginText};
use formats::zengin::statement::{self, Movement};
use formats::zengin::{Account, Period, Remitter, incoming};

/// Movements of a long file.
pub const MANY: u64 = 10_000;
pub const OPENING: Yen = Yen::new(-1_500);

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn today() -> Date {
    day("2026-11-24")
}

pub fn text(typed: &str) -> ZenginText {
    ZenginText::typed(typed, Class::Edi).unwrap()
}

pub fn account() -> Account {
    Account {
        bank: "9999".to_owned(),
        bank_name: text("ミホン"),
        branch: "100".to_owned(),
        branch_name: text("ホンテン"),
        kind: 1,
        number: "0123456".to_owned(),
        name: text("カ)ミホンショウジ"),
    }
}

pub fn period() -> Period {
    Period { created: today(), from: day("2026-08-24"), until: today() }
}

pub fn remitter(name: &str) -> Remitter {
    Remitter {
        code: "1234567890".to_owned(),
        name: text(name),
        bank_name: text("レイジ"),
        branch_name: text("エキマエ"),
        edi: text("INV-2026/11 ヲ"),
    }
}

pub fn lines() -> Vec<statement::Line> {
    let line = |number, date: &str, movement, amount, remitter, narrative: &str| statement::Line {
        number,
        day: day(date),
        movement,
        amount: Yen::new(amount),
        remitter,
        narrative: text(narrative),
    };
    vec![
        line(100_000_001, "2026-08-24", Movement::Transfer, 1_080_000, remitter("ヤマダ タロウ"), "フリコミ"),
        line(123_456, "2026-09-30", Movement::Account, -25_300, Remitter::default(), "デンキリョウキン"),
        line(7, "2026-11-24", Movement::Other, 999_999_999_999, Remitter::default(), ""),
    ]
}

pub fn transfers() -> Vec<incoming::Line> {
    let transfer = |number, date: &str, amount, name: &str| incoming::Line {
        number,
        day: day(date),
        amount: Yen::new(amount),
        remitter: remitter(name),
    };
    vec![
        transfer(1_000_001, "2026-08-24", 1_080_000, "ヤマダ タロウ"),
        transfer(2, "2026-10-31", 9_999_999_999, "ユ)レイジセイサクショ"),
    ]
}

pub fn statement_file(lines: &[statement::Line]) -> Vec<u8> {
    let (mut writer, mut bytes) = statement::Writer::begin(&account(), &period(), OPENING).unwrap();
    for line in lines {
        bytes.extend(writer.line(line).unwrap());
    }
    bytes.extend(writer.end().unwrap());
    bytes
}

pub fn incoming_file(lines: &[incoming::Line]) -> Vec<u8> {
    let largest = lines.iter().map(|line| line.amount).max().unwrap_or_default();
    let (mut writer, mut bytes) = incoming::Writer::begin(&account(), &period(), largest).unwrap();
    for line in lines {
        bytes.extend(writer.line(line).unwrap());
    }
    bytes.extend(writer.end().unwrap());
    bytes
}

/// The movements of a long statement, of the same kinds.
pub fn many_lines() -> Vec<statement::Line> {
    let line = |(number, one): (u64, statement::Line)| {
        let amount = one.amount.get().signum() * i64::try_from(number).unwrap();
        statement::Line { number, amount: Yen::new(amount), ..one }
    };
    (1..=MANY).zip(lines().into_iter().cycle()).map(line).collect()
}

/// As many incoming transfers.
pub fn many_transfers() -> Vec<incoming::Line> {
    let line = |(number, one): (u64, incoming::Line)| {
        let amount = Yen::new(i64::try_from(number).unwrap());
        incoming::Line { number, amount, ..one }
    };
    (1..=MANY).zip(transfers().into_iter().cycle()).map(line).collect()
}

pub fn message(message: Message) -> Vec<u8> {
    message_of(message, &lines())
}

pub fn message_of(message: Message, lines: &[statement::Line]) -> Vec<u8> {
    let account = account();
    let lines: Vec<_> =
        lines.iter().filter(|line| message == Message::Report || !line.remitter.name.is_empty()).collect();
    let total = |is_credit: bool| {
        let of = lines.iter().filter(|line| (line.amount > Yen::ZERO) == is_credit);
        let amounts: Vec<i64> = of.map(|line| line.amount.get().abs()).collect();
        Total { count: amounts.len().try_into().unwrap(), sum: Yen::new(amounts.iter().sum()) }
    };
    let closing = lines.iter().fold(OPENING, |sum, line| sum.checked_add(line.amount).unwrap());
    let head = Head {
        id: "20261124100000-100-1-0123456".to_owned(),
        created: Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap(),
        days: (day("2026-08-24"), today()),
        account: &account,
        balances: (message == Message::Report).then_some((OPENING, closing)),
        credits: total(true),
        debits: total(false),
    };
    let mut camt = Camt::begin(message, &head).unwrap();
    let mut bytes = camt.take();
    for line in lines {
        let reference = format!("{:032}", line.number);
        let narrative = format!("{} <&\"漢字\u{1}", line.narrative);
        let (remitter, day, amount, movement) = (&line.remitter, line.day, line.amount, line.movement);
        let entry = Entry { reference, day, amount, movement, remitter, narrative: &narrative };
        camt.entry(&entry).unwrap();
        bytes.extend(camt.take());
    }
    bytes.extend(camt.end().unwrap());
    bytes
}
