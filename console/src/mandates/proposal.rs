//! What a 預金口座振替依頼書, or a paper that ends one, asks of two people.

use bulk::{Mandate, NewMandate, StoppedBy, mandate_on};
use database::{Database, read};
use domain::time::year_month_day;
use domain::{AccountId, AccountRef, ContractId, Date, MandateId, StaffRequestId};
use gateway::{Gateway, Operator};
use internet_banking::answer::{Stop, failed};
use internet_banking::contracts::registry::AccountName;
use internet_banking::contracts::{ContractState, Store};
use ledger::Commit;
use serde::{Deserialize, Serialize};

use crate::Console;
use crate::help::ConsoleCode;
use crate::links::ContractMandatesLink;
use crate::problem::Problem;
use crate::requests::carry_out::{Carried, Once, commit_once};
use crate::requests::pages::Matter;

/// A paper about an account that a contract debits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MandatePaper {
    /// Who debits.
    pub contract: ContractId,
    /// 書類番号.
    pub document: String,
    /// The account, which is at this bank.
    pub account: AccountName,
    /// What it asks for.
    pub act: MandateAct,
}

/// What such a paper asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum MandateAct {
    /// The holder lets the contract debit the account.
    Register {
        /// 顧客番号; empty where the contract has none.
        customer: String,
        /// From which day on.
        from: Date,
    },
    /// Nothing is debited any more, for good.
    Stop {
        /// The mandate that was seen.
        mandate: MandateId,
        /// At whose wish.
        by: StoppedBy,
    },
}

impl MandatePaper {
    /// What it does, in a few words.
    pub const fn title(&self) -> &'static str {
        match self.act {
            MandateAct::Register { .. } => "口座振替依頼書の登録",
            MandateAct::Stop { .. } => "口座振替の停止",
        }
    }

    /// Of one contract and account one request is open.
    pub fn subject(&self) -> String {
        let AccountName { branch, kind, number } = &self.account;
        format!("{}/{branch}-{}-{number}", Self::subjects_of(self.contract), kind.code())
    }

    /// The subjects of requests about a contract's mandates are below it.
    pub fn subjects_of(contract: ContractId) -> String {
        format!("mandate/{contract}")
    }

    /// What approving it does.
    pub const fn consequence(&self) -> &'static str {
        match self.act {
            MandateAct::Register { .. } => {
                "承認すると、開始日から、この契約の口座振替の請求でこの口座から引き落とせるようになります。この承認でお金は動きません。"
            }
            MandateAct::Stop { .. } => {
                "承認すると、これからの口座振替の請求ではこの口座から引き落としません。元に戻せません(再開には新しい依頼書が必要です)。\
                 この承認でお金は動きません。"
            }
        }
    }

    /// What the page of a request shows of it.
    pub(crate) async fn matter(&self, console: &Console) -> Result<Option<Matter>, Stop> {
        let Some(contract) = console.contracts.contract(self.contract).await.map_err(failed)? else {
            return Ok(None);
        };
        let holder = console.contracts.registered(&self.account).await.map_err(failed)?;
        let mut rows = vec![
            ("委託者", contract.name),
            ("口座", self.account.to_string()),
            ("口座名義", holder.map(|account| account.name).unwrap_or_default()),
        ];
        match &self.act {
            MandateAct::Register { customer, from } => {
                rows.extend((!customer.is_empty()).then(|| ("顧客番号", customer.clone())));
                rows.push(("引き落とせる日", format!("{}から", year_month_day(*from))));
            }
            MandateAct::Stop { by, .. } => rows.push(("停止の理由", by.label().to_owned())),
        }
        rows.push(("書類番号", self.document.clone()));
        Ok(Some(Matter {
            heading: "対象の契約と口座",
            link: ContractMandatesLink(contract.id).to_string(),
            link_words: "口座振替依頼書を見る",
            rows,
        }))
    }

    /// Whether it could be carried out now.
    pub async fn check(&self, gateway: &Gateway) -> Result<(), Problem> {
        self.found(gateway).await.map(drop)
    }

    /// The account, and the mandate that counts for it, where the paper fits them.
    async fn found(&self, gateway: &Gateway) -> Result<(AccountId, Option<Mandate>), Problem> {
        let (database, clock) = (gateway.ledger().database(), gateway.ledger().clock());
        let contracts = Store::new(database.clone(), clock.clone());
        let unavailable = |error: internet_banking::contracts::StoreError| Problem::unavailable(&error);
        let contract = contracts.contract(self.contract).await.map_err(unavailable)?;
        let contract = contract.ok_or(ConsoleCode::NotThere)?;
        let changed = |words: &str| Problem::new(ConsoleCode::ContractChanged, words);
        let registers = matches!(self.act, MandateAct::Register { .. });
        if registers && contract.state == ContractState::Ended {
            return Err(changed("この契約は終了しているため、口座振替依頼書を登録できません。"));
        }
        let account = contracts.registered(&self.account).await.map_err(unavailable)?;
        let account =
            account.ok_or_else(|| changed(&format!("当行に {} の口座はありません。", self.account)))?;
        if registers
            && is_closed(database, account.account).await.map_err(|error| Problem::unavailable(&error))?
        {
            return Err(changed(&format!("{} は解約されているため、引き落とせません。", self.account)));
        }
        let standing = mandate_on(database, self.contract, account.account).await;
        let standing = standing.map_err(|error| Problem::unavailable(&error))?;
        let stands = standing.as_ref().is_some_and(|mandate| mandate.stopped.is_none());
        match &self.act {
            MandateAct::Register { .. } if stands => {
                Err(changed("この口座の口座振替依頼書は、すでに登録されています。"))
            }
            MandateAct::Stop { mandate, .. }
                if !stands || standing.as_ref().is_none_or(|found| found.id != *mandate) =>
            {
                Err(changed("この口座の口座振替依頼書は、停止されたか、新しいものに替わっています。"))
            }
            _ => Ok((account.account, standing)),
        }
    }

    /// Does it, once.
    pub(crate) async fn carry_out(
        &self,
        gateway: &Gateway,
        request: StaffRequestId,
        checker: &Operator,
    ) -> Carried {
        let commit = match self.found(gateway).await {
            Ok(found) => self.commit(gateway, found, request, checker),
            // our own of an earlier try, whose result was not recorded, may have changed it
            Err(problem) => {
                return match gateway.is_taken(&gateway::Guard::request_act(request)).await {
                    Ok(true) => Carried::Done(self.done()),
                    Ok(false) if problem.code == ConsoleCode::ContractChanged => {
                        Carried::Refused(problem.words().to_owned())
                    }
                    _ => Carried::Unclear,
                };
            }
        };
        let Some(commit) = commit else { return Carried::Unclear };
        match commit_once(gateway, request, commit).await {
            Once::Done => Carried::Done(self.done()),
            Once::Refused(_) => {
                Carried::Refused("口座振替依頼書の登録が、先にほかの操作で変わりました。".to_owned())
            }
            Once::Unclear => Carried::Unclear,
        }
    }

    fn commit(
        &self,
        gateway: &Gateway,
        (account, standing): (AccountId, Option<Mandate>),
        request: StaffRequestId,
        checker: &Operator,
    ) -> Option<Commit> {
        let (now, actor) = (gateway.ledger().clock().now(), checker.to_string());
        match &self.act {
            MandateAct::Register { customer, from } => {
                let AccountName { branch, kind, number } = &self.account;
                let new = NewMandate {
                    // the same however often it is tried
                    id: MandateId::from_uuid(request.uuid()),
                    contract: self.contract,
                    account: AccountRef {
                        bank: gateway.own_bank().clone(),
                        branch: branch.parse().ok()?,
                        kind: (*kind).into(),
                        number: number.parse().ok()?,
                    },
                    customer: customer.clone(),
                    from: *from,
                    document: self.document.clone(),
                    actor,
                    guards: Vec::new(),
                };
                Some(new.commit(account, now))
            }
            MandateAct::Stop { by, .. } => standing.map(|found| found.stop(*by, &actor, &self.document, now)),
        }
    }

    fn done(&self) -> String {
        match &self.act {
            MandateAct::Register { from, .. } => {
                format!("口座振替依頼書を登録しました。{}から引き落とせます。", year_month_day(*from))
            }
            MandateAct::Stop { .. } => {
                "口座振替を停止しました。これからの請求では引き落としません。".to_owned()
            }
        }
    }
}

async fn is_closed(database: &Database, account: AccountId) -> Result<bool, sqlx::Error> {
    let sql = "SELECT count(*) FROM account WHERE id = $1 AND closed_us IS NOT NULL";
    let closed: i64 = read!(database, |c| sqlx::query_scalar(sql).bind(account.get()).fetch_one(c).await)?;
    Ok(closed > 0)
}
