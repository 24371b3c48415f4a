//! 総合振込 as pain.001 (ZEDI): its payments become rows, each with what the record has no place for, kept byte for byte;
//! and pain.002 tells what became of them.

use chrono::Datelike as _;
use domain::{AccountKind, AccountRef, BatchId, ContractId};
use formats::Findings;
use formats::iso20022::{pain001, pain002};
use formats::kana::{Class, ZenginText};
use formats::zengin::{Code, Digits, Name, Rules, Sum, transfer};
use serde::{Deserialize, Serialize};

use crate::batch::{Batch, Heading, State};
use crate::intake::Peeked;
use crate::row::{NewRow, Row, RowState};
use crate::store::{Only, ROWS_MAX};
use crate::{Bulk, StoreError};

/// Names a payment whose message did not: a row that was added on screen.
const NOT_PROVIDED: &str = "NOTPROVIDED";

/// What of a message is no payment and no header of a file: kept where a file's header record is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    id: String,
    created: String,
    batch: String,
}

/// What of a payment has no place in a record, as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Attached {
    end_to_end: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    to_bank: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    edi: Vec<String>,
}

/// A message that was read.
#[derive(Clone, Debug)]
pub struct Message {
    /// What its header says; in the place of a header record what the answer needs of it.
    pub header: Peeked,
    /// What [`crate::SourceFile::header`] keeps of it.
    pub group: Vec<u8>,
    /// Its payments.
    pub rows: Vec<NewRow>,
    /// Their number and amount.
    pub total: Sum,
}

/// Reads a message, or tells everything that is wrong with it; then nothing is taken in.
pub fn read(bytes: &[u8], rules: &Rules<'_>) -> Result<Message, Findings> {
    let message = pain001::read(bytes, rules)?;
    let header = &message.header;
    let kind = char::from(header.account_kind.0);
    let account = || {
        Some(AccountRef {
            bank: header.bank.as_str().parse().ok()?,
            branch: header.branch.as_str().parse().ok()?,
            kind: AccountKind::from_digit(kind)?,
            number: header.number.as_str().parse().ok()?,
        })
    };
    let peeked = Peeked {
        originator: header.originator.as_str().to_owned(),
        name: header.originator_name.to_string(),
        day: Some(message.day),
        month: None,
        from: account(),
        header: header.write(),
    };
    let group = Group { id: message.id, created: message.created, batch: message.batch };
    let total = Sum {
        count: message.payments.len() as u64,
        amount: message.payments.iter().map(|payment| payment.line.amount.get()).sum(),
    };
    let row = |payment: pain001::Payment| {
        let pain001::Payment { end_to_end, line, to_bank, edi } = payment;
        NewRow { attached: json(&Attached { end_to_end, to_bank, edi }), ..NewRow::of(line.write()) }
    };
    let rows = message.payments.into_iter().map(row).collect();
    Ok(Message { header: peeked, group: json(&group).unwrap_or_default(), rows, total })
}

/// Texts alone are written, which cannot fail.
fn json<T: Serialize>(value: &T) -> Option<Vec<u8>> {
    serde_json::to_vec(value).ok()
}

/// The message that a batch came from, where it came from one.
fn group(heading: &Heading) -> Option<Group> {
    let file = heading.file.as_ref()?;
    serde_json::from_slice(&file.header).ok()
}

impl Heading {
    /// Whether it came as pain.001, and is answered by pain.002.
    pub fn is_message(&self) -> bool {
        group(self).is_some()
    }
}

impl Row {
    /// The lines of EDI (商流情報) that go with it, as they came.
    pub fn edi(&self) -> Vec<String> {
        attached(self).edi
    }
}

fn attached(row: &Row) -> Attached {
    let kept = row.attached.as_deref().and_then(|bytes| serde_json::from_slice(bytes).ok());
    kept.unwrap_or_else(|| Attached { end_to_end: NOT_PROVIDED.to_owned(), ..Attached::default() })
}

impl Bulk {
    /// pain.002 about a batch of this contract that came as pain.001, as it stands; nothing of another one.
    pub async fn status_report(
        &self,
        contract: ContractId,
        id: BatchId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(batch) = self.find(contract, id).await? else { return Ok(None) };
        let Some(group) = group(&batch.heading) else { return Ok(None) };
        let header = header(&batch.heading)
            .ok_or_else(|| StoreError::Corrupt(format!("the heading of {id} makes no header")))?;
        let (mut payments, mut answers, mut after) = (Vec::new(), Vec::new(), 0);
        loop {
            let rows = self.rows(contract, id, Only::All, after, ROWS_MAX).await?;
            let Some(last) = rows.last() else { break };
            after = last.number;
            for row in &rows {
                let Attached { end_to_end, to_bank, edi } = attached(row);
                let line = transfer::Line::read(&row.record);
                answers.push(answer(&batch, row, &end_to_end));
                payments.push(pain001::Payment { end_to_end, line, to_bank, edi });
            }
        }
        let Group { id: message, created, batch: group } = group;
        let day = batch.heading.day;
        let to = pain001::Message { id: message, created, batch: group, day, header, payments };
        let report =
            pain002::Report { id: id.uuid().simple().to_string(), created: self.now(), to: &to, answers };
        let bytes = pain002::write(&report);
        bytes.map(Some).map_err(|error| StoreError::Corrupt(format!("the report of {id}: {error}")))
    }
}

/// What became of a payment so far.
fn answer(batch: &Batch, row: &Row, end_to_end: &str) -> pain002::Answer {
    use pain002::Status;
    let words = || {
        let result = &row.result;
        result
            .reason
            .clone()
            .or_else(|| result.code.clone())
            .unwrap_or_else(|| result.state.label().to_owned())
    };
    let over = matches!(batch.state, State::Void | State::Failed | State::Discarded);
    let (status, reason) = match row.result.state {
        RowState::Done => (Status::Settled, None),
        RowState::Failed => (Status::Rejected, Some(("not-credited", words()))),
        RowState::Returned => (Status::Rejected, Some(("returned", words()))),
        RowState::Waiting | RowState::Sending | RowState::Sent if over => {
            let why = batch.reason.map_or_else(|| batch.state.label(), crate::Reason::label);
            (Status::Rejected, Some(("not-carried-out", why.to_owned())))
        }
        _ if !row.faults.is_empty() => {
            let what = row.faults.first().map(|fault| fault.what.clone()).unwrap_or_default();
            (Status::Rejected, Some(("faulty", what)))
        }
        RowState::Waiting | RowState::Sending | RowState::Sent => (Status::Accepted, None),
    };
    pain002::Answer { end_to_end: end_to_end.to_owned(), status, reason }
}

fn header(heading: &Heading) -> Option<transfer::Header> {
    let (day, from) = (heading.day, &heading.from);
    Some(transfer::Header {
        kind: Digits::of("21").ok()?,
        originator: Digits::of(&heading.originator).ok()?,
        originator_name: Name::of(&ZenginText::abridged(&heading.name, Class::Party)).ok()?,
        day: Digits::of(&format!("{:02}{:02}", day.month(), day.day())).ok()?,
        bank: Digits::of(from.bank.as_str()).ok()?,
        branch: Digits::of(from.branch.as_str()).ok()?,
        account_kind: Code(u8::try_from(from.kind.digit()).ok()?),
        number: Digits::of(from.number.as_str()).ok()?,
        ..transfer::Header::default()
    })
}
