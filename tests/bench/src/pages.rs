//! `mpn bench pages`: signed-in pages, from request to whole page on one kept-alive loopback connection, which adds
//! less than a tenth of a millisecond to the server's own time; beside them a bare answer of the same process.

use std::time::Duration;

use anyhow::Context as _;
use tokio::time::Instant;

use crate::demo::Demo;
use crate::http::{Browser, Page};
use crate::report::Report;
use crate::statements;

/// Requests that are not counted.
const WARM_UP: usize = 20;

/// Takes each page `requests` times, on SQLite and, where an address is given, on PostgreSQL.
pub async fn run(requests: usize, postgres: Option<&str>) -> anyhow::Result<Report> {
    let mut report = Report::new("Pages and files, one client on a kept-alive connection");
    for (name, url) in [("SQLite", None)].into_iter().chain(postgres.map(|url| ("PostgreSQL", Some(url)))) {
        one(&mut report, name, requests, url).await?;
    }
    Ok(report)
}

async fn one(report: &mut Report, name: &str, requests: usize, postgres: Option<&str>) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let demo = Demo::start(folder.path(), postgres).await?;
    let mut bank = sign_in(&demo).await?;
    let review = review(&mut bank, &demo).await?;
    let mut ops = Browser::new(demo.json["ops"]["url"].as_str().context("demo.json names no ops")?);
    report.add(format!("{name}: a bare answer, for comparison"), times(&mut ops, "/health", requests).await?);
    for path in ["/sign-in", "/home", "/payeasy/new", "/payeasy/history"] {
        report.add(format!("{name}: {path}"), times(&mut bank, path, requests).await?);
    }
    report.add(format!("{name}: /payeasy/new/…/review"), times(&mut bank, &review.path, requests).await?);
    let account = statements::account(&mut bank).await?;
    demo.stop().await?;
    // bills are due, and collectors' days over, when the account has three months behind it
    statements::make(folder.path(), postgres, &account).await?;
    let demo = Demo::start(folder.path(), postgres).await?;
    let mut bank = sign_in(&demo).await?;
    statements::measure(report, name, &demo, &mut bank, &account, requests).await?;
    demo.audited(folder.path(), postgres).await?;
    demo.stop().await
}

/// A browser whose user, a clerk with all rights, is signed in.
async fn sign_in(demo: &Demo) -> anyhow::Result<Browser> {
    let user = &demo.json["contracts"][0]["users"][1];
    let text = |name: &str| user[name].as_str().map(str::to_owned).context("demo.json names no users");
    let (login_id, password) = (text("login_id")?, text("password")?);
    let mut bank = demo.bank()?;
    let page = bank.get("/sign-in").await?;
    bank.submit(&page, &[("login_id", &login_id), ("password", &password), ("action", "sign-in")]).await?;
    Ok(bank)
}

pub(crate) async fn times(
    browser: &mut Browser,
    path: &str,
    requests: usize,
) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(requests);
    for request in 0..WARM_UP + requests {
        let began = Instant::now();
        browser.get(path).await?;
        if request >= WARM_UP {
            times.push(began.elapsed());
        }
    }
    Ok(times)
}

/// Types a bill's numbers and goes on to its review.
async fn review(bank: &mut Browser, demo: &Demo) -> anyhow::Result<Page> {
    let bill = &demo.json["bills"][0];
    let text = |name: &str| bill[name].as_str().unwrap_or_default();
    let page = bank.get("/payeasy/new").await?;
    let page = bank.submit(&page, &[("collector", text("collector")), ("action", "next")]).await?;
    let numbers = [
        ("customer_number", text("customer_number")),
        ("confirmation_number", text("confirmation_number")),
        ("payment_category", text("payment_category")),
        ("action", "inquire"),
    ];
    let page = bank.submit(&page, &numbers).await?;
    let account = crate::http::value(&page, "option value=")?;
    bank.submit(&page, &[("bill", text("bill_id")), ("account", &account), ("action", "review")]).await
}
