//! Every recall of another bank against its events, its money, its guards, its open work, and the credit that it is
//! about.

use database::{Tx, Value, insert, on};
use domain::{AccountId, BankCode, RecallId, Timestamp};
use ledger::{Event as Stored, Kind};
use uuid::Uuid;

use super::{Journal, Look, PAGE, events_of, journal};
use crate::network::consent::{Body, ConsentState, asked_guard, due_guard, one_case};
use crate::order::Facts;
use crate::{StoreError, chart};

use std::collections::BTreeMap;

const ROWS: &str = "SELECT c.id, c.from_bank, c.original, c.account, c.amount, c.until_us,
        CASE WHEN i.account = c.account AND i.amount = c.amount AND i.outcome = 'credited'
            THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
    FROM recall_consent c LEFT JOIN interbank_incoming i ON i.from_bank = c.from_bank AND i.id = c.original
    WHERE c.id > $1 ORDER BY c.id LIMIT $2";

/// A case: id, bank, number of the transfer, account, amount, deadline, and whether such a transfer was credited.
type Case = (Uuid, String, String, i64, i64, i64, i64);

impl Look {
    pub(super) async fn consents(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let mut after = Uuid::nil();
        loop {
            let page: Vec<Case> =
                on!(tx, |c| sqlx::query_as(ROWS).bind(after).bind(PAGE).fetch_all(c).await)?;
            let Some((last, ..)) = page.last() else { return Ok(()) };
            after = *last;
            let ids: Vec<_> = page.iter().map(|(id, ..)| (*id).into()).collect();
            let mut events = events_of(tx, &ids).await?;
            let bodies =
                events.values().flatten().filter_map(|event| StoreError::json::<Body>(&event.body).ok());
            let moved: Vec<_> = bodies.filter_map(|body| body.transfer).map(|id| id.uuid().into()).collect();
            let journal = journal(tx, &moved).await?;
            let within = self.orders_within(tx, &page).await?;
            for case in &page {
                let events = events.remove(&case.0).unwrap_or_default();
                if let Err(error) = self.case(case, &events, &journal, within.get(&case.2)) {
                    self.found("consent-events", &case.0, error.to_string());
                }
            }
        }
    }

    /// The orders within the bank that these cases are about, by their numbers.
    async fn orders_within(
        &self,
        tx: &mut Tx,
        cases: &[Case],
    ) -> Result<BTreeMap<String, Facts>, StoreError> {
        let own = cases.iter().filter(|case| case.1 == self.own_bank.as_str());
        let ids: Vec<Value> = own.filter_map(|case| Uuid::try_parse(&case.2).ok()).map(Value::from).collect();
        let found: Vec<(String,)> =
            insert::select_in(tx, "SELECT facts FROM transfer_order WHERE id IN", &ids, "").await?;
        let facts = found.iter().map(|(facts,)| StoreError::json::<Facts>(facts));
        facts.map(|facts| facts.map(|facts| (facts.message_id(), facts))).collect()
    }

    fn case(
        &mut self,
        (id, bank, original, account, amount, until_us, credited): &Case,
        events: &[Stored],
        journal: &BTreeMap<Uuid, Journal>,
        within: Option<&Facts>,
    ) -> Result<(), StoreError> {
        let (subject, account) = (RecallId::from_uuid(*id), AccountId::new(*account));
        let (mut state, mut day) = (None::<ConsentState>, None);
        for (stored, seq) in events.iter().zip(1..) {
            let body: Body = StoreError::json(&stored.body)?;
            let may = state.map_or(body.state == ConsentState::Asked, |state| state.may_become(body.state));
            if !may || stored.seq != seq || stored.kind != body.state.event() {
                return Err(StoreError::Corrupt(format!("event {} of the recall", stored.seq)));
            }
            (state, day) = (Some(body.state), body.day.or(day));
            let found = body.transfer.and_then(|id| journal.get(&id.uuid()));
            let right = match (money(body.state, account, within), found) {
                (None, None) => body.transfer.is_none(),
                (Some((debit, credits)), Some((d, c, moved, kind, _))) => {
                    let kinds = *kind == Kind::Posted.code() && moved == amount;
                    *d == debit.get() && credits.iter().any(|credit| credit.get() == *c) && kinds
                }
                _ => false,
            };
            if !right {
                self.found(
                    "consent-money",
                    &subject,
                    format!("{} and the journal has {found:?}", body.state),
                );
            }
        }
        let state = state.ok_or_else(|| StoreError::Corrupt("it has no event".to_owned()))?;
        // within the bank the order itself is what was credited
        let order =
            within.is_some_and(|facts| facts.payee_account == Some(account) && facts.amount.get() == *amount);
        if *credited == 0 && !order {
            self.found("consent-credit", &subject, format!("no such transfer of {bank} was credited"));
        }
        if self.open.remove(id).is_some() != state.is_open() {
            self.found("consent-outbox", &subject, format!("it is {state}, and its open work does not fit"));
        }
        let bank: BankCode = bank.parse().map_err(|_| StoreError::Corrupt(format!("{bank} is no bank")))?;
        let asked = asked_guard(Timestamp::from_micros(*until_us), subject);
        let mut guards = vec![(one_case(&bank, original), true), (asked, state == ConsentState::Asked)];
        guards.extend(day.map(|day| (due_guard(day, subject), state == ConsentState::Returned)));
        for (guard, taken) in guards {
            if self.guards.remove(&guard.0) != taken {
                self.found("consent-guard", &subject, format!("it is {state}, and {} does not fit", guard.0));
            }
        }
        if matches!(state, ConsentState::Given | ConsentState::Returned) {
            self.due += amount;
        }
        Ok(())
    }
}

/// What the way to a state has to have moved: from where, and to one of these.
fn money(
    state: ConsentState,
    account: AccountId,
    within: Option<&Facts>,
) -> Option<(AccountId, Vec<AccountId>)> {
    if let Some(facts) = within {
        return (state == ConsentState::Given).then(|| (account, vec![facts.account, chart::SUSPENSE]));
    }
    match state {
        ConsentState::Given => Some((account, vec![chart::OUTGOING])),
        ConsentState::Settled => Some((chart::OUTGOING, vec![chart::BANK_OF_JAPAN])),
        ConsentState::Rejected => Some((chart::OUTGOING, vec![account, chart::SUSPENSE])),
        ConsentState::Asked | ConsentState::Returned | ConsentState::Refused | ConsentState::Answered => None,
    }
}
