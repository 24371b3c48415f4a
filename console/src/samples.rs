//! Sample contexts of every page of the console, and what every page must keep.

mod contracts;
mod days;
mod mandates;
mod recalls;
mod settlement;
mod stops;
mod tokens;
mod users;

use askama::Template;
use domain::payment::{Cancellation, State};
use domain::{AlarmId, PaymentId, StaffRequestId, Timestamp, Yen};
use edge::{Errors, Frame, NavItem};
use gateway::Word;
use gateway::service::ServiceState;

use super::alarms::alarm_words;
use super::alarms::pages::{AlarmRow, AlarmsPage, DeliveryRow};
use super::audit::pages::{TrailPage, TrailRow};
use super::frame;
use super::help::{ConsoleCode, EntryPage, IndexPage};
use super::home::{HomePage, StatusRow, service_tag};
use super::links::{ReceiptLink, RequestLink, StaffPaymentLink};
use super::payments::detail::{Actions, DetailPage, WordChoice};
use super::payments::search::SearchPage;
use super::payments::views::{EventRow, PaymentRow, PaymentShown};
use super::payments::words::{cancellation_cash, cancellation_tag, money_words, state_tag, word_label};
use super::problem::{Problem, StoppedPage, Trouble};
use super::requests::RequestState;
use super::requests::pages::{ListPage, Matter, RequestPage, RequestRow};
use super::unknown::pages::{UnknownPage, UnknownRow};
use super::words::{Choice, Tag, stamp};

pub(super) fn sample_frame(has_errors: bool) -> Frame {
    let nav = vec![NavItem { label: "状況", href: "/home".to_owned(), current: true }];
    Frame { nav, has_errors, ..frame::public() }
}

pub(super) fn at() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-24T10:05:07+09:00").unwrap()
}

pub(super) fn choices() -> Vec<Choice> {
    vec![Choice::new("", "すべて", "00200"), Choice::new("00200", "00200 国税庁", "00200")]
}

/// No trouble, and wrong input.
pub(super) fn troubles(field: &'static str) -> [Option<Trouble>; 2] {
    [None, Some(Trouble::input(Errors::one(field, "<i>入力</i>してください。")))]
}

fn alarm_rows() -> Vec<AlarmRow> {
    let row = |kind: gateway::AlarmKind, is_open: bool| AlarmRow {
        id: AlarmId::generate(),
        at: stamp(at()),
        title: alarm_words(kind).title,
        remedy: alarm_words(kind).remedy,
        collector: if is_open { "国税庁".to_owned() } else { String::new() },
        subject: "<00200>".to_owned(),
        link: is_open.then(|| StaffPaymentLink(PaymentId::generate()).to_string()),
        detail: "9001 <b>".to_owned(),
        ended: (!is_open).then(|| stamp(at())),
        acknowledged: (!is_open).then(|| "11月24日 10:06:00 決済業務課".to_owned()),
        deliveries: vec![
            DeliveryRow { channel: "メール", tag: Tag::ok("送信済み"), when: stamp(at()) },
            DeliveryRow {
                channel: "Webhook", tag: Tag::bad("送信できません"), when: "200回失敗".to_owned()
            },
        ],
    };
    gateway::AlarmKind::ALL.iter().flat_map(|kind| [row(*kind, true), row(*kind, false)]).collect()
}

fn alarm_pages() -> Vec<String> {
    let page = |rows: Vec<AlarmRow>, older: Option<String>| AlarmsPage {
        frame: sample_frame(false),
        csrf: "t".to_owned(),
        states: choices(),
        collectors: choices(),
        rows,
        older,
    };
    [page(Vec::new(), None), page(alarm_rows(), Some("/alarms?older=1_x".to_owned()))]
        .map(|p| p.render().unwrap())
        .into()
}

fn trail_pages() -> Vec<String> {
    let row = || TrailRow {
        at: stamp(at()),
        actor: "決済業務課 <b>".to_owned(),
        action: "職員のログイン".to_owned(),
        code: "console.sign_in".to_owned(),
        subject: "受付番号 20261124-00000001".to_owned(),
        link: Some(StaffPaymentLink(PaymentId::generate()).to_string()),
        detail: "d".to_owned(),
    };
    let page = |trouble: Option<Trouble>, rows: Vec<TrailRow>| TrailPage {
        frame: sample_frame(trouble.is_some()),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        from: "2026-11-24".to_owned(),
        until: "\"><script>".to_owned(),
        subject: "x".to_owned(),
        actors: choices(),
        actions: choices(),
        rows,
        older: Some("/audit?older=1".to_owned()),
    };
    let troubles = troubles("from").into_iter();
    troubles
        .map(|t| page(t, vec![row(), row()]))
        .chain([page(None, Vec::new())])
        .map(|p| p.render().unwrap())
        .collect()
}

fn payment_row(state: State) -> PaymentRow {
    PaymentRow {
        link: StaffPaymentLink(PaymentId::generate()),
        receipt_number: "20261124-00000001".to_owned(),
        at: stamp(at()),
        collector: "国税庁".to_owned(),
        contents: "法人税 <確定申告>".to_owned(),
        amount: Yen::new(123_000),
        tag: state_tag(state),
        state,
        provisional: state.is_paid().then(|| "B203 金額相違".to_owned()),
    }
}

fn payment(state: State) -> PaymentShown {
    let full = state == State::Accepted;
    PaymentShown {
        id: PaymentId::generate(),
        row: payment_row(state),
        money: money_words(state, full),
        message_key: "MPN9999/2026-11-24/00000001".to_owned(),
        changed_at: stamp(at()),
        receipt_date: "2026年11月24日(火)".to_owned(),
        collector_number: "00200".to_owned(),
        numbers: Vec::new(),
        due_label: "納期限",
        payer: "株式会社見本商事".to_owned(),
        due: full.then(|| "2026年11月30日(月)".to_owned()),
        clear_by: full.then(|| "2027年1月12日(火)".to_owned()),
        customer: "株式会社見本商事 ・ <b>佐藤".to_owned(),
        account: "本店営業部 普通 1234567".to_owned(),
        fee: Yen::new(110),
        code: full.then(|| "0000 正常".to_owned()),
        reference: full.then(|| "R-1".to_owned()),
        word: full.then(|| word_label(Word::Cleared)),
        cancellation: full
            .then(|| (cancellation_tag(Cancellation::Refused), cancellation_cash(Cancellation::Refused))),
        at_counter: full,
        entry: "情報リンク",
    }
}

fn unknown_pages() -> Vec<String> {
    let row = || UnknownRow {
        payment: payment_row(State::Unknown),
        since: stamp(at()),
        open_for: "12分".to_owned(),
        deliveries: 3,
        reason: "時間内に応答がない".to_owned(),
        automatic: "自動再送は終了。再送または起票が必要".to_owned(),
    };
    let page = |rows: Vec<UnknownRow>, collector: &str| UnknownPage {
        cancellations: if collector.is_empty() { Vec::new() } else { vec![row()] },
        frame: sample_frame(false),
        csrf: "t".to_owned(),
        collectors: choices(),
        collector: collector.to_owned(),
        rows,
        total: Yen::new(246_220),
        resendable: usize::from(!collector.is_empty()),
        more: false,
        more_cancellations: false,
    };
    [page(Vec::new(), ""), page(vec![row(), row()], ""), page(vec![row()], "00200")]
        .map(|p| p.render().unwrap())
        .into()
}

fn search_pages() -> Vec<String> {
    let page = |trouble: Option<Trouble>, rows: Vec<PaymentRow>| SearchPage {
        frame: sample_frame(trouble.is_some()),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        number: "\"><script>".to_owned(),
        from: "2026-11-24".to_owned(),
        until: "2026-11-24".to_owned(),
        collectors: choices(),
        states: choices(),
        provisional: choices(),
        rows,
        older: Some("/payments?older=1".to_owned()),
    };
    let rows = || State::ALL.iter().map(|state| payment_row(*state)).collect();
    let troubles = troubles("until").into_iter();
    troubles.map(|t| page(t, rows())).chain([page(None, Vec::new())]).map(|p| p.render().unwrap()).collect()
}

fn request_row(tag: Tag, decided: bool) -> RequestRow {
    RequestRow {
        link: RequestLink(StaffRequestId::generate()),
        at: stamp(at()),
        title: "結果不明の払込を「消込あり」で確定",
        about: if decided { "00200/<b>".to_owned() } else { String::new() },
        reason: "<i>電話で確認</i>".to_owned(),
        maker: "決済業務課 渡辺".to_owned(),
        tag,
        decided: decided.then(|| "11月24日 10:06:00 課長".to_owned()),
    }
}

fn detail_pages() -> Vec<String> {
    let event = |seq: i64, full: bool| EventRow {
        seq,
        at: stamp(at()),
        what: "結果不明(1回目)".to_owned(),
        code: full.then(|| "9001 収納機関の内部エラー".to_owned()),
        reason: full.then(|| "<i>理由</i>".to_owned()),
        by: full.then(|| "決済業務課 渡辺".to_owned()),
    };
    let choice = |id: &'static str, value: &'static str, wait: &str| WordChoice {
        id,
        value,
        label: "消込あり",
        hint: "引き落とします。",
        wait: wait.to_owned(),
    };
    let actions = |wait: &str| Actions {
        what: "消込",
        automatic: "自動で再送します。".to_owned(),
        deliveries: 2,
        resend_wait: wait.to_owned(),
        words: [choice("word", "cleared", ""), choice("word-2", "not_cleared", wait)],
    };
    let page =
        |trouble: Option<Trouble>, state: State, actions: Option<Actions>, may_propose: bool| DetailPage {
            is_cancellable: state == State::Accepted,
            waiting: (state == State::Sending).then(|| RequestLink(StaffRequestId::generate())),
            receipt: may_propose.then(|| ReceiptLink(PaymentId::generate())),
            may_propose,
            frame: sample_frame(trouble.is_some()),
            csrf: "t".to_owned(),
            errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
            trouble,
            payment: payment(state),
            events: vec![event(1, false), event(2, true)],
            alarms: alarm_rows(),
            requests: vec![request_row(Tag::wait("承認待ち"), false), request_row(Tag::bad("差戻し"), true)],
            actions,
            deliveries: if may_propose { String::new() } else { "\"><script>".to_owned() },
            word: "cleared".to_owned(),
            reason: "</textarea><script>".to_owned(),
        };
    let mut pages: Vec<_> = State::ALL.iter().map(|state| page(None, *state, None, true)).collect();
    for field in ["word", "reason"] {
        pages.extend(troubles(field).map(|t| page(t, State::Unknown, Some(actions("")), true)));
    }
    pages.push(page(None, State::Unknown, Some(actions("5分")), true));
    pages.push(page(None, State::Unknown, Some(actions("")), false));
    pages.push(page(None, State::Accepted, None, false));
    let waiting = Some(RequestLink(StaffRequestId::generate()));
    for (state, actions) in [(State::Unknown, Some(actions(""))), (State::Accepted, None)] {
        pages.push(DetailPage { waiting, ..page(None, state, actions, true) });
    }
    pages.iter().map(|p| p.render().unwrap()).collect()
}

fn request_pages() -> Vec<String> {
    let states = [
        RequestState::Open,
        RequestState::Expired,
        RequestState::SentBack,
        RequestState::Withdrawn,
        RequestState::Running,
        RequestState::Done,
        RequestState::Failed,
    ];
    let page = |trouble: Option<Trouble>, state: RequestState, may_decide: bool| RequestPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        id: StaffRequestId::generate(),
        row: request_row(state.tag(), state == RequestState::SentBack),
        consequence: "承認すると、引き落とします。",
        typed: "</textarea><script>".to_owned(),
        note: if may_decide { String::new() } else { "<i>確認不足</i>".to_owned() },
        outcome: (state == RequestState::Done).then(|| "払込は「収納済み」になりました。".to_owned()),
        payment: may_decide.then(|| payment(State::Unknown)),
        matter: (!may_decide).then(|| Matter {
            heading: "対象の処理日",
            link: "/days/00200/2026-11-24".to_owned(),
            link_words: "処理日を見る",
            rows: vec![("いまの残り", "<b>0件".to_owned())],
        }),
        may_decide,
        may_withdraw: !may_decide,
        hindrance: if may_decide { "" } else { "起票した本人は承認できません。" },
        is_open: state == RequestState::Open,
        is_running: state == RequestState::Running,
    };
    let mut pages: Vec<_> = states.iter().map(|state| page(None, *state, false)).collect();
    pages.extend(troubles("note").map(|t| page(t, RequestState::Open, true)));
    let mut html: Vec<_> = pages.iter().map(|p| p.render().unwrap()).collect();
    for rows in [Vec::new(), states.iter().map(|state| request_row(state.tag(), true)).collect()] {
        let older = Some("/requests?older=1".to_owned());
        html.push(ListPage { frame: sample_frame(false), states: choices(), rows, older }.render().unwrap());
    }
    html
}

fn home_pages() -> Vec<String> {
    let row = |state: ServiceState, full: bool| StatusRow {
        link: "/days/00200/2026-11-24".to_owned(),
        name: "国税庁".to_owned(),
        number: "00200".to_owned(),
        service: service_tag(state),
        notes: if full {
            vec!["取扱時間外".to_owned(), "<b>閉局の途中".to_owned()]
        } else {
            Vec::new()
        },
        circuit: Tag::bad("遮断中"),
        answer: if full { "12ミリ秒".to_owned() } else { String::new() },
        open_work: 3,
        oldest: if full { "12分".to_owned() } else { String::new() },
        unknown: 1,
    };
    let page = |watching: bool, rows: Vec<StatusRow>| HomePage {
        frame: sample_frame(false),
        now: "11月24日(火) 10:05".to_owned(),
        watching,
        quiet: if rows.is_empty() { vec![row(ServiceState::Open, true)] } else { Vec::new() },
        rows,
        unknown: 1,
        alarms: "100件以上".to_owned(),
        breaks: "2件".to_owned(),
        requests: "0件".to_owned(),
        stops: "1件".to_owned(),
    };
    let all = || ServiceState::ALL.iter().flat_map(|state| [row(*state, true), row(*state, false)]).collect();
    [page(false, all()), page(true, Vec::new())].map(|p| p.render().unwrap()).into()
}

fn other_pages() -> Vec<String> {
    let mut pages = vec![IndexPage { frame: sample_frame(false), codes: ConsoleCode::ALL }.render().unwrap()];
    for code in ConsoleCode::ALL {
        let entry = EntryPage { frame: sample_frame(false), code: *code, entry: code.entry() };
        let problem = Problem::new(*code, "<b>内容</b>");
        let stopped = StoppedPage { frame: sample_frame(true), problem: &problem, back: "/home" };
        pages.extend([entry.render().unwrap(), stopped.render().unwrap()]);
        for words in [code.entry().happened, code.entry().remedy] {
            assert!(pages[pages.len() - 2].contains(words), "{code}: {words}");
        }
    }
    pages
}

fn every_page() -> Vec<String> {
    [
        home_pages(),
        alarm_pages(),
        trail_pages(),
        unknown_pages(),
        search_pages(),
        super::counter::samples::pages(),
        settlement::settlement_pages(),
        recalls::pages(),
        detail_pages(),
        request_pages(),
        days::days_pages(),
        days::day_pages(),
        days::run_pages(),
        days::break_pages(),
        users::pages(),
        contracts::pages(),
        tokens::pages(),
        mandates::pages(),
        stops::pages(),
        other_pages(),
    ]
    .concat()
}

#[test]
fn every_page_keeps_what_every_page_must_keep_and_is_marked_as_the_staffs() {
    for html in every_page() {
        page_checks::all(&html);
        assert!(html.contains("<body class=\"console\">") && html.contains(">職員用</span>"), "{html}");
        assert!(!html.contains("http-equiv"), "no page asks for itself unless it was told to");
    }
}

#[test]
fn an_error_is_in_the_title_in_the_summary_and_has_a_help_page() {
    for html in every_page() {
        let has_summary = html.contains("id=\"errors\"");
        assert_eq!(html.contains("<title>エラー: "), has_summary, "{html}");
        if has_summary {
            let code = html.split("data-field=\"error_code\">").nth(1).unwrap().split('<').next().unwrap();
            assert!(code.parse::<ConsoleCode>().is_ok(), "{code}");
            assert!(html.contains(&format!("href=\"/help/{code}\"")));
        }
    }
}

#[test]
fn text_is_escaped() {
    for html in every_page() {
        for raw in [
            "\"><script>",
            "<b>理由",
            "<i>入力",
            "<b>内容",
            "<00200>",
            "決済業務課 <b>",
            "<確定申告>",
            "</textarea><script",
        ] {
            assert!(!html.contains(raw), "{raw}");
        }
    }
}
