//! 承認の設定: how each business is approved, and whether a second administrator confirms what one changes.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::Yen;
use edge::{CsrfForm, Errors, Frame};
use secrecy::SecretString;
use serde::Deserialize;

use super::{because, page_frame, review};
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::approvals::links::ApprovalLink;
use crate::approvals::policy::{BANDS_MAX, Band, Flow, Policy, may_have_none};
use crate::approvals::problem::Problem;
use crate::approvals::{people, settings};
use crate::contracts::{Business, Duty};
use crate::frame::Area;
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::policy;
use crate::sign_in::SignedIn;

/// A way to choose.
pub struct Choice {
    /// The control's id.
    pub id: String,
    /// Its value.
    pub value: &'static str,
    /// Its words.
    pub label: &'static str,
    /// Whether it is the one.
    pub is_on: bool,
}

/// An amount and how many approve from it on.
pub struct BandRow {
    /// The control of the amount; empty for the first, which begins at nothing.
    pub from: String,
    /// Its label.
    pub from_label: String,
    /// What it holds.
    pub from_value: String,
    /// The control of the number.
    pub approvals: String,
    /// Its label.
    pub approvals_label: String,
    /// What it holds.
    pub approvals_value: String,
}

/// A business.
pub struct BusinessRow {
    /// Its word.
    pub code: &'static str,
    /// Its name.
    pub label: &'static str,
    /// The ways.
    pub choices: Vec<Choice>,
    /// The amounts.
    pub bands: Vec<BandRow>,
    /// Whether they are in use.
    pub has_bands: bool,
    /// Who approves it.
    pub approvers: Vec<String>,
}

/// The page.
#[derive(Template)]
#[template(path = "approvals/settings.html")]
pub struct SettingsPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// The version that is changed.
    pub seen: i64,
    /// The businesses.
    pub businesses: Vec<BusinessRow>,
    /// Whether one token serves one person of a request.
    pub distinct_tokens: bool,
    /// Whether a second administrator confirms changes.
    pub second_administrator: bool,
    /// Who would.
    pub administrators: Vec<String>,
    /// The last day on which a paper lets one change things alone; empty where none does.
    pub single_administrator_until: String,
}

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
}

/// The form: fields by their names.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(flatten)]
    fields: BTreeMap<String, String>,
}

/// `GET /admin/approvals`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Query(asked): Query<Asked>) -> Answer {
    admit(&by)?;
    let held = settings::Policies::of(&bank.database, by.contract.id).newest().await.map_err(failed)?;
    let notice = (asked.done == "changed").then(|| "承認の設定を変更しました。".to_owned());
    let page = page(&bank, &by, held, None).await?;
    shown(&SettingsPage { frame: Frame { notice, ..page.frame }, ..page })
}

/// `POST /admin/approvals`
pub async fn submit(State(bank): State<Bank>, by: SignedIn, CsrfForm(mut form): CsrfForm<Typed>) -> Answer {
    admit(&by)?;
    let code = SecretString::from(form.fields.remove("one_time_password").unwrap_or_default());
    let seen = form.fields.get("seen").and_then(|seen| seen.parse().ok()).unwrap_or(-1);
    let (_, held) = settings::Policies::of(&bank.database, by.contract.id).newest().await.map_err(failed)?;
    let wrong = |errors: Errors| Some(Trouble::input(errors).of_setting());
    let policy = match read(&by, &held, &form.fields) {
        Ok(policy) => policy,
        Err(errors) => return again(&page(&bank, &by, (seen, held), wrong(errors)).await?),
    };
    let result = match form.fields.get("action").map_or("", String::as_str) {
        "back" => return shown(&page(&bank, &by, (seen, policy), None).await?),
        "set" => settings::set(&bank, &by, seen, &policy, &code).await,
        _ => match settings::check(&bank, by.contract.id, seen, &policy).await {
            Ok(()) => match review::page(&bank, &by, (seen, &held, &policy), None).await? {
                Some(found) => return shown(&found),
                None => {
                    let errors = Errors::one("", "変更したところがありません。");
                    return again(&page(&bank, &by, (seen, policy), wrong(errors)).await?);
                }
            },
            Err(problem) => Err(problem),
        },
    };
    match result {
        Ok(None) => Ok(Redirect::to(Link::AdminApprovalsChanged.path()).into_response()),
        Ok(Some(asked)) => Ok(Redirect::to(&ApprovalLink(asked).to_string()).into_response()),
        Err(problem) => {
            let trouble = Some(problem.trouble().of_setting());
            let of_code = matches!(problem, Problem::Code(_));
            let reviewed = match of_code {
                true => review::page(&bank, &by, (seen, &held, &policy), trouble.clone()).await?,
                false => None,
            };
            match reviewed {
                Some(found) => again(&found),
                None => again(&page(&bank, &by, (seen, policy), trouble).await?),
            }
        }
    }
}

/// A policy as the form's fields: what was reviewed is what is sent again.
pub(super) fn fields(by: &SignedIn, policy: &Policy) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for business in policy::approvable(by.contract.plan) {
        let flow = policy.flow(business);
        fields.push((field(business, "flow"), way(&flow).to_owned()));
        let bands: &[Band] = if let Flow::Bands { bands } = &flow { bands } else { &[] };
        for (place, band) in bands.iter().enumerate() {
            if place > 0 {
                fields.push((field(business, &format!("from-{place}")), band.from.get().to_string()));
            }
            fields.push((field(business, &format!("approvals-{place}")), band.approvals.to_string()));
        }
    }
    let ticked =
        [("distinct_tokens", policy.distinct_tokens), ("second_administrator", policy.second_administrator)];
    let ticked = ticked.into_iter().filter(|(_, is_on)| *is_on);
    fields.extend(ticked.map(|(name, _)| (name.to_owned(), "on".to_owned())));
    fields
}

fn admit(by: &SignedIn) -> Result<(), Stop> {
    policy::require_duty(by, Duty::Approvals).map_err(|_| because(by, &Problem::NotPermitted))
}

fn field(business: Business, what: &str) -> String {
    format!("{}-{what}", business.code())
}

/// The policy that was typed. What the page does not show stays as it is, and so does what nobody has changed: a
/// business without approvers keeps no other from being set.
fn read(by: &SignedIn, held: &Policy, fields: &BTreeMap<String, String>) -> Result<Policy, Errors> {
    let mut policy = held.clone();
    let mut errors = Errors::default();
    for business in policy::approvable(by.contract.plan) {
        let way = fields.get(&field(business, "flow")).map_or("", String::as_str);
        let flow = match way {
            "none" => Flow::None,
            "single" => Flow::Single,
            "double" => Flow::Double { ordered: false },
            "ordered" => Flow::Double { ordered: true },
            "bands" => match bands(business, fields) {
                Ok(bands) => Flow::Bands { bands },
                Err(words) => {
                    errors.add("", words);
                    continue;
                }
            },
            _ => {
                errors.add("", format!("{}の承認の方法を選んでください。", business.label()));
                continue;
            }
        };
        if held.flow(business) != flow {
            policy.flows.insert(business, flow);
        }
    }
    policy.distinct_tokens = fields.contains_key("distinct_tokens");
    policy.second_administrator = fields.contains_key("second_administrator");
    if errors.is_empty() { Ok(policy) } else { Err(errors) }
}

fn bands(business: Business, fields: &BTreeMap<String, String>) -> Result<Vec<Band>, String> {
    let typed = |what: &str, place: usize| {
        fields.get(&field(business, &format!("{what}-{place}"))).map_or("", |text| text.trim())
    };
    let mut bands = Vec::new();
    for place in 0..BANDS_MAX {
        let (from, approvals) = (typed("from", place), typed("approvals", place));
        if place > 0 && from.is_empty() && approvals.is_empty() {
            continue;
        }
        let of = |words: &str| format!("{}の{}段目: {words}", business.label(), place.saturating_add(1));
        let from = match place {
            0 => Yen::ZERO,
            _ => Yen::parse_typed(from).map_err(|_| of("金額を数字で入力してください。"))?,
        };
        let approvals: String = approvals.chars().map(domain::numbers::fold_width).collect();
        let approvals = approvals.parse().map_err(|_| of("承認する人数を数字で入力してください。"))?;
        bands.push(Band { from, approvals });
    }
    Ok(bands)
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    (seen, held): (i64, Policy),
    trouble: Option<Trouble>,
) -> Result<SettingsPage, Stop> {
    let contract = by.contract.id;
    let mut businesses = Vec::new();
    for business in policy::approvable(by.contract.plan) {
        let people = people::of_business(&bank.database, contract, business, None).await.map_err(failed)?;
        let words = |one: people::Approver| {
            let steps: Vec<_> = one.steps.iter().map(|step| step.label()).collect();
            format!("{}({})", one.name, steps.join("・"))
        };
        businesses.push(BusinessRow {
            code: business.code(),
            label: business.label(),
            choices: choices(business, &held.flow(business)),
            bands: band_rows(business, &held.flow(business)),
            has_bands: matches!(held.flow(business), Flow::Bands { .. }),
            approvers: people.into_iter().map(words).collect(),
        });
    }
    let administrators = people::administrators(&bank.database, contract).await.map_err(failed)?;
    Ok(SettingsPage {
        frame: page_frame(by, Area::Admin, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        seen,
        businesses,
        distinct_tokens: held.distinct_tokens,
        second_administrator: held.second_administrator,
        administrators: administrators.into_iter().map(|one| one.name).collect(),
        single_administrator_until: held
            .single_administrator_until
            .filter(|_| held.permits_one(bank.clock.now().date()))
            .map(domain::time::year_month_day)
            .unwrap_or_default(),
    })
}

/// The word of a way in the form.
const fn way(flow: &Flow) -> &'static str {
    match flow {
        Flow::None => "none",
        Flow::Single => "single",
        Flow::Double { ordered: false } => "double",
        Flow::Double { ordered: true } => "ordered",
        Flow::Bands { .. } => "bands",
    }
}

fn choices(business: Business, flow: &Flow) -> Vec<Choice> {
    let held = way(flow);
    [
        ("none", "承認なし"),
        ("single", "シングル承認(1名)"),
        ("double", "ダブル承認(2名、順序なし)"),
        ("ordered", "ダブル承認(一次承認のあとに最終承認)"),
        ("bands", "金額によって人数を変える"),
    ]
    .into_iter()
    .filter(|(value, _)| *value != "none" || may_have_none(business))
    .map(|(value, label)| Choice {
        id: field(business, &format!("flow-{value}")),
        value,
        label,
        is_on: value == held,
    })
    .collect()
}

fn band_rows(business: Business, flow: &Flow) -> Vec<BandRow> {
    let bands: &[Band] = if let Flow::Bands { bands } = flow { bands } else { &[] };
    let row = |place: usize| BandRow {
        from: if place == 0 { String::new() } else { field(business, &format!("from-{place}")) },
        from_label: format!("{}段目 この金額(円)から", place.saturating_add(1)),
        from_value: bands.get(place).map(|band| band.from.to_string()).unwrap_or_default(),
        approvals: field(business, &format!("approvals-{place}")),
        approvals_label: format!("{}段目の人数", place.saturating_add(1)),
        approvals_value: bands.get(place).map(|band| band.approvals.to_string()).unwrap_or_default(),
    };
    (0..BANDS_MAX).map(row).collect()
}
