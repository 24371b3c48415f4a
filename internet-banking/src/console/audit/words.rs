//! What the actions of the audit log are called.

/// The actions that a search offers, with their words.
pub const ACTIONS: &[(&str, &str)] = &[
    ("console.sign_in", "職員のログイン"),
    ("console.sign_in_refused", "職員のログイン失敗"),
    ("console.sign_out", "職員のログアウト"),
    ("console.audit_search", "監査ログの検索"),
    ("console.payment_search", "払込の検索"),
    ("console.payment_view", "払込の表示"),
    ("request.propose", "起票"),
    ("request.approve", "承認"),
    ("request.send_back", "差戻し"),
    ("request.withdraw", "取下げ"),
    ("request.done", "承認された操作の実行"),
    ("request.failed", "承認された操作の不成立"),
    ("payeasy.resend", "払込の手動再送"),
    ("payeasy.decide", "収納機関の回答による確定"),
    ("alarm.acknowledge", "警報の確認"),
    ("user.unlock", "利用者の停止解除"),
    ("token.unlock", "トークンの停止解除"),
];

/// The word of an action, or the action itself.
pub fn action_label(action: &str) -> &str {
    ACTIONS.iter().find(|(known, _)| *known == action).map_or(action, |(_, label)| label)
}
