//! 契約: the daily limit of one contract, changed by two; new contracts and the accounts that they may have.

use database::execute;
use database::testing::TestDatabase;
use domain::{AccountId, Yen};
use http::StatusCode;
use internet_banking::contracts::{AccountKind, DepositAccount, Role};

use super::support::{CHECKER, DOCUMENT, MAKER, Office, REASON, approve, done, propose, proposed};
use crate::payeasy_entry::{Entry, bill};
use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, PASSWORD, Page, put};

database::on_both!(
    a_contracts_limit_is_changed_by_two_and_holds_at_once,
    a_limit_that_changed_meanwhile_is_not_changed_again,
    an_application_becomes_a_contract_whose_number_is_shown_once,
    an_account_is_in_one_fb_contract_only,
    of_two_applications_for_an_account_one_wins,
    the_last_of_many_other_fb_accounts_is_seen_and_ended,
);

/// The page of a procedure of the world's contract.
fn page_of(office: &Office, procedure: &str) -> String {
    format!("/contracts/{}/procedures/{procedure}", office.world.contract)
}

/// The customer reads the new limit as soon as the second person has approved it, and not before.
async fn a_contracts_limit_is_changed_by_two_and_holds_at_once(test: TestDatabase) {
    let (office, _network) = Office::connected(test).await;
    let mut maker = office.signed_in(MAKER).await;
    let found = maker.get("/users?text=hanako01").await.body;
    let contract = format!("/contracts/{}", office.world.contract);
    assert!(found.contains(&contract), "found by its users: {found}");
    let page = page_of(&office, "limit");
    for (limit, words) in [
        ("", "変更後の限度額を入力してください。"),
        ("-1", "限度額は数字で入力してください。"),
        ("10,000,000", "いまの限度額と同じです。"),
    ] {
        let page = propose(&mut maker, &page, &[("value", limit)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{limit}");
        assert!(page.body.contains(words), "{words} in {}", page.body);
    }
    for missing in ["reason", "document"] {
        let answer = propose(&mut maker, &page, &[("value", "500"), (missing, "")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{missing}");
    }
    let request = proposed(&mut maker, &page, &[("value", "20,000,000")]).await;
    assert!(maker.get(&request).await.body.contains(DOCUMENT), "the paper is on the request");
    let csrf = maker.get(&request).await.token();
    let own = maker.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "nobody approves what he proposed");

    add(&office.world, "jiro01", Role::General, "T-0009", 9).await;
    let mut payer = office.world.browser();
    payer.sign_in("jiro01", PASSWORD).await;
    let pay = async |payer: &mut Browser, id: &str, amount: i64| {
        let entry = Entry::answered(&office.world, payer, "99022", &[bill(id, amount)]).await;
        entry.choose(payer, id, 1_001).await;
        let (code, review) = (fresh(&office.world, "T-0009").await, entry.review(payer).await);
        let secrets = [("confirmation_password", PASSWORD), ("one_time_password", &code), ("repeat", "yes")];
        entry.press(payer, &review, &secrets).await
    };
    put(&office.world.bank.ledger, office.world.accounts[0], 30_000_000).await;
    let before = pay(&mut payer, "P1", 10_000_001).await;
    assert_eq!(before.fields("error_code"), ["P-309"], "{}", before.body);
    let mut customer = office.world.signed_in().await;
    assert_eq!(customer.get("/payeasy/limits").await.fields("contract_limit"), ["10,000,000"]);
    let mut checker = office.signed_in(CHECKER).await;
    let done = approve(&mut checker, &request).await;
    assert!(done.body.contains("実行済み"), "{}", done.body);
    assert_eq!(customer.get("/payeasy/limits").await.fields("contract_limit"), ["20,000,000"]);
    assert_eq!(checker.get(&contract).await.fields("limit"), ["20,000,000"]);
    let paid = pay(&mut payer, "P2", 10_000_001).await;
    assert!(paid.location().ends_with("/result"), "it holds at once: {}", paid.body);
    let trail = office.audit().await;
    assert!(trail.iter().any(|(_, action, _)| action == "payeasy.contract_limit"), "{trail:?}");
    // what nobody has approved is found
    let audit = async || console::audit_limits(&office.world.bank.database).await.unwrap();
    assert!(audit().await.is_empty());
    database::execute!(
        office.world.bank.database,
        "INSERT INTO payeasy_contract_limit (contract, at_us, amount, actor) VALUES ($1, 1, 20000000, 'staff:x')",
        office.world.contract.uuid(),
    )
    .unwrap();
    let found = audit().await;
    assert_eq!((found.len(), found[0].check), (1, "payeasy-contract-limit"), "{found:?}");
}

async fn a_limit_that_changed_meanwhile_is_not_changed_again(test: TestDatabase) {
    let (office, _network) = Office::connected(test).await;
    let page = page_of(&office, "limit");
    let mut maker = office.signed_in(MAKER).await;
    let stale = maker.get(&page).await;
    let first = proposed(&mut maker, &page, &[("value", "0")]).await;
    let second = propose(&mut maker, &page, &[("value", "5")]).await;
    assert_eq!(second.status, StatusCode::CONFLICT, "one request of a procedure is open");
    let mut checker = office.signed_in(CHECKER).await;
    approve(&mut checker, &first).await;
    let (csrf, before) = (stale.token(), stale.value("before"));
    let form = [
        ("csrf", csrf.as_str()),
        ("before", &before),
        ("value", "7"),
        ("document", DOCUMENT),
        ("reason", REASON),
    ];
    let late = maker.post(&page, &form).await;
    assert_eq!((late.status, late.fields("error_code")), (StatusCode::CONFLICT, vec!["S-307".to_owned()]));
    assert_eq!(office.console.limits.of_contract(office.world.contract).await.unwrap(), Yen::ZERO);
    // nobody else's
    let other = format!("/contracts/{}", domain::ContractId::generate());
    assert_eq!(maker.get(&other).await.status, StatusCode::NOT_FOUND);
    let csrf = maker.get(&page).await.token();
    let form = [("csrf", csrf.as_str()), ("value", "7"), ("document", DOCUMENT), ("reason", REASON)];
    let answer = maker.post(&format!("{other}/procedures/limit"), &form).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(maker.get(&format!("{page}s")).await.status, StatusCode::NOT_FOUND, "no such procedure");
}

/// An account of the bank that is in no contract.
pub async fn register(office: &Office, account: i64, branch: &str, kind: AccountKind, number: &str) {
    let of = DepositAccount {
        account: AccountId::new(account),
        branch: branch.to_owned(),
        branch_name: "本店営業部".to_owned(),
        kind,
        number: number.to_owned(),
        name: "カ)シンキ".to_owned(),
        main: false,
    };
    office.world.bank.contracts.register_account(&of).await.unwrap();
    let new = ledger::NewAccount::deposit(of.account, "カ)シンキ");
    office.world.bank.ledger.open_account(&new).await.unwrap();
}

/// What an application types, with this main account and these others.
pub fn application<'a>(name: &'a str, number: &'a str, others: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("name", name),
        ("kind", "company"),
        ("plan", "web"),
        ("applied_on", "2026-11-24"),
        ("sign_in", "certificate"),
        ("branch", "100"),
        ("account_kind", "ordinary"),
        ("number", number),
        ("others", others),
        ("address", "仙台市青葉区中央1-2-3"),
        ("phrase", "梅に鶯"),
    ]
}

/// The address of the contract that the search finds first.
pub async fn found(browser: &mut Browser, text: &str) -> String {
    let page: Page = browser.get(&format!("/contracts?text={text}")).await;
    let (_, rest) = page.body.split_once("href=\"/contracts/0").expect("a contract");
    format!("/contracts/0{}", rest.split('"').next().unwrap())
}

/// Proves R1, R5, R7, R25, SEC-46.
async fn an_application_becomes_a_contract_whose_number_is_shown_once(test: TestDatabase) {
    let office = Office::new(test).await;
    register(&office, 2_001, "100", AccountKind::Ordinary, "7654321").await;
    register(&office, 2_002, "201", AccountKind::Current, "0000012").await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let form = maker.get("/contracts/new").await;
    assert!(form.body.contains("<option value=\"certificate\" selected>"), "by certificate by default");
    let typed = application("個人事業 新規商店", "7654321", "201 当座 12");
    let sole: Vec<_> = typed.iter().map(|(n, v)| (*n, if *n == "kind" { "sole" } else { *v })).collect();
    let unreasoned: Vec<_> =
        sole.iter().map(|(n, v)| (*n, if *n == "sign_in" { "password" } else { *v })).collect();
    let refused = propose(&mut maker, "/contracts/new", &unreasoned).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "ID and password take a reason");
    let by_checker = propose(&mut checker, "/contracts", &sole).await;
    assert_ne!(by_checker.status, StatusCode::SEE_OTHER);
    let opened = done(&mut maker, &mut checker, "/contracts/new", &sole).await;
    for words in ["個人事業 新規商店", "7654321 口座名義 カ)シンキ", "0000012 口座名義 カ)シンキ"]
    {
        assert!(opened.body.contains(words), "maker and checker compare {words}: {}", opened.body);
    }
    let contract = found(&mut maker, "0000012").await;
    let shown = maker.get(&contract).await;
    for words in ["申込受付", "個人事業主", "電子証明書", "7654321", "0000012", "梅に鶯", "代表口座"]
    {
        assert!(shown.body.contains(words), "{words} in {}", shown.body);
    }
    let notice = format!("{contract}/notice");
    let csrf = shown.token();
    assert_eq!(maker.post(&notice, &[("csrf", &csrf)]).await.fields("error_code"), ["S-324"], "not granted");
    let usable = format!("{contract}/procedures/usable");
    let wrong = propose(&mut maker, &usable, &[("value", "2026-11-23")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let saturday = done(&mut maker, &mut checker, &usable, &[("value", "2026-11-28")]).await;
    assert!(saturday.body.contains("銀行の休業日です。"), "{}", saturday.body);
    assert_eq!(maker.get(&contract).await.fields("first_day"), ["11月28日(土)から利用可能"]);
    let tuesday = done(&mut maker, &mut checker, &usable, &[("value", "2026-12-01")]).await;
    assert!(!tuesday.body.contains("銀行の休業日です。"), "{}", tuesday.body);
    assert_eq!(maker.get(&contract).await.fields("first_day"), ["12月1日(火)から利用可能"]);
    let again = maker.get(&usable).await;
    assert!(
        again.body.contains("2026年12月1日"),
        "the day may be another one until it is set up: {}",
        again.body
    );
    let another = format!("{contract}/procedures/notice");
    assert_eq!(maker.get(&another).await.fields("error_code"), ["S-321"], "one approval, one number");
    // as of two that were approved at the same time
    let id: domain::ContractId = contract.rsplit('/').next().unwrap().parse().unwrap();
    let sql = "INSERT INTO contract_notice (request, contract, granted_us) VALUES ($1, $2, 1)";
    let request = domain::StaffRequestId::generate().uuid();
    execute!(office.console.database, sql, request, id.uuid()).unwrap();
    let csrf = checker.get("/contracts/others").await.value("csrf");
    assert_eq!(checker.post(&notice, &[("csrf", &csrf)]).await.status, StatusCode::FORBIDDEN);
    let csrf = maker.get(&contract).await.token();
    let printed = maker.post(&notice, &[("csrf", &csrf)]).await;
    let number = printed.fields("set_up_number");
    assert!(number.len() == 1 && number[0].len() == 14, "{}", printed.body);
    assert!(printed.body.contains("個人事業 新規商店 様"), "a person: {}", printed.body);
    let second = maker.post(&notice, &[("csrf", &csrf)]).await;
    assert_eq!(
        (second.status, second.fields("error_code")),
        (StatusCode::CONFLICT, vec!["S-324".to_owned()])
    );
    assert!(!maker.get(&contract).await.body.contains(&number[0]), "it is not kept");
    done(&mut maker, &mut checker, &format!("{contract}/procedures/notice"), &[]).await;
    let another = maker.post(&notice, &[("csrf", &csrf)]).await.fields("set_up_number");
    assert!(another.len() == 1 && another != number, "two people grant another one");
    let trail = office.audit().await;
    let of = |action: &str| trail.iter().filter(|(_, a, _)| a == action).count();
    assert_eq!((of("contract.open"), of("contract.usable"), of("contract.print_notice")), (1, 2, 2));
}

/// Proves R6.
async fn an_account_is_in_one_fb_contract_only(test: TestDatabase) {
    let office = Office::new(test).await;
    for (account, number) in [(2_001, "7654321"), (2_002, "7654322"), (2_003, "7654323")] {
        register(&office, account, "100", AccountKind::Ordinary, number).await;
    }
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let record = async |maker: &mut Browser, number: &str, service: &str| {
        let typed = [
            ("product", "FB端末"),
            ("branch", "100"),
            ("kind", "ordinary"),
            ("number", number),
            (service, "yes"),
        ];
        propose(maker, "/contracts/others", &typed).await
    };
    assert_eq!(record(&mut maker, "7654321", "inquiry").await.location(), "/contracts/others");
    assert_eq!(record(&mut maker, "7654322", "data").await.location(), "/contracts/others");
    assert_eq!(record(&mut maker, "1234567", "transfer").await.fields("error_code"), ["S-323"], "ours");
    assert_eq!(
        record(&mut maker, "9999999", "data").await.fields("error_code"),
        ["S-322"],
        "no such account"
    );
    for (number, words) in [
        ("7654321", "FB端末"),
        ("1234567", "株式会社見本商事"),
        ("9999999", "当行に 100 普通 9999999 の口座はありません。"),
    ] {
        let refused = propose(&mut maker, "/contracts/new", &application("株式会社新規", number, "")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(words), "{words} in {}", refused.body);
    }
    // everything that is wrong is told at once, 一般口座 line by line
    let other = application("株式会社新規", "9999999", "100 普通 7654321\n201\n100 普通 1234567");
    let other: Vec<_> = other.into_iter().chain([("reason", ""), ("document", "")]).collect();
    let told = propose(&mut maker, "/contracts/new", &other).await.body;
    for words in [
        "9999999 の口座はありません",
        "FB端末",
        "2行目を",
        "株式会社見本商事",
        "理由を入力",
        "書類番号を入力",
    ] {
        assert!(told.contains(words), "{words} in {told}");
    }
    // data transmission alone stands in no way
    done(&mut maker, &mut checker, "/contracts/new", &application("株式会社新規", "7654322", "")).await;
    assert_eq!(
        record(&mut maker, "7654322", "transfer").await.fields("error_code"),
        ["S-323"],
        "ours by now"
    );
    // what has ended neither
    let listed = maker.get("/contracts/others").await.body;
    let (_, rest) = listed.split_once("action=\"/contracts/others/").unwrap();
    let end = format!("/contracts/others/{}", rest.split('"').next().unwrap());
    let csrf = maker.get("/contracts/others").await.token();
    assert_eq!(maker.post(&end, &[("csrf", &csrf)]).await.location(), "/contracts/others");
    done(&mut maker, &mut checker, "/contracts/new", &application("株式会社次", "7654321", "")).await;
}

/// Proves R6.
async fn of_two_applications_for_an_account_one_wins(test: TestDatabase) {
    let office = Office::new(test).await;
    for (account, number) in [(2_001, "7654321"), (2_002, "7654322"), (2_003, "7654323")] {
        register(&office, account, "100", AccountKind::Ordinary, number).await;
    }
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let one = application("株式会社一", "7654321", "100 普通 7654323");
    let other = application("株式会社二", "7654322", "100 普通 7654323");
    let one = proposed(&mut maker, "/contracts/new", &one).await;
    let other = proposed(&mut maker, "/contracts/new", &other).await;
    let csrf = checker.get(&one).await.token();
    let mut second = checker.clone();
    let form = [("csrf", csrf.as_str())];
    let (one_path, other_path) = (format!("{one}/approve"), format!("{other}/approve"));
    tokio::join!(checker.post(&one_path, &form), second.post(&other_path, &form));
    let mut won = 0;
    for request in [&one, &other] {
        let page = checker.get(request).await.body;
        won += i32::from(page.contains("実行済み"));
        assert!(
            page.contains("実行済み") || page.contains("実行できません") || page.contains("承認待ち"),
            "{page}"
        );
    }
    assert_eq!(won, 1);
    let listed = checker.get("/contracts?text=7654323").await.body;
    assert_eq!(listed.matches("href=\"/contracts/0").count(), 1, "{listed}");
}

async fn the_last_of_many_other_fb_accounts_is_seen_and_ended(test: TestDatabase) {
    let office = Office::new(test).await;
    register(&office, 2_001, "999", AccountKind::Ordinary, "7654321").await;
    let mut maker = office.signed_in(MAKER).await;
    for number in 0..101 {
        let sql = "INSERT INTO other_fb_account
            (id, product, branch, kind, number, inquiry, transfer, data, registered_us)
            VALUES ($1, 'FB端末', '200', 'ordinary', $2, 0, 0, 1, 1)";
        let id = domain::StaffRequestId::generate().uuid();
        execute!(office.console.database, sql, id, format!("{number:07}")).unwrap();
    }
    let typed = [
        ("product", "FB端末"),
        ("branch", "999"),
        ("kind", "ordinary"),
        ("number", "7654321"),
        ("data", "yes"),
    ];
    let page = "/contracts/others";
    assert_eq!(propose(&mut maker, page, &typed).await.location(), page);
    assert_eq!(propose(&mut maker, page, &typed).await.fields("error_code"), ["S-323"], "once a product");
    let first = maker.get(page).await;
    assert!(first.body.contains("?page=1") && !first.body.contains("999 普通 7654321"), "{}", first.body);
    let last = maker.get("/contracts/others?page=1").await;
    assert!(!last.body.contains("?page=2"), "{}", last.body);
    let (_, rest) = last.body.split_once("999 普通 7654321").expect("the last one");
    let (_, rest) = rest.split_once("action=\"").unwrap();
    let end = rest.split('"').next().unwrap().to_owned();
    assert_eq!(maker.post(&end, &[("csrf", &last.token())]).await.location(), page);
    assert!(!maker.get("/contracts/others?page=1").await.body.contains("999 普通 7654321"));
}
