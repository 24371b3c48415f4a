//! What lifting a stop asks of two people.

use database::Database;
use domain::{StaffRequestId, Timestamp, UserId};
use gateway::{Gateway, Operator};
use internet_banking::answer::{Stop, failed};
use internet_banking::contracts::{Store as Contracts, StoreError};
use internet_banking::mail::{Notice, To};
use internet_banking::payeasy::bounds::Bounds;
use internet_banking::payeasy::wrong_numbers::{Standing, WrongNumbers};
use internet_banking::registration::Registration;
use ledger::{Commit, Refused};
use serde::{Deserialize, Serialize};

use super::store;
use crate::Console;
use crate::help::ConsoleCode;
use crate::links::UserLink;
use crate::problem::Problem;
use crate::requests::carry_out::{Carried, Once, commit_once};
use crate::requests::pages::Matter;
use crate::words::stamp;

const LIFTED: &str = "番号の誤りによる停止を解除しました。利用者はすぐに払込をご利用になれます。";

/// What wrong numbers stopped is lifted, where the last stop is the one that the maker has seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiftStop {
    /// Whose.
    pub user: UserId,
    /// When it was stopped.
    pub stopped_at: Timestamp,
    /// 書類番号 of the paper that asks for it.
    pub document: String,
}

impl LiftStop {
    /// What approving it does.
    pub const CONSEQUENCE: &str = "承認すると、番号の誤りによる払込の停止を解除し、停止した日の数を0に戻します。この承認でお金は動きません。";

    /// Of one user one request is open.
    pub fn subject(&self) -> String {
        Self::subject_of(self.user)
    }

    /// The subject of requests about a user.
    pub fn subject_of(user: UserId) -> String {
        format!("payeasy-stop/{user}")
    }

    /// What the page of a request shows of it.
    pub(crate) async fn matter(&self, console: &Console) -> Result<Option<Matter>, Stop> {
        let Some(user) = store::find(&console.database, self.user).await.map_err(failed)? else {
            return Ok(None);
        };
        Ok(Some(Matter {
            heading: "対象の利用者",
            link: UserLink(user.id).to_string(),
            link_words: "利用者を見る",
            rows: vec![
                ("契約", user.contract_name),
                ("利用者", user.name),
                ("ログインID", user.login_id),
                ("解除する停止", stamp(self.stopped_at)),
                ("書類番号", self.document.clone()),
            ],
        }))
    }

    /// Whether it could be carried out now.
    pub async fn check(&self, gateway: &Gateway) -> Result<(), Problem> {
        let standing = standing(gateway.ledger().database(), self.user).await;
        let standing =
            standing.map_err(|error| Problem::unavailable(&error))?.ok_or(ConsoleCode::NotThere)?;
        if standing.stopped_at == Some(self.stopped_at) {
            Ok(())
        } else {
            Err(ConsoleCode::StopChanged.into())
        }
    }

    /// Lifts it, once, and tells the user. One that is lifted by then is as good.
    pub(crate) async fn carry_out(
        &self,
        gateway: &Gateway,
        request: StaffRequestId,
        checker: &Operator,
    ) -> Carried {
        let commit = match self.commit(gateway, request, checker).await {
            Ok(commit) => commit,
            Err(error) => return unclear(&error),
        };
        match commit_once(gateway, request, commit).await {
            Once::Done => return Carried::Done(LIFTED.to_owned()),
            Once::Refused(Refused::Stale) => {}
            Once::Refused(_) | Once::Unclear => return Carried::Unclear,
        }
        match standing(gateway.ledger().database(), self.user).await {
            Ok(Some(Standing { stopped_at: None, .. })) => Carried::Done(LIFTED.to_owned()),
            Ok(_) => {
                let entry = ConsoleCode::StopChanged.entry();
                Carried::Refused(format!("{}{}", entry.happened, entry.remedy))
            }
            Err(error) => unclear(&error),
        }
    }

    async fn commit(
        &self,
        gateway: &Gateway,
        request: StaffRequestId,
        checker: &Operator,
    ) -> Result<Commit, StoreError> {
        let ledger = gateway.ledger();
        let contracts = Contracts::new(ledger.database().clone(), ledger.clock().clone());
        let found = store::find(ledger.database(), self.user).await?.ok_or(sqlx::Error::RowNotFound)?;
        let contract = contracts.contract(found.contract).await?.ok_or(sqlx::Error::RowNotFound)?;
        let notice = Notice {
            event: format!("payeasy-stop-lifted-{request}"),
            title: "番号の誤りによる払込の停止を解除しました".to_owned(),
            lines: vec![("利用者", found.name), ("解除した停止", stamp(self.stopped_at))],
            advice: Notice::NOT_YOURS,
        };
        let to = contracts.recipients(contract.id, To::UserAndAdministrators(self.user)).await?;
        let what = Registration {
            action: "payeasy.stop_lifted",
            subject: self.user.to_string(),
            detail: format!("paper {}", self.document),
            changes: vec![WrongNumbers::lift(self.user, self.stopped_at)],
            mail: Some((notice, to)),
            ..Registration::default()
        };
        Ok(what.commit(&checker.to_string(), &contract, ledger.clock().now()))
    }
}

fn counters(database: &Database) -> WrongNumbers {
    WrongNumbers::new(database.clone(), Bounds::embedded().wrong_numbers)
}

async fn standing(database: &Database, user: UserId) -> Result<Option<Standing>, sqlx::Error> {
    counters(database).standing(user).await
}

fn unclear(error: &dyn std::error::Error) -> Carried {
    tracing::error!(%error, "an approved lifting was not carried out");
    Carried::Unclear
}
