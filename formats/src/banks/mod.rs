//! The banks of Japan and their branches, by number, kana and kanji: `data/banks.txt`, which `mpn banks import` writes
//! from the public data set zengin-code.

mod directory;
mod fold;
mod import;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::{BankCode, BranchCode};

pub use directory::Directory;
pub use fold::folded;
pub use import::import;

/// The file that is part of the program; a test reads it.
static BANKS: LazyLock<Banks> = LazyLock::new(|| {
    let text = include_str!("../../data/banks.txt");
    Banks::parse(text).unwrap_or_else(|error| panic!("data/banks.txt, which a test reads: {error}"))
});

/// The master of banks and branches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Banks {
    source: String,
    banks: BTreeMap<BankCode, Bank>,
}

/// A bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bank {
    /// 金融機関コード.
    pub code: BankCode,
    /// The name in kana, full-width.
    pub kana: String,
    /// The name, without 銀行 where it is a bank.
    pub name: String,
    branches: BTreeMap<BranchCode, Branch>,
}

/// A branch of a bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// 店番.
    pub code: BranchCode,
    /// The name in kana, full-width.
    pub kana: String,
    /// The name, without 支店.
    pub name: String,
}

/// Why a text is no master.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BanksError {
    /// A line is no bank and no branch.
    #[error("line {0} is neither a bank nor a branch")]
    Line(usize),
    /// A bank or a branch is there twice.
    #[error("line {0} is there before")]
    Twice(usize),
    /// The first line does not name the source.
    #[error("the first line names no source")]
    Source,
    /// The data set is not of the form that is known.
    #[error("the data set cannot be read: {0}")]
    DataSet(String),
}

impl Banks {
    /// The master that is part of the program.
    pub fn embedded() -> &'static Self {
        &BANKS
    }

    /// Reads a master: `# source`, then a line for each bank, followed by those of its branches: code, kana and name,
    /// separated by tabs. A bank's code has four digits, a branch's three.
    pub fn parse(text: &str) -> Result<Self, BanksError> {
        let mut lines = text.lines().zip(1..);
        let source = lines.next().and_then(|(line, _)| line.strip_prefix("# ")).ok_or(BanksError::Source)?;
        let mut banks: BTreeMap<BankCode, Bank> = BTreeMap::new();
        let mut current: Option<BankCode> = None;
        for (line, number) in lines {
            let mut fields = line.split('\t');
            let (Some(code), Some(kana), Some(name), None) =
                (fields.next(), fields.next(), fields.next(), fields.next())
            else {
                return Err(BanksError::Line(number));
            };
            let (kana, name) = (kana.to_owned(), name.to_owned());
            if let Ok(code) = code.parse::<BankCode>() {
                let bank = Bank { code: code.clone(), kana, name, branches: BTreeMap::new() };
                if banks.insert(code.clone(), bank).is_some() {
                    return Err(BanksError::Twice(number));
                }
                current = Some(code);
            } else {
                let code: BranchCode = code.parse().map_err(|_| BanksError::Line(number))?;
                let bank = current.as_ref().and_then(|bank| banks.get_mut(bank));
                let bank = bank.ok_or(BanksError::Line(number))?;
                if bank.branches.insert(code.clone(), Branch { code, kana, name }).is_some() {
                    return Err(BanksError::Twice(number));
                }
            }
        }
        Ok(Self { source: source.to_owned(), banks })
    }

    /// As [`parse`](Self::parse) reads it.
    pub fn to_text(&self) -> String {
        let mut out = format!("# {}\n", self.source);
        for bank in self.banks.values() {
            out.push_str(&format!("{}\t{}\t{}\n", bank.code, bank.kana, bank.name));
            for branch in bank.branches.values() {
                out.push_str(&format!("{}\t{}\t{}\n", branch.code, branch.kana, branch.name));
            }
        }
        out
    }

    /// Where it comes from, with the day of its data.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// With another bank, in place of one of the same code.
    #[must_use]
    pub fn with(mut self, bank: Bank) -> Self {
        self.banks.insert(bank.code.clone(), bank);
        self
    }

    /// The bank of a code.
    pub fn bank(&self, code: &BankCode) -> Option<&Bank> {
        self.banks.get(code)
    }

    /// All banks, in the order of their codes.
    pub fn all(&self) -> impl ExactSizeIterator<Item = &Bank> {
        self.banks.values()
    }

    /// Banks whose code begins so, or whose name in kana or kanji has it: those that begin with it first.
    pub fn find(&self, query: &str, limit: usize) -> Vec<&Bank> {
        found(self.banks.values(), query, limit, |bank| (bank.code.as_str(), &bank.kana, &bank.name))
    }
}

impl Bank {
    /// A bank with these branches: code, kana and name of each.
    pub fn new(code: BankCode, kana: &str, name: &str, branches: Vec<Branch>) -> Self {
        let branches = branches.into_iter().map(|branch| (branch.code.clone(), branch)).collect();
        Self { code, kana: kana.to_owned(), name: name.to_owned(), branches }
    }

    /// The branch of a code.
    pub fn branch(&self, code: &BranchCode) -> Option<&Branch> {
        self.branches.get(code)
    }

    /// All branches, in the order of their codes.
    pub fn branches(&self) -> impl ExactSizeIterator<Item = &Branch> {
        self.branches.values()
    }

    /// Branches whose code begins so, or whose name in kana or kanji has it: those that begin with it first.
    pub fn find(&self, query: &str, limit: usize) -> Vec<&Branch> {
        found(self.branches.values(), query, limit, |branch| {
            (branch.code.as_str(), &branch.kana, &branch.name)
        })
    }
}

/// What meets a query, the whole name first, then what begins with it, then what has it anywhere; each by code.
fn found<'m, T>(
    all: impl Iterator<Item = &'m T>,
    query: &str,
    limit: usize,
    parts: impl Fn(&'m T) -> (&'m str, &'m String, &'m String),
) -> Vec<&'m T> {
    let query = folded(query);
    if query.is_empty() {
        return Vec::new();
    }
    let rank = |one: &'m T| {
        let (code, kana, name) = parts(one);
        let (kana, name) = (folded(kana), folded(name));
        if code == query || kana == query || name == query {
            Some(0)
        } else if code.starts_with(&query) || kana.starts_with(&query) || name.starts_with(&query) {
            Some(1)
        } else {
            (kana.contains(&query) || name.contains(&query)).then_some(2)
        }
    };
    let mut ranked: Vec<(u8, &T)> = all.filter_map(|one| rank(one).map(|rank| (rank, one))).collect();
    // stable, so each rank stays in the order of codes
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().take(limit).map(|(_, one)| one).collect()
}
