//! 組戻し within the bank: payer and payee are both ours, so that no message goes anywhere. The payee is asked like
//! one whom
//! another bank asks; consent moves the money back in one commit with the end of the recall and of the order.

use domain::{OrderId, RecallId, Timestamp, TransferId};
use ledger::{Commit, Kind, Transfer};
use uuid::Uuid;

use super::arrive::Asked;
use super::{Body, Consent, ConsentState, moved};
use crate::network::recall::{Recall, RecallState};
use crate::order::{Facts, Position};
use crate::{StoreError, Transfers, chart, step};

impl Transfers {
    /// Adds the case of the payee to the commit of a recall within the bank.
    pub(in crate::network) fn ask_payee(
        &self,
        commit: &mut Commit,
        facts: &Facts,
        recall: RecallId,
        credited_at: Timestamp,
    ) -> Result<(), StoreError> {
        let account = facts.payee_account;
        let account = account.ok_or_else(|| StoreError::Corrupt(format!("{} left the bank", facts.id)))?;
        let case = self.case(Asked {
            from: self.own_bank().clone(),
            original: facts.message_id(),
            request: recall.uuid().simple().to_string(),
            account,
            amount: facts.amount,
            payer: facts.payer_name.clone(),
            credited_at,
        })?;
        join(commit, case);
        Ok(())
    }

    /// Whether payer and payee of a case are both ours.
    pub(super) fn is_within(&self, case: &Consent) -> bool {
        case.from == *self.own_bank()
    }

    /// The money goes back to the payer; to 別段預金 where that account is closed. Nothing where another answer was faster.
    pub(super) async fn given_within(
        &self,
        case: &Consent,
        payer_closed: bool,
    ) -> Result<Option<Commit>, StoreError> {
        let Some((facts, position, recall)) = self.recalled_within(case).await? else { return Ok(None) };
        let now = self.now();
        let transfer = Transfer {
            id: TransferId::generate(),
            debit: case.account,
            credit: if payer_closed { chart::SUSPENSE } else { facts.account },
            amount: case.amount.get(),
            kind: Kind::Posted,
            memo: format!("組戻し {}", case.payer),
        };
        let given = Body { transfer: Some(transfer.id), ..Body::of(ConsentState::Given) };
        let steps = [given, Body::of(ConsentState::Returned), Body::of(ConsentState::Settled)];
        let mut commit = moved(case, &steps, now)?;
        join(&mut commit, step::returned_within(&facts, position, transfer, now)?);
        join(&mut commit, self.moved(&recall, RecallState::Returned, None)?);
        Ok(Some(commit))
    }

    /// The payee keeps it. Nothing where another answer was faster.
    pub(super) async fn refused_within(
        &self,
        case: &Consent,
        code: &str,
    ) -> Result<Option<Commit>, StoreError> {
        let Some((_, _, recall)) = self.recalled_within(case).await? else { return Ok(None) };
        let code = Some(code.to_owned());
        let refused = Body { code: code.clone(), ..Body::of(ConsentState::Refused) };
        let mut commit = moved(case, &[refused, Body::of(ConsentState::Answered)], self.now())?;
        join(&mut commit, self.moved(&recall, RecallState::Refused, code)?);
        Ok(Some(commit))
    }

    /// The order and its recall as they stand beside a case that nobody has answered. The recall is read last: while it
    /// is still asked about, the order stands as it was read.
    async fn recalled_within(&self, case: &Consent) -> Result<Option<(Facts, Position, Recall)>, StoreError> {
        let gone = || StoreError::Corrupt(format!("{} is recalled and is no order", case.original));
        let order = Uuid::try_parse(&case.original).map(OrderId::from_uuid).map_err(|_| gone())?;
        let (facts, position) = self.load(order).await?.ok_or_else(gone)?;
        let recall = self.recall_of(order).await?.ok_or_else(gone)?;
        Ok((recall.state == RecallState::Asked).then_some((facts, position, recall)))
    }
}

/// Two steps as one.
fn join(commit: &mut Commit, other: Commit) {
    commit.events.extend(other.events);
    commit.guards.extend(other.guards);
    commit.release.extend(other.release);
    commit.transfers.extend(other.transfers);
    commit.rows.extend(other.rows);
    commit.rows_if_free.extend(other.rows_if_free);
    commit.audit.extend(other.audit);
}
