//! One SMTP conversation (RFC 5321), apart from the connection: a line in, a step out.

/// The first words.
pub const GREETING: &str = "220 mailbox.invalid ESMTP\r\n";
/// The mail is kept.
pub const TAKEN: &str = "250 2.0.0 kept\r\n";
/// The tester wants it so.
pub const FAILED_ON_COMMAND: &str = "451 4.3.0 fails on command; try again\r\n";
/// The records could not be written.
pub const NOT_KEPT: &str = "451 4.3.0 the mail could not be kept; try again\r\n";
/// Nothing was said for too long.
pub const TOO_SLOW: &str = "421 4.4.2 too slow, goodbye\r\n";

const SEQUENCE: &str = "503 5.5.1 bad sequence of commands\r\n";
const SYNTAX: &str = "501 5.5.4 syntax error in the argument\r\n";
const OK: &str = "250 2.0.0 ok\r\n";

/// Bytes of a command line and of a line of text, the end included (RFC 5321 4.5.3.1; commands with room for
/// parameters).
const COMMAND_BYTES_MAX: usize = 2_048;
const TEXT_BYTES_MAX: usize = 1_000;

/// Largest mail, as EHLO announces it.
pub const MAIL_BYTES_MAX: usize = 1_048_576;

/// Recipients of one mail.
const RECIPIENTS_MAX: usize = 100;

/// Longest address.
const ADDRESS_BYTES_MAX: usize = 320;

/// What a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A line without its end.
    Text(Vec<u8>),
    /// One that was longer than it may be.
    TooLong,
}

/// A mail as it was handed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// The reverse path; empty for a bounce.
    pub sender: String,
    /// At least one.
    pub recipients: Vec<String>,
    /// Header and body, lines ending with CRLF, dots unstuffed.
    pub content: Vec<u8>,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The next line, without a reply.
    Listen,
    /// A reply, then the next line.
    Reply(&'static str),
    /// A mail to keep, then a reply.
    Deliver(Mail),
    /// A last reply.
    Goodbye(&'static str),
}

/// What was agreed on so far.
#[derive(Clone, Debug, Default)]
pub struct Session {
    is_greeted: bool,
    mail: Option<Mail>,
    /// Whether lines are the mail's.
    is_in_data: bool,
    /// Why the mail under way is not taken.
    refusal: Option<&'static str>,
}

impl Session {
    /// Bytes of the next line at most.
    pub const fn line_bytes_max(&self) -> usize {
        if self.is_in_data { TEXT_BYTES_MAX } else { COMMAND_BYTES_MAX }
    }

    /// Takes a line.
    pub fn take(&mut self, line: &Line) -> Step {
        match (line, self.is_in_data) {
            (Line::Text(text), true) => self.text(text),
            (Line::TooLong, true) => {
                self.refusal = Some("500 5.6.0 a line of the mail is too long\r\n");
                Step::Listen
            }
            (Line::Text(text), false) => self.command(text),
            (Line::TooLong, false) => Step::Reply("500 5.5.2 the line is too long\r\n"),
        }
    }

    fn text(&mut self, text: &[u8]) -> Step {
        if text == b"." {
            self.is_in_data = false;
            let mail = self.mail.take().unwrap_or_default();
            return self.refusal.take().map_or(Step::Deliver(mail), Step::Reply);
        }
        let text = text.strip_prefix(b".").unwrap_or(text);
        let mail = self.mail.get_or_insert_default();
        if mail.content.len() + text.len() + 2 > MAIL_BYTES_MAX {
            self.refusal = Some("552 5.3.4 the mail is too large\r\n");
            mail.content.clear();
        }
        if self.refusal.is_none() {
            mail.content.extend_from_slice(text);
            mail.content.extend_from_slice(b"\r\n");
        }
        Step::Listen
    }

    fn command(&mut self, line: &[u8]) -> Step {
        let Ok(line) = std::str::from_utf8(line) else {
            return Step::Reply("500 5.5.2 not UTF-8\r\n");
        };
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" if argument.trim().is_empty() => Step::Reply(SYNTAX),
            "HELO" if argument.trim().is_empty() => Step::Reply(SYNTAX),
            "EHLO" => {
                self.greet();
                Step::Reply(
                    "250-mailbox.invalid\r\n250-SIZE 1048576\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
                     250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n",
                )
            }
            "HELO" => {
                self.greet();
                Step::Reply("250 mailbox.invalid\r\n")
            }
            "MAIL" => Step::Reply(self.mail_from(argument)),
            "RCPT" => Step::Reply(self.recipient(argument)),
            "DATA" => match &self.mail {
                Some(mail) if !mail.recipients.is_empty() => {
                    self.is_in_data = true;
                    Step::Reply("354 end with a line that is a dot\r\n")
                }
                _ => Step::Reply(SEQUENCE),
            },
            "RSET" => {
                self.mail = None;
                Step::Reply(OK)
            }
            "NOOP" => Step::Reply(OK),
            "VRFY" => Step::Reply("252 2.1.5 every address is taken\r\n"),
            "QUIT" => Step::Goodbye("221 2.0.0 goodbye\r\n"),
            _ => Step::Reply("502 5.5.1 no such command here\r\n"),
        }
    }

    fn greet(&mut self) {
        self.is_greeted = true;
        self.mail = None;
    }

    fn mail_from(&mut self, argument: &str) -> &'static str {
        if !self.is_greeted || self.mail.is_some() {
            return SEQUENCE;
        }
        let Some((sender, parameters)) = path(argument, "FROM:") else { return SYNTAX };
        let announced = parameters
            .split(' ')
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.eq_ignore_ascii_case("SIZE"))
            .map(|(_, size)| size.parse::<usize>());
        match announced {
            Some(Err(_)) => return SYNTAX,
            Some(Ok(size)) if size > MAIL_BYTES_MAX => return "552 5.3.4 the mail is too large\r\n",
            Some(Ok(_)) | None => {}
        }
        self.mail = Some(Mail { sender: sender.to_owned(), ..Mail::default() });
        OK
    }

    fn recipient(&mut self, argument: &str) -> &'static str {
        let Some(mail) = &mut self.mail else { return SEQUENCE };
        match path(argument, "TO:") {
            Some(("", _)) | None => SYNTAX,
            Some(_) if mail.recipients.len() >= RECIPIENTS_MAX => "452 4.5.3 too many recipients\r\n",
            Some((recipient, _)) => {
                mail.recipients.push(recipient.to_owned());
                OK
            }
        }
    }
}

/// The address and the parameters of `FROM:<a@b> SIZE=5`.
fn path<'a>(argument: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let (found, rest) = argument.split_at_checked(word.len())?;
    let rest = rest.trim_start().strip_prefix('<').filter(|_| found.eq_ignore_ascii_case(word))?;
    let (address, parameters) = rest.split_once('>')?;
    let fits = address.len() <= ADDRESS_BYTES_MAX && !address.chars().any(|c| c.is_control() || c == ' ');
    fits.then_some((address, parameters.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The replies to some lines, without their ends; a mail that is delivered stands as its content.
    fn said(session: &mut Session, lines: &[&str]) -> Vec<String> {
        lines
            .iter()
            .filter_map(|line| match session.take(&Line::Text(line.as_bytes().to_vec())) {
                Step::Listen => None,
                Step::Reply(reply) | Step::Goodbye(reply) => Some(reply[..3].to_owned()),
                Step::Deliver(mail) => Some(String::from_utf8(mail.content).unwrap()),
            })
            .collect()
    }

    fn begun() -> Session {
        let mut session = Session::default();
        assert_eq!(said(&mut session, &["EHLO x", "MAIL FROM:<a@b>", "RCPT TO:<c@d>"]), ["250"; 3]);
        session
    }

    #[test]
    fn a_mail_is_taken_with_its_dots_unstuffed() {
        let mut session = begun();
        let lines = ["DATA", "Subject: x", "", "..", "...a", ". b", ".", "QUIT"];
        assert_eq!(said(&mut session, &lines), ["354", "Subject: x\r\n\r\n.\r\n..a\r\n b\r\n", "221"]);
    }

    #[test]
    fn sender_and_recipients_are_those_of_the_envelope() {
        let mut session = Session::default();
        let lines =
            ["helo x", "mail from: <> SIZE=5 BODY=8BITMIME", "rcpt to:<山@例.jp>", "RCPT TO:<e@f>", "data"];
        said(&mut session, &lines);
        let Step::Deliver(mail) = session.take(&Line::Text(b".".to_vec())) else { panic!("no mail") };
        assert_eq!(
            (mail.sender.as_str(), mail.recipients),
            ("", vec!["山@例.jp".to_owned(), "e@f".to_owned()])
        );
    }

    #[test]
    fn commands_out_of_sequence_and_with_bad_arguments_are_refused() {
        let mut session = Session::default();
        assert_eq!(said(&mut session, &["MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA"]), ["503"; 3]);
        assert_eq!(
            said(&mut session, &["EHLO", "HELO ", "EHLO x", "RCPT TO:<c@d>"]),
            ["501", "501", "250", "503"]
        );
        for argument in ["", "FROM:a@b", "FROM:<a@b", "TO:<a@b>", "FROM:<a b>", "FROM:<a@b> SIZE=x", "FROM"] {
            assert_eq!(said(&mut session, &[&format!("MAIL {argument}")]), ["501"], "{argument}");
        }
        assert_eq!(
            said(&mut session, &["MAIL FROM:<a@b>", "MAIL FROM:<a@b>", "RCPT TO:<>"]),
            ["250", "503", "501"]
        );
        assert_eq!(said(&mut session, &["DATA"]), ["503"], "nobody is to get it");
        assert_eq!(
            said(&mut session, &["NOOP", "VRFY a", "STARTTLS", "BDAT 5"]),
            ["250", "252", "502", "502"]
        );
    }

    #[test]
    fn a_reset_forgets_the_mail_and_a_delivery_does_too() {
        let mut session = begun();
        assert_eq!(said(&mut session, &["RSET", "DATA", "MAIL FROM:<a@b>"]), ["250", "503", "250"]);
        let mut session = begun();
        assert_eq!(said(&mut session, &["DATA", ".", "DATA", "MAIL FROM:<a@b>"]), ["354", "", "503", "250"]);
    }

    #[test]
    fn sizes_are_bounded() {
        let mut session = Session::default();
        let lines = ["EHLO x", "MAIL FROM:<a@b> SIZE=1048577", "MAIL FROM:<a@b> SIZE=1048576"];
        assert_eq!(said(&mut session, &lines), ["250", "552", "250"]);
        for _ in 0..RECIPIENTS_MAX {
            assert_eq!(said(&mut session, &["RCPT TO:<c@d>"]), ["250"]);
        }
        assert_eq!(said(&mut session, &["RCPT TO:<c@d>", "DATA"]), ["452", "354"]);
        let line = "x".repeat(TEXT_BYTES_MAX - 2);
        for _ in 0..=MAIL_BYTES_MAX / TEXT_BYTES_MAX {
            assert_eq!(said(&mut session, &[&line]), [""; 0]);
        }
        assert_eq!(said(&mut session, &["."]), ["552"]);
        let mut session = begun();
        said(&mut session, &["DATA"]);
        assert_eq!(session.take(&Line::TooLong), Step::Listen);
        assert_eq!(said(&mut session, &["more", ".", "NOOP"]), ["500", "250"]);
        assert!(matches!(session.take(&Line::TooLong), Step::Reply(reply) if reply.starts_with("500")));
    }
}
