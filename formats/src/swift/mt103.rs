//! MT103, the clerk's copy of a remittance: what pacs.008 says, in the form that people in trade know. It is shown and
//! printed, and never sent.

use domain::remittance::ChargeBearer;
use domain::{Bic, Country, Date, Money, Uetr};

use super::lines::wrapped;
use super::message::{Draft, Kind, Message};
use super::values::{Bank, PARTY_CHARS_MAX, day, written};
use crate::finding::Findings;

/// Characters of a numbered line of 50F and 59F, without its number.
const NUMBERED_CHARS_MAX: usize = 33;
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

impl CustomerTransfer {
    /// The copy, as a message of this bank to its correspondent.
    pub fn message(&self, sender: &Bic, receiver: &Bic) -> Result<Message, Findings> {
        let mut draft = Draft::new(Kind::CustomerTransfer, sender.clone(), receiver.clone());
        draft.uetr(self.uetr);
        draft.put("20", self.reference.clone());
        draft.put("23B", "CRED");
        draft.put("32A", format!("{}{}", day(self.value_date), written(self.settled)));
        draft.put("33B", written(self.instructed));
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
