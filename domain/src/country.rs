//! Countries by their code of ISO 3166-1.

use std::fmt;
use std::sync::LazyLock;

use crate::table;

/// Every country, in the order of the codes.
static COUNTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let rows = table::rows(include_str!("../data/countries.csv"));
    rows.map(|[code, label, name, iban]| Entry {
        code: table::code(code).unwrap_or_else(|| panic!("no country: {code}")),
        label,
        name,
        iban_length: iban.parse().ok(),
    })
    .collect()
});

struct Entry {
    code: [u8; 2],
    label: &'static str,
    name: &'static str,
    iban_length: Option<usize>,
}

/// A country: two letters of ISO 3166-1 alpha-2. XK, which ISO leaves to its users, is Kosovo, as banks use it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

/// No country has this code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no country has this code")]
pub struct CountryError;

impl Country {
    /// Japan.
    pub const JAPAN: Self = Self(*b"JP");

    /// Every one, in the order of the codes.
    pub fn all() -> impl Iterator<Item = Self> {
        COUNTRIES.iter().map(|entry| Self(entry.code))
    }

    /// Reads a code as a person types it.
    pub fn parse_typed(text: &str) -> Result<Self, CountryError> {
        table::code_typed(text).and_then(Self::known).ok_or(CountryError)
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Its Japanese name.
    pub fn label(self) -> &'static str {
        self.entry().map_or("", |entry| entry.label)
    }

    /// Its English name in ASCII, as it can stand in a message.
    pub fn name(self) -> &'static str {
        self.entry().map_or("", |entry| entry.name)
    }

    /// Characters of an IBAN of this country; nothing where it has none.
    pub fn iban_length(self) -> Option<usize> {
        self.entry().and_then(|entry| entry.iban_length)
    }

    fn known(code: [u8; 2]) -> Option<Self> {
        Some(Self(code)).filter(|country| country.entry().is_some())
    }

    fn entry(self) -> Option<&'static Entry> {
        let at = COUNTRIES.binary_search_by_key(&self.0, |entry| entry.code).ok()?;
        COUNTRIES.get(at)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Country({self})")
    }
}

/// Strict: two capital letters, for data and messages.
impl std::str::FromStr for Country {
    type Err = CountryError;
    fn from_str(text: &str) -> Result<Self, CountryError> {
        table::code(text).and_then(Self::known).ok_or(CountryError)
    }
}

impl TryFrom<String> for Country {
    type Error = CountryError;
    fn try_from(text: String) -> Result<Self, CountryError> {
        text.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_and_in_order() {
        let all: Vec<Country> = Country::all().collect();
        assert_eq!(all.len(), 250);
        assert!(all.is_sorted());
        for country in all {
            assert_eq!(country.as_str().parse(), Ok(country));
            assert!(!country.label().is_empty() && country.name().is_ascii(), "{country}");
        }
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(Country::parse_typed(" ｊp "), Ok(Country::JAPAN));
        assert_eq!(Country::JAPAN.label(), "日本");
        for wrong in ["", "J", "JPN", "ZZ", "日本", "1A"] {
            assert_eq!(Country::parse_typed(wrong), Err(CountryError), "{wrong}");
        }
        assert_eq!("jp".parse::<Country>(), Err(CountryError));
    }

    #[test]
    fn countries_of_the_iban_have_its_length() {
        let with: Vec<_> = Country::all().filter_map(Country::iban_length).collect();
        assert_eq!(with.len(), 89);
        assert_eq!((with.iter().min(), with.iter().max()), (Some(&15), Some(&33)));
        let length = |code: &str| code.parse::<Country>().unwrap().iban_length();
        assert_eq!(
            ["DE", "FR", "GB", "NO", "RU", "US", "JP"].map(length),
            [Some(22), Some(27), Some(22), Some(15), Some(33), None, None]
        );
    }
}
