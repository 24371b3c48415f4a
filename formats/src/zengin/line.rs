//! A data record by itself, as it is typed or mended outside of a file.

use super::Record;
use super::explain::{Wrong, explain};
use super::kind::{Kind, Rules};
use crate::finding::Findings;

/// The line that a record makes, or everything that is wrong with it. `number` is its place as findings tell it.
pub fn check<K: Kind>(
    kind: &K,
    number: usize,
    record: &Record,
    rules: &Rules<'_>,
) -> Result<K::Line, Findings> {
    let layout = &kind.layouts()[1];
    let mut findings = Findings::keeping(rules.findings_max);
    if !layout.is_met(record) {
        explain(number, record, layout, &mut findings);
        return Err(findings);
    }
    let line = kind.line(record);
    kind.line_rules(&line, rules, &mut Wrong::new(number, record, layout, &mut findings));
    if findings.is_empty() { Ok(line) } else { Err(findings) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Fault;
    use crate::zengin::transfer::Line;
    use crate::zengin::{Code, Digits, Name, Number, Tolerance, Transfers};

    #[test]
    fn a_record_is_judged_as_in_its_file() {
        let rules = Rules {
            today: "2026-11-24".parse().unwrap(),
            tolerance: Tolerance::default(),
            directory: None,
            lines_max: 1,
            findings_max: 10,
        };
        let right = Line {
            bank: Digits::of("0125").unwrap(),
            branch: Digits::of("100").unwrap(),
            account_kind: Code(b'1'),
            number: Digits::of("1234567").unwrap(),
            name: Name::of_bytes(b"\xd4\xcf").unwrap(),
            amount: Number::of(1).unwrap(),
            ..Line::default()
        };
        let mut record = right.write();
        assert_eq!(check(&Transfers, 1, &record, &rules).unwrap(), right);
        record[89] = b'0';
        let faults = |record: &Record| {
            let findings = check(&Transfers, 7, record, &rules).unwrap_err();
            findings.kept().iter().map(|f| (f.place.record, f.fault.clone())).collect::<Vec<_>>()
        };
        assert_eq!(faults(&record), [(Some(7), Fault::Zero)]);
        record[42] = b'5';
        assert_eq!(faults(&record).len(), 1, "a record that does not keep its layout is not judged further");
    }
}
