//! Who counts as one person where others must approve or confirm (SEC-20, SEC-21): whoever has just given somebody the
//! access could be acting as that person. Both have a day in which the others read of it in their mails.

use std::collections::{BTreeMap, BTreeSet};

use database::{Change, Database, read};
use domain::{ContractId, Timestamp, UserId};
use uuid::Uuid;

use super::bounds::Bounds;
use crate::contracts::StoreError;

/// From whom the users of a contract have had their access of late.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ties {
    given_by: BTreeMap<UserId, BTreeSet<UserId>>,
}

impl Ties {
    /// The ties of a contract at an instant.
    pub async fn of(database: &Database, contract: ContractId, now: Timestamp) -> Result<Self, StoreError> {
        Self::since(database, contract, now.plus_seconds(Bounds::embedded().tied_h.saturating_mul(-3_600)))
            .await
    }

    /// The ties of a contract that were made after an instant.
    pub async fn since(
        database: &Database,
        contract: ContractId,
        since: Timestamp,
    ) -> Result<Self, StoreError> {
        let rows: Vec<(Uuid, Uuid)> = read!(database, |c| {
            sqlx::query_as("SELECT app_user, given_by FROM access_given WHERE contract = $1 AND at_us > $2")
                .bind(contract.uuid())
                .bind(since.micros())
                .fetch_all(c)
                .await
        })?;
        Ok(rows.into_iter().map(|(user, by)| (UserId::from_uuid(user), UserId::from_uuid(by))).collect())
    }

    /// Whether two users are two people for certain: neither has had the access from the other, nor both from a third.
    pub fn are_two(&self, one: UserId, other: UserId) -> bool {
        self.behind(one).is_disjoint(&self.behind(other))
    }

    /// Whether a user has had the access from another one, straight or through others.
    pub fn has_from(&self, user: UserId, giver: UserId) -> bool {
        user != giver && self.behind(user).contains(&giver)
    }

    /// The person, and everybody from whom the access has come, straight or through others.
    fn behind(&self, user: UserId) -> BTreeSet<UserId> {
        let (mut behind, mut left) = (BTreeSet::new(), vec![user]);
        while let Some(next) = left.pop() {
            if behind.insert(next) {
                left.extend(self.given_by.get(&next).into_iter().flatten());
            }
        }
        behind
    }
}

/// From pairs of who has it and who has given it.
impl FromIterator<(UserId, UserId)> for Ties {
    fn from_iter<I: IntoIterator<Item = (UserId, UserId)>>(pairs: I) -> Self {
        let mut given_by = BTreeMap::<_, BTreeSet<_>>::new();
        for (user, by) in pairs {
            given_by.entry(user).or_default().insert(by);
        }
        Self { given_by }
    }
}

/// What an act gives that brings a user in, or gives the user a say: a registration, another password, a lock that is
/// lifted, a certificate that may be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessGiven {
    /// Whose access it is.
    pub user: UserId,
    /// Who gives it: whoever has asked for the act, and whoever has confirmed it.
    pub by: Vec<UserId>,
}

impl AccessGiven {
    /// The changes that note it, for the commit of the act.
    pub fn changes(&self, contract: ContractId, now: Timestamp) -> impl Iterator<Item = Change> + '_ {
        let of = move |by: &UserId| {
            Change::any(
                "INSERT INTO access_given (app_user, given_by, contract, at_us) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (app_user, given_by) DO UPDATE SET at_us = $4",
                vec![self.user.uuid().into(), by.uuid().into(), contract.uuid().into(), now.micros().into()],
            )
        };
        self.by.iter().map(of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves SEC-20, SEC-21.
    #[test]
    fn whoever_gave_the_access_and_whoever_has_it_are_one_person() {
        let [a, b, c, d] = [1, 2, 3, 4].map(|n| UserId::from_uuid(Uuid::from_u128(n)));
        let none = Ties::default();
        assert!(none.are_two(a, b) && !none.are_two(a, a));
        let ties: Ties = [(b, a), (c, b)].into_iter().collect();
        assert!(!ties.are_two(a, b) && !ties.are_two(b, a), "in both directions");
        assert!(!ties.are_two(a, c), "through another one");
        assert!(ties.are_two(a, d) && ties.are_two(d, c));
        assert!(ties.has_from(c, a) && !ties.has_from(a, c) && !ties.has_from(a, a) && !ties.has_from(d, a));
        let ties: Ties = [(b, a), (c, a)].into_iter().collect();
        assert!(!ties.are_two(b, c), "a third one could be both");
        let ties: Ties = [(a, b), (b, a)].into_iter().collect();
        assert!(!ties.are_two(a, b) && ties.are_two(a, c), "a circle ends");
    }
}
