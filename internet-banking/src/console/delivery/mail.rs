//! Alarms by mail.

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use super::settings::{MailSettings, SettingsError};
use super::{Notice, TryError};
use crate::console::frame::SITE_NAME;
use crate::frame::day_and_time;

/// How long the relay may take for each step.
const STEP_WAIT: Duration = Duration::from_secs(10);
/// The bank's machines in the names of messages.
const DOMAIN: &str = "mihon-bank.example";

/// Sends alarms to the relay.
pub(super) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl Mailer {
    pub fn new(settings: &MailSettings) -> Result<Self, SettingsError> {
        if !settings.relay.is_loopback() {
            return Err(SettingsError::RelayElsewhere(settings.relay));
        }
        let mailbox = |text: &String| text.parse().map_err(|_| SettingsError::Address(text.clone()));
        let to = settings.to.iter().map(mailbox).collect::<Result<Vec<Mailbox>, _>>()?;
        if to.is_empty() {
            return Err(SettingsError::NoRecipient);
        }
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.relay.to_string())
            .port(settings.port)
            .hello_name(ClientId::Domain(DOMAIN.to_owned()))
            .timeout(Some(STEP_WAIT))
            .build();
        Ok(Self { transport, from: mailbox(&settings.from)?, to })
    }

    pub async fn send(&self, notice: &Notice<'_>) -> Result<(), TryError> {
        let message = self.message(notice)?;
        // Ok is a positive answer to the end of the data: the relay has taken the mail over
        self.transport.send(message).await.map(drop).map_err(|error| TryError(error.to_string()))
    }

    /// A repeat has the same Message-ID, by which a reader's program can tell.
    fn message(&self, notice: &Notice<'_>) -> Result<Message, TryError> {
        let raised = u64::try_from(notice.alarm.raised_at.micros()).unwrap_or_default();
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(subject(notice))
            .date(UNIX_EPOCH + Duration::from_micros(raised))
            .message_id(Some(format!("<alarm-{}@{DOMAIN}>", notice.id())))
            .header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            message = message.to(to.clone());
        }
        message.body(body(notice)).map_err(|error| TryError(error.to_string()))
    }
}

fn subject(notice: &Notice<'_>) -> String {
    match &notice.collector {
        Some(collector) => format!("[{SITE_NAME}] 警報: {}({collector})", notice.title()),
        None => format!("[{SITE_NAME}] 警報: {}", notice.title()),
    }
}

/// No links and no customers' data: whoever may see more signs in at the console.
fn body(notice: &Notice<'_>) -> String {
    let alarm = notice.alarm;
    let collector = notice.collector.as_deref().unwrap_or("-");
    format!(
        "{title}\r\n\r\n発生日時: {at}\r\n収納機関: {collector}\r\n対象: {subject}\r\n内容: {detail}\r\n\r\n\
         {remedy}\r\n\r\n対応を始めたら、職員用画面の「警報」で確認済みにしてください。\r\n警報番号: {id}\r\n",
        title = notice.title(),
        at = day_and_time(alarm.raised_at),
        subject = alarm.subject,
        detail = alarm.detail,
        remedy = notice.remedy(),
        id = alarm.id,
    )
}
