//! Certificates of clients over real sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use edge::{ClientCertificate, Limits, ListenerPort, Shutdown, ShutdownTrigger};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A server that asks for certificates and tells what it was shown: the whole certificate in letters.
struct Asking {
    address: SocketAddr,
    own: CertificateDer<'static>,
    _trigger: ShutdownTrigger,
}

fn letters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn asking() -> Asking {
    let router = Router::new()
        .route(
            "/certificate",
            get(|shown: ClientCertificate| async move { shown.der().map_or("none".to_owned(), letters) }),
        )
        .route("/port", get(|ListenerPort(port): ListenerPort| async move { port.to_string() }));
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (chain, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    let config = edge::tls::server_config_asking(&chain, &key, Vec::new()).unwrap();
    let listener = edge::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (trigger, shutdown) = Shutdown::pair();
    tokio::spawn(edge::serve_tls(listener, config, router, Limits::default(), shutdown));
    Asking { address, own: own.cert.der().clone(), _trigger: trigger }
}

/// A client's certificate with its key.
type Identity = rcgen::CertifiedKey<rcgen::KeyPair>;

fn identity() -> Identity {
    rcgen::generate_simple_self_signed(vec!["client".to_owned()]).unwrap()
}

impl Asking {
    fn client(
        &self,
        version: &'static SupportedProtocolVersion,
    ) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
        let mut roots = RootCertStore::empty();
        roots.add(self.own.clone()).unwrap();
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
    }

    fn showing(&self, version: &'static SupportedProtocolVersion, identity: &Identity) -> ClientConfig {
        let key = PrivateKeyDer::try_from(identity.signing_key.serialize_der()).unwrap();
        self.client(version).with_client_auth_cert(vec![identity.cert.der().clone()], key).unwrap()
    }

    async fn ask(&self, config: &Arc<ClientConfig>, path: &str, header: &str) -> std::io::Result<String> {
        let connector = TlsConnector::from(Arc::clone(config));
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = connector.connect(name, TcpStream::connect(self.address).await.unwrap()).await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{header}connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let answer = String::from_utf8(answer).unwrap();
        Ok(answer.rsplit("\r\n\r\n").next().unwrap().to_owned())
    }
}

#[tokio::test]
async fn handlers_see_the_certificate_that_was_shown_and_clients_without_one_are_served() {
    let server = asking().await;
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let client = identity();
        let showing = Arc::new(server.showing(version, &client));
        let seen = server.ask(&showing, "/certificate", "").await.unwrap();
        assert_eq!(seen, letters(client.cert.der()));
        let again = server.ask(&showing, "/certificate", "").await.unwrap();
        assert_eq!(again, seen, "also where the session is resumed");
        let without = Arc::new(server.client(version).with_no_client_auth());
        assert_eq!(server.ask(&without, "/certificate", "").await.unwrap(), "none");
        let port = server.ask(&without, "/port", "").await.unwrap();
        assert_eq!(port, server.address.port().to_string());
    }
}

/// Proves SEC-03.
#[tokio::test]
async fn no_header_speaks_of_a_certificate() {
    let server = asking().await;
    let without = Arc::new(server.client(&rustls::version::TLS13).with_no_client_auth());
    let client = identity();
    let pem: String = client.cert.pem().lines().collect();
    for name in
        ["client-cert", "x-client-cert", "x-ssl-client-cert", "x-forwarded-client-cert", "ssl-client-cert"]
    {
        let header = format!("{name}: {pem}\r\n");
        assert_eq!(server.ask(&without, "/certificate", &header).await.unwrap(), "none", "{name}");
    }
}

/// Signs with another key than the certificate's.
#[derive(Debug)]
struct Thief(Arc<CertifiedKey>);

impl rustls::client::ResolvesClientCert for Thief {
    fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Proves SEC-02.
#[tokio::test]
async fn whoever_has_a_certificate_without_its_key_gets_no_connection() {
    let server = asking().await;
    let (client, other) = (identity(), identity());
    let key = PrivateKeyDer::try_from(other.signing_key.serialize_der()).unwrap();
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    let stolen = Arc::new(CertifiedKey::new(vec![client.cert.der().clone()], key));
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let thief = Arc::new(Thief(Arc::clone(&stolen)));
        let config = Arc::new(server.client(version).with_client_cert_resolver(thief));
        assert!(server.ask(&config, "/certificate", "").await.is_err());
    }
}
