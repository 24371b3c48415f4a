//! 外国送金: the application, from what somebody typed to what can be sent.

mod read;
#[cfg(test)]
mod tests;

use domain::exchange::{Quote, Rate};
use domain::remittance::{ChargeBearer, Instruction};
use domain::{CorporateNumber, Country, Currency, Date, Timestamp, words};
use formats::iso20022::pacs008::{Account, Address, Agent};

use crate::problem::Told;
use crate::purpose::Purpose;
use crate::screening::{Sanctions, Screened};

words! {
    /// A field of the form.
    Field {
        /// 送金指定日.
        Day = "day", "送金指定日";
        /// お客様整理番号.
        Reference = "reference", "お客様整理番号";
        /// 受取人名.
        PayeeName = "payee-name", "受取人名";
        /// 受取人の住所, street and building.
        PayeeStreet = "payee-street", "受取人の住所(通り・番地)";
        /// Postal code.
        PayeePostCode = "payee-post-code", "受取人の郵便番号";
        /// Town.
        PayeeTown = "payee-town", "受取人の都市名";
        /// Province.
        PayeeProvince = "payee-province", "受取人の省・州";
        /// Country.
        PayeeCountry = "payee-country", "受取人の国";
        /// IBAN or account number.
        PayeeAccount = "payee-account", "受取人の口座番号・IBAN";
        /// BIC of the payee's bank.
        BankBic = "bank-bic", "受取銀行のBIC(SWIFTコード)";
        /// Its name.
        BankName = "bank-name", "受取銀行名";
        /// Its town.
        BankTown = "bank-town", "受取銀行の都市名";
        /// Its country.
        BankCountry = "bank-country", "受取銀行の国";
        /// Its clearing code.
        BankClearing = "bank-clearing", "受取銀行の清算番号";
        /// BIC of the intermediary bank.
        Intermediary = "intermediary", "経由銀行のBIC";
        /// 通貨.
        Currency = "currency", "送金通貨";
        /// 金額.
        Amount = "amount", "送金額";
        /// 円貨相当額.
        Spend = "spend", "円貨相当額";
        /// 予約番号.
        Contract = "contract", "為替予約番号";
        /// 手数料の負担.
        Bearer = "bearer", "海外銀行手数料の負担";
        /// 送金目的.
        Purpose = "purpose", "送金目的";
        /// 商品名, or what else is paid for.
        Goods = "goods", "商品名・内容";
        /// 原産地.
        Origin = "origin", "原産地";
        /// 船積地.
        Port = "port", "船積地(都市名)";
        /// 仕向地.
        Destination = "destination", "仕向地(都市名)";
        /// 許可等の番号.
        Permit = "permit", "許可等の番号";
        /// 法人番号.
        CorporateNumber = "corporate-number", "法人番号";
        /// 個人番号の告知.
        IndividualNumber = "individual-number", "個人番号の告知";
        /// 外為法の申告.
        Declaration = "declaration", "外国為替及び外国貿易法に係る申告";
        /// 連絡事項.
        Message = "message", "受取人への連絡事項";
    }
}

/// What somebody typed. Empty where nothing was.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "each is the field of its name")]
pub struct Entered {
    pub day: String,
    pub reference: String,
    pub payee_name: String,
    pub payee_street: String,
    pub payee_post_code: String,
    pub payee_town: String,
    pub payee_province: String,
    pub payee_country: String,
    pub payee_account: String,
    pub bank_bic: String,
    pub bank_name: String,
    pub bank_town: String,
    pub bank_country: String,
    /// Clearing system and number, `USABA 123456789`.
    pub bank_clearing: String,
    pub intermediary: String,
    pub currency: String,
    pub amount: String,
    pub spend: String,
    pub contract: String,
    pub bearer: String,
    pub purpose: String,
    pub goods: String,
    pub origin: String,
    pub port: String,
    pub destination: String,
    pub permit: String,
    pub corporate_number: String,
    pub individual_number_declared: bool,
    pub law_declared: bool,
    pub message: String,
}

/// Who sends: what the bank knows of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remitter {
    /// Name in the characters of messages.
    pub name: String,
    /// Address.
    pub address: Address,
    /// Account number that is debited.
    pub account: String,
    /// Its currency.
    pub currency: Currency,
    /// Whether a corporation or a sole proprietor sends.
    pub is_corporation: bool,
}

/// By what an application is read.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Now.
    pub now: Timestamp,
    /// The first day that is possible: today before the cut-off, the next business day after it.
    pub first_day: Date,
    /// Who sends.
    pub remitter: &'a Remitter,
    /// The bank's rates.
    pub quotes: &'a [Quote],
    /// Rates of contracts (為替予約) that the remitter has, by their numbers.
    pub contracts: &'a [(String, Rate)],
    /// Currencies that the bank sends.
    pub currencies: &'a [Currency],
    /// Countries under sanctions.
    pub sanctions: &'a Sanctions,
}

/// At which rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RateChoice {
    /// No currency is exchanged.
    None,
    /// The bank's rate of the moment.
    Spot(Quote),
    /// One that was agreed on.
    Contract(String, Rate),
}

/// 受取人.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payee {
    /// Name.
    pub name: String,
    /// Address.
    pub address: Address,
    /// Account.
    pub account: Account,
    /// Bank.
    pub bank: Agent,
    /// Where the bank is.
    pub bank_country: Country,
    /// 経由銀行.
    pub intermediary: Option<Agent>,
}

/// Goods, as the law wants them told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goods {
    /// 原産地.
    pub origin: Country,
    /// 船積地.
    pub port: String,
    /// 仕向地, of 仲介貿易 alone.
    pub destination: Option<String>,
}

/// Who the payer is to the tax office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaxIdentity {
    /// By 法人番号.
    Corporation(CorporateNumber),
    /// 個人番号 has been told to the bank, which keeps it apart.
    IndividualDeclared,
}

/// An application that keeps the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// 送金指定日.
    pub day: Date,
    /// お客様整理番号.
    pub reference: String,
    /// 受取人.
    pub payee: Payee,
    /// The currency that is sent.
    pub currency: Currency,
    /// How much.
    pub instruction: Instruction,
    /// At which rate.
    pub rate: RateChoice,
    /// 手数料の負担.
    pub bearer: ChargeBearer,
    /// 送金目的.
    pub purpose: &'static Purpose,
    /// 商品名, or what else is paid for.
    pub goods_name: String,
    /// Where goods come from and go to.
    pub goods: Option<Goods>,
    /// 許可等の番号; empty where none is needed.
    pub permit: String,
    /// 法人番号 or the declaration of 個人番号.
    pub identity: TaxIdentity,
    /// 連絡事項.
    pub message: String,
}

/// An application, and what is to be thought about: none of it keeps it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The application.
    pub application: Application,
    /// Warnings.
    pub warnings: Vec<Told<Field>>,
}

impl Entered {
    /// The application, or everything that is wrong with it, warnings among it.
    pub fn read(&self, context: &Context<'_>) -> Result<Read, Vec<Told<Field>>> {
        read::read(self, context)
    }
}

impl Application {
    /// What of it is screened.
    pub fn screened(&self) -> Vec<Screened> {
        let place = |what, country| Screened { what, name: String::new(), country: Some(country) };
        let name =
            |what, name: &str, country| Screened { what, name: name.to_owned(), country: Some(country) };
        let payee = &self.payee;
        let mut all = vec![name("受取人", &payee.name, payee.address.country)];
        all.push(match &payee.bank {
            Agent::Bic(_) => place("受取銀行", payee.bank_country),
            Agent::Named { name: bank, .. } => name("受取銀行", bank, payee.bank_country),
        });
        if let Some(Agent::Bic(bic)) = &payee.intermediary {
            all.push(place("経由銀行", bic.country()));
        }
        if let Some(goods) = &self.goods {
            all.push(place("原産地", goods.origin));
            let places = [("船積地", Some(&goods.port)), ("仕向地", goods.destination.as_ref())];
            all.extend(places.into_iter().filter_map(|(what, town)| {
                town.map(|town| Screened { what, name: town.clone(), country: country_named(town) })
            }));
        }
        all
    }
}

/// The country that a place names behind its town: `NAMPO, NORTH KOREA`.
fn country_named(place: &str) -> Option<Country> {
    let last = place.rsplit(',').next()?.trim().to_uppercase();
    Country::all().find(|country| country.name().to_uppercase() == last || country.as_str() == last)
}
