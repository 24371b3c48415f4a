//! What a contract has handed in and the bank has not finished: what its people ask about on the telephone when it is
//! stopped.

use bulk::{Batch, BatchQuery, batches_of};
use domain::{ContractId, PaymentId, Yen, time};
use gateway::{Gateway, Payment};
use transfers::{Order, OrderQuery, Settings, State, Transfers};

use crate::contracts::Store;
use crate::transfers::words as transfer_words;
use crate::{bulk as batches, payeasy};

/// Items of one kind that are shown at most.
pub const SHOWN_MAX: u32 = 100;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// 受付番号; nothing of a file.
    pub number: String,
    /// Kind, payee or collector, and the day.
    pub words: String,
    /// The state, as the customer sees it.
    pub state: &'static str,
    /// What leaves the account.
    pub amount: Yen,
    /// The payment, where it is one.
    pub payment: Option<PaymentId>,
}

/// Those that a stop keeps back, or those that go on, as far as they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// They, each kind the newest first.
    pub items: Vec<UnderWay>,
    /// Whether there are more of a kind.
    pub more: bool,
}

impl Group {
    fn take<T>(&mut self, found: &[T], item: impl Fn(&T) -> UnderWay) {
        let most = usize::try_from(SHOWN_MAX).unwrap_or(usize::MAX);
        self.more |= found.len() > most;
        self.items.extend(found.iter().take(most).map(item));
    }

    /// `3件`; where not all are shown `100件以上`.
    pub fn count(&self) -> String {
        format!("{}件{}", self.items.len(), if self.more { "以上" } else { "" })
    }
}

/// All of a contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Whose day is still to come, so that a stop keeps it back.
    pub reserved: Group,
    /// What goes on.
    pub open: Group,
}

impl Taken {
    /// What is reserved first, then what goes on.
    pub fn items(&self) -> impl Iterator<Item = &UnderWay> {
        self.reserved.items.iter().chain(&self.open.items)
    }

    /// Whether there is more than the items.
    pub const fn has_more(&self) -> bool {
        self.reserved.more || self.open.more
    }
}

/// Why they cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// The accounts.
    #[error(transparent)]
    Contracts(#[from] crate::contracts::StoreError),
    /// The orders.
    #[error(transparent)]
    Transfers(#[from] transfers::StoreError),
    /// The batches.
    #[error(transparent)]
    Bulk(#[from] bulk::StoreError),
    /// The payments.
    #[error(transparent)]
    Gateway(#[from] gateway::StoreError),
}

/// What a contract has under way, for staff.
pub async fn under_way(gateway: &Gateway, contracts: &Store, contract: ContractId) -> Result<Taken, Unread> {
    let accounts: Vec<_> = contracts.accounts(contract).await?.into_iter().map(|one| one.account).collect();
    let engine = Transfers::reader(Settings::new(gateway.own_bank().clone()), gateway.ledger().clone(), None);
    // one more than is shown, which tells that there is more
    let limit = SHOWN_MAX.saturating_add(1);
    let of = |states| OrderQuery { states, ..OrderQuery::newest(contract, accounts.clone(), limit) };
    let batches = |states| BatchQuery { states, ..BatchQuery::newest(contract, limit) };
    let mut taken = Taken::default();
    taken.reserved.take(&engine.list(&of(vec![State::Reserved])).await?, of_order);
    taken.open.take(&engine.list(&of(vec![State::Held, State::Sending, State::Unknown])).await?, of_order);
    let approved = batches(vec![bulk::State::Approved]);
    taken.reserved.take(&batches_of(contracts.database(), &approved).await?, of_batch);
    let running = batches(vec![bulk::State::Running, bulk::State::Handed]);
    taken.open.take(&batches_of(contracts.database(), &running).await?, of_batch);
    // by what waits to be sent: a contract's history is long
    let mut payments = gateway.open_payments(contract, &accounts, limit).await?;
    payments.reverse();
    taken.open.take(&payments, |payment| of_payment(gateway, payment));
    Ok(taken)
}

fn of_order(order: &Order) -> UnderWay {
    let (facts, state) = (&order.facts, order.state);
    let (kind, title) = (transfer_words::kind(facts.relation), transfer_words::title(facts));
    UnderWay {
        number: transfer_words::number(facts),
        words: format!("{kind} {title} 指定日 {}", time::month_day(facts.day)),
        state: transfer_words::shown_of(facts.relation, state).word,
        amount: facts.amount,
        payment: None,
    }
}

fn of_batch(batch: &Batch) -> UnderWay {
    let (day, kind) = (batches::words::day(batch.heading.day), batch.heading.kind);
    UnderWay {
        number: String::new(),
        words: format!("{} {}件 {} {day}", batches::words::title(batch), batch.rows, kind.day_name()),
        state: batch.state.label(),
        amount: batch.amount,
        payment: None,
    }
}

fn of_payment(gateway: &Gateway, payment: &Payment) -> UnderWay {
    let (facts, shown) = (&payment.facts, payeasy::words::shown(payment.state));
    let collector = gateway.collectors().get(&facts.collector);
    let collector = collector.map_or_else(|| facts.collector.to_string(), |one| one.shown_name());
    UnderWay {
        number: facts.receipt_number.to_string(),
        words: format!("税金・各種料金 {collector}"),
        state: shown.word,
        amount: facts.amount.checked_add(facts.fee).unwrap_or(facts.amount),
        payment: Some(facts.id),
    }
}
