//! Samples of the pages of the customers' users.

use askama::Template;
use domain::{ContractId, Date, StaffId, UserId};
use internet_banking::payeasy::wrong_numbers::Stopped;

use super::{at, request_row, sample_frame, troubles};
use crate::links::{ContractLink, SuspendStaffLink, UserLink};
use crate::staff::pages::{StaffPage, StaffRow, Typed};
use crate::users::detail::UserPage;
use crate::users::list::{UserRow, UsersPage};
use crate::users::standing::Line;
use crate::users::stop_tag;
use crate::words::{Choice, Tag, full_stamp, stamp};

/// The list, and one of them.
pub fn pages() -> Vec<String> {
    let stops = [None, Some(Stopped::Until(Date::default())), Some(Stopped::UntilLifted)];
    let row = |stopped: Option<Stopped>| UserRow {
        link: UserLink(UserId::generate()),
        login_id: "hanako01".to_owned(),
        name: "<b>理由".to_owned(),
        role: "一般",
        contract: "株式会社見本商事".to_owned(),
        contract_link: ContractLink(ContractId::generate()),
        tag: stop_tag(stopped),
        is_removed: stopped.is_some(),
        stopped_at: stopped.map(|_| stamp(at())).unwrap_or_default(),
    };
    let list = |rows: Vec<UserRow>| UsersPage {
        frame: sample_frame(false),
        text: "\"><script>".to_owned(),
        more: !rows.is_empty(),
        rows,
    };
    let mut pages: Vec<String> =
        [list(Vec::new()), list(stops.map(row).into())].map(|page| page.render().unwrap()).into();
    for stopped in stops {
        for trouble in troubles("reason") {
            let page = UserPage {
                frame: sample_frame(trouble.is_some()),
                csrf: "t".to_owned(),
                errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
                may_propose: trouble.is_some(),
                trouble,
                id: UserId::generate(),
                login_id: "hanako01".to_owned(),
                name: "<b>理由".to_owned(),
                role: "一般",
                contract: "株式会社見本商事".to_owned(),
                contract_link: ContractLink(ContractId::generate()),
                tag: stop_tag(stopped),
                lines: vec![Line {
                    label: "税金・各種料金の番号入力",
                    tag: stop_tag(stopped),
                    note: "<b>11月24日".to_owned(),
                }],
                wrong: 3,
                wrong_max: 10,
                stops: 1,
                stops_max: 6,
                stopped_at: stopped.map(|_| stamp(at())).unwrap_or_default(),
                liftable: stopped.map(|_| at().micros()),
                requests: if stopped.is_some() {
                    vec![request_row(Tag::wait("承認待ち"), false)]
                } else {
                    Vec::new()
                },
                document: "\"><script>".to_owned(),
                reason: "</textarea><script".to_owned(),
            };
            pages.push(page.render().unwrap());
        }
    }
    pages.extend(staff());
    pages
}

/// The bank's own.
fn staff() -> Vec<String> {
    let row = |tag: Tag, is_over: bool| StaffRow {
        person_number: if is_over { String::new() } else { "<b>A0001".to_owned() },
        login_id: "unyo-01".to_owned(),
        name: "<b>決済業務課".to_owned(),
        role: "起票者",
        token_serial: "9100000001".to_owned(),
        tag,
        since: if is_over { full_stamp(at()) } else { String::new() },
        suspend: (!is_over).then(|| SuspendStaffLink(StaffId::generate())),
    };
    let page = |trouble: Option<super::Trouble>| StaffPage {
        frame: sample_frame(trouble.is_some()),
        csrf: "t".to_owned(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        may_propose: trouble.is_some(),
        trouble,
        rows: vec![row(Tag::ok("利用中"), false), row(Tag::info("利用停止"), true)],
        roles: vec![Choice::new("maker", "起票者", "maker")],
        typed: Typed {
            name: "\"><script>".to_owned(),
            reason: "</textarea><script>".to_owned(),
            ..Typed::default()
        },
        requests: vec![request_row(Tag::wait("承認待ち"), true)],
    };
    troubles("person_number").map(|trouble| page(trouble).render().unwrap()).into()
}
