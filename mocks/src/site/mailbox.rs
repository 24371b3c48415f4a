//! The mails and webhook calls that the bank sent.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use edge::{Failure, Frame};

use super::views::{Page, frame};
use crate::mailbox::store as mails;
use crate::mocks::Mocks;
use crate::webhooks;

const MAILS_SHOWN_MAX: i64 = 100;
const CALLS_SHOWN_MAX: i64 = 50;

/// A mail in the list.
struct MailRow {
    id: i64,
    at: String,
    subject: String,
    from: String,
    recipients: String,
}

impl From<mails::Shown> for MailRow {
    fn from(mail: mails::Shown) -> Self {
        Self {
            id: mail.id,
            at: at_text(&mail.at),
            subject: subject_of(&mail.decoded.subject),
            from: if mail.decoded.from.is_empty() { mail.sender } else { mail.decoded.from },
            recipients: mail.recipients.join(", "),
        }
    }
}

fn subject_of(subject: &str) -> String {
    if subject.trim().is_empty() { "(件名なし)".to_owned() } else { subject.to_owned() }
}

/// `11-24 10:00:00`.
fn at_text(at: &str) -> String {
    at.get(5..19).unwrap_or_default().replace('T', " ")
}

/// A webhook call in the list.
struct CallRow {
    at: String,
    name: String,
    status: i64,
    body: String,
}

impl From<webhooks::Shown> for CallRow {
    fn from(call: webhooks::Shown) -> Self {
        Self { at: at_text(&call.at), name: call.name, status: call.status, body: call.body }
    }
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct MailboxPage {
    frame: Frame,
    mails: Vec<MailRow>,
    calls: Vec<CallRow>,
}

pub async fn list(State(mocks): State<Mocks>) -> Result<Response, Failure> {
    let reader = mocks.store().reader();
    let mails = mails::list(reader, MAILS_SHOWN_MAX).await?.into_iter().map(MailRow::from).collect();
    let calls = webhooks::list(reader, CALLS_SHOWN_MAX).await?.into_iter().map(CallRow::from).collect();
    Ok(Html(MailboxPage { frame: frame(Page::Mailbox), mails, calls }.render()?).into_response())
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage {
    frame: Frame,
    id: i64,
    subject: String,
    fields: Vec<(&'static str, String)>,
    lines: Vec<String>,
}

pub async fn one(State(mocks): State<Mocks>, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = id.parse().map_err(|_| Failure::NotFound)?;
    let (mail, _) = mails::one(mocks.store().reader(), id).await?.ok_or(Failure::NotFound)?;
    let read = mail.decoded;
    let fields = [
        ("受信日時(業務日時)", mail.at),
        ("差出人", read.from),
        ("宛先", read.to),
        ("送信日時", read.date.unwrap_or_default()),
        ("封筒の差出人", mail.sender),
        ("封筒の宛先", mail.recipients.join(", ")),
    ];
    let page = MailPage {
        frame: frame(Page::Mailbox),
        id,
        subject: subject_of(&read.subject),
        fields: fields.into_iter().filter(|(_, text)| !text.is_empty()).collect(),
        lines: read.text.trim_end().lines().map(str::to_owned).collect(),
    };
    Ok(Html(page.render()?).into_response())
}
