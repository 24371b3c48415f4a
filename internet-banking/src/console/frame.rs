//! The frame around the console's pages, which nobody may take for the customers' bank.

use edge::{Frame, NavItem, Who, Words};
use http::StatusCode;

use super::links::ConsoleLink;
use super::sign_in::StaffSignedIn;
use crate::frame::day_and_time;

/// Name of the site in the bar and in titles.
pub const SITE_NAME: &str = "見本銀行 収納運用";
/// The word beside it.
const MARK: &str = "職員用";
/// The style sheet's class of every page.
const THEME: &str = "console";

/// The part of the console that a page belongs to; its entry in the navigation is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// 状況.
    Home,
    /// 結果不明.
    Unknown,
    /// 窓口収納.
    Counter,
    /// 払込検索.
    Payments,
    /// 開局・閉局.
    Days,
    /// 照合.
    Reconciliation,
    /// 承認待ち.
    Requests,
    /// 警報.
    Alarms,
    /// 監査ログ.
    Trail,
}

impl Area {
    const ALL: &[Self] = &[
        Self::Home,
        Self::Unknown,
        Self::Counter,
        Self::Payments,
        Self::Days,
        Self::Reconciliation,
        Self::Requests,
        Self::Alarms,
        Self::Trail,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::Home => "状況",
            Self::Unknown => "結果不明",
            Self::Counter => "窓口収納",
            Self::Payments => "払込検索",
            Self::Days => "開局・閉局",
            Self::Reconciliation => "照合",
            Self::Requests => "承認待ち",
            Self::Alarms => "警報",
            Self::Trail => "監査ログ",
        }
    }

    const fn link(self) -> ConsoleLink {
        match self {
            Self::Home => ConsoleLink::Home,
            Self::Unknown => ConsoleLink::Unknown,
            Self::Counter => ConsoleLink::Counter,
            Self::Payments => ConsoleLink::Payments,
            Self::Days => ConsoleLink::Days,
            Self::Reconciliation => ConsoleLink::Reconciliation,
            Self::Requests => ConsoleLink::Requests,
            Self::Alarms => ConsoleLink::Alarms,
            Self::Trail => ConsoleLink::Trail,
        }
    }
}

/// The frame of a page behind sign-in.
pub fn page(by: &StaffSignedIn, area: Area) -> Frame {
    let item = |of: &Area| NavItem { label: of.label(), href: of.link().to_string(), current: *of == area };
    let last_sign_in = match by.session.previous {
        Some(last) => format!("前回 {}", day_and_time(last.at)),
        None => "はじめてのログイン".to_owned(),
    };
    let who = Who {
        contract: by.staff.login_id.clone(),
        user: by.staff.name.clone(),
        role: by.staff.role.label(),
        last_sign_in,
        sign_out: ConsoleLink::SignOut.to_string(),
        csrf: by.csrf.clone(),
    };
    Frame {
        home: ConsoleLink::Home.path(),
        nav: Area::ALL.iter().map(item).collect(),
        who: Some(who),
        ..public()
    }
}

/// The frame of a page that needs no sign-in.
pub fn public() -> Frame {
    Frame { site: SITE_NAME, mark: MARK, theme: THEME, ..Frame::default() }
}

/// What the console's error pages say: the reader is staff, and what failed may have been a command to the hub.
pub fn words(status: StatusCode) -> Words {
    let (title, text) = match status {
        StatusCode::FORBIDDEN => (
            "この操作をする権限がありません",
            "受け付けていません。お金も収納機関への電文も動いていません。起票と窓口収納は起票者、承認は承認者の職員が行います。",
        ),
        StatusCode::NOT_FOUND => (
            "ページが見つかりません",
            "アドレスが変わったか、対象がもうありません。何も変更していません。状況の画面からお進みください。",
        ),
        _ if status.is_client_error() => return Words::of(status),
        _ => (
            "ただいま画面を表示できません",
            "操作の途中だった場合は、やり直す前に、対象の画面と監査ログで結果を確かめてください。\
             続くときは、下の番号を添えてシステム担当へ連絡してください。",
        ),
    };
    Words { title, text }
}
