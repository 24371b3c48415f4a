//! Mails about payments: the feed follows the hub's events in their order and writes one an event and addressee,
//! however often it is begun anew.

use database::Row;
use domain::payment::{Event, State};
use domain::time::month_day;
use edge::Shutdown;
use gateway::feed::{Change, View};
use gateway::{Gateway, Payment, StoreError as HubError};
use ledger::{Ledger, Refused};

use super::follow::{self, Follow, Found};
use super::{Notice, To, masked};
use crate::contracts::{Store, StoreError};

/// Events that one commit turns into mails at most.
const BATCH_CHANGES: u32 = 100;

/// Writes mails about payments. Cheap to clone.
#[derive(Clone)]
pub struct Feed {
    gateway: Gateway,
    contracts: Store,
}

/// Why the feed could not go on.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The hub's data cannot be read.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// The contracts cannot be read.
    #[error(transparent)]
    Contracts(#[from] StoreError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The mails could not be committed.
    #[error("mails could not be committed: {0}")]
    Refused(#[from] Refused),
}

impl Feed {
    /// Of a hub's payments, to the users of these contracts.
    pub const fn new(gateway: Gateway, contracts: Store) -> Self {
        Self { gateway, contracts }
    }

    /// Goes on until the process stops.
    pub async fn run(self, shutdown: Shutdown) {
        follow::run(self, shutdown).await;
    }

    /// Turns what is new into mails, and says whether there may be more already.
    pub async fn step(&self) -> Result<bool, FeedError> {
        follow::step(self).await
    }

    async fn mails(&self, change: &Change) -> Result<Vec<Row>, FeedError> {
        let Some(told) = Told::of(change.event) else { return Ok(Vec::new()) };
        let Some(payment) = self.gateway.payment_for_operator(change.payment).await? else {
            return Ok(Vec::new());
        };
        // whoever paid at the counter has the paper; and what is sent at once is told when it is done, or when it has
        // come back unsent
        let waits = matches!(change.event, Event::Held | Event::NotApplied);
        if payment.facts.is_at_counter() || (waits && payment.state != State::Held) {
            return Ok(Vec::new());
        }
        let Some(contract) = self.contracts.contract(payment.facts.contract).await? else {
            return Ok(Vec::new());
        };
        let to =
            self.contracts.recipients(contract.id, To::UserAndAdministrators(payment.facts.user)).await?;
        let notice = Notice {
            event: match waits {
                // that it waits is told once, whichever event says it first
                true => format!("payment-{}-waits", change.payment),
                false => format!("payment-{}-{}", change.payment, change.position),
            },
            title: told.title.to_owned(),
            lines: self.lines(&payment).await?,
            advice: told.advice,
        };
        Ok(notice.rows(&contract, &to, change.at))
    }

    async fn lines(&self, payment: &Payment) -> Result<Vec<(&'static str, String)>, FeedError> {
        let facts = &payment.facts;
        let row = self.gateway.collectors().get(&facts.collector);
        let collector = row.map_or_else(|| facts.collector.to_string(), |row| row.shown_name());
        let accounts = self.contracts.accounts(facts.contract).await?;
        let account = accounts.iter().find(|one| one.account == facts.account);
        let mut lines = vec![
            ("受付番号", facts.receipt_number.clone()),
            ("受付日", month_day(facts.receipt_date)),
            ("収納機関", collector),
            ("払込金額", format!("{} 円", facts.amount)),
        ];
        if facts.fee != domain::Yen::ZERO {
            lines.push(("手数料", format!("{} 円", facts.fee)));
        }
        if let Some(one) = account {
            let number = format!("{} {} {}", one.branch_name, one.kind.label(), masked(&one.number));
            lines.push(("お支払い口座", number));
        }
        Ok(lines)
    }
}

impl Follow for Feed {
    type Error = FeedError;
    const NAME: &'static str = "payments";

    fn ledger(&self) -> &Ledger {
        self.gateway.ledger()
    }

    async fn after(&self, position: i64) -> Result<Found, FeedError> {
        let new = self.gateway.changes(&View::All, position, BATCH_CHANGES).await?;
        let mut mails = Vec::new();
        for change in &new.changes {
            mails.extend(self.mails(change).await?);
        }
        Ok(Found { is_news: !new.changes.is_empty(), mails, next: new.next, more: new.more })
    }

    fn is_stale(error: &FeedError) -> bool {
        matches!(error, FeedError::Refused(Refused::Stale))
    }
}

/// What an event is called, and what the reader does.
struct Told {
    title: &'static str,
    advice: &'static str,
}

impl Told {
    /// Events that people are told of: what became of the payment, and what comes later.
    const fn of(event: Event) -> Option<Self> {
        let (title, advice) = match event {
            Event::Held => (
                "税金・各種料金の払込を受け付けました",
                "お支払い金額は口座に確保しています。収納機関へ送信し、結果が出たらあらためてお知らせします。",
            ),
            Event::NotApplied => (
                "税金・各種料金の払込を収納機関へ送信できず、もう一度送ります",
                "お支払い金額は口座に確保したままです。もう一度払い込まないでください。結果が出たらお知らせします。",
            ),
            Event::Accepted => ("税金・各種料金の払込が完了しました", Notice::NOT_YOURS),
            Event::OutcomeUnknown => (
                "税金・各種料金の払込の結果を確認しています",
                "お支払い金額は口座に確保したままです。もう一度払い込まないでください。結果が出たらお知らせします。",
            ),
            Event::Rejected => (
                "税金・各種料金の払込は成立しませんでした",
                "お支払い金額は引き落とされていません。払込書の内容を確かめ、もう一度お手続きください。",
            ),
            Event::Voided => (
                "税金・各種料金の払込を取りやめました",
                "収納機関へ送信できないまま取扱いが終わったため、お支払い金額は引き落とされていません。",
            ),
            Event::Refunded => (
                "税金・各種料金の払込金を返金しました",
                "収納機関に払込が記録されていなかったため、手数料を含めて口座に戻しました。請求はまだ払い込まれていません。",
            ),
            _ => return None,
        };
        Some(Self { title, advice })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves R20.
    #[test]
    fn people_are_told_of_every_end_and_of_what_comes_later() {
        let told = [
            Event::Held,
            Event::NotApplied,
            Event::Accepted,
            Event::OutcomeUnknown,
            Event::Rejected,
            Event::Voided,
            Event::Refunded,
        ];
        for event in Event::ALL {
            assert_eq!(Told::of(*event).is_some(), told.contains(event), "{event}");
        }
    }
}
