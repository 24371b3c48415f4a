//! Pasting into secrets is allowed everywhere, and managers of passwords are told what each of them is (C18).

use super::Desk;

/// The key that goes with `a`, `c` and `v`.
const CONTROL: &str = "\u{e009}";
/// What a manager of passwords has made.
const PHRASE: &str = "kaze ni soyogu nara no ogawa 2026";

/// What the managers are told on a page: control and purpose.
type Told = &'static [(&'static str, &'static str)];

const SECOND: &str = "section-confirmation current-password";

/// Before the sign-in.
const OUTSIDE: &[(&str, Told)] = &[
    ("/sign-in", &[("login_id", "username"), ("password", "current-password")]),
    ("/set-up", &[("set_up_number", "off")]),
    (
        "/certificate/fetch",
        &[
            ("login_id", "username"),
            ("password", "current-password"),
            ("one_time_password", "one-time-code"),
            ("confirmation_password", SECOND),
        ],
    ),
    ("/emergency-stop", &[("login_id", "username"), ("password", "current-password")]),
];

/// After it.
const INSIDE: &[(&str, Told)] = &[
    (
        "/security/password",
        &[
            ("username", "username"),
            ("current_password", "current-password"),
            ("new_password", "new-password"),
            ("new_again", "new-password"),
        ],
    ),
    (
        "/security/confirmation-password",
        &[
            ("current_password", SECOND),
            ("new_password", "section-confirmation new-password"),
            ("new_again", "section-confirmation new-password"),
        ],
    ),
    ("/security/email", &[("confirmation_password", SECOND)]),
];

impl Desk {
    /// Pastes into every secret of a page, and holds what managers are told against what each is for.
    async fn paste(&self, path: &str, told: Told) {
        self.window.goto(&self.bank(path)).await;
        assert_eq!(self.window.path().await, path);
        for (name, purpose) in told {
            let control = self.window.find(&format!("main [name={name}]")).await;
            assert_eq!(
                control.attr("autocomplete").await.unwrap().as_deref(),
                Some(*purpose),
                "{path}: {name}"
            );
        }
        let scratch = "const scratch = document.createElement('textarea');
                       scratch.id = 'scratch';
                       document.querySelector('main').prepend(scratch);";
        self.window.script(scratch).await;
        let scratch = self.window.find("#scratch").await;
        scratch.send_keys(PHRASE).await.unwrap();
        scratch.send_keys(&format!("{CONTROL}a")).await.unwrap();
        scratch.send_keys(&format!("{CONTROL}c")).await.unwrap();
        let secrets = self.window.script(
            "return [...document.querySelectorAll('main input[type=password]')].map((one) => one.name);",
        );
        let secrets = secrets.await;
        let secrets = secrets.as_array().unwrap();
        assert!(!secrets.is_empty(), "{path}");
        for name in secrets.iter().map(|name| name.as_str().unwrap()) {
            let control = self.window.find(&format!("main [name={name}]")).await;
            control.send_keys(&format!("{CONTROL}v")).await.unwrap();
            let value = format!("return document.querySelector('main [name={name}]').value;");
            assert_eq!(self.window.script(&value).await, PHRASE, "{path}: {name}");
        }
    }
}

/// Proves SEC-07.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_pasted_and_managers_of_passwords_know_each_field() {
    let mut desk = Desk::open(true).await;
    for (path, told) in OUTSIDE {
        desk.paste(path, told).await;
    }
    desk.sign_in().await;
    for (path, told) in INSIDE {
        desk.paste(path, told).await;
    }
    desk.window.close().await;
}
