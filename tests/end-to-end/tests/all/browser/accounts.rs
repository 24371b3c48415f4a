//! 会計情報 in the browser: balances, the statement with its chart, and a line that comes in while the page is open.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Desk;
use crate::harness::company;

const LIVE_WAIT: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(200);

impl Desk {
    async fn sees(&self, selector: &str, expected: &str) {
        let began = Instant::now();
        while self.window.texts(selector).await.first().map(String::as_str) != Some(expected) {
            assert!(began.elapsed() < LIVE_WAIT, "no {expected} in {}", self.window.text().await);
            sleep(LOOK_AGAIN).await;
        }
    }
}

/// Another bank's customer pays into the account whose statement is open: the line is there without a reload, beside
/// the balance that it makes.
///
/// Proves R78, R79, R80, R80b.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_line_appears_on_the_open_statement_and_every_page_of_accounts_is_sound() {
    let mut desk = Desk::open(true).await;
    desk.looks = false;
    desk.sign_in().await;
    desk.looks = true;
    desk.window.follow("nav a[href='/accounts']").await;
    assert_eq!(desk.window.texts("[data-field=total]").await, ["60,215,053"]);
    desk.look("90-accounts").await;
    desk.window.follow("main td a").await;
    let statement = desk.window.path().await;
    desk.look("91-statement").await;
    desk.window.choose("main details summary").await;
    assert!(desk.window.text().await.contains("日ごとの最終残高"), "the chart has a table beside it");
    desk.look("92-statement-chart-table").await;

    // a mark that no reload leaves
    desk.window.script("document.documentElement.dataset.mark = 'here'").await;
    desk.demo.mocks().incoming(&desk.demo.contract(company::SHOJI)["accounts"][0], 7_654, "ｱｵﾊﾞ").await;
    desk.sees("#live [data-field=amount]", "7,654").await;
    assert_eq!(desk.window.script("return document.documentElement.dataset.mark").await, "here");
    let kept = "const one = document.activeElement; return one.tagName + one.parentElement.open";
    assert_eq!(desk.window.script(kept).await, "SUMMARYtrue", "the table stays open, and the focus on it");
    assert_eq!(desk.window.texts("#live [data-field=balance]").await, ["48,218,607"]);
    assert_eq!(desk.window.texts("#live [data-field=balance_after]").await[0], "48,218,607");
    assert_eq!(desk.window.texts("#live-told").await, ["新しい明細を表示しました。"]);
    desk.look("93-statement-live").await;

    desk.window.goto(&desk.bank(&format!("{statement}?from=2026-08-23"))).await;
    desk.assert_summary("2026-08-24 以降の日付を入力してください").await;
    desk.look("94-statement-error").await;
    desk.window.goto(&desk.bank(&format!("{statement}?from=2026-08-24&least=7654&most=7654"))).await;
    assert_eq!(desk.window.texts("[data-field=amount]").await, ["7,654"]);
    desk.look("95-statement-search").await;
    desk.window.goto(&desk.bank(&format!("{statement}/incoming"))).await;
    assert_eq!(desk.window.texts("#live [data-field=amount]").await[0], "7,654");
    desk.look("96-incoming").await;
    desk.window.goto(&desk.bank(&format!("{statement}/print"))).await;
    desk.look("97-statement-print").await;
    desk.window.on_paper(true).await;
    assert!(!desk.window.text().await.contains("戻る"), "paper has nothing to press");
    desk.window.on_paper(false).await;

    // another company's account answers as one that is not there
    for path in [statement.replace("1234567", "3456789"), "/accounts/7".to_owned()] {
        desk.window.goto(&desk.bank(&path)).await;
        assert_eq!(desk.window.texts("h1").await, ["ページが見つかりません"], "{path}");
    }
    desk.demo.assert_sound().await;
    desk.window.close().await;
}
