//! The list of transfers: found by 指定日, 受取人名 and 受付番号; and what of it is kept as a template under a name.

use database::testing::TestDatabase;
use http::StatusCode;

use crate::support::{Browser, World};
use crate::transfer_entry::{Transfer, order_of};

database::on_both!(orders_are_found_by_day_payee_and_number, a_template_has_the_name_that_it_is_kept_under);

const LIST: &str = "/transfers/orders";

async fn numbers(browser: &mut Browser, query: &str) -> Vec<String> {
    browser.get(&format!("{LIST}?{query}")).await.fields("number")
}

async fn orders_are_found_by_day_payee_and_number(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    let mut placed = Vec::new();
    for day in ["2026-11-24", "2026-11-25"] {
        let entry = Transfer::own(&mut hanako, "1000", day).await.ok().unwrap();
        let order = order_of(&entry.confirm(&mut hanako).await);
        placed.extend(hanako.get(&order).await.fields("number"));
        world.clock.advance_seconds(1);
    }
    let [today, tomorrow] = placed.as_slice() else { panic!("{placed:?}") };
    assert_eq!(numbers(&mut hanako, "").await, [tomorrow.clone(), today.clone()]);
    for (query, found) in [
        ("until=2026-11-24", vec![today]),
        ("from=2026-11-25", vec![tomorrow]),
        ("from=2026-11-24&until=2026-11-25", vec![tomorrow, today]),
        ("from=2026-11-26", Vec::new()),
        // みほん, and アオバ
        ("q=%E3%81%BF%E3%81%BB%E3%82%93", vec![tomorrow, today]),
        ("q=%E3%82%A2%E3%82%AA%E3%83%90", Vec::new()),
        // what no name can have
        ("q=%E9%9D%92%E8%91%89", Vec::new()),
        ("q=261124-00000000", Vec::new()),
        ("state=reserved", vec![tomorrow]),
    ] {
        let found: Vec<String> = found.into_iter().cloned().collect();
        assert_eq!(numbers(&mut hanako, query).await, found, "{query}");
    }
    assert_eq!(
        numbers(&mut hanako, &format!("q={}", tomorrow.to_lowercase())).await,
        std::slice::from_ref(tomorrow)
    );
    for (query, field) in
        [("from=2026-02-30", "from"), ("from=2026-11-26&until=2026-11-25", "from"), ("until=x", "until")]
    {
        let page = hanako.get(&format!("{LIST}?{query}")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert!(page.body.contains(&format!("id=\"{field}-error\"")), "{query} {}", page.body);
    }
}

async fn a_template_has_the_name_that_it_is_kept_under(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    let mut kept = async |amount: &str, name: &str| {
        let entry = Transfer::own(&mut hanako, amount, "2026-11-24").await.ok().unwrap();
        let order = order_of(&entry.confirm(&mut hanako).await);
        let id = order.rsplit('/').next().unwrap().to_owned();
        let csrf = hanako.get(&order).await.token();
        let form = [("csrf", csrf.as_str()), ("order", &id), ("name", name)];
        let answer = hanako.post("/transfers/templates", &form).await;
        match answer.status.is_redirection() {
            true => hanako.get(answer.location()).await.body,
            false => answer.body,
        }
    };
    let named = kept("1", " 月末の補充 ").await;
    assert!(named.contains("ひな形「月末の補充」") && named.contains("まだ振り替えられません。"), "{named}");
    // 振替 has no payee whose name would tell one from another
    let called = kept("2", "").await;
    assert!(called.contains("ひな形「本店営業部 当座 0098765」") && called.contains("入金口座"), "{called}");
    assert!(kept("3", &"あ".repeat(31)).await.contains("名前は1文字から30文字で入力してください。"));
}
