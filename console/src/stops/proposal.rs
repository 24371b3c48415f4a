//! What lifting an emergency stop asks of two people.

use database::Change;
use domain::{ContractId, StaffRequestId, Timestamp};
use gateway::{Gateway, Operator, Stop, StopScope};
use internet_banking::answer::{Stop as Answered, failed};
use internet_banking::contracts::{Contract, Plan, Store};
use internet_banking::mail::{Notice, To};
use internet_banking::registration::Registration;
use ledger::{AuditRecord, Commit, Refused};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Console;
use crate::help::ConsoleCode;
use crate::links::ConsoleLink;
use crate::problem::Problem;
use crate::requests::carry_out::{Carried, Once, commit_once};
use crate::requests::pages::Matter;
use crate::words::full_stamp;

const LIFTED: &str = "緊急停止を解除しました。すぐに利用できます。";

/// A stop is lifted, with the paper that asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiftEmergency {
    /// The stop.
    pub stop: Uuid,
    /// 書類番号 of the paper.
    pub document: String,
}

impl LiftEmergency {
    /// What approving it does.
    pub const CONSEQUENCE: &str = "承認すると、停止をすぐに解除します。終了した画面は戻らず、利用者はログインし直します。この承認でお金は動きません。";

    /// Of one stop one request is open.
    pub fn subject(&self) -> String {
        format!("emergency-stop/{}", self.stop)
    }

    /// What the page of a request shows of it.
    pub(crate) async fn matter(&self, console: &Console) -> Result<Option<Matter>, Answered> {
        let mut rows = vec![("書類番号", self.document.clone())];
        if let Some(stop) = console.gateway.open_stop(self.stop).await.map_err(failed)? {
            rows.push(("停止の対象", what(&console.contracts, &stop).await.map_err(failed)?));
            rows.push(("停止の理由", stop.reason.clone()));
            rows.push(("停止した日時", full_stamp(stop.at)));
        }
        Ok(Some(Matter {
            heading: "解除する緊急停止",
            link: ConsoleLink::Stops.to_string(),
            link_words: "緊急停止の一覧を見る",
            rows,
        }))
    }

    /// Whether it could be carried out now.
    pub async fn check(&self, gateway: &Gateway) -> Result<(), Problem> {
        self.found(gateway).await.map(drop)
    }

    async fn found(&self, gateway: &Gateway) -> Result<Stop, Problem> {
        let found = gateway.open_stop(self.stop).await.map_err(|error| Problem::unavailable(&error))?;
        found.ok_or_else(|| ConsoleCode::EmergencyLifted.into())
    }

    /// Lifts it, once. One that is lifted by then is as good.
    pub(crate) async fn carry_out(
        &self,
        gateway: &Gateway,
        request: StaffRequestId,
        checker: &Operator,
    ) -> Carried {
        let stop = match self.found(gateway).await {
            Ok(stop) => stop,
            Err(problem) if problem.code == ConsoleCode::EmergencyLifted => {
                return Carried::Done(LIFTED.to_owned());
            }
            Err(_) => return Carried::Unclear,
        };
        let now = gateway.ledger().clock().now();
        let commit = match self.commit(gateway, &stop, checker, now).await {
            Ok(commit) => commit,
            Err(error) => {
                tracing::error!(%error, "an approved lifting cannot be prepared");
                return Carried::Unclear;
            }
        };
        match commit_once(gateway, request, commit).await {
            Once::Done | Once::Refused(Refused::Stale) => Carried::Done(LIFTED.to_owned()),
            Once::Refused(_) | Once::Unclear => Carried::Unclear,
        }
    }

    async fn commit(
        &self,
        gateway: &Gateway,
        stop: &Stop,
        checker: &Operator,
        now: Timestamp,
    ) -> Result<Commit, internet_banking::contracts::StoreError> {
        let contracts = Store::new(gateway.ledger().database().clone(), gateway.ledger().clock().clone());
        let lifted = Change::one(
            "UPDATE emergency_stop SET lifted_us = $1, lifted_by = $2 WHERE id = $3 AND lifted_us IS NULL",
            vec![now.micros().into(), checker.to_string().into(), self.stop.into()],
        );
        let detail = format!("{} {}; paper {}", stop.scope.code(), stop.subject, self.document);
        match contract_of(&contracts, stop).await? {
            Some(contract) => {
                let to = contracts.recipients(contract.id, To::Administrators).await?;
                let notice = Notice {
                    event: format!("stop-lifted-{}", self.stop),
                    title: "ご契約の緊急停止を解除しました".to_owned(),
                    lines: Vec::new(),
                    advice: Notice::NOT_YOURS,
                };
                let what = Registration {
                    action: "contract.stop_lifted",
                    subject: contract.id.to_string(),
                    detail,
                    changes: vec![lifted],
                    release: vec![stop.guard()],
                    mail: Some((notice, to)),
                    ..Registration::default()
                };
                Ok(what.commit(&checker.to_string(), &contract, now))
            }
            None => Ok(Commit {
                changes: vec![lifted],
                release: vec![stop.guard()],
                audit: vec![AuditRecord {
                    contract: None,
                    actor: checker.to_string(),
                    action: "service.stop_lifted",
                    subject: stop.subject.clone(),
                    detail,
                }],
                ..Commit::default()
            }),
        }
    }
}

/// The contract that a stop is about, where it is about one.
pub(super) async fn contract_of(
    contracts: &Store,
    stop: &Stop,
) -> Result<Option<Contract>, internet_banking::contracts::StoreError> {
    match (stop.scope, stop.subject.parse::<ContractId>()) {
        (StopScope::Contract, Ok(id)) => contracts.contract(id).await,
        _ => Ok(None),
    }
}

/// What a stop stops, in the staff's words.
pub(super) async fn what(
    contracts: &Store,
    stop: &Stop,
) -> Result<String, internet_banking::contracts::StoreError> {
    Ok(match stop.scope {
        StopScope::Contract => match contract_of(contracts, stop).await? {
            Some(contract) => format!("契約 {}", contract.name),
            None => format!("契約 {}", stop.subject),
        },
        StopScope::Plan => format!("プラン {}", Plan::from_code(&stop.subject).map_or("", Plan::label)),
        StopScope::Service => {
            format!("サービス {}", gateway::Service::from_code(&stop.subject).map_or("", service_label))
        }
    })
}

/// A service in the staff's words.
pub(super) const fn service_label(service: gateway::Service) -> &'static str {
    match service {
        gateway::Service::SignIn => "ログイン(全契約)",
        gateway::Service::Transfer => "振込・振替(全契約)",
        gateway::Service::PayEasy => "税金・各種料金(全契約)",
        gateway::Service::Api => "外部システムからの操作(全契約)",
    }
}
