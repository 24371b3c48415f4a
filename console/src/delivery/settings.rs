//! Where alarms are sent. Only the configuration names targets: nothing that is typed on a page does.

use http::Uri;
use internet_banking::mail::{RelayError, RelaySettings};
use secrecy::SecretString;

/// The targets of a deployment. A channel without one is off.
#[derive(Clone, Debug, Default)]
pub struct DeliverySettings {
    /// By mail.
    pub mail: Option<MailSettings>,
    /// By callback.
    pub webhook: Option<WebhookSettings>,
}

/// Mail through a relay on the same machine, which passes it on as the bank's mail goes.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The relay, and the sender.
    pub relay: RelaySettings,
    /// Who is told.
    pub to: Vec<String>,
    /// Where staff reaches the console, such as `https://console.example`: links begin with it.
    pub console: Uri,
}

/// A callback over HTTPS, or over HTTP to this machine.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// The one address that is called. Redirects are not followed.
    pub url: Uri,
    /// Shared with the receiver, who checks the signature with it; 16 characters or more.
    pub key: SecretString,
    /// The authorities that the receiver's certificate may come from, as PEM.
    pub root_pem: Option<String>,
}

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The relay, or an address.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The console's address is none.
    #[error("the console's address is http:// or https:// and a host, without a path")]
    Console,
    /// Nobody is told.
    #[error("the mail has no recipient")]
    NoRecipient,
    /// The callback's address cannot be called.
    #[error("the callback's address must be https://, or http:// to this machine's own address")]
    Url,
    /// The key is too short to sign with.
    #[error("the callback's key has less than 16 characters")]
    Key,
    /// The authorities cannot be read, or there are none for an https address.
    #[error("the callback's authorities cannot be read")]
    Roots,
}
