//! The accounts of other FB products, terminals among them: 会計情報 and 資金移動 of one account are in one FB contract (R6).

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use database::{Change, Row, Table};
use domain::StaffRequestId;
use edge::{CsrfForm, Errors, Frame};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use internet_banking::contracts::AccountKind;
use internet_banking::contracts::registry::{AccountName, FbService, OTHERS_PAGE, blocks};
use ledger::{AuditRecord, Commit, EntityId, Refused};
use serde::Deserialize;
use uuid::Uuid;

use super::apply::account_guard;
use super::procedure::{self, line, text};
use crate::Console;
use crate::frame::{self, Area};
use crate::help::ConsoleCode;
use crate::links::{ConsoleLink, EndOtherLink, OtherFbPageLink};
use crate::page::Pressed;
use crate::problem::{Problem, Trouble};
use crate::sign_in::StaffSignedIn;
use crate::staff::{StaffRole, require};
use crate::words::Choice;

static OTHER: Table = Table {
    name: "other_fb_account",
    columns: &["id", "product", "branch", "kind", "number", "inquiry", "transfer", "data", "registered_us"],
};

/// Characters of a product's name at most.
const PRODUCT_CHARS_MAX: usize = 40;

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Place {
    /// From 0 on.
    page: u32,
}

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    product: String,
    branch: String,
    kind: String,
    number: String,
    inquiry: String,
    transfer: String,
    data: String,
    document: String,
}

/// An account in the list.
pub(crate) struct OtherRow {
    pub end: EndOtherLink,
    pub product: String,
    pub account: String,
    pub services: String,
}

#[derive(Template)]
#[template(path = "contracts/others.html")]
pub(crate) struct OthersPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub rows: Vec<OtherRow>,
    pub next: Option<OtherFbPageLink>,
    pub kinds: Vec<Choice>,
    /// Name, label and whether it is ticked, of each service.
    pub services: Vec<(&'static str, &'static str, bool)>,
    pub product: String,
    pub branch: String,
    pub number: String,
    pub document: String,
    pub may_record: bool,
}

/// `GET /contracts/others`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Query(at): Query<Place>) -> Answer {
    shown(&page(&console, &by, None, Typed::default(), at.page).await?)
}

/// `POST /contracts/others`
pub async fn add(
    State(console): State<Console>,
    by: StaffSignedIn,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let stop = |problem: Problem| problem.stop(&by, Area::Contracts, ConsoleLink::OtherFb.path());
    require(&by.staff, StaffRole::Maker).map_err(stop)?;
    let (product, account, services, document) = match read(&typed) {
        Ok(read) => read,
        Err(errors) => return again(&page(&console, &by, Some(Trouble::input(errors)), typed, 0).await?),
    };
    let Some(found) = console.contracts.registered(&account).await.map_err(failed)? else {
        return Err(stop(ConsoleCode::AccountUnknown.into()));
    };
    let id = StaffRequestId::generate().uuid();
    let mut guards = Vec::new();
    if blocks(&services) {
        // an account of ours may have been a contract's before guards were taken for it
        if console.contracts.contract_with(found.account).await.map_err(failed)?.is_some() {
            return Err(stop(ConsoleCode::AccountInFb.into()));
        }
        guards.push((account_guard(&account), EntityId(id)));
    }
    let flag = |service| i64::from(services.contains(&service));
    let row = Row {
        table: &OTHER,
        values: vec![
            id.into(),
            product.as_str().into(),
            account.branch.as_str().into(),
            account.kind.code().into(),
            account.number.as_str().into(),
            flag(FbService::Inquiry).into(),
            flag(FbService::Transfer).into(),
            flag(FbService::Data).into(),
            console.clock.now().micros().into(),
        ],
    };
    let words: Vec<&str> = services.iter().map(|service| service.code()).collect();
    let audit = record(&by, "contract.other_fb", id, format!("{}; paper {document}", words.join(" and ")));
    let commit = Commit { guards, rows: vec![row], audit: vec![audit], ..Commit::default() };
    match console.gateway.ledger().commit(commit).await {
        Ok(_) => Ok(Redirect::to(ConsoleLink::OtherFb.path()).into_response()),
        // a contract or product that was faster
        Err(Refused::Guarded { .. }) => Err(stop(ConsoleCode::AccountInFb.into())),
        Err(refused) => match console.contracts.is_other_fb_account(&product, &account).await {
            // the same product and account twice
            Ok(true) => Err(stop(ConsoleCode::AccountInFb.into())),
            _ => Err(stop(Problem::unclear(&refused))),
        },
    }
}

/// `POST /contracts/others/{id}/end`
pub async fn end(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<Uuid>,
    CsrfForm(_): CsrfForm<Pressed>,
) -> Answer {
    let stop = |problem: Problem| problem.stop(&by, Area::Contracts, ConsoleLink::OtherFb.path());
    require(&by.staff, StaffRole::Maker).map_err(stop)?;
    let Some(of) = console.contracts.other_fb_account(id).await.map_err(failed)? else {
        return Err(stop(ConsoleCode::NotThere.into()));
    };
    let change = Change::one(
        "UPDATE other_fb_account SET ended_us = $1 WHERE id = $2 AND ended_us IS NULL",
        vec![console.clock.now().micros().into(), id.into()],
    );
    let commit = Commit {
        changes: vec![change],
        release: if of.blocks() { vec![account_guard(&of.account)] } else { Vec::new() },
        audit: vec![record(&by, "contract.other_fb_end", id, String::new())],
        ..Commit::default()
    };
    match console.gateway.ledger().commit(commit).await {
        Ok(_) => Ok(Redirect::to(ConsoleLink::OtherFb.path()).into_response()),
        Err(Refused::Stale) => Err(stop(ConsoleCode::NotThere.into())),
        Err(refused) => Err(stop(Problem::unclear(&refused))),
    }
}

fn record(by: &StaffSignedIn, action: &'static str, id: Uuid, detail: String) -> AuditRecord {
    AuditRecord { contract: None, actor: by.staff.actor(), action, subject: id.to_string(), detail }
}

type Read = (String, AccountName, Vec<FbService>, String);

fn read(typed: &Typed) -> Result<Read, Errors> {
    let mut errors = Errors::none();
    let mut or = |field, read: Result<String, String>| {
        read.unwrap_or_else(|message| {
            errors.add(field, message);
            String::new()
        })
    };
    let product = or("product", text(&line(&typed.product), PRODUCT_CHARS_MAX, "契約の名称"));
    let document = or("document", procedure::document(&typed.document));
    let kind = AccountKind::from_code(&typed.kind);
    if kind.is_none() {
        errors.add("kind", "科目を選んでください。");
    }
    let account = kind.and_then(|kind| AccountName::parse(&typed.branch, kind, &typed.number));
    if kind.is_some() && account.is_none() {
        errors.add("number", "店番は3けた、口座番号は7けたまでの数字で入力してください。");
    }
    let services: Vec<FbService> = ticks(typed).filter(|(_, ticked)| *ticked).map(|(s, _)| s).collect();
    if services.is_empty() {
        errors.add("inquiry", "対象のサービスを1つ以上選んでください。");
    }
    match account {
        Some(account) if errors.is_empty() => Ok((product, account, services, document)),
        _ => Err(errors),
    }
}

fn ticks(typed: &Typed) -> impl Iterator<Item = (FbService, bool)> {
    let ticked = |text: &str| text == "yes";
    [
        (FbService::Inquiry, ticked(&typed.inquiry)),
        (FbService::Transfer, ticked(&typed.transfer)),
        (FbService::Data, ticked(&typed.data)),
    ]
    .into_iter()
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    trouble: Option<Trouble>,
    typed: Typed,
    place: u32,
) -> Result<OthersPage, Stop> {
    let mut all = console.contracts.other_fb_accounts(place).await.map_err(failed)?;
    let most = usize::try_from(OTHERS_PAGE).unwrap_or(usize::MAX);
    let next = (all.len() > most).then(|| OtherFbPageLink(place.saturating_add(1)));
    all.truncate(most);
    let row = |of: internet_banking::contracts::registry::OtherFbAccount| {
        let services: Vec<&str> = of.services.iter().map(|service| service.label()).collect();
        OtherRow {
            end: EndOtherLink(of.id),
            product: of.product,
            account: of.account.to_string(),
            services: services.join("・"),
        }
    };
    Ok(OthersPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Contracts) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        rows: all.into_iter().map(row).collect(),
        next,
        kinds: AccountKind::ALL.iter().map(|k| Choice::new(k.code(), k.label(), &typed.kind)).collect(),
        services: ticks(&typed).map(|(service, ticked)| (service.code(), service.label(), ticked)).collect(),
        product: typed.product,
        branch: typed.branch,
        number: typed.number,
        document: typed.document,
        may_record: by.staff.role == StaffRole::Maker,
    })
}
