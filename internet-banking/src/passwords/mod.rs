//! What a password may be (SEC-07; NIST SP 800-63B-4): long, and none that is common, expected or guessed from what
//! everybody knows of its user. Any character counts; nothing is composed by rule, and nothing expires (C4).

mod common;

use unicode_normalization::UnicodeNormalization as _;

use crate::contracts::SignInMethod;
use crate::sign_in::PASSWORD_CHARS_MAX;

/// Characters of a password at least, where it is the only thing that is asked.
const ALONE_CHARS_MIN: usize = 15;
/// Characters of a password at least, where a certificate is asked too.
const BESIDE_CERTIFICATE_CHARS_MIN: usize = 12;
/// What is left of a password without the words that everybody knows, at least.
const OWN_CHARS_MIN: usize = 8;
/// Letters of a word that is looked for in a password, at least: shorter ones are in any.
const WORD_CHARS_MIN: usize = 4;
/// Characters that follow one another, forward or backward, at least, to count as a row.
const ROW_CHARS_MIN: usize = 4;
/// The longest piece that a password may not be a repetition of.
const PIECE_CHARS_MAX: usize = 8;

/// The bank's own words.
const BANK_WORDS: &[&str] = &[
    "見本銀行",
    "mihon",
    "mihonginko",
    "法人ネット",
    "houjinnet",
    "セブンメイト",
    "sevenmate",
    "bank",
    "ginko",
    "ぎんこう",
];

/// Rows of keys and letters.
const ROWS: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "あいうえおかきくけこさしすせそたちつてと",
    "いろはにほへとちりぬるを",
];

/// Why a password cannot be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Weak {
    /// It is too short.
    Short {
        /// Characters that it needs.
        min: usize,
        /// Characters that it has.
        found: usize,
    },
    /// It is too long.
    Long,
    /// It is a common password or word, perhaps with digits around it.
    Common,
    /// It repeats one piece.
    Repeated,
    /// It is made of rows of letters, digits or keys.
    Row,
    /// It is made of words that everybody knows of its user.
    Known {
        /// Such a word.
        word: String,
    },
    /// It is the other password, or the one in use.
    Same,
    /// The two fields differ.
    Differs,
}

impl Weak {
    /// What the page says.
    pub fn words(&self) -> String {
        match self {
            Self::Short { min, found } => {
                format!("パスワードは{min}文字以上にしてください。いま{found}文字です。いくつかの言葉をつなげると、長くて覚えやすくなります。")
            }
            Self::Long => format!("パスワードは{PASSWORD_CHARS_MAX}文字までです。"),
            Self::Common => {
                "よく使われるパスワードや言葉(数字を足したものを含みます)は、推測されやすいため使えません。".to_owned()
            }
            Self::Repeated => "同じ文字や言葉の繰り返しは、推測されやすいため使えません。".to_owned(),
            Self::Row => "数字・英字・キーの並び順のパスワードは、推測されやすいため使えません。".to_owned(),
            Self::Known { word } => {
                format!("「{word}」のように、ほかの人が知っている言葉が大部分を占めるパスワードは使えません。")
            }
            Self::Same => {
                "いまのパスワードや、もう一つのパスワード(ログインパスワードと確認用パスワード)と同じものは使えません。"
                    .to_owned()
            }
            Self::Differs => "2つの欄に入力されたパスワードが違います。".to_owned(),
        }
    }
}

/// A password as it is compared and hashed: NFKC, so that one typed on another keyboard is the same.
pub fn normalised(typed: &str) -> String {
    typed.nfkc().collect()
}

/// Why a contract's passwords need as many characters, in words.
pub const fn chars_min_why(chars_min: usize) -> &'static str {
    if chars_min > BESIDE_CERTIFICATE_CHARS_MIN {
        "パスワードだけでログインするご契約のため、電子証明書方式より長くしています"
    } else {
        "電子証明書とあわせてログインするご契約のため、ID・パスワード方式より短くできます"
    }
}

/// Characters that a contract's passwords need.
pub const fn chars_min(method: SignInMethod) -> usize {
    match method {
        SignInMethod::Certificate => BESIDE_CERTIFICATE_CHARS_MIN,
        SignInMethod::Password => ALONE_CHARS_MIN,
    }
}

/// Whether a password is shorter than a contract's passwords are. One that is in use may be: it was chosen while the
/// contract signed in another way.
pub fn is_short(typed: &str, method: SignInMethod) -> bool {
    normalised(typed).chars().count() < chars_min(method)
}

/// Whether a password may be chosen. `known` is what everybody knows of the user: the contract's name, login ID, name.
pub fn check(typed: &str, method: SignInMethod, known: &[&str]) -> Result<(), Weak> {
    let password = normalised(typed);
    let (min, found) = (chars_min(method), password.chars().count());
    if found < min {
        return Err(Weak::Short { min, found });
    }
    if found > PASSWORD_CHARS_MAX {
        return Err(Weak::Long);
    }
    let plain = password.to_lowercase();
    if is_repeated(&plain) {
        return Err(Weak::Repeated);
    }
    if own_chars(&without_rows(&plain)) == 0 {
        return Err(Weak::Row);
    }
    let words = known.iter().chain(BANK_WORDS).flat_map(|text| words_of(text));
    let mut rest = plain.clone();
    let mut met = None;
    for word in words {
        if rest.contains(&word) {
            rest = rest.replace(&word, " ");
            met.get_or_insert(word);
        }
    }
    match met {
        Some(word) if own_chars(&rest) < OWN_CHARS_MIN => Err(Weak::Known { word }),
        _ if common::is_common(&plain) => Err(Weak::Common),
        _ => Ok(()),
    }
}

/// The text as a whole and its parts, each long enough to mean something.
fn words_of(text: &str) -> Vec<String> {
    let plain = normalised(text).to_lowercase();
    let whole: String = plain.chars().filter(|c| c.is_alphanumeric()).collect();
    let without_form =
        ["株式会社", "有限会社", "合同会社"].iter().fold(whole.clone(), |t, form| t.replace(form, ""));
    let mut words: Vec<_> = plain.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
    words.extend([whole, without_form]);
    // two characters of Japanese say as much as four letters
    words.retain(|word| {
        let chars = word.chars().count();
        if word.is_ascii() { chars >= WORD_CHARS_MIN } else { chars >= 2 }
    });
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.dedup();
    words
}

/// Letters and digits that are left.
fn own_chars(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

fn is_repeated(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=PIECE_CHARS_MAX.min(chars.len() / 2))
        .any(|size| chars.iter().enumerate().all(|(at, c)| *c == chars[at % size]))
}

/// The text without rows: what follows one another on a keyboard, in the alphabet or in counting, and what is one
/// character again and again.
fn without_rows(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut rest = String::new();
    let mut at = 0;
    while at < chars.len() {
        let long = row_length(&chars[at..]);
        if long >= ROW_CHARS_MIN {
            at += long;
        } else {
            rest.push(chars[at]);
            at += 1;
        }
    }
    rest
}

/// The length of the row that the text begins with.
fn row_length(chars: &[char]) -> usize {
    let same = chars.iter().take_while(|c| Some(*c) == chars.first()).count();
    let in_row = |row: &str, backward: bool| {
        let mut row: Vec<char> = row.chars().collect();
        if backward {
            row.reverse();
        }
        let starts = row.iter().enumerate().filter(|(_, c)| Some(*c) == chars.first());
        starts
            .map(|(at, _)| row[at..].iter().zip(chars).take_while(|(a, b)| a == b).count())
            .max()
            .unwrap_or(0)
    };
    let rows = ROWS.iter().flat_map(|row| [in_row(row, false), in_row(row, true)]);
    rows.max().unwrap_or(0).max(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["株式会社見本商事", "hanako01", "経理 佐藤花子"];

    fn judged(typed: &str) -> Result<(), Weak> {
        check(typed, SignInMethod::Password, KNOWN)
    }

    /// Proves SEC-07.
    #[test]
    fn a_password_needs_its_length_and_nothing_else_of_form() {
        let min = |method, typed: &str| check(typed, method, &[]);
        assert_eq!(min(SignInMethod::Password, "kumo no ue no 3"), Ok(()), "15");
        let short = Weak::Short { min: 15, found: 14 };
        assert_eq!(min(SignInMethod::Password, "kumo no ue no "), Err(short));
        assert_eq!(min(SignInMethod::Certificate, "kumo no ue n"), Ok(()), "12");
        assert!(matches!(min(SignInMethod::Certificate, "kumo no ue "), Err(Weak::Short { min: 12, .. })));
        assert_eq!(
            judged("けさの雨は冷たくて傘もなかった"),
            Ok(()),
            "all of Unicode, no digits, no capitals"
        );
        assert_eq!(judged("🐟🐠🐡 なぜか海の底で眠る夢を見る"), Ok(()));
        let most = "ゆきのふるよはたのしいぺちか".repeat(10);
        let most: String = most.chars().take(127).chain(['x']).collect();
        assert!(!matches!(judged(&most), Err(Weak::Long | Weak::Short { .. })));
        assert_eq!(judged(&format!("{most}y")), Err(Weak::Long));
    }

    #[test]
    fn what_everybody_tries_first_is_refused_with_the_reason() {
        for common in ["passwordpassword1", "Password12345678", "international2026", "1q2w3e4r5t6y7u8i9o0p"] {
            let found = judged(common);
            assert!(matches!(found, Err(Weak::Common | Weak::Row)), "{common}: {found:?}");
        }
        for repeated in ["aaaaaaaaaaaaaaaa", "abcabcabcabcabcabc", "さくらさくらさくらさくらさくら"]
        {
            assert_eq!(judged(repeated), Err(Weak::Repeated), "{repeated}");
        }
        for row in ["abcdefghijklmnop", "9876543210qwertyuiop", "qwertyuiopasdfghjkl", "11112222333344445555"]
        {
            let found = judged(row);
            assert!(matches!(found, Err(Weak::Row | Weak::Common)), "{row}: {found:?}");
        }
    }

    #[test]
    fn what_everybody_knows_of_the_user_is_not_most_of_a_password() {
        for known in [
            "hanako01-2026-11",
            "見本商事見本銀行佐藤花子2026",
            "ＨＡＮＡＫＯ０１ sevenmate",
            "mihonginko-sevenmate",
        ] {
            let found = judged(known);
            assert!(matches!(found, Err(Weak::Known { .. })), "{known}: {found:?}");
        }
        assert_eq!(judged("hanako01 ga mita yume"), Ok(()), "enough of it is the user's own");
    }

    #[test]
    fn a_password_is_the_same_on_every_keyboard() {
        assert_eq!(normalised("ｶﾞ①Ａ"), "ガ1A");
        assert_eq!(normalised("か\u{3099}"), "が");
    }

    #[test]
    fn every_reason_is_told() {
        let known = Weak::Known { word: "hanako01".to_owned() };
        for weak in [
            Weak::Short { min: 15, found: 3 },
            Weak::Long,
            Weak::Common,
            Weak::Repeated,
            Weak::Row,
            known,
            Weak::Same,
            Weak::Differs,
        ] {
            assert!(weak.words().ends_with('。'), "{weak:?}");
        }
    }
}
