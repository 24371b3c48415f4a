//! What a contract has handed in and the bank has not finished: what its people ask about on the telephone when it is
//! stopped.

use bulk::{BatchQuery, batches_of};
use domain::{ContractId, PaymentId, Yen, time};
use gateway::Gateway;
use transfers::{OrderQuery, Settings, State, Transfers};

use crate::contracts::Store;
use crate::transfers::words as transfer_words;
use crate::{bulk as batches, payeasy};

/// Items of one kind that are shown at most.
pub const SHOWN_MAX: u32 = 100;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// Whether its day is still to come, so that a stop keeps it back; else it goes on.
    pub is_reserved: bool,
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

/// All of a contract, for staff: what is reserved first, then what is under way, each the newest first.
pub async fn under_way(
    gateway: &Gateway,
    contracts: &Store,
    contract: ContractId,
) -> Result<Vec<UnderWay>, Unread> {
    let accounts: Vec<_> = contracts.accounts(contract).await?.into_iter().map(|one| one.account).collect();
    let engine = Transfers::reader(Settings::new(gateway.own_bank().clone()), gateway.ledger().clone(), None);
    let of = |states| OrderQuery { states, ..OrderQuery::newest(contract, accounts.clone(), SHOWN_MAX) };
    let mut orders = engine.list(&of(vec![State::Reserved])).await?;
    orders.extend(engine.list(&of(vec![State::Held, State::Sending, State::Unknown])).await?);
    let mut all: Vec<UnderWay> = Vec::new();
    for order in orders {
        let (facts, state) = (order.facts, order.state);
        let (kind, title) = (transfer_words::kind(facts.relation), transfer_words::title(&facts));
        all.push(UnderWay {
            is_reserved: state == State::Reserved,
            number: transfer_words::number(&facts),
            words: format!("{kind} {title} 指定日 {}", time::month_day(facts.day)),
            state: transfer_words::shown_of(facts.relation, state).word,
            amount: facts.amount,
            payment: None,
        });
    }
    let states = vec![bulk::State::Approved, bulk::State::Running, bulk::State::Handed];
    let query = BatchQuery { states, ..BatchQuery::newest(contract, SHOWN_MAX) };
    for batch in batches_of(contracts.database(), &query).await? {
        let day = batches::words::day(batch.heading.day);
        let words = format!(
            "{} {}件 {} {day}",
            batches::words::title(&batch),
            batch.rows,
            batch.heading.kind.day_name()
        );
        all.push(UnderWay {
            is_reserved: batch.state == bulk::State::Approved,
            number: String::new(),
            words,
            state: batch.state.label(),
            amount: batch.amount,
            payment: None,
        });
    }
    // by what waits to be sent: a contract's history is long
    for payment in gateway.open_payments(contract, &accounts, SHOWN_MAX).await?.into_iter().rev() {
        let (facts, shown) = (payment.facts, payeasy::words::shown(payment.state));
        let collector = gateway.collectors().get(&facts.collector);
        let collector = collector.map_or_else(|| facts.collector.to_string(), |one| one.shown_name());
        all.push(UnderWay {
            is_reserved: false,
            number: facts.receipt_number.to_string(),
            words: format!("税金・各種料金 {collector}"),
            state: shown.word,
            amount: facts.amount.checked_add(facts.fee).unwrap_or(facts.amount),
            payment: Some(facts.id),
        });
    }
    all.sort_by_key(|one| !one.is_reserved);
    Ok(all)
}
