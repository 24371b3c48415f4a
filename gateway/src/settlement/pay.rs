//! The pay date has come: net payments are posted to their beneficiaries' accounts.

use domain::SettlementId;

use super::state::Settlement;
use super::step;
use crate::points::Persist;
use crate::{Gateway, Operator, StoreError};

/// Net payments that one read answers.
const PAGE_SETTLEMENTS: usize = 64;

impl Gateway {
    /// Posts every net payment whose pay date is here, each once, and answers those that were posted now.
    pub async fn pay_due(&self, operator: &Operator) -> Result<Vec<Settlement>, StoreError> {
        let end = format!("{}|", self.now().date());
        let mut paid = Vec::new();
        let mut after = String::new();
        loop {
            let due = self.settlements_guarded("due", &end, &after, PAGE_SETTLEMENTS).await?;
            let Some((last, _)) = due.last() else { return Ok(paid) };
            after.clone_from(last);
            for (_, settlement) in due {
                paid.extend(self.pay_one(settlement, operator).await?);
            }
        }
    }

    /// Posts one net payment if its pay date is here, and answers the settlement as it is then: paid now or before, or
    /// not to be paid yet. `None` where there is none.
    pub async fn pay_settlement(
        &self,
        id: SettlementId,
        operator: &Operator,
    ) -> Result<Option<Settlement>, StoreError> {
        let Some(found) = self.settlement(id).await? else { return Ok(None) };
        if found.is_payable_on(self.now().date()) {
            self.pay_one(found, operator).await?;
        }
        self.settlement(id).await
    }

    /// `None` where another process has posted it.
    async fn pay_one(
        &self,
        mut settlement: Settlement,
        operator: &Operator,
    ) -> Result<Option<Settlement>, StoreError> {
        while settlement.paid_at.is_none() {
            let step = step::pay(&settlement, operator, self.now())?;
            if let Some(paid) = self.step(Persist::SettlementPayment, step).await? {
                tracing::info!(settlement = %paid.number(), amount = paid.payable().get(), "paid");
                return Ok(Some(paid));
            }
            // its advice may have been answered meanwhile
            let Some(now) = self.settlement(settlement.id()).await? else { break };
            settlement = now;
        }
        Ok(None)
    }
}
