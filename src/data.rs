//! Where a command finds its data.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use database::{Database, OpenError};
use gateway::proof::KeySet;
use internet_banking::secrets::{KEY_BYTES, Secret};

/// The options of every command that touches data.
#[derive(Args, Clone)]
pub struct DataArgs {
    /// The data folder.
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    pub data: PathBuf,
    /// A PostgreSQL database instead of the SQLite file in the data folder.
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
}

impl DataArgs {
    /// The SQLite file, where no other database is named.
    pub fn sqlite_file(&self) -> PathBuf {
        self.data.join("mpn.sqlite")
    }

    /// Opens the database, making the SQLite file where it is missing.
    pub async fn open(&self) -> anyhow::Result<Database> {
        match &self.database_url {
            Some(url) => Database::postgres(url).await.map_err(|error| unreachable(&error)),
            None => Database::sqlite(&self.sqlite_file()).await.map_err(|error| self.unusable(&error)),
        }
    }

    /// Opens a database that must be there already, and leaves its schema alone.
    pub async fn open_existing(&self) -> anyhow::Result<Database> {
        if let Some(url) = &self.database_url {
            return Database::existing_postgres(url).await.map_err(|error| unreachable(&error));
        }
        if !self.sqlite_file().exists() {
            bail!(
                "there is no database in {}; start `mpn demo` there first, or name the folder with --data or the \
                 database with --database-url",
                self.data.display()
            );
        }
        Database::existing_sqlite(&self.sqlite_file()).await.map_err(|error| self.unusable(&error))
    }

    fn unusable(&self, error: &OpenError) -> anyhow::Error {
        anyhow::anyhow!(
            "{error}; choose another data folder with --data, or begin anew with `mpn demo --reset`"
        )
    }

    /// A file of secrets or keys.
    pub fn key_file(&self, name: &str) -> PathBuf {
        self.data.join("keys").join(name)
    }

    /// The public keys of the hub and its collectors, which the demo writes.
    pub fn public_keys_file(&self) -> PathBuf {
        self.key_file("public.json")
    }

    /// The hub's public keys that count, which the demo writes for its counterparties.
    pub fn hub_keys_file(&self) -> PathBuf {
        self.key_file("hub.json")
    }

    /// The seals of the audit log, kept beside the database.
    pub fn seals_file(&self) -> PathBuf {
        self.key_file("seals")
    }

    /// The deployment's secret, which must be there.
    pub fn secret(&self) -> anyhow::Result<Secret> {
        let file = self.key_file("secret");
        let bytes = std::fs::read(&file).with_context(|| {
            format!(
                "cannot read {}; start `mpn demo` there first, or name the folder with --data",
                file.display()
            )
        })?;
        secret(&bytes, &file)
    }

    /// The deployment's secret, made where it is missing.
    pub fn secret_or_make(&self) -> anyhow::Result<Secret> {
        let file = self.key_file("secret");
        let bytes = read_or_make(&file, || Ok(Secret::generate().bytes().to_vec()))?;
        secret(&bytes, &file)
    }
}

/// Writes a file that only its owner may read, over whatever was there.
pub fn write_private(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let unwritable = || format!("cannot write {}; name another file", file.display());
    // a file that is there keeps its permissions, so it goes first
    if file.exists() {
        std::fs::remove_file(file).with_context(unwritable)?;
    }
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    opened.with_context(unwritable)?.write_all(bytes).with_context(unwritable)
}

/// Reads a set of public keys.
pub fn read_keys(file: &Path) -> anyhow::Result<KeySet> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read {}; name a set of public keys with --keys", file.display()))?;
    KeySet::read(&text)
        .map_err(|error| anyhow::anyhow!("{}: {error}; name another file with --keys", file.display()))
}

/// The remedy is in the address's own error already.
pub fn unreachable(error: &OpenError) -> anyhow::Error {
    match error {
        OpenError::InUse(_) => anyhow::anyhow!("{error}"),
        OpenError::Address(_) => anyhow::anyhow!("{error} in --database-url; SQLite files go with --data"),
        _ => anyhow::anyhow!("{error}; check --database-url and that the database server is running"),
    }
}

fn secret(bytes: &[u8], file: &Path) -> anyhow::Result<Secret> {
    let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| {
        anyhow::anyhow!("{} is no secret of {KEY_BYTES} bytes; restore it from a backup", file.display())
    })?;
    Ok(Secret::new(bytes))
}

/// Reads a file that only its owner may read, making it where it is missing.
pub fn read_or_make(file: &Path, make: impl FnOnce() -> anyhow::Result<Vec<u8>>) -> anyhow::Result<Vec<u8>> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    if file.exists() {
        return std::fs::read(file)
            .with_context(|| format!("cannot read {}; check its permissions", file.display()));
    }
    let unwritable = || format!("cannot write {}; choose another data folder with --data", file.display());
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(unwritable)?;
    }
    let bytes = make()?;
    let mut made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .with_context(unwritable)?;
    made.write_all(&bytes).with_context(unwritable)?;
    Ok(bytes)
}
