//! `/certificate/check`: 利用環境確認, one page for what stood in many (R30, R31, R45, R50), with the table of troubles
//! (R32–R38); and what the sign-in page says of the certificate that it was shown.

use askama::Template;
use axum::extract::State;
use edge::{ClientCertificate, Frame, ListenerPort};
use http::{HeaderMap, header};

use super::instant;
use crate::answer::{Answer, failed, shown};
use crate::certificates::judge::{self, CertificateTrouble, Shown};
use crate::contracts::StoreError;
use crate::help::Code;
use crate::links::Link;
use crate::{Bank, frame};

/// Characters of a browser's own description.
const BROWSER_CHARS_MAX: usize = 300;

/// What the sign-in page says of certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignInBox {
    /// The mark of the case: `good`, or the trouble's word.
    pub state: &'static str,
    /// What it is.
    pub title: String,
    /// The error's code, where it is one.
    pub code: Option<Code>,
    /// Where the user tries again; empty where nothing would change.
    pub again: String,
}

impl SignInBox {
    /// Of a request that came through a door; none elsewhere. What a certificate is worth is told to whoever has its
    /// key; whose login ID goes with it is not looked at. `query` stays when trying again.
    pub(crate) async fn of(
        bank: &Bank,
        port: ListenerPort,
        certificate: &ClientCertificate,
        query: &str,
    ) -> Result<Option<Self>, StoreError> {
        let Some(next) = bank.doors.next(port.0) else { return Ok(None) };
        let again = format!("{next}{}{query}", Link::SignIn);
        let seen = bank.certificates.shown(certificate).await?;
        Ok(Some(Self::says(&seen, bank.clock.now(), again)))
    }

    pub(super) fn says(seen: &Shown, now: domain::Timestamp, again: String) -> Self {
        let trouble = match seen {
            Shown::Nothing => Some(CertificateTrouble::Missing),
            Shown::Foreign => Some(CertificateTrouble::Foreign),
            Shown::Known(certificate) => judge::trouble_of(certificate, now),
        };
        match (trouble, seen) {
            (Some(CertificateTrouble::Missing), _) => Self {
                state: CertificateTrouble::Missing.word(),
                title: "電子証明書は提示されていません。電子証明書方式のお客さまは、選び直してください。"
                    .to_owned(),
                code: Some(CertificateTrouble::Missing.code()),
                again,
            },
            (Some(trouble), _) => Self {
                state: trouble.word(),
                title: trouble.code().entry().happened.to_owned(),
                code: Some(trouble.code()),
                again,
            },
            (None, Shown::Known(certificate)) => Self {
                state: "good",
                title: format!("電子証明書を確認しました(有効期限 {})。", instant(certificate.expires_at)),
                code: None,
                again: String::new(),
            },
            (None, Shown::Nothing | Shown::Foreign) => {
                Self { state: "good", title: String::new(), code: None, again }
            }
        }
    }
}

/// A row of the table of troubles.
pub struct TroubleRow {
    /// What the user sees.
    pub seen: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// The code that explains it.
    pub code: Code,
}

/// The troubles of the rules R32 to R38, each with the state that a page of ours detects.
pub(super) const TROUBLES: &[TroubleRow] = &[
    TroubleRow {
        seen: "取得したのに、選択の画面に出ない",
        remedy: "ファイルの取込みが終わっているか、OSに同じユーザでサインインしているかを確かめ、だめなら取得し直します。",
        code: Code::CertificateNotImported,
    },
    TroubleRow {
        seen: "取込みの確認に「いいえ」と答えた、画面が乱れた",
        remedy: "最初のログインの前なら、何度でも取得し直せます。前のものは使えなくなります。",
        code: Code::CertificateNotImported,
    },
    TroubleRow {
        seen: "選択の画面を閉じてしまった、選択の画面が出ない",
        remedy: "ログイン画面の「電子証明書を選び直す」から別の入口に進みます。",
        code: Code::CertificateMissing,
    },
    TroubleRow {
        seen: "選択の一覧が空、または当行のものがない",
        remedy: "電子証明書を取得しているか、開いている画面のアドレスが当行のものかを確かめます。",
        code: Code::CertificateForeign,
    },
    TroubleRow {
        seen: "前は使えたのに、使えなくなった",
        remedy: "有効期限、失効、更新、OSのユーザの違いを確かめます。理由はログイン画面に出ます。",
        code: Code::CertificateExpired,
    },
    TroubleRow {
        seen: "OSを再インストールした、パソコンを修理・交換した",
        remedy: "電子証明書は元に戻せません。失効の手続きの後に、新しいものを取得します。",
        code: Code::CertificateRevoked,
    },
];

#[derive(Template)]
#[template(path = "certificates/check.html")]
pub(super) struct CheckPage {
    pub frame: Frame,
    /// Whether this page came over a connection that asks for certificates.
    pub at_door: bool,
    /// Where such a one is; empty where this bank has none.
    pub door: String,
    pub certificate: Option<SignInBox>,
    pub browser: String,
    pub troubles: &'static [TroubleRow],
}

/// `GET /certificate/check`
pub(super) async fn show(
    State(bank): State<Bank>,
    port: ListenerPort,
    certificate: ClientCertificate,
    headers: HeaderMap,
) -> Answer {
    let seen = SignInBox::of(&bank, port, &certificate, "").await.map_err(failed)?;
    let browser = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    shown(&CheckPage {
        frame: Frame { home: Link::Home.path(), ..frame::public() },
        at_door: seen.is_some(),
        door: bank.doors.first().map(|door| format!("{door}{}", Link::CertificateCheck)).unwrap_or_default(),
        certificate: seen,
        browser: browser.chars().take(BROWSER_CHARS_MAX).collect(),
        troubles: TROUBLES,
    })
}
