//! Writes a file of bulk data, record by record. Nothing that a strict reader would refuse is written.

use super::explain::{Wrong, explain};
use super::kind::{Kind, Rules, Sum};
use super::{BULK_RECORD_BYTES, End, Record};
use crate::finding::{Fault, Finding, Findings};

/// A file being written.
#[derive(Debug)]
pub struct Writer<'r, K: Kind> {
    kind: K,
    rules: Rules<'r>,
    sums: K::Sums,
    records: usize,
    lines: usize,
}

impl<'r, K: Kind> Writer<'r, K> {
    /// Begins a file: its first bytes. Of what is let pass elsewhere nothing is written.
    pub fn begin(kind: K, rules: Rules<'r>, header: &K::Header) -> Result<(Self, Vec<u8>), Findings> {
        let rules = Rules { tolerance: super::Tolerance::default(), ..rules };
        let mut writer = Self { kind, rules, sums: K::Sums::default(), records: 0, lines: 0 };
        let record = writer.kind.header_bytes(header);
        let bytes = writer.checked(0, &record, |kind, wrong| kind.header_rules(header, &rules, wrong))?;
        Ok((writer, bytes))
    }

    /// The bytes of a line.
    pub fn line(&mut self, line: &K::Line) -> Result<Vec<u8>, Findings> {
        let rules = self.rules;
        if self.lines == rules.lines_max {
            return Err(self.one(Fault::TooMany { most: rules.lines_max }));
        }
        let record = self.kind.line_bytes(line);
        let bytes = self.checked(1, &record, |kind, wrong| kind.line_rules(line, &rules, wrong))?;
        self.lines += 1;
        self.kind.add(&mut self.sums, line);
        Ok(bytes)
    }

    /// The lines written so far, and their amount.
    pub fn total(&self) -> Sum {
        self.kind.total(&self.sums)
    }

    /// Trailer and end.
    pub fn end(mut self) -> Result<Vec<u8>, Findings> {
        if self.lines == 0 {
            return Err(self.one(Fault::NoLines));
        }
        let sums = self.sums;
        // twelve digits are enough for a million lines of ten
        let trailer = self.kind.trailer_bytes(&sums).ok_or_else(|| self.one(Fault::TooLong { most: 12 }))?;
        let mut bytes =
            self.checked(2, &trailer, |kind, wrong| kind.trailer_rules(&trailer, &sums, wrong))?;
        bytes.extend(self.checked(3, &End::default().write(), |_, _| {})?);
        Ok(bytes)
    }

    fn checked(
        &mut self,
        layout: usize,
        record: &Record,
        rules: impl FnOnce(&K, &mut Wrong<'_>),
    ) -> Result<Vec<u8>, Findings> {
        let number = self.records + 1;
        let layout = &self.kind.layouts()[layout];
        let mut findings = Findings::keeping(self.rules.findings_max);
        explain(number, record, layout, &mut findings);
        rules(&self.kind, &mut Wrong::new(number, record, layout, &mut findings));
        if !findings.is_empty() {
            return Err(findings);
        }
        self.records = number;
        let mut bytes = Vec::with_capacity(BULK_RECORD_BYTES + 2);
        bytes.extend_from_slice(record);
        bytes.extend_from_slice(b"\r\n");
        Ok(bytes)
    }

    fn one(&self, fault: Fault) -> Findings {
        let mut findings = Findings::keeping(1);
        findings.add(Finding::of_file(fault));
        findings
    }
}
