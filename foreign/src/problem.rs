//! What is wrong with what somebody typed, at its field: what it is, and what to do.

use domain::bank_holidays::Closed;
use domain::bic::BicError;
use domain::currency::MoneyError;
use domain::exchange::QuoteError;
use domain::iban::IbanError;
use domain::{Country, Date};
use formats::{Fault, Finding};

/// Something wrong, or to be thought about, at a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<F> {
    /// Where.
    pub field: F,
    /// What.
    pub problem: Problem,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing was typed where something must be.
    Missing,
    /// No day.
    NoDay,
    /// A day on which the bank does no foreign business: the next one.
    NoBusinessDay {
        /// The next one.
        next: Date,
    },
    /// Earlier than the first that is possible.
    TooEarly {
        /// The first.
        first: Date,
    },
    /// Later than the last that is possible.
    TooLate {
        /// The last.
        last: Date,
    },
    /// Banks abroad are closed on the day: a warning, with the day on which it can be settled.
    ClosedAbroad {
        /// Where, and why.
        closed: Closed,
        /// When it can be settled.
        next: Date,
    },
    /// A choice that is none of those offered.
    NotOffered,
    /// No currency that the bank sends.
    NoCurrency,
    /// No amount.
    Amount(MoneyError),
    /// An amount of nothing.
    ZeroAmount,
    /// An amount, and the yen to spend: one of them is possible.
    TwoAmounts,
    /// Yen to spend, where no currency is exchanged.
    SpendWithoutExchange,
    /// No rate.
    Rate(QuoteError),
    /// No IBAN.
    Iban(IbanError),
    /// The bank's country has IBANs, and this is none.
    IbanExpected,
    /// The IBAN, or the BIC, is of another country than was said.
    OtherCountry {
        /// Of which.
        found: Country,
    },
    /// No BIC.
    Bic(BicError),
    /// A bank neither by its BIC nor by name and town.
    BankUnknown,
    /// A post-office box, which the law does not take as an address.
    PostOfficeBox,
    /// The province, without which the country's addresses are not taken.
    ProvinceMissing,
    /// Words that do not say what is paid for.
    Vague,
    /// A country in place of a town or a port.
    CountryAlone,
    /// No 法人番号.
    CorporateNumber,
    /// A declaration that was not made.
    NotDeclared,
    /// A country under sanctions: a warning, as the bank decides.
    Sanctioned,
    /// Characters, lengths and rules of the message.
    Message(Box<Finding>),
}

impl Problem {
    /// Whether it is to be thought about, and keeps nothing back.
    pub const fn is_warning(&self) -> bool {
        matches!(self, Self::ClosedAbroad { .. } | Self::Sanctioned)
    }

    /// What is wrong.
    pub fn what(&self) -> String {
        let text = match self {
            Self::Missing => "入っていません",
            Self::NoDay => "この日付はありません",
            Self::NoBusinessDay { .. } => {
                "銀行の休業日です。外国送金と輸入信用状は銀行営業日だけの取扱いです"
            }
            Self::TooEarly { first } => return format!("{first}より前の日は指定できません"),
            Self::TooLate { last } => return format!("{last}より後の日は指定できません"),
            Self::ClosedAbroad { closed, .. } => {
                return format!("{}は{}に銀行が休業です({})", closed.place, closed.day, closed.reason);
            }
            Self::NotOffered => "選べるものの中にありません",
            Self::NoCurrency => "取り扱っている通貨ではありません",
            Self::Amount(MoneyError::Empty) => "金額が入っていません",
            Self::Amount(MoneyError::NotDigit(found)) => return format!("金額に「{found}」があります"),
            Self::Amount(MoneyError::Decimals { most: 0 }) => "この通貨に小数はありません",
            Self::Amount(MoneyError::Decimals { most }) => {
                return format!("この通貨の小数は{most}けたまでです");
            }
            Self::Amount(MoneyError::TooLarge) => "金額のけたが多すぎます",
            Self::ZeroAmount => "金額が0です",
            Self::TwoAmounts => "金額と円貨相当額の両方が入っています",
            Self::SpendWithoutExchange => "円貨相当額は、円の口座から外貨を送るときだけ使えます",
            Self::Rate(QuoteError::Expired(until)) => {
                return format!("このレートは{}で期限が切れました", clock(*until));
            }
            Self::Rate(QuoteError::NotYet(from)) => {
                return format!("このレートは{}から有効です", clock(*from));
            }
            Self::Rate(_) => "この通貨のレートが公表されていません",
            Self::Iban(IbanError::Empty) => "IBANが入っていません",
            Self::Iban(IbanError::Character { found, place }) => {
                return format!("IBANの{place}文字目の「{found}」は使えません");
            }
            Self::Iban(IbanError::Country) => "IBANの先頭2文字が、IBANのある国の記号ではありません",
            Self::Iban(IbanError::Length { country, expected, found }) => {
                return format!("{}のIBANは{expected}文字ですが、{found}文字です", country.label());
            }
            Self::Iban(IbanError::CheckDigits) => "IBANの検査数字が合いません",
            Self::IbanExpected => "受取銀行の国ではIBANが必要です",
            Self::OtherCountry { found } => return format!("{}のものです", found.label()),
            Self::Bic(BicError::Length { found }) => {
                return format!("BIC(SWIFTコード)は8文字か11文字ですが、{found}文字です");
            }
            Self::Bic(BicError::Character { found, place }) => {
                return format!("BIC(SWIFTコード)の{place}文字目の「{found}」は使えません");
            }
            Self::Bic(BicError::Country) => "BIC(SWIFTコード)の5・6文字目が国の記号ではありません",
            Self::BankUnknown => "受取銀行が分かりません",
            Self::PostOfficeBox => "私書箱(P.O. Box)は住所として使えません",
            Self::ProvinceMissing => "この国の住所には省・州が必要です",
            Self::Vague => "何の代金か分かりません",
            Self::CountryAlone => "国名だけで、都市名がありません",
            Self::CorporateNumber => "法人番号の13けたが合いません",
            Self::NotDeclared => "告知・申告がされていません",
            Self::Sanctioned => "経済制裁の対象となる国です",
            Self::Message(finding) => return finding.fault.what(),
        };
        text.to_owned()
    }

    /// What to do.
    pub fn remedy(&self) -> String {
        let text = match self {
            Self::Missing => "入力してください",
            Self::NoDay => "実際にある日付を入れてください",
            Self::NoBusinessDay { next } => return format!("{next}以後の営業日を指定してください"),
            Self::TooEarly { first } => return format!("{first}以後を指定してください"),
            Self::TooLate { last } => return format!("{last}までの日を指定してください"),
            Self::ClosedAbroad { next, .. } => {
                return format!("このまま依頼できます。受取人への支払は{next}以後になります");
            }
            Self::NotOffered | Self::NoCurrency => "一覧から選んでください",
            Self::Amount(_) | Self::ZeroAmount => "金額を半角の数字で入れてください",
            Self::TwoAmounts | Self::SpendWithoutExchange => "金額だけを残してください",
            Self::Rate(_) => "新しいレートを取り直すか、予約番号を入れてください",
            Self::Iban(IbanError::CheckDigits) => {
                "数字が入れ替わっていないか、受取人から知らされたIBANと1文字ずつ比べてください"
            }
            Self::Iban(_) | Self::IbanExpected => "受取人から知らされたIBANを、そのまま入れてください",
            Self::OtherCountry { .. } => "国と番号のどちらが正しいか、受取人に確かめてください",
            Self::Bic(_) => "受取人から知らされたBIC(SWIFTコード)を、そのまま入れてください",
            Self::BankUnknown => "BICを入れるか、銀行名・都市名・国を入れてください",
            Self::PostOfficeBox => "建物のある住所を入れてください",
            Self::ProvinceMissing => "省・州を入れてください",
            Self::Vague => "商品名や役務の内容を、英語で具体的に入れてください(例: WOODEN FURNITURE)",
            Self::CountryAlone => "都市名を入れてください",
            Self::CorporateNumber => "国税庁の通知か法人番号公表サイトの13けたを入れてください",
            Self::NotDeclared => "内容を読み、当てはまることを確かめて印を付けてください",
            Self::Sanctioned => {
                "このまま依頼できますが、銀行が確認します。許可が必要な取引は、許可証の番号を入れてください"
            }
            Self::Message(finding) => return finding.fault.remedy(),
        };
        text.to_owned()
    }

    /// A finding of a message.
    pub(crate) fn of(finding: &Finding) -> Self {
        match finding.fault {
            Fault::Missing => Self::Missing,
            _ => Self::Message(Box::new(finding.clone())),
        }
    }
}

/// `11月27日(金) 15:00`.
fn clock(at: domain::Timestamp) -> String {
    let time = at.rfc3339();
    format!("{} {}", domain::time::month_day(at.date()), time.get(11..16).unwrap_or_default())
}
