//! MT103, the clerk's copy of a remittance: what pacs.008 says, in the form that people in trade know. It is shown and
//! printed, and never sent.

use domain::remittance::ChargeBearer;
use domain::{Bic, Country, Date, Money, Uetr};
use rust_decimal::Decimal;

use super::charset::Charset;
use super::lines::wrapped;
use super::message::{Draft, Kind, Message};
use super::values::{Bank, PARTY_CHARS_MAX, day, written};
use crate::finding::Findings;
use crate::iso20022::pacs008::{Account, Address, Agent, CreditTransfer, Party};

/// Characters of a numbered line of 50F and 59F, without its number.
const NUMBERED_CHARS_MAX: usize = 33;
/// Characters of a rate.
const RATE_CHARS_MAX: usize = 12;
/// Lines of a field 50F or 59F.
const NUMBERED_LINES_MAX: usize = 4;

/// A customer: name, and an address with its country and town apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Account or IBAN, 34 characters.
    pub account: String,
    /// Name, wrapped to two lines of 33.
    pub name: String,
    /// Street, building and the like.
    pub street: String,
    /// Country.
    pub country: Country,
    /// Town, with the postal code where it has one.
    pub town: String,
}

/// A remittance as the copy shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerTransfer {
    /// 送金銀行の照会番号 (20).
    pub reference: String,
    /// What names it from end to end.
    pub uetr: Uetr,
    /// 資金決済日 (32A).
    pub value_date: Date,
    /// What is settled between the banks (32A).
    pub settled: Money,
    /// What was instructed (33B).
    pub instructed: Money,
    /// Units of the settled currency for one of the instructed (36), where they differ.
    pub rate: Option<Decimal>,
    /// 送金依頼人 (50F).
    pub ordering: Customer,
    /// 経由銀行 (56a).
    pub intermediary: Option<Bank>,
    /// 受取人の銀行 (57a).
    pub account_with: Bank,
    /// 受取人 (59F).
    pub beneficiary: Customer,
    /// 受取人への連絡事項 (70).
    pub remittance: String,
    /// 手数料の負担 (71A).
    pub charge_bearer: ChargeBearer,
    /// 差し引いた手数料 (71F), where the beneficiary bears them.
    pub deducted: Option<Money>,
    /// 銀行への連絡事項 (72).
    pub to_bank: String,
    /// 当局への報告事項 (77B).
    pub reporting: String,
}

/// The copy of what leaves. What pacs.008 carries and MT103 does not is written as its like.
impl From<&CreditTransfer> for CustomerTransfer {
    fn from(transfer: &CreditTransfer) -> Self {
        let reporting = transfer.reporting.iter().map(|one| {
            let words = one.information.join(" ");
            plain(format!("/{}/{} {words}", one.country, one.code).trim_end())
        });
        Self {
            reference: transfer.instruction.clone(),
            uetr: transfer.uetr,
            value_date: transfer.settlement_day,
            settled: transfer.settled,
            instructed: transfer.instructed,
            rate: transfer.rate,
            ordering: Customer::from(&transfer.debtor),
            intermediary: transfer.intermediary.as_ref().map(bank),
            account_with: bank(&transfer.creditor_agent),
            beneficiary: Customer::from(&transfer.creditor),
            remittance: plain(&transfer.remittance),
            charge_bearer: transfer.charge_bearer,
            deducted: transfer.charges.first().map(|(charge, _)| *charge),
            to_bank: String::new(),
            reporting: reporting.collect::<Vec<_>>().join("\n"),
        }
    }
}

impl From<&Party> for Customer {
    fn from(party: &Party) -> Self {
        let Address { street, building, post_code, town, subdivision, country, lines } = &party.address;
        let joined = |parts: &[&str]| {
            parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
        };
        let lines = lines.join(", ");
        Self {
            account: match &party.account {
                Account::Iban(iban) => iban.as_str().to_owned(),
                Account::Other(number) => plain(number),
            },
            name: plain(&party.name),
            street: plain(&joined(&[street, building, &lines, subdivision])),
            country: *country,
            town: plain(&joined(&[post_code, town])),
        }
    }
}

fn bank(agent: &Agent) -> Bank {
    match agent {
        Agent::Bic(bic) => Bank::Bic(bic.clone()),
        Agent::Named { name, address, clearing } => {
            let number = clearing.as_ref().map(|(system, number)| format!("{system} {number}\n"));
            let town = format!("{}, {}", address.town, address.country.name());
            Bank::Named(plain(&format!("{name}\n{}{town}", number.unwrap_or_default())))
        }
    }
}

/// In the characters of MT messages; what has no like there is left out of a copy.
fn plain(text: &str) -> String {
    Charset::X.replaced(text).0
}

impl CustomerTransfer {
    /// The copy, as a message of this bank to its correspondent.
    pub fn message(&self, sender: &Bic, receiver: &Bic) -> Result<Message, Findings> {
        let mut draft = Draft::new(Kind::CustomerTransfer, sender.clone(), receiver.clone());
        draft.uetr(self.uetr);
        draft.put("20", self.reference.clone());
        draft.put("23B", "CRED");
        draft.put("32A", format!("{}{}", day(self.value_date), written(self.settled)));
        draft.put("33B", written(self.instructed));
        draft.put_maybe("36", &self.rate.map(written_rate).unwrap_or_default());
        draft.put("50F", format!("/{}\n{}", self.ordering.account, self.ordering.numbered()));
        draft.bank("56", self.intermediary.as_ref());
        draft.bank("57", Some(&self.account_with));
        draft.put("59F", format!("/{}\n{}", self.beneficiary.account, self.beneficiary.numbered()));
        draft.put_maybe("70", &wrapped(&self.remittance, PARTY_CHARS_MAX));
        draft.put("71A", self.charge_bearer.mt());
        draft.put_maybe("71F", &self.deducted.map(written).unwrap_or_default());
        draft.put_maybe("72", &wrapped(&self.to_bank, PARTY_CHARS_MAX));
        draft.put_maybe("77B", &wrapped(&self.reporting, PARTY_CHARS_MAX));
        draft.finish()
    }
}

/// With a comma always, and no more than the field's twelve characters.
fn written_rate(rate: Decimal) -> String {
    let plain = rate.normalize().to_string().replace('.', ",");
    let whole = if plain.contains(',') { plain } else { format!("{plain},") };
    whole.chars().take(RATE_CHARS_MAX).collect()
}

impl Customer {
    /// 1 name, 2 street, 3 country and town: the last is whole, and of the others what four lines hold. A copy is cut
    /// where the message that leaves is not.
    fn numbered(&self) -> String {
        let lines = |number: char, text: &str, most: usize| -> Vec<String> {
            let text = wrapped(text, NUMBERED_CHARS_MAX);
            text.lines().take(most).map(|line| format!("{number}/{line}")).collect()
        };
        let town = format!("{}/{}", self.country, self.town);
        let last = lines('3', &town, 1);
        let name = lines('1', &self.name, if self.street.is_empty() { 3 } else { 2 });
        let street = lines('2', &self.street, NUMBERED_LINES_MAX - last.len() - name.len());
        [name, street, last].concat().join("\n")
    }
}
