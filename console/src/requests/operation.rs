//! Proposing, approving, sending back, withdrawing. Who may is decided here, whatever the page showed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{Clock, StaffRequestId};
use edge::{Errors, Shutdown};
use gateway::{AlarmKind, Gateway, Guard, NewAlarm};
use internet_banking::keys::Vault;
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Refused};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::carry_out::{self, Carried};
use super::run::{Lease, Run, Runs, Turn};
use super::store::{self, RequestQuery, RequestsError};
use super::{Decision, Outcome, Proposal, Request, RequestState, Verdict, WORDS_CHARS_MAX};
use crate::help::ConsoleCode;
use crate::problem::Problem;
use crate::staff::{Staff, StaffRole, require};

/// Between two looks for approved requests whose process died.
const LOOK_INTERVAL: Duration = Duration::from_secs(15);
/// Tries of an approved request after which people are told that its result is not known.
const UNCLEAR_TRIES_TOLD: u32 = 4;

/// The requests of a database. Cheap to clone.
#[derive(Clone)]
pub struct Requests {
    gateway: Gateway,
    /// What seals the keys that are made.
    vault: Vault,
    /// Tries of this process whose result is not known. It starts anew with the process.
    unclear: Arc<Mutex<HashMap<StaffRequestId, u32>>>,
    runs: Arc<Runs>,
    lease: Lease,
}

impl Requests {
    /// Over the hub that carries them out.
    pub fn new(gateway: Gateway, vault: Vault) -> Self {
        Self::with_lease(gateway, vault, Lease::default())
    }

    /// The same with another lease than everybody's.
    pub fn with_lease(gateway: Gateway, vault: Vault, lease: Lease) -> Self {
        Self { gateway, vault, unclear: Arc::default(), runs: Arc::default(), lease }
    }

    /// One request.
    pub async fn find(&self, id: StaffRequestId) -> Result<Option<Request>, RequestsError> {
        store::find(self.gateway.ledger().database(), id).await
    }

    /// Requests, newest first.
    pub async fn list(&self, query: &RequestQuery) -> Result<Vec<Request>, RequestsError> {
        store::list(self.gateway.ledger().database(), query).await
    }

    /// The ids of requests about any of these subjects, the newest 500.
    pub async fn about(&self, subjects: &[String]) -> Result<Vec<String>, RequestsError> {
        store::about(self.gateway.ledger().database(), subjects).await
    }

    /// 起票: proposes something, for another to decide on the same day.
    pub async fn propose(
        &self,
        by: &Staff,
        proposal: Proposal,
        reason: &str,
    ) -> Result<StaffRequestId, Problem> {
        require(by, StaffRole::Maker)?;
        let request = Request {
            id: StaffRequestId::generate(),
            proposal,
            reason: words(reason)?,
            maker: by.id,
            made_at: self.clock().now(),
            decision: None,
            outcome: None,
        };
        carry_out::check(&self.gateway, &request.proposal).await?;
        let audit = record(by.actor(), "request.propose", &request, &request.reason);
        let commit = Commit {
            guards: vec![(open_guard(&request), EntityId(request.id.uuid()))],
            rows: vec![store::request_row(&request).map_err(|error| Problem::unavailable(&error))?],
            audit: vec![audit],
            ..Commit::default()
        };
        match self.gateway.ledger().commit(commit).await {
            Ok(_) => Ok(request.id),
            Err(Refused::Guarded { .. }) => Err(ConsoleCode::RequestOpen.into()),
            Err(refused) => Err(failed(&refused)),
        }
    }

    /// 承認: decides for it, and carries it out. Answers what came of it, if that is known within the call.
    pub async fn approve(&self, by: &Staff, id: StaffRequestId) -> Result<Request, Problem> {
        let request = self.open(id).await?;
        may_decide(by, &request)?;
        // said before anything is written: what cannot be done now may still be approved later
        carry_out::check(&self.gateway, &request.proposal).await?;
        let request = self.decide(by, request, Verdict::Approved, String::new()).await?;
        let (requests, run) = (self.clone(), Run::first(id));
        // a task of its own: a person who goes away stops nothing
        let carry_out = async move { requests.carry_out(&request, run).await };
        let carried = tokio::spawn(carry_out.in_current_span()).await;
        if let Err(error) = carried {
            return Err(Problem::unclear(&error));
        }
        self.reread(id).await
    }

    /// 差戻し: decides against it, and says why.
    pub async fn send_back(&self, by: &Staff, id: StaffRequestId, note: &str) -> Result<Request, Problem> {
        let request = self.open(id).await?;
        may_decide(by, &request)?;
        let note = words(note)?;
        self.decide(by, request, Verdict::SentBack, note).await
    }

    /// 取下げ: takes it back.
    pub async fn withdraw(&self, by: &Staff, id: StaffRequestId) -> Result<Request, Problem> {
        let request = self.open(id).await?;
        if by.id != request.maker {
            return Err(ConsoleCode::NotYourRequest.into());
        }
        self.decide(by, request, Verdict::Withdrawn, String::new()).await
    }

    /// Carries out what was approved by a process that died, until the process stops.
    pub async fn run(self, mut shutdown: Shutdown) {
        // on SQLite no other process can be at work on them
        let sqlite = self.gateway.ledger().database().is_sqlite();
        let mut after = if sqlite { Duration::ZERO } else { self.lease.lasts };
        while !shutdown.is_requested() {
            if let Err(error) = self.take_over(after).await {
                tracing::warn!(%error, "approved requests cannot be looked for");
            }
            after = self.lease.lasts;
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = shutdown.requested() => {}
            }
        }
    }

    /// Carries out approved requests whose process has not been heard of for so long, and those of this process whose
    /// result is not known. Says how many.
    pub async fn take_over(&self, after: Duration) -> Result<usize, RequestsError> {
        let database = self.gateway.ledger().database();
        let running = store::running(database).await?;
        let ids: Vec<_> = running.iter().map(|request| request.id).collect();
        self.runs.keep(&ids);
        let mut carried = 0;
        for request in running {
            let newest = Run::newest(database, request.id).await?;
            let run = match self.runs.turn(newest, after) {
                Turn::Wait => continue,
                Turn::GoOn => newest,
                Turn::TakeOver => match self.take(newest.next()).await {
                    Ok(true) => newest.next(),
                    // another process was faster
                    Ok(false) => continue,
                    Err(refused) => {
                        tracing::warn!(request = %request.id, %refused, "an approved request cannot be taken up");
                        continue;
                    }
                },
            };
            carried += usize::from(self.carry_out(&request, run).await);
        }
        Ok(carried)
    }

    /// The operation under a run, and the record of what came of it. Where that is not known, there is no record, and
    /// [`run`](Self::run) comes again. Says whether there was anything to do.
    async fn carry_out(&self, request: &Request, run: Run) -> bool {
        let Some(mut at_work) = self.runs.begin(run) else { return false };
        // it may have ended before the run was taken
        match self.find(request.id).await {
            Ok(Some(Request { outcome: None, .. })) => {}
            Ok(_) => return false,
            Err(error) => {
                tracing::warn!(request = %request.id, %error, "an approved request cannot be read, and waits");
                return false;
            }
        }
        let Some(decision) = &request.decision else { return false };
        match self.operate(request, decision, &mut at_work.run).await {
            Some(Carried::Unclear) => self.tell_of_unclear(request).await,
            Some(carried) => self.record(request, carried, at_work.run).await,
            None => tracing::warn!(request = %request.id, "another process carries out an approved request"),
        }
        true
    }

    /// The operation, and beside it the next run whenever its lease is about to end. It ends there where another
    /// process has taken that one, or might have by now.
    async fn operate(&self, request: &Request, decision: &Decision, run: &mut Run) -> Option<Carried> {
        let operation = carry_out::carry_out(&self.gateway, &self.vault, request, decision);
        tokio::pin!(operation);
        let mut taken_at = Instant::now();
        loop {
            tokio::select! {
                carried = &mut operation => return Some(carried),
                () = tokio::time::sleep(self.lease.renewed_after) => {}
            }
            let asked_at = Instant::now();
            match self.take(run.next()).await {
                Ok(true) => (*run, taken_at) = (run.next(), asked_at),
                Err(refused) if taken_at.elapsed() < self.lease.lasts => {
                    tracing::warn!(request = %request.id, %refused, "a run cannot be prolonged yet");
                }
                Ok(false) | Err(_) => return None,
            }
        }
    }

    /// Takes a run. Says whether it was free.
    async fn take(&self, run: Run) -> Result<bool, Refused> {
        let guards = vec![(run.guard(), EntityId(run.request.uuid()))];
        match self.gateway.ledger().commit(Commit { guards, ..Commit::default() }).await {
            Ok(_) => Ok(true),
            Err(Refused::Guarded { .. }) => Ok(false),
            Err(refused) => Err(refused),
        }
    }

    /// Records what came of it, unless another process has taken the request up since. What the hub refused is not done
    /// by anybody any more, and what it has done meanwhile is not recorded as refused.
    async fn record(&self, request: &Request, carried: Carried, run: Run) {
        let is_refused = matches!(carried, Carried::Refused(_));
        let (done, detail) = match carried {
            Carried::Done(detail) => (true, detail),
            Carried::Failed(detail) | Carried::Refused(detail) => (false, detail),
            Carried::Unclear => return,
        };
        let outcome = Outcome { done, detail, at: self.clock().now() };
        let action = if outcome.done { "request.done" } else { "request.failed" };
        let (entity, result) = (EntityId(request.id.uuid()), Guard::request_result(request.id).key());
        let act = Guard::request_act(request.id).key();
        let mut guards = vec![(result.clone(), entity), (run.next().guard(), entity)];
        guards.extend(is_refused.then_some((act, entity)));
        // the runs stay taken: a process that stands still wakes to find its next one gone, however late
        let commit = Commit {
            guards,
            release: vec![open_guard(request)],
            rows: vec![store::result_row(request.id, &outcome)],
            audit: vec![record("system".to_owned(), action, request, &outcome.detail)],
            ..Commit::default()
        };
        match self.gateway.ledger().commit(commit).await {
            Ok(_) => self.no_longer_unclear(request.id).await,
            Err(Refused::Guarded { key, .. }) if key == result.0 => self.no_longer_unclear(request.id).await,
            Err(refused @ Refused::Guarded { .. }) => {
                tracing::warn!(request = %request.id, %refused, "a result was another's to record");
            }
            Err(refused) => tracing::error!(request = %request.id, %refused, "a result was not recorded"),
        }
    }

    /// What stays unclear is tried again, and after some tries people are told.
    async fn tell_of_unclear(&self, request: &Request) {
        let tries = {
            let mut unclear = self.unclear.lock().unwrap_or_else(PoisonError::into_inner);
            let tries = unclear.entry(request.id).or_default();
            *tries = tries.saturating_add(1);
            *tries
        };
        if tries < UNCLEAR_TRIES_TOLD {
            return;
        }
        let alarm = NewAlarm {
            kind: AlarmKind::RequestUnclear,
            subject: request.id.to_string(),
            collector: None,
            detail: format!("{tries} tries to carry out {}", request.proposal.kind()),
        };
        if let Err(error) = self.gateway.raise(&alarm).await {
            tracing::error!(request = %request.id, %error, "an alarm could not be raised");
        }
    }

    /// The result is known now.
    async fn no_longer_unclear(&self, id: StaffRequestId) {
        self.unclear.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        if let Err(error) = self.gateway.end_alarm(AlarmKind::RequestUnclear, &id.to_string()).await {
            tracing::error!(request = %id, %error, "an alarm could not be ended");
        }
    }

    async fn open(&self, id: StaffRequestId) -> Result<Request, Problem> {
        let found = self.find(id).await.map_err(|error| Problem::unavailable(&error))?;
        let request = found.ok_or(ConsoleCode::NotThere)?;
        match request.state(self.clock().now()) {
            RequestState::Open => Ok(request),
            RequestState::Expired => Err(ConsoleCode::RequestExpired.into()),
            _ => Err(ConsoleCode::RequestDecided.into()),
        }
    }

    async fn decide(
        &self,
        by: &Staff,
        mut request: Request,
        verdict: Verdict,
        note: String,
    ) -> Result<Request, Problem> {
        let decision = Decision { verdict, by: by.id, note, at: self.clock().now() };
        // what is approved keeps its subject busy until it is carried out
        let release = if verdict == Verdict::Approved { Vec::new() } else { vec![open_guard(&request)] };
        let entity = EntityId(request.id.uuid());
        let mut guards = vec![(GuardKey(format!("request-decision|{}", request.id)), entity)];
        guards.extend((verdict == Verdict::Approved).then(|| (Run::first(request.id).guard(), entity)));
        let commit = Commit {
            guards,
            release,
            rows: vec![store::decision_row(&request, &decision)],
            audit: vec![record(by.actor(), verdict.action(), &request, &decision.note)],
            ..Commit::default()
        };
        match self.gateway.ledger().commit(commit).await {
            Ok(_) => {
                request.decision = Some(decision);
                Ok(request)
            }
            Err(Refused::Guarded { .. }) => Err(ConsoleCode::RequestDecided.into()),
            Err(refused) => Err(failed(&refused)),
        }
    }

    async fn reread(&self, id: StaffRequestId) -> Result<Request, Problem> {
        let found = self.find(id).await.map_err(|error| Problem::unclear(&error))?;
        found.ok_or_else(|| ConsoleCode::Unclear.into())
    }

    fn clock(&self) -> &Clock {
        self.gateway.ledger().clock()
    }
}

/// Free again on the next day by itself, where nobody decided.
fn open_guard(request: &Request) -> GuardKey {
    GuardKey(format!("request|{}|{}", request.made_at.date(), request.proposal.subject()))
}

/// Another person than the maker, and a checker. The first is said first: no role changes it.
fn may_decide(by: &Staff, request: &Request) -> Result<(), Problem> {
    if by.id == request.maker {
        return Err(ConsoleCode::OwnRequest.into());
    }
    require(by, StaffRole::Checker)
}

/// What is wrong with a reason, beside what is wrong elsewhere in its form.
pub fn add_reason(errors: &mut Errors, typed: &str) {
    if let Err(problem) = words(typed) {
        errors.add("reason", problem.words().to_owned());
    }
}

/// A reason or a note as it is kept: one line of 1 to 200 characters.
fn words(typed: &str) -> Result<String, Problem> {
    let line: String = typed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.trim();
    let chars = line.chars().count();
    if chars == 0 {
        return Err(Problem::new(ConsoleCode::Input, "理由を入力してください。"));
    }
    if chars > WORDS_CHARS_MAX {
        let detail = format!("理由は{WORDS_CHARS_MAX}文字までです。いま{chars}文字入力されています。");
        return Err(Problem::new(ConsoleCode::Input, detail));
    }
    Ok(line.to_owned())
}

fn failed(refused: &Refused) -> Problem {
    match refused {
        Refused::Overloaded | Refused::Stopped => Problem::unavailable(refused),
        other => Problem::unclear(other),
    }
}

fn record(actor: String, action: &'static str, request: &Request, detail: &str) -> AuditRecord {
    AuditRecord {
        contract: None,
        actor,
        action,
        subject: request.id.to_string(),
        detail: format!(
            "{} {} {}: {detail}",
            request.proposal.kind(),
            request.proposal.subject(),
            request.proposal.facts()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_one_line_that_the_hub_takes_too() {
        assert_eq!(words("\u{3000}電話で\r\n確認\u{1}\u{1}").unwrap(), "電話で  確認");
        for empty in ["", " \n ", "\u{1}", "\u{1} \u{1}\u{3000}"] {
            assert_eq!(words(empty).unwrap_err().code, ConsoleCode::Input, "{empty:?}");
        }
        let longest = "あ".repeat(WORDS_CHARS_MAX);
        assert_eq!(words(&format!("{longest}\u{7f}")).unwrap(), longest);
        assert!(words(&format!("{longest}あ")).is_err());
    }
}
