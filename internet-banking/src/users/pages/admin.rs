//! 管理: what the person may do of the contract's administration.

use askama::Template;
use edge::Frame;

use super::{page_frame, stop};
use crate::answer::{Answer, shown};
use crate::contracts::{Duty, SignInMethod};
use crate::help::Code;
use crate::links::Link;
use crate::policy;
use crate::sign_in::SignedIn;

/// A line of the list: what it is, where it leads, and a few words.
pub struct AdminLine {
    /// The words of the link.
    pub title: &'static str,
    /// Where it leads.
    pub link: String,
    /// What one does there.
    pub about: &'static str,
}

/// The list.
#[derive(Template)]
#[template(path = "users/admin.html")]
pub struct AdminPage {
    /// The frame.
    pub frame: Frame,
    /// Its lines.
    pub lines: Vec<AdminLine>,
}

/// `GET /admin`
pub async fn show(by: SignedIn) -> Answer {
    let lines = lines(&by);
    if lines.is_empty() {
        return Err(stop(&by, Code::NotPermitted));
    }
    shown(&AdminPage { frame: page_frame(&by, None), lines })
}

/// What the person may do, in the order of the page.
fn lines(by: &SignedIn) -> Vec<AdminLine> {
    let all = [
        (
            Duty::Users,
            "利用者管理",
            Link::AdminUsers.to_string(),
            "利用者の追加・変更・停止・削除、権限と口座、パスワードの再発行",
        ),
        (
            Duty::History,
            "操作履歴",
            Link::AdminHistory.to_string(),
            "全利用者の操作の記録の検索とダウンロード",
        ),
        (
            Duty::Certificates,
            "電子証明書",
            Link::AdminCertificates.to_string(),
            "利用者の電子証明書の失効、再発行の許可",
        ),
        (Duty::TokenRevoke, "トークン", Link::AdminTokens.to_string(), "トークンの一覧、失効、利用停止解除"),
        (
            Duty::Limits,
            "限度額(振込・振替)",
            Link::AdminLimits.to_string(),
            "1件、口座ごと、利用者ごとの1日の限度額",
        ),
        (Duty::Limits, "限度額(税金・各種料金)", Link::PayeasyLimits.to_string(), "利用者ごとの1日の限度額"),
        (
            Duty::Approvals,
            "承認の設定",
            Link::AdminApprovals.to_string(),
            "業務ごとの承認の人数と順序、管理の手続きの確認",
        ),
    ];
    let by_certificate = by.contract.sign_in == SignInMethod::Certificate;
    let own = all
        .into_iter()
        .filter(|(duty, ..)| policy::has(&by.user, *duty))
        .filter(|(duty, ..)| *duty != Duty::Certificates || by_certificate);
    own.map(|(_, title, link, about)| AdminLine { title, link, about }).collect()
}
