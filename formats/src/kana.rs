//! 全銀 characters: what a field of a Zengin record may hold, and how what a person types becomes it.
//!
//! One byte a character, JIS X 0201: half-width katakana without small letters and without the long vowel, upper-case
//! letters, digits and a few signs. Each class of field has its own signs.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// What kind of field a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 店舗名: names of banks and branches.
    Branch,
    /// 口座名等: names of account holders, payers and payees.
    Party,
    /// EDI情報, and what a bank says of its own accord.
    Edi,
}

impl Class {
    /// Every class.
    pub const ALL: &'static [Self] = &[Self::Branch, Self::Party, Self::Edi];

    /// Signs other than letters, digits and kana.
    pub(crate) const fn signs(self) -> &'static str {
        match self {
            Self::Branch => "-",
            Self::Party => " ()-.",
            Self::Edi => " ()-./\\｢｣",
        }
    }

    /// Whether a field of the class may hold the character, as it is written.
    pub fn allows(self, c: char) -> bool {
        match c {
            'A'..='Z' | '0'..='9' | 'ｱ'..='ﾝ' | 'ﾞ' | 'ﾟ' => true,
            'ｦ' => matches!(self, Self::Edi),
            other => self.signs().contains(other),
        }
    }
}

/// A text in Zengin characters, half-width: one byte a character.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZenginText(String);

/// A character that cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwritable {
    /// Its place in what was typed, from 0, in characters.
    pub at: usize,
    /// The character as typed.
    pub found: char,
    /// What to write in its place, where that is known: of a kanji only its reader knows.
    pub instead: Option<&'static str>,
}

/// Katakana as they are typed, small ones and old ones too.
const FULL: &str = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン\
                    ァィゥェォッャュョヮヵヶヰヱ";
/// The same as they are written.
const HALF: &str = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝ\
                    ｱｲｳｴｵﾂﾔﾕﾖﾜｶｹｲｴ";
/// What 濁点 stands after.
const VOICED: &str = "ｳｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ";
/// What 半濁点 stands after.
const HALF_VOICED: &str = "ﾊﾋﾌﾍﾎ";

/// What to write in place of what cannot be written.
const INSTEAD: &[(char, &str)] = &[
    ('・', "."),
    (',', "."),
    ('、', "."),
    ('。', "."),
    ('&', "アンド"),
    ('+', "プラス"),
    ('ヲ', "オ"),
    ('/', "-"),
    ('~', "-"),
    ('「', "("),
    ('」', ")"),
    ('[', "("),
    (']', ")"),
    ('々', "読みのカタカナ"),
];

impl ZenginText {
    /// What a person typed, in any width and script; or every character that cannot be written.
    pub fn typed(typed: &str, class: Class) -> Result<Self, Vec<Unwritable>> {
        let (text, unwritable) = convert(typed, class);
        if unwritable.is_empty() { Ok(text) } else { Err(unwritable) }
    }

    /// What can be written of a text; the rest is left out. For what is no name: a narrative.
    pub fn abridged(text: &str, class: Class) -> Self {
        let text = convert(text, class).0;
        Self(text.0.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The half-width characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes of it in a record: 濁点 and 半濁点 count.
    pub fn bytes(&self) -> usize {
        self.0.chars().count()
    }

    /// Its first bytes, no kana cut from its mark.
    #[must_use]
    pub fn cut(&self, bytes_max: usize) -> Self {
        let chars: Vec<char> = self.0.chars().collect();
        let mut end = chars.len().min(bytes_max);
        if chars.get(end).is_some_and(|next| matches!(next, 'ﾞ' | 'ﾟ')) {
            end = end.saturating_sub(1);
        }
        Self(chars.into_iter().take(end).collect::<String>().trim_end().to_owned())
    }

    /// JIS X 0201.
    pub fn to_bytes(&self) -> Vec<u8> {
        let byte = |c: char| match u32::from(c) {
            kana @ 0xff61..=0xff9f => u8::try_from(kana - 0xff61 + 0xa1).unwrap_or(b' '),
            ascii => u8::try_from(ascii).unwrap_or(b' '),
        };
        self.0.chars().map(byte).collect()
    }

    /// Reads JIS X 0201, spaces at the end left away; nothing where a byte is no character of any class.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let char = |byte: &u8| match byte {
            0x20..=0x7e => Some(char::from(*byte)),
            0xa1..=0xdf => char::from_u32(u32::from(*byte) - 0xa1 + 0xff61),
            _ => None,
        };
        let text: String = bytes.iter().map(char).collect::<Option<_>>()?;
        let text = text.trim_end();
        text.chars().all(|c| Class::Edi.allows(c)).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for ZenginText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What can be written, and what cannot.
fn convert(typed: &str, class: Class) -> (ZenginText, Vec<Unwritable>) {
    let mut text = String::with_capacity(typed.len());
    let mut unwritable: Vec<Unwritable> = Vec::new();
    for (at, found) in typed.trim().chars().enumerate() {
        // compatibility takes the mark that stands alone for a space with a mark
        let single = match found {
            '゛' => '\u{3099}',
            '゜' => '\u{309a}',
            other => other,
        };
        for part in single.nfkd() {
            match written(part).filter(|c| class.allows(*c) && fits_after(text.chars().last(), *c)) {
                Some(c) => text.push(c),
                None if unwritable.last().is_some_and(|last| last.at == at) => {}
                None => unwritable.push(Unwritable { at, found, instead: instead(part) }),
            }
        }
    }
    (ZenginText(text), unwritable)
}

/// A decomposed character as it is written.
fn written(part: char) -> Option<char> {
    let katakana = match part {
        'ぁ'..='ゖ' => char::from_u32(u32::from(part) + 0x60)?,
        other => other,
    };
    match katakana {
        '\u{3099}' => Some('ﾞ'),
        '\u{309a}' => Some('ﾟ'),
        'ー' | '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
        'a'..='z' => Some(katakana.to_ascii_uppercase()),
        ' '..='~' => Some(katakana),
        '¥' => Some('\\'),
        '「' => Some('｢'),
        '」' => Some('｣'),
        kana => FULL.chars().zip(HALF.chars()).find(|(full, _)| *full == kana).map(|(_, half)| half),
    }
}

/// Marks stand after kana that have one.
fn fits_after(before: Option<char>, c: char) -> bool {
    let after = |kana: &str| before.is_some_and(|before| kana.contains(before));
    match c {
        'ﾞ' => after(VOICED),
        'ﾟ' => after(HALF_VOICED),
        _ => true,
    }
}

/// What to write in place of a half-width sign, where that is known.
pub(crate) fn instead_of(sign: char) -> Option<&'static str> {
    sign.nfkd().next().and_then(instead)
}

fn instead(part: char) -> Option<&'static str> {
    let katakana = if part == 'を' { 'ヲ' } else { part };
    INSTEAD.iter().find(|(sign, _)| *sign == katakana).map(|(_, instead)| *instead)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn party(typed: &str) -> String {
        ZenginText::typed(typed, Class::Party).unwrap().to_string()
    }

    #[test]
    fn what_is_typed_in_any_width_and_script_is_written_in_one() {
        for (typed, written) in [
            ("ヤマダ タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ"),
            ("やまだ　たろう", "ﾔﾏﾀﾞ ﾀﾛｳ"),
            ("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ"),
            ("ﾔﾏﾀ゛ タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ"),
            ("カ）ミホンショウジ", "ｶ)ﾐﾎﾝｼﾖｳｼﾞ"),
            ("サッポロビール", "ｻﾂﾎﾟﾛﾋﾞ-ﾙ"),
            ("ｓｕｎ ２１．", "SUN 21."),
            ("ヴァイオリン‐ヰヱ", "ｳﾞｱｲｵﾘﾝ-ｲｴ"),
            ("ヵヶヮ", "ｶｹﾜ"),
        ] {
            assert_eq!(party(typed), written, "{typed}");
        }
        assert_eq!(ZenginText::typed("ヲ/「A」￥", Class::Edi).unwrap().as_str(), "ｦ/｢A｣\\");
    }

    #[test]
    fn what_cannot_be_written_is_named_with_what_to_write_instead() {
        let wrong = |typed: &str, class| ZenginText::typed(typed, class).unwrap_err();
        let kanji = wrong("山田タロウ", Class::Party);
        assert_eq!(
            kanji.iter().map(|u| (u.at, u.found, u.instead)).collect::<Vec<_>>(),
            [(0, '山', None), (1, '田', None)]
        );
        let instead = |typed: &str| wrong(typed, Class::Party)[0].instead;
        assert_eq!(instead("ア・イ"), Some("."));
        assert_eq!(instead("A&B"), Some("アンド"));
        assert_eq!(instead("ヲダ"), Some("オ"));
        assert_eq!(wrong("をだ", Class::Party)[0], Unwritable { at: 0, found: 'を', instead: Some("オ") });
        assert_eq!(wrong("ナ゛", Class::Party)[0].at, 1, "no kana of that row has the mark");
        assert_eq!(wrong("A B", Class::Branch)[0].found, ' ');
        assert_eq!(wrong("ア,イ", Class::Edi)[0].instead, Some("."), "a comma is in no class");
    }

    #[test]
    fn a_narrative_keeps_what_can_be_written() {
        let text = ZenginText::abridged("ペイジー 国税庁 手数料", Class::Edi);
        assert_eq!(text.as_str(), "ﾍﾟｲｼﾞ-");
        assert!(ZenginText::abridged("新規", Class::Edi).is_empty());
    }

    #[test]
    fn no_kana_is_cut_from_its_mark() {
        let text = ZenginText::typed("ﾔﾏﾀﾞ", Class::Party).unwrap();
        assert_eq!(text.bytes(), 4);
        assert_eq!(text.cut(3).as_str(), "ﾔﾏ");
        assert_eq!(text.cut(4).as_str(), "ﾔﾏﾀﾞ");
        assert_eq!(text.cut(0).as_str(), "");
    }

    #[test]
    fn every_byte_reads_back_or_is_refused() {
        for byte in 0..=u8::MAX {
            if let Some(text) = ZenginText::from_bytes(&[b'A', byte]) {
                let expected: &[u8] = if byte == b' ' { b"A" } else { &[b'A', byte] };
                assert_eq!(text.to_bytes(), expected);
            }
        }
        assert_eq!(ZenginText::from_bytes("ﾔﾏﾀﾞ".as_bytes()), None, "UTF-8");
    }

    proptest! {
        #[test]
        fn what_is_written_is_of_its_class_one_byte_a_character_and_stays_the_same(
            typed in "[ぁ-ゖァ-ヺ゛゜ー-ｱ-ﾟa-zA-Z0-9（）()．.・山 　]{0,40}",
        ) {
            for class in Class::ALL {
                let text = ZenginText::abridged(&typed, *class);
                prop_assert!(text.as_str().chars().all(|c| class.allows(c)), "{text}");
                prop_assert_eq!(text.to_bytes().len(), text.bytes());
                prop_assert_eq!(ZenginText::from_bytes(&text.to_bytes()), Some(text.clone()));
                if let Ok(whole) = ZenginText::typed(&typed, *class) {
                    prop_assert_eq!(ZenginText::typed(whole.as_str(), *class), Ok(whole));
                }
            }
        }
    }
}
