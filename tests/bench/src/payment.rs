//! `mpn bench payment`: one payment alone through the hub, with collectors that answer at once over plain HTTP;
//! beside it the floor: two calls on loopback and two durable commits.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use database::{Database, execute};
use domain::payment::State;
use domain::{Clock, ContractId, PaymentId, Timestamp, UserId, Yen};
use edge::{Limits, Shutdown};
use gateway::{Gateway, InquiryRequest, Payer, PaymentOrder};
use tokio::time::Instant;

use crate::http::Browser;
use crate::hub::{Hub, PAYER};
use crate::report::{Report, ratio};

const COLLECTOR: &str = "99090";
const WARM_UP: usize = 10;

/// Pays `payments` times, one after the other, on SQLite and, where an address is given, on PostgreSQL.
pub async fn run(payments: usize, postgres: Option<&str>) -> anyhow::Result<Report> {
    let mut report = Report::new(
        "One payment alone, zero-delay collectors over plain HTTP (inquiry, then hold to posting)",
    );
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("mpn.sqlite");
    one(&mut report, "SQLite", &Database::sqlite(&file).await?, folder.path(), payments).await?;
    if let Some(url) = postgres {
        let folder = tempfile::tempdir()?;
        one(&mut report, "PostgreSQL", &Database::postgres(url).await?, folder.path(), payments).await?;
    }
    Ok(report)
}

async fn one(
    report: &mut Report,
    name: &str,
    database: &Database,
    folder: &Path,
    payments: usize,
) -> anyhow::Result<()> {
    let ten = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").context("a fixed instant")?;
    let clock = Clock::with_offset_us(Clock::offset_us_for(ten));
    let (trigger, shutdown) = Shutdown::pair();
    let Hub { gateway, ledger, .. } = Hub::start(database, &clock, folder, &shutdown, &[]).await?;
    let ops = bare(&shutdown).await?;
    let (mut inquiries, mut pays, mut commits, mut calls) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut caller = Browser::new(&ops);
    execute!(database, "CREATE TABLE bench_floor (id BIGINT PRIMARY KEY, at_us BIGINT NOT NULL)")?;
    for payment in 0..WARM_UP + payments {
        let (inquiry, pay) = pay(&gateway).await?;
        let began = Instant::now();
        execute!(database, "INSERT INTO bench_floor (id, at_us) VALUES ($1, 0)", i64::try_from(payment)?)?;
        let commit = began.elapsed();
        let began = Instant::now();
        caller.get("/").await?;
        let call = began.elapsed();
        if payment >= WARM_UP {
            inquiries.push(inquiry);
            pays.push(pay);
            commits.push(commit);
            calls.push(call);
        }
    }
    execute!(database, "DROP TABLE bench_floor")?;
    let whole: Vec<Duration> = inquiries.iter().zip(&pays).map(|(a, b)| *a + *b).collect();
    report.add(format!("{name}: inquiry"), inquiries);
    report.add(format!("{name}: hold, clearing, answer, posting"), pays);
    let whole = report.add(format!("{name}: both"), whole).context("no payment was made")?;
    let commit =
        report.add(format!("{name}: one durable commit of one row"), commits).context("no commit")?;
    let call = report.add(format!("{name}: one bare loopback call"), calls).context("no call")?;
    let floor = (commit.median + call.median) * 2;
    report.note(format!("{name}: both are {} times two calls and two commits", ratio(whole.median, floor)));
    let findings = [ledger.audit().await?, gateway.audit().await?.0].concat();
    if !findings.is_empty() {
        bail!("the audit found {findings:?}");
    }
    trigger.ask();
    Ok(())
}

/// One inquiry and one payment of a bill whose amount the payer types, so that it can be repeated.
async fn pay(gateway: &Gateway) -> anyhow::Result<(Duration, Duration)> {
    let payer = Payer { contract: ContractId::generate(), user: UserId::generate() };
    let request = InquiryRequest {
        collector: COLLECTOR.parse()?,
        customer_number: "99090000000000000001".parse()?,
        confirmation_number: "909090".parse()?,
        category: None,
        amount: Some(Yen::new(1_000)),
    };
    let began = Instant::now();
    let inquiry = gateway.inquire(payer, request).await?;
    let asked = began.elapsed();
    let bill = inquiry.bills.first().context("no bill")?;
    let order = PaymentOrder {
        payment: PaymentId::generate(),
        payer,
        inquiry: inquiry.id,
        bill: bill.id.clone(),
        amount: bill.amount,
        account: PAYER,
        guards: Vec::new(),
        barred_by: Vec::new(),
    };
    let began = Instant::now();
    let payment = gateway.pay(order).await?;
    let paid = began.elapsed();
    if payment.state != State::Accepted {
        bail!("a payment ended {}", payment.state);
    }
    Ok((asked, paid))
}

/// A server that answers at once, for the floor.
async fn bare(shutdown: &Shutdown) -> anyhow::Result<String> {
    let listener = edge::bind(([127, 0, 0, 1], 0).into()).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "" }));
    tokio::spawn(edge::serve_http(listener, router, Limits::default(), shutdown.clone()));
    Ok(origin)
}
