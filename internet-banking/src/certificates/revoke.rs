//! The end of a certificate: by the contract's master, by the bank, with its user. It takes effect at once, for the
//! session that it has opened too (SEC-27).

use database::Change;
use domain::{ApprovalId, CertificateId, ContractId, Timestamp, UserId};
use gateway::Guard;
use ledger::{AuditRecord, Commit, Refused};

use super::judge::{CertificateTrouble, Shown};
use super::{Certificates, EndWhy, held, store};
use crate::Bank;
use crate::approvals::{self, AccessGiven};
use crate::contracts::{Duty, SignInMethod, StoreError, User};
use crate::mail::{Notice, To};
use crate::policy;
use crate::registration::{Registration, RegistrationError, register};
use crate::sign_in::{EndedFor, SignedIn, ended};
use crate::users::approval::{self, AskedChange};

/// What a master does about another user's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MasterAct {
    /// 失効.
    Revoke,
    /// 再発行の許可: what the user has is revoked, and another may be fetched.
    Permit,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum MasterError {
    /// Only the master may, and not about the own certificate (R47).
    #[error("this person may not")]
    NotPermitted,
    /// The contract signs in by password.
    #[error("the contract signs in by password")]
    NotByCertificate,
    /// The user has none that could be revoked.
    #[error("there is nothing to revoke")]
    NothingToRevoke,
    /// A second administrator must confirm it, and cannot be asked.
    #[error("a second administrator cannot be asked: {0:?}")]
    Approval(approvals::Problem),
    /// It could not be registered.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The changes that end everything by which a user signs in with a certificate, for the commit that deletes the user
/// (R48) or whatever else ends them.
pub fn end_of_user(user: UserId, why: EndWhy, by: &str, now: Timestamp) -> Vec<Change> {
    vec![store::end_all(user, why, by, now), ended::end_of_user(user, ended_for(why), now)]
}

/// The same for every user of a contract, which signs in by password from now on (R28).
pub fn end_of_contract(contract: ContractId, why: EndWhy, by: &str, now: Timestamp) -> Vec<Change> {
    vec![
        store::end_all_of_contract(contract, why, by, now),
        ended::end_of_contract(contract, ended_for(why), now),
    ]
}

/// What whoever is signed in reads.
const fn ended_for(why: EndWhy) -> EndedFor {
    match why {
        EndWhy::Removed => EndedFor::Removed,
        EndWhy::Method => EndedFor::Method,
        EndWhy::Redone | EndWhy::Replaced | EndWhy::Bank | EndWhy::Master => EndedFor::Certificate,
    }
}

/// The bank's revocation of a certificate of a contract's user (R47), which must not have ended, and with it of every
/// other one that the user has: the successor of a renewal is in the same hands. Its session ends, and its user may
/// fetch another.
pub fn by_bank(
    contract: ContractId,
    user: UserId,
    certificate: CertificateId,
    by: &str,
    now: Timestamp,
) -> Vec<Change> {
    let mut changes = vec![store::end_one(contract, user, certificate, by, now)];
    changes.extend(end_of_user(user, EndWhy::Bank, by, now));
    changes
}

/// Whether the person may act on another user's certificates.
pub fn may_act(by: &SignedIn, on: &User) -> bool {
    policy::require_over(by, Duty::Certificates, on).is_ok()
}

/// Revokes another user's certificate, or permits another one, for a one-time password. What only ends a certificate is
/// done at once; to permit another waits for a second administrator, where the contract wants one (SEC-21).
pub async fn by_master(
    bank: &Bank,
    by: &SignedIn,
    on: &User,
    act: MasterAct,
    code: Option<Guard>,
) -> Result<Option<ApprovalId>, MasterError> {
    let mut what = registration(bank, by, on, act).await?;
    if act == MasterAct::Permit {
        let held = approval::held(bank, by).await?;
        if held.confirms {
            let change = AskedChange::Permit { user: on.id, whose: format!("{}({})", on.name, on.login_id) };
            let asked = approval::ask(bank, by, change, code).await;
            return asked.map(Some).map_err(MasterError::Approval);
        }
        what.barred_by.push(held.next);
    }
    register(bank, by, code, what).await?;
    Ok(None)
}

/// The commit of it, where the person may.
pub async fn registration(
    bank: &Bank,
    by: &SignedIn,
    on: &User,
    act: MasterAct,
) -> Result<Registration, MasterError> {
    if !may_act(by, on) {
        return Err(MasterError::NotPermitted);
    }
    if by.contract.sign_in != SignInMethod::Certificate {
        return Err(MasterError::NotByCertificate);
    }
    let now = bank.clock.now();
    let own = bank.certificates.of_user(on.id).await?;
    if act == MasterAct::Revoke && own.iter().all(|one| one.ended.is_some()) {
        return Err(MasterError::NothingToRevoke);
    }
    let actor = by.user.id.to_string();
    let (action, title) = match act {
        MasterAct::Revoke => ("certificate.revoke", "電子証明書を失効させました"),
        MasterAct::Permit => ("certificate.permit", "電子証明書の再発行を許可しました"),
    };
    let rows = match act {
        MasterAct::Revoke => Vec::new(),
        MasterAct::Permit => vec![store::permit_row(by.contract.id, on.id, by.user.id, now)],
    };
    let to = bank.contracts.recipients(by.contract.id, To::UserAndAdministrators(on.id)).await?;
    let notice = Notice {
        event: format!("{}-{}-{}", action.replace('.', "-"), on.id, now.micros()),
        title: title.to_owned(),
        lines: vec![("利用者", on.name.clone()), ("操作した方", by.user.name.clone())],
        advice: Notice::NOT_YOURS,
    };
    let mut changes = vec![held::by_certificate(by.contract.id)];
    changes.extend(end_of_user(on.id, EndWhy::Master, &actor, now));
    Ok(Registration {
        action,
        subject: on.id.to_string(),
        detail: "by the master".to_owned(),
        changes,
        rows,
        changes_access: Some(by.access),
        access: (act == MasterAct::Permit).then(|| AccessGiven { user: on.id, by: vec![by.user.id] }),
        mail: Some((notice, to)),
        ..Registration::default()
    })
}

impl Certificates {
    /// Writes down that login ID and password were right and the certificate was not.
    pub async fn record_refusal(
        &self,
        user: &User,
        shown: &Shown,
        trouble: CertificateTrouble,
    ) -> Result<(), Refused> {
        let subject = match shown {
            Shown::Known(certificate) => certificate.id.to_string(),
            Shown::Nothing | Shown::Foreign => String::new(),
        };
        tracing::warn!(user = %user.id, trouble = trouble.word(), "sign-in refused for the certificate");
        let record = AuditRecord {
            contract: Some(user.contract),
            actor: user.id.to_string(),
            action: "certificate.refused",
            subject,
            detail: format!("certificate {}", trouble.word()),
        };
        self.ledger.commit(Commit { audit: vec![record], ..Commit::default() }).await.map(drop)
    }
}
