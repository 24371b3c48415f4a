//! ゆうちょ銀行: the 記号番号 that its passbooks print, and the branch, kind and number that a transfer needs.
//!
//! A 記号 that begins with 1 is a 総合口座 or 通常貯金: 店番 is its second and third digit and an 8, 口座番号 the 番号 without
//! its last digit, which is 1. One that begins with 0 is a 振替口座: the branch ends in 9, and the 番号 stays as it is. A
//! single digit between the two is of the card and counts for nothing.

use crate::account::{AccountKind, AccountRef};
use crate::numbers::{AccountNumber, BankCode, BranchCode, NumberError, digits_typed};

/// Digits of a 記号.
const SYMBOL_DIGITS: usize = 5;
/// The most digits of a 番号.
const NUMBER_DIGITS_MAX: usize = 8;

/// Why a 記号番号 names no account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YuchoError {
    /// The 記号 has not five digits.
    #[error("the symbol: {0}")]
    Symbol(NumberError),
    /// The 番号 has no digits, or too many.
    #[error("the number: {0}")]
    Number(NumberError),
    /// A 記号 begins with 0 or 1 and ends with 0.
    #[error("a symbol begins with 0 or 1 and ends with 0")]
    SymbolForm,
    /// The 番号 of a 総合口座 ends in 1.
    #[error("the number of such an account ends in 1")]
    LastDigit,
    /// The 番号 of a 振替口座 has at most seven digits.
    #[error("the number of such an account has at most seven digits")]
    TooLong,
}

/// 9900.
pub fn bank() -> BankCode {
    "9900".parse().unwrap_or_else(|_| unreachable!("four digits"))
}

/// The account of a 記号番号, each part as a person types it. `savings` says that it is 通常貯蓄貯金, which the 記号 does not
/// tell.
pub fn account(symbol: &str, number: &str, savings: bool) -> Result<AccountRef, YuchoError> {
    // "10530-2": the digit of the card
    let folded: String = symbol.trim().chars().map(crate::numbers::fold_width).collect();
    let is_dash = |c: char| !c.is_ascii_digit();
    let symbol = match folded.rsplit_once(is_dash) {
        Some((before, card)) if card.len() == 1 && before.len() >= SYMBOL_DIGITS => before,
        _ => folded.as_str(),
    };
    let symbol = digits_typed(symbol, SYMBOL_DIGITS, SYMBOL_DIGITS).map_err(YuchoError::Symbol)?;
    let number = digits_typed(number, 1, NUMBER_DIGITS_MAX).map_err(YuchoError::Number)?;
    if !symbol.ends_with('0') {
        return Err(YuchoError::SymbolForm);
    }
    let (last, kind, digits) = match symbol.as_bytes()[0] {
        b'1' => {
            let digits = number.strip_suffix('1').filter(|digits| !digits.is_empty());
            let kind = if savings { AccountKind::Savings } else { AccountKind::Ordinary };
            ('8', kind, digits.ok_or(YuchoError::LastDigit)?)
        }
        b'0' => ('9', AccountKind::Current, number.as_str()),
        _ => return Err(YuchoError::SymbolForm),
    };
    let branch = BranchCode::parse_typed(&format!("{}{last}", &symbol[1..3])).map_err(YuchoError::Symbol)?;
    let number = AccountNumber::parse_short(digits).map_err(|_| YuchoError::TooLong)?;
    Ok(AccountRef { bank: bank(), branch, kind, number })
}

/// What an account's passbook prints: the first three digits of the 記号, whose fourth is a check digit that no public
/// page explains, and the 番号 without leading zeros. `None` where it is no account of this bank.
pub fn printed(account: &AccountRef) -> Option<(String, String)> {
    let (office, last) = account.branch.as_str().split_at(2);
    let bare = account.number.as_str().trim_start_matches('0');
    if account.bank != bank() || bare.is_empty() {
        return None;
    }
    match (last, account.kind) {
        ("8", AccountKind::Ordinary | AccountKind::Savings) => {
            Some((format!("1{office}"), format!("{bare}1")))
        }
        ("9", AccountKind::Current) => Some((format!("0{office}"), bare.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(symbol: &str, number: &str) -> Result<(String, AccountKind, String), YuchoError> {
        let found = account(symbol, number, false)?;
        Ok((found.branch.to_string(), found.kind, found.number.to_string()))
    }

    #[test]
    fn the_examples_of_the_banks_own_page() {
        use AccountKind::{Current, Ordinary};
        for (symbol, number, branch, kind, account) in [
            ("10530", "12345671", "058", Ordinary, "1234567"),
            ("17300", "19927651", "738", Ordinary, "1992765"),
            ("00530", "123456", "059", Current, "0123456"),
            ("１０５３０", "１２３４５６７１", "058", Ordinary, "1234567"),
            ("10530-2", "11", "058", Ordinary, "0000001"),
            ("00120－2", "1", "019", Current, "0000001"),
        ] {
            let expected = (branch.to_owned(), kind, account.to_owned());
            assert_eq!(parts(symbol, number), Ok(expected), "{symbol} {number}");
        }
        assert_eq!(account("10530", "12345671", true).unwrap().kind, AccountKind::Savings);
    }

    #[test]
    fn what_names_no_account_is_told_apart() {
        assert!(matches!(parts("1053", "11"), Err(YuchoError::Symbol(NumberError::Length { found: 4, .. }))));
        assert!(matches!(parts("105301", "11"), Err(YuchoError::Symbol(NumberError::Length { .. }))));
        assert_eq!(parts("20530", "11"), Err(YuchoError::SymbolForm));
        assert_eq!(parts("10531", "11"), Err(YuchoError::SymbolForm));
        assert_eq!(parts("10530", "12345672"), Err(YuchoError::LastDigit));
        assert_eq!(parts("10530", "1"), Err(YuchoError::LastDigit));
        assert_eq!(parts("00530", "12345678"), Err(YuchoError::TooLong));
        assert!(matches!(parts("10530", "123456781"), Err(YuchoError::Number(_))));
        assert!(matches!(parts("10530", "x1"), Err(YuchoError::Number(NumberError::NotDigit('x')))));
    }

    #[test]
    fn another_banks_account_is_printed_on_no_passbook() {
        let mut other = account("10530", "11", false).unwrap();
        other.bank = "0125".parse().unwrap();
        assert_eq!(printed(&other), None);
        let mut odd = account("10530", "11", false).unwrap();
        odd.branch = "100".parse().unwrap();
        assert_eq!(printed(&odd), None);
    }

    proptest! {
        #[test]
        fn what_was_converted_is_printed_again(office in 0_u8..100, check in 0_u8..10, number in 1_u32..10_000_000) {
            let symbol = format!("1{office:02}{check}0");
            let found = account(&symbol, &format!("{number}1"), false).unwrap();
            prop_assert_eq!(printed(&found), Some((symbol[..3].to_owned(), format!("{number}1"))));
            let symbol = format!("0{office:02}{check}0");
            let found = account(&symbol, &number.to_string(), false).unwrap();
            prop_assert_eq!(printed(&found), Some((symbol[..3].to_owned(), number.to_string())));
        }

        #[test]
        fn no_text_breaks_it(symbol in ".{0,12}", number in ".{0,12}") {
            drop(account(&symbol, &number, false));
        }
    }
}
