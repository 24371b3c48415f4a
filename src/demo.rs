//! `mpn demo`: bank, staff console, hub and mock collectors in one process, on one database.

mod alarms;
mod api_keys;
pub mod certificates;
mod developers;
mod keys;
mod life;
mod sample;
mod sign;
mod staff;
pub mod tokens;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use bulk::Bulk;
use clap::Args;
use collectors::client::{Channel, Limits as ClientLimits, Peer, Trust};
use collectors::signature::{SigningKeys, VerifyingKey};
use collectors::{Client, Directory};
use console::Console;
use console::delivery::DeliverySettings;
use database::Database;
use database::folder::Folder;
use domain::{Clock, CollectorNumber, Timestamp, calendar};
use edge::tls::TlsSettings;
use edge::{CookieKind, Limits, Shutdown};
use gateway::{Gateway, Settings};
use internet_banking::Bank;
use internet_banking::bulk::BatchFeed;
use internet_banking::certificates::authority::Authorities;
use internet_banking::certificates::{Doors, Notices};
use internet_banking::fees::Fees;
use internet_banking::hours::{Service, ServiceHours, Standing};
use internet_banking::keys::{Keys, Vault};
use internet_banking::mail::{Feed, Post};
use internet_banking::transfers::TransferFeed;
use ledger::Ledger;
use mocks::{ClockMove, HubKeys, LinkConfig, Mocks, MocksConfig};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use transfers::Transfers;

use crate::data::DataArgs;
use crate::{Done, Outcome};

/// 金融機関コード of the fictional bank.
pub const OWN_BANK_CODE: &str = "9999";
/// センタコード of its hub.
pub const HUB_CENTRE: &str = "MPN9999";
/// Where business time is set to when the bank would be closed.
const START_HOUR: u32 = 10;
/// How often business time is compared with what another process may have set.
const CLOCK_STEP: Duration = Duration::from_millis(500);
/// How long running requests may take to finish after Ctrl-C.
const DRAIN_S: u64 = 5;

/// Runs the whole thing on this machine and prints where to go and how to sign in.
///
/// Example: mpn demo --data /tmp/mpn --port-base 9000 --clock 2026-11-24T10:00:00+09:00
#[derive(Args)]
pub struct Demo {
    #[command(flatten)]
    data: DataArgs,
    /// The first port; docs/ARCHITECTURE.md lists the others, which follow it.
    #[arg(long, value_name = "N", default_value_t = 8080)]
    port_base: u16,
    /// Business time: `now`, or an instant such as 2026-11-24T10:00:00+09:00. By default it goes on from the last
    /// start, and moves to 10:00 of a business day when the bank would be closed.
    #[arg(long, value_name = "now|TIMESTAMP")]
    clock: Option<String>,
    /// Begins anew: removes what earlier starts left in the data folder and the database.
    #[arg(long)]
    reset: bool,
    /// Leaves the mock collectors out; `mpn` then finds no collector to pay.
    #[arg(long)]
    no_mocks: bool,
    /// One more host, besides this machine, on which a collector of the sandbox may listen, by https.
    #[arg(long, value_name = "HOST")]
    sandbox_host: Vec<String>,
    /// Keeps the customers' pages open at any hour. Without it they keep the bank's hours, as business time has them.
    #[arg(long)]
    round_the_clock: bool,
    /// Seconds between two deliveries of a message that nobody answered.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    resend_interval: u64,
}

/// Where the bank asks for client certificates, counted from the base.
const DOORS: [u16; 4] = [3, 4, 5, 6];

/// The demo's ports, counted from the base.
struct Ports {
    base: u16,
}

impl Ports {
    /// Where the bank is.
    fn bank_url(&self) -> String {
        format!("http://localhost:{}", self.base)
    }

    fn at(&self, offset: u16) -> anyhow::Result<u16> {
        self.base.checked_add(offset).with_context(|| {
            format!("--port-base {} leaves no room for 21 ports; choose one below 65515", self.base)
        })
    }

    async fn listen(&self, offset: u16) -> anyhow::Result<TcpListener> {
        let port = self.at(offset)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        edge::bind(address).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => anyhow::anyhow!(
                "port {port} is taken by another program; stop it or choose other ports with --port-base"
            ),
            _ => {
                anyhow::anyhow!("cannot listen on port {port}: {error}; choose other ports with --port-base")
            }
        })
    }
}

/// The sockets, all open before anything else is touched.
struct Sockets {
    bank: TcpListener,
    console: TcpListener,
    /// The doors where the bank asks for client certificates.
    doors: Vec<TcpListener>,
    api: TcpListener,
    mocks: TcpListener,
    protocol: TcpListener,
    mailbox: TcpListener,
    ops: TcpListener,
}

impl Demo {
    /// Runs until Ctrl-C or SIGTERM.
    pub async fn run(self) -> Outcome {
        let ports = Ports { base: self.port_base };
        let mut doors = Vec::new();
        for offset in DOORS {
            doors.push(ports.listen(offset).await?);
        }
        let sockets = Sockets {
            bank: ports.listen(0).await?,
            console: ports.listen(2).await?,
            doors,
            api: ports.listen(1).await?,
            mocks: ports.listen(10).await?,
            protocol: ports.listen(11).await?,
            mailbox: ports.listen(12).await?,
            ops: ports.listen(20).await?,
        };
        let _heard = outlive_file_size_limit()?;
        let folder = Folder::open(&self.data.data)?;
        if self.reset {
            reset(&self.data, folder.path()).await?;
        }
        let database = self.data.open().await?;
        let secret = self.data.secret_or_make()?;
        let mark = secret.key(internet_banking::secrets::Purpose::Deployment);
        if !database::deployment::claim(&database, &*mark).await? {
            bail!(
                "the database belongs to another data folder than {}; name that one with --data, or begin anew with \
                 --reset",
                folder.path().display()
            );
        }
        let clock = self.set_clock(&database).await?;
        let vault = Vault::new(&secret);
        let hub_keys = keys::hub(&self.data, &database, &vault, clock.now()).await?;
        let sites_port = ports.at(10)?;
        let links = keys::links(&self.data, &database, &vault, &Directory::embedded(), sites_port).await?;
        let authority = keys::Authority::load_or_make(&self.data)?;
        let maker = tokens::Maker::of(&secret);
        let devices = maker.devices();
        let (clock_moves, moves_asked) = mpsc::channel(1);
        let mocks = match self.no_mocks {
            true => None,
            false => Some(self.mocks(&clock, &ports, devices, clock_moves).await?),
        };
        let peers = peers(mocks.as_ref(), ports.at(11)?)?;
        let trust = Trust::RootCa(authority.pem.clone());
        let interbank = match &mocks {
            Some(mocks) => Some(interbank(mocks, ports.at(11)?, hub_keys.clone(), &trust)?),
            None => None,
        };
        let client = Client::new(hub_keys, peers, &trust, &ClientLimits::default())?;
        let ledger = Ledger::start(database.clone(), clock.clone());
        let settings = Settings {
            resend_interval_s: self.resend_interval,
            seals_file: Some(self.data.seals_file()),
            links,
            ..Settings::new(HUB_CENTRE.parse()?, OWN_BANK_CODE.parse()?)
        };
        let gateway = Gateway::open(settings, ledger.clone(), Directory::embedded(), client).await?;
        let transfers = transfers::Settings {
            resend_interval_s: i64::try_from(self.resend_interval)?,
            ..transfers::Settings::new(OWN_BANK_CODE.parse()?)
        };
        let transfers = Transfers::open(transfers, ledger.clone(), interbank).await?;
        let bulk = Bulk::new(transfers.clone(), internet_banking::payees::Master::own().clone());
        certificates::provide_authority(&self.data, &ledger, &vault).await?;
        let doors =
            Doors::new("localhost", DOORS.iter().map(|door| ports.at(*door)).collect::<Result<_, _>>()?);
        let mut bank = Bank::new(ledger, gateway.clone(), &secret)?
            .with_certificates(Authorities::default(), doors)
            .with_transfers(transfers.clone());
        transfers.terms().replace(internet_banking::settings::transfer_terms(&database).await?);
        internet_banking::keys::adopt_collectors(&database, &gateway, clock.now()).await?;
        let bank_keys = Keys::new(&bank, &secret);
        bank_keys.refresh().await?;
        keys::write_public(&self.data, gateway.public_keys())?;
        keys::tell_counterparties(&self.data, &bank_keys)?;
        if self.round_the_clock {
            bank.hours = ServiceHours::always().into();
        }
        let targets = match &mocks {
            Some(_) => alarms::targets(&secret, ports.at(2)?, ports.at(12)?, ports.at(10)?)?,
            None => DeliverySettings::default(),
        };
        let console = Console::new(&bank.ledger, gateway.clone(), &secret, targets)?;
        sample::seed(&bank, &maker).await.context("the sample contracts could not be made; try --reset")?;
        certificates::seed(&self.data, &bank)
            .await
            .context("the sample certificates could not be made; try --reset")?;
        staff::seed(&console, &maker).await.context("the sample staff could not be made; try --reset")?;
        let api_keys = api_keys::ApiKeys::load_or_make(&self.data, &bank).await?;
        if let Some(mocks) = &mocks {
            mocks.seed(&mocks::sample_bills()).await?;
        }

        let (trigger, shutdown) = Shutdown::pair();
        let tls = edge::tls::server_config(&authority.chain_pem, &authority.key_pem)?;
        let asking = TlsSettings::from(server_config(&authority, bank.certificates.authorities())?);
        let mut tasks = JoinSet::new();
        let limits = Limits { drain_s: DRAIN_S, ..Limits::default() };
        let http = internet_banking::router(bank.clone(), CookieKind::http("bank"));
        let (tls_kind, plain_kind) = (CookieKind::tls("bank"), CookieKind::http("bank"));
        let https = internet_banking::router_beside(bank.clone(), tls_kind, plain_kind);
        tasks.spawn(console.delivery.clone().run(shutdown.clone()));
        tasks.spawn(console.requests.clone().run(shutdown.clone()));
        tasks.spawn(internet_banking::approvals::run(bank.clone(), shutdown.clone()));
        tasks.spawn(internet_banking::sign_in::watch_locks(bank.clone(), shutdown.clone()));
        tasks.spawn(console::sign_in::watch_locks(console.clone(), shutdown.clone()));
        tasks.spawn(internet_banking::tokens::expiry::run(bank.clone(), shutdown.clone()));
        tasks.spawn(Fees::open(&bank).await?.run(shutdown.clone()));
        tasks.spawn(Feed::new(gateway.clone(), bank.contracts.clone()).run(shutdown.clone()));
        let feed = TransferFeed::new(transfers.clone(), bank.contracts.clone());
        tasks.spawn(feed.run(shutdown.clone()));
        let feed = BatchFeed::new(bulk.clone(), bank.contracts.clone());
        tasks.spawn(feed.run(shutdown.clone()));
        if mocks.is_some() {
            let relay = alarms::relay(ports.at(12)?, "info@mihon-bank.example");
            tasks.spawn(Post::new(database.clone(), clock.clone(), &relay)?.run(shutdown.clone()));
        }
        let console = console::router(console, CookieKind::http("console"));
        let bank_url = ports.bank_url();
        let config =
            gateway::api::Config { may_set_clock: true, bank_url, ..gateway::api::Config::default() };
        let api = gateway::api::router(gateway.clone(), config);
        let sandbox = match &mocks {
            Some(_) => Some(self.sandbox(&ports, &gateway, &database, &clock).await?),
            None => None,
        };
        let api = for_this_machine(self.developers(&ports, &gateway, api, sandbox.clone())?);
        tasks.spawn(edge::serve_http(sockets.bank, http, limits, shutdown.clone()));
        for door in sockets.doors {
            let (tls, https) = (asking.clone(), https.clone());
            tasks.spawn(edge::serve_tls(door, tls, https, limits, shutdown.clone()));
        }
        let (data, authorities) = (self.data.clone(), bank.certificates.authorities().clone());
        let told_gateway = gateway.clone();
        tasks.spawn(bank_keys.run(shutdown.clone(), move |bank_keys| {
            keys::hand_links(&data, bank_keys);
            let listed = keys::write_public(&data, told_gateway.public_keys());
            if let Err(error) = listed.and_then(|()| keys::tell_counterparties(&data, bank_keys)) {
                tracing::error!(%error, "the hub's keys are not told");
            }
            match server_config(&authority, &authorities) {
                Ok(config) => asking.replace(config),
                Err(error) => tracing::error!(%error, "the doors do not ask for the newest certificates"),
            }
        }));
        tasks.spawn(Notices::new(bank.certificates.clone()).run(shutdown.clone()));
        tasks.spawn(edge::serve_http(sockets.console, console, limits, shutdown.clone()));
        tasks.spawn(edge::serve_http(sockets.api, api, limits, shutdown.clone()));
        tasks.spawn(edge::serve_http(sockets.ops, ops(bank.ledger.clone()), limits, shutdown.clone()));
        if let Some(mocks) = &mocks {
            let site = for_this_machine(mocks::site_router(mocks.clone()));
            let protocol = mocks::protocol_router(mocks.clone());
            let protocol = match &sandbox {
                Some(sandbox) => sandbox.before(protocol),
                None => protocol,
            };
            tasks.spawn(edge::serve_http(sockets.mocks, site, limits, shutdown.clone()));
            tasks.spawn(edge::serve_tls(sockets.protocol, tls, protocol, limits, shutdown.clone()));
            tasks.spawn(mocks::serve_mailbox(sockets.mailbox, mocks.clone(), shutdown.clone()));
        }
        tasks.spawn(move_clock(gateway.clone(), moves_asked, shutdown.clone()));
        tasks.spawn(keep_clock_in_step(database.clone(), clock.clone(), shutdown.clone()));
        let terms = transfers.terms().clone();
        tasks.spawn(internet_banking::settings::keep_transfer_terms(
            database.clone(),
            terms,
            shutdown.clone(),
        ));
        tasks.spawn(transfers.run(bank.contracts.clone(), shutdown.clone()));
        tasks.spawn(bulk.run(bank.contracts.clone(), shutdown.clone()));
        tasks.spawn(gateway.run(shutdown));

        let shown = sign::Shown {
            on_postgres: self.data.database_url.is_some(),
            ports: &ports,
            data: folder.path(),
            clock: &clock,
            bank: &bank,
            api_keys: &api_keys,
            mocks: !self.no_mocks,
        };
        shown.write().await?;
        shown.print();
        asked_to_stop().await?;
        eprintln!("stopping …");
        trigger.ask();
        let ended = async { while tasks.join_next().await.is_some() {} };
        drop(tokio::time::timeout(Duration::from_secs(DRAIN_S + 5), ended).await);
        if let Some(mocks) = mocks {
            mocks.close().await;
        }
        database.close().await;
        Ok(Done::Well)
    }

    /// Sets business time: as asked, or on from the last start, and never before what the database has seen.
    async fn set_clock(&self, database: &Database) -> anyhow::Result<Clock> {
        let stored = database::clock::load(database).await?;
        let running = Clock::with_offset_us(stored.map_or(0, |s| s.offset_us));
        let latest = stored.map(|s| s.latest);
        let now = match self.clock.as_deref() {
            None => open_time(running.now().max(latest.unwrap_or_default())),
            Some("now") => Clock::default().now(),
            Some(text) => Timestamp::parse_rfc3339(text).with_context(|| {
                format!("{text:?} is no time; write --clock now or --clock 2026-11-24T10:00:00+09:00")
            })?,
        };
        if let Some(latest) = latest.filter(|latest| now < *latest) {
            bail!(
                "business time cannot go back before {latest}, which this data has seen; \
                 leave out --clock to go on, or begin anew with --reset"
            );
        }
        let clock = Clock::default();
        database::clock::set(database, &clock, now).await?;
        Ok(clock)
    }

    async fn mocks(
        &self,
        clock: &Clock,
        ports: &Ports,
        tokens: Vec<mocks::Device>,
        clock_moves: mpsc::Sender<ClockMove>,
    ) -> anyhow::Result<Mocks> {
        let data_dir = self.data.data.join("mocks");
        std::fs::create_dir_all(&data_dir).with_context(|| {
            format!("cannot write to {}; choose another data folder with --data", data_dir.display())
        })?;
        let config = MocksConfig {
            data_dir,
            clock: clock.clone(),
            hub_keys: HubKeys::listed(self.data.hub_keys_file()),
            bank_code: OWN_BANK_CODE.to_owned(),
            bank_url: ports.bank_url(),
            hub_centre: HUB_CENTRE.parse()?,
            link: Some(LinkConfig {
                site_url: format!("http://127.0.0.1:{}", ports.at(10)?),
                keys_dir: self.data.data.join("keys").join("link"),
            }),
            tokens,
            clock_moves: Some(clock_moves),
        };
        Ok(Mocks::open(config).await?)
    }
}

/// The given time while the bank is open, else 10:00 of the business day that comes next.
fn open_time(now: Timestamp) -> Timestamp {
    let hour = |hour: u32| domain::time::TimeOfDay::from_hms_opt(hour, 0, 0).unwrap_or_default();
    let (today, time) = (now.date(), now.time());
    let hours = ServiceHours::embedded();
    let is_open = |at: Timestamp| matches!(hours.standing(Service::SignIn, at), Standing::Open { .. });
    let business_day = calendar::is_business_day(today);
    if business_day && is_open(now) {
        return now;
    }
    let later_today = business_day && time < hour(START_HOUR);
    let day = if later_today { today } else { calendar::next_business_day(today) };
    Timestamp::from_jst(day, hour(START_HOUR))
}

fn peers(
    mocks: Option<&Mocks>,
    port: u16,
) -> anyhow::Result<std::collections::HashMap<CollectorNumber, Peer>> {
    let endpoint: http::Uri = format!("https://127.0.0.1:{port}").parse()?;
    let keys = mocks.map(Mocks::public_keys).unwrap_or_default();
    keys.into_iter()
        .map(|(number, id, key)| {
            let keys = vec![VerifyingKey::new(&id, &key)?];
            Ok((number, Peer { endpoint: endpoint.clone(), keys }))
        })
        .collect()
}

/// What the doors of the bank listen by: they ask for certificates of these authorities.
fn server_config(
    own: &keys::Authority,
    clients: &Authorities,
) -> Result<Arc<edge::tls::ServerConfig>, edge::tls::TlsError> {
    edge::tls::server_config_asking(&own.chain_pem, &own.key_pem, clients.names())
}

/// The way to the mock interbank network.
fn interbank(mocks: &Mocks, port: u16, keys: SigningKeys, trust: &Trust) -> anyhow::Result<Channel> {
    let (id, public) = mocks.interbank_key();
    let endpoint = format!("https://127.0.0.1:{port}").parse()?;
    let peer = Peer { endpoint, keys: vec![VerifyingKey::new(id, &public)?] };
    let (name, path) = ("the interbank network", transfers::network::PATH);
    Ok(Channel::new(name, path, peer, keys, trust, &ClientLimits::default())?)
}

/// Liveness and readiness.
fn ops(ledger: Ledger) -> axum::Router {
    use axum::http::StatusCode;
    use axum::routing::get;
    let ready = move || {
        let ledger = ledger.clone();
        async move {
            match database::clock::load(ledger.database()).await {
                Ok(_) if ledger.is_running() => (StatusCode::OK, "ready\n"),
                Ok(_) => {
                    (StatusCode::SERVICE_UNAVAILABLE, "the group commit has ended; start the process anew\n")
                }
                Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
            }
        }
    };
    axum::Router::new().route("/health", get(|| async { "alive\n" })).route("/ready", get(ready))
}

/// Lets requests in whose address is this machine's own: a page from elsewhere that got its name to point here could
/// otherwise command the mocks and the clock.
fn for_this_machine(router: axum::Router) -> axum::Router {
    router.layer(axum::middleware::from_fn(|request: axum::extract::Request, next: Next| async move {
        let host = request.headers().get(axum::http::header::HOST).and_then(|host| host.to_str().ok());
        let name = host.map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
        match name {
            Some("localhost" | "127.0.0.1" | "[::1]") => next.run(request).await,
            _ => axum::http::StatusCode::MISDIRECTED_REQUEST.into_response(),
        }
    }))
}

/// Moves business time for whoever asks for it on the page of the mocks.
async fn move_clock(gateway: Gateway, mut asked: mpsc::Receiver<ClockMove>, mut shutdown: Shutdown) {
    loop {
        let ask = tokio::select! {
            ask = asked.recv() => ask,
            () = shutdown.requested() => None,
        };
        let Some(ask) = ask else { return };
        let set = gateway.set_time(ask.to).await;
        if let Err(error) = &set {
            tracing::error!(%error, "business time could not be moved");
        }
        // who asked may be gone
        let _gone = ask.done.send(set.is_ok());
    }
}

/// Takes over business time from other processes of the same database, and records how far it has come.
async fn keep_clock_in_step(database: Database, clock: Clock, mut shutdown: Shutdown) {
    while !shutdown.is_requested() {
        if let Err(error) = database::clock::keep_in_step(&database, &clock).await {
            tracing::warn!(%error, "business time could not be compared");
        }
        tokio::select! {
            () = tokio::time::sleep(CLOCK_STEP) => {}
            () = shutdown.requested() => {}
        }
    }
}

/// A write past the limit of a file's size then fails like one on a full disk, in place of ending the process.
fn outlive_file_size_limit() -> anyhow::Result<tokio::signal::unix::Signal> {
    /// SIGXFSZ, the same number on every architecture of Linux but MIPS and SPARC.
    const FILE_SIZE_LIMIT: i32 = 25;
    Ok(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(FILE_SIZE_LIMIT))?)
}

async fn asked_to_stop() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Removes what earlier starts made, and nothing else that may be in the folder or the database.
async fn reset(data: &DataArgs, folder: &Path) -> anyhow::Result<()> {
    match &data.database_url {
        Some(url) => Database::wipe_postgres(url).await.map_err(|error| crate::data::unreachable(&error))?,
        None => {
            for name in ["mpn.sqlite", "mpn.sqlite-wal", "mpn.sqlite-shm"] {
                remove(&folder.join(name), |path| std::fs::remove_file(path))?;
            }
        }
    }
    for name in ["demo.json", "ca.pem", developers::SANDBOX_FILE] {
        remove(&folder.join(name), |path| std::fs::remove_file(path))?;
    }
    for name in ["mocks", "keys"] {
        remove(&folder.join(name), |path| std::fs::remove_dir_all(path))?;
    }
    Ok(())
}

fn remove(path: &Path, with: impl Fn(&Path) -> std::io::Result<()>) -> anyhow::Result<()> {
    match with(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            bail!("cannot remove {}: {error}; choose another data folder with --data", path.display())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(text: &str) -> String {
        open_time(Timestamp::parse_rfc3339(text).unwrap()).rfc3339()
    }

    #[test]
    fn the_demo_starts_when_the_bank_is_open() {
        assert_eq!(opened("2026-11-24T20:59:59+09:00"), "2026-11-24T20:59:59+09:00");
        assert_eq!(opened("2026-11-24T21:00:00+09:00"), "2026-11-25T10:00:00+09:00");
        assert_eq!(opened("2026-11-24T07:59:59+09:00"), "2026-11-24T10:00:00+09:00");
        assert_eq!(opened("2026-11-23T12:00:00+09:00"), "2026-11-24T10:00:00+09:00", "a holiday");
        assert_eq!(opened("2026-12-31T12:00:00+09:00"), "2027-01-04T10:00:00+09:00");
    }
}
