//! データ伝送 in the browser: wages from a CSV file that is mended on screen to the payday, a direct debit to its result
//! file, and a local tax as a payroll program writes it.

use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Desk;
use crate::harness::clerk::Clerk;
use crate::harness::company;

const LOOK_WAIT: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(300);

const WAGES: &str = "銀行番号,店番,科目,口座番号,受取人名,金額,社員番号\n\
                     9999,201,普通,7654399,アオバ タロウ,250000,0000000001\n\
                     9999,201,普通,2345678,レイジ ハナコ,25万8千,0000000002\n";
const DEBITS: &str = "銀行番号,店番,科目,口座番号,預金者名,金額,顧客番号\n\
                      9999,201,普通,2345678,ユ)レイジセイサクシヨ,12000,1\n\
                      9999,201,普通,7654399,アオバ タロウ,3000,2\n";
/// Two municipalities, due on 10 December of Reiwa 8.
const TAXES: &[u8] = include_bytes!("../../../../../formats/tests/golden/local-tax.99");

impl Desk {
    /// Makes a batch of a CSV file.
    async fn make_of_csv(&self, kind: &str, day: &str, originator: &str, text: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        std::fs::write(&path, text).unwrap();
        self.window.goto(&self.bank(&format!("/bulk/new?kind={kind}"))).await;
        // what is typed into a date goes by the browser's language
        self.window.script(&format!("document.getElementById('day').value = '{day}'")).await;
        self.window.fill("originator", originator).await;
        self.window.choose("#way-csv").await;
        self.choose_file(&path).await;
        self.window.press_value("make").await;
        assert!(self.window.path().await.starts_with("/bulk/"), "{}", self.window.text().await);
    }

    async fn choose_file(&self, path: &Path) {
        self.window.find("#file").await.send_keys(path.to_str().unwrap()).await.unwrap();
    }

    async fn code_of_the_token(&self) {
        let code = self.demo.token(self.user()["token_serial"].as_str().unwrap());
        self.window.fill("one_time_password", &code).await;
    }

    /// From the rows to the request for approval.
    async fn ask(&self) {
        self.window.follow("main a[href$='/review']").await;
        self.confirmed("ask").await;
        assert!(self.window.path().await.starts_with("/approvals/"), "{}", self.window.text().await);
    }

    /// Approves the one request that waits, with a one-time password where it costs one.
    async fn approve_the_batch(&mut self, user: usize, costs_code: bool) {
        self.enter_as(user).await;
        self.window.goto(&self.bank("/approvals")).await;
        self.window.follow("main a[href^='/approvals/']").await;
        assert_eq!(self.window.has("main [name=one_time_password]").await, costs_code);
        if costs_code {
            self.code_of_the_token().await;
        }
        self.confirmed("approve").await;
    }

    /// Signs in and looks at a batch until it stands there.
    async fn batch_becomes(&mut self, batch: &str, word: &str) {
        self.enter_as(1).await;
        self.window.goto(&self.bank(batch)).await;
        let began = Instant::now();
        while self.window.texts("[data-field=state]").await.first().map(String::as_str) != Some(word) {
            assert!(began.elapsed() < LOOK_WAIT, "no {word}: {}", self.window.text().await);
            sleep(LOOK_AGAIN).await;
            self.window.reload().await;
        }
    }
}

/// A wrong amount is shown as it was typed and mended on screen; two approve, each by a one-time password; the total is
/// debited on the eve and everybody has the wages on the payday.
///
/// Proves R56, R109, R119.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wages_of_a_csv_file_are_mended_on_screen_approved_by_two_and_paid() {
    let mut desk = Desk::open(true).await;
    desk.enter_as(0).await;
    desk.window.goto(&desk.bank("/admin/approvals")).await;
    desk.window.choose("#salary-flow-ordered").await;
    desk.window.press_value("review").await;
    desk.code_of_the_token().await;
    desk.window.press_value("set").await;

    desk.enter_as(1).await;
    desk.make_of_csv("salaries", "2026-11-26", "", WAGES).await;
    let batch = desk.window.path().await;
    assert_eq!(desk.window.texts("[data-field=faulty]").await, ["1"]);
    assert_eq!(desk.window.texts("[data-field=row_amount]").await, ["250,000", "25万8千"]);
    desk.look("110-wages-faulty").await;
    desk.window.follow("main a[href$='?only=faulty']").await;
    desk.window.follow("main a[href*='/rows/2']").await;
    desk.look("111-wages-row").await;
    desk.window.fill("cell-7", "258,000").await;
    desk.window.press_value("put").await;
    assert!(!desk.window.has("[data-field=faulty]").await, "{}", desk.window.text().await);
    assert_eq!(desk.window.texts("[data-field=amount]").await, ["508,000"]);
    desk.ask().await;
    desk.approve_the_batch(2, true).await;
    assert_eq!(desk.word().await, "承認待ち", "one of two: {}", desk.window.text().await);
    // a code of a token counts once, and the master's was used for the settings
    desk.demo.set_clock("2026-11-24T10:05:00+09:00").await;
    desk.approve_the_batch(0, true).await;
    assert_eq!(desk.word().await, "承認済み・実行待ち", "{}", desk.window.text().await);

    desk.demo.set_clock("2026-11-25T12:00:00+09:00").await;
    desk.batch_becomes(&batch, "処理中").await;
    desk.demo.set_clock("2026-11-26T08:30:00+09:00").await;
    desk.batch_becomes(&batch, "完了").await;
    assert_eq!(desk.window.texts("[data-field=result_rows]").await, ["0", "2", "0", "0"]);
    desk.look("112-wages-paid").await;
    desk.demo.assert_sound().await;
    desk.window.close().await;
}

/// A debit on an account with a 口座振替依頼書 and one on an account without; the result file has the code of each. Then
/// a file of a payroll program, which is sent as it is.
///
/// Proves R57, R109, R116, R117.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_direct_debit_comes_to_its_result_file_and_a_local_tax_is_sent_as_the_program_wrote_it() {
    let mut desk = Desk::open(true).await;
    desk.enter_as(1).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("JUMINZEI.TXT");
    std::fs::write(&path, TAXES).unwrap();
    desk.window.goto(&desk.bank("/bulk/file")).await;
    let large = folder.path().join("LARGE.TXT");
    std::fs::File::create(&large).unwrap().set_len((12 << 20) + 1).unwrap();
    desk.choose_file(&large).await;
    let told = desk.window.script("return document.getElementById('file').validationMessage").await;
    assert_eq!(told, "12MBまでのファイルを選んでください。");
    // what is wrong with a file is told in the place of the form, and the code is still good
    let short = folder.path().join("SHORT.TXT");
    std::fs::write(&short, &TAXES[..TAXES.len() - 200]).unwrap();
    desk.choose_file(&short).await;
    desk.code_of_the_token().await;
    desk.window.press_value("send").await;
    assert!(desk.window.text().await.contains("データは作成していません"), "{}", desk.window.text().await);
    assert_eq!(desk.window.path().await, "/bulk/file");
    desk.choose_file(&path).await;
    desk.code_of_the_token().await;
    desk.look("113-tax-file").await;
    desk.window.press_value("send").await;
    let taxes = desk.window.path().await;
    assert_eq!(desk.window.texts("[data-field=amount]").await, ["436,800"], "{}", desk.window.text().await);
    assert_eq!(desk.window.texts("[data-field=rows]").await, ["2"]);
    desk.look("114-tax-rows").await;
    desk.ask().await;
    desk.approve_the_batch(0, false).await;

    desk.enter_as(1).await;
    desk.make_of_csv("debits", "2026-12-02", "1234567890", DEBITS).await;
    let debits = desk.window.path().await;
    desk.ask().await;
    desk.approve_the_batch(0, false).await;
    assert_eq!(desk.word().await, "承認済み・実行待ち", "{}", desk.window.text().await);

    desk.demo.set_clock("2026-12-02T15:00:00+09:00").await;
    desk.batch_becomes(&debits, "完了").await;
    assert_eq!(desk.window.texts("[data-field=result_rows]").await, ["0", "1", "0", "1"]);
    desk.look("115-debits-done").await;
    assert!(desk.window.has(&format!("main a[href='{debits}/result']")).await);
    let clerk = Clerk::sign_in(&desk.demo, company::SHOJI, 1).await;
    let file = clerk.client.get(&format!("{debits}/result")).await;
    // two rows of 15,000 yen; one of 12,000 was collected, one of 3,000 was not
    let trailer = "8000002000000015000000001000000012000000001000000003000";
    assert!(file.body.contains(trailer), "{}", file.body);
    desk.batch_becomes(&taxes, "承認済み").await;
    desk.demo.set_clock("2026-12-10T08:30:00+09:00").await;
    desk.batch_becomes(&taxes, "完了").await;
    desk.look("116-taxes-paid").await;
    desk.demo.assert_sound().await;
    desk.window.close().await;
}
