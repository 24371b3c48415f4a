//! Asking, approving, sending back, taking back. Who may is decided here, whatever the page showed, and each is one
//! commit over the version that was seen: of two at once one comes too late.

use database::Row;
use domain::{ApprovalId, InquiryId, Timestamp, random};
use gateway::Guard;
use ledger::{Commit, EntityId, GuardKey};
use secrecy::{ExposeSecret, SecretString};

use super::bounds::Bounds;
use super::people::{self, Approver};
use super::policy::{Approved, Hand, Need, Refusal, Standing, can_be_met, counted};
use super::problem::Problem;
use super::request::{Ending, Matter, Request, digest_of};
use super::settings::{Held, Policies};
use super::state::{Event, State};
use super::ties::Ties;
use super::{carry_out, store};
use crate::Bank;
use crate::bulk;
use crate::contracts::{Contract, Step};
use crate::mail::{Notice, Recipient, To};
use crate::payeasy;
use crate::registration::{Registration, RegistrationError, register};
use crate::secrets::secret_field;
use crate::sign_in::SignedIn;
use crate::tokens::{Operation, authorise};
use crate::users;
use crate::users::Temporary;

/// Characters of a reason at most.
pub const REASON_CHARS_MAX: usize = 200;
/// Requests that are approved at once at most.
pub const AT_ONCE_MAX: usize = 50;

/// The secrets of an approver.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub struct Secrets {
    /// 確認用パスワード.
    #[serde(deserialize_with = "secret_field")]
    pub confirmation_password: SecretString,
    /// ワンタイムパスワード; needed where the table of operations says so, whether the form has it or not.
    #[serde(deserialize_with = "secret_field")]
    pub one_time_password: SecretString,
}

/// What is asked for.
#[derive(Debug)]
pub struct Asking {
    /// What it is about: the same again by the same person is the same request.
    pub about: String,
    /// What.
    pub matter: Matter,
    /// What carrying it out needs beside it.
    pub secret: Option<SecretString>,
    /// What the policy demands.
    pub need: Need,
    /// Until when it can be carried out, where that ends.
    pub until: Option<Timestamp>,
}

/// What an approval came to.
#[derive(Debug)]
pub enum Outcome {
    /// Others must approve too.
    More,
    /// It was the last one, and it is done.
    Done,
    /// It was the last one; what was asked for cannot be done, and is back with its author.
    Returned(String),
    /// It was the last one; whether it is done is not known yet.
    Unclear,
    /// It was the last one, and a user has a temporary password, which is shown this once.
    Password(Temporary),
}

/// A request that this person can approve now.
#[derive(Debug)]
struct Ready {
    request: Request,
    approved: Approved,
    /// Whether one token serves one person of a request.
    distinct_tokens: bool,
    /// The policy's next version, which must not be there yet when it is approved.
    next: GuardKey,
}

/// Asks for approval. `before` is the request as it was where it is asked for again.
pub async fn ask(
    bank: &Bank,
    by: &SignedIn,
    asking: Asking,
    before: Option<&Request>,
    code: Option<Guard>,
) -> Result<ApprovalId, Problem> {
    let able = people::able(&bank.database, by.contract.id, &asking.matter).await?;
    let ties = Ties::of(&bank.database, by.contract.id, bank.clock.now()).await?;
    let may = |one: &Approver| ties.are_two(by.user.id, one.user) && !asking.matter.lets_in(one.user);
    let able: Vec<_> = able.into_iter().filter(may).collect();
    let Held { policy, .. } = Policies::of(&bank.database, by.contract.id).held(bank.clock.now()).await?;
    if policy.distinct_tokens && !people::has_token(&bank.database, by.contract.id, by.user.id).await? {
        return Err(Problem::Refused(Refusal::NoToken));
    }
    let steps = people::steps_of(&able, policy.distinct_tokens, by.user.token_serial.as_deref());
    if !can_be_met(asking.need, &steps) {
        return Err(match asking.matter {
            Matter::Administration(_) => Problem::TooFewAdministrators,
            Matter::Payeasy(_) | Matter::Transfer(_) | Matter::Return(_) | Matter::Bulk(_) => {
                Problem::TooFewApprovers
            }
        });
    }
    put(bank, by, asking, before, Event::Ask, code, &able).await
}

/// Keeps it with its author, who asks another time.
pub async fn keep(
    bank: &Bank,
    by: &SignedIn,
    asking: Asking,
    before: Option<&Request>,
) -> Result<ApprovalId, Problem> {
    put(bank, by, asking, before, Event::Keep, None, &[]).await
}

async fn put(
    bank: &Bank,
    by: &SignedIn,
    asking: Asking,
    before: Option<&Request>,
    event: Event,
    code: Option<Guard>,
    able: &[Approver],
) -> Result<ApprovalId, Problem> {
    let now = bank.clock.now();
    let bounds = Bounds::embedded();
    let state = before.map_or(State::Draft, |before| before.state_at(now));
    let state = state.after(event).ok_or(Problem::Changed)?;
    let asks = event == Event::Ask;
    let days = if asks { bounds.wait_days } else { bounds.draft_days };
    let latest = now.plus_seconds(days.saturating_mul(86_400));
    let until = asking.until.filter(|_| asks).map_or(latest, |until| until.min(latest));
    let author = Hand { user: by.user.id, serial: by.user.token_serial.clone() };
    let round = before.map_or(0, |before| before.round).saturating_add(i64::from(asks));
    let text = serde_json::to_string(&asking.matter).map_err(|error| Problem::unavailable(&error))?;
    let id = before.map_or_else(ApprovalId::generate, |before| before.id);
    let request = Request {
        id,
        contract: by.contract.id,
        about: before.map_or(asking.about, |before| before.about.clone()),
        state,
        version: before.map_or(1, |before| before.version),
        round,
        digest: digest_of(id, by.contract.id, &author, round, asking.need, &text),
        author,
        matter: asking.matter,
        text,
        secret: asking.secret,
        need: asking.need,
        note: String::new(),
        made_at: before.map_or(now, |before| before.made_at),
        changed_at: now,
        until,
        given: Vec::new(),
    };
    let remind_at = if asks { bounds.reminds_at(until, now) } else { None };
    let mut what = recorded(&request, event);
    if before.is_some() {
        what.changes = vec![store::rewritten(&request, remind_at)];
    } else {
        what.rows = vec![store::new_row(&request, remind_at)];
        what.guards = vec![(store::made(by.user.id, &request.about), EntityId(request.id.uuid()))];
    }
    if asks {
        what.mail = Some((notice(&request, by, "承認の依頼があります"), next_of(&request, able)));
    }
    match register(bank, by, code, what).await {
        Ok(()) => Ok(request.id),
        // the same order again: a double click, a page sent again
        Err(RegistrationError::Changed) if before.is_none() => {
            let first = store::about(&bank.database, by.contract.id, by.user.id, &request.about).await?;
            first.ok_or(Problem::Changed)
        }
        Err(error) => Err(error.into()),
    }
}

/// Approves one request as the page showed it.
pub async fn approve(
    bank: &Bank,
    by: &SignedIn,
    id: ApprovalId,
    digest: &str,
    secrets: &Secrets,
) -> Result<Outcome, Problem> {
    let ready = ready(bank, by, id, digest).await?;
    let code = prove(bank, by, std::slice::from_ref(&ready), secrets).await?;
    give(bank, by, ready, (code, bank.clock.now())).await
}

/// Approves many, each in a commit of its own, after one look at the passwords. What came of each is answered in the
/// order of the ids.
pub async fn approve_many(
    bank: &Bank,
    by: &SignedIn,
    picked: &[(ApprovalId, String)],
    secrets: &Secrets,
) -> Result<Vec<(ApprovalId, Result<Outcome, Problem>)>, Problem> {
    let (mut able, mut outcomes) = (Vec::new(), Vec::new());
    for (id, digest) in picked.iter().take(AT_ONCE_MAX) {
        match ready(bank, by, *id, digest).await {
            Ok(ready) if ready.request.matter.makes_password() => {
                outcomes.push((*id, Err(Problem::OneByOne)));
            }
            Ok(ready) => able.push(ready),
            Err(problem) => outcomes.push((*id, Err(problem))),
        }
    }
    if able.is_empty() {
        return Ok(outcomes);
    }
    let mut code = prove(bank, by, &able, secrets).await?;
    if able.len() > 1
        && let Some(spent) = code.take()
    {
        // one code for all of them: it is spent before the first
        let ids: Vec<_> = able.iter().map(|one| one.request.id.to_string()).collect();
        let what = Registration {
            action: "approval.many",
            subject: by.contract.id.to_string(),
            detail: ids.join(" "),
            ..Registration::default()
        };
        register(bank, by, Some(spent), what).await?;
    }
    // they were authorised at this moment, however long the last of them takes
    let at = bank.clock.now();
    for one in able {
        let id = one.request.id;
        outcomes.push((id, give_one_of_many(bank, by, &one.request, (code.take(), at)).await));
    }
    Ok(outcomes)
}

/// One before it may have changed what the person, or anybody, may do: it is looked at anew.
async fn give_one_of_many(
    bank: &Bank,
    by: &SignedIn,
    request: &Request,
    (code, at): (Option<Guard>, Timestamp),
) -> Result<Outcome, Problem> {
    let by = by.anew(bank).await?.ok_or(Problem::NotThere)?;
    let ready = ready(bank, &by, request.id, &request.digest).await?;
    give(bank, &by, ready, (code, at)).await
}

/// The request, where this person can approve it and the page showed it as it is.
async fn ready(bank: &Bank, by: &SignedIn, id: ApprovalId, digest: &str) -> Result<Ready, Problem> {
    let request = open(bank, by, id).await?;
    if request.digest != digest || !request.is_intact() {
        return Err(Problem::Changed);
    }
    if let (Some(_), Some(until)) = (request.matter.amount(), by.cooling_off) {
        return Err(payeasy::problem::Problem::CoolingOff { until }.into());
    }
    let steps = match request.matter.place() {
        Some((business, _)) => by.user.rights.steps(business),
        None => [Step::Final].into(),
    };
    let Held { policy, next, .. } =
        Policies::of(&bank.database, by.contract.id).held(bank.clock.now()).await?;
    let now_needed = match (request.matter.place(), request.matter.amount()) {
        (Some((business, _)), Some(amount)) => policy.need(business, amount),
        _ => Need::ONE,
    };
    if let Matter::Bulk(of) = &request.matter {
        bulk::rules::require_open(bank, of.kind.counted()).await?;
    }
    if request.given.iter().any(|given| given.hand.user == by.user.id) {
        return Err(Problem::Refused(Refusal::Already));
    }
    let need = request.need.and(now_needed);
    let able = people::by_person(people::able(&bank.database, by.contract.id, &request.matter).await?);
    let ties = Ties::of(&bank.database, by.contract.id, bank.clock.now()).await?;
    let (author, distinct_tokens) = (&request.author, policy.distinct_tokens);
    let approvals = counted(need, author, &request.hands(), distinct_tokens, (&able, &ties));
    let standing = Standing { need, author, approvals: &approvals, distinct_tokens, ties: &ties };
    let hand = Hand { user: by.user.id, serial: by.user.token_serial.clone() };
    let approved = standing.approve(&hand, &steps).map_err(Problem::Refused)?;
    let author = bank.contracts.user(by.contract.id, request.author.user).await?;
    let may = |user: &crate::contracts::User| match request.matter.place() {
        Some((business, account)) => user.rights.may_use(business, account),
        None => true,
    };
    if !author.is_some_and(|author| may(&author)) {
        return Err(Problem::AuthorMayNot);
    }
    Ok(Ready { request, approved, distinct_tokens: policy.distinct_tokens, next })
}

/// The request, where it waits and this person has a say.
async fn open(bank: &Bank, by: &SignedIn, id: ApprovalId) -> Result<Request, Problem> {
    let request = store::find(&bank.database, by.contract.id, id).await?.ok_or(Problem::NotThere)?;
    if request.is_of(&by.user) {
        return Err(Problem::Refused(Refusal::Own));
    }
    if !request.matter.is_open_to(by) {
        return Err(Problem::NotThere);
    }
    if request.state_at(bank.clock.now()) == State::Asked { Ok(request) } else { Err(Problem::Changed) }
}

/// Judges the passwords: the confirmation password, and a one-time password where one of the requests costs one.
async fn prove(
    bank: &Bank,
    by: &SignedIn,
    of: &[Ready],
    secrets: &Secrets,
) -> Result<Option<Guard>, Problem> {
    payeasy::operation::confirm(bank, by, &secrets.confirmation_password).await?;
    match of.iter().any(|one| demands_code(bank, &one.request, one.distinct_tokens)) {
        true => Ok(Some(authorise::one_time_password(bank, by, &secrets.one_time_password).await?)),
        false => Ok(None),
    }
}

/// Whether its approval costs a one-time password: every one does where one token serves one person of a request, since
/// nothing else shows that the person has it.
pub fn demands_code(bank: &Bank, request: &Request, distinct_tokens: bool) -> bool {
    match &request.matter {
        _ if distinct_tokens => true,
        Matter::Payeasy(of) => payeasy::approval::demands_code(bank, of),
        Matter::Transfer(of) => of.demands_code(),
        // as its consent does without approval
        Matter::Return(_) => false,
        Matter::Bulk(of) => of.demands_code(),
        Matter::Administration(_) => Operation::ApprovalSettings.demands_one(),
    }
}

/// Commits the approval that was given at a moment, and what it leads to.
async fn give(
    bank: &Bank,
    by: &SignedIn,
    ready: Ready,
    (code, at): (Option<Guard>, Timestamp),
) -> Result<Outcome, Problem> {
    let Ready { request, approved, next, .. } = ready;
    let now = bank.clock.now();
    let hand = Hand { user: by.user.id, serial: by.user.token_serial.clone() };
    let step = store::step_row(&request, &hand, at);
    if approved == Approved::More {
        let mut what = recorded(&request, Event::Approve);
        what.changes = vec![store::moved(&request, State::Asked, "", request.until, now)];
        what.rows = vec![step];
        what.barred_by = vec![next];
        let able = people::able(&bank.database, by.contract.id, &request.matter).await?;
        let mut given = request.clone();
        given.given.push(super::request::Given { hand, digest: request.digest.clone(), at });
        let to = if request.need.ordered { next_of(&given, &able) } else { Vec::new() };
        what.mail = Some((notice(&request, by, "一次承認が済み、最終承認を待っています"), to));
        register(bank, by, code, what).await?;
        return Ok(Outcome::More);
    }
    match &request.matter {
        Matter::Administration(change) => {
            let author = users::approval::author(bank, by, &request.author).await?;
            let (mut what, password) = users::approval::apply(bank, &author, by, change).await?;
            what.changes.insert(0, store::moved(&request, State::Done, "", now, now));
            what.rows.push(step);
            // a change of the policy takes its next version itself
            if what.guards.iter().all(|(taken, _)| *taken != next) {
                what.barred_by.push(next);
            }
            what.detail = format!("{} (request {})", what.detail, request.id);
            register(bank, by, code, what).await?;
            tracing::info!(request = %request.id, by = %by.user.id, "a change was confirmed and made");
            Ok(password.map_or(Outcome::Done, Outcome::Password))
        }
        Matter::Payeasy(asked) => {
            // asked anew before anything is decided: what is no longer as it was approved goes back
            let inquiry = match payeasy::approval::inquire(bank, &request, asked).await? {
                Ok(inquiry) => inquiry,
                Err(changed) => {
                    back(bank, by, &request, &changed.words(), Event::Return).await?;
                    return Ok(Outcome::Returned(changed.words()));
                }
            };
            give_last(bank, by, &request, (step, next), code, Some(inquiry)).await
        }
        Matter::Transfer(_) | Matter::Return(_) | Matter::Bulk(_) => {
            give_last(bank, by, &request, (step, next), code, None).await
        }
    }
}

/// Commits the last approval of what moves money, and carries it out.
async fn give_last(
    bank: &Bank,
    by: &SignedIn,
    request: &Request,
    (step, next): (Row, GuardKey),
    code: Option<Guard>,
    prepared: Option<InquiryId>,
) -> Result<Outcome, Problem> {
    let mut what = recorded(request, Event::ApproveLast);
    what.changes = vec![store::moved(request, State::Approved, "", request.until, bank.clock.now())];
    what.rows = vec![step];
    what.barred_by = vec![next];
    register(bank, by, code, what).await?;
    // the last approval stands: whatever fails from here on, it is carried out, now or by the next look
    let Ok(Some(approved)) = store::find(&bank.database, by.contract.id, request.id).await else {
        return Ok(Outcome::Unclear);
    };
    let bank = bank.clone();
    // a task of its own: a person who goes away stops nothing
    let carried = tokio::spawn(async move { carry_out::carry_out(&bank, &approved, prepared).await });
    Ok(match carried.await {
        Ok(Ending::Done(_)) => Outcome::Done,
        Ok(Ending::Refused(words)) => Outcome::Returned(words),
        Ok(Ending::Unclear) | Err(_) => Outcome::Unclear,
    })
}

/// 差戻し: an approver sends it back with a reason.
pub async fn send_back(bank: &Bank, by: &SignedIn, id: ApprovalId, reason: &str) -> Result<(), Problem> {
    let request = open(bank, by, id).await?;
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return Err(Problem::Reason);
    }
    let words = format!("{reason}(差し戻した方: {})", by.user.name);
    back(bank, by, &request, &words, Event::Return).await
}

async fn back(
    bank: &Bank,
    by: &SignedIn,
    request: &Request,
    note: &str,
    event: Event,
) -> Result<(), Problem> {
    let what = returned(bank, request, &by.contract, note, event).await?;
    register(bank, by, None, what).await?;
    reopened(bank, request, Some(note)).await;
    Ok(())
}

/// The commit that gives a request back to its author, who is told why.
pub(super) async fn returned(
    bank: &Bank,
    request: &Request,
    contract: &Contract,
    note: &str,
    event: Event,
) -> Result<Registration, Problem> {
    let now = bank.clock.now();
    let state = request.state.after(event).ok_or(Problem::Changed)?;
    let until = now.plus_seconds(Bounds::embedded().draft_days.saturating_mul(86_400));
    let mut what = recorded(request, event);
    // it ended when its time was over, however late that is noted
    let ended_at = if event == Event::Expire { request.until.min(now) } else { now };
    what.changes = vec![store::moved(request, state, note, until, ended_at)];
    let title = match state {
        State::Expired => "承認の期限が過ぎました",
        _ => "承認の依頼が差し戻されました",
    };
    let mut lines = lines(request);
    lines.push(("理由", note.to_owned()));
    let told = Notice {
        event: format!("approval-back-{}", random::opaque_id()),
        title: title.to_owned(),
        lines,
        advice: "「承認」の画面で内容を確かめ、必要であれば、直してもう一度依頼してください。お金は動いていません。",
    };
    let to = bank.contracts.recipients(contract.id, To::User(request.author.user)).await?;
    what.mail = Some((told, to));
    Ok(what)
}

/// 引戻し: the author takes it back before the last approval.
pub async fn withdraw(bank: &Bank, by: &SignedIn, id: ApprovalId) -> Result<(), Problem> {
    own(bank, by, id, Event::Withdraw).await
}

/// The author wants it no more.
pub async fn delete(bank: &Bank, by: &SignedIn, id: ApprovalId) -> Result<(), Problem> {
    own(bank, by, id, Event::Delete).await
}

async fn own(bank: &Bank, by: &SignedIn, id: ApprovalId, event: Event) -> Result<(), Problem> {
    let request = store::find(&bank.database, by.contract.id, id).await?;
    let request = request.filter(|request| request.is_of(&by.user)).ok_or(Problem::NotThere)?;
    let now = bank.clock.now();
    let state = request.state_at(now).after(event).ok_or(Problem::Changed)?;
    let until = now.plus_seconds(Bounds::embedded().draft_days.saturating_mul(86_400));
    let mut what = recorded(&request, event);
    what.changes = vec![store::moved(&request, state, "", until, now)];
    if event == Event::Delete {
        what.release = store::made_before(&request);
    }
    register(bank, by, None, what).await?;
    if event == Event::Withdraw {
        reopened(bank, &request, None).await;
    }
    Ok(())
}

/// What was asked for may be changed again, where asking has frozen it. Whatever fails here, its author can take it
/// back on its own page.
pub(super) async fn reopened(bank: &Bank, request: &Request, why: Option<&str>) {
    if let Matter::Bulk(asked) = &request.matter
        && let Err(problem) = bulk::approval::reopened(bank, request, asked, why).await
    {
        tracing::error!(request = %request.id, ?problem, "a batch stays frozen that is with its author again");
    }
}

/// What every step leaves in the audit log.
pub(super) fn recorded(request: &Request, event: Event) -> Registration {
    Registration {
        action: event.action(),
        subject: request.id.to_string(),
        detail: format!("{} round {} digest {}", request.matter.code(), request.round, request.digest),
        ..Registration::default()
    }
}

/// A step that the bank takes by itself. Says whether it was this process that took it.
pub(super) async fn by_itself(bank: &Bank, contract: &Contract, what: Registration) -> Result<bool, Problem> {
    let commit: Commit = what.commit("system", contract, bank.clock.now());
    match bank.ledger.commit(commit).await {
        Ok(_) => Ok(true),
        Err(ledger::Refused::Stale | ledger::Refused::Guarded { .. }) => Ok(false),
        Err(refused) => Err(Problem::unavailable(&refused)),
    }
}

/// Those whose turn it is, as far as they have a mail address.
pub(super) fn next_of(request: &Request, able: &[Approver]) -> Vec<Recipient> {
    let turn = match (request.need.ordered, request.given.is_empty()) {
        (false, _) => None,
        (true, true) => Some(Step::First),
        (true, false) => Some(Step::Final),
    };
    let has_turn = |one: &&Approver| turn.is_none_or(|step| one.steps.contains(&step));
    let fresh = |one: &&Approver| {
        one.user != request.author.user && request.given.iter().all(|given| given.hand.user != one.user)
    };
    able.iter().filter(has_turn).filter(fresh).filter_map(Approver::recipient).collect()
}

fn lines(request: &Request) -> Vec<(&'static str, String)> {
    let mut lines = vec![("業務", request.matter.label().to_owned()), ("内容", request.matter.title())];
    lines.extend(request.matter.amount().map(|amount| ("金額", format!("{amount} 円"))));
    lines
}

fn notice(request: &Request, by: &SignedIn, title: &str) -> Notice {
    let mut lines = lines(request);
    lines.push(("操作した方", by.user.name.clone()));
    lines.push(("承認の期限", crate::frame::day_and_time(request.until)));
    Notice {
        event: format!("approval-ask-{}", random::opaque_id()),
        title: title.to_owned(),
        lines,
        advice: "ログインし、「承認」の画面で内容を確かめてください。お心当たりがない場合は、承認せずに、すぐにお取引店へお電話ください。",
    }
}

/// The mail that reminds approvers of a request that ends soon, before the next one, where another comes.
pub(super) fn reminder(request: &Request, next: Option<Timestamp>) -> Notice {
    let mut lines = lines(request);
    lines.push(("承認の期限", crate::frame::day_and_time(request.until)));
    Notice {
        event: format!(
            "approval-remind-{}-{}-{}",
            request.id,
            request.round,
            next.map_or(0, Timestamp::micros)
        ),
        title: "承認の期限が近づいています".to_owned(),
        lines,
        advice: "期限までに承認がないと、依頼は期限切れになります。ログインし、「承認」の画面で内容を確かめてください。",
    }
}

/// What a secret holds, for whoever carries it out.
pub fn exposed(secret: Option<&SecretString>) -> &str {
    secret.map(ExposeSecret::expose_secret).unwrap_or_default()
}
