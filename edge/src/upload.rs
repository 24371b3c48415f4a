//! Forms with a file, read after their token was verified, as [`crate::CsrfForm`] is.

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use http::StatusCode;

use crate::csrf::{self, Guard};
use crate::failure::Failure;

/// Time for a form with its file to arrive whole.
const BODY_READ_S: u64 = 60;
/// Bytes of a file that are kept; a larger one is read to its end and thrown away, so that the page can say so.
pub const FILE_BYTES_MAX: usize = 12 * 1024 * 1024;
/// Bytes of a form with a file that is not refused unread: what phones take today, with room.
pub const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Fields of text at most.
const TEXTS_MAX: usize = 32;
/// Bytes of one of them.
const TEXT_BYTES_MAX: usize = 4 * 1024;

/// A form with at most one file. The token is the first field, so that nothing is kept of a form without a right one;
/// the whole is bounded by the site's `body_bytes_max`.
#[derive(Debug)]
pub struct CsrfUpload {
    texts: HashMap<String, String>,
    /// The file; `None` where none was chosen.
    pub file: Option<UploadedFile>,
}

/// A file as a browser sent it.
#[derive(Debug)]
pub struct UploadedFile {
    /// The name that it had on the sender's machine: for showing only.
    pub name: String,
    /// What is in it.
    pub bytes: Result<Bytes, TooLarge>,
}

/// The file has more than [`FILE_BYTES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl CsrfUpload {
    /// A field's text; empty where the form has none.
    pub fn text(&self, field: &str) -> &str {
        self.texts.get(field).map_or("", String::as_str)
    }
}

impl<S: Send + Sync> FromRequest<S> for CsrfUpload {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let refuse = |failure: Failure| failure.into_response();
        let guard = request.extensions().get::<Guard>().cloned();
        let guard = guard.ok_or_else(|| refuse(Failure::internal("a form is read outside of a site")))?;
        let expected = guard.expected(request.headers());
        let form = Multipart::from_request(request, state).await.map_err(|_| refuse(Failure::BadForm))?;
        match tokio::time::timeout(Duration::from_secs(BODY_READ_S), read(form, expected.as_deref())).await {
            Ok(read) => read,
            Err(_elapsed) => Err(StatusCode::REQUEST_TIMEOUT.into_response()),
        }
    }
}

async fn read(mut form: Multipart, expected: Option<&str>) -> Result<CsrfUpload, Response> {
    let first = next(&mut form).await?.filter(|field| field.name() == Some(csrf::FIELD));
    let token = match first {
        Some(field) => text(field).await?,
        None => String::new(),
    };
    if !csrf::is_right(expected, &token) {
        return Err(Failure::StaleForm.into_response());
    }
    let mut upload = CsrfUpload { texts: HashMap::new(), file: None };
    while let Some(field) = next(&mut form).await? {
        let name = field.name().unwrap_or_default().to_owned();
        let is_new = match field.file_name().map(str::to_owned) {
            // a control without a choice sends an empty name
            Some(file) if file.is_empty() => true,
            Some(file) => {
                let bytes = contents(field).await?;
                upload.file.replace(UploadedFile { name: file, bytes }).is_none()
            }
            None => upload.texts.insert(name, text(field).await?).is_none(),
        };
        if !is_new || upload.texts.len() > TEXTS_MAX {
            return Err(Failure::BadForm.into_response());
        }
    }
    Ok(upload)
}

async fn next(form: &mut Multipart) -> Result<Option<Field<'_>>, Response> {
    form.next_field().await.map_err(|error| unreadable(&error))
}

async fn contents(mut field: Field<'_>) -> Result<Result<Bytes, TooLarge>, Response> {
    let mut kept = Ok(BytesMut::new());
    while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
        kept = match kept {
            Ok(mut bytes) if bytes.len() + chunk.len() <= FILE_BYTES_MAX => {
                bytes.extend_from_slice(&chunk);
                Ok(bytes)
            }
            _ => Err(TooLarge),
        };
    }
    Ok(kept.map(BytesMut::freeze))
}

async fn text(mut field: Field<'_>) -> Result<String, Response> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
        if bytes.len() + chunk.len() > TEXT_BYTES_MAX {
            return Err(Failure::BadForm.into_response());
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| Failure::BadForm.into_response())
}

/// Too large, or no form.
fn unreadable(error: &MultipartError) -> Response {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        _ => Failure::BadForm.into_response(),
    }
}
