//! Every address of the console × everybody: nobody who is not signed in sees or does anything, what one role may do
//! the other may not, and what is not there is not there.

use std::collections::BTreeSet;

use database::testing::TestDatabase;
use domain::{AlarmId, BreakId, ContractId, PaymentId, SettlementId, StaffId, StaffRequestId, UserId};
use http::{Method, StatusCode};

use super::support::{CHECKER, MAKER, Office};
use crate::matrix::sources;
use crate::support::Browser;

database::on_both!(every_address_of_the_console_answers_whom_the_table_lets_in_and_nobody_else,);

/// Who may send a form there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// The page is only looked at.
    Nobody,
    /// Whoever proposes, and takes cash.
    Maker,
    /// Whoever approves.
    Checker,
    /// Either: to stop, to ask again and to take notice is never too much.
    Both,
}
use Who::{Both, Checker, Maker, Nobody};

/// What answers without a session, and is judged by itself.
const OPEN: &[&str] = &["/", "/help", "/help/{code}", "/sign-in", "/sign-out", "/start"];

/// Every other address: whether there is a page to look at, and who sends its form.
const PAGES: &[(&str, bool, Who)] = &[
    ("/alarms", true, Nobody),
    ("/alarms/{id}/acknowledge", false, Both),
    ("/audit", true, Nobody),
    ("/calendar", true, Nobody),
    ("/collectors", true, Nobody),
    ("/collectors/{collector}/{part}", true, Maker),
    ("/contracts", true, Nobody),
    ("/contracts/new", true, Maker),
    ("/contracts/others", true, Maker),
    ("/contracts/others/{id}/end", false, Maker),
    ("/contracts/{id}", true, Nobody),
    ("/contracts/{id}/mandates", true, Nobody),
    ("/contracts/{id}/mandates/propose", false, Maker),
    ("/contracts/{id}/notice", false, Maker),
    ("/contracts/{id}/procedures/{procedure}", true, Maker),
    ("/contracts/{id}/stop", false, Both),
    ("/contracts/{id}/tokens", true, Nobody),
    ("/contracts/{id}/tokens/propose", false, Maker),
    ("/counter", true, Maker),
    ("/counter/new/{draft}/bills", true, Maker),
    ("/counter/new/{draft}/numbers", true, Maker),
    ("/counter/new/{draft}/review", true, Maker),
    ("/counter/receipts/{id}", true, Nobody),
    ("/days", true, Nobody),
    ("/days/{collector}/{date}", true, Nobody),
    ("/days/{collector}/{date}/counters", false, Both),
    ("/days/{collector}/{date}/propose", false, Maker),
    ("/home", true, Nobody),
    ("/keys", true, Maker),
    ("/payments", true, Nobody),
    ("/payments/{id}", true, Nobody),
    ("/payments/{id}/cancel", false, Maker),
    ("/payments/{id}/propose", false, Maker),
    ("/payments/{id}/resend", false, Both),
    ("/recalls", true, Nobody),
    ("/reconciliation", true, Nobody),
    ("/reconciliation/breaks", true, Nobody),
    ("/reconciliation/breaks/{id}", true, Nobody),
    ("/reconciliation/breaks/{id}/propose", false, Maker),
    ("/reconciliation/compare", false, Both),
    ("/requests", true, Nobody),
    ("/requests/{id}", true, Nobody),
    ("/requests/{id}/approve", false, Checker),
    ("/requests/{id}/send-back", false, Checker),
    ("/requests/{id}/withdraw", false, Maker),
    ("/settings", true, Nobody),
    ("/settings/{name}", true, Maker),
    ("/settlement", true, Nobody),
    ("/settlement/accounts", true, Nobody),
    ("/settlement/{id}", true, Nobody),
    ("/settlement/{id}/close", false, Maker),
    ("/settlement/{id}/pay", false, Maker),
    ("/staff", true, Maker),
    ("/staff/{id}/suspend", false, Maker),
    ("/stops", true, Both),
    ("/stops/{id}/lift", false, Maker),
    ("/token-stock", true, Maker),
    ("/unknown", true, Nobody),
    ("/unknown/resend", false, Both),
    ("/users", true, Nobody),
    ("/users/{id}", true, Nobody),
    ("/users/{id}/lift", false, Maker),
];

/// The addresses in the source of the console's links.
fn addresses() -> BTreeSet<String> {
    let source = std::fs::read_to_string(sources("console").join("links.rs")).unwrap();
    let product = source.split("#[cfg(test)]").next().unwrap();
    let mut found = BTreeSet::new();
    for line in product.lines().map(str::trim) {
        let texts: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
        match texts.as_slice() {
            // `Name(Id) = "before", "after";`
            [before, after] if line.ends_with("\";") && line.contains(") = \"") => {
                found.insert(format!("{before}{{id}}{after}"));
            }
            // `Name = "after";`, of one day
            [after] if line.starts_with("Day") && line.ends_with("\";") => {
                found.insert(format!("/days/{{collector}}/{{date}}{after}"));
            }
            // a route; what builds an address has the route beside it
            [path] if path.starts_with('/') && !path.contains("{}") && !line.starts_with("DayLink") => {
                found.insert(path.split('?').next().unwrap().to_owned());
            }
            _ => {}
        }
    }
    found
}

/// The address with what exists in the place of collectors and settings, and with what nobody has in that of ids.
fn filled(route: &str) -> String {
    let id = match route {
        _ if route.starts_with("/alarms") => AlarmId::generate().to_string(),
        _ if route.starts_with("/contracts") => ContractId::generate().to_string(),
        _ if route.starts_with("/staff") => StaffId::generate().to_string(),
        _ if route.starts_with("/users") => UserId::generate().to_string(),
        _ if route.starts_with("/requests") => StaffRequestId::generate().to_string(),
        _ if route.starts_with("/reconciliation") => BreakId::generate().to_string(),
        _ if route.starts_with("/settlement") => SettlementId::generate().to_string(),
        _ => PaymentId::generate().to_string(),
    };
    let places = [
        ("{id}", id.as_str()),
        ("{collector}", "00200"),
        ("{part}", "hours"),
        ("{name}", "token-fee"),
        ("{procedure}", "plan"),
        ("{date}", "2026-11-24"),
        ("{draft}", "0123456789abcdefghjkmnpqrs"),
    ];
    places.iter().fold(route.to_owned(), |path, (place, value)| path.replace(place, value))
}

/// What is wrong with the answers to a member of staff.
async fn answers(browser: &mut Browser, route: &str, has_page: bool, may_send: bool) -> Vec<String> {
    let (path, mut wrong) = (filled(route), Vec::new());
    let names = ["{id}", "{draft}"].iter().any(|place| route.contains(place));
    let shown = browser.get(&path).await;
    let expected: &[StatusCode] = match (has_page, names) {
        (false, _) => &[StatusCode::METHOD_NOT_ALLOWED],
        (true, true) => &[StatusCode::NOT_FOUND, StatusCode::GONE, StatusCode::FORBIDDEN],
        (true, false) => &[StatusCode::OK],
    };
    if !expected.contains(&shown.status) {
        wrong.push(format!("GET {}", shown.status));
    }
    let csrf = browser.get("/home").await.token();
    let sent = browser.send(Method::POST, &path, &[], &format!("csrf={csrf}")).await;
    let met = match (may_send, names) {
        // whoever may not is told so, or what is missing, or that nothing is there; the one operation behind all
        // proposals asks for the role, which tests with whole forms try
        (false, true) => [403, 404, 405, 409, 410, 422].contains(&sent.status.as_u16()),
        (false, false) => [403, 405, 422].contains(&sent.status.as_u16()),
        // what was acknowledged, or is no alarm, leads back to the list
        (true, true) if route.starts_with("/alarms") => sent.status == StatusCode::SEE_OTHER,
        (true, true) => [404, 409, 410, 422].contains(&sent.status.as_u16()),
        // without a day there is nothing to compare
        (true, false) if route == "/reconciliation/compare" => sent.status == StatusCode::NOT_FOUND,
        (true, false) => [303, 409, 422].contains(&sent.status.as_u16()),
    };
    if !met {
        wrong.push(format!("POST {} where it may be sent: {may_send}", sent.status));
    }
    wrong
}

/// Proves R8, SEC-46.
async fn every_address_of_the_console_answers_whom_the_table_lets_in_and_nobody_else(test: TestDatabase) {
    let known: BTreeSet<String> =
        PAGES.iter().map(|(route, ..)| *route).chain(OPEN.iter().copied()).map(str::to_owned).collect();
    assert_eq!(addresses(), known, "every address is in the table");
    let office = Office::new(test).await;
    let mut wrong = Vec::new();
    let mut nobody = office.browser();
    for (route, ..) in PAGES {
        let path = filled(route);
        let pages = [nobody.get(&path).await, nobody.send(Method::POST, &path, &[], "csrf=x").await];
        for page in pages {
            let led = page.status.is_redirection() && page.location().starts_with("/sign-in");
            let refused = [StatusCode::FORBIDDEN, StatusCode::METHOD_NOT_ALLOWED].contains(&page.status);
            if !led && !refused {
                wrong.push(format!("{route} to nobody: {}", page.status));
            }
        }
    }
    // a customer's session is none here
    let customer = office.world.signed_in().await;
    nobody.cookies = customer.cookies.clone();
    assert_eq!(nobody.get("/home").await.location(), "/sign-in");
    for (member, role) in [(MAKER, Maker), (CHECKER, Checker)] {
        let mut browser = office.signed_in(member).await;
        for (route, has_page, who) in PAGES {
            let may_send = *who == role || *who == Both;
            let found = answers(&mut browser, route, *has_page, may_send).await;
            wrong.extend(found.into_iter().map(|what| format!("{} {route}: {what}", member.login_id)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let trail = office.audit().await;
    let proposed = trail.iter().filter(|(_, action, _)| action == "request.propose").count();
    assert_eq!(proposed, 0, "no empty form proposes anything");
}
