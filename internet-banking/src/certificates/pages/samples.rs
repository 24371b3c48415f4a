//! Every page of certificates, held against what every page keeps.

use askama::Template as _;
use domain::UserId;
use edge::{Errors, Frame};
use zeroize::Zeroizing;

use super::check::{CheckPage, SignInBox, TROUBLES};
use super::deliver;
use super::fetch::FetchPage;
use super::master::{ActPage, ListPage, UserPage, UserRow};
use super::own::{CertificateView, OwnPage};
use crate::certificates::authority::Signed;
use crate::certificates::bundle::Bundle;
use crate::certificates::issue::{Delivered, IssueError, Issued, pem_of};
use crate::certificates::judge::tests::{at, certificate};
use crate::certificates::judge::{NoIssue, Shown};
use crate::certificates::request::RequestError;
use crate::certificates::words::{Wrong, standing_tag};
use crate::certificates::{Certificate, EndWhy, Standing};
use crate::contracts::{Rights, Role, User};
use crate::links::{UserCertificateAct, UserCertificateLink};
use crate::{frame, page_checks};

const NOW: &str = "2026-12-01T10:00:00+09:00";

fn frame() -> Frame {
    frame::public()
}

fn user() -> User {
    User {
        id: UserId::generate(),
        contract: domain::ContractId::generate(),
        login_id: "hanako01".to_owned(),
        name: "経理 佐藤花子".to_owned(),
        role: Role::General,
        token_serial: None,
        rights: Rights::none(),
        duties: std::collections::BTreeSet::new(),
        must_change: false,
    }
}

fn wrongs() -> Vec<Option<Wrong>> {
    let errors = [
        IssueError::NotByCertificate,
        IssueError::No(NoIssue::HasOne),
        IssueError::No(NoIssue::NotPermitted),
        IssueError::No(NoIssue::NothingToRenew),
        IssueError::No(NoIssue::TooEarly(at(NOW))),
        IssueError::LimitReached { max: 99 },
        IssueError::Request(RequestError::Unreadable),
        IssueError::Request(RequestError::Unproven),
        IssueError::Request(RequestError::Key),
        IssueError::KeyUsedBefore,
        IssueError::CodeUsed,
        IssueError::Changed,
        IssueError::Unclear,
        IssueError::Unavailable("x".to_owned()),
    ];
    errors.iter().map(|error| Some(Wrong::from(error))).chain([None]).collect()
}

fn errors(wrong: Option<&Wrong>) -> Errors {
    wrong.map(|wrong| wrong.errors.clone()).unwrap_or_default()
}

fn views() -> Vec<CertificateView> {
    let view = |standing| CertificateView::of(&certificate(), standing);
    let ends = EndWhy::ALL.iter().map(|why| Standing::Ended(*why));
    [Standing::Waiting, Standing::InUse, Standing::Expired].into_iter().chain(ends).map(view).collect()
}

#[test]
fn the_page_of_fetching_keeps_what_every_page_keeps() {
    for wrong in wrongs() {
        let errors = errors(wrong.as_ref());
        let page = FetchPage {
            frame: frame(),
            csrf: "t",
            login_id: "<a>",
            request: errors.is_empty(),
            wrong,
            errors,
        };
        let html = page.render().unwrap();
        page_checks::all(&html);
        assert!(!html.contains("<a>"));
    }
}

#[test]
fn the_own_page_keeps_what_every_page_keeps() {
    let cases = [(true, true), (false, true), (true, false)].into_iter().cycle();
    for (wrong, (may_renew, has_token)) in wrongs().into_iter().zip(cases) {
        let page = OwnPage {
            frame: frame(),
            csrf: "t".to_owned(),
            errors: errors(wrong.as_ref()),
            wrong,
            name: "経理 佐藤花子".to_owned(),
            login_id: "hanako01".to_owned(),
            by_certificate: may_renew,
            current: views().pop(),
            waiting: views().pop().filter(|_| may_renew),
            renewable_from: if may_renew { String::new() } else { "2027年10月25日(月) 00:00".to_owned() },
            may_renew,
            has_token,
            request: false,
        };
        page_checks::all(&page.render().unwrap());
    }
}

#[test]
fn the_masters_pages_keep_what_every_page_keeps() {
    let row = |link: Option<UserCertificateLink>| UserRow {
        name: "経理 佐藤花子".to_owned(),
        login_id: "hanako01".to_owned(),
        role: "一般",
        tag: standing_tag(link.map(|_| Standing::InUse)),
        until: String::new(),
        used: String::new(),
        link,
    };
    let link = Some(UserCertificateLink(UserId::generate()));
    let page = ListPage { frame: frame(), users: vec![row(None), row(link)], count: 1, max: 99 };
    page_checks::all(&page.render().unwrap());
    let id = UserId::generate();
    for wrong in wrongs() {
        for (act, current) in
            [(UserCertificateAct::Permit(id), None), (UserCertificateAct::Revoke(id), views().pop())]
        {
            let page = ActPage {
                frame: frame(),
                csrf: "t".to_owned(),
                errors: errors(wrong.as_ref()),
                wrong: wrong.clone(),
                act,
                name: "経理 佐藤花子".to_owned(),
                login_id: "hanako01".to_owned(),
                current,
                back: UserCertificateLink(id),
            };
            page_checks::all(&page.render().unwrap());
        }
    }
    for certificates in [views(), Vec::new()] {
        let page = UserPage {
            frame: frame(),
            id,
            name: "経理 佐藤花子".to_owned(),
            login_id: "hanako01".to_owned(),
            role: "一般",
            has_one: !certificates.is_empty(),
            certificates,
            is_permitted: true,
        };
        page_checks::all(&page.render().unwrap());
    }
}

#[test]
fn what_is_handed_over_is_on_the_page_once() {
    let bundle = Bundle {
        bytes: Zeroizing::new(vec![1, 2, 3]),
        pass_phrase: Zeroizing::new("aaaa-bbbb-cccc-dddd".to_owned()),
    };
    let file = Issued { certificate: certificate(), delivered: Delivered::File(bundle) };
    let html = deliver::page(frame(), &user(), &file, false, "https://localhost:8083/sign-in".to_owned());
    let html = html.render().unwrap();
    page_checks::all(&html);
    assert_eq!(html.matches("aaaa-bbbb-cccc-dddd").count(), 1);
    assert_eq!(html.matches("AQID").count(), 1, "{html}");
    let signed =
        Signed { authority: "1".to_owned(), serial: [1; 16], der: vec![4; 60], authority_der: Vec::new() };
    let own = Issued { certificate: certificate(), delivered: Delivered::Certificate(pem_of(&signed.der)) };
    page_checks::all(&deliver::page(frame(), &user(), &own, true, String::new()).render().unwrap());
}

#[test]
fn the_check_of_the_environment_keeps_what_every_page_keeps() {
    let again = || "https://localhost:8084/sign-in".to_owned();
    let ended = Certificate { expires_at: at("2026-11-30T10:00:00+09:00"), ..certificate() };
    for seen in
        [Shown::Nothing, Shown::Foreign, Shown::Known(Box::new(certificate())), Shown::Known(Box::new(ended))]
    {
        let page = CheckPage {
            frame: frame(),
            at_door: true,
            door: again(),
            certificate: Some(SignInBox::says(&seen, at(NOW), again())),
            browser: "<script>".to_owned(),
            troubles: TROUBLES,
        };
        let html = page.render().unwrap();
        page_checks::all(&html);
        assert!(TROUBLES.iter().all(|row| html.contains(row.seen)));
    }
    let plain = CheckPage {
        frame: frame(),
        at_door: false,
        door: again(),
        certificate: None,
        browser: String::new(),
        troubles: &[],
    };
    page_checks::all(&plain.render().unwrap());
}
