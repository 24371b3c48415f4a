//! eL番号 and eL-QR (地方税統一QRコード): what a slip of a local tax carries for payment through 地方税共同機構.
//!
//! The code is 255 digits, a row of fields of two digits tag, two digits length and the value, closed by a checksum
//! (総務省 000807095.pdf; the layout follows EMV and JPQR). Field 27 holds the two OCR-B lines of the standard slip, 83
//! digits. The method of the check digits that begin each of these lines is not public: they are not checked.

use chrono::NaiveDate;
use crc::{CRC_16_IBM_3740, Crc};
use domain::time::Date;
use domain::{ConfirmationNumber, CustomerNumber, PaymentCategory, Yen};

/// 収納機関番号 of 地方税共同機構, to which everything goes that comes by eL番号.
pub const LOCAL_TAX_AGENCY: &str = "13800";

/// Digits of an eL-QR.
pub const DIGITS: usize = 255;

/// With what every eL-QR begins: the format's version, a code for one payment, and whose code it is.
const HEAD: &str = "0002010102122796000513800";

/// Tags and lengths in their order; the checksum covers all before its value.
const FIELDS: [(&str, usize); 7] =
    [("00", 2), ("01", 2), ("27", 96), ("54", 11), ("62", 26), ("80", 85), ("63", 5)];

/// What names a bill of a local tax: 共通納税機関コード, 案件特定キー, 確認番号 and 税目・料金番号.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElNumber {
    /// 共通納税機関コード, five digits: whose tax it is. It looks like the municipality's own 収納機関番号 and is none.
    body: String,
    /// 案件特定キー, 20 digits.
    key: CustomerNumber,
    /// 確認番号, six digits.
    confirmation: ConfirmationNumber,
    /// 税目・料金番号, three digits.
    item: String,
}

impl ElNumber {
    /// Digits of 共通納税機関コード.
    pub const BODY_DIGITS: usize = 5;
    /// Digits of 案件特定キー.
    pub const KEY_DIGITS: usize = 20;
    /// Digits of 確認番号.
    pub const CONFIRMATION_DIGITS: usize = 6;
    /// Digits of 税目・料金番号.
    pub const ITEM_DIGITS: usize = 3;

    /// The four numbers, each as a person types it; or everything that is wrong with them.
    pub fn typed(
        body: &str,
        key: &str,
        confirmation: &str,
        item: &str,
    ) -> Result<Self, Vec<(Part, NumberError)>> {
        let body = digits(Part::Body, body, Self::BODY_DIGITS);
        let key = number::<CustomerNumber>(Part::Key, key, Self::KEY_DIGITS);
        let confirmation =
            number::<ConfirmationNumber>(Part::Confirmation, confirmation, Self::CONFIRMATION_DIGITS);
        let item = digits(Part::Item, item, Self::ITEM_DIGITS);
        match (body, key, confirmation, item) {
            (Ok(body), Ok(key), Ok(confirmation), Ok(item)) => Ok(Self { body, key, confirmation, item }),
            (body, key, confirmation, item) => {
                Err([body.err(), key.err(), confirmation.err(), item.err()].into_iter().flatten().collect())
            }
        }
    }

    /// Of the 納付区分 of a payment to 地方税共同機構 by eL番号: 税目・料金番号 and 共通納税機関コード.
    pub fn of_category(category: &PaymentCategory) -> Option<(&str, &str)> {
        let digits = category.as_str();
        let is_both = digits.len() == Self::ITEM_DIGITS + Self::BODY_DIGITS;
        is_both.then(|| digits.split_at(Self::ITEM_DIGITS))
    }

    /// 共通納税機関コード.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// 案件特定キー, in the place of 納付番号.
    pub const fn key(&self) -> &CustomerNumber {
        &self.key
    }

    /// 確認番号.
    pub const fn confirmation(&self) -> &ConfirmationNumber {
        &self.confirmation
    }

    /// 税目・料金番号.
    pub fn item(&self) -> &str {
        &self.item
    }

    /// 納付区分 towards 地方税共同機構: 税目・料金番号 and, as a part, 共通納税機関コード.
    pub fn category(&self) -> PaymentCategory {
        let digits = format!("{}{}", self.item, self.body);
        digits.parse().unwrap_or_else(|_| unreachable!("three and five digits are a category"))
    }
}

fn digits(part: Part, typed: &str, count: usize) -> Result<String, (Part, NumberError)> {
    domain::numbers::digits_typed(typed, count, count).map_err(|error| (part, error))
}

fn number<N>(part: Part, typed: &str, count: usize) -> Result<N, (Part, NumberError)>
where
    N: std::str::FromStr<Err = NumberError>,
{
    digits(part, typed, count)?.parse().map_err(|error| (part, error))
}

pub use domain::NumberError;

/// A part of an eL番号.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// 共通納税機関コード.
    Body,
    /// 案件特定キー.
    Key,
    /// 確認番号.
    Confirmation,
    /// 税目・料金番号.
    Item,
}

/// What an eL-QR says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElQr {
    /// The bill's numbers.
    pub number: ElNumber,
    /// What is owed as printed; the collector's answer governs.
    pub amount: Yen,
    /// 税務事務所コード, three digits.
    pub tax_office: String,
    /// 賦課年度.
    pub assessed_in: u16,
    /// 課税年度.
    pub taxed_in: u16,
    /// 期別: of how many instalments this is which, 0 where there are none.
    pub instalment: u8,
    /// 納期限.
    pub due: Date,
    /// 支払期限: the last day on which the code may be used.
    pub payable_until: Date,
}

/// Why a text is no eL-QR that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ElQrError {
    /// Another code: a shop's, an address, the slip of somebody else.
    #[error("the code is no eL-QR")]
    NotElQr,
    /// It begins as one and is longer or shorter.
    #[error("an eL-QR has 255 digits, this has {0} characters")]
    Length(usize),
    /// The checksum is that of another text.
    #[error("the checksum is {printed}, of these digits it would be {computed:05}")]
    Checksum {
        /// As printed in the code.
        printed: String,
        /// Of what was read.
        computed: u16,
    },
    /// The checksum agrees and the fields are not where they belong.
    #[error("field {0} is not where it belongs")]
    Layout(&'static str),
    /// A value that cannot be.
    #[error("{0} cannot be")]
    Value(&'static str),
}

impl ElQr {
    /// Reads the text of a code.
    pub fn parse(text: &str) -> Result<Self, ElQrError> {
        let text = text.trim();
        if !text.starts_with(HEAD) {
            return Err(ElQrError::NotElQr);
        }
        if text.chars().count() != DIGITS {
            return Err(ElQrError::Length(text.chars().count()));
        }
        check_sum(text)?;
        let [_, _, mut slip, amount, mut dates, _, _] = fields(text)?;
        // 00 05 13800 01 83
        slip = slip
            .strip_prefix("00051380001")
            .and_then(|rest| rest.strip_prefix("83"))
            .ok_or(ElQrError::Layout("27"))?;
        let mut take = |digits| take(&mut slip, digits);
        let [_check, _account, amount_of_slip, _fee_bearer, agency, _stamp, item, _reserved] =
            [2, 11, 11, 1, 5, 1, 3, 5].map(&mut take);
        let [_check, key, confirmation, _area, body, tax_office, _reserved] =
            [2, 20, 6, 1, 5, 3, 7].map(&mut take);
        if agency != LOCAL_TAX_AGENCY {
            return Err(ElQrError::Value("機関ID"));
        }
        if amount != amount_of_slip {
            return Err(ElQrError::Value("金額"));
        }
        let amount = amount.parse().ok().filter(|yen| *yen > 0).ok_or(ElQrError::Value("金額"))?;
        let number =
            ElNumber::typed(body, key, confirmation, item).map_err(|_| ElQrError::Value("eL番号"))?;
        let [assessed_in, taxed_in, instalment, due, payable_until] =
            [4, 4, 2, 8, 8].map(|digits| self::take(&mut dates, digits));
        Ok(Self {
            number,
            amount: Yen::new(amount),
            tax_office: tax_office.to_owned(),
            assessed_in: assessed_in.parse().map_err(|_| ElQrError::Value("賦課年度"))?,
            taxed_in: taxed_in.parse().map_err(|_| ElQrError::Value("課税年度"))?,
            instalment: instalment.parse().map_err(|_| ElQrError::Value("期別"))?,
            due: day(due).ok_or(ElQrError::Value("納期限"))?,
            payable_until: day(payable_until).ok_or(ElQrError::Value("支払期限"))?,
        })
    }

    /// The text of the code; parsing it gives the same again. Digits that say nothing here are zero.
    pub fn text(&self) -> String {
        let Self { number, amount, tax_office, .. } = self;
        let ElNumber { body, key, confirmation, item } = number;
        let yen = format!("{:011}", amount.get());
        let slip = format!(
            "00{:011}{yen}2{LOCAL_TAX_AGENCY}0{item}00000\
             00{}{}0{body}{tax_office}0000000",
            0,
            key.as_str(),
            confirmation.as_str()
        );
        let dates = format!(
            "{:04}{:04}{:02}{}{}",
            self.assessed_in,
            self.taxed_in,
            self.instalment,
            self.due.format("%Y%m%d"),
            self.payable_until.format("%Y%m%d")
        );
        let covered = format!("{HEAD}0183{slip}5411{yen}6226{dates}8085{:085}6305", 0);
        let sum = checksum(&covered);
        format!("{covered}{sum:05}")
    }
}

fn checksum(text: &str) -> u16 {
    Crc::<u16>::new(&CRC_16_IBM_3740).checksum(text.as_bytes())
}

fn check_sum(text: &str) -> Result<(), ElQrError> {
    let Some((covered, printed)) = text.split_at_checked(text.len().saturating_sub(5)) else {
        return Err(ElQrError::Layout("63"));
    };
    let computed = checksum(covered);
    if printed == format!("{computed:05}") {
        Ok(())
    } else {
        Err(ElQrError::Checksum { printed: printed.to_owned(), computed })
    }
}

/// The values in their order.
fn fields(text: &str) -> Result<[&str; 7], ElQrError> {
    let mut rest = text;
    let mut values = [""; 7];
    for (value, (tag, length)) in values.iter_mut().zip(FIELDS) {
        rest = rest
            .strip_prefix(tag)
            .and_then(|r| r.strip_prefix(&format!("{length:02}")))
            .ok_or(ElQrError::Layout(tag))?;
        let (found, after) = rest.split_at_checked(length).ok_or(ElQrError::Layout(tag))?;
        if !found.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ElQrError::Layout(tag));
        }
        (*value, rest) = (found, after);
    }
    if rest.is_empty() { Ok(values) } else { Err(ElQrError::Layout("63")) }
}

/// The first digits of a value whose length is known.
fn take<'t>(rest: &mut &'t str, digits: usize) -> &'t str {
    let (taken, after) = rest.split_at_checked(digits).unwrap_or((*rest, ""));
    *rest = after;
    taken
}

/// `20260731`.
fn day(digits: &str) -> Option<Date> {
    NaiveDate::parse_from_str(digits, "%Y%m%d").ok()
}

#[cfg(test)]
#[path = "el_qr_tests.rs"]
mod tests;
