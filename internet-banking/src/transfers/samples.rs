//! Sample contexts of every page about transfers, and what every page must keep.

use askama::Template;
use domain::{ApprovalId, OrderId, RecallId, TemplateId, Yen};
use edge::{Errors, Frame};
use transfers::{ConsentState, RecallState, State};

use super::draft::TypedDetails;
use super::left::Left;
use super::links::{OlderLink, OrderAct, OrderLink, RecallLink, TemplateLink};
use super::pages::templates::{TemplatePage, TemplateRow, TemplatesPage};
use super::problem::tests::samples as problems;
use super::templates::Refused;
use super::views::{
    AccountChoice, ActPage, ConsentPage, ConsentRow, ConsentsPage, CutOff, DetailsPage, FactRows, LimitRow,
    OrderPage, OrderRow, OrdersPage, OverviewPage, PayeePage, PayeeRow, RecallRow, ReviewPage, StateChoice,
};
use super::words::{self, DayChoice};
use crate::approvals::ApprovalLink;
use crate::help::Code;
use crate::page_checks;
use crate::payeasy::views::Trouble;
use crate::payees::counters::Locked;
use crate::payees::{AccountForm, Checked, Likeness, TypedAccount};

const SHARP: &str = "\"><script>";

fn frame() -> Frame {
    Frame { site: "見本銀行 法人ネット", home: "/home", ..Frame::default() }
}

fn troubles() -> Vec<Option<Trouble>> {
    let fields = [
        "account",
        "to",
        "amount",
        "day",
        "payer_name",
        "bank",
        "branch",
        "kind",
        "number",
        "symbol",
        "holder",
        "payee",
    ];
    let mut input = Errors::none();
    for field in fields {
        input.add(field, SHARP);
    }
    let told = problems().iter().map(|problem| Some(problem.trouble())).collect::<Vec<_>>();
    told.into_iter().chain([Some(Trouble::input(input)), None]).collect()
}

fn errors(trouble: Option<&Trouble>) -> Errors {
    trouble.map(|t| t.errors.clone()).unwrap_or_default()
}

fn row(state: State) -> OrderRow {
    OrderRow {
        link: OrderLink(OrderId::generate()),
        number: "261124-0A1B2C3D".to_owned(),
        day: "11月25日(水)".to_owned(),
        payee: SHARP.to_owned(),
        place: "みずほ銀行(0001) 東京営業部(001)".to_owned(),
        from: "本店営業部 普通 1234567".to_owned(),
        amount: Yen::new(123_456),
        shown: words::shown_of(transfers::Relation::OtherBank, state),
    }
}

fn facts(fee: i64) -> FactRows {
    FactRows {
        payee: SHARP.to_owned(),
        place: "みずほ銀行(0001) 東京営業部(001)".to_owned(),
        account: "普通 1234567".to_owned(),
        way: "口座を入力した振込先(都度指定)".to_owned(),
        from: "本店営業部 普通 1234567".to_owned(),
        payer: "ｶ)ﾐﾎﾝｼﾖｳｼﾞ".to_owned(),
        amount: Yen::new(123_456),
        fee: Yen::new(fee),
        fee_day: (fee > 0).then(|| "12月10日(木)".to_owned()),
        day: "11月25日(水) 予約".to_owned(),
    }
}

fn named(likeness: Likeness) -> Checked {
    Checked::Named { name: SHARP.to_owned(), likeness, left: Some(2) }
}

fn cut_off(until: Option<&str>) -> CutOff {
    CutOff {
        label: "ほかの銀行へ",
        closed: until.is_none(),
        until: until.map(str::to_owned),
        left: "4時間12分".to_owned(),
        left_s: 15_120,
        next: "11月25日(水)".to_owned(),
    }
}

fn limit() -> LimitRow {
    LimitRow {
        label: "ご契約の1日の限度額",
        level: Yen::new(10_000_000),
        used: Yen::new(1),
        left: Yen::new(9_999_999),
        is_daily: true,
    }
}

fn payee(value: &str) -> PayeeRow {
    PayeeRow {
        value: value.to_owned(),
        name: SHARP.to_owned(),
        place: "見本銀行(9999) 泉支店(201)".to_owned(),
        account: "当座 0098765".to_owned(),
    }
}

fn entry_pages() -> Vec<String> {
    let payee_page = |trouble: Option<Trouble>, begun: bool| PayeePage {
        frame: frame(),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        action: "/transfers/new".to_owned(),
        begun,
        number: SHARP.to_owned(),
        q: SHARP.to_owned(),
        registered: if begun { Vec::new() } else { vec![("0001".to_owned(), SHARP.to_owned(), payee("1"))] },
        has_more: !begun,
        recent: if begun { Vec::new() } else { vec![payee("x")] },
        typed: AccountForm::of(TypedAccount { bank: SHARP.to_owned(), ..TypedAccount::default() }),
        checked: begun.then_some(Checked::NoSuchAccount { left: 1 }),
        same_day: begun,
    };
    let choice = |value: &str, available| AccountChoice {
        value: value.to_owned(),
        words: "本店営業部 普通 1234567".to_owned(),
        available,
    };
    let details = |trouble: Option<Trouble>, own: bool| DetailsPage {
        frame: frame(),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        action: "/transfers/own".to_owned(),
        payee: (!own).then(|| payee("")),
        checked: (!own).then(|| named(Likeness::Different)),
        change_payee: "/transfers/new/x/payee".to_owned(),
        accounts: vec![choice("1", Some(Yen::new(5))), choice("2", Some(Yen::ZERO))],
        own: vec![choice("1", None), choice("2", None)],
        days: vec![DayChoice { value: "2026-11-25".to_owned(), words: "11月25日(水) 予約".to_owned() }],
        cut_off: cut_off(own.then_some("16:00")),
        typed_later: !own,
        limit: Some(limit()),
        typed: TypedDetails { account: "1".to_owned(), amount: SHARP.to_owned(), ..TypedDetails::default() },
    };
    let review = |trouble: Option<Trouble>, approved: bool| ReviewPage {
        frame: frame(),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        action: "/transfers/new/x/review".to_owned(),
        change: "/transfers/new/x/details".to_owned(),
        change_payee: "/transfers/new/x/payee".to_owned(),
        order: OrderId::generate(),
        entry: "x".to_owned(),
        kind: "振込",
        facts: facts(550),
        checked: Some(if approved { named(Likeness::Similar) } else { Checked::Locked(Locked::User) }),
        reserves: approved,
        name_differs: approved,
        name_confirmed: approved,
        approval: approved.then(|| "2名の承認".to_owned()),
        one_time_password: !approved,
        short: approved.then(|| Yen::new(3)),
    };
    let mut pages = Vec::new();
    for trouble in troubles() {
        for second in [true, false] {
            pages.push(payee_page(trouble.clone(), second).render().unwrap());
            pages.push(details(trouble.clone(), second).render().unwrap());
            pages.push(review(trouble.clone(), second).render().unwrap());
        }
    }
    pages
}

fn order_pages() -> Vec<String> {
    let order = |state: State, recall: Option<RecallState>| {
        let id = OrderId::generate();
        OrderPage {
            frame: frame(),
            csrf: "t".to_owned(),
            order: id,
            just_placed: state == State::Reserved,
            number: "261124-0A1B2C3D".to_owned(),
            placed_at: "2026年11月24日(火) 10:05".to_owned(),
            by: SHARP.to_owned(),
            kind: "振込",
            facts: facts(0),
            shown: words::shown_of(transfers::Relation::OtherBank, state),
            changed_at: "2026年11月24日(火) 10:05".to_owned(),
            cancelled: (state == State::Cancelled).then(|| SHARP.to_owned()),
            came_back: state == State::Returned,
            reason: (state == State::Failed).then(|| SHARP.to_owned()),
            cancel: (state == State::Reserved).then_some(OrderAct::Cancel(id)),
            recall: (state == State::Sent).then_some(OrderAct::Recall(id)),
            recalled: recall.map(|state| {
                let (word, icon, class, meaning) = words::recall(state, true);
                let (asked_at, code) = ("11月24日(火) 10:05".to_owned(), Some(SHARP.to_owned()));
                RecallRow { word, icon, class, meaning, changed_at: asked_at.clone(), asked_at, code }
            }),
            again: OrderAct::Again(id),
            here: OrderLink(id),
            is_open: state.is_open(),
        }
    };
    let recalls = [RecallState::Requested, RecallState::Asked, RecallState::Returned, RecallState::Refused];
    let mut pages: Vec<_> = State::ALL.iter().map(|state| order(*state, None).render().unwrap()).collect();
    pages.extend(recalls.map(|recall| order(State::Settled, Some(recall)).render().unwrap()));
    let list = |orders: Vec<OrderRow>| OrdersPage {
        frame: frame(),
        errors: match orders.is_empty() {
            true => Errors::one("from", SHARP),
            false => Errors::none(),
        },
        states: vec![StateChoice { value: "all", words: "すべて", chosen: true }],
        days: (SHARP.to_owned(), SHARP.to_owned()),
        q: SHARP.to_owned(),
        older: (!orders.is_empty()).then(|| OlderLink {
            state: "all",
            typed: [SHARP, "", SHARP].map(str::to_owned),
            older: OrderId::generate(),
        }),
        orders,
    };
    pages.push(list(Vec::new()).render().unwrap());
    pages.push(list(State::ALL.iter().map(|state| row(*state)).collect()).render().unwrap());
    let overview = |rows: bool| OverviewPage {
        frame: frame(),
        csrf: "t".to_owned(),
        cut_offs: vec![cut_off(Some("16:00")), cut_off(None)],
        reserved: if rows { vec![row(State::Reserved)] } else { Vec::new() },
        last: if rows { vec![row(State::Settled)] } else { Vec::new() },
        limits: vec![limit()],
        recalls: usize::from(rows),
        left: if rows { vec![left(Some(Yen::new(5_000))), left(None)] } else { Vec::new() },
    };
    pages.extend([true, false].map(|rows| overview(rows).render().unwrap()));
    let template = |is_known: bool| TemplateRow {
        link: TemplateLink(TemplateId::generate()),
        name: SHARP.to_owned(),
        payee: SHARP.to_owned(),
        place: "みずほ銀行(0001) 東京営業部(001)".to_owned(),
        account: "普通 1234567".to_owned(),
        is_known,
        is_own: !is_known,
        from: "本店営業部 普通 1234567".to_owned(),
        payer: SHARP.to_owned(),
        amount: Yen::new(123_456),
    };
    let refused = [Refused::Name, Refused::TooMany, Refused::Gone, Refused::Told(Code::Unavailable)]
        .map(Refused::trouble);
    for trouble in refused.map(Some).into_iter().chain([None]) {
        let templates = TemplatesPage {
            frame: frame(),
            csrf: "t".to_owned(),
            trouble: trouble.clone(),
            rows: if trouble.is_some() { vec![template(true), template(false)] } else { Vec::new() },
        };
        pages.push(templates.render().unwrap());
        let one = TemplatePage {
            frame: frame(),
            csrf: "t".to_owned(),
            errors: errors(trouble.as_ref()),
            just_kept: trouble.is_none().then_some("同じ内容のひな形が、この名前ですでに登録されています。"),
            row: template(trouble.is_none()),
            trouble,
            typed: SHARP.to_owned(),
        };
        pages.push(one.render().unwrap());
    }
    for trouble in troubles() {
        for fee in [None, Some(Yen::new(1_100))] {
            let id = OrderId::generate();
            let page = ActPage {
                frame: frame(),
                csrf: "t".to_owned(),
                errors: errors(trouble.as_ref()),
                trouble: trouble.clone(),
                action: OrderAct::Cancel(id),
                back: OrderLink(id),
                kind: "振込",
                facts: facts(110),
                recall_fee: fee,
            };
            pages.push(page.render().unwrap());
        }
    }
    pages
}

fn left(amount: Option<Yen>) -> Left {
    Left {
        entry: "x".to_owned(),
        link: "/transfers/new/x/review".to_owned(),
        kind: "振込",
        payee: SHARP.to_owned(),
        amount,
        until: "2月2日(火)".to_owned(),
    }
}

fn consent(state: ConsentState) -> ConsentRow {
    ConsentRow {
        link: RecallLink(RecallId::generate()),
        payer: SHARP.to_owned(),
        bank: SHARP.to_owned(),
        account: "本店営業部 普通 1234567".to_owned(),
        amount: Yen::new(50_000),
        credited_at: "11月24日(火) 10:00".to_owned(),
        asked_at: "11月25日(水) 10:00".to_owned(),
        until: "12月2日(水) 15:00".to_owned(),
        shown: words::consent(state),
        changed_at: "11月25日(水) 10:00".to_owned(),
        code: (state == ConsentState::Answered).then(|| "NOAS".to_owned()),
    }
}

fn consent_pages() -> Vec<String> {
    let list = |states: &[ConsentState]| ConsentsPage {
        frame: frame(),
        rows: states.iter().copied().map(consent).collect(),
        has_more: !states.is_empty(),
    };
    let mut pages = vec![list(&[]).render().unwrap(), list(ConsentState::ALL).render().unwrap()];
    for (trouble, approval) in troubles().into_iter().zip([false, true].into_iter().cycle()) {
        for state in ConsentState::ALL {
            let page = ConsentPage {
                frame: frame(),
                csrf: "t".to_owned(),
                errors: errors(trouble.as_ref()),
                trouble: trouble.clone(),
                row: consent(*state),
                may_answer: *state == ConsentState::Asked,
                approval: approval.then(|| "2名の承認".to_owned()),
                request: (approval && trouble.is_none()).then(|| ApprovalLink(ApprovalId::generate())),
                short: approval.then(|| Yen::new(1)),
            };
            pages.push(page.render().unwrap());
        }
    }
    pages
}

#[test]
fn every_page_keeps_the_rules_with_every_sample() {
    for html in entry_pages().into_iter().chain(order_pages()).chain(consent_pages()) {
        page_checks::all(&html);
        assert!(!html.contains(SHARP), "unescaped: {html}");
    }
}
