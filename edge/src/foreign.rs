//! Forms that other sites have a browser send. They carry no token of ours, so whoever reads one trusts nothing but
//! what is sealed in it.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::Request;
use http::header;
use serde::de::DeserializeOwned;

/// Time for the form to arrive whole.
const BODY_READ_S: u64 = 15;

/// Why a form was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is no form by its type.
    #[error("it is no form")]
    Kind,
    /// It has more bytes than it may, or did not come whole in time.
    #[error("it is too large or did not come whole")]
    Bytes,
    /// A field is missing, given twice, or not what it should be.
    #[error("its fields are not those of the form")]
    Fields,
}

/// Reads a form of so many bytes at most, whatever charset the browser names: for fields that are ASCII.
pub async fn read<T: DeserializeOwned>(request: Request, form_bytes_max: usize) -> Result<T, Unread> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let is_form = kind.is_some_and(|kind| {
        kind.as_bytes().to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded")
    });
    if !is_form {
        return Err(Unread::Kind);
    }
    let whole = tokio::time::timeout(Duration::from_secs(BODY_READ_S), to_bytes(body, form_bytes_max));
    let Ok(Ok(bytes)) = whole.await else { return Err(Unread::Bytes) };
    // a field given twice is refused here, so nobody can hide a second one behind the first
    serde_urlencoded::from_bytes(&bytes).map_err(|_| Unread::Fields)
}
