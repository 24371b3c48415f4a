//! One break: what it is, both sides, what to do, and how it is resolved by two.

use askama::Template;
use axum::extract::{Path, State};
use domain::{BreakId, CollectorNumber, Date, Yen};
use edge::{CsrfForm, Errors, Frame};
use gateway::BreakError;
use gateway::reconciliation::{Advice, Break, Ending, Hindrance};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use serde::Deserialize;

use super::breaks::{BreakRow, end_tag};
use super::proposal::{self, BreakProposal};
use super::words::{ending_label, ending_words, meaning, status_label, steps};
use crate::Console;
use crate::frame::{self, Area};
use crate::help::ConsoleCode;
use crate::links::{BreakLink, ConsoleLink, DayLink, ReconciliationLink, ResolveLink, StaffPaymentLink};
use crate::payments::views::PaymentShown;
use crate::payments::words::state_tag;
use crate::problem::Trouble;
use crate::requests::pages::{self, RequestRow};
use crate::requests::{self, Proposal};
use crate::sign_in::StaffSignedIn;
use crate::staff::StaffRole;
use crate::words::{Names, Tag, stamp};

/// 起票.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Proposed {
    ending: String,
    reason: String,
}

impl Proposed {
    fn ending(&self) -> Option<Ending> {
        Ending::ALL.into_iter().find(|ending| ending.as_str() == self.ending)
    }
}

/// A way to end a break.
pub(crate) struct EndingRow {
    /// Of its control; the error summary leads to the first.
    pub id: &'static str,
    pub ending: Ending,
    pub label: &'static str,
    pub words: &'static str,
    /// What goes back to whom, where money does.
    pub money: Option<String>,
}

/// How a break may end now.
#[derive(Default)]
pub(crate) struct Endings {
    pub rows: Vec<EndingRow>,
    /// What keeps the payer from being paid back, where the collector's books lack the payment.
    pub no_refund: Option<ConsoleCode>,
}

/// What one side has.
pub(crate) struct SideRow {
    pub who: &'static str,
    pub status: String,
    pub amount: Option<Yen>,
    /// What is worth knowing besides.
    pub note: String,
}

/// How it ended.
pub(crate) struct EndShown {
    pub tag: Tag,
    pub at: String,
    pub by: String,
    pub note: String,
}

#[derive(Template)]
#[template(path = "reconciliation/break.html")]
pub(crate) struct BreakPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub id: BreakId,
    pub row: BreakRow,
    pub collector: CollectorNumber,
    pub date: Date,
    pub date_words: String,
    pub meaning: &'static str,
    pub sides: Vec<SideRow>,
    pub payment: Option<StaffPaymentLink>,
    pub steps: &'static [&'static str],
    pub end: Option<EndShown>,
    /// Whether it ends with its payment only.
    pub waits: bool,
    pub endings: Endings,
    /// The chosen one.
    pub ending: String,
    pub may_propose: bool,
    pub requests: Vec<RequestRow>,
    pub reason: String,
}

/// `GET /reconciliation/breaks/{id}`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Path(id): Path<String>) -> Answer {
    shown(&page(&console, &by, parse(&id)?, None, Proposed::default()).await?)
}

/// `POST /reconciliation/breaks/{id}/propose`
pub async fn propose(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Proposed>,
) -> Answer {
    let id = parse(&id)?;
    let Some(ending) = form.ending() else {
        let errors = Errors::one("ending", "どう終わらせるかを選んでください。");
        return again(&page(&console, &by, id, Some(Trouble::input(errors)), form).await?);
    };
    let proposal = Proposal::ResolveBreak(BreakProposal { found: id, ending });
    let (back, reason) = ((Area::Reconciliation, BreakLink(id).to_string()), form.reason.clone());
    requests::propose(&console, &by, proposal, &reason, back, async |trouble| {
        page(&console, &by, id, Some(trouble), form).await
    })
    .await
}

fn parse(id: &str) -> Result<BreakId, Stop> {
    id.parse().map_err(|_| Stop::not_found())
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    id: BreakId,
    trouble: Option<Trouble>,
    typed: Proposed,
) -> Result<BreakPage, Stop> {
    let found = console.gateway.break_of(id).await.map_err(failed)?.ok_or_else(Stop::not_found)?;
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let endings = endings(console, &found).await?;
    Ok(BreakPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Reconciliation) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        id,
        row: BreakRow::of(&console.gateway, &found),
        date_words: domain::time::year_month_day(found.date),
        meaning: meaning(found.class, found.facts.advice),
        sides: sides(&found),
        payment: found.facts.hub.as_ref().map(|hub| StaffPaymentLink(hub.payment)),
        steps: steps(found.facts.advice),
        end: found.resolution.as_ref().map(|resolution| EndShown {
            tag: end_tag(resolution),
            at: stamp(resolution.at),
            by: match &resolution.checked_by {
                Some(checker) => {
                    format!("起票 {}、承認 {}", names.name(&resolution.by.name), names.name(&checker.name))
                }
                None => names.name(&resolution.by.name),
            },
            note: if resolution.vanished { String::new() } else { resolution.note.clone() },
        }),
        waits: found.resolution.is_none() && endings.rows.is_empty(),
        ending: match endings.rows.as_slice() {
            [only] => only.ending.as_str().to_owned(),
            _ => typed.ending,
        },
        endings,
        may_propose: by.staff.role == StaffRole::Maker,
        requests: pages::about(console, &names, id.to_string()).await?,
        reason: typed.reason,
        collector: found.collector,
        date: found.date,
    })
}

/// What two people may do about an open break.
async fn endings(console: &Console, found: &Break) -> Result<Endings, Stop> {
    let mut endings = Endings::default();
    if found.resolution.is_some() {
        return Ok(endings);
    }
    let payment = proposal::payment_of(&console.gateway, found).await.map_err(failed)?;
    for ending in Ending::ALL {
        match console.gateway.check_ending(found, ending).await {
            Ok(()) => {
                let money = match (&payment, ending) {
                    (Some(payment), Ending::Refunded) => {
                        let shown = PaymentShown::of(console, payment).await?;
                        let (sum, to) = (proposal::refund_words(payment), proposal::destination(&shown));
                        Some(format!("返金額 {sum}、返金先 {to}"))
                    }
                    _ => None,
                };
                let (label, words) = (ending_label(ending), ending_words(ending));
                let id = if endings.rows.is_empty() { "ending" } else { ending.as_str() };
                endings.rows.push(EndingRow { id, ending, label, words, money });
            }
            Err(BreakError::Hindered(Hindrance::NotLacking | Hindrance::OutcomeUnknown)) => {}
            Err(BreakError::Hindered(hindrance)) if ending == Ending::Refunded => {
                endings.no_refund = Some(proposal::hindered(hindrance));
            }
            Err(BreakError::Store(error)) => return Err(failed(error)),
            Err(_) => {}
        }
    }
    Ok(endings)
}

fn sides(found: &Break) -> Vec<SideRow> {
    if found.facts.advice == Advice::CheckCounters {
        return Vec::new();
    }
    let ours = match &found.facts.hub {
        Some(hub) => SideRow {
            who: "当行",
            status: state_tag(hub.state).word.to_owned(),
            amount: Some(hub.amount),
            note: format!("元帳の未決済資金 {}円", hub.ledger),
        },
        None => nothing("当行", "この処理通番の払込はありません"),
    };
    let count = found.facts.collector.len();
    let line = |(index, line): (usize, &gateway::reconciliation::CollectorFacts)| SideRow {
        who: "収納機関",
        status: status_label(&line.status).to_owned(),
        amount: Some(line.amount),
        note: match count {
            1 => format!("処理通番 {}", found.subject),
            _ => format!("処理通番 {}の{count}件のうち{}件目", found.subject, index + 1),
        },
    };
    let mut rows = vec![ours];
    rows.extend(found.facts.collector.iter().enumerate().map(line));
    if found.facts.collector.is_empty() {
        rows.push(nothing("収納機関", "この処理通番の明細はありません"));
    }
    rows
}

fn nothing(who: &'static str, note: &str) -> SideRow {
    SideRow { who, status: "記録なし".to_owned(), amount: None, note: note.to_owned() }
}
