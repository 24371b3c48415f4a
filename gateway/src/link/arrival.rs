//! The arrival of a hand-off: what is taken, and why not. The reasons are for the log alone.

use collectors::Collector;
use collectors::directory::AmountEntry;
use collectors::link::jwe::{self, OpenError};
use collectors::link::{HandOff, Handed, Pattern, PayloadError};
use domain::{CollectorNumber, Timestamp};
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Refused};
use uuid::Uuid;

use super::{Arrival, LinkPeer};
use crate::points::Persist;
use crate::{Gateway, Operator, StoreError};

/// The most between the making of a hand-off and the end of the payer's sign-in, in business time.
pub const SIGN_IN_WITHIN_S: i64 = 30 * 60;
/// How far a collector's clock may be ahead of ours.
const AHEAD_MAX_S: i64 = 60;

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
    /// The numbers are not those of the collector's bills.
    #[error("{0} is none of the collector's")]
    Numbers(&'static str),
    /// The collector's payers do not choose the amount.
    #[error("the collector's payers choose no amount")]
    AmountChosen,
    /// Made more than half an hour ago.
    #[error("it was made {0} seconds ago")]
    TooOld(i64),
    /// Made in the future.
    #[error("it is made {0} seconds from now")]
    FromTheFuture(i64),
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
        judge(&hand_off, collector, peer, now)?;
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
                None => Err(NotTaken::TooOld(SIGN_IN_WITHIN_S)),
            },
            Err(refused) => Err(StoreError::from(refused).into()),
        }
    }
}

/// Taken by the arrival of a hand-off, for good.
pub(super) fn nonce_guard(collector: &CollectorNumber, nonce: &str) -> GuardKey {
    GuardKey(format!("link-nonce|{collector}|{nonce}"))
}

/// Whether a hand-off that its collector made may be taken.
fn judge(hand_off: &HandOff, collector: &Collector, peer: &LinkPeer, now: Timestamp) -> Result<(), NotTaken> {
    let age_s = now.seconds_since(hand_off.issued_at);
    if age_s > SIGN_IN_WITHIN_S {
        return Err(NotTaken::TooOld(age_s));
    }
    if age_s < -AHEAD_MAX_S {
        return Err(NotTaken::FromTheFuture(-age_s));
    }
    if !peer.may_return_to(&hand_off.return_url) {
        return Err(NotTaken::ReturnUrl);
    }
    for handed in &hand_off.bills {
        numbers(handed, collector)?;
    }
    let category = hand_off.bills.first().and_then(|handed| handed.category.as_ref());
    let chooses = collector.amount == AmountEntry::ChosenOnSite || collector.payer_types_amount(category);
    if hand_off.pattern == Pattern::Chosen && !chooses {
        return Err(NotTaken::AmountChosen);
    }
    Ok(())
}

/// The numbers are the payer's side of the collector's own rules.
fn numbers(handed: &Handed, collector: &Collector) -> Result<(), NotTaken> {
    let rules = &collector.numbers;
    let fits = |text: &str, min: usize, max: usize| (min..=max).contains(&text.len());
    if !fits(handed.customer_number.as_str(), rules.customer.digits_min, rules.customer.digits_max) {
        return Err(NotTaken::Numbers("cno"));
    }
    let confirmation = &rules.confirmation;
    if !fits(handed.confirmation_number.as_str(), confirmation.digits_min, confirmation.digits_max) {
        return Err(NotTaken::Numbers("kno"));
    }
    match (&rules.category, &handed.category) {
        (Some(_), None) => Err(NotTaken::Numbers("kubun")),
        (_, Some(category)) if !rules.takes(category) => Err(NotTaken::Numbers("kubun")),
        _ => Ok(()),
    }
}
