//! 取引状況: every business's items and where they stand, of the accounts that a person may use.

use database::execute;
use database::testing::TestDatabase;
use domain::{AccountId, ApprovalId};
use internet_banking::contracts::{AccountKind, Business, Plan, Rights, Role, SignInMethod};

use crate::approvals::{CONFIRMED, policy, signed_in};
use crate::payeasy_entry::{Entry, bill};
use crate::support::{Browser, Page, World, add_account, add_user, put};
use crate::transfer_entry::{MIZUHO, Transfer, order_of, send};

database::on_both!(
    every_business_is_on_one_page_the_newest_first_and_each_line_leads_to_its_own,
    nobody_sees_what_is_of_another_account_business_or_contract,
    pages_follow_each_other_without_a_gap_or_a_repeat,
);

const TODAY: &str = "2026-11-24";
const TOMORROW: &str = "2026-11-25";
const SINGLE: &str = r#"{"flows":{"transfer":{"kind":"single"}}}"#;

/// What a page shows: kind and state of each line.
fn lines(page: &Page) -> Vec<(String, String)> {
    assert_eq!(page.status, http::StatusCode::OK, "{}", page.body);
    page.fields("kind").into_iter().zip(page.fields("state")).collect()
}

fn of(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(kind, state)| ((*kind).to_owned(), (*state).to_owned())).collect()
}

async fn own(world: &World, browser: &mut Browser, amount: &str, day: &str) -> String {
    world.clock.advance_seconds(60);
    let entry = Transfer::own(browser, amount, day).await.ok().unwrap();
    order_of(&entry.confirm(browser).await)
}

/// Presses a button of the review of a transfer that others approve; the address of the request.
async fn ask(world: &World, browser: &mut Browser, action: &str) -> String {
    world.clock.advance_seconds(60);
    let entry = Transfer::to(browser, MIZUHO).await.ok().unwrap();
    entry.details(browser, "4", TOMORROW).await;
    let review = entry.review(browser).await;
    let (csrf, order) = (review.token(), review.value("order"));
    let form = [("csrf", csrf.as_str()), ("order", &order), ("action", action), CONFIRMED];
    let page = browser.post(&entry.page("review"), &form).await;
    assert!(page.location().starts_with("/approvals/"), "{} {}", page.status, page.body);
    page.location().to_owned()
}

/// One of each kind; the addresses of their pages, the newest first.
async fn everything(world: &World, hanako: &mut Browser) -> Vec<String> {
    add_user(
        &world.bank,
        world.contract,
        "jiro01",
        Role::General,
        Rights::all(&world.accounts).approving(Business::Transfer, internet_banking::contracts::Step::Final),
    )
    .await;
    let bills = [bill("B1", 100)];
    let entry = Entry::answered(world, hanako, "00200", &bills).await;
    entry.pay(hanako, "B1", 1_001).await;
    let done = own(world, hanako, "1", TODAY).await;
    let reserved = own(world, hanako, "2", TOMORROW).await;
    let taken_back = own(world, hanako, "3", TOMORROW).await;
    send(hanako, &format!("{taken_back}/cancel"), &[CONFIRMED]).await;
    policy(world, SINGLE).await;
    let asked = ask(world, hanako, "ask").await;
    let kept = ask(world, hanako, "keep").await;
    vec![kept, asked, taken_back, reserved, done]
}

async fn every_business_is_on_one_page_the_newest_first_and_each_line_leads_to_its_own(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    let made = everything(&world, &mut hanako).await;
    let page = hanako.get("/activity").await;
    let all = lines(&page);
    assert_eq!(
        all[..5],
        of(&[
            ("振込", "下書き"),
            ("振込", "承認待ち"),
            ("振替", "取消済み"),
            ("振替", "予約中"),
            ("振替", "完了")
        ])
    );
    assert_eq!((all.len(), all[5].0.as_str()), (6, "税金・各種料金"));
    let mut rest = page.body.as_str();
    for link in &made {
        let at = rest.find(&format!("href=\"{link}\"")).unwrap_or_else(|| panic!("{link} in {rest}"));
        rest = &rest[at..];
        assert_eq!(hanako.get(link).await.status, http::StatusCode::OK, "{link}");
    }
    assert!(page.body.contains("指定日 11月25日(水)") && page.body.contains("承認の期限"), "{}", page.body);

    let me = world.hanako.to_string();
    for (query, expected) in [
        ("business=payeasy".to_owned(), 1),
        ("business=transfer".to_owned(), 5),
        ("state=waiting".to_owned(), 1),
        ("state=with-author".to_owned(), 1),
        ("state=reserved".to_owned(), 1),
        ("state=done&business=transfer".to_owned(), 1),
        ("state=cancelled".to_owned(), 1),
        ("state=undone".to_owned(), 0),
        (format!("user={me}"), 6),
        (format!("user={}", domain::UserId::generate()), 0),
        ("from=2026-11-24&until=2026-11-24".to_owned(), 6),
        ("from=2026-11-01&until=2026-11-23".to_owned(), 0),
        ("older=1.x&state=%3Cscript%3E".to_owned(), 6),
    ] {
        let page = hanako.get(&format!("/activity?{query}")).await;
        assert_eq!(lines(&page).len(), expected, "{query}");
        assert!(page.body.contains("あてはまる取引はありません。") == (expected == 0), "{query}");
    }
    let wrong = hanako.get("/activity?from=2026-11-25&until=2026-11-24").await;
    assert_eq!(wrong.status, http::StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("開始日は終了日以前"), "{}", wrong.body);
    for page in ["/home", "/transfers"] {
        assert!(hanako.get(page).await.body.contains("href=\"/activity\""), "{page}");
    }

    // nobody approves in time: it is told as over at that moment
    let until = domain::Timestamp::parse_rfc3339("2026-11-25T00:00:00+09:00").unwrap();
    world.clock.advance_seconds(until.seconds_since(world.clock.now()) - 1);
    let mut hanako = world.signed_in().await;
    assert_eq!(lines(&hanako.get("/activity?state=waiting").await).len(), 1);
    world.clock.advance_seconds(1);
    assert_eq!(lines(&hanako.get("/activity?state=waiting").await).len(), 0);
    assert_eq!(
        lines(&hanako.get("/activity?state=with-author").await),
        of(&[("振込", "下書き"), ("振込", "期限切れ")])
    );
}

/// Proves SEC-34.
async fn nobody_sees_what_is_of_another_account_business_or_contract(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    let made = everything(&world, &mut hanako).await;
    let bank = &world.bank;
    let some = |business| Rights::none().with(business, &world.accounts[..1]);
    for (login_id, rights) in [
        ("taxes01", some(Business::PayEasy)),
        ("moves01", some(Business::Transfer)),
        ("second01", Rights::all(&world.accounts[1..])),
        ("looks01", some(Business::Inquiry)),
    ] {
        add_user(bank, world.contract, login_id, Role::General, rights).await;
    }
    let other = bank.contracts.add_contract("青葉", Plan::Web, SignInMethod::Password).await.unwrap();
    let account = AccountId::new(2_001);
    add_account(bank, other, account, AccountKind::Ordinary, "7654321").await;
    put(&bank.ledger, account, 1_000).await;
    add_user(bank, other, "aoba01", Role::Master, Rights::all(&[account])).await;
    for (login_id, expected) in
        // a draft is its author's alone
        [
            ("taxes01", 1),
            ("moves01", 4),
            ("jiro01", 5),
            ("second01", 0),
            ("looks01", 0),
            ("aoba01", 0),
        ]
    {
        let mut browser = signed_in(&world, login_id).await;
        let page = browser.get("/activity").await;
        assert_eq!(lines(&page).len(), expected, "{login_id}");
        for (path, is_kept) in made.iter().zip([true, false, false, false, false]) {
            let sees = ["moves01", "jiro01"].contains(&login_id) && !is_kept;
            let status = browser.get(path).await.status;
            assert_eq!(status == http::StatusCode::OK, sees, "{login_id} {path} {status}");
        }
        // only who supervises is told who else there is
        assert!(!page.body.contains("hanako01)</option>"), "{login_id}");
    }
}

async fn pages_follow_each_other_without_a_gap_or_a_repeat(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    everything(&world, &mut hanako).await;
    let at = world.clock.now().micros();
    for number in 0..107_i64 {
        execute!(
            world.bank.database,
            "INSERT INTO approval_request (id, contract, business, about, author, author_serial, state, version, \
             round, matter, digest, secret, need, note, made_us, changed_us, until_us) \
             SELECT $1, contract, business, $2, author, author_serial, 'returned', 1, 1, matter, digest, secret, \
             need, note, $3, changed_us, until_us FROM approval_request WHERE state = 'asked'",
            ApprovalId::generate().uuid(),
            number.to_string(),
            // many at the same moment
            at - number / 30,
        )
        .unwrap();
    }
    let (mut seen, mut path) = (Vec::new(), "/activity?business=transfer".to_owned());
    let mut sizes = Vec::new();
    while !path.is_empty() {
        let page = hanako.get(&path).await;
        let links: Vec<String> = page
            .body
            .split("data-field=\"title\"")
            .filter_map(|before| Some(before.rsplit_once("href=\"")?.1.split('"').next()?.to_owned()))
            .filter(|link| link.starts_with("/approvals/") || link.starts_with("/transfers/orders/"))
            .collect();
        sizes.push(lines(&page).len());
        seen.extend(links);
        let next = page.body.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next());
        path = next.unwrap_or_default().replace("&amp;", "&").replace("&#38;", "&");
    }
    assert_eq!(sizes, [50, 50, 12]);
    let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (112, 112));
}
