//! What is asked and told about a whole day.

use domain::{Date, ResponseCode};

use super::Exchange;
use crate::faults::Mode;
use crate::message::{Answer, Close, Counter, Kind, Lines, Service, SettlementAdvice};
use crate::mistakes::Mistake;
use crate::service::Told;
use crate::store::StoreError;
use crate::{counters, journal, message, service, settlements};

impl Exchange<'_> {
    /// Why nothing is said about a day, if nothing is.
    fn unanswered(&self, bank: &str, counted: Date) -> Option<ResponseCode> {
        if self.fault.mode == Mode::Closed {
            Some(ResponseCode::NotOpen)
        } else if bank != self.mocks.config().bank_code && !self.mocks.make(Mistake::IgnoresTheBank) {
            Some(ResponseCode::BankNotContracted)
        } else if counted > self.now.date() && !self.mocks.make(Mistake::CountsTomorrow) {
            Some(ResponseCode::CounterDateWrong)
        } else {
            None
        }
    }

    /// 開局 and 予備閉局.
    pub(super) async fn tell(&self, asked: &Service) -> Result<Vec<u8>, StoreError> {
        let day = self.received.header.processing_date;
        if let Some(code) = self.unanswered(&asked.bank, day) {
            return self.say(code, &Answer::Service(code)).await;
        }
        let wanted = if self.received.kind == Kind::Open { Told::Open } else { Told::PreClosed };
        let number = &self.institution.number;
        let mut write = self.mocks.store().write().await?;
        let code = service::tell(&mut write, number, day, wanted, self.now).await?;
        let answer = message::write(&self.received.header, self.now, &Answer::Service(code));
        let entry = self.entry(&answer).answered(code);
        journal::insert(&mut write, number, &entry, self.now).await?;
        write.commit().await?;
        self.log("a day was opened or pre-closed", code, false);
        Ok(answer)
    }

    /// 閉局: the collector's counters go back, whatever the hub's are.
    pub(super) async fn close(&self, close: &Close) -> Result<Vec<u8>, StoreError> {
        let day = close.counted_date;
        if let Some(code) = self.unanswered(&close.service.bank, day) {
            return self.refuse(self.received.kind, code).await;
        }
        let number = &self.institution.number;
        let mut write = self.mocks.store().write().await?;
        let code = service::tell(&mut write, number, day, Told::Closed, self.now).await?;
        service::keep_hub_counters(&mut write, number, day, &close.counters).await?;
        let sender = &self.received.header.sender;
        let own = counters::count(&mut *write, number, sender, day).await?;
        let said = Answer::Counter { code, counters: Some(own) };
        let answer = message::write(&self.received.header, self.now, &said);
        let entry = self.entry(&answer).answered(code);
        journal::insert(&mut write, number, &entry, self.now).await?;
        write.commit().await?;
        if own == close.counters {
            self.log("a day was closed", code, false);
        } else {
            tracing::warn!(collector = %number, %day, "a day was closed, and the hub counts otherwise");
        }
        Ok(answer)
    }

    /// 収納カウンタ照会.
    pub(super) async fn count(&self, counter: &Counter) -> Result<Vec<u8>, StoreError> {
        let day = counter.counted_date;
        if let Some(code) = self.unanswered(&counter.service.bank, day) {
            return self.refuse(self.received.kind, code).await;
        }
        let (reader, sender) = (self.mocks.store().reader(), &self.received.header.sender);
        let own = counters::count(reader, &self.institution.number, sender, day).await?;
        let code = ResponseCode::Normal;
        self.say(code, &Answer::Counter { code, counters: Some(own) }).await
    }

    /// 消込明細照会.
    pub(super) async fn lines(&self, lines: &Lines) -> Result<Vec<u8>, StoreError> {
        let day = lines.counted_date;
        if let Some(code) = self.unanswered(&lines.service.bank, day) {
            return self.refuse(self.received.kind, code).await;
        }
        let (reader, sender) = (self.mocks.store().reader(), &self.received.header.sender);
        let after = lines.after.filter(|_| !self.mocks.make(Mistake::IgnoresAfter));
        let mut page = counters::page(reader, &self.institution.number, sender, day, after).await?;
        if self.fault.mode == Mode::ShortLines {
            page.lines.pop();
        }
        let code = ResponseCode::Normal;
        self.say(code, &Answer::Lines { code, page: Some(page) }).await
    }

    /// 資金決済通知.
    pub(super) async fn advise(&self, advice: &SettlementAdvice) -> Result<Vec<u8>, StoreError> {
        // whatever the days in it, an advice is taken
        if let Some(code) = self.unanswered(&advice.bank, self.now.date()) {
            return self.refuse(self.received.kind, code).await;
        }
        let number = &self.institution.number;
        let mut write = self.mocks.store().write().await?;
        let sender = &self.received.header.sender;
        let code = settlements::keep(&mut write, number, sender, advice, self.now).await?;
        let answer = message::write(&self.received.header, self.now, &Answer::SettlementAdvice(code));
        let entry = self.entry(&answer).answered(code);
        journal::insert(&mut write, number, &entry, self.now).await?;
        write.commit().await?;
        self.log("a settlement advice was answered", code, false);
        Ok(answer)
    }
}
