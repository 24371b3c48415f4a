//! Samples of the pages of the customers' users.

use askama::Template;
use domain::{ContractId, Date, UserId};

use super::{at, request_row, sample_frame, troubles};
use crate::console::links::{ContractLink, UserLink};
use crate::console::users::detail::UserPage;
use crate::console::users::list::{UserRow, UsersPage};
use crate::console::users::stop_tag;
use crate::console::words::{Tag, stamp};
use crate::payeasy::wrong_numbers::Stopped;

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
    pages
}
