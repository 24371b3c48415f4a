//! 鍵と認証局: the next key, its use from a day on, the old one's end, by two people and without a restart.

use console::delivery::DeliverySettings;
use database::execute;
use database::testing::TestDatabase;
use gateway::link::{LinkForm, LinkKey, NotTaken};
use http::StatusCode;
use internet_banking::Bank;
use internet_banking::keys::{self, Adopted, KeyKind, Keys, Vault};
use internet_banking::secrets::Secret;
use internet_banking::tokens::{Seed, Typist, Verdict};

use super::support::{CHECKER, DOCUMENT, MAKER, Office, approve, done, propose, proposed};
use crate::support::{Browser, SECRET, World};

database::on_both!(
    the_next_link_key_is_accepted_beside_the_old_one_until_that_is_retired,
    tokens_are_read_throughout_while_their_key_changes,
    what_cannot_be_done_with_a_key_is_refused,
    a_key_that_is_made_after_a_death_is_made_once,
);

const DAY_S: i64 = 86_400;
const NUMBER: &str = "99022";

/// Proposed and approved, each signed in anew as the days go by.
pub async fn act(office: &Office, what: &str, from: &str) {
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    done(&mut maker, &mut checker, "/keys", &[("what", what), ("from", from)]).await;
}

/// What a key's row on the page says of it.
async fn standing(office: &Office, id: &str) -> String {
    let page = office.signed_in(MAKER).await.get("/keys").await.body;
    let (_, row) = page.split_once(&format!("data-field=\"key\">{id}<")).expect("a row");
    row.split("</tr>").next().unwrap().to_owned()
}

/// The JWK of a link key, as the collector has got it.
async fn jwk(keys: &Keys, id: &str) -> Option<String> {
    keys.refresh().await.unwrap();
    let handed = keys.handed_links();
    handed.into_iter().find(|(of, _)| of == id).map(|(_, jwk)| String::from_utf8(jwk.to_vec()).unwrap())
}

/// Whether a hand-off under this key is opened: what is in it is none, which only who opens it can say.
async fn is_opened(bank: &Bank, jwk: &str) -> bool {
    let key = LinkKey::from_jwk(jwk).unwrap();
    let bill = collectors::link::jwe::seal(&key, b"no contents").unwrap();
    let form = LinkForm { skno: NUMBER.to_owned(), bptn: "01".to_owned(), bill };
    match bank.gateway.take_hand_off(&form).await {
        Err(NotTaken::Contents(_)) => true,
        Err(NotTaken::Sealed(_)) => false,
        other => panic!("{other:?}"),
    }
}

async fn the_next_link_key_is_accepted_beside_the_old_one_until_that_is_retired(test: TestDatabase) {
    let first = LinkKey::generate(&format!("{NUMBER}-1")).unwrap();
    let (world, _network) = World::linked(test, vec![(NUMBER, LinkKey::from_jwk(&first).unwrap())]).await;
    let (secret, now) = (Secret::new(SECRET), world.clock.now());
    let of_file = Adopted::new((KeyKind::Link, NUMBER, 1), "", first.as_bytes());
    keys::adopt(&world.bank.database, &Vault::new(&secret), &[of_file], now).await.unwrap();
    let office = Office::of(world, DeliverySettings::default()).await;
    let bank = office.world.bank.clone();
    let running = Keys::new(&bank, &secret);
    running.refresh().await.unwrap();
    assert!(is_opened(&bank, &first).await);

    act(&office, "make/link/99022/2", "").await;
    assert!(standing(&office, "99022-2").await.contains("使用開始待ち"));
    assert_eq!(jwk(&running, "99022-2").await, None, "it is handed over when it is used");
    act(&office, "use/link/99022/2", "2026-11-26").await;
    assert!(standing(&office, "99022-2").await.contains("使用開始予定"));
    office.world.clock.advance_seconds(2 * DAY_S);
    let second = jwk(&running, "99022-2").await.expect("its day has come");
    assert!(is_opened(&bank, &second).await && is_opened(&bank, &first).await, "both are accepted");
    assert!(standing(&office, "99022-1").await.contains("受け入れのみ"));

    act(&office, "retire/link/99022/1", "").await;
    assert!(running.refresh().await.unwrap(), "the process has learnt of it without a restart");
    assert!(!is_opened(&bank, &first).await && is_opened(&bank, &second).await);
    assert!(standing(&office, "99022-1").await.contains("使用終了"));
    assert!(!running.refresh().await.unwrap(), "nothing has changed since");
    let trail = office.audit().await;
    for action in ["key.make", "key.use", "key.retire"] {
        assert!(trail.iter().any(|(_, done, subject)| done == action && subject.starts_with("link/99022-")));
    }
}

async fn tokens_are_read_throughout_while_their_key_changes(test: TestDatabase) {
    let office = Office::new(test).await;
    let (bank, contract) = (office.world.bank.clone(), office.world.contract);
    let seed = Seed::new([9; 20]);
    for n in 0..250 {
        bank.tokens.register(&format!("R-{n:04}"), Some(contract), &seed).await.unwrap();
    }
    let under = async |number: i64| keys::tokens_under(&bank.database, number).await.unwrap();
    let reads = async || {
        let now = office.world.clock.now();
        for serial in ["R-0000", "R-0125", "R-0249"] {
            let code = bank.tokens.current_code(serial, now).await.unwrap();
            let verdict = bank
                .tokens
                .verify(serial, Typist::User(contract, domain::UserId::generate()), &code, now)
                .await
                .unwrap();
            assert!(matches!(verdict, Verdict::Verified { .. }), "{serial}");
        }
    };
    act(&office, "make/seed//2", "").await;
    act(&office, "use/seed//2", "2026-11-25").await;
    let running = Keys::new(&bank, &Secret::new(SECRET));
    assert!(running.reseal_some().await.unwrap().is_some(), "its day has not come");
    assert_eq!(under(2).await, 0);
    office.world.clock.advance_seconds(DAY_S);
    assert_eq!(running.reseal_some().await.unwrap(), None);
    assert_eq!(under(2).await, 100, "some at a time");
    reads().await;
    let (mut maker, checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let refused = propose(&mut maker, "/keys", &[("what", "retire/seed//1"), ("from", "")]).await;
    assert!(refused.body.contains("S-328"), "{}", refused.body);
    drop((running, checker));
    // the process was killed; the next one goes on
    let next = Keys::new(&bank, &Secret::new(SECRET));
    while next.reseal_some().await.unwrap().is_none() {
        reads().await;
    }
    assert_eq!(under(1).await, 0);
    reads().await;
    act(&office, "retire/seed//1", "").await;
    reads().await;
    assert!(standing(&office, "1").await.contains("使用終了"));
}

async fn what_cannot_be_done_with_a_key_is_refused(test: TestDatabase) {
    let office = Office::new(test).await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    for (what, from) in [
        ("", ""),
        ("use/seed//1", "2026-11-26"),
        ("retire/seed//1", ""),
        ("make/seed//3", ""),
        ("make/link/00200/1", ""),
        ("make/message//2", ""),
    ] {
        let wrong = propose(&mut maker, "/keys", &[("what", what), ("from", from)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
    }
    let without = propose(&mut maker, "/keys", &[("what", "make/seed//2"), ("document", "")]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY, "without a paper");
    assert!(!checker.get("/keys").await.body.contains("name=\"what\""), "who checks does not propose");
    let request = proposed(&mut maker, "/keys", &[("what", "make/seed//2"), ("from", "")]).await;
    let csrf = maker.get(&request).await.token();
    let own = maker.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "nobody approves what he proposed");
    assert!(approve(&mut checker, &request).await.body.contains(DOCUMENT));
    for from in ["", "2026-11-23"] {
        let wrong = propose(&mut maker, "/keys", &[("what", "use/seed//2"), ("from", from)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{from}");
    }
}

async fn a_key_that_is_made_after_a_death_is_made_once(test: TestDatabase) {
    let office = Office::new(test).await;
    let mut maker: Browser = office.signed_in(MAKER).await;
    let request = proposed(&mut maker, "/keys", &[("what", "make/seed//2"), ("from", "")]).await;
    office.approved(&request).await;
    let lease = console::requests::Lease::default();
    let other = office.other_process(Default::default(), lease).await;
    assert_eq!(other.take_over(std::time::Duration::ZERO).await.unwrap(), 1);
    assert!(maker.get(&request).await.body.contains("実行済み"));
    let made = keys::all(&office.console.database).await.unwrap();
    assert_eq!(made.iter().filter(|key| key.kind == KeyKind::Seed).count(), 2);
    let changed = execute!(office.console.database, "UPDATE bank_key SET public = 'x' WHERE number = $1", 2);
    assert!(changed.is_err(), "of a key only its use and its end are noted");
}
