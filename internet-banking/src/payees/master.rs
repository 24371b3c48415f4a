//! The master of banks with this bank in it.

use std::sync::LazyLock;

use domain::{AccountRef, BankCode, BranchCode};
use formats::{Bank, Banks, Branch};
use serde::Deserialize;

/// The file that is part of the program; a test reads it.
static OWN: LazyLock<Bank> = LazyLock::new(|| {
    let text = include_str!("../../data/own-bank.toml");
    own(text).unwrap_or_else(|error| panic!("data/own-bank.toml, which a test reads: {error}"))
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnBank {
    code: BankCode,
    name: String,
    kana: String,
    branch: Vec<OwnBranch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnBranch {
    code: BranchCode,
    name: String,
    kana: String,
}

fn own(text: &str) -> Result<Bank, String> {
    let own: OwnBank = toml::from_str(text).map_err(|error| error.to_string())?;
    let branches = own.branch.into_iter();
    let branches = branches.map(|one| Branch { code: one.code, kana: one.kana, name: one.name }).collect();
    Ok(Bank::new(own.code, &own.kana, &own.name, branches))
}

/// Banks and branches that money can go to.
#[derive(Clone, Copy, Debug)]
pub struct Master;

impl Master {
    /// This bank and its branches.
    pub fn own() -> &'static Bank {
        &OWN
    }

    /// The bank of a code.
    pub fn bank(code: &BankCode) -> Option<&'static Bank> {
        if *code == OWN.code { Some(&OWN) } else { Banks::embedded().bank(code) }
    }

    /// A branch of a bank.
    pub fn branch(bank: &BankCode, branch: &BranchCode) -> Option<&'static Branch> {
        Self::bank(bank)?.branch(branch)
    }

    /// Banks by number, kana or kanji: this bank first, where it is meant.
    pub fn find(query: &str, limit: usize) -> Vec<&'static Bank> {
        // 銀行 is in no name of the master but where it is no bank's name alone
        let bare = query.trim().trim_end_matches("銀行");
        let meant = formats::banks::folded(if bare.is_empty() { query } else { bare });
        let is_own = !meant.is_empty()
            && [OWN.code.as_str(), &OWN.kana, &OWN.name]
                .iter()
                .any(|name| formats::banks::folded(name).starts_with(&meant));
        let own = is_own.then_some(&*OWN);
        let mut found: Vec<_> = own.into_iter().chain(Banks::embedded().find(query, limit)).collect();
        if found.is_empty() || (bare != query.trim() && !bare.is_empty()) {
            let more = Banks::embedded().find(bare, limit);
            let more: Vec<_> = more.into_iter().filter(|one| !found.contains(one)).collect();
            found.extend(more);
        }
        found.truncate(limit);
        found
    }

    /// Branches of a bank by number, kana or kanji, with 支店 or without it.
    pub fn find_branch(bank: &'static Bank, query: &str, limit: usize) -> Vec<&'static Branch> {
        let found = bank.find(query, limit);
        let bare = query.trim().trim_end_matches("支店");
        if found.is_empty() && !bare.is_empty() { bank.find(bare, limit) } else { found }
    }

    /// `七十七銀行`; the code where the master does not have it any more.
    pub fn bank_name(code: &BankCode) -> String {
        Self::bank(code).map_or_else(|| code.to_string(), shown_bank)
    }

    /// `七十七銀行 仙台支店`, as a person says them; the codes where the master does not have them any more.
    pub fn names(account: &AccountRef) -> (String, String) {
        let branch = Self::bank(&account.bank).and_then(|bank| bank.branch(&account.branch));
        (Self::bank_name(&account.bank), branch.map_or_else(|| account.branch.to_string(), shown_branch))
    }
}

/// A bank's name as a person says it: the master has those of banks proper without 銀行, and of others whole.
pub fn shown_bank(bank: &Bank) -> String {
    let is_bank = bank.code.as_str() < "1000" || bank.code.as_str() >= "9900";
    let is_whole = bank.name.contains(['・', '、', '\u{3000}']) || bank.name.ends_with("銀行");
    if is_bank && !is_whole { format!("{}銀行", bank.name) } else { bank.name.clone() }
}

/// A branch's name as a person says it. Those of ゆうちょ銀行 are digits, and called 店.
pub fn shown_branch(branch: &Branch) -> String {
    let whole = ["支店", "本店", "営業部", "出張所", "営業所", "支所", "本所", "店", "部", "センター", "課"];
    if whole.iter().any(|end| branch.name.ends_with(end)) {
        branch.name.clone()
    } else if branch.name.chars().all(|c| "〇一二三四五六七八九".contains(c)) {
        format!("{}店", branch.name)
    } else {
        format!("{}支店", branch.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(query: &str) -> Vec<String> {
        Master::find(query, 8).into_iter().map(shown_bank).collect()
    }

    #[test]
    fn a_bank_is_found_as_people_name_it_this_one_too() {
        for (query, first) in [
            ("見本", "見本銀行"),
            ("みほん", "見本銀行"),
            ("9999", "見本銀行"),
            ("七十七銀行", "七十七銀行"),
            ("しちじゅうしち", "七十七銀行"),
            ("0125", "七十七銀行"),
            ("ゆうちょ", "ゆうちょ銀行"),
            ("ゆうちょ銀行", "ゆうちょ銀行"),
        ] {
            assert_eq!(found(query).first().map(String::as_str), Some(first), "{query}");
        }
        assert!(found("").is_empty() && found("ないない").is_empty());
        assert!(found("ぎん").len() <= 8);
    }

    #[test]
    fn a_branch_is_found_by_its_whole_name_and_without_its_ending() {
        let bank = Master::bank(&"0125".parse().unwrap()).unwrap();
        let names = |query| -> Vec<String> {
            Master::find_branch(bank, query, 4).into_iter().map(shown_branch).collect()
        };
        assert_eq!(names("100"), ["本店営業部"]);
        assert_eq!(names("泉"), names("泉支店"));
        let own = Master::bank(&"9999".parse().unwrap()).unwrap();
        assert_eq!(shown_branch(Master::find_branch(own, "いずみ", 4)[0]), "泉支店");
    }
}
