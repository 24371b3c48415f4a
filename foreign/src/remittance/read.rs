//! From what was typed to the application.

use domain::bank_holidays::{BankHolidays, Place};
use domain::exchange::{QuoteError, quote_at};
use domain::remittance::{ChargeBearer, Instruction};
use domain::{Bic, CorporateNumber, Country, Currency, Date, Iban, Money, Yen, calendar};
use formats::iso20022::pacs008::{Account, Address, Agent};
use formats::swift::Charset;
use formats::{Fault, Finding, Place as FormatPlace};

use super::{Application, Context, Entered, Field, Goods, Payee, RateChoice, Read, TaxIdentity};
use crate::problem::{Problem, Told};
use crate::purpose::{self, Purpose};
use crate::rules::{Rules, is_country_alone, is_post_office_box};

/// What is gathered.
struct Reader<'a> {
    context: &'a Context<'a>,
    told: Vec<Told<Field>>,
}

pub(super) fn read(entered: &Entered, context: &Context<'_>) -> Result<Read, Vec<Told<Field>>> {
    let mut reader = Reader { context, told: Vec::new() };
    let application = reader.application(entered);
    let told = reader.told;
    match application {
        Some(application) if told.iter().all(|one| one.problem.is_warning()) => {
            Ok(Read { application, warnings: told })
        }
        _ => Err(told),
    }
}

impl Reader<'_> {
    /// Every part is read, so that everything that is wrong is told at once.
    fn application(&mut self, entered: &Entered) -> Option<Application> {
        let currency = self.currency(&entered.currency);
        let bank_country = self.country(Field::BankCountry, &entered.bank_country);
        let day = self.day(&entered.day, currency, bank_country);
        self.text(Field::Reference, &entered.reference, 33, Charset::X);
        let payee = self.payee(entered, bank_country);
        let rate = currency.and_then(|currency| self.rate(&entered.contract, currency));
        let instruction = currency.and_then(|currency| self.instruction(entered, currency));
        let bearer = self.choice(Field::Bearer, &entered.bearer, |word| {
            ChargeBearer::ALL.iter().copied().find(|bearer| bearer.as_str() == word)
        });
        let purpose = self.choice(Field::Purpose, &entered.purpose, Purpose::of);
        let goods = purpose.and_then(|purpose| self.goods(entered, purpose));
        self.text(Field::Permit, &entered.permit, 35, Charset::X);
        let identity = self.identity(entered);
        if !entered.law_declared {
            self.tell(Field::Declaration, Problem::NotDeclared);
        }
        self.text(Field::Message, &entered.message, 140, Charset::Extended);
        Some(Application {
            day: day?,
            reference: entered.reference.trim().to_owned(),
            payee: payee?,
            currency: currency?,
            instruction: instruction?,
            rate: rate?,
            bearer: bearer?,
            purpose: purpose?,
            goods_name: entered.goods.trim().to_owned(),
            goods: goods?,
            permit: entered.permit.trim().to_owned(),
            identity: identity?,
            message: entered.message.trim().to_owned(),
        })
    }

    fn tell(&mut self, field: Field, problem: Problem) {
        self.told.push(Told { field, problem });
    }

    /// A value, or its problem told.
    fn take<T>(&mut self, field: Field, value: Result<T, Problem>) -> Option<T> {
        value.map_err(|problem| self.tell(field, problem)).ok()
    }

    fn choice<T>(&mut self, field: Field, word: &str, of: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let missing = if word.trim().is_empty() { Problem::Missing } else { Problem::NotOffered };
        self.take(field, of(word.trim()).ok_or(missing))
    }

    /// A text that may be empty, in the characters of the message.
    fn text(&mut self, field: Field, text: &str, most: usize, set: Charset) {
        let text = text.trim();
        let finding = |column, found: &str, fault| {
            let place = FormatPlace {
                field: Some(field.label().to_owned()),
                column: Some(column),
                ..FormatPlace::FILE
            };
            Problem::Message(Box::new(Finding { place, found: String::new(), fault }.found(found)))
        };
        if let Some((at, c)) = text.chars().enumerate().find(|(_, c)| !set.carries(*c)) {
            let fault =
                Fault::NotCarried { set, instead: set.instead(c).map(|instead| instead.into_owned()) };
            self.tell(field, finding(at + 1, &c.to_string(), fault));
        } else if text.chars().count() > most {
            self.tell(field, finding(most + 1, text, Fault::LineTooLong { most }));
        }
    }

    /// A text that must be there.
    fn needed(&mut self, field: Field, text: &str, most: usize, set: Charset) {
        if text.trim().is_empty() {
            self.tell(field, Problem::Missing);
        }
        self.text(field, text, most, set);
    }

    fn country(&mut self, field: Field, text: &str) -> Option<Country> {
        let country = self.choice(field, text, |code| Country::parse_typed(code).ok())?;
        self.sanctioned(field, country);
        Some(country)
    }

    fn sanctioned(&mut self, field: Field, country: Country) {
        if self.context.sanctions.has_country(country, self.context.now.date()) {
            self.tell(field, Problem::Sanctioned);
        }
    }

    fn currency(&mut self, text: &str) -> Option<Currency> {
        let offered = self.context.currencies;
        let currency = Currency::parse_typed(text).ok().filter(|currency| offered.contains(currency));
        let missing = if text.trim().is_empty() { Problem::Missing } else { Problem::NoCurrency };
        self.take(Field::Currency, currency.ok_or(missing))
    }

    /// A business day here; a holiday where the currency is settled or the bank is, is a warning.
    fn day(&mut self, text: &str, currency: Option<Currency>, bank: Option<Country>) -> Option<Date> {
        let first = self.context.first_day;
        let months = chrono::Months::new(Rules::embedded().day.months_ahead);
        let last = self.context.now.date().checked_add_months(months).unwrap_or(first);
        let day = match text.trim() {
            "" => Err(Problem::Missing),
            typed => match typed.parse::<Date>() {
                Err(_) => Err(Problem::NoDay),
                Ok(day) if day < first => Err(Problem::TooEarly { first }),
                Ok(day) if day > last => Err(Problem::TooLate { last }),
                Ok(day) if !calendar::is_business_day(day) => {
                    Err(Problem::NoBusinessDay { next: calendar::next_business_day(day) })
                }
                Ok(day) => Ok(day),
            },
        };
        let day = self.take(Field::Day, day)?;
        let mut places: Vec<Place> = currency.and_then(Place::of_currency).into_iter().collect();
        places.extend(bank.map(Place::Country));
        let value_date = BankHolidays::embedded().value_date(day, &places);
        if let Some(closed) = value_date.closed.first() {
            self.tell(Field::Day, Problem::ClosedAbroad { closed: *closed, next: value_date.day });
        }
        Some(day)
    }

    fn payee(&mut self, entered: &Entered, bank_country: Option<Country>) -> Option<Payee> {
        self.needed(Field::PayeeName, &entered.payee_name, 140, Charset::Extended);
        let country = self.country(Field::PayeeCountry, &entered.payee_country);
        self.needed(Field::PayeeTown, &entered.payee_town, 35, Charset::Extended);
        if is_country_alone(&entered.payee_town) {
            self.tell(Field::PayeeTown, Problem::CountryAlone);
        }
        self.needed(Field::PayeeStreet, &entered.payee_street, 70, Charset::Extended);
        if is_post_office_box(&entered.payee_street) {
            self.tell(Field::PayeeStreet, Problem::PostOfficeBox);
        }
        self.text(Field::PayeePostCode, &entered.payee_post_code, 16, Charset::Extended);
        self.text(Field::PayeeProvince, &entered.payee_province, 35, Charset::Extended);
        let has_province = !entered.payee_province.trim().is_empty();
        if country.is_some_and(|country| Rules::embedded().has_province(country)) && !has_province {
            self.tell(Field::PayeeProvince, Problem::ProvinceMissing);
        }
        let account = bank_country.and_then(|country| self.account(&entered.payee_account, country));
        let bank = bank_country.and_then(|country| self.bank(entered, country));
        let intermediary = match entered.intermediary.trim() {
            "" => Some(None),
            typed => {
                let bic = Bic::parse_typed(typed).map_err(Problem::Bic);
                let bic = self.take(Field::Intermediary, bic);
                if let Some(bic) = &bic {
                    self.sanctioned(Field::Intermediary, bic.country());
                }
                bic.map(|bic| Some(Agent::Bic(bic)))
            }
        };
        let address = Address {
            street: entered.payee_street.trim().to_owned(),
            post_code: entered.payee_post_code.trim().to_owned(),
            subdivision: entered.payee_province.trim().to_owned(),
            ..Address::of(entered.payee_town.trim(), country?)
        };
        Some(Payee {
            name: entered.payee_name.trim().to_owned(),
            address,
            account: account?,
            bank: bank?,
            bank_country: bank_country?,
            intermediary: intermediary?,
        })
    }

    /// An IBAN where the bank's country has them; else what there is instead.
    fn account(&mut self, text: &str, country: Country) -> Option<Account> {
        let typed = text.trim();
        if typed.is_empty() {
            self.tell(Field::PayeeAccount, Problem::Missing);
            return None;
        }
        if country.iban_length().is_none() {
            self.text(Field::PayeeAccount, typed, 34, Charset::X);
            return Some(Account::Other(typed.to_owned()));
        }
        // what does not begin as an IBAN is the account number of another kind
        let begins = typed.chars().take(2).all(|c| domain::numbers::fold_width(c).is_ascii_alphabetic());
        let iban = match Iban::parse_typed(typed) {
            Ok(iban) if iban.country() != country => Err(Problem::OtherCountry { found: iban.country() }),
            Ok(iban) => Ok(iban),
            Err(_) if !begins => Err(Problem::IbanExpected),
            Err(error) => Err(Problem::Iban(error)),
        };
        self.take(Field::PayeeAccount, iban).map(Account::Iban)
    }

    /// By its BIC, or by name and town.
    fn bank(&mut self, entered: &Entered, country: Country) -> Option<Agent> {
        if !entered.bank_bic.trim().is_empty() {
            let bic = match Bic::parse_typed(&entered.bank_bic) {
                Ok(bic) if bic.country() != country => Err(Problem::OtherCountry { found: bic.country() }),
                other => other.map_err(Problem::Bic),
            };
            return self.take(Field::BankBic, bic).map(Agent::Bic);
        }
        let (name, town) = (entered.bank_name.trim(), entered.bank_town.trim());
        if name.is_empty() || town.is_empty() {
            self.tell(Field::BankBic, Problem::BankUnknown);
            return None;
        }
        self.text(Field::BankName, name, 140, Charset::Extended);
        self.text(Field::BankTown, town, 35, Charset::Extended);
        let clearing = match entered.bank_clearing.trim().split_once(' ') {
            _ if entered.bank_clearing.trim().is_empty() => None,
            Some((system, number)) if system.len() == 5 && !number.trim().is_empty() => {
                Some((system.to_owned(), number.trim().to_owned()))
            }
            _ => {
                self.tell(Field::BankClearing, Problem::NotOffered);
                return None;
            }
        };
        self.text(Field::BankClearing, &entered.bank_clearing, 35, Charset::X);
        Some(Agent::Named { name: name.to_owned(), address: Address::of(town, country), clearing })
    }

    /// None where the account has the currency that is sent; the contract's where one is named; else the bank's.
    fn rate(&mut self, contract: &str, currency: Currency) -> Option<RateChoice> {
        let contract = contract.trim();
        if currency == self.context.remitter.currency {
            if contract.is_empty() {
                return Some(RateChoice::None);
            }
            self.tell(Field::Contract, Problem::NotOffered);
            return None;
        }
        if !contract.is_empty() {
            let found = self.context.contracts.iter().find(|(number, _)| number == contract);
            let found = found.filter(|(_, rate)| rate.currency == currency).ok_or(Problem::NotOffered);
            return self
                .take(Field::Contract, found)
                .map(|(number, rate)| RateChoice::Contract(number.clone(), *rate));
        }
        // an account in a third currency would be exchanged twice
        let quote = if self.context.remitter.currency == Currency::JPY {
            quote_at(self.context.quotes, currency, self.context.now)
        } else {
            Err(QuoteError::NotQuoted)
        };
        self.take(Field::Currency, quote.copied().map_err(Problem::Rate)).map(RateChoice::Spot)
    }

    /// An amount, or the yen to spend: exactly one of them.
    fn instruction(&mut self, entered: &Entered, currency: Currency) -> Option<Instruction> {
        let (amount, spend) = (entered.amount.trim(), entered.spend.trim());
        match (amount, spend) {
            ("", "") => {
                self.tell(Field::Amount, Problem::Missing);
                None
            }
            (amount, "") => {
                let money = Money::parse_typed(currency, amount).map_err(Problem::Amount);
                let money =
                    money.and_then(
                        |money| if money.minor_units > 0 { Ok(money) } else { Err(Problem::ZeroAmount) },
                    );
                self.take(Field::Amount, money).map(Instruction::Amount)
            }
            ("", _) if currency == self.context.remitter.currency => {
                self.tell(Field::Spend, Problem::SpendWithoutExchange);
                None
            }
            ("", spend) => {
                let yen = Money::parse_typed(Currency::JPY, spend).map_err(Problem::Amount);
                let yen =
                    yen.and_then(|yen| if yen.minor_units > 0 { Ok(yen) } else { Err(Problem::ZeroAmount) });
                self.take(Field::Spend, yen).map(|yen| Instruction::Spend(Yen::new(yen.minor_units)))
            }
            _ => {
                self.tell(Field::Spend, Problem::TwoAmounts);
                None
            }
        }
    }

    /// What is paid for, and of goods where they come from and go to.
    fn goods(&mut self, entered: &Entered, purpose: &Purpose) -> Option<Option<Goods>> {
        if Rules::embedded().is_vague(&entered.goods) {
            let is_empty = entered.goods.trim().is_empty();
            self.tell(Field::Goods, if is_empty { Problem::Missing } else { Problem::Vague });
        }
        self.text(Field::Goods, &entered.goods, 35, Charset::X);
        if purpose.goods == purpose::Goods::None {
            return Some(None);
        }
        let origin = self.country(Field::Origin, &entered.origin);
        let town = |reader: &mut Self, field, text: &str| {
            reader.needed(field, text, 35, Charset::X);
            if is_country_alone(text) {
                reader.tell(field, Problem::CountryAlone);
            }
            if let Some(country) = super::country_named(text) {
                reader.sanctioned(field, country);
            }
            text.trim().to_owned()
        };
        let port = town(self, Field::Port, &entered.port);
        let destination = match purpose.goods {
            purpose::Goods::Transit => Some(town(self, Field::Destination, &entered.destination)),
            _ => None,
        };
        Some(Some(Goods { origin: origin?, port, destination }))
    }

    /// 法人番号 of a corporation; of a sole proprietor that 個人番号 has been told.
    fn identity(&mut self, entered: &Entered) -> Option<TaxIdentity> {
        if !self.context.remitter.is_corporation {
            if !entered.individual_number_declared {
                self.tell(Field::IndividualNumber, Problem::NotDeclared);
                return None;
            }
            return Some(TaxIdentity::IndividualDeclared);
        }
        let number = match entered.corporate_number.trim() {
            "" => Err(Problem::Missing),
            typed => CorporateNumber::parse_typed(typed).map_err(|_| Problem::CorporateNumber),
        };
        self.take(Field::CorporateNumber, number).map(TaxIdentity::Corporation)
    }
}
