//! Proposing, approving, sending back, withdrawing. Who may is decided here, whatever the page showed.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{Clock, StaffRequestId};
use edge::Shutdown;
use gateway::{AlarmKind, Gateway, Guard, NewAlarm};
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Refused};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::carry_out::{self, Carried};
use super::store::{self, RequestQuery, RequestsError};
use super::{Decision, Outcome, Proposal, Request, RequestState, Verdict, WORDS_CHARS_MAX};
use crate::console::help::ConsoleCode;
use crate::console::problem::Problem;
use crate::console::staff::{Staff, StaffRole, require};

/// Between two looks for approved requests whose process died.
const LOOK_INTERVAL: Duration = Duration::from_secs(15);
/// How long an approved request is seen without a result before another process carries it out: longer than any
/// operation takes. Elapsed time, for the business clock can be set.
const TAKE_OVER_AFTER: Duration = Duration::from_secs(60);
/// Tries of an approved request after which people are told that its result is not known.
const UNCLEAR_TRIES_TOLD: u32 = 4;

/// The requests of a database. Cheap to clone.
#[derive(Clone)]
pub struct Requests {
    gateway: Gateway,
    /// Tries of this process whose result is not known. It starts anew with the process.
    unclear: Arc<Mutex<HashMap<StaffRequestId, u32>>>,
    /// Since when this process sees an approved request without a result.
    seen: Arc<Mutex<HashMap<StaffRequestId, Instant>>>,
    /// What this process is carrying out: nothing twice at a time.
    at_work: Arc<Mutex<HashSet<StaffRequestId>>>,
}

/// A request that is being carried out, until this is dropped.
struct AtWork {
    ids: Arc<Mutex<HashSet<StaffRequestId>>>,
    id: StaffRequestId,
}

impl AtWork {
    /// `None` where it is being carried out already.
    fn begin(ids: &Arc<Mutex<HashSet<StaffRequestId>>>, id: StaffRequestId) -> Option<Self> {
        let begins = ids.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        begins.then(|| Self { ids: Arc::clone(ids), id })
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

impl Requests {
    /// Over the hub that carries them out.
    pub fn new(gateway: Gateway) -> Self {
        Self { gateway, unclear: Arc::default(), seen: Arc::default(), at_work: Arc::default() }
    }

    /// One request.
    pub async fn find(&self, id: StaffRequestId) -> Result<Option<Request>, RequestsError> {
        store::find(self.gateway.ledger().database(), id).await
    }

    /// Requests, newest first.
    pub async fn list(&self, query: &RequestQuery) -> Result<Vec<Request>, RequestsError> {
        store::list(self.gateway.ledger().database(), query).await
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
        let (requests, run) = (self.clone(), request.clone());
        // a task of its own: a person who goes away stops nothing
        let carried = tokio::spawn(async move { requests.carry_out(&run).await }.in_current_span()).await;
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
        let mut after = if sqlite { Duration::ZERO } else { TAKE_OVER_AFTER };
        while !shutdown.is_requested() {
            if let Err(error) = self.take_over(after).await {
                tracing::warn!(%error, "approved requests cannot be looked for");
            }
            after = TAKE_OVER_AFTER;
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = shutdown.requested() => {}
            }
        }
    }

    /// Carries out approved requests that this process has seen without a result for so long.
    pub async fn take_over(&self, after: Duration) -> Result<(), RequestsError> {
        let running = store::running(self.gateway.ledger().database()).await?;
        for request in self.seen_for(running, after) {
            self.carry_out(&request).await;
        }
        Ok(())
    }

    fn seen_for(&self, running: Vec<Request>, after: Duration) -> Vec<Request> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|id, _| running.iter().any(|request| request.id == *id));
        let mut is_due =
            |request: &Request| seen.entry(request.id).or_insert_with(Instant::now).elapsed() >= after;
        running.into_iter().filter(|request| is_due(request)).collect()
    }

    /// The operation, and the record of what came of it. Where that is not known, there is no record, and
    /// [`run`](Self::run) comes again.
    async fn carry_out(&self, request: &Request) {
        let Some(_at_work) = AtWork::begin(&self.at_work, request.id) else { return };
        // it may have ended since it was read
        match self.find(request.id).await {
            Ok(Some(Request { outcome: None, .. })) => {}
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(request = %request.id, %error, "an approved request cannot be read, and waits");
                return;
            }
        }
        let Some(decision) = &request.decision else { return };
        let outcome = match carry_out::carry_out(&self.gateway, request, decision).await {
            Carried::Done(detail) => Outcome { done: true, detail, at: self.clock().now() },
            Carried::Refused(detail) => Outcome { done: false, detail, at: self.clock().now() },
            Carried::Unclear => return self.tell_of_unclear(request).await,
        };
        let action = if outcome.done { "request.done" } else { "request.failed" };
        let commit = Commit {
            guards: vec![(Guard::request_result(request.id).key(), EntityId(request.id.uuid()))],
            release: vec![open_guard(request)],
            rows: vec![store::result_row(request.id, &outcome)],
            audit: vec![record("system".to_owned(), action, request, &outcome.detail)],
            ..Commit::default()
        };
        match self.gateway.ledger().commit(commit).await {
            Ok(_) | Err(Refused::Guarded { .. }) => self.no_longer_unclear(request.id).await,
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
        let commit = Commit {
            guards: vec![(GuardKey(format!("request-decision|{}", request.id)), EntityId(request.id.uuid()))],
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

    #[test]
    fn a_request_is_carried_out_once_at_a_time() {
        let (ids, one, other) = (Arc::default(), StaffRequestId::generate(), StaffRequestId::generate());
        let first = AtWork::begin(&ids, one);
        assert!(first.is_some() && AtWork::begin(&ids, one).is_none());
        assert!(AtWork::begin(&ids, other).is_some(), "another is another");
        drop(first);
        assert!(AtWork::begin(&ids, one).is_some(), "it may be tried again when the first has ended");
    }
}
