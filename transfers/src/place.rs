//! An order is taken, and a reservation taken back.

use domain::money::AMOUNT_MAX;
use domain::{AccountId, AccountRef, ContractId, Date, OrderId, Timestamp, UserId, Yen};
use ledger::{GuardKey, Refused, TransferResult};

use crate::limit::LimitError;
use crate::network::{DecodeError, decode};
use crate::order::{Facts, Order, State};
use crate::points::Persist;
use crate::step::{self, Placing};
use crate::{
    By, DateProblem, Handling, LimitLayer, Limits, Method, Occasion, Relation, StoreError, Transfers, dates,
};

/// Tries of a cancellation that meets a try of its reservation.
const TRIES_MAX: u32 = 8;

/// An order that was authorised finally at this moment. Who may order it, passwords and approvals are the caller's
/// part.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Its id, made by the caller before: the same again is the same order.
    pub id: OrderId,
    /// Whose.
    pub contract: ContractId,
    /// Who authorised it.
    pub user: UserId,
    /// The debited account, which the user may use.
    pub account: AccountId,
    /// What names it.
    pub from: AccountRef,
    /// 振込依頼人名, in kana as it is sent.
    pub payer_name: String,
    /// The credited account.
    pub to: AccountRef,
    /// 受取人名, in kana as it is sent.
    pub payee_name: String,
    /// How the payee was named. An own account is one of `own_accounts`.
    pub method: Method,
    /// The contract's accounts.
    pub own_accounts: Vec<AccountId>,
    /// How much.
    pub amount: Yen,
    /// 振込手数料 as it was shown, which is what is charged: another one is not taken.
    pub fee: Yen,
    /// 振込指定日.
    pub day: Date,
    /// Whether typed payees may be paid on the same day: certificate contracts that have applied on paper (R86).
    pub same_day_typed: bool,
    /// The limits that hold for it.
    pub limits: Limits,
    /// Taken in the same commit: a one-time password's step, an approval.
    pub guards: Vec<GuardKey>,
    /// Bars that nobody may have taken when the order is: the emergency stops of its contract, plan and service, and
    /// the next versions of what it was judged by, which the engine does not know.
    pub barred_by: Vec<GuardKey>,
    /// When it was finally authorised, where that was before: this moment counts for the cut-off (F-8), and whatever is
    /// carried out later is still carried out on its day alone.
    pub authorised_at: Option<Timestamp>,
    /// Who it is, for the audit log.
    pub actor: String,
}

/// Why an order was not taken. Nothing was debited and nothing reserved.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// An amount is one yen and more, and at most what a message carries.
    #[error("an amount is one yen or more, and at most {AMOUNT_MAX}")]
    Amount,
    /// Its message could not be read at the other side: a name is too long, or empty.
    #[error("the network cannot carry it: {0}")]
    Unreadable(DecodeError),
    /// Debit and credit are one account.
    #[error("debit and credit are one account")]
    SameAccount,
    /// The credited account is at this bank and there is none.
    #[error("there is no such account at this bank")]
    NoSuchAccount,
    /// The debited account is not the one that its number names, or 振替 leads to an account that is not the contract's.
    #[error("the accounts are not those of the contract")]
    NotOwn,
    /// The account that was credited, or the debited one, is closed.
    #[error("the account is closed")]
    Closed,
    /// It cannot be made on this day.
    #[error(transparent)]
    Day(#[from] DateProblem),
    /// The fee of its day is not the one that was shown.
    #[error("the fee is {0}")]
    Fee(Yen),
    /// It would pass a limit.
    #[error("it passes a limit: {0:?}")]
    Limit(LimitLayer),
    /// 残高不足, of an order of the day.
    #[error("funds are short")]
    Shortage,
    /// A guard that was to be taken along is taken: a one-time password was used, an approval executed; or one of the
    /// bars is, which an emergency stop takes.
    #[error("the guard {0} is taken")]
    Guarded(String),
    /// The id is another order's.
    #[error("another order has this id")]
    OtherOrder,
    /// The engine's data failed it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refused> for PlaceError {
    fn from(refused: Refused) -> Self {
        StoreError::from(refused).into()
    }
}

/// Why a reservation was not taken back.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// The contract has no such order.
    #[error("there is no such order")]
    NoSuchOrder,
    /// It is no reservation any more, or its day has come.
    #[error("it is {0} and cannot be taken back")]
    TooLate(State),
    /// A guard that was to be taken along is taken, or one of the bars is.
    #[error("the guard {0} is taken")]
    Guarded(String),
    /// The engine's data failed it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refused> for CancelError {
    fn from(refused: Refused) -> Self {
        StoreError::from(refused).into()
    }
}

impl Transfers {
    /// How two accounts stand to each other.
    pub fn relation(&self, method: Method, from: &AccountRef, to: &AccountRef) -> Relation {
        if method == Method::OwnAccount { Relation::OwnAccount } else { Relation::of(from, to) }
    }

    /// The days on which a transfer may be made at this moment.
    pub fn possible(&self, occasion: Occasion) -> dates::Possible {
        dates::possible(&self.terms().get(), occasion, self.now())
    }

    /// 振込手数料 of a transfer on a day.
    pub fn fee(&self, relation: Relation, amount: Yen, day: Date) -> Yen {
        self.terms().get().fee(relation, amount, day)
    }

    /// Takes an order: counts it to the limits, and reserves it or carries it out, in one commit. The same id with
    /// the same order answers the order as it stands, whatever has become of it.
    pub async fn place(&self, new: NewOrder) -> Result<Order, PlaceError> {
        if let Some(there) = self.find_for_operator(new.id).await? {
            return same(there, &self.facts(&new, Handling::SameDay, None, Vec::new()));
        }
        if new.amount <= Yen::ZERO || new.amount > AMOUNT_MAX {
            return Err(PlaceError::Amount);
        }
        if new.from == new.to {
            return Err(PlaceError::SameAccount);
        }
        new.limits.check_item(new.amount).map_err(PlaceError::Limit)?;
        let relation = self.relation(new.method, &new.from, &new.to);
        let payee = self.payee(&new, relation).await?;
        let occasion = Occasion { relation, method: new.method, same_day_typed: new.same_day_typed };
        let now = self.now();
        let authorised_at = new.authorised_at.map_or(now, |at| at.min(now));
        let handling = dates::check(&self.terms().get(), occasion, new.day, authorised_at)?;
        if new.day < now.date() {
            return Err(DateProblem::Past.into());
        }
        let fee = self.fee(relation, new.amount, new.day);
        if fee != new.fee {
            return Err(PlaceError::Fee(fee));
        }
        let facts = self.facts(&new, handling, payee, Vec::new());
        let layers = self.set_limits(&facts.holders(), &new.limits, now.date(), &new.barred_by).await;
        let facts = Facts { layers: layers.map_err(PlaceError::from)?, placed_at: now, ..facts };
        self.commit_order(&facts, new).await
    }

    /// The credited account, where it is at this bank. What the caller says of the debited one is looked up too.
    async fn payee(&self, new: &NewOrder, relation: Relation) -> Result<Option<AccountId>, PlaceError> {
        let ours = |named: &AccountRef| named.bank == *self.own_bank();
        if !ours(&new.from) || self.own_account(&new.from).await? != Some(new.account) {
            return Err(PlaceError::NotOwn);
        }
        if !relation.is_own_bank() {
            return Ok(None);
        }
        if !ours(&new.to) {
            return Err(PlaceError::NoSuchAccount);
        }
        let payee = self.own_account(&new.to).await?.ok_or(PlaceError::NoSuchAccount)?;
        let is_own = |account| new.own_accounts.contains(account);
        if relation == Relation::OwnAccount && !(is_own(&payee) && is_own(&new.account)) {
            return Err(PlaceError::NotOwn);
        }
        Ok(Some(payee))
    }

    async fn commit_order(&self, facts: &Facts, new: NewOrder) -> Result<Order, PlaceError> {
        let payload = self.message(facts);
        // what is held until the network has taken it must be something that it can take
        if facts.payee_account.is_none() {
            decode(&payload).map_err(PlaceError::Unreadable)?;
        }
        let placing = Placing {
            guards: new.guards,
            barred_by: new.barred_by,
            actor: new.actor,
            payload,
            lease_s: self.0.settings.lease_s,
        };
        match self.persist(Persist::Place, step::place(facts, placing)?).await {
            Ok(committed) => {
                if let Some(fence) = committed.fences.first() {
                    self.deliver_soon(facts.clone(), *fence, 1);
                }
            }
            // the very order was taken meanwhile, by another try of the same caller
            Err(Refused::Stale) => {}
            Err(Refused::Guarded { key, .. }) => match self.find_for_operator(facts.id).await? {
                Some(_) => {}
                None => return Err(PlaceError::Guarded(key)),
            },
            Err(Refused::Transfer { index, result }) => return Err(refused(facts, index, result)),
            Err(refused) => return Err(refused.into()),
        }
        let order = self.find_for_operator(facts.id).await?;
        let order = order.ok_or_else(|| StoreError::Corrupt(format!("{} is gone", facts.id)))?;
        same(order, facts)
    }

    fn facts(
        &self,
        new: &NewOrder,
        handling: Handling,
        payee: Option<AccountId>,
        layers: Vec<LimitLayer>,
    ) -> Facts {
        let relation = self.relation(new.method, &new.from, &new.to);
        Facts {
            id: new.id,
            contract: new.contract,
            user: new.user,
            account: new.account,
            from: new.from.clone(),
            payer_name: new.payer_name.clone(),
            to: new.to.clone(),
            payee_name: new.payee_name.clone(),
            payee_account: payee,
            relation,
            method: new.method,
            handling,
            amount: new.amount,
            fee: new.fee,
            day: new.day,
            placed_at: self.now(),
            layers,
            batch: None,
        }
    }

    /// Takes a reservation back for its customer, until the day before its day. On the day of the order its amount goes
    /// back to the limits.
    pub async fn cancel(&self, contract: ContractId, id: OrderId, by: &By) -> Result<Order, CancelError> {
        self.taken_back(contract, id, by, Order::may_cancel).await
    }

    /// The same by the bank, as long as it is not carried out: what a stop keeps back can still be taken back on
    /// its day.
    pub async fn take_back(&self, contract: ContractId, id: OrderId, by: &By) -> Result<Order, CancelError> {
        self.taken_back(contract, id, by, |order, _| order.state == State::Reserved).await
    }

    async fn taken_back(
        &self,
        contract: ContractId,
        id: OrderId,
        by: &By,
        may: fn(&Order, Timestamp) -> bool,
    ) -> Result<Order, CancelError> {
        for _ in 0..TRIES_MAX {
            let order = self.find(contract, id).await?.ok_or(CancelError::NoSuchOrder)?;
            if order.state == State::Cancelled {
                return Ok(order);
            }
            if !may(&order, self.now()) {
                return Err(CancelError::TooLate(order.state));
            }
            let Some((facts, position)) = self.load(id).await? else { continue };
            if position.state != Some(State::Reserved) {
                continue;
            }
            let commit = step::cancel(&facts, position, by, self.now())?;
            match self.persist(Persist::Cancel, commit).await {
                // it has moved on meanwhile: it may have been taken back by another try
                Ok(_) | Err(Refused::Stale) => {}
                Err(Refused::Guarded { key, .. }) => return Err(CancelError::Guarded(key)),
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(StoreError::from(Refused::Overloaded).into())
    }
}

impl From<LimitError> for PlaceError {
    fn from(error: LimitError) -> Self {
        match error {
            LimitError::Passed(layer) => Self::Limit(layer),
            LimitError::Barred(key) => Self::Guarded(key),
            LimitError::Store(error) => Self::Store(error),
        }
    }
}

/// The order that is there, where it is the one that is asked for.
fn same(there: Order, asked: &Facts) -> Result<Order, PlaceError> {
    let asked = Facts { payee_account: there.facts.payee_account, ..asked.clone() };
    if there.facts.is_same_order(&asked) { Ok(there) } else { Err(PlaceError::OtherOrder) }
}

/// Which of an order's transfers failed: first those of its limits, then the money.
fn refused(facts: &Facts, index: usize, result: TransferResult) -> PlaceError {
    match (facts.layers.get(index), result) {
        (Some(layer), TransferResult::ExceedsAvailable) => PlaceError::Limit(*layer),
        (None, TransferResult::ExceedsAvailable) => PlaceError::Shortage,
        (None, TransferResult::DebitAccountClosed | TransferResult::CreditAccountClosed) => {
            PlaceError::Closed
        }
        (None, TransferResult::DebitAccountNotFound | TransferResult::CreditAccountNotFound) => {
            PlaceError::NoSuchAccount
        }
        _ => StoreError::from(Refused::Transfer { index, result }).into(),
    }
}
