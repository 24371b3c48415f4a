//! Forms that another site sends, or that nobody was shown.

use database::read;
use database::testing::TestDatabase;
use http::{Method, StatusCode};
use internet_banking::contracts::Role;

use crate::approvals::signed_in;
use crate::matrix::addresses;
use crate::repeats_and_limits::add;
use crate::support::{Browser, World};

database::on_both!(no_form_without_its_token_or_from_another_site_does_anything,);

/// Takes a file; what is none is refused before its token is looked at.
const FILES: &[&str] =
    &["/payeasy/el/picture", "/payees/import", "/employees/import", "/bulk/file", "/bulk/new"];

/// Takes what a collector's site has sealed, and nothing else; that has its own tests (SEC-39).
const HAND_OVER: &str = "/payeasy/link/entry";

/// What is wrong with a form, the headers it comes with, and its fields.
type Way<'a> = (&'static str, &'static [(&'static str, &'static str)], &'a str);

/// Every address of the bank's pages, before the sign-in and after it, by somebody who may do all of it.
///
/// Proves SEC-30.
async fn no_form_without_its_token_or_from_another_site_does_anything(test: TestDatabase) {
    let world = World::new(test).await;
    add(&world, "master1", Role::Master, "T-0002", 8).await;
    let mut master = signed_in(&world, "master1").await;
    let token = master.get("/home").await.token();
    let written = async || -> i64 {
        read!(world.bank.database, |c| sqlx::query_scalar("SELECT count(*) FROM audit").fetch_one(c).await)
            .unwrap()
    };
    let before = written().await;
    let mut wrong = Vec::new();
    let mut forms = 0;
    for route in addresses().into_iter().filter(|route| route != HAND_OVER) {
        let path = filled(&route, &world);
        let right = format!("csrf={token}");
        let ways: [Way<'_>; 4] = [
            ("no token", &[], ""),
            ("another token", &[], "csrf=x"),
            ("another site", &[("sec-fetch-site", "cross-site")], &right),
            ("another origin", &[("origin", "https://evil.example")], &right),
        ];
        for (what, headers, form) in ways {
            let page = send(&mut master, &path, headers, form).await;
            let refused = match page {
                StatusCode::FORBIDDEN => true,
                // it takes no form at all
                StatusCode::METHOD_NOT_ALLOWED => {
                    forms -= 1;
                    true
                }
                status => FILES.contains(&route.as_str()) && status == StatusCode::BAD_REQUEST,
            };
            forms += 1;
            if !refused {
                wrong.push(format!("{route}, {what}: {page}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(forms > 4 * 40, "{forms}");
    assert_eq!(written().await, before, "nothing was done");
    assert_eq!(master.get("/home").await.status, StatusCode::OK, "nor was anybody signed out");
}

async fn send(browser: &mut Browser, path: &str, headers: &[(&str, &str)], form: &str) -> StatusCode {
    browser.send(Method::POST, path, headers, form).await.status
}

/// The address of something that is there, or could be.
fn filled(route: &str, world: &World) -> String {
    let places = [
        ("{account}", "1001".to_owned()),
        ("{user}", world.hanako.to_string()),
        ("{act}", "suspend".to_owned()),
        ("{collector}", "00200".to_owned()),
        ("{code}", "P-101".to_owned()),
    ];
    places.iter().fold(route.to_owned(), |path, (name, value)| path.replace(name, value))
}
