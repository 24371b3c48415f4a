//! An account with 10,000 movements of three months: its pages and its files, from request to last byte, and the memory
//! that the server takes meanwhile.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use database::Database;
use domain::{AccountId, Clock, TransferId};
use ledger::{Commit, IncomingTransfer, Kind, Ledger, NewAccount, Transfer};
use tokio::time::Instant;

use crate::demo::Demo;
use crate::http::Browser;
use crate::pages::times;
use crate::report::Report;

/// Movements of the account.
const LINES: usize = 10_000;
/// Movements of a commit.
const COMMIT_LINES: usize = 100;
/// Days over which they are spread.
const DAYS: i64 = 80;
/// Where the money comes from and goes to.
const ELSEWHERE: AccountId = AccountId::new(900_000_099);
/// What a page or file may take.
const MOST: Duration = Duration::from_millis(300);
/// Pages of the list that lie before the one that is measured deep inside of it.
const DEEP_PAGES: usize = 50;
/// The files: name, and how many movements' worth each holds at least.
const FILES: &[(&str, &str)] = &[
    ("csv", "CSV"),
    ("zengin03", "Zengin 03"),
    ("camt052", "camt.052"),
    ("incoming-csv", "CSV of incoming transfers"),
    ("zengin01", "Zengin 01"),
    ("camt054", "camt.054"),
];

/// The account that the clerk sees first.
pub(crate) async fn account(bank: &mut Browser) -> anyhow::Result<String> {
    let accounts = bank.get("/accounts").await?;
    let (_, rest) = accounts.body.split_once("href=\"/accounts/").context("the page lists no account")?;
    Ok(rest.chars().take_while(char::is_ascii_digit).collect())
}

/// Lets three months pass on the account of a demo that has stopped. The movements are written by the group commit, as
/// all money is.
pub(crate) async fn make(data: &Path, postgres: Option<&str>, account: &str) -> anyhow::Result<()> {
    let database = match postgres {
        Some(url) => Database::postgres(url).await?,
        None => Database::sqlite(&data.join("mpn.sqlite")).await?,
    };
    let stored = database::clock::load(&database).await?.context("the demo keeps its clock")?;
    let clock = Clock::with_offset_us(stored.offset_us);
    let began = clock.now();
    let ledger = Ledger::start(database.clone(), clock.clone());
    ledger.open_account(&NewAccount::internal(ELSEWHERE, "elsewhere")).await?;
    let commits = LINES / COMMIT_LINES;
    for number in 0..commits {
        let seconds = DAYS * 86_400 * i64::try_from(number)? / i64::try_from(commits)?;
        clock.set_offset_us(Clock::offset_us_for(began.plus_seconds(seconds)));
        ledger.commit(commit(AccountId::new(account.parse()?), number)).await?;
    }
    let ended = began.plus_seconds(DAYS * 86_400);
    database::clock::set(&database, &clock, ended).await?;
    database.close().await;
    Ok(())
}

/// Three in four are transfers from elsewhere, the others debits.
fn commit(account: AccountId, number: usize) -> Commit {
    let mut commit = Commit::default();
    for place in 0..COMMIT_LINES {
        let id = TransferId::generate();
        let amount = i64::try_from(1_000 + (number * COMMIT_LINES + place) % 9_000).unwrap_or(1_000);
        let is_in = place % 4 != 3;
        let (debit, credit) = if is_in { (ELSEWHERE, account) } else { (account, ELSEWHERE) };
        let memo = if is_in { "振込 ｶ)ｱｵﾊﾞｼﾖｳｶｲ" } else { "電気料金" };
        commit.transfers.push(Transfer {
            id,
            debit,
            credit,
            amount,
            kind: Kind::Posted,
            memo: memo.to_owned(),
        });
        if is_in {
            let sent = IncomingTransfer {
                code: "1234567890".to_owned(),
                name: "ｶ)ｱｵﾊﾞｼﾖｳｶｲ".to_owned(),
                bank: ("0001".to_owned(), "ﾐｽﾞﾎ".to_owned()),
                branch: ("001".to_owned(), "ﾄｳｷﾖｳ".to_owned()),
                edi: "INV-2026-11".to_owned(),
            };
            commit.rows.push(sent.row(id));
        }
    }
    commit
}

/// Takes the pages and the files of the account, and says what was slower or larger than it may be.
pub(crate) async fn measure(
    report: &mut Report,
    name: &str,
    demo: &Demo,
    bank: &mut Browser,
    account: &str,
    requests: usize,
) -> anyhow::Result<()> {
    let list = format!("/accounts/{account}");
    let newest = bank.get(&list).await?;
    // the list begins with a month; its hint names the first day that can be asked for
    let (before, _) = newest.body.split_once("からの明細").context("the list names no first day")?;
    let day = before.rsplit(' ').next().unwrap_or_default();
    let numbers: Vec<&str> = day.split(['年', '月', '日']).collect();
    let [year, month, day, ..] = numbers[..] else { bail!("{day} is no day") };
    let first = format!("{year}-{month:0>2}-{day:0>2}");
    let whole = format!("{list}?from={first}");
    let deep = deep(bank, &whole).await?;
    let pages = [
        ("a month of the list", list.clone()),
        ("three months of it", whole.clone()),
        ("its page 51", deep),
        ("a search for a text", format!("{whole}&text=%E9%9B%BB%E6%B0%97")),
        ("999 lines to print", format!("{list}/print?from={first}")),
    ];
    let mut slowest = Duration::ZERO;
    for (words, path) in pages {
        let spread = report.add(format!("{name}: {words}"), times(bank, &path, requests).await?);
        slowest = slowest.max(spread.map_or(Duration::ZERO, |spread| spread.median));
    }
    let idle = demo.resident_kib().context("the demo has ended")?;
    let files = requests.div_ceil(10);
    for (file, words) in FILES {
        let path = format!("/accounts/{account}/files/{file}?from={first}");
        demo.forget_peak()?;
        let (mut taken, mut size) = (Vec::new(), 0);
        for _ in 0..files {
            let began = Instant::now();
            size = bank.download(&path).await?.len();
            taken.push(began.elapsed());
        }
        let peak = demo.peak_kib().context("the demo has ended")?;
        let spread = report.add(format!("{name}: {words}, {} KiB", size / 1024), taken);
        slowest = slowest.max(spread.map_or(Duration::ZERO, |spread| spread.median));
        let more = peak.saturating_sub(idle);
        report.note(format!("{name}: {words}: at most {more} KiB of memory above the {idle} KiB before"));
    }
    let verdict = if slowest < MOST { "within" } else { "NOT within" };
    report.note(format!("{name}: the slowest median of them is {} ms, {verdict} 300", slowest.as_millis()));
    Ok(())
}

/// The address of a page deep inside of the list.
async fn deep(bank: &mut Browser, whole: &str) -> anyhow::Result<String> {
    let mut path = whole.to_owned();
    for _ in 0..DEEP_PAGES {
        let page = bank.get(&path).await?;
        let (_, rest) = page.body.split_once("rel=\"next\" href=\"").context("the list ends early")?;
        path = rest.split('"').next().unwrap_or_default().replace("&#38;", "&").replace("&amp;", "&");
    }
    Ok(path)
}
