//! Every key that the bank uses, and which of several of one kind counts: the next one is made while the one before is
//! in use, taken into use from a day on, and the old one is accepted until it is retired. All of it is rows of one
//! table, whose secrets are sealed under the deployment's own; every process reads them once a second.

pub mod live;
mod make;
mod messages;
mod store;
mod vault;

use domain::{Date, Timestamp};

use crate::contracts::code;

pub use live::Keys;
pub use make::{MakeError, another_authority, made_once};
pub use messages::{
    Accepted, SigningError, accept_collectors_key, adopt_collectors, collectors_key, key_id,
    predecessors_count_until, provide_signing_key, public_of_collector, signing_keys,
};
pub use store::{Adopted, adopt, all, certificates_under, row, tokens_under};
pub use vault::{Vault, VaultError};

pub use make::make;
pub use store::{retired, used};

/// The day from which on keys count that were there before the bank kept them in its table.
pub const FROM_THE_START: &str = "2000-01-01";

code! {
    /// What a key is for.
    KeyKind {
        /// Signs messages between hub and collectors.
        Message = "message", "電文の署名鍵";
        /// Shared with a collector whose site hands bills over.
        Link = "link", "情報リンクの鍵";
        /// Encrypts the secrets of one-time-password tokens.
        Seed = "seed", "トークンの秘密の暗号鍵";
        /// Issues client certificates.
        Authority = "authority", "電子証明書の認証局";
    }
}

impl KeyKind {
    /// What people and messages call a key.
    pub fn shown_id(self, owner: &str, number: i64) -> String {
        if self == Self::Message && owner.is_empty() { key_id(number) } else { id(owner, number) }
    }
}

/// A key of the bank, as its row tells.
#[derive(Clone, PartialEq, Eq)]
pub struct BankKey {
    /// What it is for.
    pub kind: KeyKind,
    /// The collector that it is shared with, or that signs with it; nothing where it is the bank's alone.
    pub owner: String,
    /// Counted from 1 for each kind and owner.
    pub number: i64,
    /// When it was made; 0 of what the program began with.
    pub made_at: Timestamp,
    /// From which day on it is used; none of one that waits.
    pub from: Option<Date>,
    /// When that day was set.
    pub noted_at: Option<Timestamp>,
    /// Since when nothing is accepted under it.
    pub retired_at: Option<Timestamp>,
    /// What everybody may know of it: an authority's certificate, a key that verifies.
    pub public: String,
    sealed: Option<Vec<u8>>,
}

/// Which part a key has among those of its kind and owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStanding {
    /// It is made, and accepted, and nobody has said from when on it is used.
    Waiting,
    /// Its day is to come.
    Planned,
    /// What is new is made under it.
    Current,
    /// What was made under it is accepted.
    Accepted,
    /// Nothing of it is accepted.
    Retired,
}

impl BankKey {
    /// What it is called: `99022-2`.
    pub fn id(&self) -> String {
        id(&self.owner, self.number)
    }

    /// Whether both are of one kind and owner: one follows the other.
    pub fn is_beside(&self, kind: KeyKind, owner: &str) -> bool {
        self.kind == kind && self.owner == owner
    }

    /// The part that it has among `all`, on a day.
    pub fn standing(&self, all: &[Self], today: Date) -> KeyStanding {
        match self.from {
            _ if self.retired_at.is_some() => KeyStanding::Retired,
            None => KeyStanding::Waiting,
            Some(from) if from > today => KeyStanding::Planned,
            Some(_) => {
                let beside = all.iter().filter(|key| key.is_beside(self.kind, &self.owner));
                let begun =
                    beside.filter(|key| key.retired_at.is_none() && key.from.is_some_and(|f| f <= today));
                match begun.max_by_key(|key| (key.from, key.number)) {
                    Some(current) if current.number == self.number => KeyStanding::Current,
                    _ => KeyStanding::Accepted,
                }
            }
        }
    }
}

/// What a key of an owner is called.
pub fn id(owner: &str, number: i64) -> String {
    if owner.is_empty() { number.to_string() } else { format!("{owner}-{number}") }
}

/// The secret never reaches a log line.
impl std::fmt::Debug for BankKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BankKey").field("kind", &self.kind).field("id", &self.id()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: i64, from: Option<&str>, retired: bool) -> BankKey {
        BankKey {
            kind: KeyKind::Link,
            owner: "99022".to_owned(),
            number,
            made_at: Timestamp::default(),
            from: from.map(|day| day.parse().unwrap()),
            noted_at: None,
            retired_at: retired.then(Timestamp::default),
            public: String::new(),
            sealed: None,
        }
    }

    #[test]
    fn the_newest_whose_day_has_come_is_in_use_and_the_one_before_is_accepted() {
        let all = [
            key(1, Some(FROM_THE_START), true),
            key(2, Some(FROM_THE_START), false),
            key(3, Some("2026-12-01"), false),
            key(4, None, false),
        ];
        let on = |day: &str| all.each_ref().map(|key| key.standing(&all, day.parse().unwrap()));
        use KeyStanding::{Accepted, Current, Planned, Retired, Waiting};
        assert_eq!(on("2026-11-30"), [Retired, Current, Planned, Waiting]);
        assert_eq!(on("2026-12-01"), [Retired, Accepted, Current, Waiting]);
        assert_eq!((all[1].id(), id("", 3)), ("99022-2".to_owned(), "3".to_owned()));
        assert!(!format!("{:?}", all[0]).contains("sealed"));
    }
}
