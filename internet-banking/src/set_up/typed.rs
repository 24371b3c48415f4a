//! What can be typed of the master.

use crate::contracts::SignInMethod;
use crate::contracts::registry;
use crate::sign_in::PASSWORD_CHARS_MAX;

/// Characters of a login ID.
const LOGIN_ID_CHARS: std::ops::RangeInclusive<usize> = 6..=32;
/// Characters of a name at most.
const NAME_CHARS_MAX: usize = 30;

/// ログインID: letters, digits, `-` and `_`.
pub fn login_id(typed: &str) -> Result<String, &'static str> {
    let typed = typed.trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if typed.chars().all(fits) && LOGIN_ID_CHARS.contains(&typed.len()) {
        Ok(typed.to_owned())
    } else {
        Err("ログインIDを、半角の英字・数字・「-」・「_」で、6文字から32文字までで入力してください。")
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
    registry::email(typed.trim()).ok_or("メールアドレスを64文字までで正しく入力してください。")
}

/// Characters of a password at least: fewer where a certificate goes with it.
pub const fn chars_min(method: SignInMethod) -> usize {
    match method {
        SignInMethod::Certificate => 12,
        SignInMethod::Password => 15,
    }
}

/// A password: long enough, and not what anybody would try first.
pub fn password(typed: &str, method: SignInMethod, about: &[&str]) -> Result<(), String> {
    let (chars, min) = (typed.chars().count(), chars_min(method));
    if !(min..=PASSWORD_CHARS_MAX).contains(&chars) {
        return Err(format!("{min}文字以上、{PASSWORD_CHARS_MAX}文字までで入力してください。"));
    }
    let lower = typed.to_lowercase();
    let tells = |word: &&&str| !word.is_empty() && lower.contains(&word.to_lowercase());
    if about.iter().filter(tells).count() > 0 {
        return Err("会社名やログインIDを含むパスワードは、推測されやすいため使えません。".to_owned());
    }
    let first = lower.chars().next();
    if lower.chars().all(|c| Some(c) == first) {
        return Err("同じ文字だけのパスワードは、推測されやすいため使えません。".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_does_not_name_the_company_or_the_person() {
        let about = ["株式会社見本商事", "hanako01"];
        let good = |typed: &str, method| password(typed, method, &about).is_ok();
        assert!(good("haru-wa-akebono", SignInMethod::Password));
        assert!(!good("haru-wa-akebon", SignInMethod::Password), "14 characters");
        assert!(good("haru-wa-akebon", SignInMethod::Certificate));
        assert!(!good("watashi-HANAKO01-desu", SignInMethod::Certificate));
        assert!(!good("株式会社見本商事の暗証番号です", SignInMethod::Certificate));
        assert!(!good(&"a".repeat(20), SignInMethod::Certificate));
        assert!(!good(&"ab".repeat(65), SignInMethod::Certificate), "130 characters");
    }

    #[test]
    fn a_login_id_and_a_name_have_their_lengths() {
        assert_eq!(login_id(" hanako_01 "), Ok("hanako_01".to_owned()));
        for bad in ["", "short", "hana ko", "花子花子花子"] {
            assert!(login_id(bad).is_err(), "{bad}");
        }
        assert_eq!(name(" 経理\t佐藤 "), Ok("経理 佐藤".to_owned()));
        assert!(name("").is_err() && name(&"あ".repeat(31)).is_err());
    }
}
