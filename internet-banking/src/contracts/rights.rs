//! What a user may do: data, not code.

use std::collections::{BTreeMap, BTreeSet};

use domain::AccountId;

use super::code;

code! {
    /// A business of the bank that a right can be given for.
    Business {
        /// 照会: balances and movements.
        Inquiry = "inquiry", "照会";
        /// 税金・各種料金の払込み.
        PayEasy = "payeasy", "税金・各種料金";
    }
}

/// The accounts a user may use, by business. A business without accounts is no right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(BTreeMap<Business, BTreeSet<AccountId>>);

impl Rights {
    /// No right at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every business with these accounts.
    pub fn all(accounts: &[AccountId]) -> Self {
        let mut rights = Self::default();
        for business in Business::ALL {
            rights = rights.with(*business, accounts);
        }
        rights
    }

    /// These rights and one more business with these accounts.
    #[must_use]
    pub fn with(mut self, business: Business, accounts: &[AccountId]) -> Self {
        if !accounts.is_empty() {
            self.0.entry(business).or_default().extend(accounts);
        }
        self
    }

    /// Whether the user may do the business at all.
    pub fn may(&self, business: Business) -> bool {
        self.0.contains_key(&business)
    }

    /// Whether the user may do the business with the account.
    pub fn may_use(&self, business: Business, account: AccountId) -> bool {
        self.0.get(&business).is_some_and(|accounts| accounts.contains(&account))
    }

    /// The accounts the user may do the business with.
    pub fn accounts(&self, business: Business) -> Vec<AccountId> {
        self.0.get(&business).map(|accounts| accounts.iter().copied().collect()).unwrap_or_default()
    }

    /// Every right, one by one.
    pub fn iter(&self) -> impl Iterator<Item = (Business, AccountId)> + '_ {
        self.0.iter().flat_map(|(business, accounts)| accounts.iter().map(|account| (*business, *account)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_is_for_one_business_and_one_account() {
        let (a, b) = (AccountId::new(1), AccountId::new(2));
        let rights = Rights::none().with(Business::PayEasy, &[a]).with(Business::Inquiry, &[]);
        assert!(rights.may_use(Business::PayEasy, a));
        assert!(!rights.may_use(Business::PayEasy, b));
        assert!(!rights.may(Business::Inquiry), "no account, no right");
        assert_eq!(Rights::all(&[a, b]).accounts(Business::Inquiry), [a, b]);
    }
}
