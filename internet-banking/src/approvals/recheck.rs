//! What must hold when something approved is carried out, whatever held when it was asked for or approved: between the
//! two may lie days, in which contracts end, people go and policies change.

use ledger::GuardKey;

use super::people;
use super::policy::{Need, counted};
use super::problem::Problem;
use super::request::Request;
use super::settings::{Held, Policies};
use super::ties::Ties;
use crate::Bank;
use crate::contracts::{AccessVersion, ContractState};
use crate::payeasy;
use crate::policy::offers;

/// Whether a request may still be carried out: the contract is in force, its author may still do it, and it has as many
/// approvals as the policy of now demands, of people who could give them now. Answers the bars that nobody may have
/// taken when it is: the policy's next version, and the next change of who may do what in the contract.
pub async fn still_may(bank: &Bank, request: &Request) -> Result<Vec<GuardKey>, Problem> {
    let access = AccessVersion::of(&bank.database, request.contract).await?;
    let contract = bank.contracts.contract(request.contract).await?;
    let contract = contract.filter(|one| one.state == ContractState::Active).ok_or(Problem::AuthorMayNot)?;
    let author = bank.contracts.user(contract.id, request.author.user).await?.ok_or(Problem::AuthorMayNot)?;
    if let Some((business, account)) = request.matter.place() {
        if !offers(contract.plan, business) || !author.rights.may_use(business, account) {
            return Err(Problem::AuthorMayNot);
        }
        if let Some(until) = bank.certificates.cooling_off(&author, &contract).await? {
            return Err(payeasy::Problem::CoolingOff { until }.into());
        }
    }
    let now = bank.clock.now();
    let Held { policy, next, .. } = Policies::of(&bank.database, contract.id).held(now).await?;
    let now_needed = match (request.matter.place(), request.matter.amount()) {
        (Some((business, _)), Some(amount)) => policy.need(business, amount),
        _ => Need::ONE,
    };
    // whatever is kept of it, what comes here is what others have approved
    let need = request.need.and(now_needed).and(Need::ONE);
    let able = people::by_person(people::able(&bank.database, contract.id, &request.matter).await?);
    let ties = Ties::of(&bank.database, contract.id, now).await?;
    let counted = counted(need, &request.author, &request.hands(), policy.distinct_tokens, (&able, &ties));
    if counted.len() < usize::from(need.approvals) {
        return Err(Problem::NotEnough);
    }
    Ok(vec![next, access.bar()])
}
