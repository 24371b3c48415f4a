//! Samples of the pages of emergency stops and settings.

use askama::Template;
use domain::ContractId;
use gateway::directory::SetPart;
use internet_banking::keys::{KeyKind, KeyStanding};
use internet_banking::settings::{CLOSED_DAYS, PAYEASY_DAILY_LIMIT, SERVICE_HOURS, SETTINGS, SPECIAL_DAY};
use uuid::Uuid;

use super::{choices, request_row, sample_frame, troubles};
use crate::keys::pages::{KeyRow, KeysPage, tag as key_tag};
use crate::links::{ConsoleLink, ContractLink, LiftEmergencyLink, SettingLink};
use crate::problem::Trouble;
use crate::settings::calendar::{CalendarPage, DayRow};
use crate::settings::collectors::{CollectorRow, CollectorsPage};
use crate::settings::pages::{SettingPage, SettingRow, SettingsPage, ValueRow};
use crate::settings::typed::Typed;
use crate::stops::pages::{ConfirmPage, StopRow, StopsPage};
use crate::token_stock::pages::{DeliveryRow, StockPage};
use crate::words::Tag;

/// The stops, the settings and one of them.
pub fn pages() -> Vec<String> {
    [stops(), settings(), keys(), stock()].concat()
}

fn stops() -> Vec<String> {
    let row = |contract: bool| StopRow {
        what: "契約 <b>見本商事".to_owned(),
        number: "261124-0A1B2C3D".to_owned(),
        taken: contract.then(|| ("1件".to_owned(), "100件以上".to_owned())),
        link: contract.then(|| ContractLink(ContractId::generate())),
        reason: "<i>不審な操作".to_owned(),
        at: "11月24日 10:05:07".to_owned(),
        by: "お客さま".to_owned(),
        lift: LiftEmergencyLink(Uuid::from_u128(u128::from(contract))),
    };
    let page = |trouble: Option<Trouble>, rows: Vec<StopRow>, lifting: Option<Uuid>| StopsPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        rows,
        choices: choices(),
        reason: "</textarea><script>".to_owned(),
        lifting,
        document: "\"><script>".to_owned(),
        may_propose: true,
    };
    let mut pages = vec![page(None, Vec::new(), None), page(None, vec![row(true), row(false)], None)];
    pages.extend(troubles("what").map(|trouble| page(trouble, vec![row(true)], None)));
    pages.extend(troubles("document").map(|trouble| page(trouble, vec![row(true)], Some(Uuid::nil()))));
    let confirm = |signs_out: bool| ConfirmPage {
        frame: sample_frame(false),
        csrf: "t".to_owned(),
        chosen: ("service/sign-in".to_owned(), "ログイン(全契約)".to_owned()),
        reason: "\"><script>".to_owned(),
        reaches: (2, 7),
        signs_out,
    };
    let pages = pages.iter().map(|page| page.render().unwrap());
    pages.chain([true, false].map(|signs_out| confirm(signs_out).render().unwrap())).collect()
}

fn keys() -> Vec<String> {
    let row = |standing: KeyStanding| KeyRow {
        kind: KeyKind::Link.label(),
        owner: "<b>見本商店".to_owned(),
        id: "99022-2".to_owned(),
        public: (standing == KeyStanding::Current)
            .then(|| "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIQBtFFYw".to_owned()),
        made: "2026年11月24日(火)".to_owned(),
        from: "導入時".to_owned(),
        retired: "−".to_owned(),
        tag: key_tag(standing),
        left: (standing == KeyStanding::Accepted).then(|| ("有効な電子証明書", "3 枚".to_owned())),
    };
    let standings = [
        KeyStanding::Waiting,
        KeyStanding::Planned,
        KeyStanding::Current,
        KeyStanding::Accepted,
        KeyStanding::Retired,
    ];
    let page = |trouble: Option<Trouble>| KeysPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        may_propose: trouble.is_some(),
        trouble,
        rows: standings.map(row).into(),
        shared: standings.map(row).into(),
        choices: choices(),
        from: "\"><script>".to_owned(),
        kid: "\"><script>".to_owned(),
        x: "\"><script>".to_owned(),
        document: "\"><script>".to_owned(),
        reason: "</textarea><script>".to_owned(),
        requests: vec![request_row(Tag::wait("承認待ち"), true)],
    };
    ["what", "from", "x", "document"]
        .into_iter()
        .flat_map(troubles)
        .map(|t| page(t).render().unwrap())
        .collect()
}

fn stock() -> Vec<String> {
    let row = |taken: bool| DeliveryRow {
        number: "<b>2026-0042".to_owned(),
        maker: "<b>見本トークン製作所".to_owned(),
        tokens: 20,
        first: "9500000001".to_owned(),
        last: "9500000020".to_owned(),
        received: "2026年11月24日(火) 10:05:07".to_owned(),
        tag: if taken { Tag::ok("在庫に入れた") } else { Tag::wait("受入れ待ち") },
        taken: if taken { "2026年11月24日(火) 10:05:07".to_owned() } else { String::new() },
    };
    let page = |trouble: Option<Trouble>, full: bool| StockPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        may_propose: full,
        trouble,
        stock: (0..i64::from(full)).map(|_| ("2031年11月30日(日)".to_owned(), 20)).collect(),
        rows: [true, false].into_iter().filter(|_| full).map(row).collect(),
        choices: if full { choices() } else { Vec::new() },
        digest: "\"><script>".to_owned(),
        document: "\"><script>".to_owned(),
        reason: "</textarea><script>".to_owned(),
        requests: (0..i32::from(full)).map(|_| request_row(Tag::wait("承認待ち"), true)).collect(),
    };
    let mut pages = vec![page(None, false)];
    pages.extend(["delivery", "digest", "document"].into_iter().flat_map(troubles).map(|t| page(t, true)));
    pages.iter().map(|page| page.render().unwrap()).collect()
}

fn settings() -> Vec<String> {
    let rows = SETTINGS.iter().map(|setting| SettingRow {
        link: SettingLink::of(setting),
        label: setting.label.to_string(),
        value: setting.shown(&setting.embedded()),
    });
    let mut pages = vec![SettingsPage { frame: sample_frame(false), rows: rows.collect() }.render().unwrap()];
    let day = |closed: &'static str| DayRow {
        day: "2026年12月31日(木)".to_owned(),
        holiday: if closed.is_empty() { "<b>祝日".to_owned() } else { String::new() },
        closed,
    };
    let calendar = CalendarPage {
        frame: sample_frame(false),
        rows: vec![day(""), day("毎年の休止日")],
        special: SettingLink::of(&SPECIAL_DAY),
        closed: SettingLink::of(&CLOSED_DAYS),
        hours: SettingLink::of(&SERVICE_HOURS),
        cut_offs: vec![(SettingLink::of(&SERVICE_HOURS), "<b>当日".to_owned(), "16:00<b>".to_owned())],
    };
    pages.push(calendar.render().unwrap());
    let collector = |full: bool| CollectorRow {
        number: "00200".parse().unwrap(),
        name: "<b>国税庁".to_owned(),
        kind: "国",
        tag: if full { Tag::bad("休止") } else { Tag::ok("取扱中") },
        parts: vec![(SettingLink::of(&SERVICE_HOURS), "取扱時間", "<b>平日".to_owned()); 2],
        coming: if full { vec!["2026年12月1日から<b>".to_owned(); 2] } else { Vec::new() },
    };
    let collectors =
        CollectorsPage { frame: sample_frame(false), rows: vec![collector(true), collector(false)] };
    pages.push(collectors.render().unwrap());
    let script = || "\"><script>".to_owned();
    let typed = || Typed {
        value: script(),
        state: "rest".to_owned(),
        until: script(),
        cause: script(),
        weekdays: script(),
        saturdays: script(),
        holidays: script(),
        closed: script(),
        from: script(),
        document: script(),
        reason: "</textarea><script>".to_owned(),
    };
    let fields = [
        (None, "value"),
        (Some(SetPart::Suspension), "until"),
        (Some(SetPart::Hours), "weekdays"),
        (Some(SetPart::Fee), "value"),
    ];
    for ((part, field), full) in fields.into_iter().flat_map(|of| [(of, true), (of, false)]) {
        for trouble in troubles(field) {
            let value = || ValueRow {
                from: "2026年11月24日(火)".to_owned(),
                value: "5,000 円".to_owned(),
                at: "11月24日 10:05:07".to_owned(),
                by: "<b>課長".to_owned(),
            };
            let page = SettingPage {
                frame: sample_frame(trouble.is_some()),
                csrf: "t".to_owned(),
                errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
                trouble,
                link: SettingLink::of(&PAYEASY_DAILY_LIMIT),
                list: ConsoleLink::Settings,
                label: "<b>限度額".to_owned(),
                hint: PAYEASY_DAILY_LIMIT.hint,
                part,
                states: typed().states(),
                now: "10,000,000 円".to_owned(),
                embedded: "10,000,000 円".to_owned(),
                history: (0..i32::from(full)).map(|_| value()).collect(),
                typed: typed(),
                may_propose: full,
                requests: (0..i32::from(full)).map(|_| request_row(Tag::wait("承認待ち"), false)).collect(),
            };
            pages.push(page.render().unwrap());
        }
    }
    pages
}
