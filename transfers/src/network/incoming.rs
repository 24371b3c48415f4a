//! What waits at the network: it is collected, acted on in one commit with its sender and number as a guard, and
//! acknowledged after that. Until it is acknowledged it comes again, and then it is only acknowledged.

use std::collections::BTreeSet;

use database::{Row, Table, Value, read};
use domain::{AccountId, AccountRef, Date, MessageId, OrderId, RecallId, TransferId, Yen, calendar};
use formats::banks::Banks;
use formats::kana::{Class, ZenginText};
use ledger::{
    AuditRecord, Commit, EntityId, GuardKey, IncomingTransfer, Kind, Refused, Transfer, TransferResult,
};
use uuid::Uuid;

use super::day::{bar, bars_after};
use super::debit::{DebitBody, DebitState};
use super::recall::RecallState;
use super::{Body, CreditTransfer, Message, Outcome, PaymentReturn, RecallAnswer, SETTLED_AT_ONCE};
use super::{Status, StatusReport, Waits, decode, encode};
use crate::alarm::Alarm;
use crate::order::State;
use crate::points::{Exchange, Persist};
use crate::step::{self, RECALLED, SYSTEM};
use crate::{StoreError, Transfers, chart};

/// Pages of one collection.
const PAGES_MAX: usize = 200;
/// Tries of a commit whose day is closed under it.
const DAYS_MAX: usize = 8;

static INCOMING: Table = Table {
    name: "interbank_incoming",
    columns: &[
        "from_bank",
        "id",
        "number",
        "outcome",
        "code",
        "account",
        "transfer",
        "amount",
        "day",
        "netted",
        "at_us",
        "message",
    ],
};

/// No such account, and one that is closed; no message, and other content under a known number: ISO's codes.
const NO_ACCOUNT: &str = "AC01";
const CLOSED: &str = "AC04";
const UNREADABLE: &str = "FF01";
/// Its day is not one on which it could be settled.
const WRONG_DAY: &str = "DT01";
const OTHER_CONTENT: &str = "DUPL";
/// No debit of ours that waits for its money, or not with this amount.
const NO_DEBIT: &str = "NOOR";

/// What is kept of a message, in the commit that acts on it.
#[derive(Clone, Debug, Default)]
struct Kept {
    outcome: &'static str,
    code: Option<String>,
    moved: Option<(AccountId, TransferId, Yen)>,
    netted: bool,
    /// The first day under which it may be booked.
    day: Option<Date>,
}

impl Kept {
    fn refused(code: &str) -> Self {
        Self { outcome: "refused", code: Some(code.to_owned()), ..Self::default() }
    }
}

/// A message as it was handed out, and what it is known by: its sender and number, or its place where it cannot be
/// read.
struct Arrived<'w> {
    from: String,
    id: String,
    waits: &'w Waits,
}

/// How a message is acknowledged: the code that it is refused with, or the day under which its money is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Acknowledged {
    code: Option<String>,
    day: Option<Date>,
}

impl Transfers {
    /// Collects what waits and acts on it, and answers how many messages were acknowledged. What cannot be acted on
    /// stays there and holds nothing up.
    pub async fn collect(&self) -> Result<usize, StoreError> {
        let (mut acknowledged, mut after) = (0, String::new());
        for _ in 0..PAGES_MAX {
            let ask = self.to_network(fresh_id(), Body::Collect(after));
            let Outcome::Answered { message, .. } = self.exchange(Exchange::Collect, encode(&ask)).await
            else {
                return Ok(acknowledged);
            };
            let Body::Waiting(waiting) = message.body else { return Ok(acknowledged) };
            for one in &waiting.messages {
                match self.take_in(one).await {
                    Ok(done) => acknowledged += usize::from(done),
                    Err(error) if error.is_everybodys() => return Err(error),
                    Err(error) => {
                        let detail = format!("it cannot be acted on: {error}");
                        self.raise(Alarm::Message, &one.number, &detail).await?;
                    }
                }
            }
            match waiting.messages.into_iter().next_back() {
                Some(last) if waiting.more => after = last.number,
                _ => break,
            }
        }
        Ok(acknowledged)
    }

    /// One message. Says whether it was acknowledged.
    async fn take_in(&self, waits: &Waits) -> Result<bool, StoreError> {
        let read = match decode(&waits.bytes) {
            Ok(message) if message.to == *self.own_bank() => Ok(message),
            Ok(_) => Err("it is for another bank".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let (from, id) = match &read {
            Ok(message) => (message.from.to_string(), message.id.clone()),
            Err(_) => (String::new(), waits.number.clone()),
        };
        let arrived = Arrived { from, id, waits };
        let answer = match self.taken_in(&arrived).await? {
            Some((answer, true)) => answer,
            Some((_, false)) => {
                let detail = format!("{} of {} is known with another content", arrived.id, arrived.from);
                self.raise(Alarm::Message, &waits.number, &detail).await?;
                Acknowledged { code: Some(OTHER_CONTENT.to_owned()), day: None }
            }
            None => {
                let acted = match &read {
                    Ok(message) => self.act_on(message, &arrived).await?,
                    Err(problem) => self.cannot_read(problem, &arrived).await?,
                };
                let Some(answer) = acted else { return Ok(false) };
                answer
            }
        };
        let status = if answer.code.is_some() { Status::Rejected } else { Status::Received };
        let report =
            StatusReport { original: waits.number.clone(), status, code: answer.code, day: answer.day };
        let answer = self.to_network(fresh_id(), Body::Status(report));
        let outcome = self.exchange(Exchange::Acknowledge, encode(&answer)).await;
        Ok(matches!(
            outcome,
            Outcome::Answered { message: Message { body: Body::Status(got), .. }, .. }
                if got.original == answer.id && got.status == Status::Received
        ))
    }

    /// How a message was acknowledged that was acted on before, and whether it was this very one.
    async fn taken_in(&self, arrived: &Arrived<'_>) -> Result<Option<(Acknowledged, bool)>, StoreError> {
        let sql =
            "SELECT CASE WHEN outcome = 'refused' THEN code END, CASE WHEN transfer IS NOT NULL THEN day END,
             message FROM interbank_incoming WHERE from_bank = $1 AND id = $2";
        let found: Option<(Option<String>, Option<String>, Vec<u8>)> = read!(self.database(), |c| {
            sqlx::query_as(sql).bind(&arrived.from).bind(&arrived.id).fetch_optional(c).await
        })?;
        let Some((code, day, bytes)) = found else { return Ok(None) };
        let day = day.map(|day| {
            day.parse().map_err(|_| StoreError::Corrupt(format!("{day} is no day of the network")))
        });
        Ok(Some((Acknowledged { code, day: day.transpose()? }, bytes == arrived.waits.bytes)))
    }

    /// Acts on a message that is new. `None` where it has to wait.
    async fn act_on(
        &self,
        message: &Message,
        arrived: &Arrived<'_>,
    ) -> Result<Option<Acknowledged>, StoreError> {
        let (kept, commit) = match &message.body {
            Body::Transfer(transfer) => match &transfer.original {
                Some(debit) => return self.collected(debit, transfer, arrived).await,
                None => return self.credit(message, transfer, arrived).await,
            },
            Body::Return(back) => return self.give_back(message, back, arrived).await,
            Body::RecallAnswer(answer) => match self.recall_answered(answer).await? {
                Some(commit) => (Kept { outcome: "answered", ..Kept::default() }, commit),
                None => return Ok(None),
            },
            Body::Recall(asked) => match self.asked_back(message, asked).await? {
                Ok(commit) => (Kept { outcome: "noted", ..Kept::default() }, commit),
                Err(code) => (Kept::refused(code), Commit::default()),
            },
            Body::Status(report) => match self.debit_of(&report.original).await? {
                Some(debit) => match self.debit_refused(&debit, report).await? {
                    Some(commit) => (Kept { outcome: "answered", ..Kept::default() }, commit),
                    None => return Ok(None),
                },
                None => (self.unasked(message).await?, Commit::default()),
            },
            _ => (self.unasked(message).await?, Commit::default()),
        };
        self.keep(arrived, kept, commit).await
    }

    /// Another bank says what we did not ask for: for people.
    async fn unasked(&self, message: &Message) -> Result<Kept, StoreError> {
        self.raise(Alarm::Message, &message.id, "it is nothing that this bank acts on by itself").await?;
        Ok(Kept { outcome: "noted", ..Kept::default() })
    }

    /// The money of a debit at another bank, into the account of its batch. `None` while the request's own answer is
    /// not known: the next delivery will hear that it was taken.
    async fn collected(
        &self,
        original: &str,
        transfer: &CreditTransfer,
        arrived: &Arrived<'_>,
    ) -> Result<Option<Acknowledged>, StoreError> {
        let debit = self.debit_of(original).await?;
        let debit = match debit {
            Some(debit) if debit.amount == transfer.amount && debit.body.state == DebitState::Asked => debit,
            Some(debit) if debit.body.state == DebitState::Requested => return Ok(None),
            found => {
                let state = found.map_or("none of ours", |debit| debit.body.state.as_str());
                let detail = format!("{} yen of debit {original} come, which is {state}", transfer.amount);
                self.raise(Alarm::Contradicted, original, &detail).await?;
                return self.keep(arrived, Kept::refused(NO_DEBIT), Commit::default()).await;
            }
        };
        if transfer.day > calendar::next_business_day(self.now().date()) {
            return self.keep(arrived, Kept::refused(WRONG_DAY), Commit::default()).await;
        }
        let id = TransferId::generate();
        let body = DebitBody { state: DebitState::Collected, code: None, transfer: Some(id) };
        let Some(mut commit) = self.debit_moved(&debit, body)? else { return Ok(None) };
        let netted = transfer.amount < SETTLED_AT_ONCE;
        commit.transfers.push(Transfer {
            id,
            debit: chart::INCOMING,
            credit: debit.fund,
            amount: transfer.amount.get(),
            kind: Kind::Posted,
            memo: format!("口座振替 {}", transfer.debtor.name),
        });
        if !netted {
            commit.transfers.push(settled_at_once(transfer.amount));
        }
        let moved = Some((debit.fund, id, transfer.amount));
        let kept = Kept { outcome: "credited", code: None, moved, netted, day: Some(transfer.day) };
        self.keep(arrived, kept, commit).await
    }

    /// What cannot be read is kept for people, and refused.
    async fn cannot_read(
        &self,
        problem: &str,
        arrived: &Arrived<'_>,
    ) -> Result<Option<Acknowledged>, StoreError> {
        self.raise(Alarm::Message, &arrived.id, problem).await?;
        self.keep(arrived, Kept::refused(UNREADABLE), Commit::default()).await
    }

    /// Commits what was made of a message, once, and answers how it is acknowledged: as it stands, whoever has acted on
    /// it. `None` where nobody has: something of it has moved on meanwhile.
    async fn keep(
        &self,
        arrived: &Arrived<'_>,
        kept: Kept,
        commit: Commit,
    ) -> Result<Option<Acknowledged>, StoreError> {
        for _ in 0..DAYS_MAX {
            let today = self.now().date();
            let day = self.open_day(kept.day.unwrap_or(today).max(today)).await?;
            match self.persist(Persist::Incoming, self.keeping(arrived, &kept, day, commit.clone())).await {
                Ok(_) => {
                    let code = kept.code.filter(|_| kept.outcome == "refused");
                    return Ok(Some(Acknowledged { code, day: kept.moved.map(|_| day) }));
                }
                // the day was closed meanwhile: it is booked under the next
                Err(Refused::Guarded { key, .. }) if key == bar(day).0 => {}
                Err(Refused::Guarded { .. } | Refused::Stale) => {
                    let taken = self.taken_in(arrived).await?;
                    return Ok(taken.filter(|(_, same)| *same).map(|(answer, _)| answer));
                }
                Err(refused) => return Err(refused.into()),
            }
        }
        Ok(None)
    }

    fn keeping(&self, arrived: &Arrived<'_>, kept: &Kept, day: Date, mut commit: Commit) -> Commit {
        let entity = EntityId(Uuid::from_bytes(first_16(&format!("{}|{}", arrived.from, arrived.id))));
        commit.guards.push((GuardKey(format!("interbank-in|{}|{}", arrived.from, arrived.id)), entity));
        if kept.moved.is_some() {
            commit.barred_by.push(bar(day));
        }
        commit.rows.push(Row {
            table: &INCOMING,
            values: vec![
                arrived.from.clone().into(),
                arrived.id.clone().into(),
                arrived.waits.number.clone().into(),
                kept.outcome.into(),
                Value::Text(kept.code.clone()),
                Value::Int(kept.moved.map(|(account, ..)| account.get())),
                Value::Uuid(kept.moved.map(|(_, transfer, _)| transfer.uuid())),
                Value::Int(kept.moved.map(|(_, _, amount)| amount.get())),
                day.to_string().into(),
                i64::from(kept.netted).into(),
                self.now().micros().into(),
                arrived.waits.bytes.clone().into(),
            ],
        });
        commit
    }

    /// The first business day from one on that is neither closed nor being closed.
    async fn open_day(&self, from: Date) -> Result<Date, StoreError> {
        let mut day = calendar::business_day_from(from);
        let closed: Vec<String> = read!(self.database(), |c| {
            sqlx::query_scalar("SELECT key FROM guard WHERE key >= $1 AND key < $2")
                .bind(bar(day).0)
                .bind(bars_after())
                .fetch_all(c)
                .await
        })?;
        let closed: BTreeSet<_> = closed.into_iter().collect();
        while closed.contains(&bar(day).0) {
            day = calendar::next_business_day(day);
        }
        Ok(day)
    }

    /// An incoming transfer: the payee is credited, or it is refused with a code.
    async fn credit(
        &self,
        message: &Message,
        transfer: &CreditTransfer,
        arrived: &Arrived<'_>,
    ) -> Result<Option<Acknowledged>, StoreError> {
        let named = &transfer.creditor.account;
        let account = match named.bank == *self.own_bank() {
            true => self.own_account(named).await?,
            false => None,
        };
        let Some(account) = account else {
            return self.keep(arrived, Kept::refused(NO_ACCOUNT), Commit::default()).await;
        };
        // what was credited under a day far ahead would be settled no sooner
        if transfer.day > calendar::next_business_day(self.now().date()) {
            return self.keep(arrived, Kept::refused(WRONG_DAY), Commit::default()).await;
        }
        let id = TransferId::generate();
        let netted = transfer.amount < SETTLED_AT_ONCE;
        let mut commit = Commit {
            transfers: vec![Transfer {
                id,
                debit: chart::INCOMING,
                credit: account,
                amount: transfer.amount.get(),
                kind: Kind::Posted,
                memo: format!("振込 {}", transfer.debtor.name),
            }],
            rows: vec![sent_by(&transfer.debtor.name, &transfer.debtor.account).row(id)],
            audit: vec![AuditRecord {
                contract: None,
                actor: SYSTEM.to_owned(),
                action: "transfer.incoming",
                subject: message.id.clone(),
                detail: format!("{} yen from {}", transfer.amount.get(), message.from),
            }],
            ..Commit::default()
        };
        if !netted {
            commit.transfers.push(settled_at_once(transfer.amount));
        }
        let moved = Some((account, id, transfer.amount));
        let kept = Kept { outcome: "credited", code: None, moved, netted, day: Some(transfer.day) };
        match self.keep(arrived, kept, commit).await {
            Err(StoreError::Ledger(Refused::Transfer {
                result: TransferResult::CreditAccountClosed | TransferResult::CreditAccountNotFound,
                ..
            })) => self.keep(arrived, Kept::refused(CLOSED), Commit::default()).await,
            other => other,
        }
    }

    /// A transfer of ours comes back. `None` while its outcome is not known here: the return says that it was sent, and
    /// the next delivery will hear so.
    async fn give_back(
        &self,
        message: &Message,
        back: &PaymentReturn,
        arrived: &Arrived<'_>,
    ) -> Result<Option<Acknowledged>, StoreError> {
        let order = Uuid::try_parse(&back.original).ok().map(OrderId::from_uuid);
        let loaded = match order {
            Some(order) => self.load(order).await?,
            None => None,
        };
        let noted = Kept { outcome: "noted", code: Some(back.code.clone()), ..Kept::default() };
        let Some((facts, position)) = loaded else {
            self.raise(Alarm::Message, &message.id, "a return belongs to no order").await?;
            return self.keep(arrived, noted, Commit::default()).await;
        };
        let left = !facts.relation.is_own_bank();
        match position.state {
            Some(State::Sent | State::Settled) if left && back.amount == facts.amount => {}
            Some(state) if state.is_open() => return Ok(None),
            state => {
                let detail = format!("a return of {} yen, and it is {state:?}", back.amount);
                self.raise(Alarm::Contradicted, &facts.id.to_string(), &detail).await?;
                return self.keep(arrived, noted, Commit::default()).await;
            }
        }
        let recall = self.recall_of(facts.id).await?;
        let was_settled = position.state == Some(State::Settled);
        let at_once = facts.amount >= SETTLED_AT_ONCE;
        for to in [facts.account, chart::SUSPENSE] {
            let mut commit = step::returned(&facts, position.clone(), back, &message.id, to, self.now())?;
            let moved = commit.transfers.first().map(|transfer| (to, transfer.id, facts.amount));
            if was_settled && at_once {
                commit.transfers.push(settled_at_once(facts.amount));
            }
            // the answer to the recall may come after the money, or never
            if back.code == RECALLED
                && let Some(recall) = &recall
            {
                let returned = self.moved(recall, RecallState::Returned, None)?;
                commit.events.extend(returned.events);
                commit.audit.extend(returned.audit);
            }
            let (code, netted) = (Some(back.code.clone()), was_settled && !at_once);
            let kept = Kept { outcome: "returned", code, moved, netted, day: None };
            match self.keep(arrived, kept, commit).await {
                // the payer's account is closed: the money waits where people find it
                Err(StoreError::Ledger(Refused::Transfer { .. })) if to != chart::SUSPENSE => {}
                other => return other,
            }
        }
        Ok(None)
    }

    /// The other bank has answered a recall. `None` while the recall itself is still being delivered.
    async fn recall_answered(&self, answer: &RecallAnswer) -> Result<Option<Commit>, StoreError> {
        let recall = match Uuid::try_parse(&answer.case).ok().map(RecallId::from_uuid) {
            Some(id) => self.recall_by_id(id).await?,
            None => None,
        };
        match recall {
            Some(recall) if recall.state == RecallState::Requested => Ok(None),
            Some(recall) => {
                let next = RecallState::of(answer.status);
                self.moved(&recall, next, answer.code.clone()).map(Some)
            }
            None => Ok(Some(Commit::default())),
        }
    }
}

fn fresh_id() -> String {
    MessageId::generate().uuid().simple().to_string()
}

/// What settles one by one comes from the Bank of Japan in the commit of the credit.
fn settled_at_once(amount: Yen) -> Transfer {
    Transfer {
        id: TransferId::generate(),
        debit: chart::BANK_OF_JAPAN,
        credit: chart::INCOMING,
        amount: amount.get(),
        kind: Kind::Posted,
        memo: "為替決済".to_owned(),
    }
}

/// Who sends money, as statements and files tell it; names of banks and branches are those of the master.
pub fn sent_by(name: &str, account: &AccountRef) -> IncomingTransfer {
    let (bank, branch) = (&account.bank, &account.branch);
    let known = Banks::embedded().bank(bank);
    let named = |kana: Option<&str>| {
        ZenginText::abridged(kana.unwrap_or_default(), Class::Branch).as_str().to_owned()
    };
    IncomingTransfer {
        name: name.to_owned(),
        bank: (bank.to_string(), named(known.map(|bank| bank.kana.as_str()))),
        branch: (
            branch.to_string(),
            named(known.and_then(|bank| bank.branch(branch)).map(|branch| branch.kana.as_str())),
        ),
        ..IncomingTransfer::default()
    }
}

/// Something of the size of an id that follows from a text.
fn first_16(text: &str) -> [u8; 16] {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(&digest.as_ref()[..16]);
    first
}

#[cfg(test)]
mod tests;
