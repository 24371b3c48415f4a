//! The way out: a relay on the same machine, which passes mail on as the bank's mail goes.

use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};

use domain::Timestamp;
use lettre::message::{Mailbox, MessageBuilder, header::ContentType};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

/// How long the relay may take for each step.
const STEP_WAIT: Duration = Duration::from_secs(10);
/// The bank's machines in the names of messages.
const DOMAIN: &str = "mihon-bank.example";

/// Which relay, and who sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelaySettings {
    /// Its address; of this machine, because the way to it is not encrypted.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// The sender.
    pub from: String,
}

/// Why a relay cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// It is on another machine.
    #[error("the mail relay {0} is not on this machine, and the way to it would not be encrypted")]
    Elsewhere(IpAddr),
    /// A mail address is none.
    #[error("{0:?} is no mail address")]
    Address(String),
}

/// A relay that takes mail over.
pub struct Relay {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Relay {
    /// With the configuration's.
    pub fn new(settings: &RelaySettings) -> Result<Self, RelayError> {
        if !settings.address.is_loopback() {
            return Err(RelayError::Elsewhere(settings.address));
        }
        let from = settings.from.parse().map_err(|_| RelayError::Address(settings.from.clone()))?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.address.to_string())
            .port(settings.port)
            .hello_name(ClientId::Domain(DOMAIN.to_owned()))
            .timeout(Some(STEP_WAIT))
            .build();
        Ok(Self { transport, from })
    }

    /// The head of a message. A repeat has the same Message-ID, by which a reader's program can tell.
    pub fn message(&self, id: &str, written_at: Timestamp) -> MessageBuilder {
        let written = u64::try_from(written_at.micros()).unwrap_or_default();
        Message::builder()
            .from(self.from.clone())
            .date(UNIX_EPOCH + Duration::from_micros(written))
            .message_id(Some(format!("<{id}@{DOMAIN}>")))
            .header(ContentType::TEXT_PLAIN)
    }

    /// Ok is a positive answer to the end of the data: the relay has taken the mail over.
    pub async fn send(&self, message: Message) -> Result<(), lettre::transport::smtp::Error> {
        self.transport.send(message).await.map(drop)
    }
}
