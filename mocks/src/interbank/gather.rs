//! Transfers that come at the same time are recorded in one transaction: each is decided after the one before and
//! answered as soon as all are durable. There is no timer, so a lone one does not wait.

use bytes::Bytes;
use domain::Timestamp;
use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};

use super::books::Books;
use super::message::{Answer, Received};
use crate::store::StoreError;

/// Transfers of one transaction at most, and those that wait for one; more wait at the door.
const GATHERED_MAX: usize = 256;

/// Where transfers gather.
#[derive(Clone)]
pub struct Gathering(mpsc::Sender<Coming>);

struct Coming {
    received: Received,
    bytes: Bytes,
    now: Timestamp,
    answer: oneshot::Sender<Result<Answer, StoreError>>,
}

impl Gathering {
    /// Begins; it ends after the last handle is gone.
    pub fn begin(pool: SqlitePool) -> Self {
        let (coming, mut came) = mpsc::channel::<Coming>(GATHERED_MAX);
        tokio::spawn(async move {
            while let Some(first) = came.recv().await {
                let mut gathered = vec![first];
                while gathered.len() < GATHERED_MAX
                    && let Ok(next) = came.try_recv()
                {
                    gathered.push(next);
                }
                decide(&pool, gathered).await;
            }
        });
        Self(coming)
    }

    /// Decides about a transfer, or answers what was decided before.
    pub async fn transfer(
        &self,
        received: &Received,
        bytes: &Bytes,
        now: Timestamp,
    ) -> Result<Answer, StoreError> {
        let (answer, decided) = oneshot::channel();
        let coming = Coming { received: received.clone(), bytes: bytes.clone(), now, answer };
        let closed = || StoreError::Sql(sqlx::Error::PoolClosed);
        self.0.send(coming).await.map_err(|_| closed())?;
        decided.await.unwrap_or_else(|_| Err(closed()))
    }
}

async fn decide(pool: &SqlitePool, gathered: Vec<Coming>) {
    match together(pool, &gathered).await {
        Ok(answers) => {
            for (coming, answer) in gathered.into_iter().zip(answers) {
                drop(coming.answer.send(answer));
            }
        }
        // nothing is recorded: each by itself, so that a failure meets its own alone
        Err(error) => {
            tracing::warn!(%error, transfers = gathered.len(), "transfers are recorded one by one");
            for coming in gathered {
                let alone = together(pool, std::slice::from_ref(&coming)).await;
                let answer =
                    alone.and_then(|mut answers| answers.pop().unwrap_or(Err(StoreError::Value("transfer"))));
                drop(coming.answer.send(answer));
            }
        }
    }
}

/// One transaction. A message that lacks something is refused before anything of it is written.
async fn together(
    pool: &SqlitePool,
    gathered: &[Coming],
) -> Result<Vec<Result<Answer, StoreError>>, StoreError> {
    let mut write = pool.begin().await?;
    let mut answers = Vec::with_capacity(gathered.len());
    for Coming { received, bytes, now, .. } in gathered {
        let books = Books { pool, now: *now };
        answers.push(match books.transfer(&mut write, received, bytes).await {
            Err(error @ StoreError::Value(_)) => Err(error),
            decided => Ok(decided?),
        });
    }
    write.commit().await?;
    Ok(answers)
}
