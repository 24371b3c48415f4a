//! One numbered sequence of migrations for all crates, as two folders with the same file names.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

macro_rules! migrations {
    ($($version:literal $name:literal),* $(,)?) => {
        pub(crate) fn sqlite() -> Migrator {
            Migrator::with_migrations(vec![$(
                migration($version, $name, include_str!(concat!("../migrations/sqlite/", $name, ".sql")))
            ),*])
        }

        pub(crate) fn postgres() -> Migrator {
            Migrator::with_migrations(vec![$(
                migration($version, $name, include_str!(concat!("../migrations/postgres/", $name, ".sql")))
            ),*])
        }
    };
}

migrations! {
    1 "0001_ledger",
    2 "0002_gateway",
    3 "0003_internet_banking",
}

fn migration(version: i64, name: &'static str, sql: &'static str) -> Migration {
    Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
}
