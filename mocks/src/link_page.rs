//! A site without looks, for tests of the information link: a page for each number whose form leads to the bank, and
//! the page that payers come back to.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Html;
use axum::routing::get;
use domain::{CustomerNumber, Yen};
use http::StatusCode;

use crate::bills::{self, StoredBill};
use crate::link::{self, Handing};
use crate::mistakes::Mistake;
use crate::mocks::Mocks;
use crate::store::StoreError;

/// `/link/{collector}/{pattern}/{customer numbers, with commas}`, and the addresses that these lead back to.
pub fn link_router(mocks: Mocks) -> Router {
    Router::new()
        .route("/link/{number}/{pattern}/{customers}", get(page))
        .route("/sites/{number}/bills/{page}", get(come_back))
        .with_state(mocks)
}

fn failed(error: impl std::fmt::Display) -> StatusCode {
    tracing::error!(%error, "a page for tests could not be made");
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn page(
    State(mocks): State<Mocks>,
    Path((number, pattern, customers)): Path<(String, String, String)>,
) -> Result<Html<String>, StatusCode> {
    let collector = mocks.collector(&number).ok_or(StatusCode::NOT_FOUND)?;
    let now = mocks.config().clock.now();
    let mut found: Vec<StoredBill> = Vec::new();
    for customer in customers.split(',') {
        let customer: CustomerNumber = customer.parse().map_err(|_| StatusCode::NOT_FOUND)?;
        let of_customer =
            bills::of_customer(mocks.store().reader(), &collector.institution.number, &customer, now).await;
        found.extend(of_customer.map_err(failed)?.into_iter().next());
    }
    let first = found.first().ok_or(StatusCode::NOT_FOUND)?;
    let handing = match pattern.as_str() {
        "01" => Handing::One(first),
        "02" => Handing::Several(&found),
        "03" => Handing::Chosen(first, Yen::new(first.bill.amount.get() * 2)),
        _ => return Err(StatusCode::NOT_FOUND),
    };
    let form = link::hand_over(&mocks, collector, handing, &first.on_site.page).await.map_err(failed)?;
    let form = form.ok_or(StatusCode::NOT_FOUND)?;
    let method = if mocks.make(Mistake::SendsFormsByGet) { "get" } else { "post" };
    Ok(Html(format!(
        "<!DOCTYPE html><title>払込</title><form method=\"{method}\" action=\"{}\">\
         <input type=\"hidden\" name=\"skno\" value=\"{}\"><input type=\"hidden\" name=\"bptn\" value=\"{}\">\
         <input type=\"hidden\" name=\"bill\" value=\"{}\"><button>払込へ進む</button></form>",
        form.action, form.skno, form.bptn, form.bill
    )))
}

async fn come_back(
    State(mocks): State<Mocks>,
    Path((number, page)): Path<(String, String)>,
) -> Result<Html<&'static str>, StatusCode> {
    if mocks.make(Mistake::PaysOnReturn) {
        pay(&mocks, &number, &page).await.map_err(failed)?;
    }
    Ok(Html("<!DOCTYPE html><title>払込</title><p>払込の結果は、確認でき次第表示します。</p>"))
}

async fn pay(mocks: &Mocks, number: &str, page: &str) -> Result<(), StoreError> {
    let mut write = mocks.store().write().await?;
    sqlx::query("UPDATE bills SET paid_elsewhere = 1 WHERE collector = $1 AND page = $2")
        .bind(number)
        .bind(page)
        .execute(&mut *write)
        .await?;
    write.commit().await?;
    Ok(())
}
