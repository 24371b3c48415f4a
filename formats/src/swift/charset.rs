//! The character sets X and Z of SWIFT: what a message carries, and what is written in place of what it does not.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// A character set of SWIFT messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Letters, digits, space and `/ - ? : ( ) . , ' +`: names, addresses, references.
    X,
    /// X and `= ! " % & * ; < > { @ # _`: the long texts of a credit. A closing brace would end the block, so it is not
    /// among them.
    Z,
    /// What CBPR+ lets stand in names, addresses and words to the payee: X and nearly all other signs of ASCII.
    Extended,
}

const SIGNS_X: &str = "/-?:().,'+";
const SIGNS_Z: &str = "/-?:().,'+=!\"%&*;<>{@#_";
const SIGNS_EXTENDED: &str = "/-?:().,'+!#$%&*=^_`{|}~\";<>@[\\]";

/// What is written in place of a sign where the set does not have it. What only the writer can decide is not here.
const INSTEAD: &[(char, &str)] = &[
    ('‘', "'"),
    ('’', "'"),
    ('“', "'"),
    ('”', "'"),
    ('"', "'"),
    ('`', "'"),
    ('´', "'"),
    ('‐', "-"),
    ('‑', "-"),
    ('–', "-"),
    ('—', "-"),
    ('―', "-"),
    ('−', "-"),
    ('~', "-"),
    ('_', "-"),
    ('&', "AND"),
    ('@', "(AT)"),
    ('%', "PCT"),
    ('#', "NO."),
    (';', ","),
    ('!', "."),
    ('*', "+"),
    ('•', "+"),
    ('·', "."),
    ('<', "("),
    ('>', ")"),
    ('{', "("),
    ('}', ")"),
    ('[', "("),
    (']', ")"),
    ('\\', "/"),
    ('|', "/"),
    ('$', "USD"),
    ('€', "EUR"),
    ('£', "GBP"),
    ('¥', "JPY"),
    ('°', "DEG"),
    ('×', "X"),
    ('ß', "ss"),
    ('Æ', "AE"),
    ('æ', "ae"),
    ('Ø', "O"),
    ('ø', "o"),
    ('Œ', "OE"),
    ('œ', "oe"),
    ('Ð', "D"),
    ('ð', "d"),
    ('Đ', "D"),
    ('đ', "d"),
    ('Þ', "TH"),
    ('þ', "th"),
    ('Ł', "L"),
    ('ł', "l"),
    ('ı', "i"),
    ('、', ","),
    ('。', "."),
    ('・', "."),
    ('「', "'"),
    ('」', "'"),
];

impl Charset {
    /// The signs beside letters, digits and space.
    pub const fn signs(self) -> &'static str {
        match self {
            Self::X => SIGNS_X,
            Self::Z => SIGNS_Z,
            Self::Extended => SIGNS_EXTENDED,
        }
    }

    /// Whether a message carries a character within a line.
    pub fn carries(self, c: char) -> bool {
        c.is_ascii_alphanumeric() || c == ' ' || self.signs().contains(c)
    }

    /// What is written in place of a character that is not carried: a letter without its accent, a sign's like. Nothing
    /// where no one but the writer knows, as for kanji and kana.
    pub fn instead(self, c: char) -> Option<Cow<'static, str>> {
        if let Some((_, instead)) = INSTEAD.iter().find(|(found, _)| *found == c) {
            return Some(Cow::Borrowed(instead));
        }
        // full width, ligatures and accents: what stays of them in ASCII
        let plain: String = c.nfkd().filter(|part| !('\u{300}'..='\u{36f}').contains(part)).collect();
        if plain.chars().all(|part| self.carries(part)) && !plain.is_empty() {
            return Some(Cow::Owned(plain));
        }
        let sign = plain.chars().next().filter(|first| *first != c && plain.chars().count() == 1)?;
        self.instead(sign)
    }

    /// A text with everything replaced that can be, and what is left that cannot.
    pub fn replaced(self, text: &str) -> (String, Vec<char>) {
        let (mut replaced, mut left) = (String::with_capacity(text.len()), Vec::new());
        for c in text.chars() {
            match c {
                _ if self.carries(c) || c == '\n' => replaced.push(c),
                '\r' => {}
                '\t' => replaced.push(' '),
                _ => match self.instead(c) {
                    Some(instead) => replaced.push_str(&instead),
                    None => left.push(c),
                },
            }
        }
        (replaced, left)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_set_carries_its_own_signs() {
        let carried = |set: Charset| -> String {
            ('\0'..='\u{ff}').filter(|c| set.carries(*c) && !c.is_ascii_alphanumeric()).collect()
        };
        assert_eq!(carried(Charset::X), " '()+,-./:?");
        assert_eq!(carried(Charset::Z), " !\"#%&'()*+,-./:;<=>?@_{");
    }

    #[test]
    fn what_is_not_carried_has_its_like_or_is_left_to_the_writer() {
        for (found, x, z) in [
            ('é', Some("e"), Some("e")),
            ('Ü', Some("U"), Some("U")),
            ('ﬁ', Some("fi"), Some("fi")),
            ('Ａ', Some("A"), Some("A")),
            ('＆', Some("AND"), Some("&")),
            ('№', Some("No"), Some("No")),
            ('｝', Some(")"), Some(")")),
            ('½', None, None),
            ('ア', None, None),
            ('ｱ', None, None),
            ('社', None, None),
            ('^', None, None),
        ] {
            assert_eq!(Charset::X.instead(found).as_deref(), x, "{found}");
            assert_eq!(Charset::Z.instead(found).as_deref(), z, "{found}");
        }
    }

    #[test]
    fn a_text_is_replaced_as_far_as_that_goes() {
        let (text, left) = Charset::X.replaced("Müller & Söhne GmbH\r\n“Straße” 5 社");
        assert_eq!(text, "Muller AND Sohne GmbH\n'Strasse' 5 ");
        assert_eq!(left, ['社']);
    }

    proptest! {
        #[test]
        fn what_is_written_instead_is_carried(c in any::<char>(), is_z in any::<bool>()) {
            let set = if is_z { Charset::Z } else { Charset::X };
            let instead = set.instead(c).unwrap_or_default();
            prop_assert!(instead.chars().all(|c| set.carries(c)), "{:?} {}", c, instead);
        }
    }
}
