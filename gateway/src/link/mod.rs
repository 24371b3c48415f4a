//! 情報リンク方式: hand-offs that collectors' sites send with the payer's browser, from their arrival to the bill that
//! is paid.
//!
//! A hand-off is opened and judged at its arrival ([`Gateway::take_hand_off`]), belongs to the first browser that
//! looks at it and then to the first person who takes it ([`Gateway::bind_hand_off`], [`Gateway::claim_hand_off`]), and
//! becomes an inquiry like any other ([`Gateway::inquire_linked`]): what is paid, and how often, is decided where it
//! always is.

mod arrival;
mod bill;
mod peer;
mod store;

use collectors::link::rules::AGE_S_MAX;
use collectors::link::{HandOff, Pattern};
use domain::{CollectorNumber, Timestamp};

use crate::Payer;

pub use arrival::{LinkForm, NotTaken};
pub(crate) use bill::kept;
pub use bill::{LinkChoice, LinkedError};
pub use collectors::link::rules::BrokenRule;
pub use collectors::link::{Handed, LinkKey, LinkKeyError, ReturnUrl, ReturnUrlError};
pub use peer::{LinkPeer, LinkPeers};

/// How long a hand-off that a person has taken can be begun with, in business time.
pub const CLAIMED_VALID_S: i64 = 30 * 60;

/// A hand-off that was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// 128 random bits, the last part of its page's address.
    pub id: String,
    /// What it says.
    pub hand_off: HandOff,
    /// When it came.
    pub arrived_at: Timestamp,
    /// The browser that it belongs to, as a hash.
    pub browser: Option<Vec<u8>>,
    /// The person who took it, and when.
    pub claim: Option<(Payer, Timestamp)>,
}

/// Whether a hand-off may still be gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Open,
    /// It is too old.
    Expired,
}

impl crate::Gateway {
    /// What was agreed on with collectors.
    pub fn link_peers(&self) -> &LinkPeers {
        &self.0.settings.links
    }
}

impl Arrival {
    /// The collector.
    pub const fn collector(&self) -> &CollectorNumber {
        &self.hand_off.collector
    }

    /// Whether the payer chooses among several bills.
    pub fn has_several(&self) -> bool {
        self.hand_off.pattern == Pattern::Several
    }

    /// Whether it may be gone on with. `signed_in_at` is when the sign-in of the person ended who would take it: the
    /// half hour of a hand-off runs until then.
    pub fn standing(&self, signed_in_at: Option<Timestamp>, now: Timestamp) -> Standing {
        let is_open = match self.claim {
            Some((_, claimed_at)) => now.seconds_since(claimed_at) < CLAIMED_VALID_S,
            None => {
                let ended = signed_in_at.filter(|at| *at >= self.arrived_at).unwrap_or(now);
                ended.seconds_since(self.hand_off.issued_at) <= AGE_S_MAX
                    && now.seconds_since(ended) < CLAIMED_VALID_S
            }
        };
        if is_open { Standing::Open } else { Standing::Expired }
    }
}
