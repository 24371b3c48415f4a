//! The headings of each business, and what its cells become.

use super::cells::{Cells, CsvKind, Heading};
use crate::finding::Fault;
use crate::kana::{Class, ZenginText};
use crate::zengin::{
    Code, Debits, Digits, Free, Label, LocalTax, Name, Payroll, Sum, Transfers, debit, local_tax, payroll,
    transfer,
};

const fn needed(name: &'static str, field: &'static str) -> Heading {
    Heading { name, is_needed: true, field }
}

const fn free(name: &'static str, field: &'static str) -> Heading {
    Heading { name, is_needed: false, field }
}

const ORDINARY: (&str, u8) = ("普通", b'1');
const CURRENT: (&str, u8) = ("当座", b'2');
const TAX: (&str, u8) = ("納税準備", b'3');
const SAVINGS: (&str, u8) = ("貯蓄", b'4');
const OTHER: (&str, u8) = ("その他", b'9');

/// The word of a kind of account.
fn kind_word(code: Code) -> String {
    let known = [ORDINARY, CURRENT, TAX, SAVINGS, OTHER].into_iter().find(|(_, byte)| Code(*byte) == code);
    known.map_or(String::new(), |(word, _)| word.to_owned())
}

/// What names an account, as five of the cells say it.
struct Account {
    bank: Digits<4>,
    bank_name: Label<15>,
    branch: Digits<3>,
    branch_name: Label<15>,
    kind: Code,
    number: Digits<7>,
}

impl Account {
    /// Looks at every cell, so that all that is wrong is told at once.
    fn of(cells: &mut Cells<'_>, kinds: &[(&str, u8)]) -> Option<Self> {
        let (bank, branch) = (cells.bank(), cells.branch());
        let kind = cells.account_kind(kinds);
        let number = cells.number();
        // names are for people: what they cannot be written in is left out
        let label = |heading| {
            Label::of(&ZenginText::abridged(cells.typed(heading), Class::Branch).cut(15)).unwrap_or_default()
        };
        let (bank_name, branch_name) = (label("銀行名"), label("支店名"));
        Some(Self {
            bank: Digits::of(bank?.as_str()).ok()?,
            bank_name,
            branch: Digits::of(branch?.as_str()).ok()?,
            branch_name,
            kind: kind?,
            number: Digits::of(number?.as_str()).ok()?,
        })
    }
}

const TRANSFERS: &[Heading] = &[
    needed("銀行番号", "被仕向銀行番号"),
    free("銀行名", "被仕向銀行名"),
    needed("店番", "被仕向支店番号"),
    free("支店名", "被仕向支店名"),
    needed("科目", "預金種目"),
    needed("口座番号", "口座番号"),
    needed("受取人名", "受取人名"),
    needed("金額", "振込金額"),
    free("顧客コード1", "顧客コード(EDI情報)"),
    free("顧客コード2", ""),
    free("EDI情報", ""),
];

impl CsvKind for Transfers {
    fn headings(&self) -> &'static [Heading] {
        TRANSFERS
    }

    fn read_cells(&self, cells: &mut Cells<'_>) -> Option<transfer::Line> {
        let account = Account::of(cells, &[ORDINARY, CURRENT, SAVINGS, OTHER]);
        let name = cells.text("受取人名", Class::Party, 30, true);
        let amount = cells.amount("金額", true);
        let edi = cells.text("EDI情報", Class::Edi, 20, false)?;
        let (customer_codes, identification) = if edi.is_empty() {
            let mut code = |heading: &'static str| {
                let is_there = !cells.typed(heading).is_empty();
                if is_there { cells.code(heading, 10) } else { Some(" ".repeat(10)) }
            };
            let (first, second) = (code("顧客コード1"), code("顧客コード2"));
            let both = format!("{}{}", first?, second?);
            (Free::of_bytes(both.as_bytes()).ok()?, Code(b' '))
        } else {
            (Free::of(&edi).ok()?, Code(b'Y'))
        };
        let account = account?;
        Some(transfer::Line {
            bank: account.bank,
            bank_name: account.bank_name,
            branch: account.branch,
            branch_name: account.branch_name,
            account_kind: account.kind,
            number: account.number,
            name: Name::of(&name?).ok()?,
            amount: amount?,
            newness: Code(b'0'),
            customer_codes,
            method: Code(b'7'),
            identification,
            ..transfer::Line::default()
        })
    }

    fn write_cells(&self, line: &transfer::Line) -> Vec<String> {
        let (first, second) = line.codes();
        vec![
            line.bank.to_string(),
            line.bank_name.to_string(),
            line.branch.to_string(),
            line.branch_name.to_string(),
            kind_word(line.account_kind),
            line.number.to_string(),
            line.name.to_string(),
            line.amount.to_string(),
            first,
            second,
            line.edi().map(|edi| edi.to_string()).unwrap_or_default(),
        ]
    }
}

const PAYROLL: &[Heading] = &[
    needed("銀行番号", "被仕向銀行番号"),
    free("銀行名", "被仕向銀行名"),
    needed("店番", "被仕向支店番号"),
    free("支店名", "被仕向支店名"),
    needed("科目", "預金種目"),
    needed("口座番号", "口座番号"),
    needed("受取人名", "受取人名"),
    needed("金額", "振込金額"),
    free("社員番号", "社員番号"),
    free("所属コード", "所属コード"),
];

impl CsvKind for Payroll {
    fn headings(&self) -> &'static [Heading] {
        PAYROLL
    }

    fn read_cells(&self, cells: &mut Cells<'_>) -> Option<payroll::Line> {
        let account = Account::of(cells, &[ORDINARY, CURRENT]);
        let name = cells.text("受取人名", Class::Party, 30, true);
        let amount = cells.amount("金額", true);
        let employee = cells.text("社員番号", Class::Edi, 10, false);
        let department = cells.text("所属コード", Class::Edi, 10, false);
        let account = account?;
        Some(payroll::Line {
            bank: account.bank,
            bank_name: account.bank_name,
            branch: account.branch,
            branch_name: account.branch_name,
            account_kind: account.kind,
            number: account.number,
            name: Name::of(&name?).ok()?,
            amount: amount?,
            newness: Code(b'0'),
            employee: Free::of(&employee?).ok()?,
            department: Free::of(&department?).ok()?,
            ..payroll::Line::default()
        })
    }

    fn write_cells(&self, line: &payroll::Line) -> Vec<String> {
        vec![
            line.bank.to_string(),
            line.bank_name.to_string(),
            line.branch.to_string(),
            line.branch_name.to_string(),
            kind_word(line.account_kind),
            line.number.to_string(),
            line.name.to_string(),
            line.amount.to_string(),
            line.employee.to_string(),
            line.department.to_string(),
        ]
    }
}

const DEBITS: &[Heading] = &[
    needed("銀行番号", "引落銀行番号"),
    free("銀行名", "引落銀行名"),
    needed("店番", "引落支店番号"),
    free("支店名", "引落支店名"),
    needed("科目", "預金種目"),
    needed("口座番号", "口座番号"),
    needed("預金者名", "預金者名"),
    needed("金額", "引落金額"),
    free("顧客番号", "顧客番号"),
    free("振替結果", "振替結果コード"),
];

impl CsvKind for Debits {
    fn headings(&self) -> &'static [Heading] {
        DEBITS
    }

    fn read_cells(&self, cells: &mut Cells<'_>) -> Option<debit::Line> {
        let account = Account::of(cells, &[ORDINARY, CURRENT, TAX, OTHER]);
        let name = cells.text("預金者名", Class::Party, 30, true);
        let amount = cells.amount("金額", true);
        let customer = cells.text("顧客番号", Class::Edi, 20, false);
        let typed = cells.typed("振替結果");
        let results = debit::DebitResult::ALL.iter();
        let result = results.copied().find(|result| result.label() == typed);
        let result = match result {
            None if typed.is_empty() => debit::DebitResult::Collected,
            Some(result) => result,
            None => {
                let words: Vec<&str> = debit::DebitResult::ALL.iter().map(|one| one.label()).collect();
                cells.wrong("振替結果", crate::finding::Fault::NotOneOf(words.join("・")));
                return None;
            }
        };
        let account = account?;
        Some(debit::Line {
            bank: account.bank,
            bank_name: account.bank_name,
            branch: account.branch,
            branch_name: account.branch_name,
            account_kind: account.kind,
            number: account.number,
            name: Name::of(&name?).ok()?,
            amount: amount?,
            newness: Code(b'0'),
            customer: Free::of(&customer?).ok()?,
            result: result.code(),
            ..debit::Line::default()
        })
    }

    fn write_cells(&self, line: &debit::Line) -> Vec<String> {
        let result = debit::DebitResult::from_code(line.result).filter(|_| *self == Self::Result);
        vec![
            line.bank.to_string(),
            line.bank_name.to_string(),
            line.branch.to_string(),
            line.branch_name.to_string(),
            kind_word(line.account_kind),
            line.number.to_string(),
            line.name.to_string(),
            line.amount.to_string(),
            line.customer.to_string(),
            result.map_or(String::new(), |result| result.label().to_owned()),
        ]
    }
}

const LOCAL_TAX: &[Heading] = &[
    needed("市区町村コード", "市区町村コード"),
    free("市区町村名", "市区町村名"),
    needed("指定番号", "指定番号"),
    needed("給与件数", "給与税額 件数"),
    needed("給与金額", "給与税額 金額"),
    free("退職件数", "退職税額 件数"),
    free("退職金額", "退職税額 金額"),
];

impl CsvKind for LocalTax {
    fn headings(&self) -> &'static [Heading] {
        LOCAL_TAX
    }

    fn read_cells(&self, cells: &mut Cells<'_>) -> Option<local_tax::Line> {
        let municipality = cells.code("市区町村コード", 6);
        let designation = cells.text("指定番号", Class::Edi, 15, true);
        let mut sum = |count, amount, is_needed| {
            let count = cells.amount::<5>(count, is_needed);
            let amount = cells.amount::<9>(amount, is_needed);
            Some(Sum { count: count?.get(), amount: amount?.get() })
        };
        let (salary, retirement) = (sum("給与件数", "給与金額", true), sum("退職件数", "退職金額", false));
        let (salary, retirement) = (salary?, retirement?);
        for (sum, count) in [(salary, "給与件数"), (retirement, "退職件数")] {
            if (sum.count == 0) != (sum.amount == 0) {
                cells.wrong(count, Fault::Value("金額があれば1件以上、なければ0件"));
                return None;
            }
        }
        if salary.amount + retirement.amount == 0 {
            cells.wrong("給与金額", Fault::Zero);
            return None;
        }
        let parts = local_tax::Parts {
            municipality: municipality?,
            municipality_name: ZenginText::abridged(cells.typed("市区町村名"), Class::Party).cut(15),
            designation: designation?,
            salary,
            retirement,
        };
        match self.new_line(&parts) {
            Ok(line) => Some(line),
            Err(unfit) => {
                cells.wrong("給与金額", Fault::TooLong { most: unfit.width });
                None
            }
        }
    }

    fn write_cells(&self, line: &local_tax::Line) -> Vec<String> {
        let text = |bytes: &[u8]| ZenginText::from_bytes(bytes).unwrap_or_default().to_string();
        vec![
            text(&line.municipality),
            self.municipality_name(line),
            text(&line.designation),
            line.salary.count.to_string(),
            line.salary.amount.to_string(),
            line.retirement.count.to_string(),
            line.retirement.amount.to_string(),
        ]
    }
}
