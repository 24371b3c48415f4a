//! Alarms by mail.

use http::Uri;
use internet_banking::frame::day_and_time;
use internet_banking::mail::{Relay, RelayError};
use lettre::Message;
use lettre::message::Mailbox;

use super::settings::{MailSettings, SettingsError};
use super::{Notice, TryError};
use crate::frame::SITE_NAME;
use crate::links::ConsoleLink;

/// Sends alarms to the relay.
pub(super) struct Mailer {
    relay: Relay,
    to: Vec<Mailbox>,
    /// What links begin with.
    console: String,
}

impl Mailer {
    pub fn new(settings: &MailSettings) -> Result<Self, SettingsError> {
        let relay = Relay::new(&settings.relay)?;
        let mailbox = |text: &String| text.parse().map_err(|_| RelayError::Address(text.clone()));
        let to = settings.to.iter().map(mailbox).collect::<Result<Vec<Mailbox>, _>>()?;
        if to.is_empty() {
            return Err(SettingsError::NoRecipient);
        }
        let console = origin(&settings.console)?;
        Ok(Self { relay, to, console })
    }

    pub async fn send(&self, notice: &Notice<'_>) -> Result<(), TryError> {
        let message = self.message(notice)?;
        self.relay.send(message).await.map_err(|error| TryError(error.to_string()))
    }

    /// A repeat has the same Message-ID, by which a reader's program can tell.
    fn message(&self, notice: &Notice<'_>) -> Result<Message, TryError> {
        let id = format!("alarm-{}", notice.id());
        let mut message = self.relay.message(&id, notice.alarm.raised_at).subject(subject(notice));
        for to in &self.to {
            message = message.to(to.clone());
        }
        message.body(body(notice, &self.console)).map_err(|error| TryError(error.to_string()))
    }
}

fn subject(notice: &Notice<'_>) -> String {
    match &notice.collector {
        Some(collector) => format!("[{SITE_NAME}] 警報: {} {collector}", notice.title()),
        None => format!("[{SITE_NAME}] 警報: {}", notice.title()),
    }
}

/// No customers' data: the links lead to the console, where whoever may see more signs in.
fn body(notice: &Notice<'_>, console: &str) -> String {
    let facts = &notice.facts;
    // what no sentence of ours says is of our own systems
    let for_systems = if facts.is_ascii() { "(システム担当向け) " } else { "" };
    let subject = match notice.subject.text.as_str() {
        "" => "収納機関との接続",
        text => text,
    };
    let mut lines = vec![
        notice.title().to_owned(),
        String::new(),
        format!("発生日時: {}", day_and_time(notice.alarm.raised_at)),
        format!("収納機関: {}", notice.collector.as_deref().unwrap_or("-")),
        format!("対象: {subject}"),
        format!("内容: {for_systems}{facts}"),
    ];
    lines.extend(notice.subject.link.as_ref().map(|link| format!("画面: {console}{link}")));
    lines.extend([
        String::new(),
        notice.remedy().to_owned(),
        String::new(),
        "対応を始めたら、職員用画面の「警報」で確認済みにしてください。".to_owned(),
        format!("警報: {console}{}", ConsoleLink::Alarms),
        String::new(),
    ]);
    lines.join("\r\n")
}

/// Where links begin: the address without a slash at its end.
fn origin(console: &Uri) -> Result<String, SettingsError> {
    let scheme = console.scheme_str().filter(|scheme| ["http", "https"].contains(scheme));
    match (scheme, console.authority(), console.path_and_query().map_or("/", |path| path.as_str())) {
        (Some(scheme), Some(host), "/") => Ok(format!("{scheme}://{host}")),
        _ => Err(SettingsError::Console),
    }
}
