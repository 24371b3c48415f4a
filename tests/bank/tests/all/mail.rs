//! Mails to the users of a contract: one an event and addressee, handed to a relay at least once.

use std::time::Duration;

use database::testing::TestDatabase;
use database::{execute, read};
use edge::Shutdown;
use internet_banking::contracts::{Rights, Role};
use internet_banking::mail::{Feed, Post};

use crate::payeasy_entry::{Entry, bill};
use crate::relay::Relay;
use crate::support::{Browser, World, add_user};

/// A collector of taxes.
const TAX: &str = "00200";

database::on_both!(
    a_payment_is_mailed_once_to_the_payer_and_those_who_administrate,
    what_fails_later_is_mailed_too,
    a_relay_that_fails_is_tried_again_and_gets_the_same_mail,
    two_workers_hand_over_each_mail_once,
    a_mail_that_no_try_hands_over_is_given_up,
    a_payment_that_came_back_unsent_is_mailed_once,
);

fn feed(world: &World) -> Feed {
    Feed::new(world.bank.gateway.clone(), world.bank.contracts.clone())
}

fn post(world: &World, relay: &Relay) -> Post {
    Post::new(world.bank.database.clone(), world.clock.clone(), &relay.settings()).unwrap()
}

/// Pays 100 yen; no collector is reached, so the payment waits.
async fn pay(world: &World, browser: &mut Browser, id: &str) {
    let entry = Entry::answered(world, browser, TAX, &[bill(id, 100)]).await;
    assert_eq!(entry.pay(browser, id, 1_001).await.location(), entry.page("result"));
}

/// Address and subject of each mail.
async fn mails(world: &World) -> Vec<(String, String)> {
    read!(world.bank.database, |c| {
        sqlx::query_as("SELECT address, subject FROM mail ORDER BY at_us, address").fetch_all(c).await
    })
    .unwrap()
}

/// Proves R19.
async fn a_payment_is_mailed_once_to_the_payer_and_those_who_administrate(test: TestDatabase) {
    let world = World::new(test).await;
    for (login_id, role) in [("master1", Role::Master), ("admin01", Role::Admin), ("jiro001", Role::General)]
    {
        add_user(&world.bank, world.contract, login_id, role, Rights::none()).await;
    }
    let phrase = "UPDATE contract SET mail_phrase = '梅に鶯'";
    execute!(world.bank.database, phrase).unwrap();
    let mut browser = world.signed_in().await;
    pay(&world, &mut browser, "B1").await;
    assert!(!feed(&world).step().await.unwrap(), "nothing more is there");
    let to: Vec<_> = mails(&world).await.into_iter().map(|(address, _)| address).collect();
    assert_eq!(to, ["admin01@example.jp", "hanako01@example.jp", "master1@example.jp"]);
    feed(&world).step().await.unwrap();
    // as when the process died before it had noted how far it was
    execute!(world.bank.database, "UPDATE mail_position SET position = 0").unwrap();
    feed(&world).step().await.unwrap();
    assert_eq!(mails(&world).await.len(), 3);

    let relay = Relay::start().await;
    assert_eq!(post(&world, &relay).deliver_due().await.unwrap(), 3);
    assert_eq!(post(&world, &relay).deliver_due().await.unwrap(), 0);
    let handed = relay.mails();
    assert_eq!(handed.len(), 3);
    let ids: std::collections::HashSet<_> =
        handed.iter().map(|mail| mail.lines().find(|line| line.starts_with("Message-ID")).unwrap()).collect();
    assert_eq!(ids.len(), 3);
    let body: String = read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT body FROM mail WHERE address = 'hanako01@example.jp'").fetch_one(c).await
    })
    .unwrap();
    assert!(
        body.contains("払込を受け付けました。") && body.contains("お客さま指定の合言葉: 梅に鶯"),
        "{body}"
    );
    assert!(body.contains("普通 ****567") && body.contains("100 円") && !body.contains("http"), "{body}");
    // on every plan
    for (number, plan) in (2..).zip(["mini", "web"]) {
        execute!(world.bank.database, "UPDATE contract SET plan = $1", plan).unwrap();
        pay(&world, &mut browser, &format!("B{number}")).await;
        feed(&world).step().await.unwrap();
        assert_eq!(mails(&world).await.len(), 3 * number, "{plan}");
    }
}

/// Proves R20.
async fn what_fails_later_is_mailed_too(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    pay(&world, &mut browser, "B1").await;
    feed(&world).step().await.unwrap();
    // no collector is reached, and the amount is held no longer than it may be
    world.clock.advance_seconds(600);
    let (trigger, shutdown) = Shutdown::pair();
    let hub = tokio::spawn(world.bank.gateway.clone().run(shutdown));
    for _ in 0..200 {
        feed(&world).step().await.unwrap();
        if mails(&world).await.len() > 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    trigger.ask();
    hub.await.unwrap();
    let subjects: Vec<_> = mails(&world).await.into_iter().map(|(_, subject)| subject).collect();
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    assert!(subjects[0].ends_with("払込を受け付けました"), "{subjects:?}");
    assert!(subjects[1].ends_with("払込を取りやめました"), "{subjects:?}");
}

async fn a_relay_that_fails_is_tried_again_and_gets_the_same_mail(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    pay(&world, &mut browser, "B1").await;
    feed(&world).step().await.unwrap();
    let relay = Relay::start().await;
    let nowhere = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let settings = internet_banking::mail::RelaySettings { port: nowhere, ..relay.settings() };
    let failing = Post::new(world.bank.database.clone(), world.clock.clone(), &settings).unwrap();
    assert_eq!(failing.deliver_due().await.unwrap(), 0);
    assert_eq!(post(&world, &relay).deliver_due().await.unwrap(), 0, "only after a pause");
    execute!(world.bank.database, "UPDATE mail_delivery SET next_us = 0").unwrap();
    assert_eq!(post(&world, &relay).deliver_due().await.unwrap(), 1);
    // as when the process died after the relay had answered: the same mail, by the same Message-ID
    execute!(world.bank.database, "UPDATE mail SET sent_us = NULL").unwrap();
    assert_eq!(post(&world, &relay).deliver_due().await.unwrap(), 1);
    let handed = relay.mails();
    assert_eq!(handed.len(), 2);
    let id = |mail: &str| mail.lines().find(|line| line.starts_with("Message-ID")).map(str::to_owned);
    assert_eq!(id(&handed[0]), id(&handed[1]));
}

async fn two_workers_hand_over_each_mail_once(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    for id in ["B1", "B2", "B3"] {
        pay(&world, &mut browser, id).await;
    }
    feed(&world).step().await.unwrap();
    let relay = Relay::start().await;
    let (a, b) = (post(&world, &relay), post(&world, &relay));
    let (a, b) = tokio::join!(a.deliver_due(), b.deliver_due());
    assert_eq!(a.unwrap() + b.unwrap(), 3);
    assert_eq!(relay.mails().len(), 3);
}

async fn a_mail_that_no_try_hands_over_is_given_up(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.signed_in().await;
    pay(&world, &mut browser, "B1").await;
    feed(&world).step().await.unwrap();
    let relay = Relay::start().await;
    let given_up = async || -> i64 {
        let sql = "SELECT count(*) FROM mail WHERE given_up_us IS NOT NULL AND sent_us IS NULL";
        read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap()
    };
    // as after the last try but one
    let sql = "INSERT INTO mail_delivery (mail, tries, next_us, error) SELECT id, 199, 0, '' FROM mail";
    execute!(world.bank.database, sql).unwrap();
    let settings = internet_banking::mail::RelaySettings { port: 1, ..relay.settings() };
    let failing = Post::new(world.bank.database.clone(), world.clock.clone(), &settings).unwrap();
    assert_eq!(failing.deliver_due().await.unwrap(), 0);
    assert_eq!(given_up().await, 0, "somebody may still be at it");
    execute!(world.bank.database, "UPDATE mail_delivery SET next_us = 0").unwrap();
    assert_eq!(post(&world, &relay).deliver_due().await.unwrap(), 0);
    assert_eq!(given_up().await, 1);
    execute!(world.bank.database, "UPDATE mail_delivery SET next_us = 0, tries = 0").unwrap();
    assert_eq!(post(&world, &relay).deliver_due().await.unwrap(), 0, "it is left alone");
    assert!(relay.mails().is_empty());
}

async fn a_payment_that_came_back_unsent_is_mailed_once(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    drop(network);
    let mut browser = world.signed_in().await;
    // the hub begins to send at once, so that what waits is not told yet
    pay(&world, &mut browser, "B1").await;
    let came_back = async || -> i64 {
        let sql = "SELECT count(*) FROM event WHERE kind = 'not_applied'";
        read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap()
    };
    for _ in 0..200 {
        if came_back().await > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(came_back().await > 0);
    let seen = "INSERT INTO mail_position (feed, position)
        SELECT 'payments', min(position) - 1 FROM event WHERE kind = 'not_applied'";
    execute!(world.bank.database, seen).unwrap();
    while feed(&world).step().await.unwrap() {}
    let subjects: Vec<_> = mails(&world).await.into_iter().map(|(_, subject)| subject).collect();
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    assert!(subjects[0].ends_with("もう一度送ります"), "{subjects:?}");
}
