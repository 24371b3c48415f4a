//! 入出金取引明細, kind 03: the movements of an account over a period.

use domain::{Date, Yen};

use super::record::{Reading, Writing, split};
use super::{Account, Period, ReadError, Remitter, WriteError};
use crate::kana::ZenginText;

/// 取引区分: what a movement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    /// 現金.
    Cash,
    /// 振込.
    Transfer,
    /// 振替.
    Account,
    /// その他.
    Other,
}

impl Movement {
    const ALL: [Self; 4] = [Self::Cash, Self::Transfer, Self::Account, Self::Other];

    /// The code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Cash => "10",
            Self::Transfer => "11",
            Self::Account => "14",
            Self::Other => "18",
        }
    }
}

/// A movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// 照会番号: names the line; the last eight digits are written.
    pub number: u64,
    /// 勘定日, and 預入・払出日, which is the same here.
    pub day: Date,
    /// What it is.
    pub movement: Movement,
    /// Positive in, negative out.
    pub amount: Yen,
    /// Who sent it; nothing of it where it is no incoming transfer.
    pub remitter: Remitter,
    /// 摘要内容.
    pub narrative: ZenginText,
}

/// Counts and sums of both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    credits: (u64, Yen),
    debits: (u64, Yen),
}

impl Sums {
    fn add(&mut self, amount: Yen) -> Option<()> {
        let of = if amount > Yen::ZERO { &mut self.credits } else { &mut self.debits };
        *of = (of.0 + 1, of.1.checked_add(Yen::new(amount.get().checked_abs()?))?);
        Some(())
    }
}

/// A file being written, record by record.
#[derive(Debug)]
pub struct Writer {
    sums: Sums,
    balance: Yen,
}

impl Writer {
    /// Begins a file with its header. `opening` is the balance before the first line.
    pub fn begin(account: &Account, period: &Period, opening: Yen) -> Result<(Self, Vec<u8>), WriteError> {
        let header = Writing::new(1)
            .digits("種別コード", 2, "03")
            .digits("コード区分", 1, "0")
            .day("作成日", period.created)
            .day("勘定日(自)", period.from)
            .day("勘定日(至)", period.until)
            .digits("銀行コード", 4, &account.bank)
            .text(15, &account.bank_name)
            .digits("支店コード", 3, &account.branch)
            .text(15, &account.branch_name)
            .digits("ダミー", 3, "")
            .count("預金種目", 1, u64::from(account.kind))
            .digits("口座番号", 10, &account.number)
            .text(40, &account.name)
            .sign(opening)
            .digits("通帳・証書区分", 1, "1")
            .yen("取引前残高", 14, opening)
            .end()?;
        Ok((Self { sums: Sums::default(), balance: opening }, header))
    }

    /// The record of a line.
    pub fn line(&mut self, line: &Line) -> Result<Vec<u8>, WriteError> {
        let too_large = || WriteError { field: "合計", width: 13, value: line.amount.to_string() };
        self.sums.add(line.amount).ok_or_else(too_large)?;
        self.balance = self.balance.checked_add(line.amount).ok_or_else(too_large)?;
        Writing::new(2)
            .count("照会番号", 8, line.number % 100_000_000)
            .day("勘定日", line.day)
            .day("預入・払出日", line.day)
            .digits("入払区分", 1, if line.amount > Yen::ZERO { "1" } else { "2" })
            .digits("取引区分", 2, line.movement.code())
            .yen("取引金額", 12, line.amount)
            .yen("うち他店券金額", 12, Yen::ZERO)
            .digits("交換呈示日", 6, "")
            .digits("不渡返還日", 6, "")
            .digits("手形・小切手区分", 1, "")
            .digits("手形・小切手番号", 7, "")
            .digits("僚店番号", 3, "")
            .digits("振込依頼人コード", 10, &line.remitter.code)
            .text(48, &line.remitter.name)
            .text(15, &line.remitter.bank_name)
            .text(15, &line.remitter.branch_name)
            .text(20, &line.narrative)
            .text(20, &line.remitter.edi)
            .end()
    }

    /// Trailer and end. レコード総件数 counts all records, the end too.
    pub fn end(self) -> Result<Vec<u8>, WriteError> {
        let Sums { credits, debits } = self.sums;
        let lines = credits.0 + debits.0;
        let mut bytes = Writing::new(8)
            .count("入金件数", 6, credits.0)
            .yen("入金額合計", 13, credits.1)
            .count("出金件数", 6, debits.0)
            .yen("出金額合計", 13, debits.1)
            .sign(self.balance)
            .yen("取引後残高", 14, self.balance)
            .count("データ・レコード件数", 7, lines)
            .end()?;
        bytes.extend(Writing::new(9).count("レコード総件数", 10, lines + 3).count("口座数", 5, 1).end()?);
        Ok(bytes)
    }
}

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The account.
    pub account: Account,
    /// The period.
    pub period: Period,
    /// 取引前残高.
    pub opening: Yen,
    /// The movements.
    pub lines: Vec<Line>,
    /// 取引後残高.
    pub closing: Yen,
}

/// Reads a file of one account; days are seen from `today`.
pub fn read(bytes: &[u8], today: Date) -> Result<File, ReadError> {
    let records = split(bytes)?;
    let [header, lines @ .., trailer, end] = records.as_slice() else {
        return Err(ReadError::Order { record: records.len() });
    };
    let (account, period, opening) = read_header(header, today)?;
    let mut sums = Sums::default();
    let mut read = Vec::with_capacity(lines.len());
    for (record, bytes) in (2..).zip(lines) {
        let line = read_line(record, bytes, today)?;
        sums.add(line.amount).ok_or(ReadError::Field { record, field: "取引金額" })?;
        read.push(line);
    }
    let mut fields = Reading::new(records.len() - 1, trailer, 8, today)?;
    for (count, sum, (counted, summed)) in
        [("入金件数", "入金額合計", sums.credits), ("出金件数", "出金額合計", sums.debits)]
    {
        let (has, amount) = (fields.count(count, 6)?, fields.yen(sum, 13)?);
        fields.must(count, has == counted)?;
        fields.must(sum, amount == summed)?;
    }
    let closing = fields.signed("取引後残高", 14, 0)?;
    let expected = opening.checked_add(sums.credits.1).and_then(|sum| sum.checked_sub(sums.debits.1));
    fields.must("取引後残高", Some(closing) == expected)?;
    let count = fields.count("データ・レコード件数", 7)?;
    fields.must("データ・レコード件数", usize::try_from(count) == Ok(read.len()))?;
    Reading::new(records.len(), end, 9, today)?;
    Ok(File { account, period, opening, lines: read, closing })
}

fn read_header(bytes: &[u8], today: Date) -> Result<(Account, Period, Yen), ReadError> {
    let mut fields = Reading::new(1, bytes, 1, today)?;
    if fields.digits("種別コード", 2)? != "03" {
        return Err(fields.wrong("種別コード"));
    }
    if fields.digits("コード区分", 1)? != "0" {
        return Err(fields.wrong("コード区分"));
    }
    let period = Period {
        created: fields.day("作成日")?,
        from: fields.day("勘定日(自)")?,
        until: fields.day("勘定日(至)")?,
    };
    let (bank, bank_name) = (fields.digits("銀行コード", 4)?, fields.text("銀行名", 15)?);
    let (branch, branch_name) = (fields.digits("支店コード", 3)?, fields.text("支店名", 15)?);
    fields.skip(3);
    let kind = fields.count("預金種目", 1)?.try_into().map_err(|_| fields.wrong("預金種目"))?;
    let number = fields.digits("口座番号", 10)?;
    let number = number.strip_prefix("000").ok_or_else(|| fields.wrong("口座番号"))?.to_owned();
    let name = fields.text("口座名", 40)?;
    let opening = fields.signed("取引前残高", 14, 1)?;
    Ok((Account { bank, bank_name, branch, branch_name, kind, number, name }, period, opening))
}

fn read_line(record: usize, bytes: &[u8], today: Date) -> Result<Line, ReadError> {
    let mut fields = Reading::new(record, bytes, 2, today)?;
    let number = fields.count("照会番号", 8)?;
    let day = fields.day("勘定日")?;
    fields.skip(6);
    let direction = fields.count("入払区分", 1)?;
    let code = fields.digits("取引区分", 2)?;
    let movement = Movement::ALL.into_iter().find(|movement| movement.code() == code);
    let movement = movement.ok_or_else(|| fields.wrong("取引区分"))?;
    let amount = fields.yen("取引金額", 12)?;
    let amount = match direction {
        1 => amount,
        2 => Yen::new(-amount.get()),
        _ => return Err(fields.wrong("入払区分")),
    };
    fields.skip(12 + 6 + 6 + 1 + 7 + 3);
    let code = fields.digits("振込依頼人コード", 10)?;
    let code = if code.bytes().all(|digit| digit == b'0') { String::new() } else { code };
    let name = fields.text("振込依頼人名", 48)?;
    let (bank_name, branch_name) = (fields.text("仕向銀行名", 15)?, fields.text("仕向店名", 15)?);
    let narrative = fields.text("摘要内容", 20)?;
    let edi = fields.text("EDI情報", 20)?;
    let remitter = Remitter { code, name, bank_name, branch_name, edi };
    Ok(Line { number, day, movement, amount, remitter, narrative })
}
