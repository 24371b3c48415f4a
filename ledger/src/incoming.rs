//! 振込入金: what the remitting bank said with a credit.

use std::collections::HashMap;

use database::{Row, Table, insert};
use domain::TransferId;
use uuid::Uuid;

use crate::Ledger;

const TABLE: Table = Table {
    name: "incoming_transfer",
    columns: &["transfer", "code", "name", "bank", "bank_name", "branch", "branch_name", "edi"],
};

/// Who sent an incoming transfer. Names are in Zengin characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncomingTransfer {
    /// 振込依頼人コード, up to ten digits; empty where there is none.
    pub code: String,
    /// 振込依頼人名.
    pub name: String,
    /// 仕向銀行: number and name.
    pub bank: (String, String),
    /// 仕向店: number and name.
    pub branch: (String, String),
    /// EDI情報.
    pub edi: String,
}

impl IncomingTransfer {
    /// The row that goes with the credit, in the same commit.
    pub fn row(&self, transfer: TransferId) -> Row {
        let text = |text: &String| text.as_str().into();
        Row {
            table: &TABLE,
            values: vec![
                transfer.uuid().into(),
                text(&self.code),
                text(&self.name),
                text(&self.bank.0),
                text(&self.bank.1),
                text(&self.branch.0),
                text(&self.branch.1),
                text(&self.edi),
            ],
        }
    }
}

type Found = (Uuid, String, String, String, String, String, String, String);

impl Ledger {
    /// Those of the transfers that came from another bank or account, with who sent them.
    pub async fn incoming(
        &self,
        transfers: &[TransferId],
    ) -> Result<HashMap<TransferId, IncomingTransfer>, sqlx::Error> {
        let keys: Vec<_> = transfers.iter().map(|id| id.uuid().into()).collect();
        let mut tx = self.database.snapshot().await?;
        let select = "SELECT transfer, code, name, bank, bank_name, branch, branch_name, edi FROM incoming_transfer \
                      WHERE transfer IN";
        let found: Vec<Found> = insert::select_in(&mut tx, select, &keys, "").await?;
        tx.rollback().await?;
        let transfer = |(id, code, name, bank, bank_name, branch, branch_name, edi)| {
            let (bank, branch) = ((bank, bank_name), (branch, branch_name));
            (TransferId::from_uuid(id), IncomingTransfer { code, name, bank, branch, edi })
        };
        Ok(found.into_iter().map(transfer).collect())
    }
}
