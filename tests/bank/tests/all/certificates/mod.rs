//! 電子証明書: getting one, signing in by it, renewing, revoking.

mod fetching;
mod life;
mod people;
mod rotation;
mod signing_in;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use database::testing::TestDatabase;
use database::{execute, read};
use domain::{AccountId, ContractId, UserId};
use edge::{ClientCertificate, CookieKind};
use http::StatusCode;
use internet_banking::certificates::authority::{Authorities, Authority, NewAuthority};
use internet_banking::certificates::{Doors, Notices};
use internet_banking::contracts::{Plan, Rights, Role, SignInMethod};
use internet_banking::tokens::Seed;
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};

use crate::support::{Browser, PASSWORD, Page, World, add_account, add_user};

pub const MASTER: &str = "shomei-master";
pub const KEIRI: &str = "shomei-keiri";
/// Has no token.
const NEW: &str = "shomei-new";
const DOOR: u16 = 8083;
const NEXT_DOOR: u16 = 8084;
const YEAR_S: i64 = 365 * 86_400;

/// A company that signs in by certificate.
pub struct Desk {
    pub world: World,
    pub contract: ContractId,
    pub keiri: UserId,
}

fn authority(id: &str, now: domain::Timestamp) -> Authority {
    let made = NewAuthority::generate(1, now).unwrap();
    Authority::read(id, &made.certificate_pem, &made.key_pem).unwrap()
}

impl Desk {
    async fn new(test: TestDatabase) -> Self {
        Self::of(World::new(test).await).await
    }

    /// Another company of this bank.
    pub async fn of(mut world: World) -> Self {
        let authorities = Authorities::new(vec![authority("1", world.clock.now())]);
        let doors = Doors::new("localhost", vec![DOOR, NEXT_DOOR]);
        world.bank = world.bank.clone().with_certificates(authorities, doors);
        let bank = &world.bank;
        let contract = bank
            .contracts
            .add_contract("株式会社証明書見本", Plan::Web, SignInMethod::Certificate)
            .await
            .unwrap();
        let account = AccountId::new(2_001);
        add_account(bank, contract, account, internet_banking::contracts::AccountKind::Ordinary, "7654321")
            .await;
        let rights = Rights::all(&[account]);
        for (login_id, role) in [(MASTER, Role::Master), (KEIRI, Role::General), (NEW, Role::General)] {
            add_user(bank, contract, login_id, role, rights.clone()).await;
        }
        for login_id in [MASTER, KEIRI] {
            let serial = format!("T-{login_id}");
            bank.tokens.register(&serial, Some(contract), &Seed::generate()).await.unwrap();
            execute!(
                bank.database,
                "UPDATE app_user SET token_serial = $1 WHERE login_id = $2",
                &serial,
                login_id
            )
            .unwrap();
        }
        let keiri = user(&world, KEIRI).await;
        Self { world, contract, keiri }
    }

    /// A browser at a door, with a certificate or without.
    pub fn at_door(&self, certificate: ClientCertificate) -> Browser {
        let mut browser = self.world.browser_with(CookieKind::tls("bank"));
        (browser.certificate, browser.port) = (certificate, DOOR);
        browser
    }

    /// What the token of a user shows; each call in a minute of its own, as a code is used once.
    pub async fn code(&self, login_id: &str) -> String {
        self.world.clock.advance_seconds(60);
        let bank = &self.world.bank;
        bank.tokens.current_code(&format!("T-{login_id}"), bank.clock.now()).await.unwrap()
    }

    /// Asks for a certificate by its page, with more fields or other ones.
    async fn ask(&self, login_id: &str, more: &[(&str, &str)]) -> Page {
        let mut browser = self.world.browser();
        let token = browser.get("/certificate/fetch").await.token();
        let code =
            if [MASTER, KEIRI].contains(&login_id) { self.code(login_id).await } else { String::new() };
        let confirmation = if login_id == NEW { PASSWORD } else { "" };
        let mut form = vec![
            ("csrf", token.as_str()),
            ("login_id", login_id),
            ("password", PASSWORD),
            ("one_time_password", &code),
            ("confirmation_password", confirmation),
            ("way", "file"),
        ];
        form.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
        form.extend(more);
        browser.post("/certificate/fetch", &form).await
    }

    /// A user's certificate, fetched.
    pub async fn fetched(&self, login_id: &str) -> ClientCertificate {
        let page = self.ask(login_id, &[]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        certificate(&page)
    }

    /// A user's certificate that has signed in once, and the browser that has.
    pub async fn signed_in(&self, login_id: &str) -> (ClientCertificate, Browser) {
        let certificate = self.fetched(login_id).await;
        let mut browser = self.at_door(certificate.clone());
        assert_eq!(browser.sign_in(login_id, PASSWORD).await.location(), "/home");
        (certificate, browser)
    }

    async fn count(&self, sql: &'static str) -> i64 {
        read!(self.world.bank.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap()
    }

    fn notices(&self) -> Notices {
        Notices::new(self.world.bank.certificates.clone())
    }
}

async fn user(world: &World, login_id: &str) -> UserId {
    let id: uuid::Uuid = read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT id FROM app_user WHERE login_id = $1").bind(login_id).fetch_one(c).await
    })
    .unwrap();
    UserId::from_uuid(id)
}

/// Who has a login ID now.
async fn user_now(world: &World, login_id: &str) -> UserId {
    let sql = "SELECT id FROM app_user WHERE login_id = $1 AND removed_us IS NULL";
    let id: uuid::Uuid =
        read!(world.bank.database, |c| { sqlx::query_scalar(sql).bind(login_id).fetch_one(c).await })
            .unwrap();
    UserId::from_uuid(id)
}

/// The certificate in the file that a page hands over.
fn certificate(page: &Page) -> ClientCertificate {
    let (_, rest) = page.body.split_once("href=\"data:application/x-pkcs12;base64,").expect("a file");
    let text = rest.split('"').next().unwrap().replace("&#43;", "+").replace("&#x2B;", "+");
    let file = BASE64_STANDARD.decode(text).unwrap();
    let pass_phrase = page.fields("p12_password").remove(0);
    let opened = KeyStore::from_pkcs12(&file, &pass_phrase, Pkcs12ImportPolicy::Strict).unwrap();
    let (_, chain) = opened.private_key_chain().unwrap();
    ClientCertificate::of(chain.certs()[0].as_der())
}

/// The code that a page shows.
fn code(page: &Page) -> String {
    page.fields("error_code").first().cloned().unwrap_or_default()
}

/// How a page marks what it says of the certificate.
fn mark(page: &Page, field: &str) -> String {
    let found = page.body.split_once(&format!("data-field=\"{field}\" data-state=\""));
    found.and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default().to_owned()
}
