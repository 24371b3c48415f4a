//! Whatever is done is told by mail, and to whom: one walk over all of it, whoever does it and wherever (R19, R20).

mod witness;

use std::collections::BTreeSet;

use ::console::delivery::DeliverySettings;
use database::testing::TestDatabase;
use database::{execute, read};
use domain::{CertificateId, ContractId};
use gateway::{Service, StopScope};
use internet_banking::approvals;
use internet_banking::contracts::{Business, Rights, Role, Step};
use internet_banking::mail::Post;
use internet_banking::registration::TOLD;
use internet_banking::sign_in::look_for_locks;
use internet_banking::tokens::{TokenState, Typist, expiry};

use witness::{LOOKED_AT_ELSEWHERE, TOLD_ALONG_EVENTS, WHOM, Witness};

use crate::approvals::{ORDERED, SINGLE, asked, policy, press, set, signed_in};
use crate::approved::{left, lift, stop};
use crate::certificates::{Desk, KEIRI, MASTER};
use crate::console::support::{CHECKER, MAKER, Office, approve, done};
use crate::relay::Relay;
use crate::repeats_and_limits::{add, fresh};
use crate::support::{LOGIN_ID, PASSWORD, World, add_user};
use crate::transfer_entry::{Transfer, order_of, send};
use crate::users::{act, add_by_pages, basics, begin, id_of, submit};
use crate::{
    console, favourites, fees, limits, own, payees, set_up, tokens, transfer_templates, wrong_numbers,
};

database::on_both!(whatever_is_done_is_told_to_whom_it_concerns_in_one_mail_each,);

const NEW: &str = "yama no anata no sora tooku";
const OTHER: &str = "saiwai sumu to hito no iu";

/// The bank with the company of the walk: master, administrator, and people with tokens and without.
async fn company(test: TestDatabase) -> (Office, Desk) {
    let (world, network) = World::connected(test).await;
    std::mem::forget(network);
    let desk = Desk::of(world).await;
    let world = desk.world.clone();
    add(&world, "master1", Role::Master, "T-0002", 8).await;
    add(&world, "admin01", Role::Admin, "T-0003", 9).await;
    add(&world, "taro0001", Role::General, "T-0001", 7).await;
    add(&world, "jiro0001", Role::General, "T-0004", 6).await;
    for login_id in ["saburo01", "shiro001"] {
        let step = if login_id == "saburo01" { Step::First } else { Step::Final };
        let rights = Rights::all(&world.accounts).approving(Business::PayEasy, step);
        add_user(&world.bank, world.contract, login_id, Role::General, rights).await;
    }
    execute!(world.bank.database, "UPDATE app_user SET email = login_id || '@example.jp'").unwrap();
    (Office::of(world, DeliverySettings::default()).await, desk)
}

/// A paper of the walk's company, carried out by two.
async fn paper(office: &Office, contract: ContractId, procedure: &str, typed: &[(&str, &str)]) {
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let page = format!("/contracts/{contract}/procedures/{procedure}");
    done(&mut maker, &mut checker, &page, typed).await;
}

/// Proves R19, R20, SEC-38.
async fn whatever_is_done_is_told_to_whom_it_concerns_in_one_mail_each(test: TestDatabase) {
    let (office, desk) = company(test).await;
    let world = &office.world;
    let mut witness = Witness::of(world).await;
    sign_ins(&mut witness, &office).await;
    users(&mut witness).await;
    own_acts(&mut witness).await;
    tokens_of_users(&mut witness, &office).await;
    payees_of_all(&mut witness, &office).await;
    payments(&mut witness, &office).await;
    transfers(&mut witness).await;
    approvals_of_all(&mut witness, &office).await;
    certificates(&mut witness, &office, &desk).await;
    papers(&mut witness, &office).await;
    new_contract(&mut witness, &office).await;

    assert!(witness.wrong.is_empty(), "{}", witness.wrong.join("\n"));
    let must = TOLD.iter().chain(TOLD_ALONG_EVENTS).copied();
    let must: BTreeSet<&str> = must.filter(|act| !LOOKED_AT_ELSEWHERE.contains(act)).collect();
    assert_eq!(witness.seen, must, "all of it was done");
    assert_eq!(WHOM.len(), must.len());

    // each goes out once, under a name of its own
    let relay = Relay::start().await;
    let post = Post::new(world.bank.database.clone(), world.clock.clone(), &relay.settings()).unwrap();
    while post.deliver_due().await.unwrap() > 0 {}
    let handed = relay.mails();
    let id = |mail: &String| {
        mail.lines().find(|line| line.to_ascii_lowercase().starts_with("message-id")).unwrap().to_owned()
    };
    let ids: BTreeSet<_> = handed.iter().map(id).collect();
    assert_eq!((handed.len(), ids.len()), (witness.mails.len(), witness.mails.len()));
}

async fn sign_ins(witness: &mut Witness<'_>, office: &Office) {
    let world = witness.world;
    let (database, bank) = (&world.bank.database, &world.bank);
    world.signed_in().await;
    witness.passes().await;
    let mut elsewhere = world.browser();
    elsewhere.address = "198.51.100.7:40000".parse().unwrap();
    assert_eq!(elsewhere.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
    witness.saw("session.sign_in").await;
    let mut guesser = world.browser();
    for _ in 0..5 {
        guesser.sign_in(LOGIN_ID, "wrong").await;
    }
    look_for_locks(bank).await.unwrap();
    witness.saw("session.pause").await;
    let last_but_one =
        "UPDATE sign_in_throttle SET blocks = 2, failures = 4, blocked_until_us = 0 WHERE blocks = 1";
    execute!(database, last_but_one).unwrap();
    guesser.sign_in(LOGIN_ID, "wrong").await;
    look_for_locks(bank).await.unwrap();
    witness.saw("session.lock").await;
    let mut master = signed_in(world, "master1").await;
    witness.passes().await;
    act(world, &mut master, world.hanako, "unlock", "T-0002").await;
    witness.saw("user.unlock").await;
    let mut hanako = world.signed_in().await;
    witness.passes().await;
    for _ in 0..5 {
        own::change(&mut hanako, "/security/confirmation-password", "wrong", NEW).await;
    }
    witness.saw("user.confirmation_lock").await;
    let hanako = world.hanako.to_string();
    paper(office, world.contract, "unlock-confirmation", &[("value", &hanako)]).await;
    witness.saw("contract.unlock_confirmation").await;
}

async fn users(witness: &mut Witness<'_>) {
    let world = witness.world;
    let mut master = signed_in(world, "master1").await;
    let added = add_by_pages(world, &mut master, "ichiro01", "general", "T-0002").await;
    witness.saw("user.add").await;
    let mut ichiro = world.browser();
    ichiro.sign_in("ichiro01", &added.fields("temporary_password").concat()).await;
    witness.passes().await;
    let first = own::first(&mut ichiro, NEW, OTHER).await;
    assert_eq!(first.location(), "/security?done=first", "{}", first.body);
    witness.saw("user.own_first").await;
    let ichiro = id_of(world, "ichiro01").await;
    let page = format!("/admin/users/{ichiro}");
    let csrf = master.get(&page).await.token();
    let begun = master.post(&format!("{page}/change"), &[("csrf", &csrf)]).await;
    let entry = begun.location().strip_suffix("/basics").unwrap().to_owned();
    basics(&mut master, &entry, "ichiro01", "general", "").await;
    submit(&mut master, &format!("{entry}/rights"), &[("inquiry-1001", "on")]).await;
    let code = fresh(world, "T-0002").await;
    submit(&mut master, &format!("{entry}/review"), &[("one_time_password", &code)]).await;
    witness.saw("user.change").await;
    let page = format!("/admin/users/{}", id_of(world, "master1").await);
    let csrf = master.get(&page).await.token();
    let begun = master.post(&format!("{page}/change"), &[("csrf", &csrf)]).await;
    let entry = begun.location().strip_suffix("/rights").unwrap().to_owned();
    let rights = [("inquiry-1001", "on"), ("payeasy-1001", "on"), ("transfer-1001", "on")];
    submit(&mut master, &format!("{entry}/rights"), &rights).await;
    let code = fresh(world, "T-0002").await;
    submit(&mut master, &format!("{entry}/review"), &[("one_time_password", &code)]).await;
    witness.saw("user.rights").await;
    for (press, action) in [
        ("suspend", "user.suspend"),
        ("resume", "user.resume"),
        ("password", "user.password"),
        ("remove", "user.remove"),
    ] {
        act(world, &mut master, ichiro, press, "T-0002").await;
        witness.saw(action).await;
    }
    let entry = begin(&mut master).await;
    basics(&mut master, &entry, "ichiro01", "general", "same").await;
    submit(&mut master, &format!("{entry}/rights"), &[("inquiry-1002", "on")]).await;
    let code = fresh(world, "T-0002").await;
    submit(&mut master, &format!("{entry}/review"), &[("one_time_password", &code)]).await;
    witness.saw("user.return").await;
}

async fn own_acts(witness: &mut Witness<'_>) {
    let world = witness.world;
    let mut taro = signed_in(world, "taro0001").await;
    witness.passes().await;
    own::change(&mut taro, "/security/password", PASSWORD, NEW).await;
    witness.saw("user.own_password").await;
    own::change(&mut taro, "/security/confirmation-password", PASSWORD, OTHER).await;
    witness.saw("user.own_confirmation").await;
    let csrf = taro.get("/security").await.token();
    taro.post("/security/reminder", &[("csrf", &csrf), ("reminds", "on")]).await;
    witness.saw("user.own_reminder").await;
    let code = fresh(world, "T-0001").await;
    let typed = [
        ("email", "new-taro0001@example.jp"),
        ("confirmation_password", OTHER),
        ("one_time_password", code.as_str()),
    ];
    submit(&mut taro, "/security/email", &typed).await;
    witness.saw("user.own_email").await;
}

async fn tokens_of_users(witness: &mut Witness<'_>, office: &Office) {
    let world = witness.world;
    let bank = &world.bank;
    let jiro = id_of(world, "jiro0001").await;
    for _ in 0..5 {
        let typist = Typist::User(world.contract, jiro);
        bank.tokens.verify("T-0004", typist, "00000x", world.clock.now()).await.unwrap();
    }
    look_for_locks(bank).await.unwrap();
    witness.saw("token.lock").await;
    let mut master = signed_in(world, "master1").await;
    let code = fresh(world, "T-0002").await;
    tokens::administer(&mut master, "unlock", "T-0004", &code).await;
    witness.saw("token.unlock").await;
    let mut jiro = signed_in(world, "jiro0001").await;
    witness.passes().await;
    let csrf = jiro.get("/security/token/lost").await.token();
    jiro.post("/security/token/lost", &[("csrf", &csrf), ("sure", "yes")]).await;
    witness.saw("token.lost").await;
    tokens::deliver(world, "9000000901", None, TokenState::Stock, "2026-12-20").await;
    console::tokens::decide(office, world.contract, "add", "").await;
    witness.saw("token.ship").await;
    let mut jiro = signed_in(world, "jiro0001").await;
    witness.passes().await;
    let registered = tokens::register(world, &mut jiro, "9000000901").await;
    assert_eq!(registered.location(), "/security/token?done=registered", "{}", registered.body);
    witness.saw("token.register").await;
    expiry::look(bank).await.unwrap();
    witness.saw("token.expiry_told").await;
    let mut master = signed_in(world, "master1").await;
    let code = fresh(world, "T-0002").await;
    tokens::administer(&mut master, "revoke", "9000000901", &code).await;
    witness.saw("token.revoke").await;
}

async fn payees_of_all(witness: &mut Witness<'_>, office: &Office) {
    let world = witness.world;
    let mut master = signed_in(world, "master1").await;
    payees::add(world, &mut master, &[]).await;
    witness.saw("payee.add").await;
    let link = payees::first_link(&mut master).await;
    let seen = master.get(&link).await.value("seen");
    let code = fresh(world, "T-0002").await;
    let change = [("action", "register"), ("seen", &seen), ("number", "9"), ("one_time_password", &code)];
    submit(&mut master, &link, &payees::with(payees::FORM, &change)).await;
    witness.saw("payee.change").await;
    let delete = format!("{link}/delete");
    let seen = master.get(&delete).await.value("seen");
    let code = fresh(world, "T-0002").await;
    submit(&mut master, &delete, &[("seen", &seen), ("one_time_password", &code)]).await;
    witness.saw("payee.delete").await;
    let text = "登録名,銀行番号,店番,科目,口座番号,受取人名\n新しい先,0125,100,普通,8,ミホン\n";
    let plan = payees::upload(&mut master, "add", text).await.location().to_owned();
    let digest = master.get(&plan).await.value("digest");
    let code = fresh(world, "T-0002").await;
    submit(&mut master, &plan, &[("digest", &digest), ("one_time_password", &code)]).await;
    witness.saw("payee.import").await;
    for _ in 0..5 {
        payees::look(&mut master, &[]).await;
    }
    witness.saw("payee.check_lock").await;
    let master = id_of(world, "master1").await.to_string();
    paper(office, world.contract, "unlock-name-check", &[("value", &master)]).await;
    witness.saw("contract.unlock_name_check").await;
}

async fn payments(witness: &mut Witness<'_>, office: &Office) {
    let world = witness.world;
    let mut master = signed_in(world, "master1").await;
    let code = fresh(world, "T-0002").await;
    let page = format!("/payeasy/limits/{}", world.hanako);
    submit(&mut master, &page, &[("limit", "9,000,000"), ("one_time_password", &code)]).await;
    witness.saw("payeasy.limit").await;
    paper(office, world.contract, "limit", &[("value", "20,000,000")]).await;
    witness.saw("payeasy.contract_limit").await;
    let mut master = signed_in(world, "master1").await;
    limits::set(world, &mut master, "/admin/limits/item", "9,000,000").await;
    witness.saw("transfer.limit").await;
    let mut hanako = world.signed_in().await;
    witness.passes().await;
    let again = format!("{}/again", favourites::paid(world, &mut hanako).await);
    witness.saw("payeasy.pay").await;
    favourites::press(&mut hanako, &again, "keep", "源泉所得税").await;
    witness.saw("payeasy.favourite_add").await;
    let list = hanako.get("/payeasy/favourites").await.body;
    let (_, rest) = list.split_once("href=\"/payeasy/favourites/").expect("a favourite");
    let page = format!("/payeasy/favourites/{}", rest.split('"').next().unwrap());
    favourites::press(&mut hanako, &page, "rename", "本社の源泉所得税").await;
    witness.saw("payeasy.favourite_rename").await;
    favourites::press(&mut hanako, &page, "delete", "").await;
    witness.saw("payeasy.favourite_delete").await;
    wrong_numbers::guess(&mut hanako, 10).await;
    // it is told beside the answer
    for _ in 0..200 {
        let stops = "SELECT count(*) FROM audit WHERE action = 'payeasy.stop'";
        let stops: i64 =
            read!(world.bank.database, |c| sqlx::query_scalar(stops).fetch_one(c).await).unwrap();
        if stops > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    witness.saw("payeasy.stop").await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let user = format!("/users/{}", world.hanako);
    let request = console::users::propose(&mut maker, &user, "本店で確認").await.location().to_owned();
    approve(&mut checker, &request).await;
    witness.saw("payeasy.stop_lifted").await;
}

async fn transfers(witness: &mut Witness<'_>) {
    let world = witness.world;
    let mut hanako = world.signed_in().await;
    witness.passes().await;
    let entry = Transfer::own(&mut hanako, "12345", "2026-11-26").await.ok().unwrap();
    let order = order_of(&entry.confirm(&mut hanako).await);
    witness.saw("transfer.place").await;
    let page = transfer_templates::keep(&mut hanako, &order, "order", transfer_templates::last(&order)).await;
    let template = transfer_templates::made(&page);
    witness.saw("transfer.template_add").await;
    send(&mut hanako, &template, &[("action", "rename"), ("name", "当座 0098765 https://e.example/")]).await;
    witness.saw("transfer.template_rename").await;
    send(&mut hanako, &template, &[("action", "delete")]).await;
    witness.saw("transfer.template_delete").await;
    send(&mut hanako, &format!("{order}/cancel"), &[("confirmation_password", PASSWORD)]).await;
    witness.saw("transfer.cancel").await;
}

async fn approvals_of_all(witness: &mut Witness<'_>, office: &Office) {
    let world = witness.world;
    let bank = &world.bank;
    let mut master = signed_in(world, "master1").await;
    set(world, &mut master, &[("payeasy-flow", "none"), ("distinct_tokens", "on")], true).await;
    witness.saw("approval.policy").await;
    policy(world, ORDERED).await;
    let (mut hanako, mut saburo) = (world.signed_in().await, signed_in(world, "saburo01").await);
    witness.passes().await;
    let path = asked(&mut hanako).await;
    witness.saw("approval.ask").await;
    let shown = saburo.get(&path).await;
    press(&mut saburo, &path, &shown, "return").await;
    witness.saw("approval.return").await;
    let back = hanako.get(&path).await;
    press(&mut hanako, &path, &back, "ask").await;
    witness.passes().await;
    let shown = saburo.get(&path).await;
    press(&mut saburo, &path, &shown, "approve").await;
    witness.saw("approval.approve").await;
    let back = hanako.get(&path).await;
    press(&mut hanako, &path, &back, "withdraw").await;
    let back = hanako.get(&path).await;
    press(&mut hanako, &path, &back, "ask").await;
    witness.passes().await;
    // what both have approved meets a stop
    left(world, &["saburo01", "shiro001"]).await;
    let stopped = stop(world, StopScope::Service, Service::PayEasy.code()).await;
    approvals::look(bank).await.unwrap();
    lift(world, &stopped).await;
    witness.saw("approval.refused").await;
    let back = hanako.get(&path).await;
    press(&mut hanako, &path, &back, "ask").await;
    witness.passes().await;
    let until = "SELECT until_us FROM approval_request";
    let until: i64 = read!(bank.database, |c| sqlx::query_scalar(until).fetch_one(c).await).unwrap();
    let left = (until - world.clock.now().micros()) / 1_000_000;
    world.clock.advance_seconds(left - 24 * 3600);
    approvals::look(bank).await.unwrap();
    witness.saw("approval.remind").await;
    world.clock.advance_seconds(24 * 3600);
    approvals::look(bank).await.unwrap();
    witness.saw("approval.expire").await;
    policy(world, SINGLE).await;
    let admin = id_of(world, "admin01").await;
    for duty in ["approvals", "passwords"] {
        let sql = "INSERT INTO user_duty (app_user, duty) VALUES ($1, $2)";
        execute!(bank.database, sql, admin.uuid(), duty).unwrap();
    }
    paper(office, world.contract, "single-administrator", &[]).await;
    witness.saw("contract.single_administrator").await;
}

async fn certificates(witness: &mut Witness<'_>, office: &Office, desk: &Desk) {
    let certificate = desk.fetched(KEIRI).await;
    witness.saw("certificate.issue").await;
    let mut keiri = desk.at_door(certificate);
    assert_eq!(keiri.sign_in(KEIRI, PASSWORD).await.location(), "/home");
    witness.saw("certificate.confirm").await;
    let (_, mut master) = desk.signed_in(MASTER).await;
    let code = desk.code(MASTER).await;
    witness.passes().await;
    desk.act(&mut master, "revoke", &code).await;
    witness.saw("certificate.revoke").await;
    let code = desk.code(MASTER).await;
    desk.act(&mut master, "permit", &code).await;
    witness.saw("certificate.permit").await;
    desk.fetched(KEIRI).await;
    witness.passes().await;
    let newest = "SELECT id FROM certificate ORDER BY issued_us DESC LIMIT 1";
    let newest: uuid::Uuid =
        read!(witness.world.bank.database, |c| sqlx::query_scalar(newest).fetch_one(c).await).unwrap();
    let newest = CertificateId::from_uuid(newest).to_string();
    paper(office, desk.contract, "revoke-certificate", &[("value", &newest)]).await;
    witness.saw("contract.revoke_certificate").await;
    paper(office, desk.contract, "same-day", &[("value", "on")]).await;
    witness.saw("contract.same_day").await;
    paper(office, desk.contract, "sign-in", &[("value", "password")]).await;
    witness.saw("contract.sign_in").await;
    // its account is free for the contract that is opened last
    paper(office, desk.contract, "end", &[]).await;
    witness.passes().await;
}

/// What the bank does on paper for the company, up to its end.
async fn papers(witness: &mut Witness<'_>, office: &Office) {
    let world = witness.world;
    let payee = [
        ("number", "0001"),
        ("bank", "0001"),
        ("branch", "123"),
        ("kind", "ordinary"),
        ("account_number", "7654321"),
        ("name", "カ)ミホンシヨウジ"),
    ];
    for (procedure, action, value) in [
        ("plan", "contract.plan", "web"),
        ("address", "contract.address", "仙台市泉区1-1"),
        ("phrase", "contract.phrase", "梅に鶯"),
        ("transfer-limit", "contract.transfer_limit", "5,000,000"),
    ] {
        paper(office, world.contract, procedure, &[("value", value)]).await;
        witness.saw(action).await;
    }
    paper(office, world.contract, "payee", &payee).await;
    witness.saw("contract.payee").await;
    paper(office, world.contract, "payee-end", &[("value", "0001")]).await;
    witness.saw("contract.payee_end").await;
    console::stops::stop(&mut world.browser(), LOGIN_ID, PASSWORD).await;
    witness.saw("contract.stop").await;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    console::stops::lift(&mut maker, &mut checker).await;
    witness.saw("contract.stop_lifted").await;
    let mut guesser = world.browser();
    for _ in 0..5 {
        guesser.sign_in("master1", "wrong").await;
    }
    let locked = "UPDATE sign_in_throttle SET blocks = 3 WHERE blocks = 1";
    execute!(world.bank.database, locked).unwrap();
    look_for_locks(&world.bank).await.unwrap();
    witness.passes().await;
    paper(office, world.contract, "unlock-sign-in", &[]).await;
    witness.saw("contract.unlock_sign_in").await;
    debts(witness).await;
    paper(office, world.contract, "reset-master", &[]).await;
    witness.saw("contract.reset_master").await;
    let mut maker = office.signed_in(MAKER).await;
    let contract = format!("/contracts/{}", world.contract);
    set_up::printed(&mut maker, &contract).await;
    witness.passes().await;
    paper(office, world.contract, "notice", &[]).await;
    witness.saw("contract.notice").await;
    // the paper's maker has signed in since
    let mut maker = office.signed_in(MAKER).await;
    let number = set_up::printed(&mut maker, &contract).await;
    let mut customer = world.browser();
    let details = set_up::begin(&mut customer, "1234567", &number).await;
    witness.passes().await;
    set_up::finish(&mut customer, &details, "tanaka-01", &[]).await;
    witness.saw("contract.set_up_again").await;
    paper(office, world.contract, "master-mail", &[("value", "new-tanaka@example.jp")]).await;
    witness.saw("contract.master_mail").await;
    paper(office, world.contract, "end", &[]).await;
    witness.saw("contract.end").await;
}

/// A month's fees, which the account has not and then has.
async fn debts(witness: &mut Witness<'_>) {
    let world = witness.world;
    fees::charge(world, world.contract, "2026-11-24", 90_000_000).await;
    fees::look_at(world, "2026-12-10T09:00:00").await;
    witness.saw("fee.short").await;
    crate::support::put(&world.bank.ledger, world.accounts[0], 90_000_000).await;
    fees::look_at(world, "2026-12-11T09:00:00").await;
    witness.saw("fee.debit").await;
}

async fn new_contract(witness: &mut Witness<'_>, office: &Office) {
    let world = witness.world;
    let (mut maker, mut checker) = (office.signed_in(MAKER).await, office.signed_in(CHECKER).await);
    let (_, number) = set_up::usable(office, &mut maker, &mut checker, "2026-12-11").await;
    witness.saw("contract.usable").await;
    let mut customer = world.browser();
    let details = set_up::begin(&mut customer, "7654321", &number).await;
    set_up::finish(&mut customer, &details, "tanaka-02", &[]).await;
    witness.saw("contract.set_up").await;
}
