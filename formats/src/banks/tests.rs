use proptest::prelude::*;

use super::*;

const SMALL: &str = "# a test\n0001\tミズホ\tみずほ\n001\tトウキヨウ\t東京営業部\n004\tマルノウチ\t丸の内\n\
                     0125\tシチジユウシチ\t七十七\n100\tホンテン\t本店営業部\n";

fn code(text: &str) -> BankCode {
    text.parse().unwrap()
}

fn names(found: Vec<&Bank>) -> Vec<&str> {
    found.into_iter().map(|bank| bank.name.as_str()).collect()
}

#[test]
fn the_programs_own_master_is_read() {
    let banks = Banks::embedded();
    assert!(banks.source().contains("zengin-code"), "{}", banks.source());
    assert_eq!(banks.all().len(), 1_146);
    assert_eq!(banks.all().map(|bank| bank.branches().len()).sum::<usize>(), 28_944);
    let seventy_seven = banks.bank(&code("0125")).unwrap();
    assert_eq!((seventy_seven.name.as_str(), seventy_seven.kana.as_str()), ("七十七", "シチジユウシチ"));
    assert_eq!(seventy_seven.branch(&"100".parse().unwrap()).unwrap().kana, "ホンテン");
    assert_eq!(banks.bank(&code("9999")), None, "a number for tests");
    assert_eq!(Banks::parse(&banks.to_text()).as_ref(), Ok(banks));
}

/// Whatever branch a 記号 of ゆうちょ comes to ends in 8 or 9, and so do all of the bank's branches in the master.
#[test]
fn branches_of_yucho_are_those_that_its_symbols_come_to() {
    let bank = Banks::embedded().bank(&domain::yucho::bank()).unwrap();
    let lasts: Vec<char> = bank.branches().filter_map(|branch| branch.code.as_str().chars().last()).collect();
    assert!(!lasts.is_empty() && lasts.iter().all(|last| matches!(last, '8' | '9')), "{lasts:?}");
    let account = domain::yucho::account("10530", "12345671", false).unwrap();
    assert_eq!(bank.branch(&account.branch).unwrap().name, "〇五八");
}

#[test]
fn a_bank_is_found_by_number_kana_and_kanji() {
    let banks = Banks::embedded();
    for query in ["0125", "しちじゅうしち", "ｼﾁｼﾞｭｳｼﾁ", "シチジュウシチ", "七十七", "０１２５"]
    {
        assert_eq!(names(banks.find(query, 5)).first(), Some(&"七十七"), "{query}");
    }
    assert!(names(banks.find("みずほ", 5)).starts_with(&["みずほ"]));
    assert_eq!(banks.find("00", 3).len(), 3, "no more than asked for");
    assert!(banks.find("", 5).is_empty() && banks.find("存在しない", 5).is_empty());
    let branches = banks.bank(&code("0125")).unwrap().find("せんだい", 50);
    assert!(branches.iter().any(|branch| branch.name.contains("仙台")), "{branches:?}");
    assert!(
        branches.iter().all(|branch| branch.kana.contains("センダイ") || branch.name.contains("センダイ"))
    );
}

#[test]
fn the_whole_name_comes_before_its_beginning_and_its_part() {
    let branch = |code: &str, kana: &str, name: &str| Branch {
        code: code.parse().unwrap(),
        kana: kana.to_owned(),
        name: name.to_owned(),
    };
    let branches = vec![
        branch("001", "キタナカ", "北中"),
        branch("002", "ナカマチ", "中町"),
        branch("003", "ナカ", "中"),
    ];
    let bank = Bank::new(code("0001"), "ア", "ア", branches);
    let found: Vec<_> = bank.find("なか", 9).into_iter().map(|found| found.code.as_str()).collect();
    assert_eq!(found, ["003", "002", "001"]);
}

#[test]
fn a_broken_master_is_refused_with_its_line() {
    assert!(Banks::parse(SMALL).is_ok());
    for (right, wrong, error) in [
        ("# a test\n", "", BanksError::Source),
        ("001\tトウキヨウ\t東京営業部", "001\tトウキヨウ", BanksError::Line(3)),
        ("001\tトウキヨウ", "01\tトウキヨウ", BanksError::Line(3)),
        ("0001\tミズホ\tみずほ\n", "", BanksError::Line(2)),
        ("004", "001", BanksError::Twice(4)),
        ("0125", "0001", BanksError::Twice(5)),
    ] {
        assert_eq!(Banks::parse(&SMALL.replace(right, wrong)), Err(error), "{wrong}");
    }
}

#[test]
fn the_data_set_is_read_and_written_anew() {
    let data_set = r#"module.exports = {"0125": {"code": "0125", "name": "七十七", "kana": "シチジユウシチ", "hira": "",
        "roma": "", "branches": {"100": {"code": "100", "name": "本店営業部", "kana": "ホンテン", "hira": "", "roma": ""}}}};"#;
    let banks = import(data_set, "a test").unwrap();
    assert_eq!(banks.to_text(), "# a test\n0125\tシチジユウシチ\t七十七\n100\tホンテン\t本店営業部\n");
    for wrong in [
        data_set.replace("0125\", \"name", "125\", \"name"),
        data_set.replace("ホンテン", ""),
        "{".to_owned(),
    ] {
        assert!(matches!(import(&wrong, "a test"), Err(BanksError::DataSet(_))), "{wrong}");
    }
    assert_eq!(import(data_set, ""), Err(BanksError::Source));
}

#[test]
fn a_bank_of_our_own_joins() {
    let own = Bank::new(code("9999"), "ミホン", "見本", Vec::new());
    let banks = Banks::parse(SMALL).unwrap().with(own.clone());
    assert_eq!(banks.bank(&code("9999")), Some(&own));
}

proptest! {
    #[test]
    fn folding_twice_changes_nothing(text in ".{0,20}") {
        let once = folded(&text);
        prop_assert_eq!(folded(&once), once);
    }
}
