//! 情報リンク方式: what a site hands over, opened by the reader of the bank, and the clearings that name it.

use collectors::link::{HandOff, LinkKey, Pattern, jwe};
use domain::Yen;
use http::StatusCode;

use super::hub::{Hub, SITES, message};
use super::sites::{Page, Slip, act, get};

/// Gives a collector a key to share with the bank.
pub fn share_key(hub: &Hub, number: &str) -> LinkKey {
    let jwk = LinkKey::generate(&format!("{number}-1")).unwrap();
    let folder = hub.folder.path().join("shared-keys");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{number}-1.jwk")), &*jwk).unwrap();
    LinkKey::from_jwk(&jwk).unwrap()
}

fn path_of(slip: &Slip) -> &str {
    slip.path.split('?').next().unwrap()
}

fn hidden<'a>(page: &'a Page, name: &str) -> &'a str {
    let mark = format!("name=\"{name}\" value=\"");
    page.text.split(&mark).nth(1).unwrap_or_else(|| panic!("{}", page.text)).split('"').next().unwrap()
}

/// What the page of our bank hands over, as the bank reads it.
fn opened(page: &Page, key: &LinkKey) -> HandOff {
    assert_eq!(page.status, StatusCode::OK);
    let pattern = Pattern::of_word(hidden(page, "bptn")).unwrap();
    let contents = jwe::open(hidden(page, "bill"), |kid| (kid == key.id()).then_some(key)).unwrap();
    let read = HandOff::read(pattern, &contents);
    read.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&contents)))
}

async fn hand_over(hub: &Hub, slip: &Slip, key: &LinkKey) -> HandOff {
    opened(&get(hub, &format!("{}/banks/9999", path_of(slip))).await, key)
}

/// The clearing of a bill of a hand-off for this amount, under that serial; gives its code and provisional code.
async fn clear(
    hub: &Hub,
    hand_off: &HandOff,
    place: usize,
    amount: i64,
    serial: u32,
) -> (String, Option<String>) {
    let number = hand_off.collector.as_str();
    let handed = &hand_off.bills[place];
    let category = handed.category.as_ref().map_or_else(String::new, |category| {
        format!("<PaymentCategory>{}</PaymentCategory>", category.as_str())
    });
    let body = format!(
        "<Clearing><Collector>{number}000</Collector><CustomerNumber>{}</CustomerNumber>\
         <ConfirmationNumber>{}</ConfirmationNumber>{category}<BillId>{}</BillId><Amount>{amount}</Amount>\
         <Fee>{}</Fee><Bank>9999</Bank><Channel>internet_banking</Channel><EntryKind>linked</EntryKind>\
         <ReceiptDate>2026-11-24</ReceiptDate></Clearing>",
        handed.customer_number.as_str(),
        handed.confirmation_number.as_str(),
        handed.bill.id.as_str(),
        handed.bill.fee.get(),
    );
    let answer = hub.send(number, &message(number, serial, &body)).await;
    (answer.code(), answer.field("ProvisionalCode"))
}

/// Proves R105.
#[tokio::test]
async fn every_site_hands_its_bill_over_as_the_bank_reads_it() {
    let hub = Hub::start().await;
    for one in hub.mocks.collectors() {
        let number = one.institution.number.as_str();
        for service in one.site.services.iter().filter(|service| service.delay_s == 0) {
            let name = format!("{number} {}", service.id);
            let slip = act(&hub, number, &service.id, &[]).await;
            let place = format!("{}/banks/9999", path_of(&slip));
            if !one.institution.offers_link {
                share_key(&hub, number);
                assert!(!get(&hub, &place).await.text.contains("<form"), "{name}");
                continue;
            }
            let key = share_key(&hub, number);
            let page = get(&hub, &place).await;
            let policy = page.headers["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("; form-action http://localhost:8080; "), "{name}: {policy}");
            assert!(page.text.contains("action=\"http://localhost:8080/payeasy/link/entry\""), "{name}");
            assert!(page.text.contains("見本銀行のインターネットバンキングへ進む"), "{name}");
            assert_eq!(hidden(&page, "skno"), number);
            let hand_off = opened(&page, &key);
            let [handed] = hand_off.bills.as_slice() else { panic!("{name}: {hand_off:?}") };
            assert_eq!(hand_off.collector.as_str(), number);
            assert_eq!(hand_off.issued_at, hub.clock.now(), "{name}");
            assert_eq!(hand_off.return_url, format!("{SITES}{}", path_of(&slip)), "{name}");
            if one.institution.takes_typed_numbers {
                assert_eq!(handed.customer_number.as_str(), slip.customer, "{name}");
                assert_eq!(handed.confirmation_number.as_str(), slip.confirmation, "{name}");
                let category = handed.category.as_ref().map_or("", domain::PaymentCategory::as_str);
                assert_eq!(category, slip.category, "{name}");
                assert_eq!(hand_off.pattern, Pattern::One, "{name}");
                let found = slip.inquire(&hub, number).await;
                assert_eq!(found.code(), "0000", "{name}");
                let said = String::from_utf8(found.body).unwrap();
                assert!(said.contains(&format!("<Amount>{}</Amount>", handed.bill.amount.get())), "{name}");
                assert!(said.contains(&handed.bill.contents), "{name}: {said}");
            }
            let total = handed.bill.amount.get() + handed.bill.fee.get();
            assert_eq!(total, slip.amount(), "{name}");
            assert!(slip.text.contains(&handed.bill.payer), "{name}");
        }
    }
}

#[tokio::test]
async fn each_look_makes_another_hand_off_and_no_key_makes_none() {
    let hub = Hub::start().await;
    let slip = act(&hub, "99022", "bid", &[]).await;
    let place = format!("{}/banks/9999", path_of(&slip));
    let without = get(&hub, &place).await;
    assert!(!without.text.contains("<form") && without.text.contains("data-field=\"bank\""));
    let policy = without.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self';"), "{policy}");
    let key = share_key(&hub, "99022");
    let (first, second) = (hand_over(&hub, &slip, &key).await, hand_over(&hub, &slip, &key).await);
    assert_ne!(first.nonce, second.nonce);
    let other = get(&hub, &format!("{}/banks/9906", path_of(&slip))).await;
    assert!(!other.text.contains("<form"), "another bank gets nothing");
    // a successor takes over when its time has come
    let soon = hub.clock.now().plus_seconds(60);
    let successor = LinkKey::generate_for("99022-2", Some(soon), None).unwrap();
    std::fs::write(hub.folder.path().join("shared-keys/99022-2.jwk"), &*successor).unwrap();
    hand_over(&hub, &slip, &key).await;
    hub.clock.advance_seconds(61);
    hand_over(&hub, &slip, &LinkKey::from_jwk(&successor).unwrap()).await;
    std::fs::write(hub.folder.path().join("shared-keys/99022-1.jwk"), "{}").unwrap();
    assert_eq!(get(&hub, &place).await.status, StatusCode::INTERNAL_SERVER_ERROR);
}

/// Proves R103, R105.
#[tokio::test]
async fn a_linked_clearing_pays_its_bill_once_by_the_name_of_its_hand_off() {
    let hub = Hub::start().await;
    let key = share_key(&hub, "99015");
    let slip = act(&hub, "99015", "repay", &[("amount", "45,000")]).await;
    let (first, second) = (hand_over(&hub, &slip, &key).await, hand_over(&hub, &slip, &key).await);
    assert_eq!(first.pattern, Pattern::Chosen);
    assert_eq!(first.bounds, Some((Yen::new(45_000), Yen::new(5_000_000))));
    // nothing was paid with less than the least, and nobody else's name pays
    assert_eq!(clear(&hub, &first, 0, 44_999, 1).await, ("0000".to_owned(), Some("B203".to_owned())));
    let mut stranger = first.clone();
    stranger.bills[0].bill.id = "AAAAAAAAAAAAAAAA".parse().unwrap();
    let (code, provisional) = clear(&hub, &stranger, 0, 45_000, 2).await;
    assert_eq!((code.as_str(), provisional.as_deref()), ("0000", Some("A101")));
    assert_eq!(Slip::open(&hub, &slip.path).await.state(), "payable");
    assert_eq!(clear(&hub, &first, 0, 60_000, 3).await, ("0000".to_owned(), None));
    let paid = Slip::open(&hub, &slip.path).await;
    assert_eq!(paid.state(), "paid");
    assert!(
        paid.text.contains("ご入金を確認しました") && paid.text.contains(">60,000</span>円"),
        "{}",
        paid.text
    );
    // the same again under its key, and by way of the other hand-off
    assert_eq!(clear(&hub, &first, 0, 60_000, 3).await, ("0000".to_owned(), None));
    assert_eq!(clear(&hub, &second, 0, 45_000, 4).await, ("0000".to_owned(), Some("B201".to_owned())));
    let booked = hub.clearings("99015").await;
    let matched = booked.iter().filter(|one| one["provisional"].is_null());
    assert_eq!(matched.map(|one| one["deliveries"].as_i64().unwrap()).collect::<Vec<_>>(), [2]);
    // what was lost makes the bill unpaid, and the next delivery pays it again
    let (status, _) = hub.json("DELETE", "/control/99015/clearings/2026-11-24/3", "").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(Slip::open(&hub, &slip.path).await.state(), "payable");
    assert_eq!(clear(&hub, &first, 0, 60_000, 3).await, ("0000".to_owned(), None));
    assert_eq!(Slip::open(&hub, &slip.path).await.state(), "paid");
}

#[tokio::test]
async fn a_national_collector_refuses_the_name_of_a_hand_off_that_it_did_not_make() {
    let hub = Hub::start().await;
    let key = share_key(&hub, "00400");
    let slip = act(&hub, "00400", "once", &[]).await;
    let hand_off = hand_over(&hub, &slip, &key).await;
    let amount = hand_off.bills[0].bill.amount.get();
    let mut stranger = hand_off.clone();
    stranger.bills[0].bill.id = "AAAAAAAAAAAAAAAA".parse().unwrap();
    assert_eq!(clear(&hub, &stranger, 0, amount, 1).await.0, "A101");
    assert_eq!(clear(&hub, &hand_off, 0, amount, 2).await, ("0000".to_owned(), None));
    assert_eq!(Slip::open(&hub, &slip.path).await.state(), "paid");
}

#[tokio::test]
async fn bills_with_numbers_of_their_own_are_handed_over_for_the_payer_to_choose() {
    let hub = Hub::start().await;
    let key = share_key(&hub, "48001");
    let slip = act(&hub, "48001", "instalments", &[]).await;
    let pages = slip.others();
    let together = format!("{}/banks?several=true", path_of(&slip));
    let bill = get(&hub, path_of(&slip)).await;
    assert!(bill.text.contains(&format!("href=\"{together}\"")), "{}", bill.text);
    let banks = get(&hub, &together).await;
    let there = format!("{}/banks/9999?several=true", path_of(&slip));
    assert!(banks.text.contains(&format!("href=\"{there}\"")), "{}", banks.text);
    let hand_off = opened(&get(&hub, &there).await, &key);
    assert_eq!((hand_off.pattern, hand_off.bills.len()), (Pattern::Several, pages.len()));
    let amount = hand_off.bills[1].bill.amount.get();
    assert_eq!(clear(&hub, &hand_off, 1, amount, 1).await, ("0000".to_owned(), None));
    let mut states = Vec::new();
    for page in &pages {
        states.push(Slip::open(&hub, page).await.state() == "paid");
    }
    assert_eq!(states.iter().filter(|paid| **paid).count(), 1);
    assert!(states[1], "{states:?}");
    // bills under one number are not told apart by it
    share_key(&hub, "04100");
    let under_one = act(&hub, "04100", "kotei", &[]).await;
    assert!(!get(&hub, path_of(&under_one)).await.text.contains("several=true"));
}
