//! What an approved change of a contract does: one commit with the request's guard, the record and the mails.

use database::{Change, Row};
use domain::time::year_month_day;
use domain::{ContractId, StaffRequestId, Timestamp, UserId};
use gateway::{Gateway, Guard, Operator};
use internet_banking::answer::{Stop, failed};
use internet_banking::approvals;
use internet_banking::certificates::{EndWhy, revoke};
use internet_banking::contracts::filed;
use internet_banking::contracts::registry::{AccountName, FiledPayee, Master};
use internet_banking::contracts::terms::Terms;
use internet_banking::contracts::{AccessVersion, Contract, ContractState, SignInMethod, Store};
use internet_banking::limits::{Changed, Held, Settings};
use internet_banking::mail::{Notice, Recipient, To, masked};
use internet_banking::payeasy::limits::{self, Limits};
use internet_banking::payees::counters::{Lock, NameChecks};
use internet_banking::registration::Registration;
use internet_banking::sign_in::{EndedFor, ended};
use ledger::{EntityId, GuardKey, Refused};

use super::account::{free, unknown_account};
use super::act::{Act, Application, ContractChange, Holders};
use super::notice::end_of;
use super::reservation;
use super::rows::{ACCOUNT, contract_row, notice_row};
use super::seen::Seen;
use crate::Console;
use crate::help::ConsoleCode;
use crate::links::{ConsoleLink, ContractLink};
use crate::problem::Problem;
use crate::requests::carry_out::{Carried, Once, commit_once};
use crate::requests::pages::Matter;

/// How often an approved change is tried that meets changes of the contract's users.
const TRIES_MAX: u32 = 8;

/// The guard of an account: 会計情報 and 資金移動 of it are in one FB contract (R6).
pub(super) fn account_guard(account: &AccountName) -> GuardKey {
    GuardKey(format!("fb-account|{}|{}|{}", account.branch, account.kind.code(), account.number))
}

/// The contracts of the hub's database.
pub(super) fn store(gateway: &Gateway) -> Store {
    Store::new(gateway.ledger().database().clone(), gateway.ledger().clock().clone())
}

/// What is to be committed, and what the staff reads of it.
struct Planned {
    contract: Contract,
    what: Registration,
    done: String,
}

impl ContractChange {
    /// Whether it could be carried out now.
    pub async fn check(&self, gateway: &Gateway) -> Result<(), Problem> {
        if let Act::CancelTransfer { order, .. } = &self.act {
            return reservation::check(gateway, self.contract, *order).await;
        }
        self.planned(gateway, StaffRequestId::generate(), "").await.map(drop)
    }

    /// What the page of a request shows of it.
    pub(crate) async fn matter(&self, console: &Console) -> Result<Option<Matter>, Stop> {
        let contract = console.contracts.contract(self.contract).await.map_err(failed)?;
        let mut rows = Vec::new();
        if let (Some(contract), None) = (&contract, self.application()) {
            rows.push(("契約", contract.name.clone()));
        }
        rows.push(("書類番号", self.document.clone()));
        if let Some(user) = self.user() {
            let found = crate::users::store::find(&console.database, user).await.map_err(failed)?;
            rows.extend(found.map(|found| ("利用者", format!("{} {}", found.login_id, found.name))));
        }
        rows.extend(self.rows(&self.holders(&console.contracts).await.map_err(failed)?));
        let (link, link_words) = match contract {
            Some(_) => (ContractLink(self.contract).to_string(), "契約を見る"),
            None => (ConsoleLink::Contracts.to_string(), "契約の一覧を見る"),
        };
        Ok(Some(Matter { heading: "書面の内容", link, link_words, rows }))
    }

    /// Whose the accounts of an application are, by the bank's register.
    async fn holders(&self, contracts: &Store) -> Result<Holders, internet_banking::contracts::StoreError> {
        let mut holders = Holders::new();
        for name in self.application().into_iter().flat_map(Application::accounts) {
            if let Some(account) = contracts.registered(name).await? {
                holders.push((name.clone(), account.name));
            }
        }
        Ok(holders)
    }

    /// Carries it out, once.
    pub(crate) async fn carry_out(
        &self,
        gateway: &Gateway,
        request: StaffRequestId,
        checker: &Operator,
    ) -> Carried {
        if let Act::CancelTransfer { order, .. } = &self.act {
            return reservation::carry_out(gateway, (self.contract, *order), request, checker).await;
        }
        for _ in 0..TRIES_MAX {
            if let Some(carried) = self.try_once(gateway, request, checker).await {
                return carried;
            }
        }
        Carried::Unclear
    }

    /// One try; nothing where who may do what in the contract has changed meanwhile, which is no reason to refuse it.
    async fn try_once(
        &self,
        gateway: &Gateway,
        request: StaffRequestId,
        checker: &Operator,
    ) -> Option<Carried> {
        let once = Guard::request_act(request);
        let planned = match self.planned(gateway, request, &checker.to_string()).await {
            Ok(planned) => planned,
            // our own of an earlier try, whose result was not recorded, has changed it
            Err(problem) => match (gateway.is_taken(&once).await, problem.code) {
                (Ok(true), _) => return Some(Carried::Done(self.done())),
                (Ok(false), ConsoleCode::Unavailable) | (Err(_), _) => return Some(Carried::Unclear),
                (Ok(false), _) => return Some(Carried::Refused(problem.words().to_owned())),
            },
        };
        let now = gateway.ledger().clock().now();
        let commit = planned.what.commit(&checker.to_string(), &planned.contract, now);
        let refused = match commit_once(gateway, request, commit).await {
            Once::Done => return Some(Carried::Done(planned.done)),
            Once::Unclear => return Some(Carried::Unclear),
            Once::Refused(refused) => refused,
        };
        let problem = match &refused {
            Refused::Guarded { key, .. } if key.starts_with(GuardKey::ACCESS) => return None,
            // an account that another contract has, from before there were guards
            Refused::Taken(_) if self.application().is_some() => ConsoleCode::AccountInFb.into(),
            Refused::Stale | Refused::Taken(_) => ConsoleCode::ContractChanged.into(),
            Refused::Guarded { key, .. }
                if [GuardKey::POLICY, GuardKey::LIMITS].iter().any(|kind| key.starts_with(kind)) =>
            {
                ConsoleCode::ContractChanged.into()
            }
            Refused::Guarded { key, .. } if key.starts_with("fb-account|") => ConsoleCode::AccountInFb.into(),
            Refused::Guarded { key, .. } if key.starts_with("payee|") => match &self.act {
                Act::Payee(payee) => payee_taken(&payee.number),
                _ => ConsoleCode::ContractChanged.into(),
            },
            _ => {
                tracing::error!(contract = %self.contract, %refused, "an approved change was not made");
                return Some(Carried::Unclear);
            }
        };
        Some(Carried::Refused(problem.words().to_owned()))
    }

    fn done(&self) -> String {
        match &self.act {
            Act::Usable { from } => {
                format!(
                    "利用開始日を{}に決めました。初期設定番号の通知書は、まだのときは契約の画面で印刷できます。",
                    year_month_day(*from)
                )
            }
            Act::Notice | Act::ResetMaster { .. } => {
                format!("{}をしました。初期設定番号の通知書を印刷できます。", self.title())
            }
            _ => format!("{}をしました。", self.title()),
        }
    }

    /// Everything that it changes, where it is still as the maker has seen it.
    async fn planned(
        &self,
        gateway: &Gateway,
        request: StaffRequestId,
        actor: &str,
    ) -> Result<Planned, Problem> {
        let contracts = store(gateway);
        let now = gateway.ledger().clock().now();
        if let Act::Open(of) = &self.act {
            return self.opened(&contracts, of, now).await;
        }
        // before anything is looked at: who changes it meanwhile comes first
        let access = AccessVersion::of(gateway.ledger().database(), self.contract).await;
        let access = access.map_err(|error| Problem::unavailable(&error))?;
        let seen = Seen::of(&contracts, self.contract).await.map_err(|error| Problem::unavailable(&error))?;
        let seen = seen.ok_or(ConsoleCode::NotThere)?;
        if self.procedure().is_some_and(|procedure| !seen.takes(procedure)) {
            return Err(ConsoleCode::ContractState.into());
        }
        let mut what = self.changed(gateway, &seen, (request, actor), now).await?;
        what.changes_access = self.act.changes_access().then_some(access);
        what.subject = self.contract.to_string();
        what.detail = format!("{}; paper {}", what.detail, self.document);
        what.mail = Some(self.mail(&contracts, request).await?);
        what.rows.extend(self.mail_to_new(&seen, request, now));
        Ok(Planned { contract: seen.contract, what, done: self.done() })
    }

    async fn changed(
        &self,
        gateway: &Gateway,
        seen: &Seen,
        (request, actor): (StaffRequestId, &str),
        now: Timestamp,
    ) -> Result<Registration, Problem> {
        let id = self.contract;
        Ok(match &self.act {
            // neither is a change of a contract that is there
            Act::Open(_) | Act::CancelTransfer { .. } => return Err(ConsoleCode::NotThere.into()),
            Act::Usable { from } => Registration {
                action: "contract.usable",
                detail: format!("usable from {from}"),
                changes: vec![Change::one(
                    "UPDATE contract SET state = 'usable', usable_from = $1,
                         set_up_until_us = CASE
                             WHEN set_up_until_us > $6 AND set_up_until_us < $5 THEN $5 ELSE set_up_until_us END
                     WHERE id = $2 AND state = $3 AND COALESCE(usable_from, '') = $4",
                    vec![
                        from.to_string().into(),
                        id.uuid().into(),
                        seen.contract.state.code().into(),
                        seen.papers.usable_from.map(|day| day.to_string()).unwrap_or_default().into(),
                        end_of(Terms::embedded().set_up_until(now.date(), Some(*from))).micros().into(),
                        // a number whose time is over stays so
                        now.micros().into(),
                    ],
                )],
                // one approval is one number: another day changes none
                rows: match seen.contract.state {
                    ContractState::Applied => vec![notice_row(request, id, now)],
                    _ => Vec::new(),
                },
                ..Registration::default()
            },
            Act::Notice => Registration {
                action: "contract.notice",
                detail: "another set-up number".to_owned(),
                rows: vec![notice_row(request, id, now)],
                ..Registration::default()
            },
            Act::ResetMaster { user } => self.reset(seen, *user, request, now)?,
            Act::SignIn { before, after } => {
                changed_from(seen.contract.sign_in == *before)?;
                let sql = "UPDATE contract SET sign_in = $1 WHERE id = $2 AND sign_in = $3";
                let values = vec![after.code().into(), id.uuid().into(), before.code().into()];
                let sessions = ended::end_of_contract(id, EndedFor::Method, now);
                let mut changes = vec![Change::one(sql, values), sessions];
                if *after == SignInMethod::Password {
                    changes.extend(revoke::end_of_contract(id, EndWhy::Method, actor, now));
                }
                Registration {
                    action: "contract.sign_in",
                    detail: format!("sign-in {} to {}", before.code(), after.code()),
                    changes,
                    ..Registration::default()
                }
            }
            Act::Plan { before, after } => {
                changed_from(seen.contract.plan == *before)?;
                let most = Terms::embedded().transfer_limit(*after).max;
                if seen.papers.transfer_limit.is_some_and(|limit| limit > most) {
                    let words = format!(
                        "振込・振替の1日の限度額が、変更後のプランの上限 {most} 円を超えています。先に限度額を変更してください。"
                    );
                    return Err(Problem::new(ConsoleCode::ContractState, words));
                }
                // R96: the limit that was held against the plan, and below the plan that the limit was held against
                let sql = "UPDATE contract SET plan = $1 WHERE id = $2 AND plan = $3
                    AND COALESCE(transfer_limit, -1) = $4";
                let limit = seen.papers.transfer_limit.map_or(-1, domain::Yen::get);
                let values = vec![after.code().into(), id.uuid().into(), before.code().into(), limit.into()];
                let detail = format!("plan {} to {}", before.code(), after.code());
                let mut what = one("contract.plan", detail, Change::one(sql, values));
                // standard and most follow from the plan: whoever is just paying keeps to the new ones
                let settings = limits_of(gateway, id).await?;
                let standard = Terms::embedded().transfer_limit(*after).standard;
                let limit = seen.papers.transfer_limit.unwrap_or(standard);
                let (counted, guard) = settings.change(Changed::Contract, Some(limit), (now, now), actor);
                what.rows.push(counted);
                what.guards.push(guard);
                what
            }
            Act::Limit { before, after } => {
                let settings = limits_of(gateway, id).await?;
                let limits =
                    Limits::new(gateway.ledger().database().clone(), gateway.ledger().clock().clone());
                let is = limits.of_contract(id).await.map_err(|error| Problem::unavailable(&error))?;
                changed_from(is == *before)?;
                let (counted, guard) = settings.change(Changed::Payeasy, Some(*after), (now, now), actor);
                Registration {
                    action: "payeasy.contract_limit",
                    detail: format!("{after} yen a day"),
                    rows: vec![limits::contract_row(id, *after, actor, now), counted],
                    guards: vec![guard],
                    ..Registration::default()
                }
            }
            Act::TransferLimit { before, after } => {
                let settings = limits_of(gateway, id).await?;
                changed_from(seen.papers.transfer_limit == *before)?;
                if *after > Terms::embedded().transfer_limit(seen.contract.plan).max {
                    return Err(ConsoleCode::ContractState.into());
                }
                let sql = "UPDATE contract SET transfer_limit = $1 WHERE id = $2
                    AND COALESCE(transfer_limit, -1) = $3 AND plan = $4";
                let was = before.map_or(-1, domain::Yen::get);
                let plan = seen.contract.plan.code();
                let values = vec![after.get().into(), id.uuid().into(), was.into(), plan.into()];
                let mut what =
                    one("contract.transfer_limit", format!("{after} yen a day"), Change::one(sql, values));
                let (counted, guard) = settings.change(Changed::Contract, Some(*after), (now, now), actor);
                what.rows.push(counted);
                what.guards.push(guard);
                what
            }
            Act::SameDay { before, after } => {
                changed_from(seen.papers.same_day == *before)?;
                let sql = "UPDATE contract SET same_day = $1 WHERE id = $2 AND same_day = $3";
                let values = vec![i64::from(*after).into(), id.uuid().into(), i64::from(*before).into()];
                let detail = if *after { "same-day transfers on" } else { "same-day transfers off" };
                one("contract.same_day", detail.to_owned(), Change::one(sql, values))
            }
            Act::Payee(payee) => self.filed(gateway, payee, request, now).await?,
            Act::PayeeEnd { number } => {
                let sql = "UPDATE contract_payee SET ended_us = $1
                    WHERE contract = $2 AND number = $3 AND ended_us IS NULL";
                let values = vec![now.micros().into(), id.uuid().into(), number.as_str().into()];
                let change = Change::one(sql, values);
                let mut what = one("contract.payee_end", format!("payee {number}"), change);
                what.release = vec![filed::guard(id, number)];
                what
            }
            Act::UnlockSignIn { user, subject } => {
                changed_from(seen.master.as_ref().is_some_and(|master| master.id == *user))?;
                let subject =
                    internet_banking::sign_in::subject_from_hex(subject).ok_or(ConsoleCode::NotThere)?;
                let sql = "DELETE FROM sign_in_throttle WHERE subject = $1";
                one("contract.unlock_sign_in", format!("user {user}"), Change::one(sql, vec![subject.into()]))
            }
            Act::UnlockConfirmation { user, locked_us } => {
                // of another contract's user no row is met
                let sql = "DELETE FROM confirmation_failure WHERE app_user = $1 AND locked_us = $2
                    AND app_user IN (SELECT id FROM app_user WHERE contract = $3)";
                let values = vec![user.uuid().into(), (*locked_us).into(), id.uuid().into()];
                one("contract.unlock_confirmation", format!("user {user}"), Change::one(sql, values))
            }
            Act::UnlockNameCheck { subject, whom, locked_us } => {
                let lock = Lock { subject: *subject, locked_at: Timestamp::from_micros(*locked_us) };
                one("contract.unlock_name_check", whom.clone(), NameChecks::lift(id, &lock))
            }
            Act::SingleAdministrator { seen, until } => {
                let until = until.filter(|last| now.date() <= *last).ok_or(ConsoleCode::ContractChanged)?;
                let database = gateway.ledger().database();
                let found = approvals::permit_one(database, id, (*seen, until), actor, now).await;
                let found = found.map_err(|error| Problem::unavailable(&error))?;
                Registration {
                    action: "contract.single_administrator",
                    detail: format!("one administrator alone until {until}"),
                    ..found.ok_or(ConsoleCode::ContractChanged)?
                }
            }
            Act::RevokeCertificate { user, certificate, serial } => {
                // of another contract's certificate no row is met
                let (action, detail) = ("contract.revoke_certificate", format!("serial {serial}"));
                let changes = revoke::by_bank(id, *user, *certificate, actor, now);
                Registration { action, detail, changes, ..Registration::default() }
            }
            Act::Address { before, after } => {
                changed_from(seen.papers.address == *before)?;
                let sql = "UPDATE contract SET address = $1 WHERE id = $2 AND address = $3";
                let values = vec![after.as_str().into(), id.uuid().into(), before.as_str().into()];
                one("contract.address", "another address".to_owned(), Change::one(sql, values))
            }
            Act::Phrase { before, after } => {
                changed_from(seen.contract.mail_phrase == *before)?;
                let sql = "UPDATE contract SET mail_phrase = $1 WHERE id = $2 AND mail_phrase = $3";
                let values = vec![after.as_str().into(), id.uuid().into(), before.as_str().into()];
                one("contract.phrase", "other words in mails".to_owned(), Change::one(sql, values))
            }
            Act::MasterMail { user, before, after } => {
                let is = |master: &Master| master.id == *user && master.email == *before;
                changed_from(seen.master.as_ref().is_some_and(is))?;
                let sql = "UPDATE app_user SET email = $1 WHERE id = $2 AND contract = $3
                    AND COALESCE(email, '') = $4 AND removed_us IS NULL";
                let was = before.as_deref().unwrap_or_default();
                let values = vec![after.as_str().into(), user.uuid().into(), id.uuid().into(), was.into()];
                one("contract.master_mail", format!("user {user}"), Change::one(sql, values))
            }
            Act::End => {
                let accounts =
                    store(gateway).accounts(id).await.map_err(|error| Problem::unavailable(&error))?;
                let name = |account: internet_banking::contracts::DepositAccount| AccountName {
                    branch: account.branch,
                    kind: account.kind,
                    number: account.number,
                };
                let sql = "UPDATE contract SET state = 'ended', ended_us = $1, set_up_hash = NULL
                    WHERE id = $2 AND state = $3";
                let values = vec![now.micros().into(), id.uuid().into(), seen.contract.state.code().into()];
                let sessions = ended::end_of_contract(id, EndedFor::Contract, now);
                let mut changes = vec![Change::one(sql, values), sessions];
                changes.extend(revoke::end_of_contract(id, EndWhy::Bank, actor, now));
                changes.push(gateway::api::key::end_of_contract(id, actor, now));
                // contracts from before there were guards have none
                changes.extend(accounts.into_iter().map(name).map(|name| {
                    Change::any("DELETE FROM guard WHERE key = $1", vec![account_guard(&name).0.into()])
                }));
                Registration {
                    action: "contract.end",
                    detail: format!("ended after {}", seen.contract.state.code()),
                    changes,
                    ..Registration::default()
                }
            }
        })
    }

    /// R15, R49: neither password is worth anything from here on, and nobody goes on under them.
    fn reset(
        &self,
        seen: &Seen,
        user: UserId,
        request: StaffRequestId,
        now: Timestamp,
    ) -> Result<Registration, Problem> {
        changed_from(seen.master.as_ref().is_some_and(|master| master.id == user))?;
        let reset = Change::one(
            "UPDATE app_user SET reset_us = $1, password_hash = '', confirmation_hash = ''
             WHERE id = $2 AND contract = $3 AND role = 'master' AND removed_us IS NULL",
            vec![now.micros().into(), user.uuid().into(), self.contract.uuid().into()],
        );
        let sessions = ended::end_of_user(user, EndedFor::Reset, now);
        Ok(Registration {
            action: "contract.reset_master",
            detail: format!("user {user}"),
            changes: vec![reset, sessions],
            rows: vec![notice_row(request, self.contract, now)],
            ..Registration::default()
        })
    }

    async fn filed(
        &self,
        gateway: &Gateway,
        payee: &FiledPayee,
        request: StaffRequestId,
        now: Timestamp,
    ) -> Result<Registration, Problem> {
        let filed = store(gateway).filed_payees(self.contract).await;
        let filed = filed.map_err(|error| Problem::unavailable(&error))?;
        if filed.iter().any(|other| other.number == payee.number) {
            return Err(payee_taken(&payee.number));
        }
        let (row, guard) = payee.filing(request.uuid(), self.contract, now);
        Ok(Registration {
            action: "contract.payee",
            detail: format!("payee {}", payee.number),
            rows: vec![row],
            guards: vec![guard],
            ..Registration::default()
        })
    }

    /// 申込受付: the contract, its accounts, and the guards that keep these out of every other (R6).
    async fn opened(&self, contracts: &Store, of: &Application, now: Timestamp) -> Result<Planned, Problem> {
        let unavailable = |error: internet_banking::contracts::StoreError| Problem::unavailable(&error);
        let mut rows = vec![contract_row(self.contract, of, now)];
        let (mut changes, mut guards) = (Vec::new(), Vec::new());
        for (index, name) in of.accounts().enumerate() {
            let account = contracts
                .registered(name)
                .await
                .map_err(unavailable)?
                .ok_or_else(|| Problem::new(ConsoleCode::AccountUnknown, unknown_account(name)))?;
            free(contracts, name, account.account).await?;
            // what an ended contract had, but for what it owes still
            for sql in [
                "UPDATE contract SET fee_account = $1 WHERE state = 'ended'
                 AND id IN (SELECT contract FROM deposit_account WHERE account = $1 AND main = 1)",
                "DELETE FROM user_right WHERE account = $1",
                "DELETE FROM deposit_account WHERE account = $1
                 AND contract IN (SELECT id FROM contract WHERE state = 'ended')",
            ] {
                changes.push(Change::any(sql, vec![account.account.get().into()]));
            }
            rows.push(Row {
                table: &ACCOUNT,
                values: vec![
                    account.account.get().into(),
                    self.contract.uuid().into(),
                    account.branch.into(),
                    account.branch_name.into(),
                    account.kind.code().into(),
                    account.number.into(),
                    account.name.into(),
                    i64::from(index == 0).into(),
                ],
            });
            guards.push((account_guard(name), EntityId(self.contract.uuid())));
        }
        let contract = Contract {
            id: self.contract,
            name: of.name.clone(),
            kind: of.kind,
            plan: of.plan,
            sign_in: of.sign_in,
            state: ContractState::Applied,
            mail_phrase: of.phrase.clone(),
            sandbox: false,
        };
        let detail = format!("{} {}, {} accounts", of.plan.code(), of.sign_in.code(), guards.len());
        let what = Registration {
            action: "contract.open",
            subject: self.contract.to_string(),
            detail: format!("{detail}; paper {}", self.document),
            changes,
            rows,
            guards,
            ..Registration::default()
        };
        let done = "契約を「申込受付」で登録しました。次に、利用開始日を起票してください。".to_owned();
        Ok(Planned { contract, what, done })
    }

    /// Who of the company is told, and what (R19).
    async fn mail(
        &self,
        contracts: &Store,
        request: StaffRequestId,
    ) -> Result<(Notice, Vec<Recipient>), Problem> {
        let whom = match &self.act {
            Act::RevokeCertificate { user, .. } => To::UserAndAdministrators(*user),
            _ => To::Administrators,
        };
        let to = contracts.recipients(self.contract, whom).await;
        let to = to.map_err(|error| Problem::unavailable(&error))?;
        Ok((self.notice(format!("contract-{request}")), to))
    }

    /// A new mail address is told as the old one is (R21).
    fn mail_to_new(&self, seen: &Seen, request: StaffRequestId, now: Timestamp) -> Vec<Row> {
        let (Act::MasterMail { user, after, .. }, Some(master)) = (&self.act, &seen.master) else {
            return Vec::new();
        };
        let to = Recipient { user: *user, name: master.name.clone(), address: after.clone() };
        self.notice(format!("contract-{request}-new")).rows(&seen.contract, &[to], now)
    }

    fn notice(&self, event: String) -> Notice {
        let lines = match &self.act {
            // these are not for a mailbox that others may read
            Act::Address { .. } | Act::MasterMail { .. } | Act::Phrase { .. } => Vec::new(),
            Act::Payee(payee) => vec![
                ("受取人番号", payee.number.clone()),
                ("口座", format!("{} {}", payee.kind.label(), masked(&payee.account_number))),
            ],
            _ => self.rows(&Holders::new()),
        };
        let title = format!("書面のお申出により、{}を行いました", self.title());
        Notice { event, title, lines, advice: Notice::NOT_YOURS }
    }
}

fn changed_from(as_seen: bool) -> Result<(), Problem> {
    if as_seen { Ok(()) } else { Err(ConsoleCode::ContractChanged.into()) }
}

fn one(action: &'static str, detail: String, change: Change) -> Registration {
    Registration { action, detail, changes: vec![change], ..Registration::default() }
}

fn payee_taken(number: &str) -> Problem {
    let words = format!("受取人番号 {number} は、すでに登録されています。別の番号にしてください。");
    Problem::new(ConsoleCode::ContractChanged, words)
}

/// The contract's limits so far: a change of them is counted, so that whoever is just paying keeps to it.
async fn limits_of(gateway: &Gateway, id: ContractId) -> Result<Held, Problem> {
    let ledger = gateway.ledger();
    let held = Settings::of(ledger.database(), id).held(ledger.clock().now()).await;
    held.map_err(|error| Problem::unavailable(&error))
}
