//! A file of bulk data as its bytes come, straight into a draft.

use domain::{AccountKind, AccountRef, Date};
use formats::zengin::transfer::Header as TransferHeader;
use formats::zengin::{
    BULK_RECORD_BYTES, Debits, Flow, Kind as Business, LocalTax, Payroll, Reader, Record, Report, Rules, Sum,
    Tolerance, Transfers, debit,
};
use formats::{Findings, Unit};

use crate::draft::EditError;
use crate::row::NewRow;
use crate::upload::Upload;
use crate::{Bulk, Kind, StoreError};

/// Findings that are kept of a file.
const FINDINGS_MAX: usize = 200;

/// What the header record of a file says, for the heading of the draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peeked {
    /// 委託者コード.
    pub originator: String,
    /// 委託者名, half-width.
    pub name: String,
    /// 振込指定日, 引落日 or 納付期限, seen from today; nothing where there is no such day.
    pub day: Option<Date>,
    /// 納付月分 of a tax.
    pub month: Option<Date>,
    /// The account that is debited, or credited by 口座振替; none of a tax, and none where it cannot be read.
    pub from: Option<AccountRef>,
    /// The record.
    pub header: Record,
}

/// Reads the header of a file from its first bytes, of which there must be 120. It proves nothing: the whole file is
/// read by an [`Intake`], which tells what is wrong.
pub fn peek(kind: Kind, first: &[u8], today: Date) -> Option<Peeked> {
    let header: Record = first.get(..BULK_RECORD_BYTES)?.try_into().ok()?;
    let account = |bank: &str, branch: &str, kind: u8, number: &str| {
        Some(AccountRef {
            bank: bank.parse().ok()?,
            branch: branch.parse().ok()?,
            kind: AccountKind::from_digit(char::from(kind))?,
            number: number.parse().ok()?,
        })
    };
    let transfer = || {
        let read = TransferHeader::read(&header);
        account(read.bank.as_str(), read.branch.as_str(), read.account_kind.0, read.number.as_str())
    };
    let (headline, from) = match kind {
        Kind::Transfers => (Transfers.headline(&Transfers.header(&header), today), transfer()),
        Kind::Salaries | Kind::Bonuses => {
            (Payroll::Salaries.headline(&Payroll::Salaries.header(&header), today), transfer())
        }
        Kind::Debits | Kind::NetworkDebits => {
            let read = debit::Header::read(&header);
            let from =
                account(read.bank.as_str(), read.branch.as_str(), read.account_kind.0, read.number.as_str());
            (Debits::Request.headline(&read, today), from)
        }
        Kind::LocalTax => (LocalTax::embedded().headline(&LocalTax::embedded().header(&header), today), None),
    };
    let month = match kind {
        Kind::LocalTax => LocalTax::embedded().header(&header).month(today),
        _ => None,
    };
    Some(Peeked {
        originator: headline.originator,
        name: headline.name,
        day: headline.day,
        month,
        from,
        header,
    })
}

/// A file being taken in. Rows of which something is wrong are taken in too, to be mended.
pub struct Intake<'d> {
    upload: Upload,
    reader: AnyReader<'d>,
    coming: Vec<(usize, NewRow)>,
}

enum AnyReader<'d> {
    Transfers(Reader<'d, Transfers>),
    Payroll(Reader<'d, Payroll>),
    Debits(Reader<'d, Debits>),
    LocalTax(Box<Reader<'d, LocalTax>>),
}

/// A file that was read to its end.
pub struct Taken {
    /// The draft, to be finished or abandoned.
    pub upload: Upload,
    /// What is wrong with the file. Where this is empty all is right.
    pub findings: Findings,
    /// Whether nothing but single rows is wrong, which can be mended in the draft; otherwise the file must be made
    /// anew, and nothing of it is taken in.
    pub is_mendable: bool,
    /// Its lines and their amount, as far as they could be read.
    pub total: Sum,
    /// Its records.
    pub records: usize,
}

impl<'d> Intake<'d> {
    /// Into a draft that has begun with the file's heading, which says what the file is read as.
    pub fn new(bulk: &'d Bulk, upload: Upload, today: Date) -> Self {
        let kind = upload.heading().kind;
        let rules = Rules {
            today,
            tolerance: Tolerance::default(),
            directory: Some(bulk.directory()),
            lines_max: bulk.terms().rows_max(kind, upload.heading().route).unwrap_or_default(),
            findings_max: FINDINGS_MAX,
        };
        let reader = match kind {
            Kind::Transfers => AnyReader::Transfers(Reader::new(Transfers, rules).keeping_broken()),
            Kind::Salaries => AnyReader::Payroll(Reader::new(Payroll::Salaries, rules).keeping_broken()),
            Kind::Bonuses => AnyReader::Payroll(Reader::new(Payroll::Bonuses, rules).keeping_broken()),
            Kind::Debits | Kind::NetworkDebits => {
                AnyReader::Debits(Reader::new(Debits::Request, rules).keeping_broken())
            }
            Kind::LocalTax => {
                let reader = Reader::new(LocalTax::embedded().clone(), rules).keeping_broken();
                AnyReader::LocalTax(Box::new(reader))
            }
        };
        Self { upload, reader, coming: Vec::new() }
    }

    /// Takes the next bytes of the file.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<Flow, EditError> {
        let coming = &mut self.coming;
        let flow = match &mut self.reader {
            AnyReader::Transfers(reader) => {
                push(reader, bytes, coming, formats::zengin::transfer::Line::write)
            }
            AnyReader::Payroll(reader) => push(reader, bytes, coming, formats::zengin::payroll::Line::write),
            AnyReader::Debits(reader) => push(reader, bytes, coming, debit::Line::write),
            AnyReader::LocalTax(reader) => push(reader, bytes, coming, |line| line.record),
        };
        self.take().await?;
        Ok(flow)
    }

    async fn take(&mut self) -> Result<(), EditError> {
        // broken rows come apart from the others
        self.coming.sort_by_key(|(number, _)| *number);
        self.upload.add(self.coming.drain(..).map(|(_, row)| row)).await
    }

    /// The end of the file.
    pub async fn end(mut self) -> Result<Taken, EditError> {
        let coming = &mut self.coming;
        let told = match self.reader {
            AnyReader::Transfers(reader) => end(reader, coming, formats::zengin::transfer::Line::write),
            AnyReader::Payroll(reader) => end(reader, coming, formats::zengin::payroll::Line::write),
            AnyReader::Debits(reader) => end(reader, coming, debit::Line::write),
            AnyReader::LocalTax(reader) => end(*reader, coming, |line| line.record),
        };
        self.coming.sort_by_key(|(number, _)| *number);
        self.upload.add(self.coming.drain(..).map(|(_, row)| row)).await?;
        let (findings, total, records) = told;
        let of_row = |finding: &formats::Finding| {
            finding.place.unit == Unit::Record
                && finding.place.kind == Some(formats::zengin::transfer::Line::LAYOUT.name)
                && finding.place.field.is_some()
        };
        let is_mendable = findings.kept().len() == findings.count() && findings.kept().iter().all(of_row);
        Ok(Taken { upload: self.upload, findings, is_mendable, total, records })
    }

    /// Nothing is taken in: the bytes ended early.
    pub async fn abandon(self) -> Result<(), StoreError> {
        self.upload.abandon().await
    }
}

fn push<K: Business>(
    reader: &mut Reader<'_, K>,
    bytes: &[u8],
    coming: &mut Vec<(usize, NewRow)>,
    record: impl Fn(&K::Line) -> Record,
) -> Flow {
    let flow = reader.push(bytes, &mut |number, line| coming.push((number, NewRow::of(record(line)))));
    coming.extend(reader.take_broken().into_iter().map(|(number, record)| (number, NewRow::of(record))));
    flow
}

fn end<K: Business>(
    reader: Reader<'_, K>,
    coming: &mut Vec<(usize, NewRow)>,
    record: impl Fn(&K::Line) -> Record,
) -> (Findings, Sum, usize) {
    let Report { findings, total, records, broken, .. } =
        reader.end(&mut |number, line| coming.push((number, NewRow::of(record(line)))));
    coming.extend(broken.into_iter().map(|(number, record)| (number, NewRow::of(record))));
    (findings, total, records)
}
