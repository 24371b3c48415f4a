//! A row of a batch: what it asks for, what is wrong with it, and what became of it.

use domain::{OrderId, Timestamp, TransferId, Yen};
use formats::banks::Directory;
use formats::zengin::Record;
use formats::{Finding, Findings};
use serde::{Deserialize, Serialize};

use crate::batch::Heading;
use crate::kind::{Line, with_amount};
use crate::terms::Terms;
use crate::words::words;

/// A row as it is taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRow {
    /// The data record that its business has for it, written by `formats`. One that does not keep its layout is
    /// taken too, and is faulty until somebody mends it.
    pub record: Record,
    /// Whether the payee bears the fee (先方負担): then the record's amount is what is owed (支払金額), and less is sent.
    pub is_deducted: bool,
    /// What goes with it and has no place in a record: remittance data of pain.001, a breakdown that a page asks for.
    pub attached: Option<Vec<u8>>,
    /// What is wrong with it beside its record, where whoever took it in could not write it: a cell of a CSV.
    pub faults: Vec<Fault>,
}

impl NewRow {
    /// One with nothing beside its record.
    pub const fn of(record: Record) -> Self {
        Self { record, is_deducted: false, attached: None, faults: Vec::new() }
    }
}

/// Something wrong with a row, in words for whoever mends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The field, by the wording of its standard.
    pub field: String,
    /// What was found there; empty where there is nothing to show.
    pub found: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl Fault {
    /// From what a reader found.
    pub fn of(finding: &Finding) -> Self {
        Self {
            field: finding.place.field.clone().unwrap_or_default(),
            found: finding.found.clone(),
            what: finding.fault.what(),
            remedy: finding.fault.remedy(),
        }
    }

    /// All that were kept.
    pub fn all(findings: &Findings) -> Vec<Self> {
        findings.kept().iter().map(Self::of).collect()
    }

    fn in_field(field: &str, what: &str, remedy: &str) -> Self {
        let text = str::to_owned;
        Self { field: text(field), found: String::new(), what: text(what), remedy: text(remedy) }
    }

    pub(crate) fn account_kind() -> Self {
        Self::in_field(
            "預金種目",
            "この預金種目の口座は取り扱えません",
            "普通(1)・当座(2)・貯蓄(4)のいずれかに直してください",
        )
    }

    fn nothing_left() -> Self {
        Self::in_field(
            "振込金額",
            "先方負担の手数料を差し引くと振込金額がなくなります",
            "支払金額を直すか、手数料を当方負担にしてください",
        )
    }

    fn not_of_this_bank() -> Self {
        Self::in_field(
            "引落銀行番号",
            "本支店型の口座振替は当行の口座だけを取り扱います",
            "行を除くか、全国ネット型で依頼してください",
        )
    }
}

/// A row as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number in the batch, from 1, which it keeps whatever becomes of the others.
    pub number: i64,
    /// Its record, with the amount that is moved.
    pub record: Record,
    /// 振込金額, 引落金額 or 合計税額; nothing of one that cannot be read.
    pub amount: Yen,
    /// 支払金額, where the payee bears the fee: more than the amount by 先方負担手数料.
    pub owed: Option<Yen>,
    /// The bank's fee for it, as it was shown and is charged.
    pub fee: Yen,
    /// What goes with it.
    pub attached: Option<Vec<u8>>,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// What became of it, once its batch is carried out.
    pub result: RowResult,
}

impl Row {
    /// 先方負担手数料: what the payee bears.
    pub fn deducted(&self) -> Yen {
        Yen::new(self.owed.map_or(0, |owed| owed.get().saturating_sub(self.amount.get())))
    }

    /// Whether what the payee bears is another amount than the bank charges: a page marks it.
    pub fn is_marked(&self) -> bool {
        self.owed.is_some() && self.deducted() != self.fee
    }
}

/// What is stored of a row, decided from what was taken in. Pure.
pub(crate) struct Judged {
    pub record: Record,
    pub amount: Yen,
    pub owed: Option<Yen>,
    pub fee: Yen,
    pub is_abroad: bool,
    pub faults: Vec<Fault>,
}

impl Judged {
    /// Of a record that is not read yet.
    const fn blank(record: Record) -> Self {
        Self { record, amount: Yen::ZERO, owed: None, fee: Yen::ZERO, is_abroad: false, faults: Vec::new() }
    }
}

pub(crate) fn judge(
    terms: &Terms,
    directory: &Directory,
    heading: &Heading,
    number: i64,
    new: &NewRow,
) -> Judged {
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    let faulty = |faults| Judged { faults, ..Judged::blank(new.record) };
    // what could not be written is told as it was typed, not as what is left of it in the record
    if !new.faults.is_empty() {
        return faulty(new.faults.clone());
    }
    let line = match Line::read(heading.kind, place, &new.record, Some(directory)) {
        Ok(line) => line,
        Err(faults) => return faulty(faults),
    };
    let amount = line.amount();
    let relation = line.account().map(|account| transfers::Relation::of(&heading.from, &account));
    if heading.kind == crate::Kind::Debits && relation.is_some_and(|relation| !relation.is_own_bank()) {
        return faulty(vec![Fault::not_of_this_bank()]);
    }
    let bands = terms.fees(heading.kind, relation, heading.day);
    let is_abroad = relation.is_some_and(|relation| !relation.is_own_bank());
    let Some(deduction) = heading.deduction.as_ref().filter(|_| new.is_deducted) else {
        return Judged { amount, fee: bands.of(amount), is_abroad, ..Judged::blank(new.record) };
    };
    match domain::deduction::deduct(amount, deduction, &bands) {
        Ok(found) => Judged {
            record: with_amount(&new.record, found.sent),
            amount: found.sent,
            owed: Some(amount),
            fee: found.fee,
            is_abroad,
            faults: Vec::new(),
        },
        Err(_) => faulty(vec![Fault::nothing_left()]),
    }
}

words! {
    /// Where a row of a batch that is carried out stands.
    RowState:
    /// Its turn has not come.
    Waiting = "waiting" "未処理",
    /// Its message is under way to the other bank, or nobody knows yet what became of it.
    Sending = "sending" "送信中",
    /// The network has it.
    Sent = "sent" "送信済み",
    /// The payee, or the payee's bank, has the money; the tax is paid; the debit was made.
    Done = "done" "完了",
    /// It could not be carried out; the money went back to the payer, or was never taken from the debtor.
    Failed = "failed" "不能",
    /// The money came back after it was sent.
    Returned = "returned" "返却",
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowResult {
    /// Where it stands.
    pub state: RowState,
    /// Why it failed or came back, in words.
    pub reason: Option<String>,
    /// 振替結果コード, or the network's code, where there is one.
    pub code: Option<String>,
    /// Since when; nothing while it waits.
    pub at: Option<Timestamp>,
    /// The order to another bank, for a recall.
    pub order: Option<OrderId>,
    /// The transfer of the journal.
    pub moved: Option<TransferId>,
}

impl RowResult {
    /// Of a row whose turn has not come.
    pub const WAITING: Self =
        Self { state: RowState::Waiting, reason: None, code: None, at: None, order: None, moved: None };
}
