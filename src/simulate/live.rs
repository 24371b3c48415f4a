//! `mpn simulate --live`: payments through a hub that runs, with the mocks' faults drawn from the same seed.
//!
//! Whoever runs it may kill the hub and start it again meanwhile: what was not answered is asked again under the same
//! Idempotency-Key, as a careful caller does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use collectors::Directory;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use simulation::live::{Gust, Payer, Storm};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::audit::Audit;
use crate::data::DataArgs;
use crate::fetch::Caller;
use crate::{Done, Outcome};

/// Payments under way at once.
const PAYERS_MAX: usize = 8;
/// How long a hub that was killed may take to answer again.
const AWAY_MAX: Duration = Duration::from_secs(60);
/// How long the last payments may take to come to their end once nothing goes wrong any more.
const END_WAIT: Duration = Duration::from_secs(180);
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Between two calls of one payer; an API key has 50 a second.
const CALL_PAUSE: Duration = Duration::from_millis(150);
/// Inquiries that one payer makes before leaving it.
const INQUIRIES_MAX: u32 = 6;
/// The account of the demo's contract for tests.
const ACCOUNT: [(&str, &str); 3] = [("branch", "100"), ("type", "ordinary"), ("number", "7000001")];

/// The running demo.
struct Live {
    hub: Caller,
    mocks: Caller,
    collectors: Vec<Target>,
    /// Begins every Idempotency-Key, so that no two runs share one.
    run: domain::PaymentId,
    came: Mutex<Came>,
}

/// A collector that is paid.
struct Target {
    number: String,
    payer_types_amount: bool,
}

/// What the payers were told.
#[derive(Default)]
struct Came {
    /// Where each payment stood last.
    payments: BTreeMap<String, String>,
    refused: BTreeMap<String, u64>,
    unanswered: u64,
    wrong: Vec<String>,
}

/// Runs the payments, waits for their ends, and audits.
pub async fn run(data: DataArgs, seed: u64, payments: u64) -> Outcome {
    let live = Arc::new(Live::open(&data)?);
    let mut storm = Storm::new(seed, live.collectors.len());
    let (begun, mut made, mut gusts) = (Instant::now(), 0, 0);
    while made < payments {
        let mut gust = storm.gust();
        gust.payments = gust.payments.min(payments - made);
        live.set(&gust).await?;
        live.pay_all(&gust, &mut storm, made).await?;
        (made, gusts) = (made + gust.payments, gusts + 1);
        eprintln!("{made} of {payments} payers");
    }
    live.calm().await?;
    let waits = live.wait_for_all().await?;
    let came = live.came.lock().await;
    print!("{}", told(&came, gusts, begun.elapsed().as_secs()));
    for wrong in &came.wrong {
        println!("broken: {wrong}");
    }
    for payment in &waits {
        println!("open: payment {payment} has come to no end; look at it in the console");
    }
    let audited = Audit::of(data).run().await?;
    let clean = matches!(audited, Done::Well) && came.wrong.is_empty() && waits.is_empty();
    println!("{}", if clean { "nothing is broken" } else { "something is broken" });
    println!("again: mpn simulate --live --seed {seed} --payments {payments}");
    Ok(if clean { Done::Well } else { Done::Wrong })
}

fn told(came: &Came, gusts: u64, seconds: u64) -> String {
    let mut states: BTreeMap<&str, u64> = BTreeMap::new();
    came.payments.values().for_each(|state| *states.entry(state).or_default() += 1);
    let mut lines = vec![format!("{} payments in {gusts} gusts and {seconds} seconds", came.payments.len())];
    lines.extend(states.iter().map(|(state, count)| super::row(&format!("  {state}"), *count)));
    lines.extend(came.refused.iter().map(|(code, count)| super::row(&format!("  refused: {code}"), *count)));
    lines.push(super::row("  calls without an answer, repeated", came.unanswered));
    lines.join("\n") + "\n"
}

impl Live {
    fn open(data: &DataArgs) -> anyhow::Result<Self> {
        let file = data.data.join("demo.json");
        let demo = std::fs::read_to_string(&file).with_context(|| {
            format!("cannot read {}; start `mpn demo` and name its folder with --data", file.display())
        })?;
        let demo: Value = serde_json::from_str(&demo)
            .with_context(|| format!("{} cannot be read; start `mpn demo` there again", file.display()))?;
        let text = |pointer: &str| {
            let value = demo.pointer(pointer).and_then(Value::as_str);
            value.with_context(|| {
                format!("{} has no {pointer}; start `mpn demo` with its collectors", file.display())
            })
        };
        let directory = Directory::embedded();
        let rows = directory.all().iter().filter(|row| row.methods.online && row.available);
        let collectors = rows.map(|row| Target {
            number: row.number.to_string(),
            payer_types_amount: row.payer_types_amount(None),
        });
        Ok(Self {
            hub: Caller::new(text("/api/url")?, Some(text("/api/keys/integrator")?)),
            mocks: Caller::new(text("/mocks/url")?, None),
            collectors: collectors.collect(),
            run: domain::PaymentId::generate(),
            came: Mutex::default(),
        })
    }

    /// A command to the mocks; repeated while the process is away.
    async fn command(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Value> {
        let began = Instant::now();
        loop {
            match self.mocks.call(method.clone(), path, None, body).await {
                Ok((status, answer)) if status.is_success() => return Ok(answer),
                Ok((status, answer)) => bail!("the mock collectors answered {status} to {path}: {answer}"),
                Err(error) if began.elapsed() > AWAY_MAX => {
                    return Err(error.context("nobody answers; start `mpn demo` again"));
                }
                Err(_) => sleep(LOOK_AGAIN).await,
            }
        }
    }

    async fn set(&self, gust: &Gust) -> anyhow::Result<()> {
        let per_mille: BTreeMap<_, _> = gust.per_mille.iter().copied().collect();
        let delay = json!({"kind": "uniform", "from_ms": 0, "to_ms": gust.delay_ms_max});
        let chaos = json!({"seed": gust.seed, "per_mille": per_mille, "delay": delay});
        self.command(Method::PUT, "/control/chaos", &chaos).await?;
        for broken in &gust.breaks {
            let number = &self.collectors[broken.collector].number;
            let fault = json!({"mode": broken.mode, "times": broken.times});
            self.command(Method::POST, &format!("/control/{number}/faults"), &fault).await?;
        }
        Ok(())
    }

    /// Nothing goes wrong any more.
    async fn calm(&self) -> anyhow::Result<()> {
        self.command(Method::DELETE, "/control/chaos", &Value::Null).await?;
        for target in &self.collectors {
            self.command(Method::DELETE, &format!("/control/{}/faults", target.number), &Value::Null).await?;
        }
        Ok(())
    }

    async fn pay_all(self: &Arc<Self>, gust: &Gust, storm: &mut Storm, first: u64) -> anyhow::Result<()> {
        let mut payers = JoinSet::new();
        for number in first..first + gust.payments {
            if payers.len() >= PAYERS_MAX {
                payers.join_next().await.transpose()?.transpose()?;
            }
            let (live, payer) = (Arc::clone(self), storm.payer());
            payers.spawn(async move { live.pay(number, payer).await });
        }
        while let Some(ended) = payers.join_next().await {
            ended??;
        }
        Ok(())
    }

    /// One payer: a bill, its inquiry, and the button.
    async fn pay(self: &Arc<Self>, number: u64, payer: Payer) -> anyhow::Result<()> {
        let target = &self.collectors[payer.collector];
        sleep(Duration::from_millis(payer.thinks_ms)).await;
        let path = format!("/control/{}/bills", target.number);
        let made = self.command(Method::POST, &path, &json!({"amount": payer.amount})).await?;
        let bill = made.pointer("/bills/0").context("the mock collectors made no bill; try again")?;
        let Some(order) = self.order(number, target, bill, payer.amount).await? else { return Ok(()) };
        let key = format!("{}-{number}", self.run);
        let mut clicks = JoinSet::new();
        for _ in 0..payer.clicks {
            let (live, key, order) = (Arc::clone(self), key.clone(), order.clone());
            clicks.spawn(async move { live.call("/v1/payments", &key, &order).await });
        }
        let mut ids = Vec::new();
        while let Some(answer) = clicks.join_next().await {
            ids.extend(self.keep(answer??).await);
        }
        ids.dedup();
        if ids.len() > 1 {
            self.came.lock().await.wrong.push(format!("one wish made several payments: {}", ids.join(", ")));
        }
        Ok(())
    }

    /// Asks what is owed. `None` where the payer gives up.
    async fn order(
        &self,
        number: u64,
        target: &Target,
        bill: &Value,
        amount: i64,
    ) -> anyhow::Result<Option<Value>> {
        let mut numbers = json!({
            "collector": target.number,
            "customer_number": bill["customer_number"],
            "confirmation_number": bill["confirmation_number"],
        });
        if !bill["payment_category"].is_null() {
            numbers["payment_category"] = bill["payment_category"].clone();
        }
        if target.payer_types_amount {
            numbers["amount"] = amount.into();
        }
        for inquiry in 0..INQUIRIES_MAX {
            let key = format!("{}-{number}-inquiry-{inquiry}", self.run);
            let (status, answer) = self.call("/v1/inquiries", &key, &numbers).await?;
            let found = answer.pointer("/bills/0").filter(|_| status.is_success());
            if let Some(found) = found {
                let account: BTreeMap<_, _> = ACCOUNT.into_iter().collect();
                return Ok(Some(json!({
                    "inquiry_id": answer["inquiry_id"], "bill_id": found["bill_id"], "amount": found["amount"],
                    "account": account,
                })));
            }
            sleep(CALL_PAUSE).await;
        }
        *self.came.lock().await.refused.entry("no answer to any inquiry".to_owned()).or_default() += 1;
        Ok(None)
    }

    /// A call to the hub, repeated under its key until it is answered for good.
    async fn call(&self, path: &str, key: &str, body: &Value) -> anyhow::Result<(StatusCode, Value)> {
        let mut away = None;
        loop {
            match self.hub.call(Method::POST, path, Some(key), body).await {
                Ok((status, answer)) => {
                    away = None;
                    let in_flight =
                        answer["code"] == "idempotency_in_flight" || answer["code"] == "payment_unclear";
                    let busy = status == StatusCode::TOO_MANY_REQUESTS || answer["code"] == "collector_busy";
                    let failed = path == "/v1/payments" && status.is_server_error();
                    if !in_flight && !busy && !failed {
                        return Ok((status, answer));
                    }
                }
                Err(error) => {
                    let since = *away.get_or_insert_with(Instant::now);
                    if since.elapsed() > AWAY_MAX {
                        return Err(error.context("the hub does not answer; start `mpn demo` again"));
                    }
                }
            }
            self.came.lock().await.unanswered += 1;
            sleep(CALL_PAUSE).await;
        }
    }

    /// Notes what a call was answered; the payment's id, where there is one.
    async fn keep(&self, (status, answer): (StatusCode, Value)) -> Option<String> {
        let mut came = self.came.lock().await;
        let (id, state) = (answer["id"].as_str(), answer["state"].as_str());
        if let (true, Some(id), Some(state)) = (status.is_success(), id, state) {
            came.payments.insert(id.to_owned(), state.to_owned());
            return Some(id.to_owned());
        }
        let code = answer["code"].as_str().map_or_else(|| status.to_string(), str::to_owned);
        *came.refused.entry(code).or_default() += 1;
        None
    }

    /// Follows every payment to its end; those that have none in time.
    async fn wait_for_all(&self) -> anyhow::Result<Vec<String>> {
        let began = Instant::now();
        loop {
            let open = self.waiting().await;
            if open.is_empty() || began.elapsed() > END_WAIT {
                return Ok(open);
            }
            for id in open {
                let answer =
                    self.hub.call(Method::GET, &format!("/v1/payments/{id}"), None, &Value::Null).await;
                if let Ok((StatusCode::OK, payment)) = answer {
                    let state = payment["state"].as_str().unwrap_or_default().to_owned();
                    self.came.lock().await.payments.insert(id, state);
                }
                sleep(Duration::from_millis(25)).await;
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    async fn waiting(&self) -> Vec<String> {
        let is_open = |state: &str| ["inquired", "held", "sending", "unknown"].contains(&state);
        let came = self.came.lock().await;
        came.payments.iter().filter(|(_, state)| is_open(state)).map(|(id, _)| id.clone()).collect()
    }
}
