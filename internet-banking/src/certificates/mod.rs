//! 電子証明書: the certificates by which the users of a contract sign in (R22–R50), from the bank's own authority.
//!
//! A private key is made in the answer that delivers it, or by the user, and kept nowhere (SEC-06). A certificate never
//! signs in alone: it goes with the login ID and password of the one person that it was issued to (R23, R43).

mod ask;
pub mod authority;
pub mod bounds;
pub mod bundle;
pub mod doors;
pub mod held;
pub mod issue;
pub mod judge;
pub mod notices;
mod pages;
pub mod request;
pub mod revoke;
mod store;
mod words;

use domain::{CertificateId, ContractId, Timestamp, UserId};
use ledger::Ledger;

use crate::contracts::code;
use authority::Authorities;

pub use doors::Doors;
pub use issue::{Delivered, IssueError, Issued, KeySource};
pub use judge::{CertificateTrouble, Shown, Standing};
pub use notices::Notices;
pub(crate) use pages::SignInBox;
pub use pages::routes;
pub use revoke::{end_of_contract, end_of_user};
pub(crate) use store::permit_row;

code! {
    /// Who made a certificate's key.
    Made {
        /// The bank, for a file that was handed out once.
        Bank = "bank", "当行が作成";
        /// The user, who sent a signing request.
        User = "user", "お客さまが作成";
    }

    /// Why a certificate is good no more, before it expired.
    EndWhy {
        /// It was never used, and its user fetched another (R32).
        Redone = "redone", "取得のやり直し";
        /// Its successor has signed in (R42).
        Replaced = "replaced", "更新済み";
        /// The bank revoked it, on paper (R47).
        Bank = "bank", "当行での失効";
        /// The contract's master revoked it, or permitted another (C16).
        Master = "master", "マスターユーザによる失効";
        /// Its user was deleted (R48).
        Removed = "removed", "利用者の削除";
        /// The contract signs in by password now (R28).
        Method = "method", "ログイン方式の変更";
    }
}

/// A certificate, as its row tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its id.
    pub id: CertificateId,
    /// The contract.
    pub contract: ContractId,
    /// The one person who may sign in by it (R43).
    pub user: UserId,
    /// The serial number in capital hexadecimal letters, as systems show it.
    pub serial: String,
    /// Who made the key.
    pub made: Made,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// From when on it is good no more.
    pub expires_at: Timestamp,
    /// The first sign-in with it.
    pub confirmed_at: Option<Timestamp>,
    /// The latest sign-in with it.
    pub used_at: Option<Timestamp>,
    /// Its end before it expired.
    pub ended: Option<Ended>,
}

/// The end of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Why.
    pub why: EndWhy,
    /// When.
    pub at: Timestamp,
}

/// The certificates of a database, and what issues them. Cheap to clone.
#[derive(Clone)]
pub struct Certificates {
    ledger: Ledger,
    contracts: crate::contracts::Store,
    authorities: Authorities,
}

impl Certificates {
    /// The certificates of a ledger's database. Without an authority none is issued, and every one that is shown is
    /// foreign.
    pub fn new(ledger: Ledger, authorities: Authorities) -> Self {
        let contracts = crate::contracts::Store::new(ledger.database().clone(), ledger.clock().clone());
        Self { ledger, contracts, authorities }
    }

    /// What issues them.
    pub const fn authorities(&self) -> &Authorities {
        &self.authorities
    }

    fn now(&self) -> Timestamp {
        self.ledger.clock().now()
    }
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").field("authorities", &self.authorities).finish_non_exhaustive()
    }
}
