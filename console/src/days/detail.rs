//! One day of one collector: its steps, both sides' counters, what holds its close up, and what staff may do.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::time::year_month_day;
use domain::{CollectorNumber, Date, PaymentId, Yen};
use edge::{CsrfForm, Errors, Frame};
use gateway::service::{OpenItem, ServiceDay};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use serde::Deserialize;

use super::list::{StepRow, connected, steps};
use super::proposal::{DayAct, DayProposal, Seen, problem};
use super::words::{CounterTable, day_tag, trouble_words};
use crate::Console;
use crate::frame::{self, Area};
use crate::links::{BreaksLink, ConsoleLink, DayCountersLink, DayLink, DayProposeLink, StaffPaymentLink};
use crate::page::Pressed;
use crate::payments::words::state_tag;
use crate::problem::Trouble;
use crate::requests::pages::{self, RequestRow};
use crate::requests::{self, Proposal};
use crate::sign_in::StaffSignedIn;
use crate::staff::{self, StaffRole};
use crate::words::{Names, Tag, day, stamp};

/// What the last button came to.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Told {
    done: String,
}

/// 起票.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Proposed {
    act: String,
    /// `yes`, where something has no known outcome and the maker has it carried forward.
    carry: String,
    /// `yes`, where breaks are open and the maker has seen them.
    confirm_breaks: String,
    /// What the page showed as open.
    items: u32,
    amount: i64,
    breaks: u32,
    reason: String,
}

/// Something without a known outcome.
pub(crate) struct OpenRow {
    pub link: StaffPaymentLink,
    pub key: String,
    pub state: Tag,
    pub amount: Yen,
    pub held_at: String,
}

/// A step that may be proposed now.
pub(crate) struct ActChoice {
    /// The control.
    pub id: &'static str,
    pub value: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
}

#[derive(Template)]
#[template(path = "days/day.html")]
pub(crate) struct DayPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub collector: CollectorNumber,
    pub date: Date,
    pub name: String,
    pub date_words: String,
    pub state: Tag,
    /// What went wrong last; empty where nothing did.
    pub failure: String,
    pub carried_forward: bool,
    pub steps: Vec<StepRow>,
    pub counters: Vec<CounterTable>,
    pub open: Vec<OpenRow>,
    /// Whether there are more of them.
    pub more: bool,
    pub seen: Seen,
    /// What may be proposed; empty where nothing may.
    pub acts: Vec<ActChoice>,
    pub may_propose: bool,
    pub requests: Vec<RequestRow>,
    /// What was chosen and typed.
    pub act: String,
    pub carry: bool,
    pub confirm_breaks: bool,
    pub reason: String,
}

/// `GET /days/{collector}/{date}`
pub async fn show(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path((collector, date)): Path<(String, String)>,
    Query(told): Query<Told>,
) -> Answer {
    let (collector, date) = parse(&collector, &date)?;
    let mut page = page(&console, &by, &collector, date, None, Proposed::default()).await?;
    page.frame.notice = match told.done.as_str() {
        "counted" => Some("収納カウンタを問い合わせました。結果は下のとおりです。".to_owned()),
        _ => None,
    };
    shown(&page)
}

/// `POST /days/{collector}/{date}/counters`
pub async fn counters(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path((collector, date)): Path<(String, String)>,
    CsrfForm(_): CsrfForm<Pressed>,
) -> Answer {
    let (collector, date) = parse(&collector, &date)?;
    let back = DayLink { collector: &collector, date }.to_string();
    let asked = console.gateway.ask_counters(&collector, date, &staff::operator(&by.staff)).await;
    asked.map_err(|error| problem(&error, None).stop(&by, Area::Days, &back))?;
    Ok(Redirect::to(&format!("{back}?done=counted")).into_response())
}

/// `POST /days/{collector}/{date}/propose`
pub async fn propose(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path((collector, date)): Path<(String, String)>,
    CsrfForm(form): CsrfForm<Proposed>,
) -> Answer {
    let (collector, date) = parse(&collector, &date)?;
    let day = console.gateway.service_day(&collector, date).await.map_err(failed)?;
    let now = Seen::now(&console.gateway, &collector, day.as_ref(), date).await.map_err(failed)?;
    let carried_forward = day.is_some_and(|day| day.carried_forward);
    let act = match read(&form, now, carried_forward) {
        Ok(act) => act,
        Err(errors) => {
            return again(&page(&console, &by, &collector, date, Some(Trouble::input(errors)), form).await?);
        }
    };
    let proposal = Proposal::Day(DayProposal { collector: collector.clone(), date, act });
    let (back, reason) = (DayLink { collector: &collector, date }.to_string(), form.reason.clone());
    requests::propose(&console, &by, proposal, &reason, (Area::Days, back), async |trouble| {
        page(&console, &by, &collector, date, Some(trouble), form).await
    })
    .await
}

/// What the form proposes, or what has to be chosen first. What the maker has seen is what there is now.
fn read(form: &Proposed, now: Seen, carried_forward: bool) -> Result<DayAct, Errors> {
    match form.act.as_str() {
        "open" => return Ok(DayAct::Open),
        "pre_close" => return Ok(DayAct::PreClose),
        "close" => {}
        _ => return Err(Errors::one("act", "操作を選んでください。")),
    }
    if now != (Seen { items: form.items, amount: Yen::new(form.amount), breaks: form.breaks }) {
        return Err(Errors::one(
            "act",
            "画面を開いた後に、結果待ちの払込または不一致の件数が変わりました。いまの内容を確かめて、もう一度起票してください。",
        ));
    }
    let mut errors = Errors::none();
    if now.items > 0 && !carried_forward && form.carry != "yes" {
        errors.add(
            "carry",
            "結果の分からない払込・取消しが残っています。繰り越さないときは、すべての結果が決まってから起票してください。",
        );
    }
    if now.breaks > 0 && form.confirm_breaks != "yes" {
        errors.add("confirm_breaks", "未解消の不一致を残して閉局することを確かめてください。");
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(DayAct::Close { carry_forward: now.items > 0, seen: now })
}

fn parse(collector: &str, date: &str) -> Result<(CollectorNumber, Date), Stop> {
    match (collector.parse(), day(date)) {
        (Ok(collector), Some(date)) => Ok((collector, date)),
        _ => Err(Stop::not_found()),
    }
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    collector: &CollectorNumber,
    date: Date,
    trouble: Option<Trouble>,
    typed: Proposed,
) -> Result<DayPage, Stop> {
    let hub = &console.gateway;
    let name = connected(console, collector).ok_or_else(Stop::not_found)?.shown_name();
    let plan = hub.service_plan(collector, date).ok_or_else(Stop::not_found)?;
    let now = console.clock.now();
    let is_today = date == now.date();
    let day = hub.service_day(collector, date).await.map_err(failed)?;
    if day.is_none() && !is_today {
        return Err(Stop::not_found());
    }
    let day = day.as_ref();
    let (open, count) = hub.open_items(collector, date).await.map_err(failed)?;
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    Ok(DayPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Days) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        name,
        date_words: year_month_day(date),
        state: day_tag(day),
        failure: day.and_then(|day| day.trouble.as_ref()).map(trouble_words).unwrap_or_default(),
        carried_forward: day.is_some_and(|day| day.carried_forward),
        steps: steps(day, &plan, &names, date),
        counters: day.map(counter_tables).unwrap_or_default(),
        more: u32::try_from(open.len()).is_ok_and(|shown| count > shown),
        open: open.into_iter().map(open_row).collect(),
        seen: Seen::now(hub, collector, day, date).await.map_err(failed)?,
        acts: acts(day, is_today),
        may_propose: by.staff.role == StaffRole::Maker,
        requests: pages::about(console, &names, format!("{collector}/{date}")).await?,
        act: typed.act,
        carry: typed.carry == "yes",
        confirm_breaks: typed.confirm_breaks == "yes",
        reason: typed.reason,
        collector: collector.clone(),
        date,
    })
}

fn counter_tables(day: &ServiceDay) -> Vec<CounterTable> {
    let asked = day.asked_counters.as_ref().map(|counters| CounterTable::of("直近の照会", counters));
    let closed = day.close_counters.as_ref().map(|counters| CounterTable::of("閉局時の交換", counters));
    [closed, asked].into_iter().flatten().collect()
}

fn open_row(item: OpenItem) -> OpenRow {
    let payment: PaymentId = item.payment;
    OpenRow {
        link: StaffPaymentLink(payment),
        key: item.message_key,
        // an accepted payment is open for its cancellation
        state: if item.state.is_open() {
            state_tag(item.state)
        } else {
            Tag::bad("取消しの結果待ち")
        },
        amount: item.amount,
        held_at: stamp(item.held_at),
    }
}

fn acts(day: Option<&ServiceDay>, is_today: bool) -> Vec<ActChoice> {
    let all = [
        (
            DayAct::Open,
            ActChoice {
                id: "act",
                value: "open",
                label: "開局する",
                hint: "収納機関に開局を伝えます。時刻が来れば自動で行います。",
            },
        ),
        (
            DayAct::PreClose,
            ActChoice {
                id: "act",
                value: "pre_close",
                label: "予備閉局にする",
                hint: "新しい照会を止めます。照会の済んだ払込は受け付けます。",
            },
        ),
        (
            DayAct::Close { carry_forward: false, seen: Seen::default() },
            ActChoice {
                id: "act",
                value: "close",
                label: "閉局する",
                hint: "この処理日の払込を締め切り、収納カウンタを交換します。",
            },
        ),
    ];
    let possible =
        all.into_iter().filter(|(act, _)| act.is_possible(day, is_today)).map(|(_, choice)| choice);
    // the first control has the field's name as its id, so that the summary leads to it
    possible.zip(["act", "act-2", "act-3"]).map(|(choice, id)| ActChoice { id, ..choice }).collect()
}
