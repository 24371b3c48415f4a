//! 振込手数料: what decides it beside the amount.

use domain::AccountRef;

/// How payer and payee stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// 振替: between accounts of one contract, free.
    OwnAccount,
    /// 同一店.
    SameBranch,
    /// 本支店.
    OwnBank,
    /// 他行.
    OtherBank,
}

impl Relation {
    /// Of two accounts that are not one contract's.
    pub fn of(from: &AccountRef, to: &AccountRef) -> Self {
        if from.bank != to.bank {
            Self::OtherBank
        } else if from.branch != to.branch {
            Self::OwnBank
        } else {
            Self::SameBranch
        }
    }

    /// Whether the payee's account is at this bank.
    pub const fn is_own_bank(self) -> bool {
        !matches!(self, Self::OtherBank)
    }

    /// The word on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::OwnAccount => "振替",
            Self::SameBranch => "同一店",
            Self::OwnBank => "本支店",
            Self::OtherBank => "他行",
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{AccountKind, Yen};

    use super::*;
    use crate::terms::Terms;

    fn account(bank: &str, branch: &str) -> AccountRef {
        let (bank, branch) = (bank.parse().unwrap(), branch.parse().unwrap());
        AccountRef { bank, branch, kind: AccountKind::Ordinary, number: "1234567".parse().unwrap() }
    }

    /// Each relation on both sides of the boundary.
    ///
    /// Proves R84.
    #[test]
    fn the_fee_follows_from_the_branch_the_bank_and_the_amount() {
        let from = account("9999", "100");
        let day = "2026-11-24".parse().unwrap();
        for (to, relation, below, from_boundary) in [
            (account("9999", "100"), Relation::SameBranch, 0, 0),
            (account("9999", "101"), Relation::OwnBank, 110, 330),
            (account("0125", "100"), Relation::OtherBank, 380, 550),
        ] {
            let found = Relation::of(&from, &to);
            assert_eq!(found, relation);
            for (amount, fee) in
                [(1, below), (29_999, below), (30_000, from_boundary), (30_001, from_boundary)]
            {
                assert_eq!(Terms::embedded().fee(found, Yen::new(amount), day), Yen::new(fee), "{amount}");
            }
        }
        assert_eq!(Terms::embedded().fee(Relation::OwnAccount, Yen::new(1_000_000), day), Yen::ZERO);
        assert_eq!(Terms::embedded().recall_fee(day), Yen::new(1_100));
    }
}
