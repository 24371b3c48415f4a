//! 設定: what the bank sets for everybody, each value from a day on. The program has a value for the time before; two
//! people of the bank set the next one. A further setting is a row of [`SETTINGS`] and whoever asks for it.

use database::{Database, Row, Table, read};
use domain::money::AmountError;
use domain::{Date, Timestamp, Yen};

use crate::certificates;
use crate::contracts::registry::digits;
use crate::payeasy::bounds::Bounds;

static DATED: Table =
    Table { name: "dated_setting", columns: &["name", "from_day", "at_us", "value", "actor"] };

/// Values of one setting that its history shows at most.
const HISTORY_MAX: i64 = 200;

/// A setting: what it is called, what it is where nobody has set it, and what can be one of its values.
#[derive(Debug)]
pub struct Setting {
    /// The word in addresses and in the database.
    pub name: &'static str,
    /// What the staff calls it.
    pub label: &'static str,
    /// How a value is typed.
    pub hint: &'static str,
    /// What the program has.
    embedded: fn() -> String,
    /// A typed value as it is kept; an error is what is wrong with it.
    read: fn(&str) -> Result<String, &'static str>,
    /// A kept value in words.
    shown: fn(&str) -> String,
}

/// 1日の限度額 of a contract that has none of its own, to private collectors.
pub static PAYEASY_DAILY_LIMIT: Setting = Setting {
    name: "payeasy-daily-limit",
    label: "民間の収納機関への1日の限度額(個別の定めのない契約)",
    hint: "円の金額です。契約ごとに定めた限度額は変わりません。",
    embedded: || Bounds::embedded().daily_limit.contract.get().to_string(),
    read: |typed| read_yen(typed).map(|yen| yen.get().to_string()),
    shown: |kept| kept.parse().map_or_else(|_| kept.to_owned(), |yen| format!("{} 円", Yen::new(yen))),
};

/// Client certificates of a contract: the master's and all others' together (R44, C1).
pub static CERTIFICATES_MAX: Setting = Setting {
    name: "certificates-max",
    label: "1契約の電子証明書の枚数",
    hint: "1から1,000までの枚数です。すでに発行した電子証明書は失効しません。",
    embedded: || certificates::bounds::Bounds::embedded().certificates_max.to_string(),
    read: |typed| {
        let count = digits(typed).and_then(|digits| digits.parse::<i64>().ok());
        let count = count.filter(|count| (1..=1_000).contains(count));
        count.map(|count| count.to_string()).ok_or("枚数を1から1,000までの数字で入力してください。")
    },
    shown: |kept| format!("{kept} 枚"),
};

/// Every setting, in the order of the page.
pub static SETTINGS: &[&Setting] = &[&PAYEASY_DAILY_LIMIT, &CERTIFICATES_MAX];

fn read_yen(typed: &str) -> Result<Yen, &'static str> {
    Yen::parse_typed(typed).map_err(|error| match error {
        AmountError::Empty => "金額を入力してください。",
        AmountError::NotDigit(_) => "金額は数字で入力してください。",
        AmountError::TooLarge => "金額は 11 けたまでです。",
    })
}

impl Setting {
    /// The setting of a word.
    pub fn of(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().copied().find(|setting| setting.name == name)
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
                "SELECT value FROM dated_setting WHERE name = $1 AND from_day <= $2
                 ORDER BY from_day DESC, at_us DESC LIMIT 1",
            )
            .bind(self.name)
            .bind(day.to_string())
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
            .bind(self.name)
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
    pub(crate) fn row(&self, from: Date, value: &str, actor: &str, now: Timestamp) -> Row {
        Row {
            table: &DATED,
            values: vec![
                self.name.into(),
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
    let kept = CERTIFICATES_MAX.on(database, day).await?;
    Ok(kept.parse().unwrap_or_else(|_| certificates::bounds::Bounds::embedded().certificates_max))
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
            execute!(test.database, sql, PAYEASY_DAILY_LIMIT.name, from, at_us, value).unwrap();
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
            assert_eq!(Setting::of(setting.name).map(|found| found.name), Some(setting.name));
            assert!(!setting.shown(&setting.embedded()).is_empty() && !setting.label.is_ascii());
        }
        assert!(PAYEASY_DAILY_LIMIT.read("たくさん").is_err() && PAYEASY_DAILY_LIMIT.read("-1").is_err());
        assert_eq!(PAYEASY_DAILY_LIMIT.read("５,０００円"), Ok("5000".to_owned()));
        assert_eq!(CERTIFICATES_MAX.read(" ２０"), Ok("20".to_owned()));
        for typed in ["", "0", "1001", "二十"] {
            assert!(CERTIFICATES_MAX.read(typed).is_err(), "{typed}");
        }
    }
}
