//! The interbank network: it takes the bank's transfers, settles their days, brings transfers of other banks, returns
//! and recalls, and misbehaves on command. Its rules in words: docs/protocol/interbank.md. It shares no code with the
//! engine of transfers.

mod acts;
mod books;
mod control;
mod debits;
mod faults;
mod gather;
mod message;
mod pages;

use std::path::Path;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request as HttpRequest, State};
use axum::response::Response;
use domain::time::TimeOfDay;
use domain::{Date, Timestamp};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use ring::signature::Ed25519KeyPair;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

use crate::keys::{self, KeyError};
use crate::mocks::Mocks;
use crate::signature::{self, SignedRequest};
use crate::spoiled;
use crate::store::StoreError;
use crate::xml::MESSAGE_BYTES_MAX;
use books::Books;
use faults::Mode;
use gather::Gathering;
use message::{Answer, Received};

pub(crate) use control::routes;
pub(crate) use pages::routes as page_routes;

/// The network's key id.
pub(crate) const KEY_ID: &str = "interbank-1";

const SCHEMA: &str = include_str!("schema.sql");

/// The network.
pub(crate) struct Interbank {
    pool: SqlitePool,
    transfers: Gathering,
    key: Ed25519KeyPair,
}

impl Interbank {
    /// Opens its records and key in a folder, making them on the first start.
    pub(crate) async fn open(folder: &Path) -> Result<Self, OpenInterbankError> {
        let options = SqliteConnectOptions::new()
            .filename(folder.join("interbank.sqlite"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        // one connection, so that a message is decided after another
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        let transfers = Gathering::begin(pool.clone());
        Ok(Self { pool, transfers, key: keys::load_or_make(&folder.join("interbank-1.pk8"))? })
    }

    /// Its records.
    #[cfg(test)]
    pub(crate) const fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// The public key.
    pub(crate) fn public_key(&self) -> [u8; 32] {
        keys::public(&self.key)
    }

    /// Closes the records.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Why the network cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenInterbankError {
    /// Its records.
    #[error("the interbank network's records could not be opened: {0}")]
    Store(#[from] sqlx::Error),
    /// Its key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// From when on transfers are passed on: what comes before waits.
pub(crate) fn opens(day: Date) -> Timestamp {
    Timestamp::from_jst(day, TimeOfDay::from_hms_opt(8, 30, 0).unwrap_or_default())
}

/// From when on nothing is added to a day.
pub(crate) fn closes(day: Date) -> Timestamp {
    Timestamp::from_jst(day, TimeOfDay::from_hms_opt(16, 0, 0).unwrap_or_default())
}

/// `POST /interbank`.
pub(crate) async fn receive(State(mocks): State<Mocks>, request: HttpRequest) -> Response {
    answer(&mocks, request).await.unwrap_or_else(|error| {
        tracing::error!(%error, "the interbank network failed; nothing was recorded");
        spoiled::plain(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

async fn answer(mocks: &Mocks, request: HttpRequest) -> Result<Response, StoreError> {
    let network = mocks.interbank();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MESSAGE_BYTES_MAX).await else {
        return Ok(spoiled::plain(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let signed = SignedRequest {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        headers: &parts.headers,
        body: &body,
    };
    let machine_now = domain::clock::machine_now();
    let digest = match signature::verify(&signed, &mocks.config().hub_keys, machine_now) {
        Ok(digest) => digest,
        Err(error) => {
            tracing::warn!(%error, "a bank was not believed");
            return Ok(spoiled::plain(StatusCode::UNAUTHORIZED));
        }
    };
    let received = match Received::read(&body) {
        Ok(received) => received,
        Err(error) => {
            tracing::warn!(%error, "a signed message of a bank could not be read");
            return Ok(spoiled::plain(StatusCode::BAD_REQUEST));
        }
    };
    let fault = faults::take(&network.pool, received.kind()).await?;
    if fault.mode.is_before_work() {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
        return Ok(match fault.mode {
            Mode::Drop => spoiled::no_answer(),
            _ => spoiled::plain(StatusCode::INTERNAL_SERVER_ERROR),
        });
    }
    let now = mocks.config().clock.now();
    let mut said = match received.kind() {
        "transfer" => network.transfers.transfer(&received, &body, now).await?,
        _ => Books { pool: &network.pool, now }.perform(&received, &body).await?,
    };
    match (fault.mode, &mut said) {
        (Mode::Twice, Answer::Waiting { messages, .. }) => {
            let copies = messages.clone();
            messages.extend(copies);
        }
        (Mode::Reverse, Answer::Waiting { messages, .. }) => messages.reverse(),
        (Mode::Other, Answer::Status { original, .. } | Answer::Holder { original, .. }) => {
            "other".clone_into(original);
        }
        (Mode::Refuse, Answer::Status { status, code, .. }) => {
            "RJCT".clone_into(status);
            *code = Some("AG01".to_owned());
        }
        _ => {}
    }
    tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    let message = said.write(&received.from, now);
    Ok(match fault.mode {
        Mode::Lose => spoiled::no_answer(),
        Mode::Error500After => spoiled::plain(StatusCode::INTERNAL_SERVER_ERROR),
        Mode::Garbage => sign(&network.key, b"<Document/>".to_vec(), &digest),
        Mode::WrongKey => match spoiled::foreign_key() {
            Some(foreign) => sign(&foreign, message, &digest),
            None => spoiled::plain(StatusCode::INTERNAL_SERVER_ERROR),
        },
        Mode::Unsigned => plain_xml(message),
        _ => sign(&network.key, message, &digest),
    })
}

/// An answer that nobody answers for.
fn plain_xml(message: Vec<u8>) -> Response {
    let mut answer = Response::new(Body::from(message));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(spoiled::XML));
    answer
}

/// The answer with its signature.
fn sign(key: &Ed25519KeyPair, message: Vec<u8>, request_digest: &str) -> Response {
    let (mut headers, now) = (HeaderMap::new(), domain::clock::machine_now());
    signature::sign_answer(key, KEY_ID, StatusCode::OK.as_u16(), &message, request_digest, now, &mut headers);
    let mut answer = plain_xml(message);
    answer.headers_mut().extend(headers);
    answer
}
