//! Where the demo's mails and alarms go: to the mock mailbox and a mock receiver of callbacks, both on this machine.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use console::delivery::{DeliverySettings, MailSettings, WebhookSettings};
use internet_banking::mail::RelaySettings;
use internet_banking::secrets::{Purpose, Secret};

/// The targets, counted from the demo's first port.
pub fn targets(secret: &Secret, console: u16, mailbox: u16, mocks: u16) -> anyhow::Result<DeliverySettings> {
    let mut key = String::new();
    for byte in secret.key(Purpose::AlarmCallback).iter() {
        write!(key, "{byte:02x}")?;
    }
    Ok(DeliverySettings {
        mail: Some(MailSettings {
            relay: relay(mailbox, "alarm@mihon-bank.example"),
            to: vec!["ops@example.jp".to_owned()],
            console: format!("http://localhost:{console}").parse()?,
        }),
        webhook: Some(WebhookSettings {
            url: format!("http://127.0.0.1:{mocks}/webhooks/alarms").parse()?,
            key: key.into(),
            root_pem: None,
        }),
    })
}

/// The mock mailbox.
pub fn relay(port: u16, from: &str) -> RelaySettings {
    RelaySettings { address: IpAddr::V4(Ipv4Addr::LOCALHOST), port, from: from.to_owned() }
}
