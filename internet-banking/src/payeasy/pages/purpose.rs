//! 入力方式, in three small steps before the bill is asked for: the tax or the code of a slip, kind of return and period,
//! and the payer's numbers with the amount.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::CollectorNumber;
use edge::{CsrfForm, Errors, Frame};
use formats::purpose_code::{PeriodKind, PurposeCode, Tax};
use gateway::directory::Collector;
use serde::Deserialize;

use super::{Answer, Stop, again, drafts, failed, open, page_frame, row, shown};
use crate::Bank;
use crate::links::{EntryLink, EntryPage, Link};
use crate::payeasy::draft::{Draft, Step};
use crate::payeasy::operation;
use crate::payeasy::problem::Problem;
use crate::payeasy::purpose::{self, Purpose, TypedPeriod};
use crate::payeasy::rules::{Numbers, Questions, TypedNumbers};
use crate::payeasy::views::Trouble;
use crate::sign_in::SignedIn;

/// What every page of the three shows.
pub struct Head {
    /// The forms' token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the forms go.
    pub action: String,
    /// The first page of the three.
    pub change_tax: String,
    /// 登録方式.
    pub registered: String,
    /// The collector's name.
    pub collector: String,
    /// 収納機関番号.
    pub collector_number: CollectorNumber,
}

/// A choice of a kind of tax or return.
pub struct Choice {
    /// Its number.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is for, where it is not for all.
    pub hint: String,
    /// Whether it is chosen already.
    pub checked: bool,
}

/// Which tax, or which code.
#[derive(Template)]
#[template(path = "payeasy/purpose.html")]
pub struct PurposePage {
    /// What every page shows.
    pub head: Head,
    /// The frame.
    pub frame: Frame,
    /// What every payer of this collector must be told.
    pub notice: Option<String>,
    /// The taxes.
    pub taxes: Vec<Choice>,
    /// The code that was typed.
    pub code: String,
    /// The charges that are paid otherwise.
    pub others: String,
}

/// Which return and period.
#[derive(Template)]
#[template(path = "payeasy/period.html")]
pub struct PeriodPage {
    /// What every page shows.
    pub head: Head,
    /// The frame.
    pub frame: Frame,
    /// The tax's name.
    pub tax: String,
    /// 税目番号.
    pub tax_code: String,
    /// Whether a day is asked, and not a year.
    pub asks_day: bool,
    /// The kinds of return.
    pub kinds: Vec<Choice>,
    /// The eras, the latest first.
    pub eras: Vec<Choice>,
    /// What was typed.
    pub typed: TypedPeriod,
}

/// A code with its parts in words.
pub struct Explained {
    /// In groups of four.
    pub digits: String,
    /// What it says.
    pub words: String,
    /// Part by part.
    pub parts: Vec<String>,
    /// Whether one of them is marked 目安.
    pub has_assumed: bool,
}

/// Whose, and how much.
#[derive(Template)]
#[template(path = "payeasy/amount.html")]
pub struct AmountPage {
    /// What every page shows.
    pub head: Head,
    /// The frame.
    pub frame: Frame,
    /// The code.
    pub code: Explained,
    /// What is asked.
    pub questions: Questions,
    /// What was typed.
    pub typed: TypedNumbers,
}

/// What the forms of the first page hold.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    action: String,
    tax: String,
    code: String,
}

/// `GET /payeasy/new/{draft}/purpose`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let (draft, collector) = entry(&bank, &by, &id).await?;
    let tax = draft.purpose.as_ref().and_then(Purpose::tax).map(|tax| tax.code.clone());
    let chosen = Chosen { tax: tax.unwrap_or_default(), ..Chosen::default() };
    shown(&purpose_page(&by, &draft, collector, chosen, None))
}

/// `POST /payeasy/new/{draft}/purpose`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Chosen>,
) -> Answer {
    let (draft, collector) = entry(&bank, &by, &id).await?;
    let read = match form.action.as_str() {
        "code" => purpose::read_printed("code", &form.code, bank.clock.now().date())
            .map(|code| (Purpose::of_code(&code), EntryPage::Amount)),
        _ => purpose::codes()
            .tax(&form.tax)
            .map(|tax| (Purpose::of_tax(tax), EntryPage::Period))
            .ok_or_else(|| Errors::one("tax", "税目を選んでください。")),
    };
    match read {
        Ok((purpose, next)) => go_on(&bank, &by, &draft, &purpose, next).await,
        Err(errors) => again(&purpose_page(&by, &draft, collector, form, Some(Trouble::input(errors)))),
    }
}

/// `GET /payeasy/new/{draft}/period`
pub async fn show_period(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let (draft, collector) = entry(&bank, &by, &id).await?;
    let tax = chosen_tax(&draft)?;
    let code = draft.purpose.as_ref().and_then(|purpose| purpose.code(bank.clock.now().date()));
    let typed = code.map_or_else(TypedPeriod::begin, |code| TypedPeriod::of(&code));
    shown(&period_page(&by, &draft, collector, tax, typed, None))
}

/// `POST /payeasy/new/{draft}/period`
pub async fn submit_period(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(typed): CsrfForm<TypedPeriod>,
) -> Answer {
    let (draft, collector) = entry(&bank, &by, &id).await?;
    let tax = chosen_tax(&draft)?;
    match typed.read(tax, bank.clock.now().date()) {
        Ok(code) => go_on(&bank, &by, &draft, &Purpose::of_code(&code), EntryPage::Amount).await,
        Err(errors) => again(&period_page(&by, &draft, collector, tax, typed, Some(Trouble::input(errors)))),
    }
}

/// What the last form holds.
#[derive(Deserialize)]
pub struct AmountForm {
    /// The 納付目的コード that the page showed.
    #[serde(default)]
    purpose_code: String,
    #[serde(flatten)]
    typed: TypedNumbers,
}

/// `GET /payeasy/new/{draft}/amount`
pub async fn show_amount(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let (draft, collector) = entry(&bank, &by, &id).await?;
    let code = complete(&bank, &draft)?;
    let typed = super::numbers::earlier(&bank, &by, &draft).await?;
    shown(&amount_page(&by, &draft, collector, &code, typed, None))
}

/// `POST /payeasy/new/{draft}/amount`
pub async fn submit_amount(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<AmountForm>,
) -> Answer {
    let (draft, collector) = entry(&bank, &by, &id).await?;
    let code = complete(&bank, &draft)?;
    let typed = form.typed;
    // the page was shown before another tax was chosen elsewhere: its amount was meant for that one
    if form.purpose_code != code.category().grouped() {
        let trouble = Trouble::from(&Problem::ReviewOutdated);
        return again(&amount_page(&by, &draft, collector, &code, TypedNumbers::default(), Some(trouble)));
    }
    let numbers = match Questions::with_purpose(collector).read(&typed) {
        Ok(numbers) => Numbers { payment_category: Some(code.category().clone()), ..numbers },
        Err(errors) => {
            return again(&amount_page(&by, &draft, collector, &code, typed, Some(Trouble::input(errors))));
        }
    };
    match operation::inquire(&bank, &by, collector, numbers).await {
        Ok(inquiry) => {
            drafts(&bank, &by).inquired(&draft.id, inquiry.id, None).await.map_err(failed)?;
            Ok(Redirect::to(&draft.path(Step::Bills)).into_response())
        }
        Err(problem @ Problem::Stopped(_)) => Err(Stop::because(&by, &problem)),
        Err(problem) => {
            again(&amount_page(&by, &draft, collector, &code, typed, Some(Trouble::from(&problem))))
        }
    }
}

/// The address of a page of an entry.
pub fn path(draft: &Draft, page: EntryPage) -> String {
    EntryLink { draft: &draft.id, page }.to_string()
}

/// Keeps what was chosen, and goes to the next page.
pub async fn go_on(bank: &Bank, by: &SignedIn, draft: &Draft, purpose: &Purpose, next: EntryPage) -> Answer {
    drafts(bank, by).purposed(&draft.id, purpose).await.map_err(failed)?;
    Ok(Redirect::to(&path(draft, next)).into_response())
}

/// The entry, if its collector can be paid so.
async fn entry<'a>(bank: &'a Bank, by: &SignedIn, id: &str) -> Result<(Draft, &'a Collector), Stop> {
    let draft = open(bank, by, id, Step::Numbers).await?;
    let collector = row(bank, &draft)?;
    match purpose::is_offered(collector) {
        true => Ok((draft, collector)),
        false => Err(Stop::redirect(&draft.path(Step::Numbers))),
    }
}

fn chosen_tax(draft: &Draft) -> Result<&'static Tax, Stop> {
    let tax = draft.purpose.as_ref().and_then(Purpose::tax);
    tax.ok_or_else(|| Stop::redirect(&path(draft, EntryPage::Purpose)))
}

/// The code that the page of the amount is about.
fn complete(bank: &Bank, draft: &Draft) -> Result<PurposeCode<'static>, Stop> {
    let code = draft.purpose.as_ref().and_then(|purpose| purpose.code(bank.clock.now().date()));
    code.ok_or_else(|| Stop::redirect(&path(draft, EntryPage::Purpose)))
}

fn head(
    by: &SignedIn,
    draft: &Draft,
    collector: &Collector,
    page: EntryPage,
    trouble: Option<Trouble>,
) -> Head {
    Head {
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|trouble| trouble.errors.clone()).unwrap_or_default(),
        trouble,
        action: path(draft, page),
        change_tax: path(draft, EntryPage::Purpose),
        registered: draft.path(Step::Numbers),
        collector: collector.shown_name(),
        collector_number: collector.number.clone(),
    }
}

fn purpose_page(
    by: &SignedIn,
    draft: &Draft,
    collector: &Collector,
    chosen: Chosen,
    trouble: Option<Trouble>,
) -> PurposePage {
    let head = head(by, draft, collector, EntryPage::Purpose, trouble);
    let is_paid_so = |charge: &&str| purpose::codes().taxes().iter().any(|tax| tax.charge == **charge);
    let others: Vec<_> = collector.charge_names().into_iter().filter(|charge| !is_paid_so(charge)).collect();
    PurposePage {
        frame: page_frame(by, head.trouble.is_some()),
        head,
        notice: collector.notice.clone(),
        taxes: purpose::codes().taxes().iter().map(|tax| tax_choice(tax, &chosen.tax)).collect(),
        code: chosen.code,
        others: others.join("、"),
    }
}

fn tax_choice(tax: &Tax, chosen: &str) -> Choice {
    let words = |period| purpose::codes().period_words(period);
    let hint = match (tax.first_period().map(words), tax.last_period().map(words)) {
        (None, None) => String::new(),
        (Some(first), None) => format!("{first}から"),
        (None, Some(last)) => format!("{last}まで"),
        (Some(first), Some(last)) => format!("{first}から、{last}まで"),
    };
    Choice { code: tax.code.clone(), name: tax.name.clone(), hint, checked: tax.code == chosen }
}

fn period_page(
    by: &SignedIn,
    draft: &Draft,
    collector: &Collector,
    tax: &'static Tax,
    typed: TypedPeriod,
    trouble: Option<Trouble>,
) -> PeriodPage {
    let head = head(by, draft, collector, EntryPage::Period, trouble);
    let choice = |code: &str, name: &str, chosen: &str| Choice {
        code: code.to_owned(),
        name: name.to_owned(),
        hint: String::new(),
        checked: code == chosen,
    };
    let codes = purpose::codes();
    PeriodPage {
        frame: page_frame(by, head.trouble.is_some()),
        head,
        tax: tax.name.clone(),
        tax_code: tax.code.clone(),
        asks_day: tax.period == PeriodKind::BusinessYear,
        kinds: codes.returns(tax).map(|kind| choice(&kind.code, &kind.name, &typed.kind)).collect(),
        eras: codes.eras().iter().rev().map(|era| choice(&era.code, &era.name, &typed.era)).collect(),
        typed,
    }
}

impl Explained {
    /// A code that can be.
    pub fn of(code: &PurposeCode<'_>) -> Self {
        let part = |name: &str, digits: &str, says: &str, assumed: bool| {
            format!("{name} {digits} {says}{}", if assumed { "(目安)" } else { "" })
        };
        let digits = code.category();
        let (tax, kind, era) = (code.tax, code.kind, code.era);
        Self {
            words: code.words(),
            parts: vec![
                part("税目番号", &tax.code, &tax.name, tax.assumed),
                part("申告区分", &kind.code, &kind.name, kind.assumed),
                part("元号", &era.code, &era.name, era.assumed),
                part("課税期間", digits.as_str().get(5..).unwrap_or_default(), &code.period_words(), false),
            ],
            has_assumed: tax.assumed || kind.assumed || era.assumed,
            digits: digits.grouped(),
        }
    }
}

fn amount_page(
    by: &SignedIn,
    draft: &Draft,
    collector: &Collector,
    code: &PurposeCode<'_>,
    typed: TypedNumbers,
    trouble: Option<Trouble>,
) -> AmountPage {
    let head = head(by, draft, collector, EntryPage::Amount, trouble);
    AmountPage {
        frame: page_frame(by, head.trouble.is_some()),
        head,
        code: Explained::of(code),
        questions: Questions::with_purpose(collector),
        typed,
    }
}
