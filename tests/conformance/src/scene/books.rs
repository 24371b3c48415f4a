//! What a collector counts and lists, against what a case has sent.

use collectors::protocol::{Body, CounterAnswer, Counters, Line, LinesAnswer, Message, Tally};
use domain::{Date, ResponseCode, Serial, Yen};

use super::{Scene, Stop};
use crate::case::{Ask, Expect};
use crate::clause::Clause;
use crate::hub::Got;
use crate::judge::{self, Entry, Kept};
use crate::letters::Writer;
use crate::text::Text;

/// Pages of lines that are read of one day.
const PAGES_MAX: usize = 400;

impl Scene<'_> {
    /// The saved messages that an expectation names.
    pub(super) fn kept(&self, expect: &Expect) -> Result<Option<Kept>, Stop> {
        let Some(books) = &expect.books else { return Ok(None) };
        let entries = |names: &[String]| {
            let entry = |name: &String| {
                let saved = self.saved(Some(name))?;
                let amount = saved.amount.ok_or_else(|| self.mistaken("it counts what has no amount"))?;
                Ok(Entry { serial: saved.letter.message.header.serial, amount })
            };
            names.iter().map(entry).collect::<Result<Vec<_>, Stop>>()
        };
        let mut kept = Kept {
            cleared: entries(&books.cleared)?,
            provisional: entries(&books.provisional)?,
            cancelled: entries(&books.cancelled)?,
            refused: entries(&books.refused)?,
        };
        for name in &books.unfit {
            let entry = entries(std::slice::from_ref(name))?;
            match self.saved(Some(name))?.answer.as_ref().and_then(judge::said) {
                Some((ResponseCode::Normal, ..)) => kept.provisional.extend(entry),
                _ => kept.refused.extend(entry),
            }
        }
        Ok(Some(kept))
    }

    pub(super) fn counters(&self, expect: &Expect, counters: Counters) -> Result<(), Stop> {
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
    pub(super) async fn lines(&mut self, ask: &Ask, day: Date) -> Result<(), Stop> {
        let counted = match &ask.counted {
            Some(name) => self.days.get(name).copied().unwrap_or_else(|| self.named_day(name)),
            None => day,
        };
        let is_shared = counted == self.hub.today();
        let begins_after = match &ask.after {
            Some(name) => Some(self.saved(Some(name))?.letter.message.header.serial),
            None => is_shared.then(|| self.pool.first_serial()),
        };
        let mut after: Option<Serial> = begins_after;
        let mut lines: Vec<Line> = Vec::new();
        for _ in 0..PAGES_MAX {
            let writer = Writer { hub: self.hub, ask, key: self.hub.next_key(day) };
            let letter = writer.lines(counted, after).map_err(|what| self.mistaken(&what))?;
            let (place, got) = self.send(&letter, ask).await.swap_remove(0);
            self.judged = Some(place);
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
