//! What the pages show.

use askama::Template;
use domain::Yen;
use domain::time::month_day;
use edge::{Errors, Frame};
use ledger::StatementSums;

use super::chart::{self, Chart};
use super::files::File;
use super::links::{FileLink, List, ListLink, ListPrintLink};
use super::search::Typed;
use super::written::Known;
use crate::contracts::DepositAccount;
use crate::links::Link;

/// 残高照会.
#[derive(Template)]
#[template(path = "inquiry/accounts.html")]
pub struct AccountsPage {
    /// The frame.
    pub frame: Frame,
    /// `10:00:07`.
    pub read_at: String,
    /// The accounts.
    pub accounts: Vec<AccountRow>,
    /// The sum of the balances.
    pub total: Yen,
}

/// An account with its balance.
pub struct AccountRow {
    /// The account.
    pub account: DepositAccount,
    /// 残高.
    pub balance: Yen,
    /// 支払可能額.
    pub available: Yen,
}

/// A movement as a row shows it.
pub struct LineRow {
    /// `11月24日(火)`.
    pub day: String,
    /// `10:00`.
    pub time: String,
    /// 摘要, or who sent it.
    pub words: String,
    /// More of who sent it.
    pub more: String,
    /// Positive in, negative out.
    pub amount: Yen,
    /// 差引残高.
    pub balance: Yen,
}

impl LineRow {
    /// Of a list.
    pub fn of(list: List, known: &Known) -> Self {
        let line = &known.line;
        let sent = known.sent.as_ref();
        let parts = sent.map_or_else(Vec::new, |sent| vec![&sent.bank.1, &sent.branch.1, &sent.edi]);
        let parts: Vec<&str> =
            parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        Self {
            day: month_day(line.at.date()),
            time: line.at.time().format("%H:%M").to_string(),
            words: match (list, sent) {
                (List::Incoming, Some(sent)) => sent.name.clone(),
                _ => line.memo.clone(),
            },
            more: parts.join(" "),
            amount: line.amount,
            balance: line.balance_after,
        }
    }

    /// The amount without its sign.
    pub fn yen(&self) -> Yen {
        Yen::new(self.amount.get().saturating_abs())
    }
}

/// 入出金明細 or 振込入金明細.
#[derive(Template)]
#[template(path = "inquiry/lines.html")]
pub struct LinesPage {
    /// The frame.
    pub frame: Frame,
    /// Which list.
    pub list: List,
    /// The account and its balance now.
    pub now: AccountRow,
    /// `10:00:07`.
    pub read_at: String,
    /// The first day that can be asked for.
    pub earliest: String,
    /// What was typed, the days filled in.
    pub typed: Typed,
    /// What is wrong with it.
    pub errors: Errors,
    /// The sums of what was found.
    pub sums: StatementSums,
    /// The movements.
    pub rows: Vec<LineRow>,
    /// The balance over the days; a list of incoming transfers has none.
    pub chart: Option<Chart>,
    /// The parameters of the search.
    pub address: String,
    /// The next page.
    pub older: Option<String>,
    /// Where to ask whether there is a new line, where one can come.
    pub news: Option<String>,
}

impl LinesPage {
    /// Whether the list has incoming transfers only.
    pub fn is_incoming(&self) -> bool {
        self.list == List::Incoming
    }

    /// The files of the list: label and address.
    pub fn files(&self) -> Vec<(&'static str, String)> {
        let of_list = File::ALL.iter().filter(|file| file.list() == self.list);
        let address = |file: File| format!("{}?{}", FileLink(self.now.account.account, file), self.address);
        of_list.map(|file| (file.label(), address(*file))).collect()
    }

    fn here(&self) -> ListLink {
        ListLink(self.now.account.account, self.list)
    }

    fn other(&self, list: List) -> ListLink {
        ListLink(self.now.account.account, list)
    }

    fn print(&self) -> String {
        format!("{}?{}", ListPrintLink(self.now.account.account, self.list), self.address)
    }
}

/// The list to print.
#[derive(Template)]
#[template(path = "inquiry/print.html")]
pub struct PrintPage {
    /// The frame.
    pub frame: Frame,
    /// Which list.
    pub list: List,
    /// The contract.
    pub contract: String,
    /// The account.
    pub account: DepositAccount,
    /// When it was made.
    pub printed_at: String,
    /// The first and the last day.
    pub days: (String, String),
    /// The sums.
    pub sums: StatementSums,
    /// The movements.
    pub rows: Vec<LineRow>,
    /// Whether there are more than fit.
    pub more: bool,
    /// Whether more than days was asked for.
    pub is_narrow: bool,
    /// Back to the list.
    pub back: String,
}

impl PrintPage {
    /// Whether the list has incoming transfers only.
    pub fn is_incoming(&self) -> bool {
        self.list == List::Incoming
    }
}
