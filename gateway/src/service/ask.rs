//! The exchanges of a day: Open, `PreClose`, Close, Counter and Lines, each under a key of its own.

use bytes::Bytes;
use collectors::protocol::{
    self, Body, Close, Counter, CounterAnswer, Counters, Header, Line, Lines, LinesAnswer, Message, Service,
    ServiceAnswer,
};
use collectors::{Collector, Outcome};
use domain::{Date, ResponseCode, Serial};

use crate::inquiry::centre;
use crate::points::Exchange;
use crate::{Gateway, StoreError};

/// Pages of lines at most: more clearings than a collector can have in a day.
const PAGES_MAX: usize = 2_000;

/// Why a collector did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    /// It said why.
    #[error("the collector answered {0}")]
    Refused(ResponseCode),
    /// Nothing came that counts.
    #[error("the collector gave no usable answer: {0}")]
    NoAnswer(String),
    /// Our own database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gateway {
    fn service(&self, collector: &Collector) -> Service {
        Service { bank: self.0.settings.bank.clone(), kind: collector.kind }
    }

    /// 開局 of today.
    pub(super) async fn tell_open(&self, collector: &Collector) -> Result<(), Unanswered> {
        done(self.request(Exchange::Open, collector, Body::Open(self.service(collector))).await?)
    }

    /// 予備閉局 of today.
    pub(super) async fn tell_pre_close(&self, collector: &Collector) -> Result<(), Unanswered> {
        done(self.request(Exchange::PreClose, collector, Body::PreClose(self.service(collector))).await?)
    }

    /// 閉局 of a day, with the hub's counters of it; answers the collector's.
    pub(super) async fn tell_close(
        &self,
        collector: &Collector,
        counted_date: Date,
        counters: Counters,
    ) -> Result<Counters, Unanswered> {
        let Service { bank, kind } = self.service(collector);
        let body = Body::Close(Close { bank, kind, counted_date, counters });
        counted(self.request(Exchange::Close, collector, body).await?)
    }

    /// 収納カウンタ of a day.
    pub(crate) async fn ask_counter(
        &self,
        collector: &Collector,
        counted_date: Date,
    ) -> Result<Counters, Unanswered> {
        let Service { bank, kind } = self.service(collector);
        let body = Body::Counter(Counter { bank, kind, counted_date });
        counted(self.request(Exchange::Counter, collector, body).await?)
    }

    /// 消込明細 of a day, all pages of it.
    pub(crate) async fn ask_lines(
        &self,
        collector: &Collector,
        counted_date: Date,
    ) -> Result<Vec<Line>, Unanswered> {
        let mut all: Vec<Line> = Vec::new();
        let mut after: Option<Serial> = None;
        for _ in 0..PAGES_MAX {
            let Service { bank, kind } = self.service(collector);
            let body = Body::Lines(Lines { bank, kind, counted_date, after });
            let (lines, more) = match self.request(Exchange::Lines, collector, body).await? {
                Body::LinesAnswer(LinesAnswer::Page { lines, more }) => (lines, more),
                Body::LinesAnswer(LinesAnswer::Refused(code)) => return Err(Unanswered::Refused(code)),
                other => return Err(misfit(&other)),
            };
            // a page that does not go on would be asked for again and again
            let last = lines.iter().map(|line| line.serial).max();
            if lines.iter().any(|line| Some(line.serial) <= after) {
                return Err(Unanswered::NoAnswer("a page of lines repeats an earlier one".to_owned()));
            }
            all.extend(lines);
            if !more {
                return Ok(all);
            }
            after = last;
        }
        Err(Unanswered::NoAnswer(format!("more than {PAGES_MAX} pages of lines")))
    }

    async fn request(&self, what: Exchange, collector: &Collector, body: Body) -> Result<Body, Unanswered> {
        let now = self.now();
        let key = self.0.serials.next(self.database(), now.date()).await?;
        let message = Message { header: Header::request(&key, centre(&collector.number), now), body };
        let encoded = Bytes::from(protocol::encode(&message));
        match self.exchange(what, &collector.number, encoded).await {
            Outcome::Answered(answer) => Ok(answer.message.body),
            Outcome::NotSent(reason) => Err(Unanswered::NoAnswer(reason.to_string())),
            Outcome::Silent(reason) => Err(Unanswered::NoAnswer(reason.to_string())),
        }
    }
}

fn done(answer: Body) -> Result<(), Unanswered> {
    match answer {
        Body::ServiceAnswer(ServiceAnswer { code: ResponseCode::Normal }) => Ok(()),
        Body::ServiceAnswer(ServiceAnswer { code }) => Err(Unanswered::Refused(code)),
        other => Err(misfit(&other)),
    }
}

fn counted(answer: Body) -> Result<Counters, Unanswered> {
    match answer {
        Body::CounterAnswer(CounterAnswer::Counted(counters)) => Ok(counters),
        Body::CounterAnswer(CounterAnswer::Refused(code)) => Err(Unanswered::Refused(code)),
        other => Err(misfit(&other)),
    }
}

/// The client lets no such answer through.
fn misfit(answer: &Body) -> Unanswered {
    Unanswered::NoAnswer(format!("it was answered by {}", answer.name()))
}
