//! 資金決済通知: tells the collector what will be paid when, the same bytes again until it answers.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use collectors::Outcome;
use collectors::protocol::{self, BankCode, Body, Header, Message, SettlementAdvice};
use database::read;
use domain::{ResendKey, ResponseCode, SettlementId, Timestamp};
use tokio::time::Instant;

use super::state::{AdviceState, Change, Settlement};
use super::step;
use crate::alarm::{AlarmKind, NewAlarm};
use crate::inquiry::centre;
use crate::points::{Exchange, Persist};
use crate::{Gateway, StoreError};

/// Advices that one read answers.
const PAGE_SETTLEMENTS: usize = 64;
/// Advices that this process has under way.
const UNDER_WAY_MAX: usize = 16;
/// The longest pause between two tries, in resend intervals.
const PAUSE_INTERVALS_MAX: u32 = 10;
/// Tries to record an answer while the settlement moves on under it.
const RECORD_TRIES_MAX: u32 = 8;

/// The advices that this process has tried. It starts anew with the process; what is open is in the database.
#[derive(Default)]
pub(crate) struct Tries(Mutex<HashMap<SettlementId, Try>>);

struct Try {
    count: u32,
    /// `None` while it is under way.
    not_before: Option<Instant>,
}

impl Tries {
    /// Whether to send it now; if so it is under way.
    fn begin(&self, id: SettlementId) -> bool {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way = tries.values().filter(|one| one.not_before.is_none()).count();
        let one = tries.entry(id).or_insert_with(|| Try { count: 0, not_before: Some(Instant::now()) });
        if under_way >= UNDER_WAY_MAX || one.not_before.is_none_or(|at| Instant::now() < at) {
            return false;
        }
        one.count = one.count.saturating_add(1);
        one.not_before = None;
        true
    }

    /// It was not answered.
    fn again(&self, id: SettlementId, interval: Duration) {
        if let Some(one) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&id) {
            let pause = interval.saturating_mul(one.count.min(PAUSE_INTERVALS_MAX));
            one.not_before = Some(Instant::now() + pause);
        }
    }

    /// It is over.
    fn forget(&self, id: SettlementId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

/// The advice of a net payment, as it is sent until it is answered.
pub fn message(
    bank: &BankCode,
    due: &Settlement,
    key: &ResendKey,
    now: Timestamp,
) -> Result<Vec<u8>, StoreError> {
    let pay_date = due.pay_date.ok_or_else(|| StoreError::Corrupt("nothing is due".to_owned()))?;
    let advice = SettlementAdvice {
        bank: bank.clone(),
        settlement: due.reference()?,
        window_date: due.window,
        pay_date,
        count: due.sums.count,
        amount: due.sums.amount,
    };
    let header = Header::request(key, centre(&due.collector), now);
    Ok(protocol::encode(&Message { header, body: Body::SettlementAdvice(advice) }))
}

/// What an exchange came to: the change with the answer's bytes, or why it is to be sent again.
pub fn conclude(outcome: Outcome) -> Result<(Change, Vec<u8>), String> {
    let answer = match outcome {
        Outcome::NotSent(reason) => return Err(reason.to_string()),
        Outcome::Silent(reason) => return Err(reason.to_string()),
        Outcome::Answered(answer) => answer,
    };
    let Body::SettlementAdviceAnswer(said) = &answer.message.body else {
        return Err(format!("an advice was answered by {}", answer.message.body.name()));
    };
    match said.code {
        ResponseCode::Normal => Ok((Change::Advised, answer.bytes.to_vec())),
        ResponseCode::KeyReused => Ok((Change::Contradicted, answer.bytes.to_vec())),
        code => Err(format!("the collector answered {code}")),
    }
}

impl Gateway {
    /// Sends the advices that are due for a try, each on a task of its own.
    pub(super) async fn advise(&self) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let open = self.settlements_guarded("advice", "", &after, PAGE_SETTLEMENTS).await?;
            let Some((last, _)) = open.last() else { return Ok(()) };
            after.clone_from(last);
            for (_, settlement) in open {
                if self.0.advices.begin(settlement.id()) {
                    let gateway = self.clone();
                    tokio::spawn(async move { gateway.advise_one(settlement).await });
                }
            }
        }
    }

    #[tracing::instrument(level = "error", skip_all, fields(settlement = %settlement.number()))]
    async fn advise_one(&self, settlement: Settlement) {
        let id = settlement.id();
        let interval = Duration::from_secs(self.0.settings.resend_interval_s);
        match self.try_advice(settlement).await {
            Ok(Ok(())) => self.0.advices.forget(id),
            Ok(Err(reason)) => {
                tracing::warn!(%reason, "the advice is sent again later");
                self.0.advices.again(id, interval);
            }
            Err(error) => {
                tracing::error!(%error, "an advice could not be sent or recorded; it is sent again later");
                self.0.advices.again(id, interval);
            }
        }
    }

    async fn try_advice(&self, settlement: Settlement) -> Result<Result<(), String>, StoreError> {
        let message: Vec<u8> = read!(self.database(), |c| {
            sqlx::query_scalar("SELECT advice FROM net_payment WHERE settlement = $1")
                .bind(settlement.id().uuid())
                .fetch_one(c)
                .await
        })?;
        let outcome = self.exchange(Exchange::SettlementAdvice, &settlement.collector, message.into()).await;
        match conclude(outcome) {
            Ok((change, answer)) => self.record_advice(settlement, &change, answer).await.map(Ok),
            Err(reason) => Ok(Err(reason)),
        }
    }

    async fn record_advice(
        &self,
        mut settlement: Settlement,
        change: &Change,
        answer: Vec<u8>,
    ) -> Result<(), StoreError> {
        for _ in 0..RECORD_TRIES_MAX {
            if settlement.advice != AdviceState::Open {
                return Ok(());
            }
            let now = self.now();
            let mut step = step::advised(&settlement, change, answer.clone(), now)?;
            if *change == Change::Contradicted {
                step.commit.rows_if_free.push(contradicted(&settlement).row(now));
            }
            if self.step(Persist::SettlementAdvice, step).await?.is_some() {
                tracing::info!("the advice is answered");
                return Ok(());
            }
            // it may have been paid meanwhile, or another process has the same answer
            let Some(now) = self.settlement(settlement.id()).await? else { return Ok(()) };
            settlement = now;
        }
        Err(StoreError::Corrupt("the settlement moves on without end".to_owned()))
    }
}

fn contradicted(settlement: &Settlement) -> NewAlarm {
    NewAlarm {
        kind: AlarmKind::AdviceContradicted,
        subject: settlement.number(),
        collector: Some(settlement.collector.clone()),
        detail: format!(
            "the collector holds another content under the number of this net payment; ours is {} payments of \
             {} yen, due on {}",
            settlement.sums.count,
            settlement.sums.amount,
            settlement.pay_date.map(|date| date.to_string()).unwrap_or_default()
        ),
    }
}
