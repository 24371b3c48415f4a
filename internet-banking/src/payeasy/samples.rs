//! Sample contexts of every page, and what every page must keep.

use askama::Template;
use domain::payment::State;
use domain::{CollectorNumber, FavouriteId, PaymentId, ResponseCode, UserId, Yen};
use edge::{Errors, Frame, NavItem};

use super::collectors::{CollectorGroup, CollectorPage, CollectorsPage};
use super::el::{Printed, TypedEl};
use super::pages::favourites::{FavouritePage, FavouriteRow, FavouritesPage, KeptRow};
use super::pages::limits::{LimitPage, LimitRow, LimitsPage};
use super::pages::purpose::{AmountPage, Choice, Explained, Head, PeriodPage, PurposePage};
use super::problem::Problem;
use super::purpose::{TypedPeriod, codes};
use super::rules::{AmountUse, Asked, Questions, TypedNumbers};
use super::slip_words::{BillWords, NumberRow};
use super::views::*;
use super::words::shown;
use crate::help::{Code, Money};
use crate::links::{CollectorLink, FavouriteLink, Link, PaymentLink, PrintLink, RequestLink, UserLimitLink};
use crate::page_checks;
use crate::tokens::authorise;

fn frame(has_errors: bool) -> Frame {
    let nav =
        vec![NavItem { label: "税金・各種料金", href: "/payeasy/new".to_owned(), current: true }];
    Frame { site: "見本銀行 法人ネット", home: "/home", nav, has_errors, ..Frame::default() }
}

fn tax() -> CollectorNumber {
    "00200".parse().unwrap()
}

/// No trouble, wrong fields, and every kind of problem that a form shows.
fn troubles(field: &'static str) -> Vec<Option<Trouble>> {
    let mut input = Errors::one(field, "納付番号は 16 けたです。いま 15 けた入力されています。");
    input.add("confirmation_number", "<b>確認番号</b>を入力してください。");
    let problems = [
        Problem::LinkOnly { name: "オリックス・クレジット(株)".to_owned() },
        Problem::Refused(ResponseCode::ConfirmationNumberWrong),
        Problem::NoAnswer,
        Problem::InsufficientFunds { available: Yen::new(12_300) },
        Problem::ConfirmationPasswordWrong { left: 2 },
        Problem::OneTimePassword(authorise::Problem::Used),
        Problem::RepeatUnconfirmed,
        Problem::BillBusy { seen: Some(PaymentId::generate()) },
    ];
    let mut troubles = vec![None, Some(Trouble::input(input))];
    troubles.extend(problems.iter().map(|p| Some(Trouble::from(p))));
    troubles
}

fn errors(trouble: Option<&Trouble>) -> Errors {
    trouble.map(|t| t.errors.clone()).unwrap_or_default()
}

fn asked(label: &str, digits: usize) -> Asked {
    Asked {
        label: label.to_owned(),
        digits_min: digits,
        digits_max: digits,
        form: None,
        example: Some("7000001234".to_owned()),
    }
}

fn directory_pages() -> Vec<String> {
    let directory = collectors::Directory::embedded();
    let today = "2026-11-24".parse().unwrap();
    let list = |query: &str| CollectorsPage {
        frame: frame(false),
        query: query.to_owned(),
        groups: CollectorGroup::of(&directory.on(today).search(query), today),
    };
    let lists = ["", "国税", "\"><script>"].map(|query| list(query).render().unwrap());
    let page = |row| CollectorPage::of(frame(false), "t".to_owned(), row, today).render().unwrap();
    lists.into_iter().chain(directory.on(today).all().map(page)).collect()
}

fn start_pages() -> Vec<String> {
    let page = |trouble: Option<Trouble>| StartPage {
        frame: frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        collector: "\"><script>".to_owned(),
        near: vec![Near { path: CollectorLink(tax()), number: tax(), name: "国税庁".to_owned() }],
    };
    troubles("collector").into_iter().map(|t| page(t).render().unwrap()).collect()
}

fn el_pages() -> Vec<String> {
    let page = |trouble: Option<Trouble>, printed: Option<Printed>| ElPage {
        frame: frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        typed: TypedEl {
            body: "04100".to_owned(),
            key: "\"><script>".to_owned(),
            confirmation_number: "123456".to_owned(),
            item: "001".to_owned(),
            amount: "12,300".to_owned(),
        },
        printed,
    };
    let printed = |is_over| Printed {
        due: "2026年12月25日".to_owned(),
        payable_until: "2027年1月31日".to_owned(),
        is_over,
    };
    let mut pages: Vec<_> =
        ["picture", "key"].into_iter().flat_map(troubles).map(|t| page(t, None).render().unwrap()).collect();
    // what was read is shown, what was typed is not
    let typed = pages.iter().all(|page| !page.contains("123456"));
    assert!(typed);
    for is_over in [false, true] {
        let read = page(None, Some(printed(is_over))).render().unwrap();
        assert!(read.contains("123456"));
        pages.push(read);
    }
    pages
}

fn numbers_pages() -> Vec<String> {
    let page = |trouble: Option<Trouble>, full: bool| NumbersPage {
        frame: frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        action: "/payeasy/new/d/numbers".to_owned(),
        collector: "国税庁".to_owned(),
        collector_number: tax(),
        entry_method: full.then(|| "/payeasy/new/d/purpose".to_owned()),
        notice: full.then(|| "事前に税務署への届出が必要です。".to_owned()),
        has_el_number: full,
        handed: !full,
        to_type: Some("確認番号、<i>金額".to_owned()),
        questions: Questions {
            customer_number: asked("納付番号(利用者識別番号)", 16),
            confirmation_number: asked("確認番号", 6),
            payment_category: full.then(|| asked("納付区分", 10)),
            amount: if full { AmountUse::Decides } else { AmountUse::Compared },
        },
        typed: TypedNumbers { customer_number: "2013 0001".to_owned(), ..TypedNumbers::default() },
    };
    let troubles = troubles("customer_number");
    troubles
        .into_iter()
        .flat_map(|t| [page(t.clone(), true), page(t, false)])
        .map(|p| p.render().unwrap())
        .collect()
}

fn number_rows() -> Vec<NumberRow> {
    let row = |meaning: Option<&str>| NumberRow {
        label: "<b>番号".to_owned(),
        digits: "2013 0001".to_owned(),
        meaning: meaning.map(str::to_owned),
    };
    vec![row(None), row(Some("<b>自動車税"))]
}

fn bill_words(full: bool) -> BillWords {
    BillWords {
        due_label: "納期限",
        due: full.then(|| "令和8年11月30日(月)".to_owned()),
        overdue: full.then(|| "この日を過ぎています".to_owned()),
        late_charge: full.then(|| ("<b>延滞税".to_owned(), Yen::new(300))),
    }
}

fn purpose_pages() -> Vec<String> {
    let head = |trouble: Option<Trouble>| Head {
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        action: "/payeasy/new/d/purpose".to_owned(),
        change_tax: "/payeasy/new/d/purpose".to_owned(),
        registered: "/payeasy/new/d/numbers".to_owned(),
        collector: "国税庁".to_owned(),
        collector_number: tax(),
    };
    let frame_of = |trouble: &Option<Trouble>| frame(trouble.is_some());
    let choice = |code: &str| Choice {
        code: code.to_owned(),
        name: "法人税".to_owned(),
        hint: "平成24年分まで".to_owned(),
        checked: code == "4",
    };
    let purpose = |trouble: Option<Trouble>| PurposePage {
        frame: frame_of(&trouble),
        head: head(trouble),
        notice: Some("事前に税務署への届出が必要です。".to_owned()),
        taxes: ["4", "5"].map(choice).into(),
        code: "\"><script>".to_owned(),
        others: "印紙税".to_owned(),
    };
    let period = |trouble: Option<Trouble>, asks_day: bool| PeriodPage {
        frame: frame_of(&trouble),
        head: head(trouble),
        tax: "法人税".to_owned(),
        tax_code: "030".to_owned(),
        asks_day,
        kinds: ["4", "5"].map(choice).into(),
        eras: ["4", "5"].map(choice).into(),
        typed: TypedPeriod { year: "\"><script>".to_owned(), ..TypedPeriod::begin() },
    };
    let code = codes().read("03045080401", "2026-11-24".parse().unwrap()).unwrap();
    let amount = |trouble: Option<Trouble>| AmountPage {
        frame: frame_of(&trouble),
        head: head(trouble),
        code: Explained::of(&code),
        questions: Questions {
            customer_number: asked("納付番号(利用者識別番号)", 16),
            confirmation_number: asked("確認番号", 6),
            payment_category: None,
            amount: AmountUse::Decides,
        },
        typed: TypedNumbers { amount: "\"><script>".to_owned(), ..TypedNumbers::default() },
    };
    let mut pages: Vec<_> =
        ["tax", "code"].into_iter().flat_map(troubles).map(|t| purpose(t).render()).collect();
    pages.extend(["kind", "era", "month"].into_iter().flat_map(troubles).map(|t| period(t, true).render()));
    pages.push(period(None, false).render());
    pages.extend(troubles("payment_category").into_iter().map(|t| amount(t).render()));
    pages.into_iter().map(Result::unwrap).collect()
}

fn bills_pages() -> Vec<String> {
    let bill = |number: usize| BillRow {
        id: format!("B{number}"),
        amount: Yen::new(123_000),
        fee: Yen::new(110),
        has_fee: number == 1,
        contents: "法人税 <確定申告>".to_owned(),
        payer: "株式会社見本商事".to_owned(),
        words: bill_words(number == 2),
        checked: number == 1,
    };
    let page = |trouble: Option<Trouble>, bills: usize| BillsPage {
        frame: frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        action: "/payeasy/new/d/bills".to_owned(),
        back: "/payeasy/new/d/numbers".to_owned(),
        collector: "国税庁".to_owned(),
        linked: bills == 1,
        valid_until: "10:15".to_owned(),
        bills: (1..=bills).map(bill).collect(),
        accounts: vec![AccountRow {
            id: 1001,
            name: "本店営業部 普通 1234567".to_owned(),
            available: Yen::new(-5),
            chosen: true,
        }],
    };
    let troubles = troubles("bill");
    troubles.into_iter().flat_map(|t| [page(t.clone(), 1), page(t, 3)]).map(|p| p.render().unwrap()).collect()
}

fn earlier() -> EarlierRow {
    EarlierRow {
        at: "2026年11月24日(火) 9:58".to_owned(),
        total: Yen::new(123_000),
        state: shown(State::Accepted).word,
    }
}

fn limit_pages() -> Vec<String> {
    let row = |limit: Option<Yen>, may_set: bool| LimitRow {
        name: "\"><script>".to_owned(),
        login_id: "hanako01".to_owned(),
        limit,
        next: limit.map(|_| "11月25日(水)から ご契約と同じ".to_owned()).unwrap_or_default(),
        used: Yen::new(9_000),
        left: limit.map(|_| Yen::ZERO),
        link: may_set.then(|| UserLimitLink(UserId::generate())),
    };
    let list = |may_set: bool| LimitsPage {
        frame: frame(false),
        contract: row(Some(Yen::new(10_000_000)), false),
        users: vec![row(None, may_set), row(Some(Yen::new(5_000)), may_set)],
        today: "11月24日(火)".to_owned(),
        may_set,
    };
    let one = |trouble: Option<Trouble>| LimitPage {
        frame: frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        action: UserLimitLink(UserId::generate()),
        row: row(trouble.is_some().then_some(Yen::new(5_000)), true),
        trouble,
        contract: Yen::new(10_000_000),
        limit: "\"><script>".to_owned(),
    };
    let mut pages: Vec<_> = [true, false].map(|may_set| list(may_set).render().unwrap()).into();
    pages.extend(troubles("limit").into_iter().map(|t| one(t).render().unwrap()));
    pages
}

fn favourite_pages() -> Vec<String> {
    let kept = || KeptRow {
        collector: "仙台市".to_owned(),
        collector_number: tax(),
        numbers: number_rows(),
        to_type: "確認番号".to_owned(),
    };
    let row = || FavouriteRow {
        link: FavouriteLink(FavouriteId::generate()),
        name: "\"><script>".to_owned(),
        kept: kept(),
    };
    let list = |rows: Vec<FavouriteRow>| FavouritesPage { frame: frame(false), csrf: "t".to_owned(), rows };
    let one = |trouble: Option<Trouble>, is_kept: bool| FavouritePage {
        frame: frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        action: "/payeasy/favourites/f".to_owned(),
        kept: kept(),
        typed: "\"><script>".to_owned(),
        is_kept,
        payment: (!is_kept).then(|| PaymentLink(PaymentId::generate())),
    };
    let mut pages: Vec<_> = [list(Vec::new()), list(vec![row()])].map(|page| page.render().unwrap()).into();
    for trouble in troubles("name") {
        pages.extend([one(trouble.clone(), true), one(trouble, false)].map(|page| page.render().unwrap()));
    }
    pages
}

fn review_pages() -> Vec<String> {
    let page = |trouble: Option<Trouble>, full: bool| ReviewPage {
        frame: frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        action: "/payeasy/new/d/review".to_owned(),
        change_numbers: "/payeasy/new/d/numbers".to_owned(),
        change_choice: "/payeasy/new/d/bills".to_owned(),
        request: (!full).then(|| "/payeasy/requests/r".to_owned()),
        linked: full,
        collector: "(株)ペイジェント".to_owned(),
        collector_number: tax(),
        contact: "お支払い内容については(株)ペイジェントへ。".to_owned(),
        contents: "モバイルオークション".to_owned(),
        amount: Yen::new(123_000),
        fee: Yen::new(110),
        total: Yen::new(123_110),
        has_fee: full,
        words: bill_words(full),
        payer: "株式会社見本商事".to_owned(),
        numbers: number_rows(),
        account: "本店営業部 普通 1234567".to_owned(),
        balance_after: Yen::new(0),
        repeats_paid: full,
        repeats: if full { 0 } else { 7 },
        repeat_confirmed: !full,
        earlier: if full { Vec::new() } else { vec![earlier()] },
        one_time_password: full,
        approval: None,
        order: PaymentId::generate(),
    };
    let asks = ReviewPage { approval: Some("2名の承認".to_owned()), ..page(None, true) }.render().unwrap();
    assert!(asks.contains("承認を依頼する") && !asks.contains("円を払い込む"));
    let troubles = troubles("confirmation_password");
    let pages: Vec<_> = troubles
        .into_iter()
        .flat_map(|t| [page(t.clone(), true), page(t, false)])
        .map(|p| p.render().unwrap())
        .collect();
    assert!(pages.iter().all(|html| html.contains("123,110 円を払い込む")));
    pages.into_iter().chain([asks]).collect()
}

fn payment(state: State) -> PaymentView {
    let id = PaymentId::generate();
    PaymentView {
        id,
        path: PaymentLink(id),
        print: PrintLink(id),
        state,
        shown: shown(state),
        receipt_number: "20261124-000001".to_owned(),
        at: "2026年11月24日(火) 10:05".to_owned(),
        receipt_date: "2026年11月24日(火)".to_owned(),
        collector: "国税庁".to_owned(),
        collector_number: tax(),
        contact: "所轄の税務署へお問い合わせください。".to_owned(),
        contents: "法人税 & 確定申告".to_owned(),
        payer: "株式会社見本商事".to_owned(),
        numbers: number_rows(),
        amount: Yen::new(123_000),
        fee: Yen::ZERO,
        total: Yen::new(123_000),
        late_charge: state.is_paid().then(|| ("延滞金".to_owned(), Yen::new(100))),
        account: "本店営業部 普通 1234567".to_owned(),
        reference: state.is_paid().then(|| "R-1".to_owned()),
        returned_at: (state == State::Refunded).then(|| "2026年11月25日(水) 9:30".to_owned()),
    }
}

fn payment_pages() -> Vec<String> {
    let mut pages = Vec::new();
    for state in State::ALL {
        for just_paid in [true, false] {
            let payment = payment(*state);
            let here = payment.path.to_string();
            let return_url = just_paid.then(|| "https://shop.example/\"><script>".to_owned());
            let page = PaymentPage { frame: frame(false), payment, just_paid, here, return_url };
            let html = page.render().unwrap();
            assert!(html.contains(&format!("data-state=\"{state}\"")) && html.contains(shown(*state).word));
            pages.push(html);
        }
        let (payment, contract) = (payment(*state), "株式会社見本商事".to_owned());
        let printed_at = "2026年11月24日(火) 10:06".to_owned();
        let html = PrintPage { frame: frame(false), payment, contract, printed_at }.render().unwrap();
        assert!(html.contains("領収書ではありません"));
        pages.push(html);
    }
    pages
}

fn history_pages() -> Vec<String> {
    let page = |payments: Vec<PaymentView>, older: Option<String>| HistoryPage {
        frame: frame(false),
        since: "2026年8月16日(日)".to_owned(),
        collectors: vec![CollectorChoice { place: 2, name: "国税庁".to_owned(), chosen: true }],
        states: vec![StateChoice { value: "paid", label: "払込完了", chosen: true }],
        payments,
        older,
    };
    let all = State::ALL.iter().map(|s| payment(*s)).collect();
    let older = Some("/payeasy/history?collector=&state=&older=x".to_owned());
    [page(Vec::new(), None), page(all, older)].map(|p| p.render().unwrap()).into()
}

fn request_pages() -> Vec<String> {
    let row = || RequestRow {
        path: RequestLink(PaymentId::generate()),
        list: Link::PayeasyRequests,
        collector: "国税庁".to_owned(),
        collector_number: tax(),
        contents: "法人税 <確定申告>".to_owned(),
        customer_number: "2013 0001".to_owned(),
        amount: Yen::new(123_000),
        fee: Yen::new(110),
        account: "本店営業部 普通 1234567".to_owned(),
        asked_by: "会計 & 給与".to_owned(),
        asked_at: "2026年11月24日(火) 10:05".to_owned(),
        until: "2026年11月25日(水) 6:05".to_owned(),
    };
    let one = |waits| RequestPage { frame: frame(false), csrf: "t".to_owned(), request: row(), waits };
    let list = |requests| RequestsPage { frame: frame(false), requests };
    let mut pages: Vec<_> = [one(true), one(false)].iter().map(|page| page.render().unwrap()).collect();
    assert!(pages[0].contains("value=\"open\"") && !pages[1].contains("<form"));
    pages.extend([list(Vec::new()), list(vec![row()])].iter().map(|page| page.render().unwrap()));
    pages
}

fn other_pages() -> Vec<String> {
    let stopped =
        |code: &Code| StoppedPage::new(frame(true), *code, None, Some("/payeasy/payments/x".to_owned()));
    let mut pages: Vec<_> = Code::ALL.iter().map(|code| stopped(code).render().unwrap()).collect();
    pages.extend(directory_pages());
    pages
}

/// Every page with every sample.
pub(crate) fn every_page() -> Vec<String> {
    let groups = [
        start_pages(),
        el_pages(),
        numbers_pages(),
        purpose_pages(),
        bills_pages(),
        review_pages(),
        limit_pages(),
        favourite_pages(),
        payment_pages(),
        history_pages(),
        request_pages(),
        other_pages(),
    ];
    groups.concat()
}

#[test]
fn a_payment_is_called_debited_only_when_it_is_paid() {
    for state in State::ALL {
        let page = PaymentPage {
            frame: frame(false),
            payment: payment(*state),
            just_paid: false,
            here: String::new(),
            return_url: None,
        };
        let print = PrintPage {
            frame: frame(false),
            payment: payment(*state),
            contract: String::new(),
            printed_at: String::new(),
        };
        let (page, print) = (page.render().unwrap(), print.render().unwrap());
        let goes_on = state.is_paid() || state.is_open();
        for html in [&page, &print] {
            assert_eq!(html.contains("引き落とし金額"), state.is_paid(), "{state}");
            assert_eq!(html.contains("確保している金額"), state.is_open(), "{state}");
            assert_eq!(html.contains("領収日"), goes_on, "{state}");
        }
        assert_eq!(page.contains("この払込の取り消しはできません"), goes_on, "{state}");
    }
    assert!(history_pages().iter().all(|html| !html.contains("引き落とし金額")));
}

#[test]
fn where_money_may_have_moved_the_history_comes_first() {
    for code in Code::ALL {
        let html = StoppedPage::new(frame(true), *code, None, None).render().unwrap();
        let first = html.split("<a class=\"button\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        let untouched = matches!(code.entry().money, Money::Untouched | Money::Released);
        let expected = match code {
            // nothing that the payer could begin anew
            Code::StoppedForToday | Code::StoppedUntilLifted => Link::Home,
            _ if untouched => Link::PayeasyNew,
            _ => Link::PayeasyHistory,
        };
        assert_eq!(first, expected.path(), "{code}");
    }
}

#[test]
fn every_page_keeps_what_every_page_must_keep() {
    for html in every_page() {
        page_checks::all(&html);
        assert!(!html.contains("http-equiv"), "{html}");
    }
}

#[test]
fn an_error_is_in_the_title_in_the_summary_and_has_a_help_page() {
    for html in every_page() {
        let has_summary = html.contains("id=\"errors\"");
        assert_eq!(html.contains("<title>エラー: "), has_summary, "{html}");
        if has_summary {
            assert!(html.contains("role=\"alert\"") && html.contains("tabindex=\"-1\""));
            let code = html.split("data-field=\"error_code\">").nth(1).unwrap().split('<').next().unwrap();
            assert!(code.parse::<Code>().is_ok(), "{code}");
            assert!(html.contains(&format!("href=\"/help/{code}\"")));
        }
    }
}

#[test]
fn steps_are_marked_and_text_is_escaped() {
    for html in every_page() {
        if html.contains("class=\"steps\"") {
            assert_eq!(html.matches("aria-current=\"step\"").count(), 1);
        }
        for raw in ["\"><script>", "<b>確認番号", "<確定申告>", "法人税 & 確定"] {
            assert!(!html.contains(raw), "{raw}");
        }
    }
}

/// Whatever a page says of a receipt is that there is none; nobody is offered to take a payment back; questions about
/// the bill go to the collector.
///
/// Proves R106, R107, R108.
#[test]
fn a_result_is_no_receipt_cannot_be_taken_back_and_names_whom_to_ask() {
    let pages = [payment_pages(), review_pages()].concat();
    for html in &pages {
        for rest in html.split("領収書").skip(1) {
            assert!(rest.starts_with("は発行されません") || rest.starts_with("ではありません"), "{rest}");
        }
        assert!(!html.contains("取り消す</button>"), "{html}");
        assert!(html.contains("お問い合わせは収納機関へお願いします。"), "{html}");
    }
    for html in review_pages() {
        assert!(html.contains("払込の取り消しはできません。領収書は発行されません。"), "{html}");
    }
    let paid = pages.iter().filter(|html| html.contains("data-state=\"accepted\""));
    assert!(paid.clone().count() > 0);
    assert!(paid.clone().all(|html| html.contains("領収書")), "it is said where it could be taken for one");
}
