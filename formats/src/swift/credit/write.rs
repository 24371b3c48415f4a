//! MT700 and its MT701s, of the terms of a credit.

use domain::Bic;

use super::spread::{Piece, spread};
use super::{Credit, MESSAGES_MAX, Presentation, Route, Rules, Shipment, TEXT_CHARS_MAX, Terms, Tolerance};
use crate::finding::{Fault, Findings};
use crate::swift::lines::wrapped;
use crate::swift::message::{Draft, Kind, Message, at};
use crate::swift::values::{Bank, PARTY_CHARS_MAX, day, written};

/// Findings of one credit that are kept.
const FINDINGS_MAX: usize = 100;
/// The most characters of all long texts: more is in no eight messages.
const TEXTS_CHARS_MAX: usize = 80_000;

impl Credit {
    /// The messages that issue the credit, each of its form and in its length: an MT700, and MT701s for what it does
    /// not hold. Or everything that is wrong.
    pub fn messages(&self, sender: &Bic, receiver: &Bic) -> Result<Vec<Message>, Findings> {
        let texts = long_texts([
            ("45A", &self.goods),
            ("46A", &self.documents),
            ("47A", &self.conditions),
            ("49G", &self.beneficiary_conditions),
            ("49H", &self.bank_conditions),
        ]);
        let draft = |kind| {
            let mut draft = Draft::new(kind, sender.clone(), receiver.clone());
            draft.put("20", self.number.clone());
            draft
        };
        let first = || {
            let mut first = draft(Kind::Issue);
            self.breaches().into_iter().for_each(|breach| first.add(breach.into()));
            self.put(&mut first);
            first
        };
        series(&texts, first, || draft(Kind::IssueContinued))
    }

    /// All but the number and the long texts.
    fn put(&self, draft: &mut Draft) {
        draft.put("40A", self.form.as_str());
        draft.put_maybe("23", &self.pre_advice);
        draft.put("31C", day(self.issued));
        draft.put("40E", self.rules.written());
        draft.put("31D", format!("{}{}", day(self.expiry), self.expiry_place));
        draft.bank("51", self.applicant_bank.as_ref());
        draft.put("50", wrapped(&self.applicant, PARTY_CHARS_MAX));
        draft.put("59", party(&self.beneficiary_account, &self.beneficiary));
        draft.put("32B", written(self.amount));
        draft.put_maybe("39A", &self.tolerance.map(Tolerance::written).unwrap_or_default());
        draft.put_maybe("39C", &wrapped(&self.additional_amounts, PARTY_CHARS_MAX));
        let (letter, with) = self.available_with.option();
        draft.put(&format!("41{letter}"), format!("{with}\n{}", self.available_by));
        draft.terms(&self.terms);
        draft.put_maybe("43P", self.partial_shipments.map_or("", |said| said.as_str()));
        draft.put_maybe("43T", self.transhipment.map_or("", |said| said.as_str()));
        draft.route(&self.route);
        draft.shipment(&self.shipment);
        draft.put_maybe("71D", &wrapped(&self.charges, PARTY_CHARS_MAX));
        draft.put_maybe("48", &self.presentation.as_ref().map(Presentation::written).unwrap_or_default());
        draft.put("49", self.confirmation.as_str());
        draft.bank("58", self.confirming_bank.as_ref());
        draft.bank("53", self.reimbursing_bank.as_ref());
        draft.put_maybe("78", &wrapped(&self.instructions, TEXT_CHARS_MAX));
        draft.bank("57", self.advise_through.as_ref());
        draft.put_maybe("72Z", &wrapped(&self.to_bank, PARTY_CHARS_MAX));
    }
}

/// The long texts as lines.
pub(super) fn long_texts<const N: usize>(texts: [(&'static str, &String); N]) -> Vec<(&'static str, String)> {
    texts.into_iter().map(|(tag, text)| (tag, wrapped(text, TEXT_CHARS_MAX))).collect()
}

/// A first message and as many further ones as its long texts need, numbered (27).
pub(super) fn series(
    texts: &[(&'static str, String)],
    first: impl Fn() -> Draft,
    further: impl Fn() -> Draft,
) -> Result<Vec<Message>, Findings> {
    let mut findings = Findings::keeping(FINDINGS_MAX);
    let room = |mut draft: Draft| {
        draft.put("27", "1/1");
        draft.room()
    };
    let chars: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let spread = if chars > TEXTS_CHARS_MAX {
        vec![Vec::new(); MESSAGES_MAX + 1]
    } else {
        spread(texts, room(first()), room(further()))
    };
    let total = spread.len();
    if total > MESSAGES_MAX {
        findings.add(at("27 電文の順番", Fault::TooManyMessages { most: MESSAGES_MAX }));
    }
    let mut messages = Vec::with_capacity(total);
    for (position, pieces) in spread.into_iter().take(MESSAGES_MAX).enumerate() {
        let mut draft = if position == 0 { first() } else { further() };
        draft.put("27", format!("{}/{}", position + 1, total.min(MESSAGES_MAX)));
        for Piece { tag, value, lines_before } in pieces {
            draft.put_from(tag, value, lines_before);
        }
        match draft.finish() {
            Ok(message) => messages.push(message),
            // what every message has, such as the number, is told once
            Err(wrong) => wrong.kept().iter().for_each(|finding| {
                if !findings.kept().contains(finding) {
                    findings.add(finding.clone());
                }
            }),
        }
    }
    if findings.is_empty() { Ok(messages) } else { Err(findings) }
}

/// An account before a name.
pub(super) fn party(account: &str, name: &str) -> String {
    let name = wrapped(name, PARTY_CHARS_MAX);
    if account.is_empty() { name } else { format!("/{account}\n{name}") }
}

impl Draft {
    /// A bank in the option that it is written in.
    pub(in crate::swift) fn bank(&mut self, number: &str, bank: Option<&Bank>) {
        if let Some((letter, value)) = bank.map(Bank::option) {
            self.put(&format!("{number}{letter}"), value);
        }
    }

    pub(super) fn terms(&mut self, terms: &Terms) {
        match terms {
            Terms::None => {}
            Terms::Drafts { at, drawee } => {
                self.put("42C", wrapped(at, PARTY_CHARS_MAX));
                self.bank("42", Some(drawee));
            }
            Terms::Mixed(details) => self.put("42M", wrapped(details, PARTY_CHARS_MAX)),
            Terms::Deferred(details) => self.put("42P", wrapped(details, PARTY_CHARS_MAX)),
        }
    }

    pub(super) fn route(&mut self, route: &Route) {
        let fields = [
            ("44A", &route.receipt),
            ("44E", &route.loading),
            ("44F", &route.discharge),
            ("44B", &route.destination),
        ];
        fields.into_iter().for_each(|(tag, place)| self.put_maybe(tag, place));
    }

    pub(super) fn shipment(&mut self, shipment: &Shipment) {
        match shipment {
            Shipment::None => {}
            Shipment::Latest(latest) => self.put("44C", day(*latest)),
            Shipment::Period(period) => self.put("44D", wrapped(period, TEXT_CHARS_MAX)),
        }
    }
}

impl Rules {
    pub(super) fn written(&self) -> String {
        let slash = if self.others.is_empty() { "" } else { "/" };
        format!("{}{slash}{}", self.book, self.others)
    }
}

impl Tolerance {
    pub(super) fn written(self) -> String {
        format!("{}/{}", self.plus, self.minus)
    }
}

impl Presentation {
    pub(super) fn written(&self) -> String {
        let slash = if self.since.is_empty() { "" } else { "/" };
        format!("{}{slash}{}", self.days, self.since)
    }
}
