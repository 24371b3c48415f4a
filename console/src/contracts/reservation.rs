//! 予約の取消し by the bank, on paper: the customer cannot while the contract is stopped, and needs it then most.

use domain::{ContractId, OrderId, StaffRequestId, time};
use gateway::{Gateway, Guard, Operator};
use internet_banking::transfers::words::number;
use transfers::{By, CancelError, Facts, OrderQuery, Settings, State, StoreError, Transfers};

use super::apply::store;
use crate::help::ConsoleCode;
use crate::problem::Problem;
use crate::requests::carry_out::Carried;

/// Reservations that the form offers at most.
const SHOWN_MAX: u32 = 200;

const DONE: &str = "予約を取り消しました。引き落とされません。";
const GONE: &str = "この予約は、実行されたか、取り消されたか、不能になっています。取り消すことはありません。";

/// The engine of transfers over the hub's ledger, for what needs no network.
fn engine(gateway: &Gateway) -> Transfers {
    Transfers::reader(Settings::new(gateway.own_bank().clone()), gateway.ledger().clone(), None)
}

/// What is reserved in a contract: each with its words.
pub(super) async fn list(gateway: &Gateway, id: ContractId) -> Result<Vec<(OrderId, String)>, StoreError> {
    let accounts = store(gateway).accounts(id).await;
    let accounts = accounts.map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let accounts = accounts.into_iter().map(|one| one.account).collect();
    let query = OrderQuery { states: vec![State::Reserved], ..OrderQuery::newest(id, accounts, SHOWN_MAX) };
    let found = engine(gateway).list(&query).await?;
    Ok(found.iter().map(|order| (order.facts.id, words(&order.facts))).collect())
}

/// A reservation among others.
fn words(facts: &Facts) -> String {
    let Facts { payee_name, amount, day, .. } = facts;
    format!("{} {} {payee_name} {amount} 円", number(facts), time::month_day(*day))
}

/// Whether it could be taken back now.
pub(super) async fn check(gateway: &Gateway, contract: ContractId, order: OrderId) -> Result<(), Problem> {
    let found = engine(gateway).find(contract, order).await.map_err(|error| Problem::unavailable(&error))?;
    match found {
        Some(order) if order.state == State::Reserved => Ok(()),
        Some(_) => Err(Problem::new(ConsoleCode::ContractChanged, GONE)),
        None => Err(ConsoleCode::NotThere.into()),
    }
}

/// Takes it back, once.
pub(super) async fn carry_out(
    gateway: &Gateway,
    (contract, order): (ContractId, OrderId),
    request: StaffRequestId,
    checker: &Operator,
) -> Carried {
    let by = By { guards: vec![Guard::request_act(request).key()], ..By::actor(checker.to_string()) };
    match engine(gateway).take_back(contract, order, &by).await {
        Ok(_) => Carried::Done(DONE.to_owned()),
        Err(CancelError::TooLate(_)) => Carried::Refused(GONE.to_owned()),
        Err(CancelError::NoSuchOrder) => Carried::Refused(ConsoleCode::NotThere.entry().happened.to_owned()),
        Err(error @ (CancelError::Guarded(_) | CancelError::Store(_))) => {
            tracing::error!(%order, %error, "an approved cancellation was not made");
            Carried::Unclear
        }
    }
}
