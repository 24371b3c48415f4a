//! Payees as a file: CSV out, and CSV in with everything that is wrong in it, line by line, before anything changes.

use std::collections::BTreeMap;

use domain::{AccountKind, AccountNumber, AccountRef, BankCode, BranchCode};
use encoding_rs::SHIFT_JIS;
use formats::banks::folded;
use serde::{Deserialize, Serialize};

use super::bounds::Bounds;
use super::master::{Master, shown_bank, shown_branch};
use super::operation::{Details, GROUP_CHARS_MAX, NAME_CHARS_MAX, line};
use super::typed::read_holder;
use super::{Entered, Payee, Source};
use crate::csv::Csv;

/// The headings of a file, in the order in which one is written.
pub const HEADINGS: &[&str] =
    &["登録名", "グループ", "銀行番号", "銀行名", "店番", "支店名", "科目", "口座番号", "受取人名"];
/// Those without which a file is none.
const NEEDED: &[&str] = &["銀行番号", "店番", "科目", "口座番号", "受取人名"];
/// Wrong fields that are told.
const WRONG_MAX: usize = 100;
/// Characters of a wrong field that are shown.
const FOUND_CHARS_MAX: usize = 30;

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
}

/// A field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The line, from 1; a field with line breaks counts as it stands in the file.
    pub line: usize,
    /// The heading.
    pub field: &'static str,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// It is no file of the kind, in words.
    Whole(String),
    /// Fields of it are wrong: those that are told, and how many there are.
    Fields(Vec<Wrong>, usize),
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
        }
    }

    fn is(&self, payee: &Payee) -> bool {
        (&self.holder, &self.name, &self.group) == (&payee.holder, &payee.name, &payee.group)
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
pub(crate) fn write(payees: &[Payee]) -> Csv {
    let mut csv = Csv::new(HEADINGS);
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
        ]);
    }
    csv
}

/// Reads a file; or says everything that is wrong with it.
pub fn read(bytes: &[u8]) -> Result<Vec<FileRow>, FileError> {
    let bounds = Bounds::embedded();
    if bytes.len() > bounds.file_bytes_max {
        let most = bounds.file_bytes_max / 1_000;
        return Err(FileError::Whole(format!(
            "ファイルが大きすぎます。{most}KBまでのファイルを選んでください。"
        )));
    }
    let text = decoded(bytes)?;
    let mut lines = records(&text).map_err(|at| {
        FileError::Whole(format!(
            "{at}行目から始まる「\"」が閉じていません。CSV形式のファイルか確かめてください。"
        ))
    })?;
    lines.retain(|(_, fields)| fields.iter().any(|field| !field.trim().is_empty()));
    let mut lines = lines.into_iter();
    let (_, headings) = lines.next().ok_or_else(|| FileError::Whole("ファイルが空です。".to_owned()))?;
    let places = places(&headings)?;
    let (mut rows, mut wrong, mut count) = (Vec::new(), Vec::new(), 0);
    let mut seen: BTreeMap<AccountRef, usize> = BTreeMap::new();
    for (at, fields) in lines {
        if rows.len() > bounds.payees_max {
            let most = bounds.payees_max;
            return Err(FileError::Whole(format!(
                "ファイルの振込先が多すぎます。{most}件までにしてください。"
            )));
        }
        let reader = Reader { at, fields: &fields, places: &places };
        let row = match reader.row() {
            Ok(row) => row,
            Err(found) => {
                count += found.len();
                let room = WRONG_MAX.saturating_sub(wrong.len());
                wrong.extend(found.into_iter().take(room));
                continue;
            }
        };
        match seen.insert(row.account.clone(), at) {
            None => rows.push(row),
            Some(first) => {
                count += 1;
                if wrong.len() < WRONG_MAX {
                    let allowed = format!("{first}行目と同じ口座です。一つの口座は1行にしてください");
                    wrong.push(reader.wrong("口座番号", &allowed));
                }
            }
        }
    }
    match count {
        0 if rows.is_empty() => Err(FileError::Whole("ファイルに振込先がありません。".to_owned())),
        0 => Ok(rows),
        count => Err(FileError::Fields(wrong, count)),
    }
}

/// UTF-8, or what spreadsheets on Windows write in Japan.
fn decoded(bytes: &[u8]) -> Result<String, FileError> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.trim_start_matches('\u{feff}').to_owned());
    }
    SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes).map(String::from).ok_or_else(|| {
        FileError::Whole(
            "文字コードを読み取れません。UTF-8またはShift_JISのCSV形式で保存してください。".to_owned(),
        )
    })
}

/// The lines with their numbers; or the line of a quote that is not closed.
fn records(text: &str) -> Result<Vec<(usize, Vec<String>)>, usize> {
    let mut records = Vec::new();
    let (mut fields, mut field) = (Vec::new(), String::new());
    let (mut line, mut began) = (1, 1);
    let mut quoted_at = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted_at.is_some() => {
                if chars.next_if_eq(&'"').is_some() {
                    field.push('"');
                } else {
                    quoted_at = None;
                }
            }
            '"' if field.is_empty() => quoted_at = Some(line),
            ',' if quoted_at.is_none() => fields.push(std::mem::take(&mut field)),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => {
                line += 1;
                if quoted_at.is_some() {
                    field.push('\n');
                } else {
                    fields.push(std::mem::take(&mut field));
                    records.push((began, std::mem::take(&mut fields)));
                    began = line;
                }
            }
            other => field.push(other),
        }
    }
    if let Some(at) = quoted_at {
        return Err(at);
    }
    if !field.is_empty() || !fields.is_empty() {
        fields.push(field);
        records.push((began, fields));
    }
    Ok(records)
}

/// Where each heading stands.
fn places(headings: &[String]) -> Result<BTreeMap<&'static str, usize>, FileError> {
    let mut places = BTreeMap::new();
    for (place, heading) in headings.iter().enumerate() {
        let heading = bare(heading);
        let known = HEADINGS.iter().find(|known| **known == heading);
        let known = known.ok_or_else(|| {
            FileError::Whole(format!(
                "1行目に「{}」という見出しがあります。使える見出しは、{}です。",
                shortened(&heading),
                HEADINGS.join("・")
            ))
        })?;
        if places.insert(*known, place).is_some() {
            return Err(FileError::Whole(format!("1行目に「{known}」という見出しが二つあります。")));
        }
    }
    match NEEDED.iter().find(|needed| !places.contains_key(**needed)) {
        Some(missing) => Err(FileError::Whole(format!(
            "1行目に「{missing}」という見出しがありません。必要な見出しは、{}です。",
            NEEDED.join("・")
        ))),
        None => Ok(places),
    }
}

/// A field without the apostrophe that keeps a spreadsheet from taking it for a formula.
fn bare(field: &str) -> String {
    let field = field.trim();
    let is_guarded = |rest: &str| rest.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    line(field.strip_prefix('\'').filter(|rest| is_guarded(rest)).unwrap_or(field))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(FOUND_CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Reads one line.
struct Reader<'a> {
    at: usize,
    fields: &'a [String],
    places: &'a BTreeMap<&'static str, usize>,
}

impl Reader<'_> {
    fn field(&self, heading: &'static str) -> String {
        let place = self.places.get(heading).copied();
        place.and_then(|place| self.fields.get(place)).map(|field| bare(field)).unwrap_or_default()
    }

    fn wrong(&self, field: &'static str, allowed: &str) -> Wrong {
        let found = shortened(&self.field(field));
        Wrong { line: self.at, field, found, allowed: allowed.to_owned() }
    }

    /// Digits; spreadsheets take the zeros in front away.
    fn code(&self, heading: &'static str, digits: usize) -> String {
        format!("{:0>digits$}", self.field(heading))
    }

    fn row(&self) -> Result<FileRow, Vec<Wrong>> {
        let mut wrong = Vec::new();
        if self.fields.len() > self.places.len() {
            let allowed = format!("{}項目までです", self.places.len());
            let found = format!("{}項目", self.fields.len());
            wrong.push(Wrong { line: self.at, field: "行", found, allowed });
        }
        let bank = self.bank(&mut wrong);
        let branch = bank.as_ref().and_then(|bank| self.branch(bank, &mut wrong));
        let kind = match self.field("科目").as_str() {
            "普通" | "普通預金" | "1" => Some(AccountKind::Ordinary),
            "当座" | "当座預金" | "2" => Some(AccountKind::Current),
            "貯蓄" | "貯蓄預金" | "4" => Some(AccountKind::Savings),
            _ => None,
        };
        if kind.is_none() {
            wrong.push(self.wrong("科目", "普通・当座・貯蓄のどれかです"));
        }
        let number = AccountNumber::parse_short(&self.field("口座番号")).ok();
        if number.is_none() {
            wrong.push(self.wrong("口座番号", "7けたまでの数字です"));
        }
        let holder = read_holder(&self.field("受取人名"));
        if let Err((message, _)) = &holder {
            wrong.push(self.wrong("受取人名", message));
        }
        let (name, group) = (self.field("登録名"), self.field("グループ"));
        for (heading, text, most) in
            [("登録名", &name, NAME_CHARS_MAX), ("グループ", &group, GROUP_CHARS_MAX)]
        {
            if text.chars().count() > most {
                wrong.push(self.wrong(heading, &format!("{most}文字までです")));
            }
        }
        match (bank, branch, kind, number, holder) {
            (Some(bank), Some(branch), Some(kind), Some(number), Ok(holder)) if wrong.is_empty() => {
                let holder = holder.to_string();
                let name = if name.is_empty() { holder.clone() } else { name };
                Ok(FileRow { account: AccountRef { bank, branch, kind, number }, holder, name, group })
            }
            _ => Err(wrong),
        }
    }

    /// The bank, and where its name stands beside the number, the name says the same.
    fn bank(&self, wrong: &mut Vec<Wrong>) -> Option<BankCode> {
        let code = BankCode::parse_typed(&self.code("銀行番号", 4)).ok();
        let Some(bank) = code.as_ref().and_then(Master::bank) else {
            wrong.push(self.wrong("銀行番号", "銀行の4けたの番号です"));
            return None;
        };
        let name = folded(self.field("銀行名").trim_end_matches("銀行"));
        let is_same =
            [bank.name.trim_end_matches("銀行"), &bank.kana].iter().any(|known| folded(known) == name);
        if !name.is_empty() && !is_same {
            let allowed = format!("銀行番号{}は{}です", bank.code, shown_bank(bank));
            wrong.push(self.wrong("銀行名", &allowed));
        }
        Some(bank.code.clone())
    }

    fn branch(&self, bank: &BankCode, wrong: &mut Vec<Wrong>) -> Option<BranchCode> {
        let code = BranchCode::parse_typed(&self.code("店番", 3)).ok();
        let Some(branch) = code.as_ref().and_then(|code| Master::branch(bank, code)) else {
            let name = Master::bank(bank).map(shown_bank).unwrap_or_default();
            wrong.push(self.wrong("店番", &format!("{name}にある支店の3けたの番号です")));
            return None;
        };
        let name = self.field("支店名");
        let known = [shown_branch(branch), branch.name.clone(), branch.kana.clone()];
        if !name.is_empty() && !known.iter().any(|known| folded(known) == folded(&name)) {
            let allowed = format!("店番{}は{}です", branch.code, shown_branch(branch));
            wrong.push(self.wrong("支店名", &allowed));
        }
        Some(branch.code.clone())
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
            version: 1,
        }
    }

    fn wrong(text: &str) -> Vec<(usize, &'static str, String, String)> {
        match read(text.as_bytes()) {
            Err(FileError::Fields(wrong, _)) => {
                wrong.into_iter().map(|w| (w.line, w.field, w.found, w.allowed)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    const HEAD: &str = "銀行番号,店番,科目,口座番号,受取人名\n";

    #[test]
    fn what_is_written_is_read_again_and_changes_nothing_formulas_too() {
        let known = vec![
            payee("0000001", "ｶ)ﾐﾎﾝ", "=SUM(A1)"),
            payee("0000002", "-ｱ", "改行\"と,カンマ"),
            payee("0000003", "ﾔﾏﾀﾞ ﾀﾛｳ", "+8190"),
        ];
        let bytes = write(&known).take();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains("\"'=SUM(A1)\"") && text.contains("\"'-ｱ\""), "{text}");
        let rows = read(&bytes).unwrap();
        let plan = Plan::of(known, &rows, true);
        assert!(plan.is_empty() && plan.same == 3, "{plan:?}");
    }

    #[test]
    fn a_spreadsheet_of_windows_and_zeros_that_it_took_away_are_read() {
        let text = "銀行番号,銀行名,店番,支店名,科目,口座番号,受取人名\r\n125,七十七銀行,100,本店営業部,普通,1,カ）みほん\r\n";
        let (bytes, _, _) = SHIFT_JIS.encode(text);
        let rows = read(&bytes).unwrap();
        assert_eq!(rows[0].account.to_string(), "0125-100 普通 0000001");
        assert_eq!((rows[0].holder.as_str(), rows[0].name.as_str()), ("ｶ)ﾐﾎﾝ", "ｶ)ﾐﾎﾝ"));
        assert!(
            matches!(read(&[0xff, 0xff, b'a']), Err(FileError::Whole(words)) if words.contains("Shift_JIS"))
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_line_field_what_was_found_and_what_is_allowed() {
        let text =
            format!("{HEAD}0125,100,普通,1,ア\n8888,100,定期,x,見本\n0125,998,当座,2,\n125,100,普通,1,イ\n");
        let found = wrong(&text);
        let at = |line: usize, field: &str| {
            found
                .iter()
                .find(|one| (one.0, one.1) == (line, field))
                .unwrap_or_else(|| panic!("{line} {field}"))
        };
        assert_eq!(at(3, "銀行番号").2, "8888");
        assert!(at(3, "科目").3.contains("普通・当座・貯蓄"));
        assert!(at(3, "口座番号").3.contains("7けた"));
        assert!(at(3, "受取人名").3.contains("「見」「本」"));
        assert!(at(4, "店番").3.contains("七十七銀行"));
        assert!(at(4, "受取人名").3.contains("入力"));
        assert!(at(5, "口座番号").3.contains("2行目と同じ口座"));
        assert_eq!(found.len(), 7, "{found:?}");
        let name = wrong("銀行番号,銀行名,店番,科目,口座番号,受取人名\n0125,みずほ,100,普通,1,ア\n");
        assert_eq!(name[0].3, "銀行番号0125は七十七銀行です");
    }

    #[test]
    fn a_file_that_is_none_is_told_in_words() {
        let whole = |text: &str| match read(text.as_bytes()) {
            Err(FileError::Whole(words)) => words,
            other => panic!("{other:?}"),
        };
        assert!(whole("").contains("空です"));
        assert!(whole(HEAD).contains("振込先がありません"));
        assert!(whole("銀行番号,名前\n").contains("「名前」"));
        assert!(whole("銀行番号,銀行番号\n").contains("二つ"));
        assert!(whole("銀行番号,店番,科目,口座番号\n").contains("「受取人名」"));
        assert!(whole(&format!("{HEAD}\"0125,100\n")).contains("2行目"));
        let most = Bounds::embedded();
        assert!(whole(&" ".repeat(most.file_bytes_max + 1)).contains("大きすぎ"));
        let line = |n: usize| format!("0125,100,普通,{n},ア\n");
        let many: String = (1..=most.payees_max).map(line).collect();
        assert_eq!(read(format!("{HEAD}{many}").as_bytes()).unwrap().len(), most.payees_max);
        let more: String = (1..=most.payees_max + 2).map(line).collect();
        assert!(whole(&format!("{HEAD}{more}")).contains("多すぎ"));
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
            drop(read(&bytes));
            let mut text = HEAD.as_bytes().to_vec();
            text.extend(bytes);
            drop(read(&text));
        }
    }
}
