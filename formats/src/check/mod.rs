//! Checks a file of any format: what it is, what it sums up to, and everything that is wrong with it.

mod fin;
mod told;

use std::io::{self, Read, Seek, SeekFrom};

use domain::Date;

use crate::banks::Directory;
use crate::counts::{Business, Counts, Route};
use crate::csv::{CsvKind, CsvReader};
use crate::finding::{Fault, Finding, Findings};
use crate::iso20022::pain001;
use crate::sniff::{Looks, SNIFF_BYTES, sniff};
use crate::zengin::{
    BULK_RECORD_BYTES, Debits, Flow, Kind, LocalTax, Payroll, Reader, Report, Rules, Separator, Sum,
    Tolerance, Transfers, incoming, statement,
};

pub use told::Checked;

/// Bytes that are read at a time.
const PART_BYTES: usize = 1 << 16;
/// Bytes of a file that is looked at as a whole: what a bank tells, and XML.
const WHOLE_BYTES_MAX: u64 = 64 * 1_024 * 1_024;

/// What a file is checked as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 総合振込.
    Transfers,
    /// 給与振込.
    Salaries,
    /// 賞与振込.
    Bonuses,
    /// 口座振替, the request.
    Debits,
    /// 口座振替, the result.
    DebitResults,
    /// 地方税納付.
    LocalTax,
    /// 入出金取引明細.
    Statement,
    /// 振込入金通知.
    Incoming,
    /// pain.001.001.03: 総合振込 with EDI.
    Pain001,
    /// SWIFT messages: letters of credit.
    Swift,
}

impl Format {
    /// Every one.
    pub const ALL: &[Self] = &[
        Self::Transfers,
        Self::Salaries,
        Self::Bonuses,
        Self::Debits,
        Self::DebitResults,
        Self::LocalTax,
        Self::Statement,
        Self::Incoming,
        Self::Pain001,
        Self::Swift,
    ];

    /// Names it in a command.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Transfers => "transfers",
            Self::Salaries => "salaries",
            Self::Bonuses => "bonuses",
            Self::Debits => "debits",
            Self::DebitResults => "debit-results",
            Self::LocalTax => "local-tax",
            Self::Statement => "statement",
            Self::Incoming => "incoming",
            Self::Pain001 => "pain.001",
            Self::Swift => "swift",
        }
    }

    /// The business whose count of items holds for it.
    pub const fn business(self) -> Option<Business> {
        Some(match self {
            Self::Transfers | Self::Pain001 => Business::Transfers,
            Self::Salaries | Self::Bonuses => Business::Payroll,
            Self::Debits => Business::Debits,
            Self::LocalTax => Business::LocalTax,
            Self::DebitResults | Self::Statement | Self::Incoming | Self::Swift => return None,
        })
    }

    /// By 種別コード. 91 is the request and the result.
    fn of_code(code: [u8; 2]) -> Option<Self> {
        Some(match &code {
            b"21" => Self::Transfers,
            b"11" | b"71" => Self::Salaries,
            b"12" | b"72" => Self::Bonuses,
            b"91" => Self::Debits,
            b"99" => Self::LocalTax,
            b"03" => Self::Statement,
            b"01" => Self::Incoming,
            _ => return None,
        })
    }
}

/// By what a file is checked.
#[derive(Clone, Copy, Debug)]
pub struct Options<'r> {
    /// What it is, where that is not left to the file.
    pub format: Option<Format>,
    /// How it is to be sent, where its count of items is to be looked at.
    pub route: Option<Route>,
    /// From when days are seen.
    pub today: Date,
    /// Which banks and branches there are.
    pub directory: Option<&'r Directory>,
    /// What is let pass.
    pub tolerance: Tolerance,
    /// Findings that are kept.
    pub findings_max: usize,
}

/// Checks a file. An error is the medium's; what is wrong with the file is in the answer.
pub fn check(file: &mut (impl Read + Seek), options: &Options<'_>) -> io::Result<Checked> {
    let mut head = Vec::with_capacity(SNIFF_BYTES);
    file.by_ref().take(SNIFF_BYTES as u64).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    let looks = sniff(&head);
    let format = match (options.format, looks.clone()) {
        (Some(format), _) => Ok(format),
        (None, Ok(Looks::Zengin(code))) => Format::of_code(code).ok_or(Fault::Unknown),
        (None, Ok(Looks::Xml)) => Ok(Format::Pain001),
        (None, Ok(Looks::Csv)) => Ok(by_headings(&head)),
        (None, Ok(Looks::Fin)) => Ok(Format::Swift),
        (None, Err(fault)) => Err(fault),
    };
    let format = match format {
        Ok(format) => format,
        Err(fault) => return Ok(Checked::refused(Finding::of_file(fault))),
    };
    let most = match (options.route, format.business()) {
        (Some(route), Some(business)) => match Counts::embedded().most(route, business) {
            Some(most) => most,
            None => {
                let allowed = format!("{}は{}では送れません", business.label(), route.label());
                return Ok(Checked::refused(Finding::of_file(Fault::NotOneOf(allowed))));
            }
        },
        _ => usize::MAX,
    };
    let rules = Rules {
        today: options.today,
        tolerance: options.tolerance,
        directory: options.directory,
        lines_max: most,
        findings_max: options.findings_max,
    };
    if looks == Ok(Looks::Csv) {
        return match format {
            Format::Salaries => cells(Payroll::Salaries, file, rules),
            Format::Bonuses => cells(Payroll::Bonuses, file, rules),
            Format::Debits => cells(Debits::Request, file, rules),
            Format::DebitResults => cells(Debits::Result, file, rules),
            Format::LocalTax => cells(LocalTax::embedded().clone(), file, rules),
            Format::Transfers => cells(Transfers, file, rules),
            Format::Statement | Format::Incoming | Format::Pain001 | Format::Swift => {
                Ok(Checked::refused(Finding::of_file(Fault::Unknown)))
            }
        };
    }
    match format {
        Format::Pain001 => message(file, &rules),
        Format::Swift => fin::check(file),
        Format::Transfers => bulk(Transfers, file, rules),
        Format::Salaries => bulk(Payroll::Salaries, file, rules),
        Format::Bonuses => bulk(Payroll::Bonuses, file, rules),
        Format::Debits => {
            let request = bulk(Debits::Request, file, rules)?;
            if options.format.is_some() || request.is_sound() {
                return Ok(request);
            }
            file.seek(SeekFrom::Start(0))?;
            let result = bulk(Debits::Result, file, rules)?;
            let is_result = result.findings().count() < request.findings().count();
            Ok(if is_result { result } else { request })
        }
        Format::DebitResults => bulk(Debits::Result, file, rules),
        Format::LocalTax => bulk(LocalTax::embedded().clone(), file, rules),
        Format::Statement => told_by_the_bank(file, options, "入出金取引明細", |bytes| {
            let file = statement::read(bytes, options.today)?;
            let amounts = file.lines.iter().map(|line| line.amount.get());
            Ok(vec![
                ("口座", format!("{}-{} {}", file.account.bank, file.account.branch, file.account.number)),
                ("期間", format!("{}〜{}", file.period.from, file.period.until)),
                ("データ", format!("{}件", file.lines.len())),
                ("入金合計", told::yen(amounts.clone().filter(|amount| *amount > 0).sum())),
                ("出金合計", told::yen(-amounts.filter(|amount| *amount < 0).sum::<i64>())),
                ("残高", format!("{} → {}", told::yen(file.opening.get()), told::yen(file.closing.get()))),
            ])
        }),
        Format::Incoming => told_by_the_bank(file, options, "振込入金通知", |bytes| {
            let file = incoming::read(bytes, options.today)?;
            Ok(vec![
                ("口座", format!("{}-{} {}", file.account.bank, file.account.branch, file.account.number)),
                ("期間", format!("{}〜{}", file.period.from, file.period.until)),
                ("データ", format!("{}件", file.lines.len())),
                ("合計", told::yen(file.lines.iter().map(|line| line.amount.get()).sum())),
            ])
        }),
    }
}

/// Bulk data, read part by part.
fn bulk<K: Kind>(kind: K, file: &mut impl Read, rules: Rules<'_>) -> io::Result<Checked> {
    let mut reader = Reader::new(kind, rules);
    in_parts(file, |part| reader.push(part, &mut |_, _| {}))?;
    let (report, kind) = reader.end_with_kind(&mut |_, _| {});
    let Report { header, total, records, separator, findings, .. } = report;
    let separator = match separator {
        Some(Separator::CrLf) => "改行CRLF",
        Some(Separator::Lf) => "改行LF",
        Some(Separator::Cr) => "改行CR",
        Some(Separator::None) | None => "改行なし",
    };
    let mut facts = Vec::new();
    if let Some(header) = header {
        let headline = kind.headline(&header, rules.today);
        facts.push(("委託者", format!("{} {}", headline.originator, headline.name).trim_end().to_owned()));
        let day = headline.day.map_or_else(|| "(不正)".to_owned(), |day| day.to_string());
        facts.push((headline.day_name, day));
    }
    facts.push(("レコード", format!("{records}件")));
    facts.extend(sums(total, &findings));
    Ok(Checked::new(
        format!("{} ({BULK_RECORD_BYTES}バイト固定長、{separator})", kind.name()),
        facts,
        findings,
    ))
}

/// The same as CSV.
fn cells<K: CsvKind>(kind: K, file: &mut impl Read, rules: Rules<'_>) -> io::Result<Checked> {
    let name = kind.name();
    let mut reader = CsvReader::new(kind, rules);
    in_parts(file, |part| reader.push(part, &mut |_, _, _| {}))?;
    let report = reader.end(&mut |_, _, _| {});
    let facts = sums(report.total, &report.findings);
    Ok(Checked::new(format!("{name} (CSV)"), facts, report.findings))
}

/// A business by the headings that no other has.
fn by_headings(head: &[u8]) -> Format {
    let text = match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_some() => encoding_rs::SHIFT_JIS.decode(head).0,
        _ => String::from_utf8_lossy(head),
    };
    let first = text.lines().next().unwrap_or_default();
    match first {
        line if line.contains("市区町村コード") => Format::LocalTax,
        line if line.contains("預金者名") => Format::Debits,
        line if line.contains("社員番号") || line.contains("所属コード") => Format::Salaries,
        _ => Format::Transfers,
    }
}

/// Gives a file part by part, until no further one is of use.
fn in_parts(file: &mut impl Read, mut push: impl FnMut(&[u8]) -> Flow) -> io::Result<()> {
    let mut part = vec![0; PART_BYTES];
    loop {
        match file.read(&mut part) {
            Ok(0) => return Ok(()),
            Ok(bytes) => {
                if push(part.get(..bytes).unwrap_or_default()) == Flow::Stop {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The lines and their amount: of a file in which something is wrong, of those that could be read.
fn sums(total: Sum, findings: &Findings) -> Vec<(&'static str, String)> {
    let amount = i64::try_from(total.amount).unwrap_or(i64::MAX);
    let names = if findings.is_empty() {
        ("データ", "合計")
    } else {
        ("読み取れたデータ", "その合計")
    };
    vec![(names.0, format!("{}件", total.count)), (names.1, told::yen(amount))]
}

/// A message in XML.
fn message(file: &mut impl Read, rules: &Rules<'_>) -> io::Result<Checked> {
    let mut bytes = Vec::new();
    file.take(pain001::LIMITS.bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    let format = format!("総合振込 ({})", pain001::MESSAGE);
    Ok(match pain001::read(&bytes, rules) {
        Err(findings) => Checked::new(format, Vec::new(), findings),
        Ok(message) => {
            let header = &message.header;
            let amount = message.payments.iter().map(|payment| payment.line.amount.get()).sum();
            let mut facts = vec![
                ("委託者", format!("{} {}", header.originator, header.originator_name)),
                ("振込指定日", message.day.to_string()),
            ];
            let findings = Findings::keeping(rules.findings_max);
            facts.extend(sums(Sum { count: message.payments.len() as u64, amount }, &findings));
            let edi = message.payments.iter().filter(|payment| !payment.edi.is_empty()).count();
            facts.push(("EDI情報", format!("{edi}件")));
            Checked::new(format, facts, findings)
        }
    })
}

/// What a bank tells, which is small and read as a whole.
fn told_by_the_bank(
    file: &mut impl Read,
    options: &Options<'_>,
    name: &str,
    read: impl FnOnce(&[u8]) -> Result<Vec<(&'static str, String)>, crate::zengin::ReadError>,
) -> io::Result<Checked> {
    let mut bytes = Vec::new();
    file.take(WHOLE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    let mut findings = Findings::keeping(options.findings_max);
    let mut facts = Vec::new();
    if bytes.len() as u64 > WHOLE_BYTES_MAX {
        let most = usize::try_from(WHOLE_BYTES_MAX).unwrap_or(usize::MAX);
        findings.add(Finding::of_file(Fault::TooLarge { most }));
    } else {
        match read(&bytes) {
            Ok(found) => facts = found,
            Err(error) => findings.add(error.into()),
        }
    }
    Ok(Checked::new(format!("{name} ({}バイト固定長)", crate::zengin::RECORD_BYTES), facts, findings))
}
