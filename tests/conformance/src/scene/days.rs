//! The days that a case is about: today, and days of the past that the collector has nothing of.

use collectors::protocol::{Body, CounterAnswer, Counters, Message};
use domain::{Date, ResponseCode};

use super::{Scene, Stop};
use crate::case::Ask;
use crate::clause::Clause;
use crate::hub::Got;
use crate::letters::Writer;
use crate::restart;
use crate::text::Text;

/// Days that are tried until one is found that nobody has used.
const FRESH_DAYS_TRIED: usize = 40;

impl Scene<'_> {
    pub(super) fn named_day(&self, name: &str) -> Date {
        let today = self.hub.today();
        match name {
            "tomorrow" => today.succ_opt().unwrap_or(today),
            "yesterday" => today.pred_opt().unwrap_or(today),
            _ => today,
        }
    }

    /// The day of that name; a new name is a day that the collector has nothing of, and that is opened.
    pub(super) async fn day(&mut self, name: Option<&str>) -> Result<Date, Stop> {
        let name = name.unwrap_or("today");
        if matches!(name, "today" | "tomorrow" | "yesterday") {
            return Ok(self.named_day(name));
        }
        if let Some(day) = self.days.get(name) {
            return Ok(*day);
        }
        for _ in 0..FRESH_DAYS_TRIED {
            let day = self.pool.next_day(self.hub.today());
            if self.opened(day).await? {
                self.days.insert(name.to_owned(), day);
                return Ok(day);
            }
        }
        Err(self.no_day_is_free())
    }

    /// Full books and a collector that opens no such day look alike from here, so nobody is blamed.
    fn no_day_is_free(&self) -> Stop {
        let last = self.log.last().map_or_else(|| Text::new("", ""), |last| last.got.say());
        Stop::NotRun(Text::new(
            format!(
                "could not be tested: none of {FRESH_DAYS_TRIED} days could be opened with counters of zero \
                 (the last got {}): empty the test books, or take Open of a past day",
                last.en
            ),
            format!(
                "試験できません。{FRESH_DAYS_TRIED} 日のどれも、カウンタ 0 の状態で開局できませんでした\
                 (最後の結果は{})。試験用の記録を空にするか、過去の日の開局を受け付けてください。",
                last.ja
            ),
        ))
    }

    /// Comes to the business day after, the next one that the collector has nothing of, and opens it.
    pub(super) async fn next_day(&mut self, name: &str) -> Result<(), Stop> {
        let has_clock = self.hub.declaration().clock.is_some();
        let mut day = match self.last_day {
            Some(last) => last,
            None if has_clock => self.hub.today(),
            None => self.pool.next_end_of_month(self.hub.today()),
        };
        for _ in 0..FRESH_DAYS_TRIED {
            day = day.succ_opt().unwrap_or(day);
            if has_clock {
                restart::set_clock(self.hub, day).await.map_err(Stop::NotRun)?;
            }
            if self.opened(day).await? {
                self.days.insert(name.to_owned(), day);
                self.last_day = Some(day);
                return Ok(());
            }
        }
        Err(self.no_day_is_free())
    }

    /// Opens a day, and says whether that was possible and there is nothing on record for it.
    async fn opened(&mut self, day: Date) -> Result<bool, Stop> {
        let ask = Ask::default();
        for is_counter in [false, true] {
            let writer = Writer { hub: self.hub, ask: &ask, key: self.hub.next_key(day) };
            let letter = if is_counter { writer.counter(day) } else { writer.open() };
            let letter = letter.map_err(|what| self.mistaken(&what))?;
            let exchanged = self.hub.exchange(&letter, None, self.begun).await;
            let got = self.keep(exchanged);
            match &got {
                Got::Answer(Message {
                    body: Body::CounterAnswer(CounterAnswer::Counted(counters)), ..
                }) if *counters == Counters::default() => {
                    return Ok(true);
                }
                Got::Answer(message) if !is_counter && message.body.code() == Some(ResponseCode::Normal) => {}
                // closed by an earlier run, or used by one
                Got::Answer(_) => return Ok(false),
                other => return Err(self.found(other.clause(Clause::Days), other.say())),
            }
        }
        Ok(false)
    }
}
