//! The pages: getting a certificate, one's own, the master's list, and the check of the environment.

mod check;
mod deliver;
mod fetch;
mod master;
mod own;
#[cfg(test)]
mod samples;

use axum::Router;
use axum::routing::get;
use secrecy::SecretString;
use serde::Deserialize;

use super::issue::KeySource;
use crate::Bank;
use crate::frame::year_day_and_time as instant;
use crate::links::{Link, UserCertificateAct, UserCertificateLink};

pub(crate) use check::SignInBox;

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::CertificateCheck.path(), get(check::show))
        .route(Link::CertificateFetch.path(), get(fetch::show).post(fetch::submit))
        .route(Link::OwnCertificate.path(), get(own::show).post(own::renew))
        .route(Link::AdminCertificates.path(), get(master::list))
        .route(UserCertificateLink::ROUTE, get(master::show))
        .route(UserCertificateAct::REVOKE, get(master::ask_revoke).post(master::revoke))
        .route(UserCertificateAct::PERMIT, get(master::ask_permit).post(master::permit))
}

/// How the key comes about, as a form says it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    /// The bank makes it.
    #[default]
    File,
    /// The user has made it.
    Request,
}

impl Way {
    fn source(&self, request: SecretString) -> KeySource {
        match self {
            Self::File => KeySource::Bank,
            Self::Request => KeySource::Request(request),
        }
    }

    const fn is_request(&self) -> bool {
        matches!(self, Self::Request)
    }
}
