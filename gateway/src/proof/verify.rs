//! Verifies a proof offline: with the file, the public keys and nothing else. Pure.

mod log;
mod money;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use collectors::Directory;
use collectors::signature::VerifyingKey;
use domain::CentreCode;
use domain::payment::{Event, State};
use ledger::audit::hash::{EventRow, JournalRow};

use super::agree::Conversation;
use super::bundle::{FORMAT, Open, Proof, ProofBundle, signed_text};
use super::keys::KeySet;
use super::signed::{Sides, unsigned};
use super::{exchanges, make};
use crate::inquiry::centre;
use crate::payment::history::{Body, Position};
use crate::reconciliation::BreakClass;

/// What a hub's centre code begins with (docs/protocol/README.md).
const HUB_CODE_PREFIX: &str = "MPN";

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is so.
    Verified,
    /// It is so, and somebody should know of it.
    Noted,
    /// It is not so.
    Wrong,
}

/// One line of what was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What the check came to.
    pub mark: Mark,
    /// In one sentence.
    pub text: String,
}

/// Everything that was verified, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The lines.
    pub lines: Vec<Line>,
    /// How the last outcome came about, where it was by no signed answer.
    pub by_word: Option<ByWord>,
    /// What the comparison with the collector's books found in place of the payment: the class of a break.
    pub books_differ: Option<String>,
}

/// The word of two people in place of a signed answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByWord {
    /// What they said that the collector had said.
    pub word: &'static str,
    /// The two.
    pub by: [String; 2],
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        !self.lines.iter().any(|line| line.mark == Mark::Wrong)
    }

    /// What is proved of a payment that stands there, in one sentence: by whom, and what speaks against it.
    pub fn verdict(&self, state: State) -> String {
        if !self.is_sound() {
            return "not proved".to_owned();
        }
        let books = self.books_differ.as_ref().map_or_else(String::new, |class| {
            match (class == BreakClass::MissingThere.as_str(), state.is_paid()) {
                (true, true) => format!("; but the collector's books lack it ({class})"),
                // the payer has the money back
                (true, false) => String::new(),
                (false, _) => format!("; but the collector's books say otherwise ({class})"),
            }
        });
        match &self.by_word {
            None => format!("{state}, proved{books}"),
            Some(ByWord { word, by: [by, checked_by] }) => format!(
                "{state} by the word of staff ({word}: {by}, checked by {checked_by}), which is proved, and by no \
                 signed answer of the collector{books}"
            ),
        }
    }

    fn line(&mut self, mark: Mark, text: impl Into<String>) {
        self.lines.push(Line { mark, text: text.into() });
    }

    fn verified(&mut self, text: impl Into<String>) {
        self.line(Mark::Verified, text);
    }

    fn noted(&mut self, text: impl Into<String>) {
        self.line(Mark::Noted, text);
    }

    fn wrong(&mut self, text: impl Into<String>) {
        self.line(Mark::Wrong, text);
    }

    /// One line for a check that answers what is so, or what is wrong.
    fn check(&mut self, outcome: Result<String, String>) {
        match outcome {
            Ok(text) => self.verified(text),
            Err(text) => self.wrong(text),
        }
    }
}

/// What an answer decides, of a payment or its cancellation.
const fn ends_something(event: Event) -> bool {
    matches!(event, Event::Accepted | Event::Rejected | Event::Cancelled | Event::CancellationRefused)
}

/// The proof in the making of a report.
struct Case<'p> {
    proof: &'p Proof,
    keys: &'p KeySet,
    events: Vec<EventRow>,
    transfers: Vec<JournalRow>,
    report: Report,
}

/// Verifies everything that the bundle says. `trusted` are keys that the verifier has from elsewhere; without them the
/// bundle's own are used, which proves that it fits together and not who made it.
pub fn verify(bundle: &ProofBundle, trusted: Option<&KeySet>) -> Report {
    let proof = &bundle.proof;
    let mut report = Report::default();
    if proof.format != FORMAT {
        report
            .wrong(format!("the file is of the form {:?}, and this program knows {FORMAT:?}", proof.format));
        return report;
    }
    let rows: Option<(Vec<_>, Vec<_>)> = proof
        .events
        .iter()
        .map(|event| event.row(proof.facts.id.uuid()))
        .collect::<Option<Vec<_>>>()
        .zip(proof.transfers.iter().map(|transfer| transfer.row()).collect());
    let Some((events, transfers)) = rows else {
        report.wrong("an event or a transfer cannot be read");
        return report;
    };
    let keys = trusted.unwrap_or(&proof.keys);
    let mut case = Case { proof, keys, events, transfers, report };
    case.keys(trusted.is_some());
    case.whole(bundle);
    if let Some(position) = case.history() {
        case.exchanges();
        case.money(&position);
        case.log();
        case.reconciliation();
        case.open(&position);
    }
    case.report
}

impl Case<'_> {
    fn keys(&mut self, trusted: bool) {
        if !trusted {
            self.report.noted(
                "the keys are the file's own: it fits together, but anybody could have made it; name the keys that \
                 you have from the bank with --keys",
            );
            return;
        }
        for key in &self.proof.keys.keys {
            let known = self.keys.keys.iter().find(|k| (&k.owner, &k.kid) == (&key.owner, &key.kid));
            if known != Some(key) {
                let kid = &key.kid;
                self.report.wrong(format!("the file's key {kid:?} is not among the keys that were named"));
            }
        }
        for (keys, who) in [(self.hub_keys(), "the hub"), (self.collector_keys(), "the collector")] {
            if keys.is_empty() {
                self.report.wrong(format!("no key of {who} is among those that were named"));
            }
        }
    }

    /// The hub's keys. A centre is a hub by its code: a collector's key must not pass for one.
    fn hub_keys(&self) -> Vec<VerifyingKey> {
        let centre = self.proof.facts.message_key.split('/').next().unwrap_or_default();
        let hub = centre.parse::<CentreCode>().ok().filter(|_| centre.starts_with(HUB_CODE_PREFIX));
        hub.map(|hub| self.keys.of(&hub)).unwrap_or_default()
    }

    fn collector_keys(&self) -> Vec<VerifyingKey> {
        self.keys.of(&centre(&self.proof.facts.collector))
    }

    /// The hub's signature over everything.
    fn whole(&mut self, bundle: &ProofBundle) {
        let signed = signed_text(self.proof).ok().zip(STANDARD.decode(&bundle.signature.value).ok());
        let by = &bundle.signature.key_id;
        let good = signed.is_some_and(|(text, signature)| self.hub_signed(by, &text, &signature));
        self.report.check(if good {
            Ok(format!("the hub signed this file with {by} at {} (business time)", self.proof.made_at))
        } else {
            Err(format!("the file is not signed by the hub's key {by:?}, or was changed since"))
        });
    }

    fn hub_signed(&self, key_id: &str, text: &[u8], signature: &[u8]) -> bool {
        self.hub_keys().iter().any(|key| key.id() == key_id && key.verifies(text, signature))
    }

    /// The events through the table of states, with the messages that they keep. Nothing else can be verified where
    /// this fails.
    fn history(&mut self) -> Option<Position> {
        match self.replay() {
            Ok((position, notes, by_word)) => {
                self.report.by_word = by_word;
                let states: Vec<String> = self.states();
                self.report
                    .verified(format!("the events follow the table of states: {}", states.join(" → ")));
                self.report.verified(format!(
                    "clearing {} and the answers to it say what the events and the facts say",
                    self.proof.facts.message_key
                ));
                for note in notes {
                    self.report.noted(note);
                }
                Some(position)
            }
            Err(wrong) => {
                self.report.wrong(wrong);
                None
            }
        }
    }

    fn states(&self) -> Vec<String> {
        let bodies = self.events.iter().filter_map(|row| serde_json::from_str::<Body>(&row.body).ok());
        let mut states: Vec<String> =
            bodies.filter_map(|body| body.state).map(|state| state.to_string()).collect();
        states.dedup();
        states
    }

    fn replay(&self) -> Result<(Position, Vec<String>, Option<ByWord>), String> {
        let facts = &self.proof.facts;
        let directory = Directory::embedded();
        let collector = directory
            .get(&facts.collector)
            .ok_or_else(|| format!("there is no collector {}", facts.collector))?;
        let mut position = Position::start(facts.held_at);
        let mut conversation = Conversation::new(facts, collector.kind);
        let (mut notes, mut by_word) = (Vec::new(), None);
        for row in &self.events {
            let at = |wrong: &dyn std::fmt::Display| format!("event {}: {wrong}", row.seq);
            let event: Event = row.kind.parse().map_err(|error| at(&error))?;
            let body: Body = serde_json::from_str(&row.body).map_err(|error| at(&error))?;
            if let Some(wrong) = position.denies(event) {
                return Err(at(&wrong));
            }
            position.advance(event, &body).map_err(|error| at(&error))?;
            if row.seq != position.seq {
                return Err(at(&format!("event {} is missing", position.seq)));
            }
            if body.state != Some(position.state) {
                return Err(at(&format!("it makes the payment {}, and says another", position.state)));
            }
            if event == Event::Held && body.facts != facts.digest().ok() {
                return Err(at(&"the facts are not those of the hold"));
            }
            conversation.event(event, &body, row.message.as_deref()).map_err(|wrong| at(&wrong))?;
            if let (Some(word), Some(by), Some(checked_by)) = (body.word, &body.by, &body.checked_by) {
                notes.push(format!(
                    "event {}: no signed answer, but the collector's word off line, {}, by {by} and {checked_by}",
                    row.seq,
                    word.as_str()
                ));
                by_word = Some(ByWord { word: word.as_str(), by: [by.clone(), checked_by.clone()] });
            } else if ends_something(event) && row.message.is_some() {
                by_word = None;
            }
            if let (Event::Refunded, Some(by), Some(checked_by)) = (event, &body.by, &body.checked_by) {
                notes.push(format!(
                    "event {}: paid back by {by} and {checked_by}, because a comparison found the collector's books \
                     without the clearing (the hub's word)",
                    row.seq
                ));
            }
        }
        if conversation.clearing().is_none() {
            return Err("there is no clearing".to_owned());
        }
        if position.state != self.proof.state {
            return Err(format!("the events make it {}, the file says {}", position.state, self.proof.state));
        }
        Ok((position, notes, by_word))
    }

    /// Every message as it went and came, with its signature.
    fn exchanges(&mut self) {
        let proof = self.proof;
        match exchanges::of(&proof.facts, &self.events) {
            Ok(made) if made == proof.exchanges => {}
            Ok(_) => self.report.wrong("the exchanges are not those that the events tell of"),
            Err(wrong) => self.report.wrong(wrong),
        }
        let sides = Sides { hub: self.hub_keys(), collector: self.collector_keys() };
        for exchange in &proof.exchanges {
            let outcome = sides.verify(exchange);
            self.report.check(outcome.map_err(|wrong| format!("event {}: {wrong}", exchange.event)));
        }
        for seq in unsigned(&self.events, &proof.exchanges) {
            self.report.wrong(format!("event {seq}: the answer that it keeps is not signed"));
        }
    }

    fn reconciliation(&mut self) {
        let Some(line) = &self.proof.reconciliation else { return };
        if line.date != self.proof.facts.receipt_date {
            self.report.wrong("the comparison is of another day than the payment");
        }
        let closed = if line.after_close { "closed" } else { "open" };
        let sums = if line.sums_agree { "agree" } else { "differ" };
        let text = format!(
            "comparison {} with the collector's books, at {} (business time), of {} while it was {closed}: {}; the \
             sums of the day {sums} (the hub's word)",
            line.number, line.at, line.date, line.result
        );
        if line.result == "matched" {
            return self.report.verified(text);
        }
        // what is carried forward was not known yet when the books were compared
        let is_known = line.result != BreakClass::CarriedForward.as_str();
        self.report.books_differ = is_known.then(|| line.result.clone());
        self.report.noted(text);
    }

    /// What is said to be open must be what is.
    fn open(&mut self, position: &Position) {
        if make::open(self.proof, position) != self.proof.open {
            self.report.wrong("what the file says to be open is not what is open");
        }
        for open in &self.proof.open {
            self.report.noted(match open {
                Open::Outcome => {
                    "not known yet: whether the collector has cleared the bill; the money is held"
                }
                Open::Cancellation => "not known yet: whether the collector has taken the clearing back",
                Open::Settlement => "to come: the money goes over to the collector when the window closes",
                Open::Reconciliation => "to come: the comparison with the collector's books",
                Open::Seal => "to come: the seal over the newest records of the audit log",
            });
        }
    }
}
