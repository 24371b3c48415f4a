//! A mail as a person reads it: encoded words, quoted-printable and base64 undone.

use mail_parser::{Address, MessageParser};
use serde::Serialize;

/// Characters of a text that are shown.
const TEXT_CHARS_MAX: usize = 100_000;

/// What is read of a mail. Empty where it has none, or where it is no mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Decoded {
    /// 件名.
    pub subject: String,
    /// 差出人, as the header has it.
    pub from: String,
    /// 宛先, as the header has it.
    pub to: String,
    /// When it was written, RFC 3339, by whoever wrote it.
    pub date: Option<String>,
    /// The first text.
    pub text: String,
}

impl Decoded {
    /// Reads a mail.
    pub fn of(content: &[u8]) -> Self {
        let Some(message) = MessageParser::default().parse(content) else { return Self::default() };
        let text = message.body_text(0).unwrap_or_default();
        Self {
            subject: message.subject().unwrap_or_default().to_owned(),
            from: addresses(message.from()),
            to: addresses(message.to()),
            date: message.date().map(mail_parser::DateTime::to_rfc3339),
            text: text.chars().take(TEXT_CHARS_MAX).collect(),
        }
    }
}

/// The Message-ID; empty where the mail has none.
pub fn message_id(content: &[u8]) -> String {
    let message = MessageParser::default().parse(content);
    message.and_then(|message| message.message_id().map(str::to_owned)).unwrap_or_default()
}

fn addresses(found: Option<&Address<'_>>) -> String {
    let Some(found) = found else { return String::new() };
    let shown = found.iter().map(|one| match (one.name(), one.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    });
    shown.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_is_read_from_encoded_words_and_both_encodings_of_the_body() {
        let head = "From: =?utf-8?B?6KaL5pys6YqA6KGM?= <alarm@bank.invalid>\r\nTo: <a@b>, c@d\r\n\
                    Subject: =?utf-8?Q?=E6=89=95=E8=BE=BC?= 1\r\nDate: Tue, 24 Nov 2026 10:00:00 +0900\r\n\
                    MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n";
        for (encoding, body) in [
            ("quoted-printable", "=E6=89=95=E8=BE=BC=\r\n=E7=B5=90=E6=9E=9C\r\n"),
            ("base64", "5omV6L6857WQ5p6c\r\n"),
            ("8bit", "払込結果\r\n"),
        ] {
            let mail = format!("{head}Content-Transfer-Encoding: {encoding}\r\n\r\n{body}");
            let read = Decoded::of(mail.as_bytes());
            assert_eq!(read.subject, "払込 1");
            assert_eq!(read.from, "見本銀行 <alarm@bank.invalid>");
            assert_eq!(read.to, "a@b, c@d");
            assert_eq!(read.date.as_deref(), Some("2026-11-24T10:00:00+09:00"));
            assert_eq!(read.text.trim_end(), "払込結果", "{encoding}");
        }
    }

    #[test]
    fn of_several_parts_the_text_is_read() {
        let mail = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
                    --b\r\nContent-Type: text/plain\r\n\r\nplain\r\n--b\r\nContent-Type: text/html\r\n\r\n\
                    <p>rich</p>\r\n--b--\r\n";
        assert_eq!(Decoded::of(mail.as_bytes()).text.trim_end(), "plain");
    }

    #[test]
    fn what_is_no_mail_is_empty_and_never_panics() {
        assert_eq!(Decoded::of(b""), Decoded::default());
        for junk in [
            &b"\r\n"[..],
            b":",
            b"\x00\xff\xfe",
            b"Subject",
            b"Content-Type: multipart/x; boundary=\r\n\r\n--",
        ] {
            let _ = Decoded::of(junk);
        }
    }
}
