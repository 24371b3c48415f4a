//! A CSV file as rows of a batch. What is wrong with single lines is taken in with them, to be mended in place; what is
//! wrong with the file is told, and nothing of it is taken in.

use bulk::{Kind, NewRow, Row};
use domain::Date;
use formats::Findings;
use formats::csv::Sheet;
use formats::finding::{Fault as FileFault, Finding};
use formats::sniff::{SNIFF_BYTES, sniff};
use formats::zengin::Record;

use super::kinds;

/// Things wrong with a whole file that are told.
const FINDINGS_MAX: usize = 50;
/// The record of a line that cannot be written.
const BLANK: Record = [b' '; 120];

/// A finding of a whole file by itself.
pub fn whole(fault: FileFault) -> Findings {
    let mut findings = Findings::keeping(FINDINGS_MAX);
    findings.add(Finding::of_file(fault));
    findings
}

/// Reads a file. `is_deducted` says whether payees bear the fee.
pub fn read(
    kind: Kind,
    lines_max: usize,
    today: Date,
    is_deducted: bool,
    bytes: &[u8],
) -> Result<Vec<NewRow>, Findings> {
    match sniff(bytes.get(..SNIFF_BYTES).unwrap_or(bytes)) {
        Ok(_) | Err(FileFault::Unknown) => {}
        Err(fault) => return Err(whole(fault)),
    }
    let mut rows = Vec::new();
    let mut take = |cells: &mut formats::csv::Cells<'_>| {
        rows.push(match kinds::read(kind, cells, today) {
            Ok(record) => NewRow { is_deducted, ..NewRow::of(record) },
            Err(faults) => NewRow { faults, attached: typed(&cells.all_typed()), ..NewRow::of(BLANK) },
        });
    };
    let mut sheet = Sheet::new(kinds::headings(kind), lines_max, FINDINGS_MAX);
    let _ = sheet.push(bytes, &mut take);
    let findings = sheet.end(&mut take);
    if findings.is_empty() { Ok(rows) } else { Err(findings) }
}

/// Whether nothing of a row could be written.
pub fn is_blank(row: &Row) -> bool {
    row.record == BLANK
}

/// What was typed of a row that cannot be written, kept beside it.
pub fn typed(cells: &[String]) -> Option<Vec<u8>> {
    serde_json::to_vec(cells).ok()
}

/// The cells of a row: as they were typed where they could not be written, and as they stand in its record.
pub fn cells_of(kind: Kind, row: &Row) -> Vec<String> {
    let kept = row.attached.as_deref().filter(|_| is_blank(row));
    let typed = kept.and_then(|kept| serde_json::from_slice::<Vec<String>>(kept).ok());
    let typed = typed.filter(|cells| cells.len() == kinds::headings(kind).len());
    typed.unwrap_or_else(|| match row.owed {
        Some(owed) => {
            let record = kinds::with_amount(&row.record, owed).unwrap_or(row.record);
            kinds::cells(kind, &record)
        }
        None => kinds::cells(kind, &row.record),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "銀行番号,店番,科目,口座番号,受取人名,金額\n";

    fn of(text: &str) -> Result<Vec<NewRow>, &'static str> {
        let today = "2026-11-24".parse().unwrap();
        let read = read(Kind::Transfers, 3, today, false, text.as_bytes());
        read.map_err(|findings| findings.kept()[0].fault.code())
    }

    /// Proves R113, R114, SEC-37.
    #[test]
    fn wrong_lines_are_taken_in_to_be_mended_and_wrong_files_are_not() {
        let rows = of(&format!("{HEAD}125,100,普通,1,ミホン,1000\n0125,100,定期,1,=山田,x\n")).unwrap();
        assert!(rows[0].faults.is_empty());
        let wrong: Vec<_> = rows[1].faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(wrong, ["科目", "受取人名", "金額"]);
        assert!(rows[1].faults.iter().all(|fault| !fault.remedy.is_empty()));
        let kept: Vec<String> = serde_json::from_slice(rows[1].attached.as_deref().unwrap()).unwrap();
        assert_eq!(
            (kept[6].as_str(), kept[7].as_str()),
            ("=山田", "x"),
            "what was typed is there to be mended"
        );
        let line = "0125,100,普通,1,ア,1\n";
        assert_eq!(of(&format!("{HEAD}{}", line.repeat(3))).unwrap().len(), 3);
        for (text, fault) in [
            (format!("{HEAD}{}", line.repeat(4)), "too-many"),
            (String::new(), "empty"),
            (HEAD.to_owned(), "no-lines"),
            ("PK\u{3}\u{4}x".to_owned(), "zip"),
            ("銀行番号,金額\n".to_owned(), "no-heading"),
        ] {
            assert_eq!(of(&text), Err(fault));
        }
    }
}
