use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(&format!("{text}+09:00")).unwrap()
}

fn open_until(text: &str) -> Standing {
    Standing::Open { until: Some(at(text)) }
}

fn closed_before(text: &str) -> Standing {
    Standing::Closed { opens: Some(at(text)) }
}

/// Proves R110.
#[test]
fn one_signs_in_from_eight_to_twenty_one_on_every_day_of_the_week() {
    let hours = ServiceHours::embedded();
    let sign_in = |text: &str| hours.standing(Service::SignIn, at(text));
    // Tuesday, Saturday, Sunday, and a holiday on a Monday
    for (day, next) in [
        ("2026-11-24", "2026-11-25"),
        ("2026-11-28", "2026-11-29"),
        ("2026-11-29", "2026-11-30"),
        ("2026-11-23", "2026-11-24"),
    ] {
        let opens = format!("{day}T08:00:00");
        assert_eq!(sign_in(&format!("{day}T07:59:59")), closed_before(&opens), "{day}");
        assert_eq!(sign_in(&format!("{day}T07:59:59.999999")), closed_before(&opens), "{day}");
        let closes = format!("{day}T21:00:00");
        assert_eq!(sign_in(&opens), open_until(&closes), "{day}");
        assert_eq!(sign_in(&format!("{day}T20:59:59")), open_until(&closes), "{day}");
        assert_eq!(sign_in(&closes), closed_before(&format!("{next}T08:00:00")), "{day}");
    }
}

/// Proves R112.
#[test]
fn new_year_and_the_may_holidays_are_closed() {
    let hours = ServiceHours::embedded();
    let sign_in = |text: &str| hours.standing(Service::SignIn, at(text));
    assert_eq!(sign_in("2026-12-30T20:59:59"), open_until("2026-12-30T21:00:00"));
    for closed in ["2026-12-30T21:00:00", "2026-12-31T10:00:00", "2027-01-01T10:00:00", "2027-01-03T20:59:59"]
    {
        assert_eq!(sign_in(closed), closed_before("2027-01-04T08:00:00"), "{closed}");
    }
    assert_eq!(sign_in("2027-01-04T08:00:00"), open_until("2027-01-04T21:00:00"));
    assert_eq!(sign_in("2026-05-02T10:00:00"), open_until("2026-05-02T21:00:00"));
    for closed in ["2026-05-02T21:00:00", "2026-05-03T10:00:00", "2026-05-04T10:00:00", "2026-05-05T20:59:59"]
    {
        assert_eq!(sign_in(closed), closed_before("2026-05-06T08:00:00"), "{closed}");
    }
    // a Wednesday in place of the holiday on the Sunday: a holiday, on which one signs in
    assert_eq!(sign_in("2026-05-06T10:00:00"), open_until("2026-05-06T21:00:00"));
}

#[test]
fn what_waits_for_people_waits_until_they_are_signed_in_last() {
    let hours = ServiceHours::embedded();
    for (until, last) in [
        // a cut-off within the hours is itself
        ("2026-11-25T15:00:00", "2026-11-25T15:00:00"),
        ("2026-11-25T08:00:01", "2026-11-25T08:00:01"),
        ("2026-11-25T21:00:00", "2026-11-25T21:00:00"),
        // the eve of a day ends at nine
        ("2026-11-25T00:00:00", "2026-11-24T21:00:00"),
        ("2026-11-25T08:00:00", "2026-11-24T21:00:00"),
        // over closed days: New Year, and May
        ("2027-01-04T00:00:00", "2026-12-30T21:00:00"),
        ("2026-05-06T00:00:00", "2026-05-02T21:00:00"),
    ] {
        assert_eq!(hours.last_sign_in(at(until)), at(last), "{until}");
    }
    let until = at("2026-11-25T00:00:00");
    assert_eq!(ServiceHours::always().last_sign_in(until), until);
}

/// Proves R110, R112.
#[test]
fn foreign_business_is_done_on_the_days_of_banks_alone() {
    let hours = ServiceHours::embedded();
    let foreign = |text: &str| hours.standing(Service::Foreign, at(text));
    assert_eq!(foreign("2026-11-24T07:59:59"), closed_before("2026-11-24T08:00:00"));
    assert_eq!(foreign("2026-11-24T08:00:00"), open_until("2026-11-24T21:00:00"));
    // from Friday evening over Saturday, Sunday and a Monday that is a holiday
    for closed in ["2026-11-20T21:00:00", "2026-11-21T10:00:00", "2026-11-22T10:00:00", "2026-11-23T10:00:00"]
    {
        assert_eq!(foreign(closed), closed_before("2026-11-24T08:00:00"), "{closed}");
    }
    for closed in ["2026-05-02T10:00:00", "2026-05-05T10:00:00", "2026-05-06T10:00:00"] {
        assert_eq!(foreign(closed), closed_before("2026-05-07T08:00:00"), "{closed}");
    }
    assert_eq!(foreign("2026-12-31T10:00:00"), closed_before("2027-01-04T08:00:00"));
    for (number, date) in at("2026-01-01T00:00:00").date().iter_days().take(800).enumerate() {
        let noon = Timestamp::from_jst(date, chrono::NaiveTime::from_hms_opt(12, 0, 0).unwrap());
        let open = matches!(hours.standing(Service::Foreign, noon), Standing::Open { .. });
        let day = (chrono::Datelike::month(&date), chrono::Datelike::day(&date));
        let closed = ((5, 3)..=(5, 5)).contains(&day);
        assert_eq!(open, domain::calendar::is_business_day(date) && !closed, "{number}: {date}");
    }
}

/// Proves R111, SEC-25.
#[test]
fn a_session_ends_with_the_hours_in_which_it_began() {
    let hours = ServiceHours::embedded();
    assert_eq!(hours.session_end(at("2026-11-24T08:00:00")), Some(at("2026-11-24T21:00:00")));
    assert_eq!(hours.session_end(at("2026-11-24T20:59:59")), Some(at("2026-11-24T21:00:00")));
    let outside = at("2026-11-24T21:00:00");
    assert_eq!(hours.session_end(outside), Some(outside), "there is none");
    assert_eq!(ServiceHours::always().session_end(outside), None);
}

#[test]
fn hours_change_from_a_day_on_and_words_tell_them() {
    let longer = "
        [[sign_in]]
        from = \"2026-01-01\"
        weekdays = [\"08:00-21:00\"]
        saturdays = []
        holidays = []
        [[sign_in]]
        from = \"2027-04-01\"
        weekdays = [\"07:00-23:00\"]
        saturdays = []
        holidays = []
        [[foreign]]
        from = \"2027-04-02\"
        weekdays = [\"06:00-08:00\"]
        saturdays = []
        holidays = []";
    let hours = ServiceHours::parse(longer).unwrap();
    let sign_in = |text: &str| hours.standing(Service::SignIn, at(text));
    assert_eq!(sign_in("2025-12-31T23:00:00"), closed_before("2026-01-02T08:00:00"));
    assert_eq!(sign_in("2027-03-31T21:30:00"), closed_before("2027-04-01T07:00:00"));
    assert_eq!(sign_in("2027-04-01T21:30:00"), open_until("2027-04-01T23:00:00"));
    let foreign = |text: &str| hours.standing(Service::Foreign, at(text));
    assert_eq!(foreign("2027-04-01T12:00:00"), closed_before("2027-04-02T07:00:00"), "when both are open");
    assert_eq!(foreign("2027-04-02T07:30:00"), open_until("2027-04-02T08:00:00"));
    let words = ServiceHours::embedded().words(at("2026-11-24T10:00:00"));
    assert_eq!(words, "毎日 8:00〜21:00(12月31日〜1月3日・5月3日〜5月5日は休止)");
    assert!(ServiceHours::parse("").is_err() && ServiceHours::parse("[[sign_in]]\nfrom = \"x\"").is_err());
}
