//! Samples of the pages of contracts.

use askama::Template;
use domain::{AccountId, ContractId, PaymentId, UserId, Yen};
use internet_banking::contracts::{AccountKind, ContractState, DepositAccount};
use internet_banking::fees::{MonthRow, MonthState};
use internet_banking::stops::under_way::{Group, Taken, UnderWay};
use uuid::Uuid;

use super::{choices, request_row, sample_frame, troubles};
use crate::contracts::act::Procedure;
use crate::contracts::application::{ApplicationPage, Typed};
use crate::contracts::detail::{ContractPage, UserRow};
use crate::contracts::list::{ContractRow, ContractsPage, state_tag, tag_of};
use crate::contracts::notice::NoticePage;
use crate::contracts::others::{OtherRow, OthersPage};
use crate::contracts::procedure::{Control, Field};
use crate::contracts::procedures::ProcedurePage;
use crate::links::{ContractLink, EndOtherLink, LiftEmergencyLink, OtherFbPageLink, ProcedureLink, UserLink};
use crate::words::Tag;

/// The list, one of them, its procedures and what goes with them.
pub fn pages() -> Vec<String> {
    [lists(), contracts(), procedures(), applications(), others(), notices()].concat()
}

fn waiting_month() -> MonthRow {
    MonthRow {
        month: "2026-11".parse().unwrap(),
        amount: Yen::new(2_160),
        charges: 1,
        state: MonthState::Waiting("2026-12-10".parse().unwrap()),
    }
}

fn lists() -> Vec<String> {
    let row = |state: &ContractState| ContractRow {
        link: ContractLink(ContractId::generate()),
        name: "<b>見本商事".to_owned(),
        plan: "Webプラン",
        sign_in: "電子証明書",
        tag: state_tag(*state),
    };
    let page = |rows: Vec<ContractRow>| ContractsPage {
        frame: sample_frame(false),
        text: "\"><script>".to_owned(),
        states: choices(),
        more: !rows.is_empty(),
        may_propose: rows.is_empty(),
        rows,
    };
    [page(Vec::new()), page(ContractState::ALL.iter().map(row).collect())].map(|p| p.render().unwrap()).into()
}

fn contracts() -> Vec<String> {
    let page = |full: bool| {
        let id = ContractId::generate();
        let account = DepositAccount {
            account: AccountId::new(1),
            branch: "100".to_owned(),
            branch_name: "本店営業部".to_owned(),
            kind: AccountKind::Ordinary,
            number: "1234567".to_owned(),
            name: "カ)<b>ミホン".to_owned(),
            main: full,
        };
        let user = || UserRow {
            link: UserLink(UserId::generate()),
            login_id: "hanako01".to_owned(),
            name: "<b>佐藤".to_owned(),
            role: "マスター",
            tag: Tag::bad("利用停止"),
        };
        let procedures = Procedure::ALL.iter().filter(|_| full);
        let taken = |payment: Option<PaymentId>| UnderWay {
            number: "261124-0A1B2C3D".to_owned(),
            words: "振込 <b>青葉".to_owned(),
            state: "予約中",
            amount: Yen::new(4_321),
            payment,
        };
        ContractPage {
            frame: sample_frame(false),
            csrf: "t".to_owned(),
            id,
            name: "<b>見本商事".to_owned(),
            tag: tag_of(!full, ContractState::Active, false),
            first_day: if full { "11月28日(土)".to_owned() } else { String::new() },
            rows: vec![("プラン", "<b>Webプラン".to_owned())],
            limit: Yen::new(10_000_000),
            today: "11月24日(火)".to_owned(),
            used: Yen::new(9_000),
            accounts: vec![account],
            users: (0..i32::from(full)).map(|_| user()).collect(),
            fees: (0..i32::from(full)).map(|_| waiting_month()).collect(),
            payees: (0..i32::from(full)).map(|_| vec![("受取人番号", "0001<b>".to_owned())]).collect(),
            procedures: procedures.map(|p| ProcedureLink { contract: id, procedure: *p }).collect(),
            stopped: full
                .then(|| ("11月24日 10:05:07 <b>不審な操作".to_owned(), LiftEmergencyLink(Uuid::nil()))),
            under_way: match full {
                true => Taken {
                    reserved: Group { items: vec![taken(None)], more: true },
                    open: Group { items: vec![taken(Some(PaymentId::generate()))], more: false },
                },
                false => Taken::default(),
            },
            may_print: full,
            may_propose: full,
            requests: (0..i32::from(full)).map(|_| request_row(Tag::wait("承認待ち"), false)).collect(),
        }
    };
    [page(true), page(false)].map(|p| p.render().unwrap()).into()
}

fn procedures() -> Vec<String> {
    let field = |name, control| Field {
        name,
        label: "受取人番号",
        hint: "<b>4けた".to_owned(),
        value: "\"><script>".to_owned(),
        control,
    };
    let mut pages = Vec::new();
    for procedure in Procedure::ALL {
        for trouble in troubles("value") {
            let nothing = crate::contracts::procedure::nothing(*procedure, &Default::default());
            let nothing = nothing.filter(|_| trouble.is_none());
            let page = ProcedurePage {
                frame: sample_frame(trouble.is_some()),
                csrf: "t".to_owned(),
                errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
                may_propose: true,
                trouble,
                procedure: *procedure,
                guidance: crate::contracts::procedure::guidance(*procedure),
                id: ContractId::generate(),
                name: "<b>見本商事".to_owned(),
                current: "\"><script>".to_owned(),
                nothing,
                fields: vec![
                    field("value", Control::Choice(choices())),
                    field("number", Control::Number),
                    field("name", Control::Text),
                ],
                document: "\"><script>".to_owned(),
                reason: "</textarea><script>".to_owned(),
            };
            pages.push(page.render().unwrap());
        }
    }
    pages
}

fn applications() -> Vec<String> {
    let page = |trouble: Option<crate::problem::Trouble>| ApplicationPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        kinds: choices(),
        plans: choices(),
        sign_ins: choices(),
        account_kinds: choices(),
        typed: Typed::sample(),
        may_propose: true,
    };
    let troubles = ["name", "others", "document"].into_iter().flat_map(troubles);
    troubles.map(|trouble| page(trouble).render().unwrap()).collect()
}

fn others() -> Vec<String> {
    let page = |trouble: Option<crate::problem::Trouble>, full: bool| OthersPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        rows: (0..i32::from(full))
            .map(|_| OtherRow {
                end: EndOtherLink(Uuid::nil()),
                product: "<b>FB端末".to_owned(),
                account: "100 普通 1234567".to_owned(),
                services: "会計情報・資金移動".to_owned(),
            })
            .collect(),
        next: full.then_some(OtherFbPageLink(2)),
        kinds: choices(),
        services: vec![("inquiry", "会計情報", true), ("transfer", "資金移動", false)],
        product: "\"><script>".to_owned(),
        branch: "100".to_owned(),
        number: "\"><script>".to_owned(),
        document: "\"><script>".to_owned(),
        may_record: true,
    };
    let mut pages: Vec<_> = troubles("inquiry").into_iter().map(|t| page(t, true)).collect();
    pages.push(page(None, false));
    pages.iter().map(|page| page.render().unwrap()).collect()
}

fn notices() -> Vec<String> {
    let page = |is_reset: bool| NoticePage {
        frame: sample_frame(false),
        id: ContractId::generate(),
        name: "<b>見本商事".to_owned(),
        address: "<b>仙台市".to_owned(),
        account: "<b>本店 普通 1234567".to_owned(),
        number: "1234-5678-9012".to_owned(),
        phone: "0120-000-000".to_owned(),
        usable_from: "2026年11月24日(火)".to_owned(),
        until: "2027年1月23日(土)".to_owned(),
        is_reset,
    };
    [page(false), page(true)].map(|p| p.render().unwrap()).into()
}
