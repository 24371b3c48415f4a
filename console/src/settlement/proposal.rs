//! 締めと支払い by hand, under four eyes. The schedule does both by itself; either may be repeated.

use domain::{CollectorNumber, Date, SettlementId, time};
use gateway::settlement::{self, SettlementState, SettlementWindow, WindowError, WindowState};
use gateway::{Gateway, Operator};
use internet_banking::answer::{Stop, failed};

use super::detail::WindowShown;
use super::words::{hindrances, refusal_words};
use crate::Console;
use crate::help::ConsoleCode;
use crate::links::SettlementLink;
use crate::problem::Problem;
use crate::requests::carry_out::Carried;
use crate::requests::pages::Matter;

/// Whether the window could be closed now.
pub async fn check_close(gateway: &Gateway, collector: &CollectorNumber, date: Date) -> Result<(), Problem> {
    closable(&find(gateway, settlement::id(collector, date)).await?)
}

/// The same of a window that was looked up.
pub fn closable(found: &SettlementWindow) -> Result<(), Problem> {
    match found.state {
        WindowState::Closed => Err(ConsoleCode::WindowClosed.into()),
        WindowState::Open | WindowState::Closing => {
            let hindrances: String = hindrances(found).concat();
            if hindrances.is_empty() {
                Ok(())
            } else {
                Err(Problem::new(ConsoleCode::WindowNotReady, hindrances))
            }
        }
    }
}

/// Whether the net payment could be paid now.
pub async fn check_pay(gateway: &Gateway, collector: &CollectorNumber, date: Date) -> Result<(), Problem> {
    let found = find(gateway, settlement::id(collector, date)).await?;
    let today = gateway.ledger().clock().now().date();
    match found.terms.state {
        SettlementState::Due if found.terms.is_payable_on(today) => Ok(()),
        SettlementState::Due => {
            let detail = format!("支払日({})になっていません。", time::year_month_day(found.pay_date));
            Err(Problem::new(ConsoleCode::NotPayable, detail))
        }
        _ => Err(ConsoleCode::NotPayable.into()),
    }
}

async fn find(gateway: &Gateway, id: SettlementId) -> Result<SettlementWindow, Problem> {
    let found = gateway.settlement_window(id).await;
    found.map_err(|error| Problem::unavailable(&error))?.ok_or_else(|| ConsoleCode::NotThere.into())
}

/// Closes the window. One that is closed by then is as good.
pub async fn close(gateway: &Gateway, collector: &CollectorNumber, date: Date, by: &Operator) -> Carried {
    let outcomes = match gateway.close_window(date, Some(collector), by).await {
        Ok(outcomes) => outcomes,
        Err(error) => return unclear(&error),
    };
    match outcomes.into_iter().next().map(|one| one.outcome) {
        Some(Ok(closed)) if closed.state == SettlementState::Empty => {
            Carried::Done("締めました。支払う払込はありませんでした。".to_owned())
        }
        Some(Ok(closed)) => Carried::Done(format!(
            "締めました。払込 {}件、支払額 {} 円、支払日 {}です。",
            closed.sums.count,
            closed.payable(),
            closed.pay_date.map(time::year_month_day).unwrap_or_default()
        )),
        // another process is at it, or our data failed: looked at again
        Some(Err(error @ (WindowError::MovedOn | WindowError::Store(_)))) => unclear(&error),
        Some(Err(refused)) => Carried::Refused(refusal_words(&refused)),
        None => Carried::Unclear,
    }
}

/// Pays the net payment. One that is paid by then is as good.
pub async fn pay(gateway: &Gateway, collector: &CollectorNumber, date: Date, by: &Operator) -> Carried {
    match gateway.pay_settlement(settlement::id(collector, date), by).await {
        Ok(Some(paid)) if paid.state == SettlementState::Paid => {
            Carried::Done(format!("{} 円を支払いました。", paid.payable()))
        }
        Ok(_) => Carried::Refused("支払う状態ではありませんでした。お金は動いていません。".to_owned()),
        Err(error) => unclear(&error),
    }
}

fn unclear(error: &dyn std::error::Error) -> Carried {
    tracing::error!(%error, "an approved settlement was not carried out");
    Carried::Unclear
}

/// What a request for either is about.
pub async fn matter(
    console: &Console,
    collector: &CollectorNumber,
    date: Date,
) -> Result<Option<Matter>, Stop> {
    let id = settlement::id(collector, date);
    let Some(found) = console.gateway.settlement_window(id).await.map_err(failed)? else { return Ok(None) };
    let shown = WindowShown::of(console, &found, console.clock.now().date());
    Ok(Some(Matter {
        heading: "対象の資金決済",
        link: SettlementLink(id).to_string(),
        link_words: "内容を見る",
        rows: vec![
            ("収納機関", shown.collector),
            ("決済日", shown.date),
            ("状態", shown.tag.word.to_owned()),
            ("支払先", shown.receiver.to_owned()),
            ("払込", format!("{}件", shown.count)),
            ("収納金額", format!("{} 円", shown.amount)),
            ("手数料", format!("{} 円({})", shown.fee, shown.fees)),
            ("支払額", format!("{} 円", shown.payable)),
            ("支払日", shown.pay_date),
            ("資金決済番号", shown.number),
        ],
    }))
}
