//! The arrival of a hand-off: what is taken, and why not. The reasons are for the log alone.

use collectors::link::jwe::{self, OpenError};
use collectors::link::rules::BrokenRule;
use collectors::link::{HandOff, Pattern, PayloadError};
use domain::CollectorNumber;
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Refused};
use uuid::Uuid;

use super::Arrival;
use crate::points::Persist;
use crate::{Gateway, Operator, StoreError};

/// The form that a collector's site has the browser post.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkForm {
    /// 収納機関番号.
    pub skno: String,
    /// 支払パターン.
    pub bptn: String,
    /// The sealed hand-off.
    pub bill: String,
}

/// Why a hand-off was not taken. Whoever sent it learns that it was not, and nothing more.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// `skno` or `bptn` is none.
    #[error("{0} is not valid")]
    Form(&'static str),
    /// No collector has this number.
    #[error("no collector has this number")]
    UnknownCollector,
    /// The collector does not offer the method, or has no working connection.
    #[error("the collector does not offer the method")]
    NotOffered,
    /// Nothing was agreed on with the collector.
    #[error("no keys were agreed on with the collector")]
    NoAgreement,
    /// It does not open.
    #[error(transparent)]
    Sealed(#[from] OpenError),
    /// It says what no hand-off says.
    #[error(transparent)]
    Contents(#[from] PayloadError),
    /// Sealed by the collector, about another.
    #[error("it is about collector {0}")]
    OtherCollector(CollectorNumber),
    /// It breaks a rule of its collector or of time.
    #[error(transparent)]
    Broken(#[from] BrokenRule),
    /// The payer would be led somewhere else.
    #[error("the return address is not registered")]
    ReturnUrl,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gateway {
    /// Takes a hand-off in, once, and answers the id of its page. The same one again answers the first one's: whose it
    /// is decides the page.
    pub async fn take_hand_off(&self, form: &LinkForm) -> Result<String, NotTaken> {
        let taken = self.judged(form).await;
        match &taken {
            Ok(id) => tracing::info!(hand_off = %id, collector = %form.skno, "a hand-off arrived"),
            Err(NotTaken::Store(error)) => tracing::error!(%error, "a hand-off could not be kept"),
            Err(reason) => {
                let collector: String = form.skno.chars().take(5).collect();
                tracing::warn!(?collector, %reason, "a hand-off was not taken");
            }
        }
        taken
    }

    async fn judged(&self, form: &LinkForm) -> Result<String, NotTaken> {
        let now = self.now();
        let number: CollectorNumber = form.skno.parse().map_err(|_| NotTaken::Form("skno"))?;
        let pattern = Pattern::of_word(&form.bptn).ok_or(NotTaken::Form("bptn"))?;
        let collectors = self.collectors();
        let collector = collectors.get(&number).ok_or(NotTaken::UnknownCollector)?;
        if !collector.methods.link || !collector.available {
            return Err(NotTaken::NotOffered);
        }
        let peer = self.0.settings.links.get(&number).ok_or(NotTaken::NoAgreement)?;
        let contents = jwe::open(&form.bill, |kid| peer.key(kid, now))?;
        let hand_off = HandOff::read(pattern, &contents)?;
        if hand_off.collector != number {
            return Err(NotTaken::OtherCollector(hand_off.collector));
        }
        if let Some(first) = self.hand_off_of(&number, &hand_off.nonce).await? {
            tracing::warn!(hand_off = %first.id, "a hand-off came again");
            return Ok(first.id);
        }
        if let Some(broken) = hand_off.broken_rules(collector, now).into_iter().next() {
            return Err(broken.into());
        }
        if !peer.may_return_to(&hand_off.return_url) {
            return Err(NotTaken::ReturnUrl);
        }
        let arrival = Arrival {
            id: domain::random::opaque_id(),
            hand_off,
            arrived_at: now,
            browser: None,
            claim: None,
        };
        self.keep_arrival(arrival, contents).await
    }

    async fn keep_arrival(&self, arrival: Arrival, contents: Vec<u8>) -> Result<String, NotTaken> {
        let (collector, nonce) = (arrival.collector().clone(), arrival.hand_off.nonce.clone());
        let contents = String::from_utf8(contents)
            .map_err(|_| PayloadError::Json("the contents are not UTF-8".to_owned()))?;
        let audit = AuditRecord {
            contract: None,
            actor: Operator::system().name,
            action: "payeasy.link",
            subject: format!("{collector}|{nonce}"),
            detail: format!(
                "{} of {} bills",
                arrival.hand_off.pattern.as_str(),
                arrival.hand_off.bills.len()
            ),
        };
        let commit = Commit {
            // nobody's: it only ever says that the nonce was used
            guards: vec![(nonce_guard(&collector, &nonce), EntityId(Uuid::nil()))],
            rows: vec![super::store::row(&arrival, contents)],
            audit: vec![audit],
            ..Commit::default()
        };
        match self.persist(Persist::HandOff, commit).await {
            Ok(_) => Ok(arrival.id),
            // twice at the same moment; or so long ago that it is not kept any more
            Err(Refused::Guarded { .. }) => match self.hand_off_of(&collector, &nonce).await? {
                Some(first) => Ok(first.id),
                None => Err(BrokenRule::Old.into()),
            },
            Err(refused) => Err(StoreError::from(refused).into()),
        }
    }
}

/// Taken by the arrival of a hand-off, for good.
pub(super) fn nonce_guard(collector: &CollectorNumber, nonce: &str) -> GuardKey {
    GuardKey(format!("link-nonce|{collector}|{nonce}"))
}
