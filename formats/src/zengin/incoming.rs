//! 振込入金通知, kind 01: the incoming transfers of an account over a period.
//!
//! Layout A has ten digits for an amount; where one of the file has more, all of its lines are in layout B.

use domain::{Date, Yen};

use super::record::{Reading, Writing, split};
use super::{Account, Period, ReadError, Remitter, WriteError};
use crate::kana::ZenginText;

/// Where layout A ends.
const LAYOUT_A_MAX: Yen = Yen::new(9_999_999_999);

/// An incoming transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// 照会番号: names the line; the last six digits are written.
    pub number: u64,
    /// 勘定日, and 起算日, which is the same here.
    pub day: Date,
    /// 金額.
    pub amount: Yen,
    /// Who sent it.
    pub remitter: Remitter,
}

/// A file being written, record by record.
#[derive(Debug)]
pub struct Writer {
    is_wide: bool,
    count: u64,
    sum: Yen,
}

impl Writer {
    /// Begins a file with its header. `largest` is the largest amount that it will have.
    pub fn begin(account: &Account, period: &Period, largest: Yen) -> Result<(Self, Vec<u8>), WriteError> {
        let header = Writing::new(1)
            .digits("種別コード", 2, "01")
            .digits("コード区分", 1, "0")
            .day("作成日", period.created)
            .day("勘定日(自)", period.from)
            .day("勘定日(至)", period.until)
            .digits("銀行コード", 4, &account.bank)
            .text(15, &account.bank_name)
            .digits("支店コード", 3, &account.branch)
            .text(15, &account.branch_name)
            .count("預金種目", 1, u64::from(account.kind))
            .digits("口座番号", 7, &account.number)
            .text(40, &account.name)
            .end()?;
        Ok((Self { is_wide: largest > LAYOUT_A_MAX, count: 0, sum: Yen::ZERO }, header))
    }

    /// The record of a transfer.
    pub fn line(&mut self, line: &Line) -> Result<Vec<u8>, WriteError> {
        self.count += 1;
        let too_large =
            || WriteError { field: "振込合計金額", width: 12, value: line.amount.to_string() };
        self.sum = self.sum.checked_add(line.amount).ok_or_else(too_large)?;
        let short = if self.is_wide { Yen::ZERO } else { line.amount };
        let record = Writing::new(2)
            .count("照会番号", 6, line.number % 1_000_000)
            .day("勘定日", line.day)
            .day("起算日", line.day)
            .yen("金額", 10, short)
            .yen("うち他店券金額", 10, Yen::ZERO)
            .digits("振込依頼人コード", 10, &line.remitter.code)
            .text(48, &line.remitter.name)
            .text(15, &line.remitter.bank_name)
            .text(15, &line.remitter.branch_name)
            .spaces(1);
        let record = if self.is_wide {
            record.yen("金額2", 12, line.amount).yen("うち他店券金額2", 12, Yen::ZERO)
        } else {
            record
        };
        record.text(20, &line.remitter.edi).end()
    }

    /// Trailer and end.
    pub fn end(self) -> Result<Vec<u8>, WriteError> {
        let mut bytes = Writing::new(8)
            .count("振込合計件数", 6, self.count)
            .yen("振込合計金額", 12, self.sum)
            .count("取消合計件数", 6, 0)
            .count("取消合計金額", 12, 0)
            .end()?;
        bytes.extend(Writing::new(9).end()?);
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
    /// The transfers.
    pub lines: Vec<Line>,
}

/// Reads a file of one account; days are seen from `today`.
pub fn read(bytes: &[u8], today: Date) -> Result<File, ReadError> {
    let records = split(bytes)?;
    let [header, lines @ .., trailer, end] = records.as_slice() else {
        return Err(ReadError::Order { record: records.len() });
    };
    let mut fields = Reading::new(1, header, 1, today)?;
    if fields.digits("種別コード", 2)? != "01" {
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
    let kind = fields.count("預金種目", 1)?.try_into().map_err(|_| fields.wrong("預金種目"))?;
    let (number, name) = (fields.digits("口座番号", 7)?, fields.text("口座名", 40)?);
    let mut sum = Yen::ZERO;
    let mut read = Vec::with_capacity(lines.len());
    for (record, bytes) in (2..).zip(lines) {
        let line = read_line(record, bytes, today)?;
        sum = sum.checked_add(line.amount).ok_or(ReadError::Field { record, field: "金額" })?;
        read.push(line);
    }
    let mut fields = Reading::new(records.len() - 1, trailer, 8, today)?;
    let (count, amount) = (fields.count("振込合計件数", 6)?, fields.yen("振込合計金額", 12)?);
    fields.must("振込合計件数", usize::try_from(count) == Ok(read.len()))?;
    fields.must("振込合計金額", amount == sum)?;
    Reading::new(records.len(), end, 9, today)?;
    let account = Account { bank, bank_name, branch, branch_name, kind, number, name };
    Ok(File { account, period, lines: read })
}

fn read_line(record: usize, bytes: &[u8], today: Date) -> Result<Line, ReadError> {
    // layout B has digits where A has the spaces behind its EDI
    let is_wide = bytes.get(128..152).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let mut fields = Reading::new(record, bytes, 2, today)?;
    let number = fields.count("照会番号", 6)?;
    let day = fields.day("勘定日")?;
    fields.skip(6);
    let short = fields.yen("金額", 10)?;
    fields.skip(10);
    let code = fields.digits("振込依頼人コード", 10)?;
    let code = if code.bytes().all(|digit| digit == b'0') { String::new() } else { code };
    let name: ZenginText = fields.text("振込依頼人名", 48)?;
    let (bank_name, branch_name) = (fields.text("仕向銀行名", 15)?, fields.text("仕向店名", 15)?);
    fields.skip(1);
    let amount = if is_wide {
        let amount = fields.yen("金額2", 12)?;
        fields.skip(12);
        amount
    } else {
        short
    };
    let edi = fields.text("EDI情報", 20)?;
    Ok(Line { number, day, amount, remitter: Remitter { code, name, bank_name, branch_name, edi } })
}
