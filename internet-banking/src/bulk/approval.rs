//! A batch that others approve: what is asked for, and what is done with it once it is approved. Asked for, the
//! engine keeps it as it is under a digest; the request names that digest, and the engine takes the last approval
//! for no other content (SEC-16, R119–R121).

use bulk::{Act, ActError, Approval, Batch, Kind, State};
use domain::{AccountId, ApprovalId, BatchId, Date, Yen};
use gateway::{Guard, Service, stops_against};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::operation::permit;
use super::problem::Problem;
use super::{kinds, rules};
use crate::Bank;
use crate::approvals::{self, Asking, Ending, Matter, Need, Policies, Request};
use crate::contracts::Business;
use crate::payeasy::operation::confirm;
use crate::sign_in::SignedIn;

/// A batch as it is asked for, approved and carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedBatch {
    /// The batch.
    pub batch: BatchId,
    /// Its kind; what is asked for has a word of that name already.
    #[serde(rename = "batch_kind")]
    pub kind: Kind,
    /// The account that is debited, or credited by 口座振替.
    pub account: AccountId,
    /// 依頼人名.
    pub name: String,
    /// Its day.
    pub day: Date,
    /// How many rows it has.
    pub rows: i64,
    /// What they sum up to.
    pub amount: Yen,
    /// The bank's fees for them.
    pub fees: Yen,
    /// Names heading and rows, word for word.
    pub digest: String,
}

impl AskedBatch {
    /// The business.
    pub const fn business(&self) -> Business {
        kinds::business(self.kind)
    }

    /// Whether its approval costs a one-time password (R56, R57).
    pub fn demands_code(&self) -> bool {
        rules::approval_of(self.kind.counted()).demands_one()
    }

    /// `総合振込 12件`.
    pub fn title(&self) -> String {
        format!("{} {}件", self.kind.label(), self.rows)
    }
}

/// What the policy of now demands of a batch: one approval at least.
pub async fn need(bank: &Bank, by: &SignedIn, batch: &Batch) -> Result<Need, Problem> {
    let (_, policy) = Policies::of(&bank.database, by.contract.id).newest().await?;
    let need = policy.need(kinds::business(batch.heading.kind), batch.amount);
    Ok(if need.is_none() { Need::ONE } else { need })
}

fn act(batch: &Batch, user: domain::UserId) -> Act {
    Act {
        contract: batch.contract,
        batch: batch.id,
        version: batch.version,
        user,
        actor: user.to_string(),
        guards: Vec::new(),
        barred_by: Vec::new(),
    }
}

/// Freezes a batch as it was seen and asks for its approval. Where nobody can be asked it is as it was before.
pub async fn ask(
    bank: &Bank,
    by: &SignedIn,
    batch: &Batch,
    confirmation_password: &SecretString,
) -> Result<ApprovalId, approvals::Problem> {
    permit(bank, by, &batch.heading).await?;
    if !batch.state.is_editable() {
        return Err(Problem::NotPossible(batch.state).into());
    }
    bank.bulk.check(batch).map_err(Problem::from)?;
    confirm(bank, by, confirmation_password).await.map_err(Problem::Confirmation)?;
    let about = batch.id.to_string();
    let before = approvals::about(&bank.database, by.contract.id, by.user.id, &about).await?;
    let before = match before {
        Some(id) => approvals::find(&bank.database, by.contract.id, id).await?,
        None => None,
    };
    let need = need(bank, by, batch).await?;
    let asked = bank.bulk.request(act(batch, by.user.id)).await.map_err(Problem::from)?;
    let heading = &asked.heading;
    let asking = Asking {
        about,
        matter: Matter::Bulk(Box::new(AskedBatch {
            batch: asked.id,
            kind: heading.kind,
            account: heading.account,
            name: heading.name.clone(),
            day: heading.day,
            rows: asked.rows,
            amount: asked.amount,
            fees: asked.fees,
            digest: asked.digest.clone().unwrap_or_default(),
        })),
        secret: None,
        need,
        until: Some(asked.approved_before(bank.bulk.terms())),
    };
    match approvals::ask(bank, by, asking, before.as_ref(), None).await {
        Ok(id) => Ok(id),
        Err(problem) => {
            bank.bulk.withdraw(act(&asked, by.user.id)).await.map_err(Problem::from)?;
            Err(problem)
        }
    }
}

/// The newest request about a batch, whoever of its contract made it.
pub async fn request_of(bank: &Bank, batch: &Batch) -> Result<Option<Request>, Problem> {
    let id = approvals::about_of_anyone(&bank.database, batch.contract, &batch.id.to_string()).await?;
    match id {
        Some(id) => Ok(approvals::find(&bank.database, batch.contract, id).await?),
        None => Ok(None),
    }
}

/// 引戻し: who asked for it takes it back; and a batch about which no request is open any more, since a process ended
/// between the two, whoever may change it.
pub async fn take_back(bank: &Bank, by: &SignedIn, batch: &Batch) -> Result<(), approvals::Problem> {
    permit(bank, by, &batch.heading).await?;
    let now = bank.clock.now();
    let request = request_of(bank, batch).await?;
    let is_open = |request: &&Request| {
        matches!(request.state_at(now), approvals::State::Asked | approvals::State::Approved)
    };
    match request.iter().find(is_open) {
        Some(request) => approvals::withdraw(bank, by, request.id).await,
        None => {
            bank.bulk.withdraw(act(batch, by.user.id)).await.map_err(Problem::from)?;
            Ok(())
        }
    }
}

/// A request is with its author again: the batch may be changed. What nobody approved in time is over for the engine
/// itself.
pub async fn reopened(
    bank: &Bank,
    request: &Request,
    asked: &AskedBatch,
    why: Option<&str>,
) -> Result<(), Problem> {
    let Some(batch) = bank.bulk.find(request.contract, asked.batch).await? else { return Ok(()) };
    if batch.state != State::Requested || batch.digest.as_ref() != Some(&asked.digest) {
        return Ok(());
    }
    let act = act(&batch, request.author.user);
    let opened = match why {
        Some(why) => bank.bulk.send_back(act, why).await,
        None => bank.bulk.withdraw(act).await,
    };
    match opened {
        // somebody else has just done the same
        Err(ActError::Stale | ActError::NotPossible(_)) => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

/// Gives the last approval to the engine, once: whoever comes twice finds it given. What cannot be carried out is
/// said, and what is not known is tried again until the request's time is over.
pub async fn carry_out(bank: &Bank, request: &Request, asked: &AskedBatch) -> Ending {
    match try_once(bank, request, asked).await {
        Ok(batch) => Ending::Done(format!("{}を受け付けました。", batch.heading.kind.label())),
        Err(approvals::Problem::Unavailable) => Ending::Unclear,
        Err(approvals::Problem::Bulk(Problem::Unavailable | Problem::Changed))
            if !approvals::is_over(bank, request) =>
        {
            Ending::Unclear
        }
        Err(problem) => Ending::Refused(problem.words()),
    }
}

async fn try_once(bank: &Bank, request: &Request, asked: &AskedBatch) -> Result<Batch, approvals::Problem> {
    let batch = bank.bulk.find(request.contract, asked.batch).await.map_err(Problem::from)?;
    let batch = batch.ok_or(Problem::NotThere)?;
    let is_this = batch.digest.as_ref() == Some(&asked.digest);
    if is_this && matches!(batch.state, State::Approved | State::Running | State::Handed | State::Done) {
        return Ok(batch);
    }
    let mut barred_by = approvals::still_may(bank, request).await?;
    let contract = bank.contracts.contract(request.contract).await?;
    let contract = contract.ok_or(approvals::Problem::AuthorMayNot)?;
    barred_by.extend(stops_against(contract.id, contract.plan.code(), &[Service::Transfer]));
    let last = request.given.last().map_or(request.author.user, |given| given.hand.user);
    let approval = Approval {
        act: Act {
            guards: vec![Guard::approval_act(request.id, request.round).key()],
            barred_by,
            ..act(&batch, last)
        },
        digest: asked.digest.clone(),
        limit: None,
    };
    let approved = bank.bulk.approve(approval).await.map_err(Problem::from)?;
    tracing::info!(batch = %approved.id, request = %request.id, "an approved batch was taken");
    Ok(approved)
}
