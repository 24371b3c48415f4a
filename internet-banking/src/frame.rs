//! The frame around the bank's pages: navigation, who is signed in, footer.

use chrono::Timelike;
use domain::Timestamp;
use domain::time::{month_day, year_month_day};
use edge::{Frame, Idle, NavItem, SessionLimits, Who};

use crate::contracts::{Business, LastSignIn};
use crate::links::Link;
use crate::policy;
use crate::sign_in::SignedIn;

/// Name of the site in the bar and in titles.
pub const SITE_NAME: &str = "見本銀行 法人ネット";

/// R13: the bank never asks.
const FOOTER_TEXT: &str = "当行がメール・電話・SMSでパスワードや暗証番号をお尋ねすることはありません。\
     パソコンの基本ソフトとウイルス対策ソフトは最新の状態でお使いください。";

/// Seconds before the end of a session that is not used at which its user is warned (SEC-25).
const IDLE_WARNED_S: i64 = 120;

/// The part of the bank that a page belongs to; its entry in the navigation is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// ホーム.
    Home,
    /// 照会.
    Inquiry,
    /// 振込・振替.
    Transfers,
    /// データ伝送.
    Bulk,
    /// 税金・各種料金.
    PayEasy,
    /// 承認.
    Approvals,
    /// 取引状況.
    Activity,
    /// 管理.
    Admin,
    /// 利用者情報.
    Security,
}

/// The frame of a page behind sign-in. Only businesses that the user may do are in the navigation.
pub fn page(signed_in: &SignedIn, area: Area) -> Frame {
    let item = |label, link: Link, of| NavItem { label, href: link.to_string(), current: area == of };
    let mut nav = vec![item("ホーム", Link::Home, Area::Home)];
    if signed_in.user.rights.may(Business::Inquiry) {
        nav.push(item("照会", Link::Accounts, Area::Inquiry));
    }
    if signed_in.user.rights.may(Business::Transfer) {
        nav.push(item("振込・振替", Link::Transfers, Area::Transfers));
    }
    if Business::BULK.iter().any(|business| policy::may_do(signed_in, *business)) {
        nav.push(item("データ伝送", Link::Bulk, Area::Bulk));
    }
    if signed_in.user.rights.may(Business::PayEasy) {
        nav.push(item("税金・各種料金", Link::PayeasyNew, Area::PayEasy));
    }
    nav.push(item("承認", Link::Approvals, Area::Approvals));
    nav.push(item("取引状況", Link::Activity, Area::Activity));
    if policy::duties(&signed_in.user).next().is_some() {
        nav.push(item("管理", Link::Admin, Area::Admin));
    }
    nav.push(item("利用者情報", Link::Security, Area::Security));
    let who = Who {
        contract: signed_in.contract.name.clone(),
        user: signed_in.user.name.clone(),
        role: signed_in.user.role.label(),
        last_sign_in: last_sign_in(signed_in.last_sign_in),
        sign_out: Link::SignOut.to_string(),
        csrf: signed_in.csrf.clone(),
    };
    let end_s = SessionLimits::default().idle_s;
    let idle = Idle {
        warn_s: end_s - IDLE_WARNED_S,
        end_s,
        extend: Link::SessionExtend.to_string(),
        csrf: signed_in.csrf.clone(),
    };
    let moves_money = matches!(area, Area::Home | Area::Transfers | Area::Bulk | Area::PayEasy);
    let notice = signed_in.cooling_off.filter(|_| moves_money).map(cooling_off);
    Frame { home: Link::Home.path(), nav, who: Some(who), idle: Some(idle), notice, ..public() }
}

/// Until when a master with another certificate moves no money, and why.
fn cooling_off(until: Timestamp) -> String {
    format!(
        "電子証明書が再発行されたため、{}まで、このログインIDでは払込・振込・振替ができません。お心当たりがない場合は、すぐにお取引店へご連絡ください。",
        day_and_time(until)
    )
}

/// The frame of a page that needs no sign-in.
pub fn public() -> Frame {
    Frame { site: SITE_NAME, footer_text: FOOTER_TEXT, ..Frame::default() }
}

/// `11月20日(金) 16:42`.
pub fn day_and_time(at: Timestamp) -> String {
    let time = at.time();
    format!("{} {:02}:{:02}", month_day(at.date()), time.hour(), time.minute())
}

/// `2027年11月24日(水) 10:00`: what may be of another year.
pub fn year_day_and_time(at: Timestamp) -> String {
    format!("{} {}", year_month_day(at.date()), at.time().format("%H:%M"))
}

fn last_sign_in(last: Option<LastSignIn>) -> String {
    match last {
        Some(last) => format!("前回 {} {}", day_and_time(last.at), last.method.label()),
        None => "はじめてのログイン".to_owned(),
    }
}
