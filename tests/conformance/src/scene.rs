//! One case as it is played: its steps in order, what they made, and where it stops.

mod bills;
mod books;
mod days;
mod links;
mod loads;
mod storms;

use std::collections::{BTreeMap, HashMap};

use collectors::protocol::{Body, CounterAnswer, InquiryAnswer, Message};
use domain::{Bill, Date, Yen};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep};

use crate::case::{Ask, Case, Expect, Step, outcome_of};
use crate::clause::Clause;
use crate::declaration::{Outcome, Slip};
use crate::hub::{Exchanged, Got, Hub, Letter};
use crate::judge::{self, Finding};
use crate::letters::Writer;
use crate::link::Handed;
use crate::pool::Pool;
use crate::restart;
use crate::text::Text;

/// Why a case ends before its last step.
#[derive(Clone, Debug)]
pub enum Stop {
    /// The collector is wrong.
    Found(Finding),
    /// The kit could not go on, for a reason that is not the collector's.
    NotRun(Text),
}

/// A message that a step has saved.
#[derive(Clone, Debug)]
struct Saved {
    letter: Letter,
    answer: Option<Message>,
    amount: Option<Yen>,
}

/// A bill that the case has been given.
#[derive(Clone, Debug)]
struct Taken {
    slip: Slip,
    bills: Vec<Bill>,
}

/// A case that is being played.
pub struct Scene<'a> {
    hub: &'a Hub,
    pool: &'a mut Pool,
    case: &'a Case,
    seed: u64,
    begun: Instant,
    step: usize,
    saved: HashMap<String, Saved>,
    taken: HashMap<String, Taken>,
    days: BTreeMap<String, Date>,
    /// Every hand-off of the site, and those that were saved.
    handed: Vec<Handed>,
    hand_offs: HashMap<String, Handed>,
    /// Everything that was sent, in order.
    pub log: Vec<Exchanged>,
    /// What was measured.
    pub measured: Vec<Text>,
    /// Which exchange of the log is being judged.
    judged: Option<usize>,
    /// The last day that [`Step::NextDay`] has come to.
    last_day: Option<Date>,
}

impl<'a> Scene<'a> {
    /// A case before its first step.
    pub fn new(hub: &'a Hub, pool: &'a mut Pool, case: &'a Case, seed: u64) -> Self {
        Self {
            hub,
            pool,
            case,
            seed,
            begun: Instant::now(),
            step: 0,
            saved: HashMap::new(),
            taken: HashMap::new(),
            days: BTreeMap::new(),
            handed: Vec::new(),
            hand_offs: HashMap::new(),
            log: Vec::new(),
            measured: Vec::new(),
            judged: None,
            last_day: None,
        }
    }

    /// Plays every step, or as far as it gets.
    pub async fn play(&mut self) -> Result<(), Stop> {
        for (at, step) in self.case.steps.iter().enumerate() {
            self.step = at + 1;
            self.judged = None;
            match step {
                Step::Wait { ms } => sleep(Duration::from_millis(*ms)).await,
                Step::Restart {} => restart::restart(self.hub).await.map_err(Stop::NotRun)?,
                Step::Storm(storm) => self.storm(storm).await?,
                Step::HandOff(ask) => self.hand_off(ask).await?,
                Step::GoBack { of } => self.go_back(of).await?,
                Step::Load(load) => self.load(load).await?,
                Step::Race { bill, keys } => self.race(bill, *keys).await?,
                Step::NextDay { name } => self.next_day(name).await?,
                _ => self.ask(step, step.ask().unwrap_or(&Ask::default())).await?,
            }
        }
        Ok(())
    }

    fn found(&self, clause: Clause, what: Text) -> Stop {
        Stop::Found(Finding { clause, what, step: self.step, exchange: self.judged })
    }

    /// Keeps an exchange, which is the one to be judged now.
    fn keep(&mut self, exchanged: Exchanged) -> Got {
        let got = exchanged.got.clone();
        self.judged = Some(self.log.len());
        self.log.push(exchanged);
        got
    }

    /// A mistake of the case, not of the collector.
    fn mistaken(&self, what: &str) -> Stop {
        let (id, step) = (&self.case.id, self.step);
        Stop::NotRun(Text::new(
            format!("the case {id} cannot be played at step {step}: {what}"),
            format!("ケース {id} の手順 {step} を実行できません({what})。"),
        ))
    }

    fn saved(&self, name: Option<&String>) -> Result<&Saved, Stop> {
        let saved = name.and_then(|name| self.saved.get(name));
        saved.ok_or_else(|| self.mistaken("it names a message that was not saved"))
    }

    async fn ask(&mut self, step: &Step, ask: &Ask) -> Result<(), Stop> {
        let day = self.day(ask.day.as_deref()).await?;
        if let (Step::Inquiry(_), Some(bill)) = (step, &ask.bill)
            && is_plain(ask)
            && !self.taken.contains_key(bill)
            && outcome_of(bill).is_some_and(Outcome::is_found)
        {
            let answer = self.take(bill, day).await?;
            return self.settle(ask, answer.0, Some(answer.1), None);
        }
        if let Step::Lines(_) = step {
            return self.lines(ask, day).await;
        }
        let (letter, amount) = self.letter(step, ask, day).await?;
        if ask.hold {
            return self.settle(ask, letter, None, amount);
        }
        if let Some(after_ms) = ask.cut_after_ms {
            let cut = self.hub.send_and_cut(&letter, after_ms, self.begun).await;
            return match self.keep(cut) {
                Got::Cut => self.settle(ask, letter, None, amount),
                other => Err(self.found(other.clause(self.case.clause), other.say())),
            };
        }
        let mut answers = self.send(&letter, ask).await.into_iter();
        let Some((place, first)) = answers.next() else { return Err(self.mistaken("nothing was sent")) };
        self.judged = Some(place);
        self.judge(&ask.expect, &first)?;
        let first_message = answer_of(&first);
        // copies of one message are one message
        for (place, other) in answers {
            self.judged = Some(place);
            self.judge(&ask.expect, &other)?;
            let same = Expect::default();
            let kind = self.hub.declaration().kind;
            if let Some(first) = &first_message
                && let Some((clause, what)) = judge::judge(&same, kind, self.case.clause, &other, Some(first))
            {
                return Err(self.found(clause, what));
            }
        }
        if let Some(Body::CounterAnswer(CounterAnswer::Counted(counters))) =
            first_message.as_ref().map(|message| &message.body)
        {
            self.counters(&ask.expect, *counters)?;
        }
        self.settle(ask, letter, first_message, amount)
    }

    /// Sends a letter, as often at once as the step says; each answer with its place in the log.
    async fn send(&mut self, letter: &Letter, ask: &Ask) -> Vec<(usize, Got)> {
        let copies = ask.at_once.max(1);
        let mut running = JoinSet::new();
        for _ in 0..copies {
            let (hub, letter, spoil, begun) = (self.hub.clone(), letter.clone(), ask.spoil, self.begun);
            running.spawn(async move { hub.exchange(&letter, spoil, begun).await });
        }
        let done = running.join_all().await;
        let got = done.iter().map(|exchanged| exchanged.got.clone());
        let got = got.enumerate().map(|(at, got)| (self.log.len() + at, got)).collect();
        self.log.extend(done);
        got
    }

    fn judge(&self, expect: &Expect, got: &Got) -> Result<(), Stop> {
        let first = match &expect.same_as {
            None => None,
            Some(name) => self.saved(Some(name))?.answer.as_ref(),
        };
        let kind = self.hub.declaration().kind;
        match judge::judge(expect, kind, self.case.clause, got, first) {
            Some((clause, what)) => Err(self.found(clause, what)),
            None => Ok(()),
        }
    }

    fn settle(
        &mut self,
        ask: &Ask,
        letter: Letter,
        answer: Option<Message>,
        amount: Option<Yen>,
    ) -> Result<(), Stop> {
        if let (Some(slip), Some(Message { body: Body::InquiryAnswer(InquiryAnswer::Bills(bills)), .. })) =
            (ask.bill.as_ref().and_then(|bill| self.taken.get(bill)).map(|taken| &taken.slip), &answer)
        {
            let found = Got::Answer(Message {
                header: letter.message.header.clone(),
                body: Body::InquiryAnswer(InquiryAnswer::Bills(bills.clone())),
            });
            self.judge(&ask.expect, &found)?;
            if let Some(what) = bills::contradiction(slip, bills) {
                return Err(self.found(Clause::Inquiry, what));
            }
        }
        if let Some(name) = &ask.save {
            self.saved.insert(name.clone(), Saved { letter, answer, amount });
        }
        Ok(())
    }

    async fn letter(&mut self, step: &Step, ask: &Ask, day: Date) -> Result<(Letter, Option<Yen>), Stop> {
        let needs_bill = matches!(step, Step::Inquiry(_) | Step::Clearing(_));
        if let (true, Some(bill)) = (needs_bill, &ask.bill)
            && !self.taken.contains_key(bill)
        {
            if outcome_of(bill).is_some_and(Outcome::is_found) {
                self.take(bill, day).await?;
            } else {
                let slip = self.next_slip(bill)?;
                self.taken.insert(bill.clone(), Taken { slip, bills: Vec::new() });
            }
        }
        let key = match &ask.key_of {
            Some(name) => self.saved(Some(name))?.letter.message.header.key(),
            None => self.hub.next_key(day),
        };
        let serial = key.serial;
        let writer = Writer { hub: self.hub, ask, key };
        let taken = ask.bill.as_ref().and_then(|bill| self.taken.get(bill));
        let counted = match &ask.counted {
            Some(name) => self.days.get(name).copied().unwrap_or_else(|| self.named_day(name)),
            None => day,
        };
        let mut amount = None;
        let made = match step {
            Step::Inquiry(_) => {
                let taken = taken.ok_or_else(|| self.mistaken("no bill is named"))?;
                writer.inquiry(&taken.slip, taken.slip.outcome == Outcome::TypedAmount)
            }
            Step::Clearing(_) => {
                let taken = taken.ok_or_else(|| self.mistaken("no bill is named"))?;
                // where a hand-off names the bill, `nth` is the place in it, and each of its bills has its own number
                let nth = if ask.by_hand_off.is_some() { 0 } else { ask.nth };
                let bill = taken.bills.get(nth).ok_or_else(|| self.mistaken("there is no such bill"))?;
                let mut bill = bill.clone();
                if let Some(name) = &ask.by_hand_off {
                    bill.id = self.id_of_hand_off(name, ask.nth)?;
                }
                amount = Some(Yen::new(bill.amount.get() + ask.amount_by));
                writer.clearing(&taken.slip, &bill)
            }
            Step::Cancellation(_) => {
                let of = self.saved(ask.of.as_ref())?;
                amount = of.amount;
                writer.cancellation(&of.letter.message)
            }
            Step::Resend(_) => writer.resend(&self.saved(ask.of.as_ref())?.letter),
            Step::Again(_) => Ok(self.saved(ask.of.as_ref())?.letter.clone()),
            Step::Open(_) => writer.open(),
            Step::PreClose(_) => writer.pre_close(),
            Step::Close(_) => {
                let kept = self.kept(&ask.expect)?;
                writer.close(counted, kept.unwrap_or_default().counters())
            }
            Step::Counter(_) => writer.counter(counted),
            Step::Advice(_) => {
                let name = ask.settlement.as_deref().unwrap_or("1");
                let first = self.saved.get(name).map(|saved| saved.letter.message.header.serial);
                writer.advice(&format!("CONFORM-{}-{name}", first.unwrap_or(serial)), day)
            }
            _ => Err("it is no single message".to_owned()),
        };
        Ok((made.map_err(|what| self.mistaken(&what))?, amount))
    }
}

/// Whether an inquiry is as the hub would send it.
fn is_plain(ask: &Ask) -> bool {
    ask.wrong.is_empty() && ask.edit.is_empty() && ask.spoil.is_none() && !ask.hold && ask.at_once <= 1
}

fn answer_of(got: &Got) -> Option<Message> {
    match got {
        Got::Answer(message) => Some(message.clone()),
        _ => None,
    }
}
