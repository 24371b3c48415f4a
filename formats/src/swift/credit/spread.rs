//! Long texts, spread over as many messages as they need.

use crate::swift::message::field_chars;

/// A piece of a long text, as one field of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Its tag.
    pub tag: &'static str,
    /// Its lines.
    pub value: String,
    /// How many lines of the text stand in the messages before.
    pub lines_before: usize,
}

/// The most lines of one field.
const LINES_MAX: usize = 100;

/// Spreads texts, each with its tag, in their order: as much as the first message has room for, and the rest over
/// further ones. A tag stands in a message once, and lines are never cut.
pub(super) fn spread(texts: &[(&'static str, String)], room: usize, room_further: usize) -> Vec<Vec<Piece>> {
    let mut rest: Vec<(&'static str, Vec<&str>, usize)> = texts
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(tag, text)| (*tag, text.split('\n').collect(), 0))
        .collect();
    let mut messages = vec![take(&mut rest, room)];
    while rest.iter().any(|(_, lines, taken)| *taken < lines.len()) {
        let mut pieces = take(&mut rest, room_further);
        if pieces.is_empty() {
            // a line that no message holds is put anyway, and told as too long
            pieces = take(&mut rest, usize::MAX);
        }
        messages.push(pieces);
    }
    messages
}

/// What one message has room for. A text that it does not hold whole is the last in it, unless it has all the lines
/// that a field may have.
fn take(rest: &mut [(&'static str, Vec<&str>, usize)], mut room: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (tag, lines, taken) in rest {
        let (from, mut value) = (*taken, String::new());
        while let Some(line) = lines.get(*taken).filter(|_| *taken - from < LINES_MAX) {
            let longer = if value.is_empty() { (*line).to_owned() } else { format!("{value}\n{line}") };
            if field_chars(tag, &longer) > room {
                break;
            }
            value = longer;
            *taken += 1;
        }
        if !value.is_empty() {
            room = room.saturating_sub(field_chars(tag, &value));
            pieces.push(Piece { tag, value, lines_before: from });
        }
        if *taken < lines.len() && *taken - from < LINES_MAX {
            break;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: usize) -> String {
        (0..lines).map(|line| format!("{line:0>65}")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_fits_stays_in_one_message() {
        let texts = [("45A", text(20)), ("46A", text(30)), ("47A", String::new())];
        let messages = spread(&texts, 9_000, 9_000);
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].iter().map(|piece| piece.tag).collect::<Vec<_>>(), ["45A", "46A"]);
        assert_eq!(spread(&[("45A", String::new())], 100, 100), [vec![]]);
    }

    #[test]
    fn nothing_is_lost_and_no_tag_stands_twice_in_a_message() {
        let texts = [("45A", text(250)), ("46A", text(90)), ("47A", text(1))];
        let messages = spread(&texts, 3_000, 9_900);
        for (tag, whole) in &texts {
            let of_tag = || messages.iter().flatten().filter(|piece| piece.tag == *tag);
            let joined: Vec<&str> = of_tag().map(|piece| piece.value.as_str()).collect();
            assert_eq!(joined.join("\n"), *whole);
            let mut before = 0;
            for piece in of_tag() {
                assert_eq!(piece.lines_before, before);
                before += piece.value.split('\n').count();
            }
        }
        for (at, pieces) in messages.iter().enumerate() {
            let chars: usize = pieces.iter().map(|piece| field_chars(piece.tag, &piece.value)).sum();
            assert!(chars <= if at == 0 { 3_000 } else { 9_900 });
            assert!(pieces.iter().all(|piece| piece.value.split('\n').count() <= LINES_MAX));
            assert!(pieces.windows(2).all(|two| two[0].tag < two[1].tag));
        }
    }

    #[test]
    fn a_line_that_no_message_holds_is_put_anyway() {
        let texts = [("45A", "X".repeat(500))];
        assert_eq!(spread(&texts, 100, 100).iter().flatten().count(), 1);
    }
}
