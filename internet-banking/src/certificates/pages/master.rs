//! `/admin/certificates`: the certificates of the contract's users; the master permits another one (C16) and revokes.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::UserId;
use edge::{CsrfForm, Errors, Frame};
use http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;

use super::own::CertificateView;
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::approvals::ApprovalLink;
use crate::certificates::revoke::{self, MasterAct, MasterError, may_act};
use crate::certificates::words::{StandingTag, Wrong, standing_tag};
use crate::certificates::{Certificate, Standing};
use crate::contracts::{Duty, User};
use crate::frame::{self, Area};
use crate::help::Code;
use crate::links::{Link, UserCertificateAct, UserCertificateLink};
use crate::payeasy::views::Stake;
use crate::policy;
use crate::secrets::secret_field;
use crate::settings;
use crate::sign_in::SignedIn;
use crate::tokens::{Operation, authorise};

/// A user with the certificate that counts.
pub struct UserRow {
    pub(super) name: String,
    pub(super) login_id: String,
    pub(super) role: &'static str,
    pub(super) tag: StandingTag,
    /// Until when; empty where there is none.
    pub(super) until: String,
    /// The latest sign-in with it.
    pub(super) used: String,
    /// The page of it, for those whom the master can act on.
    pub(super) link: Option<UserCertificateLink>,
}

#[derive(Template)]
#[template(path = "certificates/list.html")]
pub(super) struct ListPage {
    pub frame: Frame,
    pub users: Vec<UserRow>,
    /// Users who have one.
    pub count: usize,
    pub max: i64,
}

#[derive(Template)]
#[template(path = "certificates/user.html")]
pub(super) struct UserPage {
    pub frame: Frame,
    pub id: UserId,
    pub name: String,
    pub login_id: String,
    pub role: &'static str,
    /// Every one that the user has had, the newest first.
    pub certificates: Vec<CertificateView>,
    pub has_one: bool,
    /// Whether another one may be fetched as it is.
    pub is_permitted: bool,
}

/// One of the two acts, by itself: nobody revokes who meant to permit.
#[derive(Template)]
#[template(path = "certificates/act.html")]
pub(super) struct ActPage {
    pub frame: Frame,
    pub csrf: String,
    pub wrong: Option<Wrong>,
    pub errors: Errors,
    pub act: UserCertificateAct,
    pub name: String,
    pub login_id: String,
    /// The one that ends by it.
    pub current: Option<CertificateView>,
    pub back: UserCertificateLink,
}

impl ActPage {
    const fn permits(&self) -> bool {
        matches!(self.act, UserCertificateAct::Permit(_))
    }

    const fn title(&self) -> &'static str {
        if self.permits() { "電子証明書の再発行の許可" } else { "電子証明書の失効" }
    }
}

/// What is typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    #[serde(deserialize_with = "secret_field")]
    one_time_password: SecretString,
}

fn forbidden(by: &SignedIn) -> Stop {
    Stop::told_of(
        Stake::Registration,
        frame::page(by, Area::Admin),
        Code::NotPermitted,
        StatusCode::FORBIDDEN,
    )
}

fn admit(by: &SignedIn) -> Result<(), Stop> {
    policy::require_duty(by, Duty::Certificates).map_err(|_| forbidden(by))
}

/// The certificate of a user that a list shows: the one in use, or else the newest.
fn counting(certificates: &[Certificate], user: UserId, now: domain::Timestamp) -> Option<&Certificate> {
    let mut own = certificates.iter().filter(|one| one.user == user);
    let newest = own.clone().next();
    own.find(|one| one.standing(now) == Standing::InUse).or(newest)
}

/// `GET /admin/certificates`
pub(super) async fn list(State(bank): State<Bank>, by: SignedIn) -> Answer {
    admit(&by)?;
    let now = bank.clock.now();
    let certificates = bank.certificates.of_contract(by.contract.id).await.map_err(failed)?;
    let users = bank.certificates.users_of(by.contract.id).await.map_err(failed)?;
    let count = users
        .iter()
        .filter(|user| certificates.iter().any(|one| one.user == user.id && one.is_good(now)))
        .count();
    let row = |user: &User| {
        let found = counting(&certificates, user.id, now);
        UserRow {
            name: user.name.clone(),
            login_id: user.login_id.clone(),
            role: user.role.label(),
            tag: standing_tag(found.map(|one| one.standing(now))),
            until: found.map(|one| super::instant(one.expires_at)).unwrap_or_default(),
            used: found.and_then(|one| one.used_at).map(super::instant).unwrap_or_default(),
            link: may_act(&by, user).then_some(UserCertificateLink(user.id)),
        }
    };
    shown(&ListPage {
        frame: frame::page(&by, Area::Admin),
        users: users.iter().map(row).collect(),
        count,
        max: settings::certificates_max(&bank.database, now.date()).await.map_err(failed)?,
    })
}

/// `GET /admin/certificates/{user}`
pub(super) async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let user = find(&bank, &by, &id).await?;
    shown(&page(&bank, &by, &user).await?)
}

/// `GET /admin/certificates/{user}/revoke`
pub(super) async fn ask_revoke(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let user = find(&bank, &by, &id).await?;
    shown(&act_page(&bank, &by, &user, MasterAct::Revoke, None).await?)
}

/// `GET /admin/certificates/{user}/permit`
pub(super) async fn ask_permit(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let user = find(&bank, &by, &id).await?;
    shown(&act_page(&bank, &by, &user, MasterAct::Permit, None).await?)
}

/// `POST /admin/certificates/{user}/revoke`
pub(super) async fn revoke(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Typed>,
) -> Answer {
    submit(&bank, &by, &id, &form, MasterAct::Revoke).await
}

/// `POST /admin/certificates/{user}/permit`
pub(super) async fn permit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Typed>,
) -> Answer {
    submit(&bank, &by, &id, &form, MasterAct::Permit).await
}

async fn submit(bank: &Bank, by: &SignedIn, id: &str, form: &Typed, act: MasterAct) -> Answer {
    let user = find(bank, by, id).await?;
    let operation = Operation::CertificateRevoke;
    let code = match authorise::operation(bank, by, operation, &form.one_time_password).await {
        Ok(code) => code,
        Err(problem) => {
            let wrong = Wrong::at(problem.code(), problem.field().unwrap_or_default(), problem.words());
            return again(&act_page(bank, by, &user, act, Some(wrong)).await?);
        }
    };
    match revoke::by_master(bank, by, &user, act, code).await {
        Ok(None) => Ok(Redirect::to(&UserCertificateLink(user.id).to_string()).into_response()),
        Ok(Some(asked)) => Ok(Redirect::to(&ApprovalLink(asked).to_string()).into_response()),
        Err(MasterError::NotPermitted) => Err(forbidden(by)),
        Err(error) => again(&act_page(bank, by, &user, act, Some(Wrong::from(&error))).await?),
    }
}

/// A user of the own contract whom the master can act on; another contract's is not there (SEC-34).
async fn find(bank: &Bank, by: &SignedIn, id: &str) -> Result<User, Stop> {
    admit(by)?;
    let id: UserId = id.parse().map_err(|_| Stop::not_found())?;
    let users = bank.certificates.users_of(by.contract.id).await.map_err(failed)?;
    let user = users.into_iter().find(|user| user.id == id).ok_or_else(Stop::not_found)?;
    if may_act(by, &user) { Ok(user) } else { Err(forbidden(by)) }
}

async fn page(bank: &Bank, by: &SignedIn, user: &User) -> Result<UserPage, Stop> {
    let now = bank.clock.now();
    let own = bank.certificates.of_user(user.id).await.map_err(failed)?;
    let is_permitted = bank.certificates.may_fetch(user.id, &own).await.map_err(failed)?;
    Ok(UserPage {
        frame: frame::page(by, Area::Admin),
        id: user.id,
        name: user.name.clone(),
        login_id: user.login_id.clone(),
        role: user.role.label(),
        has_one: own.iter().any(|one| one.ended.is_none()),
        certificates: own.iter().map(|one| CertificateView::of(one, one.standing(now))).collect(),
        is_permitted,
    })
}

async fn act_page(
    bank: &Bank,
    by: &SignedIn,
    user: &User,
    act: MasterAct,
    wrong: Option<Wrong>,
) -> Result<ActPage, Stop> {
    let now = bank.clock.now();
    let own = bank.certificates.of_user(user.id).await.map_err(failed)?;
    let current = own.iter().find(|one| one.ended.is_none());
    Ok(ActPage {
        frame: Frame { has_errors: wrong.is_some(), ..frame::page(by, Area::Admin) },
        csrf: by.csrf.clone(),
        errors: wrong.as_ref().map(|wrong| wrong.errors.clone()).unwrap_or_default(),
        wrong,
        act: match act {
            MasterAct::Revoke => UserCertificateAct::Revoke(user.id),
            MasterAct::Permit => UserCertificateAct::Permit(user.id),
        },
        name: user.name.clone(),
        login_id: user.login_id.clone(),
        current: current.map(|one| CertificateView::of(one, one.standing(now))),
        back: UserCertificateLink(user.id),
    })
}
