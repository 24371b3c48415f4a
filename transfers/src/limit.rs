//! 1日の限度額 in layers, counted on the day of the operation (操作ベース). Each is a bounded account of a day, which an
//! order's amount leaves in the same linked transfers that move the money.

use database::{Row, Table, read};
use domain::{AccountId, ContractId, Date, TransferId, UserId, Yen};
use ledger::{Commit, EntityId, GuardKey, Kind, Refused, Transfer, TransferResult};
use serde::{Deserialize, Serialize};

use crate::points::Persist;
use crate::{StoreError, Transfers, chart};

static LIMIT: Table = Table {
    name: "transfer_limit",
    columns: &["account", "number", "scope", "subject", "day", "level", "at_us"],
};

/// Tries of one that meets others who set the same limit.
const TRIES_MAX: u32 = 16;

/// The limits that hold for one order. The bank's most (R96, R97) is inclusive; less than a sum is one yen below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most that the bank grants to a contract of this plan.
    pub bank_max: Yen,
    /// The contract's own a day.
    pub contract: Yen,
    /// Of the debited account a day.
    pub account: Option<Yen>,
    /// Of the user a day.
    pub user: Option<Yen>,
    /// Of one order.
    pub per_item: Option<Yen>,
}

/// A layer of the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitLayer {
    /// Of one order.
    PerItem,
    /// Of the contract, at most the bank's.
    Contract,
    /// Of the debited account.
    Account,
    /// Of the user.
    User,
}

impl LimitLayer {
    /// The word on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::PerItem => "1件の限度額",
            Self::Contract => "ご契約の1日の限度額",
            Self::Account => "口座の1日の限度額",
            Self::User => "利用者の1日の限度額",
        }
    }
}

/// How much of a day's limit is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitUse {
    /// Which.
    pub layer: LimitLayer,
    /// The limit.
    pub level: Yen,
    /// What orders of the day have taken of it.
    pub used: Yen,
}

impl LimitUse {
    /// What is left of it.
    pub fn left(self) -> Yen {
        Yen::new(self.level.get().saturating_sub(self.used.get()).max(0))
    }
}

/// Whose limits an order is counted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holders {
    /// The contract.
    pub contract: ContractId,
    /// The debited account.
    pub account: AccountId,
    /// Who authorised it finally.
    pub user: UserId,
}

impl Limits {
    /// Whether one order may be of this amount, as far as no other is looked at.
    pub fn check_item(&self, amount: Yen) -> Result<(), LimitLayer> {
        match self.per_item {
            Some(most) if amount > most => Err(LimitLayer::PerItem),
            _ => Ok(()),
        }
    }

    /// The layers that are counted, each with its level.
    pub fn levels(&self) -> Vec<(LimitLayer, Yen)> {
        let contract = (LimitLayer::Contract, self.contract.min(self.bank_max));
        let account = self.account.map(|level| (LimitLayer::Account, level));
        let user = self.user.map(|level| (LimitLayer::User, level));
        std::iter::once(contract).chain(account).chain(user).collect()
    }
}

impl Holders {
    fn subject(&self, layer: LimitLayer) -> (&'static str, String) {
        match layer {
            LimitLayer::PerItem | LimitLayer::Contract => ("contract", self.contract.to_string()),
            LimitLayer::Account => ("account", self.account.to_string()),
            LimitLayer::User => ("user", self.user.to_string()),
        }
    }

    /// The ledger's account of a layer on a day. Its number follows from what it is for, so that nobody has to hand
    /// numbers out; below zero no other accounts are.
    pub(crate) fn limit_account(&self, layer: LimitLayer, day: Date) -> AccountId {
        let (scope, subject) = self.subject(layer);
        let text = format!("transfer-limit|{scope}|{subject}|{day}");
        let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&digest.as_ref()[..8]);
        AccountId::new(-(i64::from_be_bytes(first) & (i64::MAX >> 1)) - 1)
    }

    /// The transfers that take an amount out of each layer.
    pub(crate) fn takes(&self, layers: &[LimitLayer], day: Date, amount: Yen) -> Vec<Transfer> {
        self.moves(layers, day, amount, |limit| (limit, chart::LIMIT_USED))
    }

    /// The transfers that give it back.
    pub(crate) fn gives_back(&self, layers: &[LimitLayer], day: Date, amount: Yen) -> Vec<Transfer> {
        self.moves(layers, day, amount, |limit| (chart::LIMIT_USED, limit))
    }

    fn moves(
        &self,
        layers: &[LimitLayer],
        day: Date,
        amount: Yen,
        sides: fn(AccountId) -> (AccountId, AccountId),
    ) -> Vec<Transfer> {
        let moved = |layer: &LimitLayer| {
            let (debit, credit) = sides(self.limit_account(*layer, day));
            Transfer {
                id: TransferId::generate(),
                debit,
                credit,
                amount: amount.get(),
                kind: Kind::Posted,
                memo: "限度額".to_owned(),
            }
        };
        layers.iter().map(moved).collect()
    }
}

/// Why the limits of a day cannot be set.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LimitError {
    /// More than the level is used already: it was lowered during the day.
    #[error("more than the limit is used")]
    Passed(LimitLayer),
    /// A bar is taken that the order names: the level is none any more, or the order is none.
    #[error("the bar {0} is taken")]
    Barred(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for LimitError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Transfers {
    /// Brings the day's limits to their levels, and answers the layers in the order of their transfers. A level is set
    /// under the bars of its order: nobody brings a limit back up that was lowered after the order was judged.
    pub(crate) async fn set_limits(
        &self,
        holders: &Holders,
        limits: &Limits,
        day: Date,
        barred_by: &[GuardKey],
    ) -> Result<Vec<LimitLayer>, LimitError> {
        let levels = limits.levels();
        for (layer, level) in &levels {
            self.set_limit(holders, (*layer, *level), day, barred_by).await?;
        }
        Ok(levels.into_iter().map(|(layer, _)| layer).collect())
    }

    async fn set_limit(
        &self,
        holders: &Holders,
        (layer, level): (LimitLayer, Yen),
        day: Date,
        barred_by: &[GuardKey],
    ) -> Result<(), LimitError> {
        let account = holders.limit_account(layer, day);
        for _ in 0..TRIES_MAX {
            let (number, granted) = self.granted(account).await?;
            if number > 0 && granted == level {
                return Ok(());
            }
            if number == 0 {
                let (scope, subject) = holders.subject(layer);
                let name = format!("限度額 {scope} {subject} {day}");
                self.ledger().open_account(&chart::limit(account, name)).await?;
            }
            let commit = self.grant(holders, layer, level, day, number, granted);
            let commit = Commit { barred_by: barred_by.to_vec(), ..commit };
            match self.persist(Persist::Limit, commit).await {
                Ok(_) => return Ok(()),
                Err(Refused::Guarded { key, .. }) if barred_by.iter().any(|bar| bar.0 == key) => {
                    return Err(LimitError::Barred(key));
                }
                // somebody else has set it meanwhile
                Err(Refused::Guarded { .. }) => {}
                Err(Refused::Transfer { result: TransferResult::ExceedsAvailable, .. }) => {
                    return Err(LimitError::Passed(layer));
                }
                Err(refused) => return Err(StoreError::from(refused).into()),
            }
        }
        Err(StoreError::from(Refused::Overloaded).into())
    }

    /// The commit that brings a limit from what is granted to its level.
    fn grant(
        &self,
        holders: &Holders,
        layer: LimitLayer,
        level: Yen,
        day: Date,
        number: i64,
        granted: Yen,
    ) -> Commit {
        let account = holders.limit_account(layer, day);
        let (scope, subject) = holders.subject(layer);
        let by = level.get().saturating_sub(granted.get());
        let (debit, credit) =
            if by > 0 { (chart::LIMIT_GRANTED, account) } else { (account, chart::LIMIT_GRANTED) };
        let transfer = Transfer {
            id: TransferId::generate(),
            debit,
            credit,
            amount: by.saturating_abs(),
            kind: Kind::Posted,
            memo: "限度額".to_owned(),
        };
        let guard = GuardKey(format!("transfer-limit|{account}|{}", number + 1));
        Commit {
            guards: vec![(guard, EntityId(holders.contract.uuid()))],
            transfers: if by == 0 { Vec::new() } else { vec![transfer] },
            rows: vec![Row {
                table: &LIMIT,
                values: vec![
                    account.get().into(),
                    (number + 1).into(),
                    scope.into(),
                    subject.into(),
                    day.to_string().into(),
                    level.get().into(),
                    self.now().micros().into(),
                ],
            }],
            ..Commit::default()
        }
    }

    /// How often the limit was set, and to what at last.
    async fn granted(&self, account: AccountId) -> Result<(i64, Yen), sqlx::Error> {
        let found: Option<(i64, i64)> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT number, level FROM transfer_limit WHERE account = $1 ORDER BY number DESC LIMIT 1",
            )
            .bind(account.get())
            .fetch_optional(c)
            .await
        })?;
        Ok(found.map_or((0, Yen::ZERO), |(number, level)| (number, Yen::new(level))))
    }

    /// How much of each of the day's limits is used, as these limits have their levels.
    pub async fn limit_use(
        &self,
        holders: &Holders,
        limits: &Limits,
        day: Date,
    ) -> Result<Vec<LimitUse>, StoreError> {
        let levels = limits.levels();
        let accounts: Vec<_> = levels.iter().map(|(layer, _)| holders.limit_account(*layer, day)).collect();
        let balances = self.ledger().balances(&accounts).await?;
        let mut uses = Vec::with_capacity(levels.len());
        for ((layer, level), account) in levels.into_iter().zip(accounts) {
            let left = balances.iter().find(|balance| balance.account == account).map(|b| b.balance);
            let (_, granted) = self.granted(account).await?;
            let used = left.map_or(0, |left| granted.get().saturating_sub(left.get()));
            uses.push(LimitUse { layer, level, used: Yen::new(used) });
        }
        Ok(uses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(contract: i64, bank_max: i64) -> Limits {
        let (bank_max, contract) = (Yen::new(bank_max), Yen::new(contract));
        Limits { bank_max, contract, account: None, user: None, per_item: None }
    }

    #[test]
    fn the_contracts_limit_is_at_most_the_banks() {
        for (contract, bank_max, level) in [(10, 100, 10), (100, 100, 100), (101, 100, 100)] {
            let levels = limits(contract, bank_max).levels();
            assert_eq!(levels, [(LimitLayer::Contract, Yen::new(level))]);
        }
        let all = Limits { account: Some(Yen::new(5)), user: Some(Yen::new(3)), ..limits(10, 100) };
        let layers: Vec<_> = all.levels().into_iter().map(|(layer, _)| layer).collect();
        assert_eq!(layers, [LimitLayer::Contract, LimitLayer::Account, LimitLayer::User]);
    }

    #[test]
    fn one_order_has_a_bound_of_its_own() {
        let some = Limits { per_item: Some(Yen::new(500)), ..limits(10, 100) };
        for (amount, fits) in [(499, true), (500, true), (501, false)] {
            assert_eq!(some.check_item(Yen::new(amount)).is_ok(), fits, "{amount}");
        }
        assert!(limits(10, 100).check_item(Yen::new(i64::MAX)).is_ok());
    }

    #[test]
    fn every_layer_and_day_has_an_account_of_its_own() {
        let holders = |account: i64| Holders {
            contract: ContractId::from_uuid(uuid::Uuid::from_u128(1)),
            account: AccountId::new(account),
            user: UserId::from_uuid(uuid::Uuid::from_u128(1)),
        };
        let day = |text: &str| text.parse::<Date>().unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for on in ["2026-11-24", "2026-11-25"] {
            for layer in [LimitLayer::Contract, LimitLayer::Account, LimitLayer::User] {
                let id = holders(1).limit_account(layer, day(on));
                assert!(id.get() < 0 && seen.insert(id), "{layer:?}");
                assert_eq!(id, holders(1).limit_account(layer, day(on)));
            }
        }
        assert_ne!(
            holders(1).limit_account(LimitLayer::Account, day("2026-11-24")),
            holders(2).limit_account(LimitLayer::Account, day("2026-11-24"))
        );
    }
}
