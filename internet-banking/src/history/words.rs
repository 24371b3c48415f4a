//! What the customer reads of an action, and the kinds that a search tells apart.

use crate::audit_words::action_label;
use crate::contracts::code;

code! {
    /// Kinds of operations.
    Kind {
        /// Sign-ins and sign-outs, and whatever was typed or shown wrongly to prove who somebody is.
        SignIn = "sign_in", "ログイン・本人確認";
        /// Payments and what became of them.
        Payment = "payment", "払込";
        /// Transfers and what became of them.
        Transfer = "transfer", "振込・振替";
        /// Batches and what became of them.
        Bulk = "bulk", "データ伝送";
        /// Who asked for approval, and who gave it or not.
        Approval = "approval", "承認";
        /// Views and downloads.
        View = "view", "表示・ダウンロード";
        /// Everything else: registrations and changes.
        Change = "change", "登録・変更";
    }
}

const SIGN_INS: &[&str] = &[
    "session.sign_in",
    "session.refused",
    "session.pause",
    "session.lock",
    "session.sign_out",
    "certificate.refused",
    "user.confirmation_wrong",
    "user.confirmation_lock",
    "token.wrong",
    "token.lock",
];

const PAYMENTS: &[&str] = &[
    "payeasy.pay",
    "payeasy.accepted",
    "payeasy.rejected",
    "payeasy.void",
    "payeasy.cancelled",
    "payeasy.refund",
    "payeasy.refused",
    "payeasy.request",
    "payeasy.decline",
    "payeasy.decide",
    "payeasy.resend",
    "payeasy.incident",
    "payeasy.link",
];

const TRANSFERS: &[&str] = &[
    "transfer.place",
    "transfer.cancel",
    "transfer.execute",
    "transfer.fail",
    "transfer.sent",
    "transfer.rejected",
    "transfer.returned",
    "transfer.incident",
    "transfer.recall",
    "recall.consent",
    "recall.refuse",
];

const BATCHES: &[&str] = &[
    "bulk.draft",
    "bulk.file",
    "bulk.discard",
    "bulk.request",
    "bulk.send_back",
    "bulk.withdraw",
    "bulk.approve",
    "bulk.void",
    "bulk.begin",
    "bulk.tried",
    "bulk.post",
    "bulk.back",
    "bulk.answers",
    "transfer.debit",
    "bulk.done",
    "bulk.failed",
];

const APPROVALS: &[&str] = &[
    "approval.keep",
    "approval.ask",
    "approval.many",
    "approval.approve",
    "approval.return",
    "approval.withdraw",
    "approval.expire",
    "approval.done",
    "approval.refused",
    "approval.delete",
    "approval.until",
    "approval.remind",
];

const VIEWS: &[&str] = &[
    "user.view",
    "history.view",
    "history.download",
    "payment.proof",
    "statement.download",
    "statement.print",
    "payee.download",
    "bulk.download",
    "fee.download",
];

/// Words that say more to the customer than the staff's do.
const WORDS: &[(&str, &str)] = &[
    ("payeasy.pay", "払込の申込み"),
    ("payeasy.accepted", "払込の成立"),
    ("payeasy.rejected", "払込の不成立(収納機関の受付不可)"),
    ("payeasy.void", "払込の不成立"),
    ("payeasy.cancelled", "払込の取消し"),
    ("payeasy.refund", "払込金の返金"),
    ("payeasy.decide", "払込結果の確定"),
    ("payeasy.resend", "払込結果の再確認"),
    ("payeasy.incident", "払込結果についての当行の確認"),
    ("payeasy.limit", "1日の限度額の変更"),
    ("transfer.limit", "振込・振替の限度額の変更"),
    ("payeasy.contract_limit", "ご契約の1日の限度額の変更"),
    ("user.unlock", "パスワードの誤りによる停止の解除"),
];

impl Kind {
    /// The actions among which those of the kind are, and those that are not of it; either list empty says nothing.
    /// What is asked for and approved is of the approvals and of its own business: which one, its record alone tells.
    pub fn actions(self) -> (Vec<&'static str>, Vec<&'static str>) {
        match self {
            Self::SignIn => (SIGN_INS.to_vec(), Vec::new()),
            Self::Payment => ([PAYMENTS, APPROVALS].concat(), Vec::new()),
            Self::Transfer => ([TRANSFERS, APPROVALS].concat(), Vec::new()),
            Self::Bulk => ([BATCHES, APPROVALS].concat(), Vec::new()),
            Self::Approval => (APPROVALS.to_vec(), Vec::new()),
            Self::View => (VIEWS.to_vec(), Vec::new()),
            Self::Change => (Vec::new(), [SIGN_INS, PAYMENTS, TRANSFERS, BATCHES, APPROVALS, VIEWS].concat()),
        }
    }

    /// Whether what moves money is of the kind, and its approvals with it.
    pub const fn is_approved(self) -> bool {
        matches!(self, Self::Payment | Self::Transfer | Self::Bulk)
    }

    /// The kind of an action.
    pub fn of(action: &str) -> Self {
        let kinds = [
            (SIGN_INS, Self::SignIn),
            (PAYMENTS, Self::Payment),
            (TRANSFERS, Self::Transfer),
            (BATCHES, Self::Bulk),
            (APPROVALS, Self::Approval),
            (VIEWS, Self::View),
        ];
        kinds.iter().find(|(actions, _)| actions.contains(&action)).map_or(Self::Change, |(_, kind)| *kind)
    }
}

/// What the customer reads.
pub fn words(action: &str) -> &str {
    let own = WORDS.iter().find(|(known, _)| *known == action);
    own.map_or_else(|| action_label(action), |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_of_one_kind_and_has_words() {
        for action in [SIGN_INS, PAYMENTS, TRANSFERS, BATCHES, APPROVALS, VIEWS].concat() {
            assert!(!words(action).is_ascii(), "{action}");
            let kind = Kind::of(action);
            assert!(kind.actions().0.contains(&action));
            assert!(Kind::Change.actions().1.contains(&action));
        }
        assert_eq!(Kind::of("user.add"), Kind::Change);
        assert_eq!(words("user.add"), "利用者の追加");
    }
}
