//! Certificates in the database. What is written goes through the group commit.

use std::collections::BTreeSet;

use database::{Change, Row, Table, read};
use domain::{CertificateId, ContractId, PermitId, Timestamp, UserId};
use edge::ClientCertificate;
use uuid::Uuid;

use super::authority::{Signed, fingerprint, parse};
use super::bounds::Bounds;
use super::judge::{self, Shown};
use super::{Certificate, Certificates, EndWhy, Ended, Made};
use crate::approvals::Ties;
use crate::contracts::{Contract, Rights, Role, SignInMethod, StoreError, User};

static CERTIFICATE: Table = Table {
    name: "certificate",
    columns: &[
        "id",
        "contract",
        "app_user",
        "authority",
        "serial",
        "fingerprint",
        "key",
        "made",
        "issued_us",
        "expires_us",
    ],
};

static PERMIT: Table = Table {
    name: "certificate_permit",
    columns: &["id", "contract", "app_user", "permitted_us", "permitted_by"],
};

/// What is read of a certificate, for a WHERE that follows.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, contract, app_user, serial, made, issued_us, expires_us, confirmed_us, used_us, ended_us,
               ended_why FROM certificate ",
            $rest
        )
    };
}

#[derive(sqlx::FromRow)]
struct CertificateRow {
    id: Uuid,
    contract: Uuid,
    app_user: Uuid,
    serial: Vec<u8>,
    made: String,
    issued_us: i64,
    expires_us: i64,
    confirmed_us: Option<i64>,
    used_us: Option<i64>,
    ended_us: Option<i64>,
    ended_why: Option<String>,
}

impl CertificateRow {
    fn read(self) -> Result<Certificate, StoreError> {
        let ended = match self.ended_us.zip(self.ended_why) {
            None => None,
            Some((at, why)) => Some(Ended {
                why: EndWhy::from_code(&why).ok_or(StoreError::Word(why))?,
                at: Timestamp::from_micros(at),
            }),
        };
        Ok(Certificate {
            id: CertificateId::from_uuid(self.id),
            contract: ContractId::from_uuid(self.contract),
            user: UserId::from_uuid(self.app_user),
            serial: hexadecimal(&self.serial),
            made: Made::from_code(&self.made).ok_or(StoreError::Word(self.made))?,
            issued_at: Timestamp::from_micros(self.issued_us),
            expires_at: Timestamp::from_micros(self.expires_us),
            confirmed_at: self.confirmed_us.map(Timestamp::from_micros),
            used_at: self.used_us.map(Timestamp::from_micros),
            ended,
        })
    }
}

/// How many certificates a contract has had, and how many other users have one now.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct Counted {
    pub issued: i64,
    pub others: i64,
}

impl Certificates {
    /// Whose certificate a client has shown.
    pub async fn shown(&self, shown: &ClientCertificate) -> Result<Shown, StoreError> {
        let Some(der) = shown.der() else { return Ok(Shown::Nothing) };
        let is_ours = parse(der).is_some_and(|read| self.authorities.signer(&read).is_some());
        if !is_ours {
            return Ok(Shown::Foreign);
        }
        let row: Option<CertificateRow> = read!(self.ledger.database(), |c| {
            sqlx::query_as(select!("WHERE fingerprint = $1"))
                .bind(fingerprint(der).to_vec())
                .fetch_optional(c)
                .await
        })?;
        match row {
            Some(row) => Ok(Shown::Known(Box::new(row.read()?))),
            None => {
                tracing::error!("a certificate of our authority is in no row of ours");
                Ok(Shown::Foreign)
            }
        }
    }

    /// Whether the client shows a certificate of the user that has neither ended nor expired, nor with its authority:
    /// what a session that was opened by one asks on every page.
    pub async fn is_users_own(&self, user: UserId, shown: &ClientCertificate) -> Result<bool, StoreError> {
        let Some(der) = shown.der() else { return Ok(false) };
        let found: Option<i64> = read!(self.ledger.database(), |c| {
            sqlx::query_scalar(
                "SELECT CAST(1 AS BIGINT) FROM certificate
                 WHERE fingerprint = $1 AND app_user = $2 AND ended_us IS NULL AND expires_us > $3
                 AND NOT EXISTS (SELECT 1 FROM bank_key k WHERE k.kind = 'authority'
                   AND CAST(k.number AS TEXT) = certificate.authority AND k.retired_us IS NOT NULL)",
            )
            .bind(fingerprint(der).to_vec())
            .bind(user.uuid())
            .bind(self.now().micros())
            .fetch_optional(c)
            .await
        })?;
        Ok(found.is_some())
    }

    /// One certificate.
    pub async fn find(&self, id: CertificateId) -> Result<Option<Certificate>, StoreError> {
        let row: Option<CertificateRow> = read!(self.ledger.database(), |c| {
            sqlx::query_as(select!("WHERE id = $1")).bind(id.uuid()).fetch_optional(c).await
        })?;
        row.map(CertificateRow::read).transpose()
    }

    /// Until when a person moves no money (SEC-05): a master whose certificate has taken the place of a lost one, and
    /// whoever has had the access from that master since, straight or through others. Whoever talked somebody out of
    /// the certificate could otherwise be such a user within the hour.
    pub async fn cooling_off(
        &self,
        user: &User,
        contract: &Contract,
    ) -> Result<Option<Timestamp>, StoreError> {
        if contract.sign_in != SignInMethod::Certificate {
            return Ok(None);
        }
        let master = match user.role {
            Role::Master => Some(user.id),
            Role::Admin | Role::General => self.master_of(contract.id).await?,
        };
        let Some(master) = master else { return Ok(None) };
        let bounds = Bounds::embedded();
        let own = self.of_user(master).await?;
        let Some(until) = judge::cooling_off(&own, bounds, self.now()) else { return Ok(None) };
        if master == user.id {
            return Ok(Some(until));
        }
        let issued_at = until.plus_seconds(bounds.cooling_off_hours.saturating_mul(-3600));
        let ties = Ties::since(self.ledger.database(), contract.id, issued_at).await?;
        Ok(ties.has_from(user.id, master).then_some(until))
    }

    async fn master_of(&self, contract: ContractId) -> Result<Option<UserId>, StoreError> {
        let found: Option<Uuid> = read!(self.ledger.database(), |c| {
            sqlx::query_scalar(
                "SELECT id FROM app_user WHERE contract = $1 AND role = 'master' AND removed_us IS NULL",
            )
            .bind(contract.uuid())
            .fetch_optional(c)
            .await
        })?;
        Ok(found.map(UserId::from_uuid))
    }

    /// Every certificate of a user, the newest first.
    pub async fn of_user(&self, user: UserId) -> Result<Vec<Certificate>, StoreError> {
        let rows: Vec<CertificateRow> = read!(self.ledger.database(), |c| {
            sqlx::query_as(select!("WHERE app_user = $1 ORDER BY id DESC"))
                .bind(user.uuid())
                .fetch_all(c)
                .await
        })?;
        rows.into_iter().map(CertificateRow::read).collect()
    }

    /// Every certificate of a contract's users, the newest first.
    pub async fn of_contract(&self, contract: ContractId) -> Result<Vec<Certificate>, StoreError> {
        let rows: Vec<CertificateRow> = read!(self.ledger.database(), |c| {
            sqlx::query_as(select!("WHERE contract = $1 ORDER BY id DESC"))
                .bind(contract.uuid())
                .fetch_all(c)
                .await
        })?;
        rows.into_iter().map(CertificateRow::read).collect()
    }

    /// The users of a contract who are not removed, as a list of certificates needs them: without rights and duties.
    pub async fn users_of(&self, contract: ContractId) -> Result<Vec<User>, StoreError> {
        let rows: Vec<(Uuid, String, String, String)> = read!(self.ledger.database(), |c| {
            sqlx::query_as(
                "SELECT id, login_id, name, role FROM app_user WHERE contract = $1 AND removed_us IS NULL
                 ORDER BY CASE role WHEN 'master' THEN 0 WHEN 'admin' THEN 1 ELSE 2 END, login_id",
            )
            .bind(contract.uuid())
            .fetch_all(c)
            .await
        })?;
        let user = |(id, login_id, name, role): (Uuid, String, String, String)| {
            Ok(User {
                id: UserId::from_uuid(id),
                contract,
                login_id,
                name,
                role: Role::from_code(&role).ok_or(StoreError::Word(role))?,
                token_serial: None,
                rights: Rights::none(),
                duties: BTreeSet::new(),
                must_change: false,
            })
        };
        rows.into_iter().map(user).collect()
    }

    /// Certificates in use that expire in a span of time, the first first.
    pub(super) async fn expiring(
        &self,
        after: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Certificate>, StoreError> {
        let rows: Vec<CertificateRow> = read!(self.ledger.database(), |c| {
            sqlx::query_as(select!(
                "WHERE ended_us IS NULL AND expires_us > $1 AND expires_us <= $2 ORDER BY expires_us, id"
            ))
            .bind(after.micros())
            .bind(until.micros())
            .fetch_all(c)
            .await
        })?;
        rows.into_iter().map(CertificateRow::read).collect()
    }

    /// When the master has last permitted a user another certificate.
    pub(super) async fn permitted_at(&self, user: UserId) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> = read!(self.ledger.database(), |c| {
            sqlx::query_scalar("SELECT max(permitted_us) FROM certificate_permit WHERE app_user = $1")
                .bind(user.uuid())
                .fetch_one(c)
                .await
        })?;
        Ok(at.map(Timestamp::from_micros))
    }

    /// Whether a user may fetch another one as it is. `own` are all that the user has had, the newest first.
    pub async fn may_fetch(&self, user: UserId, own: &[Certificate]) -> Result<bool, StoreError> {
        let permitted_at = self.permitted_at(user).await?;
        Ok(judge::may_fetch(own, permitted_at, self.now()).is_ok())
    }

    pub(super) async fn count(
        &self,
        contract: ContractId,
        beside: UserId,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        Ok(read!(self.ledger.database(), |c| {
            sqlx::query_as(
                "SELECT count(*) AS issued, count(DISTINCT CASE WHEN ended_us IS NULL AND expires_us > $3
                    AND app_user <> $2 THEN app_user END) AS others
                 FROM certificate WHERE contract = $1",
            )
            .bind(contract.uuid())
            .bind(beside.uuid())
            .bind(now.micros())
            .fetch_one(c)
            .await
        })?)
    }

    /// Whether a key is in a certificate already.
    pub(super) async fn is_key_known(&self, key: &[u8]) -> Result<bool, StoreError> {
        let found: Option<i64> = read!(self.ledger.database(), |c| {
            sqlx::query_scalar("SELECT CAST(1 AS BIGINT) FROM certificate WHERE key = $1")
                .bind(fingerprint(key).to_vec())
                .fetch_optional(c)
                .await
        })?;
        Ok(found.is_some())
    }
}

/// The row of a new certificate. `key` is its public key as the certificate has it.
pub(super) fn certificate_row(certificate: &Certificate, signed: &Signed, key: &[u8]) -> Row {
    Row {
        table: &CERTIFICATE,
        values: vec![
            certificate.id.uuid().into(),
            certificate.contract.uuid().into(),
            certificate.user.uuid().into(),
            signed.authority.as_str().into(),
            signed.serial.to_vec().into(),
            fingerprint(&signed.der).to_vec().into(),
            fingerprint(key).to_vec().into(),
            certificate.made.code().into(),
            certificate.issued_at.micros().into(),
            certificate.expires_at.micros().into(),
        ],
    }
}

/// The row of a permit.
pub(crate) fn permit_row(contract: ContractId, user: UserId, by: UserId, now: Timestamp) -> Row {
    Row {
        table: &PERMIT,
        values: vec![
            PermitId::generate().uuid().into(),
            contract.uuid().into(),
            user.uuid().into(),
            now.micros().into(),
            by.uuid().into(),
        ],
    }
}

/// The certificate that the user had before this one, if there is one, ends.
pub(super) fn end_predecessor(certificate: &Certificate, by: &str, now: Timestamp) -> Change {
    Change::any(
        "UPDATE certificate SET ended_us = $1, ended_why = 'replaced', ended_by = $2
         WHERE app_user = $3 AND id <> $4 AND confirmed_us IS NOT NULL AND ended_us IS NULL",
        vec![now.micros().into(), by.into(), certificate.user.uuid().into(), certificate.id.uuid().into()],
    )
}

/// A sign-in by the certificate, which must not have ended.
pub(super) fn use_once(certificate: &Certificate, now: Timestamp) -> Change {
    Change::one(
        "UPDATE certificate SET confirmed_us = COALESCE(confirmed_us, $1), used_us = $1
         WHERE id = $2 AND ended_us IS NULL",
        vec![now.micros().into(), certificate.id.uuid().into()],
    )
}

/// Every certificate of the user that has not ended does.
pub(super) fn end_all(user: UserId, why: EndWhy, by: &str, now: Timestamp) -> Change {
    Change::any(
        "UPDATE certificate SET ended_us = $1, ended_why = $2, ended_by = $3
         WHERE app_user = $4 AND ended_us IS NULL",
        vec![now.micros().into(), why.code().into(), by.into(), user.uuid().into()],
    )
}

/// The same of all users of a contract.
pub(super) fn end_all_of_contract(contract: ContractId, why: EndWhy, by: &str, now: Timestamp) -> Change {
    Change::any(
        "UPDATE certificate SET ended_us = $1, ended_why = $2, ended_by = $3
         WHERE contract = $4 AND ended_us IS NULL",
        vec![now.micros().into(), why.code().into(), by.into(), contract.uuid().into()],
    )
}

/// One certificate of a contract's user ends by the bank, which must not have ended.
pub(super) fn end_one(
    contract: ContractId,
    user: UserId,
    id: CertificateId,
    by: &str,
    now: Timestamp,
) -> Change {
    Change::one(
        "UPDATE certificate SET ended_us = $1, ended_why = 'bank', ended_by = $2
         WHERE id = $3 AND app_user = $4 AND contract = $5 AND ended_us IS NULL",
        vec![now.micros().into(), by.into(), id.uuid().into(), user.uuid().into(), contract.uuid().into()],
    )
}

/// Capital letters, two for each byte.
fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // writing to a string cannot fail
        let _ = write!(text, "{byte:02X}");
        text
    })
}
