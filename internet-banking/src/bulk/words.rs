//! How batches and rows are shown: states as word, icon and class together.

use bulk::{Batch, Kind, Line, Row, RowState, State};
use domain::{Date, Yen, time};

use super::{csv_rows, kinds};
use crate::payees::Master;

/// The icon and class of a state's tag.
pub const fn look(state: State) -> (&'static str, &'static str) {
    match state {
        State::Draft | State::Withdrawn => ("✎", "info"),
        State::Requested | State::Approved | State::Running | State::Handed => ("●", "wait"),
        State::Done => ("✓", "ok"),
        State::Returned | State::Void | State::Failed => ("!", "bad"),
        State::Discarded => ("−", "info"),
    }
}

/// The state's word with them.
pub const fn tag(state: State) -> (&'static str, &'static str, &'static str) {
    let (icon, class) = look(state);
    (state.label(), icon, class)
}

/// The same of a row.
pub const fn row_look(state: RowState) -> (&'static str, &'static str) {
    match state {
        RowState::Waiting => ("・", "info"),
        RowState::Sending | RowState::Sent => ("●", "wait"),
        RowState::Done => ("✓", "ok"),
        RowState::Failed | RowState::Returned => ("!", "bad"),
    }
}

/// The word of a row's state with them.
pub const fn row_tag(state: RowState) -> (&'static str, &'static str, &'static str) {
    let (icon, class) = row_look(state);
    (state.label(), icon, class)
}

/// What a batch is called: by its title, where it has one.
pub fn title(batch: &Batch) -> String {
    match batch.heading.title.as_str() {
        "" => batch.heading.kind.label().to_owned(),
        title => format!("{title}({})", batch.heading.kind.label()),
    }
}

/// Where a row's money goes to or comes from, in words; and the account.
pub fn place(kind: Kind, row: &Row) -> (String, String) {
    match Line::read(kind, usize::try_from(row.number).unwrap_or_default(), &row.record, None) {
        Ok(line) => match line.account() {
            Some(account) => {
                let (bank, branch) = Master::names(&account);
                (format!("{bank} {branch}"), format!("{} {}", account.kind.label(), account.number))
            }
            None => (String::new(), csv_rows::cells_of(kind, row).first().cloned().unwrap_or_default()),
        },
        // what cannot be read is shown as it was typed
        Err(_) => {
            let (headings, cells) = (kinds::headings(kind), csv_rows::cells_of(kind, row));
            let cell = |name: &str| {
                let place = headings.iter().position(|heading| heading.name == name);
                place.and_then(|place| cells.get(place)).cloned().unwrap_or_default()
            };
            (
                format!("{} {}", cell("銀行番号"), cell("店番")),
                format!("{} {}", cell("科目"), cell("口座番号")),
            )
        }
    }
}

/// 受取人名 and the like, as it stands or was typed.
pub fn name(kind: Kind, row: &Row) -> String {
    let (headings, cells) = (kinds::headings(kind), csv_rows::cells_of(kind, row));
    let is_name = |name: &str| matches!(name, "受取人名" | "預金者名" | "市区町村名");
    let place = headings.iter().position(|heading| is_name(heading.name));
    place.and_then(|place| cells.get(place)).cloned().unwrap_or_default()
}

/// What is moved; of a row that cannot be read what was typed or found, never a nought in its place.
pub fn amount(kind: Kind, row: &Row) -> String {
    if row.faults.is_empty() {
        return row.amount.to_string();
    }
    let (headings, cells) = (kinds::headings(kind), csv_rows::cells_of(kind, row));
    let is_amount = |name: &str| matches!(name, "金額" | "給与金額" | "退職金額");
    let typed =
        headings.iter().zip(cells).filter(|(heading, cell)| is_amount(heading.name) && !cell.is_empty());
    let typed = typed.map(|(_, cell)| cell.parse().map_or(cell, |amount| Yen::new(amount).to_string()));
    typed.collect::<Vec<_>>().join(" + ")
}

/// `11月25日(水)`.
pub fn day(day: Date) -> String {
    time::month_day(day)
}
