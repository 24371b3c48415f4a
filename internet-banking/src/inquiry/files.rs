//! The files in which an account's movements can be taken away, written line by line.

use std::io;

use domain::{Date, Timestamp, Yen};
use formats::iso20022::camt::{Camt, Entry, Head, Message, Total};
use formats::zengin::{self, Period, WriteError, incoming, statement};
use ledger::StatementSums;

use super::links::List;
use super::written::Known;
use crate::contracts::code;
use crate::csv::Csv;

code! {
    /// A file of an account's movements.
    File {
        /// 入出金明細 for spreadsheets.
        Csv = "csv", "CSV";
        /// 入出金取引明細, Zengin kind 03.
        Zengin03 = "zengin03", "全銀 入出金取引明細(03)";
        /// The same as XML.
        Camt052 = "camt052", "XML(camt.052)";
        /// 振込入金明細 for spreadsheets.
        IncomingCsv = "incoming-csv", "CSV";
        /// 振込入金通知, Zengin kind 01.
        Zengin01 = "zengin01", "全銀 振込入金通知(01)";
        /// The same as XML.
        Camt054 = "camt054", "XML(camt.054)";
    }
}

impl File {
    /// Which movements it has.
    pub const fn list(self) -> List {
        match self {
            Self::Csv | Self::Zengin03 | Self::Camt052 => List::Statement,
            Self::IncomingCsv | Self::Zengin01 | Self::Camt054 => List::Incoming,
        }
    }

    /// What is in it, as the name of the file says.
    pub const fn contents(self) -> &'static str {
        match self {
            Self::Csv => "入出金明細",
            Self::Zengin03 => "入出金取引明細(全銀03)",
            Self::Camt052 => "入出金取引明細(camt052)",
            Self::IncomingCsv => "振込入金明細",
            Self::Zengin01 => "振込入金通知(全銀01)",
            Self::Camt054 => "振込入金通知(camt054)",
        }
    }

    /// Whether balances go with it, so that it has every movement of its days whatever else is searched for.
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::Zengin03 | Self::Camt052)
    }

    /// Its media type and the end of its name.
    pub const fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::Csv | Self::IncomingCsv => ("text/csv; charset=utf-8", "csv"),
            Self::Zengin03 | Self::Zengin01 => ("application/octet-stream", "txt"),
            Self::Camt052 | Self::Camt054 => ("application/xml", "xml"),
        }
    }
}

/// A value that has no place in the file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Of a Zengin record.
    #[error(transparent)]
    Zengin(#[from] WriteError),
    /// Of the XML.
    #[error(transparent)]
    Xml(#[from] io::Error),
}

/// What stands before and behind the movements.
pub struct About {
    /// The account.
    pub account: zengin::Account,
    /// When the file is made.
    pub now: Timestamp,
    /// The first and the last day.
    pub days: (Date, Date),
    /// The balance before the first movement.
    pub opening: Yen,
    /// The sums of all movements.
    pub sums: StatementSums,
}

/// A file being written.
pub enum Writer {
    /// CSV.
    Csv(Csv, List),
    /// 03.
    Statement(statement::Writer),
    /// 01.
    Incoming(incoming::Writer),
    /// XML.
    Camt(Box<Camt>),
}

impl Writer {
    /// Begins a file: what stands before its movements.
    pub fn begin(file: File, about: &About) -> Result<(Self, Vec<u8>), FileError> {
        let period = Period { created: about.now.date(), from: about.days.0, until: about.days.1 };
        let list = file.list();
        Ok(match file {
            File::Csv | File::IncomingCsv => {
                let mut csv = Csv::new(match list {
                    List::Statement => &["日付", "時刻", "摘要", "入金額", "出金額", "差引残高"],
                    List::Incoming => {
                        &["日付", "時刻", "振込依頼人", "仕向銀行", "仕向店", "金額", "EDI情報"]
                    }
                });
                let head = csv.take();
                (Self::Csv(csv, list), head)
            }
            File::Zengin03 => {
                let (writer, head) = statement::Writer::begin(&about.account, &period, about.opening)?;
                (Self::Statement(writer), head)
            }
            File::Zengin01 => {
                let (writer, head) = incoming::Writer::begin(&about.account, &period, about.sums.largest)?;
                (Self::Incoming(writer), head)
            }
            File::Camt052 | File::Camt054 => {
                let mut camt = camt(file, about)?;
                let head = camt.take();
                (Self::Camt(Box::new(camt)), head)
            }
        })
    }

    /// Writes a movement.
    pub fn line(&mut self, known: &Known) -> Result<Vec<u8>, FileError> {
        let line = &known.line;
        let (day, number) = (line.at.date(), line.position.unsigned_abs());
        Ok(match self {
            Self::Csv(csv, list) => {
                csv_row(csv, *list, known);
                csv.take()
            }
            Self::Statement(writer) => writer.line(&statement::Line {
                number,
                day,
                movement: known.movement(),
                amount: line.amount,
                remitter: known.remitter(),
                narrative: known.narrative(),
            })?,
            Self::Incoming(writer) => writer.line(&incoming::Line {
                number,
                day,
                amount: line.amount,
                remitter: known.remitter(),
            })?,
            Self::Camt(camt) => {
                camt.entry(&Entry {
                    reference: line.transfer.uuid().simple().to_string(),
                    day,
                    amount: line.amount,
                    movement: known.movement(),
                    remitter: &known.remitter(),
                    narrative: &line.memo,
                })?;
                camt.take()
            }
        })
    }

    /// What stands behind the movements.
    pub fn end(self) -> Result<Vec<u8>, FileError> {
        Ok(match self {
            Self::Csv(..) => Vec::new(),
            Self::Statement(writer) => writer.end()?,
            Self::Incoming(writer) => writer.end()?,
            Self::Camt(camt) => camt.end()?,
        })
    }
}

fn camt(file: File, about: &About) -> Result<Camt, FileError> {
    let message = if file == File::Camt052 { Message::Report } else { Message::Notification };
    let total = |(count, sum): (i64, Yen)| Total { count: count.unsigned_abs(), sum };
    let (credits, debits) = (about.sums.credits, about.sums.debits);
    let too_large = || io::Error::other("the closing balance does not fit");
    let closing = about.opening.checked_add(credits.1).and_then(|sum| sum.checked_sub(debits.1));
    let closing = closing.ok_or_else(too_large)?;
    let account = &about.account;
    let head = Head {
        id: format!("{}-{}-{}-{}", about.now.seconds(), account.branch, account.kind, account.number),
        created: about.now,
        days: about.days,
        account,
        balances: file.is_whole().then_some((about.opening, closing)),
        credits: total(credits),
        debits: total(debits),
    };
    Ok(Camt::begin(message, &head)?)
}

fn csv_row(csv: &mut Csv, list: List, known: &Known) {
    let line = &known.line;
    let (day, time) = (line.at.date().to_string(), line.at.time().format("%H:%M:%S").to_string());
    let amount = line.amount.get().unsigned_abs().to_string();
    match (list, &known.sent) {
        (List::Incoming, Some(sent)) => {
            csv.row(&[&day, &time, &sent.name, &sent.bank.1, &sent.branch.1, &amount, &sent.edi]);
        }
        (List::Incoming, None) => csv.row(&[&day, &time, "", "", "", &amount, ""]),
        (List::Statement, _) => {
            let is_out = line.amount < Yen::ZERO;
            let (credit, debit) = if is_out { ("", amount.as_str()) } else { (amount.as_str(), "") };
            let balance = line.balance_after.get();
            // a negative balance is a number, which a guard against formulas would make a text
            csv.row_with_number(&[&day, &time, &line.memo, credit, debit], balance);
        }
    }
}
