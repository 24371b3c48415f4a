//! Texts as lines of a field: names and addresses wrapped at their words.

/// Wraps a text at its words into lines of so many characters at most. Its own line breaks and short lines stay as they
/// are, blank lines go, and a line that would begin with `:` or `-` takes the word before with it, as no message has
/// such lines. How many lines come of it is for the field to judge.
pub fn wrapped(text: &str, chars_max: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        if paragraph.chars().count() <= chars_max {
            // columns that somebody aligned stay aligned
            lines.push(paragraph.to_owned());
            continue;
        }
        let mut words: Vec<&str> = Vec::new();
        for word in paragraph.split_whitespace() {
            let length = words.iter().map(|word| word.chars().count() + 1).sum::<usize>();
            if !words.is_empty() && length + word.chars().count() > chars_max {
                let carried = carried(&words, word);
                let rest = words.split_off(words.len() - carried);
                lines.push(words.join(" "));
                words = rest;
            }
            words.push(word);
        }
        if !words.is_empty() {
            lines.push(words.join(" "));
        }
    }
    lines.iter().flat_map(|line| cut(line, chars_max)).collect::<Vec<_>>().join("\n")
}

/// How many words before it go to the next line with a word that cannot begin one.
fn carried(words: &[&str], next: &str) -> usize {
    let begins = |word: &str| word.starts_with([':', '-']);
    if !begins(next) {
        return 0;
    }
    let at = words.iter().rposition(|word| !begins(word)).unwrap_or(0);
    // a line of nothing else stays as it is, and is told
    if at == 0 { 0 } else { words.len() - at }
}

/// A line of one word that is too long is cut, as the sender's system would.
fn cut(line: &str, chars_max: usize) -> Vec<String> {
    let chars: Vec<char> = line.chars().collect();
    chars.chunks(chars_max.max(1)).map(|chunk| chunk.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_go_to_the_next_line_whole() {
        assert_eq!(wrapped("MIHON TRADING CO LTD", 35), "MIHON TRADING CO LTD");
        assert_eq!(
            wrapped("1-2-3 CHUO AOBA-KU SENDAI MIYAGI JAPAN", 20),
            "1-2-3 CHUO AOBA-KU\nSENDAI MIYAGI JAPAN"
        );
        assert_eq!(wrapped("A\r\n\r\n  B   C \n", 35), "A\n  B   C");
        assert_eq!(wrapped(&"X".repeat(40), 35), format!("{}\n{}", "X".repeat(35), "X".repeat(5)));
        assert_eq!(wrapped("", 35), "");
    }

    #[test]
    fn no_line_begins_with_a_colon_or_a_hyphen_where_a_word_can_go_with_it() {
        assert_eq!(wrapped("ABCDE FGHIJ - KLM", 12), "ABCDE\nFGHIJ - KLM");
        assert_eq!(wrapped("ABCDE FGHIJ :KLM", 12), "ABCDE\nFGHIJ :KLM");
        assert_eq!(wrapped("- ABC", 12), "- ABC");
    }

    proptest! {
        #[test]
        fn lines_are_short_and_lose_no_character(text in "[A-Z:\\- \n]{0,200}", most in 5_usize..40) {
            let lines = wrapped(&text, most);
            prop_assert!(lines.split('\n').all(|line| line.len() <= most));
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(bare(&lines), bare(&text));
        }
    }
}
