//! Samples of 開局・閉局 and 照合.

use askama::Template;
use domain::{BreakId, CollectorNumber, Date, PaymentId, Yen};
use gateway::Operator;
use gateway::reconciliation::{Advice, BreakClass, Ending, Resolution};
use gateway::service::{BothCounters, Counters, ServiceState, Tally};

use super::{at, choices, request_row, sample_frame, troubles};
use crate::days::detail::{ActChoice, DayPage, OpenRow};
use crate::days::list::{CountersShown, DayRow, ListPage as DaysPage, StepRow};
use crate::days::proposal::Seen;
use crate::days::words::{CounterTable, same};
use crate::help::ConsoleCode;
use crate::home::service_tag;
use crate::links::{BreakLink, StaffPaymentLink};
use crate::payments::words::state_tag;
use crate::problem::Trouble;
use crate::reconciliation::breaks::{BreakRow, BreaksPage, end_tag};
use crate::reconciliation::detail::{BreakPage, EndShown, EndingRow, Endings, SideRow};
use crate::reconciliation::list::{ListPage as RunsPage, RunRow, SumRow};
use crate::reconciliation::words::{class_tag, ending_label, ending_words, meaning, steps, summary_tag};
use crate::words::{Tag, stamp};

fn collector() -> CollectorNumber {
    "00200".parse().unwrap()
}

fn date() -> Date {
    Date::from_ymd_opt(2026, 11, 24).unwrap()
}

fn step_row() -> StepRow {
    StepRow {
        what: "開局", planned: "08:30".to_owned(), done: "11月24日 08:30:01 <b>システム".to_owned()
    }
}

pub(super) fn days_pages() -> Vec<String> {
    let row = |state: ServiceState, full: bool| DayRow {
        link: "/days/00200/2026-11-24".to_owned(),
        name: "国税庁".to_owned(),
        number: "00200".to_owned(),
        state: service_tag(state),
        trouble: if full {
            "閉局ができませんでした。<b>内容".to_owned()
        } else {
            String::new()
        },
        steps: vec![step_row()],
        counters: full.then(|| CountersShown {
            occasion: "照会",
            ours: "1件 差引 1円".to_owned(),
            theirs: "2件 差引 2円".to_owned(),
            same: same(false),
        }),
        open: if full { "1件 12,800円".to_owned() } else { String::new() },
        open_breaks: u32::from(full),
    };
    let page = |trouble: Option<Trouble>, rows: Vec<DayRow>| DaysPage {
        frame: sample_frame(trouble.is_some()),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        date: "\"><script>".to_owned(),
        trouble,
        rows,
    };
    let all = || ServiceState::ALL.iter().flat_map(|state| [row(*state, true), row(*state, false)]).collect();
    let [none, wrong] = troubles("date");
    [page(none, all()), page(wrong, Vec::new())].map(|p| p.render().unwrap()).into()
}

pub(super) fn day_pages() -> Vec<String> {
    let tally = |count: u32| Tally { count, amount: Yen::new(i64::from(count) * 1_000) };
    let counters = |count: u32| Counters { cleared: tally(count), ..Counters::default() };
    let both = BothCounters { at: at(), hub: counters(1), collector: counters(2) };
    let choice = |id: &'static str, value: &'static str| ActChoice {
        id,
        value,
        label: "閉局する",
        hint: "締め切ります。",
    };
    let page = |trouble: Option<Trouble>, full: bool, may_propose: bool| DayPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        collector: collector(),
        date: date(),
        name: "国税庁".to_owned(),
        date_words: "2026年11月24日(火)".to_owned(),
        state: service_tag(ServiceState::Open),
        failure: if full {
            "閉局ができませんでした。<b>内容".to_owned()
        } else {
            String::new()
        },
        carried_forward: full,
        steps: vec![step_row()],
        counters: if full { vec![CounterTable::of("閉局時の交換", &both)] } else { Vec::new() },
        open: if full {
            vec![OpenRow {
                link: StaffPaymentLink(PaymentId::generate()),
                key: "MPN9999/2026-11-24/00000001".to_owned(),
                state: state_tag(domain::payment::State::Unknown),
                amount: Yen::new(12_800),
                held_at: stamp(at()),
            }]
        } else {
            Vec::new()
        },
        more: full,
        seen: if full { Seen { items: 1, amount: Yen::new(12_800), breaks: 2 } } else { Seen::default() },
        acts: vec![choice("act", "pre_close"), choice("act-2", "close")],
        may_propose,
        requests: if full { vec![request_row(Tag::wait("承認待ち"), true)] } else { Vec::new() },
        act: "close".to_owned(),
        carry: true,
        confirm_breaks: full,
        reason: "</textarea><script>".to_owned(),
    };
    let mut pages = vec![page(None, false, true), page(None, true, false), page(None, true, true)];
    for field in ["act", "carry", "confirm_breaks", "reason"] {
        pages.extend(troubles(field).map(|trouble| page(trouble, true, true)));
    }
    pages.iter().map(|p| p.render().unwrap()).collect()
}

pub(super) fn run_pages() -> Vec<String> {
    let row = |full: bool| RunRow {
        name: "国税庁".to_owned(),
        number: "00200".to_owned(),
        day: "/days/00200/2026-11-24".to_owned(),
        result: summary_tag(None),
        made: if full { vec![stamp(at()), "決済業務課 <b>".to_owned()] } else { Vec::new() },
        counts: if full { vec!["一致 1件".to_owned()] } else { Vec::new() },
        sums: if full {
            vec![SumRow { who: "当行の元帳", says: "1円".to_owned(), differs: true }]
        } else {
            Vec::new()
        },
        open_breaks: u32::from(full),
        breaks: "/reconciliation/breaks?state=open".to_owned(),
        comparable: full,
    };
    let page = |trouble: Option<Trouble>, rows: Vec<RunRow>| RunsPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        date: "\"><script>".to_owned(),
        trouble,
        rows,
    };
    let [none, wrong] = troubles("date");
    [page(none, vec![row(true), row(false)]), page(wrong, Vec::new())].map(|p| p.render().unwrap()).into()
}

fn resolution(refunded: bool) -> Resolution {
    let by = Operator::system();
    let note = "<i>入力".to_owned();
    Resolution { at: at(), by, checked_by: None, note, vanished: !refunded, refunded }
}

fn break_row(class: BreakClass, ended: bool) -> BreakRow {
    BreakRow {
        link: BreakLink(BreakId::generate()),
        found_at: stamp(at()),
        class: class_tag(class),
        collector: "国税庁".to_owned(),
        date: "11月24日(火)".to_owned(),
        subject: "<00200>".to_owned(),
        difference: Yen::new(-1_000),
        end: ended.then(|| end_tag(&resolution(class == BreakClass::Duplicate))),
    }
}

pub(super) fn break_pages() -> Vec<String> {
    let list = |trouble: Option<Trouble>, rows: Vec<BreakRow>| BreaksPage {
        frame: sample_frame(trouble.is_some()),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        states: choices(),
        classes: choices(),
        collectors: choices(),
        date: "\"><script>".to_owned(),
        older: (!rows.is_empty()).then(|| "/reconciliation/breaks?older=1".to_owned()),
        trouble,
        rows,
    };
    let rows =
        BreakClass::ALL.into_iter().flat_map(|class| [break_row(class, true), break_row(class, false)]);
    let [none, wrong] = troubles("date");
    let lists = [list(none, rows.collect()), list(wrong, Vec::new())];
    let page = |trouble: Option<Trouble>, class: BreakClass, advice: Advice, ended: bool| BreakPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        id: BreakId::generate(),
        row: break_row(class, ended),
        collector: collector(),
        date: date(),
        date_words: "2026年11月24日(火)".to_owned(),
        meaning: meaning(class, advice),
        sides: if advice == Advice::CheckCounters {
            Vec::new()
        } else {
            vec![SideRow {
                who: "当行",
                status: "収納済み".to_owned(),
                amount: (!ended).then(|| Yen::new(1_000)),
                note: "<b>内容".to_owned(),
            }]
        },
        payment: (!ended).then(|| StaffPaymentLink(PaymentId::generate())),
        steps: steps(advice),
        end: ended.then(|| EndShown {
            tag: end_tag(&resolution(true)),
            at: stamp(at()),
            by: "決済業務課 <b>".to_owned(),
            note: "<i>入力".to_owned(),
        }),
        waits: class == BreakClass::CarriedForward,
        endings: Endings {
            rows: Ending::ALL
                .into_iter()
                .take(if class == BreakClass::MissingThere { 3 } else { 1 })
                .map(|ending| EndingRow {
                    id: if ending == Ending::Noted { "ending" } else { ending.as_str() },
                    ending,
                    label: ending_label(ending),
                    words: ending_words(ending),
                    money: (ending == Ending::Refunded).then(|| "返金額 1,000円 <b>".to_owned()),
                })
                .collect(),
            no_refund: (class == BreakClass::Conflicting).then_some(ConsoleCode::RefundBeforeClose),
        },
        ending: "noted".to_owned(),
        may_propose: advice != Advice::CheckLedger,
        requests: if ended { vec![request_row(Tag::ok("実行済み"), true)] } else { Vec::new() },
        reason: "</textarea><script>".to_owned(),
    };
    let each = BreakClass::ALL.into_iter().flat_map(|class| Advice::ALL.map(|advice| (class, advice)));
    let mut pages: Vec<_> = each.map(|(class, advice)| page(None, class, advice, false)).collect();
    pages.push(page(None, BreakClass::Duplicate, Advice::UndoDuplicate, true));
    pages.extend(
        troubles("reason").map(|trouble| page(trouble, BreakClass::Duplicate, Advice::UndoThere, false)),
    );
    lists.iter().map(|p| p.render().unwrap()).chain(pages.iter().map(|p| p.render().unwrap())).collect()
}
