//! `/activity`: the search, and one page of what it finds.

use std::cmp::Reverse;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use domain::{UserId, Yen};
use edge::{Errors, Failure, Frame};

use super::item::{Group, Item};
use super::search::{PAGE_ITEMS, Search, Typed};
use super::source::Source;
use crate::Bank;
use crate::answer::{Answer, again, failed, shown};
use crate::contracts::{Business, DepositAccount, Duty};
use crate::frame::{self, Area, day_and_time};
use crate::links::Link;
use crate::policy;
use crate::sign_in::SignedIn;
use crate::users::{Member, Members};

/// The page of this folder.
pub fn routes() -> Router<Bank> {
    Router::new().route(Link::Activity.path(), get(show))
}

/// A choice of a list.
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// An item as a line of the table.
pub struct Row {
    /// When the bank took it.
    pub at: String,
    /// What kind of work it is.
    pub kind: &'static str,
    /// Its own page.
    pub link: String,
    /// Payee or collector.
    pub title: String,
    /// A few words more.
    pub detail: String,
    /// The debited account.
    pub account: String,
    /// What leaves it.
    pub amount: Yen,
    /// Who entered it.
    pub person: String,
    /// The state's word, icon and class.
    pub look: (&'static str, &'static str, &'static str),
    /// The day or moment that counts next.
    pub note: String,
}

/// The page.
#[derive(Template)]
#[template(path = "activity/activity.html")]
pub struct ActivityPage {
    /// The frame.
    pub frame: Frame,
    /// What is wrong.
    pub errors: Errors,
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
    /// The businesses.
    pub businesses: Vec<Choice>,
    /// The groups of states.
    pub groups: Vec<Choice>,
    /// The people.
    pub people: Vec<Choice>,
    /// What was found.
    pub rows: Vec<Row>,
    /// The next page.
    pub older: Option<String>,
}

/// `GET /activity`
async fn show(State(bank): State<Bank>, by: SignedIn, Query(typed): Query<Typed>) -> Answer {
    let people = Members::of(&bank.database, by.contract.id).everybody().await.map_err(failed)?;
    let search = match Search::read(&typed, bank.clock.now().date()) {
        Ok(search) => search,
        Err(errors) => return again(&page(&by, &people, &typed, None, errors)),
    };
    let (items, older) = found(&bank, &by, &search).await?;
    let accounts = bank.contracts.accounts(by.contract.id).await.map_err(failed)?;
    let rows = items.into_iter().map(|item| row(item, &accounts, &people)).collect();
    shown(&ActivityPage { rows, older, ..page(&by, &people, &typed, Some(&search), Errors::none()) })
}

/// What the bank has taken of the contract's and not finished, as far as the person may see it: of a group of states
/// the newest, a page of them at most, and whether there are more.
pub(crate) async fn standing(bank: &Bank, by: &SignedIn, group: Group) -> Result<(Vec<Item>, bool), Failure> {
    let search = Search::of_group(group, bank.clock.now().date());
    let (items, older) = found(bank, by, &search).await?;
    Ok((items, older.is_some()))
}

/// One page of every source's items, and the address of the next one.
async fn found(bank: &Bank, by: &SignedIn, search: &Search) -> Result<(Vec<Item>, Option<String>), Failure> {
    let mut items = Vec::new();
    for source in Source::ALL {
        items.extend(source.items(bank, by, search).await?);
    }
    items.sort_by_key(|item| Reverse(item.place()));
    let page_len = usize::try_from(PAGE_ITEMS).unwrap_or(usize::MAX);
    let more = items.len() > page_len;
    items.truncate(page_len);
    let older = items.last().filter(|_| more).map(|last| search.behind(last.place()));
    Ok((items, older))
}

/// The page without what is found.
fn page(
    by: &SignedIn,
    people: &[Member],
    typed: &Typed,
    search: Option<&Search>,
    errors: Errors,
) -> ActivityPage {
    let (from, until) = match search {
        Some(search) => (search.days.0.to_string(), search.days.1.to_string()),
        None => (typed.from.clone(), typed.until.clone()),
    };
    let businesses = policy::served(by.contract.plan)
        // a file is an item of the business whose records it has
        .filter(|business| !matches!(business, Business::Inquiry | Business::FileTransfer))
        .filter(|business| policy::may_do(by, *business));
    // who else there is, only those see who supervise
    let seen = people.iter().filter(|one| one.id == by.user.id || policy::has(&by.user, Duty::History));
    ActivityPage {
        frame: Frame { has_errors: !errors.is_empty(), ..frame::page(by, Area::Activity) },
        errors,
        from,
        until,
        businesses: choices(
            &typed.business,
            businesses.map(|one| (one.code().to_owned(), one.label().into())),
        ),
        groups: choices(
            &typed.state,
            Group::ALL.iter().map(|one| (one.code().to_owned(), one.label().to_owned())),
        ),
        people: choices(&typed.user, seen.map(|one| (one.id.to_string(), name(one)))),
        rows: Vec::new(),
        older: None,
    }
}

fn choices(typed: &str, of: impl Iterator<Item = (String, String)>) -> Vec<Choice> {
    let all = std::iter::once((String::new(), "すべて".to_owned()));
    all.chain(of).map(|(value, label)| Choice { chosen: value == typed, value, label }).collect()
}

fn name(member: &Member) -> String {
    format!("{}({})", member.name, member.login_id)
}

fn row(item: Item, accounts: &[DepositAccount], people: &[Member]) -> Row {
    let account = accounts.iter().find(|one| one.account == item.account);
    let person = |user: UserId| people.iter().find(|one| one.id == user).map(name).unwrap_or_default();
    Row {
        at: day_and_time(item.at),
        kind: item.kind,
        link: item.link,
        title: item.title,
        detail: item.detail,
        account: account.map_or_else(String::new, ToString::to_string),
        amount: item.amount,
        person: item.user.map_or_else(|| "外部システム".to_owned(), person),
        look: item.look,
        note: item.note,
    }
}
