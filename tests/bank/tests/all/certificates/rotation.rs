//! The next authority: from its day on, beside the one before, without a restart.

use console::delivery::DeliverySettings;
use database::read;
use database::testing::TestDatabase;
use edge::ClientCertificate;
use internet_banking::certificates::authority::Authorities;
use internet_banking::certificates::{Doors, Shown};
use internet_banking::keys::{Keys, Vault, another_authority};
use internet_banking::secrets::Secret;
use internet_banking::{Bank, certificates};

use super::{DOOR, Desk, KEIRI, MASTER, NEXT_DOOR, code};
use crate::console::keys::act;
use crate::console::support::Office;
use crate::support::{PASSWORD, SECRET};

database::on_both!(a_new_authority_issues_from_its_day_on_and_both_are_accepted);

const DAY_S: i64 = 86_400;

async fn is_known(bank: &Bank, certificate: &ClientCertificate) -> bool {
    matches!(bank.certificates.shown(certificate).await.unwrap(), Shown::Known(_))
}

async fn a_new_authority_issues_from_its_day_on_and_both_are_accepted(test: TestDatabase) {
    let mut desk = Desk::new(test).await;
    let doors = || Doors::new("localhost", vec![DOOR, NEXT_DOOR]);
    desk.world.bank = desk.world.bank.clone().with_certificates(Authorities::default(), doors());
    let (bank, secret) = (desk.world.bank.clone(), Secret::new(SECRET));
    another_authority(&bank.ledger, &Vault::new(&secret), "system").await.unwrap();
    let running = Keys::new(&bank, &secret);
    running.refresh().await.unwrap();
    let office = Office::of(desk.world.clone(), DeliverySettings::default()).await;
    let issued_by = async |login_id: &str| -> String {
        let sql = "SELECT c.authority FROM certificate c JOIN app_user u ON u.id = c.app_user
                   WHERE u.login_id = $1 ORDER BY c.issued_us DESC LIMIT 1";
        read!(bank.database, |c| sqlx::query_scalar(sql).bind(login_id).fetch_one(c).await).unwrap()
    };
    let (old, _) = desk.signed_in(KEIRI).await;
    assert_eq!(issued_by(KEIRI).await, "1");

    act(&office, "make/authority//2", "").await;
    act(&office, "use/authority//2", "2026-11-26").await;
    running.refresh().await.unwrap();
    assert_eq!(bank.certificates.authorities().names().len(), 2, "browsers offer the certificates of both");
    desk.world.clock.advance_seconds(2 * DAY_S);
    let (new, _) = desk.signed_in(MASTER).await;
    assert_eq!(issued_by(MASTER).await, "2");
    let mut browser = desk.at_door(old.clone());
    assert_eq!(browser.sign_in(KEIRI, PASSWORD).await.location(), "/home", "the old one's is as good");

    // another process reads the same table
    let other = Bank::new(bank.ledger.clone(), bank.gateway.clone(), &secret)
        .unwrap()
        .with_certificates(Authorities::default(), certificates::Doors::default());
    assert!(!is_known(&other, &old).await);
    Keys::new(&other, &secret).refresh().await.unwrap();
    assert!(is_known(&other, &old).await && is_known(&other, &new).await);

    act(&office, "retire/authority//1", "").await;
    running.refresh().await.unwrap();
    assert_eq!(browser.get("/home").await.location(), "/sign-in", "the session ends with it");
    let refused = desk.at_door(old).sign_in(KEIRI, PASSWORD).await;
    assert_eq!(code(&refused), "S-104", "{}", refused.body);
    assert_eq!(desk.at_door(new).sign_in(MASTER, PASSWORD).await.location(), "/home");
}
