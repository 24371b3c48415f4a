//! Sample contexts of the pages about oneself, and what every page must keep.

use askama::Template;
use edge::{Errors, Frame};

use super::pages::email::EmailPage;
use super::pages::first::FirstPage;
use super::pages::overview::{FailureWords, OverviewPage, SignInWords};
use super::pages::password::PasswordPage;
use super::problem::Problem;
use crate::links::Link;
use crate::page_checks;
use crate::passwords::Weak;
use crate::payeasy::views::Trouble;
use crate::tokens::authorise;

const SHARP: &str = "\"><script>";

fn frame() -> Frame {
    Frame { site: "見本銀行 法人ネット", home: "/home", ..Frame::default() }
}

fn troubles() -> Vec<Option<Trouble>> {
    let word = SHARP.to_owned();
    let problems = [
        Problem::Input(Errors::one("email", "メールアドレスを入力してください。")),
        Problem::Weak { field: "new_password", why: Weak::Known { word } },
        Problem::Weak { field: "new_again", why: Weak::Differs },
        Problem::CurrentWrong { field: "current_password" },
        Problem::CurrentPaused,
        Problem::CurrentLocked,
        Problem::ConfirmationWrong { left: 2 },
        Problem::ConfirmationLocked,
        Problem::Code(authorise::Problem::Missing),
        Problem::Changed,
        Problem::Unavailable,
    ];
    problems.iter().map(|problem| Some(problem.trouble())).chain([None]).collect()
}

/// Only what belongs to a field of the page is told at one.
fn at_fields(trouble: Option<&Trouble>) -> Errors {
    trouble.map(|t| t.errors.clone()).unwrap_or_default()
}

fn overviews() -> Vec<String> {
    let words = || SignInWords {
        at: "11月24日(火) 10:00".to_owned(),
        method: "ID・パスワード",
        address: "192.0.2.1".to_owned(),
    };
    let page = |reminds: bool, before: Vec<SignInWords>| OverviewPage {
        frame: frame(),
        csrf: "t".to_owned(),
        login_id: "hanako01".to_owned(),
        name: SHARP.to_owned(),
        role: "一般",
        email: String::new(),
        passwords: ["記録なし".to_owned(), "記録なし".to_owned()],
        reminds,
        by_certificate: reminds,
        session: words(),
        before,
        failures: Vec::new(),
    };
    let failed = FailureWords {
        at: "11月24日(火) 10:00".to_owned(),
        why: "パスワードの誤り",
        address: SHARP.to_owned(),
    };
    let failures = OverviewPage { failures: vec![failed], ..page(true, vec![words()]) };
    vec![
        failures.render().unwrap(),
        page(true, Vec::new()).render().unwrap(),
        page(false, vec![words()]).render().unwrap(),
    ]
}

fn forms() -> Vec<String> {
    let mut pages = Vec::new();
    for trouble in troubles() {
        let errors = at_fields(trouble.as_ref());
        let password = PasswordPage {
            frame: frame(),
            csrf: "t".to_owned(),
            trouble: trouble.clone(),
            errors: errors.clone(),
            label: "ログインパスワード",
            action: Link::SecurityPassword,
            chars_min: 15,
            changed: "記録なし".to_owned(),
            login_id: SHARP.to_owned(),
        };
        let first = |both: bool| FirstPage {
            frame: frame(),
            csrf: "t".to_owned(),
            trouble: trouble.clone(),
            errors: errors.clone(),
            chars_min: 12,
            both,
            short: !both,
            login_id: SHARP.to_owned(),
        };
        let email = |has_token: bool| EmailPage {
            frame: frame(),
            csrf: "t".to_owned(),
            trouble: trouble.clone(),
            errors: errors.clone(),
            current: String::new(),
            email: SHARP.to_owned(),
            has_token,
        };
        pages.push(password.render().unwrap());
        pages.extend([true, false].map(|both| first(both).render().unwrap()));
        pages.extend([true, false].map(|has| email(has).render().unwrap()));
    }
    pages
}

#[test]
fn every_page_keeps_the_rules_with_every_sample() {
    for html in overviews().into_iter().chain(forms()) {
        page_checks::all(&html);
        assert!(!html.contains(SHARP), "unescaped: {html}");
    }
}
