//! The data folder of a process that embeds its database.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A data folder that this process alone serves, for as long as the value lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The lock goes with the file handle, also when the process is killed.
    _lock: File,
}

/// Why the folder cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be made or written.
    #[error("cannot write to the data folder {path}: {source}; choose another with --data")]
    Unwritable {
        /// The folder.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// Another process serves it.
    #[error("the data folder {0} is in use by another process; stop that one or choose another with --data")]
    InUse(String),
}

impl Folder {
    /// Makes the folder where it is missing and takes its lock.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let unwritable = |source| FolderError::Unwritable { path: path.display().to_string(), source };
        std::fs::create_dir_all(path).map_err(unwritable)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(unwritable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse(path.display().to_string())),
            Err(TryLockError::Error(source)) => Err(unwritable(source)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_serves_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = Folder::open(folder.path()).unwrap();
        assert!(matches!(Folder::open(folder.path()), Err(FolderError::InUse(_))));
        drop(first);
        assert!(Folder::open(folder.path()).is_ok());
    }
}
