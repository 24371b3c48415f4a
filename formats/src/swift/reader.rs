//! Messages read from the bytes of a file or of the network.

use domain::Bic;

use super::catalogue::Layout;
use super::message::{Draft, Kind, Message, at};
use crate::finding::{Fault, Finding, Findings};

/// Bytes of a file with all messages of one credit: eight of 10,000 characters.
pub const BYTES_MAX: usize = 80_000 + 8 * 64;

/// Findings of a file that are kept.
const FINDINGS_MAX: usize = 100;

/// Reads messages, one behind the other, with nothing or line breaks between them.
pub fn read(bytes: &[u8]) -> Result<Vec<Message>, Findings> {
    let mut findings = Findings::keeping(FINDINGS_MAX);
    match messages(bytes, &mut findings) {
        Ok(messages) if findings.is_empty() => Ok(messages),
        Ok(_) => Err(findings),
        Err(fault) => {
            findings.add(Finding::of_file(fault));
            Err(findings)
        }
    }
}

fn messages(bytes: &[u8], findings: &mut Findings) -> Result<Vec<Message>, Fault> {
    if bytes.len() > BYTES_MAX {
        return Err(Fault::TooLarge { most: BYTES_MAX });
    }
    let text = str::from_utf8(bytes).map_err(|_| Fault::NoCharacter)?;
    let mut rest = text.trim_start_matches(['\r', '\n']);
    if rest.is_empty() {
        return Err(Fault::Empty);
    }
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let (envelope, after) = Envelope::read(rest)?;
        match envelope.message()?.finish() {
            Ok(message) => messages.push(message),
            Err(wrong) => wrong.kept().iter().cloned().for_each(|finding| findings.add(finding)),
        }
        rest = after.trim_start_matches(['\r', '\n']);
    }
    Ok(messages)
}

/// The blocks of a message.
struct Envelope<'a> {
    basic: &'a str,
    application: &'a str,
    user: &'a str,
    text: &'a str,
}

impl<'a> Envelope<'a> {
    /// The first message of a text, and what is behind it.
    fn read(text: &'a str) -> Result<(Self, &'a str), Fault> {
        let (basic, rest) = block(text, "{1:")?;
        let (application, rest) = block(rest, "{2:")?;
        let (user, rest) = match rest.strip_prefix("{3:") {
            // one level of braces inside
            Some(inner) => inner.split_once("}}").ok_or(Fault::NotFin("{3:"))?,
            None => ("", rest),
        };
        let inner = rest.strip_prefix("{4:\r\n").ok_or(Fault::NotFin("{4:"))?;
        let (text, rest) = inner.split_once("\r\n-}").ok_or(Fault::NotFin("-}"))?;
        let rest = match rest.strip_prefix("{5:") {
            Some(trailer) => {
                let inside =
                    trailer.find("}}").map(|at| at + 2).or_else(|| trailer.find('}').map(|at| at + 1));
                inside.and_then(|at| trailer.get(at..)).ok_or(Fault::NotFin("{5:"))?
            }
            None => rest,
        };
        Ok((Self { basic, application, user, text }, rest))
    }

    fn message(&self) -> Result<Draft, Fault> {
        let sender = self.basic.strip_prefix("F01").and_then(terminal).ok_or(Fault::NotFin("{1:"))?;
        let (kind, rest) = match (self.application.get(..1), self.application.get(1..4)) {
            (Some("I" | "O"), Some(kind)) => (kind, self.application.get(4..).unwrap_or_default()),
            _ => return Err(Fault::NotFin("{2:")),
        };
        let kind: Kind = kind.parse().map_err(|_| Fault::NotFin("{2:"))?;
        let receiver = terminal(rest).ok_or(Fault::NotFin("{2:"))?;
        let mut draft = Draft::new(kind, sender, receiver);
        if let Some(uetr) = self.user.split_once("{121:").map(|(_, uetr)| uetr) {
            let uetr = uetr.split('}').next().unwrap_or_default();
            draft.uetr(uetr.parse().map_err(|_| Fault::NotFin("{121:"))?);
        }
        self.fields(kind, &mut draft)?;
        Ok(draft)
    }

    /// Each field: a tag between colons at the beginning of a line, and the lines up to the next.
    fn fields(&self, kind: Kind, draft: &mut Draft) -> Result<(), Fault> {
        let mut last = 0;
        let layout = Layout::of(kind);
        let first = self.text.strip_prefix(':').ok_or(Fault::NotFin(":"))?;
        for written in first.split("\r\n:") {
            let parts = written.split_once(':').filter(|(tag, _)| is_tag(tag));
            let (tag, value) = parts.ok_or(Fault::NotFin(":"))?;
            // what the message does not have is told as such alone
            if let Some(field) = layout.field(tag) {
                let place = layout.place(tag);
                if place < last {
                    draft.add(at(&field.title(), Fault::Misplaced));
                }
                last = place.max(last);
            }
            // a lone CR or LF stays, and is told as what no message carries
            draft.put(tag, lines(value));
        }
        Ok(())
    }
}

/// Two digits, and a capital letter where the field has options.
fn is_tag(text: &str) -> bool {
    match text.as_bytes() {
        [first, second, option @ ..] => {
            let has_option = matches!(option, [] | [b'A'..=b'Z']);
            first.is_ascii_digit() && second.is_ascii_digit() && has_option
        }
        _ => false,
    }
}

/// The lines of a value separated by `\n`, where CRLF separates them in the message.
fn lines(value: &str) -> String {
    value.split("\r\n").map(|line| line.replace('\n', "\r")).collect::<Vec<_>>().join("\n")
}

/// What stands in a block without blocks inside, and what is behind it.
fn block<'a>(text: &'a str, opening: &'static str) -> Result<(&'a str, &'a str), Fault> {
    text.strip_prefix(opening).and_then(|inner| inner.split_once('}')).ok_or(Fault::NotFin(opening))
}

/// The bank of a terminal: twelve characters, the ninth of which is the terminal's letter.
fn terminal(text: &str) -> Option<Bic> {
    format!("{}{}", text.get(..8)?, text.get(9..12)?).parse().ok()
}
