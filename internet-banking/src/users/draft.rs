//! A user being added or changed: the steps live on the server, so that back, tabs and a lost session lose nothing.

use std::collections::BTreeSet;

use database::{Database, execute, read};
use domain::{AccountId, ContractId, Timestamp, UserId, random};
use uuid::Uuid;

use super::bounds::Bounds;
use crate::contracts::{Business, Duty, Rights, Role, Step, StoreError};

/// Drafts of one person at most; older ones go.
const DRAFTS_MAX: i64 = 5;

/// What a user is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its id, part of the pages' addresses.
    pub id: String,
    /// The user: one that is there, or one to be.
    pub subject: UserId,
    /// What the user was when the change began; nothing for one to be added.
    pub seen: Option<String>,
    /// What the person types to sign in.
    pub login_id: String,
    /// The person's name.
    pub name: String,
    /// Where mails go.
    pub email: String,
    /// The person's role.
    pub role: Role,
    /// Whether a removed user comes back as the same person.
    pub returning: bool,
    /// What the person may do; nothing until it is chosen.
    pub rights: Option<Rights>,
    /// What an administrator is given.
    pub duties: BTreeSet<Duty>,
}

impl Draft {
    /// An empty one, for somebody new.
    pub fn new() -> Self {
        Self {
            id: random::opaque_id(),
            subject: UserId::generate(),
            seen: None,
            login_id: String::new(),
            name: String::new(),
            email: String::new(),
            role: Role::General,
            returning: false,
            rights: None,
            duties: BTreeSet::new(),
        }
    }

    /// Whether somebody is added, anew or again.
    pub const fn adds(&self) -> bool {
        self.seen.is_none() || self.returning
    }
}

/// The drafts of one person.
#[derive(Clone, Debug)]
pub struct Drafts<'a> {
    database: &'a Database,
    contract: ContractId,
    user: UserId,
}

#[derive(sqlx::FromRow)]
struct DraftRow {
    id: String,
    subject: Uuid,
    seen: String,
    login_id: String,
    name: String,
    email: String,
    role: String,
    comes_back: i64,
    rights: Option<String>,
    duties: String,
}

macro_rules! drafts {
    ($rest:literal) => {
        concat!(
            "SELECT id, subject, seen, login_id, name, email, role, comes_back, rights, duties FROM user_draft \
             WHERE contract = $1 AND app_user = $2 AND expires_us > $3 ",
            $rest
        )
    };
}

impl<'a> Drafts<'a> {
    /// The drafts of a person of a contract.
    pub const fn of(database: &'a Database, contract: ContractId, user: UserId) -> Self {
        Self { database, contract, user }
    }

    /// Those that are still open, the newest first.
    pub async fn list(&self, now: Timestamp) -> Result<Vec<Draft>, StoreError> {
        let rows: Vec<DraftRow> = read!(self.database, |c| {
            sqlx::query_as(drafts!("ORDER BY expires_us DESC, id"))
                .bind(self.contract.uuid())
                .bind(self.user.uuid())
                .bind(now.micros())
                .fetch_all(c)
                .await
        })?;
        rows.into_iter().map(draft).collect()
    }

    /// One of them; another's is not there (SEC-34).
    pub async fn find(&self, id: &str, now: Timestamp) -> Result<Option<Draft>, StoreError> {
        let row: Option<DraftRow> = read!(self.database, |c| {
            sqlx::query_as(drafts!("AND id = $4"))
                .bind(self.contract.uuid())
                .bind(self.user.uuid())
                .bind(now.micros())
                .bind(id)
                .fetch_optional(c)
                .await
        })?;
        row.map(draft).transpose()
    }

    /// Keeps one, for another while.
    pub async fn put(&self, draft: &Draft, now: Timestamp) -> Result<(), StoreError> {
        execute!(self.database, "DELETE FROM user_draft WHERE expires_us <= $1", now.micros())?;
        execute!(
            self.database,
            "INSERT INTO user_draft (id, contract, app_user, subject, seen, login_id, name, email, role, comes_back, \
             rights, duties, expires_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
             ON CONFLICT (id) DO UPDATE SET subject = $4, seen = $5, login_id = $6, name = $7, email = $8, role = $9, \
             comes_back = $10, rights = $11, duties = $12, expires_us = $13",
            draft.id.as_str(),
            self.contract.uuid(),
            self.user.uuid(),
            draft.subject.uuid(),
            draft.seen.as_deref().unwrap_or_default(),
            draft.login_id.as_str(),
            draft.name.as_str(),
            draft.email.as_str(),
            draft.role.code(),
            i64::from(draft.returning),
            draft.rights.as_ref().map(rights_text),
            duties_text(&draft.duties),
            now.plus_seconds(Bounds::embedded().draft_h * 3600).micros(),
        )?;
        execute!(
            self.database,
            "DELETE FROM user_draft WHERE app_user = $1 AND id NOT IN \
             (SELECT id FROM user_draft WHERE app_user = $1 ORDER BY expires_us DESC, id LIMIT $2)",
            self.user.uuid(),
            DRAFTS_MAX,
        )?;
        Ok(())
    }

    /// Forgets one.
    pub async fn delete(&self, id: &str) -> Result<(), sqlx::Error> {
        execute!(
            self.database,
            "DELETE FROM user_draft WHERE id = $1 AND contract = $2 AND app_user = $3",
            id,
            self.contract.uuid(),
            self.user.uuid(),
        )
        .map(drop)
    }
}

/// `inquiry:1001,1002 payeasy:1001 payeasy!first`.
pub fn rights_text(rights: &Rights) -> String {
    let accounts = |business: &Business| {
        let accounts: Vec<_> = rights.accounts(*business).iter().map(|a| a.get().to_string()).collect();
        (!accounts.is_empty()).then(|| format!("{}:{}", business.code(), accounts.join(",")))
    };
    let approvals = rights.approvals().map(|(business, step)| format!("{}!{}", business.code(), step.code()));
    Business::ALL.iter().filter_map(accounts).chain(approvals).collect::<Vec<_>>().join(" ")
}

/// `users rights`.
pub fn duties_text(duties: &BTreeSet<Duty>) -> String {
    duties.iter().map(|duty| duty.code()).collect::<Vec<_>>().join(" ")
}

/// Reads [`rights_text`].
pub fn parse_rights(text: &str) -> Option<Rights> {
    let mut rights = Rights::none();
    for part in text.split_whitespace() {
        if let Some((business, step)) = part.split_once('!') {
            rights = rights.approving(Business::from_code(business)?, Step::from_code(step)?);
            continue;
        }
        let (business, accounts) = part.split_once(':')?;
        let accounts: Option<Vec<_>> =
            accounts.split(',').map(|account| account.parse().ok().map(AccountId::new)).collect();
        rights = rights.with(Business::from_code(business)?, &accounts?);
    }
    Some(rights)
}

fn draft(row: DraftRow) -> Result<Draft, StoreError> {
    let rights = match row.rights {
        Some(text) => Some(parse_rights(&text).ok_or(StoreError::Word(text))?),
        None => None,
    };
    let duties = row
        .duties
        .split_whitespace()
        .map(|duty| Duty::from_code(duty).ok_or_else(|| StoreError::Word(duty.to_owned())));
    Ok(Draft {
        id: row.id,
        subject: UserId::from_uuid(row.subject),
        seen: Some(row.seen).filter(|seen| !seen.is_empty()),
        login_id: row.login_id,
        name: row.name,
        email: row.email,
        role: Role::from_code(&row.role).ok_or(StoreError::Word(row.role))?,
        returning: row.comes_back == 1,
        rights,
        duties: duties.collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use database::testing::TestDatabase;

    database::on_both!(a_draft_is_kept_for_its_own_person_until_it_expires);

    #[test]
    fn rights_read_back_from_their_text() {
        let rights = Rights::none()
            .with(Business::Inquiry, &[AccountId::new(1), AccountId::new(2)])
            .with(Business::PayEasy, &[AccountId::new(2)])
            .approving(Business::PayEasy, Step::Final);
        assert_eq!(rights_text(&rights), "inquiry:1,2 payeasy:2 payeasy!final");
        assert_eq!(parse_rights("inquiry:1,2 payeasy:2 payeasy!final"), Some(rights));
        assert_eq!(parse_rights(""), Some(Rights::none()));
        for bad in ["inquiry", "inquiry:", "inquiry:x", "flying:1", "payeasy!second", "flying!first"] {
            assert_eq!(parse_rights(bad), None, "{bad}");
        }
    }

    async fn a_draft_is_kept_for_its_own_person_until_it_expires(test: TestDatabase) {
        let now = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
        let (contract, master) = (ContractId::generate(), UserId::generate());
        let own = Drafts::of(&test.database, contract, master);
        let mut draft = Draft { login_id: "hanako01".to_owned(), ..Draft::new() };
        own.put(&draft, now).await.unwrap();
        draft.rights = Some(Rights::none().with(Business::PayEasy, &[AccountId::new(7)]));
        draft.duties.insert(Duty::History);
        own.put(&draft, now).await.unwrap();
        assert_eq!(own.find(&draft.id, now).await.unwrap(), Some(draft.clone()));
        let another = Drafts::of(&test.database, contract, UserId::generate());
        assert_eq!(another.find(&draft.id, now).await.unwrap(), None);
        another.delete(&draft.id).await.unwrap();
        assert_eq!(own.list(now.plus_seconds(24 * 3600 - 1)).await.unwrap().len(), 1);
        assert_eq!(own.list(now.plus_seconds(24 * 3600)).await.unwrap(), []);
        for _ in 0..6 {
            own.put(&Draft::new(), now.plus_seconds(1)).await.unwrap();
        }
        assert_eq!(own.list(now).await.unwrap().len(), 5);
        assert_eq!(own.find(&draft.id, now).await.unwrap(), None, "the oldest went");
    }
}
