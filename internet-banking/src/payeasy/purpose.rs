//! 入力方式: whoever has registered nothing with 国税庁 says by a 納付目的コード what is paid. Here its choices are read, the
//! code of a slip is explained, and every part that cannot be is told.

use std::str::FromStr;
use std::sync::LazyLock;

use domain::{Date, NumberError, PaymentCategory};
use edge::Errors;
use formats::purpose_code::{Parts, PeriodKind, PurposeCode, PurposeCodes, PurposeError, Tax};
use gateway::Payment;
use gateway::directory::Collector;

/// What the payer reads of it everywhere.
pub const NAME: &str = "納付目的コード";
/// Digits of 税目番号.
const TAX_DIGITS: usize = 3;
/// Digits of a year, month or day.
const PART_DIGITS_MAX: usize = 2;

static CODES: LazyLock<PurposeCodes> = LazyLock::new(PurposeCodes::embedded);

/// The tables.
pub fn codes() -> &'static PurposeCodes {
    &CODES
}

/// Whether the collector can be paid so.
pub const fn is_offered(collector: &Collector) -> bool {
    !collector.numbers.purpose_digits.is_empty()
}

/// What a code that was sent says; codes of the future too.
pub fn words(code: &PaymentCategory) -> Option<String> {
    codes().read(code.as_str(), Date::MAX).ok().map(|code| code.words())
}

/// How far an entry has come: 税目番号, or the whole code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purpose(String);

impl Purpose {
    /// A tax was chosen.
    pub fn of_tax(tax: &Tax) -> Self {
        Self(tax.code.clone())
    }

    /// The code is complete.
    pub fn of_code(code: &PurposeCode<'_>) -> Self {
        Self(code.category().as_str().to_owned())
    }

    /// What an earlier payment was for, where it was paid so.
    pub fn of_payment(collector: &Collector, payment: &Payment) -> Option<Self> {
        let code = payment.facts.category.as_ref().filter(|code| collector.numbers.is_purpose(code));
        code.map(|code| Self(code.as_str().to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tax that was chosen.
    pub fn tax(&self) -> Option<&'static Tax> {
        codes().tax(self.0.get(..TAX_DIGITS)?)
    }

    /// The code, once it is complete and can be.
    pub fn code(&self, today: Date) -> Option<PurposeCode<'static>> {
        codes().read(&self.0, today).ok()
    }
}

impl FromStr for Purpose {
    type Err = NumberError;
    fn from_str(text: &str) -> Result<Self, NumberError> {
        text.parse().map(|digits: PaymentCategory| Self(digits.as_str().to_owned()))
    }
}

/// The code of a slip, or what of it cannot be, said of a control.
pub fn read_printed(field: &'static str, typed: &str, today: Date) -> Result<PurposeCode<'static>, Errors> {
    codes().read(typed, today).map_err(|faults| {
        let mut errors = Errors::none();
        for fault in &faults {
            errors.add(field, told(fault, true));
        }
        errors
    })
}

/// A 納付目的コード that was typed where 納付区分 belongs: as many digits as only it has.
pub fn typed_as_category(
    collector: &Collector,
    typed: &str,
    today: Date,
) -> Option<Result<PurposeCode<'static>, Errors>> {
    let category = PaymentCategory::parse_typed(typed).ok()?;
    let is_purpose = collector.numbers.is_purpose(&category);
    is_purpose.then(|| read_printed("payment_category", category.as_str(), today))
}

/// The errors of a form, with what the parts of the code are in the place of what its length is.
pub fn with_parts(errors: &Errors, parts: &Errors) -> Errors {
    let mut all = Errors::none();
    for error in errors {
        let of_code = parts.iter().filter(|part| part.field == error.field);
        let mut of_code = of_code.peekable();
        if of_code.peek().is_none() {
            all.add(error.field, error.message.clone());
        }
        of_code.for_each(|part| all.add(part.field, part.message.clone()));
    }
    all
}

/// 申告区分 and 課税期間 as they were chosen and typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct TypedPeriod {
    /// 申告区分コード.
    pub kind: String,
    /// 元号コード.
    pub era: String,
    /// The year of the era.
    pub year: String,
    /// The first month.
    pub month: String,
    /// The first day.
    pub day: String,
}

impl TypedPeriod {
    /// Nothing yet, in the present era.
    pub fn begin() -> Self {
        let era = codes().eras().last().map(|era| era.code.clone()).unwrap_or_default();
        Self { era, ..Self::default() }
    }

    /// The choices that make up a code.
    pub fn of(code: &PurposeCode<'_>) -> Self {
        let digits = code.category().as_str();
        let part = |at: usize| digits.get(at..at + PART_DIGITS_MAX).unwrap_or_default();
        let number = |at: usize| part(at).trim_start_matches('0').to_owned();
        Self {
            kind: code.kind.code.clone(),
            era: code.era.code.clone(),
            year: number(5),
            month: number(7),
            day: number(9),
        }
    }

    /// The code of a tax that they make up, or everything that cannot be, in the order of the controls.
    pub fn read(&self, tax: &Tax, today: Date) -> Result<PurposeCode<'static>, Errors> {
        let mut errors = Errors::none();
        let known = |code: &str| codes().eras().iter().any(|era| era.code == code);
        // a kind is only chosen, so that any serves to judge the rest
        let any_kind = codes().returns(tax).next().map(|kind| kind.code.as_str()).unwrap_or_default();
        let kind = if self.kind.is_empty() { any_kind } else { &self.kind };
        if self.kind.is_empty() {
            errors.add("kind", "申告区分を選んでください。");
        }
        if !known(&self.era) {
            errors.add("era", "元号を選んでください。");
        }
        let mut number = |field, name: &str, typed: &str| match small_number(name, typed) {
            Ok(number) => Some(number),
            Err(message) => {
                errors.add(field, message);
                None
            }
        };
        let year = number("year", "年", &self.year);
        let first = match tax.period {
            PeriodKind::Year => Some(None),
            PeriodKind::BusinessYear => {
                let month = number("month", "月", &self.month);
                month.zip(number("day", "日", &self.day)).map(Some)
            }
        };
        let (Some(year), Some(first), true) = (year, first, known(&self.era)) else { return Err(errors) };
        let parts = Parts { tax: &tax.code, kind, era: &self.era, year, first };
        match codes().build(parts, today) {
            Ok(code) if errors.is_empty() => Ok(code),
            Ok(_) => Err(errors),
            Err(faults) => {
                for fault in &faults {
                    errors.add(control(fault), told(fault, false));
                }
                Err(errors)
            }
        }
    }
}

fn small_number(name: &str, typed: &str) -> Result<u32, String> {
    let typed = if typed.trim() == "元" { "1" } else { typed };
    match domain::numbers::digits_typed(typed, 1, PART_DIGITS_MAX) {
        Ok(digits) => digits.parse().map_err(|_| format!("{name}を確かめてください。")),
        Err(NumberError::Empty) => Err(format!("{name}を入力してください。")),
        Err(NumberError::NotDigit(_)) => Err(format!("{name}は数字で入力してください。")),
        Err(NumberError::Length { .. }) => Err(format!("{name}は 2 けたまでで入力してください。")),
    }
}

/// The control of the period's page that a part stands in.
const fn control(fault: &PurposeError) -> &'static str {
    match fault {
        PurposeError::Return { .. } => "kind",
        PurposeError::Era(_) | PurposeError::NotInEra { .. } => "era",
        PurposeError::Month(_) => "month",
        PurposeError::Day { .. } => "day",
        PurposeError::Number(_)
        | PurposeError::Tax(_)
        | PurposeError::Length { .. }
        | PurposeError::Year { .. }
        | PurposeError::NotBegun(_)
        | PurposeError::NotRaised { .. } => "year",
    }
}

/// What cannot be, and what to do about it. Of a code in print it is told which digits say so.
fn told(fault: &PurposeError, is_printed: bool) -> String {
    let at = |digits: &str| if is_printed { format!("({digits}けた目)") } else { String::new() };
    let number = |digits: &str| digits.trim_start_matches('0').to_owned();
    let day = |date: &Date| domain::time::year_month_day(*date);
    match fault {
        PurposeError::Number(NumberError::Empty) => format!("{NAME}を入力してください。"),
        PurposeError::Number(NumberError::NotDigit(_)) => format!("{NAME}は数字で入力してください。"),
        PurposeError::Number(NumberError::Length { found, .. }) => {
            format!("{NAME}は 7 けたか 11 けたです。いま {found} けた入力されています。")
        }
        PurposeError::Tax(code) => format!(
            "税目番号「{code}」{}の税は、入力方式では払い込めません。番号を確かめるか、納付区分番号で払い込んでください。",
            at("1〜3")
        ),
        PurposeError::Length { tax, digits, found } => {
            format!("{tax}の{NAME}は {digits} けたです。いま {found} けた入力されています。")
        }
        PurposeError::Return { tax: Some(tax), code } => {
            format!("{tax}に、申告区分「{code}」{}はありません。", at("4"))
        }
        PurposeError::Return { tax: None, code } => format!("申告区分「{code}」{}はありません。", at("4")),
        PurposeError::Era(code) => {
            let each = codes().eras().iter().map(|era| format!("{}は{}", era.name, era.code));
            let each: Vec<_> = each.collect();
            format!("元号「{code}」{}はありません。{}です。", at("5"), each.join("、"))
        }
        PurposeError::Year { era, year } if number(year).is_empty() => {
            format!("{era}に 0 年{}はありません。元年は 1 です。", at("6〜7"))
        }
        PurposeError::Year { era, year } => {
            format!("{era}に {} 年{}はありません。元号と年を確かめてください。", number(year), at("6〜7"))
        }
        PurposeError::Month(month) if number(month).is_empty() => {
            format!("0 月{}はありません。月は 1 から 12 です。", at("8〜9"))
        }
        PurposeError::Month(month) => {
            format!("{} 月{}はありません。月は 1 から 12 です。", number(month), at("8〜9"))
        }
        PurposeError::Day { month, day } => {
            let day = if number(day).is_empty() { "0".to_owned() } else { number(day) };
            let at = at("10〜11");
            format!("{} 月に {day} 日{at}はありません。課税期間の最初の日を確かめてください。", number(month))
        }
        PurposeError::NotInEra { era, date } => {
            format!("{}は{era}{}ではありません。元号を確かめてください。", day(date), at("5"))
        }
        PurposeError::NotBegun(begins) => {
            format!("{}に始まる課税期間は、まだ始まっていません。年を確かめてください。", day(begins))
        }
        PurposeError::NotRaised { tax, begins } => {
            format!("{}に始まる課税期間に、{tax}はありません。年か税目を確かめてください。", day(begins))
        }
    }
}

#[cfg(test)]
mod tests {
    use gateway::directory::Directory;

    use super::*;

    fn today() -> Date {
        "2026-11-24".parse().unwrap()
    }

    fn printed(typed: &str) -> Vec<String> {
        let errors = read_printed("code", typed, today()).unwrap_err();
        errors.iter().map(|error| error.message.to_string()).collect()
    }

    fn typed(kind: &str, era: &str, year: &str, month: &str, day: &str) -> TypedPeriod {
        let [kind, era, year, month, day] = [kind, era, year, month, day].map(str::to_owned);
        TypedPeriod { kind, era, year, month, day }
    }

    fn faults(tax: &str, typed: &TypedPeriod) -> Vec<(&'static str, String)> {
        let errors = typed.read(codes().tax(tax).unwrap(), today()).unwrap_err();
        errors.iter().map(|error| (error.field, error.message.to_string())).collect()
    }

    /// Proves R104.
    #[test]
    fn a_printed_code_that_cannot_be_says_which_of_its_parts() {
        assert_eq!(
            printed("99999081301"),
            [
                "税目番号「999」(1〜3けた目)の税は、入力方式では払い込めません。番号を確かめるか、納付区分番号で払い込んでください。",
                "申告区分「9」(4けた目)はありません。",
                "元号「9」(5けた目)はありません。昭和は3、平成は4、令和は5です。",
                "13 月(8〜9けた目)はありません。月は 1 から 12 です。",
            ]
        );
        for (code, words) in [
            ("", "納付目的コードを入力してください。"),
            ("0304x", "納付目的コードは数字で入力してください。"),
            ("030450", "納付目的コードは 7 けたか 11 けたです。いま 6 けた入力されています。"),
            ("030450804", "法人税の納付目的コードは 11 けたです。いま 9 けた入力されています。"),
            ("0304508", "法人税の納付目的コードは 11 けたです。いま 7 けた入力されています。"),
            ("03015080401", "法人税に、申告区分「1」(4けた目)はありません。"),
            ("03044320401", "平成に 32 年(6〜7けた目)はありません。元号と年を確かめてください。"),
            ("03045000401", "令和に 0 年(6〜7けた目)はありません。元年は 1 です。"),
            ("03045080001", "0 月(8〜9けた目)はありません。月は 1 から 12 です。"),
            ("03045080230", "2 月に 30 日(10〜11けた目)はありません。課税期間の最初の日を確かめてください。"),
            ("03044310501", "2019年5月1日(水)は平成(5けた目)ではありません。元号を確かめてください。"),
            (
                "03045081125",
                "2026年11月25日(水)に始まる課税期間は、まだ始まっていません。年を確かめてください。",
            ),
            (
                "3204424",
                "2012年1月1日(日)に始まる課税期間に、申告所得税及復興特別所得税はありません。年か税目を確かめてください。",
            ),
        ] {
            assert_eq!(printed(code), [words], "{code}");
        }
    }

    #[test]
    fn choices_make_up_a_code_and_come_back_from_it() {
        let period = typed("4", "5", "8", "4", "1");
        let code = period.read(codes().tax("030").unwrap(), today()).unwrap();
        assert_eq!(code.category().as_str(), "03045080401");
        assert_eq!(TypedPeriod::of(&code), period);
        let typed_widely = typed("4", "5", "０８", "04", "01");
        assert_eq!(typed_widely.read(codes().tax("030").unwrap(), today()).unwrap(), code);
        let year = typed("4", "5", "元", "", "");
        let code = year.read(codes().tax("320").unwrap(), today()).unwrap();
        assert_eq!((code.category().as_str(), TypedPeriod::of(&code).year.as_str()), ("3204501", "1"));
        assert_eq!(Purpose::of_code(&code).code(today()), Some(code));
        let tax = Purpose::of_tax(codes().tax("340").unwrap());
        assert_eq!((tax.tax().unwrap().name.as_str(), tax.code(today())), ("地方法人税", None));
    }

    #[test]
    fn everything_wrong_with_the_choices_is_told_at_its_control() {
        let told = faults("030", &TypedPeriod { era: "9".to_owned(), ..TypedPeriod::default() });
        let fields: Vec<_> = told.iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, ["kind", "era", "year", "month", "day"]);
        let told = faults("030", &typed("", "5", "0", "13", "1"));
        assert_eq!(
            told,
            [
                ("kind", "申告区分を選んでください。".to_owned()),
                ("year", "令和に 0 年はありません。元年は 1 です。".to_owned()),
                ("month", "13 月はありません。月は 1 から 12 です。".to_owned()),
            ]
        );
        for (tax, period, field) in [
            ("030", typed("1", "5", "8", "4", "1"), "kind"),
            ("030", typed("4", "4", "31", "5", "1"), "era"),
            ("030", typed("4", "5", "8", "2", "30"), "day"),
            ("030", typed("4", "5", "8", "x", "3"), "month"),
            ("030", typed("4", "5", "108", "4", "3"), "year"),
            ("030", typed("4", "5", "9", "4", "1"), "year"),
            ("320", typed("4", "4", "24", "", ""), "year"),
        ] {
            let fields: Vec<_> = faults(tax, &period).into_iter().map(|(field, _)| field).collect();
            assert_eq!(fields, [field], "{period:?}");
        }
    }

    #[test]
    fn a_code_in_the_place_of_a_category_is_known_by_its_digits() {
        let directory = Directory::embedded();
        let row = |number: &str| directory.get(&number.parse().unwrap()).unwrap();
        assert!(is_offered(row("00200")) && !is_offered(row("04100")));
        let code = |number: &str, typed: &str| typed_as_category(row(number), typed, today());
        assert_eq!(code("00200", "0304-5080-401").unwrap().unwrap().category().as_str(), "03045080401");
        assert_eq!(
            code("00200", "03045081301").unwrap().unwrap_err().iter().next().unwrap().field,
            "payment_category"
        );
        assert!(code("00200", "7000001234").is_none());
        assert!(code("04100", "0304508").is_none());
    }
}
