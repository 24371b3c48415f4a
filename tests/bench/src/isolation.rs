//! `mpn bench isolation`: what a collector that never answers does to payments at the others. Rounds come in pairs,
//! without and with payers at the dead collector, and every second pair the other way round, so that a drift of the
//! machine and tables that grow meet both alike.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use database::Database;
use domain::payment::State;
use domain::{Clock, CollectorNumber, ContractId, PaymentId, Timestamp, UserId};
use edge::Shutdown;
use gateway::{Gateway, InquiryError, InquiryRequest, Payer, PaymentOrder};
use mocks::SeedBill;
use tokio::io::AsyncReadExt as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::hub::{Hub, PAYER};
use crate::report::{Report, Spread};

const DEAD: &str = "00500";
const ALIVE: [&str; 2] = ["04000", "04100"];
/// Payers at the dead one; each asks again so soon after it was sent back.
const DEAD_CALLERS: usize = 200;
const DEAD_PAUSE: Duration = Duration::from_millis(500);
/// So many pairs of rounds.
const PAIRS: usize = 10;

/// `payments` a round by so many callers at the same time, on SQLite and, where an address is given, on PostgreSQL.
pub async fn run(payments: usize, callers: usize, postgres: Option<&str>) -> anyhow::Result<Report> {
    let mut report =
        Report::new("Payments at healthy collectors, without and with a collector that never answers");
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("mpn.sqlite");
    one(&mut report, "SQLite", &Database::sqlite(&file).await?, folder.path(), payments, callers).await?;
    if let Some(url) = postgres {
        let folder = tempfile::tempdir()?;
        one(&mut report, "PostgreSQL", &Database::postgres(url).await?, folder.path(), payments, callers)
            .await?;
    }
    Ok(report)
}

async fn one(
    report: &mut Report,
    name: &str,
    database: &Database,
    folder: &Path,
    payments: usize,
    callers: usize,
) -> anyhow::Result<()> {
    let ten = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").context("a fixed instant")?;
    let clock = Clock::with_offset_us(Clock::offset_us_for(ten));
    let (trigger, shutdown) = Shutdown::pair();
    let dead = never_answers().await?;
    let hub = Hub::start(database, &clock, folder, &shutdown, &[(DEAD, dead)]).await?;
    let bills = bills(payments * (2 * PAIRS + 1));
    hub.mocks.seed(&bills).await?;
    let mut rounds = bills.chunks(payments);
    // not counted: connections and statements are made
    round(&hub.gateway, rounds.next().context("no bills")?, callers).await?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    let mut seen = Seen::default();
    for pair in 0..PAIRS {
        for is_with in [pair % 2 == 1, pair % 2 == 0] {
            let bills = rounds.next().context("no bills")?;
            if is_with {
                let payers = Payers::at_the_dead(&hub).await;
                with.push(round(&hub.gateway, bills, callers).await?);
                seen.add(&payers.go_away().await);
            } else {
                without.push(round(&hub.gateway, bills, callers).await?);
            }
        }
    }
    report.add(format!("{name}: all healthy"), without.concat());
    report.add(format!("{name}: one dead"), with.concat());
    for (what, of) in [("p99", p99 as fn(Spread) -> Duration), ("median", median)] {
        let mut times: Vec<_> = without.iter().zip(&with).filter_map(|(a, b)| in_times(a, b, of)).collect();
        times.sort_unstable();
        let [least, middle, most] =
            [0, times.len() / 2, times.len().saturating_sub(1)].map(|at| times.get(at).copied());
        let (Some(least), Some(middle), Some(most)) = (least, middle, most) else { bail!("no payments") };
        let [least, middle, most] = [least, middle, most].map(|h| format!("{}.{:02}", h / 100, h % 100));
        report.note(format!(
            "{name}: the {what} of a round with the dead collector, in times of that without it: {middle} in the \
             middle of {PAIRS} pairs, {least} to {most}"
        ));
    }
    report.note(format!(
        "{name}: at the dead collector {} inquiries were sent back at once as busy, {} at most waited for a place",
        seen.busy, seen.waiting
    ));
    let findings = [hub.ledger.audit().await?, hub.gateway.audit().await?.0].concat();
    if !findings.is_empty() {
        bail!("the audit found {findings:?}");
    }
    trigger.ask();
    Ok(())
}

fn p99(spread: Spread) -> Duration {
    spread.p99
}

fn median(spread: Spread) -> Duration {
    spread.median
}

/// A figure of `with` in hundredths of that of `without`.
fn in_times(without: &[Duration], with: &[Duration], of: fn(Spread) -> Duration) -> Option<u128> {
    let [without, with] = [without, with].map(|times| Spread::of(times.to_vec()).map(of));
    (with?.as_nanos() * 100).checked_div(without?.as_nanos())
}

/// A server that takes every request and answers none.
async fn never_answers() -> anyhow::Result<http::Uri> {
    let listener = edge::bind(([127, 0, 0, 1], 0).into()).await?;
    let uri = format!("http://{}", listener.local_addr()?).parse()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut taken = vec![0; 4_096];
                while stream.read(&mut taken).await.is_ok_and(|length| length > 0) {}
            });
        }
    });
    Ok(uri)
}

/// Bills at the healthy collectors.
pub(crate) fn bills(count: usize) -> Vec<SeedBill> {
    (0..count)
        .map(|index| SeedBill {
            collector: ALIVE[index % ALIVE.len()].to_owned(),
            customer_number: format!("{index:020}"),
            confirmation_number: "123456".to_owned(),
            payment_category: Some("101".to_owned()),
            bill_id: format!("I-{index}"),
            payer: "見本".to_owned(),
            contents: "試験".to_owned(),
            amount: 1_000,
            fee: 0,
            late_charge: 0,
            due_days: None,
            clear_by_days: None,
            payable_from_days: None,
            scenario: "normal".to_owned(),
        })
        .collect()
}

/// Pays every bill, a few at the same time; how long each took from inquiry to posting.
pub(crate) async fn round(
    gateway: &Gateway,
    bills: &[SeedBill],
    callers: usize,
) -> anyhow::Result<Vec<Duration>> {
    let mut running = JoinSet::new();
    for caller in 0..callers {
        let own: Vec<_> = bills.iter().skip(caller).step_by(callers).cloned().collect();
        let gateway = gateway.clone();
        running.spawn(async move {
            let mut times = Vec::with_capacity(own.len());
            for bill in own {
                let began = Instant::now();
                pay(&gateway, &bill).await?;
                times.push(began.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = running.join_next().await {
        times.extend(done??);
    }
    Ok(times)
}

async fn pay(gateway: &Gateway, bill: &SeedBill) -> anyhow::Result<()> {
    let payer = payer();
    let inquiry = gateway.inquire(payer, request(&bill.collector, &bill.customer_number)?).await?;
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
    match gateway.pay(order).await?.state {
        State::Accepted => Ok(()),
        other => bail!("a payment ended {other}"),
    }
}

fn payer() -> Payer {
    Payer { contract: ContractId::generate(), user: UserId::generate() }
}

fn request(collector: &str, customer: &str) -> anyhow::Result<InquiryRequest> {
    let collector: CollectorNumber = collector.parse()?;
    let category = (collector.as_str() != DEAD).then(|| "101".parse()).transpose()?;
    Ok(InquiryRequest {
        collector,
        customer_number: customer.parse()?,
        confirmation_number: "123456".parse()?,
        category,
        amount: None,
    })
}

/// What payers at the dead collector met.
#[derive(Default)]
struct Seen {
    busy: usize,
    waiting: usize,
}

impl Seen {
    fn add(&mut self, other: &Self) {
        self.busy += other.busy;
        self.waiting = self.waiting.max(other.waiting);
    }
}

/// Many who want to pay at the dead collector.
struct Payers {
    tasks: JoinSet<()>,
    go: Arc<AtomicBool>,
    busy: Arc<AtomicUsize>,
    waiting: Arc<AtomicUsize>,
}

impl Payers {
    async fn at_the_dead(hub: &Hub) -> Self {
        let (go, busy, waiting) = (Arc::new(AtomicBool::new(true)), Arc::default(), Arc::default());
        let mut payers = Self { tasks: JoinSet::new(), go, busy, waiting };
        for _ in 0..DEAD_CALLERS {
            let (gateway, client) = (hub.gateway.clone(), hub.client.clone());
            let (go, busy, waiting) = (payers.go.clone(), payers.busy.clone(), payers.waiting.clone());
            payers.tasks.spawn(async move {
                while let (true, Ok(request)) =
                    (go.load(Ordering::Relaxed), request(DEAD, "1234567890123456"))
                {
                    let dead = request.collector.clone();
                    if matches!(gateway.inquire(payer(), request).await, Err(InquiryError::CollectorBusy)) {
                        busy.fetch_add(1, Ordering::Relaxed);
                    }
                    waiting.fetch_max(client.waiting(&dead), Ordering::Relaxed);
                    sleep(DEAD_PAUSE).await;
                }
            });
        }
        // until they stand in line
        sleep(Duration::from_millis(300)).await;
        payers
    }

    async fn go_away(mut self) -> Seen {
        self.go.store(false, Ordering::Relaxed);
        self.tasks.shutdown().await;
        let read = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        Seen { busy: read(&self.busy), waiting: read(&self.waiting) }
    }
}
