//! Every page × every role × every plan, allowed or refused as the tables of `policy.rs` say; and what belongs to
//! another contract answers as if it did not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use database::testing::TestDatabase;
use database::{execute, read};
use domain::{AccountId, UserId};
use http::{Method, StatusCode};
use internet_banking::contracts::{AccountKind, Business, Duty, Plan, Rights, Role, SignInMethod, User};
use internet_banking::policy;
use uuid::Uuid;

use crate::payeasy_entry::{Entry, bill};
use crate::support::{Browser, LOGIN_ID, PASSWORD, World, add_account, add_user, put};

database::on_both!(every_page_answers_whom_the_tables_let_in_and_nobody_else,);

/// Who may have a page.
#[derive(Clone, Copy, Debug)]
enum Gate {
    /// Nobody need be signed in; what it shows decides for itself.
    Open,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever has the right to the business, where the plan has it.
    To(Business),
    /// Whoever has one of the duties.
    With(&'static [Duty]),
}
use Gate::{Open, SignedIn, To, With};

const PAYEASY: Gate = To(Business::PayEasy);

/// Every address of the bank's pages.
const PAGES: &[(&str, Gate)] = &[
    ("/", SignedIn),
    ("/home", SignedIn),
    ("/sign-in", Open),
    ("/sign-out", SignedIn),
    ("/help", Open),
    ("/help/{code}", Open),
];

/// The addresses in the sources of the customers' pages.
fn addresses() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "console") {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "links.rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                let product = source.split("#[cfg(test)]").next().unwrap().to_owned();
                let texts = product.split('"').skip(1).step_by(2).filter(|text| text.starts_with('/'));
                // an address may be written with its query
                found.extend(texts.map(|text| text.split('?').next().unwrap().to_owned()));
            }
        }
    }
    found
}
