//! Mails about transfers: the feed follows the engine's events in their order and writes one an event and addressee,
//! however often it is begun anew (R20, SEC-38).

use database::{Row, dialect, read};
use domain::time::month_day;
use domain::{OrderId, RecallId, Timestamp, Yen};
use edge::Shutdown;
use ledger::{Ledger, Refused};
use transfers::order::Event;
use transfers::{ConsentState, Handling, Order, Reason, RecallState, StoreError as EngineError, Transfers};
use uuid::Uuid;

use super::eve::Eve;
use super::words;
use crate::approvals;
use crate::contracts::{Store, StoreError};
use crate::frame::year_day_and_time;
use crate::mail::follow::{self, Follow, Found};
use crate::mail::{Notice, To, masked};
use crate::payees::{Entered, Master};

/// Events that one commit turns into mails at most.
const BATCH_EVENTS: i64 = 100;
/// Positions that one read looks through.
const WINDOW_POSITIONS: i64 = 10_000;

/// Writes mails about transfers. Cheap to clone.
#[derive(Clone)]
pub struct TransferFeed {
    transfers: Transfers,
    contracts: Store,
    eve: Eve,
}

/// Why the feed could not go on.
#[derive(Debug, thiserror::Error)]
pub enum TransferFeedError {
    /// The engine's data cannot be read.
    #[error(transparent)]
    Engine(#[from] EngineError),
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

/// Something that happened to an order, its recall, or a recall of another bank.
#[derive(sqlx::FromRow)]
struct Happened {
    position: i64,
    kind: String,
    at_us: i64,
    transfer_order: Option<Uuid>,
    consent: Option<Uuid>,
}

impl TransferFeed {
    /// Of an engine's orders, to the users of these contracts.
    pub fn new(transfers: Transfers, contracts: Store) -> Self {
        Self { transfers, contracts, eve: Eve::default() }
    }

    /// Tells whose account has too little for the next business day's reservations; how many accounts have.
    pub async fn look_ahead(&self) -> Result<usize, TransferFeedError> {
        self.eve.look(&self.transfers, &self.contracts).await
    }

    /// Goes on until the process stops.
    pub async fn run(self, shutdown: Shutdown) {
        follow::run(self, shutdown).await;
    }

    /// Turns what is new into mails, and says whether there may be more already.
    pub async fn step(&self) -> Result<bool, TransferFeedError> {
        follow::step(self).await
    }

    async fn mails(&self, happened: &Happened) -> Result<Vec<Row>, TransferFeedError> {
        if let Some(case) = happened.consent {
            return self.of_consent(RecallId::from_uuid(case), happened).await;
        }
        let database = self.transfers.ledger().database();
        let Some(id) = happened.transfer_order.map(OrderId::from_uuid) else { return Ok(Vec::new()) };
        let Some(order) = self.transfers.find_for_operator(id).await? else { return Ok(Vec::new()) };
        let Some(mut told) = Told::of(&happened.kind, &order) else { return Ok(Vec::new()) };
        if matches!(happened.kind.parse(), Ok(Event::Returned))
            && self.transfers.came_back_to(id).await? != Some(order.facts.account)
        {
            told.advice = KEPT_BY_THE_BANK;
        }
        let Some(contract) = self.contracts.contract(order.facts.contract).await? else {
            return Ok(Vec::new());
        };
        let mut to =
            self.contracts.recipients(contract.id, To::UserAndAdministrators(order.facts.user)).await?;
        if matches!(happened.kind.parse(), Ok(Event::Cancelled)) {
            // who has approved it believes that it will be paid
            for approver in approvals::approvers_of(database, contract.id, &order).await? {
                for one in self.contracts.recipients(contract.id, To::User(approver)).await? {
                    if to.iter().all(|told| told.user != one.user) {
                        to.push(one);
                    }
                }
            }
        }
        let notice = Notice {
            event: format!("transfer-{id}-{}", happened.position),
            title: format!("{}{}", words::kind(order.facts.relation), told.title),
            lines: self.lines(&order).await?,
            advice: told.advice,
        };
        Ok(notice.rows(&contract, &to, Timestamp::from_micros(happened.at_us)))
    }

    /// Administrators of the contract are told of a recall of another bank, and of what became of it; of an account
    /// that is in no contract nobody is, whom a mail could reach.
    async fn of_consent(&self, id: RecallId, happened: &Happened) -> Result<Vec<Row>, TransferFeedError> {
        let Some((title, advice)) = told_of_consent(&happened.kind) else { return Ok(Vec::new()) };
        let Some(case) = self.transfers.consent_for_operator(id).await? else { return Ok(Vec::new()) };
        let contract = match self.contracts.contract_with(case.account).await? {
            Some(contract) => self.contracts.contract(contract).await?,
            None => None,
        };
        let Some(contract) = contract else { return Ok(Vec::new()) };
        let to = self.contracts.recipients(contract.id, To::Administrators).await?;
        let mut lines = vec![
            ("振込依頼人", case.payer.clone()),
            ("依頼した銀行", Master::bank_name(&case.from)),
            ("金額", format!("{} 円", case.amount)),
            ("入金日時", year_day_and_time(case.credited_at)),
            ("回答の期限", year_day_and_time(case.until)),
        ];
        let accounts = self.contracts.accounts(contract.id).await?;
        if let Some(one) = accounts.iter().find(|one| one.account == case.account) {
            let number = format!("{} {} {}", one.branch_name, one.kind.label(), masked(&one.number));
            lines.push(("入金口座", number));
        }
        let event = format!("recall-{id}-{}", happened.position);
        let notice = Notice { event, title: title.to_owned(), lines, advice };
        Ok(notice.rows(&contract, &to, Timestamp::from_micros(happened.at_us)))
    }

    async fn lines(&self, order: &Order) -> Result<Vec<(&'static str, String)>, TransferFeedError> {
        let facts = &order.facts;
        let to = Entered::of(facts.to.clone(), facts.payee_name.clone());
        let account = format!("{} {}", facts.to.kind.label(), masked(facts.to.number.as_str()));
        let mut lines = vec![
            ("受付番号", words::number(facts)),
            ("指定日", month_day(facts.day)),
            ("受取人名", facts.payee_name.clone()),
            ("振込先の口座", format!("{} {} {account}", to.bank, to.branch)),
            ("金額", format!("{} 円", facts.amount)),
        ];
        if facts.fee != Yen::ZERO {
            lines.push(("手数料", format!("{} 円(後日引き落とします)", facts.fee)));
        }
        let accounts = self.contracts.accounts(facts.contract).await?;
        if let Some(one) = accounts.iter().find(|one| one.account == facts.account) {
            let number = format!("{} {} {}", one.branch_name, one.kind.label(), masked(&one.number));
            lines.push(("引落口座", number));
        }
        lines.extend(words::reason_of(order).map(|reason| ("理由", reason)));
        Ok(lines)
    }
}

impl Follow for TransferFeed {
    type Error = TransferFeedError;
    const NAME: &'static str = "transfers";

    fn ledger(&self) -> &Ledger {
        self.transfers.ledger()
    }

    async fn after(&self, position: i64) -> Result<Found, TransferFeedError> {
        if let Err(error) = self.look_ahead().await {
            tracing::warn!(%error, "the next day's reservations cannot be held against the funds");
        }
        let database = self.ledger().database();
        let end = dialect::events_complete_until(database).await?;
        let until = end.min(position.saturating_add(WINDOW_POSITIONS));
        let found: Vec<Happened> = read!(database, |c| {
            sqlx::query_as(
                "SELECT e.position, e.kind, e.at_us, COALESCE(o.id, r.transfer_order) AS transfer_order, c.id AS consent
                 FROM event e LEFT JOIN transfer_order o ON o.id = e.entity
                 LEFT JOIN transfer_recall r ON r.id = e.entity LEFT JOIN recall_consent c ON c.id = e.entity
                 WHERE e.position > $1 AND e.position <= $2
                 -- rows of a batch are told with their batch: their accounts begin at 2^62
                 AND (o.account < 4611686018427387904 OR r.id IS NOT NULL OR c.id IS NOT NULL)
                 ORDER BY e.position LIMIT $3",
            )
            .bind(position)
            .bind(until)
            .bind(BATCH_EVENTS)
            .fetch_all(c)
            .await
        })?;
        let is_full = i64::try_from(found.len()).is_ok_and(|count| count == BATCH_EVENTS);
        let next = found.last().filter(|_| is_full).map_or(until, |last| last.position).max(position);
        let mut mails = Vec::new();
        for one in &found {
            mails.extend(self.mails(one).await?);
        }
        Ok(Found { mails, next, more: next < end, is_news: !found.is_empty() })
    }

    fn is_stale(error: &TransferFeedError) -> bool {
        matches!(error, TransferFeedError::Refused(Refused::Stale))
    }
}

/// A try of a reservation while a stop is there, and what the reader does.
const STOPPED: (&str, &str) = (
    "の引落しを見合わせました",
    "ご利用が停止されているため、引き落としていません。指定日のうちに再開すれば、決まった時刻に引き落とします。再開や予約の取消しは、お取引店へお申し出ください。",
);

/// What came back when the debited account was closed.
const KEPT_BY_THE_BANK: &str = "引落口座が解約されているため、金額は当行でお預かりしています。手数料はお返しできません。お受け取りについて、お取引店へご連絡ください。";

/// What an event is called behind 振込 or 振替, and what the reader does.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    title: &'static str,
    advice: &'static str,
}

impl Told {
    /// Events that people are told of: that it was taken, what became of it, and what comes later.
    fn of(kind: &str, order: &Order) -> Option<Self> {
        let (title, advice) = match kind.parse() {
            Ok(Event::Tried) if order.reason == Some(Reason::Stopped) => STOPPED,
            Ok(event) => Self::of_order(event, order.facts.handling)?,
            Err(_) => Self::of_recall(kind)?,
        };
        Some(Self { title, advice })
    }

    const fn of_order(event: Event, handling: Handling) -> Option<(&'static str, &'static str)> {
        Some(match event {
            Event::Reserved => (
                "を予約しました",
                "指定日に引き落とします。前日までに、引落口座の残高をご確認ください。お心当たりがない場合は、すぐにお取引店へお電話ください。",
            ),
            Event::Tried => (
                "の引落しができませんでした",
                "残高が足りません。このあと、決まった時刻にもう一度引き落としを試みます。引落口座へご入金ください。",
            ),
            Event::Held => match handling {
                Handling::SameDay => ("を受け付けました", Notice::NOT_YOURS),
                Handling::Reserved => ("の予約を実行しています", Notice::NOT_YOURS),
            },
            Event::OutcomeUnknown => (
                "の結果を確認しています",
                "金額は口座に確保したままです。もう一度振り込まないでください。結果が出たらお知らせします。",
            ),
            Event::Sent => ("を送信しました", Notice::NOT_YOURS),
            Event::Executed => ("が完了しました", Notice::NOT_YOURS),
            Event::Rejected => (
                "は成立しませんでした",
                "金額は引き落とされていません。振込先を確かめ、もう一度お手続きください。",
            ),
            Event::Returned => (
                "の金額が戻りました",
                "金額は引落口座に戻しました。手数料はお返しできません。振込先を確かめ、もう一度お手続きください。",
            ),
            Event::Failed => (
                "を実行できませんでした",
                "金額は引き落とされていません。理由を確かめ、もう一度お手続きください。",
            ),
            Event::Cancelled => ("の予約を取り消しました", Notice::NOT_YOURS),
            Event::Claimed
            | Event::NotApplied
            | Event::Settled
            | Event::RecallAsked
            | Event::Contradicted => return None,
        })
    }

    fn of_recall(kind: &str) -> Option<(&'static str, &'static str)> {
        let all = [RecallState::Requested, RecallState::Asked, RecallState::Returned, RecallState::Refused];
        let state = all.into_iter().find(|state| kind.strip_prefix("recall-") == Some(state.as_str()))?;
        match state {
            RecallState::Requested => Some(("の組戻しの依頼を受け付けました", Notice::NOT_YOURS)),
            RecallState::Refused => Some((
                "の組戻しはできませんでした",
                "受取人の承諾がないなどの理由で、金額は戻りません。組戻手数料はお返しできません。",
            )),
            // that the money is back, the order's own event tells
            RecallState::Asked | RecallState::Returned => None,
        }
    }
}

/// What happens to a recall of another bank, and what the reader does. That the network has the answer is no news.
fn told_of_consent(kind: &str) -> Option<(&'static str, &'static str)> {
    let state =
        ConsentState::ALL.iter().find(|state| kind.strip_prefix("consent-") == Some(state.as_str()))?;
    Some(match state {
        ConsentState::Asked => (
            "入金された振込の組戻しの依頼が届きました",
            "承諾するかどうかを、振込・振替の「組戻しの依頼」の画面で、期限までにご回答ください。承諾されるまで、引き落とされません。ご回答がないときは、お返ししません。",
        ),
        ConsentState::Given => ("組戻しの承諾を受け付け、引き落としました", Notice::NOT_YOURS),
        ConsentState::Refused => (
            "組戻しの依頼に、お返ししないと回答しました",
            "引き落とされていません。ご回答のないまま期限が過ぎたときも、お返ししないと回答します。",
        ),
        ConsentState::Rejected => (
            "組戻しの返金ができませんでした",
            "銀行間ネットワークが受け付けなかったため、引き落とした金額は口座に戻しました。お取引店へご連絡ください。",
        ),
        ConsentState::Returned | ConsentState::Settled | ConsentState::Answered => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves R20.
    #[test]
    fn people_are_told_of_every_end_and_of_what_comes_later() {
        let silent =
            [Event::Claimed, Event::NotApplied, Event::Settled, Event::RecallAsked, Event::Contradicted];
        for event in Event::ALL {
            let told = Told::of_order(*event, Handling::SameDay).is_some();
            assert_eq!(told, !silent.contains(event), "{event}");
        }
        let told = |state: &ConsentState| told_of_consent(&format!("consent-{state}")).is_some();
        assert_eq!(ConsentState::ALL.iter().filter(|state| told(state)).count(), 4);
        let recalls = ["recall-requested", "recall-asked", "recall-returned", "recall-refused", "x"];
        assert_eq!(recalls.map(|kind| Told::of_recall(kind).is_some()), [true, false, false, true, false]);
    }
}
