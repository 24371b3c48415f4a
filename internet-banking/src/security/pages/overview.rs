//! Everything of one's own at a glance.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect};
use edge::{CsrfForm, Frame};
use http::StatusCode;
use ledger::TrailQuery;
use serde::Deserialize;

use super::{done, page_frame};
use crate::Bank;
use crate::answer::{Answer, Stop, failed, shown};
use crate::contracts::SignInMethod;
use crate::frame::{self, Area, year_day_and_time};
use crate::history;
use crate::links::Link;
use crate::payeasy::views::Stake;
use crate::security::operation;
use crate::security::store::{self, SignInRow};
use crate::sign_in::SignedIn;
use crate::users::Members;

/// Sign-ins that the page shows, this one among them.
const SIGN_INS_SHOWN: i64 = 4;
/// Failed ones.
const FAILURES_SHOWN: u32 = 3;
/// Days that are looked back at for them.
const FAILURES_DAYS: i64 = 90;

/// The page.
#[derive(Template)]
#[template(path = "security/overview.html")]
pub struct OverviewPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What the person types to sign in.
    pub login_id: String,
    /// The person's name.
    pub name: String,
    /// The person's role.
    pub role: &'static str,
    /// Where mails go.
    pub email: String,
    /// When each password was last chosen.
    pub passwords: [String; 2],
    /// Whether the person is reminded of old passwords.
    pub reminds: bool,
    /// Whether the person signs in by certificate.
    pub by_certificate: bool,
    /// This session: since when, how, from where.
    pub session: SignInWords,
    /// The sign-ins before it.
    pub before: Vec<SignInWords>,
    /// What somebody tried under this login ID.
    pub failures: Vec<FailureWords>,
}

/// A failed sign-in in words.
pub struct FailureWords {
    /// When.
    pub at: String,
    /// What was wrong, or what it stopped.
    pub why: &'static str,
    /// From where.
    pub address: String,
}

/// A sign-in in words.
pub struct SignInWords {
    /// When.
    pub at: String,
    /// How.
    pub method: &'static str,
    /// From where.
    pub address: String,
}

impl From<SignInRow> for SignInWords {
    fn from(row: SignInRow) -> Self {
        let method = row.method.map(SignInMethod::label).unwrap_or_default();
        Self { at: year_day_and_time(row.at), method, address: row.address }
    }
}

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
}

/// What the reminder's form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Reminder {
    reminds: String,
}

/// `GET /security`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Query(asked): Query<Asked>) -> Answer {
    let notice = match asked.done.as_str() {
        "password" => Some("ログインパスワードを変更しました。"),
        "confirmation" => Some("確認用パスワードを変更しました。"),
        "email" => Some("メールアドレスを変更しました。変更前と変更後のアドレスにお知らせします。"),
        "first" => Some("新しいパスワードを登録しました。"),
        "reminder" => Some("パスワードの変更のお知らせの設定を変更しました。"),
        _ => None,
    };
    let own = Members::of(&bank.database, by.contract.id).find(by.user.id).await.map_err(failed)?;
    let own = own.ok_or_else(Stop::not_found)?;
    let rows = store::sign_ins(&bank.database, by.user.id, SIGN_INS_SHOWN).await.map_err(failed)?;
    let mut rows = rows.into_iter().map(SignInWords::from);
    let session = rows.next().ok_or_else(Stop::not_found)?;
    let at = |at: Option<domain::Timestamp>| at.map_or_else(|| "記録なし".to_owned(), year_day_and_time);
    shown(&OverviewPage {
        frame: Frame { notice: notice.map(str::to_owned), ..page_frame(&by, None) },
        csrf: by.csrf.clone(),
        login_id: own.login_id,
        name: own.name,
        role: own.role.label(),
        email: own.email.unwrap_or_default(),
        passwords: [at(own.password_changed_at), at(own.confirmation_changed_at)],
        reminds: store::wants_reminder(&bank.database, by.user.id).await.map_err(failed)?,
        by_certificate: by.contract.sign_in == SignInMethod::Certificate,
        session,
        before: rows.collect(),
        failures: failures(&bank, &by).await?,
    })
}

/// The newest failed sign-ins under the person's login ID, whoever tried.
async fn failures(bank: &Bank, by: &SignedIn) -> Result<Vec<FailureWords>, Stop> {
    let now = bank.clock.now();
    let query = TrailQuery {
        from: now.plus_seconds(-FAILURES_DAYS * 86_400),
        until: now.plus_seconds(1),
        contract: Some(by.contract.id),
        actor: by.user.id.to_string(),
        action: "session.refused".to_owned(),
        among: Vec::new(),
        except: Vec::new(),
        subjects: Vec::new(),
        before: None,
        limit: FAILURES_SHOWN,
    };
    let records = bank.ledger.trail(&query).await.map_err(failed)?;
    Ok(records
        .into_iter()
        .filter_map(|record| {
            let (why, address) = history::refused(&record.detail)?;
            Some(FailureWords { at: year_day_and_time(record.place.at), why, address: address.to_owned() })
        })
        .collect())
}

/// `GET /security/reminder`: the form is on the overview.
pub async fn back() -> Redirect {
    Redirect::to(Link::Security.path())
}

/// `POST /security/reminder`
pub async fn remind(State(bank): State<Bank>, by: SignedIn, CsrfForm(form): CsrfForm<Reminder>) -> Answer {
    match operation::remind(&bank, &by, form.reminds == "on").await {
        Ok(()) => Ok(Redirect::to(&done("reminder")).into_response()),
        Err(problem) => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Err(Stop::told_of(Stake::Registration, frame::page(&by, Area::Security), problem.code(), status))
        }
    }
}
