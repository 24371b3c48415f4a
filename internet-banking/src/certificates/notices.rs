//! Certificates that end soon: their users are told by mail (R40, C5).

use std::collections::BTreeSet;
use std::time::Duration;

use database::{Value, insert};
use domain::Timestamp;
use edge::Shutdown;
use ledger::Commit;

use super::bounds::Bounds;
use super::{Certificate, Certificates};
use crate::contracts::{ContractState, StoreError};
use crate::mail::{Notice, To, mail_id};

/// Between two looks.
const LOOK_INTERVAL: Duration = Duration::from_secs(20);

/// Tells users of certificates that end soon. One certificate and day make one mail, whoever looks and how often: the
/// mail's own name is its guard.
#[derive(Clone)]
pub struct Notices {
    certificates: Certificates,
}

/// Why a look failed.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mails were not written.
    #[error("the mails were not written: {0}")]
    Refused(#[from] ledger::Refused),
}

/// The notice that is due: so many days before the end, or fewer where a day was missed. One that the next has
/// overtaken is not sent any more.
fn due(expires_at: Timestamp, bounds: &Bounds, now: Timestamp) -> Option<i64> {
    if now >= expires_at {
        return None;
    }
    let left = expires_at.date().signed_duration_since(now.date()).num_days();
    bounds.notice_days.iter().rev().copied().find(|days| left <= *days)
}

impl Notices {
    /// Of these certificates.
    pub const fn new(certificates: Certificates) -> Self {
        Self { certificates }
    }

    /// Looks until the process stops.
    pub async fn run(self, mut shutdown: Shutdown) {
        while !shutdown.is_requested() {
            if let Err(error) = self.tell_due().await {
                tracing::warn!(%error, "certificates that end soon cannot be looked for");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = shutdown.requested() => {}
            }
        }
    }

    /// Writes the mails that are due and not written yet, and says how many certificates are due at all.
    pub async fn tell_due(&self) -> Result<usize, NoticeError> {
        let (now, bounds) = (self.certificates.now(), Bounds::embedded());
        let most = bounds.notice_days.first().copied().unwrap_or_default().saturating_add(1);
        let until = now.plus_seconds(most.saturating_mul(24 * 3600));
        let expiring = self.certificates.expiring(now, until).await?;
        let due: Vec<_> = expiring
            .iter()
            .filter(|certificate| certificate.confirmed_at.is_some())
            .filter_map(|certificate| Some((certificate, due(certificate.expires_at, bounds, now)?)))
            .collect();
        // a look every few seconds for a month asks for all of them at once, and finds most of them written
        let written = self.written(&due).await?;
        for (certificate, days) in &due {
            if !written.contains(&mail_id(&event(certificate, *days), certificate.user)) {
                self.tell(certificate, *days, now).await?;
            }
        }
        Ok(due.len())
    }

    async fn tell(&self, certificate: &Certificate, days: i64, now: Timestamp) -> Result<(), NoticeError> {
        let contracts = &self.certificates.contracts;
        let contract = contracts.contract(certificate.contract).await?;
        // nobody of another signs in, whatever the certificate says
        let Some(contract) = contract.filter(|contract| contract.state == ContractState::Active) else {
            return Ok(());
        };
        let to = contracts.recipients(contract.id, To::User(certificate.user)).await?;
        let notice = Notice {
            event: event(certificate, days),
            title: format!("電子証明書の有効期限まで{days}日以内です"),
            lines: vec![
                ("有効期限", crate::frame::year_day_and_time(certificate.expires_at)),
                ("シリアル番号", certificate.serial.clone()),
            ],
            advice: "有効期限までにログインし、「電子証明書」の画面で更新してください。期限を過ぎると、この電子証明書ではログインできません。",
        };
        let rows_if_free = notice.rows(&contract, &to, now);
        if rows_if_free.is_empty() {
            return Ok(());
        }
        self.certificates.ledger.commit(Commit { rows_if_free, ..Commit::default() }).await?;
        Ok(())
    }

    /// Which of the mails are there.
    async fn written(&self, due: &[(&Certificate, i64)]) -> Result<BTreeSet<String>, StoreError> {
        let ids: Vec<Value> = due
            .iter()
            .map(|(certificate, days)| mail_id(&event(certificate, *days), certificate.user).into())
            .collect();
        let mut tx = self.certificates.ledger.database().snapshot().await?;
        let select = "SELECT id, address FROM mail WHERE id IN";
        let found: Vec<(String, String)> = insert::select_in(&mut tx, select, &ids, "").await?;
        tx.rollback().await?;
        Ok(found.into_iter().map(|(id, _)| id).collect())
    }
}

/// What the notice of a certificate is named for ever.
fn event(certificate: &Certificate, days: i64) -> String {
    format!("certificate-expires-{}-{days}", certificate.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_due_thirty_fourteen_seven_and_one_days_before_the_end() {
        let expires_at = Timestamp::parse_rfc3339("2027-11-24T10:00:00+09:00").unwrap();
        let due_at =
            |text: &str| due(expires_at, Bounds::embedded(), Timestamp::parse_rfc3339(text).unwrap());
        assert_eq!(due_at("2027-10-24T23:59:59+09:00"), None);
        assert_eq!(due_at("2027-10-25T00:00:00+09:00"), Some(30));
        assert_eq!(due_at("2027-11-09T23:59:59+09:00"), Some(30));
        assert_eq!(due_at("2027-11-10T00:00:00+09:00"), Some(14));
        assert_eq!(due_at("2027-11-17T00:00:00+09:00"), Some(7));
        assert_eq!(due_at("2027-11-22T23:59:59+09:00"), Some(7));
        assert_eq!(due_at("2027-11-23T00:00:00+09:00"), Some(1));
        assert_eq!(due_at("2027-11-24T09:59:59+09:00"), Some(1));
        assert_eq!(due_at("2027-11-24T10:00:00+09:00"), None, "over");
    }
}
