//! Sessions that somebody else's act ends at once (SEC-27, SEC-43), and what their pages are told of it.

use database::{Change, Value};
use domain::{ContractId, Timestamp, UserId};

use crate::contracts::code;

code! {
    /// Why a session was ended, with what whoever had it reads at the sign-in.
    EndedFor {
        /// 利用停止 of the user.
        Suspended = "suspended",
            "ご自身の利用が停止されたため、ログアウトしました。最後の操作は受け付けていません。利用の再開は、マスターユーザまたは管理者ユーザへお申し出ください。";
        /// 削除 of the user.
        Removed = "removed",
            "ご自身の利用者登録が削除されたため、ログアウトしました。最後の操作は受け付けていません。お心当たりがない場合は、マスターユーザにお確かめください。";
        /// Another password was issued.
        Password = "password",
            "パスワードが再発行されたため、ログアウトしました。最後の操作は受け付けていません。新しい仮のパスワードでログインしてください。お心当たりがない場合は、すぐにお取引店へお電話ください。";
        /// The certificate was revoked.
        Certificate = "certificate",
            "電子証明書が失効したため、ログアウトしました。最後の操作は受け付けていません。新しい電子証明書を取得してから、ログインしてください。お心当たりがない場合は、すぐにお取引店へお電話ください。";
        /// The certificate that opened it is not shown, or has ended.
        NotShown = "not-shown",
            "ログインに使った電子証明書を確認できないため、ログアウトしました。最後の操作は受け付けていません。電子証明書を選び直して、もう一度ログインしてください。";
        /// 緊急利用停止, or a stop by the bank.
        Stop = "stop",
            "ご利用が停止されたため、ログアウトしました。最後の操作は受け付けていません。再開については、お取引店へお問い合わせください。";
        /// The master's passwords were initialised.
        Reset = "reset",
            "パスワードが初期化されたため、ログアウトしました。最後の操作は受け付けていません。通知書が届いたら、「初期設定」でログインIDとパスワードを取り直してください。";
        /// Another method of signing in.
        Method = "method",
            "ログイン方式が変わったため、ログアウトしました。最後の操作は受け付けていません。新しい方式で、もう一度ログインしてください。";
        /// 解約.
        Contract = "contract",
            "ご契約が終了したため、ログアウトしました。最後の操作は受け付けていません。ご不明な点は、お取引店へお問い合わせください。";
        /// Nobody has noted it.
        Other = "other",
            "お手続きにより、この画面の利用を終了しました。最後の操作は受け付けていません。もう一度ログインできないときは、マスターユーザまたはお取引店へお問い合わせください。";
    }
}

impl EndedFor {
    /// From the word in the session's row.
    pub fn of(word: &str) -> Self {
        Self::from_code(word).unwrap_or(Self::Other)
    }
}

/// Ends what session a user has.
pub fn end_of_user(user: UserId, why: EndedFor, now: Timestamp) -> Change {
    Change::any(
        "UPDATE session SET ended_us = $1, ended_why = 'revoked', ended_for = $2
         WHERE app_user = $3 AND ended_us IS NULL",
        vec![now.micros().into(), why.code().into(), user.uuid().into()],
    )
}

/// Ends the sessions of everybody of a contract.
pub fn end_of_contract(contract: ContractId, why: EndedFor, now: Timestamp) -> Change {
    Change::any(
        "UPDATE session SET ended_us = $1, ended_why = 'revoked', ended_for = $2 WHERE ended_us IS NULL
         AND app_user IN (SELECT id FROM app_user WHERE contract = $3)",
        vec![now.micros().into(), why.code().into(), contract.uuid().into()],
    )
}

/// Ends the sessions of everybody of a plan, or of everybody.
pub fn end_of_plan(plan: Option<&str>, why: EndedFor, now: Timestamp) -> Change {
    let plan: Value = plan.unwrap_or_default().into();
    Change::any(
        "UPDATE session SET ended_us = $1, ended_why = 'revoked', ended_for = $2 WHERE ended_us IS NULL
         AND app_user IN (SELECT u.id FROM app_user u JOIN contract k ON k.id = u.contract
             WHERE $3 = '' OR k.plan = $3)",
        vec![now.micros().into(), why.code().into(), plan],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_signed_out_reads_that_nothing_was_done_and_what_to_do() {
        for why in EndedFor::ALL {
            assert!(why.label().contains("最後の操作は受け付けていません。"), "{why:?}");
            assert!(why.label().ends_with("ください。"), "{why:?}");
            assert_eq!(EndedFor::of(why.code()), *why);
        }
        assert_eq!(EndedFor::of(""), EndedFor::Other);
    }
}
