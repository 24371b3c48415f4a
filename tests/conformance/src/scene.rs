//! One case as it is played: its steps in order, what they made, and where it stops.

mod bills;
mod days;

use std::collections::{BTreeMap, HashMap};

use collectors::protocol::{Body, CounterAnswer, Counters, InquiryAnswer, Line, LinesAnswer, Message, Tally};
use domain::{Bill, Date, ResponseCode, Serial, Yen};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep};

use crate::case::{Ask, Books, Case, Code, Expect, Step, outcome_of};
use crate::clause::Clause;
use crate::declaration::{Outcome, Slip};
use crate::hub::{Exchanged, Got, Hub, Letter};
use crate::judge::{self, Entry, Finding, Kept};
use crate::letters::Writer;
use crate::pool::Pool;
use crate::restart;
use crate::storm::{self, Gust, Sending, Storm};
use crate::text::Text;

/// Pages of lines that are read of one day.
const PAGES_MAX: usize = 400;

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
    /// Everything that was sent, in order.
    pub log: Vec<Exchanged>,
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
            log: Vec::new(),
        }
    }

    /// Plays every step, or as far as it gets.
    pub async fn play(&mut self) -> Result<(), Stop> {
        for (at, step) in self.case.steps.iter().enumerate() {
            self.step = at + 1;
            match step {
                Step::Wait { ms } => sleep(Duration::from_millis(*ms)).await,
                Step::Restart {} => restart::restart(self.hub).await.map_err(Stop::NotRun)?,
                Step::Storm(storm) => self.storm(storm).await?,
                _ => self.ask(step, step.ask().unwrap_or(&Ask::default())).await?,
            }
        }
        Ok(())
    }

    fn found(&self, clause: Clause, what: Text) -> Stop {
        Stop::Found(Finding { clause, what, step: self.step })
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
            let got = cut.got.clone();
            self.log.push(cut);
            return match got {
                Got::Cut => self.settle(ask, letter, None, amount),
                other => Err(self.found(other.clause(self.case.clause), other.say())),
            };
        }
        let mut answers = self.send(&letter, ask).await.into_iter();
        let Some(first) = answers.next() else { return Err(self.mistaken("nothing was sent")) };
        self.judge(&ask.expect, &first)?;
        let first_message = answer_of(&first);
        // copies of one message are one message
        for other in answers {
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

    /// Sends a letter, as often at once as the step says.
    async fn send(&mut self, letter: &Letter, ask: &Ask) -> Vec<Got> {
        let copies = ask.at_once.max(1);
        let mut running = JoinSet::new();
        for _ in 0..copies {
            let (hub, letter, spoil, begun) = (self.hub.clone(), letter.clone(), ask.spoil, self.begun);
            running.spawn(async move { hub.exchange(&letter, spoil, begun).await });
        }
        let done = running.join_all().await;
        let got = done.iter().map(|exchanged| exchanged.got.clone()).collect();
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
                let bill = taken.bills.get(ask.nth).ok_or_else(|| self.mistaken("there is no such bill"))?;
                amount = Some(Yen::new(bill.amount.get() + ask.amount_by));
                writer.clearing(&taken.slip, bill)
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
            Step::Lines(_) | Step::Wait { .. } | Step::Restart {} | Step::Storm(_) => {
                Err("it is no single message".to_owned())
            }
        };
        Ok((made.map_err(|what| self.mistaken(&what))?, amount))
    }

    /// Pays bills of a day of its own while everything goes wrong, and then looks at each answer and the books.
    async fn storm(&mut self, storm: &Storm) -> Result<(), Stop> {
        let day = self.day(Some("the day of the storm")).await?;
        let mut names = Vec::new();
        for payment in 0..storm.payments {
            let amount_by = i64::from(storm.mismatched && payment % 2 == 1);
            let (bill, name) = (format!("payable#storm-{payment}"), format!("storm-{payment}"));
            let ask = Ask { bill: Some(bill), amount_by, ..Ask::default() };
            let (letter, amount) = self.letter(&Step::Clearing(ask.clone()), &ask, day).await?;
            self.saved.insert(name.clone(), Saved { letter, answer: None, amount });
            names.push(name);
        }
        for gust in storm::plan(storm, self.seed, &self.case.id) {
            match gust {
                Gust::Restart => restart::restart(self.hub).await.map_err(Stop::NotRun)?,
                Gust::Together(sendings) => self.gust(storm, &names, &sendings).await?,
            }
        }
        let last = |payment| Sending { payment, is_resend: true, cut_after_ms: None };
        for payment in 0..storm.payments {
            self.gust(storm, &names, &[last(payment)]).await?;
        }
        let mut books = Books::default();
        for (payment, name) in names.into_iter().enumerate() {
            let is_mismatch = storm.mismatched && payment % 2 == 1;
            match (is_mismatch, self.saved[&name].answer.as_ref().and_then(judge::said)) {
                (true, Some((ResponseCode::Normal, ..))) => books.provisional.push(name),
                (true, _) => books.refused.push(name),
                _ => books.cleared.push(name),
            }
        }
        let expect = Expect { books: Some(books), ..Expect::default() };
        let ask = Ask { day: Some("the day of the storm".to_owned()), expect, ..Ask::default() };
        Box::pin(self.ask(&Step::Counter(ask.clone()), &ask)).await?;
        Box::pin(self.ask(&Step::Lines(ask.clone()), &ask)).await
    }

    /// Sends messages of a storm at the same time; the first answer of each payment is what every other must be.
    async fn gust(&mut self, storm: &Storm, names: &[String], sendings: &[Sending]) -> Result<(), Stop> {
        let mut running = JoinSet::new();
        for sending in sendings {
            let clearing = self.saved[&names[sending.payment]].letter.clone();
            let ask = Ask::default();
            let writer = Writer { hub: self.hub, ask: &ask, key: clearing.message.header.key() };
            let letter = if sending.is_resend { writer.resend(&clearing) } else { Ok(clearing) };
            let letter = letter.map_err(|what| self.mistaken(&what))?;
            let (hub, begun, sending) = (self.hub.clone(), self.begun, *sending);
            running.spawn(async move {
                let exchanged = match sending.cut_after_ms {
                    Some(after_ms) => hub.send_and_cut(&letter, after_ms, begun).await,
                    None => hub.exchange(&letter, None, begun).await,
                };
                (sending.payment, exchanged)
            });
        }
        for (payment, exchanged) in running.join_all().await {
            let got = exchanged.got.clone();
            self.log.push(exchanged);
            if got == Got::Cut {
                continue;
            }
            let is_mismatch = storm.mismatched && payment % 2 == 1;
            let mismatch = if is_mismatch { vec![Code(ResponseCode::AmountDiffers)] } else { Vec::new() };
            let provisional = (!is_mismatch).then_some(false);
            let same_as = self.saved[&names[payment]].answer.is_some().then(|| names[payment].clone());
            self.judge(&Expect { mismatch, provisional, same_as, ..Expect::default() }, &got)?;
            if let (Some(saved), answer) = (self.saved.get_mut(&names[payment]), answer_of(&got)) {
                saved.answer = saved.answer.take().or(answer);
            }
        }
        Ok(())
    }

    /// The saved messages that an expectation names.
    fn kept(&self, expect: &Expect) -> Result<Option<Kept>, Stop> {
        let Some(books) = &expect.books else { return Ok(None) };
        let entries = |names: &[String]| {
            let entry = |name: &String| {
                let saved = self.saved(Some(name))?;
                let amount = saved.amount.ok_or_else(|| self.mistaken("it counts what has no amount"))?;
                Ok(Entry { serial: saved.letter.message.header.serial, amount })
            };
            names.iter().map(entry).collect::<Result<Vec<_>, Stop>>()
        };
        Ok(Some(Kept {
            cleared: entries(&books.cleared)?,
            provisional: entries(&books.provisional)?,
            cancelled: entries(&books.cancelled)?,
            refused: entries(&books.refused)?,
        }))
    }

    fn counters(&self, expect: &Expect, counters: Counters) -> Result<(), Stop> {
        let Some(kept) = self.kept(expect)? else { return Ok(()) };
        let before = match &expect.since {
            None => Counters::default(),
            Some(name) => match self.saved(Some(name))?.answer.as_ref().map(|message| &message.body) {
                Some(Body::CounterAnswer(CounterAnswer::Counted(counters))) => *counters,
                _ => return Err(self.mistaken("it counts since what is no counter")),
            },
        };
        let less = |now: Tally, then: Tally| Tally {
            count: now.count.saturating_sub(then.count),
            amount: Yen::new(now.amount.get() - then.amount.get()),
        };
        let since = Counters {
            cleared: less(counters.cleared, before.cleared),
            provisional: less(counters.provisional, before.provisional),
            cancelled: less(counters.cancelled, before.cancelled),
        };
        match judge::judge_counters(&kept, &since) {
            Some(what) => Err(self.found(self.case.clause, what)),
            None => Ok(()),
        }
    }

    /// Reads every page of a day's lines. Of a day that others use too, only the case's own lines count.
    async fn lines(&mut self, ask: &Ask, day: Date) -> Result<(), Stop> {
        let counted = match &ask.counted {
            Some(name) => self.days.get(name).copied().unwrap_or_else(|| self.named_day(name)),
            None => day,
        };
        let is_shared = counted == self.hub.today();
        let mut after: Option<Serial> = is_shared.then(|| self.pool.first_serial());
        let mut lines: Vec<Line> = Vec::new();
        for _ in 0..PAGES_MAX {
            let writer = Writer { hub: self.hub, ask, key: self.hub.next_key(day) };
            let letter = writer.lines(counted, after).map_err(|what| self.mistaken(&what))?;
            let got = self.send(&letter, ask).await.swap_remove(0);
            self.judge(&ask.expect, &got)?;
            let Got::Answer(Message {
                body: Body::LinesAnswer(LinesAnswer::Page { lines: page, more }), ..
            }) = got
            else {
                return Ok(());
            };
            let last = page.last().map(|line| line.serial);
            let first = page.first().map(|line| line.serial);
            if !page.is_sorted_by_key(|line| line.serial)
                || first.is_some_and(|first| after.is_some_and(|a| first <= a))
            {
                return Err(self.found(
                    Clause::Counter,
                    Text::new(
                        "the lines do not come in the order of their serials behind After",
                        "明細が After より後の通番の順に並んでいません。",
                    ),
                ));
            }
            lines.extend(page);
            if !more {
                break;
            }
            after = last;
        }
        let Some(kept) = self.kept(&ask.expect)? else { return Ok(()) };
        if is_shared {
            let own = kept.lines();
            lines.retain(|line| own.iter().any(|other| other.serial == line.serial));
        }
        match judge::judge_lines(&kept, &lines) {
            Some(what) => Err(self.found(self.case.clause, what)),
            None => Ok(()),
        }
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
