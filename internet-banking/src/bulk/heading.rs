//! What a batch says of itself, as a person types it: business, account, day, names, and by what fees are deducted.

use bulk::{Heading, Kind, Route};
use domain::deduction::{FeeBands, Method, Terms};
use domain::{Date, Yen};
use edge::Errors;
use formats::kana::{Class, ZenginText};
use formats::legal_forms;
use serde::Deserialize;

use super::kinds;
use crate::Bank;
use crate::contracts::DepositAccount;
use crate::payees::typed::unwritable_words;
use crate::transfers::payee::{account_ref, holder};

/// Bytes of 依頼人名 in a header record.
const NAME_BYTES_MAX: usize = 40;
/// Digits of 委託者コード.
const ORIGINATOR_DIGITS_MAX: usize = 10;
/// Characters of a title.
const TITLE_CHARS_MAX: usize = 40;

/// What the form holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TypedHeading {
    /// The kind, by its word.
    pub kind: String,
    /// The account, by its number in the ledger.
    pub account: String,
    /// The day.
    pub day: String,
    /// 納付月分 of a tax: `2026-11`.
    pub month: String,
    /// 依頼人名, 委託者名.
    pub name: String,
    /// 委託者コード.
    pub originator: String,
    /// The customer's own title.
    pub title: String,
    /// 手数料計算方法, by its word; empty where no payee bears the fee.
    pub deduction: String,
    /// 適用最低支払金額.
    pub minimum: String,
    /// 支払金額範囲 of the company's own amounts; empty for the bank's table.
    pub boundary: String,
    /// The company's own fee below it.
    pub below: String,
    /// The company's own fee from it on.
    pub from: String,
}

impl TypedHeading {
    /// What a form begins with that changes a heading.
    pub fn of(heading: &Heading) -> Self {
        let yen = |yen: Yen| yen.get().to_string();
        let own = heading.deduction.and_then(|terms| terms.own);
        Self {
            kind: heading.kind.as_str().to_owned(),
            account: heading.account.to_string(),
            day: heading.day.to_string(),
            month: heading.month.map(|month| month.format("%Y-%m").to_string()).unwrap_or_default(),
            name: heading.name.clone(),
            originator: heading.originator.clone(),
            title: heading.title.clone(),
            deduction: heading.deduction.map(|terms| word(terms.method).to_owned()).unwrap_or_default(),
            minimum: heading.deduction.map(|terms| yen(terms.minimum)).unwrap_or_default(),
            boundary: own.map(|own| yen(own.boundary)).unwrap_or_default(),
            below: own.map(|own| yen(own.below)).unwrap_or_default(),
            from: own.map(|own| yen(own.from)).unwrap_or_default(),
        }
    }

    /// Reads it; of those accounts one must be meant.
    pub fn read(
        &self,
        bank: &Bank,
        accounts: &[DepositAccount],
        kind: Kind,
        route: Route,
    ) -> Result<Heading, Errors> {
        let mut errors = Errors::none();
        let account = accounts.iter().find(|one| one.account.to_string() == self.account);
        let from = account.and_then(|account| account_ref(bank, account));
        if from.is_none() {
            errors.add("account", "口座を選んでください。");
        }
        let day = self.day.trim().parse::<Date>().ok();
        if day.is_none() {
            errors.add("day", format!("{}を選んでください。", kind.day_name()));
        }
        let month = self.read_month(kind, &mut errors);
        let name = self.read_name(account, &mut errors);
        let originator = self.read_originator(kind, &mut errors);
        let title = crate::payees::operation::line(&self.title);
        if title.chars().count() > TITLE_CHARS_MAX {
            errors.add("title", format!("名前は{TITLE_CHARS_MAX}文字までです。"));
        }
        let deduction = self.read_deduction(kind, &mut errors);
        match (account, from, day) {
            (Some(account), Some(from), Some(day)) if errors.is_empty() => Ok(Heading {
                kind,
                route,
                account: account.account,
                from,
                originator,
                name,
                day,
                month,
                deduction,
                title,
                file: None,
            }),
            _ => Err(errors),
        }
    }

    fn read_month(&self, kind: Kind, errors: &mut Errors) -> Option<Date> {
        if kind != Kind::LocalTax {
            return None;
        }
        let typed: String = self.month.chars().map(domain::numbers::fold_width).collect();
        let typed = typed.trim().replace(['/', '.', '年'], "-");
        let month = format!("{}-01", typed.trim_end_matches('月')).parse().ok();
        if month.is_none() {
            errors.add("month", "納付月分を、2026-11 のように入力してください。");
        }
        month
    }

    fn read_name(&self, account: Option<&DepositAccount>, errors: &mut Errors) -> String {
        let typed = match self.name.trim() {
            "" => account.map(holder).unwrap_or_default(),
            typed => typed.to_owned(),
        };
        let words = match ZenginText::typed(&legal_forms::abbreviated(&typed), Class::Party) {
            Ok(text) if text.is_empty() => "依頼人名を、カナで入力してください。".to_owned(),
            Ok(text) if text.bytes() > NAME_BYTES_MAX => {
                format!("依頼人名は、濁点・半濁点を1文字と数えて{NAME_BYTES_MAX}文字までです。")
            }
            Ok(text) => return text.to_string(),
            Err(unwritable) => unwritable_words(&unwritable),
        };
        errors.add("name", words);
        String::new()
    }

    fn read_originator(&self, kind: Kind, errors: &mut Errors) -> String {
        match self.originator.trim() {
            "" if kind.collects() => {
                errors
                    .add("originator", "委託者コードを入力してください。口座振替の契約書に書いてあります。");
                String::new()
            }
            "" => String::new(),
            typed => domain::numbers::digits_typed(typed, 1, ORIGINATOR_DIGITS_MAX).unwrap_or_else(|_| {
                let words = format!("委託者コードは{ORIGINATOR_DIGITS_MAX}けたまでの数字です。");
                errors.add("originator", words);
                String::new()
            }),
        }
    }

    /// 先方負担 (R122, R123): of 総合振込 alone.
    fn read_deduction(&self, kind: Kind, errors: &mut Errors) -> Option<Terms> {
        if kind != Kind::Transfers || self.deduction.is_empty() {
            return None;
        }
        let method = Method::ALL.iter().copied().find(|method| word(*method) == self.deduction);
        if method.is_none() {
            errors.add("deduction", "手数料計算方法を選んでください。");
        }
        let mut yen = |field: &'static str, label: &str, typed: &str| {
            let typed = typed.trim();
            if typed.is_empty() {
                return None;
            }
            let read = Yen::parse_typed(typed).ok();
            if read.is_none() {
                errors.add(field, format!("{label}は、円の金額を数字で入力してください。"));
            }
            read
        };
        let minimum = yen("minimum", "適用最低支払金額", &self.minimum).unwrap_or(Yen::ZERO);
        let own = [
            yen("boundary", "支払金額範囲", &self.boundary),
            yen("below", "範囲未満の手数料", &self.below),
            yen("from", "範囲以上の手数料", &self.from),
        ];
        let own = match own {
            [None, None, None] => None,
            [Some(boundary), Some(below), Some(from)] => Some(FeeBands { boundary, below, from }),
            _ => {
                errors.add("boundary", "登録した手数料を使うときは、三つの金額をすべて入力してください。");
                None
            }
        };
        method.map(|method| Terms { method, minimum, own })
    }
}

/// The word of a method in forms.
pub const fn word(method: Method) -> &'static str {
    match method {
        Method::Plain => "plain",
        Method::LowerFeeAdded => "lower",
        Method::UpperFeeAdded => "upper",
    }
}

/// The kinds that somebody may make: those of a business that the person may do.
pub fn kinds_of(by: &crate::sign_in::SignedIn) -> Vec<Kind> {
    super::rules::mine(by).flat_map(kinds::of_business).collect()
}
