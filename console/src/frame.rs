//! The frame around the console's pages, which nobody may take for the customers' bank.

use edge::{Frame, NavItem, Who, Words};
use http::StatusCode;
use internet_banking::frame::day_and_time;

use super::links::ConsoleLink;
use super::sign_in::StaffSignedIn;

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
    /// 資金決済.
    Settlement,
    /// 組戻しの依頼.
    Recalls,
    /// 契約.
    Contracts,
    /// 緊急停止.
    Stops,
    /// 設定.
    Settings,
    /// 鍵と認証局.
    Keys,
    /// 利用者.
    Users,
    /// 職員.
    Staff,
    /// 承認待ち.
    Requests,
    /// 警報.
    Alarms,
    /// 監査ログ.
    Trail,
}

impl Area {
    /// In the order of the menu: what waits for somebody first, then customers, then payments, then the bank's own.
    const ALL: &[Self] = &[
        Self::Home,
        Self::Requests,
        Self::Alarms,
        Self::Unknown,
        Self::Contracts,
        Self::Users,
        Self::Stops,
        Self::Counter,
        Self::Payments,
        Self::Recalls,
        Self::Days,
        Self::Reconciliation,
        Self::Settlement,
        Self::Settings,
        Self::Keys,
        Self::Staff,
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
            Self::Settlement => "資金決済",
            Self::Recalls => "組戻しの依頼",
            Self::Contracts => "契約",
            Self::Stops => "緊急停止",
            Self::Settings => "設定",
            Self::Keys => "鍵と認証局",
            Self::Users => "利用者",
            Self::Staff => "職員",
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
            Self::Settlement => ConsoleLink::Settlement,
            Self::Recalls => ConsoleLink::Recalls,
            Self::Contracts => ConsoleLink::Contracts,
            Self::Stops => ConsoleLink::Stops,
            Self::Settings => ConsoleLink::Settings,
            Self::Keys => ConsoleLink::Keys,
            Self::Users => ConsoleLink::Users,
            Self::Staff => ConsoleLink::Staff,
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
    Frame { site: SITE_NAME, mark: MARK, theme: THEME, home_words: "状況の画面へ", ..Frame::default() }
}

/// What the console says of a form that was made for another session.
pub const STALE_FORM: Words = Words {
    title: "この画面は使えなくなりました",
    text: "ログインし直したか、時間がたったため、送信された内容は受け付けていません。\
           お金も収納機関への電文も動いていません。状況の画面から、もう一度操作してください。",
};

/// What the console's error pages say: the reader is staff, and what failed may have been a command to the hub.
pub fn words(status: StatusCode) -> Words {
    let (title, text) = match status {
        StatusCode::FORBIDDEN => (
            "権限のない操作",
            "この操作を行う権限がありません。受け付けていません。お金も収納機関への電文も動いていません。起票と窓口収納は起票者、承認は承認者の職員が行います。",
        ),
        StatusCode::NOT_FOUND => (
            "ページが見つかりません",
            "アドレスが変わったか、対象がもうありません。何も変更していません。状況の画面から、もう一度操作してください。",
        ),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("この画面は直接開けません", "何も変更していません。状況の画面から、もう一度操作してください。")
        }
        StatusCode::REQUEST_TIMEOUT => (
            "通信に時間がかかりすぎました",
            "送信された内容は受け付けていません。お金も収納機関への電文も動いていません。もう一度操作してください。",
        ),
        StatusCode::TOO_MANY_REQUESTS => (
            "しばらく時間をおいてください",
            "短い時間に多くの操作がありました。今回の操作は受け付けていません。少し待ってから、もう一度操作してください。",
        ),
        _ if status.is_client_error() => (
            "この操作は受け付けられません",
            "送信された内容を読み取れないか、大きすぎます。お金も収納機関への電文も動いていません。\
             前の画面に戻って、もう一度操作してください。",
        ),
        _ => (
            "ただいま画面を表示できません",
            "操作の途中だった場合は、やり直す前に、対象の画面と監査ログで結果を確かめてください。\
             続くときは、下の番号を添えてシステム担当へ連絡してください。",
        ),
    };
    Words { title, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_pages_speak_to_staff_and_not_to_customers() {
        let all = (400..=599).filter_map(|status| StatusCode::from_u16(status).ok()).map(words);
        for Words { title, text } in all.chain([STALE_FORM]) {
            for of_customers in
                ["引き落とされていません", "貴社", "お試しください", "お進みください", "ホーム"]
            {
                assert!(!text.contains(of_customers) && !title.contains(of_customers), "{text}");
            }
        }
    }
}
