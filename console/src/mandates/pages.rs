//! The 口座振替依頼書 of one contract, and 起票 of what a paper asks for.

use askama::Template;
use axum::extract::{Path, Query, State};
use bulk::{Mandate, StoppedBy, mandate_on, mandates_of};
use domain::time::year_month_day;
use domain::{ContractId, MandateId};
use edge::{CsrfForm, Errors, Frame};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use internet_banking::contracts::AccountKind;
use internet_banking::contracts::registry::AccountName;
use serde::Deserialize;

use super::proposal::{MandateAct, MandatePaper};
use crate::Console;
use crate::contracts::procedure::{document, line};
use crate::frame::{self, Area};
use crate::links::{ContractLink, ContractMandatesLink, MandateProposeLink};
use crate::page::note;
use crate::problem::Trouble;
use crate::requests::pages::{self, RequestRow};
use crate::requests::{Proposal, add_reason, propose};
use crate::sign_in::StaffSignedIn;
use crate::staff::StaffRole;
use crate::words::{Choice, Names, Tag, day};

/// Mandates of one page.
const PAGE: u32 = 100;
/// Characters of 顧客番号 at most, which a record has room for.
const CUSTOMER_CHARS_MAX: usize = 20;
/// Days back from today on which a mandate may begin, and days ahead.
const FROM_DAYS: std::ops::RangeInclusive<i64> = -31..=366;

/// 手続き: the word in the form, and the word on the page.
const ACTS: [(&str, &str); 3] = [
    ("register", "依頼書の登録"),
    ("holder", "預金者の都合による停止"),
    ("originator", "委託者の都合による停止"),
];

/// 起票.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Proposed {
    act: String,
    branch: String,
    kind: String,
    number: String,
    customer: String,
    from: String,
    document: String,
    reason: String,
}

/// Which of them to show.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    before: String,
}

/// A mandate of the contract.
pub(crate) struct MandateRow {
    pub account: String,
    pub holder: String,
    pub customer: String,
    pub from: String,
    pub tag: Tag,
    pub registered: String,
}

#[derive(Template)]
#[template(path = "mandates/mandates.html")]
pub(crate) struct MandatesPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub id: ContractId,
    pub name: String,
    pub rows: Vec<MandateRow>,
    /// Where older ones are, where there are any.
    pub next: Option<String>,
    pub may_propose: bool,
    pub acts: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub branch: String,
    pub number: String,
    pub customer: String,
    pub from: String,
    pub document: String,
    pub reason: String,
    pub requests: Vec<RequestRow>,
}

/// `GET /contracts/{id}/mandates`
pub async fn show(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let id = parse(&id)?;
    let before = match asked.before.as_str() {
        "" => None,
        before => Some(before.parse().map_err(|_| Stop::not_found())?),
    };
    let page = page(&console, &by, (id, before), None, Proposed::default()).await?;
    note(&console, &by, "console.mandate_view", id.to_string(), "").await?;
    shown(&page)
}

/// `POST /contracts/{id}/mandates/propose`
pub async fn propose_paper(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Proposed>,
) -> Answer {
    let id = parse(&id)?;
    let proposal = match read(&console, &form, id).await? {
        Ok(proposal) => proposal,
        Err(errors) => {
            return again(&page(&console, &by, (id, None), Some(Trouble::input(errors)), form).await?);
        }
    };
    let back = (Area::Contracts, ContractMandatesLink(id).to_string());
    let reason = form.reason.clone();
    propose(&console, &by, Proposal::Mandate(proposal), &reason, back, async |trouble| {
        page(&console, &by, (id, None), Some(trouble), form).await
    })
    .await
}

/// The paper as typed; an error names the controls to blame.
async fn read(
    console: &Console,
    form: &Proposed,
    contract: ContractId,
) -> Result<Result<MandatePaper, Errors>, Stop> {
    let (typed, mut errors) = typed(form, console.clock.now().date());
    let Some((account, document)) = typed else { return Ok(Err(errors)) };
    let found = console.contracts.registered(&account).await.map_err(failed)?;
    let Some(found) = found else {
        errors.add(
            "number",
            format!("当行に {account} の口座はありません。書面の口座と照らし合わせてください。"),
        );
        return Ok(Err(errors));
    };
    let standing = mandate_on(&console.database, contract, found.account).await.map_err(failed)?;
    let standing = standing.filter(|mandate| mandate.stopped.is_none());
    let by = match &*form.act {
        "holder" => Some(StoppedBy::Holder),
        "originator" => Some(StoppedBy::Originator),
        _ => None,
    };
    let act = match (by, standing) {
        (None, None) => {
            let from = day(&form.from).unwrap_or_else(|| console.clock.now().date());
            Some(MandateAct::Register { customer: line(&form.customer), from })
        }
        (None, Some(_)) => {
            errors.add("number", "この口座の口座振替依頼書は、すでに登録されています。");
            None
        }
        (Some(by), Some(mandate)) => Some(MandateAct::Stop { mandate: mandate.id, by }),
        (Some(_), None) => {
            errors.add("number", "この口座の口座振替依頼書は、登録されていないか、すでに停止しています。");
            None
        }
    };
    Ok(match act {
        Some(act) if errors.is_empty() => Ok(MandatePaper { contract, document, account, act }),
        _ => Err(errors),
    })
}

/// Account and 書類番号, where all that was typed can be read.
fn typed(form: &Proposed, today: domain::Date) -> (Option<(AccountName, String)>, Errors) {
    let mut errors = Errors::default();
    if !ACTS.iter().any(|(word, _)| *word == form.act) {
        errors.add("act", "手続きを選んでください。");
    }
    let kind = AccountKind::from_code(&form.kind);
    if kind.is_none() {
        errors.add("kind", "科目を選んでください。");
    }
    let account = kind.and_then(|kind| AccountName::parse(&form.branch, kind, &form.number));
    if kind.is_some() && account.is_none() {
        errors.add("branch", "店番は3桁の数字、口座番号は7桁までの数字で入力してください。");
    }
    let document = document(&form.document).unwrap_or_else(|message| {
        errors.add("document", message);
        String::new()
    });
    add_reason(&mut errors, &form.reason);
    if form.act == "register" {
        if line(&form.customer).chars().count() > CUSTOMER_CHARS_MAX {
            errors.add("customer", "顧客番号は20文字までです。");
        }
        let from = day(&form.from).map(|from| from.signed_duration_since(today).num_days());
        if !from.is_some_and(|days| FROM_DAYS.contains(&days)) {
            errors.add(
                "from",
                "引き落とせる最初の日を、31日前から1年後までの日で入力してください(例: 2026-12-01)。",
            );
        }
    }
    let read = account.filter(|_| errors.is_empty()).map(|account| (account, document));
    (read, errors)
}

fn parse(id: &str) -> Result<ContractId, Stop> {
    id.parse().map_err(|_| Stop::not_found())
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    (id, before): (ContractId, Option<MandateId>),
    trouble: Option<Trouble>,
    typed: Proposed,
) -> Result<MandatesPage, Stop> {
    let contract = console.contracts.contract(id).await.map_err(failed)?.ok_or_else(Stop::not_found)?;
    let mandates = mandates_of(&console.database, id, before, PAGE).await.map_err(failed)?;
    let is_full = u32::try_from(mandates.len()).is_ok_and(|rows| rows == PAGE);
    let next = mandates
        .last()
        .filter(|_| is_full)
        .map(|last| format!("{}?before={}", ContractMandatesLink(id), last.id));
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let mut rows = Vec::with_capacity(mandates.len());
    for mandate in mandates {
        rows.push(row(console, &mandate).await?);
    }
    let unchosen = |asked: &str| std::iter::once(Choice::new("", "選んでください", asked));
    Ok(MandatesPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Contracts) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        id,
        name: contract.name,
        rows,
        next,
        may_propose: by.staff.role == StaffRole::Maker,
        acts: unchosen(&typed.act)
            .chain(ACTS.iter().map(|(word, label)| Choice::new(*word, *label, &typed.act)))
            .collect(),
        kinds: unchosen(&typed.kind)
            .chain(AccountKind::ALL.iter().map(|kind| Choice::new(kind.code(), kind.label(), &typed.kind)))
            .collect(),
        branch: typed.branch,
        number: typed.number,
        customer: typed.customer,
        from: typed.from,
        document: typed.document,
        reason: typed.reason,
        requests: pages::under(console, &names, MandatePaper::subjects_of(id)).await?,
    })
}

async fn row(console: &Console, mandate: &Mandate) -> Result<MandateRow, Stop> {
    let account = console.contracts.registered_as(mandate.account).await.map_err(failed)?;
    Ok(MandateRow {
        account: account.as_ref().map(ToString::to_string).unwrap_or_default(),
        holder: account.map(|account| account.name).unwrap_or_default(),
        customer: mandate.customer.clone(),
        from: year_month_day(mandate.from),
        tag: tag(mandate.stopped),
        registered: year_month_day(mandate.at.date()),
    })
}

/// Whether it counts: icon, word and colour.
pub(crate) const fn tag(stopped: Option<StoppedBy>) -> Tag {
    match stopped {
        None => Tag::ok("登録済み"),
        Some(by) => Tag::info(by.label()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_names_an_account_and_a_day() {
        let today = "2026-11-24".parse().unwrap();
        let form = Proposed {
            act: "register".to_owned(),
            branch: "100".to_owned(),
            kind: "ordinary".to_owned(),
            number: "765".to_owned(),
            customer: "A-1".to_owned(),
            from: "2026-12-01".to_owned(),
            document: "2026-振-0007".to_owned(),
            reason: "窓口で受領".to_owned(),
        };
        let (read, errors) = typed(&form, today);
        let account = AccountName {
            branch: "100".to_owned(),
            kind: AccountKind::Ordinary,
            number: "0000765".to_owned(),
        };
        assert_eq!(read, Some((account, "2026-振-0007".to_owned())), "{errors:?}");
        // a stop needs no day
        let stop = Proposed { act: "holder".to_owned(), from: String::new(), ..form.clone() };
        assert!(typed(&stop, today).0.is_some());
        let changed = |change: &dyn Fn(&mut Proposed)| {
            let mut changed = form.clone();
            change(&mut changed);
            typed(&changed, today).1
        };
        for (field, errors) in [
            ("act", changed(&|form| form.act = "burn".to_owned())),
            ("kind", changed(&|form| form.kind = "fixed".to_owned())),
            ("branch", changed(&|form| form.branch = "10".to_owned())),
            ("branch", changed(&|form| form.number = "12345678".to_owned())),
            ("document", changed(&|form| form.document = " ".to_owned())),
            ("reason", changed(&|form| form.reason = " ".to_owned())),
            ("customer", changed(&|form| form.customer = "1".repeat(21))),
            ("from", changed(&|form| form.from = "2026-10-23".to_owned())),
            ("from", changed(&|form| form.from = "2027-11-26".to_owned())),
            ("from", changed(&|form| form.from = "明日".to_owned())),
        ] {
            assert!(errors.of(field).is_some(), "{field}: {errors:?}");
        }
        for from in ["2026-10-24", "2027-11-25"] {
            assert!(changed(&|form| form.from = from.to_owned()).is_empty(), "{from}");
        }
    }
}
