//! 収納機関: payments rest, hours and fees change from a day on, by two people.

use database::testing::TestDatabase;
use domain::Timestamp;
use http::StatusCode;

use super::support::{CHECKER, MAKER, Office, approve, done, propose, proposed};
use crate::payeasy_entry::{Entry, code};
use crate::support::{Browser, Page};
use crate::wrong_numbers::PENSION;

database::on_both!(
    payments_to_a_collector_rest_when_two_people_say_so_and_no_longer,
    hours_and_fees_of_a_collector_hold_from_their_day_on,
    a_collector_that_has_no_hours_today_is_not_called_open,
);

const REST: &str = "/collectors/00500/suspension";

fn set_clock(office: &Office, at: &str) {
    let at = Timestamp::parse_rfc3339(&format!("{at}+09:00")).unwrap();
    office.world.clock.advance_seconds(at.seconds_since(office.world.clock.now()));
}

/// Types the numbers of a pension premium.
async fn ask(browser: &mut Browser, entry: &Entry) -> Page {
    let csrf = browser.get(&entry.page("numbers")).await.token();
    let (_, customer, confirmation) = PENSION;
    let form =
        [("csrf", csrf.as_str()), ("customer_number", customer), ("confirmation_number", confirmation)];
    browser.post(&entry.page("numbers"), &form).await
}

async fn a_collector_that_has_no_hours_today_is_not_called_open(test: TestDatabase) {
    let office = Office::new(test).await;
    let today = async |at: &str| {
        set_clock(&office, at);
        let list = office.signed_in(MAKER).await.get("/collectors").await;
        (list.body.matches("取扱中").count(), list.body.matches("本日休み").count())
    };
    let (on_friday, none) = today("2026-11-27T10:00:00").await;
    assert_eq!(none, 0, "all are open on a weekday");
    let (on_saturday, resting) = today("2026-11-28T10:00:00").await;
    assert!(resting > 0 && on_saturday + resting == on_friday, "{on_friday} {on_saturday} {resting}");
}

async fn payments_to_a_collector_rest_when_two_people_say_so_and_no_longer(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let list = maker.get("/collectors").await;
    let listed = office.console.gateway.directory().all().len();
    assert!(listed >= 28 && list.body.matches("data-h=\"本日\"").count() == listed, "{listed}");
    assert!(list.body.contains("取扱中") && !list.body.contains(">休止<"), "{}", list.body);
    for (typed, field) in [
        ([("state", ""), ("cause", "障害のため"), ("until", ""), ("from", "2026-11-24")], "state"),
        ([("state", "rest"), ("cause", " "), ("until", ""), ("from", "2026-11-24")], "cause"),
        ([("state", "rest"), ("cause", "障害のため"), ("until", "3日"), ("from", "2026-11-24")], "until"),
        (
            [("state", "rest"), ("cause", "障害のため"), ("until", "2026-11-24"), ("from", "2026-11-25")],
            "until",
        ),
        ([("state", "rest"), ("cause", "障害のため"), ("until", ""), ("from", "2026-11-23")], "from"),
        ([("state", "open"), ("cause", ""), ("until", ""), ("from", "2026-11-24")], "state"),
    ] {
        let wrong = propose(&mut maker, REST, &typed).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed:?}");
        assert!(wrong.body.contains(&format!("id=\"{field}-error\"")), "{field} {}", wrong.body);
    }
    let rest = [("state", "rest"), ("cause", "<b>障害のため"), ("until", ""), ("from", "2026-11-24")];
    let without = [&rest[..], &[("document", " ")]].concat();
    assert_eq!(
        propose(&mut maker, REST, &without).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "no paper"
    );
    for gone in ["/collectors/12345/suspension", "/collectors/00500/name", "/settings/collector"] {
        assert_eq!(maker.get(gone).await.status, StatusCode::NOT_FOUND, "{gone}");
    }
    let mut customer = office.world.signed_in().await;
    let entry = Entry::begin(&mut customer, "00500").await;
    let request = proposed(&mut maker, REST, &rest).await;
    let csrf = maker.get(&request).await.token();
    let own = maker.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "nobody approves what he proposed");
    let review = checker.get(&request).await;
    for words in ["取扱休止", "終わりは未定", "2026-本-0012", "再送と結果の確定は続きます"]
    {
        assert!(review.body.contains(words), "{words} in {}", review.body);
    }
    assert!(!review.body.contains("<b>障害"), "{}", review.body);
    approve(&mut checker, &request).await;
    let refused = ask(&mut customer, &entry).await;
    assert_eq!(code(&refused), "P-108");
    assert!(
        refused.body.contains("再開の日は決まっていません。理由: &#60;b&#62;障害のため。"),
        "{}",
        refused.body
    );
    assert!(customer.get("/payeasy/collectors").await.body.contains("休止中"));
    let page = customer.get("/payeasy/collectors/00500").await;
    assert!(page.body.contains("取扱休止") && !page.body.contains("この収納機関に払い込む"), "{}", page.body);
    assert!(maker.get("/collectors").await.body.contains(">休止<"));
    assert!(maker.get("/home").await.body.contains("取扱休止(終わりは未定)"));
    // others go on, and it is taken again from the next midnight on
    assert_eq!(network.clearings("00500").await.len(), 0);
    let again = [("state", "open"), ("cause", ""), ("until", ""), ("from", "2026-11-25")];
    done(&mut maker, &mut checker, REST, &again).await;
    assert!(maker.get("/collectors").await.body.contains("取扱休止: 取り扱う"), "what is to come is listed");
    set_clock(&office, "2026-11-24T23:59:59");
    let mut customer = office.world.signed_in().await;
    let entry = Entry::begin(&mut customer, "00500").await;
    assert_eq!(code(&ask(&mut customer, &entry).await), "P-108");
    set_clock(&office, "2026-11-25T00:00:00");
    assert_eq!(ask(&mut customer, &entry).await.location(), entry.page("bills"));
    let trail = office.audit().await;
    let changes = trail.iter().filter(|(_, action, _)| action == "setting.change").count();
    assert_eq!(changes, 2, "{trail:?}");
}

async fn hours_and_fees_of_a_collector_hold_from_their_day_on(test: TestDatabase) {
    let (office, _network) = Office::connected(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let (hours, fee) = ("/collectors/00500/hours", "/collectors/00500/fee");
    assert_eq!(maker.get(hours).await.value("weekdays"), "00:00-24:00", "as they are");
    let typed = |weekdays, saturdays| {
        [("weekdays", weekdays), ("saturdays", saturdays), ("holidays", ""), ("from", "2026-11-25")]
    };
    for (typed, field) in [
        (typed("9-15", ""), "weekdays"),
        (typed("09:00-15:00", "15:00-12:00"), "saturdays"),
        (typed("", ""), "weekdays"),
    ] {
        let wrong = propose(&mut maker, hours, &typed).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains(&format!("id=\"{field}-error\"")), "{field} {}", wrong.body);
    }
    done(&mut maker, &mut checker, hours, &typed("09:00-12:00、13:00-15:00", "")).await;
    done(&mut maker, &mut checker, fee, &[("value", "1:110 30000:330"), ("from", "2026-11-25")]).await;
    let list = maker.get("/collectors").await;
    assert!(list.body.contains("手数料: 110 円、30,000 円以上は 330 円"), "{}", list.body);
    for (at, answered) in [
        ("2026-11-24T23:59:59", true),
        ("2026-11-25T08:59:59", false),
        ("2026-11-25T09:00:00", true),
        ("2026-11-25T11:59:59", true),
        ("2026-11-25T12:00:00", false),
        ("2026-11-25T14:54:59", true),
        ("2026-11-25T15:00:00", false),
    ] {
        set_clock(&office, at);
        let mut customer = office.world.signed_in().await;
        let entry = Entry::begin(&mut customer, "00500").await;
        let page = ask(&mut customer, &entry).await;
        if answered {
            assert_eq!(page.location(), entry.page("bills"), "{at} {}", page.body);
        } else {
            assert_eq!(code(&page), "P-104", "{at}");
        }
        let shown = customer.get("/payeasy/collectors/00500").await.body;
        assert_eq!(shown.contains("30,000 円以上は 330 円"), at > "2026-11-25", "{at} {shown}");
    }
    let mut maker = office.signed_in(MAKER).await;
    let mut checker = office.signed_in(CHECKER).await;
    done(&mut maker, &mut checker, hours, &[("value", "row"), ("from", "2026-11-25")]).await;
    let mut customer = office.world.signed_in().await;
    let entry = Entry::begin(&mut customer, "00500").await;
    assert_eq!(ask(&mut customer, &entry).await.location(), entry.page("bills"), "day and night again");
}
