//! Slows guessing down, by login ID and by address (SEC-09). The counters are in the database, so every
//! process of a deployment counts together and a restart forgets nothing.

use std::collections::BTreeMap;
use std::net::IpAddr;

use database::{Change, Database, execute, on, read};
use domain::Timestamp;
use ring::hmac;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::settings::Setting;

/// Seconds within which a counted try is judged: after that nobody is at it who could tell of what it has stopped.
const JUDGED_WITHIN_S: i64 = 60;

/// When failures block.
#[derive(Clone, Copy, Debug)]
pub struct ThrottleLimits {
    /// Failures of a login ID in a row that block it.
    pub login_failures_max: i64,
    /// Blocks in a row after which a login ID stays locked until somebody unlocks it.
    pub login_blocks_max: i64,
    /// How long a block lasts.
    pub block_s: i64,
    /// Failures from one address that block it, each within `block_s` of the one before.
    pub address_failures_max: i64,
    /// Counters that nobody touched for so long are dropped, unless locked.
    pub forget_s: i64,
}

impl Default for ThrottleLimits {
    fn default() -> Self {
        Self {
            login_failures_max: 5,
            login_blocks_max: 3,
            block_s: 30 * 60,
            address_failures_max: 50,
            forget_s: 30 * 86_400,
        }
    }
}

/// The counters. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Throttle {
    database: Database,
    key: hmac::Key,
    limits: ThrottleLimits,
    /// What sets the failures that block, where the bank does.
    setting: Option<&'static Setting>,
}

/// A block or lock that nobody was told of.
#[derive(Clone, Debug)]
pub struct Untold {
    /// What the counter is kept under.
    pub subject: Vec<u8>,
    /// Whose login ID it is.
    pub person: Uuid,
    /// Whether somebody has to unlock it.
    pub is_locked: bool,
    /// When the last try was counted.
    pub at: Timestamp,
}

impl Untold {
    /// Where the last try came from, in words for the log, where it is known to have been wrong: this process has
    /// judged it so, or a process that died can tell no more.
    pub fn place(&self, judged: &BTreeMap<Vec<u8>, IpAddr>, now: Timestamp) -> Option<String> {
        match judged.get(&self.subject) {
            Some(address) => Some(format!("from {address}")),
            None if self.at < now.plus_seconds(-JUDGED_WITHIN_S) => Some("found later".to_owned()),
            None => None,
        }
    }
}

/// Whose counters are meant, who all share a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Customers' users.
    Users,
    /// The bank's staff.
    Staff,
}

impl Whose {
    const fn untold(self) -> &'static str {
        match self {
            Self::Users => {
                "SELECT t.subject, t.untold, t.blocks, t.touched_us FROM sign_in_throttle t
                 JOIN app_user p ON p.id = t.untold WHERE t.untold IS NOT NULL"
            }
            Self::Staff => {
                "SELECT t.subject, t.untold, t.blocks, t.touched_us FROM sign_in_throttle t
                 JOIN staff p ON p.id = t.untold WHERE t.untold IS NOT NULL"
            }
        }
    }
}

/// Whether a try may be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It may.
    Admitted,
    /// It may, and if it fails the login ID is blocked.
    Last,
    /// It may, and if it fails the login ID is locked.
    LastOfAll,
    /// Blocked for a while.
    Blocked,
    /// Locked until somebody unlocks it.
    Locked,
}

impl Throttle {
    /// The counters of a database. The key hides login IDs and addresses in it.
    pub fn new(database: Database, key: &Zeroizing<[u8; 32]>, limits: ThrottleLimits) -> Self {
        Self { database, key: hmac::Key::new(hmac::HMAC_SHA256, &**key), limits, setting: None }
    }

    /// The same, whose failures that block the bank sets.
    #[must_use]
    pub fn set_by(self, setting: &'static Setting) -> Self {
        Self { setting: Some(setting), ..self }
    }

    /// Counts a try of a login ID as a failure before it is judged, so that tries sent side by side count
    /// like tries sent one after the other. [`Self::clear`] takes it back when the try was right. Where somebody is to
    /// be told of what it stops, `whose` says whose login ID it is, and it is noted that nobody was told yet.
    pub async fn admit(
        &self,
        login_id: &str,
        whose: Option<Uuid>,
        now: Timestamp,
    ) -> Result<Admission, sqlx::Error> {
        let limits = &self.limits;
        let failures_max = match self.setting {
            Some(setting) => setting.number(&self.database, now.date()).await?,
            None => limits.login_failures_max,
        };
        let subject = self.login_subject(login_id);
        let counted: Option<(i64, i64)> = on!(self.database, |c| {
            sqlx::query_as(
                "INSERT INTO sign_in_throttle (subject, failures, blocks, blocked_until_us, touched_us)
                 VALUES ($1, 1, 0, 0, $2)
                 ON CONFLICT (subject) DO UPDATE SET
                   failures = CASE WHEN sign_in_throttle.failures + 1 >= $3 THEN 0
                                   ELSE sign_in_throttle.failures + 1 END,
                   blocks = CASE WHEN sign_in_throttle.failures + 1 >= $3 THEN sign_in_throttle.blocks + 1
                                 ELSE sign_in_throttle.blocks END,
                   blocked_until_us = CASE WHEN sign_in_throttle.failures + 1 >= $3 THEN $4
                                           ELSE sign_in_throttle.blocked_until_us END,
                   untold = CASE WHEN sign_in_throttle.failures + 1 >= $3 THEN $6
                                 ELSE sign_in_throttle.untold END,
                   touched_us = $2
                 WHERE sign_in_throttle.blocked_until_us <= $2 AND sign_in_throttle.blocks < $5
                 RETURNING blocked_until_us, blocks",
            )
            .bind(&subject)
            .bind(now.micros())
            .bind(failures_max)
            .bind(now.plus_seconds(limits.block_s).micros())
            .bind(limits.login_blocks_max)
            .bind(whose)
            .fetch_optional(c)
            .await
        })?;
        match counted {
            Some((until, _)) if until <= now.micros() => Ok(Admission::Admitted),
            Some((_, blocks)) if blocks >= limits.login_blocks_max => Ok(Admission::LastOfAll),
            Some(_) => Ok(Admission::Last),
            None => {
                let blocks: Option<i64> = read!(self.database, |c| {
                    sqlx::query_scalar("SELECT blocks FROM sign_in_throttle WHERE subject = $1")
                        .bind(&subject)
                        .fetch_optional(c)
                        .await
                })?;
                let is_locked = blocks.is_some_and(|blocks| blocks >= limits.login_blocks_max);
                Ok(if is_locked { Admission::Locked } else { Admission::Blocked })
            }
        }
    }

    /// Forgets the failures of a login ID: the try was right, or an administrator unlocks it.
    pub async fn clear(&self, login_id: &str) -> Result<(), sqlx::Error> {
        execute!(
            self.database,
            "DELETE FROM sign_in_throttle WHERE subject = $1",
            self.login_subject(login_id)
        )
        .map(drop)
    }

    /// What is blocked or locked, and nobody was told of.
    pub async fn untold(&self, whose: Whose) -> Result<Vec<Untold>, sqlx::Error> {
        let rows: Vec<(Vec<u8>, Uuid, i64, i64)> =
            read!(self.database, |c| sqlx::query_as(whose.untold()).fetch_all(c).await)?;
        let untold = |(subject, person, blocks, touched_us)| Untold {
            subject,
            person,
            is_locked: blocks >= self.limits.login_blocks_max,
            at: Timestamp::from_micros(touched_us),
        };
        Ok(rows.into_iter().map(untold).collect())
    }

    /// What notes that somebody was told, once, in the commit that tells.
    pub fn told(subject: &[u8]) -> Change {
        Change::one(
            "UPDATE sign_in_throttle SET untold = NULL WHERE subject = $1 AND untold IS NOT NULL",
            vec![subject.to_vec().into()],
        )
    }

    /// What the counter of a login ID is kept under, in hexadecimal, where it is locked until somebody unlocks it.
    pub async fn lock_of(&self, login_id: &str) -> Result<Option<String>, sqlx::Error> {
        let subject = self.login_subject(login_id);
        let blocks: Option<i64> = read!(self.database, |c| {
            sqlx::query_scalar("SELECT blocks FROM sign_in_throttle WHERE subject = $1")
                .bind(&subject)
                .fetch_optional(c)
                .await
        })?;
        let is_locked = blocks.is_some_and(|blocks| blocks >= self.limits.login_blocks_max);
        Ok(is_locked.then(|| subject.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// Counts a try from an address as a failure before it is judged, unless the address is blocked; `false`
    /// then. Every counted try ends in [`Self::failed_from`] or [`Self::take_back`].
    pub async fn admit_address(&self, address: IpAddr, now: Timestamp) -> Result<bool, sqlx::Error> {
        let limits = &self.limits;
        let counted = execute!(
            self.database,
            "INSERT INTO sign_in_throttle (subject, failures, blocks, blocked_until_us, touched_us)
             VALUES ($1, 1, 0, 0, $2)
             ON CONFLICT (subject) DO UPDATE SET
               failures = CASE WHEN sign_in_throttle.touched_us <= $4 THEN 1
                               ELSE sign_in_throttle.failures + 1 END,
               touched_us = CASE WHEN sign_in_throttle.touched_us <= $4 THEN $2
                                 ELSE sign_in_throttle.touched_us END
             WHERE sign_in_throttle.touched_us <= $4 OR sign_in_throttle.failures < $3",
            self.address_subject(address),
            now.micros(),
            limits.address_failures_max,
            now.plus_seconds(-limits.block_s).micros(),
        )?;
        Ok(counted == 1)
    }

    /// Takes the count of a try from an address back: it was right, or was not judged. The failures of others
    /// stay: whoever has one account could otherwise go on guessing the rest.
    pub async fn take_back(&self, address: IpAddr) -> Result<(), sqlx::Error> {
        execute!(
            self.database,
            "UPDATE sign_in_throttle SET failures = failures - 1 WHERE subject = $1 AND failures > 0",
            self.address_subject(address),
        )
        .map(drop)
    }

    /// A counted try from an address was wrong: the time after which its failures are forgotten begins anew.
    pub async fn failed_from(&self, address: IpAddr, now: Timestamp) -> Result<(), sqlx::Error> {
        let limits = &self.limits;
        execute!(
            self.database,
            "UPDATE sign_in_throttle SET touched_us = $2 WHERE subject = $1 AND touched_us < $2",
            self.address_subject(address),
            now.micros(),
        )?;
        execute!(
            self.database,
            "DELETE FROM sign_in_throttle WHERE touched_us < $1 AND blocks < $2",
            now.plus_seconds(-limits.forget_s).micros(),
            limits.login_blocks_max,
        )
        .map(drop)
    }

    /// Whether a login ID is locked until somebody unlocks it.
    pub async fn is_locked(&self, login_id: &str) -> Result<bool, sqlx::Error> {
        let blocks: Option<i64> = read!(self.database, |c| {
            sqlx::query_scalar("SELECT blocks FROM sign_in_throttle WHERE subject = $1")
                .bind(self.login_subject(login_id))
                .fetch_optional(c)
                .await
        })?;
        Ok(blocks.is_some_and(|blocks| blocks >= self.limits.login_blocks_max))
    }

    /// What the counter of a login ID is kept under.
    pub(crate) fn login_subject(&self, login_id: &str) -> Vec<u8> {
        self.subject(b"login", login_id.as_bytes())
    }

    /// A network of version 6 gives every customer 2^64 addresses, so they count together.
    fn address_subject(&self, address: IpAddr) -> Vec<u8> {
        match address.to_canonical() {
            IpAddr::V4(v4) => self.subject(b"v4", &v4.octets()),
            IpAddr::V6(v6) => self.subject(b"v6", &v6.octets()[..8]),
        }
    }

    fn subject(&self, kind: &[u8], value: &[u8]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(kind);
        context.update(&[0]);
        context.update(value);
        context.sign().as_ref().to_vec()
    }
}

/// The bytes of [`Throttle::lock_of`].
pub fn subject_from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use database::testing::TestDatabase;

    database::on_both!(
        tries_sent_side_by_side_from_one_address_are_admitted_up_to_the_limit,
        right_tries_neither_use_up_the_limit_nor_keep_old_failures_alive,
    );

    const MAX: i64 = 50;

    fn throttle(test: &TestDatabase) -> Throttle {
        Throttle::new(test.database.clone(), &Zeroizing::new([5; 32]), ThrottleLimits::default())
    }

    fn address() -> IpAddr {
        "192.0.2.1".parse().unwrap()
    }

    fn now() -> Timestamp {
        Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap()
    }

    async fn tries_sent_side_by_side_from_one_address_are_admitted_up_to_the_limit(test: TestDatabase) {
        let throttle = throttle(&test);
        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..2 * MAX {
            let throttle = throttle.clone();
            tries.spawn(async move { throttle.admit_address(address(), now()).await.unwrap() });
        }
        let admitted = tries.join_all().await.into_iter().filter(|admitted| *admitted).count();
        assert_eq!(i64::try_from(admitted).unwrap(), MAX);
        throttle.take_back(address()).await.unwrap();
        assert!(throttle.admit_address(address(), now()).await.unwrap());
        assert!(!throttle.admit_address(address(), now()).await.unwrap());
        let failed_at = now().plus_seconds(60);
        throttle.failed_from(address(), failed_at).await.unwrap();
        let block_s = throttle.limits.block_s;
        assert!(!throttle.admit_address(address(), failed_at.plus_seconds(block_s - 1)).await.unwrap());
        assert!(throttle.admit_address(address(), failed_at.plus_seconds(block_s)).await.unwrap());
    }

    async fn right_tries_neither_use_up_the_limit_nor_keep_old_failures_alive(test: TestDatabase) {
        let throttle = throttle(&test);
        for _ in 0..MAX - 1 {
            assert!(throttle.admit_address(address(), now()).await.unwrap());
        }
        throttle.failed_from(address(), now()).await.unwrap();
        for second in 0..MAX {
            assert!(throttle.admit_address(address(), now().plus_seconds(second)).await.unwrap());
            throttle.take_back(address()).await.unwrap();
        }
        let later = now().plus_seconds(throttle.limits.block_s);
        for _ in 0..MAX {
            assert!(
                throttle.admit_address(address(), later).await.unwrap(),
                "the old failures are forgotten"
            );
        }
    }
}
