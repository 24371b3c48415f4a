//! 輸入信用状: the application for a credit, from what somebody typed to its terms.

#[cfg(test)]
#[path = "credit_tests.rs"]
mod tests;

use domain::{Bic, Country, Currency, Date, Money, Timestamp, calendar, words};
use formats::swift::credit::{
    Availability, Confirmation, Credit, Form, Permission, Presentation, Route, RuleBook, Rules, Shipment,
    Terms, Tolerance,
};
use formats::swift::values::Bank;
use formats::{Fault, Finding};

use crate::problem::{Problem, Told};
use crate::rules;
use crate::screening::{Sanctions, Screened};

words! {
    /// A field of the form.
    Field {
        /// 発行希望日.
        Day = "day", "発行希望日";
        /// 通知方法.
        Advice = "advice", "通知方法";
        /// 信用状の種類.
        Form = "form", "信用状の種類";
        /// 準拠規則.
        Rules = "rules", "準拠規則";
        /// 有効期限.
        Expiry = "expiry", "有効期限";
        /// Where it expires.
        ExpiryPlace = "expiry-place", "有効期限の場所";
        /// 発行依頼人.
        Applicant = "applicant", "発行依頼人";
        /// 受益者.
        Beneficiary = "beneficiary", "受益者";
        /// 受益者の国.
        BeneficiaryCountry = "beneficiary-country", "受益者の国";
        /// 受益者の口座.
        BeneficiaryAccount = "beneficiary-account", "受益者の口座番号・IBAN";
        /// 通知銀行.
        AdvisingBank = "advising-bank", "通知銀行のBIC(SWIFTコード)";
        /// 通貨.
        Currency = "currency", "通貨";
        /// 金額.
        Amount = "amount", "金額";
        /// 過不足許容.
        Tolerance = "tolerance", "金額の過不足許容(%)";
        /// 金額以外に含まれるもの.
        AdditionalAmounts = "additional-amounts", "金額以外に含まれるもの";
        /// 利用銀行.
        AvailableWith = "available-with", "利用銀行";
        /// 利用方法.
        AvailableBy = "available-by", "利用方法";
        /// 手形の期間.
        Drafts = "drafts", "手形の期間";
        /// 手形の名宛人.
        Drawee = "drawee", "手形の名宛人のBIC";
        /// 混合払いの明細.
        Mixed = "mixed", "混合払いの明細";
        /// 買取・後日払いの明細.
        Deferred = "deferred", "買取・後日払いの明細";
        /// 分割船積.
        PartialShipments = "partial-shipments", "分割船積";
        /// 積替え.
        Transhipment = "transhipment", "積替え";
        /// 受取地・発送地.
        Receipt = "receipt", "受取地・発送地";
        /// 船積港・出発空港.
        Loading = "loading", "船積港・出発空港";
        /// 荷揚港・到着空港.
        Discharge = "discharge", "荷揚港・到着空港";
        /// 最終仕向地・引渡地.
        Destination = "destination", "最終仕向地・引渡地";
        /// 船積期限.
        LatestShipment = "latest-shipment", "船積期限";
        /// 船積期間.
        ShipmentPeriod = "shipment-period", "船積期間";
        /// 商品.
        Goods = "goods", "商品";
        /// 必要書類.
        Documents = "documents", "必要書類";
        /// 追加条件.
        Conditions = "conditions", "追加条件";
        /// 手数料の負担.
        Charges = "charges", "手数料の負担";
        /// 書類呈示期間.
        Presentation = "presentation", "書類呈示期間(日)";
        /// 確認.
        Confirmation = "confirmation", "確認の指図";
        /// 確認銀行.
        ConfirmingBank = "confirming-bank", "確認銀行のBIC";
        /// 外為法の申告.
        Declaration = "declaration", "外国為替及び外国貿易法に係る申告";
    }
}

words! {
    /// 通知方法: how the advising bank is told.
    Advice {
        /// FULL CABLE: the whole credit by SWIFT.
        FullCable = "full-cable", "全文電信(FULL CABLE)";
        /// A word beforehand by SWIFT, the credit by mail.
        PreAdvice = "pre-advice", "予告電信と郵送(PRE-ADVICE)";
        /// By mail.
        AirMail = "air-mail", "郵送(AIR MAIL)";
    }
}

/// What somebody typed. Empty where nothing was.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "each is the field of its name")]
pub struct Entered {
    pub day: String,
    pub advice: String,
    pub form: String,
    pub rules: String,
    pub other_rules: String,
    pub expiry: String,
    pub expiry_place: String,
    pub applicant: String,
    pub beneficiary: String,
    pub beneficiary_country: String,
    pub beneficiary_account: String,
    pub advising_bank: String,
    pub currency: String,
    pub amount: String,
    /// `5`, or `10/5` for more and less.
    pub tolerance: String,
    pub additional_amounts: String,
    /// A BIC, or words: `ANY BANK IN GERMANY`.
    pub available_with: String,
    pub available_by: String,
    pub drafts: String,
    pub drawee: String,
    pub mixed: String,
    pub deferred: String,
    pub partial_shipments: String,
    pub transhipment: String,
    pub receipt: String,
    pub loading: String,
    pub discharge: String,
    pub destination: String,
    pub latest_shipment: String,
    pub shipment_period: String,
    pub goods: String,
    pub documents: String,
    pub conditions: String,
    pub charges: String,
    pub presentation: String,
    pub presentation_since: String,
    pub confirmation: String,
    pub confirming_bank: String,
    pub law_declared: bool,
}

/// By what an application is read.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Now.
    pub now: Timestamp,
    /// The first day on which a credit can be issued: the bank examines it before.
    pub first_day: Date,
    /// Currencies in which the bank issues credits.
    pub currencies: &'a [Currency],
    /// This bank.
    pub own_bank: &'a Bic,
    /// Countries under sanctions.
    pub sanctions: &'a Sanctions,
}

/// An application that keeps the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// 通知方法.
    pub advice: Advice,
    /// 通知銀行; none where the bank is to choose it.
    pub advising_bank: Option<Bic>,
    /// Where the beneficiary is.
    pub beneficiary_country: Country,
    /// The terms, issued on the day that was wished. The bank gives the number when it issues it.
    pub terms: Credit,
}

/// An application, and what is to be thought about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The application.
    pub application: Application,
    /// Warnings.
    pub warnings: Vec<Told<Field>>,
}

/// In place of a number while there is none.
const NO_NUMBER: &str = "UNISSUED";

impl Application {
    /// The credit as it is issued: under its number, on its day.
    pub fn issued(&self, number: &str, day: Date) -> Credit {
        Credit { number: number.to_owned(), issued: day, ..self.terms.clone() }
    }

    /// The most that may be drawn: what a credit line is held against.
    pub fn most(&self) -> Option<Money> {
        most(&self.terms)
    }

    /// What of it is screened.
    pub fn screened(&self) -> Vec<Screened> {
        let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        let mut all = vec![Screened {
            what: "受益者",
            name: first(&self.terms.beneficiary),
            country: Some(self.beneficiary_country),
        }];
        let banks = [
            ("通知銀行", self.advising_bank.as_ref()),
            ("確認銀行", bic_of(self.terms.confirming_bank.as_ref())),
        ];
        all.extend(banks.into_iter().filter_map(|(what, bic)| {
            bic.map(|bic| Screened { what, name: String::new(), country: Some(bic.country()) })
        }));
        all
    }
}

fn bic_of(bank: Option<&Bank>) -> Option<&Bic> {
    match bank {
        Some(Bank::Bic(bic)) => Some(bic),
        _ => None,
    }
}

/// The amount and what the tolerance lets be drawn above it, whole minor units, the rest cut off.
pub fn most(credit: &Credit) -> Option<Money> {
    let plus = i64::from(credit.tolerance.map_or(0, |tolerance| tolerance.plus));
    let more = credit.amount.minor_units.checked_mul(plus)? / 100;
    credit.amount.checked_add(Money::new(credit.amount.currency, more))
}

impl Entered {
    /// The application, or everything that is wrong with it, warnings among it.
    pub fn read(&self, context: &Context<'_>) -> Result<Read, Vec<Told<Field>>> {
        let mut reader = Reader { context, told: Vec::new() };
        let application = reader.application(self);
        if let Some(application) = &application {
            reader.terms(&application.terms);
        }
        let told = reader.told;
        match application {
            Some(application) if told.iter().all(|one| one.problem.is_warning()) => {
                Ok(Read { application, warnings: told })
            }
            _ => Err(told),
        }
    }
}

struct Reader<'a> {
    context: &'a Context<'a>,
    told: Vec<Told<Field>>,
}

impl Reader<'_> {
    fn application(&mut self, entered: &Entered) -> Option<Application> {
        let day = self.issue_day(&entered.day);
        let advice = self.word(Field::Advice, &entered.advice);
        let form = self.word(Field::Form, &entered.form);
        let book = self.word::<RuleBook>(Field::Rules, &entered.rules);
        let expiry = self.day(Field::Expiry, &entered.expiry);
        let country = self.country(&entered.beneficiary_country);
        let advising_bank = self.bic(Field::AdvisingBank, &entered.advising_bank);
        let amount = self.amount(entered);
        let tolerance = self.tolerance(&entered.tolerance);
        let available_by = self.word(Field::AvailableBy, &entered.available_by);
        let terms = self.payment_terms(entered);
        let shipment = self.shipment(entered);
        let presentation = self.presentation(entered);
        let confirmation = self.word(Field::Confirmation, &entered.confirmation);
        let confirming_bank = self.bic(Field::ConfirmingBank, &entered.confirming_bank);
        let partial_shipments = self.maybe_word(Field::PartialShipments, &entered.partial_shipments);
        let transhipment = self.maybe_word(Field::Transhipment, &entered.transhipment);
        if rules::is_post_office_box(&entered.beneficiary) {
            self.tell(Field::Beneficiary, Problem::PostOfficeBox);
        }
        if entered.goods.trim().is_empty() {
            self.tell(Field::Goods, Problem::Missing);
        }
        if entered.documents.trim().is_empty() {
            self.tell(Field::Documents, Problem::Missing);
        }
        if !entered.law_declared {
            self.tell(Field::Declaration, Problem::NotDeclared);
        }
        let text = |text: &String| text.trim().to_owned();
        let terms = Credit {
            form: form?,
            number: NO_NUMBER.to_owned(),
            pre_advice: String::new(),
            issued: day?,
            rules: Rules { book: book?, others: text(&entered.other_rules) },
            expiry: expiry?,
            expiry_place: text(&entered.expiry_place),
            applicant_bank: None,
            applicant: text(&entered.applicant),
            beneficiary_account: text(&entered.beneficiary_account),
            beneficiary: text(&entered.beneficiary),
            amount: amount?,
            tolerance: tolerance?,
            additional_amounts: text(&entered.additional_amounts),
            available_with: match Bic::parse_typed(&entered.available_with) {
                Ok(bic) => Bank::Bic(bic),
                Err(_) => Bank::Named(text(&entered.available_with)),
            },
            available_by: available_by?,
            terms: terms?,
            partial_shipments: partial_shipments?,
            transhipment: transhipment?,
            route: Route {
                receipt: text(&entered.receipt),
                loading: text(&entered.loading),
                discharge: text(&entered.discharge),
                destination: text(&entered.destination),
            },
            shipment: shipment?,
            goods: text(&entered.goods),
            documents: text(&entered.documents),
            conditions: text(&entered.conditions),
            beneficiary_conditions: String::new(),
            bank_conditions: String::new(),
            charges: text(&entered.charges),
            presentation: presentation?,
            confirmation: confirmation?,
            confirming_bank: confirming_bank?.map(Bank::Bic),
            reimbursing_bank: None,
            instructions: String::new(),
            advise_through: None,
            to_bank: String::new(),
        };
        Some(Application {
            advice: advice?,
            advising_bank: advising_bank?,
            beneficiary_country: country?,
            terms,
        })
    }

    fn tell(&mut self, field: Field, problem: Problem) {
        self.told.push(Told { field, problem });
    }

    /// What the message that issues it would not carry, each at the field that it comes from.
    fn terms(&mut self, terms: &Credit) {
        let own = self.context.own_bank;
        let Err(findings) = terms.messages(own, own) else { return };
        for finding in findings.kept() {
            let field = field_of(finding);
            let problem = Problem::of(finding);
            if !self.told.iter().any(|one| one.field == field && one.problem == problem) {
                self.tell(field, problem);
            }
        }
    }

    /// One of a list that must be chosen.
    fn word<T: std::str::FromStr>(&mut self, field: Field, text: &str) -> Option<T> {
        if text.trim().is_empty() {
            self.tell(field, Problem::Missing);
            return None;
        }
        self.maybe_word(field, text)?
    }

    /// One of a list that may be left out.
    #[allow(
        clippy::option_option,
        reason = "nothing was chosen, and something that is not offered, are two things"
    )]
    fn maybe_word<T: std::str::FromStr>(&mut self, field: Field, text: &str) -> Option<Option<T>> {
        match text.trim() {
            "" => Some(None),
            word => match word.parse() {
                Ok(word) => Some(Some(word)),
                Err(_) => {
                    self.tell(field, Problem::NotOffered);
                    None
                }
            },
        }
    }

    /// A BIC that may be left out.
    #[allow(clippy::option_option, reason = "likewise")]
    fn bic(&mut self, field: Field, text: &str) -> Option<Option<Bic>> {
        match text.trim() {
            "" => Some(None),
            typed => match Bic::parse_typed(typed) {
                Ok(bic) => Some(Some(bic)),
                Err(error) => {
                    self.tell(field, Problem::Bic(error));
                    None
                }
            },
        }
    }

    fn day(&mut self, field: Field, text: &str) -> Option<Date> {
        let problem = match (text.trim(), text.trim().parse()) {
            (_, Ok(day)) => return Some(day),
            ("", _) => Problem::Missing,
            _ => Problem::NoDay,
        };
        self.tell(field, problem);
        None
    }

    /// 発行希望日: a business day, to the same day of the next month.
    fn issue_day(&mut self, text: &str) -> Option<Date> {
        let day = self.day(Field::Day, text)?;
        let first = self.context.first_day;
        let months = chrono::Months::new(rules::Rules::embedded().day.months_ahead);
        let last = self.context.now.date().checked_add_months(months).unwrap_or(first);
        let problem = match day {
            day if day < first => Problem::TooEarly { first },
            day if day > last => Problem::TooLate { last },
            day if !calendar::is_business_day(day) => {
                Problem::NoBusinessDay { next: calendar::next_business_day(day) }
            }
            day => return Some(day),
        };
        self.tell(Field::Day, problem);
        None
    }

    fn country(&mut self, text: &str) -> Option<Country> {
        let country = Country::parse_typed(text).ok();
        match country {
            None => {
                let is_empty = text.trim().is_empty();
                let problem = if is_empty { Problem::Missing } else { Problem::NotOffered };
                self.tell(Field::BeneficiaryCountry, problem);
            }
            Some(country) if self.context.sanctions.has_country(country, self.context.now.date()) => {
                self.tell(Field::BeneficiaryCountry, Problem::Sanctioned);
            }
            Some(_) => {}
        }
        country
    }

    fn amount(&mut self, entered: &Entered) -> Option<Money> {
        let offered = self.context.currencies;
        let currency =
            Currency::parse_typed(&entered.currency).ok().filter(|currency| offered.contains(currency));
        let Some(currency) = currency else {
            self.tell(Field::Currency, Problem::NoCurrency);
            return None;
        };
        match Money::parse_typed(currency, &entered.amount) {
            Ok(money) => Some(money),
            Err(error) => {
                self.tell(Field::Amount, Problem::Amount(error));
                None
            }
        }
    }

    /// `5` both ways, `10/5` more and less; nothing where it is empty.
    #[allow(clippy::option_option, reason = "likewise")]
    fn tolerance(&mut self, text: &str) -> Option<Option<Tolerance>> {
        let folded: String = text.trim().chars().map(domain::numbers::fold_width).collect();
        if folded.is_empty() {
            return Some(None);
        }
        let (plus, minus) = folded.split_once('/').unwrap_or((&folded, &folded));
        match (plus.parse(), minus.parse()) {
            (Ok(plus @ 0..=99), Ok(minus @ 0..=99)) => Some(Some(Tolerance { plus, minus })),
            _ => {
                self.tell(Field::Tolerance, Problem::NotOffered);
                None
            }
        }
    }

    fn payment_terms(&mut self, entered: &Entered) -> Option<Terms> {
        let drawee = self.bic(Field::Drawee, &entered.drawee)?.map(Bank::Bic);
        let terms = Terms::of(entered.drafts.trim(), drawee, entered.mixed.trim(), entered.deferred.trim());
        terms.map_err(|breach| self.breach(&Finding::from(breach))).ok()
    }

    fn shipment(&mut self, entered: &Entered) -> Option<Shipment> {
        let latest = match entered.latest_shipment.trim() {
            "" => None,
            typed => Some(self.day(Field::LatestShipment, typed)?),
        };
        let shipment = Shipment::of(latest, entered.shipment_period.trim());
        shipment.map_err(|breach| self.breach(&Finding::from(breach))).ok()
    }

    fn breach(&mut self, finding: &Finding) {
        self.tell(field_of(finding), Problem::of(finding));
    }

    /// Days, to 999; nothing where it is empty.
    #[allow(clippy::option_option, reason = "likewise")]
    fn presentation(&mut self, entered: &Entered) -> Option<Option<Presentation>> {
        let folded: String = entered.presentation.trim().chars().map(domain::numbers::fold_width).collect();
        match folded.parse() {
            _ if folded.is_empty() => Some(None),
            Ok(days @ 1..=999) => {
                Some(Some(Presentation { days, since: entered.presentation_since.trim().to_owned() }))
            }
            _ => {
                self.tell(Field::Presentation, Problem::NotOffered);
                None
            }
        }
    }
}

/// The field of the form that a field of the message comes from.
fn field_of(finding: &Finding) -> Field {
    let tag = finding.place.field.as_deref().and_then(|field| field.split(' ').next()).unwrap_or_default();
    match tag {
        "40A" => Field::Form,
        "31C" => Field::Day,
        "40E" => Field::Rules,
        "31D" if matches!(finding.fault, Fault::Breach(_)) => Field::Expiry,
        "31D" => Field::ExpiryPlace,
        "50" => Field::Applicant,
        "59" => Field::Beneficiary,
        "32B" => Field::Amount,
        "39A" => Field::Tolerance,
        "39C" => Field::AdditionalAmounts,
        "41a" if matches!(finding.fault, Fault::Breach(_)) => Field::AvailableBy,
        "41A" | "41D" | "41a" => Field::AvailableWith,
        "42C" => Field::Drafts,
        "42A" | "42D" | "42a" => Field::Drawee,
        "42M" => Field::Mixed,
        "42P" => Field::Deferred,
        "43P" => Field::PartialShipments,
        "43T" => Field::Transhipment,
        "44A" => Field::Receipt,
        "44E" => Field::Loading,
        "44F" => Field::Discharge,
        "44B" => Field::Destination,
        "44C" => Field::LatestShipment,
        "44D" => Field::ShipmentPeriod,
        "46A" => Field::Documents,
        "47A" => Field::Conditions,
        "71D" => Field::Charges,
        "48" => Field::Presentation,
        "49" => Field::Confirmation,
        "58A" | "58D" | "58a" => Field::ConfirmingBank,
        // the goods are what makes a credit too long
        _ => Field::Goods,
    }
}

/// What is chosen where nobody chose yet.
impl Entered {
    /// A form with what most credits have.
    pub fn blank(applicant: &str, own_bank: &Bic) -> Self {
        Self {
            advice: Advice::FullCable.as_str().to_owned(),
            form: Form::Irrevocable.as_str().to_owned(),
            rules: RuleBook::Ucp.as_str().to_owned(),
            applicant: applicant.to_owned(),
            available_by: Availability::Negotiation.as_str().to_owned(),
            drafts: "AT SIGHT".to_owned(),
            drawee: own_bank.to_string(),
            partial_shipments: Permission::Allowed.as_str().to_owned(),
            transhipment: Permission::Allowed.as_str().to_owned(),
            presentation: formats::swift::credit::PRESENTATION_DAYS_DEFAULT.to_string(),
            confirmation: Confirmation::Without.as_str().to_owned(),
            ..Self::default()
        }
    }
}
