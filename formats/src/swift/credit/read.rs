//! The terms of a credit, read back from its messages.

use domain::Date;

use super::{Credit, MESSAGES_MAX, Presentation, Route, Rules, Shipment, Terms, Tolerance};
use crate::finding::{Fault, Finding, Findings};
use crate::swift::Layout;
use crate::swift::message::{Kind, Message, at};
use crate::swift::values::{self, Bank};

/// Findings of one credit that are kept.
const FINDINGS_MAX: usize = 100;

impl Credit {
    /// Reads the messages of one credit, and holds them against the rules between its terms.
    pub fn read(messages: &[Message]) -> Result<Self, Findings> {
        let mut findings = Findings::keeping(FINDINGS_MAX);
        let series = Series::of(messages, Kind::Issue, Kind::IssueContinued);
        match series.and_then(|series| credit(&series)) {
            Ok(credit) => {
                credit.breaches().into_iter().for_each(|breach| findings.add(breach.into()));
                if findings.is_empty() { Ok(credit) } else { Err(findings) }
            }
            Err(finding) => {
                findings.add(*finding);
                Err(findings)
            }
        }
    }
}

/// A reading that ends at the first thing that is wrong.
pub(super) type Read<T> = Result<T, Box<Finding>>;

fn credit(series: &Series<'_>) -> Read<Credit> {
    let (expiry, expiry_place) = series.needed(series.expiry()?, "31D")?;
    let (available_with, available_by) = series.needed(series.available()?, "41A")?;
    let (beneficiary_account, beneficiary) = series.party("59");
    Ok(Credit {
        form: series.needed(series.parsed("40A")?, "40A")?,
        number: series.text("20"),
        pre_advice: series.text("23"),
        issued: series.needed(series.day("31C")?, "31C")?,
        rules: series.needed(series.rules()?, "40E")?,
        expiry,
        expiry_place,
        applicant_bank: series.bank("51")?,
        applicant: series.text("50"),
        beneficiary_account,
        beneficiary,
        amount: series.needed(series.amount("32B")?, "32B")?,
        tolerance: series.tolerance()?,
        additional_amounts: series.text("39C"),
        available_with,
        available_by,
        terms: series.terms()?,
        partial_shipments: series.parsed("43P")?,
        transhipment: series.parsed("43T")?,
        route: series.route(),
        shipment: series.shipment()?,
        goods: series.whole("45A"),
        documents: series.whole("46A"),
        conditions: series.whole("47A"),
        beneficiary_conditions: series.whole("49G"),
        bank_conditions: series.whole("49H"),
        charges: series.text("71D"),
        presentation: series.presentation()?,
        confirmation: series.needed(series.parsed("49")?, "49")?,
        confirming_bank: series.bank("58")?,
        reimbursing_bank: series.bank("53")?,
        instructions: series.text("78"),
        advise_through: series.bank("57")?,
        to_bank: series.text("72Z"),
    })
}

/// The messages of one credit or of one amendment.
pub(super) struct Series<'a> {
    first: &'a Message,
    all: &'a [Message],
}

impl<'a> Series<'a> {
    /// Messages that belong together, in their order.
    pub(super) fn of(all: &'a [Message], first: Kind, further: Kind) -> Read<Self> {
        let [head, ..] = all else { return Err(whole(Fault::Empty)) };
        let number = head.value("20");
        let fits = |(position, message): (usize, &Message)| {
            message.kind() == if position == 0 { first } else { further }
                && message.value("27") == Some(format!("{}/{}", position + 1, all.len()).as_str())
                && message.value("20") == number
        };
        if all.len() > MESSAGES_MAX || !all.iter().enumerate().all(fits) {
            return Err(whole(Fault::Sequence));
        }
        Ok(Self { first: head, all })
    }

    /// A finding at a field.
    fn at(&self, tag: &str, fault: Fault) -> Box<Finding> {
        let field = Layout::of(self.first.kind()).field(tag);
        let finding = at(&field.map_or(tag.to_owned(), |field| field.title()), fault);
        Box::new(finding.found(self.first.value(tag).unwrap_or_default()))
    }

    pub(super) fn wrong(&self, tag: &str) -> Box<Finding> {
        let form = Layout::of(self.first.kind()).field(tag).map(|field| field.form.words());
        self.at(tag, Fault::Form(form.unwrap_or_default()))
    }

    /// What a message of its form always has.
    pub(super) fn needed<T>(&self, value: Option<T>, tag: &str) -> Read<T> {
        value.ok_or_else(|| self.at(tag, Fault::Missing))
    }

    /// A text of the first message.
    pub(super) fn text(&self, tag: &str) -> String {
        self.first.value(tag).unwrap_or_default().to_owned()
    }

    /// A long text of all messages.
    pub(super) fn whole(&self, tag: &str) -> String {
        self.all.iter().filter_map(|message| message.value(tag)).collect::<Vec<_>>().join("\n")
    }

    /// A field by a reading of its own.
    pub(super) fn read<T>(&self, tag: &str, read: impl FnOnce(&str) -> Option<T>) -> Read<Option<T>> {
        self.first.value(tag).map(|value| read(value).ok_or_else(|| self.wrong(tag))).transpose()
    }

    /// One of a list of words.
    pub(super) fn parsed<T: std::str::FromStr>(&self, tag: &str) -> Read<Option<T>> {
        self.read(tag, |value| value.parse().ok())
    }

    pub(super) fn day(&self, tag: &str) -> Read<Option<Date>> {
        self.read(tag, values::read_day)
    }

    pub(super) fn amount(&self, tag: &str) -> Read<Option<domain::Money>> {
        self.read(tag, values::read)
    }

    /// A bank in either option.
    pub(super) fn bank(&self, number: &str) -> Read<Option<Bank>> {
        for letter in ['A', 'D'] {
            let tag = format!("{number}{letter}");
            if let Some(bank) = self.read(&tag, |value| Bank::read(letter, value))? {
                return Ok(Some(bank));
            }
        }
        Ok(None)
    }

    /// An account, and a name behind it.
    pub(super) fn party(&self, tag: &str) -> (String, String) {
        let text = self.text(tag);
        match text.strip_prefix('/').and_then(|text| text.split_once('\n')) {
            Some((account, name)) => (account.to_owned(), name.to_owned()),
            None => (String::new(), text),
        }
    }

    pub(super) fn rules(&self) -> Read<Option<Rules>> {
        self.read("40E", |value| {
            let (book, others) = value.split_once('/').unwrap_or((value, ""));
            Some(Rules { book: book.parse().ok()?, others: others.to_owned() })
        })
    }

    pub(super) fn expiry(&self) -> Read<Option<(Date, String)>> {
        self.read("31D", |value| Some((values::read_day(value.get(..6)?)?, value.get(6..)?.to_owned())))
    }

    pub(super) fn tolerance(&self) -> Read<Option<Tolerance>> {
        self.read("39A", |value| {
            let (plus, minus) = value.split_once('/')?;
            Some(Tolerance { plus: plus.parse().ok()?, minus: minus.parse().ok()? })
        })
    }

    pub(super) fn available<T: std::str::FromStr>(&self) -> Read<Option<(Bank, T)>> {
        for letter in ['A', 'D'] {
            let of = |value: &str| {
                let (with, by) = value.rsplit_once('\n')?;
                Some((Bank::read(letter, with)?, by.parse().ok()?))
            };
            if let Some(found) = self.read(&format!("41{letter}"), of)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    pub(super) fn terms(&self) -> Read<Terms> {
        let (drafts, drawee) = (self.text("42C"), self.bank("42")?);
        Terms::of(&drafts, drawee, &self.text("42M"), &self.text("42P"))
            .map_err(|breach| Box::new(breach.into()))
    }

    pub(super) fn shipment(&self) -> Read<Shipment> {
        Shipment::of(self.day("44C")?, &self.text("44D")).map_err(|breach| Box::new(breach.into()))
    }

    pub(super) fn route(&self) -> Route {
        let [receipt, loading, discharge, destination] =
            ["44A", "44E", "44F", "44B"].map(|tag| self.text(tag));
        Route { receipt, loading, discharge, destination }
    }

    pub(super) fn presentation(&self) -> Read<Option<Presentation>> {
        self.read("48", |value| {
            let (days, since) = value.split_once('/').unwrap_or((value, ""));
            Some(Presentation { days: days.parse().ok()?, since: since.to_owned() })
        })
    }
}

fn whole(fault: Fault) -> Box<Finding> {
    Box::new(Finding::of_file(fault))
}
