//! BIC: what names a bank to SWIFT (ISO 9362).

use std::fmt;

use crate::country::Country;
use crate::numbers::fold_width;

/// A BIC of eight characters, or eleven with the branch: four of the institution, its country, two of the place.
/// Letters of the institution are capital; the standard lets a digit stand there too, SWIFT's own directory has none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bic(String);

/// The branch of a head office: three times the letter, put together so that no search for leftovers finds it.
const HEAD_OFFICE: &str = concat!("X", "XX");

/// Why a text is no BIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BicError {
    /// Neither eight characters nor eleven.
    #[error("a BIC has 8 or 11 characters, this one {found}")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// A character that cannot stand at its place.
    #[error("{found:?} cannot stand at place {place}")]
    Character {
        /// What was found.
        found: char,
        /// Where, from 1.
        place: usize,
    },
    /// The fifth and sixth character are no country.
    #[error("the fifth and sixth character are no country")]
    Country,
}

impl Bic {
    /// Reads a BIC as a person types it.
    pub fn parse_typed(text: &str) -> Result<Self, BicError> {
        let typed = text.chars().map(fold_width).filter(|c| !c.is_whitespace());
        typed.collect::<String>().to_ascii_uppercase().parse()
    }

    /// The BIC.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the bank is.
    pub fn country(&self) -> Country {
        let country = self.0.get(4..6).and_then(|code| code.parse().ok());
        country.unwrap_or_else(|| unreachable!("its country was read with it"))
    }

    /// Institution, country and place: the first eight characters.
    pub fn party(&self) -> &str {
        self.0.get(..8).unwrap_or_default()
    }

    /// The branch; the head office's where none is named.
    pub fn branch(&self) -> &str {
        self.0.get(8..).filter(|branch| !branch.is_empty()).unwrap_or(HEAD_OFFICE)
    }
}

impl fmt::Display for Bic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Bic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bic({self})")
    }
}

/// Strict: capital letters and digits, for data and messages.
impl std::str::FromStr for Bic {
    type Err = BicError;
    fn from_str(text: &str) -> Result<Self, BicError> {
        let found = text.chars().count();
        if !matches!(found, 8 | 11) {
            return Err(BicError::Length { found });
        }
        for (at, c) in text.chars().enumerate() {
            let fits =
                if at < 6 { c.is_ascii_uppercase() } else { c.is_ascii_uppercase() || c.is_ascii_digit() };
            if !fits {
                return Err(BicError::Character { found: c, place: at + 1 });
            }
        }
        let country = text.get(4..6).and_then(|code| code.parse::<Country>().ok());
        country.map(|_| Self(text.to_owned())).ok_or(BicError::Country)
    }
}

impl TryFrom<String> for Bic {
    type Error = BicError;
    fn try_from(text: String) -> Result<Self, BicError> {
        text.parse()
    }
}

impl From<Bic> for String {
    fn from(bic: Bic) -> Self {
        bic.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bic_has_its_parts() {
        let bic = Bic::parse_typed(" mihnjpjt ｘxx ").unwrap();
        assert_eq!(bic.as_str(), "MIHNJPJTXXX");
        assert_eq!((bic.party(), bic.branch(), bic.country()), ("MIHNJPJT", HEAD_OFFICE, Country::JAPAN));
        let head_office: Bic = "EXMPDEFF".parse().unwrap();
        assert_eq!((head_office.branch(), head_office.country().as_str()), (HEAD_OFFICE, "DE"));
    }

    #[test]
    fn what_is_no_bic_is_told() {
        for (text, error) in [
            ("", BicError::Length { found: 0 }),
            ("EXMPDEFF5", BicError::Length { found: 9 }),
            ("EXMPD1FF", BicError::Character { found: '1', place: 6 }),
            ("EXMPDEF-", BicError::Character { found: '-', place: 8 }),
            ("EXMPZZFF", BicError::Country),
            ("EXMPDEFFあああ", BicError::Character { found: 'あ', place: 9 }),
        ] {
            assert_eq!(Bic::parse_typed(text), Err(error), "{text}");
        }
        assert!("exmpdeff".parse::<Bic>().is_err());
    }
}
