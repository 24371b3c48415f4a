//! The list of alarms, and the button that says that somebody has taken notice.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::{get, post};
use domain::{AlarmId, CollectorNumber, Timestamp};
use edge::{CsrfForm, Frame};
use gateway::{Alarm, AlarmChannel, AlarmQuery};
use internet_banking::answer::{Answer, Stop, failed, shown};
use serde::Deserialize;

use super::{AlarmSubject, alarm_words};
use crate::delivery::{Progress, Undelivered};
use crate::frame::{self, Area};
use crate::links::{AcknowledgeLink, AlarmsLink, ConsoleLink};
use crate::page::Pressed;
use crate::problem::Problem;
use crate::sign_in::StaffSignedIn;
use crate::told::Teller;
use crate::words::{Choice, Names, Tag, collector_name, collectors, stamp};
use crate::{Console, staff};

/// Alarms a page.
const PAGE_ALARMS: u32 = 50;

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ConsoleLink::Alarms.path(), get(show))
        .route(AcknowledgeLink::ROUTE, post(acknowledge))
}

/// What the address asks for. Anything strange in it shows everything.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    state: String,
    collector: String,
    older: String,
    done: String,
}

/// An alarm as pages show it.
pub(crate) struct AlarmRow {
    pub id: AlarmId,
    pub at: String,
    pub title: &'static str,
    pub remedy: &'static str,
    pub collector: String,
    pub subject: String,
    /// Where the subject leads, if anywhere.
    pub link: Option<String>,
    pub detail: String,
    /// When, and by whom.
    pub acknowledged: Option<String>,
    /// When its cause was over.
    pub ended: Option<String>,
    pub deliveries: Vec<DeliveryRow>,
}

/// What became of an alarm on a channel.
pub(crate) struct DeliveryRow {
    pub channel: &'static str,
    pub tag: Tag,
    pub when: String,
}

#[derive(Template)]
#[template(path = "alarms/alarms.html")]
pub(crate) struct AlarmsPage {
    pub frame: Frame,
    pub csrf: String,
    pub states: Vec<Choice>,
    pub collectors: Vec<Choice>,
    pub rows: Vec<AlarmRow>,
    pub older: Option<String>,
}

async fn show(State(console): State<Console>, by: StaffSignedIn, Query(filter): Query<Filter>) -> Answer {
    let open_only = filter.state != "all";
    let collector: Option<CollectorNumber> = filter.collector.parse().ok();
    let query = AlarmQuery {
        open_only,
        collector: collector.clone(),
        subject: None,
        before: place(&filter.older),
        limit: PAGE_ALARMS + 1,
    };
    let mut alarms = console.gateway.alarms(&query).await.map_err(failed)?;
    let page = usize::try_from(PAGE_ALARMS).unwrap_or(usize::MAX);
    let more = alarms.len() > page;
    alarms.truncate(page);
    let older = alarms.last().filter(|_| more).map(|last| {
        let place = (last.raised_at, last.id);
        AlarmsLink { open_only, collector: collector.as_ref(), place }.to_string()
    });
    let mut frame = frame::page(&by, Area::Alarms);
    if filter.done == "acknowledged" {
        frame.notice = Some("警報を確認済みにしました。".to_owned());
    }
    let state = if open_only { "open" } else { "all" };
    shown(&AlarmsPage {
        frame,
        csrf: by.csrf.clone(),
        states: vec![Choice::new("open", "未対応", state), Choice::new("all", "すべて", state)],
        collectors: collectors(&console.gateway, &filter.collector),
        rows: rows(&console, alarms).await?,
        older,
    })
}

async fn acknowledge(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(_): CsrfForm<Pressed>,
) -> Answer {
    let id: AlarmId = id.parse().map_err(|_| Stop::not_found())?;
    let back = ConsoleLink::Alarms.path();
    let operator = staff::operator(&by.staff);
    // of two who take notice at once, both have
    console
        .gateway
        .acknowledge_alarm(id, &operator)
        .await
        .map_err(|error| Problem::unclear(&error).stop(&by, Area::Alarms, back))?;
    Ok(Redirect::to(&format!("{back}?done=acknowledged")).into_response())
}

/// Alarms with the names in them, and what became of each on its way out.
pub(crate) async fn rows(console: &Console, alarms: Vec<Alarm>) -> Result<Vec<AlarmRow>, Stop> {
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let undelivered = console.delivery.undelivered().await.map_err(failed)?;
    let mut rows = Vec::new();
    for alarm in alarms {
        let subject = AlarmSubject::of(&console.gateway, &alarm).await.map_err(failed)?;
        rows.push(row(console, &names, &undelivered, alarm, subject));
    }
    Ok(rows)
}

fn row(
    console: &Console,
    names: &Names,
    undelivered: &Undelivered,
    alarm: Alarm,
    AlarmSubject { text: subject, link }: AlarmSubject,
) -> AlarmRow {
    let words = alarm_words(alarm.kind);
    let collector = alarm.collector.as_ref();
    let deliveries = AlarmChannel::ALL.iter().map(|channel| {
        let (tag, when) = match undelivered.progress(&alarm, *channel) {
            Progress::Delivered(at) => (Tag::ok("送信済み"), stamp(at)),
            Progress::Waiting => (Tag::wait("送信待ち"), String::new()),
            Progress::Retrying { tries } => (Tag::wait("再試行中"), format!("{tries}回失敗")),
            Progress::GivenUp { tries } => (Tag::bad("送信できません"), format!("{tries}回失敗")),
            Progress::NoTarget => (Tag::info("送信先なし"), String::new()),
        };
        DeliveryRow { channel: channel_label(*channel), tag, when }
    });
    AlarmRow {
        id: alarm.id,
        at: stamp(alarm.raised_at),
        title: words.title,
        remedy: words.remedy,
        collector: collector.map(|c| collector_name(&console.gateway, c)).unwrap_or_default(),
        link,
        deliveries: deliveries.collect(),
        ended: alarm.ended_at.map(stamp),
        acknowledged: alarm.acknowledged.map(|(at, by)| format!("{} {}", stamp(at), names.name(&by.name))),
        subject,
        detail: Teller { gateway: &console.gateway, names }.told(&alarm.detail),
    }
}

const fn channel_label(channel: AlarmChannel) -> &'static str {
    match channel {
        AlarmChannel::Mail => "メール",
        AlarmChannel::Webhook => "Webhook",
    }
}

/// Where the page before ended.
fn place(text: &str) -> Option<(Timestamp, AlarmId)> {
    let (at, id) = text.split_once('_')?;
    Some((Timestamp::from_micros(at.parse().ok()?), id.parse().ok()?))
}
