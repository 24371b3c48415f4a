//! Databases for tests: an SQLite file in a folder of its own, and a real PostgreSQL that the test process starts
//! for itself as an unprivileged user (initdb refuses root) and that ends with it.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::Database;

/// A database that goes away with this value.
pub struct TestDatabase {
    /// The database, its schema in place.
    pub database: Database,
    /// Its address, for another process.
    pub url: String,
    _folder: Option<TempDir>,
}

impl TestDatabase {
    /// The same SQLite file, which may grow by no more than so many pages from here on.
    pub async fn reopened_with_room_for(&self, pages: u32) -> Database {
        let path = self.url.strip_prefix("sqlite:").expect("only a file has pages");
        let now: i64 =
            crate::read!(&self.database, |c| { sqlx::query_scalar("PRAGMA page_count").fetch_one(c).await })
                .expect("the count of pages");
        let most = u32::try_from(now).expect("a small file") + pages;
        Database::sqlite_of_pages(Path::new(path), most).await.expect("the database opens again")
    }

    /// The same database through pools of its own, as another process has them.
    pub async fn reopened(&self) -> Database {
        match self.url.strip_prefix("sqlite:") {
            Some(path) => Database::sqlite(Path::new(path)).await,
            None => Database::postgres(&self.url).await,
        }
        .expect("the database opens again")
    }
}

/// A fresh SQLite file: a copy of one whose schema was made once for this process.
pub async fn sqlite() -> TestDatabase {
    static MADE: OnceCell<Vec<u8>> = OnceCell::const_new();
    let made = MADE.get_or_init(|| async {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("made.sqlite");
        Database::sqlite(&path).await.expect("a new SQLite file").close().await;
        std::fs::read(path).expect("the file that was made")
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("mpn.sqlite");
    std::fs::write(&path, made.await).expect("room for a database");
    let database = Database::existing_sqlite(&path).await.expect("a new SQLite file");
    TestDatabase { database, url: format!("sqlite:{}", path.display()), _folder: Some(folder) }
}

/// A fresh database on this process's PostgreSQL: a copy of one whose schema was made once.
pub async fn postgres() -> TestDatabase {
    static MADE: OnceCell<()> = OnceCell::const_new();
    const TEMPLATE: &str = "made";
    let server = server();
    MADE.get_or_init(|| async {
        server.create("template0", TEMPLATE);
        let made = Database::postgres(&server.url(TEMPLATE)).await;
        made.expect("a new PostgreSQL database").close().await;
    })
    .await;
    let name = format!("t{}", domain::random::opaque_id());
    server.create(TEMPLATE, &name);
    let url = server.url(&name);
    let database = Database::existing_postgres(&url).await.expect("the new PostgreSQL database");
    TestDatabase { database, url, _folder: None }
}

/// Takes away what keeps rows from being changed, as one who tampers with a database would first.
pub async fn drop_triggers(database: &Database) {
    let list = if database.is_sqlite() {
        "SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger'"
    } else {
        "SELECT 'DROP TRIGGER ' || tgname || ' ON ' || tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    };
    let drops: Vec<String> =
        crate::read!(database, |c| sqlx::query_scalar(list).fetch_all(c).await).expect("triggers");
    for drop in drops {
        crate::on!(database, |c| sqlx::query(sqlx::AssertSqlSafe(drop)).execute(c).await.map(std::mem::drop))
            .expect("a trigger goes");
    }
}

/// A PostgreSQL of its own, for a test that takes it away from a running process. Ends with the test process.
pub struct OwnPostgres {
    server: Server,
    folder: TempDir,
    /// The address of a database on it.
    pub url: String,
}

impl OwnPostgres {
    /// Starts a server with an empty database.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let server = Server::start_in(folder.path());
        let url = server.url("postgres");
        Self { server, folder, url }
    }

    /// Ends the server as a crash of its machine would: at once, with nothing said to its clients.
    pub fn crash(&self) {
        self.signal("QUIT");
        while self.server.is_ready() || self.postmaster().is_some_and(|p| p.exists()) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts it again on the same data.
    pub fn start_again(&self) {
        self.server.run(self.folder.path(), &self.folder.path().join("data"));
        self.server.wait();
    }

    fn postmaster(&self) -> Option<PathBuf> {
        let file = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid")).ok()?;
        Some(Path::new("/proc").join(file.lines().next()?))
    }

    fn signal(&self, name: &str) {
        let process = self.postmaster().expect("the server runs");
        let id = process.file_name().expect("a process id");
        let sent = Command::new("kill").arg(format!("-{name}")).arg(id).status();
        assert!(sent.is_ok_and(|s| s.success()), "the server could not be told to end");
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        if self.postmaster().is_some_and(|p| p.exists()) {
            self.signal("QUIT");
        }
    }
}

/// Declares the same tests on both databases: `on_both!(name, other_name)` for `async fn name(test: TestDatabase)`.
#[macro_export]
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test($crate::testing::sqlite().await).await }
        )*}
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test($crate::testing::postgres().await).await }
        )*}
    };
}

/// A server's folder is named by its test process, so that a later one can remove it: nothing runs at a process's end.
const FOLDER_PREFIX: &str = "mpn-test-postgres-";

fn remove_folders_of_the_dead() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|n| n.strip_prefix(FOLDER_PREFIX)?.parse::<u32>().ok());
        if process.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists()) {
            // another test process may be removing it too
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

struct Server {
    programs: PathBuf,
    socket: PathBuf,
    unprivileged: Option<&'static str>,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

impl Server {
    fn start() -> Self {
        remove_folders_of_the_dead();
        let folder = std::env::temp_dir().join(format!("{FOLDER_PREFIX}{}", std::process::id()));
        // a process of the same number may have left one behind
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir(&folder).expect("a temporary folder");
        Self::start_in(&folder)
    }

    fn start_in(folder: &Path) -> Self {
        let is_root = std::fs::metadata("/proc/self").is_ok_and(|m| {
            use std::os::unix::fs::MetadataExt as _;
            m.uid() == 0
        });
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).expect("permissions");
        let server = Self {
            programs: programs(),
            socket: folder.to_owned(),
            unprivileged: is_root.then_some("postgres"),
        };
        let data = folder.join("data");
        let made = server
            .as_postgres("initdb")
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .status();
        assert!(made.is_ok_and(|s| s.success()), "initdb failed; install PostgreSQL (./test.sh does)");
        server.run(folder, &data);
        server.wait();
        server
    }

    /// Runs the server from a thread that never ends: its death signal is tied to that thread.
    fn run(&self, folder: &Path, data: &Path) {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "INT"]);
        if let Some(user) = self.unprivileged {
            command.args(["--reuid", user, "--regid", user, "--clear-groups"]);
        }
        command
            .arg(self.programs.join("postgres"))
            .arg("-D")
            .arg(data)
            .arg("-k")
            .arg(folder)
            .args(["-c", "listen_addresses=", "-c", "max_connections=200", "-c", "shared_buffers=64MB"])
            // tests kill processes, never the machine
            .args(["-c", "fsync=off", "-c", "full_page_writes=off"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join("log")).map_or(Stdio::null(), Stdio::from));
        std::thread::spawn(move || {
            match command.spawn() {
                Ok(mut child) => drop(child.wait()),
                Err(error) => drop(writeln!(std::io::stderr(), "cannot start PostgreSQL: {error}")),
            }
            loop {
                std::thread::park();
            }
        });
    }

    fn wait(&self) {
        for _ in 0..200 {
            if self.is_ready() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("PostgreSQL did not start within ten seconds; see {}/log", self.socket.display());
    }

    fn is_ready(&self) -> bool {
        let asked = self.as_postgres("pg_isready").arg("-h").arg(&self.socket).stdout(Stdio::null()).status();
        asked.is_ok_and(|s| s.success())
    }

    fn create(&self, template: &str, name: &str) {
        let status =
            self.as_postgres("createdb").arg("-h").arg(&self.socket).args(["-T", template, name]).status();
        assert!(status.is_ok_and(|s| s.success()), "createdb failed");
    }

    fn url(&self, name: &str) -> String {
        format!("postgres://postgres@localhost/{name}?host={}", self.socket.display())
    }

    fn as_postgres(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = match self.unprivileged {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", user, "--regid", user, "--clear-groups"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        if !command.get_args().any(|a| a == "initdb") {
            command.env("PGUSER", "postgres");
        }
        command.current_dir("/");
        command
    }
}

fn programs() -> PathBuf {
    let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|e| e.path().join("bin")).collect())
        .unwrap_or_default();
    versions.retain(|p: &PathBuf| p.join("initdb").exists());
    versions.sort();
    versions.pop().unwrap_or_default()
}
