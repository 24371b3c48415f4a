//! What one administrator changes and a second one confirms (SEC-21), through the queue of approvals. The change and
//! its confirmation are one commit, with the rights of whoever asked for it as they are then.

use domain::{ApprovalId, UserId, Yen};
use gateway::Guard;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::Bank;
use crate::approvals::{self, Asking, Hand, Matter, Need, Policies, Policy, Problem};
use crate::contracts::Duty;
use crate::payeasy::limits;
use crate::policy;
use crate::registration::Registration;
use crate::sign_in::SignedIn;

/// A change as it is asked for and confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AskedChange {
    /// Another policy in place of the version that was seen.
    Policy {
        /// The version.
        seen: i64,
        /// The policy.
        policy: Policy,
    },
    /// What a user may pay in a day.
    Limit {
        /// The user.
        user: UserId,
        /// Name and login ID.
        whose: String,
        /// The limit; none is the contract's.
        limit: Option<Yen>,
    },
}

impl AskedChange {
    /// What it does, in a few words.
    pub fn title(&self) -> String {
        match self {
            Self::Policy { .. } => "承認の設定の変更".to_owned(),
            Self::Limit { whose, .. } => format!("{whose}の限度額の変更"),
        }
    }
}

/// Whether the contract has a second administrator confirm changes.
pub async fn is_confirmed(bank: &Bank, by: &SignedIn) -> Result<bool, crate::contracts::StoreError> {
    Ok(Policies::of(&bank.database, by.contract.id).current().await?.second_administrator)
}

/// Asks another administrator to confirm a change.
pub async fn ask(
    bank: &Bank,
    by: &SignedIn,
    change: AskedChange,
    code: Option<Guard>,
) -> Result<ApprovalId, Problem> {
    let asking = Asking {
        id: ApprovalId::generate(),
        matter: Matter::Administration(change),
        secret: None,
        need: Need::ONE,
        until: None,
    };
    approvals::ask(bank, by, asking, None, code).await
}

/// Whoever asked for it, with the rights of now.
pub async fn author(bank: &Bank, by: &SignedIn, author: &Hand) -> Result<SignedIn, Problem> {
    let user = bank.contracts.user(by.contract.id, author.user).await?.ok_or(Problem::AuthorMayNot)?;
    Ok(SignedIn { user, ..by.clone() })
}

/// The commit of a confirmed change, and a temporary password that it makes.
pub async fn apply(
    bank: &Bank,
    author: &SignedIn,
    by: &SignedIn,
    change: &AskedChange,
) -> Result<(Registration, Option<SecretString>), Problem> {
    match change {
        AskedChange::Policy { seen, policy } => {
            policy::require_duty(author, Duty::Approvals).map_err(|_| Problem::AuthorMayNot)?;
            approvals::check(bank, by.contract.id, *seen, policy).await?;
            Ok((approvals::registration(bank, author, by, *seen, policy).await?, None))
        }
        AskedChange::Limit { user, limit, .. } => {
            let mut what = limits::registration(bank, author, *user, *limit).await?;
            if let Some((notice, _)) = &mut what.mail {
                notice.lines.extend(confirmed(by));
            }
            Ok((what, None))
        }
    }
}

/// Who wished for a change and who made it, for the mail.
pub fn hands(author: &SignedIn, by: &SignedIn) -> Vec<(&'static str, String)> {
    let mut hands = vec![("操作した方", author.user.name.clone())];
    if author.user.id != by.user.id {
        hands.extend(confirmed(by));
    }
    hands
}

fn confirmed(by: &SignedIn) -> Vec<(&'static str, String)> {
    vec![("確認した方", by.user.name.clone())]
}
