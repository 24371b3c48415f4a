//! Screening against lists of sanctions, which are data (`data/sanctions.csv`). A hit is a fact that two people of the
//! bank decide about, and no refusal.

use std::sync::LazyLock;

use domain::{Country, Date};
use unicode_normalization::UnicodeNormalization;

/// The list that is part of the program; a test reads it.
static EMBEDDED: LazyLock<Sanctions> = LazyLock::new(|| {
    let text = include_str!("../data/sanctions.csv");
    Sanctions::parse(text).unwrap_or_else(|error| panic!("data/sanctions.csv, which a test reads: {error}"))
});

/// Words that say of what form a company is, and nothing of which it is.
const LEGAL_FORMS: &[&str] = &[
    "AB",
    "AG",
    "AS",
    "BV",
    "CO",
    "COMPANY",
    "CORP",
    "CORPORATION",
    "GMBH",
    "INC",
    "INCORPORATED",
    "KG",
    "KK",
    "LIMITED",
    "LLC",
    "LLP",
    "LTD",
    "MBH",
    "NV",
    "OOO",
    "OY",
    "PLC",
    "PTE",
    "PTY",
    "SA",
    "SARL",
    "SPA",
    "SRL",
    "THE",
];

/// Letters of a word from which on one wrong letter in it does not make it another word.
const NEAR_CHARS_MIN: usize = 6;

/// Lists of sanctions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sanctions {
    entries: Vec<Entry>,
}

/// What is on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which list.
    pub list: String,
    /// Whom or what it names.
    pub subject: Subject,
    /// From which day.
    pub since: Date,
}

/// Whom or what an entry names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A country.
    Country(Country),
    /// A person or a company, in a country where it is known.
    Name {
        /// As it is on the list.
        name: String,
        /// Where it is, if the list says so.
        country: Option<Country>,
    },
}

/// Something that is screened: a name or a country, and what it is in the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screened {
    /// 受取人, 原産地.
    pub what: &'static str,
    /// The name; empty of a place.
    pub name: String,
    /// The country, where it is known.
    pub country: Option<Country>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What of the application.
    pub screened: Screened,
    /// What on the list.
    pub entry: Entry,
    /// How well they fit.
    pub closeness: Closeness,
}

/// How well a name or a country fits an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closeness {
    /// The country itself.
    Country,
    /// Every word of the entry, and no other.
    Same,
    /// Every word of the entry among others.
    Contained,
    /// Likewise, with a letter wrong in a long word, or in a country other than the list's.
    Near,
}

impl Closeness {
    /// What it is to the staff.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Country => "国が一致",
            Self::Same => "名前が一致",
            Self::Contained => "名前を含む",
            Self::Near => "名前が似ている、または国が違う",
        }
    }
}

/// Why a text is no list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct SanctionsError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Sanctions {
    /// The list that is part of the program.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Reads a list: its name, `name` or `country`, the name or the code, the country of a name, and the first day; `#`
    /// before a remark.
    pub fn parse(text: &str) -> Result<Self, SanctionsError> {
        let lines =
            text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
        let entries =
            lines.map(|(at, line)| entry(line).map_err(|reason| SanctionsError { line: at + 1, reason }));
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether a country is under sanctions on a day.
    pub fn has_country(&self, country: Country, day: Date) -> bool {
        let is_it = |entry: &Entry| entry.subject == Subject::Country(country) && entry.since <= day;
        self.entries.iter().any(is_it)
    }

    /// Everything that fits an entry which is on its list on a day.
    pub fn screen(&self, screened: &[Screened], day: Date) -> Vec<Hit> {
        let in_force: Vec<&Entry> = self.entries.iter().filter(|entry| entry.since <= day).collect();
        let hits = screened.iter().flat_map(|one| {
            in_force.iter().filter_map(|entry| {
                let closeness = entry.subject.closeness(one)?;
                Some(Hit { screened: one.clone(), entry: (*entry).clone(), closeness })
            })
        });
        hits.collect()
    }
}

fn entry(line: &str) -> Result<Entry, &'static str> {
    let cells: Vec<&str> = line.split(',').map(str::trim).collect();
    let [list, kind, name, country, since] = cells.try_into().map_err(|_| "five cells are in a line")?;
    let subject = match kind {
        "country" => Subject::Country(name.parse().map_err(|_| "no country")?),
        "name" => {
            if words(name).is_empty() {
                return Err("a name without a word");
            }
            let country =
                if country.is_empty() { None } else { Some(country.parse().map_err(|_| "no country")?) };
            Subject::Name { name: name.to_owned(), country }
        }
        _ => return Err("neither a name nor a country"),
    };
    Ok(Entry { list: list.to_owned(), subject, since: since.parse().map_err(|_| "no day")? })
}

impl Subject {
    fn closeness(&self, screened: &Screened) -> Option<Closeness> {
        match self {
            Self::Country(country) => (screened.country == Some(*country)).then_some(Closeness::Country),
            Self::Name { name, country } => {
                let (listed, found) = (words(name), words(&screened.name));
                let has =
                    |word: &String, is_it: fn(&str, &str) -> bool| found.iter().any(|one| is_it(word, one));
                let is_elsewhere =
                    country.is_some() && screened.country.is_some() && *country != screened.country;
                if listed.iter().all(|word| has(word, |a, b| a == b)) {
                    return Some(match (is_elsewhere, listed.len() == found.len()) {
                        (true, _) => Closeness::Near,
                        (false, true) => Closeness::Same,
                        (false, false) => Closeness::Contained,
                    });
                }
                listed.iter().all(|word| has(word, is_near)).then_some(Closeness::Near)
            }
        }
    }
}

/// The words of a name, each once: capital letters without accents, in no order, and without those of a legal form.
fn words(name: &str) -> Vec<String> {
    let plain: String = name.nfkd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect();
    // dots and apostrophes stand within words: S.A., O'NEILL
    let plain = plain.to_uppercase().replace(['.', '\'', '’'], "");
    let mut words: Vec<String> = plain
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !LEGAL_FORMS.contains(word))
        .map(str::to_owned)
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Whether two words are one but for a letter that is wrong, missing or too many, or two that are swapped.
fn is_near(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if short.len() < NEAR_CHARS_MIN || long.len() - short.len() > 1 {
        return false;
    }
    let front = short.iter().zip(&long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[front..], &long[front..]);
    if short.len() < long.len() {
        return short == &long[1..];
    }
    let is_swapped = short.len() > 1 && short[0] == long[1] && short[1] == long[0] && short[2..] == long[2..];
    short[1..] == long[1..] || is_swapped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn closeness(name: &str, country: &str) -> Vec<(String, Closeness)> {
        let screened = Screened { what: "受取人", name: name.to_owned(), country: country.parse().ok() };
        let hits = Sanctions::embedded().screen(&[screened], day("2026-11-27"));
        let subject = |hit: &Hit| match &hit.entry.subject {
            Subject::Country(country) => country.to_string(),
            Subject::Name { name, .. } => name.clone(),
        };
        hits.iter().map(|hit| (subject(hit), hit.closeness)).collect()
    }

    #[test]
    fn names_fit_whatever_their_form_order_and_case() {
        let one = |found: Vec<(String, Closeness)>| {
            found.into_iter().map(|(_, closeness)| closeness).collect::<Vec<_>>()
        };
        for name in [
            "BLACKMOOR SHIPPING",
            "Blackmoor Shipping Co., Ltd.",
            "SHIPPING, BLACKMOOR",
            "Bläckmoor Shipping S.A.",
        ] {
            assert_eq!(one(closeness(name, "DE")), [Closeness::Same], "{name}");
        }
        assert_eq!(one(closeness("BLACKMOOR SHIPPING AND TRADING LLC", "DE")), [Closeness::Contained]);
        for name in ["BLACKMOR SHIPPING", "BLACKMOOR SHIPPNIG", "BLACKMOORE SHIPPING", "BLACKNOOR SHIPPING"] {
            assert_eq!(one(closeness(name, "DE")), [Closeness::Near], "{name}");
        }
        for name in ["BLACK MOOR SHIPPING", "BLACKMOOR", "WHITEMOOR SHIPPING", "SHIPPING", ""] {
            assert_eq!(one(closeness(name, "DE")), [], "{name}");
        }
    }

    #[test]
    fn a_country_fits_itself_and_a_name_elsewhere_is_only_near() {
        assert_eq!(closeness("ANY NAME", "KP"), [("KP".to_owned(), Closeness::Country)]);
        assert_eq!(closeness("Phantom Petroleum", ""), [("PHANTOM PETROLEUM".to_owned(), Closeness::Same)]);
        assert_eq!(closeness("Phantom Petroleum", "AE"), [("PHANTOM PETROLEUM".to_owned(), Closeness::Near)]);
        assert_eq!(
            closeness("PHANTOM PETROLEUM", "IR"),
            [("IR".to_owned(), Closeness::Country), ("PHANTOM PETROLEUM".to_owned(), Closeness::Same)]
        );
    }

    #[test]
    fn an_entry_is_in_force_from_its_day_on() {
        let list = Sanctions::embedded();
        let russia = "RU".parse().unwrap();
        assert!(!list.has_country(russia, day("2022-02-28")) && list.has_country(russia, day("2022-03-01")));
        assert_eq!(closeness("FUTURE LISTED", "DE"), []);
        let screened = Screened { what: "受取人", name: "FUTURE LISTED".to_owned(), country: None };
        assert_eq!(list.screen(&[screened], day("2030-01-01")).len(), 1);
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_line() {
        let refused = |text: &str| Sanctions::parse(text).unwrap_err();
        for (text, line, reason) in [
            ("a,name,X,,2020-01-01\nb,name", 2, "five cells are in a line"),
            ("a,ship,X,,2020-01-01", 1, "neither a name nor a country"),
            ("a,country,ZZ,,2020-01-01", 1, "no country"),
            ("a,name,X,ZZ,2020-01-01", 1, "no country"),
            ("a,name,Ltd.,,2020-01-01", 1, "a name without a word"),
            ("# remark\n\na,name,X,,2020-13-01", 3, "no day"),
        ] {
            assert_eq!(refused(text), SanctionsError { line, reason });
        }
        assert!(Sanctions::parse("# nothing\n").unwrap().is_empty());
        assert_eq!(Sanctions::embedded().len(), 9);
    }
}
