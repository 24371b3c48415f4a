//! Every page × every role × every plan, allowed or refused as the rules say; and what belongs to
//! another contract answers as if it did not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use database::testing::TestDatabase;
use database::{execute, read};
use domain::{
    AccountId, ApprovalId, BatchId, FavouriteId, OrderId, PayeeId, PaymentId, RecallId, TemplateId, UserId,
};
use http::{Method, StatusCode, header};
use internet_banking::contracts::{AccountKind, Business, Duty, Plan, Rights, Role, SignInMethod};
use internet_banking::policy;
use uuid::Uuid;

use crate::payeasy_entry::{Entry, bill};
use crate::support::{Browser, PASSWORD, World, add_account, add_user, put};
use crate::transfer_entry::{Transfer, order_of};

database::on_both!(every_page_answers_whom_the_tables_let_in_and_nobody_else,);

/// Who may have a page.
#[derive(Clone, Copy, Debug)]
enum Gate {
    /// Nobody need be signed in; what it shows decides for itself.
    Open,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever has the right to one of the businesses, where the plan has it.
    To(&'static [Business]),
    /// Whoever has one of the duties.
    With(&'static [Duty]),
}
use Gate::{Open, SignedIn, To, With};

const PAYEASY: Gate = To(&[Business::PayEasy]);
const TRANSFER: Gate = To(&[Business::Transfer]);
const INQUIRY: Gate = To(&[Business::Inquiry]);
const PAYEES: Gate = To(&[Business::Transfer, Business::BulkTransfer]);
const SALARY: Gate = To(&[Business::Salary]);
const BULK: Gate = To(&[Business::BulkTransfer, Business::Salary, Business::DirectDebit, Business::LocalTax]);
const USERS: Gate =
    With(&[Duty::Users, Duty::Administrators, Duty::Rights, Duty::Passwords, Duty::SignInUnlock]);
const CERTIFICATES: Gate = With(&[Duty::Certificates]);
const TOKENS: Gate = With(&[Duty::TokenRevoke, Duty::TokenUnlock]);
const LIMITS: Gate = With(&[Duty::Limits]);
const HISTORY: Gate = With(&[Duty::History]);

/// Every address of the bank's pages.
const PAGES: &[(&str, Gate)] = &[
    ("/", SignedIn),
    ("/accounts", INQUIRY),
    ("/accounts/{account}", INQUIRY),
    ("/accounts/{account}/files/{file}", INQUIRY),
    ("/accounts/{account}/incoming", INQUIRY),
    ("/accounts/{account}/incoming/news", INQUIRY),
    ("/accounts/{account}/incoming/print", INQUIRY),
    ("/accounts/{account}/news", INQUIRY),
    ("/accounts/{account}/print", INQUIRY),
    ("/activity", SignedIn),
    ("/admin", With(Duty::ALL)),
    ("/admin/approvals", With(&[Duty::Approvals])),
    ("/admin/certificates", CERTIFICATES),
    ("/admin/certificates/{user}", CERTIFICATES),
    ("/admin/certificates/{user}/permit", CERTIFICATES),
    ("/admin/certificates/{user}/revoke", CERTIFICATES),
    ("/admin/history", HISTORY),
    ("/admin/history/csv", HISTORY),
    ("/admin/limits", LIMITS),
    ("/admin/limits/accounts/{account}", LIMITS),
    ("/admin/limits/item", LIMITS),
    ("/admin/limits/users/{user}", LIMITS),
    ("/admin/tokens", TOKENS),
    ("/admin/tokens/ask", TOKENS),
    ("/admin/tokens/do", TOKENS),
    ("/admin/users", USERS),
    ("/admin/users/entry/{draft}/basics", USERS),
    ("/admin/users/entry/{draft}/forget", USERS),
    ("/admin/users/entry/{draft}/review", USERS),
    ("/admin/users/entry/{draft}/rights", USERS),
    ("/admin/users/new", USERS),
    ("/admin/users/{user}", USERS),
    ("/admin/users/{user}/change", USERS),
    ("/admin/users/{user}/do/{act}", USERS),
    ("/approvals", SignedIn),
    ("/approvals/{approval}", SignedIn),
    ("/bulk", BULK),
    ("/bulk/file", To(&[Business::FileTransfer])),
    ("/bulk/new", BULK),
    ("/bulk/{batch}", BULK),
    ("/bulk/{batch}/csv", BULK),
    ("/bulk/{batch}/heading", BULK),
    ("/bulk/{batch}/payees", BULK),
    ("/bulk/{batch}/result", BULK),
    ("/bulk/{batch}/review", BULK),
    ("/bulk/{batch}/rows/{row}", BULK),
    ("/certificate/check", Open),
    ("/certificate/fetch", Open),
    ("/emergency-stop", Open),
    ("/emergency-stop/done", Open),
    ("/emergency-stop/now", SignedIn),
    ("/employees", SALARY),
    ("/employees/csv", SALARY),
    ("/employees/import", SALARY),
    ("/employees/import/{import}", SALARY),
    ("/employees/new", SALARY),
    ("/employees/{payee}", SALARY),
    ("/employees/{payee}/delete", SALARY),
    ("/fees", INQUIRY),
    ("/fees/{month}/csv", INQUIRY),
    ("/help", Open),
    ("/help/{code}", Open),
    ("/home", SignedIn),
    ("/payeasy/collectors", PAYEASY),
    ("/payeasy/collectors/{collector}", PAYEASY),
    ("/payeasy/el", PAYEASY),
    ("/payeasy/el/picture", PAYEASY),
    ("/payeasy/favourites", PAYEASY),
    ("/payeasy/favourites/{favourite}", PAYEASY),
    ("/payeasy/history", PAYEASY),
    ("/payeasy/limits", PAYEASY),
    ("/payeasy/limits/{user}", With(&[Duty::Limits])),
    ("/payeasy/link/entry", Open),
    ("/payeasy/link/{handoff}", Open),
    ("/payeasy/new", PAYEASY),
    ("/payeasy/new/{draft}/amount", PAYEASY),
    ("/payeasy/new/{draft}/bills", PAYEASY),
    ("/payeasy/new/{draft}/numbers", PAYEASY),
    ("/payeasy/new/{draft}/period", PAYEASY),
    ("/payeasy/new/{draft}/purpose", PAYEASY),
    ("/payeasy/new/{draft}/result", PAYEASY),
    ("/payeasy/new/{draft}/review", PAYEASY),
    ("/payeasy/payments/{payment}", PAYEASY),
    ("/payeasy/payments/{payment}/again", PAYEASY),
    ("/payeasy/payments/{payment}/print", PAYEASY),
    ("/payeasy/requests", PAYEASY),
    ("/payees", PAYEES),
    ("/payees/csv", PAYEES),
    ("/payees/import", PAYEES),
    ("/payees/import/{import}", PAYEES),
    ("/payees/new", PAYEES),
    ("/payees/{payee}", PAYEES),
    ("/payees/{payee}/delete", PAYEES),
    ("/security", SignedIn),
    ("/security/certificate", SignedIn),
    ("/security/confirmation-password", SignedIn),
    ("/security/email", SignedIn),
    ("/security/first-password", SignedIn),
    ("/security/history", SignedIn),
    ("/security/password", SignedIn),
    ("/security/reminder", SignedIn),
    ("/security/token", SignedIn),
    ("/security/token/lost", SignedIn),
    ("/session/extend", SignedIn),
    ("/set-up", Open),
    ("/set-up/details", Open),
    ("/set-up/done", Open),
    ("/sign-in", Open),
    ("/sign-out", SignedIn),
    ("/transfers", TRANSFER),
    ("/transfers/new", TRANSFER),
    ("/transfers/new/{entry}/details", TRANSFER),
    ("/transfers/new/{entry}/payee", TRANSFER),
    ("/transfers/new/{entry}/review", TRANSFER),
    ("/transfers/orders", TRANSFER),
    ("/transfers/orders/{order}", TRANSFER),
    ("/transfers/orders/{order}/again", TRANSFER),
    ("/transfers/orders/{order}/cancel", TRANSFER),
    ("/transfers/orders/{order}/recall", TRANSFER),
    ("/transfers/own", TRANSFER),
    ("/transfers/templates", TRANSFER),
    ("/transfers/templates/{template}", TRANSFER),
    ("/transfers/recalls", TRANSFER),
    ("/transfers/recalls/{recall}", TRANSFER),
];

/// The folder of a crate's sources.
pub fn sources(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name).join("src")
}

/// The addresses in the sources of the customers' pages.
pub fn addresses() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![sources("internet-banking")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "links.rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                let product = source.split("#[cfg(test)]").next().unwrap().to_owned();
                let texts = product.split('"').skip(1).step_by(2).filter(|text| text.starts_with('/'));
                // an address may be written with its query; one that is filled in has its route beside it
                let plain = texts.map(|text| text.split('?').next().unwrap().to_owned());
                found.extend(plain.filter(|text| !text.contains("{}")));
            }
        }
    }
    found
}

/// A route that is written out where it is used would be in no table.
#[test]
fn every_route_is_named_among_the_links() {
    let mut folders = vec![sources("internet-banking"), sources("console")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source: String =
                    std::fs::read_to_string(&path).unwrap().split_whitespace().collect::<Vec<_>>().concat();
                let written = [".route(\"", ".nest(", ".route_service(", ".nest_service(", ".fallback("];
                for way in written {
                    assert!(!source.contains(way), "{way} in {}", path.display());
                }
            }
        }
    }
}

/// Objects of another contract, by the name of their place in addresses.
struct Theirs(BTreeMap<&'static str, String>);

impl Theirs {
    async fn made(world: &World) -> Self {
        let mut browser = world.signed_in().await;
        let entry = Entry::answered(world, &mut browser, "00200", &[bill("B1", 100)]).await;
        assert_eq!(entry.pay(&mut browser, "B1", 1_001).await.location(), entry.page("result"));
        let payment: Uuid = one(world, "SELECT id FROM payment").await;
        let draft: String = one(world, "SELECT id FROM payeasy_draft").await;
        let own = Transfer::own(&mut browser, "1", "2026-11-24").await.ok().unwrap();
        let order = order_of(&own.confirm(&mut browser).await);
        let own = Transfer::own(&mut browser, "1", "2026-11-24").await.ok().unwrap();
        let last = |path: &str| path.rsplit('/').next().unwrap().to_owned();
        let favourite = FavouriteId::generate();
        execute!(
            world.bank.database,
            "INSERT INTO payeasy_favourite (id, contract, name, collector, customer_number, category, created_by, \
             created_us) VALUES ($1, $2, 'x', '00200', '1', '', $3, 1)",
            favourite.uuid(),
            world.contract.uuid(),
            world.hanako.uuid(),
        )
        .unwrap();
        let template = TemplateId::generate();
        execute!(
            world.bank.database,
            "INSERT INTO transfer_template (id, contract, name, content, created_by, created_us) \
             VALUES ($1, $2, 'x', '{}', $3, 1)",
            template.uuid(),
            world.contract.uuid(),
            world.hanako.uuid(),
        )
        .unwrap();
        let payee = PayeeId::generate();
        execute!(
            world.bank.database,
            "INSERT INTO payee (id, contract, list, first_code, second_code, bank, branch, kind, number, holder, name, \
             party_group, version, created_us, changed_us) \
             VALUES ($1, $2, 'transfers', '', '', '0125', '100', 'ordinary', '0000001', 'ｱ', 'ア', '', 1, 1, 1)",
            payee.uuid(),
            world.contract.uuid(),
        )
        .unwrap();
        execute!(
            world.bank.database,
            "INSERT INTO payee_import (id, contract, app_user, replaces, content, expires_us) \
             VALUES ('theirs', $1, $2, 0, '[]', 9000000000000000)",
            world.contract.uuid(),
            world.hanako.uuid(),
        )
        .unwrap();
        let recall = crate::consents::asked(world, world.accounts[0], "theirs", 1).await;
        let approval = ApprovalId::generate();
        execute!(
            world.bank.database,
            "INSERT INTO approval_request (id, contract, business, author, state, version, round, matter, digest, \
             need, note, made_us, changed_us, until_us) VALUES ($1, $2, 'administration', $3, 'asked', 1, 1, $4, 'd', \
             '{\"approvals\":1,\"ordered\":false}', '', 1, 1, 9000000000000000)",
            approval.uuid(),
            world.contract.uuid(),
            world.hanako.uuid(),
            r#"{"kind":"administration","what":"policy","seen":0,"policy":{}}"#,
        )
        .unwrap();
        let batch = crate::bulk::anybodys(world).await;
        Self(BTreeMap::from([
            ("{account}", world.accounts[0].to_string()),
            ("{file}", "csv".to_owned()),
            ("{month}", "2026-11".to_owned()),
            ("{user}", world.hanako.to_string()),
            ("{payment}", payment.to_string()),
            ("{approval}", approval.to_string()),
            ("{draft}", draft),
            ("{entry}", last(&own.0)),
            ("{order}", last(&order)),
            ("{recall}", recall.to_string()),
            ("{favourite}", favourite.to_string()),
            ("{template}", template.to_string()),
            ("{payee}", payee.to_string()),
            ("{import}", "theirs".to_owned()),
            ("{act}", "suspend".to_owned()),
            ("{batch}", batch.to_string()),
            ("{row}", "1".to_owned()),
            ("{collector}", "00200".to_owned()),
            ("{code}", "P-101".to_owned()),
            ("{handoff}", "0123456789abcdefghjkmnpqrs".to_owned()),
        ]))
    }

    /// The same places with ids that nobody has.
    fn nobodys(&self) -> Self {
        let other = |(name, id): (&&'static str, &String)| {
            let id = match *name {
                "{account}" => "999999".to_owned(),
                "{user}" => UserId::generate().to_string(),
                "{payment}" => PaymentId::generate().to_string(),
                "{favourite}" => FavouriteId::generate().to_string(),
                "{approval}" => ApprovalId::generate().to_string(),
                "{payee}" => PayeeId::generate().to_string(),
                "{template}" => TemplateId::generate().to_string(),
                "{order}" => OrderId::generate().to_string(),
                "{recall}" => RecallId::generate().to_string(),
                "{batch}" => BatchId::generate().to_string(),
                "{draft}" | "{import}" | "{entry}" => id.chars().rev().collect(),
                _ => id.clone(),
            };
            (*name, id)
        };
        Self(self.0.iter().map(other).collect())
    }

    fn filled(&self, route: &str) -> String {
        self.0.iter().fold(route.to_owned(), |path, (name, id)| path.replace(name, id))
    }
}

/// Whether an address names something that a contract owns.
fn names_an_object(route: &str) -> bool {
    let places = [
        "{account}",
        "{user}",
        "{payment}",
        "{draft}",
        "{entry}",
        "{order}",
        "{recall}",
        "{favourite}",
        "{approval}",
        "{template}",
        "{payee}",
        "{import}",
        "{batch}",
    ];
    places.iter().any(|place| route.contains(place))
}

async fn one<T>(world: &World, sql: &'static str) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + Send + Unpin,
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap()
}

impl Gate {
    /// Whether the rules let such a person in.
    fn admits(self, plan: Plan, &(_, role, has_rights, has_duties): &Person) -> bool {
        match self {
            Open | SignedIn => true,
            To(businesses) => has_rights && businesses.iter().any(|business| has(plan, *business)),
            With(duties) => duties.iter().any(|duty| match role {
                Role::Master => true,
                Role::Admin => EVERY_ADMIN.contains(duty) || (has_duties && GIVEN.contains(duty)),
                Role::General => false,
            }),
        }
    }
}

// What follows is said in the test's own words (R2–R4, R18): it would otherwise agree with whatever `policy.rs` says.

fn has(plan: Plan, business: Business) -> bool {
    match business {
        Business::Inquiry | Business::Transfer | Business::PayEasy => true,
        Business::BulkTransfer | Business::Salary | Business::LocalTax => plan != Plan::Mini,
        Business::DirectDebit
        | Business::ForeignRemittance
        | Business::ImportCredit
        | Business::FileTransfer => plan == Plan::Type2,
    }
}

/// What every administrator may do.
const EVERY_ADMIN: &[Duty] = &[Duty::TokenRevoke, Duty::TokenUnlock];

/// What the master may give to an administrator; the rest is the master's alone.
const GIVEN: &[Duty] =
    &[Duty::Users, Duty::Rights, Duty::Limits, Duty::MailPhrase, Duty::History, Duty::Approvals];

type Person = (&'static str, Role, bool, bool);

/// The kinds of people: role, whether with rights to every business, whether with every duty that can be given.
const PEOPLE: &[Person] = &[
    ("master", Role::Master, true, false),
    ("admin", Role::Admin, false, false),
    ("given", Role::Admin, true, true),
    ("general", Role::General, true, false),
    ("nobody", Role::General, false, false),
];

/// A contract of the plan with one of each kind of people, whose login IDs begin with its word.
async fn contract_of(world: &World, plan: Plan, number: i64) {
    let bank = &world.bank;
    let contract = bank.contracts.add_contract("見本物産", plan, SignInMethod::Password).await.unwrap();
    let account = AccountId::new(2_000 + number);
    add_account(bank, contract, account, AccountKind::Ordinary, &format!("200000{number}")).await;
    put(&bank.ledger, account, 1_000_000).await;
    for (word, role, has_rights, has_duties) in PEOPLE {
        // those in no menu yet among them
        let every =
            Business::ALL.iter().fold(Rights::none(), |all, business| all.with(*business, &[account]));
        let rights = if *has_rights { every } else { Rights::none() };
        let user = add_user(bank, contract, &format!("{word}-{}", plan.code()), *role, rights).await;
        for duty in policy::grantable().filter(|_| *has_duties) {
            let sql = "INSERT INTO user_duty (app_user, duty) VALUES ($1, $2)";
            execute!(bank.database, sql, user.uuid(), duty.code()).unwrap();
        }
    }
}

/// Proves R4, R16, SEC-28, SEC-34, SEC-35.
async fn every_page_answers_whom_the_tables_let_in_and_nobody_else(test: TestDatabase) {
    let known: BTreeSet<String> = PAGES.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert_eq!(addresses(), known, "every address is in the table");
    let world = World::new(test).await;
    let theirs = Theirs::made(&world).await;
    let nobodys = theirs.nobodys();
    let mut wrong = Vec::new();
    for (number, plan) in (1..).zip(Plan::ALL) {
        contract_of(&world, *plan, number).await;
        for person in PEOPLE {
            let mut browser = world.browser();
            let login_id = format!("{}-{}", person.0, plan.code());
            assert_eq!(browser.sign_in(&login_id, PASSWORD).await.location(), "/home", "{login_id}");
            for (route, gate) in PAGES {
                let admitted = gate.admits(*plan, person);
                let found = answers(&mut browser, route, *gate, admitted, [&theirs, &nobodys]).await;
                wrong.extend(found.into_iter().map(|what| format!("{login_id} {route}: {what}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(browser_of_nobody(&world).await, Vec::<String>::new());
}

/// What ends the session of whoever may do it, and is not sent.
const ENDINGS: &[&str] = &["/sign-out"];

/// What answers a form without its fields in another way than by the form again.
const INCOMPLETE: &[(&str, StatusCode)] = &[
    ("/admin/tokens/ask", StatusCode::NOT_FOUND),
    ("/admin/tokens/do", StatusCode::NOT_FOUND),
    // no file
    ("/payeasy/el/picture", StatusCode::BAD_REQUEST),
    ("/payees/import", StatusCode::BAD_REQUEST),
    ("/employees/import", StatusCode::BAD_REQUEST),
    ("/bulk/file", StatusCode::BAD_REQUEST),
    ("/bulk/new", StatusCode::BAD_REQUEST),
    // of nothing
    ("/transfers/templates", StatusCode::NOT_FOUND),
    // nobody here has a token
    ("/security/token/lost", StatusCode::CONFLICT),
    ("/session/extend", StatusCode::NO_CONTENT),
];

/// What is wrong with the answers of an address to somebody.
async fn answers(
    browser: &mut Browser,
    route: &str,
    gate: Gate,
    admitted: bool,
    [theirs, nobodys]: [&Theirs; 2],
) -> Vec<String> {
    let mut wrong = Vec::new();
    let path = theirs.filled(route);
    let shown = browser.get(&path).await;
    if shown.status.is_server_error() {
        wrong.push(format!("GET {}", shown.status));
    }
    if matches!(gate, Open) {
        return wrong;
    }
    let is_page =
        shown.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/html; charset=utf-8");
    if is_page && shown.status == StatusCode::OK && !shown.body.contains("action=\"/sign-out\"") {
        wrong.push("GET without a way to sign out".to_owned());
    }
    let is_refused = shown.status == StatusCode::FORBIDDEN;
    if is_refused == admitted && shown.status != StatusCode::METHOD_NOT_ALLOWED {
        wrong.push(format!("GET {} where admitted is {admitted}", shown.status));
    }
    if admitted && names_an_object(route) {
        let unknown = browser.get(&nobodys.filled(route)).await;
        let same = (shown.status, shown.location()) == (unknown.status, unknown.location());
        if !same || shown.status == StatusCode::OK {
            wrong.push(format!("GET {} of another's, {} of nobody's", shown.status, unknown.status));
        }
    }
    // what changes something: refused to those who may not, and of another contract's nothing is there; who may is let
    // in, and told what is missing in the form
    if !admitted || names_an_object(route) || !ENDINGS.contains(&route) {
        let csrf = browser.get("/home").await.token();
        let sent = browser.send(Method::POST, &path, &[], &format!("csrf={csrf}")).await;
        let expected = match (admitted, sent.status) {
            (_, StatusCode::METHOD_NOT_ALLOWED) => true,
            // a picture is no form, and what is no picture is not looked at
            (false, StatusCode::BAD_REQUEST) => {
                ["/payeasy/el/picture", "/payees/import", "/employees/import", "/bulk/file", "/bulk/new"]
                    .contains(&route)
            }
            // of what another contract has nothing is there, whoever asks
            (false, StatusCode::NOT_FOUND) => names_an_object(route),
            (false, status) => status == StatusCode::FORBIDDEN,
            (true, status) if !names_an_object(route) => {
                [StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY].contains(&status)
                    || INCOMPLETE.contains(&(route, status))
            }
            (true, status) => {
                let path = nobodys.filled(route);
                let unknown = browser.send(Method::POST, &path, &[], &format!("csrf={csrf}")).await;
                status == unknown.status && !status.is_server_error() && status != StatusCode::OK
            }
        };
        if !expected {
            wrong.push(format!("POST {} where admitted is {admitted}", sent.status));
        }
    }
    wrong
}

/// Addresses that show somebody who is not signed in more than the way to sign in.
async fn browser_of_nobody(world: &World) -> Vec<String> {
    let theirs = Theirs(BTreeMap::from([("{user}", world.hanako.to_string())]));
    let mut shown = Vec::new();
    for (route, gate) in PAGES {
        let mut browser = world.browser();
        let page = browser.get(&theirs.filled(route)).await;
        // to sign in, or to a page that leads there
        let led = page.status.is_redirection() && page.body.is_empty();
        if !matches!(gate, Open) && !led && page.status != StatusCode::METHOD_NOT_ALLOWED {
            shown.push(format!("{route}: {}", page.status));
        }
    }
    shown
}
