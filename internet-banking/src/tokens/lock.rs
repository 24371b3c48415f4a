//! What is told when wrong codes lock a token, wherever they were typed (R58, R59).

use super::list;
use crate::Bank;
use crate::contracts::User;
use crate::mail::Notice;
use crate::registration::Registration;

/// Leaves a record that a token was locked, and tells whoever uses it and the administrators. The lock itself is in its
/// row. Whoever goes away meanwhile does not keep it from being done.
pub(crate) async fn tell(bank: &Bank, by: &User, serial: &str) {
    let (bank, by, serial) = (bank.clone(), by.clone(), serial.to_owned());
    let task = tokio::spawn(async move {
        if let Err(error) = told(&bank, &by, &serial).await {
            tracing::error!(%error, serial, "a lock is not in the audit log");
        }
    });
    if let Err(error) = task.await {
        tracing::error!(%error, "a lock is not in the audit log");
    }
}

async fn told(bank: &Bank, by: &User, serial: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let Some(contract) = bank.contracts.contract(by.contract).await? else { return Ok(()) };
    let token = list::find(&bank.database, contract.id, serial).await?;
    let holders = token.map(|token| token.holders).unwrap_or_default();
    let recipients = list::told(&bank.contracts, contract.id, &holders).await?;
    let now = bank.clock.now();
    let notice = Notice {
        event: format!("token-lock-{serial}-{}", now.micros()),
        title: "ワンタイムパスワードの利用を停止しました".to_owned(),
        lines: vec![
            ("トークン", serial.to_owned()),
            ("誤って入力された方", by.name.clone()),
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
    bank.ledger.commit(what.commit(&by.id.to_string(), &contract, now)).await?;
    Ok(())
}
