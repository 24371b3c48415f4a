//! Payees as a file: CSV out, and CSV in with everything that is wrong in it, line by line, before anything changes.

use std::collections::BTreeMap;

use domain::{AccountKind, AccountRef, BankCode, BranchCode};
use formats::banks::folded;
use formats::csv::{Cells, Sheet};
use formats::finding::{Fault, Finding, Findings};
use formats::kana::Class;
use formats::sniff::{SNIFF_BYTES, sniff};
use serde::{Deserialize, Serialize};

use super::bounds::Bounds;
use super::list::{Codes, List};
use super::master::{Master, shown_bank, shown_branch};
use super::operation::{Details, GROUP_CHARS_MAX, NAME_CHARS_MAX};
use super::{Entered, Payee, Source};
use crate::csv::Csv;

/// Wrong fields that are told.
const WRONG_MAX: usize = 100;

/// A payee of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRow {
    /// The account.
    pub account: AccountRef,
    /// 受取人名 as it is sent.
    pub holder: String,
    /// 登録名.
    pub name: String,
    /// グループ.
    pub group: String,
    /// What the company calls it by.
    pub codes: Codes,
}

/// What a file would change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// New payees.
    pub added: Vec<FileRow>,
    /// Payees as they are, and as they are to be.
    pub changed: Vec<(Payee, FileRow)>,
    /// Payees that the file does not have, where it replaces all.
    pub removed: Vec<Payee>,
    /// Payees that stay as they are.
    pub same: usize,
}

impl FileRow {
    /// The same as an operation takes it.
    pub fn details(&self) -> Details {
        Details {
            entered: Entered::of(self.account.clone(), self.holder.clone()),
            name: self.name.clone(),
            group: self.group.clone(),
            codes: self.codes.clone(),
        }
    }

    fn is(&self, payee: &Payee) -> bool {
        (&self.holder, &self.name, &self.group, &self.codes)
            == (&payee.holder, &payee.name, &payee.group, &payee.codes)
    }
}

impl Plan {
    /// What the rows of a file change of what is registered: accounts tell payees apart. Those filed on paper are not
    /// touched.
    pub fn of(known: Vec<Payee>, rows: &[FileRow], replaces: bool) -> Self {
        let own = known.into_iter().filter(|one| one.source == Source::Screen);
        let mut known: BTreeMap<AccountRef, Payee> = own.map(|one| (one.account.clone(), one)).collect();
        let mut plan = Self::default();
        for row in rows {
            match known.remove(&row.account) {
                None => plan.added.push(row.clone()),
                Some(one) if row.is(&one) => plan.same += 1,
                Some(one) => plan.changed.push((one, row.clone())),
            }
        }
        match replaces {
            true => plan.removed = known.into_values().collect(),
            false => plan.same += known.len(),
        }
        plan
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// Names what it does, so that what is confirmed is what was shown.
    pub fn digest(&self) -> String {
        let seen = |one: &Payee| format!("{} {}", one.id, one.version);
        let added = self.added.iter().map(|row| format!("+{row:?}"));
        let changed = self.changed.iter().map(|(one, row)| format!("*{} {row:?}", seen(one)));
        let removed = self.removed.iter().map(|one| format!("-{}", seen(one)));
        let all: Vec<String> = added.chain(changed).chain(removed).collect();
        ring::digest::digest(&ring::digest::SHA256, all.join("\n").as_bytes())
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// Payees as a file, but those filed on paper. Reading it again changes nothing.
pub(crate) fn write(list: List, payees: &[Payee]) -> Csv {
    let headings: Vec<&str> = list.headings().iter().map(|heading| heading.name).collect();
    let mut csv = Csv::new(&headings);
    for one in payees.iter().filter(|one| one.source == Source::Screen) {
        let (bank, branch) = Master::names(&one.account);
        let account = &one.account;
        csv.row(&[
            &one.name,
            &one.group,
            account.bank.as_str(),
            &bank,
            account.branch.as_str(),
            &branch,
            account.kind.label(),
            account.number.as_str(),
            &one.holder,
            &one.codes.first,
            &one.codes.second,
        ]);
    }
    csv
}

/// Reads a file; or says everything that is wrong with it.
pub fn read(list: List, bytes: &[u8]) -> Result<Vec<FileRow>, Findings> {
    let bounds = Bounds::embedded();
    let whole = |fault| {
        let mut findings = Findings::keeping(WRONG_MAX);
        findings.add(Finding::of_file(fault));
        findings
    };
    if bytes.len() > bounds.file_bytes_max {
        return Err(whole(Fault::TooLarge { most: bounds.file_bytes_max }));
    }
    // a workbook or an archive is told as what it is; what is none of them is for the headings to judge
    match sniff(bytes.get(..SNIFF_BYTES).unwrap_or(bytes)) {
        Ok(_) | Err(Fault::Unknown) => {}
        Err(fault) => return Err(whole(fault)),
    }
    let mut rows = Vec::new();
    let mut seen: BTreeMap<AccountRef, usize> = BTreeMap::new();
    let mut take = |cells: &mut Cells<'_>| {
        let Some(row) = row(list, cells) else { return };
        match seen.get(&row.account) {
            Some(first) => cells.wrong("口座番号", Fault::Twice { first: *first }),
            None => {
                seen.insert(row.account.clone(), cells.line);
                rows.push(row);
            }
        }
    };
    let mut sheet = Sheet::new(list.headings(), bounds.payees_max, WRONG_MAX);
    let _ = sheet.push(bytes, &mut take);
    let findings = sheet.end(&mut take);
    if findings.is_empty() { Ok(rows) } else { Err(findings) }
}

/// A line of a file. Every cell is looked at, so that all that is wrong is told at once.
fn row(list: List, cells: &mut Cells<'_>) -> Option<FileRow> {
    let before = cells.wrong_count();
    let (name, group) = (cells.words("登録名", NAME_CHARS_MAX), cells.words("グループ", GROUP_CHARS_MAX));
    let bank = bank(cells);
    let branch = bank.as_ref().and_then(|bank| branch(bank, cells));
    let kind = cells.account_kind(list.account_kinds());
    let number = cells.number();
    let holder = cells.text("受取人名", Class::Party, list.holder_bytes_max(), true);
    let [first, second] = list.code_labels().map(|label| code(list, label, cells));
    if cells.wrong_count() > before {
        return None;
    }
    let kind = match kind?.0 {
        b'1' => AccountKind::Ordinary,
        b'2' => AccountKind::Current,
        _ => AccountKind::Savings,
    };
    let (holder, name) = (holder?.to_string(), name?);
    Some(FileRow {
        account: AccountRef { bank: bank?, branch: branch?, kind, number: number? },
        name: if name.is_empty() { holder.clone() } else { name },
        holder,
        group: group?,
        codes: Codes { first: first?, second: second? },
    })
}

/// The bank, and where its name stands beside the number, the name says the same.
fn bank(cells: &mut Cells<'_>) -> Option<BankCode> {
    let code = cells.bank()?;
    let Some(bank) = Master::bank(&code) else {
        cells.wrong("銀行番号", Fault::NoSuchBank);
        return None;
    };
    let name = folded(cells.typed("銀行名").trim_end_matches("銀行"));
    let is_same = [bank.name.trim_end_matches("銀行"), &bank.kana].iter().any(|known| folded(known) == name);
    if !name.is_empty() && !is_same {
        cells.wrong("銀行名", Fault::OtherName { known: format!("{code}は{}", shown_bank(bank)) });
    }
    Some(code)
}

/// The branch, likewise.
fn branch(bank: &BankCode, cells: &mut Cells<'_>) -> Option<BranchCode> {
    let code = cells.branch()?;
    let Some(branch) = Master::branch(bank, &code) else {
        cells.wrong("店番", Fault::NoSuchBranch { bank: Master::bank_name(bank) });
        return None;
    };
    let name = folded(cells.typed("支店名"));
    let known = [shown_branch(branch), branch.name.clone(), branch.kana.clone()];
    if !name.is_empty() && !known.iter().any(|known| folded(known) == name) {
        cells.wrong("支店名", Fault::OtherName { known: format!("{code}は{}", shown_branch(branch)) });
    }
    Some(code)
}

/// A code that may be left out.
fn code(list: List, heading: &'static str, cells: &mut Cells<'_>) -> Option<String> {
    match (list, cells.typed(heading)) {
        (_, "") => Some(String::new()),
        (List::Transfers, _) => cells.code(heading, 10),
        (List::Payroll, _) => cells.text(heading, Class::Edi, 10, false).map(|text| text.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::PayeeId;
    use proptest::prelude::*;

    fn payee(number: &str, holder: &str, name: &str) -> Payee {
        Payee {
            id: PayeeId::generate(),
            source: Source::Screen,
            account: AccountRef {
                bank: "0125".parse().unwrap(),
                branch: "100".parse().unwrap(),
                kind: AccountKind::Ordinary,
                number: number.parse().unwrap(),
            },
            holder: holder.to_owned(),
            name: name.to_owned(),
            group: "仕入先".to_owned(),
            codes: Codes::default(),
            version: 1,
        }
    }

    fn wrong_of(list: List, bytes: &[u8]) -> Vec<(usize, String, &'static str)> {
        let findings = read(list, bytes).unwrap_err();
        let told = |one: &Finding| {
            let place = &one.place;
            (place.record.unwrap_or_default(), place.field.clone().unwrap_or_default(), one.fault.code())
        };
        findings.kept().iter().map(told).collect()
    }

    fn wrong(list: List, text: &str) -> Vec<(usize, String, &'static str)> {
        wrong_of(list, text.as_bytes())
    }

    const HEAD: &str = "銀行番号,店番,科目,口座番号,受取人名\n";

    #[test]
    fn what_is_written_is_read_again_and_changes_nothing_formulas_too() {
        let known = vec![
            payee("0000001", "ｶ)ﾐﾎﾝ", "=SUM(A1)"),
            payee("0000002", "-ｱ", "引用\"と,カンマ"),
            payee("0000003", "ﾔﾏﾀﾞ ﾀﾛｳ", "+8190"),
        ];
        for list in List::ALL {
            let bytes = write(*list, &known).take();
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.contains("\"'=SUM(A1)\"") && text.contains("\"'-ｱ\""), "{text}");
            let rows = read(*list, &bytes).unwrap();
            let plan = Plan::of(known.clone(), &rows, true);
            assert!(plan.is_empty() && plan.same == 3, "{plan:?}");
        }
    }

    #[test]
    fn a_spreadsheet_of_windows_and_zeros_that_it_took_away_are_read() {
        let text = "銀行番号,銀行名,店番,支店名,科目,口座番号,受取人名,社員番号\r\n125,七十七銀行,100,本店営業部,普通,1,カ）みほん,a1\r\n";
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(text);
        let rows = read(List::Payroll, &bytes).unwrap();
        assert_eq!(rows[0].account.to_string(), "0125-100 普通 0000001");
        assert_eq!((rows[0].holder.as_str(), rows[0].name.as_str()), ("ｶ)ﾐﾎﾝ", "ｶ)ﾐﾎﾝ"));
        assert_eq!((rows[0].codes.first.as_str(), rows[0].codes.second.as_str()), ("A1", ""));
        let other = read(List::Transfers, text.as_bytes()).unwrap_err();
        assert_eq!(other.kept()[0].fault.code(), "unknown-heading", "社員番号 is for wages");
    }

    /// Proves SEC-37.
    #[test]
    fn what_is_wrong_is_told_with_line_field_what_was_found_and_how_it_is_mended() {
        let text = format!(
            "{HEAD}0125,100,普通,1,ア\n8888,100,定期,x,見本\n0125,998,当座,2,\n125,100,普通,1,=イ\n125,100,普通,1,イ\n"
        );
        let found = wrong(List::Transfers, &text);
        let at = |line: usize, field: &str| {
            let one = found.iter().find(|one| (one.0, one.1.as_str()) == (line, field));
            one.unwrap_or_else(|| panic!("{line} {field}")).2
        };
        assert_eq!(at(3, "銀行番号"), "no-such-bank");
        assert_eq!(at(3, "科目"), "not-one-of");
        assert_eq!(at(3, "口座番号"), "not-digits");
        assert_eq!(at(3, "受取人名"), "reading");
        assert_eq!(at(4, "店番"), "no-such-branch");
        assert_eq!(at(4, "受取人名"), "missing");
        assert_eq!(at(5, "受取人名"), "formula");
        assert_eq!(at(6, "口座番号"), "twice");
        assert_eq!(found.len(), 8, "{found:?}");
        let findings = read(List::Transfers, text.as_bytes()).unwrap_err();
        assert!(findings.kept().iter().all(|one| !one.fault.remedy().is_empty()), "{findings:?}");
        let name = "銀行番号,銀行名,店番,科目,口座番号,受取人名\n0125,みずほ,100,普通,1,ア\n";
        let findings = read(List::Transfers, name.as_bytes()).unwrap_err();
        assert_eq!(findings.kept()[0].fault.allowed(), "0125は七十七銀行");
        let long = format!("{HEAD}0125,100,普通,1,{}\n", "ア".repeat(31));
        assert!(read(List::Transfers, long.as_bytes()).is_ok());
        assert_eq!(wrong(List::Payroll, &long)[0].2, "too-long", "wages go in records alone");
        let savings = format!("{HEAD}0125,100,貯蓄,1,ア\n");
        assert!(read(List::Transfers, savings.as_bytes()).is_ok());
        assert_eq!(wrong(List::Payroll, &savings)[0].2, "not-one-of");
    }

    #[test]
    fn a_file_that_is_none_is_told_as_what_it_is() {
        let whole = |bytes: &[u8]| wrong_of(List::Transfers, bytes)[0].2;
        assert_eq!(whole(b""), "empty");
        assert_eq!(whole(HEAD.as_bytes()), "no-lines");
        assert_eq!(whole("銀行番号,名前\n".as_bytes()), "unknown-heading");
        assert_eq!(whole("銀行番号,銀行番号\n".as_bytes()), "heading-twice");
        assert_eq!(whole("銀行番号,店番,科目,口座番号\n".as_bytes()), "no-heading");
        assert_eq!(whole(format!("{HEAD}\"0125,100\n").as_bytes()), "open-quote");
        assert_eq!(whole(b"PK\x03\x04 and more"), "zip");
        let most = Bounds::embedded();
        assert_eq!(whole(" ".repeat(most.file_bytes_max + 1).as_bytes()), "too-large");
        let lines = |count: usize| (1..=count).map(|n| format!("0125,100,普通,{n},ア\n")).collect::<String>();
        let many = format!("{HEAD}{}", lines(most.payees_max));
        assert_eq!(read(List::Transfers, many.as_bytes()).unwrap().len(), most.payees_max);
        assert_eq!(whole(format!("{HEAD}{}", lines(most.payees_max + 1)).as_bytes()), "too-many");
    }

    #[test]
    fn a_plan_adds_changes_and_removes_by_account_and_names_what_was_shown() {
        let known =
            || vec![payee("0000001", "ｱ", "ア"), payee("0000002", "ｲ", "イ"), payee("0000003", "ｳ", "ウ")];
        let row = |number: &str, holder: &str| FileRow {
            account: payee(number, holder, "").account,
            holder: holder.to_owned(),
            name: "ア".to_owned(),
            group: "仕入先".to_owned(),
            codes: Codes::default(),
        };
        let rows = [row("0000001", "ｱ"), row("0000002", "ｶ"), row("0000009", "ｷ")];
        let plan = Plan::of(known(), &rows, false);
        assert_eq!((plan.added.len(), plan.changed.len(), plan.removed.len(), plan.same), (1, 1, 0, 2));
        let all = Plan::of(known(), &rows, true);
        assert_eq!((all.added.len(), all.changed.len(), all.removed.len(), all.same), (1, 1, 1, 1));
        assert_ne!(plan.digest(), all.digest());
        let filed =
            Payee { source: Source::Filed { number: "0001".to_owned() }, ..payee("0000009", "ｷ", "キ") };
        assert_eq!(Plan::of(vec![filed], &rows, true).removed.len(), 0, "paper is not touched");
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            drop(read(List::Transfers, &bytes));
            let mut text = HEAD.as_bytes().to_vec();
            text.extend(bytes);
            drop(read(List::Payroll, &text));
        }
    }
}
