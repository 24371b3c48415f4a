//! 設定: a value for all contracts, from a day on, by two people.

use database::testing::TestDatabase;
use http::StatusCode;

use super::support::{CHECKER, MAKER, Office, approve, done, propose, proposed};

database::on_both!(a_setting_has_another_value_from_its_day_on, a_contracts_own_limit_stays);

const LIMIT: &str = "/settings/payeasy-daily-limit";

async fn a_setting_has_another_value_from_its_day_on(test: TestDatabase) {
    let office = Office::new(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    assert!(maker.get("/settings").await.body.contains("10,000,000 円"));
    for (value, from) in [
        ("たくさん", "2026-11-26"),
        ("5000000", "2026-11-23"),
        ("5000000", "明日"),
        ("10,000,000", "2026-11-26"),
    ] {
        let wrong = propose(&mut maker, LIMIT, &[("value", value), ("from", from)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{value} {from}");
    }
    let by_checker = propose(&mut checker, "/settings", &[]).await;
    assert_ne!(by_checker.status, StatusCode::SEE_OTHER);
    let request = proposed(&mut maker, LIMIT, &[("value", "5,000,000"), ("from", "2026-11-26")]).await;
    let csrf = maker.get(&request).await.token();
    let own = maker.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "nobody approves what he proposed");
    approve(&mut checker, &request).await;
    let mut customer = office.world.signed_in().await;
    assert_eq!(customer.get("/payeasy/limits").await.fields("contract_limit"), ["10,000,000"]);
    assert_eq!(maker.get(LIMIT).await.fields("value"), ["10,000,000 円"]);
    let listed = maker.get(LIMIT).await.body;
    assert!(listed.contains("2026年11月26日") && listed.contains("5,000,000 円"), "the history: {listed}");
    office.world.clock.advance_seconds(2 * 86_400);
    let mut customer = office.world.signed_in().await;
    assert_eq!(customer.get("/payeasy/limits").await.fields("contract_limit"), ["5,000,000"]);
    let trail = office.audit().await;
    assert!(trail.iter().any(|(_, action, _)| action == "setting.change"), "{trail:?}");
    let mut maker = office.signed_in(MAKER).await;
    assert_eq!(maker.get("/settings/none").await.status, StatusCode::NOT_FOUND);
}

async fn a_contracts_own_limit_stays(test: TestDatabase) {
    let office = Office::new(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let own = format!("/contracts/{}/procedures/limit", office.world.contract);
    done(&mut maker, &mut checker, &own, &[("value", "20000000")]).await;
    done(&mut maker, &mut checker, LIMIT, &[("value", "1"), ("from", "2026-11-24")]).await;
    let mut customer = office.world.signed_in().await;
    assert_eq!(customer.get("/payeasy/limits").await.fields("contract_limit"), ["20,000,000"]);
}
