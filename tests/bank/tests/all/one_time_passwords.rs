//! The table of operations that demand a one-time password, walked: where it demands one, the form without the field is
//! refused; where not, the form goes through (SEC-14).

use database::testing::TestDatabase;
use domain::UserId;
use http::StatusCode;
use internet_banking::contracts::Role;
use internet_banking::tokens::Operation;

use crate::payeasy_entry::{Entry, bill};
use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, PASSWORD, Page, World};

database::on_both!(an_operation_is_refused_without_the_password_that_the_table_demands);

const CONFIRMED: (&str, &str) = ("confirmation_password", PASSWORD);
const PRIVATE: &str = "99022";
const TAX: &str = "00200";

/// What a form without the field led to.
enum Outcome {
    Refused,
    Done,
}

impl Outcome {
    fn of(page: &Page) -> Self {
        match page.fields("error_code").concat().as_str() {
            "T-100" => Self::Refused,
            "" if page.status == StatusCode::SEE_OTHER || page.status == StatusCode::OK => Self::Done,
            code => panic!("{} {code}: {}", page.status, page.body),
        }
    }
}

async fn pay(world: &World, browser: &mut Browser, collector: &str) -> Page {
    let entry = Entry::answered(world, browser, collector, &[bill("B1", 700)]).await;
    entry.choose(browser, "B1", 1_001).await;
    let review = entry.review(browser).await;
    let asks = review.body.contains("name=\"one_time_password\"");
    let pressed = entry.press(browser, &review, &[CONFIRMED]).await;
    assert_eq!(
        asks,
        matches!(Outcome::of(&pressed), Outcome::Refused),
        "the page asks where the operation does"
    );
    pressed
}

/// As far as the operations are there.
///
/// Proves R52, R53, R54, R55, R56, R57, SEC-14.
async fn an_operation_is_refused_without_the_password_that_the_table_demands(test: TestDatabase) {
    let world = World::new(test).await;
    let master: UserId = add(&world, "master01", Role::Master, "T-0001", 1).await;
    add(&world, "taro01", Role::General, "T-0002", 2).await;
    let mut browser = world.browser();
    browser.sign_in("master01", PASSWORD).await;
    for operation in Operation::ALL {
        let page = match operation {
            Operation::PayeasyPrivate => pay(&world, &mut browser, PRIVATE).await,
            Operation::PayeasyTreasury => pay(&world, &mut browser, TAX).await,
            Operation::PayeasyLimit => {
                let path = format!("/payeasy/limits/{master}");
                let csrf = browser.get(&path).await.token();
                browser.post(&path, &[("csrf", &csrf), ("limit", "5000")]).await
            }
            Operation::PayeasyFavourite => {
                let history = browser.get("/payeasy/history").await.body;
                let (_, rest) = history.split_once("href=\"/payeasy/payments/").expect("a payment");
                let again = format!("/payeasy/payments/{}/again", rest.split('"').next().unwrap());
                let csrf = browser.get(&again).await.token();
                browser.post(&again, &[("csrf", &csrf), ("action", "keep"), ("name", "税務署")]).await
            }
            Operation::TokenRevoke => {
                let csrf = browser.get("/admin/tokens").await.token();
                let form = [("csrf", csrf.as_str()), ("serial", "T-0002"), ("act", "revoke")];
                browser.post("/admin/tokens/do", &form).await
            }
            Operation::Inquiry => browser.get("/home").await,
            // their pages walk the table themselves, or are still to come
            Operation::CertificateRenew
            | Operation::CertificateRevoke
            | Operation::UserRegister
            | Operation::ApprovalSettings
            | Operation::TransferAtWill
            | Operation::TransferRegistered
            | Operation::PayeeRegister
            | Operation::BulkTransferApprove
            | Operation::BulkSalaryApprove
            | Operation::BulkPayeeRegister
            | Operation::BulkFileSend
            | Operation::BulkLocalTaxApprove
            | Operation::BulkDebitApprove
            | Operation::ForeignRemittanceApprove
            | Operation::ForeignCreditApprove => continue,
        };
        let refused = matches!(Outcome::of(&page), Outcome::Refused);
        assert_eq!(refused, operation.demands_one(), "{operation:?}: {}", page.body);
    }
    // with the field the same form goes through
    let csrf = browser.get("/admin/tokens").await.token();
    let code = fresh(&world, "T-0001").await;
    let form =
        [("csrf", csrf.as_str()), ("serial", "T-0002"), ("act", "revoke"), ("one_time_password", &code)];
    assert_eq!(browser.post("/admin/tokens/do", &form).await.location(), "/admin/tokens?done=revoke");
}
