//! `mpn audit`: every order against its events, its money, its guards and its open work; and so every recall, of ours
//! and of other banks, and everything that came from the network.

mod arrived;
mod consents;
mod debits;
mod recalls;

use std::collections::{BTreeMap, BTreeSet};

use database::{Tx, Value, insert, on};
use domain::{AccountId, BankCode, Date, Yen};
use ledger::{Event as Stored, Finding, Kind};
use uuid::Uuid;

use crate::order::{Body, Event, Facts, Position, State};
use crate::step::{self, DESTINATION};
use crate::{StoreError, Transfers, chart};

/// Orders that are in memory at once.
const PAGE: i64 = 1_000;

/// A charge: contract, kind, reference, amount and day.
type Charged = (Uuid, String, String, i64, String);

/// A transfer of the journal: debit, credit, amount, kind and the hold that it ends.
type Journal = (i64, i64, i64, i64, Option<Uuid>);

/// What the whole look compares with.
struct Look {
    own_bank: BankCode,
    open: BTreeMap<Uuid, String>,
    guards: BTreeSet<String>,
    /// What is charged for the orders or recalls of the page.
    charges: BTreeMap<Uuid, Charged>,
    due: i64,
    /// Of every return that an order tells of: its transfer, and the number of its message.
    returned: BTreeMap<Uuid, String>,
    /// The transfers of debits that were made at other banks.
    collected: BTreeSet<Uuid>,
    findings: Vec<Finding>,
}

impl Transfers {
    /// Compares everything that is stored of orders, in one snapshot beside live traffic.
    pub async fn audit(&self) -> Result<Vec<Finding>, StoreError> {
        let mut tx = self.database().snapshot().await?;
        let mut look = Look::begin(&mut tx, self.own_bank().clone()).await?;
        let mut after = Uuid::nil();
        loop {
            let page: Vec<(Uuid, String)> = on!(tx, |c| {
                sqlx::query_as("SELECT id, facts FROM transfer_order WHERE id > $1 ORDER BY id LIMIT $2")
                    .bind(after)
                    .bind(PAGE)
                    .fetch_all(c)
                    .await
            })?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            look.page(&mut tx, &page).await?;
        }
        look.debits(&mut tx).await?;
        look.arrived(&mut tx).await?;
        look.recalls(&mut tx).await?;
        look.consents(&mut tx).await?;
        look.end(&mut tx).await?;
        tx.rollback().await?;
        Ok(look.findings)
    }

    /// Orders whose outcome is not known, and days that are not settled, in words.
    pub async fn open_work(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut tx = self.database().snapshot().await?;
        let open: Vec<(String, Uuid)> = on!(tx, |c| {
            sqlx::query_as("SELECT key, entity FROM outbox WHERE destination = $1 ORDER BY key LIMIT 500")
                .bind(DESTINATION)
                .fetch_all(c)
                .await
        })?;
        tx.rollback().await?;
        let mut named = Vec::new();
        for (key, entity) in open {
            let order = self.find_for_operator(domain::OrderId::from_uuid(entity)).await?;
            let detail = match order {
                Some(order) => {
                    format!("{} yen to {}, {}", order.facts.amount, order.facts.to.bank, order.state)
                }
                None => "a debit or a recall, or the answer to one, that is not delivered".to_owned(),
            };
            named.push((key, detail));
        }
        Ok(named)
    }
}

impl Look {
    async fn begin(tx: &mut Tx, own_bank: BankCode) -> Result<Self, StoreError> {
        let open: Vec<(Uuid, String)> = on!(tx, |c| {
            sqlx::query_as("SELECT entity, key FROM outbox WHERE destination = $1")
                .bind(DESTINATION)
                .fetch_all(c)
                .await
        })?;
        let guards: Vec<String> = on!(tx, |c| {
            sqlx::query_scalar(
                "SELECT key FROM guard WHERE (key > 'reserved|' AND key < 'reserved}')
                 OR (key > 'interbank-due|' AND key < 'interbank-due}')
                 OR (key > 'transfer-recall|' AND key < 'transfer-recall}')
                 OR (key > 'consent-' AND key < 'consent-}')",
            )
            .fetch_all(c)
            .await
        })?;
        Ok(Self {
            own_bank,
            open: open.into_iter().collect(),
            guards: guards.into_iter().collect(),
            charges: BTreeMap::new(),
            due: 0,
            returned: BTreeMap::new(),
            collected: BTreeSet::new(),
            findings: Vec::new(),
        })
    }

    fn found(&mut self, check: &'static str, subject: &dyn ToString, detail: String) {
        self.findings.push(Finding { check, subject: subject.to_string(), detail });
    }

    async fn page(&mut self, tx: &mut Tx, page: &[(Uuid, String)]) -> Result<(), StoreError> {
        let ids: Vec<_> = page.iter().map(|(id, _)| (*id).into()).collect();
        let mut events = events_of(tx, &ids).await?;
        let bodies = events.values().flatten().filter_map(|event| StoreError::json::<Body>(&event.body).ok());
        let moved: Vec<_> = bodies.filter_map(|body| body.transfer).map(|id| id.uuid().into()).collect();
        let journal = journal(tx, &moved).await?;
        self.charges = charges_of(tx, &ids).await?;
        for (id, facts) in page {
            let events = events.remove(id).unwrap_or_default();
            if let Err(error) = self.order(facts, &events, &journal) {
                self.found("transfer-events", id, error.to_string());
            }
        }
        Ok(())
    }

    fn order(
        &mut self,
        facts: &str,
        events: &[Stored],
        journal: &BTreeMap<Uuid, Journal>,
    ) -> Result<(), StoreError> {
        let facts: Facts = StoreError::json(facts)?;
        let position = Position::of(events)?;
        let state = position.state.ok_or_else(|| StoreError::Corrupt("it has no event".to_owned()))?;
        let mut from_outgoing = false;
        for stored in events {
            let (event, body): (Event, Body) = (stored.kind.parse()?, StoreError::json(&stored.body)?);
            from_outgoing |= event == Event::Returned && !was(events, Event::Settled);
            if let (Event::Returned, Some(transfer), Some(message)) = (event, body.transfer, &body.message_id)
            {
                self.returned.insert(transfer.uuid(), message.clone());
            }
            let expected = money(&facts, event, position.hold.map(|hold| hold.uuid()), from_outgoing);
            let Some((debit, credits, kind)) = expected else { continue };
            let found = body.transfer.and_then(|id| journal.get(&id.uuid()));
            let right = found.is_some_and(|(d, c, amount, k, pending)| {
                let kinds = (*k, *pending) == (kind.code(), kind.pending().map(|hold| hold.uuid()));
                *d == debit.get()
                    && credits.iter().any(|credit| credit.get() == *c)
                    && *amount == facts.amount.get()
                    && kinds
            });
            if !right {
                self.found("transfer-money", &facts.id, format!("{event} and the journal has {found:?}"));
            }
        }
        if self.open.remove(&facts.id.uuid()).is_some() != state.is_open() {
            self.found(
                "transfer-outbox",
                &facts.id,
                format!("it is {state}, and its open work does not fit"),
            );
        }
        for (guarded, guard) in
            [(State::Reserved, step::reserved_guard(&facts)), (State::Sent, step::due_guard(&facts))]
        {
            if self.guards.remove(&guard.0) != (state == guarded) {
                self.found(
                    "transfer-guard",
                    &facts.id,
                    format!("it is {state}, and {} does not fit", guard.0),
                );
            }
        }
        let owes = (was(events, Event::Sent) || was(events, Event::Executed)) && facts.fee > Yen::ZERO;
        let owed = owes.then(|| {
            let reference = format!("transfer:{}", facts.id);
            (facts.contract.uuid(), "transfer".to_owned(), reference, facts.fee.get())
        });
        self.charge("transfer-fee", &facts.id, facts.id.uuid(), owed.as_ref(), facts.day);
        if state == State::Sent {
            self.due += facts.amount.get();
        }
        Ok(())
    }

    /// Holds what is charged for an order or a recall against what is owed for it, on its day or later.
    fn charge(
        &mut self,
        check: &'static str,
        subject: &dyn ToString,
        id: Uuid,
        owed: Option<&(Uuid, String, String, i64)>,
        day: Date,
    ) {
        let charged = self.charges.remove(&id);
        let right = match (owed, &charged) {
            (None, None) => true,
            (Some(owed), Some((contract, kind, reference, amount, on))) => {
                (&owed.0, &owed.1, &owed.2, &owed.3) == (contract, kind, reference, amount)
                    && *on >= day.to_string()
            }
            _ => false,
        };
        if !right {
            self.found(check, subject, format!("owed is {owed:?}, charged is {charged:?}"));
        }
    }

    /// What belongs to no order, and the sums.
    async fn end(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let charges: Vec<String> = on!(tx, |c| {
            sqlx::query_scalar(
                "SELECT c.reference FROM charge c LEFT JOIN transfer_order o ON o.id = c.id
                 LEFT JOIN transfer_recall r ON r.id = c.id
                 WHERE c.kind IN ('transfer', 'recall') AND o.id IS NULL AND r.id IS NULL ORDER BY 1 LIMIT $1",
            )
            .bind(PAGE)
            .fetch_all(c)
            .await
        })?;
        let strays: Vec<String> = self.open.values().chain(&self.guards).chain(&charges).cloned().collect();
        for stray in strays {
            self.found("transfer-stray", &stray, "it belongs to no order".to_owned());
        }
        let outgoing = balance(tx, chart::OUTGOING).await?;
        if outgoing != self.due {
            let detail = format!("{outgoing} yen are due to other banks, of orders {}", self.due);
            self.found("transfer-due", &chart::OUTGOING, detail);
        }
        let incoming = balance(tx, chart::INCOMING).await?;
        let sql = "SELECT CAST(coalesce(sum(i.amount), 0) AS BIGINT) FROM interbank_incoming i
             LEFT JOIN interbank_day d ON d.day = i.day WHERE i.netted = 1 AND d.day IS NULL";
        let waits: i64 = on!(tx, |c| sqlx::query_scalar(sql).fetch_one(c).await)?;
        if incoming != -waits {
            let detail = format!("{incoming} yen, of what came in {waits} are not settled");
            self.found("transfer-incoming", &chart::INCOMING, detail);
        }
        Ok(())
    }
}

/// Events by what they happened to, in their order.
async fn events_of(tx: &mut Tx, ids: &[Value]) -> Result<BTreeMap<Uuid, Vec<Stored>>, StoreError> {
    let select = "SELECT entity, seq, kind, at_us, body FROM event WHERE entity IN";
    let rows: Vec<(Uuid, i64, String, i64, String)> =
        insert::select_in(tx, select, ids, " ORDER BY entity, seq").await?;
    let mut events: BTreeMap<Uuid, Vec<Stored>> = BTreeMap::new();
    for (entity, seq, kind, at_us, body) in rows {
        let at = domain::Timestamp::from_micros(at_us);
        let stored = Stored { entity: ledger::EntityId(entity), seq, kind, at, body };
        events.entry(entity).or_default().push(stored);
    }
    Ok(events)
}

/// Charges by their ids, which are those of what they are for.
async fn charges_of(tx: &mut Tx, ids: &[Value]) -> Result<BTreeMap<Uuid, Charged>, StoreError> {
    let select = "SELECT id, contract, kind, reference, amount, day FROM charge WHERE id IN";
    let rows: Vec<(Uuid, Uuid, String, String, i64, String)> = insert::select_in(tx, select, ids, "").await?;
    let one = |(id, contract, kind, reference, amount, day)| (id, (contract, kind, reference, amount, day));
    Ok(rows.into_iter().map(one).collect())
}

/// Transfers of the journal by their ids.
async fn journal(tx: &mut Tx, ids: &[Value]) -> Result<BTreeMap<Uuid, Journal>, StoreError> {
    let select = "SELECT id, debit, credit, amount, kind, pending FROM transfer WHERE id IN";
    let rows: Vec<(Uuid, i64, i64, i64, i64, Option<Uuid>)> = insert::select_in(tx, select, ids, "").await?;
    Ok(rows
        .into_iter()
        .map(|(id, debit, credit, amount, kind, pending)| (id, (debit, credit, amount, kind, pending)))
        .collect())
}

fn was(events: &[Stored], event: Event) -> bool {
    events.iter().any(|stored| stored.kind == event.as_str())
}

/// What an event has to have moved: from where, to one of these, and how.
fn money(
    facts: &Facts,
    event: Event,
    hold: Option<Uuid>,
    from_outgoing: bool,
) -> Option<(AccountId, Vec<AccountId>, Kind)> {
    let held = hold.is_some();
    let hold = || domain::TransferId::from_uuid(hold.unwrap_or_default());
    let outgoing = vec![chart::OUTGOING];
    Some(match event {
        Event::Held => (facts.account, outgoing, Kind::Pending),
        Event::Sent => (facts.account, outgoing, Kind::PostPending(hold())),
        Event::Rejected => (facts.account, outgoing, Kind::VoidPending(hold())),
        // nothing was held of a reservation that was never carried out
        Event::Failed if held => (facts.account, outgoing, Kind::VoidPending(hold())),
        Event::Executed => (facts.account, facts.payee_account.into_iter().collect(), Kind::Posted),
        Event::Settled => (chart::OUTGOING, vec![chart::BANK_OF_JAPAN], Kind::Posted),
        Event::Returned if facts.relation.is_own_bank() => {
            (facts.payee_account?, vec![facts.account, chart::SUSPENSE], Kind::Posted)
        }
        Event::Returned => {
            let from = if from_outgoing { chart::OUTGOING } else { chart::INCOMING };
            (from, vec![facts.account, chart::SUSPENSE], Kind::Posted)
        }
        _ => return None,
    })
}

async fn balance(tx: &mut Tx, account: AccountId) -> Result<i64, sqlx::Error> {
    on!(tx, |c| {
        sqlx::query_scalar(
            "SELECT CAST(coalesce(sum(CASE WHEN credit = $1 THEN amount ELSE -amount END), 0) AS BIGINT)
             FROM transfer WHERE (credit = $1 OR debit = $1) AND kind IN (0, 2)",
        )
        .bind(account.get())
        .fetch_one(c)
        .await
    })
}
