//! Prints the calendar of a span of years, one `date,name` a line, to be compared with other implementations:
//! `cargo run -p domain --example holidays -- 2000 2027`.

use std::io::Write as _;

use chrono::Datelike;
use domain::{Date, calendar};

fn main() -> Result<(), String> {
    let mut years = std::env::args().skip(1).map(|year| year.parse::<i32>());
    let (Some(Ok(first)), Some(Ok(last))) = (years.next(), years.next()) else {
        return Err("give the first and the last year: holidays 2000 2027".to_owned());
    };
    let start = Date::from_ymd_opt(first, 1, 1).ok_or("that is no year of the calendar")?;
    let mut lines = String::new();
    for date in start.iter_days().take_while(|date| date.year() <= last) {
        if let Some(holiday) = calendar::holiday(date) {
            lines.push_str(&format!("{date},{}\n", holiday.name));
        }
    }
    std::io::stdout().write_all(lines.as_bytes()).map_err(|error| error.to_string())
}
