//! Addresses: structured, or with two lines beside town and country.

use std::io;

use domain::Country;

use super::rules::{Breach, Check};
use crate::iso20022::elements::Elements;

/// The most lines of an address that has its town and country apart.
pub const LINES_MAX: usize = 2;

/// An address. Town and country are always elements of their own; what else there is stands in its elements or, where
/// nobody can tell it apart, in two lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Street, 70 characters.
    pub street: String,
    /// Number of the building, 16.
    pub building: String,
    /// Postal code, 16.
    pub post_code: String,
    /// Town, 35. There is always one.
    pub town: String,
    /// State or province, 35.
    pub subdivision: String,
    /// Country.
    pub country: Country,
    /// Lines of 70, which repeat neither town nor country.
    pub lines: Vec<String>,
}

impl Address {
    /// In a town, with nothing else known.
    pub fn of(town: &str, country: Country) -> Self {
        Self {
            street: String::new(),
            building: String::new(),
            post_code: String::new(),
            town: town.to_owned(),
            subdivision: String::new(),
            country,
            lines: Vec::new(),
        }
    }

    /// What is wrong with it.
    pub(super) fn check(&self, check: &mut Check<'_>) {
        check.extended("PstlAdr/StrtNm", &self.street, 70);
        check.extended("PstlAdr/BldgNb", &self.building, 16);
        check.extended("PstlAdr/PstCd", &self.post_code, 16);
        check.needed("PstlAdr/TwnNm", &self.town);
        check.extended("PstlAdr/TwnNm", &self.town, 35);
        check.extended("PstlAdr/CtrySubDvsn", &self.subdivision, 35);
        if self.lines.len() > LINES_MAX {
            check.breach("PstlAdr/AdrLine", Breach::TooManyAddressLines);
        }
        for line in &self.lines {
            check.extended("PstlAdr/AdrLine", line, 70);
            if self.repeats(line) {
                check.breach("PstlAdr/AdrLine", Breach::AddressLineRepeats);
            }
        }
    }

    /// Whether a line has the town or the country, which have their own places.
    fn repeats(&self, line: &str) -> bool {
        let words = |text: &str| -> Vec<String> {
            let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            parts.map(str::to_uppercase).collect()
        };
        let line = words(line);
        [self.town.as_str(), self.country.name()].into_iter().any(|place| {
            let place = words(place);
            !place.is_empty() && line.windows(place.len()).any(|window| window == place)
        })
    }

    pub(super) fn write(&self, xml: &mut Elements) -> io::Result<()> {
        xml.open(&["PstlAdr"])?;
        xml.text("StrtNm", &self.street)?;
        xml.text("BldgNb", &self.building)?;
        xml.text("PstCd", &self.post_code)?;
        xml.text("TwnNm", &self.town)?;
        xml.text("CtrySubDvsn", &self.subdivision)?;
        xml.text("Ctry", self.country.as_str())?;
        self.lines.iter().try_for_each(|line| xml.text("AdrLine", line))?;
        xml.close(&["PstlAdr"])
    }
}
