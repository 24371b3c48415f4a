//! What taking a maker's delivery into stock asks of two people.

use domain::StaffRequestId;
use gateway::{Gateway, Guard, Operator};
use internet_banking::keys::Vault;
use internet_banking::tokens::delivery::{self, Received};
use internet_banking::tokens::{TokenError, Tokens};
use ledger::{AuditRecord, Commit, Refused};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::help::ConsoleCode;
use crate::links::ConsoleLink;
use crate::problem::Problem;
use crate::requests::carry_out::{Carried, Once, commit_once};
use crate::requests::pages::Matter;
use crate::words::full_stamp;

/// A delivery goes into stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenDelivery {
    /// Which.
    pub delivery: Uuid,
    /// 納品番号.
    pub number: String,
    /// How many.
    pub tokens: i64,
    /// SHA-256 of the sealed file: as the delivery note has it.
    pub digest: String,
    /// 書類番号.
    pub document: String,
}

impl TokenDelivery {
    /// What approving it does.
    pub const CONSEQUENCE: &str =
        "承認すると、この納品のトークンを在庫に入れます。発行のときに、在庫から送ります。お金は動きません。";
    /// What it does, in a few words.
    pub const TITLE: &str = "トークンの納品の受入れ";

    /// One is open at a time, so that no serial comes in by two of them.
    pub fn subject() -> String {
        "token-stock".to_owned()
    }

    async fn received(&self, gateway: &Gateway) -> Result<Option<Received>, sqlx::Error> {
        let all = delivery::all(gateway.ledger().database()).await?;
        Ok(all.into_iter().find(|one| one.id == self.delivery))
    }

    /// What the page of a request shows of it.
    pub(crate) async fn matter(&self, gateway: &Gateway) -> Result<Option<Matter>, sqlx::Error> {
        let mut rows = vec![("納品番号", self.number.clone()), ("個数", format!("{} 個", self.tokens))];
        if let Some(received) = self.received(gateway).await? {
            let (first, last) = received.serials;
            rows.push(("製造元", received.maker));
            rows.push(("シリアル番号", format!("{first} から {last}")));
            rows.push(("受信した日時", full_stamp(received.received_at)));
        }
        rows.push(("ダイジェスト(SHA-256)", self.digest.clone()));
        rows.push(("書類番号", self.document.clone()));
        let link = ConsoleLink::TokenStock.to_string();
        Ok(Some(Matter { heading: "納品", link, link_words: "トークンの在庫を見る", rows }))
    }

    /// Whether it could be carried out now.
    pub async fn check(&self, gateway: &Gateway) -> Result<(), Problem> {
        let received = self.received(gateway).await.map_err(|error| Problem::unavailable(&error))?;
        match received {
            Some(one) if one.taken_at.is_none() && one.digest == self.digest => Ok(()),
            _ => Err(ConsoleCode::DeliveryChanged.into()),
        }
    }

    /// Takes it into stock, once.
    pub(crate) async fn carry_out(
        &self,
        gateway: &Gateway,
        vault: &Vault,
        request: StaffRequestId,
        checker: &Operator,
    ) -> Carried {
        let commit = match self.commit(gateway, vault, checker).await {
            Ok(Some(commit)) => commit,
            // our own of an earlier try, whose result was not recorded, has taken it
            Ok(None) => {
                return match gateway.is_taken(&Guard::request_act(request)).await {
                    Ok(true) => self.done(),
                    Ok(false) => refused(),
                    Err(_) => Carried::Unclear,
                };
            }
            Err(delivery::DeliveryError::Known(serials)) => {
                return Carried::Refused(format!(
                    "すでに登録されているシリアル番号があります({serials})。在庫に入れていません。製造元に確かめてください。"
                ));
            }
            Err(error) => {
                tracing::error!(%request, %error, "an approved delivery cannot be taken into stock");
                return Carried::Unclear;
            }
        };
        match commit_once(gateway, request, commit).await {
            Once::Done => self.done(),
            Once::Refused(Refused::Taken(_)) => Carried::Refused(
                "すでに登録されているシリアル番号があります。在庫に入れていません。製造元に確かめてください。".to_owned(),
            ),
            Once::Refused(_) => refused(),
            Once::Unclear => Carried::Unclear,
        }
    }

    async fn commit(
        &self,
        gateway: &Gateway,
        vault: &Vault,
        checker: &Operator,
    ) -> Result<Option<Commit>, delivery::DeliveryError> {
        let (database, now) = (gateway.ledger().database(), gateway.ledger().clock().now());
        let received = self.received(gateway).await?.filter(|one| one.digest == self.digest);
        let Some(opened) = delivery::opened(database, vault, self.delivery, now.date()).await? else {
            return Ok(None);
        };
        if received.is_none() {
            return Ok(None);
        }
        let known = delivery::known(database, &opened).await?;
        if !known.is_empty() {
            return Err(delivery::DeliveryError::Known(delivery::named(&known)));
        }
        let tokens = Tokens::new(database.clone(), vault.seeds().clone());
        let in_force = tokens.key_in_force(now).await.map_err(|error| match error {
            TokenError::Database(error) => delivery::DeliveryError::Database(error),
            other => delivery::DeliveryError::Form(other.to_string()),
        })?;
        Ok(Some(Commit {
            changes: vec![delivery::taken(self.delivery, now)],
            rows: opened.rows(vault.seeds(), in_force, now)?,
            audit: vec![AuditRecord {
                contract: None,
                actor: checker.to_string(),
                action: "token.stock",
                subject: self.number.clone(),
                detail: format!("{} tokens, digest {}; paper {}", self.tokens, self.digest, self.document),
            }],
            ..Commit::default()
        }))
    }

    fn done(&self) -> Carried {
        Carried::Done(format!("トークン {} 個を在庫に入れました。", self.tokens))
    }
}

fn refused() -> Carried {
    Carried::Refused(ConsoleCode::DeliveryChanged.entry().happened.to_owned())
}
