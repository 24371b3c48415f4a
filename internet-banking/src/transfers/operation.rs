//! The operations behind the pages: right, account, payee, passwords and one-time password are checked here, whatever
//! the form left out (SEC-14, SEC-35).

use domain::{AccountId, OrderId, Timestamp, Yen};
use gateway::{Service, stopped_by, stops_against};
use ledger::GuardKey;
use transfers::{
    By, CancelError, Holders, LimitLayer, LimitUse, Limits, Method, NewOrder, Occasion, Order, PlaceError,
    Recall, RecallError, Relation, dates,
};

use super::draft::{Details, Draft, Payee, Way};
use super::payee;
use super::problem::Problem;
use crate::Bank;
use crate::approvals::{Held, Need, Policies, Secrets};
use crate::contracts::{Business, Contract, DepositAccount, SignInMethod, User};
use crate::limits::{self, LimitOf};
use crate::payeasy::operation::confirm;
use crate::policy;
use crate::sign_in::SignedIn;
use crate::tokens::{Operation, authorise};

/// Tries of an order that meets changes of the contract's limits.
const LIMIT_TRIES_MAX: u32 = 8;

/// What a transfer is about, as it was entered.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The debited account.
    pub from: DepositAccount,
    /// Who is paid.
    pub payee: Payee,
    /// How much, when, under which name.
    pub details: Details,
}

/// Whose order it is: the person whose rights and limits count.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// The contract.
    pub contract: &'a Contract,
    /// The person.
    pub user: &'a User,
}

impl<'a> Who<'a> {
    /// Whoever is signed in.
    pub const fn of(by: &'a SignedIn) -> Self {
        Self { contract: &by.contract, user: &by.user }
    }
}

/// Whether typed payees of a contract are paid on the same day (R86).
pub async fn same_day_typed(bank: &Bank, contract: &Contract) -> Result<bool, Problem> {
    let papers = bank.contracts.papers(contract.id).await.map_err(|error| Problem::unavailable(&error))?;
    Ok(papers.is_some_and(|papers| goes_on_the_same_day(contract.sign_in, papers.same_day)))
}

/// Both are needed: certificates, and the paper application.
const fn goes_on_the_same_day(sign_in: SignInMethod, applied: bool) -> bool {
    matches!((sign_in, applied), (SignInMethod::Certificate, true))
}

/// What decides about the days of a transfer to a payee.
pub async fn occasion(bank: &Bank, contract: &Contract, payee: Option<&Payee>) -> Result<Occasion, Problem> {
    let own_bank = bank.transfers.own_bank();
    let (relation, method) = match payee {
        None => (Relation::OwnAccount, Method::OwnAccount),
        Some(payee) if payee.way.method() == Method::OwnAccount => (Relation::OwnAccount, Method::OwnAccount),
        Some(payee) if payee.account.bank == *own_bank => (Relation::OwnBank, payee.way.method()),
        Some(payee) => (Relation::OtherBank, payee.way.method()),
    };
    Ok(Occasion { relation, method, same_day_typed: same_day_typed(bank, contract).await? })
}

/// The limits that hold for a user's order from an account, and what must not be there yet when it is taken: their next
/// change. Every layer is counted, so that one that is set during a day knows what was ordered before.
async fn limits(bank: &Bank, who: Who<'_>, account: AccountId) -> Result<(Limits, GuardKey), Problem> {
    let found = limits::held(bank, who.contract).await;
    let (own, most) = found.map_err(|error| Problem::unavailable(&error))?;
    let layer = |of| Some(own.of(of).unwrap_or(most));
    let limits = Limits {
        bank_max: most,
        contract: most,
        account: layer(LimitOf::Account(account)),
        user: layer(LimitOf::User(who.user.id)),
        per_item: own.of(LimitOf::Item),
    };
    Ok((limits, own.bar()))
}

/// How much of today's limits is used; of what one order may be, nothing ever is.
pub async fn limit_use(bank: &Bank, who: Who<'_>, account: AccountId) -> Result<Vec<LimitUse>, Problem> {
    let (limits, _) = limits(bank, who, account).await?;
    let holders = Holders { contract: who.contract.id, account, user: who.user.id };
    let used = bank.transfers.limit_use(&holders, &limits, bank.clock.now().date()).await;
    let item = limits.per_item.map(|level| LimitUse { layer: LimitLayer::PerItem, level, used: Yen::ZERO });
    Ok(item.into_iter().chain(used.map_err(|error| Problem::unavailable(&error))?).collect())
}

/// What the contract's policy demands of a transfer, and the policy's next version, which must not be there yet when it
/// is taken.
pub async fn need(bank: &Bank, who: Who<'_>, amount: Yen) -> Result<(Need, GuardKey), Problem> {
    let held = Policies::of(&bank.database, who.contract.id).held(bank.clock.now()).await;
    let Held { policy, next, .. } = held.map_err(|error| Problem::unavailable(&error))?;
    Ok((policy.need(Business::Transfer, amount), next))
}

/// 振込手数料 of what is wanted.
pub fn fee(bank: &Bank, wanted: &Wanted) -> Yen {
    let (details, payee) = (&wanted.details, &wanted.payee);
    payee::account_ref(bank, &wanted.from).map_or(Yen::ZERO, |from| {
        let relation = bank.transfers.relation(payee.way.method(), &from, &payee.account);
        bank.transfers.fee(relation, details.amount, details.day)
    })
}

/// Whether an order to such a payee costs a one-time password (R52, R57).
pub fn demands_code(way: &Way) -> bool {
    match way {
        Way::Typed | Way::Registered(_) => Operation::TransferAtWill.demands_one(),
        Way::Own(_) | Way::Filed(_) => Operation::TransferRegistered.demands_one(),
    }
}

/// What an entry asks for, with everything looked up that it names.
pub async fn wanted(bank: &Bank, who: Who<'_>, payee: &Payee, details: &Details) -> Result<Wanted, Problem> {
    if !policy::offers(who.contract.plan, Business::Transfer)
        || !who.user.rights.may_use(Business::Transfer, details.account)
    {
        return Err(Problem::NotPermitted);
    }
    let accounts = bank.contracts.accounts(who.contract.id).await;
    let accounts = accounts.map_err(|error| Problem::unavailable(&error))?;
    let from = accounts.iter().find(|one| one.account == details.account).ok_or(Problem::NotPermitted)?;
    match &payee.way {
        Way::Own(account) => {
            let to = accounts.iter().find(|one| one.account == *account).ok_or(Problem::PayeeGone)?;
            if to.account == from.account {
                return Err(Problem::SameAccount);
            }
        }
        // another payee under the number is not the one that was looked at
        Way::Filed(_) | Way::Registered(_) | Way::Typed => {
            if !payee::is_current(bank, who.contract.id, payee).await? {
                return Err(Problem::PayeeGone);
            }
        }
    }
    Ok(Wanted { from: from.clone(), payee: payee.clone(), details: details.clone() })
}

/// What would keep a transfer from being taken now, as far as that can be known before: its page tells it before the
/// passwords are typed. The engine looks again.
pub async fn check(bank: &Bank, who: Who<'_>, wanted: &Wanted) -> Result<(), Problem> {
    let (now, details) = (bank.clock.now(), &wanted.details);
    let occasion = occasion(bank, who.contract, Some(&wanted.payee)).await?;
    let terms = bank.transfers.terms().get();
    let handling = dates::check(&terms, occasion, details.day, now).map_err(Problem::Day)?;
    if payee::account_ref(bank, &wanted.from).as_ref() == Some(&wanted.payee.account) {
        return Err(Problem::SameAccount);
    }
    let passed = limit_use(bank, who, details.account).await?;
    if let Some(left) = passed.into_iter().find(|one| details.amount > one.left()) {
        return Err(Problem::Limit { amount: details.amount, layer: left.layer, left: Some(left) });
    }
    if handling == transfers::Handling::SameDay {
        let available = available(bank, details.account).await?;
        if details.amount > available {
            return Err(shortage(details.amount, available));
        }
    }
    Ok(())
}

/// How much is there, and how much more is needed.
pub fn shortage(amount: Yen, available: Yen) -> Problem {
    Problem::Shortage {
        available,
        lacking: amount.checked_sub(available).unwrap_or(Yen::ZERO).max(Yen::ZERO),
    }
}

/// What reservations of the same day will take from the account of a reservation.
pub async fn reserved_of(bank: &Bank, by: &SignedIn, details: &Details) -> Result<Yen, Problem> {
    if details.day == bank.clock.now().date() {
        return Ok(Yen::ZERO);
    }
    let sum = bank.transfers.reserved_sum(by.contract.id, details.account, details.day).await;
    sum.map_err(|error| Problem::unavailable(&error))
}

/// 支払可能額 of an account.
pub async fn available(bank: &Bank, account: AccountId) -> Result<Yen, Problem> {
    let balances = bank.ledger.balances(&[account]).await.map_err(|error| Problem::unavailable(&error))?;
    Ok(balances.first().map_or(Yen::ZERO, |balance| balance.available))
}

/// Takes an entry's order. One that exists already is answered as it is: a double click, a page sent again or a second
/// tab changes nothing and needs no new one-time password.
pub async fn place(
    bank: &Bank,
    by: &SignedIn,
    draft: &Draft,
    secrets: &Secrets,
    name_confirmed: bool,
) -> Result<Order, Problem> {
    policy::require(by, Business::Transfer).map_err(|_| Problem::NotPermitted)?;
    if let Some(order) = existing(bank, by, draft.order).await? {
        return Ok(order);
    }
    if let Some(until) = by.cooling_off {
        return Err(Problem::CoolingOff { until });
    }
    let (Some(payee), Some(details)) = (&draft.body.payee, &draft.body.details) else {
        return Err(Problem::ReviewOutdated);
    };
    let who = Who::of(by);
    let wanted = wanted(bank, who, payee, details).await?;
    not_stopped(bank, who.contract).await?;
    let (need, next_policy) = need(bank, who, details.amount).await?;
    if !need.is_none() {
        return Err(Problem::ApprovalNeeded);
    }
    check(bank, who, &wanted).await?;
    if !name_confirmed && payee::name_differs(bank, payee, draft.body.checked.as_ref()).await? {
        return Err(Problem::NameUnconfirmed);
    }
    charges_as_shown(bank, &wanted, draft.body.fee)?;
    confirm(bank, by, &secrets.confirmation_password).await.map_err(Problem::Confirmation)?;
    let mut guards = Vec::new();
    if demands_code(&payee.way) {
        guards.push(authorise::one_time_password(bank, by, &secrets.one_time_password).await?.key());
    }
    let barred_by = by.barred_by().into_iter().chain([next_policy]).collect();
    let taking = Taking { guards, barred_by, authorised_at: None };
    let taken = take(bank, who, (draft.order, draft.body.fee), &wanted, taking).await;
    if let Ok(order) = &taken {
        tracing::info!(order = %order.facts.id, state = %order.state, "a transfer was taken");
    }
    taken
}

/// Whether the fee of now is the one that was shown; told before a one-time password is spent. The engine looks again.
pub fn charges_as_shown(bank: &Bank, wanted: &Wanted, shown: Yen) -> Result<(), Problem> {
    let fee = fee(bank, wanted);
    if fee == shown { Ok(()) } else { Err(Problem::FeeChanged { fee }) }
}

/// What goes with an order that was authorised.
#[derive(Clone, Debug)]
pub struct Taking {
    /// Taken in its commit: a one-time password, an approval.
    pub guards: Vec<GuardKey>,
    /// Bars that nobody may have taken then: the next versions of what it was judged by, and beside the stops of
    /// transfers those of whoever orders it.
    pub barred_by: Vec<GuardKey>,
    /// When it was authorised, where that was before (F-8).
    pub authorised_at: Option<Timestamp>,
}

/// Has the engine take what was authorised, under an id and with the fee that was shown, unless what it was judged by
/// holds no more.
pub async fn take(
    bank: &Bank,
    who: Who<'_>,
    (id, fee): (OrderId, Yen),
    wanted: &Wanted,
    taking: Taking,
) -> Result<Order, Problem> {
    let (details, payee) = (&wanted.details, &wanted.payee);
    let from = payee::account_ref(bank, &wanted.from).ok_or(Problem::NotPermitted)?;
    let accounts = bank.contracts.accounts(who.contract.id).await;
    let accounts = accounts.map_err(|error| Problem::unavailable(&error))?;
    let Taking { guards, mut barred_by, authorised_at } = taking;
    barred_by.extend(stops_against(who.contract.id, who.contract.plan.code(), &[Service::Transfer]));
    let same_day_typed = same_day_typed(bank, who.contract).await?;
    for _ in 0..LIMIT_TRIES_MAX {
        let (limits, next_limits) = limits(bank, who, details.account).await?;
        let new = NewOrder {
            id,
            contract: who.contract.id,
            user: who.user.id,
            account: details.account,
            from: from.clone(),
            payer_name: details.payer_name.clone(),
            to: payee.account.clone(),
            payee_name: payee.name.clone(),
            method: payee.way.method(),
            own_accounts: accounts.iter().map(|one| one.account).collect(),
            amount: details.amount,
            fee,
            day: details.day,
            same_day_typed,
            limits,
            guards: guards.clone(),
            barred_by: barred_by.iter().chain([&next_limits]).cloned().collect(),
            authorised_at,
            actor: who.user.id.to_string(),
        };
        let error = match bank.transfers.place(new).await {
            Ok(order) => return Ok(order),
            // a limit was changed meanwhile: it binds this order too
            Err(PlaceError::Guarded(key)) if key == next_limits.0 => continue,
            Err(error) => error,
        };
        let problem = refused(bank, who, details, error, &guards).await;
        tracing::info!(order = %id, code = %problem.code(), "a transfer was refused");
        return Err(problem);
    }
    Err(Problem::ReviewOutdated)
}

/// An emergency stop keeps transfers back, whatever page is open.
pub async fn not_stopped(bank: &Bank, contract: &Contract) -> Result<(), Problem> {
    let stop = bank.gateway.stop_of(contract.id, Service::Transfer).await;
    match stop.map_err(|error| Problem::unavailable(&error))? {
        Some(stop) => Err(Problem::Stopped(stop.scope)),
        None => Ok(()),
    }
}

/// Why the engine took no order, in the words of the page.
async fn refused(
    bank: &Bank,
    who: Who<'_>,
    details: &Details,
    error: PlaceError,
    codes: &[GuardKey],
) -> Problem {
    let account = details.account;
    match error {
        PlaceError::Day(problem) => Problem::Day(problem),
        PlaceError::Fee(fee) => Problem::FeeChanged { fee },
        PlaceError::Limit(layer) => {
            let used = limit_use(bank, who, account).await.unwrap_or_default();
            let left = used.into_iter().find(|one| one.layer == layer);
            Problem::Limit { amount: details.amount, layer, left }
        }
        PlaceError::Shortage => shortage(details.amount, available(bank, account).await.unwrap_or(Yen::ZERO)),
        PlaceError::SameAccount => Problem::SameAccount,
        PlaceError::NoSuchAccount => Problem::NoSuchAccount,
        PlaceError::Closed => Problem::AccountClosed,
        PlaceError::NotOwn | PlaceError::Amount => Problem::NotPermitted,
        PlaceError::Guarded(key) if codes.iter().any(|code| code.0 == key) => authorise::Problem::Used.into(),
        PlaceError::Guarded(key) => barred(&key),
        PlaceError::OtherOrder => Problem::ReviewOutdated,
        PlaceError::Unreadable(error) => Problem::unavailable(&error),
        PlaceError::Store(error) => {
            tracing::error!(%error, "whether a transfer was taken is not known");
            Problem::Unclear
        }
    }
}

/// The order of an id. Where that cannot be read, nobody may be told that nothing was debited.
pub async fn existing(bank: &Bank, by: &SignedIn, id: OrderId) -> Result<Option<Order>, Problem> {
    bank.transfers.find(by.contract.id, id).await.map_err(|error| {
        tracing::error!(order = %id, %error, "an order cannot be read");
        Problem::Unclear
    })
}

/// An order of the contract that the user may see: from an account that the user may transfer from.
pub async fn find(bank: &Bank, by: &SignedIn, id: OrderId) -> Result<Option<Order>, Problem> {
    policy::require(by, Business::Transfer).map_err(|_| Problem::NotPermitted)?;
    let found = bank.transfers.find(by.contract.id, id).await;
    let found = found.map_err(|error| Problem::unavailable(&error))?;
    Ok(found.filter(|order| by.user.rights.may_use(Business::Transfer, order.facts.account)))
}

/// Takes a reservation back, until the day before. While transfers alone are stopped it still can be: no money moves.
pub async fn cancel(bank: &Bank, by: &SignedIn, order: &Order, secrets: &Secrets) -> Result<(), Problem> {
    policy::require_account(by, Business::Transfer, order.facts.account)
        .map_err(|_| Problem::NotPermitted)?;
    confirm(bank, by, &secrets.confirmation_password).await.map_err(Problem::Confirmation)?;
    match bank.transfers.cancel(by.contract.id, order.facts.id, &person(by, &[])).await {
        Ok(_) => Ok(()),
        Err(CancelError::TooLate(state)) => Err(Problem::TooLate(state)),
        Err(CancelError::NoSuchOrder) => Err(Problem::ReviewOutdated),
        Err(CancelError::Guarded(key)) => Err(barred(&key)),
        Err(CancelError::Store(error)) => Err(Problem::unavailable(&error)),
    }
}

/// Who takes something back or asks for it, and what keeps the person from it.
fn person(by: &SignedIn, stops: &[GuardKey]) -> By {
    let barred_by = by.barred_by().into_iter().chain(stops.iter().cloned()).collect();
    By { barred_by, ..By::actor(by.user.id.to_string()) }
}

/// What a bar that was taken means: a stop, or something that the page was not shown.
pub(super) fn barred(key: &str) -> Problem {
    stopped_by(key).map_or(Problem::ReviewOutdated, Problem::Stopped)
}

/// Asks for a transfer to come back (組戻し). Its fee is owed whatever comes of it.
pub async fn recall(bank: &Bank, by: &SignedIn, order: &Order, secrets: &Secrets) -> Result<Recall, Problem> {
    policy::require_account(by, Business::Transfer, order.facts.account)
        .map_err(|_| Problem::NotPermitted)?;
    not_stopped(bank, &by.contract).await?;
    confirm(bank, by, &secrets.confirmation_password).await.map_err(Problem::Confirmation)?;
    let stops = stops_against(by.contract.id, by.contract.plan.code(), &[Service::Transfer]);
    match bank.transfers.recall(by.contract.id, order.facts.id, &person(by, &stops)).await {
        Ok(recall) => Ok(recall),
        Err(RecallError::NotSent) => Err(Problem::NotSent),
        Err(RecallError::NoSuchOrder) => Err(Problem::ReviewOutdated),
        Err(RecallError::Guarded(key)) => Err(barred(&key)),
        Err(RecallError::Store(error)) => Err(Problem::unavailable(&error)),
    }
}

/// Seconds until the cut-off of the day, where it is not over.
pub fn left_s(until: Timestamp, now: Timestamp) -> i64 {
    until.seconds_since(now).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves R86.
    #[test]
    fn typed_payees_go_on_the_same_day_by_certificate_and_paper_application_alone() {
        use SignInMethod::{Certificate, Password};
        let both = [(Certificate, true), (Certificate, false), (Password, true), (Password, false)];
        assert_eq!(
            both.map(|(sign_in, applied)| goes_on_the_same_day(sign_in, applied)),
            [true, false, false, false]
        );
    }
}
