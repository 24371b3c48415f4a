//! A file as an answer: the movements are read in parts while the browser takes them, so that no more than a part is in
//! memory.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderValue, header};
use http_body_util::channel::{Channel, Sender};
use ledger::{Ledger, StatementPage, StatementQuery};

use super::files::{About, File, Writer};
use super::written::Known;
use crate::answer::{Stop, failed};

/// Movements of a part.
const PART_LINES: i64 = 500;
/// Parts that may wait for the browser.
const PARTS_WAITING_MAX: usize = 2;

/// Why a file broke off. The browser sees a connection that ended too early, and keeps no file.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the file cannot hold a movement: {0}")]
    File(#[from] super::files::FileError),
    #[error("the browser went away")]
    Gone,
}

/// The answer that a browser keeps as a file of this name, or of the second, of ASCII letters, where it knows no other
/// (RFC 6266).
pub fn answer(
    ledger: &Ledger,
    file: File,
    query: StatementQuery,
    about: &About,
    (name, plain): (&str, &str),
) -> Result<Response, Stop> {
    let (writer, head) = Writer::begin(file, about).map_err(failed)?;
    let (mut sender, body) = Channel::<Bytes, Broken>::new(PARTS_WAITING_MAX);
    let ledger = ledger.clone();
    tokio::spawn(async move {
        match write(&ledger, query, writer, head, &mut sender).await {
            Ok(()) | Err(Broken::Gone) => {}
            Err(broken) => {
                tracing::error!(file = file.code(), error = %broken, "a file broke off");
                sender.abort(broken);
            }
        }
    });
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media().0));
    let end = file.media().1;
    let encoded: String = name.bytes().map(encoded).collect();
    let named = format!("attachment; filename=\"{plain}.{end}\"; filename*=UTF-8''{encoded}.{end}");
    if let Ok(value) = HeaderValue::from_str(&named) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// A byte of a name as a header's extended value has it (RFC 8187).
fn encoded(byte: u8) -> String {
    match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    }
}

async fn write(
    ledger: &Ledger,
    query: StatementQuery,
    mut writer: Writer,
    head: Vec<u8>,
    sender: &mut Sender<Bytes, Broken>,
) -> Result<(), Broken> {
    let mut part = head;
    let mut after = 0;
    loop {
        let read = known(ledger, &query, StatementPage::After(after), PART_LINES).await?;
        for one in &read {
            part.extend(writer.line(one)?);
            after = one.line.position;
        }
        let is_last = i64::try_from(read.len()).unwrap_or(i64::MAX) < PART_LINES;
        if is_last {
            part.extend(writer.end()?);
            return sender.send_data(part.into()).await.map_err(|_| Broken::Gone);
        }
        sender.send_data(std::mem::take(&mut part).into()).await.map_err(|_| Broken::Gone)?;
    }
}

/// A page of movements with what is known of who sent them.
pub async fn known(
    ledger: &Ledger,
    query: &StatementQuery,
    page: StatementPage,
    limit: i64,
) -> Result<Vec<Known>, sqlx::Error> {
    let lines = ledger.lines(query, page, limit).await?;
    let credits: Vec<_> =
        lines.iter().filter(|line| line.amount.get() > 0).map(|line| line.transfer).collect();
    let mut sent = ledger.incoming(&credits).await?;
    Ok(lines
        .into_iter()
        .map(|line| {
            let sent = sent.remove(&line.transfer);
            Known { line, sent }
        })
        .collect())
}
