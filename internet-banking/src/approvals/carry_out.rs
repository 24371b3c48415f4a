//! What was approved is carried out once: the operation takes the request's guard in its own commit, and a refusal
//! takes the same. A look comes by for what a process left that died, and for what has run out of time.

use std::time::Duration;

use domain::InquiryId;
use edge::Shutdown;
use gateway::Guard;
use ledger::EntityId;

use super::bounds::Bounds;
use super::cut_offs;
use super::operation::{by_itself, next_of, recorded, reminder, reopened, returned};
use super::people;
use super::problem::Problem;
use super::request::{Ending, Matter, Request};
use super::state::{Event, State};
use super::store;
use crate::Bank;
use crate::contracts::ContractState;
use crate::{bulk, payeasy, transfers};

/// Between two looks.
const LOOK_INTERVAL: Duration = Duration::from_secs(15);

/// Looks until the process stops.
pub async fn run(bank: Bank, mut shutdown: Shutdown) {
    let mut followed = None;
    while !shutdown.is_requested() {
        let terms = bank.transfers.terms().get();
        if followed.as_ref() != Some(&terms) {
            match cut_offs::follow(&bank).await {
                Ok(all) => followed = all.then_some(terms),
                Err(problem) => tracing::warn!(?problem, "requests do not follow the cut-offs yet"),
            }
        }
        if let Err(problem) = look(&bank).await {
            tracing::warn!(?problem, "approvals cannot be looked after");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
            () = shutdown.requested() => {}
        }
    }
}

/// Carries out what is approved and not done, ends what has run out of time, and reminds of what soon will, each
/// request by itself. Says how many requests it has moved on.
pub async fn look(bank: &Bank) -> Result<usize, Problem> {
    let mut moved = 0;
    for request in store::approved(&bank.database).await? {
        let ended = carry_out(bank, &request, None).await != Ending::Unclear;
        moved += usize::from(put_off_unless(bank, &request, Ok(ended)).await?);
    }
    let now = bank.clock.now();
    for request in store::over(&bank.database, now).await? {
        let ended = end(bank, &request).await;
        moved += usize::from(put_off_unless(bank, &request, ended).await?);
    }
    for request in store::to_remind(&bank.database, now).await? {
        let reminded = remind(bank, &request).await;
        moved += usize::from(put_off_unless(bank, &request, reminded).await?);
    }
    Ok(moved)
}

/// Whatever keeps one request from moving on keeps no other: it is tried again later.
async fn put_off_unless(
    bank: &Bank,
    request: &Request,
    moved: Result<bool, Problem>,
) -> Result<bool, Problem> {
    if let Err(problem) = &moved {
        tracing::error!(request = %request.id, ?problem, "a request cannot be moved on");
    }
    let moved = moved.unwrap_or(false);
    if !moved {
        store::put_off(&bank.database, request.id).await?;
    }
    Ok(moved)
}

/// Reminds the approvers of a request. Of a contract that has ended there are none.
async fn remind(bank: &Bank, request: &Request) -> Result<bool, Problem> {
    let contract = bank.contracts.contract(request.contract).await?;
    let Some(contract) = contract.filter(|one| one.state == ContractState::Active) else { return Ok(false) };
    let able = people::able(&bank.database, request.contract, &request.matter).await?;
    let mut what = recorded(request, Event::Ask);
    what.action = "approval.remind";
    let next = Bounds::embedded().reminds_at(request.until, bank.clock.now());
    what.changes = vec![store::reminded(request, next)];
    what.mail = Some((reminder(request, next), next_of(request, &able)));
    by_itself(bank, &contract, what).await
}

/// Ends a request whose time is over.
async fn end(bank: &Bank, request: &Request) -> Result<bool, Problem> {
    let contract = &bank.contracts.contract(request.contract).await?.ok_or(Problem::NotThere)?;
    let now = bank.clock.now();
    let what = if request.state == State::Asked {
        let note = match request.matter.amount() {
            Some(_) => {
                "承認の期限までに、必要な承認がそろいませんでした。お金は動いていません。内容を確かめ、必要であれば、もう一度依頼してください。"
            }
            None => "承認の期限までに、必要な承認がそろいませんでした。変更はされていません。",
        };
        returned(bank, request, contract, note, Event::Expire).await?
    } else {
        let mut what = recorded(request, Event::Delete);
        what.changes = vec![store::moved(request, State::Deleted, "", now, now)];
        what.release = store::made_before(request);
        what
    };
    by_itself(bank, contract, what).await
}

/// Carries an approved request out, and records what came of it.
pub async fn carry_out(bank: &Bank, request: &Request, prepared: Option<InquiryId>) -> Ending {
    let ending = match &request.matter {
        // whoever calls this with another has a fault
        _ if request.state != State::Approved => {
            tracing::error!(request = %request.id, "a request is to be carried out that nobody has approved");
            return Ending::Unclear;
        }
        // what is kept is not what was approved: nobody carries that out (SEC-16)
        _ if !request.is_intact() => {
            tracing::error!(request = %request.id, "an approved request is not what was approved");
            Ending::Refused("依頼の内容が、承認したものと一致しません。お取引店へご連絡ください。".to_owned())
        }
        Matter::Payeasy(asked) => payeasy::approval::carry_out(bank, request, asked, prepared).await,
        Matter::Transfer(asked) => transfers::approval::carry_out(bank, request, asked).await,
        Matter::Return(asked) => transfers::return_approval::carry_out(bank, request, asked).await,
        Matter::Bulk(asked) => bulk::approval::carry_out(bank, request, asked).await,
        // made in the commit of its approval
        Matter::Administration(_) => Ending::Unclear,
    };
    match record(bank, request, &ending).await {
        Ok(true) => ending,
        Ok(false) => Ending::Unclear,
        Err(problem) => {
            tracing::error!(request = %request.id, ?problem, "what came of a request is not recorded yet");
            Ending::Unclear
        }
    }
}

/// Says whether it is known what came of it.
async fn record(bank: &Bank, request: &Request, ending: &Ending) -> Result<bool, Problem> {
    let contract = bank.contracts.contract(request.contract).await?.ok_or(Problem::NotThere)?;
    let now = bank.clock.now();
    let (what, done) = match ending {
        Ending::Done(note) => {
            let mut what = recorded(request, Event::CarriedOut);
            what.changes = vec![store::moved(request, State::Done, note, now, now)];
            (what, true)
        }
        Ending::Refused(words) => {
            let mut what = returned(bank, request, &contract, words, Event::Refused).await?;
            // where it was done meanwhile this is taken, and the next look finds what was done
            let act = Guard::approval_act(request.id, request.round).key();
            what.guards = vec![(act, EntityId(request.id.uuid()))];
            (what, false)
        }
        Ending::Unclear => return Ok(false),
    };
    // another process may have recorded the same
    let own = by_itself(bank, &contract, what).await?;
    if let Ending::Refused(words) = ending {
        reopened(bank, request, Some(words)).await;
    }
    Ok(own || done)
}

/// How long an approved request is tried to be carried out: as long as it would have waited for its approvers.
pub fn is_over(bank: &Bank, request: &Request) -> bool {
    let latest = request.changed_at.plus_seconds(Bounds::embedded().wait_days.saturating_mul(86_400));
    bank.clock.now() >= request.until.min(latest)
}
