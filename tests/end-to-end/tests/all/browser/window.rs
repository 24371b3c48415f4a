//! A headless Chromium of its own, through ChromeDriver.

use std::fs::File;
use std::process::{Child, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::wd::WindowHandle;
use fantoccini::{Client as Driver, ClientBuilder, Locator};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::certificates::Home;
use crate::harness::client::Client;
use crate::harness::{files, process};

const START_WAIT: Duration = Duration::from_secs(20);
const PAGE_WAIT: Duration = Duration::from_secs(20);

/// The widths of the pictures.
const DESKTOP_PX: u32 = 1280;
/// A phone as most have it.
pub const PHONE_PX: u32 = 390;
/// Nothing may overflow on the narrowest phone in use.
const NARROW_PX: u32 = 375;
const WINDOW_HEIGHT_PX: u32 = 900;
const PICTURE_HEIGHT_PX_MAX: u32 = 12_000;

/// What axe-core finds of an impact that fails a test; a run that checked nothing is a finding too.
const AXE_RUN: &str = "const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then(
      (found) => done(found.passes.length < 10 ? [`axe checked ${found.passes.length} rules`] : found.violations
        .filter((one) => one.impact === 'serious' || one.impact === 'critical')
        .map((one) => `${one.impact} ${one.id}: ${one.nodes.map((node) => node.html).join(' | ')}`)),
      (error) => done([`axe failed: ${error}`]));";

/// A browser window that looks closely at every page it is shown.
pub struct Window {
    driver: Driver,
    child: Child,
    folder: TempDir,
    control: String,
    axe: String,
    /// What was wrong with the pages; checked at the end, so that one run shows all of it.
    findings: Vec<String>,
}

impl Window {
    /// Opens a window, with JavaScript or without.
    pub async fn open(javascript: bool) -> Self {
        Self::start(javascript, None).await
    }

    /// Opens a window of a person with certificates in a home of its own.
    pub async fn at_home(javascript: bool, home: &Home) -> Self {
        Self::start(javascript, Some(home)).await
    }

    async fn start(javascript: bool, home: Option<&Home>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("chromedriver.out");
        let mut command = process::tied("chromedriver");
        command
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(File::create(&output).unwrap())
            .stderr(File::create(folder.path().join("chromedriver.err")).unwrap());
        if let Some(home) = home {
            command.env("HOME", home.path());
        }
        let child = process::spawn(command);
        let began = Instant::now();
        let port = loop {
            let said = std::fs::read_to_string(&output).unwrap_or_default();
            if let Some((_, rest)) = said.split_once("successfully on port ") {
                break rest.chars().take_while(char::is_ascii_digit).collect::<String>();
            }
            assert!(began.elapsed() < START_WAIT, "chromedriver said: {said}");
            sleep(Duration::from_millis(20)).await;
        };
        let server = format!("http://127.0.0.1:{port}");
        let profile = folder.path().join("profile");
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--lang=ja",
            &format!("--user-data-dir={}", profile.display()),
        ];
        // 1 allows, 2 blocks
        let setting = if javascript { 1 } else { 2 };
        let options = json!({
            "args": arguments,
            "prefs": {
                "profile.managed_default_content_settings.javascript": setting,
                // what a person would choose from the list, which a headless browser does not show
                "profile.managed_auto_select_certificate_for_urls":
                    ["{\"pattern\":\"https://localhost\",\"filter\":{}}"],
            },
        });
        let capabilities = json!({ "goog:chromeOptions": options });
        let capabilities = capabilities.as_object().unwrap().clone();
        let driver = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&server)
            .await
            .expect("Chromium starts; ./test.sh installs it");
        let session = driver.session_id().await.unwrap().unwrap();
        let control = format!("{server}/session/{session}/goog/cdp/execute");
        let axe = if javascript { files::axe() } else { String::new() };
        let window = Self { driver, child, folder, control, axe, findings: Vec::new() };
        window.resize(DESKTOP_PX, WINDOW_HEIGHT_PX).await;
        window.assert_javascript(javascript).await;
        window
    }

    async fn assert_javascript(&self, wanted: bool) {
        let page =
            "data:text/html,<p id=p>off</p><script>document.getElementById('p').textContent='on'</script>";
        self.goto(page).await;
        let found = self.find("#p").await.text().await.unwrap();
        assert_eq!(found, if wanted { "on" } else { "off" });
    }

    /// Ends the browser, and fails with everything that was wrong with the pages.
    pub async fn close(self) {
        self.driver.clone().close().await.unwrap();
        assert!(self.findings.is_empty(), "\n{}", self.findings.join("\n"));
    }

    /// Opens an address.
    pub async fn goto(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    /// Goes back in the history.
    pub async fn back(&self) {
        self.driver.back().await.unwrap();
    }

    /// Opens another tab, which is looked at from here on, and gives the one that was before.
    pub async fn new_tab(&self) -> WindowHandle {
        let before = self.driver.window().await.unwrap();
        let opened = self.driver.new_window(true).await.unwrap();
        self.driver.switch_to_window(opened.handle).await.unwrap();
        self.resize(DESKTOP_PX, WINDOW_HEIGHT_PX).await;
        before
    }

    /// Looks at another tab, and gives the one that was looked at before.
    pub async fn to_tab(&self, tab: WindowHandle) -> WindowHandle {
        let before = self.driver.window().await.unwrap();
        self.driver.switch_to_window(tab).await.unwrap();
        before
    }

    /// Asks for the page that is open once more.
    pub async fn reload(&self) {
        self.driver.refresh().await.unwrap();
    }

    /// The path of the page that is open.
    pub async fn path(&self) -> String {
        self.driver.current_url().await.unwrap().path().to_owned()
    }

    /// The first element of a selector, which must be there.
    pub async fn find(&self, selector: &str) -> Element {
        match self.driver.find(Locator::Css(selector)).await {
            Ok(element) => element,
            Err(error) => panic!("no {selector} in {}: {error}\n{}", self.path().await, self.text().await),
        }
    }

    /// Whether there is such an element.
    pub async fn has(&self, selector: &str) -> bool {
        self.driver.find(Locator::Css(selector)).await.is_ok()
    }

    /// Where the links of a selector lead.
    pub async fn links(&self, selector: &str) -> Vec<String> {
        let mut found = Vec::new();
        for link in self.driver.find_all(Locator::Css(selector)).await.unwrap() {
            found.extend(link.attr("href").await.unwrap());
        }
        found
    }

    /// What each element of a selector shows. A page that puts others in their place while it is read is read again.
    pub async fn texts(&self, selector: &str) -> Vec<String> {
        'page: loop {
            let mut found = Vec::new();
            for element in self.driver.find_all(Locator::Css(selector)).await.unwrap() {
                match element.text().await {
                    Ok(text) => found.push(text),
                    Err(error) if error.is_stale_element_reference() => continue 'page,
                    Err(error) => panic!("{selector}: {error}"),
                }
            }
            return found;
        }
    }

    /// Everything that is shown.
    pub async fn text(&self) -> String {
        let body = self.driver.find(Locator::Css("body")).await.unwrap();
        body.text().await.unwrap()
    }

    /// Types into the control of a name.
    pub async fn fill(&self, name: &str, text: &str) {
        let control = self.find(&format!("main [name={name}]")).await;
        control.clear().await.unwrap();
        control.send_keys(text).await.unwrap();
    }

    /// Presses the page's own button.
    pub async fn press(&self) {
        self.follow("main form[method=post] button[name=action]").await;
    }

    /// Presses one of several buttons.
    pub async fn press_value(&self, value: &str) {
        self.follow(&format!("main button[value={value}]")).await;
    }

    /// Follows a link or presses a button, and waits for the next page.
    pub async fn follow(&self, selector: &str) {
        // what sends a file puts the answer in the place of the main part
        let old = self.find(if self.has("main").await { "main" } else { "html" }).await;
        self.choose(selector).await;
        let began = Instant::now();
        // a page that a script goes on to is not waited for by the driver
        while old.tag_name().await.is_ok() || !self.is_loaded().await {
            assert!(began.elapsed() < PAGE_WAIT, "{selector} leads nowhere from {}", self.path().await);
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn is_loaded(&self) -> bool {
        let state = self.driver.execute("return document.readyState", Vec::new()).await;
        state.is_ok_and(|state| state == "complete")
    }

    /// Clicks what changes the page and does not leave it.
    pub async fn choose(&self, selector: &str) {
        if let Err(error) = self.find(selector).await.click().await {
            panic!("{selector} in {}: {error}\n{}", self.path().await, self.text().await);
        }
    }

    /// Runs a script of WebDriver, which the policy of the page does not bind.
    pub async fn script(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap()
    }

    /// Takes a picture as on a phone, measures the narrowest and lets axe-core look: for the many pages that are
    /// alike.
    pub async fn glance(&mut self, name: &str) {
        self.picture(name, PHONE_PX).await;
        self.axe(name).await;
        self.measure(name).await;
    }

    /// Takes a picture at both widths, measures the narrowest and lets axe-core look.
    pub async fn look(&mut self, name: &str) {
        for width in [DESKTOP_PX, PHONE_PX] {
            self.picture(name, width).await;
            self.axe(&format!("{name} at {width} px")).await;
        }
        self.measure(name).await;
    }

    /// Finds what is wider than the narrowest phone.
    async fn measure(&mut self, name: &str) {
        self.resize(NARROW_PX, WINDOW_HEIGHT_PX).await;
        let wide = self.script("return document.documentElement.scrollWidth").await;
        if wide.as_u64().is_none_or(|wide| wide > u64::from(NARROW_PX)) {
            let what = self.script(WIDEST).await;
            self.findings.push(format!("{name} is {wide} px wide on {NARROW_PX} px: {what}"));
        }
        self.resize(DESKTOP_PX, WINDOW_HEIGHT_PX).await;
    }

    /// A picture of the whole page, where pictures are wanted. The window is as wide afterwards.
    pub async fn picture(&self, name: &str, width: u32) {
        self.resize(width, WINDOW_HEIGHT_PX).await;
        let Some(folder) = files::screenshots() else { return };
        let height = self.script("return document.documentElement.scrollHeight").await;
        let height = height.as_u64().and_then(|height| u32::try_from(height).ok()).unwrap();
        self.resize(width, height.clamp(WINDOW_HEIGHT_PX, PICTURE_HEIGHT_PX_MAX)).await;
        let png = self.driver.screenshot().await.unwrap();
        std::fs::write(folder.join(format!("{name}-{width}.png")), png).unwrap();
        self.resize(width, WINDOW_HEIGHT_PX).await;
    }

    async fn axe(&mut self, name: &str) {
        self.driver.execute(&self.axe, Vec::new()).await.unwrap();
        let found = self.driver.execute_async(AXE_RUN, Vec::new()).await.unwrap();
        for finding in found.as_array().unwrap() {
            self.findings.push(format!("{name}: {}", finding.as_str().unwrap_or_default()));
        }
    }

    /// The window of a headless browser cannot be narrower than 500 px; what it emulates can.
    async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Shows the page as it goes on paper, or as on a screen again.
    pub async fn on_paper(&self, paper: bool) {
        let media = if paper { "print" } else { "" };
        self.command("Emulation.setEmulatedMedia", json!({ "media": media })).await;
    }

    /// A command of Chromium that WebDriver has no word for.
    async fn command(&self, name: &str, parameters: Value) {
        let body = json!({ "cmd": name, "params": parameters }).to_string();
        let (status, answer) = Client::new("").send_json(http::Method::POST, &self.control, body).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
    }
}

/// Names the elements that stick out of the window.
const WIDEST: &str = "const wide = document.documentElement.clientWidth;
    return [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > wide)
      .slice(0, 5).map((one) => one.outerHTML.slice(0, 120)).join(' | ');";

impl Drop for Window {
    /// A browser whose test failed would stay: it is recognised by its folder.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        let ours = self.folder.path().to_string_lossy().into_owned();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Ok(line) = std::fs::read(entry.path().join("cmdline")) else { continue };
            if String::from_utf8_lossy(&line).contains(&ours) {
                let process = entry.file_name();
                drop(
                    std::process::Command::new("kill")
                        .arg("-KILL")
                        .arg(process)
                        .stderr(Stdio::null())
                        .status(),
                );
            }
        }
    }
}
