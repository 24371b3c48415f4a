//! The demo as a process of its own, on free ports and in a folder that goes away.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::http::Browser;

/// How long the demo may take to be ready.
const READY_WAIT: Duration = Duration::from_secs(20);
/// Ports that a demo uses, from its base on.
const PORTS: u16 = 21;

pub(crate) struct Demo {
    process: Child,
    /// `demo.json`.
    pub json: Value,
    /// From the start of the process to the first good answer of its readiness check.
    pub ready_after: Duration,
}

impl Demo {
    /// Starts this very program's `demo`, on SQLite in the folder or on an empty PostgreSQL database.
    pub async fn start(data: &Path, postgres: Option<&str>) -> anyhow::Result<Self> {
        let base = free_base()?;
        let program = std::env::current_exe().context("this program cannot find itself")?;
        let began = Instant::now();
        let process = Command::new(program)
            .args(["demo", "--round-the-clock", "--port-base", &base.to_string(), "--data"])
            .arg(data)
            .args(postgres.into_iter().flat_map(|url| ["--database-url", url]))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("the demo cannot be started")?;
        let mut ops = Browser::new(&format!("http://127.0.0.1:{}", base + 20));
        while ops.get("/ready").await.is_err() {
            if began.elapsed() > READY_WAIT {
                bail!("the demo was not ready within {READY_WAIT:?}");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let ready_after = began.elapsed();
        let file = data.join("demo.json");
        // written just after the sockets are served
        let json = loop {
            match std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
                Some(json) => break json,
                None if began.elapsed() > READY_WAIT => bail!("the demo wrote no demo.json"),
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        Ok(Self { process, json, ready_after })
    }

    /// A browser at the bank.
    pub fn bank(&self) -> anyhow::Result<Browser> {
        let url = self.json["bank"]["url"].as_str().context("demo.json names no bank")?;
        Ok(Browser::new(url))
    }

    /// Memory in use, in KiB, as Linux counts it.
    pub fn resident_kib(&self) -> Option<u64> {
        self.memory_kib("VmRSS:")
    }

    /// The most memory in use, in KiB, since [`Self::forget_peak`].
    pub fn peak_kib(&self) -> Option<u64> {
        self.memory_kib("VmHWM:")
    }

    /// Lets the peak begin anew.
    pub fn forget_peak(&self) -> anyhow::Result<()> {
        let id = self.process.id().context("the demo has ended")?;
        std::fs::write(format!("/proc/{id}/clear_refs"), "5").context("the peak of memory cannot be reset")
    }

    fn memory_kib(&self, name: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    }

    /// Holds its books against the journal, beside it: a measurement on books that are not sound counts for nothing.
    pub async fn audited(&self, data: &Path, postgres: Option<&str>) -> anyhow::Result<()> {
        let program = std::env::current_exe().context("this program cannot find itself")?;
        let audit = Command::new(program)
            .args(["audit", "--data"])
            .arg(data)
            .args(postgres.into_iter().flat_map(|url| ["--database-url", url]))
            .output()
            .await
            .context("the audit cannot be started")?;
        if !audit.status.success() {
            bail!("the audit is not clean: {}", String::from_utf8_lossy(&audit.stdout));
        }
        Ok(())
    }

    /// Ends the process.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.process.start_kill()?;
        self.process.wait().await?;
        Ok(())
    }
}

fn free_base() -> anyhow::Result<u16> {
    for base in (20_000..60_000).step_by(23) {
        let offset = base + std::process::id() % 1_000;
        let Ok(base) = u16::try_from(offset) else { continue };
        let free = (0..PORTS).all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, base + port)).is_ok());
        if free {
            return Ok(base);
        }
    }
    bail!("no {PORTS} free ports in a row were found")
}
