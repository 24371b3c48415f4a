//! How a request fails: generic words for the person, the details in the log under one number (SEC-44).

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

/// Why a page could not be made. `?` turns any error into [`Failure::Internal`].
#[derive(Debug)]
pub enum Failure {
    /// There is no such page, or nothing that this person may see. The two are not told apart (SEC-34).
    NotFound,
    /// The person has no right to the operation.
    Forbidden,
    /// The form was made for another session or by another site.
    StaleForm,
    /// The form cannot be read.
    BadForm,
    /// Too many tries.
    TooMany,
    /// Anything unforeseen. Whoever raises it has changed nothing, or has left it where a retry is safe.
    Internal(Box<dyn Error + Send + Sync>),
}

impl Failure {
    /// An unforeseen condition, for the log.
    pub fn internal(what: impl Into<Cow<'static, str>>) -> Self {
        Self::Internal(what.into().into_owned().into())
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::StaleForm => StatusCode::FORBIDDEN,
            Self::BadForm => StatusCode::BAD_REQUEST,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Internal(Box::new(error))
    }
}

/// The status alone; [`crate::site()`] puts the page around it.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        match &self {
            Self::Internal(error) => {
                tracing::error!(error = %with_causes(error.as_ref()), "a request failed");
            }
            Self::StaleForm => {
                response.extensions_mut().insert(StaleForm);
            }
            Self::NotFound | Self::Forbidden | Self::BadForm | Self::TooMany => {}
        }
        response
    }
}

/// The error and what caused it, in one line.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let _ = write!(line, ": {inner}");
        cause = inner.source();
    }
    line
}

/// Marks the answer to a form of another session, whose words are the site's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StaleForm;

/// What an error page says.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// The heading.
    pub title: &'static str,
    /// What happened, whether money moved, what to do.
    pub text: &'static str,
}

impl Words {
    /// The bank's words for a form that was made for another session.
    pub const STALE_FORM: Self = Self {
        title: "この画面は使えなくなりました",
        text: "ログインし直したか、時間がたったため、送信された内容は受け付けていません。\
               この操作では何も引き落とされていません。ホームからもう一度お進みください。",
    };

    /// The bank's words for a status that came without any.
    pub fn of(status: StatusCode) -> Self {
        let (title, text) = match status {
            StatusCode::BAD_REQUEST => (
                "送信された内容を読み取れませんでした",
                "この操作では何も引き落とされていません。前の画面に戻って、もう一度入力してください。",
            ),
            StatusCode::FORBIDDEN => (
                "権限のない操作",
                "この操作を行う権限がありません。何も引き落とされていません。必要な場合は、マスターユーザに権限の設定をご依頼ください。",
            ),
            StatusCode::NOT_FOUND => (
                "ページが見つかりません",
                "アドレスが変わったか、お使いの権限では表示できないページです。ホームからお進みください。",
            ),
            StatusCode::METHOD_NOT_ALLOWED => {
                ("この画面は直接開けません", "何も引き落とされていません。ホームからもう一度お進みください。")
            }
            StatusCode::REQUEST_TIMEOUT => (
                "通信に時間がかかりすぎました",
                "送信された内容は受け付けていません。何も引き落とされていません。もう一度お試しください。",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => (
                "送信された内容が大きすぎます",
                "受け付けていません。何も引き落とされていません。前の画面に戻って、小さなファイルを選び直してください。",
            ),
            StatusCode::TOO_MANY_REQUESTS => (
                "しばらく時間をおいてください",
                "短い時間に多くの操作がありました。何も引き落とされていません。少し待ってからお試しください。",
            ),
            _ if status.is_client_error() => (
                "この操作は受け付けられません",
                "何も引き落とされていません。ホームからもう一度お進みください。",
            ),
            _ => (
                "ただいま画面を表示できません",
                "ご不便をおかけします。払込の途中だった場合は、やり直す前に払込履歴で結果をお確かめください。\
                 お問い合わせの際は、下の番号をお知らせください。",
            ),
        };
        Self { title, text }
    }
}
