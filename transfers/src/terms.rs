//! Cut-offs, times of tries and fees, from `data/transfers.toml`.

use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use domain::time::TimeOfDay;
use domain::{Date, Yen};
use serde::Deserialize;

use crate::fee::Relation;

/// The file that is part of the program; a test reads it.
static TERMS: LazyLock<Terms> = LazyLock::new(|| {
    let text = include_str!("../data/transfers.toml");
    Terms::parse(text).unwrap_or_else(|error| panic!("data/transfers.toml, which a test reads: {error}"))
});

/// The terms.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    hours: Vec<HoursTerms>,
    fees: Vec<FeeTerms>,
    recall: Vec<RecallTerms>,
}

/// Until when orders are taken and when reservations are tried.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursTerms {
    valid_from: Date,
    /// The first second at which no order of the day to this bank is taken any more.
    pub own_bank_until: TimeOfDay,
    /// The same to other banks.
    pub other_banks_until: TimeOfDay,
    /// Business days ahead at most, the next one being the first.
    pub reserved_days_max: u8,
    /// When reservations are tried.
    pub tries: Vec<TimeOfDay>,
    /// When those to this bank are tried once more.
    pub own_bank_last_try: TimeOfDay,
}

/// 振込手数料, below the boundary and from it on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct FeeTerms {
    valid_from: Date,
    boundary: Yen,
    same_branch: [Yen; 2],
    own_bank: [Yen; 2],
    other_banks: [Yen; 2],
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecallTerms {
    valid_from: Date,
    amount: Yen,
    /// Business days that a payee has to answer a recall of another bank.
    consent_days: u8,
}

/// What the bank has set of the terms, beside the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetTerm {
    /// The cut-off of orders of the day to this bank.
    OwnBankUntil(TimeOfDay),
    /// The same to other banks.
    OtherBanksUntil(TimeOfDay),
    /// 振込手数料 of a relation, below the boundary and from it on.
    Fee(Relation, [Yen; 2]),
    /// 組戻手数料.
    RecallFee(Yen),
}

/// Terms that change while the engine runs. Cheap to clone: all clones see what one of them is told.
#[derive(Clone, Debug)]
pub struct SharedTerms(Arc<RwLock<Arc<Terms>>>);

impl SharedTerms {
    /// As they are.
    pub fn get(&self) -> Arc<Terms> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// These hold from now on.
    pub fn replace(&self, terms: Terms) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(terms);
    }
}

impl Default for SharedTerms {
    fn default() -> Self {
        Self(Arc::new(RwLock::new(Arc::new(Terms::embedded().clone()))))
    }
}

impl HoursTerms {
    /// The cut-off of orders of the day.
    pub const fn until(&self, to_own_bank: bool) -> TimeOfDay {
        if to_own_bank { self.own_bank_until } else { self.other_banks_until }
    }

    /// When a reservation is tried on its day, in order.
    pub fn tries(&self, to_own_bank: bool) -> Vec<TimeOfDay> {
        let last = to_own_bank.then_some(self.own_bank_last_try);
        self.tries.iter().copied().chain(last).collect()
    }

    fn makes_sense(&self) -> bool {
        let in_order = |own: bool| {
            let tries = self.tries(own);
            tries.is_sorted_by(|one, next| one < next)
                && tries.last().is_some_and(|last| *last < self.until(own))
        };
        in_order(true) && in_order(false) && !self.tries.is_empty() && self.reserved_days_max > 0
    }
}

impl Terms {
    /// The bank's.
    pub fn embedded() -> &'static Self {
        &TERMS
    }

    /// Reads a file; an error is what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let terms: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if terms.hours.is_empty() || terms.fees.is_empty() || terms.recall.is_empty() {
            return Err("hours, fees and recall have a row".to_owned());
        }
        let in_order = terms.hours.is_sorted_by(|one, next| one.valid_from < next.valid_from)
            && terms.fees.is_sorted_by(|one, next| one.valid_from < next.valid_from)
            && terms.recall.is_sorted_by(|one, next| one.valid_from < next.valid_from);
        if !in_order {
            return Err("each row begins after the one before".to_owned());
        }
        if !terms.hours.iter().all(HoursTerms::makes_sense) {
            return Err("tries are in order and before the cut-off".to_owned());
        }
        let amounts = terms.fees.iter().flat_map(|row| [row.same_branch, row.own_bank, row.other_banks]);
        let amounts = amounts.flatten().chain(terms.recall.iter().map(|row| row.amount));
        if amounts.into_iter().any(|amount| amount < Yen::ZERO) {
            return Err("a fee is nothing or more".to_owned());
        }
        Ok(terms)
    }

    /// These with what was set, each from a day on and until the next of its kind, in the order in which it was set.
    /// What makes no sense beside the rest is left out.
    pub fn with(&self, set: &[(Date, SetTerm)]) -> Self {
        let mut terms = self.clone();
        let mut set = set.to_vec();
        // of one day the one that was set last holds
        set.sort_by_key(|(from, _)| *from);
        for (from, term) in set {
            match term {
                SetTerm::OwnBankUntil(until) => terms.set_hours(from, |row| row.own_bank_until = until),
                SetTerm::OtherBanksUntil(until) => terms.set_hours(from, |row| row.other_banks_until = until),
                SetTerm::Fee(relation, bands) => terms.set_fee(from, relation, bands),
                SetTerm::RecallFee(amount) => terms.set_recall_fee(from, amount),
            }
        }
        terms
    }

    fn set_hours(&mut self, from: Date, set: impl Fn(&mut HoursTerms)) {
        let mut rows = self.hours.clone();
        if !rows.iter().any(|row| row.valid_from == from) {
            rows.push(HoursTerms { valid_from: from, ..self.hours(from).clone() });
            rows.sort_by_key(|row| row.valid_from);
        }
        rows.iter_mut().filter(|row| row.valid_from >= from).for_each(set);
        if rows.iter().all(HoursTerms::makes_sense) {
            self.hours = rows;
        }
    }

    fn set_fee(&mut self, from: Date, relation: Relation, bands: [Yen; 2]) {
        let held = self.fees.iter().rev().find(|row| row.valid_from <= from).cloned();
        if let (Some(held), false) = (held, self.fees.iter().any(|row| row.valid_from == from)) {
            self.fees.push(FeeTerms { valid_from: from, ..held });
            self.fees.sort_by_key(|row| row.valid_from);
        }
        for row in self.fees.iter_mut().filter(|row| row.valid_from >= from) {
            match relation {
                Relation::SameBranch => row.same_branch = bands,
                Relation::OwnBank => row.own_bank = bands,
                Relation::OtherBank => row.other_banks = bands,
                // nothing is charged between a contract's own accounts
                Relation::OwnAccount => {}
            }
        }
    }

    fn set_recall_fee(&mut self, from: Date, amount: Yen) {
        let held = self.recall.iter().rev().find(|row| row.valid_from <= from).cloned();
        if let (Some(held), false) = (held, self.recall.iter().any(|row| row.valid_from == from)) {
            self.recall.push(RecallTerms { valid_from: from, ..held });
            self.recall.sort_by_key(|row| row.valid_from);
        }
        for row in self.recall.iter_mut().filter(|row| row.valid_from >= from) {
            row.amount = amount;
        }
    }

    /// 振込手数料 of a relation on a day, below the boundary and from it on.
    pub fn fee_bands(&self, relation: Relation, day: Date) -> [Yen; 2] {
        let held = self.fees.iter().rev().find(|row| row.valid_from <= day);
        held.map_or([Yen::ZERO; 2], |row| match relation {
            Relation::OwnAccount => [Yen::ZERO; 2],
            Relation::SameBranch => row.same_branch,
            Relation::OwnBank => row.own_bank,
            Relation::OtherBank => row.other_banks,
        })
    }

    /// The hours of a day; those of the first row before its day.
    pub fn hours(&self, day: Date) -> &HoursTerms {
        let held = self.hours.iter().rev().find(|row| row.valid_from <= day);
        // a list that is read has a row
        held.unwrap_or(&self.hours[0])
    }

    /// 振込手数料 of a transfer on a day; nothing before the first row.
    pub fn fee(&self, relation: Relation, amount: Yen, day: Date) -> Yen {
        let Some(row) = self.fees.iter().rev().find(|row| row.valid_from <= day) else { return Yen::ZERO };
        let bands = match relation {
            Relation::OwnAccount => return Yen::ZERO,
            Relation::SameBranch => row.same_branch,
            Relation::OwnBank => row.own_bank,
            Relation::OtherBank => row.other_banks,
        };
        bands[usize::from(amount >= row.boundary)]
    }

    /// Business days that a payee has to answer a recall of another bank that comes on a day.
    pub fn consent_days(&self, day: Date) -> u8 {
        let held = self.recall.iter().rev().find(|row| row.valid_from <= day);
        held.or(self.recall.first()).map_or(1, |row| row.consent_days.max(1))
    }

    /// 組戻手数料 on a day.
    pub fn recall_fee(&self, day: Date) -> Yen {
        let held = self.recall.iter().rev().find(|row| row.valid_from <= day);
        held.map_or(Yen::ZERO, |row| row.amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_makes_no_sense_is_refused() {
        let text = include_str!("../data/transfers.toml");
        assert!(Terms::parse(text).is_ok());
        for (right, wrong) in [
            ("other_banks_until = \"15:00:00\"", "other_banks_until = \"14:30:00\""),
            ("\"11:00:00\"", "\"08:30:00\""),
            ("own_bank_last_try = \"15:30:00\"", "own_bank_last_try = \"14:30:00\""),
            ("reserved_days_max = 14", "reserved_days_max = 0"),
            ("own_bank = [110, 330]", "own_bank = [-1, 330]"),
            ("amount = 1_100", "amount = -1"),
        ] {
            assert!(Terms::parse(&text.replace(right, wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_was_set_holds_from_its_day_on_and_leaves_the_rest() {
        let (day, next): (Date, Date) = ("2026-12-01".parse().unwrap(), "2026-12-02".parse().unwrap());
        let time = |hour| TimeOfDay::from_hms_opt(hour, 0, 0).unwrap();
        let fee = |low: i64| SetTerm::Fee(Relation::OtherBank, [Yen::new(low), Yen::new(900)]);
        let set = [
            (next, SetTerm::OwnBankUntil(time(17))),
            (next, SetTerm::OtherBanksUntil(time(9))),
            (day, fee(500)),
            (day, fee(400)),
            (next, SetTerm::RecallFee(Yen::new(660))),
            (day, SetTerm::RecallFee(Yen::new(880))),
        ];
        let terms = Terms::embedded().with(&set);
        assert_eq!([day, next].map(|day| terms.hours(day).own_bank_until), [time(16), time(17)]);
        assert_eq!(terms.hours(next).other_banks_until, time(15), "before the last try it makes no sense");
        let before = day.pred_opt().unwrap();
        let low = |on| terms.fee(Relation::OtherBank, Yen::new(1), on).get();
        assert_eq!([low(before), low(day), low(next)], [380, 400, 400], "the one that was set last");
        assert_eq!(terms.fee(Relation::OwnBank, Yen::new(1), next), Yen::new(110));
        assert_eq!([before, day, next].map(|on| terms.recall_fee(on).get()), [1_100, 880, 660]);
        let shared = SharedTerms::default();
        shared.clone().replace(terms.clone());
        assert_eq!(*shared.get(), terms);
    }

    #[test]
    fn a_row_holds_from_its_day_on() {
        let text = include_str!("../data/transfers.toml");
        let later = "[[fees]]\nvalid_from = \"2027-04-01\"\nboundary = 50_000\nsame_branch = [1, 2]\n\
                     own_bank = [3, 4]\nother_banks = [5, 6]\n";
        let terms = Terms::parse(&format!("{text}\n{later}")).unwrap();
        let fee = |day: &str, amount: i64| {
            terms.fee(Relation::OtherBank, Yen::new(amount), day.parse().unwrap()).get()
        };
        assert_eq!([fee("2027-03-31", 29_999), fee("2027-03-31", 30_000)], [380, 550]);
        assert_eq!([fee("2027-04-01", 49_999), fee("2027-04-01", 50_000)], [5, 6]);
        assert_eq!(fee("1999-12-31", 30_000), 0);
    }
}
