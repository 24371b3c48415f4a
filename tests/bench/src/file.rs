//! A file of 総合振込 as a program of a company writes it.

use chrono::Datelike as _;
use domain::Date;
use formats::Banks;
use formats::kana::{Class, ZenginText};
use formats::zengin::{
    Code, Digits, Free, Label, Name, Number, Optional, Rules, Tolerance, Transfers, Writer, transfer,
};

/// Of how many accounts of this bank rows are.
pub const ACCOUNTS: usize = 200;
/// 店番 of all of them, and of the payer's.
pub const BRANCH: &str = "100";
/// 金融機関コード of this bank.
pub const OWN: &str = "9999";
/// 口座番号 of the payer.
pub const PAYER_NUMBER: &str = "9999999";

const NAMES: [&str; 5] =
    ["ヤマダ タロウ", "カ)ミホンショウジ", "サトウ ハナコ", "ユ)レイジセイサクショ", "タナカ ジロウ"];

/// So many rows for a day: to accounts of this bank, or to every other bank in turn. No two names are alike.
pub fn transfers(count: usize, day: Date, within: bool) -> anyhow::Result<Vec<u8>> {
    let rules = Rules {
        today: day,
        tolerance: Tolerance::default(),
        directory: None,
        lines_max: usize::MAX,
        findings_max: 1,
    };
    let banks: Vec<(&str, &str)> = Banks::embedded()
        .all()
        .flat_map(|bank| bank.branches().map(|branch| (bank.code.as_str(), branch.code.as_str())))
        .collect();
    let header = transfer::Header {
        kind: digits("21")?,
        originator: digits("1234567890")?,
        originator_name: name("カ)ミホンショウジ")?,
        day: digits(&format!("{:02}{:02}", day.month(), day.day()))?,
        bank: digits(OWN)?,
        branch: digits(BRANCH)?,
        account_kind: Code(b'1'),
        number: digits(PAYER_NUMBER)?,
        ..transfer::Header::default()
    };
    let begun = Writer::begin(Transfers, rules, &header);
    let (mut writer, mut bytes) = begun.map_err(|found| anyhow::anyhow!("{found:?}"))?;
    for index in 0..count {
        let (bank, branch, number) = match within {
            true => (OWN, BRANCH, index % ACCOUNTS),
            // what the network of the mocks answers in its own way has other numbers
            false => {
                let (bank, branch) = banks[index * 7 % banks.len()];
                (bank, branch, 1_000_000 + index * 37 % 8_000_000)
            }
        };
        let line = transfer::Line {
            bank: digits(bank)?,
            bank_name: label("ミホン")?,
            branch: digits(branch)?,
            branch_name: label("ホンテン")?,
            clearing_house: Optional::of("0000")?,
            account_kind: Code(b'1'),
            number: digits(&format!("{number:07}"))?,
            name: name(&format!("{} {index}", NAMES[index % NAMES.len()]))?,
            amount: Number::of(1 + u64::try_from(index)? * 977 % 50_000)?,
            newness: Code(b'0'),
            customer_codes: Free::of_bytes(format!("{index:020}").as_bytes())?,
            method: Code(b'7'),
            ..transfer::Line::default()
        };
        bytes.extend(writer.line(&line).map_err(|found| anyhow::anyhow!("{found:?}"))?);
    }
    bytes.extend(writer.end().map_err(|found| anyhow::anyhow!("{found:?}"))?);
    Ok(bytes)
}

fn digits<const N: usize>(text: &str) -> anyhow::Result<Digits<N>> {
    Ok(Digits::of(text)?)
}

fn label<const N: usize>(typed: &str) -> anyhow::Result<Label<N>> {
    let text = ZenginText::typed(typed, Class::Branch).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    Ok(Label::of(&text)?)
}

fn name<const N: usize>(typed: &str) -> anyhow::Result<Name<N>> {
    let text = ZenginText::typed(typed, Class::Party).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    Ok(Name::of(&text)?)
}
