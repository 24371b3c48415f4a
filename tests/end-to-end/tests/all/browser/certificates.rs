//! Sign-in by client certificate in a real browser, with a store of certificates (NSS) as a person has one.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::Desk;
use super::window::Window;
use crate::certificates::{File, saved};
use crate::harness::{Demo, company};

/// A person's home: the browser finds its certificates there.
pub struct Home(TempDir);

impl Home {
    /// One that trusts the demo's authority for servers and has no certificate.
    pub fn new(demo: &Demo) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir_all(home.store()).unwrap();
        // where newer browsers look
        let newer = home.path().join(".local/share");
        std::fs::create_dir_all(&newer).unwrap();
        std::os::unix::fs::symlink(home.path().join(".pki"), newer.join("pki")).unwrap();
        home.run("certutil", &["-N", "--empty-password"]);
        let authority = demo.json["bank"]["ca_pem"].as_str().unwrap();
        home.run("certutil", &["-A", "-n", "demo", "-t", "C,,", "-i", authority]);
        home
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    fn store(&self) -> PathBuf {
        self.path().join(".pki/nssdb")
    }

    /// Imports a file as a person does.
    pub fn import(&self, file: &File) {
        self.run("pk12util", &["-i", file.path.to_str().unwrap(), "-W", &file.pass_phrase]);
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(program);
        command.arg("-d").arg(format!("sql:{}", self.store().display())).args(arguments);
        let output = command.output().expect("libnss3-tools is there; ./test.sh installs it");
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Desk {
    /// A clerk of the company that signs in by certificate, at home.
    async fn by_certificate(demo: Demo, user: usize, home: &Home) -> Self {
        let window = Window::at_home(true, home).await;
        Self { demo, window, looks: true, clerk: (company::SHOMEISHO, user) }
    }

    fn door(&self, path: &str) -> String {
        format!("{}{path}", self.demo.json["bank"]["tls_url"].as_str().unwrap())
    }

    /// How the open page marks what it says of the certificate.
    async fn mark(&self, field: &str) -> String {
        let marked = self.window.find(&format!("main [data-field={field}]")).await;
        marked.attr("data-state").await.unwrap().unwrap_or_default()
    }

    async fn fill_in(&mut self) {
        let user = self.user();
        self.window.fill("login_id", user["login_id"].as_str().unwrap()).await;
        self.window.fill("password", user["password"].as_str().unwrap()).await;
    }

    async fn type_code(&mut self, now: &str) {
        self.demo.set_clock(now).await;
        let code = self.demo.token(self.user()["token_serial"].as_str().unwrap());
        self.window.fill("one_time_password", &code).await;
    }

    /// Saves the file of the page that hands one over.
    async fn save(&mut self, name: &str) -> File {
        let address =
            self.window.find("[data-field=certificate_file]").await.attr("href").await.unwrap().unwrap();
        let pass_phrase = self.window.find("[data-field=p12_password]").await.text().await.unwrap();
        saved(&self.demo, name, &address, &pass_phrase)
    }

    async fn code(&self) -> String {
        self.window.find("#errors [data-field=error_code]").await.text().await.unwrap()
    }
}

/// A payment of a collector's site, by a person who has no certificate when it begins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_fetched_and_imported_on_the_way_of_a_handed_over_payment() {
    let demo = Demo::start().await;
    let home = Home::new(&demo);
    let mut desk = Desk::by_certificate(demo, 2, &home).await;
    let handed = desk.hand_over("00400", "once").await;
    desk.window.follow("main a[href^='/sign-in?link=']").await;
    desk.window.follow("main [data-field=door]").await;
    assert_eq!(
        (desk.window.path().await.as_str(), desk.mark("certificate").await.as_str()),
        ("/sign-in", "missing")
    );
    desk.look("60-door-without-certificate").await;
    desk.fill_in().await;
    desk.window.press().await;
    assert_eq!((desk.code().await.as_str(), desk.mark("trouble").await.as_str()), ("S-103", "none-yet"));
    desk.look("61-no-certificate-yet").await;

    let page = desk.door("/sign-in");
    desk.window.follow("main a[href='/certificate/fetch']").await;
    desk.look("62-certificate-fetch").await;
    desk.fill_in().await;
    desk.window.press().await;
    assert_eq!(desk.code().await, "S-116", "without a one-time password");
    desk.fill_in().await;
    desk.type_code("2026-11-24T10:02:00+09:00").await;
    desk.window.press().await;
    desk.look("63-certificate-delivered").await;
    let file = desk.save("shinjin").await;
    home.import(&file);

    // this port asks no more: the browser remembers that there was nothing to choose
    desk.window.goto(&format!("{page}?link={}", handed.id)).await;
    assert_eq!(desk.mark("certificate").await, "missing");
    desk.window.follow("main [data-field=certificate] a.button").await;
    assert_eq!(desk.mark("certificate").await, "good", "{}", desk.window.text().await);
    desk.look("64-door-with-certificate").await;
    desk.fill_in().await;
    desk.window.press().await;
    assert!(desk.window.path().await.starts_with("/payeasy/link/"), "{}", desk.window.text().await);
    desk.begin(&handed.total).await;
    desk.confirm_linked(4).await;
    assert_eq!(desk.state().await, "accepted", "{}", desk.window.text().await);
    desk.return_to_site("00400", &handed).await;
    desk.demo.assert_sound().await;

    // a year later it has expired, whatever the browser's own clock says
    let handed = desk.hand_over("00400", "once").await;
    desk.demo.set_clock("2027-11-24T10:10:00+09:00").await;
    desk.window.goto(&format!("{page}?link={}", handed.id)).await;
    desk.window.follow("main [data-field=certificate] a.button").await;
    assert_eq!(desk.mark("certificate").await, "expired", "{}", desk.window.text().await);
    desk.fill_in().await;
    desk.window.press().await;
    assert_eq!((desk.code().await.as_str(), desk.mark("trouble").await.as_str()), ("S-105", "expired"));
    desk.look("65-certificate-expired").await;
    desk.window.close().await;
}

/// Proves R40, R41, R42.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_renewed_and_revoked_in_the_browser() {
    let demo = Demo::start().await;
    let (old, master) = (Home::new(&demo), Home::new(&demo));
    old.import(&File::of(&demo, 1));
    master.import(&File::of(&demo, 0));
    let mut desk = Desk::by_certificate(demo, 1, &old).await;
    desk.demo.set_clock("2027-11-01T10:00:00+09:00").await;
    desk.window.goto(&desk.door("/sign-in")).await;
    assert_eq!(desk.mark("certificate").await, "good", "{}", desk.window.text().await);
    desk.fill_in().await;
    desk.window.press().await;
    assert_eq!(desk.window.path().await, "/home", "{}", desk.window.text().await);
    desk.window.goto(&desk.door("/security/certificate")).await;
    desk.look("66-own-certificate").await;
    desk.type_code("2027-11-01T10:02:00+09:00").await;
    desk.window.press().await;
    desk.look("67-certificate-renewed").await;
    let new = Home::new(&desk.demo);
    new.import(&desk.save("renewed").await);

    let first = std::mem::replace(&mut desk.window, Window::at_home(true, &new).await);
    desk.window.goto(&desk.door("/sign-in")).await;
    desk.fill_in().await;
    desk.window.press().await;
    assert_eq!(desk.window.path().await, "/home", "{}", desk.window.text().await);
    let renewed = std::mem::replace(&mut desk.window, first);
    desk.window.goto(&desk.door("/sign-in")).await;
    assert_eq!(desk.mark("certificate").await, "replaced", "{}", desk.window.text().await);
    desk.look("68-certificate-replaced").await;
    desk.window.close().await;

    desk.window = Window::at_home(true, &master).await;
    desk.clerk.1 = 0;
    desk.window.goto(&desk.door("/sign-in")).await;
    desk.fill_in().await;
    desk.window.press().await;
    desk.window.goto(&desk.door("/admin/certificates")).await;
    desk.look("69-certificates").await;
    desk.window.follow("main tbody tr:nth-child(2) a").await;
    desk.window.follow("main a[href$='/revoke']").await;
    desk.type_code("2027-11-01T10:04:00+09:00").await;
    desk.window.press_value("revoke").await;
    desk.look("70-certificate-revoked").await;
    desk.window.close().await;

    desk.window = renewed;
    desk.clerk.1 = 1;
    desk.window.goto(&desk.door("/home")).await;
    assert_eq!(
        (desk.window.path().await.as_str(), desk.mark("certificate").await.as_str()),
        ("/sign-in", "revoked")
    );
    desk.window.goto(&desk.door("/certificate/check")).await;
    desk.look("71-certificate-check").await;
    desk.window.close().await;
}
