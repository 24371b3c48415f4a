//! What a mail says. No address to sign in at, no whole account number, and the company's own phrase (SEC-38).

use database::{Row, Table};
use domain::{Timestamp, UserId};

use super::Recipient;
use crate::contracts::Contract;
use crate::frame::{SITE_NAME, year_day_and_time};

static MAIL: Table =
    Table { name: "mail", columns: &["id", "contract", "app_user", "address", "subject", "body", "at_us"] };

/// Digits of an account number that a mail shows.
const DIGITS_SHOWN: usize = 3;

/// What stands before an account number.
const ACCOUNT_KINDS: [&str; 3] = ["普通", "当座", "貯蓄"];

/// What happened, as it is told to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Names the event for ever, in letters of a Message-ID: `user-add-…`.
    pub event: String,
    /// What happened, in a few words.
    pub title: String,
    /// The facts.
    pub lines: Vec<(&'static str, String)>,
    /// What the reader does where it was nobody of the company, or what comes next.
    pub advice: &'static str,
}

impl Notice {
    /// What most readers must know.
    pub const NOT_YOURS: &str = "お心当たりがない場合は、すぐにお取引店へお電話ください。電話番号は、お手元のご契約の控えをご覧ください。";

    /// The rows of one mail to each, for the commit of the event.
    pub fn rows(&self, contract: &Contract, to: &[Recipient], now: Timestamp) -> Vec<Row> {
        let row = |to: &Recipient| {
            let body = self.body(contract, to, now);
            // no test lets a mail pass that breaks the rules of all mails
            debug_assert!(keeps_the_rules(&body), "{body}");
            Row {
                table: &MAIL,
                values: vec![
                    self.id(to).into(),
                    contract.id.uuid().into(),
                    to.user.uuid().into(),
                    to.address.as_str().into(),
                    self.subject().into(),
                    body.into(),
                    now.micros().into(),
                ],
            }
        };
        to.iter().map(row).collect()
    }

    /// What the mail to one of them is called for ever.
    pub fn id(&self, to: &Recipient) -> String {
        mail_id(&self.event, to.user)
    }

    fn subject(&self) -> String {
        format!("【{SITE_NAME}】{}", self.title)
    }

    fn body(&self, contract: &Contract, to: &Recipient, now: Timestamp) -> String {
        let phrase = match contract.mail_phrase.as_str() {
            "" => "お客さま指定の合言葉は登録されていません。".to_owned(),
            phrase => format!("お客さま指定の合言葉: {}", harmless(phrase)),
        };
        let mut lines = vec![
            harmless(&contract.name),
            format!("{} 様", harmless(&to.name)),
            phrase,
            String::new(),
            format!("{}。", self.title),
            String::new(),
            format!("日時: {}", year_day_and_time(now)),
        ];
        lines.extend(self.lines.iter().map(|(name, value)| format!("{name}: {}", harmless(value))));
        lines.extend([
            String::new(),
            self.advice.to_owned(),
            String::new(),
            "当行のメールに、ログインする画面へのリンクはありません。パスワードや暗証番号をお尋ねすることもありません。"
                .to_owned(),
            "このメールには返信できません。".to_owned(),
            SITE_NAME.to_owned(),
            String::new(),
        ]);
        lines.join("\r\n")
    }
}

/// What people have typed, as it may stand in a mail of the bank's: in one line, without anything that a reader's
/// program makes a link of, and without a whole account number. Whoever may name a template could otherwise have the
/// bank send a link to the colleagues (SEC-38).
fn harmless(text: &str) -> String {
    let in_one_line = |c: char| if c.is_control() || is_direction(c) { ' ' } else { c };
    let line: String = text.chars().map(in_one_line).collect();
    let words = line.split(' ').map(|word| if is_address(word) { widened(word) } else { word.to_owned() });
    without_numbers(&words.collect::<Vec<_>>().join(" "))
}

/// Marks that turn the direction of what follows.
const fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether programs take a word for an address of the web: a scheme, or a name with a dot before letters.
fn is_address(word: &str) -> bool {
    let has_domain = word.match_indices('.').any(|(at, _)| {
        let before = word[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let after = word[at + 1..].chars().take_while(char::is_ascii_alphabetic).count();
        before && after >= 2
    });
    word.contains("://") || (has_domain && !word.contains('@')) || word.to_ascii_lowercase().contains("www.")
}

/// The same in full-width signs, of which no program makes an address.
fn widened(word: &str) -> String {
    word.chars()
        .map(|c| match c {
            ':' => '：',
            '/' => '／',
            '.' => '．',
            c => c,
        })
        .collect()
}

/// The text, of whose account numbers the last digits are left.
fn without_numbers(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    let next = |rest: &str| ACCOUNT_KINDS.iter().filter_map(|kind| Some(rest.find(kind)? + kind.len())).min();
    while let Some(end) = next(rest) {
        let after = &rest[end..];
        let gap = after.len() - after.trim_start().len();
        let digits = after[gap..].bytes().take_while(u8::is_ascii_digit).count();
        let (number, after_number) = after[gap..].split_at(digits);
        left.push_str(&rest[..end + gap]);
        left.push_str(&masked(number));
        rest = after_number;
    }
    left + rest
}

/// What the mail about an event to a person is called for ever.
pub fn mail_id(event: &str, user: UserId) -> String {
    format!("{event}.{user}")
}

/// Whether a mail has the line with the company's phrase, no address to sign in at and no whole account number
/// (SEC-38).
fn keeps_the_rules(body: &str) -> bool {
    let has_account = ACCOUNT_KINDS.iter().any(|kind| {
        body.split(kind).skip(1).any(|rest| {
            let digits = rest.trim_start().chars().take_while(char::is_ascii_digit).count();
            digits > DIGITS_SHOWN
        })
    });
    body.contains("お客さま指定の合言葉")
        && !body.contains("://")
        && !body.contains("/sign-in")
        && !has_account
}

/// An account number of which the last digits are left: `普通 ****567`.
pub fn masked(number: &str) -> String {
    let hidden = number.chars().count().saturating_sub(DIGITS_SHOWN);
    let mask = |(place, digit)| if place < hidden { '*' } else { digit };
    number.chars().enumerate().map(mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::{ContractKind, ContractState, Plan, SignInMethod};
    use domain::ContractId;

    fn contract(phrase: &str) -> Contract {
        Contract {
            id: ContractId::generate(),
            name: "株式会社見本商事".to_owned(),
            kind: ContractKind::Company,
            plan: Plan::Web,
            sign_in: SignInMethod::Password,
            state: ContractState::Active,
            mail_phrase: phrase.to_owned(),
            sandbox: false,
        }
    }

    /// Proves R13, SEC-38.
    #[test]
    fn a_mail_has_the_companys_phrase_and_no_address_to_sign_in_at() {
        let notice = Notice {
            event: "user-add-1".to_owned(),
            title: "利用者を追加しました".to_owned(),
            lines: vec![("口座", format!("普通 {}", masked("1234567")))],
            advice: Notice::NOT_YOURS,
        };
        let to = Recipient {
            user: UserId::generate(),
            name: "鈴木一郎".to_owned(),
            address: "suzuki@example.jp".to_owned(),
        };
        let now = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
        let body = notice.body(&contract("梅に鶯"), &to, now);
        assert!(body.contains("お客さま指定の合言葉: 梅に鶯"), "{body}");
        assert!(body.contains("口座: 普通 ****567\r\n"), "{body}");
        assert!(body.contains("パスワードや暗証番号をお尋ねすることもありません"), "{body}");
        assert!(body.contains("日時: 2026年11月24日(火) 10:00\r\n"), "{body}");
        assert!(!body.contains("http") && !body.contains("1234567"), "{body}");
        assert!(keeps_the_rules(&body));
        for wrong in ["口座: 普通 1234567", "https://bank.example/", "ログインは /sign-in から"] {
            assert!(!keeps_the_rules(&format!("{body}{wrong}")), "{wrong}");
        }
        let rows =
            notice.rows(&contract(""), &[to.clone(), Recipient { user: UserId::generate(), ..to }], now);
        assert_eq!(rows.len(), 2);
        assert_ne!(rows[0].values[0], rows[1].values[0], "one an addressee");
    }

    /// Proves SEC-38.
    #[test]
    fn what_people_have_typed_makes_no_link_and_gives_no_number_away() {
        for (typed, shown) in [
            ("本社の源泉所得税", "本社の源泉所得税"),
            ("https://evil.example/sign-in", "https：／／evil．example／sign-in"),
            ("至急 www.evil.example を見る", "至急 www．evil．example を見る"),
            ("evil.example", "evil．example"),
            ("198.51.100.7", "198.51.100.7"),
            ("12.5", "12.5"),
            ("suzuki@example.jp", "suzuki@example.jp"),
            ("一行目\r\nBcc: x", "一行目  Bcc: x"),
            ("逆\u{202e}順", "逆 順"),
            ("本店 普通 1234567 へ、当座0098765", "本店 普通 ****567 へ、当座****765"),
            ("普通", "普通"),
            ("2026年11月24日(火) 10:00", "2026年11月24日(火) 10:00"),
        ] {
            assert_eq!(harmless(typed), shown);
        }
        let notice = Notice {
            event: "x".to_owned(),
            title: "ひな形を登録しました".to_owned(),
            lines: vec![("名前", "http://evil.example/ 普通 1234567".to_owned())],
            advice: Notice::NOT_YOURS,
        };
        let to = Recipient {
            user: UserId::generate(),
            name: "https://evil.example".to_owned(),
            address: "suzuki@example.jp".to_owned(),
        };
        assert!(keeps_the_rules(&notice.body(&contract("www.evil.example"), &to, Timestamp::default())));
    }

    #[test]
    fn short_numbers_are_shown_as_they_are() {
        assert_eq!(masked("12"), "12");
        assert_eq!(masked("1234"), "*234");
        assert_eq!(masked(""), "");
    }
}
