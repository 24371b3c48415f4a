//! Sample contexts of every page about users, and what every page must keep.

use askama::Template;
use domain::UserId;
use edge::{Errors, Frame};

use super::acts::Act;
use super::links::{ActLink, ChangeLink, MemberLink, UserEntryLink, UserPage};
use super::pages::act::ActPage;
use super::pages::admin::{AdminLine, AdminPage};
use super::pages::basics::{BasicsPage, Typed};
use super::pages::detail::{ActLine, MemberPage, RightLine, Shown};
use super::pages::list::{DraftRow, MemberRow, UsersPage};
use super::pages::review::{AddedPage, ReviewPage};
use super::pages::rights::{BusinessTicks, RightsPage, Tick};
use super::problem::Problem;
use super::store::UserState;
use super::temporary::TemporaryShown;
use crate::contracts::Role;
use crate::page_checks;
use crate::payeasy::views::Trouble;
use crate::tokens::authorise;

const SHARP: &str = "\"><script>";

/// Temporary passwords as a page shows them; the second one where the contract signs in by certificate.
pub fn temporary(by_certificate: bool) -> TemporaryShown {
    let confirmation = if by_certificate { "tvwx-yz23-4567-89ab" } else { "" };
    TemporaryShown {
        password: "abcd-efgh-jkmn-pqrs".to_owned(),
        confirmation: confirmation.to_owned(),
        until: "12月1日(火) 10:00".to_owned(),
    }
}

fn frame() -> Frame {
    Frame { site: "見本銀行 法人ネット", home: "/home", ..Frame::default() }
}

fn entry(page: UserPage) -> UserEntryLink {
    UserEntryLink { draft: "d".to_owned(), page }
}

fn troubles(field: &'static str) -> Vec<Option<Trouble>> {
    let wrong = Problem::Input(Errors::one(field, "入力してください。"));
    let code = Problem::Code(authorise::Problem::Wrong { left: 2 });
    let all = [wrong, Problem::TooMany(99), Problem::LoginIdTaken, Problem::Changed, code];
    all.iter().map(|problem| Some(problem.trouble())).chain([None]).collect()
}

fn errors(trouble: Option<&Trouble>) -> Errors {
    trouble.map(|t| t.errors.clone()).unwrap_or_default()
}

fn rights() -> Vec<RightLine> {
    let accounts = vec!["本店営業部 普通 1234567".to_owned(), SHARP.to_owned()];
    let steps = vec!["一次承認", "最終承認"];
    vec![
        RightLine { business: "照会", accounts, steps: vec![] },
        RightLine { business: "税金・各種料金", accounts: vec![], steps },
    ]
}

fn shown(state: UserState) -> Shown {
    Shown {
        login_id: "hanako01".to_owned(),
        name: SHARP.to_owned(),
        role: "一般",
        email: String::new(),
        state,
        rights: rights(),
        duties: vec!["全利用者の操作履歴"],
    }
}

fn lists() -> Vec<String> {
    use UserState::{Active, Removed, Reset, Suspended, Temporary};
    let row = |state: UserState| MemberRow {
        link: MemberLink(UserId::generate()),
        login_id: "hanako01".to_owned(),
        name: SHARP.to_owned(),
        role: "一般",
        state,
        is_locked: state == Suspended,
        last: String::new(),
    };
    let list = |has_room: bool| UsersPage {
        frame: frame(),
        csrf: "t".to_owned(),
        rows: [Active, Removed, Reset, Suspended, Temporary].map(row).into(),
        drafts: vec![DraftRow {
            link: entry(UserPage::Rights),
            forget: entry(UserPage::Forget),
            words: format!("{SHARP}の追加"),
        }],
        users_max: 99,
        has_room,
    };
    let line =
        AdminLine { title: "利用者管理", link: "/admin/users".to_owned(), about: "追加・変更" };
    let admin = AdminPage { frame: frame(), lines: vec![line] };
    vec![list(true).render().unwrap(), list(false).render().unwrap(), admin.render().unwrap()]
}

fn members() -> Vec<String> {
    let id = UserId::generate();
    let page = |full: bool| MemberPage {
        frame: frame(),
        csrf: "t".to_owned(),
        user: shown(UserState::Active),
        is_locked: full,
        passwords: ["記録なし".to_owned(), "11月24日(火) 10:00".to_owned()],
        last: String::new(),
        token: String::new(),
        change: full.then_some(ChangeLink(id)),
        change_words: "変更する",
        acts: Act::ALL
            .iter()
            .map(|act| ActLine { title: act.words().title, link: ActLink(id, *act) })
            .collect(),
        limits: None,
    };
    let act = |act: Act, trouble: Option<Trouble>| ActPage {
        frame: frame(),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        words: act.words(),
        action: ActLink(id, act),
        user: MemberLink(id),
        login_id: "hanako01".to_owned(),
        name: SHARP.to_owned(),
        role: "一般",
    };
    let mut pages = vec![page(true).render().unwrap(), page(false).render().unwrap()];
    for one in Act::ALL {
        pages.extend(troubles("").into_iter().map(|trouble| act(*one, trouble).render().unwrap()));
    }
    pages
}

fn entries() -> Vec<String> {
    let basics = |trouble: Option<Trouble>, removed: Option<String>| BasicsPage {
        frame: frame(),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        action: entry(UserPage::Basics),
        typed: Typed { name: SHARP.to_owned(), role: "admin".to_owned(), ..Typed::default() },
        is_new: true,
        roles: vec![Role::General, Role::Admin],
        removed,
    };
    let tick = |name: &str| Tick { name: name.to_owned(), label: SHARP.to_owned(), is_on: true };
    let rights_page = |trouble: Option<Trouble>, is_empty: bool| RightsPage {
        frame: frame(),
        csrf: "t".to_owned(),
        trouble,
        action: entry(UserPage::Rights),
        basics: Some(entry(UserPage::Basics)),
        whose: SHARP.to_owned(),
        businesses: match is_empty {
            true => Vec::new(),
            false => vec![BusinessTicks {
                label: "照会",
                accounts: vec![tick("inquiry-1")],
                all: Some("inquiry-all".to_owned()),
                steps: vec![tick("inquiry-approves-first")],
            }],
        },
        duties: vec![tick("duty-users")],
    };
    let review = |trouble: Option<Trouble>, returning: bool| ReviewPage {
        frame: frame(),
        csrf: "t".to_owned(),
        errors: errors(trouble.as_ref()),
        trouble,
        action: entry(UserPage::Review),
        basics: Some(entry(UserPage::Basics)),
        rights_link: entry(UserPage::Rights),
        button: "登録する",
        returning,
        login_id: "hanako01".to_owned(),
        name: SHARP.to_owned(),
        email: "hanako@example.jp".to_owned(),
        role: "管理者",
        rights: rights(),
        duties: vec!["利用者の限度額"],
    };
    let added = AddedPage {
        frame: frame(),
        title: "利用者を追加しました",
        whose: SHARP.to_owned(),
        password: temporary(true),
        next: vec![SHARP],
        user: MemberLink(UserId::generate()),
    };
    let mut pages = vec![added.render().unwrap()];
    for field in ["login_id", "name", "email", "role"] {
        pages.extend(troubles(field).into_iter().map(|t| basics(t, None).render().unwrap()));
    }
    let asked = |t| basics(t, Some(SHARP.to_owned())).render().unwrap();
    pages.extend(troubles("person").into_iter().map(asked));
    pages.extend(troubles("").into_iter().map(|t| rights_page(t, false).render().unwrap()));
    pages.push(rights_page(None, true).render().unwrap());
    let codes = troubles("one_time_password").into_iter();
    pages.extend(codes.map(|t| {
        let returning = t.is_none();
        review(t, returning).render().unwrap()
    }));
    pages
}

#[test]
fn every_page_keeps_the_rules_with_every_sample() {
    for html in lists().into_iter().chain(members()).chain(entries()) {
        page_checks::all(&html);
        assert!(!html.contains(SHARP), "unescaped: {html}");
    }
}
