//! Slips of local taxes with an eL番号: the form, the picture of the eL-QR that fills it, and the words for what is
//! wrong. Whatever comes this way is paid to 地方税共同機構, with the municipality as a part of the 納付区分.

use std::borrow::Cow;
use std::time::Duration;

use domain::numbers::NumberError;
use domain::{CollectorNumber, Date};
use edge::Errors;
use edge::upload::{FILE_BYTES_MAX, TooLarge, UploadedFile};
use formats::el_qr::{ElNumber, ElQr, ElQrError, LOCAL_TAX_AGENCY, Part};
use formats::picture::{self, PICTURE_BYTES_MAX, PictureError};
use tokio::sync::Semaphore;

use super::rules::{Numbers, read_amount};
use crate::help::Code;

// what is kept of a file is what a picture may have
const _: () = assert!(FILE_BYTES_MAX == PICTURE_BYTES_MAX);

/// Pictures that are read at the same time: each takes a processor for a moment, and the payments need theirs.
static READERS: Semaphore = Semaphore::const_new(1);

/// How long a picture waits for its turn.
const READER_WAIT: Duration = Duration::from_secs(10);

/// The form as it was sent, or as a picture filled it.
#[derive(Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct TypedEl {
    /// 共通納税機関コード.
    pub body: String,
    /// 案件特定キー.
    pub key: String,
    /// 確認番号.
    pub confirmation_number: String,
    /// 税目・料金番号.
    pub item: String,
    /// 金額 of the slip, to be compared with the answer; may be left out.
    pub amount: String,
}

/// What the code says besides the numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// 納期限.
    pub due: String,
    /// 支払期限.
    pub payable_until: String,
    /// Whether that is over.
    pub is_over: bool,
}

/// 地方税共同機構.
pub fn agency() -> CollectorNumber {
    LOCAL_TAX_AGENCY.parse().unwrap_or_else(|_| unreachable!("five digits are a collector's number"))
}

impl TypedEl {
    /// As the slip prints them. The 確認番号 is there, because the payer has not typed it but photographed it.
    pub fn of(code: &ElQr) -> Self {
        let number = &code.number;
        Self {
            body: number.body().to_owned(),
            key: number.key().grouped(),
            confirmation_number: number.confirmation().as_str().to_owned(),
            item: number.item().to_owned(),
            amount: code.amount.to_string(),
        }
    }

    /// The numbers of the inquiry, or everything that is wrong in the form.
    pub fn read(&self) -> Result<Numbers, Errors> {
        let number = ElNumber::typed(&self.body, &self.key, &self.confirmation_number, &self.item);
        let printed = match self.amount.trim() {
            "" => Ok(None),
            typed => read_amount(typed).map(Some),
        };
        match (number, printed) {
            (Ok(number), Ok(printed)) => Ok(Numbers {
                customer_number: number.key().clone(),
                confirmation_number: number.confirmation().clone(),
                payment_category: Some(number.category()),
                amount: None,
                printed,
            }),
            (number, printed) => {
                let mut errors = Errors::none();
                for (part, error) in number.err().into_iter().flatten() {
                    let (field, name) = control(part);
                    errors.add(field, wrong_number(name, &error));
                }
                if let Err(fault) = printed {
                    errors.add(fault.field, fault.message);
                }
                Err(errors)
            }
        }
    }
}

impl Printed {
    /// What a code says, seen on a day.
    pub fn of(code: &ElQr, today: Date) -> Self {
        Self {
            due: domain::time::year_month_day(code.due),
            payable_until: domain::time::year_month_day(code.payable_until),
            is_over: today > code.payable_until,
        }
    }
}

const fn control(part: Part) -> (&'static str, &'static str) {
    match part {
        Part::Body => ("body", "共通納税機関コード"),
        Part::Key => ("key", "案件特定キー"),
        Part::Confirmation => ("confirmation_number", "確認番号"),
        Part::Item => ("item", "税目・料金番号"),
    }
}

fn wrong_number(name: &str, error: &NumberError) -> String {
    match error {
        NumberError::Empty => format!("{name}を入力してください。"),
        NumberError::NotDigit(_) => format!("{name}は数字で入力してください。"),
        NumberError::Length { max, found, .. } => {
            format!("{name}は {max} けたです。いま {found} けた入力されています。")
        }
    }
}

/// What an answer about the numbers says by the names of an eL番号, and the control that it is about.
pub const fn in_its_words(code: Code) -> Option<(&'static str, &'static str)> {
    match code {
        Code::NumbersWrong => Some(("key", "案件特定キーまたは確認番号に誤りがあります。")),
        Code::CategoryWrong => Some(("body", "共通納税機関コードまたは税目・料金番号に誤りがあります。")),
        _ => None,
    }
}

/// The eL-QR in a picture.
pub async fn read_picture(file: Option<UploadedFile>) -> Result<ElQr, Errors> {
    let wrong = |words: Cow<'static, str>| Errors::one("picture", words);
    let file =
        file.filter(|file| file.bytes.as_ref().is_ok_and(|bytes| !bytes.is_empty()) || file.bytes.is_err());
    let file = file.ok_or_else(|| wrong("eL-QR の写真か画像を選んでください。".into()))?;
    let bytes = file.bytes.map_err(|TooLarge| wrong(no_code(PictureError::TooLarge).into()))?;
    let reader = tokio::time::timeout(READER_WAIT, READERS.acquire()).await;
    let Ok(Ok(reader)) = reader else { return Err(wrong(BUSY.into())) };
    let found = tokio::task::spawn_blocking(move || {
        let _reader = reader;
        picture::qr_codes(&bytes)
    });
    let texts = match found.await {
        Ok(read) => read.map_err(|error| wrong(no_code(error).into()))?,
        Err(error) => {
            tracing::error!(%error, "a picture ended its reader");
            return Err(wrong(BUSY.into()));
        }
    };
    one_of(&texts).map_err(|error| wrong(no_el_qr(&error).into()))
}

/// The first eL-QR among the codes of a picture; else what is wrong with the one that comes nearest to being one.
fn one_of(texts: &[String]) -> Result<ElQr, ElQrError> {
    let mut error = ElQrError::NotElQr;
    for text in texts {
        match ElQr::parse(text) {
            Ok(code) => return Ok(code),
            Err(ElQrError::NotElQr) => {}
            Err(other) => error = other,
        }
    }
    Err(error)
}

const BUSY: &str = "ただいま画像を読み取れません。少し待ってもう一度選ぶか、eL番号を入力してください。";

const fn no_code(error: PictureError) -> &'static str {
    match error {
        PictureError::NoPicture => {
            "選ばれたファイルは画像として読めません。JPEG か PNG の写真または画面の画像を選んでください。"
        }
        PictureError::TooLarge => "画像が大きすぎます。12MB までの画像を選ぶか、eL番号を入力してください。",
        PictureError::NoCode => {
            "画像の中に QR コードが見つかりません。eL-QR の全体が入るように、明るい所で正面から撮ってください。"
        }
        PictureError::Blurred => {
            "QR コードがぼやけているか、一部が欠けていて読み取れません。撮り直すか、eL番号を入力してください。"
        }
    }
}

const fn no_el_qr(error: &ElQrError) -> &'static str {
    match error {
        ElQrError::NotElQr => {
            "読み取った QR コードは eL-QR ではありません。納付書の「eL-QR」と書かれたコードを選んでください。"
        }
        ElQrError::Length(_) => {
            "eL-QR の一部が欠けています。コードの全体を撮り直すか、eL番号を入力してください。"
        }
        ElQrError::Checksum { .. } => {
            "eL-QR の検査数字が合いません。傷んでいるか、正しく作られていないコードです。eL番号を入力してください。"
        }
        ElQrError::Layout(_) | ElQrError::Value(_) => {
            "eL-QR の中身に正しくない項目があります。eL番号を入力するか、納付書の発行元にお問い合わせください。"
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Yen;

    use super::*;

    fn number() -> ElNumber {
        ElNumber::typed("04100", "00000209900000000001", "123456", "001").unwrap()
    }

    fn code() -> ElQr {
        let day = |text: &str| text.parse().unwrap();
        ElQr {
            number: number(),
            amount: Yen::new(12_300),
            tax_office: "000".to_owned(),
            assessed_in: 2026,
            taxed_in: 2026,
            instalment: 3,
            due: day("2026-12-25"),
            payable_until: day("2027-01-31"),
        }
    }

    #[test]
    fn the_municipality_is_a_part_and_not_the_payee() {
        let numbers = TypedEl::of(&code()).read().unwrap();
        assert_eq!(agency().as_str(), "13800");
        assert_eq!(numbers.payment_category.unwrap().as_str(), "00104100");
        assert_eq!(numbers.customer_number.as_str(), "00000209900000000001");
        assert_eq!((numbers.amount, numbers.printed), (None, Some(Yen::new(12_300))));
        let without = TypedEl { amount: String::new(), ..TypedEl::of(&code()) };
        assert_eq!(without.read().unwrap().printed, None);
    }

    #[test]
    fn each_part_is_asked_for_by_its_name() {
        let typed = TypedEl {
            body: String::new(),
            key: "0000 0209".to_owned(),
            amount: "12,300ドル".to_owned(),
            ..TypedEl::of(&code())
        };
        let errors = typed.read().unwrap_err();
        let told: Vec<_> = errors.iter().map(|error| (error.field, error.message.as_ref())).collect();
        assert_eq!(
            told,
            [
                ("body", "共通納税機関コードを入力してください。"),
                ("key", "案件特定キーは 20 けたです。いま 8 けた入力されています。"),
                ("amount", "金額は数字で入力してください。"),
            ]
        );
    }

    #[test]
    fn a_page_with_other_codes_is_searched_for_the_right_one() {
        let other = "https://example.com/".to_owned();
        assert_eq!(one_of(&[other.clone(), code().text()]), Ok(code()));
        assert_eq!(one_of(std::slice::from_ref(&other)), Err(ElQrError::NotElQr));
        let cut = code().text()[..200].to_owned();
        assert_eq!(one_of(&[cut, other]), Err(ElQrError::Length(200)));
    }

    #[test]
    fn the_last_day_is_still_payable() {
        let on = |text: &str| Printed::of(&code(), text.parse().unwrap()).is_over;
        assert!(!on("2027-01-31"));
        assert!(on("2027-02-01"));
    }

    #[tokio::test]
    async fn a_file_that_is_no_picture_says_so() {
        let file = |bytes: &'static [u8]| {
            Some(UploadedFile { name: "slip.pdf".to_owned(), bytes: Ok(bytes.into()) })
        };
        let words = async |file| read_picture(file).await.unwrap_err().of("picture").unwrap().to_owned();
        assert!(words(None).await.contains("選んでください"));
        assert!(words(file(b"")).await.contains("選んでください"));
        assert!(words(file(b"%PDF-1.7")).await.contains("画像として読めません"));
        let large = UploadedFile { name: "photo.jpg".to_owned(), bytes: Err(TooLarge) };
        assert!(words(Some(large)).await.contains("12MB まで"));
    }
}
