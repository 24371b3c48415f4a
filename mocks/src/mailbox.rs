//! A mail sink: takes mail over SMTP on this machine, keeps it, and sends nothing on.

mod decoded;
mod session;
pub mod store;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use edge::Shutdown;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::mocks::Mocks;
use session::{Line, Session, Step};

/// Connections open at once; more wait in the system's queue.
const CONNECTIONS_MAX: usize = 32;

/// How long a client may be silent.
const IDLE: Duration = Duration::from_secs(60);

/// How long the loop rests when the system has no more sockets to give.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Takes mail until the stop is asked for.
pub async fn serve_mailbox(listener: TcpListener, mocks: Mocks, mut shutdown: Shutdown) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut running = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = async {
                // the semaphore is never closed
                let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
                listener.accept().await.map(|(stream, _)| (place, stream))
            } => accepted,
            () = shutdown.requested() => break,
        };
        match accepted {
            Ok((place, stream)) => {
                let mocks = mocks.clone();
                running.spawn(async move {
                    if let Err(error) = converse(stream, &mocks).await {
                        tracing::debug!(%error, "a mail client went away");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a mail connection could not be accepted");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
        while running.try_join_next().is_some() {}
    }
    // a mail that is under way is the sender's to send again
    running.shutdown().await;
}

/// One client from greeting to goodbye.
async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin, mocks: &Mocks) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(session::GREETING.as_bytes()).await?;
    let mut session = Session::default();
    loop {
        let line = match timeout(IDLE, read_line(&mut stream, session.line_bytes_max())).await {
            Ok(Ok(Some(line))) => line,
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            Err(_) => return stream.write_all(session::TOO_SLOW.as_bytes()).await,
        };
        let reply = match session.take(&line) {
            Step::Listen => continue,
            Step::Reply(reply) => reply,
            Step::Goodbye(reply) => return stream.write_all(reply.as_bytes()).await,
            Step::Deliver(mail) => match store::deliver(mocks, &mail).await {
                Ok(true) => session::TAKEN,
                Ok(false) => session::FAILED_ON_COMMAND,
                Err(error) => {
                    tracing::error!(%error, "a mail could not be kept");
                    session::NOT_KEPT
                }
            },
        };
        stream.write_all(reply.as_bytes()).await?;
    }
}

/// The next line, without keeping more than `bytes_max` of it. A line ends with CRLF; a bare line feed is part of it,
/// and so cannot hide the end of a mail from one side only.
async fn read_line(
    stream: &mut (impl tokio::io::AsyncBufRead + Unpin),
    bytes_max: usize,
) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut is_too_long = false;
    loop {
        let buffer = stream.fill_buf().await?;
        if buffer.is_empty() {
            return Ok(None);
        }
        let end = buffer.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let taken = end.unwrap_or(buffer.len());
        let ends_with_return = match taken.checked_sub(2) {
            Some(at) => buffer[at] == b'\r',
            None => line.last() == Some(&b'\r'),
        };
        if line.len() + taken > bytes_max {
            is_too_long = true;
            // only what tells a CRLF from a bare line feed is kept
            line.clear();
            line.extend_from_slice(&buffer[taken - 1..taken]);
        } else {
            line.extend_from_slice(&buffer[..taken]);
        }
        stream.consume(taken);
        if end.is_some() && ends_with_return {
            line.truncate(line.len().saturating_sub(2));
            return Ok(Some(if is_too_long { Line::TooLong } else { Line::Text(line) }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(input: &[u8], bytes_max: usize) -> Vec<Line> {
        let mut stream = BufReader::with_capacity(3, input);
        let mut found = Vec::new();
        while let Some(line) = read_line(&mut stream, bytes_max).await.unwrap() {
            found.push(line);
        }
        found
    }

    #[tokio::test]
    async fn lines_end_with_crlf_alone_and_are_bounded() {
        let text = |text: &str| Line::Text(text.as_bytes().to_vec());
        assert_eq!(lines(b"A\r\n\r\nB C\r\n", 99).await, [text("A"), text(""), text("B C")]);
        assert_eq!(lines(b"A\n.\nB\r\n", 99).await, [text("A\n.\nB")]);
        assert_eq!(lines(b"12345678\r\n1\r\n", 10).await, [text("12345678"), text("1")]);
        assert_eq!(lines(b"123456789\r\n1\r\n", 10).await, [Line::TooLong, text("1")]);
        assert_eq!(lines(b"1234567890123\n4\r\n1\r\n", 10).await, [Line::TooLong, text("1")]);
        assert!(lines(b"no end", 99).await.is_empty());
    }
}
