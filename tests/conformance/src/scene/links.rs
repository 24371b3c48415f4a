//! Hand-offs of the collector's site, as a case asks for them.

use domain::BillId;
use domain::clock::machine_now;
use tokio::task::JoinSet;

use super::{Scene, Stop};
use crate::case::outcome_of;
use crate::clause::Clause;
use crate::declaration::{Link, Outcome};
use crate::hub::Got;
use crate::link::{self, Asked, Handed, LinkAsk};
use crate::text::Text;

impl Scene<'_> {
    fn agreed(&self) -> Result<Link, Stop> {
        let link = self.hub.declaration().link.clone();
        link.ok_or_else(|| self.mistaken("the declaration has no [link]"))
    }

    /// Fetches the page of the bills as the payer's browser would, and judges what it hands over.
    pub(super) async fn hand_off(&mut self, ask: &LinkAsk) -> Result<(), Stop> {
        let link = self.agreed()?;
        for bill in &ask.bills {
            if !outcome_of(bill).is_some_and(Outcome::is_found) {
                return Err(self.mistaken("only what can be paid is handed over"));
            }
            if !self.taken.contains_key(bill) {
                self.take(bill, self.hub.today()).await?;
            }
        }
        let taken: Vec<_> = ask.bills.iter().filter_map(|name| self.taken.get(name)).cloned().collect();
        let numbers: Vec<&str> = taken.iter().map(|taken| taken.slip.key.customer_number.as_str()).collect();
        let page = link.page(&ask.pattern, &numbers);
        let at = link.clock.unwrap_or_else(machine_now);
        let mut running = JoinSet::new();
        for _ in 0..ask.at_once.max(1) {
            let (hub, page, begun) = (self.hub.clone(), page.clone(), self.begun);
            running.spawn(async move { hub.fetch(&page, begun).await });
        }
        for exchanged in running.join_all().await {
            let text = String::from_utf8_lossy(&exchanged.answer).into_owned();
            if self.keep(exchanged) != Got::Page {
                let came = self.log.last().map_or_else(|| Text::new("", ""), |last| last.got.say());
                let en = format!("a page with the form was due, and there came {}", came.en);
                return Err(self.found(
                    Clause::LinkForm,
                    Text::new(en, format!("フォームのページではなく、{}", came.ja)),
                ));
            }
            let handed = link::read(&link, &ask.pattern, &text, at);
            let handed = handed.map_err(|(clause, what)| self.found(clause, what))?;
            let asked = taken
                .iter()
                .filter_map(|taken| Some(Asked { slip: &taken.slip, bill: taken.bills.first()? }));
            let asked: Vec<_> = asked.collect();
            let collector = self.hub.declaration().collector.as_str();
            if let Some((clause, what)) = link::wrong(&handed, ask, &link, collector, &asked, at) {
                return Err(self.found(clause, what));
            }
            self.handed.push(handed);
            if let Some((clause, what)) = link::repeated(&self.handed, &ask.check) {
                return Err(self.found(clause, what));
            }
        }
        if let (Some(name), Some(last)) = (&ask.save, self.handed.last()) {
            self.hand_offs.insert(name.clone(), last.clone());
        }
        Ok(())
    }

    /// The hand-off that a step has saved.
    pub(super) fn handed(&self, name: &str) -> Result<&Handed, Stop> {
        self.hand_offs.get(name).ok_or_else(|| self.mistaken("it names a hand-off that was not saved"))
    }

    /// The id that a clearing has for a bill of a hand-off, at that place from 0.
    pub(super) fn id_of_hand_off(&self, name: &str, place: usize) -> Result<BillId, Stop> {
        let bill = self.handed(name)?.hand_off.bills.get(place);
        bill.map(|handed| handed.bill.id.clone())
            .ok_or_else(|| self.mistaken("the hand-off has no such bill"))
    }

    /// The payer's browser goes back to the site; whatever it answers.
    pub(super) async fn go_back(&mut self, of: &str) -> Result<(), Stop> {
        let (link, url) = (self.agreed()?, self.handed(of)?.hand_off.return_url.clone());
        let is_registered = link.return_urls.iter().any(|registered| registered.covers(&url));
        let Some(address) = url.parse().ok().filter(|_| is_registered) else {
            return Err(self.found(
                Clause::LinkRefusals,
                Text::new(
                    format!("return_url {url} lies below no registered address, so nobody goes there"),
                    format!("return_url {url} は登録された戻り先の下にないため、誰も戻れません。"),
                ),
            ));
        };
        let exchanged = self.hub.fetch(&address, self.begun).await;
        self.keep(exchanged);
        Ok(())
    }
}
