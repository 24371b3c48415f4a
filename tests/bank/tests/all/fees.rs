//! 後納手数料: when a month is debited, once and in whole, and what people are told and shown.

use database::testing::TestDatabase;
use database::{execute, read};
use domain::{AccountId, ContractId, Timestamp, Yen};
use http::StatusCode;
use internet_banking::contracts::{AccountKind, Business, Plan, Rights, Role, SignInMethod};
use internet_banking::fees::{FEES, Fees, Looked, audit};

use crate::support::{PASSWORD, World, add_account, add_user, put};

database::on_both!(
    a_month_is_debited_once_and_in_whole_on_the_tenth_or_the_business_day_after,
    short_funds_debit_nothing_and_are_tried_again_every_business_day,
    a_clock_that_jumps_over_months_debits_each_of_them_once,
    what_a_contract_owes_at_its_end_is_debited_all_the_same,
    what_is_owed_and_debited_is_shown_to_whom_the_account_is,
);

const DEBITED: Looked = Looked { debited: 1, short: 0 };
const SHORT: Looked = Looked { debited: 0, short: 1 };
const NOTHING: Looked = Looked { debited: 0, short: 0 };

pub async fn charge(world: &World, contract: ContractId, day: &str, amount: i64) {
    let id = domain::id::TransferId::generate().uuid();
    let sql = "INSERT INTO charge (id, contract, day, kind, amount, detail, reference, at_us)
         VALUES ($1, $2, $3, 'transfer', $4, $5, $6, $7)";
    let at = Timestamp::parse_rfc3339(&format!("{day}T10:00:00+09:00")).unwrap().micros();
    let reference = format!("transfer:{id}");
    execute!(world.bank.database, sql, id, contract.uuid(), day, amount, "=振込手数料", reference, at)
        .unwrap();
}

fn go_to(world: &World, at: &str) {
    world.clock.set_offset_us(Timestamp::parse_rfc3339(&format!("{at}+09:00")).unwrap().micros());
}

pub async fn look_at(world: &World, at: &str) -> Looked {
    go_to(world, at);
    Fees::open(&world.bank).await.unwrap().look().await.unwrap()
}

async fn money(world: &World, account: AccountId) -> i64 {
    world.bank.ledger.balances(&[account]).await.unwrap()[0].balance.get()
}

async fn told(world: &World) -> Vec<String> {
    let sql = "SELECT id FROM mail WHERE id LIKE 'fee-%' ORDER BY at_us, id";
    let ids: Vec<String> =
        read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_all(c).await).unwrap();
    ids.iter().map(|id| id.split('-').nth(1).unwrap().to_owned()).collect()
}

async fn findings(world: &World) -> Vec<String> {
    let found = audit(&world.bank.database).await.unwrap();
    let all = world.bank.ledger.audit().await.unwrap();
    assert!(all.is_empty(), "{all:?}");
    found.into_iter().map(|finding| finding.detail).collect()
}

/// Of a weekend with a holiday behind it, over the year's end, by two processes at once.
///
/// Proves R84.
async fn a_month_is_debited_once_and_in_whole_on_the_tenth_or_the_business_day_after(test: TestDatabase) {
    let world = World::new(test).await;
    add_user(&world.bank, world.contract, "master01", Role::Master, Rights::none()).await;
    for (day, amount) in
        [("2026-11-01", 380), ("2026-11-30", 2_160), ("2026-12-01", 110), ("2026-12-31", 550)]
    {
        charge(&world, world.contract, day, amount).await;
    }
    for early in ["2026-11-30T23:59:59", "2026-12-09T15:00:00", "2026-12-10T08:59:59"] {
        assert_eq!(look_at(&world, early).await, NOTHING, "{early}");
    }
    go_to(&world, "2026-12-10T09:00:00");
    let (here, there) = (Fees::open(&world.bank).await.unwrap(), Fees::open(&world.bank).await.unwrap());
    let (one, other) = tokio::join!(here.look(), there.look());
    assert_eq!(one.unwrap().debited + other.unwrap().debited, 1);
    assert_eq!(money(&world, world.accounts[0]).await, 48_210_953 - 2_540);
    assert_eq!(told(&world).await, ["debit"]);
    assert_eq!(look_at(&world, "2026-12-10T09:00:01").await, NOTHING);
    // the tenth is a Sunday, and the Monday is 成人の日
    assert_eq!(look_at(&world, "2027-01-11T10:00:00").await, NOTHING);
    assert_eq!(look_at(&world, "2027-01-12T09:00:00").await, DEBITED);
    assert_eq!(look_at(&world, "2027-01-13T09:00:00").await, NOTHING);
    assert_eq!(money(&world, world.accounts[0]).await, 48_210_953 - 3_200);
    assert_eq!(world.bank.ledger.internal_balance(FEES).await.unwrap(), Yen::new(3_200));
    assert_eq!(findings(&world).await, Vec::<String>::new());
    // what was changed behind its back is found
    charge(&world, world.contract, "2026-11-15", 1).await;
    execute!(world.bank.database, "DELETE FROM guard WHERE key LIKE 'stop|fees|%|2026-12'").unwrap();
    let found = audit(&world.bank.database).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|finding| finding.detail).collect();
    let late = "2540 yen of 2 charges were debited, and 3 come to 2541";
    assert_eq!(found, [late, "it can be debited again"]);
}

/// Mail and alarm come once, and the day that the money is there all of it is debited.
///
/// Proves R84.
async fn short_funds_debit_nothing_and_are_tried_again_every_business_day(test: TestDatabase) {
    let world = World::new(test).await;
    let bank = &world.bank;
    let contract = bank.contracts.add_contract("見本物産", Plan::Mini, SignInMethod::Password).await.unwrap();
    let account = AccountId::new(2_001);
    add_account(bank, contract, account, AccountKind::Ordinary, "2000001").await;
    add_user(bank, contract, "bussan-1", Role::Master, Rights::all(&[account])).await;
    put(&bank.ledger, account, 2_159).await;
    charge(&world, contract, "2026-11-24", 2_160).await;
    assert_eq!(look_at(&world, "2026-12-10T09:00:00").await, SHORT);
    assert_eq!(look_at(&world, "2026-12-10T15:00:00").await, NOTHING, "one try a day");
    let mut browser = world.browser();
    browser.sign_in("bussan-1", PASSWORD).await;
    let page = browser.get("/fees").await;
    assert_eq!(page.fields("state"), ["残高不足"]);
    let when = "2026年12月10日(木)に引き落とせませんでした。2026年12月11日(金)にもう一度引き落とします";
    assert_eq!(page.fields("when"), [when]);
    assert_eq!(look_at(&world, "2026-12-11T09:00:00").await, SHORT);
    assert_eq!(look_at(&world, "2026-12-12T09:00:00").await, NOTHING, "a Saturday");
    assert_eq!(money(&world, account).await, 2_159, "never partly");
    assert_eq!(told(&world).await, ["short"]);
    let alarms = "SELECT count(*) FROM alarm WHERE kind = 'fees_unpaid'";
    let raised: i64 = read!(bank.database, |c| sqlx::query_scalar(alarms).fetch_one(c).await).unwrap();
    assert_eq!(raised, 1);
    put(&bank.ledger, account, 1).await;
    assert_eq!(look_at(&world, "2026-12-14T09:00:00").await, DEBITED);
    assert_eq!(money(&world, account).await, 0);
    assert_eq!(told(&world).await, ["short", "debit"]);
    assert_eq!(findings(&world).await, Vec::<String>::new());
}

/// Over two months and a year's end, by two processes, with funds for the first month alone.
///
/// Proves R84.
async fn a_clock_that_jumps_over_months_debits_each_of_them_once(test: TestDatabase) {
    let world = World::new(test).await;
    let bank = &world.bank;
    let contract = bank.contracts.add_contract("見本物産", Plan::Mini, SignInMethod::Password).await.unwrap();
    let account = AccountId::new(2_001);
    add_account(bank, contract, account, AccountKind::Ordinary, "2000001").await;
    add_user(bank, contract, "bussan-1", Role::Master, Rights::all(&[account])).await;
    put(&bank.ledger, account, 1_000).await;
    for (day, amount) in [("2026-10-30", 600), ("2026-11-30", 500), ("2026-12-31", 300), ("2027-01-29", 900)]
    {
        charge(&world, contract, day, amount).await;
    }
    go_to(&world, "2027-01-29T10:00:00");
    let (here, there) = (Fees::open(bank).await.unwrap(), Fees::open(bank).await.unwrap());
    let (one, other) = tokio::join!(here.look(), there.look());
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!((one.debited + other.debited, one.short + other.short), (2, 1), "{one:?} {other:?}");
    assert_eq!(money(&world, account).await, 100, "October and December, and never a part of November");
    let sql = "SELECT month, amount FROM fee_debit WHERE contract = $1 ORDER BY month";
    let debited: Vec<(String, i64)> =
        read!(bank.database, |c| sqlx::query_as(sql).bind(contract.uuid()).fetch_all(c).await).unwrap();
    assert_eq!(debited, [("2026-10".to_owned(), 600), ("2026-12".to_owned(), 300)]);
    put(&bank.ledger, account, 400).await;
    assert_eq!(look_at(&world, "2027-02-01T09:00:00").await, DEBITED);
    assert_eq!(look_at(&world, "2027-02-09T09:00:00").await, NOTHING, "January is not due");
    put(&bank.ledger, account, 900).await;
    assert_eq!(look_at(&world, "2027-02-10T09:00:00").await, DEBITED);
    assert_eq!(money(&world, account).await, 0);
    assert_eq!(findings(&world).await, Vec::<String>::new());
}

/// Before the tenth; with its account in another contract by then; and beside charges whose contract nobody knows,
/// which keep no other from being debited.
///
/// Proves R84.
async fn what_a_contract_owes_at_its_end_is_debited_all_the_same(test: TestDatabase) {
    let world = World::new(test).await;
    let bank = &world.bank;
    add_user(bank, world.contract, "master01", Role::Master, Rights::none()).await;
    charge(&world, ContractId::from_uuid(uuid::Uuid::from_u128(1)), "2026-11-02", 1).await;
    charge(&world, world.contract, "2026-11-30", 380).await;
    let ended = "UPDATE contract SET state = 'ended', ended_us = $1 WHERE id = $2";
    execute!(bank.database, ended, 1_i64, world.contract.uuid()).unwrap();
    assert_eq!(look_at(&world, "2026-12-10T09:00:00").await, DEBITED);
    assert_eq!(money(&world, world.accounts[0]).await, 48_210_953 - 380);
    assert_eq!(told(&world).await, ["debit"]);
    charge(&world, world.contract, "2026-12-01", 110).await;
    let account = world.accounts[0].get();
    execute!(bank.database, "DELETE FROM user_right WHERE account = $1", account).unwrap();
    execute!(bank.database, "DELETE FROM deposit_account WHERE account = $1", account).unwrap();
    assert_eq!(look_at(&world, "2027-01-12T09:00:00").await, SHORT);
    assert_eq!(told(&world).await, ["debit", "account"]);
    assert_eq!(money(&world, world.accounts[0]).await, 48_210_953 - 380);
    // as the opening of another contract with the account leaves it
    execute!(
        bank.database,
        "UPDATE contract SET fee_account = $1 WHERE id = $2",
        account,
        world.contract.uuid()
    )
    .unwrap();
    assert_eq!(look_at(&world, "2027-01-13T09:00:00").await, DEBITED);
    assert_eq!(money(&world, world.accounts[0]).await, 48_210_953 - 490);
    assert_eq!(findings(&world).await, Vec::<String>::new());
}

/// Proves R84, SEC-34, SEC-37.
async fn what_is_owed_and_debited_is_shown_to_whom_the_account_is(test: TestDatabase) {
    let world = World::new(test).await;
    for (day, amount) in [("2026-10-30", 330), ("2026-11-24", 380), ("2026-11-24", 550)] {
        charge(&world, world.contract, day, amount).await;
    }
    look_at(&world, "2026-11-10T09:00:00").await;
    go_to(&world, "2026-11-30T10:00:00");
    let mut browser = world.signed_in().await;
    let page = browser.get("/fees").await;
    assert_eq!(page.fields("month"), ["2026年11月", "2026年10月"]);
    assert_eq!(
        (page.fields("amount"), page.fields("state")),
        (vec!["930".into(), "330".into()], vec!["集計中".into(), "引落済み".into()])
    );
    assert_eq!(page.fields("charge"), ["380", "550"]);
    go_to(&world, "2026-12-01T10:00:00");
    let mut browser = world.signed_in().await;
    assert_eq!(browser.get("/fees").await.fields("state"), ["引落待ち", "引落済み"]);
    assert_eq!(browser.get("/fees?month=2026-10").await.fields("charge"), ["330"]);
    let csv = browser.get("/fees/2026-11/csv").await;
    assert!(csv.body.contains("\"2026-11-24\",\"'=振込手数料\",\"550\""), "{}", csv.body);
    for none in ["/fees?month=2026-09", "/fees?month=x", "/fees/2026-09/csv", "/fees/2026-13/csv"] {
        assert_eq!(browser.get(none).await.status, StatusCode::NOT_FOUND, "{none}");
    }
    let statement = browser.get("/accounts/1001?from=2026-11-10").await;
    assert!(statement.body.contains("手数料 2026年10月分"), "{}", statement.body);
    // who may look at 代表口座 alone reads no payee of another account
    let order = domain::OrderId::generate();
    execute!(
        world.bank.database,
        "INSERT INTO transfer_order (id, contract, app_user, account, payee_bank, amount, day, placed_us, facts)
         VALUES ($1, $2, $3, $4, '0001', 1, '2026-11-24', 1, '{}')",
        order.uuid(),
        world.contract.uuid(),
        world.hanako.uuid(),
        world.accounts[1].get(),
    )
    .unwrap();
    let sql = "INSERT INTO charge (id, contract, day, kind, amount, detail, reference, at_us)
         VALUES ($1, $2, '2026-11-24', 'transfer', 7, '振込手数料 ｶ)ｱｵﾊﾞ', $3, 1)";
    let reference = format!("transfer:{order}");
    execute!(world.bank.database, sql, order.uuid(), world.contract.uuid(), reference).unwrap();
    assert!(browser.get("/fees").await.body.contains("振込手数料 ｶ)ｱｵﾊﾞ"));
    let rights = Rights::none().with(Business::Inquiry, &world.accounts[..1]);
    add_user(&world.bank, world.contract, "first01", Role::General, rights).await;
    let mut first = world.browser();
    first.sign_in("first01", PASSWORD).await;
    for path in ["/fees", "/fees/2026-11/csv"] {
        let page = first.get(path).await;
        assert!(page.body.contains("振込手数料") && !page.body.contains("ｱｵﾊﾞ"), "{}", page.body);
    }
    // the second account alone
    let rights = Rights::none().with(Business::Inquiry, &[world.accounts[1]]);
    add_user(&world.bank, world.contract, "second01", Role::General, rights).await;
    let mut other = world.browser();
    other.sign_in("second01", PASSWORD).await;
    for path in ["/fees", "/fees/2026-11/csv"] {
        assert_eq!(other.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}
