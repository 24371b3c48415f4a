//! The engine of bulk business (データ受付): 総合振込, 給与・賞与振込, 口座振替 and 地方税納付.
//!
//! [`Kind`] and [`Terms`] say what is possible. A page begins a draft with [`Bulk::begin`], hands its rows to the
//! [`Upload`] (or a whole file to an [`Intake`]), and changes it with [`Bulk::put_row`] and its neighbours, under the
//! version that was seen. [`Bulk::request`] freezes it under a digest, [`Bulk::approve`] makes it final; from there
//! on the engine carries it out in [`Bulk::run`]. [`Bulk::find`], [`Bulk::list`] and [`Bulk::rows`] show what became
//! of it. Who may do what is the caller's part. docs/adr/0018 says why it is built so.

mod answers;
mod audit;
mod back;
mod batch;
mod carry_out;
mod digest;
mod draft;
pub mod due;
mod intake;
mod kind;
mod mandate;
mod operation;
pub mod points;
mod result_file;
mod row;
mod run;
mod step;
mod store;
mod tax;
mod terms;
mod upload;
mod words;
pub mod zedi;

use std::sync::Arc;

use database::Database;
use domain::Timestamp;
use formats::banks::{Bank, Banks, Directory};
use ledger::Ledger;
use transfers::Transfers;

pub use batch::{Batch, Event, Heading, Reason, Route, SourceFile, State};
pub use draft::EditError;
pub use intake::{Intake, Peeked, Taken, peek};
pub use kind::{Kind, Line};
pub use mandate::{Mandate, MandateError, NewMandate, StoppedBy, mandate_on, mandates_of};
pub use operation::{Act, ActError, Approval};
pub use row::{Fault, NewRow, Row, RowResult, RowState};
pub use store::{BatchQuery, Happened, Only, ROWS_MAX, Results, Summed, batches_of};
pub use tax::Notice;
pub use terms::{DayProblem, Possible, Terms};
pub use upload::Upload;

/// The engine over one database. Cheap to clone.
#[derive(Clone)]
pub struct Bulk(Arc<Inner>);

struct Inner {
    transfers: Transfers,
    directory: Directory,
    #[cfg(feature = "crash-points")]
    ends_at: std::sync::Mutex<Option<(&'static str, bool)>>,
}

/// The engine's own data failed it. Nothing can be said to a customer but to look again later.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The ledger refused for a reason of its own.
    #[error("the ledger refused: {0}")]
    Ledger(#[from] ledger::Refused),
    /// The engine of transfers failed.
    #[error(transparent)]
    Transfers(#[from] transfers::StoreError),
    /// A stored value is none.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
}

impl StoreError {
    pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Self> {
        serde_json::from_str(text).map_err(|error| Self::Corrupt(error.to_string()))
    }

    pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, Self> {
        serde_json::to_string(value).map_err(|error| Self::Corrupt(error.to_string()))
    }
}

impl Bulk {
    /// An engine beside that of transfers, which carries what goes to other banks. The master has every bank but
    /// this one and its branches.
    pub fn new(transfers: Transfers, own: Bank) -> Self {
        let directory = Directory::of(&Banks::embedded().clone().with(own));
        Self(Arc::new(Inner {
            transfers,
            directory,
            #[cfg(feature = "crash-points")]
            ends_at: std::sync::Mutex::default(),
        }))
    }

    /// Cut-offs, days and fees.
    pub fn terms(&self) -> &Terms {
        Terms::embedded()
    }

    /// Which banks and branches there are.
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    /// The ledger underneath.
    pub fn ledger(&self) -> &Ledger {
        self.0.transfers.ledger()
    }

    fn transfers(&self) -> &Transfers {
        &self.0.transfers
    }

    fn database(&self) -> &Database {
        self.ledger().database()
    }

    fn now(&self) -> Timestamp {
        self.ledger().clock().now()
    }
}
