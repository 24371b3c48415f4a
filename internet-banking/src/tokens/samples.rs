//! Sample contexts of every page of tokens, and what every page must keep.

use askama::Template;
use edge::{Errors, Frame};

use super::pages::admin::{AskPage, ListPage, Row};
use super::pages::own::{BeginPage, LostPage};
use super::pages::{StoppedPage, TokenShown};
use super::rules::{Act, Refusal};
use super::{Problem, Standing, authorise};
use crate::help::Code;
use crate::links::Link;
use crate::page_checks;
use crate::payeasy::views::Trouble;

const RAW: &str = "<b>鈴木\"><script>";

fn frame(has_errors: bool) -> Frame {
    Frame { site: "見本銀行 法人ネット", home: "/home", has_errors, ..Frame::default() }
}

fn tokens() -> Vec<TokenShown> {
    let standings = [
        Standing::Unused,
        Standing::Valid,
        Standing::Locked,
        Standing::Expired,
        Standing::Revoked,
        Standing::Lost,
    ];
    let token = |standing: Standing| {
        let (icon, class) = standing.look();
        TokenShown {
            serial: "9000000001".to_owned(),
            kind: "ハードウェアトークン",
            word: standing.label(),
            icon,
            class,
            expires_on: if standing == Standing::Unused {
                String::new()
            } else {
                "2031年11月30日".to_owned()
            },
            expires_soon: standing == Standing::Valid,
            locked_at: (standing == Standing::Locked).then(|| "11月24日(火) 10:00".to_owned()),
            holders: match standing {
                Standing::Unused => Vec::new(),
                _ => vec![(RAW.to_owned(), "hanako01".to_owned()), ("佐藤".to_owned(), "jiro01".to_owned())],
            },
        }
    };
    standings.map(token).into()
}

/// No trouble, and every kind that a form shows.
fn troubles() -> Vec<Option<Trouble>> {
    let problems = [
        Problem::Code(authorise::Problem::Missing),
        Problem::Code(authorise::Problem::Used),
        Problem::ConfirmationMissing,
        Problem::ConfirmationWrong { left: 2 },
        Problem::NotRegistrable,
        Problem::CodesWrong { left: 3 },
        Problem::SameCode,
        Problem::Changed,
    ];
    let mut troubles = vec![None];
    troubles.extend(problems.iter().map(|problem| Some(Trouble::from(problem))));
    troubles
}

fn errors(trouble: Option<&Trouble>) -> Errors {
    trouble.map(|t| t.errors.clone()).unwrap_or_default()
}

fn every_page() -> Vec<String> {
    let mut pages = Vec::new();
    for (n, trouble) in troubles().into_iter().enumerate() {
        let own = (n > 0).then(|| tokens().remove(n % tokens().len()));
        let page = BeginPage {
            frame: frame(trouble.is_some()),
            csrf: "t".to_owned(),
            errors: errors(trouble.as_ref()),
            trouble,
            own,
            shared_with: n,
            serial: RAW.to_owned(),
        };
        pages.push(page.render().unwrap());
    }
    for token in tokens() {
        for errors in [Errors::none(), Errors::one("sure", "<b>チェック")] {
            let (frame, csrf) = (frame(!errors.is_empty()), "t".to_owned());
            pages.push(LostPage { frame, csrf, errors, token: token.clone() }.render().unwrap());
        }
    }
    for (act, trouble) in
        [Act::Revoke, Act::Unlock].into_iter().flat_map(|act| troubles().into_iter().map(move |t| (act, t)))
    {
        for token in tokens() {
            let page = AskPage {
                frame: frame(trouble.is_some()),
                csrf: "t".to_owned(),
                errors: errors(trouble.as_ref()),
                trouble: trouble.clone(),
                act,
                token,
            };
            pages.push(page.render().unwrap());
        }
    }
    let row = |(n, token): (usize, TokenShown)| {
        let acts = [Act::Unlock, Act::Revoke].into_iter().take(n % 3).collect();
        Row { token, own: n == 0, acts }
    };
    let rows = || tokens().into_iter().enumerate().map(row).collect();
    let paper = Problem::Refused(Refusal::OwnToken(None)).words();
    for (rows, paper, shared) in [(rows(), None, true), (Vec::new(), Some(paper), false)] {
        let page = ListPage { frame: frame(false), csrf: "t".to_owned(), rows, paper, shared };
        pages.push(page.render().unwrap());
    }
    let stopped = StoppedPage {
        frame: frame(true),
        code: Code::TokenPaperOnly,
        happened: RAW.to_owned(),
        back: Link::AdminTokens,
    };
    pages.push(stopped.render().unwrap());
    pages
}

#[test]
fn every_page_keeps_what_every_page_must_keep() {
    for html in every_page() {
        page_checks::all(&html);
        assert!(!html.contains("<b>鈴木") && !html.contains("\"><script>"), "{html}");
    }
}

#[test]
fn an_error_is_in_the_title_in_the_summary_and_has_a_help_page() {
    for html in every_page() {
        let has_summary = html.contains("id=\"errors\"");
        assert_eq!(html.contains("<title>エラー: "), has_summary, "{html}");
        // a tick that is missing is told at its field and has no code
        if has_summary && !html.contains("href=\"#sure\"") {
            let code = html.split("data-field=\"error_code\">").nth(1).unwrap().split('<').next().unwrap();
            assert!(code.parse::<Code>().is_ok(), "{code}");
            assert!(html.contains(&format!("href=\"/help/{code}\"")));
        }
    }
}
