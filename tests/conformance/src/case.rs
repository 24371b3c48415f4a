//! What a case is: data. One file a phase in `cases/`; how to write one is at the top of `cases/README.md`.

use std::collections::{BTreeMap, BTreeSet};

use domain::ResponseCode;
use serde::Deserialize;

use collectors::directory::Kind;

use crate::clause::Clause;
use crate::declaration::Outcome;
use crate::link::LinkAsk;
use crate::load::Load;
use crate::storm::Storm;
use crate::text::Text;

/// The phases of a certification, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// 疎通: does it answer, and only to whom it should?
    Connection,
    /// 単体: each message and each code.
    Messages,
    /// 障害: repeats, lost answers, restarts, copies at once, from a seed.
    Faults,
    /// 情報リンク: what the collector's site hands over with the payer's browser.
    Link,
    /// 日締めと照合: days open and close, counters and lines fit.
    Days,
    /// 性能: many messages at a time.
    Load,
    /// 総合運転: business days one after another.
    Rehearsal,
}

impl Phase {
    /// Every one, in order.
    pub const ALL: &[Self] = &[
        Self::Connection,
        Self::Messages,
        Self::Faults,
        Self::Link,
        Self::Days,
        Self::Load,
        Self::Rehearsal,
    ];

    /// Whether it is played where nobody names it: the others take as long as the declaration says, or move the clock.
    pub const fn is_played_unasked(self) -> bool {
        !matches!(self, Self::Load | Self::Rehearsal)
    }

    /// The name of its file, and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Messages => "messages",
            Self::Faults => "faults",
            Self::Link => "link",
            Self::Days => "days",
            Self::Load => "load",
            Self::Rehearsal => "rehearsal",
        }
    }

    /// The name in reports.
    pub fn title(self) -> Text {
        match self {
            Self::Connection => Text::new("Connection", "疎通"),
            Self::Messages => Text::new("Messages and codes", "電文と応答コード"),
            Self::Faults => Text::new("Faults", "障害"),
            Self::Link => Text::new("Information link", "情報リンク"),
            Self::Days => Text::new("Day end and reconciliation", "日締めと照合"),
            Self::Load => Text::new("Load", "性能"),
            Self::Rehearsal => Text::new("Rehearsal of three days", "3 日間の総合運転"),
        }
    }

    const fn source(self) -> &'static str {
        match self {
            Self::Connection => include_str!("../cases/connection.toml"),
            Self::Messages => include_str!("../cases/messages.toml"),
            Self::Faults => include_str!("../cases/faults.toml"),
            Self::Link => include_str!("../cases/link.toml"),
            Self::Days => include_str!("../cases/days.toml"),
            Self::Load => include_str!("../cases/load.toml"),
            Self::Rehearsal => include_str!("../cases/rehearsal.toml"),
        }
    }
}

impl std::str::FromStr for Phase {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|phase| phase.as_str() == text);
        let names = || Self::ALL.iter().map(|phase| phase.as_str()).collect::<Vec<_>>().join(", ");
        found.ok_or_else(|| format!("the phases are {}", names()))
    }
}

/// Why something matters to money, and how to mend it; several cases may share one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// What it costs whom.
    pub why: Text,
    /// What to do about it.
    pub mend: Text,
}

/// One case.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name for ever: reports and CI hold on to it.
    pub id: String,
    /// The clause that it tests.
    pub clause: Clause,
    /// What a collector does that passes.
    pub title: Text,
    /// The name of its [`Lesson`].
    pub lesson: String,
    /// Kinds of collectors that it is for; all of them where it is left out.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// Optional parts that a declaration must have for it, besides the numbers that its steps name.
    #[serde(default)]
    pub needs: BTreeSet<Part>,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// What a collector may or may not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// It takes clearings of the counter channel, which can be cancelled.
    Counter,
    /// It takes clearings of internet banking.
    InternetBanking,
    /// It has a command to restart it.
    Restart,
    /// It has a command that sets its clock.
    Clock,
    /// Its bills have a 納付区分.
    PaymentCategory,
    /// It offers 情報リンク.
    Link,
    /// Its site hands several bills over, of which the payer chooses one.
    LinkSeveral,
    /// Its site lets the payer choose the amount.
    LinkChosen,
    /// Clearings may name a bill by its hand-off.
    LinkNonce,
}

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Step {
    /// 照会 of a bill.
    Inquiry(Ask),
    /// 消込 of a bill.
    Clearing(Ask),
    /// 取消 of the clearing that `of` names.
    Cancellation(Ask),
    /// 再送確認 of the message that `of` names.
    Resend(Ask),
    /// The bytes that `of` names once more, under a new signature.
    Again(Ask),
    /// 開局.
    Open(Ask),
    /// 予備閉局.
    PreClose(Ask),
    /// 閉局.
    Close(Ask),
    /// 収納カウンタ照会.
    Counter(Ask),
    /// 消込明細照会, all pages.
    Lines(Ask),
    /// 資金決済通知.
    Advice(Ask),
    /// 情報リンク: a page of the collector's site, and what it hands over.
    HandOff(LinkAsk),
    /// The payer's browser goes back to the site from the bank.
    GoBack {
        /// The saved hand-off that says where to.
        of: String,
    },
    /// Payments and what comes after them, many at a time, on a day of their own; then the books.
    Load(Load),
    /// One bill under many keys at once, on a day of its own; then the books.
    Race {
        /// Whose bill.
        bill: String,
        /// So many keys.
        keys: usize,
    },
    /// The business day after: by the collector's clock where it has a command, else one of the past.
    NextDay {
        /// The name that it has from now on.
        name: String,
    },
    /// Nothing for so long.
    Wait {
        /// Milliseconds.
        ms: u64,
    },
    /// The collector is restarted by its command.
    Restart {},
    /// Failures as the seed has them, on a day of its own; then every payment has one answer and stands once in the
    /// books.
    Storm(Storm),
}

/// A message, how it is sent, and what must come back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ask {
    /// Whose bill: an [`Outcome`] of the declaration; `payable#2` is another number than `payable`.
    pub bill: Option<String>,
    /// Which of several bills, from 0.
    pub nth: usize,
    /// The saved message that it repeats or cancels.
    pub of: Option<String>,
    /// The name under which it is saved.
    pub save: Option<String>,
    /// The processing date: `today`, `tomorrow`, or the name of a day that nobody has used, which the kit opens.
    pub day: Option<String>,
    /// The day that a Close, Counter or Lines is about; `day` where it is left out.
    pub counted: Option<String>,
    /// Of Lines: only those behind the serial of this saved message.
    pub after: Option<String>,
    /// It goes under the key of this saved message.
    pub key_of: Option<String>,
    /// Fields with another value that could be right elsewhere.
    pub wrong: BTreeSet<Field>,
    /// Added to the amount.
    pub amount_by: i64,
    /// Added to the fee.
    pub fee_by: i64,
    /// It is of the counter channel.
    pub counter: bool,
    /// The collector's site handed the bill over.
    pub linked: bool,
    /// The saved hand-off by whose id a clearing names the bill; `nth` is the place in it.
    pub by_hand_off: Option<String>,
    /// The name of a settlement advice; the same name is the same settlement.
    pub settlement: Option<String>,
    /// Changes of the text of the message, before it is signed.
    pub edit: Vec<Edit>,
    /// What is wrong with its HTTP or its signature.
    pub spoil: Option<Spoil>,
    /// So many at the same time, byte for byte the same.
    pub at_once: usize,
    /// It is made and saved, but not sent.
    pub hold: bool,
    /// The connection is cut so many milliseconds after the last byte was sent, and no answer read.
    pub cut_after_ms: Option<u64>,
    /// What must come back; 0000 where it is left out.
    pub expect: Expect,
}

/// A field that is given another value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The header's receiver.
    Receiver,
    /// The header's sender.
    Sender,
    /// 収納機関コード.
    Collector,
    /// 確認番号.
    ConfirmationNumber,
    /// 納付区分; one where there is none.
    PaymentCategory,
    /// No 納付区分 where there is one.
    NoPaymentCategory,
    /// The bank that is not contracted.
    Bank,
    /// The other kind of service.
    ServiceKind,
    /// A bill id that nobody gave.
    BillId,
    /// An amount where the payer types none.
    TypedAmount,
    /// 納付番号 or お客様番号 of another.
    CustomerNumber,
    /// A clearing that there is not.
    ClearingSerial,
    /// The day of payment of a settlement advice.
    PayDate,
    /// The window of a settlement advice.
    WindowDate,
    /// How many clearings a settlement advice is about.
    Count,
    /// A 消込期限 of yesterday.
    PassedClearBy,
    /// Of a repeat: base64 whose last digit has bits that are of no byte.
    StrayBits,
}

/// One text for another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// What must be in the message; `…` in it stands for whatever is there.
    pub from: String,
    /// What stands there in its place, the first time.
    pub to: String,
}

/// What is wrong with a request's HTTP or signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spoil {
    /// One bit of the signature.
    SignatureBit,
    /// The content, after it was signed.
    Body,
    /// The content, with a digest that fits it and the old signature.
    BodyAndDigest,
    /// Signed by a stranger under the hub's key id.
    OtherKey,
    /// A key id that nobody told the collector.
    UnknownKeyId,
    /// No signature at all.
    Unsigned,
    /// `created` 301 seconds ago.
    Stale,
    /// `created` 301 seconds from now.
    Future,
    /// `created` 290 seconds ago, which is in time.
    AlmostStale,
    /// The digest of the content is not covered.
    DigestNotCovered,
    /// Its parameters in another order, which is right.
    ParameterOrder,
    /// Made for another protocol.
    OtherTag,
    /// A parameter that the protocol does not have.
    ExtraParameter,
    /// Two `Signature` headers.
    TwoSignatures,
    /// Signed for another path.
    OtherPath,
    /// A query behind the path.
    Query,
    /// Another content type, rightly signed.
    ContentType,
    /// A `Content-Encoding`, rightly signed: the content is not encoded.
    ContentEncoding,
    /// Another method, rightly signed.
    Method,
    /// One byte more than a message may have, rightly signed.
    TooLarge,
    /// Signed content that is no XML.
    Garbage,
}

/// What must come back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// One of these codes; with `status`, one or the other.
    pub code: Vec<Code>,
    /// A clearing that does not fit, for one of these reasons: a national collector refuses with it, the others
    /// record it provisionally.
    pub mismatch: Vec<Code>,
    /// One of these status codes, and no signed answer but one of `code`.
    pub status: Vec<u16>,
    /// What tells the hub nothing: a connection that ends is as good as a status, and without `status` any but 200 is.
    pub nothing: bool,
    /// The same code, provisional code and reference as this saved message got.
    pub same_as: Option<String>,
    /// So many bills at least.
    pub bills_min: Option<usize>,
    /// Whether it is provisional.
    pub provisional: Option<bool>,
    /// What is on record for the day: the names of saved messages.
    pub books: Option<Books>,
    /// The saved Counter to whose answer the books add.
    pub since: Option<String>,
}

/// Saved messages as the books must have them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Books {
    /// Cleared against a bill.
    pub cleared: Vec<String>,
    /// Recorded provisionally.
    pub provisional: Vec<String>,
    /// Cancelled: among the cleared or provisional, too.
    pub cancelled: Vec<String>,
    /// Refused for good; in the lines alone.
    pub refused: Vec<String>,
    /// Did not fit: provisional or refused, as the answer was.
    pub unfit: Vec<String>,
}

/// A code as the cases write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub ResponseCode);

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

impl Step {
    /// The message of a step that sends one.
    pub const fn ask(&self) -> Option<&Ask> {
        match self {
            Self::Inquiry(ask)
            | Self::Clearing(ask)
            | Self::Cancellation(ask)
            | Self::Resend(ask)
            | Self::Again(ask)
            | Self::Open(ask)
            | Self::PreClose(ask)
            | Self::Close(ask)
            | Self::Counter(ask)
            | Self::Lines(ask)
            | Self::Advice(ask) => Some(ask),
            Self::HandOff(_)
            | Self::GoBack { .. }
            | Self::Wait { .. }
            | Self::Restart {}
            | Self::Load(_)
            | Self::Race { .. }
            | Self::NextDay { .. }
            | Self::Storm(_) => None,
        }
    }
}

/// The outcome that a bill's name begins with.
pub fn outcome_of(bill: &str) -> Option<Outcome> {
    let word = bill.split('#').next().unwrap_or_default();
    Outcome::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(word)).ok()
}

impl Case {
    /// The numbers that its steps name.
    pub fn outcomes(&self) -> BTreeSet<Outcome> {
        let bills = self.steps.iter().filter_map(|step| step.ask()?.bill.as_deref());
        let storms = self.steps.iter().any(|step| matches!(step, Step::Storm(_) | Step::Load(_)));
        let others = self.steps.iter().flat_map(|step| match step {
            Step::HandOff(ask) => ask.bills.as_slice(),
            Step::Race { bill, .. } => std::slice::from_ref(bill),
            _ => &[],
        });
        let bills = bills.chain(others.map(String::as_str));
        bills.filter_map(outcome_of).chain(storms.then_some(Outcome::Payable)).collect()
    }
}

/// What an answer or a page itself can break, whatever the case is about, and the lesson of that.
const ANSWERS: [(Clause, &str); 6] = [
    (Clause::Http, "answers"),
    (Clause::Signatures, "signed_answers"),
    (Clause::Messages, "answers_of_the_schema"),
    (Clause::Header, "answers_to_the_key"),
    (Clause::LinkForm, "link_form"),
    (Clause::LinkKeys, "link_keys"),
];

/// All cases and lessons.
#[derive(Clone, Debug)]
pub struct Cases {
    /// With the phase of their file, in order.
    pub cases: Vec<(Phase, Case)>,
    lessons: BTreeMap<String, Lesson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

impl Cases {
    /// Those that are part of the program.
    pub fn embedded() -> Self {
        let read = |phase: Phase| -> File {
            toml::from_str(phase.source()).unwrap_or_else(|error| panic!("cases/{}: {error}", phase.as_str()))
        };
        let of_phase =
            |phase: &Phase| read(*phase).case.into_iter().map(|case| (*phase, case)).collect::<Vec<_>>();
        let lessons = toml::from_str(include_str!("../cases/lessons.toml"));
        Self {
            cases: Phase::ALL.iter().flat_map(of_phase).collect(),
            lessons: lessons.unwrap_or_else(|error| panic!("cases/lessons.toml: {error}")),
        }
    }

    /// The lesson of a case.
    pub fn lesson(&self, case: &Case) -> &Lesson {
        self.named(&case.lesson)
    }

    /// The lesson of a failure: where there was no answer that could be read, what is to be mended is that, and not
    /// what the case is about.
    pub fn lesson_of(&self, case: &Case, broken: Clause) -> &Lesson {
        let of_answers = ANSWERS.iter().find(|(clause, _)| *clause == broken && *clause != case.clause);
        of_answers.map_or_else(|| self.lesson(case), |(_, name)| self.named(name))
    }

    fn named(&self, name: &str) -> &Lesson {
        self.lessons.get(name).unwrap_or_else(|| panic!("there is no lesson {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_has_an_id_of_its_own_a_lesson_and_bills_that_can_be_declared() {
        let all = Cases::embedded();
        let mut ids = BTreeSet::new();
        for (_, case) in &all.cases {
            assert!(ids.insert(case.id.clone()), "{} is there twice", case.id);
            assert!(!all.lesson(case).why.ja.is_empty(), "{}", case.id);
            assert!(!case.steps.is_empty(), "{}", case.id);
            for bill in case.steps.iter().filter_map(|step| step.ask()?.bill.as_deref()) {
                assert!(outcome_of(bill).is_some(), "{}: {bill}", case.id);
            }
        }
        let of_cases = all.cases.iter().map(|(_, case)| case.lesson.as_str());
        let used: BTreeSet<&str> = of_cases.chain(ANSWERS.map(|(_, name)| name)).collect();
        let known: BTreeSet<&str> = all.lessons.keys().map(String::as_str).collect();
        assert_eq!(used, known, "every lesson is some case's or that of an answer");
    }

    /// What a step repeats, cancels or counts was saved by an earlier one.
    #[test]
    fn names_that_steps_use_were_saved_before() {
        for (_, case) in &Cases::embedded().cases {
            let mut saved: BTreeSet<&str> = BTreeSet::new();
            for ask in case.steps.iter().filter_map(Step::ask) {
                let books = ask.expect.books.iter();
                let counted = books.flat_map(|books| {
                    [&books.cleared, &books.provisional, &books.cancelled, &books.refused, &books.unfit]
                        .into_iter()
                        .flatten()
                });
                let used = [&ask.of, &ask.after, &ask.key_of, &ask.expect.same_as]
                    .into_iter()
                    .flatten()
                    .chain(counted);
                for name in used {
                    assert!(saved.contains(name.as_str()), "{}: {name}", case.id);
                }
                saved.extend(ask.save.as_deref());
            }
        }
    }
}
