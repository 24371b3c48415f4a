//! 1日の限度額: what a contract, and each of its users, may pay to private collectors in a day of Japan. Taxes and
//! treasury money have none.
//!
//! The hold's commit takes the next number of its contract's day. Two payments that were held against the same sum
//! want the same number, so one of them is refused and adds up anew: together they never pass the limit, whatever
//! process they run in. What was rejected or never sent is not in the sum any more.

use std::collections::BTreeMap;

use collectors::Kind;
use database::read;
use domain::payment::State;
use domain::time::TimeOfDay;
use domain::{ContractId, Date, Timestamp, UserId, Yen};
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::guard::Guard;
use crate::pay::PayError;
use crate::payment::Facts;
use crate::payment::store::state_pattern;
use crate::{Gateway, StoreError};

/// What may be paid to private collectors in a day, amount and fee, without those that were released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DailyLimit {
    /// By all users of the contract together.
    pub contract: Yen,
    /// By the user, where that is less.
    pub user: Option<Yen>,
}

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitOf {
    /// The contract's.
    Contract,
    /// The user's own.
    User,
}

/// A payment that would pass a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverLimit {
    /// Whose.
    pub of: LimitOf,
    /// The limit.
    pub limit: Yen,
    /// What is used of it.
    pub used: Yen,
}

impl OverLimit {
    /// What is left.
    pub fn remaining(&self) -> Yen {
        self.limit.checked_sub(self.used).unwrap_or(Yen::ZERO).max(Yen::ZERO)
    }
}

/// What the users of a contract have used on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayUse(BTreeMap<UserId, Yen>);

impl DayUse {
    /// By one of them.
    pub fn of(&self, user: UserId) -> Yen {
        self.0.get(&user).copied().unwrap_or(Yen::ZERO)
    }

    /// By all together; none where it does not fit.
    pub fn total(&self) -> Option<Yen> {
        self.0.values().try_fold(Yen::ZERO, |sum, used| sum.checked_add(*used))
    }
}

impl DailyLimit {
    /// Whether an amount fits on top of what is used. The contract's limit is said first.
    pub fn admits(&self, used: &DayUse, user: UserId, amount: Yen) -> Result<(), OverLimit> {
        let fits = |used: Yen, limit: Yen| used.checked_add(amount).is_some_and(|sum| sum <= limit);
        let all = used.total().unwrap_or(self.contract);
        if !fits(all, self.contract) {
            return Err(OverLimit { of: LimitOf::Contract, limit: self.contract, used: all });
        }
        match self.user {
            Some(limit) if !fits(used.of(user), limit) => {
                Err(OverLimit { of: LimitOf::User, limit, used: used.of(user) })
            }
            _ => Ok(()),
        }
    }
}

impl Gateway {
    /// What the users of a contract have paid to private collectors on a day, or hold to pay.
    pub async fn day_use(&self, contract: ContractId, day: Date) -> Result<DayUse, StoreError> {
        let begins = |day: Date| Timestamp::from_jst(day, TimeOfDay::MIN).micros();
        let next = day.succ_opt().unwrap_or(day);
        let collectors: Vec<_> =
            self.directory().all().iter().filter(|row| row.kind == Kind::Private).collect();
        if collectors.is_empty() {
            return Ok(DayUse::default());
        }
        let rows: Vec<(Uuid, i64)> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(
                "SELECT p.user_id, CAST(sum(p.amount + p.fee) AS BIGINT) FROM payment p \
                 JOIN event e ON e.entity = p.id AND e.seq = (SELECT max(l.seq) FROM event l WHERE l.entity = p.id) \
                 WHERE p.contract = ",
            );
            sql.push_bind(contract.uuid());
            sql.push(" AND p.held_us >= ").push_bind(begins(day));
            sql.push(" AND p.held_us < ").push_bind(begins(next));
            sql.push(" AND p.collector IN (");
            let mut list = sql.separated(", ");
            for row in &collectors {
                list.push_bind(row.number.as_str());
            }
            list.push_unseparated(")");
            for released in State::ALL.iter().filter(|state| !state.is_open() && !state.is_paid()) {
                sql.push(" AND e.body NOT LIKE ").push_bind(state_pattern(*released));
            }
            sql.push(" GROUP BY p.user_id");
            sql.build_query_as().fetch_all(c).await
        })?;
        Ok(DayUse(rows.into_iter().map(|(user, used)| (UserId::from_uuid(user), Yen::new(used))).collect()))
    }

    /// The number to take in the commit of the hold, where the payment is within the limit.
    pub(crate) async fn within(&self, limit: &DailyLimit, facts: &Facts) -> Result<Guard, PayError> {
        let (contract, day) = (facts.contract, facts.held_at.date());
        // before the sum: a hold that the sum does not know takes this number first
        let number = self.holds_counted(contract, day).await?;
        let used = self.day_use(contract, day).await?;
        let total = facts.amount.checked_add(facts.fee).unwrap_or(facts.amount);
        limit.admits(&used, facts.user, total).map_err(PayError::OverDailyLimit)?;
        Ok(Guard::daily_limit(contract, day, number))
    }

    async fn holds_counted(&self, contract: ContractId, day: Date) -> Result<usize, StoreError> {
        Ok(self.guards_with(&Guard::daily_limit_prefix(contract, day)).await?.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Limit row of payeasy.md 5: exactly the limit passes, and one yen more does not.
    #[test]
    fn exactly_the_limit_passes_and_one_yen_more_does_not() {
        let (taro, hanako) = (UserId::generate(), UserId::generate());
        let used = DayUse(BTreeMap::from([(taro, Yen::new(6_000_000)), (hanako, Yen::new(3_000_000))]));
        let limit = DailyLimit { contract: Yen::new(10_000_000), user: None };
        assert_eq!(limit.admits(&used, taro, Yen::new(1_000_000)), Ok(()));
        let over = limit.admits(&used, taro, Yen::new(1_000_001)).unwrap_err();
        assert_eq!(
            (over.of, over.used, over.remaining()),
            (LimitOf::Contract, Yen::new(9_000_000), Yen::new(1_000_000))
        );
        let limit = DailyLimit { user: Some(Yen::new(3_500_000)), ..limit };
        assert_eq!(limit.admits(&used, hanako, Yen::new(500_000)), Ok(()));
        let over = limit.admits(&used, hanako, Yen::new(500_001)).unwrap_err();
        assert_eq!(
            (over.of, over.used, over.remaining()),
            (LimitOf::User, Yen::new(3_000_000), Yen::new(500_000))
        );
        let lowered = DailyLimit { contract: Yen::ZERO, user: None };
        let over = lowered.admits(&used, taro, Yen::new(1)).unwrap_err();
        assert_eq!(over.remaining(), Yen::ZERO, "lowered below what is used");
        assert!(limit.admits(&used, taro, Yen::new(i64::MAX)).is_err());
    }
}
