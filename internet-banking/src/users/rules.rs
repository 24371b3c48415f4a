//! What can be typed of a user.

use crate::passwords::normalised;

/// Characters of a login ID.
pub const LOGIN_ID_CHARS: std::ops::RangeInclusive<usize> = 6..=32;
/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 30;
/// Characters of a mail address.
const EMAIL_CHARS_MAX: usize = 254;

/// ログインID: letters, digits, `-` and `_`; one that was typed in full width is the same.
pub fn login_id(typed: &str) -> Result<String, &'static str> {
    let typed = normalised(typed.trim());
    if typed.is_empty() {
        return Err("ログインIDを入力してください。");
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if typed.chars().all(fits) && LOGIN_ID_CHARS.contains(&typed.len()) {
        Ok(typed)
    } else {
        Err("ログインIDは、半角の英字・数字・「-」・「_」で、6文字から32文字までです。")
    }
}

/// A name: one line.
pub fn name(typed: &str) -> Result<String, &'static str> {
    let line: String = typed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let name = line.trim();
    match name.chars().count() {
        0 => Err("利用者名を入力してください。"),
        1..=NAME_CHARS_MAX => Ok(name.to_owned()),
        _ => Err("利用者名は30文字までです。"),
    }
}

/// A mail address that a mail can be sent to.
pub fn email(typed: &str) -> Result<String, &'static str> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err("メールアドレスを入力してください。");
    }
    let reads = typed.is_ascii()
        && typed.len() <= EMAIL_CHARS_MAX
        && typed.parse::<lettre::Address>().is_ok_and(|address| address.domain().contains('.'));
    if reads {
        Ok(typed.to_owned())
    } else {
        Err("メールアドレスの形が正しくありません。例: suzuki@example.jp")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_id_has_six_to_thirty_two_letters_digits_and_strokes() {
        for good in ["hanako", " hanako_01 ", "A-1_b2", &"a".repeat(32)] {
            assert_eq!(login_id(good), Ok(good.trim().to_owned()));
        }
        assert_eq!(login_id("ｈａｎａｋｏ＿０１"), Ok("hanako_01".to_owned()));
        for bad in ["", "short", &"a".repeat(33), "hana ko", "花子花子花子", "hanako!", "hanako@x"] {
            assert!(login_id(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_is_one_line_of_thirty_characters() {
        assert_eq!(name("\u{3000}経理\t佐藤 "), Ok("経理 佐藤".to_owned()));
        assert!(name(&"あ".repeat(30)).is_ok() && name(&"あ".repeat(31)).is_err() && name(" \n").is_err());
    }

    #[test]
    fn a_mail_address_is_one_that_reads() {
        for good in ["suzuki@example.jp", " a.b+c@mail.example.co.jp "] {
            assert_eq!(email(good), Ok(good.trim().to_owned()));
        }
        let long = format!("{}@example.jp", "a".repeat(250));
        for bad in
            ["", "suzuki", "suzuki@", "@example.jp", "a b@example.jp", "a@localhost", "あ@example.jp", &long]
        {
            assert!(email(bad).is_err(), "{bad}");
        }
        assert!(email("a@example.jp\r\nBcc: b@example.jp").is_err());
    }
}
