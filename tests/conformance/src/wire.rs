//! One HTTP exchange with the endpoint, bounded in time and bytes, on a connection of its own, so that nothing that an
//! earlier exchange left behind can be held against the collector.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::declaration::{Declaration, Trust};
use crate::text::{Text, Trouble};

/// Bytes of an answer at most, as the protocol has it.
pub const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// TCP and TLS together.
const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// Headers of an answer.
const HEADERS_MAX: usize = 64;
/// Bytes of an answer's head.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// No connection: the name, the port or the network.
    Connection(String),
    /// TLS does not verify.
    Tls(String),
    /// Not within the time, with what was being waited for.
    Time(&'static str, Duration),
    /// The connection ended before the whole answer.
    Broken(String),
    /// More than [`ANSWER_BYTES_MAX`].
    TooLong,
}

impl NoAnswer {
    /// What happened.
    pub fn say(&self) -> Text {
        match self {
            Self::Connection(error) => Text::new(
                format!("no connection to the endpoint: {error}"),
                format!("接続先につながりません({error})。"),
            ),
            Self::Tls(error) => Text::new(
                format!("the endpoint's TLS does not verify: {error}"),
                format!("接続先の TLS を検証できません({error})。"),
            ),
            Self::Time(what, waited) => {
                let seconds = waited.as_secs();
                Text::new(
                    format!("no answer: {what} did not come within {seconds} seconds"),
                    format!("{seconds} 秒以内に応答が完了しませんでした({what})。"),
                )
            }
            Self::Broken(error) => Text::new(
                format!("no answer: the connection ended before the answer was whole: {error}"),
                format!("応答の途中で接続が切れました({error})。"),
            ),
            Self::TooLong => Text::new(
                format!("no whole answer: it is longer than {ANSWER_BYTES_MAX} bytes"),
                format!("応答が {ANSWER_BYTES_MAX} バイトを超えました。"),
            ),
        }
    }
}

/// A request as it goes over the wire.
#[derive(Clone, Debug)]
pub struct Post {
    /// `POST`, unless a case says otherwise.
    pub method: &'static str,
    /// Path, and query if any.
    pub target: String,
    /// In the order in which they are sent; one name may be there twice.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Bytes,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The content.
    pub body: Bytes,
}

/// The way to the endpoint. Cheap to clone.
#[derive(Clone)]
pub struct Wire(Arc<Way>);

struct Way {
    host: String,
    port: u16,
    authority: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    patience: Duration,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Wire {
    /// The way to a declaration's endpoint.
    pub fn to(declaration: &Declaration) -> Result<Self, Trouble> {
        Self::of(&declaration.endpoint, &declaration.trust, declaration.patience)
    }

    /// The way to the server of an address.
    pub fn of(uri: &Uri, trust: &Trust, patience: Duration) -> Result<Self, Trouble> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let is_tls = uri.scheme_str() == Some("https");
        let tls = match trust {
            Trust::Loopback => None,
            Trust::Authority(pem) => Some((connector(pem)?, server_name(&host)?)),
        };
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        Ok(Self(Arc::new(Way { host, port, authority, tls, patience })))
    }

    /// A connection on which nothing is sent, not even for TLS; none where there is none.
    pub async fn hold(&self) -> Option<TcpStream> {
        let connect = TcpStream::connect((self.0.host.as_str(), self.0.port));
        timeout(CONNECT_WAIT, connect).await.ok()?.ok()
    }

    /// Sends a request and reads its whole answer.
    pub async fn exchange(&self, post: &Post) -> Result<Reply, NoAnswer> {
        let patience = self.0.patience;
        let connection = self.0.connect().await?;
        let whole = timeout(patience, self.0.converse(connection, post));
        whole.await.unwrap_or(Err(NoAnswer::Time("the whole answer", patience)))
    }

    /// Sends a request and cuts the connection without reading an answer, `after` the last byte has left.
    pub async fn send_and_cut(&self, post: &Post, after: Duration) -> Result<(), NoAnswer> {
        let patience = self.0.patience;
        let mut connection = self.0.connect().await?;
        let head = self.0.head(post);
        let send = async {
            connection.write_all(head.as_bytes()).await?;
            connection.write_all(&post.body).await?;
            connection.flush().await
        };
        let sent =
            timeout(patience, send).await.map_err(|_| NoAnswer::Time("the end of sending", patience))?;
        sent.map_err(|error| NoAnswer::Broken(error.to_string()))?;
        tokio::time::sleep(after).await;
        Ok(())
    }
}

impl Way {
    async fn connect(&self) -> Result<Box<dyn Stream>, NoAnswer> {
        let connect = async {
            let tcp = TcpStream::connect((self.host.as_str(), self.port));
            let tcp = tcp.await.map_err(|error| NoAnswer::Connection(error.to_string()))?;
            drop(tcp.set_nodelay(true));
            let Some((connector, name)) = &self.tls else { return Ok(Box::new(tcp) as Box<dyn Stream>) };
            let tls = connector.connect(name.clone(), tcp).await;
            let tls = tls.map_err(|error| NoAnswer::Tls(error.to_string()))?;
            Ok(Box::new(tls) as Box<dyn Stream>)
        };
        timeout(CONNECT_WAIT, connect).await.unwrap_or(Err(NoAnswer::Time("a connection", CONNECT_WAIT)))
    }

    /// The request's head, for a request that hyper is not to send.
    fn head(&self, post: &Post) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", post.method, post.target, self.authority);
        for (name, value) in &post.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", post.body.len()));
        head
    }

    async fn converse(&self, connection: Box<dyn Stream>, post: &Post) -> Result<Reply, NoAnswer> {
        let broken = |error: &dyn std::fmt::Display| NoAnswer::Broken(error.to_string());
        let mut request = http::Request::builder().method(post.method).uri(&post.target);
        request = request.header(http::header::HOST, &self.authority);
        for (name, value) in &post.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(post.body.clone())).map_err(|error| broken(&error))?;
        let (mut sender, running) = hyper::client::conn::http1::Builder::new()
            .max_headers(HEADERS_MAX)
            .max_buf_size(HEAD_BYTES_MAX)
            .handshake(TokioIo::new(connection))
            .await
            .map_err(|error| broken(&error))?;
        let running = Running(tokio::spawn(running));
        let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { NoAnswer::TooLong } else { broken(&error) }
        })?;
        drop(running);
        Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body: body.to_bytes() })
    }
}

/// The task that drives a connection ends with the exchange, whatever ends that.
struct Running(tokio::task::JoinHandle<Result<(), hyper::Error>>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn connector(pem: &str) -> Result<TlsConnector, Trouble> {
    let wrong = || {
        Trouble::new(
            "the declaration cannot be used: root_ca holds no certificate that can be read",
            "宣言ファイルを使用できません。root_ca に読める証明書がありません。",
        )
    };
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.map_err(|_| wrong())?).map_err(|_| wrong())?;
    }
    if roots.is_empty() {
        return Err(wrong());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| wrong())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn server_name(host: &str) -> Result<ServerName<'static>, Trouble> {
    ServerName::try_from(host.to_owned()).map_err(|_| {
        Trouble::new(
            format!("the declaration cannot be used: {host:?} is no name that a certificate can have"),
            format!("宣言ファイルを使用できません。{host:?} は証明書の名前になりません。"),
        )
    })
}
