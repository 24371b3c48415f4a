//! What an amendment changes.

use domain::{Date, Money};

use super::breach::of_availability;
use super::read::{Read, Series};
use super::write::party;
use super::{
    Availability, Breach, Confirmation, Credit, Form, Permission, Presentation, Route, Rules, Shipment,
    Terms, Tolerance,
};
use crate::swift::lines::wrapped;
use crate::swift::message::Draft;
use crate::swift::values::{Bank, PARTY_CHARS_MAX, day, written};

/// A change of a long text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Added behind what is there.
    Add(String),
    /// Taken away.
    Delete(String),
    /// In place of all that is there.
    ReplaceAll(String),
}

/// What `Change`s begin with.
const CODES: [&str; 3] = ["/ADD/", "/DELETE/", "/REPALL/"];

impl Change {
    pub(super) fn written(&self) -> String {
        match self {
            Self::Add(text) => format!("{}{text}", CODES[0]),
            Self::Delete(text) => format!("{}{text}", CODES[1]),
            Self::ReplaceAll(text) => format!("{}{text}", CODES[2]),
        }
    }

    /// The changes of a text, each of which begins with its code on a line of its own; nothing where it does not.
    fn read_all(text: &str) -> Option<Vec<Self>> {
        let mut changes: Vec<(usize, String)> = Vec::new();
        for line in text.split('\n').filter(|line| !line.is_empty()) {
            let code = CODES.iter().enumerate().find_map(|(at, code)| Some((at, line.strip_prefix(code)?)));
            match (code, changes.last_mut()) {
                (Some((at, rest)), _) => changes.push((at, rest.to_owned())),
                (None, Some((_, text))) => text.extend(["\n", line]),
                (None, None) => return None,
            }
        }
        let change = |(code, text)| match code {
            0 => Self::Add(text),
            1 => Self::Delete(text),
            _ => Self::ReplaceAll(text),
        };
        Some(changes.into_iter().map(change).collect())
    }

    /// What becomes of a text. What is to be taken away goes where its lines stand in the text.
    fn applied(changes: &[Self], text: &str) -> String {
        changes.iter().fold(text.to_owned(), |text, change| match change {
            Self::Add(more) if text.is_empty() => more.clone(),
            Self::Add(more) => format!("{text}\n{more}"),
            Self::Delete(gone) => {
                let gone: Vec<&str> = gone.lines().collect();
                text.lines().filter(|line| !gone.contains(line)).collect::<Vec<_>>().join("\n")
            }
            Self::ReplaceAll(other) => other.clone(),
        })
    }
}

/// What an amendment changes. What is empty or none stays as it is in the credit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// 40A.
    pub form: Option<Form>,
    /// 40E.
    pub rules: Option<Rules>,
    /// 31D: day and place.
    pub expiry: Option<(Date, String)>,
    /// 50.
    pub applicant: String,
    /// 59: account and name.
    pub beneficiary: Option<(String, String)>,
    /// 増額 (32B).
    pub increase: Option<Money>,
    /// 減額 (33B).
    pub decrease: Option<Money>,
    /// 39A.
    pub tolerance: Option<Tolerance>,
    /// 39C.
    pub additional_amounts: String,
    /// 41a.
    pub available: Option<(Bank, Availability)>,
    /// 42C and 42a, 42M, 42P.
    pub terms: Terms,
    /// 43P.
    pub partial_shipments: Option<Permission>,
    /// 43T.
    pub transhipment: Option<Permission>,
    /// 44A, 44E, 44F, 44B.
    pub route: Route,
    /// 44C, 44D.
    pub shipment: Shipment,
    /// 45B.
    pub goods: Vec<Change>,
    /// 46B.
    pub documents: Vec<Change>,
    /// 47B.
    pub conditions: Vec<Change>,
    /// 49M.
    pub beneficiary_conditions: Vec<Change>,
    /// 49N.
    pub bank_conditions: Vec<Change>,
    /// 71D.
    pub charges: String,
    /// 48.
    pub presentation: Option<Presentation>,
    /// 49.
    pub confirmation: Option<Confirmation>,
    /// 58a.
    pub confirming_bank: Option<Bank>,
}

impl Changes {
    /// Every rule between them that is broken.
    pub(super) fn breaches(&self) -> Vec<Breach> {
        let mut found = Vec::new();
        if self.increase.is_some() && self.decrease.is_some() {
            found.push(Breach::IncreaseAndDecrease);
        }
        if [self.increase, self.decrease].into_iter().flatten().any(|money| money.minor_units <= 0) {
            found.push(Breach::ZeroAmount);
        }
        if let Some((_, by)) = &self.available {
            found.extend(of_availability(*by, &self.terms));
        }
        found.extend(self.rules.as_ref().and_then(Rules::breach));
        found
    }

    /// The credit with the changes, or the rules that it would break.
    pub(super) fn applied(&self, credit: &Credit) -> Result<Credit, Vec<Breach>> {
        let amount = match (self.increase, self.decrease) {
            (Some(more), _) => credit.amount.checked_add(more),
            (None, Some(less)) => credit.amount.checked_sub(less),
            (None, None) => Some(credit.amount),
        };
        let amount = amount.ok_or_else(|| vec![Breach::OtherCurrency])?;
        if amount.minor_units < 0 {
            return Err(vec![Breach::DecreaseBelowZero]);
        }
        let (expiry, expiry_place) =
            self.expiry.clone().unwrap_or((credit.expiry, credit.expiry_place.clone()));
        let (beneficiary_account, beneficiary) = self
            .beneficiary
            .clone()
            .unwrap_or((credit.beneficiary_account.clone(), credit.beneficiary.clone()));
        let (available_with, available_by) =
            self.available.clone().unwrap_or((credit.available_with.clone(), credit.available_by));
        let said = |new: &String, old: &String| if new.is_empty() { old.clone() } else { new.clone() };
        let (new, old) = (&self.route, &credit.route);
        let after = Credit {
            form: self.form.unwrap_or(credit.form),
            rules: self.rules.clone().unwrap_or_else(|| credit.rules.clone()),
            expiry,
            expiry_place,
            applicant: said(&self.applicant, &credit.applicant),
            beneficiary_account,
            beneficiary,
            amount,
            tolerance: self.tolerance.or(credit.tolerance),
            additional_amounts: said(&self.additional_amounts, &credit.additional_amounts),
            available_with,
            available_by,
            // the way in which it is available comes with its own terms
            terms: match (&self.terms, &self.available) {
                (Terms::None, None) => credit.terms.clone(),
                (terms, _) => terms.clone(),
            },
            partial_shipments: self.partial_shipments.or(credit.partial_shipments),
            transhipment: self.transhipment.or(credit.transhipment),
            route: Route {
                receipt: said(&new.receipt, &old.receipt),
                loading: said(&new.loading, &old.loading),
                discharge: said(&new.discharge, &old.discharge),
                destination: said(&new.destination, &old.destination),
            },
            shipment: match &self.shipment {
                Shipment::None => credit.shipment.clone(),
                other => other.clone(),
            },
            goods: Change::applied(&self.goods, &credit.goods),
            documents: Change::applied(&self.documents, &credit.documents),
            conditions: Change::applied(&self.conditions, &credit.conditions),
            beneficiary_conditions: Change::applied(
                &self.beneficiary_conditions,
                &credit.beneficiary_conditions,
            ),
            bank_conditions: Change::applied(&self.bank_conditions, &credit.bank_conditions),
            charges: said(&self.charges, &credit.charges),
            presentation: self.presentation.clone().or_else(|| credit.presentation.clone()),
            confirmation: self.confirmation.unwrap_or(credit.confirmation),
            confirming_bank: self.confirming_bank.clone().or_else(|| credit.confirming_bank.clone()),
            ..credit.clone()
        };
        let breaches = after.breaches();
        if breaches.is_empty() { Ok(after) } else { Err(breaches) }
    }

    /// The fields of the first message, but for the long texts.
    pub(super) fn put(&self, draft: &mut Draft) {
        draft.put_maybe("40A", self.form.map_or("", |form| form.as_str()));
        draft.put_maybe("40E", &self.rules.as_ref().map(Rules::written).unwrap_or_default());
        if let Some((expiry, place)) = &self.expiry {
            draft.put("31D", format!("{}{place}", day(*expiry)));
        }
        draft.put_maybe("50", &wrapped(&self.applicant, PARTY_CHARS_MAX));
        if let Some((account, name)) = &self.beneficiary {
            draft.put("59", party(account, name));
        }
        draft.put_maybe("32B", &self.increase.map(written).unwrap_or_default());
        draft.put_maybe("33B", &self.decrease.map(written).unwrap_or_default());
        draft.put_maybe("39A", &self.tolerance.map(Tolerance::written).unwrap_or_default());
        draft.put_maybe("39C", &wrapped(&self.additional_amounts, PARTY_CHARS_MAX));
        if let Some((with, by)) = &self.available {
            let (letter, with) = with.option();
            draft.put(&format!("41{letter}"), format!("{with}\n{by}"));
        }
        draft.terms(&self.terms);
        draft.put_maybe("43P", self.partial_shipments.map_or("", |said| said.as_str()));
        draft.put_maybe("43T", self.transhipment.map_or("", |said| said.as_str()));
        draft.route(&self.route);
        draft.shipment(&self.shipment);
        draft.put_maybe("71D", &wrapped(&self.charges, PARTY_CHARS_MAX));
        draft.put_maybe("48", &self.presentation.as_ref().map(Presentation::written).unwrap_or_default());
        draft.put_maybe("49", self.confirmation.map_or("", |said| said.as_str()));
        draft.bank("58", self.confirming_bank.as_ref());
    }

    /// Read from the messages of an amendment.
    pub(super) fn read(series: &Series<'_>) -> Read<Self> {
        let changes = |tag| {
            let changes = Change::read_all(&series.whole(tag));
            changes.ok_or_else(|| series.wrong(tag))
        };
        Ok(Self {
            form: series.parsed("40A")?,
            rules: series.rules()?,
            expiry: series.expiry()?,
            applicant: series.text("50"),
            beneficiary: Some(series.party("59")).filter(|(_, name)| !name.is_empty()),
            increase: series.amount("32B")?,
            decrease: series.amount("33B")?,
            tolerance: series.tolerance()?,
            additional_amounts: series.text("39C"),
            available: series.available()?,
            terms: series.terms()?,
            partial_shipments: series.parsed("43P")?,
            transhipment: series.parsed("43T")?,
            route: series.route(),
            shipment: series.shipment()?,
            goods: changes("45B")?,
            documents: changes("46B")?,
            conditions: changes("47B")?,
            beneficiary_conditions: changes("49M")?,
            bank_conditions: changes("49N")?,
            charges: series.text("71D"),
            presentation: series.presentation()?,
            confirmation: series.parsed("49")?,
            confirming_bank: series.bank("58")?,
        })
    }
}
