//! ひな形: the list, and one of them. A transfer becomes one by a button of its order, its last look, or its request.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::{ApprovalId, TemplateId, Yen};
use edge::{CsrfForm, Errors, Frame};
use serde::Deserialize;

use super::{
    Answer, EntryPage, Stop, admit, again, drafts, failed, find as find_order, number, open, page_frame,
    place, shown, status, stopped,
};
use crate::Bank;
use crate::approvals::{self, Matter};
use crate::links::Link;
use crate::payeasy::views::{Stake, Trouble};
use crate::sign_in::SignedIn;
use crate::transfers::links::TemplateLink;
use crate::transfers::problem::Problem;
use crate::transfers::templates::{self, Content, Kept, Known, NAME_CHARS_MAX, Refused, Template};

/// A template, in the words of pages.
pub struct TemplateRow {
    /// Its page.
    pub link: TemplateLink,
    /// What the contract calls it.
    pub name: String,
    /// 受取人名 as it is sent.
    pub payee: String,
    /// Bank and branch.
    pub place: String,
    /// Kind and number.
    pub account: String,
    /// Whether its payee is still registered.
    pub is_known: bool,
    /// Whether it is 振替.
    pub is_own: bool,
    /// The debited account.
    pub from: String,
    /// 依頼人名 as it is sent.
    pub payer: String,
    /// How much.
    pub amount: Yen,
}

/// The list.
#[derive(askama::Template)]
#[template(path = "transfers/templates.html")]
pub struct TemplatesPage {
    /// The frame.
    pub frame: Frame,
    /// The forms' token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// By name.
    pub rows: Vec<TemplateRow>,
}

/// One of them.
#[derive(askama::Template)]
#[template(path = "transfers/template.html")]
pub struct TemplatePage {
    /// The frame.
    pub frame: Frame,
    /// The forms' token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// What just became of it.
    pub just_kept: Option<&'static str>,
    /// What it is.
    pub row: TemplateRow,
    /// Its name, or what was typed.
    pub typed: String,
}

/// What is told of one that was just to be kept.
const KEPT: &[(&str, &str)] = &[
    ("added", "ひな形に登録しました。次からは、ひな形の一覧の「使う」で始められます。"),
    ("renamed", "同じ内容のひな形がありましたので、その名前を、いま入力された名前に変更しました。"),
    ("there", "同じ内容のひな形が、この名前ですでに登録されています。"),
];

/// What becomes a template: one of these.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Source {
    /// An order.
    order: String,
    /// A transfer being entered.
    entry: String,
    /// A request, or a draft of one.
    request: String,
    /// What it is to be called; empty where its payee's name will do.
    name: String,
}

/// What the buttons say.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Pressed {
    action: String,
    name: String,
}

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
}

/// `GET /transfers/templates`
pub async fn list(State(bank): State<Bank>, by: SignedIn, Query(asked): Query<Asked>) -> Answer {
    admit(&by)?;
    let notice = (asked.done == "deleted").then(|| "ひな形を削除しました。".to_owned());
    let page = all(&bank, &by, None).await?;
    shown(&TemplatesPage { frame: Frame { notice, ..page.frame }, ..page })
}

/// `POST /transfers/templates`: keeps one.
pub async fn add(State(bank): State<Bank>, by: SignedIn, CsrfForm(of): CsrfForm<Source>) -> Answer {
    admit(&by)?;
    let content = content(&bank, &by, &of).await?;
    match templates::add(&bank, &by, &content, &of.name).await {
        Ok(kept) => {
            let (id, done) = match kept {
                Kept::Added(id) => (id, TemplateLink::ADDED),
                Kept::Renamed(id) => (id, TemplateLink::RENAMED),
                Kept::There(id) => (id, TemplateLink::THERE),
            };
            Ok(Redirect::to(&format!("{}{done}", TemplateLink(id))).into_response())
        }
        Err(Refused::Told(code)) => {
            Err(Stop::told_of(Stake::Registration, page_frame(&by, true), code, status(code)))
        }
        Err(refused) => again(&all(&bank, &by, Some(refused.trouble())).await?),
    }
}

/// `GET /transfers/templates/{template}`
pub async fn show(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let one = find(&bank, &by, &id).await?;
    let page = page(&bank, &by, &one, &one.name, None).await?;
    let just_kept = KEPT.iter().find(|(done, _)| *done == asked.done).map(|(_, words)| *words);
    shown(&TemplatePage { just_kept, ..page })
}

/// `POST /transfers/templates/{template}`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Pressed>,
) -> Answer {
    let one = find(&bank, &by, &id).await?;
    let done = match form.action.as_str() {
        "use" => return begin(&bank, &by, &one).await,
        "rename" => templates::rename(&bank, &by, &one, &form.name).await,
        "delete" => templates::delete(&bank, &by, &one).await,
        _ => return Err(Stop::not_found()),
    };
    match done {
        Ok(()) if form.action == "delete" => {
            Ok(Redirect::to(Link::TransfersTemplatesDeleted.path()).into_response())
        }
        Ok(()) => Ok(Redirect::to(Link::TransfersTemplates.path()).into_response()),
        Err(refused) => again(&page(&bank, &by, &one, &form.name, Some(refused.trouble())).await?),
    }
}

/// An entry that begins with it, its payee as it is registered today.
async fn begin(bank: &Bank, by: &SignedIn, one: &Template) -> Answer {
    let known = known(bank, by).await?;
    match known.anew(bank, &one.content) {
        Some(content) => {
            let draft = drafts(bank, by).begin(content.body(), bank.clock.now()).await.map_err(failed)?;
            Ok(Redirect::to(&draft.path(EntryPage::Details)).into_response())
        }
        None => again(&page(bank, by, one, &one.name, Some(Problem::PayeeGone.trouble())).await?),
    }
}

/// What is to be kept. What the person may not see is not there (SEC-34).
async fn content(bank: &Bank, by: &SignedIn, of: &Source) -> Result<Content, Stop> {
    if !of.order.is_empty() {
        let order = find_order(bank, by, &of.order).await?;
        let content = Content::of_order(bank, by, &order).await;
        return content.map_err(|problem| stopped(by, &problem));
    }
    if !of.entry.is_empty() {
        let draft = open(bank, by, &of.entry, EntryPage::Review).await?;
        let (Some(payee), Some(details)) = (&draft.body.payee, &draft.body.details) else {
            return Err(stopped(by, &Problem::ReviewOutdated));
        };
        return Ok(Content::of(payee, details));
    }
    let id: ApprovalId = of.request.parse().map_err(|_| Stop::not_found())?;
    let found = approvals::find(&bank.database, by.contract.id, id).await.map_err(failed)?;
    match found.filter(|one| one.is_of(&by.user) || one.matter.is_open_to(by)).map(|one| one.matter) {
        Some(Matter::Transfer(asked)) => Ok(Content::of(&asked.payee, &asked.details)),
        _ => Err(Stop::not_found()),
    }
}

async fn find(bank: &Bank, by: &SignedIn, id: &str) -> Result<Template, Stop> {
    admit(by)?;
    let id: TemplateId = id.parse().map_err(|_| Stop::not_found())?;
    let found = templates::find(bank, by, id).await.map_err(|refused| because(by, refused))?;
    found.ok_or_else(Stop::not_found)
}

/// What keeps templates from being read, on a page of its own.
fn because(by: &SignedIn, refused: Refused) -> Stop {
    let code = refused.trouble().code;
    Stop::told_of(Stake::Registration, page_frame(by, true), code, status(code))
}

async fn known(bank: &Bank, by: &SignedIn) -> Result<Known, Stop> {
    Known::of(bank, by).await.map_err(|problem| stopped(by, &problem))
}

fn row(bank: &Bank, known: &Known, one: &Template) -> TemplateRow {
    let anew = known.anew(bank, &one.content);
    let is_known = anew.is_some();
    let content = anew.unwrap_or_else(|| one.content.clone());
    TemplateRow {
        link: TemplateLink(one.id),
        name: one.name.clone(),
        place: place(&content.payee.entered()),
        account: number(&content.payee.account),
        is_known,
        is_own: content.payee.way.method() == transfers::Method::OwnAccount,
        payee: content.payee.title(),
        from: known.account(content.account),
        payer: content.payer_name,
        amount: content.amount,
    }
}

async fn all(bank: &Bank, by: &SignedIn, trouble: Option<Trouble>) -> Result<TemplatesPage, Stop> {
    let found = templates::list(bank, by).await.map_err(|refused| because(by, refused))?;
    let known = known(bank, by).await?;
    Ok(TemplatesPage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        trouble,
        rows: found.iter().map(|one| row(bank, &known, one)).collect(),
    })
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    one: &Template,
    typed: &str,
    trouble: Option<Trouble>,
) -> Result<TemplatePage, Stop> {
    let known = known(bank, by).await?;
    Ok(TemplatePage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        just_kept: None,
        row: row(bank, &known, one),
        typed: typed.chars().take(2 * NAME_CHARS_MAX).collect(),
    })
}
