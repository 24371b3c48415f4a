//! What the actions of the audit log are called.

/// The actions that a search offers, with their words.
pub const ACTIONS: &[(&str, &str)] = &[
    ("console.sign_in", "職員のログイン"),
    ("console.sign_in_refused", "職員のログイン失敗"),
    ("console.sign_out", "職員のログアウト"),
    ("console.audit_search", "監査ログの検索"),
    ("console.payment_search", "払込の検索"),
    ("console.payment_view", "払込の表示"),
    ("console.counter_view", "窓口収納の一覧の表示"),
    ("request.propose", "起票"),
    ("request.approve", "承認"),
    ("request.send_back", "差戻し"),
    ("request.withdraw", "取下げ"),
    ("request.done", "承認された操作の実行"),
    ("request.failed", "承認された操作の不成立"),
    ("payeasy.cancel", "取消しの依頼"),
    ("payeasy.resend", "払込の手動再送"),
    ("payeasy.decide", "収納機関の回答による確定"),
    ("payeasy.pay", "払込"),
    ("payeasy.accepted", "収納機関の受付"),
    ("payeasy.rejected", "収納機関の受付不可"),
    ("payeasy.void", "送信できず確保を解放"),
    ("payeasy.cancelled", "取消しの成立"),
    ("payeasy.refused", "取消しの不成立"),
    ("payeasy.incident", "矛盾する応答"),
    ("payeasy.request", "API からの払込依頼"),
    ("payeasy.decline", "払込依頼の却下"),
    ("payment.proof", "払込の証明の交付"),
    ("service.open", "開局"),
    ("service.pre-close", "予備閉局"),
    ("service.closing", "閉局の開始"),
    ("service.close", "閉局"),
    ("service.counters", "収納カウンタの照会"),
    ("service.failed", "開局・閉局の不成立"),
    ("service.reconcile", "照合"),
    ("reconciliation.resolve", "不一致の解消"),
    ("counter.inquire", "窓口での照会"),
    ("alarm.acknowledge", "警報の確認"),
    ("user.unlock", "利用者の停止解除"),
    ("token.unlock", "トークンの停止解除"),
    ("commit", "記録の封印(システム)"),
];

/// The word of an action, or the action itself.
pub fn action_label(action: &str) -> &str {
    ACTIONS.iter().find(|(known, _)| *known == action).map_or(action, |(_, label)| label)
}
