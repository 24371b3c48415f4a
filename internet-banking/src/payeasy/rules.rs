//! What the payer types, read against the collector's row of the directory.

use std::borrow::Cow;

use domain::money::AmountError;
use domain::numbers::{NumberError, digits_typed};
use domain::{Bill, CollectorNumber, ConfirmationNumber, CustomerNumber, PaymentCategory, Yen};
use edge::{Errors, FieldError};
use gateway::InquiryRequest;
use gateway::directory::{CategoryRule, Collector, DigitsRule};

use super::favourites::Prefill;

/// A number that a collector asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its name at this collector.
    pub label: String,
    /// Fewest digits.
    pub digits_min: usize,
    /// Most digits.
    pub digits_max: usize,
    /// How the slip groups its digits, where the row says so: `0000-0000-0000-0000`.
    pub form: Option<String>,
    /// One that could be, where the row gives one.
    pub example: Option<String>,
}

/// Everything that a collector asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Questions {
    /// 納付番号 or お客様番号.
    pub customer_number: Asked,
    /// 確認番号.
    pub confirmation_number: Asked,
    /// 納付区分.
    pub payment_category: Option<Asked>,
    /// What the amount is for that the payer types (C23).
    pub amount: AmountUse,
}

/// What a typed amount does (C23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountUse {
    /// It is what is paid.
    Decides,
    /// It is compared with the collector's answer, where the payer types it at all. The answer governs.
    Compared,
}

/// The form as it was sent.
#[derive(Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct TypedNumbers {
    /// 納付番号 or お客様番号.
    pub customer_number: String,
    /// 確認番号.
    pub confirmation_number: String,
    /// 納付区分.
    pub payment_category: String,
    /// 金額.
    pub amount: String,
}

/// The numbers, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// 納付番号 or お客様番号.
    pub customer_number: CustomerNumber,
    /// 確認番号.
    pub confirmation_number: ConfirmationNumber,
    /// 納付区分, where the collector has one.
    pub payment_category: Option<PaymentCategory>,
    /// 金額, where it is what the payer types.
    pub amount: Option<Yen>,
    /// 金額 of the slip, to be compared with the answer.
    pub printed: Option<Yen>,
}

impl TypedNumbers {
    /// What stays the same from an earlier payment.
    pub fn kept(numbers: &Prefill) -> Self {
        Self {
            customer_number: numbers.customer_number.grouped(),
            payment_category: numbers.category.as_ref().map(|c| c.grouped()).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// What was typed for an inquiry, for somebody who comes back to change it; without the 確認番号. Where the amount
    /// was typed, 納付区分 may be a 納付目的コード, which pages of its own ask for.
    pub fn of(request: &InquiryRequest) -> Self {
        let category = request.category.as_ref().filter(|_| request.amount.is_none());
        Self {
            customer_number: request.customer_number.grouped(),
            confirmation_number: String::new(),
            payment_category: category.map(PaymentCategory::grouped).unwrap_or_default(),
            amount: request.amount.map(|a| a.to_string()).unwrap_or_default(),
        }
    }
}

impl Numbers {
    /// The inquiry for the bills of these numbers.
    pub fn request(self, collector: &Collector) -> InquiryRequest {
        InquiryRequest {
            collector: collector.number.clone(),
            customer_number: self.customer_number,
            confirmation_number: self.confirmation_number,
            category: self.payment_category,
            amount: self.amount,
        }
    }
}

/// Reads 収納機関番号.
pub fn read_collector(typed: &str) -> Result<CollectorNumber, Errors> {
    CollectorNumber::parse_typed(typed).map_err(|error| {
        let message: Cow<'static, str> = match error {
            NumberError::Empty => "収納機関番号を入力してください。".into(),
            NumberError::NotDigit(_) => "収納機関番号は数字で入力してください。".into(),
            NumberError::Length { found, .. } => {
                format!("収納機関番号は 5 けたです。いま {found} けた入力されています。").into()
            }
        };
        Errors::one("collector", message)
    })
}

impl Asked {
    /// A number of a collector's row.
    pub fn of(rule: &DigitsRule) -> Self {
        Self {
            label: rule.label.clone(),
            digits_min: rule.digits_min,
            digits_max: rule.digits_max,
            form: rule.form(),
            example: None,
        }
    }

    /// The 納付区分 of a collector's row.
    pub fn of_category(rule: &CategoryRule) -> Self {
        Self {
            label: rule.label.clone(),
            digits_min: rule.digits_min,
            digits_max: rule.digits_max,
            form: None,
            example: Some(rule.example.clone()).filter(|e| !e.is_empty()),
        }
    }

    /// The name without its explanation in brackets, for sentences.
    fn name(&self) -> &str {
        self.label.split(['(', '(']).next().unwrap_or(&self.label)
    }

    /// `16けた`, `4〜6けた`.
    pub fn digits(&self) -> String {
        if self.digits_min == self.digits_max {
            format!("{}けた", self.digits_max)
        } else if self.digits_min <= 1 {
            format!("{}けたまで", self.digits_max)
        } else {
            format!("{}〜{}けた", self.digits_min, self.digits_max)
        }
    }

    /// The digits, how the slip groups them and an example, where there are such.
    pub fn hint(&self) -> String {
        let form = self.form.as_ref().map_or_else(String::new, |form| format!("({form} の形)"));
        let example = self.example.as_ref().map_or_else(String::new, |example| format!(" 例: {example}"));
        format!("{}{form}{example}", self.digits())
    }

    /// The digits that were typed.
    fn read(&self, field: &'static str, typed: &str) -> Result<String, FieldError> {
        let name = self.name();
        digits_typed(typed, self.digits_min, self.digits_max).map_err(|error| {
            let message = match error {
                NumberError::Empty => format!("{name}を入力してください。"),
                NumberError::NotDigit(_) => format!("{name}は数字で入力してください。"),
                NumberError::Length { min, max, found } if min == max => {
                    format!("{name}は {max} けたです。いま {found} けた入力されています。")
                }
                NumberError::Length { min, max, found } => {
                    format!("{name}は {min} けたから {max} けたです。いま {found} けた入力されています。")
                }
            };
            fault(field, message)
        })
    }

    /// A number of the vocabulary's type, whose own width the row may not exceed.
    fn parse<N: std::str::FromStr>(&self, field: &'static str, typed: &str) -> Result<N, FieldError> {
        let digits = self.read(field, typed)?;
        digits.parse().map_err(|_| fault(field, format!("{}を確かめてください。", self.name())))
    }
}

impl Questions {
    /// What a collector's row asks for.
    pub fn of(collector: &Collector) -> Self {
        let numbers = &collector.numbers;
        Self {
            customer_number: Asked::of(&numbers.customer),
            confirmation_number: Asked::of(&numbers.confirmation),
            payment_category: numbers.category.as_ref().map(Asked::of_category),
            amount: if collector.payer_types_amount(None) { AmountUse::Decides } else { AmountUse::Compared },
        }
    }

    /// What is asked beside a 納付目的コード, with which the amount is the payer's (入力方式).
    pub fn with_purpose(collector: &Collector) -> Self {
        Self { payment_category: None, amount: AmountUse::Decides, ..Self::of(collector) }
    }

    /// Whether the form must name an amount.
    pub fn needs_amount(&self) -> bool {
        self.amount == AmountUse::Decides
    }

    /// What has to be typed beside the numbers that are filled in.
    pub fn to_type(&self, kept: &Prefill) -> String {
        let category = self.payment_category.as_ref().filter(|_| kept.category.is_none());
        let mut names = vec![self.confirmation_number.name()];
        names.extend(category.map(Asked::name));
        names.extend(self.needs_amount().then_some("金額"));
        names.join("、")
    }

    /// Reads the form, or tells everything that is wrong with it at once.
    pub fn read(&self, typed: &TypedNumbers) -> Result<Numbers, Errors> {
        let customer = self.customer_number.parse("customer_number", &typed.customer_number);
        let confirmation = self.confirmation_number.parse("confirmation_number", &typed.confirmation_number);
        let category = self
            .payment_category
            .as_ref()
            .map(|asked| asked.parse("payment_category", &typed.payment_category))
            .transpose();
        let amount = match self.amount {
            AmountUse::Compared if typed.amount.trim().is_empty() => Ok(None),
            _ => read_amount(&typed.amount).map(Some),
        };
        match (customer, confirmation, category, amount) {
            (Ok(customer_number), Ok(confirmation_number), Ok(payment_category), Ok(amount)) => {
                let (amount, printed) = if self.needs_amount() { (amount, None) } else { (None, amount) };
                Ok(Numbers { customer_number, confirmation_number, payment_category, amount, printed })
            }
            (customer, confirmation, category, amount) => {
                let mut errors = Errors::none();
                let faults = [customer.err(), confirmation.err(), category.err(), amount.err()];
                for fault in faults.into_iter().flatten() {
                    errors.add(fault.field, fault.message);
                }
                Err(errors)
            }
        }
    }
}

/// The bills of an answer, where none is what the slip says: the amount alone, without the charge for being late that
/// has come to it since, or with the fee.
pub fn none_as_printed(bills: &[Bill], printed: Yen) -> bool {
    let is_printed = |bill: &Bill| {
        let without_late_charge = bill.amount.checked_sub(bill.late_charge);
        bill.amount == printed || without_late_charge == Some(printed) || bill.total() == Some(printed)
    };
    !bills.iter().any(is_printed)
}

/// Reads 金額.
pub fn read_amount(typed: &str) -> Result<Yen, FieldError> {
    let message = match Yen::parse_typed(typed) {
        Ok(amount) if amount > Yen::ZERO => return Ok(amount),
        Ok(_) => "金額は 1 円以上で入力してください。",
        Err(AmountError::Empty) => "金額を入力してください。",
        Err(AmountError::NotDigit(_)) => "金額は数字で入力してください。",
        Err(AmountError::TooLarge) => "金額は 11 けたまでです。",
    };
    Err(fault("amount", message))
}

fn fault(field: &'static str, message: impl Into<Cow<'static, str>>) -> FieldError {
    FieldError { field, message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(label: &str, digits_min: usize, digits_max: usize) -> Asked {
        Asked { label: label.to_owned(), digits_min, digits_max, form: None, example: None }
    }

    fn tax() -> Questions {
        Questions {
            customer_number: asked("納付番号(利用者識別番号)", 16, 16),
            confirmation_number: asked("確認番号(納税用確認番号)", 6, 6),
            payment_category: Some(asked("納付区分(納付区分番号)", 10, 10)),
            amount: AmountUse::Compared,
        }
    }

    fn private() -> Questions {
        Questions {
            customer_number: asked("お客様番号", 1, 20),
            confirmation_number: asked("確認番号", 4, 6),
            payment_category: None,
            amount: AmountUse::Decides,
        }
    }

    fn typed(customer: &str, confirmation: &str, category: &str, amount: &str) -> TypedNumbers {
        TypedNumbers {
            customer_number: customer.to_owned(),
            confirmation_number: confirmation.to_owned(),
            payment_category: category.to_owned(),
            amount: amount.to_owned(),
        }
    }

    #[test]
    fn numbers_are_read_as_slips_print_them_and_people_type_them() {
        let numbers = tax().read(&typed("2013-0001-2345-6789", "１２３４５６", "7000 0012 34", "")).unwrap();
        assert_eq!(numbers.customer_number.as_str(), "2013000123456789");
        assert_eq!(numbers.payment_category.unwrap().as_str(), "7000001234");
        assert_eq!(numbers.amount, None);
    }

    #[test]
    fn what_has_still_to_be_typed_is_what_is_not_kept() {
        let kept = |category: Option<&str>| Prefill {
            customer_number: "1".parse().unwrap(),
            category: category.map(|digits| digits.parse().unwrap()),
        };
        assert_eq!(tax().to_type(&kept(None)), "確認番号、納付区分");
        assert_eq!(tax().to_type(&kept(Some("7000001234"))), "確認番号");
        assert_eq!(private().to_type(&kept(None)), "確認番号、金額");
        assert_eq!(TypedNumbers::kept(&kept(None)).confirmation_number, "", "it is never kept");
    }

    #[test]
    fn everything_wrong_is_told_at_once_in_the_order_of_the_fields() {
        let faults = tax().read(&typed("2013 0001 2345 678", "12a456", "", "")).unwrap_err();
        let told: Vec<_> = faults.iter().map(|f| (f.field, f.message.as_ref())).collect();
        assert_eq!(
            told,
            [
                ("customer_number", "納付番号は 16 けたです。いま 15 けた入力されています。"),
                ("confirmation_number", "確認番号は数字で入力してください。"),
                ("payment_category", "納付区分を入力してください。"),
            ]
        );
    }

    #[test]
    fn the_amount_is_asked_only_where_the_payer_types_it() {
        let numbers = private().read(&typed("123", "1234", "", "12,300円")).unwrap();
        assert_eq!((numbers.amount, numbers.payment_category), (Some(Yen::new(12_300)), None));
        for (amount, message) in [
            ("", "金額を入力してください。"),
            ("0", "金額は 1 円以上で入力してください。"),
            ("-5", "金額は数字で入力してください。"),
            ("100000000000", "金額は 11 けたまでです。"),
        ] {
            let faults = private().read(&typed("123", "1234", "", amount)).unwrap_err();
            assert_eq!(faults, Errors::one("amount", message));
        }
    }

    #[test]
    fn elsewhere_an_amount_is_only_compared() {
        let read = |amount| tax().read(&typed(&"1".repeat(16), "123456", "7000001234", amount));
        let numbers = read("5").unwrap();
        assert_eq!((numbers.amount, numbers.printed), (None, Some(Yen::new(5))));
        assert_eq!(read(" ").unwrap().printed, None);
        assert_eq!(read("x").unwrap_err(), Errors::one("amount", "金額は数字で入力してください。"));
    }

    #[test]
    fn an_amount_is_the_bills_with_or_without_fee_and_late_charge() {
        let bill = Bill {
            id: "B1".parse().unwrap(),
            payer: "見本".to_owned(),
            contents: "電波利用料".to_owned(),
            amount: Yen::new(10_300),
            fee: Yen::new(110),
            late_charge: Yen::new(300),
            due: None,
            clear_by: None,
        };
        let bills =
            [Bill { amount: Yen::new(99), late_charge: Yen::ZERO, fee: Yen::ZERO, ..bill.clone() }, bill];
        for (printed, differs) in
            [(10_300, false), (10_000, false), (10_410, false), (99, false), (10_110, true)]
        {
            assert_eq!(none_as_printed(&bills, Yen::new(printed)), differs, "{printed}");
        }
    }

    #[test]
    fn widths_are_told_with_their_range() {
        let faults = private().read(&typed(&"1".repeat(21), "123", "", "1")).unwrap_err();
        let told: Vec<_> = faults.iter().map(|f| f.message.as_ref()).collect();
        assert_eq!(
            told,
            [
                "お客様番号は 1 けたから 20 けたです。いま 21 けた入力されています。",
                "確認番号は 4 けたから 6 けたです。いま 3 けた入力されています。",
            ]
        );
        assert_eq!(private().confirmation_number.digits(), "4〜6けた");
        assert_eq!(private().customer_number.digits(), "20けたまで");
        assert_eq!(tax().customer_number.digits(), "16けた");
        let grouped = Asked { form: Some("0000-0000".to_owned()), ..asked("番号", 8, 8) };
        assert_eq!(grouped.hint(), "8けた(0000-0000 の形)");
        assert_eq!(Asked { example: Some("001".to_owned()), ..asked("番号", 3, 3) }.hint(), "3けた 例: 001");
    }
}
