//! `/security/certificate`: the own certificate (R41), and its renewal on line (R40).

use askama::Template;
use axum::extract::State;
use edge::{CsrfForm, Errors, Frame};
use gateway::Guard;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{Way, deliver, instant};
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::certificates::bounds::Bounds;
use crate::certificates::issue::Occasion;
use crate::certificates::words::{StandingTag, Wrong, standing_tag};
use crate::certificates::{Certificate, Standing, judge};
use crate::confirmation;
use crate::contracts::SignInMethod;
use crate::frame::{self, Area};
use crate::help::Code;
use crate::links::Link;
use crate::secrets::secret_field;
use crate::sign_in::SignedIn;
use crate::tokens::{Operation, authorise};

/// A certificate as pages show it.
pub struct CertificateView {
    /// The serial number.
    pub serial: String,
    /// From when.
    pub issued: String,
    /// Until when.
    pub until: String,
    /// The latest sign-in with it; empty where there was none.
    pub used: String,
    /// Who made its key.
    pub made: &'static str,
    /// How it is.
    pub tag: StandingTag,
}

impl CertificateView {
    /// The serial number in groups of four, where there is no room for it in one line.
    pub(super) fn in_groups(&self) -> String {
        let letters: Vec<char> = self.serial.chars().collect();
        letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn of(certificate: &Certificate, standing: Standing) -> Self {
        Self {
            serial: certificate.serial.clone(),
            issued: instant(certificate.issued_at),
            until: instant(certificate.expires_at),
            used: certificate.used_at.map(instant).unwrap_or_default(),
            made: certificate.made.label(),
            tag: standing_tag(Some(standing)),
        }
    }
}

/// The page.
#[derive(Template)]
#[template(path = "certificates/own.html")]
pub(super) struct OwnPage {
    pub frame: Frame,
    pub csrf: String,
    pub wrong: Option<Wrong>,
    pub errors: Errors,
    pub name: String,
    pub login_id: String,
    /// Whether the contract signs in by certificate at all.
    pub by_certificate: bool,
    /// In use.
    pub current: Option<CertificateView>,
    /// Issued and never used.
    pub waiting: Option<CertificateView>,
    /// From when it may be renewed; empty where it may be now, or there is none.
    pub renewable_from: String,
    pub may_renew: bool,
    /// Whether the person has a token, or types the 確認用パスワード.
    pub has_token: bool,
    pub request: bool,
}

/// What is typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    #[serde(deserialize_with = "secret_field")]
    one_time_password: SecretString,
    #[serde(deserialize_with = "secret_field")]
    confirmation_password: SecretString,
    way: Way,
    #[serde(deserialize_with = "secret_field")]
    request: SecretString,
}

/// `GET /security/certificate`
pub(super) async fn show(State(bank): State<Bank>, by: SignedIn) -> Answer {
    shown(&page(&bank, &by, None, false).await?)
}

/// `POST /security/certificate`: renews.
pub(super) async fn renew(State(bank): State<Bank>, by: SignedIn, CsrfForm(form): CsrfForm<Typed>) -> Answer {
    let code = match prove(&bank, &by, &form).await {
        Ok(code) => code,
        Err(wrong) => return again(&page(&bank, &by, Some(wrong), form.way.is_request()).await?),
    };
    let source = form.way.source(form.request);
    match bank.certificates.issue(&by.user, &source, Occasion::Renewal, code.as_ref()).await {
        Ok(issued) => {
            deliver::deliver(frame::page(&by, Area::Security), &by.user, &issued, true, String::new())
        }
        Err(error) => {
            let wrong = Wrong::from(&error);
            again(&page(&bank, &by, Some(wrong), form.way.is_request()).await?)
        }
    }
}

/// The control that asks for the 確認用パスワード.
const CONFIRMATION: &str = "confirmation_password";

/// The second proof, as where a certificate is fetched: the one-time password, or of a person without a token the
/// 確認用パスワード.
async fn prove(bank: &Bank, by: &SignedIn, form: &Typed) -> Result<Option<Guard>, Wrong> {
    if by.user.token_serial.is_some() {
        let code = authorise::operation(bank, by, Operation::CertificateRenew, &form.one_time_password).await;
        return code.map_err(|problem| {
            Wrong::at(problem.code(), problem.field().unwrap_or_default(), problem.words())
        });
    }
    if form.confirmation_password.expose_secret().is_empty() {
        return Err(Wrong::at(Code::Input, CONFIRMATION, "確認用パスワードを入力してください。"));
    }
    match confirmation::verify(bank, by, &form.confirmation_password).await {
        Ok(confirmation::Verdict::Right) => Ok(None),
        Ok(confirmation::Verdict::Wrong { left }) => {
            let happened = Code::ConfirmationPasswordWrong.entry().happened;
            let words = format!("{happened}あと{left}回誤ると、ご利用を停止します。");
            Err(Wrong::at(Code::ConfirmationPasswordWrong, CONFIRMATION, words))
        }
        Ok(confirmation::Verdict::Locked) => Err(Wrong::of(Code::ConfirmationPasswordLocked)),
        Err(error) => {
            tracing::error!(%error, "a confirmation password could not be judged");
            Err(Wrong::of(Code::CertificateUnavailable))
        }
    }
}

async fn page(bank: &Bank, by: &SignedIn, wrong: Option<Wrong>, request: bool) -> Result<OwnPage, Stop> {
    let now = bank.clock.now();
    let own = bank.certificates.of_user(by.user.id).await.map_err(failed)?;
    let view = |wanted: Standing| {
        let found = own.iter().find(|one| one.standing(now) == wanted);
        found.map(|one| CertificateView::of(one, wanted))
    };
    let (may_renew, renewable_from) = match judge::may_renew(&own, Bounds::embedded(), now) {
        Ok(_) => (true, String::new()),
        Err(judge::NoIssue::TooEarly(from)) => (false, instant(from)),
        Err(_) => (false, String::new()),
    };
    Ok(OwnPage {
        frame: Frame { has_errors: wrong.is_some(), ..frame::page(by, Area::Security) },
        csrf: by.csrf.clone(),
        errors: wrong.as_ref().map(|wrong| wrong.errors.clone()).unwrap_or_default(),
        wrong,
        name: by.user.name.clone(),
        login_id: by.user.login_id.clone(),
        by_certificate: by.contract.sign_in == SignInMethod::Certificate,
        current: view(Standing::InUse),
        waiting: view(Standing::Waiting),
        renewable_from,
        may_renew,
        has_token: by.user.token_serial.is_some(),
        request,
    })
}
