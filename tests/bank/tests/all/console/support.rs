//! A console with a maker and a checker.

use std::collections::HashMap;

use collectors::client::Peer;
use console::Console;
use console::delivery::DeliverySettings;
use console::requests::{Lease, Requests};
use console::staff::{NewStaff, StaffRole};
use database::testing::TestDatabase;
use database::{execute, on, read};
use domain::{CollectorNumber, StaffId, StaffRequestId};
use edge::CookieKind;
use http::StatusCode;
use internet_banking::keys::Vault;
use internet_banking::secrets::Secret;
use internet_banking::tokens::Seed;

use crate::network::Network;
use crate::support::{Browser, Page, SECRET, World};

pub const DOCUMENT: &str = "2026-本-0012";
pub const REASON: &str = "11/25 本店営業部で書面を受領、代表者様と確認";
pub const STAFF_PASSWORD: &str = "ura-guchi-no-kagi";

/// A member of staff of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    pub login_id: &'static str,
    pub token_serial: &'static str,
    pub role: StaffRole,
}

pub const MAKER: Member = Member { login_id: "unyo-01", token_serial: "S-0001", role: StaffRole::Maker };
pub const CHECKER: Member = Member { login_id: "unyo-11", token_serial: "S-0011", role: StaffRole::Checker };

/// The bank of the other tests, with its console.
pub struct Office {
    pub world: World,
    pub console: Console,
    pub maker: StaffId,
    pub checker: StaffId,
}

impl Office {
    pub async fn new(test: TestDatabase) -> Self {
        Self::with_targets(test, DeliverySettings::default()).await
    }

    /// One whose alarms are sent.
    pub async fn with_targets(test: TestDatabase, targets: DeliverySettings) -> Self {
        Self::of(World::new(test).await, targets).await
    }

    /// One whose hub reaches the mock collectors.
    pub async fn connected(test: TestDatabase) -> (Self, Network) {
        let (world, network) = World::connected(test).await;
        (Self::of(world, DeliverySettings::default()).await, network)
    }

    /// One of a bank in which something has happened.
    pub async fn of(world: World, targets: DeliverySettings) -> Self {
        let (ledger, gateway) = (&world.bank.ledger, world.bank.gateway.clone());
        let console = Console::new(ledger, gateway, &Secret::new(SECRET), targets).unwrap();
        let maker = add(&console, MAKER, 1).await;
        let checker = add(&console, CHECKER, 2).await;
        Self { world, console, maker, checker }
    }

    pub fn browser(&self) -> Browser {
        Browser::at(console::router(self.console.clone(), CookieKind::http("console")))
    }

    /// What the token shows now.
    pub async fn code(&self, member: Member) -> String {
        self.console.tokens.current_code(member.token_serial, self.console.clock.now()).await.unwrap()
    }

    /// A browser whose user is signed in with a fresh code.
    pub async fn signed_in(&self, member: Member) -> Browser {
        let mut browser = self.browser();
        self.world.clock.advance_seconds(60);
        let code = self.code(member).await;
        let page = sign_in(&mut browser, member.login_id, STAFF_PASSWORD, &code).await;
        assert_eq!(page.location(), "/home", "{}", page.body);
        browser
    }

    /// Actor, action and subject of the audit log, in order.
    pub async fn audit(&self) -> Vec<(String, String, String)> {
        read!(self.console.database, |c| {
            sqlx::query_as(
                "SELECT actor, action, subject FROM audit WHERE action <> 'commit' ORDER BY at_us, number",
            )
            .fetch_all(c)
            .await
            .unwrap()
        })
    }

    /// As if the process had died right after the approval of this request was written.
    pub async fn approved(&self, request: &str) {
        let id: StaffRequestId = request.rsplit('/').next().unwrap().parse().unwrap();
        on!(self.console.database, |c| sqlx::query(
            "INSERT INTO staff_decision (request, verdict, maker, staff, note, decided_us)
             VALUES ($1, 'approved', $2, $3, '', $4)"
        )
        .bind(id.uuid())
        .bind(self.maker.uuid())
        .bind(self.checker.uuid())
        .bind(self.console.clock.now().micros())
        .execute(c)
        .await
        .map(drop))
        .unwrap();
        let run = format!("request-run|{id}|{:010}", 1);
        let sql = "INSERT INTO guard (key, entity, at_us) VALUES ($1, $2, 0)";
        execute!(self.console.database, sql, run, id.uuid()).unwrap();
    }

    /// The requests as another process on the same database has them.
    pub async fn other_process(&self, peers: HashMap<CollectorNumber, Peer>, lease: Lease) -> Requests {
        let vault = Vault::new(&Secret::new(SECRET));
        Requests::with_lease(self.world.other_gateway(peers).await, vault, lease)
    }
}

pub async fn add(console: &Console, member: Member, seed: u8) -> StaffId {
    console.tokens.register(member.token_serial, None, &Seed::new([seed; 20])).await.unwrap();
    let new = NewStaff {
        person_number: format!("P{}", member.token_serial.replace('-', "")),
        login_id: member.login_id.to_owned(),
        name: format!("決済業務課 {}", member.login_id),
        role: member.role,
        token_serial: member.token_serial.to_owned(),
        password_hash: console.passwords.hash(STAFF_PASSWORD).await.unwrap(),
    };
    console.staff.add(&new).await.unwrap()
}

pub async fn sign_in(browser: &mut Browser, login_id: &str, password: &str, code: &str) -> Page {
    let token = browser.get("/sign-in").await.token();
    let form = [
        ("csrf", token.as_str()),
        ("login_id", login_id),
        ("password", password),
        ("one_time_password", code),
    ];
    browser.post("/sign-in", &form).await
}

/// Proposes what the form of this page asks for: its hidden values, and what is typed.
pub async fn propose(browser: &mut Browser, page: &str, typed: &[(&str, &str)]) -> Page {
    let shown = browser.get(page).await;
    assert_eq!(shown.status, StatusCode::OK, "{page}: {}", shown.body);
    let (csrf, before) = (shown.token(), shown.value("before"));
    let mut form = vec![("csrf", csrf.as_str()), ("before", before.as_str())];
    for (name, value) in [("document", DOCUMENT), ("reason", REASON)] {
        if !typed.iter().any(|(typed, _)| *typed == name) {
            form.push((name, value));
        }
    }
    form.extend(typed);
    browser.post(page, &form).await
}

/// The same where it must be taken: the address of the request.
pub async fn proposed(browser: &mut Browser, page: &str, typed: &[(&str, &str)]) -> String {
    let answer = propose(browser, page, typed).await;
    assert!(answer.location().starts_with("/requests/"), "{page}: {}", answer.body);
    answer.location().to_owned()
}

/// Approves it and shows what came of it.
pub async fn approve(browser: &mut Browser, request: &str) -> Page {
    let csrf = browser.get(request).await.token();
    browser.post(&format!("{request}/approve"), &[("csrf", &csrf)]).await;
    browser.get(request).await
}

/// Proposed by one and approved by the other.
pub async fn done(maker: &mut Browser, checker: &mut Browser, page: &str, typed: &[(&str, &str)]) -> Page {
    let request = proposed(maker, page, typed).await;
    let page = approve(checker, &request).await;
    assert!(page.body.contains("実行済み"), "{}", page.body);
    page
}
