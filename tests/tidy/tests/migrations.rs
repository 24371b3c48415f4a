//! The two folders of migrations describe the same schema.

use std::collections::BTreeMap;

use super::{assert_none, files};

const FOLDER: &str = "database/migrations/";

/// SQLite has no sequences of its own and keeps a table in their place.
const ONLY_IN_SQLITE: &[&str] = &["sequence"];

/// File name and text of one database's migrations.
fn migrations(database: &str) -> BTreeMap<String, String> {
    let prefix = format!("{FOLDER}{database}/");
    let found = files().into_iter().filter(|f| f.path.starts_with(&prefix));
    found.map(|f| (f.name().to_owned(), f.text)).collect()
}

/// The statements without comments and superfluous space, in lower case.
fn statements(sql: &str) -> Vec<String> {
    let bare: Vec<&str> = sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let one_space = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    bare.join("\n").split(';').map(one_space).filter(|s| !s.is_empty()).collect()
}

/// Each table with the names of its columns.
fn tables(sql: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for statement in statements(sql) {
        let Some(rest) = statement.strip_prefix("create table ") else { continue };
        let Some((name, body)) = rest.split_once('(') else { continue };
        let mut depth = 0_i32;
        let parts = body.split(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            c == ',' && depth == 0
        });
        let first_words = parts.filter_map(|part| part.split_whitespace().next());
        let constraints = ["primary", "unique", "check", "foreign", "constraint", ")"];
        let columns = first_words.filter(|word| !constraints.iter().any(|c| word.starts_with(c)));
        found.insert(name.trim().to_owned(), columns.map(str::to_owned).collect());
    }
    found
}

#[test]
fn both_databases_have_the_same_migrations_in_one_sequence() {
    let (sqlite, postgres) = (migrations("sqlite"), migrations("postgres"));
    assert!(!sqlite.is_empty(), "there are no migrations");
    assert!(sqlite.keys().eq(postgres.keys()), "{:?} and {:?}", sqlite.keys(), postgres.keys());
    let mut numbers = std::collections::BTreeSet::new();
    for name in sqlite.keys() {
        let (number, rest) = name.split_once('_').unwrap_or_default();
        assert!(number.len() == 4 && number.parse().is_ok_and(|n: u16| n > 0), "{name} has no number");
        assert!(numbers.insert(number), "{name} has the number of another");
        assert!(rest.ends_with(".sql"), "{name}");
    }
}

#[test]
fn every_migration_is_carried_out() {
    let list = files().into_iter().find(|f| f.path == "database/src/migrate.rs").unwrap().text;
    let is_listed = |name: &String| list.contains(&format!("\"{}\"", name.trim_end_matches(".sql")));
    let findings: Vec<_> = migrations("sqlite").into_keys().filter(|name| !is_listed(name)).collect();
    assert_none(&findings, "migrations that database/src/migrate.rs does not list");
}

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (migrations("sqlite"), migrations("postgres"));
    for (name, text) in &sqlite {
        let mut expected = tables(text);
        expected.retain(|table, _| !ONLY_IN_SQLITE.contains(&table.as_str()));
        assert_eq!(expected, tables(&postgres[name]), "{name}");
    }
}

#[test]
fn tables_of_sqlite_are_strict() {
    let mut findings = Vec::new();
    for (name, text) in migrations("sqlite") {
        for statement in statements(&text).into_iter().filter(|s| s.starts_with("create table")) {
            let options = statement.rsplit(')').next().unwrap_or_default();
            if !options.split([' ', ',']).any(|word| word == "strict") {
                findings.push(format!("{name}: {}", statement.split('(').next().unwrap_or_default()));
            }
        }
    }
    assert_none(&findings, "every table of SQLite is STRICT");
}

#[test]
fn tables_are_read_from_sql() {
    let sql = "CREATE TABLE a ( -- of, things\n  id BIGINT PRIMARY KEY,\n  n BIGINT CHECK (n IN (0, 1)),\n \
        PRIMARY KEY (id, n)) STRICT;\nCREATE INDEX i ON a (n);";
    assert_eq!(tables(sql)["a"], ["id", "n"]);
}
