//! The two lists of payees that a contract has: who may see each, and what a row of it holds.

use domain::AccountKind;
use edge::Errors;
use formats::csv::Heading;
use formats::kana::{Class, ZenginText};
use serde::{Deserialize, Serialize};

use super::links::{ListLink, ListPage};
use super::typed::HOLDER_BYTES_MAX;
use crate::contracts::{Business, code};
use crate::frame::Area;
use crate::tokens::Operation;

/// Characters of a code in a record of 120 bytes.
const CODE_CHARS_MAX: usize = 10;
/// Bytes of 受取人名 in a record of 120 bytes.
const RECORD_HOLDER_BYTES_MAX: usize = 30;

code! {
    /// A list of payees. An account is in each once at most.
    List {
        /// Whom the company owes: 振込 and 総合振込.
        Transfers = "transfers", "振込先";
        /// Whom it employs: 給与 and 賞与. Who earns wages is for those alone who pay them.
        Payroll = "payroll", "給与・賞与の振込先";
    }
}

/// What a company calls a payee by in its own books: 顧客コード1 and 2, or 社員番号 and 所属コード, as they are sent. Empty where
/// it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    /// 顧客コード1, 社員番号.
    pub first: String,
    /// 顧客コード2, 所属コード.
    pub second: String,
}

const fn needed(name: &'static str) -> Heading {
    Heading { name, is_needed: true, field: "" }
}

const fn free(name: &'static str) -> Heading {
    Heading { name, is_needed: false, field: "" }
}

const TRANSFERS: &[Heading] = &headings("顧客コード1", "顧客コード2");
const PAYROLL: &[Heading] = &headings("社員番号", "所属コード");

const fn headings(first: &'static str, second: &'static str) -> [Heading; 11] {
    [
        free("登録名"),
        free("グループ"),
        needed("銀行番号"),
        free("銀行名"),
        needed("店番"),
        free("支店名"),
        needed("科目"),
        needed("口座番号"),
        needed("受取人名"),
        free(first),
        free(second),
    ]
}

impl List {
    /// The businesses whose payees they are: whoever may do one of them looks after the list.
    pub const fn businesses(self) -> &'static [Business] {
        match self {
            Self::Transfers => &[Business::Transfer, Business::BulkTransfer],
            Self::Payroll => &[Business::Salary],
        }
    }

    /// What a registration counts as (R55, R56).
    pub const fn operation(self) -> Operation {
        match self {
            Self::Transfers => Operation::PayeeRegister,
            Self::Payroll => Operation::BulkPayeeRegister,
        }
    }

    /// The headings of its file, in the order in which one is written.
    pub const fn headings(self) -> &'static [Heading] {
        match self {
            Self::Transfers => TRANSFERS,
            Self::Payroll => PAYROLL,
        }
    }

    /// What the codes are called.
    pub const fn code_labels(self) -> [&'static str; 2] {
        match self {
            Self::Transfers => ["顧客コード1", "顧客コード2"],
            Self::Payroll => ["社員番号", "所属コード"],
        }
    }

    /// How they are typed.
    pub const fn code_hint(self) -> &'static str {
        match self {
            Self::Transfers => "10けたまでの数字。総合振込のデータに入ります。",
            Self::Payroll => "10文字まで(数字・英大文字・カナ)。給与・賞与のデータに入ります。",
        }
    }

    /// Bytes of 受取人名: wages go in records alone, transfers one at a time have more room.
    pub const fn holder_bytes_max(self) -> usize {
        match self {
            Self::Transfers => HOLDER_BYTES_MAX,
            Self::Payroll => RECORD_HOLDER_BYTES_MAX,
        }
    }

    /// The kinds of accounts that can be paid: the word and the code of a record.
    pub const fn account_kinds(self) -> &'static [(&'static str, u8)] {
        match self {
            Self::Transfers => &[("普通", b'1'), ("当座", b'2'), ("貯蓄", b'4')],
            Self::Payroll => &[("普通", b'1'), ("当座", b'2')],
        }
    }

    /// Whether an account of the kind can be in it.
    pub const fn takes(self, kind: AccountKind) -> bool {
        match self {
            Self::Transfers => true,
            Self::Payroll => matches!(kind, AccountKind::Ordinary | AccountKind::Current),
        }
    }

    /// Whether it is that of wages.
    pub const fn is_payroll(self) -> bool {
        matches!(self, Self::Payroll)
    }

    /// The address of one of its pages.
    pub const fn link(self, page: ListPage) -> ListLink {
        ListLink(self, page)
    }

    /// The part of the bank that its pages belong to.
    pub const fn area(self) -> Area {
        match self {
            Self::Transfers => Area::Transfers,
            Self::Payroll => Area::Bulk,
        }
    }

    /// A typed code as it is sent; an error is what is wrong with it.
    pub fn read_code(self, typed: &str) -> Result<String, String> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Ok(String::new());
        }
        match self {
            Self::Transfers => domain::numbers::digits_typed(typed, 1, CODE_CHARS_MAX)
                .map(|digits| format!("{digits:0>CODE_CHARS_MAX$}"))
                .map_err(|_| format!("{CODE_CHARS_MAX}けたまでの数字で入力してください。")),
            Self::Payroll => match ZenginText::typed(typed, Class::Edi) {
                Ok(text) if text.bytes() <= CODE_CHARS_MAX => Ok(text.to_string()),
                Ok(_) => {
                    Err(format!("濁点・半濁点を1文字と数えて{CODE_CHARS_MAX}文字までで入力してください。"))
                }
                Err(_) => Err("数字・英大文字・カナで入力してください。".to_owned()),
            },
        }
    }

    /// Both codes as they are typed in the fields `first_code` and `second_code`.
    pub fn read_codes(self, first: &str, second: &str, errors: &mut Errors) -> Codes {
        let [first_label, second_label] = self.code_labels();
        let mut read = |field: &'static str, label: &str, typed: &str| {
            self.read_code(typed).unwrap_or_else(|wrong| {
                errors.add(field, format!("{label}は、{wrong}"));
                String::new()
            })
        };
        Codes {
            first: read("first_code", first_label, first),
            second: read("second_code", second_label, second),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_kept_as_they_are_sent() {
        let read = |list: List, typed: &str| list.read_code(typed).ok();
        for (list, typed, kept) in [
            (List::Transfers, "", Some("")),
            (List::Transfers, " １２ ", Some("0000000012")),
            (List::Transfers, "1234567890", Some("1234567890")),
            (List::Transfers, "12345678901", None),
            (List::Transfers, "A1", None),
            (List::Payroll, "", Some("")),
            (List::Payroll, "ａ-00012", Some("A-00012")),
            (List::Payroll, "ABCDEFGHIJ", Some("ABCDEFGHIJ")),
            (List::Payroll, "ABCDEFGHIJK", None),
            (List::Payroll, "営業", None),
        ] {
            assert_eq!(read(list, typed).as_deref(), kept, "{list:?} {typed:?}");
        }
        let mut errors = Errors::none();
        let codes = List::Transfers.read_codes("1", "x", &mut errors);
        assert_eq!((codes.first.as_str(), codes.second.as_str()), ("0000000001", ""));
        assert!(errors.of("second_code").is_some() && errors.of("first_code").is_none());
    }

    #[test]
    fn each_list_has_headings_for_its_codes_and_its_own_addresses() {
        for list in List::ALL {
            let names: Vec<_> = list.headings().iter().map(|heading| heading.name).collect();
            assert!(names.ends_with(&list.code_labels()), "{names:?}");
            assert!(!list.businesses().is_empty() && list.operation().demands_one());
        }
        let addresses = List::ALL.iter().map(|list| list.link(ListPage::New).to_string());
        assert_eq!(addresses.collect::<Vec<_>>(), ["/payees/new", "/employees/new"]);
        assert!(List::Transfers.takes(AccountKind::Savings) && !List::Payroll.takes(AccountKind::Savings));
    }
}
