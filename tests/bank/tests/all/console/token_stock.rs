//! 納品: a maker's file goes into stock by two people, once, and its tokens are sent out of it.

use database::testing::TestDatabase;
use domain::Date;
use http::StatusCode;
use internet_banking::keys::Vault;
use internet_banking::secrets::Secret;
use internet_banking::tokens::delivery::{self, Delivered, Delivery, DeliveryError};
use internet_banking::tokens::{Seed, TokenKind};

use super::support::{CHECKER, DOCUMENT, MAKER, Office, REASON, approve, propose, proposed};
use crate::support::SECRET;

database::on_both!(a_delivery_goes_into_stock_once_and_its_tokens_are_sent_out);

fn file(number: &str, serials: &[u8]) -> Delivery {
    let last: Date = "2031-11-30".parse().unwrap();
    let token =
        |n: &u8| Delivered::new(&format!("95000000{n:02}"), TokenKind::Hardware, last, &Seed::new([*n; 20]));
    Delivery {
        number: number.to_owned(),
        maker: "見本トークン製作所".to_owned(),
        tokens: serials.iter().map(token).collect(),
    }
}

async fn a_delivery_goes_into_stock_once_and_its_tokens_are_sent_out(test: TestDatabase) {
    let office = Office::new(test).await;
    let (ledger, vault) = (office.world.bank.ledger.clone(), Vault::new(&Secret::new(SECRET)));
    let receive = async |bytes: &[u8], delivery: &Delivery| {
        delivery::receive(&ledger, &vault, bytes, delivery, "staff:command-line").await
    };
    let received = receive(b"sealed one", &file("2026-0042", &[1, 2, 3])).await.unwrap();
    let again = receive(b"sealed one", &file("2026-0042", &[4])).await;
    assert!(matches!(again, Err(DeliveryError::Again)), "{again:?}");
    // one that overlaps came in before the first was in stock
    let overlaps = receive(b"sealed two", &file("2026-0043", &[3, 4])).await.unwrap();

    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let (id, other) = (received.id.to_string(), overlaps.id.to_string());
    let wrong = propose(&mut maker, "/token-stock", &[("delivery", &id), ("digest", &overlaps.digest)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "not the file of the delivery note");
    let nothing =
        propose(&mut maker, "/token-stock", &[("delivery", ""), ("document", ""), ("reason", "")]).await;
    for words in ["納品を選んでください", "納品書のダイジェストと違います", "書類番号を入力", "理由を入力"]
    {
        assert!(nothing.body.contains(words), "{words} in {}", nothing.body);
    }
    assert_eq!(checker.get("/token-stock").await.fields("count"), [] as [&str; 0], "nothing is in stock");
    let typed = [("delivery", id.as_str()), ("digest", &received.digest[..16])];
    let request = proposed(&mut maker, "/token-stock", &typed).await;
    let csrf = maker.get(&request).await.token();
    let own = maker.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "nobody approves what he proposed");
    let approved = approve(&mut checker, &request).await.body;
    assert!(approved.contains("実行済み") && approved.contains(DOCUMENT), "{approved}");
    assert_eq!(checker.get("/token-stock").await.fields("count"), ["3"]);

    let typed = [("delivery", other.as_str()), ("digest", overlaps.digest.as_str())];
    let request = proposed(&mut maker, "/token-stock", &typed).await;
    let refused = approve(&mut checker, &request).await.body;
    assert!(refused.contains("実行できません") && refused.contains("9500000003"), "{refused}");
    let known = receive(b"sealed three", &file("2026-0044", &[2])).await;
    assert!(matches!(&known, Err(DeliveryError::Known(serials)) if serials == "9500000002"), "{known:?}");

    let tokens = format!("/contracts/{}/tokens", office.world.contract);
    let csrf = maker.get(&tokens).await.token();
    let paper = [("csrf", csrf.as_str()), ("act", "add"), ("document", DOCUMENT), ("reason", REASON)];
    let request = maker.post(&format!("{tokens}/propose"), &paper).await.location().to_owned();
    approve(&mut checker, &request).await;
    assert_eq!(checker.get("/token-stock").await.fields("count"), ["2"]);
    assert_eq!(checker.get(&tokens).await.fields("serial"), ["9500000001"], "sent out of stock");
    let now = office.world.clock.now();
    let shown = office.world.bank.tokens.current_code("9500000001", now).await.unwrap();
    assert_eq!(
        shown,
        Seed::new([1; 20]).code(internet_banking::tokens::Step::at(now)),
        "with its own secret"
    );
    let left = office.audit().await;
    assert_eq!(left.iter().filter(|(_, action, _)| action == "token.stock").count(), 1);
}
