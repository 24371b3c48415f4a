//! Many rows in few statements, with the count of rows that went in.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::{Either, Tx, execute, on};

/// A table and the columns that are written.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// The table's name.
    pub name: &'static str,
    /// The columns, in the order of [`Row::values`].
    pub columns: &'static [&'static str],
}

/// One value of a row. NULL has a type, because PostgreSQL asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number, an instant in microseconds, or NULL.
    Int(Option<i64>),
    /// A text, a day in ISO form, or NULL.
    Text(Option<String>),
    /// Bytes or NULL.
    Bytes(Option<Vec<u8>>),
    /// An id or NULL.
    Uuid(Option<Uuid>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Uuid(Some(id))
    }
}

/// A row to insert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it goes.
    pub table: &'static Table,
    /// One value a column.
    pub values: Vec<Value>,
}

/// A change of rows that are there: one statement with `$1` parameters, and how many rows it must meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The statement, the same on both databases.
    pub sql: &'static str,
    /// Its parameters.
    pub values: Vec<Value>,
    /// The rows it must touch; none lets it touch any number.
    pub rows: Option<u64>,
}

impl Change {
    /// A statement that must touch one row.
    pub const fn one(sql: &'static str, values: Vec<Value>) -> Self {
        Self { sql, values, rows: Some(1) }
    }

    /// A statement that may touch any number of rows.
    pub const fn any(sql: &'static str, values: Vec<Value>) -> Self {
        Self { sql, values, rows: None }
    }
}

/// Runs changes in their order, all or none: where one meets another number of rows than it must, those before it are
/// undone. Says whether they hold.
pub async fn change(tx: &mut Tx, changes: &[Change]) -> Result<bool, sqlx::Error> {
    execute!(&mut *tx, "SAVEPOINT changes")?;
    for change in changes {
        let touched = on!(tx, |c| {
            let mut query = sqlx::query(change.sql);
            for value in change.values.clone() {
                query = match value {
                    Value::Int(v) => query.bind(v),
                    Value::Text(v) => query.bind(v),
                    Value::Bytes(v) => query.bind(v),
                    Value::Uuid(v) => query.bind(v),
                };
            }
            query.execute(c).await?.rows_affected()
        });
        if change.rows.is_some_and(|must| must != touched) {
            execute!(&mut *tx, "ROLLBACK TO SAVEPOINT changes")?;
            return Ok(false);
        }
    }
    execute!(&mut *tx, "RELEASE SAVEPOINT changes")?;
    Ok(true)
}

/// Rows a statement at most. Batches are cut into these sizes only, so that few statements stay prepared.
const CHUNKS: [usize; 5] = [256, 64, 16, 4, 1];

/// Inserts all rows of one table, or fails: a count that is off is an error.
pub async fn all<'a>(
    tx: &mut Tx,
    table: &'static Table,
    rows: impl ExactSizeIterator<Item = &'a [Value]>,
) -> Result<(), sqlx::Error> {
    let expected = rows.len();
    let rows: Vec<_> = rows.collect();
    let mut inserted = 0;
    for chunk in sizes(&rows) {
        inserted += on!(tx, |c| { build(table, chunk, "").build().execute(c).await?.rows_affected() });
    }
    exactly(table, expected, inserted)
}

/// Inserts the rows whose key is still free and answers which went in, by the text of `tag`.
pub async fn free<'a>(
    tx: &mut Tx,
    table: &'static Table,
    rows: impl ExactSizeIterator<Item = &'a [Value]>,
    tag: &'static str,
) -> Result<Vec<String>, sqlx::Error> {
    let rows: Vec<_> = rows.collect();
    let suffix = format!(" ON CONFLICT DO NOTHING RETURNING {tag}");
    let mut inserted = Vec::with_capacity(rows.len());
    for chunk in sizes(&rows) {
        inserted.extend(on!(tx, |c| {
            let mut statement = build(table, chunk, &suffix);
            statement.build_query_scalar::<String>().fetch_all(c).await?
        }));
    }
    Ok(inserted)
}

/// Deletes the rows whose `column` is one of `keys`, which all must be there.
pub async fn delete_in(tx: &mut Tx, table: &Table, column: &str, keys: &[Value]) -> Result<(), sqlx::Error> {
    let mut deleted = 0;
    for chunk in sizes(keys) {
        let head = format!("DELETE FROM {} WHERE {column} IN (", table.name);
        deleted += on!(tx, |c| list(&head, chunk, ")").build().execute(c).await?.rows_affected());
    }
    exactly(table, keys.len(), deleted)
}

/// Sets columns of rows that are there, each to values of its own: one row of `rows` has the key and then a value for
/// each of `set`. Every one must be there, and no key twice.
pub async fn set(
    tx: &mut Tx,
    table: &Table,
    key: &str,
    set: &[&str],
    rows: &[Vec<Value>],
) -> Result<(), sqlx::Error> {
    let sets: Vec<String> = set.iter().map(|column| format!("{column} = found.{column}")).collect();
    let head = format!("WITH found ({key}, {}) AS (", set.join(", "));
    let name = table.name;
    let tail = format!(") UPDATE {name} SET {} FROM found WHERE {name}.{key} = found.{key}", sets.join(", "));
    let mut updated = 0;
    for chunk in sizes(rows) {
        updated += on!(tx, |c| {
            let mut statement = QueryBuilder::new(&head);
            values(&mut statement, chunk.iter().map(Vec::as_slice));
            statement.push(&tail);
            statement.build().execute(c).await?.rows_affected()
        });
    }
    exactly(table, rows.len(), updated)
}

/// Reads the rows whose key is one of `keys`: `select` ends before the list's parenthesis, `suffix` follows it.
pub async fn select_in<T>(
    tx: &mut Tx,
    select: &str,
    keys: &[Value],
    suffix: &str,
) -> Result<Vec<T>, sqlx::Error>
where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let (head, tail) = (format!("{select} ("), format!("){suffix}"));
    let mut found = Vec::with_capacity(keys.len());
    for chunk in sizes(keys) {
        found.extend(on!(tx, |c| list(&head, chunk, &tail).build_query_as::<T>().fetch_all(c).await?));
    }
    Ok(found)
}

/// Fails when a write touched another number of rows than it had to.
pub fn exactly(table: &Table, expected: usize, found: u64) -> Result<(), sqlx::Error> {
    if u64::try_from(expected) == Ok(found) {
        return Ok(());
    }
    Err(sqlx::Error::Protocol(format!(
        "{}: {found} rows were written where {expected} had to be",
        table.name
    )))
}

/// Inserts very many rows of one table, or fails: as [`all`], and on PostgreSQL as one COPY. Every column of numbers
/// must be BIGINT there.
pub async fn many(tx: &mut Tx, table: &'static Table, rows: &[Vec<Value>]) -> Result<(), sqlx::Error> {
    if let Either::Postgres(connection) = tx.on() {
        let sql = format!("COPY {} ({}) FROM STDIN (FORMAT binary)", table.name, table.columns.join(", "));
        let bytes = copied(table, rows)?;
        let mut copy = connection.copy_in_raw(&sql).await?;
        if let Err(error) = copy.send(bytes).await {
            copy.abort("the rows could not be sent").await?;
            return Err(error);
        }
        return exactly(table, rows.len(), copy.finish().await?);
    }
    all(tx, table, rows.iter().map(Vec::as_slice)).await
}

/// Rows as COPY reads them in binary.
fn copied(table: &Table, rows: &[Vec<Value>]) -> Result<Vec<u8>, sqlx::Error> {
    const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
    let too_long = || sqlx::Error::Protocol(format!("a value of {} is too long", table.name));
    let mut out = Vec::with_capacity(SIGNATURE.len() + rows.len() * table.columns.len() * 24);
    out.extend_from_slice(SIGNATURE);
    let columns = i16::try_from(table.columns.len()).map_err(|_| too_long())?;
    for row in rows {
        out.extend(columns.to_be_bytes());
        for value in row {
            let number;
            let bytes = match value {
                Value::Int(v) => {
                    number = v.map(i64::to_be_bytes);
                    number.as_ref().map(<[u8; 8]>::as_slice)
                }
                Value::Text(v) => v.as_deref().map(str::as_bytes),
                Value::Bytes(v) => v.as_deref(),
                Value::Uuid(v) => v.as_ref().map(|id| id.as_bytes().as_slice()),
            };
            // NULL has the length -1
            let length = bytes.map_or(Ok(-1), |bytes| i32::try_from(bytes.len())).map_err(|_| too_long())?;
            out.extend(length.to_be_bytes());
            out.extend_from_slice(bytes.unwrap_or_default());
        }
    }
    out.extend((-1_i16).to_be_bytes());
    Ok(out)
}

fn list<DB: sqlx::Database>(head: &str, keys: &[Value], tail: &str) -> QueryBuilder<DB>
where
    Option<i64>: sqlx::Type<DB> + for<'e> sqlx::Encode<'e, DB>,
    Option<String>: sqlx::Type<DB> + for<'e> sqlx::Encode<'e, DB>,
    Option<Vec<u8>>: sqlx::Type<DB> + for<'e> sqlx::Encode<'e, DB>,
    Option<Uuid>: sqlx::Type<DB> + for<'e> sqlx::Encode<'e, DB>,
{
    let mut statement = QueryBuilder::new(head);
    for (index, key) in keys.iter().enumerate() {
        if index > 0 {
            statement.push(", ");
        }
        match key.clone() {
            Value::Int(v) => statement.push_bind(v),
            Value::Text(v) => statement.push_bind(v),
            Value::Bytes(v) => statement.push_bind(v),
            Value::Uuid(v) => statement.push_bind(v),
        };
    }
    statement.push(tail);
    statement
}

fn build<DB: sqlx::Database>(table: &Table, rows: &[&[Value]], suffix: &str) -> QueryBuilder<DB>
where
    Option<i64>: sqlx::Type<DB> + for<'e> sqlx::Encode<'e, DB>,
    Option<String>: sqlx::Type<DB> + for<'e> sqlx::Encode<'e, DB>,
    Option<Vec<u8>>: sqlx::Type<DB> + for<'e> sqlx::Encode<'e, DB>,
    Option<Uuid>: sqlx::Type<DB> + for<'e> sqlx::Encode<'e, DB>,
{
    let mut statement =
        QueryBuilder::new(format!("INSERT INTO {} ({}) ", table.name, table.columns.join(", ")));
    values(&mut statement, rows.iter().copied());
    statement.push(suffix);
    statement
}

fn values<'r, DB: sqlx::Database>(statement: &mut QueryBuilder<DB>, rows: impl Iterator<Item = &'r [Value]>)
where
    Option<i64>: sqlx::Type<DB> + for<'e> sqlx::Encode<'e, DB>,
    Option<String>: sqlx::Type<DB> + for<'e> sqlx::Encode<'e, DB>,
    Option<Vec<u8>>: sqlx::Type<DB> + for<'e> sqlx::Encode<'e, DB>,
    Option<Uuid>: sqlx::Type<DB> + for<'e> sqlx::Encode<'e, DB>,
{
    statement.push_values(rows, |mut tuple, row| {
        for value in row {
            match value.clone() {
                Value::Int(v) => tuple.push_bind(v),
                Value::Text(v) => tuple.push_bind(v),
                Value::Bytes(v) => tuple.push_bind(v),
                Value::Uuid(v) => tuple.push_bind(v),
            };
        }
    });
}

fn sizes<T>(mut rows: &[T]) -> Vec<&[T]> {
    let mut cut = Vec::new();
    while !rows.is_empty() {
        let size = CHUNKS.into_iter().find(|size| *size <= rows.len()).unwrap_or(1);
        let (head, tail) = rows.split_at(size);
        cut.push(head);
        rows = tail;
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_cut_into_few_sizes() {
        let cut = |n: usize| sizes(&vec![(); n]).iter().map(|c| c.len()).collect::<Vec<_>>();
        assert_eq!(cut(1), [1]);
        assert_eq!(cut(100), [64, 16, 16, 4]);
        assert_eq!(cut(600), [256, 256, 64, 16, 4, 4]);
        assert_eq!(cut(0), [0; 0]);
    }
}
