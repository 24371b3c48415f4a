//! What an alarm is about, in words, and its page.

use domain::{CollectorNumber, ContractId, Date, PaymentId, time};
use gateway::alarm::About;
use gateway::{Alarm, Gateway, StoreError, settlement};
use internet_banking::fees::Month;

use crate::links::{
    ContractLink, ContractTokensLink, DayLink, NumberLink, RequestLink, SettlementLink, StaffPaymentLink,
};

/// What an alarm is about; the collector's name stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmSubject {
    /// In words; nothing where the collector's name says it.
    pub text: String,
    /// Its page, if it has one.
    pub link: Option<String>,
}

impl AlarmSubject {
    /// Of an alarm.
    pub async fn of(gateway: &Gateway, alarm: &Alarm) -> Result<Self, StoreError> {
        let text = alarm.subject.as_str();
        let plain = || Self { text: text.to_owned(), link: None };
        Ok(match alarm.kind.about() {
            About::Payment => match text.parse::<PaymentId>() {
                Ok(id) => {
                    let found = gateway.payment_for_operator(id).await?;
                    let number = found.map(|payment| format!("受付番号 {}", payment.facts.receipt_number));
                    Self::at(number.unwrap_or_else(|| "払込の詳細".to_owned()), &StaffPaymentLink(id))
                }
                Err(_) => plain(),
            },
            About::Message => Self::at(format!("処理通番 {text}"), &NumberLink(text)),
            About::Settlement => match settlement::of_number(text) {
                Some((collector, window)) => {
                    let words = format!("{}の決済分", time::year_month_day(window));
                    Self::at(words, &SettlementLink(settlement::id(&collector, window)))
                }
                None => plain(),
            },
            About::Request => match text.parse() {
                Ok(id) => Self::at("起票の内容".to_owned(), &RequestLink(id)),
                Err(_) => plain(),
            },
            About::Day => match day(text) {
                Some((collector, date)) => {
                    let words = format!("{}の処理日", time::year_month_day(date));
                    Self::at(words, &DayLink { collector: &collector, date })
                }
                None => plain(),
            },
            About::Transfer => Self { text: format!("振込 {text}"), link: None },
            About::Batch => Self { text: format!("データ伝送 {text}"), link: None },
            About::InterbankMessage => {
                Self { text: format!("銀行間ネットワークの電文 {text}"), link: None }
            }
            About::InterbankDay => match text.parse() {
                Ok(date) => {
                    Self { text: format!("{}の為替決済", time::year_month_day(date)), link: None }
                }
                Err(_) => plain(),
            },
            About::Fees => match fees(text) {
                Some((contract, month)) => {
                    Self::at(format!("{}分の手数料", month.words()), &ContractLink(contract))
                }
                None => plain(),
            },
            About::Token => match text.split_once('/') {
                Some((contract, serial)) => match contract.parse::<ContractId>() {
                    Ok(id) => Self::at(format!("トークン {serial}"), &ContractTokensLink(id)),
                    Err(_) => plain(),
                },
                None => plain(),
            },
            About::Staff => Self { text: format!("職員 {text}"), link: None },
            // its name says it
            About::Collector if alarm.collector.as_ref().is_some_and(|c| c.as_str() == text) => {
                Self { text: String::new(), link: None }
            }
            About::Collector => plain(),
        })
    }

    fn at(text: String, link: &impl ToString) -> Self {
        Self { text, link: Some(link.to_string()) }
    }
}

fn fees(text: &str) -> Option<(ContractId, Month)> {
    let (contract, month) = text.split_once('/')?;
    Some((contract.parse().ok()?, month.parse().ok()?))
}

fn day(text: &str) -> Option<(CollectorNumber, Date)> {
    let (collector, date) = text.split_once('/')?;
    Some((collector.parse().ok()?, date.parse().ok()?))
}
