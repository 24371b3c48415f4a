//! Registering, changing and deleting payees. Right and one-time password are checked here, whatever the form left out
//! (R52, R55); what is filed on paper, only paper changes.

use database::{Change, Row, Table, Value, execute, read};
use domain::{PayeeId, random};
use edge::Errors;
use secrecy::SecretString;

use super::bounds::Bounds;
use super::import::{FileRow, Plan};
use super::list::{Codes, List};
use super::problem::Problem;
use super::{Entered, Payee, Payees, Source};
use crate::Bank;
use crate::contracts::StoreError;
use crate::mail::{Notice, To, masked};
use crate::policy;
use crate::registration::{Registration, register as commit};
use crate::sign_in::SignedIn;
use crate::tokens::authorise;

static PAYEE: Table = Table {
    name: "payee",
    columns: &[
        "id",
        "contract",
        "list",
        "bank",
        "branch",
        "kind",
        "number",
        "holder",
        "name",
        "party_group",
        "first_code",
        "second_code",
        "version",
        "created_us",
        "changed_us",
    ],
};

/// Characters of 登録名.
pub const NAME_CHARS_MAX: usize = 40;
/// Characters of グループ.
pub const GROUP_CHARS_MAX: usize = 20;

/// What a payee is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// The account and its holder.
    pub entered: Entered,
    /// 登録名.
    pub name: String,
    /// グループ; empty where it is in none.
    pub group: String,
    /// What the company calls it by.
    pub codes: Codes,
}

/// What a person types beside the account.
#[derive(Clone, Copy, Debug)]
pub struct TypedNames<'a> {
    /// 登録名.
    pub name: &'a str,
    /// グループ.
    pub group: &'a str,
    /// 顧客コード1, 社員番号.
    pub first_code: &'a str,
    /// 顧客コード2, 所属コード.
    pub second_code: &'a str,
}

impl Details {
    /// With what a person types beside the account; without 登録名 the payee is called by its 受取人名.
    pub fn read(list: List, entered: Entered, typed: TypedNames<'_>) -> Result<Self, Errors> {
        let (name, group) = (line(typed.name), line(typed.group));
        let mut errors = Errors::none();
        if !list.takes(entered.account.kind) {
            let words: Vec<_> = list.account_kinds().iter().map(|(word, _)| *word).collect();
            errors.add("kind", format!("給与・賞与を受け取れる科目は、{}です。", words.join("・")));
        }
        let (bytes, most) = (holder_bytes(&entered.holder), list.holder_bytes_max());
        if bytes > most {
            let words =
                format!("受取人名は、濁点・半濁点を1文字と数えて{most}文字までです(いまは{bytes}文字)。");
            errors.add("holder", words);
        }
        let codes = list.read_codes(typed.first_code, typed.second_code, &mut errors);
        if name.chars().count() > NAME_CHARS_MAX {
            errors.add("name", format!("登録名は{NAME_CHARS_MAX}文字までです。"));
        }
        if group.chars().count() > GROUP_CHARS_MAX {
            errors.add("group", format!("グループは{GROUP_CHARS_MAX}文字までです。"));
        }
        let name = if name.is_empty() { entered.holder.clone() } else { name };
        if errors.is_empty() { Ok(Self { entered, name, group, codes }) } else { Err(errors) }
    }

    fn values(&self) -> Vec<Value> {
        let account = &self.entered.account;
        vec![
            account.bank.as_str().into(),
            account.branch.as_str().into(),
            account.kind.as_str().into(),
            account.number.as_str().into(),
            self.entered.holder.as_str().into(),
            self.name.as_str().into(),
            self.group.as_str().into(),
            self.codes.first.as_str().into(),
            self.codes.second.as_str().into(),
        ]
    }
}

/// Bytes of a name in a record: one a character of half width.
fn holder_bytes(holder: &str) -> usize {
    holder.chars().count()
}

/// One line without what does not print.
pub fn line(typed: &str) -> String {
    let line: String = typed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().to_owned()
}

/// Whoever may do one of the businesses of a list looks after it.
pub fn permit(by: &SignedIn, list: List) -> Result<(), Problem> {
    match list.businesses().iter().any(|business| policy::may_do(by, *business)) {
        true => Ok(()),
        false => {
            tracing::warn!(user = %by.user.id, list = list.code(), "refused: no right");
            Err(Problem::NotPermitted)
        }
    }
}

/// Whether a payee could be registered with these details, or one changed to them.
pub async fn check(
    bank: &Bank,
    by: &SignedIn,
    list: List,
    one: Option<&Payee>,
    details: &Details,
) -> Result<(), Problem> {
    permit(by, list)?;
    let payees = Payees::of(&bank.database, by.contract.id, list);
    let there = payees.with_account(&details.entered.account).await?;
    if let Some(there) = there.filter(|there| one.is_none_or(|one| one.id != there.id)) {
        return Err(Problem::There(there.name));
    }
    if one.is_none() && count(bank, by, list).await? >= Bounds::embedded().payees_max {
        return Err(Problem::TooMany);
    }
    Ok(())
}

/// Registers one. Those that are registered at the same moment may go a little beyond the most.
pub async fn register(
    bank: &Bank,
    by: &SignedIn,
    list: List,
    details: &Details,
    code: &SecretString,
) -> Result<PayeeId, Problem> {
    check(bank, by, list, None, details).await?;
    let code = authorise::operation(bank, by, list.operation(), code).await?;
    let id = PayeeId::generate();
    let now = bank.clock.now().micros();
    let mut values: Vec<Value> = vec![id.uuid().into(), by.contract.id.uuid().into(), list.code().into()];
    values.extend(details.values());
    values.push(now.into());
    let change = Change::one(
        "INSERT INTO payee (id, contract, list, bank, branch, kind, number, holder, name, party_group, first_code,
             second_code, version, created_us, changed_us)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $13)
         ON CONFLICT (contract, list, bank, branch, kind, number) DO NOTHING",
        values,
    );
    let what = one(bank, by, ("payee.add", "振込先を登録しました"), id, details, change).await?;
    commit(bank, by, code, what).await?;
    Ok(id)
}

/// Changes one that is still as it was seen.
pub async fn change(
    bank: &Bank,
    by: &SignedIn,
    list: List,
    seen: &Payee,
    details: &Details,
    code: &SecretString,
) -> Result<(), Problem> {
    require_own(seen)?;
    check(bank, by, list, Some(seen), details).await?;
    let code = authorise::operation(bank, by, list.operation(), code).await?;
    let change = updated(by, seen, details, bank.clock.now().micros());
    let told = ("payee.change", "振込先の登録内容を変更しました");
    let what = one(bank, by, told, seen.id, details, change).await?;
    Ok(commit(bank, by, code, what).await?)
}

/// Deletes one that is still as it was seen. What was transferred to it stays.
pub async fn delete(
    bank: &Bank,
    by: &SignedIn,
    list: List,
    seen: &Payee,
    code: &SecretString,
) -> Result<(), Problem> {
    permit(by, list)?;
    require_own(seen)?;
    let code = authorise::operation(bank, by, list.operation(), code).await?;
    let details = Details {
        entered: seen.entered(),
        name: seen.name.clone(),
        group: seen.group.clone(),
        codes: seen.codes.clone(),
    };
    let told = ("payee.delete", "振込先を削除しました");
    let what = one(bank, by, told, seen.id, &details, deleted(by, seen)).await?;
    Ok(commit(bank, by, code, what).await?)
}

/// Does what a file that was confirmed asks for, all of it or nothing.
pub async fn import(
    bank: &Bank,
    by: &SignedIn,
    list: List,
    (id, plan): (&str, &Plan),
    code: &SecretString,
) -> Result<(), Problem> {
    permit(by, list)?;
    let left = count(bank, by, list).await?.saturating_sub(plan.removed.len());
    if left.saturating_add(plan.added.len()) > Bounds::embedded().payees_max {
        return Err(Problem::TooMany);
    }
    let code = authorise::operation(bank, by, list.operation(), code).await?;
    let now = bank.clock.now();
    // a file is confirmed once
    let sql = "DELETE FROM payee_import WHERE id = $1 AND contract = $2 AND app_user = $3";
    let values = vec![id.into(), by.contract.id.uuid().into(), by.user.id.uuid().into()];
    let mut changes = vec![Change::one(sql, values)];
    changes.extend(plan.removed.iter().map(|one| deleted(by, one)));
    changes.extend(
        plan.changed.iter().map(|(before, after)| updated(by, before, &after.details(), now.micros())),
    );
    let rows = plan.added.iter().map(|row| added(by, list, row, now.micros())).collect();
    let (added, changed, removed) = (plan.added.len(), plan.changed.len(), plan.removed.len());
    let to = bank.contracts.recipients(by.contract.id, To::UserAndAdministrators(by.user.id)).await?;
    let notice = Notice {
        event: format!("payee-import-{}", random::opaque_id()),
        title: "振込先をファイルで登録しました".to_owned(),
        lines: vec![
            ("一覧", list.label().to_owned()),
            ("追加", format!("{added}件")),
            ("変更", format!("{changed}件")),
            ("削除", format!("{removed}件")),
            ("操作した方", by.user.name.clone()),
        ],
        advice: Notice::NOT_YOURS,
    };
    let what = Registration {
        action: "payee.import",
        subject: by.contract.id.to_string(),
        detail: format!("{}: added {added}, changed {changed}, removed {removed}", list.code()),
        changes,
        rows,
        mail: Some((notice, to)),
        ..Registration::default()
    };
    Ok(commit(bank, by, code, what).await?)
}

/// Keeps a file that was read until it is confirmed, and answers its id.
pub async fn keep(
    bank: &Bank,
    by: &SignedIn,
    list: List,
    rows: &[FileRow],
    replaces: bool,
) -> Result<String, Problem> {
    permit(by, list)?;
    let now = bank.clock.now();
    let content = serde_json::to_string(rows).map_err(|error| Problem::unavailable(&error))?;
    let id = random::opaque_id();
    // of one user one file waits
    execute!(
        bank.database,
        "DELETE FROM payee_import WHERE app_user = $1 OR expires_us <= $2",
        by.user.id.uuid(),
        now.micros(),
    )?;
    execute!(
        bank.database,
        "INSERT INTO payee_import (id, contract, app_user, list, replaces, content, expires_us)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id.as_str(),
        by.contract.id.uuid(),
        by.user.id.uuid(),
        list.code(),
        i64::from(replaces),
        content,
        now.plus_seconds(Bounds::embedded().import_h * 3600).micros(),
    )?;
    Ok(id)
}

/// The file that waits, and whether it replaces everything; another's is not there (SEC-34).
pub async fn kept(
    bank: &Bank,
    by: &SignedIn,
    list: List,
    id: &str,
) -> Result<Option<(Vec<FileRow>, bool)>, Problem> {
    permit(by, list)?;
    let row: Option<(String, i64)> = read!(bank.database, |c| {
        sqlx::query_as(
            "SELECT content, replaces FROM payee_import
             WHERE id = $1 AND contract = $2 AND app_user = $3 AND list = $4 AND expires_us > $5",
        )
        .bind(id)
        .bind(by.contract.id.uuid())
        .bind(by.user.id.uuid())
        .bind(list.code())
        .bind(bank.clock.now().micros())
        .fetch_optional(c)
        .await
    })?;
    let Some((content, replaces)) = row else { return Ok(None) };
    let rows = serde_json::from_str(&content).map_err(|error| Problem::unavailable(&error))?;
    Ok(Some((rows, replaces == 1)))
}

async fn count(bank: &Bank, by: &SignedIn, list: List) -> Result<usize, Problem> {
    let count: i64 = read!(bank.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM payee WHERE contract = $1 AND list = $2")
            .bind(by.contract.id.uuid())
            .bind(list.code())
            .fetch_one(c)
            .await
    })?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// What was filed on paper is changed on paper.
fn require_own(seen: &Payee) -> Result<(), Problem> {
    if seen.source == Source::Screen { Ok(()) } else { Err(Problem::NotPermitted) }
}

fn added(by: &SignedIn, list: List, row: &FileRow, now_us: i64) -> Row {
    let mut values: Vec<Value> =
        vec![PayeeId::generate().uuid().into(), by.contract.id.uuid().into(), list.code().into()];
    values.extend(row.details().values());
    values.extend([1.into(), now_us.into(), now_us.into()]);
    Row { table: &PAYEE, values }
}

fn updated(by: &SignedIn, seen: &Payee, details: &Details, now_us: i64) -> Change {
    let mut values: Vec<Value> =
        vec![seen.id.uuid().into(), by.contract.id.uuid().into(), seen.version.into(), now_us.into()];
    values.extend(details.values());
    Change::one(
        "UPDATE payee SET version = version + 1, changed_us = $4, bank = $5, branch = $6, kind = $7, number = $8,
             holder = $9, name = $10, party_group = $11, first_code = $12, second_code = $13
         WHERE id = $1 AND contract = $2 AND version = $3",
        values,
    )
}

fn deleted(by: &SignedIn, seen: &Payee) -> Change {
    Change::one(
        "DELETE FROM payee WHERE id = $1 AND contract = $2 AND version = $3",
        vec![seen.id.uuid().into(), by.contract.id.uuid().into(), seen.version.into()],
    )
}

/// One payee's change with its record and mails (R19).
async fn one(
    bank: &Bank,
    by: &SignedIn,
    (action, title): (&'static str, &str),
    id: PayeeId,
    details: &Details,
    change: Change,
) -> Result<Registration, StoreError> {
    let to = bank.contracts.recipients(by.contract.id, To::UserAndAdministrators(by.user.id)).await?;
    let entered = &details.entered;
    let notice = Notice {
        event: format!("payee-{}", random::opaque_id()),
        title: title.to_owned(),
        lines: vec![
            ("登録名", details.name.clone()),
            ("受取人名", entered.holder.clone()),
            ("銀行と支店", format!("{} {}", entered.bank, entered.branch)),
            ("口座", format!("{} {}", entered.account.kind.label(), masked(entered.account.number.as_str()))),
            ("操作した方", by.user.name.clone()),
        ],
        advice: Notice::NOT_YOURS,
    };
    Ok(Registration {
        action,
        subject: id.to_string(),
        detail: format!("{} {}", entered.account, entered.holder),
        changes: vec![change],
        mail: Some((notice, to)),
        ..Registration::default()
    })
}
