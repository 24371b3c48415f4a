//! The businesses, and the records of their rows.

use domain::{AccountKind, AccountRef, Date, Yen};
use formats::banks::Directory;
use formats::zengin::{Debits, LocalTax, Payroll, Record, Rules, Tolerance, Transfers, check_line};
use formats::zengin::{debit, local_tax, payroll, transfer};
use formats::{Business, Findings};

use crate::row::Fault;
use crate::words::words;

/// Faults of one row that are kept.
const FAULTS_MAX: usize = 8;
/// Where a row of a transfer or a debit has its amount.
const AMOUNT: std::ops::Range<usize> = 80..90;

words! {
    /// A business that is done in bulk.
    Kind:
    /// 総合振込, 21.
    Transfers = "transfers" "総合振込",
    /// 給与振込, 11 and 71.
    Salaries = "salaries" "給与振込",
    /// 賞与振込, 12 and 72.
    Bonuses = "bonuses" "賞与振込",
    /// 口座振替(本支店型), 91: from accounts of this bank.
    Debits = "debits" "口座振替(本支店型)",
    /// 口座振替(全国ネット型), 91: from accounts of other banks too.
    NetworkDebits = "network_debits" "口座振替(全国ネット型)",
    /// 地方税納付, 99.
    LocalTax = "local_tax" "地方税納付",
}

impl Kind {
    /// The business by which rows are counted (R113, R114, R116).
    pub const fn counted(self) -> Business {
        match self {
            Self::Transfers => Business::Transfers,
            Self::Salaries | Self::Bonuses => Business::Payroll,
            Self::Debits | Self::NetworkDebits => Business::Debits,
            Self::LocalTax => Business::LocalTax,
        }
    }

    /// Whether money is collected and not paid.
    pub const fn collects(self) -> bool {
        matches!(self, Self::Debits | Self::NetworkDebits)
    }

    /// What the day of its batches is called.
    pub const fn day_name(self) -> &'static str {
        match self {
            Self::Transfers | Self::Salaries | Self::Bonuses => "振込指定日",
            Self::Debits | Self::NetworkDebits => "引落日",
            Self::LocalTax => "納付期限",
        }
    }
}

/// A row's record, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// 総合振込.
    Transfer(transfer::Line),
    /// 給与・賞与振込.
    Payroll(payroll::Line),
    /// 口座振替.
    Debit(debit::Line),
    /// 地方税納付.
    Tax(local_tax::Line),
}

impl Line {
    /// Reads the record of a business, or tells everything that is wrong with it; `number` is its place. Banks and
    /// branches are looked up where there is a directory: in [`Bulk::directory`](crate::Bulk::directory) for what
    /// comes from outside.
    pub fn read(
        kind: Kind,
        number: usize,
        record: &Record,
        directory: Option<&Directory>,
    ) -> Result<Self, Vec<Fault>> {
        let rules = Rules {
            // no line has a day
            today: Date::default(),
            tolerance: Tolerance::default(),
            directory,
            lines_max: usize::MAX,
            findings_max: FAULTS_MAX,
        };
        let line = match kind {
            Kind::Transfers => check_line(&Transfers, number, record, &rules).map(Self::Transfer),
            Kind::Salaries => check_line(&Payroll::Salaries, number, record, &rules).map(Self::Payroll),
            Kind::Bonuses => check_line(&Payroll::Bonuses, number, record, &rules).map(Self::Payroll),
            Kind::Debits | Kind::NetworkDebits => {
                check_line(&Debits::Request, number, record, &rules).map(Self::Debit)
            }
            Kind::LocalTax => check_line(LocalTax::embedded(), number, record, &rules).map(Self::Tax),
        };
        let line = line.map_err(|findings: Findings| Fault::all(&findings))?;
        match line.account() {
            None if kind != Kind::LocalTax => Err(vec![Fault::account_kind()]),
            _ => Ok(line),
        }
    }

    /// The account that is credited, or debited by 口座振替: none of a tax, and none where 預金種目 is one that no transfer
    /// can be made with.
    pub fn account(&self) -> Option<AccountRef> {
        let (bank, branch, kind, number) = match self {
            Self::Transfer(line) => (&line.bank, &line.branch, line.account_kind, &line.number),
            Self::Payroll(line) => (&line.bank, &line.branch, line.account_kind, &line.number),
            Self::Debit(line) => (&line.bank, &line.branch, line.account_kind, &line.number),
            Self::Tax(_) => return None,
        };
        Some(AccountRef {
            bank: bank.as_str().parse().ok()?,
            branch: branch.as_str().parse().ok()?,
            kind: AccountKind::from_digit(char::from(kind.0))?,
            number: number.as_str().parse().ok()?,
        })
    }

    /// The same payment as a row of 総合振込: what became too late as a salary. Nothing of a debit or a tax.
    pub fn as_transfer(&self) -> Option<Record> {
        match self {
            Self::Transfer(line) => Some(line.write()),
            Self::Payroll(line) => Some(
                transfer::Line {
                    bank: line.bank,
                    bank_name: line.bank_name,
                    branch: line.branch,
                    branch_name: line.branch_name,
                    clearing_house: line.clearing_house,
                    account_kind: line.account_kind,
                    number: line.number,
                    name: line.name,
                    amount: line.amount,
                    newness: line.newness,
                    ..transfer::Line::default()
                }
                .write(),
            ),
            Self::Debit(_) | Self::Tax(_) => None,
        }
    }

    /// 受取人名 or 預金者名 in kana; of a tax the municipality's name.
    pub fn name(&self) -> String {
        match self {
            Self::Transfer(line) => line.name.to_string(),
            Self::Payroll(line) => line.name.to_string(),
            Self::Debit(line) => line.name.to_string(),
            Self::Tax(line) => LocalTax::embedded().municipality_name(line),
        }
    }

    /// What the record says is moved.
    pub fn amount(&self) -> Yen {
        let amount = match self {
            Self::Transfer(line) => line.amount.get(),
            Self::Payroll(line) => line.amount.get(),
            Self::Debit(line) => line.amount.get(),
            Self::Tax(line) => line.total.amount,
        };
        Yen::new(i64::try_from(amount).unwrap_or(i64::MAX))
    }
}

/// The record of a transfer with another amount.
pub(crate) fn with_amount(record: &Record, amount: Yen) -> Record {
    let mut changed = *record;
    for (place, digit) in changed[AMOUNT].iter_mut().zip(format!("{:010}", amount.get()).bytes()) {
        *place = digit;
    }
    changed
}
