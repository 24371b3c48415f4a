//! Days and moments as the pages write them, in English: `令和8年11月30日(月)` is `30 Nov 2026 (Mon)`.

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const WEEKDAYS: [(char, &str); 7] =
    [('日', "Sun"), ('月', "Mon"), ('火', "Tue"), ('水', "Wed"), ('木', "Thu"), ('金', "Fri"), ('土', "Sat")];

/// The eras, each with the year before its first.
const ERAS: [(&str, u32); 3] = [("令和", 2018), ("平成", 1988), ("昭和", 1925)];

/// A day, or a moment of it, that is all of the text: `11月24日(火) 10:05`, `2026年11月24日`, `令和元年5月1日(水)`.
pub(super) fn english(text: &str) -> Option<String> {
    let (year, rest) = year(text)?;
    let (month, rest) = number(rest, "月")?;
    let month = MONTHS.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    let (day, rest) = number(rest, "日")?;
    let (weekday, rest) = weekday(rest)?;
    let is_time = |time: &str| time.bytes().all(|b| b.is_ascii_digit() || b == b':') && time.contains(':');
    let time = match rest.strip_prefix(' ') {
        Some(time) if is_time(time) => rest,
        None if rest.is_empty() => "",
        _ => return None,
    };
    let year = year.map_or_else(String::new, |year| format!(" {year}"));
    let weekday = weekday.map_or_else(String::new, |weekday| format!(" ({weekday})"));
    Some(format!("{day} {month}{year}{weekday}{time}"))
}

/// Whether the text is the day of the week as a day has it behind it, in brackets.
pub(super) fn is_weekday(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next();
    chars.next().is_none() && WEEKDAYS.iter().any(|(weekday, _)| first == Some(*weekday))
}

/// The year of the Western calendar that the text begins with, where it begins with one.
fn year(text: &str) -> Option<(Option<u32>, &str)> {
    for (era, before) in ERAS {
        if let Some(rest) = text.strip_prefix(era) {
            let (year, rest) = match rest.strip_prefix("元年") {
                Some(rest) => (1, rest),
                None => number(rest, "年")?,
            };
            return Some((Some(before + year), rest));
        }
    }
    match number(text, "年") {
        Some((year, rest)) => Some((Some(year), rest)),
        None => Some((None, text)),
    }
}

/// Up to four digits before a unit.
fn number<'a>(text: &'a str, unit: &str) -> Option<(u32, &'a str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).take(5).count();
    let rest = text.get(digits..)?.strip_prefix(unit)?;
    let is_short = digits <= 4;
    Some((text.get(..digits)?.parse().ok().filter(|_| is_short)?, rest))
}

fn weekday(text: &str) -> Option<(Option<&'static str>, &str)> {
    let Some(rest) = text.strip_prefix('(') else { return Some((None, text)) };
    let (_, name) = WEEKDAYS.into_iter().find(|(weekday, _)| rest.starts_with(*weekday))?;
    let mut rest = rest.chars();
    rest.next();
    Some((Some(name), rest.as_str().strip_prefix(')')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_every_form_are_read() {
        for (japanese, expected) in [
            ("11月24日(火) 10:05", "24 Nov (Tue) 10:05"),
            ("2026年11月24日(火)", "24 Nov 2026 (Tue)"),
            ("2026年11月24日(火) 9:58", "24 Nov 2026 (Tue) 9:58"),
            ("2027年1月31日", "31 Jan 2027"),
            ("令和8年11月30日(月)", "30 Nov 2026 (Mon)"),
            ("令和元年5月1日(水)", "1 May 2019 (Wed)"),
            ("昭和64年1月7日(土)", "7 Jan 1989 (Sat)"),
            ("11月24日", "24 Nov"),
        ] {
            assert_eq!(english(japanese).as_deref(), Some(expected), "{japanese}");
        }
    }

    #[test]
    fn what_is_no_day_is_left() {
        for text in
            ["", "11月", "13月1日", "0月1日", "11月24日まで", "11月24日(祝)", "11月24日 ", "99999年1月1日"]
        {
            assert_eq!(english(text), None, "{text}");
        }
    }
}
