//! What came from the network: every row against its message, its money and its order; every closed day against its
//! sum.

use database::{Tx, on};
use ledger::Kind;
use uuid::Uuid;

use super::{Journal, Look, PAGE, journal};
use crate::network::{Body, SETTLED_AT_ONCE, decode};
use crate::{StoreError, chart};

const ROWS: &str =
    "SELECT from_bank, id, outcome, account, transfer, amount, netted, message FROM interbank_incoming
    WHERE (from_bank, id) > ($1, $2) ORDER BY from_bank, id LIMIT $3";

/// A row: sender, number, outcome, what it moved, whether it is part of a day's net, and its bytes.
type Arrived = (String, String, String, Option<i64>, Option<Uuid>, Option<i64>, i64, Vec<u8>);

impl Look {
    pub(super) async fn arrived(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let mut after = (String::new(), String::new());
        loop {
            let page: Vec<Arrived> = on!(tx, |c| {
                sqlx::query_as(ROWS).bind(&after.0).bind(&after.1).bind(PAGE).fetch_all(c).await
            })?;
            let Some((from, id, ..)) = page.last() else { break };
            after = (from.clone(), id.clone());
            let moved: Vec<_> = page.iter().filter_map(|row| row.4).map(Into::into).collect();
            let journal = journal(tx, &moved).await?;
            for row in &page {
                let found = row.4.and_then(|transfer| journal.get(&transfer));
                if let Some(problem) = self.problem(row, found) {
                    self.found("transfer-incoming", &format!("{} of {}", row.1, row.0), problem);
                }
            }
        }
        for (transfer, message) in std::mem::take(&mut self.returned) {
            self.found(
                "transfer-incoming",
                &message,
                format!("the return that moved {transfer} is not kept"),
            );
        }
        for transfer in std::mem::take(&mut self.collected) {
            self.found("transfer-incoming", &transfer, "no message brought this debit's money".to_owned());
        }
        let sql = "SELECT d.day, d.incoming, CAST(coalesce(sum(i.amount), 0) AS BIGINT) FROM interbank_day d
             LEFT JOIN interbank_incoming i ON i.day = d.day AND i.netted = 1 GROUP BY d.day, d.incoming";
        let days: Vec<(String, i64, i64)> = on!(tx, |c| sqlx::query_as(sql).fetch_all(c).await)?;
        for (day, settled, sum) in days.into_iter().filter(|(_, settled, sum)| settled != sum) {
            self.found("transfer-day", &day, format!("{settled} yen were settled, and {sum} came in"));
        }
        Ok(())
    }

    /// What is wrong with a row.
    fn problem(&mut self, row: &Arrived, found: Option<&Journal>) -> Option<String> {
        let (from, id, outcome, account, transfer, amount, netted, bytes) = row;
        let moves = matches!(outcome.as_str(), "credited" | "returned");
        if moves != transfer.is_some() || moves != amount.is_some() || moves != account.is_some() {
            return Some(format!("it is {outcome}, and what it moved does not fit"));
        }
        if !from.is_empty() {
            let said = match decode(bytes) {
                Ok(message) if message.from.as_str() == from && message.id == *id => message.body,
                _ => return Some("its message is another".to_owned()),
            };
            let said = match (outcome.as_str(), said) {
                ("credited", Body::Transfer(said)) => {
                    let is_of_debit = transfer.is_some_and(|transfer| self.collected.remove(&transfer));
                    if is_of_debit != said.original.is_some() {
                        return Some("whose money it is does not fit".to_owned());
                    }
                    Some(said.amount.get())
                }
                ("returned", Body::Return(said)) => Some(said.amount.get()),
                ("credited" | "returned", _) => return Some("its message brings no money".to_owned()),
                _ => None,
            };
            if moves && said != *amount {
                return Some(format!("its message says {said:?} yen, and it moved {amount:?}"));
            }
        }
        let (Some(account), Some(transfer), Some(amount)) = (account, transfer, amount) else {
            return (*netted != 0).then(|| "nothing of it can be settled".to_owned());
        };
        let from_outgoing = outcome == "returned" && *netted == 0;
        let right = found.is_some_and(|(debit, credit, moved, kind, _)| {
            let debits =
                *debit == chart::INCOMING.get() || (from_outgoing && *debit == chart::OUTGOING.get());
            debits && credit == account && moved == amount && *kind == Kind::Posted.code()
        });
        if !right {
            return Some(format!("it is {outcome}, and the journal has {found:?}"));
        }
        let at_once = *amount >= SETTLED_AT_ONCE.get();
        if outcome == "credited" && at_once != (*netted == 0) {
            return Some(format!("of {amount} yen netted is {netted}"));
        }
        if outcome == "returned" && self.returned.remove(transfer).as_ref() != Some(id) {
            return Some("no order tells of this return".to_owned());
        }
        None
    }
}
