//! From the data set zengin-code, as its npm package has it, to our file.

use std::collections::BTreeMap;

use domain::{BankCode, BranchCode};
use serde::Deserialize;

use super::{Bank, Banks, BanksError, Branch};

/// What stands before the JSON in the package's `lib/zengin-data.js`.
const EXPORTS: &str = "module.exports =";

#[derive(Deserialize)]
struct ListedBank {
    code: String,
    name: String,
    kana: String,
    branches: BTreeMap<String, ListedBranch>,
}

#[derive(Deserialize)]
struct ListedBranch {
    code: String,
    name: String,
    kana: String,
}

/// Reads `zengin-data.js`. `source` says which version it is.
pub fn import(data_set: &str, source: &str) -> Result<Banks, BanksError> {
    let wrong = |what: &dyn ToString| BanksError::DataSet(what.to_string());
    let text = data_set.trim();
    let text = text.strip_prefix(EXPORTS).unwrap_or(text).trim_end_matches(';');
    let listed: BTreeMap<String, ListedBank> = serde_json::from_str(text).map_err(|error| wrong(&error))?;
    if source.is_empty() || source.contains('\n') {
        return Err(BanksError::Source);
    }
    let mut banks = BTreeMap::new();
    for bank in listed.into_values() {
        let branches = bank.branches.into_values().map(|branch| {
            let code: BranchCode = branch.code.parse().map_err(|error| wrong(&error))?;
            Ok(Branch { code, kana: plain(branch.kana)?, name: plain(branch.name)? })
        });
        let branches = branches.collect::<Result<Vec<_>, BanksError>>()?;
        let code: BankCode = bank.code.parse().map_err(|error| wrong(&error))?;
        let (kana, name) = (plain(bank.kana)?, plain(bank.name)?);
        banks.insert(code.clone(), Bank::new(code, &kana, &name, branches));
    }
    Ok(Banks { source: source.to_owned(), banks })
}

/// A name that fits a line.
fn plain(name: String) -> Result<String, BanksError> {
    let fits = !name.is_empty() && !name.contains(['\t', '\n', '\r']);
    if fits { Ok(name) } else { Err(BanksError::DataSet(format!("{name:?} is no name"))) }
}
