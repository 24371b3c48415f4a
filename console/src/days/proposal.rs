//! What one may propose about a day, what stands in its way, and what approving it does to the hub.

use domain::time::year_month_day;
use domain::{CollectorNumber, Date, Timestamp, Yen};
use gateway::service::{Carry, CloseOptions, Plan, ServiceDay, ServiceError, ServiceState};
use gateway::{Gateway, Operator};
use serde::{Deserialize, Serialize};

use super::words::day_tag;
use crate::help::ConsoleCode;
use crate::links::DayLink;
use crate::payments::words::{code_words, reason_words};
use crate::problem::Problem;
use crate::requests::carry_out::Carried;
use crate::requests::pages::Matter;
use crate::words::collector_name;

/// 開局, 予備閉局 or 閉局 of a day by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayProposal {
    /// The collector.
    pub collector: CollectorNumber,
    /// The day; opened and pre-closed is only today.
    pub date: Date,
    /// What is to be done with it.
    #[serde(flatten)]
    pub act: DayAct,
}

/// A step of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum DayAct {
    /// 開局.
    Open,
    /// 予備閉局.
    PreClose,
    /// 閉局, by somebody who has seen what the day has open.
    Close {
        /// Whether payments without a known outcome are carried forward.
        carry_forward: bool,
        /// What the maker has seen.
        seen: Seen,
    },
}

/// What a day had open when its close was proposed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Payments and cancellations without a known outcome.
    pub items: u32,
    /// Their amounts.
    pub amount: Yen,
    /// Open breaks.
    pub breaks: u32,
}

impl Seen {
    /// What a day has open now.
    pub async fn now(
        gateway: &Gateway,
        collector: &CollectorNumber,
        day: Option<&ServiceDay>,
        date: Date,
    ) -> Result<Self, gateway::StoreError> {
        let sums = gateway.open_sums(date).await?;
        let sum = sums.into_iter().find(|sum| sum.collector == *collector);
        Ok(Self {
            items: sum.as_ref().map_or(0, |sum| sum.count),
            amount: sum.map_or(Yen::ZERO, |sum| sum.amount),
            breaks: day.map_or(0, ServiceDay::open_breaks),
        })
    }

    /// Whether a day has nothing open that was not open then, as far as the numbers tell.
    fn covers(&self, now: &Self) -> bool {
        now.items <= self.items && now.amount <= self.amount && now.breaks <= self.breaks
    }

    fn words(&self) -> String {
        let Self { items, amount, breaks } = self;
        format!("結果の分からない払込・取消し {items}件 {amount}円、未解消の不一致 {breaks}件")
    }
}

impl DayProposal {
    /// Of one day one request is open.
    pub fn subject(&self) -> String {
        format!("{}/{}", self.collector, self.date)
    }

    /// What it does, in a few words.
    pub const fn title(&self) -> &'static str {
        match self.act {
            DayAct::Open => "開局",
            DayAct::PreClose => "予備閉局",
            DayAct::Close { carry_forward: false, .. } => "閉局",
            DayAct::Close { carry_forward: true, .. } => "閉局(結果の分からない払込を繰越)",
        }
    }

    /// What approving it does.
    pub const fn consequence(&self) -> &'static str {
        match self.act {
            DayAct::Open => {
                "承認すると、収納機関に開局を伝えます。お金は動きません。開局を取り消すことはできません。"
            }
            DayAct::PreClose => {
                "承認すると、収納機関に予備閉局を伝え、本日の新しい照会を受け付けません。\
                 照会の済んだ払込は、閉局まで受け付けます。お金は動きません。取り消せません。"
            }
            DayAct::Close { carry_forward: false, .. } => {
                "承認すると、この処理日の払込を締め切り、収納カウンタを収納機関と交換します。お金は動きません。取り消せません。\
                 結果の分からない払込・取消しが残っているときは、閉局しません。"
            }
            DayAct::Close { carry_forward: true, .. } => {
                "承認すると、この処理日の払込を締め切り、収納カウンタを収納機関と交換します。お金は動きません。取り消せません。\
                 結果の分からない払込・取消しは繰り越し、結果が決まった後の資金決済に含めます。"
            }
        }
    }

    /// What the page of a request shows of it.
    pub(crate) async fn matter(&self, gateway: &Gateway) -> Result<Matter, gateway::StoreError> {
        let day = gateway.service_day(&self.collector, self.date).await?;
        let mut rows = vec![
            ("収納機関", format!("{}({})", collector_name(gateway, &self.collector), self.collector)),
            ("処理日", year_month_day(self.date)),
            ("いまの状態", day_tag(day.as_ref()).word.to_owned()),
        ];
        if let DayAct::Close { carry_forward, seen } = self.act {
            let now = Seen::now(gateway, &self.collector, day.as_ref(), self.date).await?;
            rows.push(("繰越", if carry_forward { "する" } else { "しない" }.to_owned()));
            rows.push(("起票したときの残り", seen.words()));
            rows.push(("いまの残り", now.words()));
        }
        let link = DayLink { collector: &self.collector, date: self.date }.to_string();
        Ok(Matter { heading: "対象の処理日", link, link_words: "処理日を見る", rows })
    }

    /// Whether it could be carried out now.
    pub async fn check(&self, gateway: &Gateway) -> Result<(), Problem> {
        let unavailable = |error: gateway::StoreError| Problem::unavailable(&error);
        if gateway.service_plan(&self.collector, self.date).is_none() {
            return Err(ConsoleCode::NotThere.into());
        }
        let day = gateway.service_day(&self.collector, self.date).await.map_err(unavailable)?;
        let today = gateway.ledger().clock().now().date();
        if day.is_none() && self.date != today {
            return Err(ConsoleCode::NotThere.into());
        }
        if !self.act.is_possible(day.as_ref(), self.date == today) {
            return Err(wrong_state(day.as_ref()));
        }
        let DayAct::Close { carry_forward, seen } = self.act else { return Ok(()) };
        let now = Seen::now(gateway, &self.collector, day.as_ref(), self.date).await.map_err(unavailable)?;
        if now.items > 0 && !carry_forward && !day.is_some_and(|day| day.carried_forward) {
            return Err(blocked(now.items));
        }
        if !seen.covers(&now) {
            let detail = format!("起票のときは{}でしたが、いまは{}です。", seen.words(), now.words());
            return Err(Problem::new(ConsoleCode::DayChanged, detail));
        }
        Ok(())
    }

    /// Tells the hub, in the name of whoever approved it.
    pub(crate) async fn carry_out(
        &self,
        gateway: &Gateway,
        by: &Operator,
        approved_at: Timestamp,
    ) -> Carried {
        let (collector, date) = (&self.collector, self.date);
        let done = match self.act {
            DayAct::Open => gateway.open_service(collector, date, by).await,
            DayAct::PreClose => gateway.pre_close_service(collector, date, by).await,
            DayAct::Close { carry_forward, seen } => {
                let carry = Carry { items: seen.items, amount: seen.amount };
                let carry_forward = carry_forward.then_some(carry);
                let options = CloseOptions { carry_forward, open_breaks: seen.breaks };
                gateway.close_service(collector, date, options, by).await
            }
        };
        match done {
            Ok(day) => Carried::Done(self.done_words(&day)),
            Err(ServiceError::Store(error)) => {
                tracing::error!(day = %self.subject(), %error, "an approved step of a day was not carried out");
                Carried::Unclear
            }
            // the process may have died between the hub's commit and the record of its result
            Err(error) => match gateway.service_day(collector, date).await {
                Ok(Some(day)) if self.was_done_by(&day, by, approved_at) => {
                    Carried::Done(self.done_words(&day))
                }
                Ok(day) => Carried::Refused(self.refused_words(gateway, &error, day.as_ref())),
                Err(_) => Carried::Unclear,
            },
        }
    }

    fn was_done_by(&self, day: &ServiceDay, by: &Operator, approved_at: Timestamp) -> bool {
        let (at, who) = match self.act {
            DayAct::Open => (day.opened_at, &day.opened_by),
            DayAct::PreClose => (day.pre_closed_at, &day.pre_closed_by),
            DayAct::Close { .. } => (day.closed_at, &day.closed_by),
        };
        at.is_some_and(|at| at >= approved_at) && who.as_ref() == Some(&by.name)
    }

    fn done_words(&self, day: &ServiceDay) -> String {
        match self.act {
            DayAct::Open => "開局しました。".to_owned(),
            DayAct::PreClose => "予備閉局にしました。".to_owned(),
            DayAct::Close { .. } => {
                let same = day.close_counters.is_some_and(|counters| counters.hub == counters.collector);
                let counters = if same {
                    "収納カウンタは収納機関と一致しています。"
                } else {
                    "収納カウンタが収納機関と一致していません。照合の結果を確かめてください。"
                };
                format!("閉局しました。{counters}")
            }
        }
    }

    fn refused_words(&self, gateway: &Gateway, error: &ServiceError, day: Option<&ServiceDay>) -> String {
        let problem = problem(error, day);
        let closing = day.is_some_and(|day| day.closing && day.state != ServiceState::Closed);
        let goes_on = match (self.act, error) {
            (DayAct::Close { .. }, _) if closing => {
                "新しい払込は、もう受け付けていません。閉局は自動で繰り返します。"
            }
            (DayAct::Open | DayAct::PreClose, ServiceError::NoAnswer(_)) => {
                let plan = gateway.service_plan(&self.collector, self.date);
                self.act.may_have_arrived(plan.as_ref(), gateway.ledger().clock().now())
            }
            _ => "",
        };
        format!("{}{goes_on}{}", problem.words(), problem.code.entry().remedy)
    }
}

impl DayAct {
    /// Whether a day stands where the step may be taken.
    pub fn is_possible(self, day: Option<&ServiceDay>, is_today: bool) -> bool {
        let (state, closing) = day.map_or((ServiceState::Waiting, false), |day| (day.state, day.closing));
        match self {
            Self::Open => is_today && !closing && state == ServiceState::Waiting,
            Self::PreClose => is_today && !closing && state < ServiceState::PreClosed,
            Self::Close { .. } => state != ServiceState::Closed,
        }
    }

    /// What is known of a step whose answer did not come, and what the schedule does about it.
    fn may_have_arrived(self, plan: Option<&Plan>, now: Timestamp) -> &'static str {
        let due = plan.and_then(|plan| match self {
            Self::Open => plan.opens_at.filter(|_| plan.pre_closes_at.is_none_or(|ends| now < ends)),
            Self::PreClose => plan.pre_closes_at,
            Self::Close { .. } => Some(plan.closes_at),
        });
        match due {
            Some(at) if at > now => "収納機関に届いた可能性があります。予定の時刻に自動で繰り返します。",
            Some(_) => "収納機関に届いた可能性があります。自動で繰り返します。",
            None => "収納機関に届いた可能性があります。自動では繰り返しません。",
        }
    }
}

fn wrong_state(day: Option<&ServiceDay>) -> Problem {
    let detail = format!("この処理日では、その操作はできません(いまの状態: {})。", day_tag(day).word);
    Problem::new(ConsoleCode::DayState, detail)
}

fn blocked(count: u32) -> Problem {
    let detail = format!("結果の分からない払込・取消しが{count}件残っているため、閉局できません。");
    Problem::new(ConsoleCode::DayBlocked, detail)
}

/// Why a step of a day was not taken, in the staff's words.
pub fn problem(error: &ServiceError, day: Option<&ServiceDay>) -> Problem {
    match error {
        ServiceError::UnknownCollector | ServiceError::NotConnected | ServiceError::NoSuchDay => {
            ConsoleCode::NotThere.into()
        }
        ServiceError::NotNow(_) => wrong_state(day),
        ServiceError::NotToday(date) => Problem::new(
            ConsoleCode::DayState,
            format!("{}は処理日の当日ではないため、その操作はできません。", year_month_day(*date)),
        ),
        ServiceError::Blocked { count, .. } => blocked(*count),
        ServiceError::MoreOpen { count, amount } => Problem::new(
            ConsoleCode::DayChanged,
            format!(
                "結果の分からない払込・取消しが、起票で確かめたものより多い{count}件 {amount}円になっています。"
            ),
        ),
        ServiceError::OpenBreaks { count } => Problem::new(
            ConsoleCode::DayChanged,
            format!("未解消の不一致が、起票で確かめた件数より多い{count}件になっています。"),
        ),
        ServiceError::Refused(code) => Problem::new(
            ConsoleCode::CollectorRefused,
            format!("収納機関が{code}({})と応答し、受け付けませんでした。", code_words(*code)),
        ),
        ServiceError::NoAnswer(reason) => Problem::new(
            ConsoleCode::CollectorSilent,
            format!("収納機関の応答を確認できませんでした({})。", reason_words(reason)),
        ),
        ServiceError::MovedOn => ConsoleCode::DayMoved.into(),
        ServiceError::Store(_) => Problem::unclear(error),
    }
}
