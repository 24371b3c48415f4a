//! What is told when wrong codes lock a token.

use super::list;
use crate::Bank;
use crate::mail::Notice;
use crate::registration::Registration;
use crate::sign_in::SignedIn;

/// Leaves a record that a token was locked, and tells whoever uses it and the administrators. The lock itself is in its
/// row.
pub fn tell(bank: &Bank, by: &SignedIn, serial: &str) {
    let (bank, by, serial) = (bank.clone(), by.clone(), serial.to_owned());
    tokio::spawn(async move {
        if let Err(error) = told(&bank, &by, &serial).await {
            tracing::error!(%error, serial, "a lock is not in the audit log");
        }
    });
}

async fn told(
    bank: &Bank,
    by: &SignedIn,
    serial: &str,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let token = list::find(&bank.database, by.contract.id, serial).await?;
    let holders = token.map(|token| token.holders).unwrap_or_default();
    let recipients = list::told(&bank.contracts, by.contract.id, &holders).await?;
    let now = bank.clock.now();
    let notice = Notice {
        event: format!("token-lock-{serial}-{}", now.micros()),
        title: "ワンタイムパスワードの利用を停止しました".to_owned(),
        lines: vec![
            ("トークン", serial.to_owned()),
            ("誤って入力された方", by.user.name.clone()),
            ("停止の理由", "ワンタイムパスワードの誤りが続きました".to_owned()),
        ],
        advice: "このトークンをお使いの方全員が、ワンタイムパスワードを使うお手続きをご利用になれません。お心当たりがない場合は、\
                 すぐにお取引店へお電話ください。",
    };
    let what = Registration {
        action: "token.lock",
        subject: serial.to_owned(),
        detail: format!("wrong codes, used by {}", holders.len()),
        mail: Some((notice, recipients)),
        ..Registration::default()
    };
    bank.ledger.commit(what.commit(&by.user.id.to_string(), &by.contract, now)).await?;
    Ok(())
}
