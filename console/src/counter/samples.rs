//! Sample contexts of the counter's pages.

use askama::Template as _;
use domain::payment::{Cancellation, State};
use domain::{PaymentId, Yen};
use internet_banking::payeasy::rules::{AmountUse, Asked, Questions, TypedNumbers};
use internet_banking::payeasy::slip_words::{BillWords, NumberRow};
use internet_banking::payeasy::views::BillRow;

use super::pages::bills::BillsPage;
use super::pages::numbers::NumbersPage;
use super::pages::review::ReviewPage;
use super::pages::start::{CollectedRow, StartPage};
use super::receipt::ReceiptPage;
use super::words::paper;
use crate::help::ConsoleCode;
use crate::links::{ReceiptLink, StaffPaymentLink};
use crate::payments::words::{cancellation_cash, cancellation_tag, state_tag};
use crate::problem::{Problem, Trouble};
use crate::samples::{at, sample_frame, troubles};
use crate::words::stamp;

/// Every page with every sample.
pub fn pages() -> Vec<String> {
    [start_pages(), numbers_pages(), bills_pages(), review_pages(), receipt_pages()].concat()
}

fn start_pages() -> Vec<String> {
    let row = |state: &State| CollectedRow {
        link: ReceiptLink(PaymentId::generate()),
        receipt_number: "20261124-00000001".to_owned(),
        at: stamp(at()),
        collector: "国税庁".to_owned(),
        contents: "法人税 <確定申告>".to_owned(),
        cash: Yen::new(58_110),
        tag: state_tag(*state),
        state: *state,
        cancellation: (*state == State::Accepted).then(|| cancellation_tag(Cancellation::Unknown)),
    };
    let page = |trouble: Option<Trouble>, may_collect: bool, rows: Vec<CollectedRow>| StartPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        collector: "\"><script>".to_owned(),
        may_collect,
        more: may_collect,
        rows,
    };
    let all = || State::ALL.iter().map(row).collect();
    let mut pages: Vec<_> = troubles("collector").map(|t| page(t, true, all())).into();
    pages.push(page(None, false, Vec::new()));
    pages.iter().map(|p| p.render().unwrap()).collect()
}

fn numbers_pages() -> Vec<String> {
    let asked = |label: &str| Asked {
        label: label.to_owned(),
        digits_min: 4,
        digits_max: 6,
        form: Some("0000-0000".to_owned()),
        example: Some("123456".to_owned()),
    };
    let page = |trouble: Option<Trouble>, full: bool| NumbersPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: "/counter/new/d/numbers".to_owned(),
        collector: "国税庁".to_owned(),
        collector_number: "00200".parse().unwrap(),
        notice: full.then(|| "<b>理由のあるお知らせ</b>".to_owned()),
        questions: Questions {
            customer_number: asked("納付番号(利用者識別番号)"),
            confirmation_number: asked("確認番号"),
            payment_category: full.then(|| asked("納付区分")),
            amount: if full { AmountUse::Decides } else { AmountUse::Compared },
        },
        typed: TypedNumbers { customer_number: "\"><script>".to_owned(), ..TypedNumbers::default() },
    };
    let refused = Trouble::of(&Problem::from(ConsoleCode::NumbersWrong), "customer_number");
    let mut pages: Vec<_> = troubles("customer_number").map(|t| page(t, true)).into();
    pages.push(page(Some(refused), false));
    pages.iter().map(|p| p.render().unwrap()).collect()
}

fn numbers() -> Vec<NumberRow> {
    let row = |meaning: Option<&str>| NumberRow {
        label: "<b>番号".to_owned(),
        digits: "9022 0000".to_owned(),
        meaning: meaning.map(str::to_owned),
    };
    vec![row(None), row(Some("<b>自動車税"))]
}

fn words(full: bool) -> BillWords {
    BillWords {
        due_label: "納期限",
        due: full.then(|| "令和8年11月30日(月)".to_owned()),
        overdue: full.then(|| "この日を過ぎています".to_owned()),
        late_charge: full.then(|| ("<b>延滞税".to_owned(), Yen::new(300))),
    }
}

fn bills_pages() -> Vec<String> {
    let row = |id: &str, full: bool| BillRow {
        id: id.to_owned(),
        amount: Yen::new(58_000),
        fee: Yen::new(110),
        has_fee: full,
        contents: "<i>入力された内容".to_owned(),
        payer: "見本 <b>理由".to_owned(),
        words: words(full),
        checked: full,
    };
    let page = |trouble: Option<Trouble>, bills: Vec<BillRow>| BillsPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: "/counter/new/d/bills".to_owned(),
        back: "/counter/new/d/numbers".to_owned(),
        collector: "国税庁".to_owned(),
        valid_until: "10:15".to_owned(),
        bills,
    };
    let mut pages: Vec<_> = troubles("bill").map(|t| page(t, vec![row("B1", true), row("B2", false)])).into();
    pages.push(page(None, vec![row("B1", false)]));
    pages.iter().map(|p| p.render().unwrap()).collect()
}

fn review_pages() -> Vec<String> {
    let page = |trouble: Option<Trouble>, full: bool| ReviewPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        trouble,
        action: "/counter/new/d/review".to_owned(),
        change_numbers: "/counter/new/d/numbers".to_owned(),
        change_bill: "/counter/new/d/bills".to_owned(),
        collector: "国税庁".to_owned(),
        collector_number: "00200".parse().unwrap(),
        contents: "<b>内容".to_owned(),
        payer: "<b>理由".to_owned(),
        numbers: numbers(),
        amount: Yen::new(58_000),
        fee: Yen::new(110),
        cash: Yen::new(58_110),
        words: words(full),
        repeats_paid: full,
        order: PaymentId::generate(),
    };
    let refused = Trouble::of(&Problem::from(ConsoleCode::CounterUnavailable), "");
    let pages = [page(None, true), page(None, false), page(Some(refused), true)];
    pages.iter().map(|p| p.render().unwrap()).collect()
}

fn receipt_pages() -> Vec<String> {
    let page = |state: State, cancellation: Option<Cancellation>| ReceiptPage {
        frame: sample_frame(false),
        paper: paper(state, cancellation),
        tag: state_tag(state),
        state,
        here: ReceiptLink(PaymentId::generate()),
        detail: StaffPaymentLink(PaymentId::generate()),
        receipt_number: "20261124-00000001".to_owned(),
        at: "2026年11月24日(火) 10:05".to_owned(),
        collector: "国税庁".to_owned(),
        collector_number: "00200".parse().unwrap(),
        contact: "03-0000-0000".to_owned(),
        contents: "<b>内容".to_owned(),
        payer: "<b>理由".to_owned(),
        numbers: numbers(),
        amount: Yen::new(58_000),
        fee: Yen::new(110),
        cash: Yen::new(58_110),
        teller: "決済業務課 <b>".to_owned(),
        cancellation: cancellation.map(|c| (cancellation_tag(c), cancellation_cash(c))),
        is_open: state.is_open() || cancellation.is_some_and(Cancellation::is_open),
        is_printed: !cancellation.is_some_and(Cancellation::is_open),
        is_cancellable: state == State::Accepted,
        printed_at: "2026年11月24日(火) 10:06".to_owned(),
    };
    let mut pages: Vec<_> = State::ALL.iter().map(|state| page(*state, None)).collect();
    pages.extend(Cancellation::ALL.iter().map(|c| page(State::Accepted, Some(*c))));
    pages.iter().map(|p| p.render().unwrap()).collect()
}
