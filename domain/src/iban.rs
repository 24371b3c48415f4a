//! IBAN: what names an account abroad (ISO 13616).

use std::fmt;

use crate::country::Country;
use crate::numbers::fold_width;

/// An IBAN: the country, two check digits and the account, with the length of the country.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iban(String);

/// Why a text is no IBAN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IbanError {
    /// Nothing was found.
    #[error("the IBAN is empty")]
    Empty,
    /// A character that is neither letter nor digit, or not at its place.
    #[error("{found:?} cannot stand at place {place}")]
    Character {
        /// What was found.
        found: char,
        /// Where, from 1, spaces not counted.
        place: usize,
    },
    /// The first two letters are no country that has IBANs.
    #[error("the first two letters are no country that has IBANs")]
    Country,
    /// Another length than that of the country.
    #[error("an IBAN of {country} has {expected} characters, this one {found}")]
    Length {
        /// The country.
        country: Country,
        /// What it should have.
        expected: usize,
        /// What it has.
        found: usize,
    },
    /// The check digits are not those of the rest: a digit is wrong, or two are swapped.
    #[error("the check digits do not fit")]
    CheckDigits,
}

impl Iban {
    /// Reads an IBAN as a person types it, in groups or not.
    pub fn parse_typed(text: &str) -> Result<Self, IbanError> {
        let typed = text.chars().map(fold_width).filter(|c| !c.is_whitespace());
        typed.collect::<String>().to_ascii_uppercase().parse()
    }

    /// The IBAN without spaces, as messages have it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the account is.
    pub fn country(&self) -> Country {
        let country = self.0.get(..2).and_then(|code| code.parse().ok());
        country.unwrap_or_else(|| unreachable!("its country was read with it"))
    }
}

/// The remainder by 97 of the number that a text is, with A as 10 and Z as 35 (ISO 7064).
fn mod_97(chars: impl Iterator<Item = char>) -> Option<u32> {
    let mut rest = 0;
    for c in chars {
        let value = c.to_digit(36)?;
        rest = (rest * if value < 10 { 10 } else { 100 } + value) % 97;
    }
    Some(rest)
}

/// In groups of four, as paper has it.
impl fmt::Display for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, c) in self.0.chars().enumerate() {
            if at > 0 && at.is_multiple_of(4) {
                f.write_str(" ")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Iban({})", self.0)
    }
}

/// Strict: capital letters and digits without spaces, for data and messages.
impl std::str::FromStr for Iban {
    type Err = IbanError;
    fn from_str(text: &str) -> Result<Self, IbanError> {
        if text.is_empty() {
            return Err(IbanError::Empty);
        }
        for (at, found) in text.chars().enumerate() {
            let fits = match at {
                0..2 => found.is_ascii_uppercase(),
                2..4 => found.is_ascii_digit(),
                _ => found.is_ascii_uppercase() || found.is_ascii_digit(),
            };
            if !fits {
                return Err(IbanError::Character { found, place: at + 1 });
            }
        }
        let country: Country = text.get(..2).and_then(|code| code.parse().ok()).ok_or(IbanError::Country)?;
        let expected = country.iban_length().ok_or(IbanError::Country)?;
        if text.len() != expected {
            return Err(IbanError::Length { country, expected, found: text.len() });
        }
        let (front, back) = text.split_at(4);
        // the digits are what 98 lacks of a remainder of 0 to 96: 00, 01 and 99 are nobody's
        let is_made = text.get(2..4).is_some_and(|digits| ("02"..="98").contains(&digits));
        match mod_97(back.chars().chain(front.chars())) {
            Some(1) if is_made => Ok(Self(text.to_owned())),
            _ => Err(IbanError::CheckDigits),
        }
    }
}

impl TryFrom<String> for Iban {
    type Error = IbanError;
    fn try_from(text: String) -> Result<Self, IbanError> {
        text.parse()
    }
}

impl From<Iban> for String {
    fn from(iban: Iban) -> Self {
        iban.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Examples of the registry (ISO 13616), which belong to nobody.
    const EXAMPLES: &[&str] = &[
        "DE89 3704 0044 0532 0130 00",
        "GB29 NWBK 6016 1331 9268 19",
        "FR14 2004 1010 0505 0001 3M02 606",
        "CH93 0076 2011 6238 5295 7",
        "NO93 8601 1117 947",
        "AE07 0331 2345 6789 0123 456",
        "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
    ];

    #[test]
    fn examples_are_read_and_shown_in_groups() {
        for text in EXAMPLES {
            let iban = Iban::parse_typed(text).unwrap();
            assert_eq!(iban.to_string(), *text);
            assert_eq!(iban.as_str().parse(), Ok(iban));
        }
        assert_eq!(Iban::parse_typed(" ｄe89370400440532013000").unwrap().country().as_str(), "DE");
    }

    #[test]
    fn what_is_no_iban_is_told() {
        assert!(Iban::parse_typed("DE98370400440532013032").is_ok());
        let germany: Country = "DE".parse().unwrap();
        for (text, error) in [
            (" ", IbanError::Empty),
            ("DE89 3704 0044 0532 0130 0", IbanError::Length { country: germany, expected: 22, found: 21 }),
            ("DE89 3704-0044", IbanError::Character { found: '-', place: 9 }),
            ("8E89", IbanError::Character { found: '8', place: 1 }),
            ("JP89 3704", IbanError::Country),
            ("ZZ89 3704", IbanError::Country),
            ("DE89 3704 0044 0532 0103 00", IbanError::CheckDigits),
            // of a remainder of 1 as well, and yet nobody's
            ("DE01370400440532013032", IbanError::CheckDigits),
        ] {
            assert_eq!(Iban::parse_typed(text), Err(error), "{text}");
        }
    }

    proptest! {
        /// What mod 97 is for: one digit wrong, or two beside each other swapped, is always found.
        #[test]
        fn a_slip_of_the_pen_is_found(which in 0..EXAMPLES.len(), at in 4_usize..33, digit in 0_u32..10) {
            let right: Vec<char> = EXAMPLES[which].chars().filter(|c| *c != ' ').collect();
            let at = at.min(right.len() - 2);
            prop_assume!(right[at].is_ascii_digit() && right[at + 1].is_ascii_digit());
            let (mut wrong, mut swapped) = (right.clone(), right.clone());
            wrong[at] = char::from_digit(digit, 10).unwrap();
            swapped.swap(at, at + 1);
            for other in [wrong, swapped] {
                let text: String = other.iter().collect();
                prop_assert_eq!(text.parse::<Iban>().is_ok(), other == right, "{}", text);
            }
        }
    }
}
