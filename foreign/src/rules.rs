//! What the foreign exchange law and the bank ask of a remittance, as data (`data/rules.toml`).

use std::sync::LazyLock;

use domain::Country;
use serde::Deserialize;

/// The file that is part of the program; a test reads it.
static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let text = include_str!("../data/rules.toml");
    toml::from_str(text).unwrap_or_else(|error| panic!("data/rules.toml, which a test reads: {error}"))
});

/// The rules.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    vague: Vec<String>,
    province_of_payee: Vec<Country>,
    /// Of the day.
    pub day: DayRules,
}

/// Of 送金指定日.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayRules {
    /// Months ahead that it may be, to the same day (応当日).
    pub months_ahead: u32,
}

impl Rules {
    /// The rules that are part of the program.
    pub fn embedded() -> &'static Self {
        &RULES
    }

    /// Whether words do not say what is paid for: none of them is more than a general one.
    pub fn is_vague(&self, text: &str) -> bool {
        let upper = text.to_uppercase();
        let mut words = upper.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() > 1);
        words.all(|word| {
            self.vague.iter().any(|vague| vague == word) || matches!(word, "OF" | "FOR" | "THE" | "AND")
        })
    }

    /// Whether addresses of payees in a country have their province told.
    pub fn has_province(&self, country: Country) -> bool {
        self.province_of_payee.contains(&country)
    }
}

/// Whether an address names a post-office box.
pub fn is_post_office_box(text: &str) -> bool {
    let letters: String = text.to_uppercase().chars().filter(|c| c.is_alphanumeric()).collect();
    letters.contains("POBOX") || letters.contains("POSTOFFICEBOX") || letters.contains("POSTBOX")
}

/// Towns that are countries of the same name.
const TOWNS_OF_THE_SAME_NAME: &[&str] =
    &["SINGAPORE", "HONG KONG", "MACAO", "MONACO", "LUXEMBOURG", "GIBRALTAR", "DJIBOUTI"];

/// Whether a place is but the name of a country.
pub fn is_country_alone(place: &str) -> bool {
    let place = place.trim().to_uppercase();
    let is_named = |country: Country| country.name().to_uppercase() == place || country.as_str() == place;
    Country::all().any(is_named) && !TOWNS_OF_THE_SAME_NAME.contains(&place.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_say_nothing_are_vague() {
        let rules = Rules::embedded();
        for text in ["GOODS", "parts", "Payment for goods", "VARIOUS ITEMS", "INVOICE 4711", "", "1 2 3"] {
            assert!(rules.is_vague(text), "{text}");
        }
        for text in ["WOODEN FURNITURE", "MACHINE PARTS", "CONSULTING SERVICES"] {
            assert!(!rules.is_vague(text), "{text}");
        }
        assert!(rules.has_province("CN".parse().unwrap()) && !rules.has_province("DE".parse().unwrap()));
    }

    #[test]
    fn boxes_and_countries_are_no_places() {
        for text in ["P.O. BOX 12", "PO Box 12", "P. O. BOX 7 DUBAI", "POST OFFICE BOX 3"] {
            assert!(is_post_office_box(text), "{text}");
        }
        assert!(!is_post_office_box("12 BOXWOOD STREET"));
        assert!(is_country_alone("Germany") && is_country_alone("CN") && is_country_alone(" china "));
        assert!(!is_country_alone("SINGAPORE") && !is_country_alone("DALIAN, CHINA"));
    }
}
