//! `/start`: a person whom two have recorded chooses the first password, with two codes that the token shows one after
//! the other. Nobody else ever knows it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::StaffId;
use edge::{CsrfForm, Errors, Failure, Frame, Peer, PreSession, render};
use gateway::Guard;
use http::StatusCode;
use internet_banking::contracts::SignInMethod;
use internet_banking::lasting::lasting;
use internet_banking::passwords::{self, Weak};
use internet_banking::secrets::secret_field;
use internet_banking::sign_in::{Admission, Refusal, shortened};
use internet_banking::tokens::{Typist, Verdict};
use ledger::{AuditRecord, Commit, EntityId, Refused};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::links::ConsoleLink;
use crate::staff::{actor, first_password};
use crate::{Console, frame};

/// Passwords go with a token, as those beside a certificate do.
const METHOD: SignInMethod = SignInMethod::Certificate;

#[derive(Template)]
#[template(path = "sign_in/start.html")]
struct Page<'a> {
    frame: Frame,
    csrf: &'a str,
    login_id: &'a str,
    chars_min: usize,
    errors: Errors,
}

/// What was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    login_id: String,
    #[serde(deserialize_with = "secret_field")]
    first_code: SecretString,
    #[serde(deserialize_with = "secret_field")]
    second_code: SecretString,
    #[serde(deserialize_with = "secret_field")]
    new_password: SecretString,
    #[serde(deserialize_with = "secret_field")]
    new_again: SecretString,
}

/// What came of it.
enum Begun {
    Done,
    Wrong,
    Paused,
}

/// `GET /start`
pub async fn show(pre: PreSession) -> Result<Response, Failure> {
    page(&pre, "", StatusCode::OK, Errors::none())
}

/// `POST /start`
pub async fn begin(
    State(console): State<Console>,
    peer: Peer,
    pre: PreSession,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<Response, Failure> {
    let errors = wrong(&form);
    if !errors.is_empty() {
        return page(&pre, &form.login_id, StatusCode::UNPROCESSABLE_ENTITY, errors);
    }
    let (own, typed) = (console.clone(), form.clone());
    // whoever hangs up meanwhile stops nothing of it
    let begun = lasting(async move { judge(&own, &typed, peer).await }).await?;
    let (status, words) = match begun {
        Begun::Done => return Ok(Redirect::to(ConsoleLink::SignInBegun.path()).into_response()),
        Begun::Wrong => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "職員ID、2つのワンタイムパスワードのいずれかが違うか、パスワードが決まっています。失敗が続くと、30分間できなくなります。",
        ),
        Begun::Paused => (
            StatusCode::TOO_MANY_REQUESTS,
            "失敗が続いたため、一時停止しています。30分ほどたってから、もう一度お試しください。トークンを停止したときは、システム管理者へ申し出てください。",
        ),
    };
    page(&pre, &form.login_id, status, Errors::one("login_id", words))
}

/// The tries count among those of the sign-in. A login ID that waits for no password is refused like a wrong code.
async fn judge(console: &Console, form: &Form, peer: Peer) -> Result<Begun, Refusal> {
    let (gate, now) = (console.sign_ins.gate(), console.clock.now());
    let login_id = shortened(&form.login_id);
    if !gate.throttle().admit_address(peer.ip(), now).await? {
        return Ok(Begun::Paused);
    }
    // before anything is looked up, so that a login ID that waits for none takes as long
    let hash = console.passwords.hash(form.new_password.expose_secret()).await?;
    let found = console.staff.beginner(&login_id).await?;
    let whose = found.as_ref().map(|(id, ..)| id.uuid());
    match gate.throttle().admit(&login_id, whose, now).await? {
        Admission::Admitted | Admission::Last | Admission::LastOfAll => {}
        Admission::Blocked | Admission::Locked => {
            gate.throttle().take_back(peer.ip()).await?;
            return Ok(Begun::Paused);
        }
    }
    let steps = match &found {
        Some((id, name, serial)) if !is_known(form, name) => {
            let typed = (form.first_code.expose_secret().trim(), form.second_code.expose_secret().trim());
            match console.tokens.verify_two(serial, Typist::Staff(*id), typed, now).await? {
                (Verdict::Verified { step }, earlier) => Some((*id, serial.clone(), [earlier, step])),
                (Verdict::JustLocked, _) => {
                    gate.judged().news();
                    None
                }
                _ => None,
            }
        }
        _ => None,
    };
    let Some((id, serial, steps)) = steps else {
        gate.throttle().failed_from(peer.ip(), now).await?;
        tracing::warn!(address = %peer.ip(), "a first password of staff was refused");
        return Ok(Begun::Wrong);
    };
    let guard = |step: internet_banking::tokens::Step| {
        (Guard::one_time_password(&serial, step.signed()).key(), EntityId(id.uuid()))
    };
    let commit = Commit {
        changes: vec![first_password(id, &hash)],
        guards: steps.map(guard).into(),
        audit: vec![record(id, peer)],
        ..Commit::default()
    };
    match console.gateway.ledger().commit(commit).await {
        Ok(_) => {
            gate.throttle().clear(&login_id).await?;
            gate.throttle().take_back(peer.ip()).await?;
            Ok(Begun::Done)
        }
        Err(Refused::Stale | Refused::Guarded { .. }) => Ok(Begun::Wrong),
        Err(refused) => Err(refused.into()),
    }
}

/// Whether the password is mostly what everybody knows of the person.
fn is_known(form: &Form, name: &str) -> bool {
    passwords::check(form.new_password.expose_secret(), METHOD, &[form.login_id.trim(), name]).is_err()
}

fn record(id: StaffId, peer: Peer) -> AuditRecord {
    AuditRecord {
        contract: None,
        actor: actor(id),
        action: "console.first_password",
        subject: peer.ip().to_string(),
        detail: String::new(),
    }
}

/// Everything that can be told without looking anybody up.
fn wrong(form: &Form) -> Errors {
    let mut errors = Errors::none();
    if form.login_id.trim().is_empty() {
        errors.add("login_id", "職員IDを入力してください。");
    }
    for (field, code) in [("first_code", &form.first_code), ("second_code", &form.second_code)] {
        if code.expose_secret().trim().is_empty() {
            errors.add(field, "トークンに表示された6けたの数字を入力してください。");
        }
    }
    let (new, again) = (form.new_password.expose_secret(), form.new_again.expose_secret());
    if let Err(weak) = passwords::check(new, METHOD, &[form.login_id.trim()]) {
        errors.add("new_password", weak.words());
    } else if passwords::normalised(new) != passwords::normalised(again) {
        errors.add("new_again", Weak::Differs.words());
    }
    errors
}

fn page(pre: &PreSession, login_id: &str, status: StatusCode, errors: Errors) -> Result<Response, Failure> {
    let frame = Frame { has_errors: !errors.is_empty(), ..frame::public() };
    let chars_min = passwords::chars_min(METHOD);
    let page = Page { frame, csrf: pre.token(), login_id: login_id.trim(), chars_min, errors };
    Ok(pre.attach((status, render(&page)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_keeps_what_every_page_keeps() {
        for errors in [Errors::none(), Errors::one("second_code", "<b>違います。")] {
            let frame = frame::public();
            let page = Page { frame, csrf: "t", login_id: "\"><script>", chars_min: 8, errors };
            page_checks::all(&page.render().unwrap());
        }
    }
}
