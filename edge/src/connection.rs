//! What a handler may do to the connection that its request came on. For servers that misbehave on purpose.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::client_certificate::ClientCertificate;

/// The longest answer that is sent twice; what is behind that goes out once.
const TWICE_BYTES_MAX: usize = 1024 * 1024;

/// The connection of a request, put into the request's extensions by the listener.
#[derive(Clone, Debug, Default)]
pub struct Connection(Arc<Commands>);

#[derive(Debug, Default)]
struct Commands {
    reset: AtomicBool,
    twice: AtomicBool,
}

impl Connection {
    /// No further byte leaves or is read, and the connection ends with a TCP reset instead of a close.
    pub fn reset(&self) {
        self.0.reset.store(true, Ordering::Release);
    }

    /// The bytes of the next answer leave a second time, right behind the first.
    pub fn answer_twice(&self) {
        self.0.twice.store(true, Ordering::Release);
    }

    fn is_reset(&self) -> bool {
        self.0.reset.load(Ordering::Acquire)
    }

    fn is_twice(&self) -> bool {
        self.0.twice.load(Ordering::Acquire)
    }
}

/// A stream with a TCP connection under it.
pub(crate) trait Socket {
    /// The connection.
    fn tcp(&self) -> &TcpStream;

    /// The certificate that the other end has shown in a TLS handshake.
    fn client_certificate(&self) -> ClientCertificate;
}

impl Socket for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }

    fn client_certificate(&self) -> ClientCertificate {
        ClientCertificate::none()
    }
}

impl Socket for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }

    fn client_certificate(&self) -> ClientCertificate {
        self.get_ref().1.peer_certificates().map_or_else(ClientCertificate::none, ClientCertificate::of_chain)
    }
}

/// A stream that does what its [`Connection`] was told.
pub(crate) struct Wire<S: Socket> {
    stream: S,
    connection: Connection,
    /// What left since the answer was to be sent twice.
    recorded: Vec<u8>,
    /// What is still to leave a second time.
    again: Vec<u8>,
}

impl<S: Socket> Wire<S> {
    /// The stream under the command of `connection`.
    pub fn new(stream: S, connection: Connection) -> Self {
        Self { stream, connection, recorded: Vec::new(), again: Vec::new() }
    }

    fn check(&self) -> io::Result<()> {
        if self.connection.is_reset() { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }

    fn record(&mut self, parts: &[IoSlice<'_>], mut written: usize) {
        if !self.connection.is_twice() {
            return;
        }
        for part in parts {
            let taken = part.len().min(written).min(TWICE_BYTES_MAX.saturating_sub(self.recorded.len()));
            self.recorded.extend_from_slice(&part[..taken]);
            written -= part.len().min(written);
        }
    }
}

impl<S: AsyncWrite + Socket + Unpin> Wire<S> {
    /// Sends what was recorded, once the answer itself has left.
    fn poll_again(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.recorded.is_empty() {
            self.connection.0.twice.store(false, Ordering::Release);
            self.again = std::mem::take(&mut self.recorded);
        }
        while !self.again.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.again))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.again.drain(..written);
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }
}

impl<S: Socket> Drop for Wire<S> {
    fn drop(&mut self) {
        if self.connection.is_reset() {
            // where it fails the other end sees a close instead, which is as good an end
            let _ = self.stream.tcp().set_zero_linger();
        }
    }
}

impl<S: AsyncRead + Socket + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Socket + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, buffer))?;
        self.record(&[IoSlice::new(buffer)], written);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, buffers))?;
        self.record(buffers, written);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        if self.recorded.is_empty() && self.again.is_empty() {
            return Poll::Ready(Ok(()));
        }
        self.poll_again(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.connection.is_reset() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
