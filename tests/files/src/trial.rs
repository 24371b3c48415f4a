//! What must hold of every input. Whatever does not, panics.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use domain::Date;
use formats::csv::{CsvKind, CsvReader, write_heading, write_line};
use formats::iso20022::{pacs002, pacs004, pain001};
use formats::swift::credit::{Amendment, Credit, MESSAGES_MAX};
use formats::swift::{self, Kind as Mt, Message};
use formats::zengin::{
    Debits, Kind, LocalTax, Payroll, Reader, Rules, Tolerance, Transfers, Writer, incoming, statement,
};
use formats::{Banks, Directory, Findings};

pub const TARGETS: &[&str] = &["records", "cells", "message", "statements", "swift", "statuses"];
const LINES_MAX: usize = 50;
/// What the readers keep that nobody tells how much.
const KEPT_MAX: usize = 100;

/// What a parser said.
pub struct Said {
    pub is_sound: bool,
    /// Differs where the answer differs.
    pub what: u64,
}

pub fn of(target: &str) -> Option<fn(&[u8], usize) -> Said> {
    Some(match target {
        "records" => records,
        "cells" => cells,
        "message" => message,
        "statements" => statements,
        "swift" => fin,
        "statuses" => statuses,
        _ => return None,
    })
}

fn today() -> Date {
    "2026-11-24".parse().expect("a day")
}

fn rules() -> Rules<'static> {
    static DIRECTORY: std::sync::LazyLock<Directory> =
        std::sync::LazyLock::new(|| Directory::of(Banks::embedded()));
    Rules {
        today: today(),
        tolerance: Tolerance::default(),
        directory: Some(&DIRECTORY),
        lines_max: LINES_MAX,
        findings_max: 20,
    }
}

/// The answer without what is found, which every input says otherwise.
fn said(findings: &Findings) -> Said {
    let mut hasher = DefaultHasher::new();
    for finding in findings.kept() {
        (finding.fault.code(), finding.place.field.as_deref(), finding.place.kind).hash(&mut hasher);
        // the words must be words
        assert!(!finding.to_string().chars().any(char::is_control));
        assert!(!finding.fault.remedy().is_empty());
        let _ = finding.fault.allowed();
    }
    assert!(findings.kept().len() <= KEPT_MAX && findings.count() >= findings.kept().len());
    Said { is_sound: findings.is_empty(), what: hasher.finish() }
}

fn records(input: &[u8], part: usize) -> Said {
    let code = input.get(1..3).unwrap_or_default();
    match code {
        b"11" | b"71" => bulk(Payroll::Salaries, input, part),
        b"12" | b"72" => bulk(Payroll::Bonuses, input, part),
        b"91" => {
            let request = bulk(Debits::Request, input, part);
            let result = bulk(Debits::Result, input, part);
            Said {
                is_sound: request.is_sound || result.is_sound,
                what: request.what ^ result.what.rotate_left(1),
            }
        }
        b"99" => bulk(LocalTax::embedded().clone(), input, part),
        _ => bulk(Transfers, input, part),
    }
}

fn bulk<K: Kind + Clone>(kind: K, input: &[u8], part: usize) -> Said
where
    K::Line: PartialEq,
{
    let everything =
        Tolerance { single_line_ends: true, cut_spaces: true, wo_in_names: true, zero_amounts: true };
    let read = |tolerance, part| {
        let mut lines: Vec<K::Line> = Vec::new();
        let mut reader = Reader::new(kind.clone(), Rules { tolerance, ..rules() });
        for part in input.chunks(part) {
            let _ = reader.push(part, &mut |_, line| lines.push(*line));
        }
        let report = reader.end(&mut |_, line| lines.push(*line));
        (report, lines)
    };
    let (report, lines) = read(Tolerance::default(), part);
    let (whole, whole_lines) = read(Tolerance::default(), usize::MAX);
    assert_eq!(report.findings, whole.findings, "parts do not matter");
    assert!(lines == whole_lines && lines.len() <= LINES_MAX);
    let (lenient, _) = read(everything, part);
    assert!(!report.findings.is_empty() || lenient.findings.is_empty(), "what is strict is let pass by all");
    if let (true, Some(header)) = (report.findings.is_empty(), &report.header) {
        assert_eq!(usize::try_from(report.total.count), Ok(lines.len()));
        let (mut writer, mut bytes) =
            Writer::begin(kind.clone(), rules(), header).expect("a header that was read");
        for line in &lines {
            bytes.extend(writer.line(line).expect("a line that was read"));
        }
        bytes.extend(writer.end().expect("sums of lines"));
        let bare = |bytes: &[u8]| -> Vec<u8> {
            bytes.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0x1a)).collect()
        };
        let (written, given) = (bare(&bytes), bare(input));
        // of a trailer's unexplained bytes nothing is known to write
        assert!(written.len() == given.len() && written[..written.len() - 240] == given[..given.len() - 240]);
    }
    said(&report.findings)
}

fn cells(input: &[u8], part: usize) -> Said {
    let text = String::from_utf8_lossy(&input[..input.len().min(300)]).into_owned();
    match text {
        text if text.contains("市区町村") => table(LocalTax::embedded().clone(), input, part),
        text if text.contains("預金者名") => table(Debits::Result, input, part),
        text if text.contains("社員番号") => table(Payroll::Salaries, input, part),
        _ => table(Transfers, input, part),
    }
}

fn table<K: CsvKind + Clone>(kind: K, input: &[u8], part: usize) -> Said
where
    K::Line: PartialEq,
{
    let read = |input: &[u8], part| {
        let mut lines: Vec<K::Line> = Vec::new();
        let mut reader = CsvReader::new(kind.clone(), rules());
        for part in input.chunks(part) {
            let _ = reader.push(part, &mut |_, _, line| lines.push(*line));
        }
        let report = reader.end(&mut |_, _, line| lines.push(*line));
        (report, lines)
    };
    let (report, lines) = read(input, part);
    let (whole, whole_lines) = read(input, usize::MAX);
    assert_eq!(report.findings, whole.findings, "parts do not matter");
    assert!(lines == whole_lines && lines.len() <= LINES_MAX);
    if report.findings.is_empty() {
        let written: String = lines.iter().map(|line| write_line(&kind, line)).collect();
        let (again, again_lines) = read((write_heading(&kind) + &written).as_bytes(), 1_000);
        assert!(again.findings.is_empty(), "{:?}", again.findings);
        assert!(again_lines == lines, "lines read back");
    }
    said(&report.findings)
}

fn message(input: &[u8], _: usize) -> Said {
    match pain001::read(input, &rules()) {
        Ok(message) => {
            let bytes = pain001::write(&message).expect("a message that was read");
            assert_eq!(pain001::read(&bytes, &rules()).as_ref(), Ok(&message));
            said(&Findings::keeping(20))
        }
        Err(findings) => {
            assert!(!findings.is_empty());
            said(&findings)
        }
    }
}

fn statements(input: &[u8], _: usize) -> Said {
    let mut findings = Findings::keeping(20);
    let both = (statement::read(input, today()), incoming::read(input, today()));
    let is_sound = both.0.is_ok() || both.1.is_ok();
    if let Err(error) = both.0 {
        findings.add(error.into());
    }
    if let Err(error) = both.1 {
        findings.add(error.into());
    }
    Said { is_sound, ..said(&findings) }
}

/// Messages that are read say the same when they are written, and so does the credit of them.
fn fin(input: &[u8], _: usize) -> Said {
    let written = |messages: &[Message]| messages.iter().map(Message::to_fin).collect::<String>();
    let messages = match swift::read(input) {
        Ok(messages) => messages,
        Err(findings) => return said(&findings),
    };
    assert!(!messages.is_empty());
    assert_eq!(swift::read(written(&messages).as_bytes()).as_ref(), Ok(&messages));
    let (sender, receiver) = (messages[0].sender(), messages[0].receiver());
    // a text that another bank cut elsewhere may need another message, or have a line that ours does not
    let again = match messages[0].kind() {
        Mt::CustomerTransfer => return Said { is_sound: true, what: 0 },
        Mt::Issue | Mt::IssueContinued => Credit::read(&messages).map(|credit| credit.messages(sender, receiver)),
        Mt::Amendment | Mt::AmendmentContinued => {
            Amendment::read(&messages).map(|amendment| amendment.messages(sender, receiver))
        }
    };
    match again {
        Err(findings) => said(&findings),
        Ok(again) => {
            let count = again.map_or(0, |again| again.len());
            assert!(count <= MESSAGES_MAX);
            Said { is_sound: true, what: count as u64 + 1 }
        }
    }
}

fn statuses(input: &[u8], _: usize) -> Said {
    let report = pacs002::read(input).map(|report| {
        let bytes = pacs002::write(&report).expect("a report that was read");
        let again = pacs002::read(&bytes).map(|again| (again.uetr, again.status, again.charges, again.original));
        assert_eq!(again, Ok((report.uetr, report.status, report.charges, report.original)));
    });
    let returned = pacs004::read(input).map(|returned| {
        let bytes = pacs004::write(&returned).expect("a return that was read");
        let again = pacs004::read(&bytes).map(|again| (again.uetr, again.returned, again.charges, again.original));
        assert_eq!(again, Ok((returned.uetr, returned.returned, returned.charges, returned.original)));
    });
    match (report, returned) {
        (Ok(()), _) => Said { is_sound: true, what: 1 },
        (_, Ok(())) => Said { is_sound: true, what: 2 },
        (Err(report), Err(returned)) => {
            Said { is_sound: false, what: said(&report).what ^ said(&returned).what.rotate_left(1) }
        }
    }
}
