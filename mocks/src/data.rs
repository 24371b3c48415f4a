//! What the mocks are made of: the institutions' list, and for each a folder with its sample bills and its site.

use std::collections::BTreeMap;

use crate::fixtures;
use crate::institutions::{self, Institution};
use crate::samples::SeedBill;
use crate::sites::{self, Site};
use crate::special::{self, Special};

/// Each institution's `bills.toml`, by the folder's name.
const FIXTURES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/bills.rs"));

/// Each institution's `site.toml`, where its folder has one.
const SITES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/site.rs"));

/// The institutions' list as it is written, the sample bills by 収納機関番号, and the special numbers of all.
#[derive(Clone, Debug)]
pub struct Data {
    /// The list: every institution of it that is available is mocked.
    pub institutions: String,
    /// Each institution's sample bills.
    pub bills: BTreeMap<String, String>,
    /// Each institution's web site; one that has none gets one of its charges.
    pub sites: BTreeMap<String, String>,
    /// The customer numbers with a known outcome.
    pub special_numbers: String,
}

/// Why the data cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The list is not TOML, or a row lacks what a mock needs.
    #[error("the institutions' data cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// A number that is not five digits.
    #[error("{0:?} is no institution's number")]
    Number(String),
    /// A site that cannot be read.
    #[error("the site of {number}: {reason}")]
    Site {
        /// 収納機関番号.
        number: String,
        /// What is wrong.
        reason: String,
    },
    /// Sample bills that cannot be read.
    #[error("the sample bills of {number}: {reason}")]
    Bills {
        /// 収納機関番号, or the name of the folder.
        number: String,
        /// What is wrong.
        reason: String,
    },
    /// Special numbers that cannot be read.
    #[error("the special numbers: {0}")]
    SpecialNumbers(String),
}

impl Data {
    /// The data that is part of the program.
    pub fn embedded() -> Self {
        let text = |(number, text): &(&str, &str)| ((*number).to_owned(), (*text).to_owned());
        Self {
            institutions: institutions::TEXT.to_owned(),
            bills: FIXTURES.iter().map(text).collect(),
            sites: SITES.iter().map(text).collect(),
            special_numbers: special::TEXT.to_owned(),
        }
    }

    /// The institutions that are mocked, as they are on `today`, in the order of the list.
    pub(crate) fn institutions(&self, today: domain::Date) -> Result<Vec<Institution>, DataError> {
        institutions::read(&self.institutions, today)
    }

    /// The customer numbers with a known outcome.
    pub(crate) fn specials(&self) -> Result<Vec<Special>, DataError> {
        special::read(&self.special_numbers).map_err(DataError::SpecialNumbers)
    }

    /// The web site of an institution.
    pub(crate) fn site(&self, row: &Institution) -> Result<Site, DataError> {
        let number = row.number.as_str();
        let text = self.sites.get(number).map(String::as_str);
        sites::site(text, row).map_err(|reason| DataError::Site { number: number.to_owned(), reason })
    }

    /// The sample bills, in the order of their collectors' numbers.
    pub fn bills(&self) -> Result<Vec<SeedBill>, DataError> {
        let mut bills = Vec::new();
        for (number, text) in &self.bills {
            let fail = |reason| DataError::Bills { number: number.clone(), reason };
            bills.extend(fixtures::read(number, text).map_err(fail)?);
        }
        Ok(bills)
    }
}
