//! What a user may do: data, not code.

use std::collections::{BTreeMap, BTreeSet};

use domain::AccountId;

use super::code;

code! {
    /// A business of the bank that a right can be given for (R2–R4). Which plans have it is decided in
    /// [`crate::policy`].
    Business {
        /// 照会: balances and movements.
        Inquiry = "inquiry", "照会";
        /// 資金移動: 振込 and 振替, one at a time.
        Transfer = "transfer", "振込・振替";
        /// 税金・各種料金の払込み.
        PayEasy = "payeasy", "税金・各種料金";
        /// データ受付: 総合振込.
        BulkTransfer = "bulk_transfer", "総合振込";
        /// データ受付: 給与・賞与振込.
        Salary = "salary", "給与・賞与振込";
        /// データ受付: 地方税納付.
        LocalTax = "local_tax", "地方税納付";
        /// 口座振替.
        DirectDebit = "direct_debit", "口座振替";
        /// 外国送金.
        ForeignRemittance = "foreign_remittance", "外国送金";
        /// 輸入信用状.
        ImportCredit = "import_credit", "輸入信用状";
        /// 一般ファイル伝送.
        FileTransfer = "file_transfer", "一般ファイル伝送";
    }

    /// An operation of a contract's administration. Who may do it is decided in [`crate::policy`].
    Duty {
        /// General users: added, changed, suspended, removed.
        Users = "users", "利用者の登録・変更・停止・削除";
        /// 管理者ユーザ: appointed, changed, suspended, removed.
        Administrators = "administrators", "管理者の任命・変更";
        /// What users may do, and with which accounts.
        Rights = "rights", "利用者の権限と口座";
        /// Passwords of users who have forgotten theirs (R14).
        Passwords = "passwords", "利用者のパスワードの再発行";
        /// The lock after wrong passwords (SEC-10).
        SignInUnlock = "sign_in_unlock", "利用者のログイン停止の解除";
        /// 1日の限度額 of users.
        Limits = "limits", "利用者の限度額";
        /// Leave to issue a user's certificate anew (C16).
        Certificates = "certificates", "電子証明書の再発行の許可";
        /// Tokens that are revoked (R75).
        TokenRevoke = "token_revoke", "トークンの失効";
        /// Tokens that are unlocked (R61).
        TokenUnlock = "token_unlock", "トークンの利用停止解除";
        /// The company's own words in every mail.
        MailPhrase = "mail_phrase", "メールに載せる合言葉";
        /// What everybody of the contract did (R17).
        History = "history", "全利用者の操作履歴";
        /// Who must approve what, and the confirmation of what other administrators change (SEC-21).
        Approvals = "approvals", "承認の設定、ほかの管理者の手続きの確認";
    }

    /// The place of an approver among those who approve one request.
    Step {
        /// 一次承認: before somebody else.
        First = "first", "一次承認";
        /// 最終承認: the last word.
        Final = "final", "最終承認";
    }
}

impl Business {
    /// Those that have pages. The others are in the table of plans, and in no menu and on no page of rights.
    pub const SERVED: &[Self] = &[
        Self::Inquiry,
        Self::Transfer,
        Self::PayEasy,
        Self::BulkTransfer,
        Self::Salary,
        Self::LocalTax,
        Self::DirectDebit,
        Self::FileTransfer,
    ];
    /// データ伝送: those whose items are sent many at a time (R109).
    pub const BULK: &[Self] = &[Self::BulkTransfer, Self::Salary, Self::DirectDebit, Self::LocalTax];

    /// The records that a business of bulk data has; nothing of one whose items go one at a time.
    pub const fn records(self) -> Option<formats::Business> {
        match self {
            Self::BulkTransfer => Some(formats::Business::Transfers),
            Self::Salary => Some(formats::Business::Payroll),
            Self::DirectDebit => Some(formats::Business::Debits),
            Self::LocalTax => Some(formats::Business::LocalTax),
            Self::Inquiry
            | Self::Transfer
            | Self::PayEasy
            | Self::ForeignRemittance
            | Self::ImportCredit
            | Self::FileTransfer => None,
        }
    }
}

/// The accounts a user may use, by business, and what the user approves. A business without accounts is no right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    accounts: BTreeMap<Business, BTreeSet<AccountId>>,
    approves: BTreeMap<Business, BTreeSet<Step>>,
}

impl Rights {
    /// No right at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every business that has pages, with these accounts.
    pub fn all(accounts: &[AccountId]) -> Self {
        let mut rights = Self::default();
        for business in Business::SERVED {
            rights = rights.with(*business, accounts);
        }
        rights
    }

    /// These rights and one more business with these accounts.
    #[must_use]
    pub fn with(mut self, business: Business, accounts: &[AccountId]) -> Self {
        if !accounts.is_empty() {
            self.accounts.entry(business).or_default().extend(accounts);
        }
        self
    }

    /// These rights, and the user approves the business at a step.
    #[must_use]
    pub fn approving(mut self, business: Business, step: Step) -> Self {
        self.approves.entry(business).or_default().insert(step);
        self
    }

    /// The steps at which the user approves the business.
    pub fn steps(&self, business: Business) -> BTreeSet<Step> {
        self.approves.get(&business).cloned().unwrap_or_default()
    }

    /// All that the user approves, one by one.
    pub fn approvals(&self) -> impl Iterator<Item = (Business, Step)> + '_ {
        self.approves.iter().flat_map(|(business, steps)| steps.iter().map(|step| (*business, *step)))
    }

    /// Whether the user may do the business at all.
    pub fn may(&self, business: Business) -> bool {
        self.accounts.contains_key(&business)
    }

    /// Whether the user may do the business with the account.
    pub fn may_use(&self, business: Business, account: AccountId) -> bool {
        self.accounts.get(&business).is_some_and(|accounts| accounts.contains(&account))
    }

    /// The accounts the user may do the business with.
    pub fn accounts(&self, business: Business) -> Vec<AccountId> {
        self.accounts.get(&business).map(|accounts| accounts.iter().copied().collect()).unwrap_or_default()
    }

    /// Every right, one by one.
    pub fn iter(&self) -> impl Iterator<Item = (Business, AccountId)> + '_ {
        self.accounts
            .iter()
            .flat_map(|(business, accounts)| accounts.iter().map(|account| (*business, *account)))
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
