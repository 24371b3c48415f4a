//! Samples of the pages of settlement.

use askama::Template;
use domain::payment::State;
use domain::{SettlementId, Yen};

use super::{at, choices, payment_row, request_row, sample_frame, troubles};
use crate::help::ConsoleCode;
use crate::links::SettlementLink;
use crate::problem::Trouble;
use crate::settlement::accounts::{AccountRow, AccountsPage};
use crate::settlement::detail::{Act, DetailPage as WindowPage, PostingRow, WindowShown};
use crate::settlement::list::{SettlementPage, WindowDay, WindowRow};
use crate::words::{Tag, stamp};

/// List, accounts, and one window.
pub fn settlement_pages() -> Vec<String> {
    let row = |tag: Tag, full: bool| WindowRow {
        link: SettlementLink(SettlementId::generate()),
        collector: "国税庁".to_owned(),
        receiver: "日本銀行(国庫金)",
        count: 2,
        amount: Yen::new(123_000),
        fee: Yen::ZERO,
        payable: Yen::new(123_000),
        pay_date: "11月25日(水)".to_owned(),
        tag,
        hindrances: if full {
            vec!["<b>理由".to_owned(), "閉局していません。".to_owned()]
        } else {
            Vec::new()
        },
        advice: full.then(|| Tag::wait("通知の応答待ち")),
    };
    let day = |rows: Vec<WindowRow>| WindowDay {
        date: "11月24日(火)".to_owned(),
        receipt_dates: "11月21日(土)から11月24日(火)".to_owned(),
        rows,
        count: 2,
        payable: Yen::new(123_000),
    };
    let list = |trouble: Option<Trouble>, days: Vec<WindowDay>| SettlementPage {
        frame: sample_frame(trouble.is_some()),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        from: "2026-11-24".to_owned(),
        until: "\"><script>".to_owned(),
        collectors: choices(),
        days,
    };
    let window = |full: bool| WindowShown {
        number: "20261124-00200".to_owned(),
        collector: "国税庁".to_owned(),
        date: "2026年11月24日(火)".to_owned(),
        receipt_dates: "11月24日(火)".to_owned(),
        receiver: "日本銀行(国庫金)",
        count: 2,
        amount: Yen::new(123_000),
        fee: Yen::ZERO,
        fees: "収納機関に支払う",
        payable: Yen::new(123_000),
        pay_date: "2026年11月25日(水)".to_owned(),
        tag: Tag::wait("支払予定"),
        advice: full.then(|| Tag::ok("通知済み")),
        closed_at: full.then(|| stamp(at())),
        paid_at: full.then(|| stamp(at())),
    };
    let posting = || PostingRow {
        at: stamp(at()),
        debit: "<b>内容".to_owned(),
        credit: "国税庁 資金決済".to_owned(),
        amount: Yen::new(123_000),
    };
    let detail = |trouble: Option<Trouble>, act: Option<Act>, full: bool| WindowPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        id: SettlementId::generate(),
        window: window(full),
        hindrances: if full { Vec::new() } else { vec!["<b>理由".to_owned()] },
        act,
        may_propose: full,
        reason: "</textarea><script>".to_owned(),
        requests: if full { vec![request_row(Tag::ok("実行済み"), true)] } else { Vec::new() },
        postings: if full { vec![posting(), posting()] } else { Vec::new() },
        payments: if full { vec![payment_row(State::Settled)] } else { Vec::new() },
        more: full.then(|| "/settlement/x?after=1".to_owned()),
    };
    let account = |explained: bool| AccountRow {
        collector: "国税庁".to_owned(),
        number: "00200".parse().unwrap(),
        clearing: Yen::new(1),
        fee: Yen::ZERO,
        settlement: Yen::new(2),
        tag: if explained { Tag::wait("決済待ち") } else { Tag::bad("説明のつかない残高") },
        reasons: vec!["<b>理由".to_owned()],
    };
    let accounts = |rows: Vec<AccountRow>| AccountsPage {
        frame: sample_frame(false),
        now: "11月24日(火) 10:05".to_owned(),
        empty: 27,
        total: Yen::new(3),
        rows,
    };
    let refused = Trouble::of(&ConsoleCode::WindowNotReady.into(), "");
    let [_, wrong_day] = troubles("from");
    let mut pages: Vec<String> = [
        list(None, vec![day(vec![row(Tag::ok("支払済み"), false), row(Tag::bad("支払遅れ"), true)])]),
        list(None, Vec::new()),
        list(wrong_day, Vec::new()),
    ]
    .iter()
    .map(|page| page.render().unwrap())
    .collect();
    let [_, wrong_reason] = troubles("reason");
    let details = [
        detail(None, None, true),
        detail(None, None, false),
        detail(wrong_reason, Some(Act::Close), true),
        detail(Some(refused), Some(Act::Pay), true),
        detail(None, Some(Act::Close), false),
    ];
    pages.extend(details.iter().map(|page| page.render().unwrap()));
    pages.extend(
        [Vec::new(), vec![account(true), account(false)]].map(|rows| accounts(rows).render().unwrap()),
    );
    pages
}
