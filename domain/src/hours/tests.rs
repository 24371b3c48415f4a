use super::*;

/// The bank's data service: every day 8 to 21 except over New Year and the May holidays (R110 to R112).
const BANK: &str = r#"[{"from": "2000-01-01", "weekdays": ["08:00-21:00"], "saturdays": ["08:00-21:00"],
    "holidays": ["08:00-21:00"], "closed": ["12-31..01-03", "05-03..05-05"]}]"#;

/// Weekdays in two parts, Saturdays in the morning; round the clock from 2027 on.
const CHANGING: &str = r#"[
    {"from": "2026-11-01", "weekdays": ["09:00-12:00", "13:00-15:00"], "saturdays": ["09:00-12:00"],
     "holidays": []},
    {"from": "2027-01-01", "weekdays": ["00:00-24:00"], "saturdays": ["00:00-24:00"],
     "holidays": ["00:00-24:00"], "closed": ["01-04..01-04"]}]"#;

fn hours(json: &str) -> Hours {
    serde_json::from_str(json).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(&format!("{text}+09:00")).unwrap()
}

#[test]
fn the_second_of_opening_is_open_and_the_second_of_closing_is_not() {
    let bank = hours(BANK);
    for (instant, open) in [
        ("2026-11-24T07:59:59", false),
        ("2026-11-24T07:59:59.999999", false),
        ("2026-11-24T08:00:00", true),
        ("2026-11-24T20:59:59", true),
        ("2026-11-24T20:59:59.999999", true),
        ("2026-11-24T21:00:00", false),
    ] {
        assert_eq!(bank.is_open(at(instant)), open, "{instant}");
    }
}

#[test]
fn closed_days_are_closed_from_midnight_to_midnight() {
    let bank = hours(BANK);
    for (instant, open) in [
        ("2026-12-30T20:59:59", true),
        ("2026-12-31T08:00:00", false),
        ("2027-01-03T20:59:59", false),
        ("2027-01-04T08:00:00", true),
        ("2027-05-02T20:59:59", true),
        ("2027-05-03T12:00:00", false),
        ("2027-05-05T12:00:00", false),
        ("2027-05-06T08:00:00", true),
    ] {
        assert_eq!(bank.is_open(at(instant)), open, "{instant}");
    }
    assert_eq!(bank.next_opening(at("2026-12-30T21:00:00")), Some(at("2027-01-04T08:00:00")));
}

#[test]
fn openings_and_closings_are_found() {
    let bank = hours(BANK);
    assert_eq!(bank.next_opening(at("2026-11-24T07:00:00")), Some(at("2026-11-24T08:00:00")));
    assert_eq!(bank.next_opening(at("2026-11-24T12:34:56")), Some(at("2026-11-24T12:34:56")));
    assert_eq!(bank.next_opening(at("2026-11-24T21:00:00")), Some(at("2026-11-25T08:00:00")));
    assert_eq!(bank.next_closing(at("2026-11-24T08:00:00")), Some(at("2026-11-24T21:00:00")));
    assert_eq!(bank.next_closing(at("2026-11-24T20:59:59")), Some(at("2026-11-24T21:00:00")));
    assert_eq!(bank.next_closing(at("2026-11-24T21:00:00")), None);
    assert_eq!(bank.next_closing(at("2026-11-24T07:00:00")), None);
}

#[test]
fn the_kind_of_day_decides_and_a_pause_is_a_closing() {
    let service = hours(CHANGING);
    assert!(!service.is_open(at("2026-11-24T12:30:00")));
    assert_eq!(service.next_closing(at("2026-11-24T09:00:00")), Some(at("2026-11-24T12:00:00")));
    assert_eq!(service.next_opening(at("2026-11-24T12:00:00")), Some(at("2026-11-24T13:00:00")));
    // Saturday, Sunday, and the holiday of Monday 23 November
    assert!(service.is_open(at("2026-11-21T11:59:59")));
    assert!(!service.is_open(at("2026-11-22T11:00:00")));
    assert_eq!(service.next_opening(at("2026-11-21T12:00:00")), Some(at("2026-11-24T09:00:00")));
}

#[test]
fn a_new_version_applies_from_its_first_day() {
    let service = hours(CHANGING);
    assert!(!service.is_open(at("2026-10-30T10:00:00")));
    assert!(!service.is_open(at("2026-12-31T23:59:59")));
    assert!(service.is_open(at("2027-01-01T00:00:00")));
    // open over two midnights until the closed day begins
    assert_eq!(service.next_closing(at("2027-01-02T10:00:00")), Some(at("2027-01-04T00:00:00")));
    assert_eq!(service.next_opening(at("2027-01-04T00:00:00")), Some(at("2027-01-05T00:00:00")));
}

#[test]
fn a_service_that_never_closes_has_no_closing() {
    let always = Hours::always();
    let now = at("2026-11-24T10:00:00");
    assert!(always.is_open(now));
    assert_eq!(always.next_opening(now), Some(now));
    assert_eq!(always.next_closing(now), None);
    assert_eq!(always.text(now.date()), "毎日 24時間");
}

#[test]
fn a_service_that_never_opens_has_no_opening() {
    let never = hours(r#"[{"from": "2000-01-01", "weekdays": [], "saturdays": [], "holidays": []}]"#);
    assert_eq!(never.next_opening(at("2026-11-24T10:00:00")), None);
    assert_eq!(never.text("2026-11-24".parse().unwrap()), "休止");
}

#[test]
fn people_read_the_hours() {
    let on = |json: &str, date: &str| hours(json).text(date.parse().unwrap());
    assert_eq!(on(BANK, "2026-11-24"), "毎日 8:00〜21:00(12月31日〜1月3日・5月3日〜5月5日は休止)");
    assert_eq!(on(CHANGING, "2026-11-24"), "平日 9:00〜12:00・13:00〜15:00、土曜 9:00〜12:00(日祝は休止)");
    assert_eq!(on(CHANGING, "2026-10-01"), "取扱なし");
}

#[test]
fn data_that_makes_no_sense_is_refused() {
    let refused = |json: &str| serde_json::from_str::<Hours>(json).unwrap_err().to_string();
    let version = |from: &str, windows: &str| {
        format!(r#"{{"from": "{from}", "weekdays": [{windows}], "saturdays": [], "holidays": []}}"#)
    };
    let whole = version("2026-01-01", "");
    assert!(refused("[]").contains("no hours"));
    assert!(refused(&format!("[{whole},{whole}]")).contains("not in the order"));
    let overlap = version("2026-01-01", r#""08:00-12:00", "11:59-13:00""#);
    assert!(refused(&format!("[{overlap}]")).contains("overlap"));
    assert!(refused(&format!("[{}]", version("2026-01-01", r#""8-12""#))).contains("HH:MM"));
    assert!(refused(&format!("[{}]", whole.replace("saturdays", "saturday"))).contains("unknown field"));
}

#[test]
fn data_round_trips() {
    for json in [BANK, CHANGING] {
        let read = hours(json);
        assert_eq!(hours(&serde_json::to_string(&read).unwrap()), read);
    }
}
