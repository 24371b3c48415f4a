//! 職員: everybody who is or was let in, and the forms that propose somebody, or that somebody is let in no more.

use askama::Template;
use axum::extract::{Path, State};
use domain::StaffId;
use edge::{CsrfForm, Errors, Frame};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use internet_banking::users::rules;
use serde::Deserialize;

use super::proposal::{StaffAct, StaffChange, no_token, taken};
use super::{Member, StaffRole};
use crate::Console;
use crate::contracts::procedure::document;
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, SuspendStaffLink};
use crate::problem::Trouble;
use crate::requests::pages::{self, RequestRow};
use crate::requests::{Proposal, add_reason, propose as propose_request};
use crate::sign_in::StaffSignedIn;
use crate::words::{Choice, Names, Tag, full_stamp};

/// Characters of a 職員番号.
const PERSON_NUMBER_CHARS: std::ops::RangeInclusive<usize> = 4..=12;

/// The controls, as they follow one another.
const FIELDS: &[&str] = &["person_number", "name", "login_id", "role", "token_serial", "document", "reason"];

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub person_number: String,
    pub name: String,
    pub login_id: String,
    pub role: String,
    pub token_serial: String,
    pub document: String,
    pub reason: String,
}

/// One of them.
pub(crate) struct StaffRow {
    pub person_number: String,
    pub login_id: String,
    pub name: String,
    pub role: &'static str,
    pub token_serial: String,
    pub tag: Tag,
    pub since: String,
    /// Where it can be proposed that the person is let in no more.
    pub suspend: Option<SuspendStaffLink>,
}

#[derive(Template)]
#[template(path = "staff/staff.html")]
pub(crate) struct StaffPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub rows: Vec<StaffRow>,
    pub roles: Vec<Choice>,
    pub typed: Typed,
    pub may_propose: bool,
    pub requests: Vec<RequestRow>,
}

/// `GET /staff`
pub async fn show(State(console): State<Console>, by: StaffSignedIn) -> Answer {
    shown(&page(&console, &by, None, Typed::default()).await?)
}

/// `POST /staff`
pub async fn propose(
    State(console): State<Console>,
    by: StaffSignedIn,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let members = console.staff.members().await.map_err(failed)?;
    let read = read(&typed, &members);
    let in_stock = match &read {
        Ok(StaffChange { act: StaffAct::Register { token_serial, .. }, .. }) => {
            console.staff.is_in_stock(token_serial).await.map_err(failed)?
        }
        _ => true,
    };
    let change = match read {
        Ok(change) if in_stock => change,
        Ok(_) => {
            let errors = Errors::one("token_serial", no_token(typed.token_serial.trim()));
            return again(&page(&console, &by, Some(Trouble::input(errors)), typed).await?);
        }
        Err(errors) => return again(&page(&console, &by, Some(Trouble::input(errors)), typed).await?),
    };
    let back = (Area::Staff, ConsoleLink::Staff.to_string());
    let reason = typed.reason.clone();
    propose_request(&console, &by, Proposal::Staff(change), &reason, back, async |trouble| {
        page(&console, &by, Some(trouble), typed).await
    })
    .await
}

/// `POST /staff/{id}/suspend`
pub async fn suspend(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<StaffId>,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let members = console.staff.members().await.map_err(failed)?;
    let member = members.into_iter().find(|member| member.staff.id == id).ok_or_else(Stop::not_found)?;
    let mut errors = Errors::none();
    let document = document(&typed.document).map_err(|message| errors.add("document", message)).ok();
    add_reason(&mut errors, &typed.reason);
    let (Some(document), true) = (document, errors.is_empty()) else {
        return again(&page(&console, &by, Some(Trouble::input(errors)), typed).await?);
    };
    let act = StaffAct::Suspend { login_id: member.staff.login_id, name: member.staff.name };
    let change = StaffChange { staff: id, document, act };
    let back = (Area::Staff, ConsoleLink::Staff.to_string());
    let reason = typed.reason.clone();
    propose_request(&console, &by, Proposal::Staff(change), &reason, back, async |trouble| {
        page(&console, &by, Some(trouble), typed).await
    })
    .await
}

/// The person whom the form is about, or everything that is wrong in it.
fn read(typed: &Typed, members: &[Member]) -> Result<StaffChange, Errors> {
    let mut errors = Errors::none();
    let mut or = |field, read: Result<String, String>| {
        read.unwrap_or_else(|message| {
            errors.add(field, message);
            String::new()
        })
    };
    let person_number = or("person_number", number(&typed.person_number));
    let name = or(
        "name",
        rules::name(&typed.name).map_err(|_| "所属と氏名を30文字までで入力してください。".to_owned()),
    );
    let login_id = or(
        "login_id",
        rules::login_id(&typed.login_id).map_err(|message| message.replace("ログインID", "職員ID")),
    );
    let token_serial = or("token_serial", serial(&typed.token_serial));
    let document = or("document", document(&typed.document));
    let role = StaffRole::from_code(&typed.role);
    if role.is_none() {
        errors.add("role", "起票者か承認者かを選んでください。");
    }
    if let Some(words) = taken(members, &person_number, &login_id, &token_serial) {
        errors.add(
            if words.starts_with("職員番号") {
                "person_number"
            } else if words.starts_with("職員ID") {
                "login_id"
            } else {
                "token_serial"
            },
            words,
        );
    }
    add_reason(&mut errors, &typed.reason);
    match role {
        Some(role) if errors.is_empty() => Ok(StaffChange {
            staff: StaffId::generate(),
            document,
            act: StaffAct::Register {
                person_number,
                login_id,
                name,
                role: role.code().to_owned(),
                token_serial,
            },
        }),
        _ => {
            errors.sort_by_form(FIELDS);
            Err(errors)
        }
    }
}

/// 職員番号 as the staff's register has it: letters and digits.
fn number(typed: &str) -> Result<String, String> {
    let number = typed.trim().to_ascii_uppercase();
    if number.chars().all(|c| c.is_ascii_alphanumeric()) && PERSON_NUMBER_CHARS.contains(&number.len()) {
        Ok(number)
    } else {
        Err("職員番号は、職員名簿のとおり、半角の英字と数字4文字から12文字で入力してください。".to_owned())
    }
}

fn serial(typed: &str) -> Result<String, String> {
    let serial = typed.trim();
    if !serial.is_empty() && serial.len() <= 32 && serial.chars().all(|c| c.is_ascii_alphanumeric()) {
        Ok(serial.to_owned())
    } else {
        Err("トークンの裏面のシリアル番号を入力してください。".to_owned())
    }
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    trouble: Option<Trouble>,
    typed: Typed,
) -> Result<StaffPage, Stop> {
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let members = console.staff.members().await.map_err(failed)?;
    let may_propose = by.staff.role == StaffRole::Maker;
    Ok(StaffPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Staff) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        rows: members.iter().map(|member| row(member, may_propose)).collect(),
        roles: StaffRole::ALL.iter().map(|r| Choice::new(r.code(), r.label(), &typed.role)).collect(),
        typed,
        may_propose,
        requests: pages::under(console, &names, "staff-".to_owned()).await?,
    })
}

fn row(member: &Member, may_propose: bool) -> StaffRow {
    StaffRow {
        person_number: member.person_number.clone().unwrap_or_default(),
        login_id: member.staff.login_id.clone(),
        name: member.staff.name.clone(),
        role: member.staff.role.label(),
        token_serial: member.token_serial.clone(),
        tag: match (member.suspended_at, member.has_begun) {
            (Some(_), _) => Tag::info("利用停止"),
            (None, true) => Tag::ok("利用中"),
            (None, false) => Tag::wait("パスワード未設定"),
        },
        since: member.suspended_at.map(full_stamp).unwrap_or_default(),
        suspend: (may_propose && member.suspended_at.is_none()).then_some(SuspendStaffLink(member.staff.id)),
    }
}
