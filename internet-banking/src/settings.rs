//! 設定: what the bank sets for everybody, each value from a day on. The program has a value for the time before; two
//! people of the bank set the next one. A further setting is a row of [`SETTINGS`] and whoever asks for it.

mod bulk;
mod collectors;
mod transfer;

use std::borrow::Cow;

use database::{Database, Row, Table, read};
use domain::hours::{ClosedSpan, Window};
use domain::money::AmountError;
use domain::{Date, Timestamp, Yen};
use gateway::set_part;

use crate::contracts::registry::digits;
use crate::hours::{self, ServiceHours};
use crate::payeasy::bounds::Bounds;
use crate::sign_in::ThrottleLimits;
use crate::{certificates, payees, tokens, users};

pub use self::bulk::{
    BULK_TRANSFER_HOURS, DIRECT_DEBIT_HOURS, LOCAL_TAX_HOURS, SALARY_HOURS, hours_of as bulk_hours,
};
pub use transfer::{
    OTHER_BANKS_FEE, OTHER_BANKS_UNTIL, OWN_BANK_FEE, OWN_BANK_UNTIL, RECALL_FEE, SAME_BRANCH_FEE,
    keep_transfer_terms, transfer_terms,
};

static DATED: Table =
    Table { name: "dated_setting", columns: &["name", "from_day", "at_us", "value", "actor"] };

/// Values of one setting that its history shows at most.
const HISTORY_MAX: i64 = 200;

/// A setting: what it is called, what it is where nobody has set it, and what can be one of its values.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The word in addresses and in the database.
    pub name: Cow<'static, str>,
    /// What the staff calls it.
    pub label: Cow<'static, str>,
    /// How a value is typed.
    pub hint: &'static str,
    /// What the program has.
    embedded: fn() -> String,
    /// A typed value as it is kept; an error is what is wrong with it.
    read: fn(&str) -> Result<String, &'static str>,
    /// A kept value in words.
    shown: fn(&str) -> String,
    /// Whether a value holds on its own day alone, and not from it on.
    one_day: bool,
}

/// 1日の限度額 of a contract that has none of its own, to private collectors.
pub static PAYEASY_DAILY_LIMIT: Setting = Setting {
    name: Cow::Borrowed("payeasy-daily-limit"),
    label: Cow::Borrowed("民間の収納機関への1日の限度額(個別の定めのない契約)"),
    hint: "円の金額です。契約ごとに定めた限度額は変わりません。",
    embedded: || Bounds::embedded().daily_limit.contract.get().to_string(),
    read: |typed| read_yen(typed).map(|yen| yen.get().to_string()),
    shown: shown_yen,
    one_day: false,
};

fn shown_yen(kept: &str) -> String {
    kept.parse().map_or_else(|_| kept.to_owned(), |yen| format!("{} 円", Yen::new(yen)))
}

/// Client certificates of a contract: the master's and all others' together (R44, C1).
pub static CERTIFICATES_MAX: Setting = Setting {
    name: Cow::Borrowed("certificates-max"),
    label: Cow::Borrowed("1契約の電子証明書の枚数"),
    hint: "1から1,000までの枚数です。すでに発行した電子証明書は失効しません。",
    embedded: || certificates::bounds::Bounds::embedded().certificates_max.to_string(),
    read: |typed| read_count(typed, 1_000).ok_or("枚数を1から1,000までの数字で入力してください。"),
    shown: |kept| format!("{kept} 枚"),
    one_day: false,
};

/// Users of a contract, the master among them (R44, C1).
pub static USERS_MAX: Setting = Setting {
    name: Cow::Borrowed("users-max"),
    label: Cow::Borrowed("1契約の利用者数(マスターユーザを含む)"),
    hint: "1から1,000までの人数です。すでに登録した利用者は減りません。",
    embedded: || users::bounds::Bounds::embedded().users_max.to_string(),
    read: |typed| read_count(typed, 1_000).ok_or("人数を1から1,000までの数字で入力してください。"),
    shown: |kept| format!("{kept} 名"),
    one_day: false,
};

/// Wrong one-time passwords in a row that lock a token (R58, R59).
pub static TOKEN_FAILURES_MAX: Setting = Setting {
    name: Cow::Borrowed("token-failures-max"),
    label: Cow::Borrowed("ワンタイムパスワードの利用停止までの誤り回数"),
    hint: "1から100までの回数です。数えている途中のトークンにも、開始日から新しい回数が効きます。",
    embedded: || tokens::failures_max().to_string(),
    read: |typed| read_count(typed, 100).ok_or("回数を1から100までの数字で入力してください。"),
    shown: |kept| format!("{kept} 回"),
    one_day: false,
};

/// Wrong passwords in a row that block a customer's login ID for a while.
pub static SIGN_IN_FAILURES_MAX: Setting = Setting {
    name: Cow::Borrowed("sign-in-failures-max"),
    label: Cow::Borrowed("ログインの一時停止までの誤り回数(お客さま)"),
    hint: "1から100までの回数です。一時停止の長さと、続いたときの利用停止は変わりません。",
    embedded: || ThrottleLimits::default().login_failures_max.to_string(),
    read: |typed| read_count(typed, 100).ok_or("回数を1から100までの数字で入力してください。"),
    shown: |kept| format!("{kept} 回"),
    one_day: false,
};

/// Wrong numbers of slips in a row that stop Pay-easy for a user until the end of the day (SEC-40).
pub static WRONG_NUMBERS_MAX: Setting = Setting {
    name: Cow::Borrowed("payeasy-wrong-numbers-max"),
    label: Cow::Borrowed("納付番号・確認番号の誤りで当日停止するまでの回数"),
    hint: "1から100までの回数です。この回数続けて誤ると、その日は払い込めません。",
    embedded: || Bounds::embedded().wrong_numbers.in_a_row_max.to_string(),
    read: |typed| read_count(typed, 100).ok_or("回数を1から100までの数字で入力してください。"),
    shown: |kept| format!("{kept} 回"),
    one_day: false,
};

/// Accounts in a row that are not there, which lock the name check for a user (R90).
pub static NAMES_MISSING_MAX: Setting = Setting {
    name: Cow::Borrowed("name-check-missing-max"),
    label: Cow::Borrowed("口座確認の停止までの、該当口座なしの回数"),
    hint: "1から1,000までの回数です。契約全体の回数は、これより少なくなりません。",
    embedded: || payees::bounds::Bounds::embedded().name_check.missing_max.to_string(),
    read: |typed| read_count(typed, 1_000).ok_or("回数を1から1,000までの数字で入力してください。"),
    shown: |kept| format!("{kept} 回"),
    one_day: false,
};

/// Names shown in a row without a transfer, which do (R91).
pub static NAMES_SHOWN_MAX: Setting = Setting {
    name: Cow::Borrowed("name-check-shown-max"),
    label: Cow::Borrowed("口座確認の停止までの、振込をせずに名義を表示した回数"),
    hint: "1から1,000までの回数です。契約全体の回数は、これより少なくなりません。",
    embedded: || payees::bounds::Bounds::embedded().name_check.shown_max.to_string(),
    read: |typed| read_count(typed, 1_000).ok_or("回数を1から1,000までの数字で入力してください。"),
    shown: |kept| format!("{kept} 回"),
    one_day: false,
};

/// Days for which a temporary password opens a session (R14).
pub static TEMPORARY_PASSWORD_DAYS: Setting = Setting {
    name: Cow::Borrowed("temporary-password-days"),
    label: Cow::Borrowed("仮のパスワードの期限(日数)"),
    hint: "1から30までの日数です。すでに発行した仮のパスワードの期限は変わりません。",
    embedded: || users::bounds::Bounds::embedded().temporary_password_days.to_string(),
    read: |typed| read_count(typed, 30).ok_or("日数を1から30までの数字で入力してください。"),
    shown: |kept| format!("{kept} 日"),
    one_day: false,
};

/// 再発行手数料 and that of a further token (R64, R66).
pub static TOKEN_FEE: Setting = Setting {
    name: Cow::Borrowed("token-fee"),
    label: Cow::Borrowed("トークンの手数料(追加発行・再発行、1つ、税込み)"),
    hint: "円の金額です。開始日からの発行に効きます。すでに発生した手数料は変わりません。",
    embedded: || tokens::fees::embedded().get().to_string(),
    read: |typed| read_yen(typed).map(|yen| yen.get().to_string()),
    shown: shown_yen,
    one_day: false,
};

/// 緊急連絡先, which whoever cannot sign in calls at any hour (SEC-43). At first a number that no telephone has.
pub static EMERGENCY_PHONE: Setting = Setting {
    name: Cow::Borrowed("emergency-phone"),
    label: Cow::Borrowed("緊急連絡先の電話番号(緊急利用停止の画面)"),
    hint: "24時間・365日つながる番号です。数字とハイフンで入力します。例: 0120-123-456",
    embedded: || "0120-000-000".to_owned(),
    read: |typed| read_phone(typed).ok_or("電話番号を、0で始まる10けたか11けたで入力してください。"),
    shown: str::to_owned,
    one_day: false,
};

/// A Japanese telephone number in ASCII, grouped as it was typed.
fn read_phone(typed: &str) -> Option<String> {
    let plain: String = typed
        .trim()
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
            'ー' | '－' | '‐' | '−' => '-',
            c => c,
        })
        .collect();
    let groups: Vec<&str> = plain.split('-').collect();
    let all_digits =
        groups.iter().all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    let count: usize = groups.iter().map(|group| group.len()).sum();
    (all_digits && plain.starts_with('0') && (10..=11).contains(&count)).then_some(plain)
}

/// 利用時間 of every day on which the bank's pages are not closed (R110).
pub static SERVICE_HOURS: Setting = Setting {
    name: Cow::Borrowed("service-hours"),
    label: Cow::Borrowed("ご利用時間(毎日)"),
    hint: "開始と終了の時刻です。例: 08:00-21:00。終了の時刻には、利用中のお客さまも終わります。",
    embedded: || ServiceHours::embedded().daily(),
    read: |typed| {
        let window = typed.trim().parse::<Window>();
        window.map(|window| window.to_string()).map_err(|_| "時刻を 08:00-21:00 のように入力してください。")
    },
    shown: |kept| kept.parse::<Window>().map_or_else(|_| kept.to_owned(), |window| window.text()),
    one_day: false,
};

/// 休止日 of every year (R112).
pub static CLOSED_DAYS: Setting = Setting {
    name: Cow::Borrowed("closed-days"),
    label: Cow::Borrowed("毎年の休止日"),
    hint: "月日の範囲を空白で区切って、10個まで入力します。例: 12-31..01-03 05-03..05-05。なしは none です。",
    embedded: || ServiceHours::embedded().closed(),
    read: |typed| {
        let wrong =
            "月日の範囲を 12-31..01-03 のように入力してください。ない場合は none と入力してください。";
        let spans = hours::read_spans(typed).ok_or(wrong)?;
        Ok(hours::written_spans(&spans))
    },
    shown: |kept| {
        let spans = hours::read_spans(kept).unwrap_or_default();
        let words: Vec<_> = spans.iter().map(ClosedSpan::text).collect();
        if words.is_empty() { "なし".to_owned() } else { words.join("、") }
    },
    one_day: false,
};

/// 臨時の休止: one day on which the bank's pages are closed.
pub static SPECIAL_DAY: Setting = Setting {
    name: Cow::Borrowed("special-day"),
    label: Cow::Borrowed("臨時の休止日"),
    hint: "closed(終日休止)または ordinary(通常どおり)です。開始日に入力した1日だけに効きます。",
    embedded: || hours::ORDINARY.to_owned(),
    read: |typed| match typed.trim() {
        word if word == hours::CLOSED || word == hours::ORDINARY => Ok(word.to_owned()),
        _ => Err("closed か ordinary を入力してください。"),
    },
    shown: |kept| if kept == hours::CLOSED { "終日休止" } else { "通常どおり" }.to_owned(),
    one_day: true,
};

/// 税金・各種料金, on every day on which one can sign in.
pub static PAYEASY_HOURS: Setting = Setting {
    name: Cow::Borrowed("payeasy-hours"),
    label: Cow::Borrowed("税金・各種料金の取扱時間(毎日)"),
    hint: "開始と終了の時刻です。例: 08:00-20:00。ご利用時間と収納機関の取扱時間の外では、この時間でも受け付けません。終日は 00:00-24:00 です。",
    embedded: || ServiceHours::embedded().payeasy(),
    read: SERVICE_HOURS.read,
    shown: SERVICE_HOURS.shown,
    one_day: false,
};

/// 外国送金 and 輸入信用状, on the days on which banks do business (R111).
pub static FOREIGN_HOURS: Setting = Setting {
    name: Cow::Borrowed("foreign-hours"),
    label: Cow::Borrowed("外国送金・輸入信用状の取扱時間(銀行営業日)"),
    hint: "開始と終了の時刻です。例: 09:00-15:00。ご利用時間の外では、この時間でも受け付けません。",
    embedded: || ServiceHours::embedded().foreign(),
    read: SERVICE_HOURS.read,
    shown: SERVICE_HOURS.shown,
    one_day: false,
};

fn read_count(typed: &str, most: i64) -> Option<String> {
    let count = digits(typed).and_then(|digits| digits.parse::<i64>().ok());
    count.filter(|count| (1..=most).contains(count)).map(|count| count.to_string())
}

/// Every setting, in the order of the page.
pub static SETTINGS: &[&Setting] = &[
    &PAYEASY_DAILY_LIMIT,
    &CERTIFICATES_MAX,
    &USERS_MAX,
    &TOKEN_FAILURES_MAX,
    &SIGN_IN_FAILURES_MAX,
    &WRONG_NUMBERS_MAX,
    &NAMES_MISSING_MAX,
    &NAMES_SHOWN_MAX,
    &TEMPORARY_PASSWORD_DAYS,
    &TOKEN_FEE,
    &EMERGENCY_PHONE,
    &SERVICE_HOURS,
    &CLOSED_DAYS,
    &SPECIAL_DAY,
    &PAYEASY_HOURS,
    &BULK_TRANSFER_HOURS,
    &SALARY_HOURS,
    &DIRECT_DEBIT_HOURS,
    &LOCAL_TAX_HOURS,
    &FOREIGN_HOURS,
    &OWN_BANK_UNTIL,
    &OTHER_BANKS_UNTIL,
    &SAME_BRANCH_FEE,
    &OWN_BANK_FEE,
    &OTHER_BANKS_FEE,
    &RECALL_FEE,
];

fn read_yen(typed: &str) -> Result<Yen, &'static str> {
    Yen::parse_typed(typed).map_err(|error| match error {
        AmountError::Empty => "金額を入力してください。",
        AmountError::NotDigit(_) => "金額は数字で入力してください。",
        AmountError::TooLarge => "金額は 11 けたまでです。",
    })
}

impl Setting {
    /// The setting of a word, those of collectors among them.
    pub fn of(name: &str) -> Option<Self> {
        let found = SETTINGS.iter().find(|setting| setting.name == name).map(|found| (*found).clone());
        found.or_else(|| set_part(name).map(|(collector, part)| Self::of_collector(&collector, part)))
    }

    /// A typed value as it is kept; an error is what is wrong with it.
    pub fn read(&self, typed: &str) -> Result<String, &'static str> {
        (self.read)(typed)
    }

    /// A kept value in words.
    pub fn shown(&self, kept: &str) -> String {
        (self.shown)(kept)
    }

    /// What the program has.
    pub fn embedded(&self) -> String {
        (self.embedded)()
    }

    /// The value that holds on a day.
    pub async fn on(&self, database: &Database, day: Date) -> Result<String, sqlx::Error> {
        let found: Option<String> = read!(database, |c| {
            sqlx::query_scalar(
                "SELECT value FROM dated_setting WHERE name = $1 AND from_day <= $2 AND ($3 = 0 OR from_day = $2)
                 ORDER BY from_day DESC, at_us DESC LIMIT 1",
            )
            .bind(self.name.as_ref())
            .bind(day.to_string())
            .bind(i64::from(self.one_day))
            .fetch_optional(c)
            .await
        })?;
        // what two people approved was read, and one that a later program cannot read is none
        Ok(found.filter(|kept| self.read(kept).is_ok()).unwrap_or_else(|| self.embedded()))
    }

    /// Every value that was set, the latest day first.
    pub async fn history(&self, database: &Database) -> Result<Vec<Dated>, sqlx::Error> {
        let rows: Vec<(String, i64, String, String)> = read!(database, |c| {
            sqlx::query_as(
                "SELECT from_day, at_us, value, actor FROM dated_setting WHERE name = $1
                 ORDER BY from_day DESC, at_us DESC LIMIT $2",
            )
            .bind(self.name.as_ref())
            .bind(HISTORY_MAX)
            .fetch_all(c)
            .await
        })?;
        let dated = |(from, at_us, value, actor): (String, i64, String, String)| {
            Some(Dated { from: from.parse().ok()?, at: Timestamp::from_micros(at_us), value, actor })
        };
        Ok(rows.into_iter().filter_map(dated).collect())
    }

    /// The row of a value from a day on, for the commit of the request that asked for it.
    pub fn row(&self, from: Date, value: &str, actor: &str, now: Timestamp) -> Row {
        Row {
            table: &DATED,
            values: vec![
                self.name.as_ref().into(),
                from.to_string().into(),
                now.micros().into(),
                value.into(),
                actor.into(),
            ],
        }
    }
}

/// A value that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// From which day on.
    pub from: Date,
    /// When it was set.
    pub at: Timestamp,
    /// The value as it is kept.
    pub value: String,
    /// Who approved it.
    pub actor: String,
}

/// The daily limit of contracts that have none of their own, on a day.
pub async fn payeasy_daily_limit(database: &Database, day: Date) -> Result<Yen, sqlx::Error> {
    let kept = PAYEASY_DAILY_LIMIT.on(database, day).await?;
    Ok(kept.parse().map_or_else(|_| Bounds::embedded().daily_limit.contract, Yen::new))
}

/// The certificates that a contract may have, on a day.
pub async fn certificates_max(database: &Database, day: Date) -> Result<i64, sqlx::Error> {
    CERTIFICATES_MAX.number(database, day).await
}

impl Setting {
    /// A setting that is a number, on a day.
    pub async fn number(&self, database: &Database, day: Date) -> Result<i64, sqlx::Error> {
        let kept = self.on(database, day).await?;
        // what is embedded was read by a test
        Ok(kept.parse().or_else(|_| self.embedded().parse()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use database::execute;
    use database::testing::TestDatabase;

    database::on_both!(the_value_of_the_latest_day_that_has_come_holds);

    async fn the_value_of_the_latest_day_that_has_come_holds(test: TestDatabase) {
        let set = async |from: &str, at_us: i64, value: &str| {
            let sql = "INSERT INTO dated_setting (name, from_day, at_us, value, actor) VALUES ($1, $2, $3, $4, 'a')";
            execute!(test.database, sql, PAYEASY_DAILY_LIMIT.name.as_ref(), from, at_us, value).unwrap();
        };
        let on =
            async |day: &str| payeasy_daily_limit(&test.database, day.parse().unwrap()).await.unwrap().get();
        assert_eq!(on("2026-11-24").await, 10_000_000);
        set("2026-12-01", 2, "500").await;
        set("2026-11-26", 3, "700").await;
        assert_eq!([on("2026-11-25").await, on("2026-11-26").await], [10_000_000, 700]);
        assert_eq!([on("2026-11-30").await, on("2026-12-01").await], [700, 500]);
        set("2026-12-01", 4, "900").await;
        assert_eq!(on("2027-01-01").await, 900, "the newest word for a day");
        let history = PAYEASY_DAILY_LIMIT.history(&test.database).await.unwrap();
        assert_eq!(
            history.iter().map(|dated| dated.value.as_str()).collect::<Vec<_>>(),
            ["900", "500", "700"]
        );
        set("2027-02-01", 5, "many").await;
        assert_eq!(on("2027-02-01").await, 10_000_000, "what does not read is none");
    }

    #[test]
    fn every_setting_reads_what_the_program_has_and_is_found_by_its_word() {
        for setting in SETTINGS {
            assert!(setting.read(&setting.embedded()).is_ok(), "{}", setting.name);
            assert_eq!(Setting::of(&setting.name).map(|found| found.name), Some(setting.name.clone()));
            assert!(!setting.shown(&setting.embedded()).is_empty() && !setting.label.is_ascii());
        }
        assert!(PAYEASY_DAILY_LIMIT.read("たくさん").is_err() && PAYEASY_DAILY_LIMIT.read("-1").is_err());
        assert_eq!(PAYEASY_DAILY_LIMIT.read("５,０００円"), Ok("5000".to_owned()));
        assert_eq!(CERTIFICATES_MAX.read(" ２０"), Ok("20".to_owned()));
        for typed in ["", "0", "1001", "二十"] {
            assert!(CERTIFICATES_MAX.read(typed).is_err(), "{typed}");
        }
        assert_eq!(EMERGENCY_PHONE.read(" ０１２０－123－456"), Ok("0120-123-456".to_owned()));
        assert_eq!(EMERGENCY_PHONE.read("0312345678"), Ok("0312345678".to_owned()));
        for typed in ["", "120-123-4567", "0120-123-45", "0120--123-456", "0120-123-45678a", "090-1234-56789"]
        {
            assert!(EMERGENCY_PHONE.read(typed).is_err(), "{typed}");
        }
        assert_eq!(OWN_BANK_UNTIL.embedded(), "16:00");
        assert_eq!(OTHER_BANKS_UNTIL.read(" 15:30 "), Ok("15:30".to_owned()));
        for typed in ["14:30", "15:31", "25:00", "3"] {
            assert!(OTHER_BANKS_UNTIL.read(typed).is_err(), "{typed}");
        }
        assert_eq!(OTHER_BANKS_FEE.read("４００ 1,000"), Ok("400 1000".to_owned()));
        assert_eq!(OTHER_BANKS_FEE.shown("400 1000"), "3万円未満 400 円、3万円以上 1,000 円");
        assert!(OTHER_BANKS_FEE.read("400").is_err());
    }
}
