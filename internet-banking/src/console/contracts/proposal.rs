//! What another daily limit of a contract asks of two people.

use domain::{ContractId, Yen};
use gateway::{Gateway, Guard, Operator};
use serde::{Deserialize, Serialize};

use crate::answer::{Stop, failed};
use crate::console::Console;
use crate::console::help::ConsoleCode;
use crate::console::links::ContractLink;
use crate::console::problem::Problem;
use crate::console::requests::carry_out::Carried;
use crate::console::requests::pages::Matter;
use crate::payeasy::limits::Limits;

/// 1日の限度額 of a contract is another, where it is still the one that the maker has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractLimit {
    /// Whose.
    pub contract: ContractId,
    /// What it was when it was proposed.
    pub before: Yen,
    /// What it is to be.
    pub after: Yen,
}

impl ContractLimit {
    /// What approving it does.
    pub const CONSEQUENCE: &str = "承認すると、民間の収納機関への1日の払込限度額をすぐに変更します。本日の払込済額を下回る金額にすると、\
         本日はこれ以上払い込めません。この承認でお金は動きません。";

    /// Of one contract one request is open.
    pub fn subject(&self) -> String {
        Self::subject_of(self.contract)
    }

    /// The subject of requests about a contract.
    pub fn subject_of(contract: ContractId) -> String {
        format!("contract-limit/{contract}")
    }

    /// What the page of a request shows of it.
    pub(in crate::console) async fn matter(&self, console: &Console) -> Result<Option<Matter>, Stop> {
        let Some(contract) = console.contracts.contract(self.contract).await.map_err(failed)? else {
            return Ok(None);
        };
        Ok(Some(Matter {
            heading: "対象の契約",
            link: ContractLink(contract.id).to_string(),
            link_words: "契約を見る",
            rows: vec![
                ("契約", contract.name),
                ("変更前の限度額", format!("{} 円", self.before)),
                ("変更後の限度額", format!("{} 円", self.after)),
            ],
        }))
    }

    /// Whether it could be carried out now.
    pub async fn check(&self, gateway: &Gateway) -> Result<(), Problem> {
        let contracts = crate::contracts::Store::new(
            gateway.ledger().database().clone(),
            gateway.ledger().clock().clone(),
        );
        let found = contracts.contract(self.contract).await.map_err(|error| Problem::unavailable(&error))?;
        found.ok_or(ConsoleCode::NotThere)?;
        let now = limits(gateway).of_contract(self.contract).await;
        match now.map_err(|error| Problem::unavailable(&error))? {
            now if now != self.before => Err(ConsoleCode::LimitChanged.into()),
            _ => Ok(()),
        }
    }

    /// Sets it, once.
    pub(in crate::console) async fn carry_out(
        &self,
        gateway: &Gateway,
        checker: &Operator,
        once: &Guard,
    ) -> Carried {
        match self.check(gateway).await {
            Ok(()) => {}
            // our own of an earlier try, whose result was not recorded, has changed it
            Err(problem) => match (gateway.is_taken(once).await, problem.code) {
                (Ok(true), _) => return self.done(),
                (Ok(false), ConsoleCode::LimitChanged) => {
                    return Carried::Refused(problem.words().to_owned());
                }
                _ => return Carried::Unclear,
            },
        }
        let set =
            limits(gateway).set_contract(gateway.ledger(), self.contract, self.after, checker, once).await;
        match set {
            Ok(()) => self.done(),
            Err(error) => match gateway.is_taken(once).await {
                Ok(true) => self.done(),
                _ => {
                    tracing::error!(contract = %self.contract, %error, "an approved limit was not set");
                    Carried::Unclear
                }
            },
        }
    }

    fn done(&self) -> Carried {
        Carried::Done(format!("1日の限度額を {} 円から {} 円に変更しました。", self.before, self.after))
    }
}

fn limits(gateway: &Gateway) -> Limits {
    Limits::new(gateway.ledger().database().clone())
}
