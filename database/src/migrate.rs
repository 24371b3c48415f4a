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

        const POSTGRES: &[&str] = &[$(include_str!(concat!("../migrations/postgres/", $name, ".sql"))),*];

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
    4 "0004_operations",
    5 "0005_console",
    6 "0006_service_day",
    7 "0007_api",
    8 "0008_settlement",
    9 "0009_mail",
    10 "0010_certificates",
    11 "0011_users",
    12 "0012_tokens",
    13 "0013_desk",
    16 "0016_approvals",
    17 "0017_keys",
    18 "0018_statement",
    19 "0019_transfers",
    20 "0020_interbank",
    21 "0021_approvals",
    22 "0022_interbank_days",
    23 "0023_fees",
    24 "0024_settings",
    25 "0025_payees",
    26 "0026_transfer_entries",
    27 "0027_passwords_and_limits",
    29 "0029_token_delivery",
    30 "0030_locks_and_sessions_told",
    31 "0031_recall_consents",
    33 "0033_limits",
    34 "0034_transfer_templates",
    35 "0035_access_given",
    36 "0036_staff_person",
    37 "0037_fee_account",
    38 "0038_access_versions",
    40 "0040_bulk",
    41 "0041_mandates",
    42 "0042_local_tax",
    43 "0043_payee_kinds",
    44 "0044_mail_positions",
    45 "0045_network_debits",
    46 "0046_set_up_until",
}

/// The description of the first migration: a database that has it is ours.
pub(crate) const FIRST: &str = "0001_ledger";

/// `TABLE`, `SEQUENCE` or `FUNCTION`, and the name, of everything that the migrations make on PostgreSQL.
pub(crate) fn made_on_postgres() -> Vec<(&'static str, &'static str)> {
    let lines = POSTGRES.iter().flat_map(|sql| sql.lines());
    lines
        .filter_map(|line| {
            let (kind, rest) = line.strip_prefix("CREATE ")?.split_once(' ')?;
            let name = rest.split([' ', '(', ';']).next()?;
            let kind = ["TABLE", "SEQUENCE", "FUNCTION"].into_iter().find(|known| *known == kind)?;
            Some((kind, name))
        })
        .collect()
}

fn migration(version: i64, name: &'static str, sql: &'static str) -> Migration {
    Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_migrations_make_is_known_by_name() {
        let made = made_on_postgres();
        for known in [
            ("TABLE", "account"),
            ("TABLE", "payment"),
            ("TABLE", "app_user"),
            ("SEQUENCE", "outbox_fence"),
            ("FUNCTION", "only_added_to"),
        ] {
            assert!(made.contains(&known), "{known:?}");
        }
        assert!(made.iter().all(|(_, name)| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    }
}
