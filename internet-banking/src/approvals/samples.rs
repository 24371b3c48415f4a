//! Sample contexts of every page about approvals, and what every page must keep.

use askama::Template;
use domain::{ApprovalId, Yen};
use edge::{Errors, Frame};

use super::links::ApprovalLink;
use super::pages::detail::{GivenRow, RequestPage};
use super::pages::list::{ListPage, Row};
use super::pages::review::{Difference, ReviewPage};
use super::pages::settings::{BandRow, BusinessRow, Choice, SettingsPage};
use super::pages::words::Fact;
use super::policy::Refusal;
use super::problem::Problem;
use super::state::State;
use crate::page_checks;
use crate::payeasy::views::Trouble;
use crate::tokens::authorise;
use crate::users;

const SHARP: &str = "\"><script>";

fn frame() -> Frame {
    Frame { site: "見本銀行 法人ネット", home: "/home", ..Frame::default() }
}

fn troubles() -> Vec<Option<Trouble>> {
    let all = [
        Problem::Reason,
        Problem::Refused(Refusal::Own),
        Problem::Code(authorise::Problem::Wrong { left: 2 }),
        Problem::Payeasy(crate::payeasy::Problem::ConfirmationPasswordWrong { left: 2 }),
        Problem::Changed,
    ];
    all.iter().map(|problem| Some(problem.trouble())).chain([None]).collect()
}

fn errors(trouble: Option<&Trouble>) -> Errors {
    trouble.map(|t| t.errors.clone()).unwrap_or_default()
}

fn row(state: State) -> Row {
    let id = ApprovalId::generate();
    Row {
        id,
        link: ApprovalLink(id),
        digest: "0123456789abcdef".repeat(4),
        business: "税金・各種料金",
        title: SHARP.to_owned(),
        amount: (state != State::Draft).then_some(Yen::new(12_300)),
        author: SHARP.to_owned(),
        at: "11月24日(火) 10:00".to_owned(),
        state: state.into(),
        given: "1/2".to_owned(),
        is_mine: state != State::Draft,
        can_tick: state == State::Asked,
        needs_code: state == State::Asked,
    }
}

fn lists() -> Vec<String> {
    let list = |trouble: Option<Trouble>, is_empty: bool| ListPage {
        frame: frame(),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        waiting: if is_empty {
            Vec::new()
        } else {
            vec![row(State::Asked), row(State::Returned), row(State::Draft)]
        },
        may_approve: !is_empty,
        own: if is_empty { Vec::new() } else { State::ALL.iter().map(|state| row(*state)).collect() },
        is_full: (!is_empty, !is_empty),
    };
    let mut pages: Vec<_> = troubles().into_iter().map(|t| list(t, false).render().unwrap()).collect();
    pages.push(list(None, true).render().unwrap());
    pages
}

fn requests() -> Vec<String> {
    let page = |trouble: Option<Trouble>, state: State| RequestPage {
        frame: frame(),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        action: ApprovalLink(ApprovalId::generate()),
        business: "税金・各種料金",
        title: SHARP.to_owned(),
        amount: Some(Yen::new(12_300)),
        facts: vec![Fact { label: "納付者", value: SHARP.to_owned() }],
        author: SHARP.to_owned(),
        at: "11月24日(火) 10:00".to_owned(),
        until: "11月30日(月) 24:00".to_owned(),
        need: "2名の承認".to_owned(),
        given: vec![GivenRow { name: SHARP.to_owned(), at: "11月24日(火) 10:00".to_owned() }],
        state: state.into(),
        consequence: "表示している内容のとおりに承認します。",
        waits_for: (state == State::Asked).then(|| SHARP.to_owned()),
        was_asked: state == State::Draft,
        note: if state == State::Returned { SHARP.to_owned() } else { String::new() },
        made: (state == State::Done).then(|| "/payeasy/payments/x".to_owned()),
        digest: "0123456789abcdef".repeat(4),
        may_decide: state == State::Asked,
        one_time_password: true,
        reason: SHARP.to_owned(),
        may_withdraw: state == State::Asked,
        may_ask: state == State::Returned,
        may_delete: state == State::Returned,
        template_of: (state == State::Draft).then(ApprovalId::generate),
        is_kept: state == State::Returned,
        may_edit: state == State::Returned,
        again: "収納機関にもう一度照会し、内容が同じであれば承認を依頼します。",
        temporary: (state == State::Done).then(|| users::samples::temporary(false)),
    };
    let states = State::ALL.iter().map(|state| page(None, *state).render().unwrap());
    states.chain(troubles().into_iter().map(|t| page(t, State::Asked).render().unwrap())).collect()
}

fn settings() -> Vec<String> {
    let band = |place: usize| BandRow {
        from: if place == 0 { String::new() } else { format!("payeasy-from-{place}") },
        from_label: format!("{place}段目 この金額(円)から"),
        from_value: "100000".to_owned(),
        approvals: format!("payeasy-approvals-{place}"),
        approvals_label: format!("{place}段目の人数"),
        approvals_value: "1".to_owned(),
    };
    let choice = Choice {
        id: "payeasy-flow-single".to_owned(),
        value: "single",
        label: "シングル承認(1名)",
        is_on: true,
    };
    let page = |trouble: Option<Trouble>, choice: Choice| SettingsPage {
        frame: frame(),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        seen: 1,
        businesses: vec![BusinessRow {
            code: "payeasy",
            label: "税金・各種料金",
            choices: vec![choice],
            bands: (0..3).map(band).collect(),
            has_bands: true,
            approvers: vec![SHARP.to_owned()],
        }],
        distinct_tokens: true,
        second_administrator: true,
        administrators: vec![SHARP.to_owned()],
        single_administrator_until: "2026年12月24日(木)".to_owned(),
    };
    let review = |trouble: Option<Trouble>, full: bool| ReviewPage {
        frame: frame(),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        seen: 1,
        fields: vec![("payeasy-flow".to_owned(), SHARP.to_owned())],
        differences: vec![Difference {
            label: "税金・各種料金",
            old: SHARP.to_owned(),
            new: SHARP.to_owned(),
        }],
        waiting: if full { (200, 1) } else { (0, 0) },
        is_full: full,
        reserved: full.then(|| "100件以上".to_owned()),
        one_token_each: full,
        tokens_shared: !full,
        confirms: full,
    };
    let code = Problem::Code(crate::tokens::authorise::Problem::Used).trouble().of_setting();
    vec![
        page(Some(Problem::TooFewApprovers.trouble().of_setting()), choice).render().unwrap(),
        review(None, false).render().unwrap(),
        review(Some(code), true).render().unwrap(),
    ]
}

#[test]
fn every_page_keeps_the_rules_with_every_sample() {
    for html in lists().into_iter().chain(requests()).chain(settings()) {
        page_checks::all(&html);
        assert!(!html.contains(SHARP), "unescaped: {html}");
    }
}
