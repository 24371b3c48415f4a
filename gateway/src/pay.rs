//! The payer confirms: hold the money, send the clearing, hand out the payment in whatever state it is.

use std::time::Duration;

use collectors::directory::Suspension;
use database::read;
use domain::payment::State;
use domain::{AccountId, BillId, CollectorNumber, InquiryId, PaymentId, Yen};
use ledger::{GuardKey, Refused, TransferResult};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::daily_limit::{DailyLimit, OverLimit};
use crate::guard::{Guard, GuardKind};
use crate::inquiry::Inquiry;
use crate::payment::step::{self, Effect};
use crate::payment::{Facts, Payment, order as orders};
use crate::points::Persist;
use crate::sender::Delivery;
use crate::turns::Turn;
use crate::{Gateway, Operator, Payer, Service, StoreError};

/// Before the first look at a payment that another request is making.
const ANSWER_LOOK_PAUSE: Duration = Duration::from_millis(50);
/// Between two looks at most: many may wait for one payment.
const ANSWER_LOOK_PAUSE_MAX: Duration = Duration::from_millis(400);

/// Sums of a day that one payment is held against at most: of those that want the same number one gets it each time.
const LIMIT_TRIES_MAX: usize = 64;

/// Why nothing was held.
enum NotHeld {
    /// The ledger refused.
    Refused(Refused),
    /// It was not asked, or cannot be.
    Error(PayError),
}

impl From<PayError> for NotHeld {
    fn from(error: PayError) -> Self {
        Self::Error(error)
    }
}

/// What the commit of a hold takes with the money, and what it must not meet.
struct Taken {
    guards: Vec<Guard>,
    /// An emergency stop that is committed before the hold refuses it, in whatever process (SEC-43); what the order
    /// names besides does as well.
    bars: Vec<GuardKey>,
}

/// What the payer confirmed, as it was shown.
#[derive(Clone, Debug)]
pub struct PaymentOrder {
    /// Made when the review was first shown: the same id again is the same payment.
    pub payment: PaymentId,
    /// Who confirms.
    pub payer: Payer,
    /// The inquiry that found the bill.
    pub inquiry: InquiryId,
    /// The bill.
    pub bill: BillId,
    /// The amount as reviewed, without the fee.
    pub amount: Yen,
    /// The account to debit; the caller has checked that the payer may use it.
    pub account: AccountId,
    /// Taken together with the money.
    pub guards: Vec<Guard>,
    /// Bars that nobody may have taken when the money is held, beside those of emergency stops.
    pub barred_by: Vec<GuardKey>,
}

/// Why nothing was held. Nothing was debited in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// There is no such inquiry of this payer, or it is too old.
    #[error("the inquiry has expired")]
    InquiryExpired,
    /// The inquiry found no such bill.
    #[error("the inquiry found no such bill")]
    BillNotInInquiry,
    /// The reviewed amount is not the bill's.
    #[error("the amount is not the bill's")]
    AmountChanged,
    /// Less is available than amount and fee.
    #[error("{available} yen are available")]
    InsufficientFunds {
        /// 支払可能額 at this moment.
        available: Yen,
    },
    /// The account is closed or none.
    #[error("the account cannot be debited")]
    AccountClosed,
    /// Another payment of the bill is open, or was accepted.
    #[error("the bill is being paid, or was, by {other}")]
    BillBusy {
        /// The other payment, of whatever contract.
        other: PaymentId,
    },
    /// Something that can be used once was used.
    #[error("a {0:?} guard is taken")]
    GuardTaken(GuardKind),
    /// It would pass what may be paid to private collectors in a day.
    #[error("a limit of {} yen a day is used up to {} yen", .0.limit, .0.used)]
    OverDailyLimit(OverLimit),
    /// 消込期限 has passed since the inquiry.
    #[error("the last day for clearing has passed")]
    ClearByPassed,
    /// The collector has closed since the inquiry.
    #[error("the collector is closed")]
    Closed,
    /// The bank takes nothing for the collector for a while (取扱休止).
    #[error("payments to the collector rest")]
    Suspended(Suspension),
    /// So many payments of the collector are open that no more are taken.
    #[error("too many payments of the collector are open")]
    CollectorBusy,
    /// The bank or the customer has stopped it (緊急停止).
    #[error("it is stopped")]
    Stopped,
    /// Another order was made under this id.
    #[error("another order has this id")]
    DifferentOrder,
    /// Too much is waiting; nothing was done.
    #[error("too much is waiting")]
    Overloaded,
    /// The database refused the hold: full, read-only, or gone. Nothing was done.
    #[error("the hold could not be written: {0}")]
    NotWritten(String),
    /// Our own data failed us. Whether the money was held shows when the payment is asked for.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for PayError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Gateway {
    /// Holds amount and fee and sends the clearing, all at most once for an id; waits a moment for the
    /// answer.
    #[tracing::instrument(
        level = "error", skip_all,
        fields(contract = %order.payer.contract, payment = %order.payment)
    )]
    pub async fn pay(&self, order: PaymentOrder) -> Result<Payment, PayError> {
        self.pay_within(order, None).await
    }

    /// The same, within what may be paid in a day.
    #[tracing::instrument(
        level = "error", skip_all,
        fields(contract = %order.payer.contract, payment = %order.payment)
    )]
    pub async fn pay_within(
        &self,
        order: PaymentOrder,
        limit: Option<DailyLimit>,
    ) -> Result<Payment, PayError> {
        let actor = Operator { name: order.payer.user.to_string() };
        self.pay_once(&order, limit, actor, Service::SignIn).await
    }

    /// The same for one of the contract's systems, or for the counter, which no stop concerns.
    pub(crate) async fn pay_as(&self, order: &PaymentOrder, actor: Operator) -> Result<Payment, PayError> {
        self.pay_once(order, None, actor, Service::Api).await
    }

    async fn pay_once(
        &self,
        order: &PaymentOrder,
        limit: Option<DailyLimit>,
        actor: Operator,
        door: Service,
    ) -> Result<Payment, PayError> {
        let turn = self.0.paying.turn(order.payment).await;
        if let Some(made) = self.made_before(order).await? {
            drop(turn);
            return Ok(self.answered(made).await?);
        }
        match self.make(order, limit, (actor, door), turn).await {
            Ok(made) => Ok(made),
            // another process may have been told the same order at the same time, and held since the first look
            Err(refused) => match self.made_before(order).await? {
                Some(made) => Ok(self.answered(made).await?),
                None => Err(refused),
            },
        }
    }

    /// Holds and sends for an order that has made nothing yet. The turn ends when it is known whether it is held.
    async fn make(
        &self,
        order: &PaymentOrder,
        limit: Option<DailyLimit>,
        (actor, door): (Operator, Service),
        turn: Turn,
    ) -> Result<Payment, PayError> {
        let mut bars = self.stops_of(order.payer, door).await?;
        bars.extend_from_slice(&order.barred_by);
        let found = self.inquiry(order.payer.contract, order.inquiry).await?;
        let inquiry = found.ok_or(PayError::InquiryExpired)?;
        let facts = self.facts(order, &inquiry).await?;
        self.check_queue(&facts.collector).await?;
        // a task of its own: a payer who goes away between the hold and the answer stops neither
        let (hub, taken) = (self.clone(), Taken { guards: order.guards.clone(), bars });
        let held = async move {
            let held = hub.hold_within(limit, &facts, &inquiry, &taken, &actor).await;
            drop(turn);
            held
        };
        let held = tokio::spawn(held.in_current_span());
        let delivery = match held.await {
            Ok(Ok(delivery)) => delivery,
            Ok(Err(NotHeld::Refused(refused))) => return self.refused(order, refused).await,
            Ok(Err(NotHeld::Error(error))) => return Err(error),
            Err(_stopping) => return Err(StoreError::Ledger(Refused::Stopped).into()),
        };
        if let Some(delivery) = delivery {
            drop(tokio::time::timeout(Duration::from_secs(self.0.settings.pay_wait_s), delivery).await);
        }
        self.shown(order).await
    }

    /// Holds within a limit: adds up and takes the day's next number, anew where another payment took it first.
    async fn hold_within(
        &self,
        limit: Option<DailyLimit>,
        facts: &Facts,
        inquiry: &Inquiry,
        with: &Taken,
        actor: &Operator,
    ) -> Result<Option<JoinHandle<()>>, NotHeld> {
        for _ in 0..LIMIT_TRIES_MAX {
            let mut taken = with.guards.clone();
            if let Some(limit) = &limit {
                taken.push(self.within(limit, facts).await?);
            }
            let mut step = orders::confirmation(&self.0.settings, facts, inquiry, &taken, actor.clone())?;
            step.commit.barred_by.clone_from(&with.bars);
            match self.hold(facts.clone(), step).await {
                Err(Refused::Guarded { key, .. }) if Guard::kind_of(&key) == GuardKind::DailyLimit => {}
                held => return held.map_err(NotHeld::Refused),
            }
        }
        Err(PayError::Overloaded.into())
    }

    /// Commits the hold and begins the delivery that it claimed.
    async fn hold(&self, facts: Facts, step: step::Step) -> Result<Option<JoinHandle<()>>, Refused> {
        let committed = self.persist(Persist::Hold, step.commit).await?;
        tracing::info!(message = %facts.message_key, "the amount is held");
        let Effect::Deliver { delivery, repeat } = step.effect else { return Ok(None) };
        Ok(committed.fences.first().map(|fence| {
            self.spawn_delivery(Delivery { facts, cancellation: None, fence: *fence, delivery, repeat })
        }))
    }

    /// The payment that this id made before, if it made the same one.
    async fn made_before(&self, order: &PaymentOrder) -> Result<Option<Payment>, PayError> {
        let Some(made) = self.payment(order.payer.contract, order.payment).await? else { return Ok(None) };
        if orders::made(&made.facts, order) { Ok(Some(made)) } else { Err(PayError::DifferentOrder) }
    }

    /// A collector that is slow or gone must not gather work without bound.
    async fn check_queue(&self, collector: &CollectorNumber) -> Result<(), PayError> {
        let open_max = self.0.settings.open_payments_max;
        let open: i64 = read!(self.database(), |c| {
            sqlx::query_scalar(
                "SELECT count(*) FROM (SELECT 1 AS one FROM outbox WHERE destination = $1 LIMIT $2) AS open",
            )
            .bind(collector.as_str())
            .bind(open_max)
            .fetch_one(c)
            .await
        })?;
        if open < open_max { Ok(()) } else { Err(PayError::CollectorBusy) }
    }

    async fn facts(&self, order: &PaymentOrder, inquiry: &Inquiry) -> Result<Facts, PayError> {
        let now = self.now();
        let collector = self.refreshed(&inquiry.request.collector).await?.ok_or(PayError::Closed)?;
        self.not_suspended(collector).map_err(PayError::Suspended)?;
        let open = self.takes_payments(collector, now.date()).await?;
        let bill = orders::check(order, inquiry, open, now)?;
        let key = self.0.serials.next(self.database(), now.date()).await?;
        Ok(orders::facts(order, inquiry, bill, collector, &key, now))
    }

    async fn refused(&self, order: &PaymentOrder, refused: Refused) -> Result<Payment, PayError> {
        tracing::info!(%refused, "nothing was held");
        match refused {
            // the same order was confirmed at the same time: a double click, two tabs
            Refused::Stale => match self.made_before(order).await? {
                Some(made) => Ok(self.answered(made).await?),
                None => Err(PayError::DifferentOrder),
            },
            Refused::Guarded { key, holder } => match Guard::kind_of(&key) {
                GuardKind::Bill if holder == order.payment.uuid() => self.shown(order).await,
                // given back at this very moment, so that nobody can be named: the payer tries again
                GuardKind::Bill if holder.is_nil() => Err(PayError::Overloaded),
                GuardKind::Bill => Err(PayError::BillBusy { other: PaymentId::from_uuid(holder) }),
                GuardKind::Stop => {
                    tracing::warn!(contract = %order.payer.contract, stop = %key, "refused: stopped");
                    Err(PayError::Stopped)
                }
                kind => Err(PayError::GuardTaken(kind)),
            },
            Refused::Transfer { result: TransferResult::ExceedsAvailable, .. } => {
                let balances = self.0.ledger.balances(&[order.account]).await?;
                let available = balances.first().map_or(Yen::ZERO, |b| b.available);
                Err(PayError::InsufficientFunds { available })
            }
            Refused::Transfer {
                result: TransferResult::DebitAccountClosed | TransferResult::DebitAccountNotFound,
                ..
            } => Err(PayError::AccountClosed),
            Refused::Overloaded => Err(PayError::Overloaded),
            Refused::Database(reason) => Err(PayError::NotWritten(reason)),
            other => Err(PayError::Store(other.into())),
        }
    }

    async fn shown(&self, order: &PaymentOrder) -> Result<Payment, PayError> {
        self.payment(order.payer.contract, order.payment)
            .await?
            .ok_or_else(|| StoreError::Corrupt(format!("payment {} is gone", order.payment)).into())
    }

    /// The payment as soon as its first answer is recorded, or as it is when the wait for one is over: the second
    /// click of a double click shows what the first one came to.
    pub async fn answered(&self, mut payment: Payment) -> Result<Payment, StoreError> {
        let over = Instant::now() + Duration::from_secs(self.0.settings.pay_wait_s);
        let mut pause = ANSWER_LOOK_PAUSE;
        while payment.state == State::Sending && Instant::now() < over {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(ANSWER_LOOK_PAUSE_MAX);
            match self.payment(payment.facts.contract, payment.facts.id).await? {
                Some(now) => payment = now,
                None => break,
            }
        }
        Ok(payment)
    }
}
