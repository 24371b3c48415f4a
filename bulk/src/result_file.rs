//! The result of a direct debit as a file: the records of the request in their order, each with its code.

use chrono::Datelike as _;
use domain::{BatchId, ContractId};
use formats::kana::{Class, ZenginText};
use formats::zengin::debit::{Header, Line};
use formats::zengin::{
    BULK_RECORD_BYTES, Code, DebitResult, Debits, Digits, Name, Record, Rules, Tolerance, Writer,
};

use crate::batch::{Heading, State};
use crate::row::{Row, RowState};
use crate::store::{Only, ROWS_MAX};
use crate::{Bulk, StoreError};

impl Bulk {
    /// The result file of a batch of 口座振替 of this contract that is done; nothing of another one.
    pub async fn result_file(
        &self,
        contract: ContractId,
        id: BatchId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let batch = self.find(contract, id).await?;
        let is_there = |batch: &crate::Batch| batch.heading.kind.collects() && batch.state == State::Done;
        let Some(batch) = batch.filter(is_there) else { return Ok(None) };
        let rules = Rules {
            today: self.now().date(),
            tolerance: Tolerance::default(),
            directory: None,
            lines_max: usize::MAX,
            findings_max: 1,
        };
        let wrong =
            |findings: formats::Findings| StoreError::Corrupt(format!("the result of {id}: {findings:?}"));
        let header = header(&batch.heading)
            .ok_or_else(|| StoreError::Corrupt(format!("the heading of {id} makes no header")))?;
        let (mut writer, mut bytes) = Writer::begin(Debits::Result, rules, &header).map_err(wrong)?;
        let mut after = 0;
        loop {
            let rows = self.rows(contract, id, Only::All, after, ROWS_MAX).await?;
            let Some(last) = rows.last() else { break };
            after = last.number;
            for row in &rows {
                let line = Line::read(&row.record).answered(result(row)?);
                bytes.extend(writer.line(&line).map_err(wrong)?);
            }
        }
        bytes.extend(writer.end().map_err(wrong)?);
        Ok(Some(bytes))
    }
}

fn result(row: &Row) -> Result<DebitResult, StoreError> {
    let code = row.result.code.as_deref().and_then(|code| code.bytes().next());
    match (row.result.state, code.and_then(|byte| DebitResult::from_code(Code(byte)))) {
        (RowState::Done, _) => Ok(DebitResult::Collected),
        (RowState::Failed, Some(result)) => Ok(result),
        (state, _) => {
            Err(StoreError::Corrupt(format!("row {} is {state} and its batch is done", row.number)))
        }
    }
}

/// The header as it came, or as the heading makes it.
fn header(heading: &Heading) -> Option<Header> {
    let came = heading.file.as_ref().map(|file| file.header.as_slice()).unwrap_or_default();
    let came: Option<Record> = <[u8; BULK_RECORD_BYTES]>::try_from(came).ok();
    if let Some(record) = came {
        return Some(Header::read(&record));
    }
    let (day, from) = (heading.day, &heading.from);
    let kind = u8::try_from(from.kind.digit()).ok()?;
    Some(Header {
        kind: Digits::of("91").ok()?,
        code_division: Digits::of("0").ok()?,
        originator: Digits::of(&heading.originator).ok()?,
        originator_name: Name::of(&ZenginText::abridged(&heading.name, Class::Party)).ok()?,
        day: Digits::of(&format!("{:02}{:02}", day.month(), day.day())).ok()?,
        bank: Digits::of(from.bank.as_str()).ok()?,
        branch: Digits::of(from.branch.as_str()).ok()?,
        account_kind: Code(kind),
        number: Digits::of(from.number.as_str()).ok()?,
        ..Header::default()
    })
}
