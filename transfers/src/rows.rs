//! Orders that are rows of a batch of bulk business. The batch has the money in an account of its own, counts limits
//! and charges fees; the order is everything that happens between that account and another bank.

use domain::{AccountId, AccountRef, BatchId, ContractId, Date, OrderId, UserId, Yen};
use ledger::{Commit, GuardKey};

use crate::network::{DecodeError, decode};
use crate::order::{Facts, Order};
use crate::step;
use crate::{Handling, Method, Relation, StoreError, Transfers};

/// A row to another bank.
#[derive(Clone, Debug)]
pub struct BatchOrder {
    /// Its id, made by the caller.
    pub id: OrderId,
    /// The batch.
    pub batch: BatchId,
    /// Whose.
    pub contract: ContractId,
    /// Who approved the batch finally.
    pub user: UserId,
    /// The batch's account, which is debited.
    pub fund: AccountId,
    /// What names the payer's account.
    pub from: AccountRef,
    /// 振込依頼人名, in kana as it is sent.
    pub payer_name: String,
    /// The credited account.
    pub to: AccountRef,
    /// 受取人名, in kana as it is sent.
    pub payee_name: String,
    /// How much.
    pub amount: Yen,
    /// 振込指定日.
    pub day: Date,
}

/// An order of a batch that has failed or come back, whose money is in the batch's account.
#[derive(Clone, Debug)]
pub struct HandedBack {
    /// The order.
    pub order: Order,
    /// What is released when its money goes on to the payer.
    pub guard: GuardKey,
}

impl Transfers {
    /// The commit that places a row's order: its money is held in the batch's account, and its message is put into the
    /// outbox. The caller adds what is its own and commits it. A name that no message can carry is refused.
    pub fn hand_on(&self, row: BatchOrder) -> Result<Result<Commit, DecodeError>, StoreError> {
        let facts = Facts {
            id: row.id,
            contract: row.contract,
            user: row.user,
            account: row.fund,
            from: row.from,
            payer_name: row.payer_name,
            to: row.to,
            payee_name: row.payee_name,
            payee_account: None,
            relation: Relation::OtherBank,
            method: Method::Typed,
            handling: Handling::SameDay,
            amount: row.amount,
            fee: Yen::ZERO,
            day: row.day,
            placed_at: self.now(),
            layers: Vec::new(),
            batch: Some(row.batch),
        };
        let payload = self.message(&facts);
        match decode(&payload) {
            Ok(_) => Ok(Ok(step::hand_on(&facts, payload)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Orders of batches that have failed or come back and whose money nobody has given on, of at most so many.
    pub async fn handed_back(&self, limit: i64) -> Result<Vec<HandedBack>, StoreError> {
        let until = format!("{}}}", step::BACK.trim_end_matches('|'));
        let mut found = Vec::new();
        for id in self.guarded(step::BACK, &until, limit).await? {
            let order = self.find_for_operator(id).await?;
            let order =
                order.ok_or_else(|| StoreError::Corrupt(format!("{id} has a guard and is no order")))?;
            let batch = order.facts.batch;
            let batch = batch.ok_or_else(|| StoreError::Corrupt(format!("{id} is of no batch")))?;
            found.push(HandedBack { guard: GuardKey(format!("{}{batch}|{id}", step::BACK)), order });
        }
        Ok(found)
    }

    /// The accounts of our own register that numbers name.
    pub async fn account_of(&self, named: &AccountRef) -> Result<Option<AccountId>, StoreError> {
        self.own_account(named).await
    }
}
