//! A storm as it is played: its gusts one after another, then every answer and the books.

use domain::ResponseCode;
use tokio::task::JoinSet;

use super::{Saved, Scene, Stop, answer_of};
use crate::case::{Ask, Books, Code, Expect, Step};
use crate::hub::Got;
use crate::letters::Writer;
use crate::restart;
use crate::storm::{self, Gust, Sending, Storm};

impl Scene<'_> {
    /// Pays bills of a day of its own while everything goes wrong, and then looks at each answer and the books.
    pub(super) async fn storm(&mut self, storm: &Storm) -> Result<(), Stop> {
        let name_of_day = storm.day.as_deref().unwrap_or("the day of the storm").to_owned();
        let day = self.day(Some(&name_of_day)).await?;
        // two storms of one case are not the same
        let day_in_name = storm.day.as_ref().map_or(String::new(), |day| format!(" {day}"));
        let drawn_for = format!("{}{day_in_name}", self.case.id);
        let mut names = Vec::new();
        for payment in 0..storm.payments {
            let amount_by = i64::from(storm.mismatched && payment % 2 == 1);
            let name = format!("{name_of_day}-{payment}");
            let bill = format!("payable#{name}");
            let ask = Ask { bill: Some(bill), amount_by, ..Ask::default() };
            let (letter, amount) = self.letter(&Step::Clearing(ask.clone()), &ask, day).await?;
            self.saved.insert(name.clone(), Saved { letter, answer: None, amount });
            names.push(name);
        }
        for gust in storm::plan(storm, self.seed, &drawn_for) {
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
            if is_mismatch { books.unfit.push(name) } else { books.cleared.push(name) }
        }
        self.count(&name_of_day, books).await
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
            let got = self.keep(exchanged);
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
}
