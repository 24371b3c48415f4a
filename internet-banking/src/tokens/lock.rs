//! Codes of users' tokens as they are judged, and what is told when wrong ones lock a token, wherever they were typed
//! (R58, R59).

use database::{Change, read};
use domain::{ContractId, UserId};
use ledger::{Commit, Refused};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::code::Step;
use super::list;
use super::store::{TokenError, Typist, Verdict};
use crate::contracts::User;
use crate::lasting::lasting;
use crate::mail::Notice;
use crate::registration::Registration;
use crate::sign_in::locks::NotTold;
use crate::{Bank, history};

/// Judges a code of a user's token. It is counted, and what it locks is told, whether anybody waits for the answer or
/// not.
pub(crate) async fn judged(
    bank: &Bank,
    by: &User,
    serial: &str,
    typed: &SecretString,
) -> Result<Verdict, TokenError> {
    let (bank, by, serial, typed) = (bank.clone(), by.clone(), serial.to_owned(), typed.clone());
    lasting(async move {
        let (whose, now) = (Typist::User(by.contract, by.id), bank.clock.now());
        let verdict = bank.tokens.verify(&serial, whose, typed.expose_secret(), now).await?;
        note(&bank, &by, &serial, verdict).await;
        Ok(verdict)
    })
    .await
}

/// The same of two codes in a row, for 利用開始登録.
pub(crate) async fn judged_two(
    bank: &Bank,
    by: &User,
    serial: &str,
    (first, second): (&SecretString, &SecretString),
) -> Result<(Verdict, Step), TokenError> {
    let (bank, by, serial) = (bank.clone(), by.clone(), serial.to_owned());
    let (first, second) = (first.clone(), second.clone());
    lasting(async move {
        let (whose, now) = (Typist::User(by.contract, by.id), bank.clock.now());
        let typed = (first.expose_secret().trim(), second.expose_secret().trim());
        let judged = bank.tokens.verify_two(&serial, whose, typed, now).await?;
        note(&bank, &by, &serial, judged.0).await;
        Ok(judged)
    })
    .await
}

/// Leaves a record of a wrong code, and of one that locks the token, of which whoever uses it and the administrators
/// are told. The lock itself is in its row. What fails of it here the next look does.
async fn note(bank: &Bank, by: &User, serial: &str, verdict: Verdict) {
    match verdict {
        Verdict::Wrong { left } => history::wrong(bank, by, "token.wrong", serial, left).await,
        Verdict::JustLocked => {
            if let Err(error) = tell(bank, by, serial).await {
                tracing::error!(%error, serial, "a lock is not in the audit log yet");
            }
        }
        _ => {}
    }
}

/// Tells of locked tokens of which a process that died did not tell. Says of how many.
pub(crate) async fn look(bank: &Bank) -> Result<usize, NotTold> {
    let rows: Vec<(String, Uuid, Uuid)> = read!(bank.database, |c| {
        sqlx::query_as(
            "SELECT serial, contract, untold FROM token WHERE untold IS NOT NULL AND contract IS NOT NULL",
        )
        .fetch_all(c)
        .await
    })?;
    let mut told: usize = 0;
    for (serial, contract, by) in rows {
        let (contract, by) = (ContractId::from_uuid(contract), UserId::from_uuid(by));
        let done = match bank.contracts.user(contract, by).await? {
            Some(by) => tell(bank, &by, &serial).await?,
            // whoever has typed is suspended or gone by now, and the lock stands in the list of tokens
            None => {
                let changes = vec![told_once(&serial, contract)];
                committed(bank, Commit { changes, ..Commit::default() }).await?
            }
        };
        told = told.saturating_add(usize::from(done));
    }
    Ok(told)
}

fn told_once(serial: &str, contract: ContractId) -> Change {
    Change::one(
        "UPDATE token SET untold = NULL WHERE serial = $1 AND contract = $2 AND untold IS NOT NULL",
        vec![serial.into(), contract.uuid().into()],
    )
}

async fn committed(bank: &Bank, commit: Commit) -> Result<bool, NotTold> {
    match bank.ledger.commit(commit).await {
        Ok(_) => Ok(true),
        Err(Refused::Stale) => Ok(false),
        Err(refused) => Err(refused.into()),
    }
}

/// Says whether it was this process that told.
async fn tell(bank: &Bank, by: &User, serial: &str) -> Result<bool, NotTold> {
    let once = told_once(serial, by.contract);
    let Some(contract) = bank.contracts.contract(by.contract).await? else {
        return committed(bank, Commit { changes: vec![once], ..Commit::default() }).await;
    };
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
        changes: vec![once],
        mail: Some((notice, recipients)),
        ..Registration::default()
    };
    committed(bank, what.commit(&by.id.to_string(), &contract, now)).await
}
