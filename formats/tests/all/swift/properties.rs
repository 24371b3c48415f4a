//! What holds of every text: a message has no illegal line, or there is none.

use formats::swift::credit::*;
use formats::swift::{self, Charset, Layout, findings};
use proptest::prelude::*;

use super::sample::{credit, fin, receiver, sender};
use super::tags;

/// Characters of the set Z, line breaks, and now and then others.
fn text(lines: usize) -> impl Strategy<Value = String> {
    let line = "[A-Za-z0-9/?:().,'+ =!\"%&*;<>{@#_-]{0,90}";
    let odd = prop_oneof![9 => Just(String::new()), 1 => "[-:}éア\t\r]{1,2}"];
    prop::collection::vec((odd, line).prop_map(|(odd, line)| odd + &line), 0..lines)
        .prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn no_text_makes_an_illegal_line_and_what_is_sent_reads_back(
        applicant in text(4), goods in text(160), documents in text(120), conditions in text(40), charges in text(4),
    ) {
        let credit = Credit { applicant, goods, documents, conditions, charges, ..credit() };
        match credit.messages(&sender(), &receiver()) {
            Err(wrong) => {
                prop_assert!(!wrong.is_empty());
                for finding in wrong.kept() {
                    prop_assert!(!finding.fault.remedy().is_empty());
                    prop_assert!(!finding.to_string().chars().any(char::is_control));
                }
            }
            Ok(messages) => {
                prop_assert!(messages.len() <= MESSAGES_MAX);
                for message in &messages {
                    tags::read(&message.to_fin());
                }
                let read = swift::read(fin(&messages).as_bytes()).unwrap();
                prop_assert_eq!(&read, &messages);
                let back = Credit::read(&read).unwrap();
                prop_assert_eq!(back.messages(&sender(), &receiver()).unwrap(), messages);
                prop_assert_eq!(back.goods, swift::lines::wrapped(&credit.goods, TEXT_CHARS_MAX));
            }
        }
    }

    #[test]
    fn what_a_field_lets_pass_has_short_legal_lines(value in text(7), which in 0_usize..45) {
        let layout = &Layout::of(swift::Kind::Issue).fields[which];
        if findings(layout, &value).is_empty() {
            let set = layout.form.charset();
            prop_assert!(value.split('\n').count() <= layout.form.lines_max());
            for line in value.split('\n') {
                prop_assert!(line.chars().all(|c| set.carries(c)) && !line.starts_with([':', '-']));
                prop_assert!(line.len() <= layout.form.line_chars_max().unwrap_or(140));
            }
        }
    }

    #[test]
    fn a_replaced_text_is_carried(typed in "\\PC{0,60}") {
        for set in [Charset::X, Charset::Z] {
            prop_assert!(set.replaced(&typed).0.chars().all(|c| set.carries(c)));
        }
    }

    #[test]
    fn no_bytes_break_the_reader(at in 0_usize..3_000, with in "[{}:\\-0-9A-Z\r\n]{0,6}", length in 0_usize..20) {
        let mut bytes = fin(&credit().messages(&sender(), &receiver()).unwrap()).into_bytes();
        let from = at.min(bytes.len());
        let until = (from + length).min(bytes.len());
        bytes.splice(from..until, with.bytes());
        if let Ok(read) = swift::read(&bytes) {
            let again = swift::read(fin(&read).as_bytes());
            prop_assert_eq!(again.as_ref(), Ok(&read));
            let _ = Credit::read(&read);
        }
    }
}
