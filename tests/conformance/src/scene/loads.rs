//! Many messages at a time: each answer is judged as if it were alone, and then the books.

use domain::ResponseCode;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep_until};

use super::{Saved, Scene, Stop, answer_of};
use crate::case::{Ask, Books, Code, Expect, Step};
use crate::clause::Clause;
use crate::hub::{Exchanged, Letter};
use crate::judge;
use crate::letters::Writer;
use crate::load::{self, AT_ONCE_MAX, Load, Sent, Times};
use crate::text::Text;

/// The day of a load.
const DAY: &str = "the day of the load";

/// A message of a load, what must come back, and whose answer it is.
struct Due {
    letter: Letter,
    expect: Expect,
    saved: Option<String>,
}

impl Scene<'_> {
    /// Pays bills, sends what follows, and looks at the books of the day.
    pub(super) async fn load(&mut self, load: &Load) -> Result<(), Stop> {
        let day = self.day(Some(DAY)).await?;
        let mut paid = Vec::new();
        let mut first = Vec::new();
        for at in 0..load.payments {
            let bill = format!("payable#load-{at}");
            let ask = Ask { bill: Some(bill.clone()), ..Ask::default() };
            let (letter, amount) = self.letter(&Step::Clearing(ask.clone()), &ask, day).await?;
            let name = load::name("paid", letter.message.header.serial);
            self.saved.insert(name.clone(), Saved { letter: letter.clone(), answer: None, amount });
            let expect = Expect { provisional: Some(false), ..Expect::default() };
            first.push(Due { letter, expect, saved: Some(name.clone()) });
            paid.push((bill, name));
        }
        let pace = load.declared.then_some(self.hub.declaration().load);
        let messages = pace.map_or(load.messages, |pace| pace.messages());
        let every = pace.map(|pace| Duration::from_secs(1) / pace.per_second.max(1));
        let begun = Instant::now();
        let mut times = Times::default();
        self.rush(first, load.at_once, None, &mut times).await?;
        let mut then = Vec::new();
        let cleared = paid.iter().map(|(_, name)| name.clone()).collect();
        let mut books = Books { cleared, ..Books::default() };
        for sent in load::plan(load, messages, self.seed, &self.case.id) {
            let of = |payment: usize| &paid[payment];
            let due = match sent {
                Sent::Inquiry(payment) => {
                    let ask = Ask { bill: Some(of(payment).0.clone()), ..Ask::default() };
                    let (letter, _) = self.letter(&Step::Inquiry(ask.clone()), &ask, day).await?;
                    let code = vec![Code(ResponseCode::AlreadyPaid)];
                    Due { letter, expect: Expect { code, ..Expect::default() }, saved: None }
                }
                Sent::Resend(payment) => {
                    let name = &of(payment).1;
                    let clearing = self.saved[name].letter.clone();
                    let ask = Ask::default();
                    let writer = Writer { hub: self.hub, ask: &ask, key: clearing.message.header.key() };
                    let letter = writer.resend(&clearing).map_err(|what| self.mistaken(&what))?;
                    Due {
                        letter,
                        expect: Expect { same_as: Some(name.clone()), ..Expect::default() },
                        saved: None,
                    }
                }
                Sent::Second(payment) => {
                    let ask = Ask { bill: Some(of(payment).0.clone()), ..Ask::default() };
                    let (letter, amount) = self.letter(&Step::Clearing(ask.clone()), &ask, day).await?;
                    let name = load::name("second", letter.message.header.serial);
                    self.saved.insert(name.clone(), Saved { letter: letter.clone(), answer: None, amount });
                    books.unfit.push(name.clone());
                    let mismatch = vec![Code(ResponseCode::AlreadyPaid)];
                    Due { letter, expect: Expect { mismatch, ..Expect::default() }, saved: Some(name) }
                }
            };
            then.push(due);
        }
        self.rush(then, load.at_once, every, &mut times).await?;
        let elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.measured.push(times.say(elapsed_ms));
        self.count(DAY, books).await
    }

    /// One bill under many keys at the same moment: one of them pays it, and the others do not fit.
    pub(super) async fn race(&mut self, bill: &str, keys: usize) -> Result<(), Stop> {
        let day = self.day(Some(DAY)).await?;
        let mut running = JoinSet::new();
        let mut names = Vec::new();
        for _ in 0..keys {
            let ask = Ask { bill: Some(bill.to_owned()), ..Ask::default() };
            let (letter, amount) = self.letter(&Step::Clearing(ask.clone()), &ask, day).await?;
            let name = load::name("race", letter.message.header.serial);
            self.saved.insert(name.clone(), Saved { letter: letter.clone(), answer: None, amount });
            names.push(name.clone());
            let (hub, begun) = (self.hub.clone(), self.begun);
            running.spawn(async move { (name, hub.exchange(&letter, None, begun).await) });
        }
        let mut books = Books::default();
        for (name, exchanged) in running.join_all().await {
            let got = self.keep(exchanged);
            let said = answer_of(&got).as_ref().and_then(judge::said);
            if matches!(said, Some((ResponseCode::Normal, None, _))) {
                books.cleared.push(name.clone());
            } else {
                let mismatch = vec![Code(ResponseCode::AlreadyPaid)];
                self.judge(&Expect { mismatch, ..Expect::default() }, &got)?;
            }
            if let Some(saved) = self.saved.get_mut(&name) {
                saved.answer = answer_of(&got);
            }
        }
        if books.cleared.len() != 1 {
            let paid = books.cleared.len();
            return Err(self.found(
                Clause::Record,
                Text::new(
                    format!("{paid} of {keys} keys have paid the same bill at once, where one should"),
                    format!("同時に届いた {keys} 個のキーのうち {paid} 個が同じ請求を支払いました(正しくは 1 個)。"),
                ),
            ));
        }
        names.retain(|name| !books.cleared.contains(name));
        books.unfit = names;
        self.count(DAY, books).await
    }

    /// Counters and lines of a day that nobody else has used.
    pub(super) async fn count(&mut self, day: &str, books: Books) -> Result<(), Stop> {
        let expect = Expect { books: Some(books), ..Expect::default() };
        let ask = Ask { day: Some(day.to_owned()), expect, ..Ask::default() };
        Box::pin(self.ask(&Step::Counter(ask.clone()), &ask)).await?;
        Box::pin(self.ask(&Step::Lines(ask.clone()), &ask)).await
    }

    /// Sends messages, so many at once and one `every` so long, and judges each answer. The log keeps what is wrong.
    async fn rush(
        &mut self,
        dues: Vec<Due>,
        at_once: usize,
        every: Option<Duration>,
        times: &mut Times,
    ) -> Result<(), Stop> {
        let begun = Instant::now();
        let mut running: JoinSet<(Due, Exchanged)> = JoinSet::new();
        for (place, due) in dues.into_iter().enumerate() {
            if let Some(every) = every {
                sleep_until(begun + every * u32::try_from(place).unwrap_or(u32::MAX)).await;
            }
            while running.len() >= at_once.clamp(1, AT_ONCE_MAX) {
                self.arrived(running.join_next().await, times)?;
            }
            let (hub, since) = (self.hub.clone(), self.begun);
            running.spawn(async move {
                let exchanged = hub.exchange(&due.letter, None, since).await;
                (due, exchanged)
            });
        }
        while !running.is_empty() {
            self.arrived(running.join_next().await, times)?;
        }
        Ok(())
    }

    fn arrived(
        &mut self,
        next: Option<Result<(Due, Exchanged), tokio::task::JoinError>>,
        times: &mut Times,
    ) -> Result<(), Stop> {
        let Some(Ok((due, exchanged))) = next else {
            return Err(self.mistaken("a message of the load was not sent"));
        };
        times.push(exchanged.took_ms);
        let got = exchanged.got.clone();
        if let Err(stop) = self.judge(&due.expect, &got) {
            self.keep(exchanged);
            // once more, so that it names the exchange that is in the log now
            return self.judge(&due.expect, &got).and(Err(stop));
        }
        if let Some(saved) = due.saved.and_then(|name| self.saved.get_mut(&name)) {
            saved.answer = answer_of(&got);
        }
        Ok(())
    }
}
