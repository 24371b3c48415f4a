//! Issuing a certificate, and its first sign-in, by which it takes its predecessor's place.

use database::Change;
use domain::{CertificateId, Timestamp};
use gateway::{Guard, StopScope, stopped_by};
use ledger::{Commit, EntityId, GuardKey, Refused};
use rcgen::{KeyPair, PublicKeyData};
use secrecy::{ExposeSecret as _, SecretString};

use super::authority::{Signed, Subject, years_after};
use super::bounds::Bounds;
use super::bundle::Bundle;
use super::judge::{self, NoIssue};
use super::request::{self, RequestError};
use super::{Certificate, Certificates, Made, held, store};
use crate::contracts::{Contract, Role, SignInMethod, User};
use crate::mail::{Notice, To};
use crate::registration::Registration;
use crate::{frame, settings, stops};

/// Tries where others of the contract fetch theirs at the same time.
const TRIES_MAX: usize = 5;

/// How the key comes about.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// The bank makes it, for a file that is handed out once.
    Bank,
    /// The user has made it and sends a signing request (PEM).
    Request(SecretString),
}

/// On what occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The user has none, or none that was used.
    Fetch,
    /// The one in use ends soon.
    Renewal,
}

/// What the user gets, this once.
#[derive(Debug)]
pub enum Delivered {
    /// Key and certificate in a file, and its pass phrase.
    File(Bundle),
    /// The certificate (PEM) to the user's own key.
    Certificate(String),
}

/// A certificate that was issued.
#[derive(Debug)]
pub struct Issued {
    /// The certificate.
    pub certificate: Certificate,
    /// What the user gets.
    pub delivered: Delivered,
}

/// Why none was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The contract signs in by password.
    #[error("the contract signs in by password")]
    NotByCertificate,
    /// The person may not have one now.
    #[error("the person may not have one now: {0:?}")]
    No(NoIssue),
    /// The contract has as many as it may.
    #[error("the contract has {max} certificates already")]
    LimitReached {
        /// So many.
        max: i64,
    },
    /// The signing request is not taken.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The key is in another certificate.
    #[error("the key is in another certificate")]
    KeyUsedBefore,
    /// The one-time password was used before.
    #[error("the one-time password was used before")]
    CodeUsed,
    /// An emergency stop: what is stopped gets no means to sign in either (SEC-43).
    #[error("it is stopped: {0:?}")]
    Stopped(StopScope),
    /// Others of the contract were faster again and again.
    #[error("it has changed meanwhile")]
    Changed,
    /// Something of ours failed at the moment of the issue: it may have been issued.
    #[error("whether it was issued is not known")]
    Unclear,
    /// Something of ours failed; nothing was issued.
    #[error("it could not be issued: {0}")]
    Unavailable(String),
}

fn unavailable(error: impl std::fmt::Display) -> IssueError {
    tracing::error!(%error, "a certificate could not be issued");
    IssueError::Unavailable(error.to_string())
}

/// A certificate that is made and not written yet.
struct Prepared {
    certificate: Certificate,
    signed: Signed,
    key: Vec<u8>,
    delivered: Delivered,
}

impl Certificates {
    /// Issues a certificate to a person who has proved who it is. `code` is the one-time password that it costs, where
    /// the person has a token.
    pub async fn issue(
        &self,
        user: &User,
        source: &KeySource,
        occasion: Occasion,
        code: Option<&Guard>,
    ) -> Result<Issued, IssueError> {
        for _ in 0..TRIES_MAX {
            match self.try_issue(user, source, occasion, code).await {
                Err(IssueError::Changed) => {}
                outcome => return outcome,
            }
        }
        Err(IssueError::Changed)
    }

    async fn try_issue(
        &self,
        user: &User,
        source: &KeySource,
        occasion: Occasion,
        code: Option<&Guard>,
    ) -> Result<Issued, IssueError> {
        let contract = self.contracts.contract(user.contract).await.map_err(unavailable)?;
        let contract = &contract.ok_or_else(|| unavailable("the contract is gone"))?;
        if contract.sign_in != SignInMethod::Certificate {
            return Err(IssueError::NotByCertificate);
        }
        // who was removed, suspended or reset meanwhile gets none
        if self.contracts.signed_in(user.id).await.map_err(unavailable)?.is_none() {
            return Err(IssueError::No(NoIssue::NotPermitted));
        }
        let (now, bounds) = (self.now(), Bounds::embedded());
        let own = self.of_user(user.id).await.map_err(unavailable)?;
        let allowed = match occasion {
            Occasion::Fetch => {
                let permitted_at = self.permitted_at(user.id).await.map_err(unavailable)?;
                judge::may_fetch(&own, permitted_at, now)
            }
            Occasion::Renewal => judge::may_renew(&own, bounds, now).map(drop),
        };
        allowed.map_err(IssueError::No)?;
        let counted = self.count(contract.id, user.id, now).await.map_err(unavailable)?;
        let max =
            settings::certificates_max(self.ledger.database(), now.date()).await.map_err(unavailable)?;
        if counted.others >= max {
            return Err(IssueError::LimitReached { max });
        }
        let prepared = self.prepare(user, contract, source, bounds, now).await?;
        // one of two that are issued in a contract at the same time counts anew
        let number = GuardKey(format!("certificate|{}|{}", contract.id, counted.issued));
        let mut registration = self.registration(&prepared, user, contract, occasion).await?;
        if let Some((notice, _)) = &mut registration.mail
            && user.role == Role::Master
            && judge::is_in_place_of_a_lost_one(&own, now)
        {
            let until = now.plus_seconds(bounds.cooling_off_hours.saturating_mul(3600));
            let words = format!("{}まで、この方の払込はできません", frame::day_and_time(until));
            notice.lines.push(("払込の停止", words));
        }
        registration.changes = held::held(user, &own, now);
        let entity = EntityId(user.id.uuid());
        registration.guards = vec![(number.clone(), entity)];
        registration.guards.extend(code.map(|code| (code.key(), entity)));
        let mut commit = registration.commit(&user.id.to_string(), contract, now);
        commit.barred_by = stops::against_sign_in(contract);
        match self.ledger.commit(commit).await {
            Ok(_) => Ok(Issued { certificate: prepared.certificate, delivered: prepared.delivered }),
            Err(Refused::Guarded { key, .. }) if key != number.0 => Err(match stopped_by(&key) {
                Some(scope) => IssueError::Stopped(scope),
                None => IssueError::CodeUsed,
            }),
            Err(Refused::Guarded { .. } | Refused::Stale) => Err(IssueError::Changed),
            Err(refused @ (Refused::Stopped | Refused::Database(_))) => {
                tracing::error!(%refused, "whether a certificate was issued is not known");
                Err(IssueError::Unclear)
            }
            Err(refused) => Err(unavailable(refused)),
        }
    }

    /// Signs. Nothing is written.
    async fn prepare(
        &self,
        user: &User,
        contract: &Contract,
        source: &KeySource,
        bounds: &Bounds,
        now: Timestamp,
    ) -> Result<Prepared, IssueError> {
        let expires_at = years_after(now, bounds.validity_years);
        let subject = Subject {
            login_id: user.login_id.clone(),
            name: user.name.clone(),
            contract: contract.name.clone(),
        };
        let sign = |key: &dyn Fn() -> Result<Signed, _>| {
            key().map_err(|error: super::authority::AuthorityError| unavailable(error))
        };
        let (made, key, signed, delivered) = match source {
            KeySource::Bank => {
                let key = KeyPair::generate().map_err(unavailable)?;
                let signed = sign(&|| self.authorities.sign(&subject, &key, now, expires_at))?;
                let public = key.subject_public_key_info();
                let label = format!("見本銀行 {}", user.login_id);
                let packing = tokio::task::spawn_blocking(move || {
                    let bundle = Bundle::pack(&label, &key, &signed);
                    bundle.map(|bundle| (bundle, signed))
                });
                let (bundle, signed) = packing.await.map_err(unavailable)?.map_err(unavailable)?;
                (Made::Bank, public, signed, Delivered::File(bundle))
            }
            KeySource::Request(pem) => {
                let key = request::read(pem.expose_secret())?;
                let public = key.subject_public_key_info();
                if self.is_key_known(&public).await.map_err(unavailable)? {
                    return Err(IssueError::KeyUsedBefore);
                }
                let signed = sign(&|| self.authorities.sign(&subject, &key, now, expires_at))?;
                let pem = pem_of(&signed.der);
                (Made::User, public, signed, Delivered::Certificate(pem))
            }
        };
        let certificate = Certificate {
            id: CertificateId::generate(),
            contract: contract.id,
            user: user.id,
            serial: signed.serial.iter().map(|byte| format!("{byte:02X}")).collect(),
            made,
            issued_at: now,
            expires_at,
            confirmed_at: None,
            used_at: None,
            ended: None,
        };
        Ok(Prepared { certificate, signed, key, delivered })
    }

    async fn registration(
        &self,
        prepared: &Prepared,
        user: &User,
        contract: &Contract,
        occasion: Occasion,
    ) -> Result<Registration, IssueError> {
        let certificate = &prepared.certificate;
        let to = self.contracts.recipients(contract.id, To::UserAndAdministrators(user.id)).await;
        let title = match occasion {
            Occasion::Fetch => "電子証明書を発行しました",
            Occasion::Renewal => "更新用の電子証明書を発行しました",
        };
        let notice = Notice {
            event: format!("certificate-issue-{}", certificate.id),
            title: title.to_owned(),
            lines: vec![
                ("利用者", user.name.clone()),
                ("シリアル番号", certificate.serial.clone()),
                ("有効期限", frame::year_day_and_time(certificate.expires_at)),
            ],
            advice: Notice::NOT_YOURS,
        };
        Ok(Registration {
            action: "certificate.issue",
            subject: certificate.id.to_string(),
            detail: format!(
                "serial {}, key made by the {}, good until {}",
                certificate.serial,
                certificate.made.code(),
                certificate.expires_at
            ),
            rows: vec![store::certificate_row(certificate, &prepared.signed, &prepared.key)],
            mail: Some((notice, to.map_err(unavailable)?)),
            ..Registration::default()
        })
    }

    /// Records a sign-in by a certificate, after the session was begun: the first one confirms it and ends its
    /// predecessor. Says whether it stands: where the certificate has ended meanwhile, so must the session.
    pub async fn record_use(&self, certificate: &Certificate, user: &User) -> Result<bool, Refused> {
        let now = self.now();
        let actor = user.id.to_string();
        let commit = if certificate.confirmed_at.is_some() {
            Commit { changes: vec![store::use_once(certificate, now)], ..Commit::default() }
        } else {
            let failed = |error: crate::contracts::StoreError| Refused::Database(error.to_string());
            let contract = self.contracts.contract(user.contract).await.map_err(failed)?;
            let Some(contract) = contract else { return Ok(false) };
            let to = self.contracts.recipients(contract.id, To::UserAndAdministrators(user.id)).await;
            let changes: Vec<Change> =
                vec![store::end_predecessor(certificate, &actor, now), store::use_once(certificate, now)];
            let notice = Notice {
                event: format!("certificate-confirm-{}", certificate.id),
                title: "電子証明書の利用を開始しました".to_owned(),
                lines: vec![
                    ("利用者", user.name.clone()),
                    ("シリアル番号", certificate.serial.clone()),
                    ("有効期限", frame::year_day_and_time(certificate.expires_at)),
                ],
                advice: Notice::NOT_YOURS,
            };
            let registration = Registration {
                action: "certificate.confirm",
                subject: certificate.id.to_string(),
                detail: format!("serial {}", certificate.serial),
                changes,
                mail: Some((notice, to.map_err(failed)?)),
                ..Registration::default()
            };
            registration.commit(&actor, &contract, now)
        };
        match self.ledger.commit(commit).await {
            Ok(_) => Ok(true),
            Err(Refused::Stale) => Ok(false),
            Err(refused) => Err(refused),
        }
    }
}

/// A certificate as text.
pub fn pem_of(der: &[u8]) -> String {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    const LINE_CHARS: usize = 64;
    let text = BASE64_STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(LINE_CHARS));
        pem += line;
        pem.push('\n');
        rest = behind;
    }
    pem + "-----END CERTIFICATE-----\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    #[test]
    fn a_certificate_as_text_reads_back() {
        for bytes in [0_usize, 47, 48, 49, 700] {
            let der = vec![7; bytes];
            let pem = pem_of(&der);
            assert!(pem.lines().all(|line| line.len() <= 64), "{pem}");
            if bytes > 0 {
                assert_eq!(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec(), der);
            }
        }
    }
}
