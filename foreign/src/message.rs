//! What leaves of an application: pacs.008, once it is known what it costs and how it is named.

use domain::remittance::Cost;
use domain::{Bic, Date, Timestamp, Uetr};
use formats::iso20022::envelope::Header;
use formats::iso20022::pacs008::{Account, CreditTransfer, Party, Reporting};

use crate::remittance::{Application, RateChoice, Remitter, TaxIdentity};

/// Characters of a line of what authorities are told.
const REPORTING_CHARS_MAX: usize = 35;

/// What the bank adds to an application.
#[derive(Clone, Debug)]
pub struct Sent<'a> {
    /// The application.
    pub application: &'a Application,
    /// Who sends.
    pub remitter: &'a Remitter,
    /// What it costs.
    pub cost: &'a Cost,
    /// The bank's number of it: 16 characters.
    pub number: &'a str,
    /// From end to end.
    pub uetr: Uetr,
    /// When the message is made.
    pub created: Timestamp,
    /// This bank, and its correspondent.
    pub banks: (&'a Bic, &'a Bic),
    /// The day on which the two settle.
    pub settlement_day: Date,
}

impl Sent<'_> {
    /// The message. Its rules are held against it when it is written.
    pub fn credit_transfer(&self) -> CreditTransfer {
        let (application, remitter, cost) = (self.application, self.remitter, self.cost);
        let (own, correspondent) = self.banks;
        let header = Header {
            id: self.number.to_owned(),
            created: self.created,
            from: own.clone(),
            to: correspondent.clone(),
        };
        let end_to_end = if application.reference.is_empty() { self.number } else { &application.reference };
        let tax_number = match &application.identity {
            TaxIdentity::Corporation(number) => number.as_str().to_owned(),
            // 個人番号 is for the tax office alone
            TaxIdentity::IndividualDeclared => String::new(),
        };
        CreditTransfer {
            header,
            instruction: self.number.to_owned(),
            end_to_end: end_to_end.to_owned(),
            uetr: self.uetr,
            settled: cost.sent,
            settlement_day: self.settlement_day,
            instructed: cost.instructed,
            rate: None,
            charge_bearer: application.bearer,
            charges: cost.deducted.map(|deducted| (deducted, own.clone())).into_iter().collect(),
            debtor: Party {
                name: remitter.name.clone(),
                address: remitter.address.clone(),
                tax_number,
                account: Account::Other(remitter.account.clone()),
            },
            debtor_agent: own.clone(),
            intermediary: application.payee.intermediary.clone(),
            creditor_agent: application.payee.bank.clone(),
            creditor: Party {
                name: application.payee.name.clone(),
                address: application.payee.address.clone(),
                tax_number: String::new(),
                account: application.payee.account.clone(),
            },
            purpose: application.purpose.iso.clone(),
            reporting: vec![self.reporting()],
            remittance: application.message.clone(),
        }
    }

    /// What is paid for, in lines.
    fn reporting(&self) -> Reporting {
        let application = self.application;
        let mut words = format!("{} {}", application.purpose.words, application.goods_name);
        if let Some(goods) = &application.goods {
            words += &format!(" ORIGIN {} PORT {}", goods.origin.name(), goods.port);
            if let Some(destination) = &goods.destination {
                words += &format!(" TO {destination}");
            }
        }
        let lines = formats::swift::lines::wrapped(&words, REPORTING_CHARS_MAX);
        Reporting {
            country: domain::Country::JAPAN,
            code: String::new(),
            information: lines.lines().map(str::to_owned).collect(),
        }
    }

    /// The rate as the customer is told it; the message has none, as what is instructed is what is sent.
    pub fn rate(&self) -> Option<String> {
        let rate = match &self.application.rate {
            RateChoice::None => return None,
            RateChoice::Spot(quote) => quote.rate(domain::exchange::Side::Sell),
            RateChoice::Contract(_, rate) => *rate,
        };
        Some(format!("{}円 / {} {}", rate.yen, rate.units, rate.currency))
    }
}
