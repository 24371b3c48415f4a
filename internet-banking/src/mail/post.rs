//! Handing mails to the relay. A try is claimed in the database before it is made, so that two processes do not make
//! the same one; one that died leaves its claim to run out, and a reader's program knows the repeat by its Message-ID.

use std::sync::Arc;
use std::time::Duration;

use database::{Database, dialect, execute, on};
use domain::{Clock, Timestamp};
use edge::Shutdown;
use lettre::message::Mailbox;

use super::{Relay, RelayError, RelaySettings};
use crate::retry::{self, CLAIM_US, TRIES_MAX};

/// Between two looks for mails that are due.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Mails that one look takes at most.
const BATCH_MAILS: i64 = 64;
/// How long one try may take. Its claim lasts longer.
const TRY_WAIT_MAX: Duration = Duration::from_secs(30);

/// Sends mails. Cheap to clone.
#[derive(Clone)]
pub struct Post {
    database: Database,
    clock: Clock,
    relay: Arc<Relay>,
}

#[derive(sqlx::FromRow)]
struct Mail {
    id: String,
    address: String,
    subject: String,
    body: String,
    at_us: i64,
    tries: i64,
}

impl Post {
    /// Over a relay. Nothing is sent before [`run`](Self::run).
    pub fn new(database: Database, clock: Clock, relay: &RelaySettings) -> Result<Self, RelayError> {
        Ok(Self { database, clock, relay: Arc::new(Relay::new(relay)?) })
    }

    /// Sends what is due until the process stops.
    pub async fn run(self, mut shutdown: Shutdown) {
        while !shutdown.is_requested() {
            match self.deliver_due().await {
                // there may be more
                Ok(handed) if handed > 0 => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "mails cannot be looked for"),
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = shutdown.requested() => {}
            }
        }
    }

    /// Makes the tries that are due, and says how many succeeded.
    pub async fn deliver_due(&self) -> Result<usize, sqlx::Error> {
        let mut handed = 0;
        for mail in self.due().await? {
            if mail.tries >= TRIES_MAX {
                self.give_up(&mail).await?;
                continue;
            }
            let Some(tries) = self.claim(&mail.id).await? else { continue };
            match self.attempt(&mail).await {
                Ok(()) => {
                    self.succeeded(&mail.id).await?;
                    handed += 1;
                }
                Err(error) => {
                    tracing::warn!(mail = mail.id, tries, error, "a mail was not handed over");
                    self.failed(&mail.id, tries, &error).await?;
                }
            }
        }
        Ok(handed)
    }

    async fn attempt(&self, mail: &Mail) -> Result<(), String> {
        let to: Mailbox =
            mail.address.parse().map_err(|_| format!("{:?} is no mail address", mail.address))?;
        let message = self.relay.message(&mail.id, Timestamp::from_micros(mail.at_us));
        let message = message.to(to).subject(&mail.subject).body(mail.body.clone());
        let message = message.map_err(|error| error.to_string())?;
        match tokio::time::timeout(TRY_WAIT_MAX, self.relay.send(message)).await {
            Ok(sent) => sent.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer within {} s", TRY_WAIT_MAX.as_secs())),
        }
    }

    /// Unsent mails that may be tried now, or whose last try is over, the oldest first.
    async fn due(&self) -> Result<Vec<Mail>, sqlx::Error> {
        let mut tx = self.database.snapshot().await?;
        let now = dialect::server_now_us(&mut tx).await?;
        let due = on!(&mut tx, |c| {
            sqlx::query_as(
                "SELECT m.id, m.address, m.subject, m.body, m.at_us, COALESCE(d.tries, 0) AS tries
                 FROM mail m LEFT JOIN mail_delivery d ON d.mail = m.id
                 WHERE m.sent_us IS NULL AND m.given_up_us IS NULL AND (d.mail IS NULL OR d.next_us <= $1)
                 ORDER BY m.at_us, m.id LIMIT $2",
            )
            .bind(now)
            .bind(BATCH_MAILS)
            .fetch_all(c)
            .await
        })?;
        tx.rollback().await?;
        Ok(due)
    }

    /// Takes the next try of a mail, if nobody else has it or has sent it meanwhile, and answers its number.
    async fn claim(&self, mail: &str) -> Result<Option<i64>, sqlx::Error> {
        let mut tx = self.database.begin().await?;
        let now = dialect::server_now_us(&mut tx).await?;
        // whoever has just sent it has taken its row of tries away: its own row says so, and is waited for
        let sql = "UPDATE mail SET sent_us = NULL WHERE id = $1 AND sent_us IS NULL AND given_up_us IS NULL";
        if execute!(&mut tx, sql, mail)? == 0 {
            tx.rollback().await?;
            return Ok(None);
        }
        let tries: Option<i64> = on!(&mut tx, |c| {
            sqlx::query_scalar(
                "INSERT INTO mail_delivery (mail, tries, next_us, error)
                 VALUES ($1, 1, $2, '') ON CONFLICT (mail) DO UPDATE SET tries = mail_delivery.tries + 1, next_us = $2
                 WHERE mail_delivery.next_us <= $3 AND mail_delivery.tries < $4 RETURNING tries",
            )
            .bind(mail)
            .bind(now.saturating_add(CLAIM_US))
            .bind(now)
            .bind(TRIES_MAX)
            .fetch_optional(c)
            .await
        })?;
        tx.commit().await?;
        Ok(tries)
    }

    async fn succeeded(&self, mail: &str) -> Result<(), sqlx::Error> {
        let mut tx = self.database.begin().await?;
        let now = self.clock.now().micros();
        execute!(
            &mut tx,
            "UPDATE mail SET sent_us = $1, given_up_us = NULL WHERE id = $2 AND sent_us IS NULL",
            now,
            mail
        )?;
        execute!(&mut tx, "DELETE FROM mail_delivery WHERE mail = $1", mail)?;
        tx.commit().await
    }

    /// Leaves a mail alone from here on, whose last try has failed or never told what came of it.
    async fn give_up(&self, mail: &Mail) -> Result<(), sqlx::Error> {
        let given_up = execute!(
            self.database,
            "UPDATE mail SET given_up_us = $1 WHERE id = $2 AND sent_us IS NULL AND given_up_us IS NULL",
            self.clock.now().micros(),
            &mail.id,
        )?;
        if given_up == 1 {
            tracing::error!(mail = mail.id, tries = mail.tries, "a mail is given up: nobody is told");
        }
        Ok(())
    }

    async fn failed(&self, mail: &str, tries: i64, error: &str) -> Result<(), sqlx::Error> {
        let mut tx = self.database.begin().await?;
        let next = retry::next_us(&mut tx, tries).await?;
        execute!(
            &mut tx,
            "UPDATE mail_delivery SET next_us = $1, error = $2 WHERE mail = $3 AND tries = $4",
            next,
            retry::shortened(error),
            mail,
            tries,
        )?;
        tx.commit().await
    }
}
