//! Passwords and words that are tried first, in `data/common-passwords.txt`.

use std::sync::LazyLock;

/// The list, sorted: one word a line, in small letters.
static WORDS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("../../data/common-passwords.txt").lines().collect());

/// Whether a password in small letters is on the list: as it is, without the digits and signs around it, with letters
/// in place of the signs that look like them, or as words of the list one after the other.
pub(super) fn is_common(plain: &str) -> bool {
    let without_signs = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let core = |text: &str| text.trim_matches(|c: char| !c.is_alphabetic()).to_owned();
    let spelled = spelled(plain);
    [plain, &spelled].into_iter().any(|text| {
        [text.to_owned(), core(text), without_signs(text), core(&without_signs(text))]
            .iter()
            .any(|form| is_listed(form) || is_pair(form))
            || core(text).is_empty() && is_listed(&without_signs(text))
    })
}

fn is_listed(word: &str) -> bool {
    WORDS.binary_search(&word).is_ok()
}

/// Two words of the list, the same or a short one and another: `passwordpassword`, `welcomeadmin`.
fn is_pair(text: &str) -> bool {
    if !text.is_ascii() || text.contains(' ') {
        return false;
    }
    (4..text.len().saturating_sub(3)).any(|at| {
        let (first, second) = text.split_at(at);
        is_listed(first) && is_listed(second)
    })
}

/// `p@ssw0rd` as it is meant.
fn spelled(text: &str) -> String {
    let meant = |c: char| match c {
        '@' => 'a',
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '$' | '5' => 's',
        '7' => 't',
        other => other,
    };
    text.chars().map(meant).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_long_sorted_and_in_small_letters() {
        assert!(WORDS.len() > 100_000, "{}", WORDS.len());
        assert!(WORDS.windows(2).all(|two| two[0] < two[1]));
        assert!(WORDS.iter().all(|word| word.chars().count() >= 3 && word.to_lowercase() == **word));
    }

    #[test]
    fn common_ones_are_found_in_their_disguises() {
        for common in [
            "trustno1",
            "password",
            "p@ssw0rd",
            "password2026",
            "2026-password!",
            "welcomepassword",
            "qwertyuiop12",
        ] {
            assert!(is_common(common), "{common}");
        }
        for own in [
            "kesa-no-ame-wa-tsumetai",
            "kumo no ue no 3",
            "けさの雨は冷たくて",
            "correct horse battery staple",
        ] {
            assert!(!is_common(own), "{own}");
        }
    }
}
