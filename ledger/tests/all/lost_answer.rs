//! COMMIT was sent and no answer came: nothing is lost, and nothing happens twice.
//!
//! A proxy between the ledger and PostgreSQL makes it happen at the very byte.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use database::testing::{TestDatabase, postgres};
use database::{Database, read};
use ledger::{Ledger, Refused};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use crate::support::*;

/// What the proxy does once, when its moment comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trick {
    /// The connection breaks before the last statement.
    BreaksInTransaction,
    /// COMMIT never arrives.
    CommitLost,
    /// COMMIT takes place, its answer never arrives.
    AnswerLost,
    /// The connection breaks, and COMMIT takes place a little later.
    CommitLate,
    /// COMMIT takes place, the server says only that it ends the session.
    SessionEnded,
}

impl Trick {
    /// The bytes from the client at which it happens.
    fn moment(self) -> &'static [u8] {
        match self {
            Self::BreaksInTransaction => b"INSERT INTO batch",
            _ => b"COMMIT\0",
        }
    }
}

type Armed = Arc<Mutex<Option<Trick>>>;

/// A ledger that reaches its database through the proxy.
struct Proxied {
    test: TestDatabase,
    ledger: Ledger,
    armed: Armed,
    _folder: tempfile::TempDir,
}

impl Proxied {
    async fn start() -> Self {
        let test = postgres().await;
        let (address, server) = test.url.split_once("?host=").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(socket(folder.path())).unwrap();
        let armed = Armed::default();
        tokio::spawn(serve(listener, socket(Path::new(server)), armed.clone()));
        let database =
            Database::postgres(&format!("{address}?host={}", folder.path().display())).await.unwrap();
        let ledger = start(&database).await;
        deposit(&ledger, TARO, 1_000).await;
        Self { test, ledger, armed, _folder: folder }
    }

    /// Arms the proxy, commits a payment of 100 with neighbours, and checks that each took place once.
    async fn survives(&self, trick: Trick) {
        let before = rows(&self.test.database).await;
        let (balance_before, ..) = balance(&self.ledger, TARO).await;
        *self.armed.lock().unwrap() = Some(trick);
        let commits = (0..3).map(|_| payment(entity(), [posted(TARO, CLEARING, 100)]));
        let tasks: JoinSet<_> = commits
            .map(|commit| {
                let ledger = self.ledger.clone();
                async move { ledger.commit(commit).await }
            })
            .collect();
        for outcome in tasks.join_all().await {
            assert!(outcome.as_ref().is_ok_and(|o| o.fences.len() == 1), "{trick:?}: {outcome:?}");
        }
        assert_eq!(*self.armed.lock().unwrap(), None, "{trick:?} did not happen");
        assert_eq!(balance(&self.ledger, TARO).await.0, balance_before - 300, "{trick:?}");
        let written: Vec<_> =
            rows(&self.test.database).await.iter().zip(before).map(|(now, then)| now - then).collect();
        assert_eq!(written, [6, 6, 3, 3, 3, 0], "{trick:?}");
        assert_clean(&self.ledger).await;
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join(".s.PGSQL.5432")
}

async fn serve(listener: UnixListener, server: PathBuf, armed: Armed) {
    while let Ok((client, _)) = listener.accept().await {
        let (server, armed) = (server.clone(), armed.clone());
        tokio::spawn(async move {
            let server = UnixStream::connect(server).await.unwrap();
            // whoever breaks the connection ends this
            drop(relay(client, server, &armed).await);
        });
    }
}

async fn relay(mut client: UnixStream, mut server: UnixStream, armed: &Armed) -> std::io::Result<()> {
    let (mut sent, mut received) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            length = client.read(&mut sent) => {
                let bytes = &sent[..length?];
                if bytes.is_empty() {
                    return Ok(());
                }
                match take(armed, bytes) {
                    Some(trick) => return play(trick, client, server, bytes).await,
                    None => server.write_all(bytes).await?,
                }
            }
            length = server.read(&mut received) => {
                let bytes = &received[..length?];
                if bytes.is_empty() {
                    return Ok(());
                }
                client.write_all(bytes).await?;
            }
        }
    }
}

fn take(armed: &Armed, bytes: &[u8]) -> Option<Trick> {
    let mut armed = armed.lock().unwrap();
    let moment = armed.as_ref()?.moment();
    bytes.windows(moment.len()).any(|window| window == moment).then(|| armed.take())?
}

async fn play(
    trick: Trick,
    mut client: UnixStream,
    mut server: UnixStream,
    bytes: &[u8],
) -> std::io::Result<()> {
    let mut answer = [0; 1_024];
    match trick {
        Trick::BreaksInTransaction | Trick::CommitLost => {}
        Trick::AnswerLost => {
            server.write_all(bytes).await?;
            assert_ne!(server.read(&mut answer).await?, 0);
        }
        Trick::CommitLate => {
            drop(client);
            tokio::time::sleep(Duration::from_millis(300)).await;
            server.write_all(bytes).await?;
            assert_ne!(server.read(&mut answer).await?, 0);
        }
        Trick::SessionEnded => {
            server.write_all(bytes).await?;
            assert_ne!(server.read(&mut answer).await?, 0);
            let fields = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0";
            client.write_all(b"E").await?;
            client.write_all(&u32::try_from(fields.len() + 4).unwrap().to_be_bytes()).await?;
            client.write_all(fields).await?;
        }
    }
    Ok(())
}

macro_rules! survives {
    ($($name:ident: $trick:ident),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            Proxied::start().await.survives(Trick::$trick).await;
        }
    )*};
}

survives! {
    a_commit_that_never_arrived_is_made_again: CommitLost,
    a_commit_whose_answer_is_lost_is_not_made_again: AnswerLost,
    a_commit_that_takes_place_late_is_waited_for: CommitLate,
    a_session_that_ends_after_its_commit_is_not_a_refusal: SessionEnded,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_before_commit_is_replaced() {
    let proxied = Proxied::start().await;
    // the statement's text is sent only when a connection first runs it, so all connections must be new
    terminate(&proxied.test.database).await;
    proxied.survives(Trick::BreaksInTransaction).await;
}

/// Ends every other session of the database.
async fn terminate(database: &Database) {
    let ended: Result<i64, sqlx::Error> = read!(database, |c| {
        sqlx::query_scalar(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .fetch_one(c)
        .await
    });
    ended.unwrap();
}

/// What is answered is true while sessions are ended under the ledger again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_true_while_sessions_are_ended() {
    let test = postgres().await;
    let ledger = start(&Database::postgres(&test.url).await.unwrap()).await;
    deposit(&ledger, TARO, 10_000).await;
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let ledger = ledger.clone();
        callers.spawn(async move {
            for _ in 0..8 {
                let commit = payment(entity(), [posted(TARO, CLEARING, 10)]);
                loop {
                    match ledger.commit(commit.clone()).await {
                        Ok(_) => break,
                        // it says that nothing was written, so the same again is neither stale nor known
                        Err(Refused::Database(_)) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            }
        });
    }
    // bounded, because a slow machine would get nothing done between two ends
    let assassin = tokio::spawn(async move {
        for _ in 0..15 {
            terminate(&test.database).await;
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    });
    while let Some(caller) = callers.join_next().await {
        caller.unwrap();
    }
    assassin.await.unwrap();
    assert_eq!(balance(&ledger, TARO).await.0, 10_000 - 8 * 8 * 10);
    assert_clean(&ledger).await;
}
