//! `mpn demo` as a process: started, killed, restarted.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

use super::client::Client;
use super::mocks::Mocks;
use super::{files, process};
use crate::xml::assert_messages_valid;

/// A Tuesday morning: the bank and every collector are open.
const MORNING: &str = "2026-11-24T10:00:00+09:00";
// how long a start and an end may take on a machine that does much else
const READY_WAIT: Duration = Duration::from_secs(90);
const STOP_WAIT: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// What a start may be told.
#[derive(Clone, Default)]
pub struct Options {
    /// A PostgreSQL database in place of the SQLite file.
    pub database_url: Option<String>,
    /// `FAILPOINTS`: where the process ends itself, or what it does there: `after_persist_hold=sleep(5000)`.
    pub crash: Option<&'static str>,
    /// Whether the bank keeps its hours; else it is open at any hour, which what happens at night is tested with.
    pub keeps_hours: bool,
}

/// A running demo in a folder of its own.
pub struct Demo {
    folder: TempDir,
    base: u16,
    database_url: Option<String>,
    keeps_hours: bool,
    child: Child,
    starts: usize,
    /// `demo.json`.
    pub json: Value,
    /// From the start of the process to its word that it is ready.
    pub ready_after: Duration,
}

impl Demo {
    /// A fresh one on SQLite.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// A fresh one.
    pub async fn start_with(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = process::free_base();
        let child = run(folder.path(), base, 0, &options, &["--clock", MORNING]);
        let mut demo = Self {
            folder,
            base,
            database_url: options.database_url,
            keeps_hours: options.keeps_hours,
            child,
            starts: 1,
            json: Value::Null,
            ready_after: Duration::ZERO,
        };
        demo.wait().await;
        demo
    }

    /// Starts it again on the same data and ports, with business time going on.
    pub async fn restart(&mut self) {
        self.restart_with(&[]).await;
    }

    /// The same with further arguments.
    pub async fn restart_with(&mut self, arguments: &[&str]) {
        self.run_again(None, arguments);
        self.wait().await;
    }

    /// Starts it again to end at a place, which it may come by on its own before it says that it is ready.
    pub async fn restart_armed(&mut self, crash: &'static str, arguments: &[&str]) {
        self.run_again(Some(crash), arguments);
        let began = Instant::now();
        while !self.is_ready() && self.child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < READY_WAIT, "mpn demo is neither ready nor ended: {}", self.log());
            sleep(LOOK_AGAIN).await;
        }
    }

    fn run_again(&mut self, crash: Option<&'static str>, arguments: &[&str]) {
        self.kill();
        let options =
            Options { database_url: self.database_url.clone(), crash, keeps_hours: self.keeps_hours };
        self.child = run(self.folder.path(), self.base, self.starts, &options, arguments);
        self.starts += 1;
    }

    async fn wait(&mut self) {
        let began = Instant::now();
        while !self.is_ready() {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("mpn demo ended with {status}: {}", self.log());
            }
            assert!(began.elapsed() < READY_WAIT, "mpn demo is not ready: {}", self.log());
            sleep(LOOK_AGAIN).await;
        }
        self.ready_after = began.elapsed();
        let json = std::fs::read_to_string(self.data().join("demo.json")).unwrap();
        self.json = serde_json::from_str(&json).unwrap();
    }

    fn is_ready(&self) -> bool {
        let output = output(self.folder.path(), self.starts - 1, "out");
        std::fs::read_to_string(output).is_ok_and(|text| text.contains("Ctrl-C stops it"))
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        // it may have ended itself
        drop(self.child.kill());
        self.child.wait().unwrap();
    }

    /// From here on no file of the process may grow beyond so many bytes; `None` lifts that again.
    pub fn limit_files(&self, bytes_max: Option<u64>) {
        let limit = bytes_max.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
        let mut command = Command::new("prlimit");
        command.arg("--pid").arg(self.child.id().to_string()).arg(format!("--fsize={limit}:unlimited"));
        assert!(command.status().is_ok_and(|s| s.success()), "prlimit");
    }

    /// Waits for it to end by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let ends = async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                sleep(LOOK_AGAIN).await;
            }
        };
        timeout(STOP_WAIT, ends).await.expect("the process ends")
    }

    /// Ends it as a service manager would.
    pub async fn stop(&mut self) -> ExitStatus {
        process::terminate(&self.child);
        self.ended().await
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What the running process has written to stderr.
    pub fn log(&self) -> String {
        let mut text = String::new();
        for start in 0..self.starts {
            text += &std::fs::read_to_string(output(self.folder.path(), start, "err")).unwrap_or_default();
        }
        text
    }

    /// Where its database is, unless in the data folder.
    pub fn database_url(&self) -> Option<&str> {
        self.database_url.as_deref()
    }

    /// A browser at the bank.
    pub fn client(&self) -> Client {
        Client::new(self.json["bank"]["url"].as_str().unwrap())
    }

    /// The collectors.
    pub fn mocks(&self) -> Mocks {
        Mocks::new(self.json["mocks"]["url"].as_str().unwrap())
    }

    /// A sample contract.
    pub fn contract(&self, name: &str) -> &Value {
        let contracts = self.json["contracts"].as_array().unwrap();
        contracts.iter().find(|contract| contract["name"] == name).unwrap()
    }

    /// What the display of a token shows now.
    pub fn token(&self, serial: &str) -> String {
        let output = self.command(&["token", serial]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Sets business time.
    pub async fn set_clock(&self, now: &str) {
        let set = self.json["clock"]["set"].as_str().unwrap();
        let body = serde_json::json!({ "now": now }).to_string();
        let answer = Client::new("").send_json(http::Method::PUT, set, body).await;
        assert_eq!(answer.0, 200, "{}", String::from_utf8_lossy(&answer.1));
    }

    /// The same where the process may end at that very moment.
    pub async fn try_set_clock(&self, now: &str) {
        let set = self.json["clock"]["set"].as_str().unwrap();
        let body = serde_json::json!({ "now": now }).to_string();
        drop(Client::new("").try_send_json(http::Method::PUT, set, body).await);
    }

    /// Nothing is wrong with the money, here and at the collectors, nor with any message between them.
    pub async fn assert_sound(&self) {
        let output = self.command(&["audit", "--collectors"]);
        assert!(
            output.status.success(),
            "the audit found: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert_messages_valid(self).await;
    }

    /// Another command on the same data.
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = Command::new(files::mpn());
        command.args(arguments).arg("--data").arg(self.data());
        if let Some(url) = &self.database_url {
            command.args(["--database-url", url]);
        }
        command.output().unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            use std::io::Write as _;
            drop(writeln!(std::io::stderr(), "mpn demo said:\n{}", self.log()));
        }
    }
}

fn output(folder: &Path, start: usize, kind: &str) -> PathBuf {
    folder.join(format!("{start}.{kind}"))
}

fn run(folder: &Path, base: u16, start: usize, options: &Options, arguments: &[&str]) -> Child {
    let mut command = process::tied(files::mpn());
    command.arg("demo").arg("--data").arg(folder.join("data")).args(["--port-base", &base.to_string()]);
    command.args(arguments);
    if !options.keeps_hours {
        command.arg("--round-the-clock");
    }
    if let Some(url) = &options.database_url {
        command.args(["--database-url", url]);
    }
    if let Some(point) = options.crash {
        let armed = if point.contains('=') { point.to_owned() } else { format!("{point}=return") };
        command.env("FAILPOINTS", armed);
    }
    command
        .stdin(Stdio::null())
        .stdout(File::create(output(folder, start, "out")).unwrap())
        .stderr(File::create(output(folder, start, "err")).unwrap());
    process::spawn(command)
}
