//! Which operations demand a one-time password: the table of `data/one-time-passwords.toml` (R52–R57, C9). The
//! operation asks it, so that a form without the field is refused and not believed (SEC-14).

use std::sync::LazyLock;

use gateway::directory::Collector;
use serde::Deserialize;

use crate::contracts::code;

code! {
    /// What a customer does, as far as one-time passwords tell it apart.
    Operation {
        /// 振込・振替 to a payee typed in.
        TransferAtWill = "transfer.at_will", "振込・振替(都度指定方式)";
        /// 振込・振替 to a payee that the bank has registered.
        TransferRegistered = "transfer.registered", "振込・振替(事前登録方式)";
        /// 振込・振替先の管理.
        PayeeRegister = "payee.register", "振込・振替先の登録";
        /// A payment to a private collector.
        PayeasyPrivate = "payeasy.private", "各種料金の払込(民間の収納機関)";
        /// A payment of taxes or treasury money.
        PayeasyTreasury = "payeasy.treasury", "税金・国庫金などの払込";
        /// What a user may pay in a day.
        PayeasyLimit = "payeasy.limit", "利用者の限度額の変更";
        /// 登録払込先.
        PayeasyFavourite = "payeasy.favourite", "登録払込先の登録";
        /// Users, their rights and passwords.
        UserRegister = "user.register", "利用者の登録・変更・削除";
        /// Another certificate in place of one that ends soon.
        CertificateRenew = "certificate.renew", "電子証明書の更新";
        /// Revocation of another user's certificate, and the permit for another.
        CertificateRevoke = "certificate.revoke", "電子証明書の失効・再発行の許可";
        /// Revocation and unlocking of tokens.
        TokenRevoke = "token.revoke", "トークンの失効・利用停止解除";
        /// Who must approve what.
        ApprovalSettings = "approval.settings", "承認の設定の変更";
        /// 総合振込.
        BulkTransferApprove = "bulk.transfer.approve", "総合振込の承認";
        /// 給与・賞与振込.
        BulkSalaryApprove = "bulk.salary.approve", "給与・賞与振込の承認";
        /// Payees of both.
        BulkPayeeRegister = "bulk.payee.register", "総合振込・給与振込の振込先口座の登録";
        /// 外部ファイル送信.
        BulkFileSend = "bulk.file.send", "外部ファイルの送信";
        /// 地方税納付.
        BulkLocalTaxApprove = "bulk.local_tax.approve", "地方税納付の承認";
        /// 口座振替.
        BulkDebitApprove = "bulk.debit.approve", "口座振替の承認";
        /// 外国送金.
        ForeignRemittanceApprove = "foreign.remittance.approve", "外国送金の承認";
        /// 輸入信用状.
        ForeignCreditApprove = "foreign.credit.approve", "輸入信用状の承認";
        /// Everything that only shows.
        Inquiry = "inquiry", "照会";
    }
}

/// The file that is part of the program; a test reads it.
static DEMANDS: LazyLock<Demands> = LazyLock::new(|| {
    let text = include_str!("../../data/one-time-passwords.toml");
    Demands::parse(text)
        .unwrap_or_else(|error| panic!("data/one-time-passwords.toml, which a test reads: {error}"))
});

/// Most wrong codes in a row that a bank can allow: a million codes, of which two are right at a time.
const FAILURES_MAX_MAX: i64 = 100;

/// What the file says.
struct Demands {
    /// Whether each demands one, in the order of [`Operation::ALL`].
    demanded: Vec<bool>,
    failures_max: i64,
}

/// Wrong codes in a row that lock a token for everybody who shares it (R58, R59).
pub fn failures_max() -> i64 {
    DEMANDS.failures_max
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    lock: Lock,
    operation: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    failures_max: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    demanded: bool,
    rule: String,
}

impl Operation {
    /// The payment of a bill of this collector.
    pub const fn payment_to(collector: &Collector) -> Self {
        if collector.one_time_password { Self::PayeasyPrivate } else { Self::PayeasyTreasury }
    }

    /// Whether it demands a one-time password.
    pub fn demands_one(self) -> bool {
        let at = Self::ALL.iter().position(|one| *one == self);
        // an operation without an answer would be one that demands: the file has a row for each
        at.and_then(|at| DEMANDS.demanded.get(at)).copied().unwrap_or(true)
    }

    /// What the rules turn on, which no bank may turn off (R52–R56).
    const fn rules_demand_one(self) -> bool {
        matches!(
            self,
            Self::TransferAtWill
                | Self::PayeeRegister
                | Self::PayeasyPrivate
                | Self::PayeasyLimit
                | Self::UserRegister
                | Self::CertificateRenew
                | Self::CertificateRevoke
                | Self::TokenRevoke
                | Self::ApprovalSettings
                | Self::BulkTransferApprove
                | Self::BulkSalaryApprove
                | Self::BulkPayeeRegister
                | Self::BulkFileSend
        )
    }
}

impl Demands {
    /// Reads a file; an error is what is wrong with it.
    fn parse(text: &str) -> Result<Self, String> {
        let file = toml::from_str::<File>(text).map_err(|error| error.to_string())?;
        let (lines, failures_max) = (file.operation, file.lock.failures_max);
        if !(1..=FAILURES_MAX_MAX).contains(&failures_max) {
            return Err(format!("a token is locked after 1 to {FAILURES_MAX_MAX} wrong codes"));
        }
        if let Some(line) = lines.iter().find(|line| Operation::from_code(&line.name).is_none()) {
            return Err(format!("{} is no operation", line.name));
        }
        let demanded = |operation: &Operation| {
            let mut of = lines.iter().filter(|line| line.name == operation.code());
            match (of.next(), of.next()) {
                (Some(line), None) if line.rule.is_empty() => Err(format!("{} names no rule", line.name)),
                (Some(line), None) if !line.demanded && operation.rules_demand_one() => {
                    Err(format!("{} demands one by {}", line.name, line.rule))
                }
                (Some(line), None) => Ok(line.demanded),
                _ => Err(format!("{} needs one row", operation.code())),
            }
        };
        let demanded = Operation::ALL.iter().map(demanded).collect::<Result<_, _>>()?;
        Ok(Self { demanded, failures_max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number is the bank's to set, and five where it sets none.
    #[test]
    fn five_wrong_codes_in_a_row_lock_a_token() {
        assert_eq!(failures_max(), 5);
    }

    /// What demands one and what does not, as the rules and C9 say.
    ///
    /// Proves R52, R53, R54, R55, R56, R57.
    #[test]
    fn the_banks_table_is_that_of_the_rules() {
        let off: Vec<_> = Operation::ALL.iter().filter(|one| !one.demands_one()).collect();
        assert_eq!(
            off,
            [
                &Operation::TransferRegistered,
                &Operation::PayeasyTreasury,
                &Operation::PayeasyFavourite,
                &Operation::BulkLocalTaxApprove,
                &Operation::BulkDebitApprove,
                &Operation::Inquiry,
            ]
        );
    }

    #[test]
    fn a_bank_may_demand_more_and_not_less() {
        let text = include_str!("../../data/one-time-passwords.toml");
        assert!(Demands::parse(&text.replace("demanded = false", "demanded = true")).is_ok());
        for (right, wrong) in [
            ("demanded = true\nrule = \"R52\"", "demanded = false\nrule = \"R52\""),
            ("demanded = true\nrule = \"R53\"", "demanded = false\nrule = \"R53\""),
            ("name = \"inquiry\"", "name = \"inquiries\""),
            ("name = \"inquiry\"", "name = \"user.register\""),
            ("rule = \"R57\"", "rule = \"\""),
            ("failures_max = 5", "failures_max = 0"),
            ("failures_max = 5", "failures_max = 101"),
        ] {
            assert_ne!(text, text.replace(right, wrong));
            assert!(Demands::parse(&text.replace(right, wrong)).is_err(), "{wrong}");
        }
    }
}
